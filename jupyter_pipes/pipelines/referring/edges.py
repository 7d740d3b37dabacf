"""The steps that options refer to: edges of the graph, and what is wrong with such references."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from jupyter_pipes.analysis.notebook import problems
from jupyter_pipes.analysis.notebook.file_edges import spot_of
from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.analysis.states import is_of_metrics, metrics_of
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Diagnostic, Step
from jupyter_pipes.pipelines.arguments import items
from jupyter_pipes.pipelines.options.table import BY_FIELD
from jupyter_pipes.pipelines.references import METRICS, Reference, known_references, references, unknown

_NO_TEXTS: Mapping[str, str] = {}


def with_option_edges(steps: Iterable[Step], made: Mapping[str, str] = _NO_TEXTS) -> tuple[Step, ...]:
    """Return the steps with what their options need of others; who is asked for metrics keeps them.

    Args:
        steps: the steps of a pipeline.
        made: parameter -> what its default says, of those whose values steps make.
    """
    steps = tuple(steps)
    by_name = _by_name(steps)
    needs = {name: tuple(_needs(step, by_name, made)) for name, step in by_name.items()}
    measured = {owner for of in needs.values() for owner, name in of if is_of_metrics(name)}
    return tuple(_connected(step, needs[step.name], step.name in measured) for step in steps)


def _by_name(steps: Iterable[Step]) -> dict[str, Step]:
    """Return name -> step; of two with one name, which is an error, the first."""
    named: dict[str, Step] = {}
    for step in steps:
        named.setdefault(step.name, step)
    return named


def _connected(step: Step, needs: tuple[tuple[str, str], ...], is_measured: bool) -> Step:
    metrics = (metrics_of(step.name),) if is_measured else ()
    writes = tuple(dict.fromkeys((*step.writes, *metrics)))
    if needs == step.option_needs and writes == step.writes:
        return step
    return replace(step, option_needs=needs, writes=writes)


def _needs(step: Step, steps: Mapping[str, Step], made: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield step and output, each once, of what options refer to; what there is not is told elsewhere."""
    referring = tuple(step.options.referring.values())
    by_parameters = (made.get(each.parameter or "", "") for said in referring for each in references(said))
    said = (*referring, *step.options.made.values(), *by_parameters)
    found = (each for each in _of_steps(said) if not _problem(step, each, steps))
    yield from dict.fromkeys((each.owner, read_as(each, steps)) for each in found)


def _of_steps(said: Iterable[object]) -> Iterator[Reference]:
    return (each for text in said for each in references(text) if each.is_of_step)


def reference_problems(
    steps: Sequence[Step], parameters: Sequence[str], unread: Collection[str] = ()
) -> Iterator[Diagnostic]:
    """Yield a problem (JP034) for each reference in an option that stands for nothing.

    Args:
        steps: those of a pipeline.
        parameters: the names of those that it declares.
        unread: parameters whose declaration is wrong, which is told there.
    """
    by_name = _by_name(steps)
    for step in steps:
        for field, said in step.options.referring.items():
            for reference in references(said):
                why = "" if reference.parameter in unread else _problem(step, reference, by_name, parameters)
                if why:
                    yield problems.unknown_reference(spot_of(step), BY_FIELD[field].flag, why)


def check_open(steps: Sequence[Step]) -> None:
    """Check what options are open for, those that name a parameter which steps make among them.

    Raises:
        UsageError: one of them stands for nothing.
    """
    by_name = _by_name(steps)
    for step in steps:
        for field, texts in step.options.made.items():
            for reference in _of_steps([texts]):
                if why := _problem(step, reference, by_name):
                    said = " ".join(items(step.options.referring[field]))
                    raise UsageError(f"{BY_FIELD[field].flag} {said}: {why}", step=step.name, line=1)


def _problem(
    step: Step, reference: Reference, steps: Mapping[str, Step], parameters: Sequence[str] = ()
) -> str:
    if not reference.is_of_step:
        is_known = reference.parameter in parameters
        return "" if is_known else str(unknown(reference, parameters, of_option=True))
    if problem := problem_of(reference, steps, parameters, of_option=True):
        return f"{reference} stands for nothing; {problem}"
    own = f"{reference} is known when {step.name} has ended, and its options before: refer to an earlier step"
    return own if reference.owner == step.name else ""


def problem_of(
    reference: Reference, steps: Mapping[str, Step], parameters: Sequence[str], *, of_option: bool = False
) -> str:
    """Return why a reference to a step stands for nothing, with what there is; "" if it stands for something.

    Args:
        reference: what was said.
        steps: the steps by name.
        parameters: the parameters that there are.
        of_option: whether an option refers so.
    """
    owner, name = reference.owner, reference.name
    if owner not in steps:
        near = nearest(owner, [*steps, "params", *(() if of_option else ("run",))])
        others = known_references(parameters, of_option=of_option)
        there_are = ", ".join((*steps, *(f"${{{each}}}" for each in others)))
        return f"there is no step {owner}; " + (f"did you mean {near}?" if near else f"there are {there_are}")
    is_measured = _is_of_metrics(reference, steps)
    if is_measured and steps[owner].options.map:
        return f"step {owner} has a --map, and each of its elements metrics of its own; let a step choose"
    if is_measured and steps[owner].options.pipeline:
        return f"step {owner} is another pipeline, and its steps have metrics of their own; name an output"
    if name not in steps[owner].writes and not is_measured:
        writes = [each for each in steps[owner].writes if each.isidentifier()]
        near = nearest(name, writes)
        hint = f"did you mean {near}?" if near else f"it writes {', '.join(writes) or 'nothing'}"
        return f"step {owner} writes no {name}; {hint}"
    return ""


def read_as(reference: Reference, steps: Mapping[str, Step]) -> str:
    """Return the name under which a step leaves what a reference is about: an output, or its metrics."""
    return metrics_of(reference.owner) if _is_of_metrics(reference, steps) else reference.name


def _is_of_metrics(reference: Reference, steps: Mapping[str, Step]) -> bool:
    return reference.name == METRICS and METRICS not in steps[reference.owner].writes
