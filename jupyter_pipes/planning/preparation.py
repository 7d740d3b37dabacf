"""What a run, a plan or a question needs before it: which steps, with which values, taking which outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from jupyter_pipes.analysis.constants.unknown import UNKNOWN
from jupyter_pipes.hooks.given import HOOKS, GivenCallbacks, callbacks_in
from jupyter_pipes.model.errors import ParameterError, UsageError
from jupyter_pipes.model.results import Observation
from jupyter_pipes.model.steps import Step, StepOptions
from jupyter_pipes.pipelines import parameters, selection
from jupyter_pipes.pipelines.arguments import (
    check_mapping,
    check_names,
    check_options,
    check_switch,
    check_text,
)
from jupyter_pipes.pipelines.declarations.packing import Packed, pack, shown
from jupyter_pipes.pipelines.graph import Graph, needed
from jupyter_pipes.pipelines.made.edges import Later, later_values
from jupyter_pipes.pipelines.options.converters import timeout as parse_timeout
from jupyter_pipes.pipelines.parameters import Parameter
from jupyter_pipes.pipelines.references import references
from jupyter_pipes.pipelines.referring.values import resolved
from jupyter_pipes.pipelines.selection import Selection
from jupyter_pipes.planning.decision import Decider, Decision
from jupyter_pipes.planning.observations import as_observed, observations
from jupyter_pipes.planning.request import Arguments, Definition, RunRequest
from jupyter_pipes.storage.queues import LOCAL

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace


FOR_ALL = ""
"""The name of the binding that all steps have which have none of their own."""

_NOTHING: Mapping[str, Any] = {}


class Values(Struct, frozen=True):
    """The values of a pipeline's parameters.

    Attributes:
        of_steps: step -> parameter -> pickled value, of those that it reads and whose values are known.
        shown: the values of all as a run's `params` has them, `STEP.NAME` included.
        to_come: parameters with a value that only running code tells.
        later: step -> parameter that it reads -> what was said of it, of those whose values steps make.
        options: step -> its options with what their references come to, of those that have some.
    """

    of_steps: dict[str, dict[str, bytes]]
    shown: dict[str, Any]
    to_come: tuple[str, ...] = ()
    options: dict[str, StepOptions] = {}
    later: dict[str, dict[str, Later]] = {}


class RunOptions(GivenCallbacks, total=False):
    """What can be said of a run, or a plan; what it calls, a plan does not.

    Attributes:
        params: parameter -> value; `STEP.NAME` for one step only; texts are parsed by the declared type.
        force: steps to run whatever is kept; `all` for every one.
        skip: steps to leave out, with what hangs on them.
        from_: run these and what hangs on them; the outputs of earlier steps are taken as they are.
        only: run just these; the outputs of the others are taken as they are.
        fail_fast: whether the first failure cancels everything else.
        timeout: the longest time of the run, such as `30m`; then it fails.
        queue: where the steps run that name no other queue than this machine.
    """

    params: Mapping[str, object] | None
    force: Iterable[str]
    skip: Iterable[str]
    from_: Iterable[str]
    only: Iterable[str]
    fail_fast: bool
    timeout: object
    queue: str


def check_run_options(options: Mapping[str, object]) -> RunOptions:
    """Return what was said of a run, each option of its kind; a name alone is a list of one.

    Raises:
        UsageError: an option that there is not, or that is of another kind.
    """
    check_options(options, RunOptions.__annotations__)
    callbacks_in(options)
    names = {
        name: check_names(name, options[name])
        for name in ("force", "skip", "from_", "only")
        if name in options
    }
    return RunOptions(
        params=check_mapping("params", options.get("params")),
        fail_fast=check_switch("fail_fast", options.get("fail_fast", False)),
        timeout=_check_timeout(options.get("timeout")),
        queue=check_text("queue", options.get("queue", LOCAL)),
        **names,
        **cast("GivenCallbacks", {word: options[word] for word in HOOKS if word in options}),
    )


def _check_timeout(value: object) -> float | None:
    try:
        return None if value is None else parse_timeout(value)
    except ValueError as error:
        raise UsageError(f"timeout {value}: {error}") from None


def decider_of(definition: Definition, workspace: Workspace) -> Decider:
    """Return what decides for the steps of a pipeline."""
    order = {step.name: step.position for step in definition.steps}
    return Decider(workspace, definition.pipeline, tuple(map(Path, definition.python_path)), order)


def select(graph: Graph, steps: Sequence[str], options: RunOptions) -> Selection:
    """Return the steps that the options ask for.

    Raises:
        UsageError: an unknown step, or options that contradict each other.
    """
    return selection.select(
        graph,
        steps,
        start=options.get("from_", ()),
        only=options.get("only", ()),
        skip=options.get("skip", ()),
        force=options.get("force", ()),
    )


def prepare(
    definition: Definition,
    values: Values,
    chosen: Selection,
    overrides: Mapping[str, object],
    decider: Decider,
    *,
    fail_fast: bool = False,
    timeout: float | None = None,
    seen: Mapping[str, Observation],
) -> RunRequest:
    """Return all that is needed to decide for the chosen steps, and to run them.

    Args:
        definition: the whole pipeline.
        values: those of its parameters.
        chosen: the steps.
        overrides: what was said of parameters.
        decider: decides for its steps.
        fail_fast: whether the first failure stops everything.
        timeout: after how many seconds a run is ended, as failed.
        seen: step -> what earlier runs showed of it.

    Raises:
        ArtifactMissing: outputs that are to be taken as they are, and are not kept.
    """
    arguments = Arguments(values.of_steps, pack(overrides), values.shown, chosen, fail_fast, timeout)
    taken = take(as_observed(definition, seen), chosen, values.shown, decider)
    return RunRequest(definition, arguments, taken, observed=_with_taken(seen, taken))


def _with_taken(seen: Mapping[str, Observation], taken: Mapping[str, Decision]) -> dict[str, Observation]:
    """Return what was seen, with what the results showed that are taken as they are."""
    observed = {name: decision.result.content.observed for name, decision in taken.items() if decision.result}
    return {**seen, **{name: seen.get(name, Observation()).united(each) for name, each in observed.items()}}


def seen_before(definition: Definition, workspace: Workspace) -> dict[str, Observation]:
    """Return step -> what the newest kept results of a pipeline's steps showed, and files that they share."""
    has_history = workspace.has_history
    newest = workspace.history.newest_results(definition.pipeline) if has_history else {}
    return observations(definition.steps, newest, map(Path, definition.python_path))


def take(graph: Graph, chosen: Selection, wanted: Mapping[str, Any], decider: Decider) -> dict[str, Decision]:
    """Return the decisions to take outputs as they are: those for the same values, where such are kept.

    Raises:
        ArtifactMissing: they are not kept.
    """
    runs = decider.workspace.history.parameters() if chosen.taken else []
    decisions: dict[str, Decision] = {}
    for name in chosen.taken:
        read = {each for step in needed(graph, [name]) for each in graph.step(step).parameters}
        same = [run for run, values in runs if all(values.get(n) == wanted.get(n) for n in read)]
        decisions[name] = decider.take(graph.step(name), same, chosen.why)
    return decisions


def values_of(
    graph: Graph,
    declared: Sequence[Parameter],
    overrides: Mapping[str, object],
    told: Mapping[str, Mapping[str, Packed]] = _NOTHING,
    *,
    run: str = "",
    settled: bool = True,
) -> Values:
    """Return the values of parameters.

    Args:
        graph: the steps that read them.
        declared: the parameters.
        overrides: parameter -> value; `STEP.NAME` for one step only; texts are parsed by the declared type.
        told: what running code told, by `bindings`: those of all steps, and of some -> parameter -> value.
        run: the id of the run, "" before one.
        settled: whether options of steps are settled by them.

    Raises:
        ParameterError: an unknown parameter, or a value that does not fit.
        UsageError: an option refers to what is not known before a run, or does not fit.
    """
    said = bindings(overrides)
    values = {
        each: {**parameters.bind(declared, of, run=run), **told.get(each, {})} for each, of in said.items()
    }
    for step, special in parameters.split_overrides(overrides)[1].items():
        _check_reads(graph.step(step), special)
    later = {each: later_values(declared, of) for each, of in said.items()}
    unknown = {
        name for each, of in values.items() for name in of if of[name] is UNKNOWN and name not in later[each]
    }
    as_said = {each: {name: of.text for name, of in later[each].items()} for each in later}
    return Values(
        {step.name: _packed(step, values.get(step.name, values[FOR_ALL])) for step in graph.steps},
        _shown({each: {**of, **as_said[each]} for each, of in values.items()}, overrides),
        tuple(parameter.name for parameter in declared if parameter.name in unknown),
        {
            step.name: resolved(
                step.options,
                values.get(step.name, values[FOR_ALL]),
                step.name,
                as_said.get(step.name, as_said[FOR_ALL]),
            )
            for step in graph.steps
            if settled and step.options.referring
        },
        {step.name: _read_by(step, later.get(step.name, later[FOR_ALL])) for step in graph.steps},
    )


def _read_by(step: Step, later: Mapping[str, Later]) -> dict[str, Later]:
    # A step whose references are settled already reads other names than it was written with.
    return {name: said for name, said in later.items() if name in step.parameters}


def bindings(overrides: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Return what is said of parameters: for all steps (`FOR_ALL`), and for each with words of its own."""
    for_all, by_step = parameters.split_overrides(overrides)
    return {FOR_ALL: for_all, **{step: {**for_all, **special} for step, special in by_step.items()}}


def _packed(step: Step, values: Mapping[str, Any]) -> dict[str, bytes]:
    return pack({name: values[name] for name in step.parameters if values[name] is not UNKNOWN})


def _shown(values: Mapping[str, Mapping[str, Any]], overrides: Mapping[str, object]) -> dict[str, Any]:
    by_step = parameters.split_overrides(overrides)[1]
    of_steps = {f"{step}.{name}": values[step][name] for step, special in by_step.items() for name in special}
    every = {**values[FOR_ALL], **of_steps}
    return {name: str(value) if value is UNKNOWN else shown(value) for name, value in every.items()}


def _check_reads(step: Step, names: Iterable[str]) -> None:
    referred = (each.parameter for said in step.options.referring.values() for each in references(said))
    read = {*step.parameters, *referred}
    for name in names:
        if name not in read:
            message = f"step {step.name} does not read parameter {name}; it reads: "
            raise ParameterError(message + (", ".join(step.parameters) or "none"), step=step.name)
