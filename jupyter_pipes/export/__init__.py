"""Pipelines as programs for other tools."""
