"""What a `--map` says: `x in xs`, as the clause of a comprehension that it is."""

from __future__ import annotations

import ast
from collections.abc import Sequence

MOST_ELEMENTS = 10_000
"""Elements that one step is run for."""


def check_clause(text: str) -> str:
    """Return the text of one `--map`.

    Raises:
        ValueError: it is none; says what is allowed.
    """
    try:
        # A line of its own, so that a comment at its end ends there.
        tree = ast.parse(f"[0 for {text}\n]", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ValueError(f'use "x in xs", a name and an expression of Python ({why})') from None
    if not isinstance(tree, ast.ListComp) or len(tree.generators) != 1 or tree.generators[0].is_async:
        raise ValueError('use one "x in xs"; --map "x in xs" --map "y in ys" runs the step for each pair')
    _names(tree.generators[0].target)
    return text


def element_names(clauses: Sequence[str]) -> tuple[str, ...]:
    """Return the names that an element is known by in the step's code, in order."""
    trees = [ast.parse(f"[0 for {clause}\n]", mode="eval").body for clause in clauses]
    targets = [tree.generators[0].target for tree in trees if isinstance(tree, ast.ListComp)]
    return tuple(dict.fromkeys(name for target in targets for name in _names(target)))


def elements_code(clauses: Sequence[str]) -> str:
    """Return the expression that yields a tuple for each element, with a value for each of its names."""
    names, loops = ", ".join(element_names(clauses)), "\n".join(f"for {clause}" for clause in clauses)
    return f"(({names},) {loops}\n)"


def _names(target: ast.expr) -> tuple[str, ...]:
    parts = target.elts if isinstance(target, ast.Tuple) else [target]
    names = tuple(part.id for part in parts if isinstance(part, ast.Name))
    if len(names) != len(parts):
        raise ValueError('an element has a name, or several: "x in xs", "key, group in groups"')
    return names
