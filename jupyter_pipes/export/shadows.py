"""Modules of an export that would stand before modules which its code imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from jupyter_pipes.model.errors import UsageError


def check_imports(files: Mapping[str, str]) -> None:
    """Refuse an export whose modules are called like others that it imports: Python would find them instead.

    Args:
        files: path, from the folder of the export on, -> text of all that is written.

    Raises:
        UsageError: one is; names it, and says what to do.
    """
    modules = {PurePath(path): text for path, text in files.items() if path.endswith(".py")}
    made = {*map(_name, modules)}
    for path, text in modules.items():
        name = _name(path)
        # `flow.py` imports `flow_steps.py`, and a project's tests import the project.
        found = () if path.parts[0] == "tests" else sorted(made.intersection(_imported(text)))
        if alike := [each for each in found if not each.startswith(f"{name}_")]:
            raise UsageError(
                f"the export's own module {alike[0]} would stand before the {alike[0]} that the notebook "
                "imports: give it another name"
            )


def _name(path: PurePath) -> str:
    """The name that a file is imported by: of a project's, that of its package."""
    return path.parts[1] if path.parts[0] == "src" else path.stem


def _imported(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").partition(".")[0]
