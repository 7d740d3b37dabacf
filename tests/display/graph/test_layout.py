"""Rules of the drawn graph: nothing overlaps, stages frame their own steps, edges keep clear of nodes."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_pipes.display.graph.density import DENSE, NAME_SIZE, Direction
from jupyter_pipes.display.graph.layout import Box, Layout, arrange, stage_node
from jupyter_pipes.display.graph.routing import LABEL_HEIGHT, Edge, polyline, svg_path
from jupyter_pipes.display.graph.text_size import text_width
from jupyter_pipes.model.events import PlannedStep
from jupyter_pipes.model.steps import StepOptions


def planned(
    name: str, reads: dict[str, str] | None = None, *, after: tuple[str, ...] = (), stage: str | None = None
) -> PlannedStep:
    reads = reads or {}
    upstream = tuple(dict.fromkeys([owner for owner in reads.values() if owner != "params"] + list(after)))
    return PlannedStep(name, upstream=upstream, reads=reads, options=StepOptions(after=after, stage=stage))


@st.composite
def pipelines(draw: st.DrawFn) -> list[PlannedStep]:
    """Steps that read from earlier ones only, some of them in stages."""
    count = draw(st.integers(0, 14))
    steps: list[PlannedStep] = []
    for number in range(count):
        sources = draw(st.sets(st.integers(0, number - 1), max_size=3)) if number else set()
        stage = draw(st.sampled_from([None, "a", "b", "c"]))
        steps.append(planned(f"s{number}", {f"x{source}": f"s{source}" for source in sources}, stage=stage))
    return steps


directions = st.sampled_from(["LR", "TB"])
DIAMOND = [
    planned("load", {"rows": "params"}),
    planned("left", {"df": "load"}),
    planned("right", {"df": "load", "raw": "load"}),
    planned("join", {"a": "left", "b": "right"}),
    planned("mail", after=("join",)),
]


_CASE = (
    "from jupyter_pipes.model.events import PlannedStep as P;"
    "from jupyter_pipes.model.steps import StepOptions, StepOptions as O;"
    "CASE=[P('a',options=O(stage='s')),P('b',upstream=('a',),reads={'x':'a'},options=O(stage='s')),"
    "P('c',upstream=('a',),reads={'x':'a','z':'a'},options=O(stage='t')),P('d',upstream=('b','c'),reads={'u':'b','v':'c'})]"
)


@settings(max_examples=60)
@given(pipelines(), directions)
def test_no_two_nodes_overlap_and_all_lie_within_the_size(steps: list[PlannedStep], direction: str) -> None:
    layout = arrange(steps, direction=direction)  # type: ignore[arg-type]
    assert set(layout.nodes) == {step.name for step in steps}
    for one, other in combinations(layout.nodes.values(), 2):
        assert not overlap(one, other)
    for box in [*layout.nodes.values(), *layout.groups.values()]:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= layout.width
        assert box.y + box.height <= layout.height


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_frame_is_wide_enough_for_its_title_with_its_steps_in_the_middle(direction: Direction) -> None:
    steps = [planned("a", {"x": "up"}, stage="prepare"), planned("up"), planned("down", {"y": "a"})]
    layout = arrange(steps, direction=direction, density=DENSE)
    frame, node = layout.groups["prepare"], layout.nodes["a"]
    assert text_width("prepare", NAME_SIZE) * 1.1 + 48 <= frame.width
    assert node.centre[0] == pytest.approx(frame.centre[0])
    for edge in layout.edges:
        for point, box in ((edge.points[0], edge.source), (edge.points[-1], edge.target)):
            place = layout.nodes[box]
            assert place.x - 0.1 <= point[0] <= place.x + place.width + 0.1


@settings(max_examples=60)
@given(pipelines(), directions)
def test_a_frame_holds_the_steps_of_its_stage_and_no_others(steps: list[PlannedStep], direction: str) -> None:
    layout = arrange(steps, direction=direction)  # type: ignore[arg-type]
    stage_of = {step.name: step.options.stage for step in steps}
    for stage, frame in layout.groups.items():
        for name, box in layout.nodes.items():
            assert overlap(box, frame) == (stage_of[name] == stage)
    for one, other in combinations(layout.groups.values(), 2):
        assert not overlap(one, other)


@settings(max_examples=60)
@given(pipelines(), directions)
def test_no_edge_runs_through_a_node_and_no_label_covers_one(
    steps: list[PlannedStep], direction: str
) -> None:
    layout = arrange(steps, direction=direction)  # type: ignore[arg-type]
    for edge in layout.edges:
        others = [box for name, box in layout.nodes.items() if name not in (edge.source, edge.target)]
        for x, y in polyline(edge):
            assert not any(_inside(x, y, box) for box in others)
        if edge.label_at is not None and direction == "TB":
            x, y = edge.label_at
            label = Box(x - 1, y - LABEL_HEIGHT / 2, 2, LABEL_HEIGHT)
            assert not any(overlap(label, box) for box in layout.nodes.values())


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes have an area in common."""
    apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
    apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
    return not (apart_x or apart_y)


def _inside(x: float, y: float, box: Box) -> bool:
    return box.x < x < box.x + box.width and box.y < y < box.y + box.height


@settings(max_examples=30)
@given(pipelines(), directions)
def test_edges_flow_in_the_layouts_direction(steps: list[PlannedStep], direction: str) -> None:
    axis = 0 if direction == "LR" else 1
    for edge in arrange(steps, direction=direction).edges:  # type: ignore[arg-type]
        places = [point[axis] for point in edge.points]
        assert places == sorted(places)


def _edges(layout: Layout) -> dict[tuple[str, str], Edge]:
    return {(edge.source, edge.target): edge for edge in layout.edges}


def test_edges_carry_the_names_that_are_read_and_parameters_are_no_edge() -> None:
    edges = _edges(arrange(DIAMOND))
    assert set(edges) == {
        ("load", "left"),
        ("load", "right"),
        ("left", "join"),
        ("right", "join"),
        ("join", "mail"),
    }
    assert edges["load", "right"].names == ("df", "raw")
    assert edges["load", "right"].label == "df, raw"


def test_an_after_edge_carries_no_name_and_no_label() -> None:
    edge = _edges(arrange(DIAMOND))["join", "mail"]
    assert (edge.names, edge.label, edge.label_at) == ((), "", None)


def test_a_collapsed_stage_is_one_node_with_its_members_and_their_outer_edges() -> None:
    steps = [
        planned("load"),
        planned("a", {"x": "load"}, stage="models"),
        planned("b", {"x": "load", "y": "a"}, stage="models"),
        planned("best", {"m": "a", "n": "b"}),
    ]
    layout = arrange(steps, collapsed=frozenset({"models"}))
    node = stage_node("models")
    assert layout.members[node] == ("a", "b")
    assert set(_edges(layout)) == {("load", node), (node, "best")}
    assert _edges(layout)[node, "best"].names == ("m", "n")
    assert layout.groups == {}


def test_a_stage_whose_frame_would_hold_a_stranger_has_none() -> None:
    steps = [
        planned("a1", stage="a"),
        planned("between", {"x": "a1"}),
        planned("a2", {"y": "between"}, stage="a"),
        planned("b1", {"z": "a2"}, stage="b"),
    ]
    assert set(arrange(steps).groups) == {"b"}


@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_a_cycle_is_drawn_with_one_edge_running_backwards(direction: str) -> None:
    steps = [planned("a", after=("c",)), planned("b", {"x": "a"}), planned("c", {"y": "b"})]
    layout = arrange(steps, direction=direction)  # type: ignore[arg-type]
    axis = 0 if direction == "LR" else 1
    backwards = [edge for edge in layout.edges if edge.points[0][axis] > edge.points[-1][axis]]
    assert (len(layout.edges), len(backwards)) == (3, 1)
    assert not any(overlap(one, other) for one, other in combinations(layout.nodes.values(), 2))


def test_auto_takes_left_to_right_while_it_fits_and_top_to_bottom_beyond() -> None:
    chain = [planned(f"s{i}", {"x": f"s{i - 1}"} if i else {}) for i in range(12)]
    assert arrange(chain[:3], fit_width=900).direction == "LR"
    assert arrange(chain, fit_width=900).direction == "TB"


def test_steps_without_edges_form_a_block_not_one_endless_row() -> None:
    layout = arrange([planned(f"s{i}") for i in range(100)])
    assert 0.3 < layout.width / layout.height < 3.5


def test_edges_to_steps_that_are_not_shown_are_left_out() -> None:
    assert arrange([planned("only", {"x": "elsewhere"})]).edges == ()


def test_no_steps_make_an_empty_layout() -> None:
    assert arrange([]).nodes == {}


def test_a_long_name_does_not_make_a_node_wider_than_the_limit() -> None:
    assert arrange([planned("x" * 300)]).nodes["x" * 300].width < 240


@pytest.mark.slow
def test_the_layout_is_the_same_in_every_process() -> None:
    code = f"{_CASE};from jupyter_pipes.display.graph.layout import arrange;print(arrange(CASE))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_a_thousand_steps_are_laid_out_with_a_bounded_number_of_bends() -> None:
    steps = [planned(f"s{i}", {"x": f"s{i - 1}", "first": "s0"} if i else {}) for i in range(1000)]
    layout = arrange(steps, direction="TB")
    assert len(layout.nodes) == 1000
    assert sum(len(edge.points) for edge in layout.edges) < 20_000


def test_the_svg_path_and_the_polyline_have_the_edges_ends() -> None:
    for edge in arrange(DIAMOND, direction="LR").edges:
        line = polyline(edge)
        assert (line[0], line[-1]) == (edge.points[0], edge.points[-1])
        assert svg_path(edge).startswith(f"M{edge.points[0][0]:.1f} {edge.points[0][1]:.1f}")
