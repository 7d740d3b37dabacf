"""Which files the calls in a step's own code name, and which of them they may write."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.model.steps import Step

_WRITER = re.compile(
    r"(to|write|save|dump|export|sink|copy|move|rename|replace|download|render|touch|imwrite|imsave)(_|$)"
    r"|save|(copy|copyfile|copy2|urlretrieve|connect|make_archive|create_engine|basicConfig|FileHandler)$"
    r"|(remove|unlink|rmtree)$"
)
"""Names of functions and methods that write or remove a file that they are given, or, of databases, may."""

_OPENERS = frozenset("open File ZipFile TarFile HDFStore ExcelWriter ParquetWriter fdopen memmap".split())  # noqa: SIM905
_MODE = re.compile(r"[rwaxbtcn+]{1,4}(:\w+)?")
_ALWAYS_WRITE = frozenset(("ExcelWriter", "ParquetWriter"))
_WRITE_BY_DEFAULT = frozenset(("HDFStore", "memmap", "shelve.open", "zarr.open", "lmdb.open"))
_WITH_FLAGS = frozenset(("shelve.open", "dbm.open", "gnu.open", "ndbm.open", "dumb.open"))
"""Those whose modes are flags: `c` makes the file where there is none, `n` always."""

_LISTERS = frozenset(("listdir", "scandir", "walk", "iterdir", "glob", "iglob", "rglob"))
_READERS_OF_FOLDERS = re.compile(r"read_(parquet|feather|orc|table|delta|ipc)$|scan_\w+$|dataset$")
_PATTERN = re.compile(r"[^/]*[*?[].*")
_QUERIES = frozenset(("sql", "query", "execute", "read_sql", "read_sql_query"))
_QUOTED = re.compile(r"'([^']+)'")
_PATHS = frozenset(("Path", "PurePath", "PosixPath", "str", "fspath", "abspath", "join", "joinpath"))
_WRITES = re.compile(r"\s*%%(?:writefile|file)[ \t]+(?P<appends>-a[ \t]+)?(?P<path>[^\s{}$]+)[ \t]*\n")
_URL = re.compile(r"(?:sqlite|duckdb)(?:\+\w+)?:/{3}(.+)")
_FILE = re.compile(r"[^\s*?<>|]*[\w)]\.\w{1,8}|[^\s*?<>|]+/[^\s*?<>|]+")
"""How a text looks that may be the path of a file: with an ending, or in a folder."""


class FileUses(Struct, frozen=True):
    """Paths, normalised: all that the code names, those that it may write, and folders that it lists."""

    named: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()

    def lists(self, path: str) -> bool:
        """Return whether the code lists a folder that the file is in."""
        return any(path.startswith(f"{folder}/") for folder in self.listed)


def file_uses(steps: Sequence[Step]) -> dict[str, FileUses]:
    """Return step -> the files that its own code names in calls; constants of other cells count.

    Args:
        steps: in notebook order.
    """
    uses: dict[str, FileUses] = {}
    made: dict[tuple[str, str], str] = {}
    for step in steps:
        constants: dict[str, str] = {}
        for piece in step.pieces:
            constants |= _constants(piece.source)
        read = {name: made[owner, name] for name, owner in step.reads.items() if (owner, name) in made}
        constants |= read
        uses[step.name] = _uses(step.body, tuple(sorted(constants.items())))
        own = _constants(step.body)
        made |= {(step.name, name): own[name] for name in step.writes if name in own}
    code = {text.path for step in steps if (text := written_by_magic(step.body))}
    return {step.name: _with_code(step, uses[step.name], code) for step in steps} if code else uses


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


def _with_code(step: Step, uses: FileUses, code: Iterable[str]) -> FileUses:
    """Return the uses with those of files of code that other cells write: by `%run` and `import`."""
    text = written_by_magic(step.body)
    used = [path for path in code if _runs_or_imports(step, path)]
    mine = [text.path] if text else []
    return FileUses((*uses.named, *mine, *sorted(used)), (*uses.written, *mine), uses.listed)


def _runs_or_imports(step: Step, path: str) -> bool:
    stem = path.removesuffix(".py")
    runs = re.compile(rf"^\s*%run\s[^\n]*(?<!\w){re.escape(stem)}\b", re.MULTILINE)
    return path.partition("/")[0].removesuffix(".py") in step.imports or any(map(runs.search, step.sources))


@lru_cache(maxsize=8192)
def _constants(source: str) -> dict[str, str]:
    tree = tree_of(source) if '"' in source or "'" in source else None
    return _bound(tree, {}) if tree else {}


def _bound(tree: ast.Module, known: Mapping[str, str]) -> dict[str, str]:
    """Return name -> path, of the names that simple statements bind to one."""
    paths = dict(known)
    for node in ast.walk(tree):
        match node:
            case ast.Assign([ast.Name(name)], value) | ast.AnnAssign(ast.Name(name), _, ast.expr() as value):
                if path := _path(value, paths):
                    paths[name] = path
            case _:
                pass
    return paths


@lru_cache(maxsize=8192)
def _uses(body: str, constants: tuple[tuple[str, str], ...]) -> FileUses:
    tree = tree_of(body) if constants or '"' in body or "'" in body else None
    if tree is None:
        return FileUses()
    paths = _bound(tree, dict(constants))
    named: list[str] = []
    written: list[str] = []
    listed: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            files = list(_files_of(node, paths))
            named += files
            written += files if _may_write(node) else ()
            listed += _folders_of(node, paths)
    return FileUses(*(tuple(dict.fromkeys(each)) for each in (named, written, listed)))


def _folders_of(call: ast.Call, paths: Mapping[str, str]) -> Iterator[str]:
    """Yield the folders that a call lists; of a pattern the one before its first wildcard."""
    name = _name(call.func)
    is_lister = name in _LISTERS or _READERS_OF_FOLDERS.match(name) is not None
    for path in _paths_of(call, paths):
        texts = _QUOTED.findall(path) if name in _QUERIES else [path]
        for text in texts:
            folder = _PATTERN.sub("", text)
            if folder.rstrip("/") and (is_lister or (folder.endswith("/") and folder != text)):
                yield posixpath.normpath(folder)


def _paths_of(call: ast.Call, paths: Mapping[str, str]) -> Iterator[str]:
    receiver = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    for node in (*receiver, *call.args, *(keyword.value for keyword in call.keywords)):
        yield _path(node, paths)


def _files_of(call: ast.Call, paths: Mapping[str, str]) -> Iterator[str]:
    for path in _paths_of(call, paths):
        url = _URL.fullmatch(path)
        path = url[1] if url else path
        if _FILE.fullmatch(path) and "://" not in path:
            yield posixpath.normpath(path)


def _path(node: ast.expr, paths: Mapping[str, str]) -> str:
    """Return the path that an expression gives, "" where that is not in sight."""
    match node:
        case ast.Constant(str(text)):
            return text if "\n" not in text else ""
        case ast.Name(name):
            return paths.get(name, "")
        case ast.JoinedStr(values):
            return _joined((_formatted(value, paths) for value in values), "")
        case ast.BinOp(left, ast.Div(), right):
            return _joined((_path(each, paths) for each in (left, right)), "/")
        case ast.BinOp(left, ast.Add(), right):
            return _joined((_path(each, paths) for each in (left, right)), "")
        case ast.Call(function, arguments) if arguments and _name(function) in _PATHS:
            return _joined((_path(each, paths) for each in _parts_of_path(function, arguments)), "/")
        case _:
            return ""


def _parts_of_path(function: ast.expr, arguments: list[ast.expr]) -> list[ast.expr]:
    """Return what a function joins: of `folder.joinpath(name)`, the folder as well."""
    match function:
        case ast.Attribute(value, "joinpath"):
            return [value, *arguments]
        case _:
            return arguments


def _formatted(node: ast.expr, paths: Mapping[str, str]) -> str:
    return _path(node.value if isinstance(node, ast.FormattedValue) else node, paths)


def _joined(parts: Iterable[str], separator: str) -> str:
    parts = list(parts)
    return separator.join(parts) if all(parts) else ""


def _may_write(call: ast.Call) -> bool:
    name = _name(call.func)
    if name not in _OPENERS:
        return _WRITER.match(name) is not None
    texts = (
        node.value
        for node in (*call.args, *(each.value for each in call.keywords))
        if isinstance(node, ast.Constant)
    )
    modes = [text for text in texts if isinstance(text, str) and _MODE.fullmatch(text)]
    if name in _ALWAYS_WRITE or not modes:
        return not {name, _qualified(call.func)}.isdisjoint(_ALWAYS_WRITE | _WRITE_BY_DEFAULT)
    writing = set("waxcn+" if _qualified(call.func) in _WITH_FLAGS else "wax+")
    return any(writing.intersection(mode) for mode in modes)


def _qualified(function: ast.expr) -> str:
    """Return the name of a function behind that of the module or object that it is taken from."""
    receiver = _name(function.value) if isinstance(function, ast.Attribute) else ""
    return f"{receiver}.{_name(function)}"


def _name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""
