"""What a run, a plan or a question needs before it: which steps, with which values, taking which outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from jupyter_pipes.model.errors import ParameterError
from jupyter_pipes.model.results import Observation
from jupyter_pipes.model.steps import Step
from jupyter_pipes.pipelines import parameters, selection
from jupyter_pipes.pipelines.arguments import check_mapping, check_names, check_options, check_switch
from jupyter_pipes.pipelines.graph import Graph, needed
from jupyter_pipes.pipelines.parameter_types import to_json
from jupyter_pipes.pipelines.parameters import Parameter
from jupyter_pipes.pipelines.selection import Selection
from jupyter_pipes.planning.decision import Decider, Decision
from jupyter_pipes.planning.observations import as_observed, observations
from jupyter_pipes.planning.request import Arguments, Definition, RunRequest, pack

if TYPE_CHECKING:
    from jupyter_pipes.history.workspace import Workspace


class RunOptions(TypedDict, total=False):
    """What can be said of a run, or a plan.

    Attributes:
        params: parameter -> value; `STEP.NAME` for one step only; texts are parsed by the declared type.
        force: steps to run whatever is kept; `all` for every one.
        skip: steps to leave out, with what hangs on them.
        from_: run these and what hangs on them; the outputs of earlier steps are taken as they are.
        only: run just these; the outputs of the others are taken as they are.
        fail_fast: whether the first failure cancels everything else.
    """

    params: Mapping[str, object] | None
    force: Iterable[str]
    skip: Iterable[str]
    from_: Iterable[str]
    only: Iterable[str]
    fail_fast: bool


def check_run_options(options: Mapping[str, object]) -> RunOptions:
    """Return what was said of a run, each option of its kind; a name alone is a list of one.

    Raises:
        UsageError: an option that there is not, or that is of another kind.
    """
    check_options(options, RunOptions.__annotations__)
    names = {
        name: check_names(name, options[name])
        for name in ("force", "skip", "from_", "only")
        if name in options
    }
    return RunOptions(
        params=check_mapping("params", options.get("params")),
        fail_fast=check_switch("fail_fast", options.get("fail_fast", False)),
        **names,
    )


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
    declared: Sequence[Parameter],
    chosen: Selection,
    overrides: Mapping[str, object],
    decider: Decider,
    *,
    fail_fast: bool = False,
    seen: Mapping[str, Observation],
) -> RunRequest:
    """Return all that is needed to decide for the chosen steps, and to run them.

    Args:
        definition: the whole pipeline.
        declared: its parameters.
        chosen: the steps.
        overrides: parameter -> value; `STEP.NAME` for one step only; texts are parsed by the declared type.
        decider: decides for its steps.
        fail_fast: whether the first failure stops everything.
        seen: step -> what earlier runs showed of it.

    Raises:
        ParameterError: an unknown parameter, or a value that does not fit.
        ArtifactMissing: outputs that are to be taken as they are, and are not kept.
    """
    values = {step: pack(named) for step, named in bind(definition, declared, overrides).items() if named}
    shown = shown_values(declared, overrides)
    arguments = Arguments(values, pack(overrides), shown, chosen, fail_fast)
    taken = take(as_observed(definition, seen), chosen, shown, decider)
    return RunRequest(definition, arguments, taken, observed=_with_taken(seen, taken))


def _with_taken(seen: Mapping[str, Observation], taken: Mapping[str, Decision]) -> dict[str, Observation]:
    """Return what was seen, with what the results showed that are taken as they are."""
    shown = {name: decision.result.content.observed for name, decision in taken.items() if decision.result}
    return {**seen, **{name: seen.get(name, Observation()).united(each) for name, each in shown.items()}}


def seen_before(definition: Definition, workspace: Workspace) -> dict[str, Observation]:
    """Return step -> what the newest kept results of a pipeline's steps showed, and files that they share."""
    has_history = workspace.has_history
    newest = workspace.history.newest_results(definition.pipeline) if has_history else {}
    return observations(definition.steps, newest)


def take(graph: Graph, chosen: Selection, shown: Mapping[str, Any], decider: Decider) -> dict[str, Decision]:
    """Return the decisions to take outputs as they are: those for the same values, where such are kept.

    Raises:
        ArtifactMissing: they are not kept.
    """
    runs = decider.workspace.history.parameters() if chosen.taken else []
    decisions: dict[str, Decision] = {}
    for name in chosen.taken:
        read = {each for step in needed(graph, [name]) for each in graph.step(step).parameters}
        same = [run for run, values in runs if all(values.get(n) == shown.get(n) for n in read)]
        decisions[name] = decider.take(graph.step(name), same, chosen.why)
    return decisions


def bind(
    graph: Graph, declared: Sequence[Parameter], overrides: Mapping[str, object]
) -> dict[str, dict[str, Any]]:
    """Return, for each step, the values of the parameters that it reads.

    Raises:
        ParameterError: an unknown parameter, or a value that does not fit.
    """
    for_all, by_step = parameters.split_overrides(overrides)
    values = parameters.bind(declared, for_all)
    of_step = {name: parameters.bind(declared, {**for_all, **special}) for name, special in by_step.items()}
    for name, special in by_step.items():
        _check_reads(graph.step(name), special)
    return {
        step.name: {name: of_step.get(step.name, values)[name] for name in step.parameters}
        for step in graph.steps
    }


def shown_values(declared: Sequence[Parameter], overrides: Mapping[str, object]) -> dict[str, Any]:
    """Return the values of all parameters as a run's `params` has them, `STEP.NAME` included."""
    for_all, by_step = parameters.split_overrides(overrides)
    values = parameters.bind(declared, for_all)
    of_steps = {
        f"{step}.{name}": parameters.bind(declared, special)[name]
        for step, special in by_step.items()
        for name in special
    }
    return {name: to_json(value) for name, value in {**values, **of_steps}.items()}


def _check_reads(step: Step, names: Iterable[str]) -> None:
    for name in names:
        if name not in step.parameters:
            message = f"step {step.name} does not read parameter {name}; it reads: "
            raise ParameterError(message + (", ".join(step.parameters) or "none"), step=step.name)
