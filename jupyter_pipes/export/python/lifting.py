"""Helper functions that read a step's inputs -> functions that are given them.

`def first(xs): return xs[:rows]`, where `rows` is a parameter, would have to stand inside of every step that
calls it. As `def first(xs, *, rows)`, called as `first(xs, rows=rows)`, it stands once at the module's top
and says what it needs. That is done where it changes nothing else: where the helper is only ever called by
its name, and what it reads is an input of every step that reaches it.
"""

from __future__ import annotations

import ast
import io
import tokenize
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jupyter_pipes.export.python.pieces import Piece, StepCode
    from jupyter_pipes.export.python.source import Chunk

Lifted = dict[str, frozenset[str]]
"""Helper -> the inputs that it is to be given."""

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class _Edit(Struct, frozen=True, order=True):
    line: int
    column: int
    text: str


def lift(codes: Sequence[StepCode]) -> None:
    """Rewrite the helpers for which that changes nothing else, and the calls to them, in all steps."""
    lifted = _liftable(codes)
    for code in codes if lifted else ():
        new = {piece.key: _rewritten(piece, lifted) for piece in (*code.borrowed, *code.own)}
        code.borrowed = [new[piece.key] for piece in code.borrowed]
        code.own = [new[piece.key] for piece in code.own]
        code.nested = {new[key].key for key in code.nested}


def _liftable(codes: Sequence[StepCode]) -> Lifted:
    helpers = _helpers(codes)
    while True:
        lifted = _needs(helpers, codes)
        wrong = {name for name in lifted if not _is_safe(name, helpers[name], lifted, codes)}
        if not wrong:
            return {name: needs for name, needs in lifted.items() if needs}
        helpers = {name: piece for name, piece in helpers.items() if name not in wrong}


def _helpers(codes: Sequence[StepCode]) -> dict[str, Piece]:
    """The functions of other cells that are one and the same for all steps, and plain enough."""
    found: dict[str, set[Piece]] = {}
    for code in codes:
        for piece in (*code.borrowed, *code.own):
            for name in piece.chunk.binds:
                found.setdefault(name, set()).add(piece)
    borrowed = {piece.key for code in codes for piece in code.borrowed}
    return {
        name: min(pieces, key=lambda piece: piece.order)
        for name, pieces in found.items()
        if len({piece.key for piece in pieces}) == 1
        and all(piece.key in borrowed and _is_plain(piece.chunk.node) for piece in pieces)
        and not any(name in code.local_names for code in codes)
    }


def _is_plain(node: ast.stmt) -> bool:
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or node.decorator_list:
        return False
    # A generator reads its names later than it is called.
    return not any(isinstance(inner, (ast.Yield, ast.YieldFrom, ast.Global)) for inner in ast.walk(node))


def _needs(helpers: dict[str, Piece], codes: Sequence[StepCode]) -> Lifted:
    """What each helper reads of the steps' own names, directly or through other helpers."""
    local = set[str]().union(*(code.local_names for code in codes))
    needs = {name: frozenset(piece.chunk.free & local) for name, piece in helpers.items()}
    while True:
        more = {
            name: needs[name].union(*(needs[other] for other in piece.chunk.free if other in needs))
            for name, piece in helpers.items()
        }
        if more == needs:
            return needs
        needs = more


def _is_safe(name: str, helper: Piece, lifted: Lifted, codes: Sequence[StepCode]) -> bool:
    needs = lifted[name]
    if not needs and not helper.chunk.free & set(lifted):
        return True
    node = helper.chunk.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)), "helpers are functions"
    if _bound_in_scopes(node) & needs or _names(node.args) & needs:
        return False
    for code in codes:
        pieces = (*code.borrowed, *code.own)
        if helper.key not in {piece.key for piece in pieces}:
            continue
        if not needs <= set(code.step.reads) or code.step.opaque:
            return False
        if (helper.chunk.free - needs) & _inside(code, lifted):
            return False
        if not all(_only_calls(piece.chunk, name, needs, helper) for piece in pieces):
            return False
    return True


def _inside(code: StepCode, lifted: Lifted) -> set[str]:
    """The names that will stand inside of the step's function, if these helpers do not."""
    names = code.local_names
    while True:
        more = (
            piece.chunk.binds
            for piece in code.borrowed
            if not piece.chunk.binds & set(lifted) and (piece.chunk.free | piece.chunk.binds) & names
        )
        grown = names.union(*more)
        if grown == names:
            return names
        names = grown


def _only_calls(chunk: Chunk, name: str, needs: frozenset[str], helper: Piece) -> bool:
    """Whether the chunk uses the helper by calls alone, where the names that it is given mean the inputs."""
    if name not in chunk.free and chunk.code != helper.chunk.code:
        return True
    nodes = list(ast.walk(chunk.node))
    calls = [node for node in nodes if isinstance(node, ast.Call) and _is_named(node.func, name)]
    uses = [node for node in nodes if _is_named(node, name)]
    alone = any(len(call.args) == 1 and isinstance(call.args[0], ast.GeneratorExp) for call in calls)
    return len(uses) == len(calls) and not alone and not _bound_in_scopes(chunk.node) & ({name} | needs)


def _is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _bound_in_scopes(node: ast.AST) -> set[str]:
    """Names that the functions, classes and comprehensions in a statement bind for themselves."""
    bound: set[str] = set()
    for scope in ast.walk(node):
        if isinstance(scope, _COMPREHENSIONS):
            bound |= {name for part in scope.generators for name in _names(part.target)}
        elif isinstance(scope, _SCOPES):
            bound |= {name for inner in ast.walk(scope) if inner is not scope for name in _binds(inner)}
    return bound


def _binds(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(name, ast.Store() | ast.Del()) | ast.arg(name):
            yield name
        case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
            yield name
        case ast.MatchAs(name=str() as name) | ast.MatchStar(name=str() as name):
            yield name
        case ast.MatchMapping(rest=str() as name) | ast.ExceptHandler(name=str() as name):
            yield name
        case ast.alias():
            yield node.asname or node.name.partition(".")[0]
        case _:
            return


def _rewritten(piece: Piece, lifted: Lifted) -> Piece:
    chunk = piece.chunk
    own = {name for name in chunk.binds if chunk.is_definition and name in lifted}
    called = {name for name in chunk.free if name in lifted}
    if not own | called:
        return piece
    edits = [edit for name in own | called for edit in _call_edits(chunk, name, lifted[name])]
    edits += [_signature_edit(chunk.code, lifted[name]) for name in own]
    free = chunk.free.union(*(lifted[name] for name in called)).difference(*(lifted[name] for name in own))
    code = _edited(chunk.code, edits)
    expected = _Rewriter(lifted, own).visit(ast.parse(chunk.code))
    if not _same(code, expected):
        # Before Python 3.12 the places of what stands in f-strings are not right.
        code = ast.unparse(ast.fix_missing_locations(expected))
    new = msgspec.structs.replace(chunk, code=code, free=free)
    return msgspec.structs.replace(piece, key=piece.key.replace(chunk.code, code), chunk=new)


class _Rewriter(ast.NodeTransformer):
    """Does to the syntax tree what the edits do to the text."""

    def __init__(self, lifted: Lifted, own: set[str]) -> None:
        self._lifted = lifted
        self._own = own

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in self._lifted:
            names = sorted(self._lifted[node.func.id])
            node.keywords += [ast.keyword(name, ast.Name(name, ast.Load())) for name in names]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        if node.name in self._own:
            self._own = self._own - {node.name}
            names = sorted(self._lifted[node.name])
            node.args.kwonlyargs += [ast.arg(name) for name in names]
            node.args.kw_defaults += [None] * len(names)
        return node

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815


def _same(code: str, tree: ast.AST) -> bool:
    try:
        return ast.dump(ast.parse(code)) == ast.dump(tree)
    except SyntaxError:
        return False


def _call_edits(chunk: Chunk, name: str, needs: frozenset[str]) -> Iterator[_Edit]:
    lines = chunk.code.split("\n")
    given = ", ".join(f"{need}={need}" for need in sorted(needs))
    for node in ast.walk(chunk.node):
        if isinstance(node, ast.Call) and _is_named(node.func, name):
            line = node.end_lineno or node.lineno
            column = max(0, _characters(lines[line - 1], node.end_col_offset or 0) - 1)
            yield _Edit(line, column, f"{_comma(chunk.code, node, line, column)}{given}")


def _comma(code: str, node: ast.Call, line: int, column: int) -> str:
    """A comma, unless there is nothing to part, or one stands there."""
    if not node.args and not node.keywords:
        return ""
    before = [
        token
        for token in tokenize.generate_tokens(io.StringIO(code).readline)
        if token.end <= (line, column) and token.type not in (tokenize.COMMENT, tokenize.NL)
    ]
    return "" if before[-1].string == "," else ", "


def _signature_edit(code: str, needs: frozenset[str]) -> _Edit:
    """Where and how a function's parameters get these as well, by keyword only."""
    node = ast.parse(code).body[0]
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)), "helpers are functions"
    star = "" if node.args.vararg or node.args.kwonlyargs else "*, "
    text = star + ", ".join(sorted(needs))
    depth, previous, opened = 0, "", False
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type in (tokenize.COMMENT, tokenize.NL):
            continue
        if token.string == "**" and depth == 1 and opened and node.args.kwarg and previous in "(,":
            return _Edit(*token.start, f"{text}, ")
        if token.string == ")" and depth == 1 and opened:
            return _Edit(*token.start, text if previous in "(," else f", {text}")
        opened = opened or (token.string == "(" and depth == 0)
        depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        previous = token.string
    raise AssertionError("a function has a parameter list")


def _edited(code: str, edits: list[_Edit]) -> str:
    lines = code.split("\n")
    # From the end, so that earlier places stay where they are.
    for edit in sorted(edits, reverse=True):
        line = lines[edit.line - 1]
        lines[edit.line - 1] = line[: edit.column] + edit.text + line[edit.column :]
    return "\n".join(lines)


def _characters(line: str, offset: int) -> int:
    return len(line.encode()[:offset].decode())
