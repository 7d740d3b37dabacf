"""Parameters as a form: what can be said of each, and whether what somebody wrote there fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.kernel.link.asking import Request
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.errors import InvalidPipeline, ParameterError
from jupyter_pipes.pipelines.arguments import written
from jupyter_pipes.pipelines.made.edges import Later, later_values, with_references
from jupyter_pipes.pipelines.parameter_types import allowed, choices_of
from jupyter_pipes.pipelines.parameters import Parameter, bind
from jupyter_pipes.pipelines.references import references, refers
from jupyter_pipes.pipelines.referring.edges import problem_of
from jupyter_pipes.runs.pipeline import Pipeline

Kind = Literal["switch", "whole", "number", "choice", "text"]


class ShowParameters(Request, frozen=True, tag="parameters"):
    """Give the parameters that the notebook declares now."""


class CheckParameters(Request, frozen=True, tag="check parameters"):
    """Say whether these texts fit their parameters, and what all parameters come to with them."""

    texts: dict[str, str]


class ParameterField(Struct, frozen=True):
    """A parameter as a field of a form; texts mean what they mean in `-p NAME=TEXT`.

    Attributes:
        kind: how it is filled in.
        annotation: its type as written.
        help: the comment behind its line.
        allowed: in words, which values fit; "" if only running code tells.
        choices: the texts that fit, where its type lists them.
        default: the text of its default; None where no text means it, or where it is computed.
        declared: the default as Python source.
        used: the text of what the last run was given for it; None if that was nothing.
    """

    name: str
    kind: Kind
    annotation: str
    help: str
    allowed: str
    choices: tuple[str, ...]
    default: str | None
    declared: str
    used: str | None


class ParameterForm(Struct, frozen=True):
    """The parameters in the order of their declaration."""

    fields: tuple[ParameterField, ...]


class ParametersChecked(Struct, frozen=True):
    """What became of texts.

    Attributes:
        misfits: parameter -> why its text does not fit, in words.
        values: parameter -> its value in words, of all; empty where something does not fit.
    """

    misfits: dict[str, str]
    values: dict[str, str]


def show_parameters(session: Session, request: ShowParameters) -> ParameterForm:
    """Return the form."""
    return ParameterForm(tuple(_field(each, session.parameters) for each in session.upcoming().parameters))


def check_parameters(session: Session, request: CheckParameters) -> ParametersChecked:
    """Return what is wrong with the texts, each at its parameter."""
    pipeline = session.upcoming()
    parameters = pipeline.parameters
    declared = {each.name: each for each in parameters}
    problems = {name: misfit(declared.get(name), name, text) for name, text in request.texts.items()}
    misfits = {name: problem for name, problem in problems.items() if problem}
    if misfits:
        return ParametersChecked(misfits, {})
    try:
        values = bind(parameters, request.texts)
        made = _made_by_steps(pipeline, request.texts)
    except (ParameterError, InvalidPipeline) as error:
        # Only what texts refer to can be wrong by now.
        at_fault = next((name for name in request.texts if refers(request.texts[name])), None)
        if at_fault is None:
            raise
        return ParametersChecked({at_fault: str(error)}, {})
    return ParametersChecked({}, {name: made.get(name) or _in_words(value) for name, value in values.items()})


def _made_by_steps(pipeline: Pipeline, texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that refer to what steps make.

    Raises:
        ParameterError: there is no such output, or who reads the parameter cannot read it.
        InvalidPipeline: steps would wait for each other.
    """
    later = later_values(pipeline.parameters, texts)
    said = {name: later[name] for name in texts if name in later}
    if said:
        _check_that_there_is(pipeline, said)
        read = {
            step.name: {name: said[name] for name in step.parameters if name in said}
            for step in pipeline.graph.steps
        }
        with_references(pipeline.graph, read)
    return {name: value.text for name, value in later.items()}


def _check_that_there_is(pipeline: Pipeline, said: Mapping[str, Later]) -> None:
    """Check texts also of parameters that only options of steps read."""
    steps = {step.name: step for step in pipeline.graph.steps}
    names = [parameter.name for parameter in pipeline.parameters]
    for name, value in said.items():
        for reference in references(value.text):
            if problem := problem_of(reference, steps, names):
                raise ParameterError(f"parameter {name}: {reference}: {problem}")


def misfit(parameter: Parameter | None, name: str, text: str) -> str:
    """Return why a text does not fit a parameter, in words; "" where it does."""
    if parameter is None:
        return f"the notebook declares no parameter {name} any more"
    try:
        parameter.parsed(text)
    except ParameterError as error:
        return str(error).removeprefix(f"parameter {name}: ")
    return ""


def _field(parameter: Parameter, given: Mapping[str, object]) -> ParameterField:
    spec, kind = parameter.spec, parameter.type
    is_told = kind is not UNKNOWN
    choices = choices_of(kind) if is_told else ()
    name = parameter.name
    return ParameterField(
        name=name,
        kind=_kind(kind, choices),
        annotation=spec.annotation,
        help=spec.help,
        allowed=allowed(kind) if is_told else "",
        choices=choices,
        default=None if parameter.computed else _text_of(parameter, parameter.default),
        declared=spec.default,
        used=_text_of(parameter, given[name]) if name in given else None,
    )


_KINDS: dict[Any, Kind] = {bool: "switch", int: "whole", float: "number"}


def _kind(kind: Any, choices: tuple[str, ...]) -> Kind:
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return "choice" if choices else _KINDS.get(kind, "text")


def _text_of(parameter: Parameter, value: object) -> str | None:
    """Return a text that means the value, as short as people write it; None if there is none."""
    return next((text for text in _texts(value) if _means(parameter, text, value)), None)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        # A text that was given means what its parameter makes of it.
        yield value
        return
    forms: tuple[Callable[[Any], str], ...] = (_in_words, str, written, _plain)
    for form in forms:
        try:
            yield form(value)
        except (TypeError, ValueError, OverflowError):
            continue


def _plain(value: object) -> str:
    return str(msgspec.to_builtins(value))


def _means(parameter: Parameter, text: str, value: object) -> bool:
    try:
        meant, fitted = parameter.parsed(text), parameter.fitted(value)
    except ParameterError:
        # What was given as a text is parsed, not fitted.
        return isinstance(value, str)
    return UNKNOWN not in (meant, fitted) and written(meant) == written(fitted)


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Enum):
        return value.name
    return value if isinstance(value, str) else written(value)
