"""A pipeline as components of ClearML."""

from jupyter_pipes.export.clearml.flow import export_clearml

__all__ = ["export_clearml"]
