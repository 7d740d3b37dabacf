"""A pipeline as Luigi tasks."""

from jupyter_pipes.export.luigi.flow import export_luigi

__all__ = ["export_luigi"]
