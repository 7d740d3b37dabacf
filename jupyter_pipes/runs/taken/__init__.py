"""Pipelines of other engines, taken in: their tasks become steps."""
