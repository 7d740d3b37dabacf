"""Pipelines in pipelines: read with the pipeline whose steps they are, and run as runs of their own."""
