"""The short texts that code holds as string literals: among them the paths of the files that it names."""

from __future__ import annotations

import ast
from contextlib import suppress

from jupyter_pipes.analysis.cell.source import parse_cell
from jupyter_pipes.analysis.syntax import parse_python
from jupyter_pipes.model.steps import Step
from jupyter_pipes.system.memory import remembered

_LONGEST = 500


def named_texts(step: Step) -> tuple[str, ...]:
    """Return each short text of the step's own code, its set-up and its prelude, once."""
    texts = (text for source in step.sources for text in texts_of(source))
    return tuple(dict.fromkeys((*texts, *step.literals)))


@remembered
def texts_of(source: str) -> tuple[str, ...]:
    """Return the string literals of a cell's code that may be paths; none if it cannot be read."""
    if '"' not in source and "'" not in source:
        return ()
    tree = tree_of(source)
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)) if tree else ()
    texts = (text for text in constants if isinstance(text, str))
    return tuple(text for text in texts if 0 < len(text) < _LONGEST and "\n" not in text)


def tree_of(source: str) -> ast.Module | None:
    """Return the syntax tree of Python or of a cell with IPython's syntax; None if it is neither."""
    with suppress(SyntaxError, ValueError, RecursionError):
        return parse_python(source)
    with suppress(SyntaxError, ValueError, RecursionError):
        return parse_cell(source).tree
    return None
