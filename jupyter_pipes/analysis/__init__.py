"""What code does with names: reads, writes, edges, prelude."""

from jupyter_pipes.analysis.cell.names import Names, analyze

__all__ = ["Names", "analyze"]
