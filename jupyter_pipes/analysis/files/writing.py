"""Which calls may write a file that they are given, and which of a database's queries only read it."""

from __future__ import annotations

import ast
import re

from jupyter_pipes.analysis.files.texts import Texts, called, text_of
from jupyter_pipes.system.patterns import pattern

QUERIES = frozenset(("sql", "query", "execute", "read_sql", "read_sql_query"))
"""Functions and methods that are given SQL."""

_DATABASES = frozenset(("connect", "create_engine"))
_WRITER = pattern(
    r"(to|write|save|dump|export|sink|copy|move|rename|replace|download|render|touch|imwrite|imsave)(_|$)"
    r"|save|(copy|copyfile|copy2|urlretrieve|make_archive|basicConfig|FileHandler)$"
    r"|(remove|unlink|rmtree)$"
)
"""Names of functions and methods that write or remove a file that they are given."""

_OPENERS = frozenset("open File ZipFile TarFile HDFStore ExcelWriter ParquetWriter fdopen memmap".split())  # noqa: SIM905
_MODE = pattern(r"[rwaxbtcn+]{1,4}(:\w+)?")
_ALWAYS_WRITE = frozenset(("ExcelWriter", "ParquetWriter"))
_WRITE_BY_DEFAULT = frozenset(("HDFStore", "memmap", "shelve.open", "zarr.open", "lmdb.open"))
_WITH_FLAGS = frozenset(("shelve.open", "dbm.open", "gnu.open", "ndbm.open", "dumb.open"))
"""Those whose modes are flags: `c` makes the file where there is none, `n` always."""

_READING = pattern(r"[\s(]*(select|with|from|show|describe|explain|values)\b", re.IGNORECASE)
_CHANGING = pattern(
    r"\b(insert|update|delete|create|drop|alter|replace\s+into|merge|copy|attach)\b", re.IGNORECASE
)
_CHANGES = pattern(r"(commit|begin|executemany|executescript|to_sql)$")
"""Methods by which a database is changed without any SQL in sight."""


def opens_database(call: ast.Call) -> bool:
    """Return whether a call connects to a database, which it may read or write."""
    return called(call.func) in _DATABASES


def opens_keyed_store(call: ast.Call) -> bool:
    """Return whether a call opens a store of keys and values; its files have names of their own."""
    return _qualified(call.func) in _WITH_FLAGS


def may_write(call: ast.Call, texts: Texts) -> bool:
    """Return whether a call may write a file that it is given, no database."""
    name = called(call.func)
    if name not in _OPENERS:
        return _WRITER.match(name) is not None
    arguments = (*call.args, *(each.value for each in call.keywords))
    modes = [text for node in arguments if _MODE.fullmatch(text := text_of(node, texts))]
    if name in _ALWAYS_WRITE or not modes:
        return not {name, _qualified(call.func)}.isdisjoint(_ALWAYS_WRITE | _WRITE_BY_DEFAULT)
    writing = set("waxcn+" if _qualified(call.func) in _WITH_FLAGS else "wax+")
    return any(writing.intersection(mode) for mode in modes)


def only_reads(call: ast.Call, texts: Texts) -> bool | None:
    """Return whether what a call asks of a database changes nothing there; None if it asks nothing."""
    name = called(call.func)
    if name.startswith("read_sql"):
        return True
    if name in QUERIES and call.args:
        text = _beginning(call.args[0], texts)
        reads, changes = _READING.match(text) is not None, _CHANGING.search(text) is not None
        is_of_frame = name == "query" and bool(text) and not reads and not changes
        return None if is_of_frame else reads and not changes
    return False if _CHANGES.match(name) else None


def _beginning(node: ast.expr, texts: Texts) -> str:
    """Return the SQL that an expression gives, without what is not in sight of an f-string."""
    match node:
        case ast.JoinedStr(values):
            return " ".join(text_of(value, texts) for value in values)
        case ast.Call(_, [argument]):
            return _beginning(argument, texts)
        case _:
            return text_of(node, texts)


def _qualified(function: ast.expr) -> str:
    """Return the name of a function behind that of the module or object that it is taken from."""
    receiver = called(function.value) if isinstance(function, ast.Attribute) else ""
    return f"{receiver}.{called(function)}"
