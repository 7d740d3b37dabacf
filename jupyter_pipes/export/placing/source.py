"""Cell text -> Python statements as text, each with its comments: the bricks of an exported module."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.cell import scopes
from jupyter_pipes.analysis.cell.magic_effects import (
    CODE_CELL_MAGICS,
    CODE_LINE_MAGICS,
    LOOKING_MAGICS,
    SCRATCH_MAGICS,
    cell_effect,
)
from jupyter_pipes.analysis.cell.source import CellMagicLine, parse_cell
from jupyter_pipes.analysis.notebook.statements import statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


class Chunk(Struct, frozen=True):
    """One top-level statement of a cell.

    Attributes:
        code: its text, without its comments.
        line: line of the cell's Python text on which it begins.
        above: the comment lines directly above it, and a blank line above them where there was one.
        behind: the comment behind its last line, "" if none.
        binds: names that it binds or changes.
        free: names that it, or the functions that it defines, need from outside.
        is_import, is_definition: what it is (`def` and `class` are definitions).
        needs: modules of Python that stand in for magics in it.
        silenced: whether a `;` follows, which keeps a last expression from being shown.
    """

    code: str
    line: int = 1
    above: tuple[str, ...] = ()
    behind: str = ""
    binds: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()
    is_import: bool = False
    is_definition: bool = False
    needs: frozenset[str] = frozenset()
    silenced: bool = False

    @property
    def text(self) -> str:
        """The statement with its comments."""
        behind = f"  {self.behind}" if self.behind else ""
        return "\n".join([*self.above, self.code + behind])

    @property
    def node(self) -> ast.stmt:
        """Its syntax tree, which must stay as it is; lines count from its own first."""
        return _statement(self.code)

    @property
    def is_future(self) -> bool:
        """Whether it is an import that must stand above all others."""
        return self.code.startswith("from __future__")


@lru_cache(maxsize=4096)
def _statement(code: str) -> ast.stmt:
    return ast.parse(code).body[0]


@lru_cache(maxsize=1024)
def chunks(body: str, modules: frozenset[str] = frozenset()) -> tuple[Chunk, ...]:
    """Return a cell's statements; IPython's syntax is written as the calls that it stands for.

    Calling a method of one of `modules`, names that imports bind, changes nothing.

    `%%time` and its like are dropped: what they measure is code of the cell.
    """
    code = parse_cell(body)
    text = code.body
    known = CODE_CELL_MAGICS | SCRATCH_MAGICS
    if code.magics and (code.magics[-1].name not in known or code.magics[-1].argument == "--bash"):
        magic = code.magics[-1]
        call = f"get_ipython().run_cell_magic({magic.name!r}, {magic.argument!r}, {text!r})"
        binds = frozenset[str]().union(*(statement.binds for statement in statements(body)))
        fetch = [
            Chunk(f"{name} = get_ipython().user_ns[{name!r}]", binds=frozenset({name})) for name in binds
        ]
        return (_with_names(call, modules), *sorted(fetch, key=lambda chunk: chunk.code))
    before = "\n".join(_timed_setup(magic) for magic in code.magics)
    return tuple(_unwrapped(_split(_as_python(before + text if before.strip() else text), modules), modules))


def _timed_setup(magic: CellMagicLine) -> str:
    """What `%%timeit CODE` runs before the body that it measures."""
    effect = cell_effect(magic.name, magic.argument)
    return f"{effect.code}\n" if effect.scratch and effect.code else ""


def imported_names(source: str) -> frozenset[str]:
    """Return the names that a cell's imports bind, wherever they stand in it."""
    nodes = (node for chunk in chunks(source) for node in ast.walk(chunk.node))
    imports = (node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom)))
    return frozenset(name for node in imports for name in scopes.imported_names(node))


def decides_imports(node: ast.stmt) -> bool:
    """Whether a statement may change what a later import gives: the path, the environment, the folder."""
    return any(map(_reaches_importing, ast.walk(node)))


def _reaches_importing(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(ast.Name("sys"), "path" | "meta_path" | "path_hooks" | "modules"):
            return True
        case ast.Attribute(ast.Name("os"), "environ" | "chdir" | "putenv"):
            return True
        case ast.Name("environ" | "chdir" | "putenv" | "addsitedir" | "load_dotenv"):
            return True
        case ast.Attribute(ast.Name("site"), "addsitedir") | ast.Attribute(ast.Name("dotenv"), "load_dotenv"):
            return True
        case ast.Constant("env" | "set_env" | "cd"):
            return True
        case _:
            return False


def is_coroutine(code: str) -> bool:
    """Whether the code awaits at its top level."""
    compiled = compile(code, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    # inspect.CO_COROUTINE; `inspect` is slow to import.
    return bool(compiled.co_flags & 0x80)


def indented(code: str) -> str:
    """Return the code one level deeper; lines inside of strings stay as they are."""
    text = _inside_strings(ast.parse(code))
    return "\n".join(
        line if number in text or not line.strip() else f"    {line}"
        for number, line in enumerate(code.split("\n"), start=1)
    )


def single_imports(chunk: Chunk) -> list[Chunk]:
    """Split an import into one for each name that it binds."""
    return [
        Chunk(part.source, chunk.line, binds=part.binds, is_import=True) for part in statements(chunk.code)
    ]


def _as_python(text: str) -> str:
    try:
        ast.parse(text)
    except SyntaxError:
        # Imported only for cells that need it: it takes about 0.3 s.
        from IPython.core.inputtransformer2 import TransformerManager

        # IPython drops blank lines at the top, such as that of `%%step`.
        begin = len(text) - len(text.lstrip("\n"))
        return text[:begin] + TransformerManager().transform_cell(text[begin:])
    return text


def _split(text: str, modules: frozenset[str]) -> Iterator[Chunk]:
    lines = text.split("\n")
    nodes = ast.parse(text).body
    previous = (1, 0)
    for place, node in enumerate(nodes):
        start, end = _start(node), (node.end_lineno or 1, node.end_col_offset or 0)
        following = _start(nodes[place + 1]) if place + 1 < len(nodes) else (len(lines) + 1, 0)
        above = _between(lines, previous, start)
        behind = _between(lines, end, following)
        own_line = behind.partition("\n")[0].strip()
        comments = above.split("\n")[1 if place else 0 :]
        yield _with_names(
            _between(lines, start, end),
            modules,
            line=start[0],
            above=_comment_lines(comments)[(not place and comments[:1] == [""]) :],
            behind=own_line.lstrip("; ") if "#" in own_line else "",
            silenced=own_line.startswith(";"),
        )
        previous = end


def _comment_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """The comments among the lines between two statements, with one blank line above where there was any."""
    comments = [line.strip() for line in lines if line.strip().startswith("#")]
    first = next((place for place, line in enumerate(lines) if line.strip()), len(lines) - 1)
    return ("", *comments) if first > 0 else tuple(comments)


def _with_names(code: str, modules: frozenset[str], **place: Any) -> Chunk:
    node = _statement(code)
    parts = statements(code, modules)
    needed = (part.reads | part.optional_reads | part.deferred | part.deferred_optional for part in parts)
    # A function that binds a global name uses it as one that reads it does.
    globals_ = (name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names)
    return Chunk(
        code,
        binds=frozenset[str]().union(*(part.binds for part in parts)),
        free=frozenset(globals_).union(*needed),
        is_import=isinstance(node, (ast.Import, ast.ImportFrom)),
        is_definition=isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)),
        **place,
    )


def _start(node: ast.stmt) -> tuple[int, int]:
    decorators: Sequence[ast.expr] = getattr(node, "decorator_list", ())
    # A decorator's `@` stands before its expression.
    return (decorators[0].lineno, 0) if decorators else (node.lineno, node.col_offset)


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    """The text from one place to another; columns count bytes, as `ast` does."""
    (first, left), (last, right) = start, end
    if first > len(lines):
        return ""
    if first == last:
        return lines[first - 1].encode()[left:right].decode()
    inner = lines[first : last - 1]
    final = lines[last - 1].encode()[:right].decode() if last <= len(lines) else ""
    return "\n".join([lines[first - 1].encode()[left:].decode(), *inner, final])


def _unwrapped(parts: Iterable[Chunk], modules: frozenset[str]) -> Iterator[Chunk]:
    """Drop `x?`, and put the code of `%time code` and of `if __name__ == "__main__":` in their places."""
    for chunk in parts:
        guarded = _guarded(chunk.node)
        if guarded:
            inner = [*_split(_dedented(chunk.code, guarded), modules)]
            inner[0] = msgspec.structs.replace(inner[0], above=(*chunk.above, *inner[0].above))
            yield from _unwrapped(
                (msgspec.structs.replace(each, line=chunk.line + each.line) for each in inner), modules
            )
            continue
        magic = _line_magic(chunk.node)
        if magic is None:
            yield chunk
        elif magic[0] in CODE_LINE_MAGICS and magic[1].strip():
            yield from _split(magic[1], modules)
        elif magic[0] not in LOOKING_MAGICS:
            yield chunk


def _guarded(node: ast.stmt) -> list[ast.stmt]:
    """The body of `if __name__ == "__main__":`, which is true in a notebook, and not in a step's module."""
    match node:
        case ast.If(ast.Compare(ast.Name("__name__"), [ast.Eq()], [ast.Constant("__main__")]), body):
            return body
        case ast.If(ast.Compare(ast.Constant("__main__"), [ast.Eq()], [ast.Name("__name__")]), body):
            return body
        case _:
            return []


def _dedented(code: str, body: Sequence[ast.stmt]) -> str:
    """The text of a body as code of its own; lines inside of strings stay as they are."""
    lines = code.split("\n")
    first, last = body[0], body[-1]
    if first.lineno == 1:
        return _between(lines, (1, first.col_offset), (last.end_lineno or 1, last.end_col_offset or 0))
    end = last.end_lineno or last.lineno
    text = {line for node in body for line in _inside_strings(node)}
    return "\n".join(
        line if number in text or line[: first.col_offset].strip() else line[first.col_offset :]
        for number, line in enumerate(lines[1:end], start=2)
    )


def _inside_strings(tree: ast.AST) -> set[int]:
    """The lines that begin inside of a string."""
    return {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))
        for line in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    }


def _line_magic(node: ast.stmt) -> tuple[str, str] | None:
    match node:
        case ast.Expr(
            ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name("get_ipython")), attr="run_line_magic"),
                args=[ast.Constant(str() as name), ast.Constant(str() as argument)],
            )
        ):
            return name, argument
        case _:
            return None
