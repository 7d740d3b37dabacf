"""`@step`: a function as a step; its parameters are what it reads, the names that it returns its outputs."""

from __future__ import annotations

import ast
import base64
import functools
import inspect
import keyword
import sys
import textwrap
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, ParamSpec, TypeVar, cast, overload

from jupyter_pipes.analysis.cell.names import analyze
from jupyter_pipes.analysis.literals import texts_of
from jupyter_pipes.analysis.notebook.elements.needs import expressions
from jupyter_pipes.analysis.slicing import slices
from jupyter_pipes.analysis.syntax import parsed_alone
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.mapping.children import ElementNeeds
from jupyter_pipes.model.mapping.clauses import element_names
from jupyter_pipes.model.steps import CodePiece, Step, StepOptions
from jupyter_pipes.pipelines.arguments import check_all, check_text, items, shown
from jupyter_pipes.pipelines.called.callbacks import ARGUMENTS, callback_of, named
from jupyter_pipes.pipelines.called.retries import rule_of, unknown_words, value_of
from jupyter_pipes.pipelines.step_names import check_name
from jupyter_pipes.pipelines.step_options import from_keywords

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")


class FunctionStep(Generic[Arguments, Returned]):
    """A function that is also a step; calling it calls the function.

    Args:
        function: what the step does.
        name: the step's name.
        step_options: its options.
        given: those of the functions that they name that were given themselves.
    """

    def __init__(
        self,
        function: Callable[Arguments, Returned],
        name: str,
        step_options: StepOptions,
        given: Mapping[str, Callable[..., Any]] = MappingProxyType({}),
    ) -> None:
        self.function = function
        self.name = check_name(check_text("the name of a step", name))
        self.options = step_options
        self._given = given
        functools.update_wrapper(self, function)

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Returned:
        """Call the function itself, without any pipeline."""
        return self.function(*args, **kwargs)

    def resolve(self) -> Step:
        """Return the step, with what it reads still without producers.

        Raises:
            UsageError: its signature or return statement does not name what it reads and writes.
        """
        if self.options.pipeline:
            return self._as_pipeline()
        reads, writes = self.options.inputs or _parameters(self.function, self.name), self.options.outputs
        if writes is None:
            writes = _returned(self.function, self.name)
        call = f"{self.function.__name__}({', '.join(f'{name}={name}' for name in reads)})"
        if inspect.iscoroutinefunction(self.function):
            call = f"await {call}"
        source, module = _import_of(self.function)
        # What it leaves is there when `repeat_while` is computed.
        behind = {*analyze(self.options.repeat_while).reads}.difference(writes)
        said, code = _said(self.function, behind | analyze(expressions(self.options)).reads)
        own, others = element_names(self.options.map), [name for name in said if name not in reads]
        pieces = (CodePiece(_label(self.function), 1, source, (self.function.__name__,)), *code)
        needs = ElementNeeds(
            (*reads, *(name for name in others if name in behind)),
            (0, *(place for place, piece in enumerate(code, 1) if behind.intersection(piece.names))),
            imports=(module,) if module else (),
        )
        return Step(
            self.name,
            0,
            f"{', '.join(writes)} = {call}" if writes else f"{call};",
            _label(self.function),
            options=self.options,
            reads={name: "" for name in (*reads, *others) if name not in own},
            writes=tuple(writes),
            prelude=pieces,
            imports=(module,) if module else (),
            doc=inspect.getdoc(self.function) or "",
            literals=_literals(self.function),
            element=needs if own else None,
        )

    def _as_pipeline(self) -> Step:
        """Return the step that is another pipeline: the function is a name and a docstring only.

        Raises:
            UsageError: it has code, or takes something.
        """
        if _parameters(self.function, self.name) or not _is_empty(self.function):
            message = (
                f"step {self.name} is {self.options.pipeline}: its function takes nothing and has no code "
                "(a docstring, or ...); say outputs as out=[…] and values as p=[…]"
            )
            raise UsageError(message, step=self.name)
        doc, writes = inspect.getdoc(self.function) or "", self.options.outputs or ()
        return Step(self.name, 0, "", _label(self.function), options=self.options, writes=writes, doc=doc)

    def callbacks(self) -> dict[str, Step]:
        """Return the functions that its options name, each as what calls it.

        Raises:
            UsageError: there is no such function, or it takes other arguments.
        """
        return {name: self._callback(name, field) for field, name in named(self.options)}

    def _callback(self, name: str, field: str) -> Step:
        function = self._given.get(name, self._module.get(name))
        flag = f"step {self.name}: {field}"
        if function is None:
            raise UsageError(f"{flag}: {self.function.__module__} has no function {name}", step=self.name)
        source, module = _import_of(function) if callable(function) else ("", "")
        code = CodePiece(_label(self.function), 1, source, (name,))
        try:
            return callback_of(name, field, function, code, module)
        except UsageError as error:
            raise UsageError(f"{flag}: {error}", step=self.name) from None

    def retry_rules(self) -> dict[str, Step]:
        """Return what `retry_on` names of its module, each as what reaches it.

        Raises:
            UsageError: it is no exception, and no function that can be asked about one.
        """
        try:
            return {name: rule for name in self.options.retry_on if (rule := self._retry_rule(name))}
        except UsageError as error:
            raise UsageError(f"step {self.name}: retry_on: {error}", step=self.name) from None

    def _retry_rule(self, name: str) -> Step | None:
        if name in self._given:
            source, module = _import_of(self._given[name])
            code = CodePiece(_label(self.function), 1, source, (name,))
            return rule_of(name, self._given[name], code, module, self.options)
        root = name.partition(".")[0]
        if root in self._module:
            code = CodePiece(_label(self.function), 1, _import_value(self.function, root), (root,))
            value = value_of(name, self._module)
            return rule_of(name, value, code, _module_of(self.function) or "", self.options)
        functions = (each for each, value in self._module.items() if inspect.isfunction(value))
        if words := unknown_words(name, functions):
            raise UsageError(words)
        return None

    @property
    def _module(self) -> dict[str, Any]:
        """What the function's module has, by name."""
        return getattr(self.function, "__globals__", {})

    @property
    def folder(self) -> Path:
        """The folder from which the function's top-level module is imported."""
        path, module = Path(inspect.getfile(self.function)).absolute(), self.function.__module__
        return path.parents[0 if module == "__main__" else module.count(".")]


@overload
def step(function: Callable[Arguments, Returned], /) -> FunctionStep[Arguments, Returned]: ...
@overload
def step(
    *, name: str | None = None, **keywords: Any
) -> Callable[[Callable[Arguments, Returned]], FunctionStep[Arguments, Returned]]: ...
def step(function: Callable[..., Any] | None = None, /, *, name: str | None = None, **keywords: Any) -> Any:
    """Make a function a step: `@step` or `@step(retries=2, timeout="30m")`.

    The function's parameters are the names that it reads: parameters of the pipeline, or outputs of earlier
    steps. The names in its return statement (`return df, n`) are its outputs.

    Args:
        function: the function, when used without parentheses.
        name: the step's name; the function's name if not given.
        keywords: the options of `%%step`, with `_` for `-` (`retries`, `retry_delay`, `on_fail`, `memory` …).

    Raises:
        UsageError: an unknown option, or a value that does not fit it.
    """

    def decorate(decorated: Callable[..., Any]) -> FunctionStep[..., Any]:
        what: object = decorated
        if not hasattr(what, "__name__") or inspect.isclass(what) or inspect.isbuiltin(what):
            raise UsageError(f"@step stands above a function of yours (def …), not {shown(what)}")
        own = decorated.__name__ if name is None else name
        named = (each for field in (*ARGUMENTS, "retry_on") for each in items(keywords.get(field)))
        given = {each.__name__: each for each in named if inspect.isroutine(each)}
        options = from_keywords(**keywords)
        if options.bash:
            message = "bash is for cells: a function calls subprocess.run(…, check=True)"
            raise UsageError(message, step=own)
        return FunctionStep(decorated, own, options, given)

    return decorate(function) if function is not None else decorate


def unpack(payload: str) -> Any:
    """Return the function that `resolve` packed because no module has it. Called in a step's process."""
    import cloudpickle

    return cloudpickle.loads(base64.b64decode(payload))


def _parameters(function: Callable[..., Any], name: str) -> tuple[str, ...]:
    parameters = inspect.signature(function).parameters
    for parameter in parameters.values():
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise UsageError(
                f"step {name}: parameter {parameter} names no value to read; use plain parameters", step=name
            )
    return tuple(parameters)


def _returned(function: Callable[..., Any], name: str) -> tuple[str, ...]:
    try:
        tree = parsed_alone(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise UsageError(f"step {name}: its source cannot be read; say outputs=[…]", step=name) from error
    finder = _Returns()
    finder.visit(tree.body[0])
    returned = {_names(value, name) for value in finder.values}
    if len(returned) > 1:
        raise UsageError(
            f"step {name} returns other names in different places; return the same ones, or say outputs=[…]",
            step=name,
        )
    return returned.pop() if returned else ()


def _is_empty(function: Callable[..., Any]) -> bool:
    """Whether a function has no code but a docstring, `...` or `pass`; also where its source is not known."""
    tree = parsed_alone(_source(function) or "def unknown(): ...")
    definitions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return all(map(_does_nothing, chain.from_iterable(each.body for each in definitions)))


def _does_nothing(statement: ast.stmt) -> bool:
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_constant or isinstance(statement, ast.Pass)


class _Returns(ast.NodeVisitor):
    """Collects the values that a function returns, not those of functions inside it."""

    def __init__(self) -> None:
        self.values: list[ast.expr] = []
        self._inside = False

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if not self._inside:
            self._inside = True
            self.generic_visit(node)

    visit_FunctionDef = visit_AsyncFunctionDef = _function  # noqa: N815 - names that ast calls

    def visit_Lambda(self, node: ast.Lambda) -> None:
        pass

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.values.append(node.value)


def _names(value: ast.expr, step_name: str) -> tuple[str, ...]:
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    if len(names) != len(parts):
        raise UsageError(
            f"step {step_name} returns {ast.unparse(value)}: name it first (result = …; return result), "
            "or say outputs=[…]",
            step=step_name,
        )
    return tuple(names)


def _import_of(function: Callable[..., Any]) -> tuple[str, str]:
    """Return the code that gets the function in another process, and the module it imports."""
    name, module = function.__name__, _module_of(function)
    if module is None:
        payload = _packed(function)
        # Signatures and kept runs hold this text: its address is one that does not move.
        return f'from jupyter_pipes.functions import unpack\n{name} = unpack("{payload}")', ""
    return _import_from(module, name), module


def _said(function: Callable[..., Any], read: set[str]) -> tuple[tuple[str, ...], tuple[CodePiece, ...]]:
    """Return the names that options read of the pipeline, and the code of those of the module."""
    names = sorted(read)
    module: dict[str, Any] = getattr(function, "__globals__", {})
    # A step of the module may be called what an output is called.
    own = [name for name in names if name in module and not isinstance(module[name], FunctionStep)]
    code = tuple(CodePiece(_label(function), 1, _import_value(function, name), (name,)) for name in own)
    return tuple(name for name in names if name not in own), code


def _import_value(function: Callable[..., Any], name: str) -> str:
    module, value = _module_of(function), cast("Any", function).__globals__[name]
    if module is not None:
        return _import_from(module, name)
    return f'from jupyter_pipes.functions import unpack\n{name} = unpack("{_packed(value)}")'


def _packed(value: object) -> str:
    import cloudpickle

    return base64.b64encode(cast("Any", cloudpickle).dumps(value)).decode("ascii")


def _import_from(module: str, name: str) -> str:
    if all(word.isidentifier() and not keyword.iskeyword(word) for word in module.split(".")):
        return f"from {module} import {name}"
    # A program may be called what no import statement can name: my-study.py
    return f"{name} = __import__({module!r}).{name}"


def _literals(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the short texts in the function's code, and in what of its module it reaches."""
    module = _module_of(function)
    if module is None:
        return texts_of(_source(function))
    place = Path(inspect.getfile(function)).absolute().parent
    code = _import_from(module, function.__name__)
    reached = slices.reached([code], (module,), (place,), with_classes=False)
    sources = reached.local.values() if "." not in module else [_source(function)]
    return tuple(dict.fromkeys(text for source in sources for text in texts_of(source)))


def _source(function: Callable[..., Any]) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except OSError:
        # Typed into an interpreter: its text is kept nowhere.
        return ""


def _module_of(function: Callable[..., Any]) -> str | None:
    """Return the module from which other processes import the function; None where they cannot."""
    if function.__qualname__ != function.__name__:
        return None
    if function.__module__ != "__main__":
        return function.__module__
    path = getattr(sys.modules["__main__"], "__file__", None)
    return Path(path).stem if path else None


def _label(function: Callable[..., Any]) -> str:
    return Path(inspect.getfile(function)).name


def function_steps(steps: object) -> tuple[FunctionStep[..., Any], ...]:
    """Return what was given as the steps of a pipeline.

    Raises:
        UsageError: something in it is no function decorated with `@step`.
    """
    words = "functions decorated with @step"
    return cast("tuple[FunctionStep[..., Any], ...]", check_all("steps", steps, FunctionStep, words))
