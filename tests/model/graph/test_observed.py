"""The observed graph: rules in tables, and random notebooks against lists in one kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jupyter_pipes.model.events import PlannedStep
from jupyter_pipes.model.graph.observed import matters, observed
from jupyter_pipes.model.results import Observation
from jupyter_pipes.model.steps import PARAMS_OWNER, Step, StepOptions

# Rules --------------------------------------------------------------------------------------------------


def step(name: str, reads: Mapping[str, str] | None = None, writes: str = "", **options: Any) -> PlannedStep:
    """Return a step that reads names from steps and writes others, as its code has it."""
    reads = dict(reads or {})
    owners = (owner for owner in reads.values() if owner != PARAMS_OWNER)
    upstream = tuple(dict.fromkeys((*owners, *options.get("after", ()))))
    written = tuple(writes.split())
    return PlannedStep(name, upstream, reads=reads, writes=written, options=StepOptions(**options))


def changed(*names: str) -> Observation:
    return Observation(changed=names)


def joined(*names: str) -> Observation:
    return Observation(joined=(names,))


LOAD = step("load", writes="x y")
CHANGE = step("change", {"x": "load"}, "n")
COUNT = step("count", {"x": "load"})
EDGES = [
    # steps, what they showed -> step -> reads
    pytest.param([LOAD, CHANGE, COUNT], {}, {"count": {"x": "load"}}, id="nothing was seen"),
    pytest.param(
        [LOAD, CHANGE, COUNT],
        {"change": changed("x")},
        {"change": {"x": "load"}, "count": {"x": "change"}},
        id="a later reader takes the changed value",
    ),
    pytest.param(
        [LOAD, COUNT, CHANGE],
        {"change": changed("x")},
        {"count": {"x": "load"}},
        id="an earlier one does not",
    ),
    pytest.param(
        [LOAD, CHANGE, step("again", {"x": "load"}), COUNT],
        {"change": changed("x"), "again": changed("x")},
        {"again": {"x": "change"}, "count": {"x": "again"}},
        id="one change after the other",
    ),
    pytest.param(
        [LOAD, CHANGE, step("anew", writes="x"), step("last", {"x": "anew"})],
        {"change": changed("x")},
        {"last": {"x": "anew"}},
        id="a name bound anew is another value",
    ),
    pytest.param(
        [step("change", {"x": PARAMS_OWNER}), step("count", {"x": PARAMS_OWNER})],
        {"change": changed("x")},
        {"change": {"x": PARAMS_OWNER}, "count": {"x": "change"}},
        id="a parameter that was changed",
    ),
    pytest.param(
        [LOAD, CHANGE, COUNT], {"change": changed("y", "n")}, {"count": {"x": "load"}}, id="not what it reads"
    ),
    pytest.param(
        [LOAD, step("change", {"x": "load"}, "n", outputs=("n",)), COUNT],
        {"change": changed("x")},
        {"count": {"x": "load"}},
        id="--out has the last word",
    ),
    pytest.param(
        [LOAD, step("change", {"x": "load"}, after=("late",)), COUNT, step("late")],
        {"change": changed("x")},
        {"count": {"x": "load"}},
        id="what runs later by --after hands on to what runs still later",
    ),
    pytest.param(
        [LOAD, CHANGE, step("both", {"y": "load"})],
        {"load": joined("x", "y"), "change": changed("x")},
        {"change": {"x": "load", "y": "load"}, "both": {"y": "change"}},
        id="names with one object stay together",
    ),
    pytest.param(
        [LOAD, step("change", {"x": "load"}, "x"), step("both", {"y": "load", "x": "change"})],
        {"load": joined("x", "y")},
        {"change": {"x": "load", "y": "load"}, "both": {"y": "change", "x": "change"}},
        id="also when the code shows the change",
    ),
    pytest.param(
        [LOAD, step("anew", writes="y"), CHANGE, step("both", {"y": "anew"})],
        {"load": joined("x", "y"), "change": changed("x")},
        {"change": {"x": "load"}, "both": {"y": "anew"}},
        id="until one is bound anew",
    ),
    pytest.param(
        [LOAD, step("more", {"x": "load"}, "x"), step("change", {"y": "load"}), step("z", {"x": "more"})],
        {"load": joined("x", "y"), "change": changed("y")},
        {"change": {"y": "more", "x": "more"}, "z": {"x": "change"}},
        id="the change in code keeps them together",
    ),
    pytest.param(
        [LOAD, step("change", {"x": "load"}, inputs=("x",)), step("both", {"y": "load"})],
        {"load": joined("x", "y"), "change": changed("x")},
        {"change": {"x": "load"}, "both": {"y": "load"}},
        id="--in has the last word",
    ),
    pytest.param(
        [LOAD, CHANGE, COUNT], {"gone": changed("x")}, {"count": {"x": "load"}}, id="a step that is gone"
    ),
]


@pytest.mark.parametrize(("steps", "seen", "reads"), EDGES)
def test_who_reads_what_from_whom(
    steps: list[PlannedStep], seen: dict[str, Observation], reads: dict[str, dict[str, str]]
) -> None:
    connected = observed(steps, seen)
    assert {name: connected[name].reads for name in reads} == reads


def test_a_step_says_which_of_its_reads_and_writes_are_only_observed() -> None:
    connected = observed([LOAD, CHANGE, COUNT], {"load": joined("x", "y"), "change": changed("x")})
    change, count = connected["change"], connected["count"]
    assert (change.observed_reads, change.observed_writes) == (("y",), ("x", "y"))
    assert change.writes == ("n", "x", "y")
    assert (count.observed_reads, count.upstream) == (("x",), ("change",))
    assert connected["load"] is LOAD


def test_a_step_that_reads_both_is_told_that_they_are_one() -> None:
    both = step("both", {"x": "load", "y": "load"})
    seen = {"load": joined("x", "y")}
    assert observed([LOAD, CHANGE, both], seen)["both"].joined == (("x", "y"),)
    assert matters("load", seen["load"], [LOAD, CHANGE, both], seen)
    assert matters("load", seen["load"], [LOAD, step("change", {"x": "load"}, "x")], seen)
    assert not matters("load", seen["load"], [LOAD, CHANGE, COUNT], seen)
    changing = {**seen, "change": changed("x")}
    assert matters("load", seen["load"], [LOAD, CHANGE, COUNT], changing)


def test_names_of_plain_cells_that_belong_together_matter_to_who_makes_both() -> None:
    one, two = (Step(name, place, "", "", plain=("x", "y")) for place, name in enumerate(("one", "two")))
    seen = {"one": joined("x", "y")}
    assert matters("one", seen["one"], [one, two], seen)
    assert not matters("one", seen["one"], [one, Step("two", 1, "", "", plain=("x",))], seen)


def test_what_is_handed_on_is_demanded() -> None:
    load, change = Step("load", 0, "", "", writes=("x",)), Step("change", 1, "", "", reads={"x": "load"})
    assert observed([load, change], {"change": changed("x")})["change"].demanded == ("x",)


def files(read: str = "", written: str = "") -> Observation:
    return Observation(files=tuple(read.split()), written=tuple(written.split()))


A, B, C = step("a"), step("b"), step("c")
FILES = [
    pytest.param(
        [A, B], {"a": files(written="p"), "b": files("p")}, {"b": {"a": "p"}}, id="write, then read"
    ),
    pytest.param(
        [A, B], {"a": files("p"), "b": files(written="p")}, {"b": {"a": "p"}}, id="read, then write"
    ),
    pytest.param(
        [A, B], {"a": files(written="p"), "b": files(written="p")}, {"b": {"a": "p"}}, id="both write"
    ),
    pytest.param([A, B], {"a": files("p"), "b": files("p")}, {"b": {}}, id="both read"),
    pytest.param(
        [A, step("b", after=("a",))],
        {"a": files(written="p"), "b": files("p")},
        {"b": {}},
        id="there is an edge",
    ),
    pytest.param(
        [A, B, C],
        {"a": files(written="p"), "b": files("p", "p"), "c": files("p")},
        {"b": {"a": "p"}, "c": {"b": "p"}},
        id="through others",
    ),
    pytest.param(
        [step("a", after=("b",)), B],
        {"a": files(written="p"), "b": files("p")},
        {"a": {}, "b": {}},
        id="--after says the order",
    ),
]


@pytest.mark.parametrize(("steps", "seen", "waits"), FILES)
def test_steps_that_use_one_file_keep_their_order(
    steps: list[PlannedStep], seen: dict[str, Observation], waits: dict[str, dict[str, str]]
) -> None:
    connected = observed(steps, seen)
    assert {name: connected[name].observed_files for name in waits} == waits
    for name, edges in waits.items():
        assert connected[name].upstream == (*connected[name].options.after, *edges)


# Lists in one kernel ------------------------------------------------------------------------------------

NAMES = "abcd"
Statement = tuple[str, ...]
Cell = tuple[tuple[Statement, ...], bool]
"""A cell's statements, and whether its changes in place are seen in its code."""

NAME = st.sampled_from(NAMES)
STATEMENT = st.one_of(
    st.tuples(st.just("new"), NAME),
    st.tuples(st.just("alias"), NAME, NAME),
    st.tuples(st.just("hold"), NAME, NAME),
    st.tuples(st.just("change"), NAME),
    st.tuples(st.just("copy"), NAME, NAME),
)
CELLS = st.lists(st.tuples(st.lists(STATEMENT, min_size=1, max_size=3).map(tuple), st.booleans()), max_size=7)


class Thing:
    """A list that knows which one it is, wherever it is loaded again."""

    def __init__(self, identity: str, items: list[Any]) -> None:
        self.identity, self.items = identity, items


def run(cell: Cell, number: int, names: dict[str, Thing]) -> None:
    """Run a cell in a namespace."""
    for place, (kind, *of) in enumerate(cell[0]):
        new = f"{number}.{place}"
        if kind == "new":
            names[of[0]] = Thing(new, [new])
        elif kind == "alias":
            names[of[0]] = names[of[1]]
        elif kind == "hold":
            names[of[0]] = Thing(new, [names[of[1]]])
        elif kind == "copy":
            names[of[0]] = Thing(new, [*names[of[1]].items, new])
        else:
            names[of[0]].items.append(new)


def stored(thing: Thing) -> Any:
    """Return a list as an artifact keeps it."""
    return (thing.identity, tuple(stored(i) if isinstance(i, Thing) else i for i in thing.items))


def parts(thing: Thing) -> set[str]:
    inner = (parts(item) for item in thing.items if isinstance(item, Thing))
    return {thing.identity}.union(*inner)


def loaded(artifact: Any, memo: dict[str, tuple[Any, Thing]]) -> Thing:
    """Load an artifact into a process: what holds one object is one object, and all agree on it."""
    identity, items = artifact
    if identity in memo:
        assert memo[identity][0] == artifact, "two states of one object meet in a step"
        return memo[identity][1]
    thing = Thing(identity, [])
    memo[identity] = (artifact, thing)
    thing.items = [loaded(item, memo) if isinstance(item, tuple) else item for item in items]
    return thing


def by_code(cell: Cell, number: int, owners: Mapping[str, str]) -> PlannedStep | None:
    """Return the cell as a step, None if a name that it reads is nowhere."""
    reads, writes = dict[str, str](), set[str]()
    for kind, *of in cell[0]:
        used = of[:1] if kind == "change" else of[1:]
        for name in used:
            if name not in writes and name not in reads:
                if name not in owners:
                    return None
                reads[name] = owners[name]
        if kind != "change" or cell[1]:
            writes.add(of[0])
    return step(f"s{number}", reads, " ".join(sorted(writes)))


@dataclass
class Attempts:
    """Runs all steps, each in a process of its own, until nothing new is observed."""

    cells: dict[str, Cell]
    steps: list[PlannedStep]
    seen: dict[str, Observation] = field(default_factory=dict[str, Observation])
    artifacts: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])
    rounds: int = 0

    def run(self) -> dict[str, PlannedStep]:
        while True:
            self.rounds += 1
            assert self.rounds < 60, "it comes to an end"
            connected = observed(self.steps, self.seen)
            before = dict(self.seen)
            for each in connected.values():
                self._attempt(each)
                if self.seen != before:
                    break
            else:
                return connected

    def _attempt(self, now: PlannedStep) -> None:
        number = int(now.name[1:])
        memo: dict[str, tuple[Any, Thing]] = {}
        names = {n: loaded(self.artifacts[owner, n], memo) for n, owner in now.reads.items()}
        before = {name: stored(thing) for name, thing in names.items()}
        run(self.cells[now.name], number, names)
        static = next(each for each in self.steps if each.name == now.name)
        shown = [n for n in sorted(before) if n not in static.writes and stored(names[n]) != before[n]]
        for name in {*now.writes, *shown}:
            self.artifacts[now.name, name] = stored(names[name])
        groups = [
            (a, b) for a in sorted(names) for b in sorted(names) if a < b if parts(names[a]) & parts(names[b])
        ]
        told = Observation(tuple(shown), tuple(groups))
        self.seen[now.name] = self.seen.get(now.name, Observation()).united(told)


@pytest.mark.slow
@settings(max_examples=400)
@given(CELLS)
@example(
    [((("new", "a"), ("alias", "b", "a")), True), ((("change", "a"),), False), ((("copy", "c", "b"),), True)]
)
def test_the_steps_come_to_what_one_kernel_has(cells: list[Cell]) -> None:
    kernel: dict[str, Thing] = {}
    owners: dict[str, str] = {}
    steps: list[PlannedStep] = []
    expected: dict[str, dict[str, Any]] = {}
    for number, cell in enumerate(cells):
        planned = by_code(cell, number, owners)
        if planned is None:
            continue
        steps.append(planned)
        run(cell, number, kernel)
        owners |= dict.fromkeys(planned.writes, planned.name)
        expected[planned.name] = {name: stored(kernel[name]) for name in planned.writes}
    attempts = Attempts({f"s{number}": cell for number, cell in enumerate(cells)}, steps)
    connected = attempts.run()
    for name, values in expected.items():
        assert {n: attempts.artifacts[name, n] for n in values} == values
    newest = {name: each.name for each in connected.values() for name in each.writes}
    assert {n: attempts.artifacts[owner, n] for n, owner in newest.items()} == {
        n: stored(thing) for n, thing in kernel.items() if n in newest
    }
