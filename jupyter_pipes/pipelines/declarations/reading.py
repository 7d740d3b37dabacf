"""The text of a `%%params` cell -> the parameters that it declares; nothing of it runs."""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, cast

from jupyter_pipes.analysis.constants import known
from jupyter_pipes.analysis.constants.evaluation import evaluate
from jupyter_pipes.analysis.constants.unknown import UNKNOWN, NotConstant
from jupyter_pipes.analysis.syntax import parse_unfolded
from jupyter_pipes.model.errors import ParameterError
from jupyter_pipes.model.steps import ParameterSpec
from jupyter_pipes.pipelines.parameter_types import Range, choices_of
from jupyter_pipes.pipelines.parameters import TYPE_NAMES, Parameter, type_of
from jupyter_pipes.pipelines.references import refers

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def declare(
    body: str,
    earlier: Sequence[Parameter] = (),
    surroundings: Mapping[str, Any] = _NOTHING,
    cell: int = 0,
) -> tuple[Parameter, ...]:
    """Return the parameters that a `%%params` cell declares.

    Args:
        body: the cell's text below the `%%params` line, with that line left blank (`Cell.body`).
        earlier: parameters of earlier cells, which defaults may read.
        surroundings: what else earlier cells bind that it uses; `UNKNOWN` for what only running them tells.
        cell: the cell's number.

    Raises:
        ParameterError: something else than an assignment, or a type or default that does not fit.
    """
    comments = _comments(body)
    names = {parameter.name for parameter in earlier}
    namespace = {**known.BUILTINS, **TYPE_NAMES, **surroundings}
    namespace |= {parameter.name: _known(parameter) for parameter in earlier}
    declared: list[Parameter] = []
    for statement in _assignments(body):
        parameter = _declared(statement, body, comments, names, namespace, cell)
        names.add(parameter.name)
        namespace[parameter.name] = _known(parameter)
        declared.append(parameter)
    return tuple(declared)


def _known(parameter: Parameter) -> Any:
    """Return what later defaults may go by: what others refer to is not known before all are declared."""
    return UNKNOWN if refers(parameter.default) else parameter.copied()


def failed(what: str, line: int, error: BaseException) -> ParameterError:
    """Return the error that tells of a type or a default which fails."""
    hint = (
        "; it may use builtins, the parameters above, and what earlier cells that are no steps bind"
        if isinstance(error, NameError)
        else ""
    )
    return ParameterError(f"{what}: {type(error).__name__}: {error}{hint}", line=line)


def _declared(
    statement: ast.Assign | ast.AnnAssign,
    body: str,
    comments: Mapping[int, str],
    earlier: Collection[str],
    namespace: dict[str, Any],
    cell: int,
) -> Parameter:
    name, value = _target(statement), cast("ast.expr", statement.value)
    if name in earlier:
        raise ParameterError(f"parameter {name} is declared twice", line=statement.lineno)
    annotation = statement.annotation if isinstance(statement, ast.AnnAssign) else None
    reads = [node.id for node in _names(value) if node.id in earlier]
    default = _evaluated(f"the default of parameter {name}", value, namespace)
    kind = type_of(default) if annotation is None else _type(name, annotation, namespace)
    spec = ParameterSpec(
        name,
        ast.get_source_segment(body, annotation) or "" if annotation else "",
        ast.get_source_segment(body, value) or "",
        comments.get(statement.end_lineno or 0) or comments.get(statement.lineno, ""),
        statement.lineno,
        () if kind is UNKNOWN else choices_of(kind),
    )
    computed = _function(dict.fromkeys(reads), value, namespace) if reads else None
    parameter = Parameter(kind, UNKNOWN, computed=computed, spec=spec, cell=cell)
    parameter.default = parameter.fitted(default)
    return parameter


def _assignments(body: str) -> list[ast.Assign | ast.AnnAssign]:
    try:
        statements = parse_unfolded(body).body
    except SyntaxError as error:
        raise ParameterError(f"%%params: {error.msg}", line=error.lineno) from None
    for statement in statements:
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
            raise ParameterError(
                "%%params takes only assignments such as `rows: int = 100`; put other code into another cell",
                line=statement.lineno,
            )
        _target(statement)
    return cast("list[ast.Assign | ast.AnnAssign]", statements)


def _target(statement: ast.Assign | ast.AnnAssign) -> str:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        raise ParameterError("%%params: declare one name on each line", line=statement.lineno)
    if statement.value is None:
        raise ParameterError(f"parameter {targets[0].id} needs a default", line=statement.lineno)
    return targets[0].id


def _function(reads: Iterable[str], value: ast.expr, namespace: Mapping[str, Any]) -> Callable[..., object]:
    """The default as a function of the earlier parameters that it reads."""
    names = dict(namespace)

    def computed(**earlier: object) -> object:
        return evaluate(value, {**names, **earlier}, (Range,))

    named = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in reads]
    vars(computed)["__signature__"] = inspect.Signature(named)
    return computed


def _evaluated(what: str, node: ast.expr, names: Mapping[str, Any]) -> Any:
    try:
        return _constant(node, names)
    except Exception as error:  # what is computed may raise anything
        raise failed(what, node.lineno, error) from error


def _constant(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return what an expression comes to; `UNKNOWN` where only running it tells."""
    try:
        return evaluate(node, names, (Range,))
    except NotConstant:
        for missing in _names(node):
            if missing.id not in names and not _binds(node, missing.id):
                raise NameError(f"name {missing.id!r} is not defined") from None
        return UNKNOWN


def _type(name: str, annotation: ast.expr, names: Mapping[str, Any]) -> Any:
    what = f"the type of parameter {name}"
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = quoted(annotation.value)
        except SyntaxError as error:
            message = f"%%params: {annotation.value!r} is no type: {error.msg}"
            raise ParameterError(message, line=annotation.lineno) from None
    return _evaluated(what, annotation, names)


def quoted(text: str) -> ast.expr:
    """Return the expression that a text holds, which may go over several lines.

    Raises:
        SyntaxError: it holds something else.
    """
    match parse_unfolded(f"({text}\n)").body:
        case [ast.Expr(value=value)]:
            return value
        case _:
            raise SyntaxError(f"{text!r} is no expression")


def _names(node: ast.expr) -> Iterator[ast.Name]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Name))


def _binds(node: ast.expr, name: str) -> bool:
    """Whether an expression has a name of its own: of a comprehension, or a function's."""
    stored = any(each.id == name and isinstance(each.ctx, ast.Store) for each in _names(node))
    return stored or any(isinstance(each, ast.arg) and each.arg == name for each in ast.walk(node))


def _comments(body: str) -> dict[int, str]:
    """Line -> the comment that stands behind code on it."""
    comments: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(body).readline):
            if token.type == tokenize.COMMENT and token.line[: token.start[1]].strip():
                comments[token.start[0]] = token.string.lstrip("#").strip()
    except (tokenize.TokenError, SyntaxError):
        # The parser says what is wrong, and where.
        return {}
    return comments
