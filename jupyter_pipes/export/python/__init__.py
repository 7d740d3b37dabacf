"""A pipeline as a Python module."""

from jupyter_pipes.export.plain.layout import formatted
from jupyter_pipes.export.python.module import export_python

__all__ = ["export_python", "formatted"]
