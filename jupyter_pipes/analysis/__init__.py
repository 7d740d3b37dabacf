"""What the code of cells does with names: `analyze(source) -> Names`."""

from jupyter_pipes.analysis.cell.names import Names, analyze

__all__ = ["Names", "analyze"]
