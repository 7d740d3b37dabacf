"""Rules of unfolded pipelines: their steps stand in the boxes of their steps, under names of their own."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest

from jupyter_pipes.display.graph.fitting import arrange_within
from jupyter_pipes.display.graph.layout import Box, Layout, stage_node
from jupyter_pipes.display.graph.picture import svg
from jupyter_pipes.display.graph.unfolding import unfolded
from jupyter_pipes.model.events import PlannedStep
from jupyter_pipes.model.steps import Status, StepOptions
from jupyter_pipes.model.views import RunView, StepView

OTHER = StepOptions(pipeline="other.ipynb")
INNER = (PlannedStep("one"), PlannedStep("two", upstream=("one",), reads={"x": "one"}))


def view_of(*planned: PlannedStep) -> RunView:
    return RunView("r", "study", steps={step.name: StepView(step.name, step) for step in planned})


MIDDLE = view_of(
    PlannedStep("load", loads=("rows",), options=StepOptions(stage="model")),
    PlannedStep(
        "fit", upstream=("load",), reads={"df": "load", "n": "params"}, options=StepOptions(stage="model")
    ),
    PlannedStep("deep", upstream=("fit",), options=StepOptions(pipeline="inner.ipynb", after=("fit",))),
)
OUTER = view_of(
    PlannedStep("first", options=StepOptions(stage="model")),
    PlannedStep("a", upstream=("first",), reads={"x": "first"}, options=OTHER),
    PlannedStep("b", upstream=("first",), options=StepOptions(pipeline="other.ipynb", stage="model")),
    PlannedStep("last", upstream=("a", "b"), reads={"y": "a", "z": "b"}),
)


def inside(step: StepView) -> RunView | None:
    return {"other.ipynb": MIDDLE, "inner.ipynb": view_of(*INNER)}.get(step.planned.options.pipeline)


def drawn(*names: str, collapsed: frozenset[str] | None = None, width: float = 3000.0) -> Layout:
    steps = unfolded(OUTER, names, inside)
    return arrange_within([step.planned for step in steps.values()], width, 2000.0, collapsed)


def holds(outer: Box, inner: Box) -> bool:
    right, bottom = inner.x + inner.width, inner.y + inner.height
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and right <= outer.x + outer.width
        and bottom <= outer.y + outer.height
    )


def test_steps_of_a_pipeline_stand_behind_its_step_and_are_called_after_it() -> None:
    """Of two steps that are one pipeline, each has its own; unfolded in one, nothing is in the other."""
    steps = unfolded(OUTER, {"a", "b", "b[deep]"}, inside)
    of_a, of_b = ("a[load]", "a[fit]", "a[deep]"), ("b[load]", "b[fit]", "b[deep]")
    assert [*steps] == ["first", "a", *of_a, "b", *of_b, "b[deep[one]]", "b[deep[two]]", "last"]
    assert steps["a[fit]"].planned.reads == {"df": "a[load]", "n": "params"}
    assert steps["b[deep[two]]"].planned.upstream == ("b[deep[one]]",)
    assert MIDDLE.steps["fit"].planned.upstream == ("load",)


@pytest.mark.parametrize("name", ["first", "nothing", "a[fit]", "last[load]"])
def test_what_is_no_pipeline_is_not_unfolded(name: str) -> None:
    assert unfolded(OUTER, {name}, inside) == OUTER.steps


@pytest.mark.parametrize("names", [("a",), ("b",), ("a", "b"), ("a", "a[deep]", "b")])
def test_boxes_hold_their_own_steps_and_no_others_and_nothing_overlaps(names: tuple[str, ...]) -> None:
    layout = drawn(*names)
    assert set(layout.unfolded) == set(names)
    for box in names:
        for node, place in layout.nodes.items():
            if node != box and node not in names:
                is_inside = node.startswith(f"{box.removesuffix(']')}[") or node == f"data:{box}[rows]"
                assert holds(layout.nodes[box], place) == is_inside, (box, node)
    leaves = [place for node, place in layout.nodes.items() if node not in names]
    for one, other in combinations(leaves, 2):
        assert (
            one.x + one.width <= other.x
            or other.x + other.width <= one.x
            or one.y + one.height <= other.y
            or other.y + other.height <= one.y
        )
    assert all(place.x >= 0 and place.x + place.width <= layout.width for place in layout.nodes.values())


def test_edges_to_an_unfolded_step_end_at_its_box_and_its_own_stay_in_it() -> None:
    layout = drawn("a")
    assert {("first", "a"), ("a", "last"), ("a[load]", "a[fit]")} <= {
        (e.source, e.target) for e in layout.edges
    }
    box = layout.nodes["a"]
    into = next(edge for edge in layout.edges if (edge.source, edge.target) == ("first", "a"))
    assert into.points[-1] in ((box.x + box.width / 2, box.y), (box.x, box.y + box.height / 2))
    own = [edge for edge in layout.edges if edge.source.startswith("a[")]
    assert own
    assert all(holds(box, Box(x, y, 0.0, 0.0)) for edge in own for x, y in edge.points)


def test_the_rest_keeps_its_direction_and_its_stages_whatever_is_unfolded() -> None:
    folded, stages = drawn(width=900.0), frozenset({"model"})
    assert drawn("a", width=900.0).direction == folded.direction
    assert {*drawn("a", width=900.0).groups} - {"a[model]"} == {*folded.groups}
    assert stage_node("model") in drawn("a", collapsed=stages).nodes
    assert stage_node("a[model]") in drawn("a", collapsed=frozenset({"a[model]"})).nodes


def test_names_are_shown_as_they_are_in_their_own_pipeline() -> None:
    layout = drawn("a", "a[deep]", collapsed=frozenset({"a[model]"}))
    titles = {"a[deep]": "deep", "a[deep[one]]": "one", "stage:a[model]": "model", "data:a[rows]": "rows"}
    assert titles.items() <= layout.titles.items()
    assert not {"a", "first", "model"} & layout.titles.keys()


def test_two_hundred_steps_are_drawn_one_line_each() -> None:
    many = view_of(
        *(
            PlannedStep(f"s{n}", upstream=(f"s{n // 2}",) if n else (), reads={f"x{n}": f"s{n // 2}"})
            for n in range(200)
        )
    )
    steps = unfolded(OUTER, {"a"}, lambda _: many)
    layout = arrange_within([step.planned for step in steps.values()], 560.0, 700.0)
    assert layout.lines == 1
    assert len(layout.nodes) == 204


def test_the_picture_shows_boxes_with_how_their_steps_stand() -> None:
    steps = unfolded(OUTER, {"a", "a[deep]"}, inside)
    steps["a"].status, steps["a[fit]"].status = Status.RUNNING, Status.FAILED
    layout = arrange_within([step.planned for step in steps.values()], 3000.0, 2000.0)
    drawing = ElementTree.fromstring(svg(OUTER, layout, steps=steps))
    texts = ["".join(element.itertext()) for element in drawing.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a running", "deep pending", "one", "fit", "failed", "model", "b", "rows"} <= set(texts)
    assert not [text for text in texts if "[" in text]
