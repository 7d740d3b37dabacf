"""One at a time and in order: for any graph, any ends and any timing."""

from __future__ import annotations

import random
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from jupyter_pipes.execution.scheduling import commands as do
from jupyter_pipes.execution.scheduling.in_order import InOrder
from jupyter_pipes.execution.scheduling.scheduler import Scheduler
from jupyter_pipes.model import events as ev
from jupyter_pipes.runs.pipeline import Pipeline
from tests.scheduling import World, attempt, decided, graphs, notebooks, planned, run_of, started


def in_order() -> InOrder:
    return InOrder(Scheduler())


class Watched(InOrder):
    """Writes down what begins, and that nothing else is under way then."""

    def __init__(self) -> None:
        super().__init__(Scheduler())
        self.begun: list[str] = []
        self.under_way: set[str] = set()

    def handle(self, event: ev.AnyEvent) -> list[do.AnyCommand]:
        if isinstance(event, ev.StepEnded | ev.StepReopened):
            self.under_way.discard(event.step)
        commands = super().handle(event)
        for step in [command.step for command in commands if isinstance(command, do.Decide)]:
            assert self.under_way <= {step}, "one at a time"
            self.under_way.add(step)
            self.begun.append(step)
        return commands


@given(graphs(), st.randoms(use_true_random=False), st.booleans())
def test_steps_begin_in_the_order_of_the_notebook_whatever_they_need_of_each_other(
    steps: tuple[ev.PlannedStep, ...], chance: random.Random, cancelled: bool
) -> None:
    watched = Watched()
    world = World({step.name: step for step in steps}, chance, watched)
    world.run([chance.choice([None, *world.steps])] if cancelled else [])
    assert set(world.ended) == set(world.steps)
    assert watched.begun == [name for name in world.steps if name in watched.begun]


@given(notebooks(), st.randoms(use_true_random=False))
def test_it_is_one_at_a_time_also_where_steps_begin_again(
    steps: tuple[ev.PlannedStep, ...], chance: random.Random
) -> None:
    world = World({step.name: step for step in steps}, chance, Watched(), observes=True)
    world.run()
    assert set(world.ended) == set(world.steps)


@given(graphs(), st.randoms(use_true_random=False))
def test_where_a_step_needs_a_later_one_the_first_that_may_begin_does(
    steps: tuple[ev.PlannedStep, ...], chance: random.Random
) -> None:
    order = chance.sample(steps, len(steps))
    scheduler, ended = in_order(), set[str]()
    last = run_of(scheduler, started(*order))
    while decisions := [command.step for command in last if isinstance(command, do.Decide)]:
        (step,) = decisions
        ready = [each.name for each in order if each.name not in ended and ended.issuperset(each.upstream)]
        assert step == ready[0]
        ended.add(step)
        last = run_of(scheduler, decided(step), attempt(step, "completed"))
    assert len(ended) == len(steps)


def test_a_step_at_its_gate_or_before_its_next_try_holds_up_those_below_it() -> None:
    gated, tried = planned("a", gate="ok?"), planned("b", retries=1)
    scheduler = in_order()
    assert run_of(scheduler, started(gated, tried, planned("c")))[-1] == do.Decide("a", claims=False)
    assert do.Decide("b") not in run_of(scheduler, decided("a"))
    assert run_of(scheduler, ev.GateAnswered("a", True, "anna")) == [do.Decide("a")]
    run_of(scheduler, decided("a"))
    assert run_of(scheduler, attempt("a", "completed"))[-1] == do.Decide("b")
    run_of(scheduler, decided("b"))
    assert do.Decide("c") not in run_of(scheduler, attempt("b", "failed"))
    run_of(scheduler, ev.RetryDue("b"))
    assert run_of(scheduler, attempt("b", "completed", 2))[-1] == do.Decide("c")


def test_elements_of_a_map_are_all_decided_at_once() -> None:
    scheduler = in_order()
    run_of(scheduler, started(replace(planned("a", map=("x in xs",))), planned("b")), decided("a"))
    run_of(scheduler, ev.StepsAdded("a", 1, 0, ((), ())))
    assert run_of(scheduler, attempt("a", "completed")) == [do.Decide("a[0]"), do.Decide("a[1]")]


def test_a_debugged_run_does_what_a_plain_run_of_the_cells_does(pipeline_of: Callable[..., Pipeline]) -> None:
    says = 'open("said.txt", "a").write("{0}")'
    names = "hagcbfde"
    cells = [f"%%step {name}\n{name} = {says.format(name)}" for name in names[:-1]]
    last = f"%%step e\nsaid = open('said.txt').read()\nz = {' + '.join(names[:-1])}"
    assert pipeline_of(*cells, last).run(debug=True)["said"] == names[:-1]
