"""Which files the calls in a step's code, and in helpers that it reaches, name, and which they may write."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.analysis.files.reached import Code, Reach, code_of
from jupyter_pipes.analysis.files.texts import Texts, bound, called, text_of
from jupyter_pipes.analysis.files.writing import (
    QUERIES,
    may_write,
    only_reads,
    opens_database,
    opens_keyed_store,
)
from jupyter_pipes.analysis.local_modules import reach
from jupyter_pipes.model.steps import Step
from jupyter_pipes.system.memory import remembered
from jupyter_pipes.system.patterns import pattern

_MAKERS_OF_FOLDERS = frozenset(("mkdir", "makedirs"))
_LISTERS = frozenset(("listdir", "scandir", "walk", "iterdir", "glob", "iglob", "rglob"))
_READERS_OF_FOLDERS = pattern(r"read_(parquet|feather|orc|table|delta|ipc)$|scan_\w+$|dataset$")
_PATTERN = pattern(r"[^/]*[*?[].*")
_QUOTED = pattern(r"'([^']+)'")
_WRITES = pattern(r"\s*%%(?:writefile|file)[ \t]+(?P<appends>-a[ \t]+)?(?P<path>[^\s{}$]+)[ \t]*\n")
_SHELL_CELL = pattern(r"\s*%%(?:step --bash|(?:bash|sh|sx|system|!)(?:[ \t][^\n]*)?)\n")
_SHELLS = frozenset(("system", "getoutput", "popen"))
_PROGRAMS = frozenset(("run", "call", "check_call", "check_output", "Popen"))
"""Functions that are given command lines; the second ones if they are to use a shell."""

_WORD = pattern(r"[\w./~-]+")
_WRITTEN_BY_SHELL = pattern(
    r"(?:>>?|\btee(?:\s+-a)?|\btouch|\s-[oO])\s*([\w./~-]+)|\b(?:cp|mv)\b[^|;&]*\s([\w./~-]+)"
)
_LARGEST = 200_000
"""Characters of local modules."""

_URL = pattern(r"(?:sqlite|duckdb)(?:\+\w+)?:/{3}(.+)")
_FILE = pattern(r"[^\s*?<>|]*[\w)]\.\w{1,8}|[^\s*?<>|]+/[^\s*?<>|]+")
"""How a text looks that may be the path of a file: with an ending, or in a folder."""


class FileUses(Struct, frozen=True):
    """Paths, normalised: all that code names, what it may write, folders that it lists, and that it makes."""

    named: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    made: tuple[str, ...] = ()

    def lists(self, path: str) -> bool:
        """Return whether the code lists a folder that the file is in."""
        return any(
            path.startswith(f"{folder}/") or (folder == "." and not path.startswith(("/", "../")))
            for folder in self.listed
        )


def file_uses(steps: Sequence[Step], places: Iterable[Path] = ()) -> dict[str, FileUses]:
    """Return step -> the files that its code names in calls; constants and functions of other cells count.

    Args:
        steps: in notebook order.
        places: the folders with local modules, whose constants and functions count as well.
    """
    uses: dict[str, FileUses] = {}
    made: dict[str, Texts] = {}
    modules: dict[tuple[str, ...], tuple[str, ...]] = {}
    for step in steps:
        if step.imports not in modules:
            modules[step.imports] = _local_modules(step.imports, tuple(places))
        pieces = tuple(piece.source for piece in step.pieces)
        handed = _handed_to(step, made)
        uses[step.name], made[step.name] = _uses(step.body, pieces, modules[step.imports], handed)
    code = {text.path for step in steps if (text := written_by_magic(step.body))}
    return {step.name: _with_code(step, uses[step.name], code) for step in steps} if code else uses


def _local_modules(imports: tuple[str, ...], places: tuple[Path, ...]) -> tuple[str, ...]:
    """Return the sources of local modules; none of what is too large to be looked through for each plan."""
    sources = tuple(reach(imports, places).local.values()) if places else ()
    return sources if sum(map(len, sources)) <= _LARGEST else ()


def _handed_to(step: Step, made: Mapping[str, Texts]) -> tuple[tuple[str, str], ...]:
    """Return the texts that earlier steps hand on to a step: as names, and as attributes of their objects."""
    texts: dict[str, str] = {}
    for name, owner in step.reads.items():
        known = made.get(owner, {})
        texts |= {
            key: text for key, text in known.items() if key == name or key.startswith((".", f"{name}["))
        }
    return tuple(sorted(texts.items()))


class WrittenText(Struct, frozen=True):
    """What a `%%writefile` cell writes: a path, normalised, and a text, which may be appended to the file."""

    path: str
    text: str
    is_appended: bool


def written_by_magic(source: str) -> WrittenText | None:
    """Return what a cell writes by `%%writefile`, None where it does no such thing."""
    match = _WRITES.match(source)
    if match is None:
        return None
    path = posixpath.normpath(match["path"].strip("'\""))
    return WrittenText(path, source[match.end() :], bool(match["appends"]))


def shell_script(source: str) -> str:
    """Return what a cell has a shell run by `%%bash`, `--bash` and the like; "" where it does not."""
    shell = _SHELL_CELL.match(source)
    return source[shell.end() :] if shell else ""


def _with_code(step: Step, uses: FileUses, code: Iterable[str]) -> FileUses:
    """Return the uses with those of files of code that other cells write: by `%run` and `import`."""
    text = written_by_magic(step.body)
    used = [path for path in code if _runs_or_imports(step, path)]
    mine = [text.path] if text else []
    named, written = (*uses.named, *mine, *sorted(used)), (*uses.written, *mine)
    return replace(uses, named=named, written=written)


def _runs_or_imports(step: Step, path: str) -> bool:
    stem = path.removesuffix(".py")
    runs = re.compile(rf"^\s*%run\s[^\n]*(?<!\w){re.escape(stem)}\b", re.MULTILINE)
    return path.partition("/")[0].removesuffix(".py") in step.imports or any(map(runs.search, step.sources))


@remembered
def _uses(
    body: str, pieces: tuple[str, ...], modules: tuple[str, ...], handed: tuple[tuple[str, str], ...]
) -> tuple[FileUses, Texts]:
    """Return the files that code uses, and the names, attributes and items that it binds to texts."""
    codes, code = [code_of(piece) for piece in pieces], code_of(body)
    imported = [code_of(module) for module in modules]
    texts: Texts = {}
    for each in imported:
        texts = bound(each.nodes, texts)
    texts = {**texts, **dict(handed)}
    for each in codes:
        texts = bound(each.nodes, texts)
    reached = Reach((*codes, code), texts, imported)
    seen = _Seen(_connections((*codes, code), texts))
    for node, there in reached.nodes(code):
        seen.take(node, there)
    for line in shell_script(body).splitlines():
        seen.take_command(line)
    return seen.uses(), {**bound(code.nodes, {}), **_attributes(reached.texts)}


def _attributes(texts: Texts) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name.startswith(".")}


def _connections(codes: Iterable[Code], texts: Texts) -> dict[str, str]:
    """Return name -> database, of the connections that code binds to a name when it runs."""
    connections: dict[str, str] = {}
    for node in (node for code in codes for node in code.nodes):
        match node:
            case ast.Assign([ast.Name(name)], ast.Call() as call) if opens_database(call):
                connections[name] = next(_files_of(call, texts), "")
            case _:
                pass
    return {name: path for name, path in connections.items() if path}


class _Seen:
    """What was seen of the files that code uses, node by node.

    Args:
        connections: name -> the database that it is a connection to.
    """

    def __init__(self, connections: Mapping[str, str]) -> None:
        self._connections = connections
        self._named: list[str] = []
        self._written: list[str] = []
        self._listed: list[str] = []
        self._made: list[str] = []
        self._databases: list[str] = []
        self._queries: list[bool] = []

    def take(self, node: ast.AST, texts: Texts) -> None:
        """Take a node, with what is known where it stands."""
        if isinstance(node, ast.Call):
            self._take_call(node, texts)
        elif isinstance(node, ast.Name) and node.id in self._connections:
            self._databases.append(self._connections[node.id])

    def _take_call(self, call: ast.Call, texts: Texts) -> None:
        files = list(_files_of(call, texts))
        if opens_keyed_store(call) and not files:
            files = [text for text in (text_of(each, texts) for each in call.args[:1]) if text]
        self._named += files
        self._written += files if may_write(call, texts) else ()
        self._databases += files if opens_database(call) else ()
        self._listed += _folders_of(call, texts)
        self._made += _made_by(call, texts)
        for line in _command_lines(call, texts):
            self.take_command(line)
        if (is_reading := only_reads(call, texts)) is not None:
            self._queries.append(is_reading)

    def take_command(self, line: str) -> None:
        """Take a line that a shell runs."""
        self._named += filter(_FILE.fullmatch, _WORD.findall(line))
        self._written += (one or other for one, other in _WRITTEN_BY_SHELL.findall(line))

    def uses(self) -> FileUses:
        """Return the uses: who is seen asking a database for nothing but what is in it only reads it."""
        reads_only = self._queries and all(self._queries)
        written = (*self._written, *(() if reads_only else self._databases))
        named = (*self._named, *self._databases)
        lists = (named, written, self._listed, self._made)
        return FileUses(*(tuple(dict.fromkeys(each)) for each in lists))


def _folders_of(call: ast.Call, texts: Texts) -> Iterator[str]:
    """Yield the folders that a call lists; of a pattern the one before its first wildcard."""
    name = called(call.func)
    is_lister = name in _LISTERS or _READERS_OF_FOLDERS.match(name) is not None
    for path in _paths_of(call, texts):
        for text in _QUOTED.findall(path) if name in QUERIES else [path]:
            folder = _PATTERN.sub("", text)
            if folder.rstrip("/") and (is_lister or (folder.endswith("/") and folder != text)):
                yield posixpath.normpath(folder)


def _command_lines(call: ast.Call, texts: Texts) -> Iterator[str]:
    """Yield the command lines that a call has a shell run; IPython's `!` lines are such calls."""
    name = called(call.func)
    is_shell = any(each.arg == "shell" for each in call.keywords) and name in _PROGRAMS
    if call.args and (name in _SHELLS or is_shell):
        yield text_of(call.args[0], texts)


def _made_by(call: ast.Call, texts: Texts) -> Iterator[str]:
    """Yield the folders that a call makes, with those that they are in, if it makes these as well."""
    for path in _paths_of(call, texts) if called(call.func) in _MAKERS_OF_FOLDERS else ():
        folder = posixpath.normpath(path) if path else ""
        if folder not in ("", "."):
            yield folder


def _paths_of(call: ast.Call, texts: Texts) -> Iterator[str]:
    receiver = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    for node in (*receiver, *call.args, *(keyword.value for keyword in call.keywords)):
        yield text_of(node, texts)


def _files_of(call: ast.Call, texts: Texts) -> Iterator[str]:
    for path in _paths_of(call, texts):
        url = _URL.fullmatch(path)
        path = url[1] if url else path
        if _FILE.fullmatch(path) and "://" not in path:
            yield posixpath.normpath(path)
