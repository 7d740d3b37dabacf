"""A pipeline as a Kedro project."""

from jupyter_pipes.export.kedro.project import export_kedro

__all__ = ["export_kedro"]
