"""`%run helpers.py`: for the analysis, an import of all that the script binds; the line runs as it is."""

from __future__ import annotations

import re

import msgspec

from jupyter_pipes.analysis.cell.names import Names, analyze
from jupyter_pipes.analysis.notebook.statements import Statement, imported_modules
from jupyter_pipes.model.steps import Cell, Script
from jupyter_pipes.system.patterns import pattern

_LINE = pattern(r"^(?P<indent>[ \t]*)%run[ \t]+(?P<argument>[^\n]*)$", re.MULTILINE)
_MODULE = "_run_script"
_WITH_VALUE = ("-t", "-N", "-b", "-l", "-s", "-T", "-D")


def named_script(argument: str) -> str:
    """Return the path that `%run ARGUMENT` names, as written; "" where it is a module, or not in sight."""
    words = iter(argument.split())
    for word in words:
        if word == "-m":
            return ""
        if word in _WITH_VALUE[1:]:
            next(words, "")
        elif not word.startswith("-"):
            return "" if set(word) & set("{}$") else word.strip("'\"")
    return ""


def named_scripts(source: str) -> tuple[str, ...]:
    """Return the paths that the `%run` lines of a cell name, as written, each once."""
    if "%run" not in source:
        return ()
    paths = (named_script(match["argument"]) for match in _LINE.finditer(source))
    return tuple(dict.fromkeys(path for path in paths if path))


def expanded(cell: Cell) -> str:
    """Return the cell's code with an import, or an assignment, in place of each `%run` of a known script."""
    scripts = {script.path: script for script in cell.scripts}
    return (
        _LINE.sub(lambda match: _expanded_line(match, scripts, cell.role), cell.body)
        if scripts
        else cell.body
    )


def restored(statement: Statement, cell: Cell) -> Statement:
    """Return a statement of the expanded code with the text of the cell and the imports of its script."""
    if _MODULE not in statement.imports and statement.source.partition("  # ")[2] != _MODULE:
        return statement
    line = cell.body.splitlines()[statement.line - 1].strip()
    script = next(script for script in cell.scripts if script.path in named_scripts(line))
    return msgspec.structs.replace(statement, source=line, imports=imported_modules(script.text))


def imports_of(cells: tuple[Cell, ...]) -> frozenset[str]:
    """Return the top-level names of the modules that the scripts of these cells import."""
    return frozenset[str]().union(*(imported_modules(each.text) for cell in cells for each in cell.scripts))


def _expanded_line(match: re.Match[str], scripts: dict[str, Script], role: str) -> str:
    script = scripts.get(named_script(match["argument"]))
    names = analyze(script.text) if script else Names(opaque=True)
    if script is None or names.opaque:
        return match[0]
    shares = script.path.endswith((".ipynb", ".ipy")) or "-i" in match["argument"].split()
    reads = sorted(names.reads) if shares else []
    values = names.writes - names.definitions - names.modules
    if not values and not reads and names.writes:
        return f"{match['indent']}from {_MODULE} import {', '.join(sorted(names.writes))}"
    # A step keeps what it binds, but for modules; other cells run the line wherever a name of it is read.
    modules = names.modules & names.writes if role == "step" else frozenset[str]()
    imports = f"from {_MODULE} import {', '.join(sorted(modules))}; " if modules else ""
    targets = " ".join(f"{name} =" for name in sorted(names.writes - modules)) or "_ ="
    return f"{match['indent']}{imports}{targets} ({', '.join([*reads, 'None'])})  # {_MODULE}"
