"""Pipelines that steps are (`--pipeline`): what their runs are to do, and whether they have to."""
