"""What a run, a plan or a question needs before it: which steps, with which values, taking which outputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from msgspec import Struct

from jupyter_pipes.model.errors import ParameterError
from jupyter_pipes.model.steps import Step
from jupyter_pipes.pipelines import graph as graphs
from jupyter_pipes.pipelines import parameters as params
from jupyter_pipes.pipelines import selection
from jupyter_pipes.pipelines.graph import Graph
from jupyter_pipes.pipelines.parameters import Parameter, to_json
from jupyter_pipes.pipelines.selection import Selection

if TYPE_CHECKING:
    from jupyter_pipes.history.history import History
    from jupyter_pipes.planning.decision import Decider, Decision


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


class Prepared(Struct, frozen=True):
    """A selection of steps with the values that they read.

    Attributes:
        selection: the steps.
        values: step -> parameter -> value.
        shown: all parameters' values as JSON carries them, `STEP.NAME` included.
        taken: the decisions of the steps whose outputs are taken as they are.
    """

    selection: Selection
    values: dict[str, dict[str, Any]]
    shown: dict[str, Any]
    taken: dict[str, Decision]


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
    graph: Graph,
    declared: Sequence[Parameter],
    chosen: Selection,
    given: Mapping[str, object],
    decider: Decider,
    history: History,
) -> Prepared:
    """Return all that is needed to decide for the chosen steps.

    Raises:
        ParameterError: an unknown parameter, or a value that does not fit.
        ArtifactMissing: outputs that are to be taken as they are, and are not kept.
    """
    values, shown = bind(graph, declared, given), shown_values(declared, given)
    return Prepared(chosen, values, shown, take(graph, chosen, shown, decider, history))


def take(
    graph: Graph, chosen: Selection, shown: Mapping[str, Any], decider: Decider, history: History
) -> dict[str, Decision]:
    """Return the decisions to take outputs as they are: those for the same values, where such are kept.

    Raises:
        ArtifactMissing: they are not kept.
    """
    return {name: _taken(graph, name, chosen, shown, decider, history) for name in chosen.taken}


def bind(
    graph: Graph, declared: Sequence[Parameter], given: Mapping[str, object]
) -> dict[str, dict[str, Any]]:
    """Return, for each step, the values of the parameters that it reads.

    Raises:
        ParameterError: an unknown parameter, or a value that does not fit.
    """
    for_all, by_step = params.split_overrides(given)
    values = params.bind(declared, for_all)
    own = {name: params.bind(declared, {**for_all, **said}) for name, said in by_step.items()}
    for name, said in by_step.items():
        _check_reads(graph.step(name), said)
    return {
        step.name: {name: own.get(step.name, values)[name] for name in step.parameters}
        for step in graph.steps
    }


def shown_values(declared: Sequence[Parameter], given: Mapping[str, object]) -> dict[str, Any]:
    """Return the values of all parameters as a run's `params` has them, `STEP.NAME` included."""
    for_all, by_step = params.split_overrides(given)
    values = params.bind(declared, for_all)
    own = {
        f"{step}.{name}": params.bind(declared, said)[name] for step, said in by_step.items() for name in said
    }
    return {name: to_json(value) for name, value in {**values, **own}.items()}


def _check_reads(step: Step, names: Iterable[str]) -> None:
    for name in names:
        if name not in step.parameters:
            known = ", ".join(step.parameters) or "none"
            message = f"step {step.name} does not read parameter {name}; it reads: {known}"
            raise ParameterError(message, step=step.name)


def _taken(
    graph: Graph, name: str, chosen: Selection, shown: Mapping[str, Any], decider: Decider, history: History
) -> Decision:
    """Return the decision to take a step's outputs: those for the present values, where such are kept."""
    read = {each for needed in graphs.needed(graph, [name]) for each in graph.step(needed).parameters}
    same = [run for run, values in history.parameters() if all(values.get(n) == shown.get(n) for n in read)]
    return decider.take(graph.step(name), same, chosen.why)
