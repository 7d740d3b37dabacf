"""Rules of the still and the text form: every step with its status, all text as text, valid XML."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from jupyter_pipes.display.graph import picture as drawing
from jupyter_pipes.display.graph.density import DENSE
from jupyter_pipes.display.graph.layout import arrange, data_node, stage_node
from jupyter_pipes.display.graph.text_size import ellipsised, text_width
from jupyter_pipes.display.looks import LOOKS, STALE, Look
from jupyter_pipes.display.text import steps_text
from jupyter_pipes.kernel.widget.still import still_bundle
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.results import Usage
from jupyter_pipes.model.steps import Status, StepOptions
from jupyter_pipes.model.views import RunView

SVG = "{http://www.w3.org/2000/svg}"


def view_of(*facts: ev.AnyEvent, steps: tuple[ev.PlannedStep, ...] = ()) -> RunView:
    started = ev.RunStarted("study", "1.0.0", steps)
    return fold("r", [ev.Record("r", seq, 100.0 + seq, fact) for seq, fact in enumerate((started, *facts))])


LOAD = ev.PlannedStep("load", writes=("df",))
TRAIN = ev.PlannedStep("train", upstream=("load",), reads={"df": "load"}, options=StepOptions(stage="models"))
DONE = (
    ev.AttemptStarted("load", 1, 7, "host"),
    ev.AttemptEnded("load", 1, "completed", usage=Usage(1.25)),
    ev.StepEnded("load", Status.COMPLETED),
)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_every_step_shows_its_icon_name_status_and_seconds() -> None:
    shown = texts(drawing.svg(view_of(*DONE, steps=(LOAD, TRAIN))))
    assert {"load", "completed · 1.2 s", LOOKS[Status.COMPLETED].icon} <= set(shown)
    assert {"train", "pending", LOOKS[Status.PENDING].icon} <= set(shown)
    assert {"df", "models"} <= set(shown)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.INTERRUPTED])
def test_each_status_is_told_by_icon_and_word_and_not_by_colour_alone(status: Status) -> None:
    view = view_of(steps=(LOAD,))
    view.steps["load"].status = status
    assert {LOOKS[status].icon, str(status)} <= set(texts(drawing.svg(view)))


def test_an_input_that_only_the_catalog_has_is_a_node_without_a_status() -> None:
    """An edge leads from it to each step that loads it, also to one in a stage that is one node."""
    of_stage = ev.PlannedStep("train", loads=("companies",), options=StepOptions(stage="models"))
    steps = [ev.PlannedStep("load", loads=("companies",)), of_stage]
    layout = arrange(steps, collapsed=frozenset({"models"}))
    assert layout.members[data_node("companies")] == ()
    assert {(edge.source, edge.target, edge.is_by_code) for edge in layout.edges} == {
        (data_node("companies"), "load", True),
        (data_node("companies"), stage_node("models"), True),
    }
    picture = drawing.svg(view_of(steps=(steps[0],)))
    assert "<title>companies, from the catalog</title>" in picture
    assert texts(picture).count(LOOKS[Status.PENDING].icon) == 1


def test_icons_of_a_steps_statuses_differ() -> None:
    icons = [look.icon for status, look in LOOKS.items() if status is not Status.INTERRUPTED]
    assert len(set(icons)) == len(icons)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", 'a"b&c', "数据清洗", "x" * 200])
def test_names_are_text_whatever_they_hold(name: str) -> None:
    step = ev.PlannedStep(name, writes=(name,), options=StepOptions(stage=name))
    reader = ev.PlannedStep("reader", upstream=(name,), reads={name: name})
    for html in (
        drawing.svg(view_of(steps=(step, reader))),
        still_bundle(view_of(steps=(step,)))["text/html"],
    ):
        assert "<script" not in html
    assert ElementTree.fromstring(drawing.svg(view_of(steps=(step, reader)))) is not None


def test_a_long_name_is_cut_in_its_node_and_whole_in_the_title() -> None:
    name = "a_very_long_step_name_that_goes_on_and_on_and_on"
    root = ElementTree.fromstring(drawing.svg(view_of(steps=(ev.PlannedStep(name),))))
    assert not any(name in (element.text or "") for element in root.iter(f"{SVG}text"))
    assert any(name in (element.text or "") for element in root.iter(f"{SVG}title"))


def test_a_running_step_shows_its_progress_in_words() -> None:
    view = view_of(
        ev.AttemptStarted("load", 1, 7, "host"), ev.ProgressReported("load", 1, 45, 100), steps=(LOAD,)
    )
    assert "running · 45 %" in texts(drawing.svg(view))


def test_where_a_node_has_one_line_the_count_of_its_elements_stands_beside_its_name() -> None:
    mapped = ev.PlannedStep("score", options=StepOptions(map=("x in xs",)))
    nested = ev.PlannedStep("prep", options=StepOptions(pipeline="other.ipynb"))
    view = view_of(ev.StepsAdded("score", 1, 0, ((),) * 100), steps=(mapped, nested))
    layout = arrange([mapped, nested], density=DENSE)
    assert {"score 0/100", "prep"} <= set(texts(drawing.svg(view, layout)))
    plain = arrange([ev.PlannedStep("score"), ev.PlannedStep("prep")], density=DENSE)
    assert all(layout.nodes[name].width > plain.nodes[name].width for name in ("score", "prep"))


def test_a_collapsed_stage_shows_how_many_of_its_steps_have_ended() -> None:
    view = view_of(steps=(LOAD, TRAIN))
    layout = arrange([LOAD, TRAIN], collapsed=frozenset({"models"}))
    assert stage_node("models") in layout.nodes
    assert "pending · 0 of 1" in texts(drawing.svg(view, layout))


@pytest.mark.parametrize(
    ("statuses", "joint"),
    [
        ("completed cached", Status.COMPLETED),
        ("completed failed running", Status.FAILED),
        ("completed pending", Status.RUNNING),
        ("pending queued", Status.QUEUED),
        ("pending pending", Status.PENDING),
        ("skipped completed", Status.SKIPPED),
    ],
)
def test_several_steps_have_the_status_that_asks_most_for_attention(statuses: str, joint: Status) -> None:
    assert drawing.joint_status(Status(word) for word in statuses.split()) is joint


def test_a_stale_step_is_told_by_icon_word_and_reason_in_every_form() -> None:
    load = ev.PlannedStep("load")
    view = view_of(ev.StepEnded("load", Status.COMPLETED), steps=(load, ev.PlannedStep("clean")))
    stale = {"load": "helper <b> changed"}
    picture = drawing.svg(view, stale=stale)
    assert {"△", "completed · stale"} <= set(texts(picture))
    assert "<title>load, completed, stale (helper &lt;b&gt; changed)</title>" in picture
    assert "  load, completed, stale  helper <b> changed" in steps_text(view, stale).splitlines()
    assert "<li>load, completed, stale</li>" in still_bundle(view, stale)["text/html"]
    assert "clean, pending" in steps_text(view, stale)


def test_a_collapsed_stage_says_how_many_of_its_steps_are_stale() -> None:
    view = view_of(ev.StepEnded("a", Status.COMPLETED), steps=_STAGED)
    layout = arrange(_STAGED, collapsed={"s"})
    assert "1 of 2 · 1 stale" in texts(drawing.svg(view, layout, {"a": "code changed"}))


_STAGED = tuple(ev.PlannedStep(name, options=StepOptions(stage="s")) for name in "ab")


def _luminance(colour: str) -> float:
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("look", [*LOOKS.values(), STALE], ids=lambda look: look.word)
def test_every_looks_ink_is_legible_on_its_grounds(look: Look) -> None:
    """WCAG AA for text: 4.5:1, on white, on the node's own ground and on Lab's dark one."""
    assert _contrast(look.ink, "#ffffff") >= 4.5
    assert _contrast(look.ink, look.fill) >= 4.5
    assert _contrast(look.night, "#212121") >= 4.5


def test_the_still_lists_step_and_status_for_where_drawings_are_taken_away() -> None:
    html = still_bundle(view_of(*DONE, steps=(LOAD, TRAIN)))["text/html"]
    assert "<li>load, completed</li>" in html
    assert "<li>train, pending</li>" in html


def test_the_still_comes_as_html_svg_and_text() -> None:
    assert set(still_bundle(view_of(steps=(LOAD,)))) == {"text/html", "image/svg+xml", "text/plain"}


@pytest.mark.parametrize(
    "text", ["short", "a rather long name", "数据清洗数据清洗数据清洗", "iiiiiiiiiiiiiiiiiiiiiiii"]
)
def test_cut_text_fits_its_room(text: str) -> None:
    assert text_width(ellipsised(text, 12, 60), 12) <= 60


def test_an_edge_that_only_runs_showed_is_dashed_and_says_so() -> None:
    change = ev.PlannedStep("change", upstream=("load",), reads={"df": "load"}, observed_writes=("df",))
    count = ev.PlannedStep("count", upstream=("change",), reads={"df": "change"}, observed_reads=("df",))
    picture = drawing.svg(view_of(steps=(LOAD, change, count)))
    paths = [each for each in ElementTree.fromstring(picture).iter(f"{SVG}path") if each.get("stroke-width")]
    titles = {title.text: path.get("stroke-dasharray") for path in paths for title in path}
    assert titles == {"df": None, "df: observed in runs, not shown by the code": "5 4"}
