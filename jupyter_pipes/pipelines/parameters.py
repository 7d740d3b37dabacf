"""Parameters: `%%params` cells and `params={…}` -> declarations; overrides -> checked values."""

from __future__ import annotations

import ast
import builtins
import copy
import datetime
import decimal
import enum
import inspect
import io
import pathlib
import tokenize
import types
import typing
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import msgspec

from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.analysis.syntax import parse_unfolded
from jupyter_pipes.model.errors import ParameterError, UsageError
from jupyter_pipes.model.steps import ParameterSpec
from jupyter_pipes.pipelines.arguments import as_shown, shown, written
from jupyter_pipes.pipelines.parameter_types import Range, allowed, annotation_of, choices_of, fit, parse
from jupyter_pipes.pipelines.references import refuse_references

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence


_NOTHING: Mapping[str, Any] = types.MappingProxyType({})
TYPE_NAMES: dict[str, Any] = {
    **{name: getattr(typing, name) for name in ("Annotated", "Any", "Literal", "Optional", "Union")},
    **{name: getattr(typing, name) for name in ("Dict", "List", "Set", "Tuple")},
    "Decimal": decimal.Decimal,
    "Enum": enum.Enum,
    "Path": pathlib.Path,
    "Range": Range,
    "date": datetime.date,
    "datetime": datetime.datetime,
    "time": datetime.time,
    "timedelta": datetime.timedelta,
}


class Parameter:
    """A declared parameter of a pipeline.

    Args:
        type: its Python type, such as `int`, `Literal["a", "b"]` or `Annotated[float, Range(0, 1)]`.
        default: its value when nobody overrides it; it must fit the type.
        computed: instead of `default`, a function of earlier parameters, named as its arguments;
            it is called again when one of them is overridden.
        help: what it is, in words.
        spec: the declaration as data, where it was written as source.

    Raises:
        ParameterError: the default does not fit the type.
    """

    def __init__(
        self,
        type: Any = Any,  # noqa: A002 - the word for it, as in argparse and click
        default: Any = None,
        *,
        computed: Callable[..., object] | None = None,
        help: str = "",  # noqa: A002 - the same
        spec: ParameterSpec | None = None,
    ) -> None:
        self.type = type
        self.computed = computed
        self.spec = spec or ParameterSpec(
            "", annotation_of(type), written(default), help, choices=choices_of(type)
        )
        self.default = default if computed else self.fitted(default)

    def __repr__(self) -> str:
        return f"Parameter({self.name!r}, {annotation_of(self.type)}, {self.default!r})"

    @property
    def name(self) -> str:
        """The name that steps read it by."""
        return self.spec.name

    @property
    def help(self) -> str:
        """What it is, in words."""
        return self.spec.help

    def value(self, earlier: Mapping[str, object]) -> Any:
        """Return its value when nobody overrides it, given the values of earlier parameters."""
        if self.computed is None:
            # A step may change what it gets; the declaration must not.
            return self._copied()
        names = inspect.signature(self.computed).parameters
        try:
            value = self.computed(**{name: earlier[name] for name in names})
        except Exception as error:  # user's code may raise anything
            reason = f"{type(error).__name__}: {error}"
            message = f"the default of parameter {self.name} cannot be computed: {reason}"
            raise ParameterError(message, line=self.spec.line) from error
        return self.fitted(value)

    def fitted(self, value: object) -> Any:
        """Return the value as the declared type wants it.

        Raises:
            ParameterError: it does not fit.
        """
        self._refuse_references(value)
        try:
            return fit(value, self.type)
        except (ValueError, TypeError, ArithmeticError):
            raise self._misfit(value) from None

    def parsed(self, text: str) -> Any:
        """Return the value that a text means for the declared type.

        Raises:
            ParameterError: it means none that fits.
        """
        self._refuse_references(text)
        try:
            return parse(text, self.type)
        except (ValueError, TypeError, ArithmeticError):
            raise self._misfit(text) from None

    def named(self, name: str) -> Parameter:
        """Return the same declaration under a name."""
        spec = msgspec.structs.replace(self.spec, name=name)
        return Parameter(self.type, self.default, computed=self.computed, spec=spec)

    def with_default(self, value: object) -> Parameter:
        """Return the same declaration with another default.

        Raises:
            ParameterError: it does not fit.
        """
        default = self.fitted(value)
        spec = msgspec.structs.replace(self.spec, default=written(default))
        return Parameter(self.type, default, spec=spec)

    def _copied(self) -> Any:
        try:
            return copy.deepcopy(self.default)
        except Exception as error:  # a class may raise anything when it is to be copied
            reason = f"{type(error).__name__}: {error}"
            message = f"parameter {self.name}: the default {shown(self.default)} cannot be copied ({reason})"
            raise ParameterError(message, line=self.spec.line) from error

    def _refuse_references(self, value: object) -> None:
        try:
            refuse_references(value)
        except ValueError as error:
            name = f"parameter {self.name}" if self.name else "a parameter"
            raise ParameterError(f"{name}: {error}", line=self.spec.line) from None

    def _misfit(self, value: object) -> ParameterError:
        name = f"parameter {self.name}" if self.name else "a parameter"
        message = f"{name}: {shown(value)} does not fit; use {allowed(self.type)}"
        return ParameterError(message, line=self.spec.line)


def declare(
    body: str, earlier: Sequence[Parameter] = (), surroundings: Mapping[str, Any] = _NOTHING
) -> tuple[Parameter, ...]:
    """Return the parameters that a `%%params` cell declares.

    Args:
        body: the cell's text below the `%%params` line, with that line left blank (`Cell.body`).
        earlier: parameters of earlier cells, which defaults may read.
        surroundings: what else earlier cells bind that it uses.

    Raises:
        ParameterError: something else than an assignment, or a type or default that does not fit.
    """
    comments = _comments(body)
    names = {parameter.name for parameter in earlier}
    namespace = {**vars(builtins), **TYPE_NAMES, **surroundings, **bind(earlier, {})}
    declared: list[Parameter] = []
    for statement in _assignments(body):
        parameter = _declared(statement, body, comments, names, namespace)
        names.add(parameter.name)
        namespace[parameter.name] = parameter.default
        declared.append(parameter)
    return tuple(declared)


def from_mapping(params: Mapping[str, object]) -> tuple[Parameter, ...]:
    """Return the parameters of `Pipeline(…, params={…})`; a plain value is a default of its own type.

    Raises:
        ParameterError: a name that is none, or a default that does not fit.
    """
    parameters: list[Parameter] = []
    values: dict[str, object] = {}
    for name, value in params.items():
        if not name.isidentifier():
            raise ParameterError(f"{shown(name)} is no name for a parameter; use letters, digits and _")
        parameter = value if isinstance(value, Parameter) else Parameter(_type_of(value), value)
        parameter = parameter.named(name)
        if parameter.computed is not None:
            parameter.default = parameter.value(values)
        values[name] = parameter.default
        parameters.append(parameter)
    return tuple(parameters)


def bind(parameters: Sequence[Parameter], overrides: Mapping[str, object]) -> dict[str, Any]:
    """Return the value of every parameter, in order of declaration.

    Args:
        parameters: the declared parameters.
        overrides: name -> value; a text is parsed by the declared type.

    Raises:
        ParameterError: an unknown name, or a value that does not fit; the message names both.
    """
    names = [parameter.name for parameter in parameters]
    for name in overrides:
        if name not in names:
            raise ParameterError(_unknown(name, names))
    values: dict[str, Any] = {}
    for parameter in parameters:
        override = overrides.get(parameter.name)
        if parameter.name not in overrides:
            values[parameter.name] = parameter.value(values)
        elif isinstance(override, str):
            values[parameter.name] = parameter.parsed(override)
        else:
            values[parameter.name] = parameter.fitted(override)
    return values


def split_overrides(
    overrides: Mapping[str, object],
) -> tuple[dict[str, object], dict[str, dict[str, object]]]:
    """Return the overrides for all steps, and those for one step (`STEP.NAME`) by step."""
    for_all: dict[str, object] = {}
    by_step: dict[str, dict[str, object]] = {}
    for key, value in overrides.items():
        # A step's name may have dots, a parameter's cannot.
        step, dot, name = key.rpartition(".")
        (by_step.setdefault(step, {}) if dot else for_all)[name] = value
    return for_all, by_step


def split_assignment(text: str) -> tuple[str, str]:
    """Return name and value of `-p NAME=VALUE`.

    Raises:
        UsageError: there is no `=` or no name.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"-p {text}: write NAME=VALUE or STEP.NAME=VALUE")
    return name.strip(), value


def _declared(
    statement: ast.Assign | ast.AnnAssign,
    body: str,
    comments: Mapping[int, str],
    earlier: Collection[str],
    namespace: dict[str, Any],
) -> Parameter:
    name, value = _target(statement), cast("ast.expr", statement.value)
    if name in earlier:
        raise ParameterError(f"parameter {name} is declared twice", line=statement.lineno)
    annotation = statement.annotation if isinstance(statement, ast.AnnAssign) else None
    reads = [node.id for node in ast.walk(value) if isinstance(node, ast.Name) and node.id in earlier]
    computed = _function(list(dict.fromkeys(reads)), value, namespace)
    default = _evaluated(f"the default of parameter {name}", statement.lineno, computed, reads, namespace)
    kind = _type_of(default) if annotation is None else _type(name, annotation, namespace)
    spec = ParameterSpec(
        name,
        ast.get_source_segment(body, annotation) or "" if annotation else "",
        ast.get_source_segment(body, value) or "",
        comments.get(statement.end_lineno or 0) or comments.get(statement.lineno, ""),
        statement.lineno,
        choices_of(kind),
    )
    parameter = Parameter(kind, default, computed=computed if reads else None, spec=spec)
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


def _function(names: list[str], value: ast.expr, namespace: dict[str, Any]) -> Callable[..., object]:
    """The default as a function of the earlier parameters that it reads."""
    arguments = ast.arguments([], [ast.arg(name) for name in names], None, [], [], None, [])
    tree = ast.fix_missing_locations(ast.Expression(ast.copy_location(ast.Lambda(arguments, value), value)))
    try:
        return eval(compile(tree, "%%params", "eval"), dict(namespace))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ParameterError(f"%%params: Python cannot read this: {error}", line=value.lineno) from None


def _evaluated(
    what: str, line: int, computed: Callable[..., object], reads: list[str], namespace: Mapping[str, Any]
) -> Any:
    try:
        return computed(**{name: namespace[name] for name in reads})
    except (Exception, SystemExit) as error:  # user's code may raise anything
        hint = (
            "; it may use builtins, the parameters above, and what earlier cells that are no steps bind"
            if isinstance(error, NameError)
            else ""
        )
        raise ParameterError(f"{what}: {type(error).__name__}: {error}{hint}", line=line) from error


def _type(name: str, annotation: ast.expr, namespace: dict[str, Any]) -> Any:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = _quoted(annotation.value, annotation.lineno)
    what = f"the type of parameter {name}"
    return _evaluated(what, annotation.lineno, _function([], annotation, namespace), [], namespace)


def _quoted(text: str, line: int) -> ast.expr:
    """Return the annotation that stands in quotation marks."""
    try:
        match parse_unfolded(text.strip()).body:
            case [ast.Expr(value=expression)]:
                return expression
            case _:
                raise SyntaxError("it is no expression")
    except SyntaxError as error:
        raise ParameterError(f"%%params: {text!r} is no type: {error.msg}", line=line) from None


def _type_of(default: object) -> Any:
    return Any if default is None else type(default)


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


def _unknown(name: str, names: list[str]) -> str:
    near = nearest(name, names)
    there_are = f"there are {', '.join(names)}" if names else "the pipeline has none"
    hint = f"did you mean {near}?" if near else there_are
    return f"there is no parameter {as_shown(name)}; {hint}"
