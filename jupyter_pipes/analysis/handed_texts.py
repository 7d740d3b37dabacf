"""What formulas and queries name that steps hand on as values: they are read where they do not stand."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.quoted_code import quoted_names
from jupyter_pipes.system.memory import remembered

_NOTHING: frozenset[str] = frozenset()


def handed_names(values: Mapping[str, str], sources: Mapping[str, str]) -> frozenset[str]:
    """Return the names in formulas and queries that are read as values, where they do not stand.

    Args:
        values: name of a value that is read -> the step that makes it.
        sources: step -> its code.
    """
    texts = (_texts_bound(sources.get(owner, "")).get(name, _NOTHING) for name, owner in values.items())
    return _NOTHING.union(*texts)


@remembered
def _texts_bound(source: str) -> Mapping[str, frozenset[str]]:
    """Return name -> what the text reads that the code binds it to, of texts that are formulas or queries."""
    names: dict[str, frozenset[str]] = {}
    tree = tree_of(source)
    for statement in tree.body if isinstance(tree, ast.Module) else ():
        match statement:
            case ast.Assign([ast.Name(name)], ast.Constant(str(text))):
                names[name] = quoted_names(text)
            case _:
                pass
    return names
