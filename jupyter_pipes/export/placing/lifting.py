"""Helper functions that read a step's inputs -> functions that are given them.

`def first(xs): return xs[:rows]`, where `rows` is a parameter, would have to stand inside of every step that
calls it. As `def first(xs, *, rows)`, called as `first(xs, rows=rows)`, it stands once at the module's top
and says what it needs. That is done where it changes nothing else: where the helper is only ever called by
its name, and what it reads is an input of every step that reaches it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.analysis.cell.scopes import arguments_of, bound_names
from jupyter_pipes.export.placing.rewriting import Lifted, is_call_of, is_named, with_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_pipes.export.placing.pieces import Piece, StepCode
    from jupyter_pipes.export.placing.source import Chunk


def lift(codes: Sequence[StepCode]) -> None:
    """Rewrite the helpers for which that changes nothing else, and the calls to them, in all steps."""
    lifted = _liftable(codes)
    for code in codes if lifted else ():
        new = {piece.key: _rewritten(piece, lifted) for piece in code.pieces}
        code.borrowed = [new[piece.key] for piece in code.borrowed]
        code.own = [new[piece.key] for piece in code.own]
        code.nested = {new[key].key for key in code.nested}


def _rewritten(piece: Piece, lifted: Lifted) -> Piece:
    chunk = piece.chunk
    defined = {name: needs for name, needs in lifted.items() if chunk.is_definition and name in chunk.binds}
    called = {name: needs for name, needs in lifted.items() if name in chunk.free}
    if not defined and not called:
        return piece
    code = with_inputs(chunk.code, defined | called)
    free = chunk.free.union(*called.values()).difference(*defined.values())
    return replace(piece, key=piece.key.replace(chunk.code, code), chunk=replace(chunk, code=code, free=free))


def _liftable(codes: Sequence[StepCode]) -> Lifted:
    helpers = _helpers(codes)
    while True:
        lifted = _needs(helpers, codes)
        unsafe = {name for name in lifted if not _is_safe(name, helpers[name], lifted, codes)}
        if not unsafe:
            return {name: needs for name, needs in lifted.items() if needs}
        helpers = {name: piece for name, piece in helpers.items() if name not in unsafe}


def _helpers(codes: Sequence[StepCode]) -> dict[str, Piece]:
    """The functions of other cells that are one and the same for all steps, and plain enough."""
    binding: dict[str, set[Piece]] = {}
    for piece in (piece for code in codes for piece in code.pieces):
        for name in piece.chunk.binds:
            binding.setdefault(name, set()).add(piece)
    borrowed = {piece.key for code in codes for piece in code.borrowed}
    local = set[str]().union(*(code.local_names for code in codes))
    return {
        name: min(pieces, key=lambda piece: piece.order)
        for name, pieces in binding.items()
        if name not in local
        and len({piece.key for piece in pieces}) == 1
        and all(piece.key in borrowed and _is_plain(piece.chunk.node) for piece in pieces)
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
    """Whether the helper may be given what it needs, or stands at the top without any."""
    needs, free, node = lifted[name], helper.chunk.free, helper.chunk.node
    if not needs and not free & set(lifted):
        return True
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)), "helpers are functions"
    returned = _names(node.returns) if node.returns is not None else set[str]()
    if (_bound_inside(node) | _names(node.args) | returned) & needs:
        return False
    return all(
        needs <= set(code.step.reads)
        and not code.step.opaque
        and not (free - needs) & _inside(code, lifted)
        and all(_only_calls(piece.chunk, name, needs, helper) for piece in code.pieces)
        for code in codes
        if helper.key in {piece.key for piece in code.pieces}
    )


def _inside(code: StepCode, lifted: Lifted) -> set[str]:
    """The names that will stand inside of the step's function, if these helpers do not."""
    names = code.local_names
    others = [piece.chunk for piece in code.borrowed if not piece.chunk.binds & set(lifted)]
    while True:
        grown = names.union(*(each.binds for each in others if (each.free | each.binds) & names))
        if grown == names:
            return names
        names = grown


def _only_calls(chunk: Chunk, name: str, needs: frozenset[str], helper: Piece) -> bool:
    """Whether the chunk uses the helper by calls alone, where the names that it is given mean the inputs."""
    if name not in chunk.free and chunk.code != helper.chunk.code:
        return True
    nodes = list(ast.walk(chunk.node))
    calls = [node for node in nodes if is_call_of(node, {name})]
    uses = [node for node in nodes if is_named(node, {name})]
    # `f(x for x in xs)` can take no argument more.
    alone = any(len(call.args) == 1 and isinstance(call.args[0], ast.GeneratorExp) for call in calls)
    return len(uses) == len(calls) and not alone and not _bound_inside(chunk.node) & ({name} | needs)


def _names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _bound_inside(node: ast.AST) -> set[str]:
    """Names that the functions, classes and comprehensions in a statement bind for themselves."""
    bound: set[str] = set()
    for scope in ast.walk(node):
        match scope:
            case ast.FunctionDef(args=arguments, body=body) | ast.AsyncFunctionDef(args=arguments, body=body):
                bound |= {*bound_names(body), *(each.arg for each in arguments_of(arguments))}
            case ast.Lambda(arguments):
                bound |= {each.arg for each in arguments_of(arguments)}
            case ast.ClassDef(body=body):
                bound |= bound_names(body)
            case ast.comprehension(target):
                bound |= bound_names([target])
            case _:
                pass
    return bound
