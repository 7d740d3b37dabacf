"""Which steps a run takes: named ones, --from, --only, --skip, --force; and what contradicts itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Step, StepOptions
from jupyter_pipes.pipelines import graph as graphs
from jupyter_pipes.pipelines.graph import Graph
from jupyter_pipes.pipelines.selection import Selection, select


def step(name: str, reads: str = "", files_from: str = "", after: str = "") -> Step:
    return Step(
        name,
        0,
        "",
        "",
        reads={producer: producer for producer in reads.split()},
        files_from={f"{producer}.csv": producer for producer in files_from.split()},
        options=StepOptions(after=tuple(after.split())),
    )


#  load → clean → fit → report; clean → plot; load's file → count; plot goes --after count
GRAPH = Graph(
    (
        step("load"),
        step("clean", "load params"),
        step("count", files_from="load"),
        step("plot", "clean", after="count"),
        step("fit", "clean params"),
        step("report", "fit load"),
    )
)

CHOICES: dict[str, tuple[dict[str, Any], str, str]] = {
    # what is said, then the steps that are decided and those that are taken
    "nothing": ({}, "load clean count plot fit report", ""),
    "named steps": ({"steps": ["fit"]}, "load clean fit", ""),
    "two of them": ({"steps": ["fit", "count"]}, "load clean count fit", ""),
    "a named step and its --after": ({"steps": ["plot"]}, "load clean count plot", ""),
    "from": ({"start": ["fit"]}, "fit report", "load clean"),
    "from the first": ({"start": ["load"]}, "load clean count plot fit report", ""),
    "from two": ({"start": ["fit", "count"]}, "count plot fit report", "load clean"),
    "from, to named steps": ({"steps": ["fit"], "start": ["clean"]}, "clean fit", "load"),
    "from, along a file": ({"start": ["count"]}, "count plot", "load clean"),
    "only": ({"only": ["clean"]}, "clean", "load"),
    "only, with a file": ({"only": ["count"]}, "count", "load"),
    "only takes no --after": ({"only": ["plot"]}, "plot", "clean"),
    "only two": ({"only": ["clean", "report"]}, "clean report", "load fit"),
    "only the first": ({"only": ["load"]}, "load", ""),
    "only, and the same named": ({"steps": ["clean"], "only": ["clean"]}, "clean", "load"),
}


@pytest.mark.parametrize(("said", "decided", "taken"), CHOICES.values(), ids=CHOICES.keys())
def test_what_is_decided_and_what_is_taken_as_it_is(said: dict[str, Any], decided: str, taken: str) -> None:
    found = select(GRAPH, **said)
    assert (found.decided, found.taken) == (tuple(decided.split()), tuple(taken.split()))
    assert found.steps == (*found.taken, *found.decided)


def test_the_option_that_takes_outputs_is_told() -> None:
    assert select(GRAPH, start=["fit", "count"]).why == "--from fit count"
    assert select(GRAPH, only=["fit"]).why == "--only fit"
    assert select(GRAPH, ["fit"]).why == ""


def test_skipped_and_forced_steps_are_among_those_that_are_decided() -> None:
    assert select(GRAPH, ["fit"], skip=["clean", "report"], force=["load", "report"]) == Selection(
        ("load", "clean", "fit"), skipped=frozenset({"clean"}), forced=frozenset({"load"})
    )


def test_all_forces_what_is_decided_and_not_what_is_taken() -> None:
    assert select(GRAPH, start=["fit"], force=["all"]).forced == {"fit", "report"}
    assert select(GRAPH, force=["all"]).forced == set(select(GRAPH).decided)


@pytest.mark.parametrize("option", ["start", "only", "skip", "force", "steps"])
def test_an_unknown_step_is_refused_with_the_nearest(option: str) -> None:
    with pytest.raises(UsageError, match=r"no step 'claen'.*clean"):
        select(GRAPH, **{option: ["claen"]})


def test_from_and_only_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="--from and --only exclude each other"):
        select(GRAPH, start=["fit"], only=["fit"])


def test_a_start_that_the_named_steps_do_not_need_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--from fit: count does not need fit"):
        select(GRAPH, ["count"], start=["fit"])


NAMES = st.lists(st.sampled_from([each.name for each in GRAPH.steps]), max_size=3, unique=True)


@given(NAMES, NAMES, NAMES, NAMES)
def test_whatever_is_said_what_a_decided_step_reads_is_there(
    steps: list[str], only: list[str], skip: list[str], force: list[str]
) -> None:
    found = select(GRAPH, steps, only=only, skip=skip, force=force)
    assert not set(found.taken) & set(found.decided)
    assert found.skipped | found.forced <= set(found.decided)
    for name in found.decided:
        read = {*GRAPH.step(name).inputs.values()}
        assert read <= set(found.steps)


@given(NAMES.filter(len))
def test_from_is_what_is_said_and_all_behind_it(starts: list[str]) -> None:
    behind = {name for start in starts for name in (start, *graphs.descendants(GRAPH, start))}
    assert set(select(GRAPH, start=starts).decided) == behind
