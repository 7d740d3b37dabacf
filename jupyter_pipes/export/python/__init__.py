"""A pipeline as a Python module."""

from jupyter_pipes.export.python.module import export_python, formatted, write_module

__all__ = ["export_python", "formatted", "write_module"]
