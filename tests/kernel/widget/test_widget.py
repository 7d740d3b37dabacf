"""Rules of the live widget, seen from the kernel: what is sent, when, and what a click does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from html import escape
from typing import Any

import pytest

from jupyter_pipes.kernel.widget.widget import PipelineWidget
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.results import ArtifactRef, StepError, Usage
from jupyter_pipes.model.shown.series import MetricPoint, Series
from jupyter_pipes.model.steps import Status, StepOptions
from jupyter_pipes.model.views import AttemptView, RunView, StepView
from jupyter_pipes.planning.explanation import Explanation
from jupyter_pipes.planning.signing.signature import Change, code_part

WAIT = 60.0
EVIL = "<script>alert(1)</script>"


class Source:
    """Logs and previews that a test gives."""

    def __init__(self) -> None:
        self.log = ""
        self.previewed: list[str] = []
        self.asked: list[str] = []
        self.shown: dict[str, AttemptView] = {}
        self.before = 0.0
        self.reasons: tuple[str, ...] = ()
        self.changes: tuple[Change, ...] = ()
        self.nested: dict[str, RunView] = {}

    def inside(self, step: StepView) -> RunView | None:
        return self.nested.get(step.planned.options.pipeline)

    def log_tail(self, step: str) -> str:
        return self.log

    def shown_attempt(self, step: str) -> AttemptView | None:
        return self.shown.get(step)

    def seconds_before(self, step: str | None = None) -> float:
        return self.before

    def preview(self, ref: ArtifactRef) -> dict[str, str]:
        self.previewed.append(ref.name)
        return {"text/plain": f"look into {ref.name} {EVIL}"}

    def why(self, step: StepView) -> Explanation:
        self.asked.append(step.name)
        return Explanation(step.name, "run", self.reasons or step.decision_reasons, self.changes)


class Stage:
    """A run whose events a test plays by hand, and the widget that shows it."""

    def __init__(self, *steps: ev.PlannedStep, **callbacks: Callable[..., None]) -> None:
        self.source = Source()
        self.view = RunView("r", "study", steps={step.name: StepView(step.name, step) for step in steps})
        self.steps = steps
        self.shown = PipelineWidget(self.view, source=self.source, **callbacks)
        self.seq = -1

    def play(self, *facts: ev.AnyEvent) -> None:
        for fact in facts:
            self.seq += 1
            apply(ev.Record("r", self.seq, 100.0 + self.seq, fact), self.view)
        self.shown.settle()

    def start(self) -> None:
        self.play(ev.RunStarted("study", "1.0.0", self.steps))

    def mark(self, **stale: str) -> None:
        self.shown.mark(stale)
        self.shown.settle()

    def all(self, kind: str) -> list[Any]:
        return [part for part in _parts(self.shown.widget) if type(part).__name__ == kind]

    @property
    def html(self) -> str:
        return "\n".join(part.value for part in self.all("HTML") if not part.value.startswith("<style>"))

    def button(self, name: str) -> Any:
        return next(button for button in self.all("Button") if button.description == name)

    @property
    def list(self) -> list[Any]:
        """The steps' buttons."""
        return [button for button in self.all("Button") if "jupyter-pipes-is-" in str(button._dom_classes)]

    @property
    def listed(self) -> list[str]:
        """What the steps' buttons say of them to who does not see."""
        return [button.tooltip for button in self.list]

    @property
    def selected(self) -> list[str]:
        return [
            button.description.partition(" ")[2]
            for button in self.list
            if "jupyter-pipes-selected" in button._dom_classes
        ]

    @property
    def pane(self) -> Any:
        return next(part for part in self.all("Box") if "jupyter-pipes-graph" in part._dom_classes)

    @property
    def canvas(self) -> Any:
        return self.all("CytoscapeWidget")[0]

    def node(self, name: str) -> Any:
        return next(node for node in self.canvas.graph.nodes if node.data["id"] == name)

    def click(self, node: str) -> None:
        message = {"widget": "node", "event": "click", "data": {"data": {"id": node}}}
        self.canvas._handle_interaction(self.canvas, message, [])


def _parts(widget: Any) -> list[Any]:
    return [widget, *(part for child in getattr(widget, "children", ()) for part in _parts(child))]


def planned(name: str, reads: dict[str, str] | None = None, *, stage: str | None = None) -> ev.PlannedStep:
    reads = reads or {}
    upstream, options = tuple(reads.values()), StepOptions(stage=stage)
    return ev.PlannedStep(name, upstream, reads=reads, writes=("out",), options=options)


LOAD, TRAIN, TEST = planned("load"), planned("train", {"df": "load"}), planned("test", {"model": "train"})
STAGED = (planned("a", stage="first"), planned("b", {"x": "a"}, stage="first"), planned("c", {"y": "b"}))


@pytest.fixture
def stage() -> Stage:
    return Stage(LOAD, TRAIN, TEST)


def test_the_header_shows_pipeline_status_steps_and_time(stage: Stage) -> None:
    assert "not started yet" in stage.html
    stage.start()
    stage.play(ev.StepEnded("load", Status.CACHED, "nothing changed"))
    header = stage.html
    for said in ("study", "1.0.0", "running", "1 of 3 steps", 'class="clock"'):
        assert said in header
    stage.play(ev.RunEnded(Status.CANCELLED, "cancelled by the user"))
    assert "cancelled by the user" in stage.html


def test_run_and_cancel_can_be_pressed_when_they_mean_something() -> None:
    pressed: list[str] = []
    stage = Stage(LOAD, on_run=lambda: pressed.append("run"), on_cancel=lambda: pressed.append("cancel"))
    assert (stage.button("Run").disabled, stage.button("Cancel").disabled) == (False, True)
    stage.start()
    assert (stage.button("Run").disabled, stage.button("Cancel").disabled) == (True, False)
    stage.play(ev.RunEnded(Status.COMPLETED))
    assert (stage.button("Run").disabled, stage.button("Cancel").disabled) == (False, True)
    stage.button("Run").click()
    stage.button("Cancel").click()
    assert pressed == ["run", "cancel"]


def test_buttons_that_nobody_listens_to_stay_disabled(stage: Stage) -> None:
    stage.start()
    assert stage.button("Run").disabled
    assert stage.button("Cancel").disabled


def test_every_step_is_in_the_list_as_step_comma_status(stage: Stage) -> None:
    stage.start()
    stage.play(ev.StepEnded("load", Status.COMPLETED))
    assert stage.listed == ["load, completed", "train, pending", "test, pending"]
    assert [button.description for button in stage.list] == ["✓ load", "○ train", "○ test"]


def test_a_status_change_changes_its_nodes_class_and_label_and_moves_nothing(stage: Stage) -> None:
    stage.start()
    before = [(dict(node.position), node.model_id) for node in stage.canvas.graph.nodes]
    train = stage.node("train").data
    stage.play(ev.AttemptStarted("load", 1, 7, "host"), ev.ProgressReported("load", 1, 45, 100))
    load = stage.node("load")
    assert "running" in load.classes.split()
    assert load.data["label"].endswith("load\nrunning · 45 %")
    assert stage.node("train").data is train
    assert [(dict(node.position), node.model_id) for node in stage.canvas.graph.nodes] == before


def test_nothing_is_sent_for_a_node_that_did_not_change(stage: Stage) -> None:
    stage.start()
    sent: list[str] = []
    for node in stage.canvas.graph.nodes:
        node.observe(lambda change: sent.append(change["owner"].data["id"]), ["data", "classes"])
    stage.play(ev.StepEnded("load", Status.COMPLETED))
    stage.play()
    assert set(sent) == {"load"}


def test_edges_are_labelled_and_run_between_their_nodes(stage: Stage) -> None:
    edges = {(edge.data["source"], edge.data["target"]): edge for edge in stage.canvas.graph.edges}
    assert set(edges) == {("load", "train"), ("train", "test")}
    assert edges["load", "train"].data["label"] == "df"
    weights = [float(weight) for weight in edges["load", "train"].data["weights"].split()]
    assert len(weights) % 2 == 1
    assert all(0 < weight < 1 for weight in weights)
    assert weights == sorted(weights)


def test_names_of_values_are_written_only_where_they_can_be_read(stage: Stage) -> None:
    style = {rule["selector"]: rule["style"] for rule in stage.canvas.get_style()}
    assert style["edge.carries"]["min-zoomed-font-size"] >= 8


def test_a_click_on_a_node_shows_its_details_and_marks_node_and_list(stage: Stage) -> None:
    stage.start()
    stage.source.log = "\x1b[32mreading\x1b[0m\n"
    ref = ArtifactRef("df", "d" * 64, "pandas.DataFrame", 3482, "p", (1000, 8))
    stage.play(
        ev.StepDecided("load", "run", ("code changed",)),
        ev.AttemptStarted("load", 1, 7, "host"),
        ev.AttemptEnded("load", 1, "lost", "killed by signal 9", None, Usage(1.0)),
        ev.AttemptStarted("load", 2, 8, "host"),
        ev.MetricReported("load", 2, "auc", 0.91),
        ev.ArtifactStored("load", 2, ref),
        ev.AttemptEnded("load", 2, "failed", "", StepError("ValueError", "bad", "", 12), Usage(2.0)),
        ev.StepEnded("load", Status.FAILED, "ValueError: bad"),
    )
    stage.click("load")
    for said in (
        *("<b>ValueError</b>: bad", "code changed", "attempt 1", "killed by signal 9", "attempt 2", "3.0 s"),
        *('<span class="ansi32">reading</span>', "line 12", "1,000", "3.4 KiB", "0.91", "look into df"),
    ):
        assert said in stage.html
    assert EVIL not in stage.html
    assert "selected" in stage.node("load").classes.split()
    assert stage.selected == ["load"]


def test_details_say_from_which_step_a_name_is_read(stage: Stage) -> None:
    stage.click("train")
    assert "from load" in stage.html
    assert "writes" in stage.html


def test_choosing_a_step_in_the_list_selects_its_node(stage: Stage) -> None:
    stage.list[2].click()
    assert "selected" in stage.node("test").classes.split()


def _fail(stage: Stage, step: str) -> None:
    error = StepError("ValueError", f"{step} is bad", "", 2)
    stage.play(
        ev.AttemptStarted(step, 1, 7, "host"),
        ev.AttemptEnded(step, 1, "failed", "", error, Usage(2.0)),
        ev.StepEnded(step, Status.FAILED, f"ValueError: {step} is bad"),
    )


def test_the_graph_has_the_whole_width_until_a_step_is_selected_or_fails(stage: Stage) -> None:
    side = next(part for part in stage.all("VBox") if "jupyter-pipes-side" in part._dom_classes)
    stage.start()
    assert side.layout.display == "none"
    _fail(stage, "train")
    assert side.layout.display is None
    assert "train is bad" in stage.html
    assert stage.selected == ["train"]
    stage.button("✕").click()
    assert side.layout.display == "none"
    assert stage.selected == []


def test_what_was_chosen_stays_when_a_step_fails(stage: Stage) -> None:
    stage.start()
    stage.click("load")
    _fail(stage, "train")
    assert stage.selected == ["load"]


def test_details_stand_in_the_order_in_which_they_are_asked_for(stage: Stage) -> None:
    """Error, log, metrics, artifacts with values, reads with values, why."""
    stage.start()
    stage.source.log = "reading"
    stage.play(
        ev.AttemptStarted("load", 1, 7, "host"),
        ev.ArtifactStored("load", 1, ArtifactRef("out", "e", "int", 1, "p", preview="41")),
        ev.AttemptEnded("load", 1, "completed"),
        ev.StepEnded("load", Status.COMPLETED),
        ev.StepDecided("train", "run", ("code changed",)),
        ev.AttemptStarted("train", 1, 7, "host"),
        ev.MetricReported("train", 1, "auc", 0.91),
        ev.ArtifactStored("train", 1, ArtifactRef("model", "f", "int", 1, "p", preview="42")),
    )
    _fail(stage, "train")
    titles = ("train is bad", "Log", "Metrics", "Artifacts", ">42<", "Reads and writes", ">Why<", "attempt 1")
    places = [stage.html.index(title) for title in titles]
    assert places == sorted(places)


def test_reads_have_their_values(stage: Stage) -> None:
    steps = (planned("load"), planned("train", {"out": "load"}))
    stage = Stage(*steps)
    stage.start()
    stage.play(
        ev.AttemptStarted("load", 1, 7, "host"),
        ev.ArtifactStored("load", 1, ArtifactRef("out", "e", "int", 1, "p", preview="41")),
        ev.AttemptEnded("load", 1, "completed"),
        ev.StepEnded("load", Status.COMPLETED),
    )
    stage.click("train")
    assert "from load" in stage.html
    assert ">41<" in stage.html


def test_a_cached_step_shows_log_and_metrics_of_the_run_that_it_took_over(stage: Stage) -> None:
    stage.start()
    stage.source.log = "printed before"
    metrics = {"auc": Series.of([MetricPoint(None, 0.77)])}
    stage.source.shown["load"] = AttemptView(1, Status.COMPLETED, usage=Usage(63.0), metrics=metrics)
    stage.play(ev.StepEnded("load", Status.CACHED, "nothing changed"))
    stage.click("load")
    for said in ("printed before", "0.77", "1 min 03 s saved"):
        assert said in stage.html


def test_a_running_step_says_how_long_it_takes_yet(stage: Stage) -> None:
    stage.source.before = 4e9
    stage.start()
    stage.play(ev.AttemptStarted("load", 1, 7, "host"))
    stage.click("load")
    assert " left" in stage.html
    assert "last time" in stage.html


def test_fit_shows_the_whole_graph_again(stage: Stage) -> None:
    width = stage.canvas.layout.width
    assert "jupyter-pipes-fitted" in stage.pane._dom_classes
    stage.button("+").click()
    assert "jupyter-pipes-fitted" not in stage.pane._dom_classes
    stage.button("Fit").click()
    assert "jupyter-pipes-fitted" in stage.pane._dom_classes
    assert stage.canvas.layout.width == width


def test_the_canvas_cannot_be_dragged_out_of_sight(stage: Stage) -> None:
    assert not stage.canvas.user_panning_enabled
    assert not stage.canvas.user_zooming_enabled


def test_the_selection_survives_updates_of_the_list(stage: Stage) -> None:
    stage.start()
    stage.list[1].click()
    stage.play(ev.StepEnded("load", Status.COMPLETED))
    assert stage.selected == ["train"]
    assert "selected" in stage.node("train").classes.split()


def test_previews_are_loaded_once_and_only_for_the_selected_step(stage: Stage) -> None:
    stage.start()
    for step in ("load", "train"):
        stage.play(
            ev.AttemptStarted(step, 1, 7, "host"),
            ev.ArtifactStored(step, 1, ArtifactRef(f"of_{step}", step, "int", 1, "p")),
        )
    assert stage.source.previewed == []
    stage.click("load")
    stage.play()
    assert stage.source.previewed == ["of_load"]


def test_a_mark_changes_node_list_and_header_and_is_taken_away_again(stage: Stage) -> None:
    stage.start()
    stage.play(ev.StepEnded("load", Status.COMPLETED), ev.StepEnded("train", Status.COMPLETED))
    before = dict(stage.node("load").data), stage.node("load").classes
    stage.mark(train="helper clean_text changed")
    assert stage.listed == ["load, completed", "train, completed, stale", "test, pending"]
    assert "stale" in stage.node("train").classes.split()
    assert stage.node("train").data["label"] == "△ train\ncompleted · stale"
    assert "1 stale" in stage.html
    assert (dict(stage.node("load").data), stage.node("load").classes) == before
    stage.mark()
    assert "stale" not in stage.html
    assert "stale" not in stage.node("train").classes.split()


def test_a_collapsed_stage_says_how_many_of_its_steps_are_stale() -> None:
    stage = Stage(*STAGED)
    stage.click("title:first")
    stage.mark(a="code changed", b="runs if a gives other outputs")
    assert stage.node("stage:first").data["label"].endswith("0 of 2 · 2 stale")


def test_a_large_graph_shows_marks_in_its_picture() -> None:
    stage = Stage(*_many(301, 0))
    stage.mark(s7="code changed")
    assert "s7, pending, stale (code changed)" in stage.html


def _change(lines: int) -> Change:
    old = code_part("helper", "clean_text", "x = 1")
    new = code_part("helper", "clean_text", "\n".join(f"x = '{EVIL}{n}'" for n in range(lines)))
    return Change("helper", "clean_text", old, new)


@pytest.mark.parametrize(("lines", "opened"), [(3, True), (30, False)])
def test_details_tell_the_reasons_with_diffs_the_long_ones_folded(
    stage: Stage, lines: int, opened: bool
) -> None:
    stage.source.changes = (_change(lines),)
    stage.start()
    stage.play(ev.StepDecided("load", "run", ("helper clean_text changed", "forced")))
    stage.click("load")
    assert ("<details open><summary>helper clean_text changed" in stage.html) is opened
    assert f'<span class="added">+x = &#x27;{escape(EVIL)}' in stage.html
    assert "<div>forced</div>" in stage.html
    assert EVIL not in stage.html


def test_reasons_are_read_for_the_selected_step_alone_and_once_for_each_decision_or_mark(
    stage: Stage,
) -> None:
    stage.start()
    for step in ("load", "train"):
        stage.play(ev.StepDecided(step, "run", ("code changed",)))
    assert stage.source.asked == []
    stage.click("load")
    stage.play(ev.AttemptStarted("load", 1, 7, "host"))
    stage.play(ev.StepEnded("load", Status.COMPLETED))
    assert stage.source.asked == ["load"]
    stage.source.reasons = ("helper clean_text changed",)
    stage.mark(load="helper clean_text changed")
    assert stage.source.asked == ["load", "load"]
    assert "helper clean_text changed" in stage.html


def test_a_click_on_a_stages_title_collapses_it_and_one_on_its_node_opens_it() -> None:
    stage = Stage(*STAGED)
    stage.click("title:first")
    assert {node.data["id"] for node in stage.canvas.graph.nodes} == {"stage:first", "c"}
    assert stage.listed == ["a, pending", "b, pending", "c, pending"]
    stage.click("stage:first")
    assert {"a", "b", "c", "title:first"} <= {node.data["id"] for node in stage.canvas.graph.nodes}


def test_the_stages_button_collapses_all_and_opens_all() -> None:
    stage = Stage(*STAGED)
    stage.button("Collapse stages").click()
    assert {node.data["id"] for node in stage.canvas.graph.nodes} == {"stage:first", "c"}
    stage.button("Expand stages").click()
    assert "a" in {node.data["id"] for node in stage.canvas.graph.nodes}


def nested(*names: str) -> RunView:
    return RunView("n", "other", steps={name: StepView(name, ev.PlannedStep(name)) for name in names})


def test_a_step_that_is_a_pipeline_is_unfolded_in_the_graph_and_folded_again() -> None:
    """By what stands in its node, by a button of the list, and by one for all; its steps can be selected."""
    prep = ev.PlannedStep("prep", options=StepOptions(pipeline="other.ipynb"))
    stage = Stage(prep, planned("fit", {"df": "prep"}))
    stage.source.nested["other.ipynb"] = nested("load", "clean")

    def drawn() -> set[str]:
        return {node.data["id"] for node in stage.canvas.graph.nodes}

    assert "unfoldable" in stage.node("prep").classes
    fold, every = stage.all("ToggleButton")[0], stage.button("Unfold pipelines")
    turns: tuple[Callable[[], None], ...] = (
        lambda: stage.click("fold:prep"),
        lambda: fold.set_trait("value", not fold.value),
        every.click,
    )
    for turn in turns:
        turn()
        assert {"prep", "prep[load]", "prep[clean]", "head:prep", "fit"} <= drawn()
        assert stage.listed[:3] == ["prep, pending", "prep[load], pending", "prep[clean], pending"]
        assert [each.value for each in stage.all("ToggleButton")] == [True]
        turn()
        assert drawn() == {"prep", "fold:prep", "fit"}
    stage.click("fold:prep")
    stage.source.nested["other.ipynb"].steps["load"].status = Status.RUNNING
    stage.play(ev.RunStarted("study", "1.0.0", stage.steps))
    assert "running" in stage.node("prep[load]").classes
    stage.click("prep[load]")
    assert stage.selected == ["prep[load]"]
    assert "prep[load]" in stage.html
    stage.click("fold:prep")
    assert stage.selected == []


def test_of_very_many_steps_of_a_pipeline_there_is_a_picture_and_a_button_folds_it() -> None:
    stage = Stage(ev.PlannedStep("prep", options=StepOptions(pipeline="other.ipynb")))
    stage.source.nested["other.ipynb"] = nested(*(f"s{number}" for number in range(500)))
    stage.button("Unfold pipelines").click()
    assert not stage.all("CytoscapeWidget")
    assert "s499" in stage.pane.children[0].value
    stage.button("Fold pipelines").click()
    assert stage.node("prep")


def test_a_pipeline_without_stages_has_no_stages_button(stage: Stage) -> None:
    assert stage.button("Collapse stages").layout.display == "none"
    assert stage.button("Unfold pipelines").layout.display == "none"


def test_zoom_changes_the_canvas_size_and_not_the_positions(stage: Stage) -> None:
    before, width = [dict(node.position) for node in stage.canvas.graph.nodes], stage.canvas.layout.width
    stage.button("+").click()
    assert float(stage.canvas.layout.width[:-2]) > float(width[:-2])
    assert [dict(node.position) for node in stage.canvas.graph.nodes] == before


def _many(count: int, stages: int) -> tuple[ev.PlannedStep, ...]:
    return tuple(
        planned(f"s{i}", {"x": f"s{i - 1}"} if i else {}, stage=f"g{i * stages // count}" if stages else None)
        for i in range(count)
    )


def test_more_than_300_steps_open_with_their_stages_collapsed() -> None:
    stage = Stage(*_many(301, 7))
    assert [node.data["id"] for node in stage.canvas.graph.nodes] == [f"stage:g{i}" for i in range(7)]
    (field,) = stage.all("Combobox")
    assert len(field.options) == 301
    field.value = "s7"
    assert "<b>s7</b>" in stage.html


def test_a_large_graph_without_stages_is_a_picture_with_every_step() -> None:
    stage = Stage(*_many(301, 0))
    assert stage.all("CytoscapeWidget") == []
    assert "s300" in stage.html
    stage.start()
    stage.play(ev.StepEnded("s0", Status.FAILED, "no"), ev.RunEnded(Status.FAILED))
    assert "s0, failed" in stage.html


def test_replace_lays_out_again_only_when_the_steps_differ(stage: Stage) -> None:
    canvas = stage.canvas
    same = RunView("r2", "study", steps={s.name: StepView(s.name, s) for s in (LOAD, TRAIN, TEST)})
    stage.shown.replace(same)
    assert stage.canvas is canvas
    stage.shown.replace(RunView("r3", "study", steps={"load": StepView("load", LOAD)}))
    assert [node.data["id"] for node in stage.canvas.graph.nodes] == ["load"]
    stage.shown.settle()
    assert stage.listed == ["load, pending"]


def test_an_edge_that_only_the_run_shows_is_drawn_in_the_graph_that_is_there() -> None:
    steps = (LOAD, planned("change", {"df": "load"}), planned("count", {"df": "load"}))
    stage = Stage(*steps)
    stage.start()
    canvas = stage.canvas
    stage.play(ev.AttemptStarted("change", 1, 7, "host"))
    assert stage.canvas is canvas
    stage.play(
        ev.InputsChanged("change", 1, ("df",)),
        ev.AttemptEnded("change", 1, "completed", "", None, Usage()),
        ev.StepEnded("change", Status.COMPLETED),
        ev.RunEnded(Status.COMPLETED),
    )
    drawn = {(edge.data["source"], edge.data["target"]): edge.classes for edge in stage.canvas.graph.edges}
    assert "observed" in drawn["change", "count"]
    assert ("load", "count") not in drawn


def test_a_graph_that_does_not_fit_beside_the_details_stands_above_them() -> None:
    chain = [LOAD, *(planned(f"step_{n}", {"df": "load" if n == 1 else f"step_{n - 1}"}) for n in (1, 2))]
    stage = Stage(*chain)
    stage.click("load")
    (left,) = (part for part in stage.all("VBox") if stage.pane in part.children)
    basis = float(left.layout.flex.rpartition(" ")[2].removesuffix("px"))
    assert basis == pytest.approx(float(stage.canvas.layout.width.removesuffix("px")), abs=1)


def test_names_are_shown_as_text() -> None:
    stage = Stage(planned(EVIL))
    stage.click(EVIL)
    assert EVIL not in stage.html
    assert stage.listed == [f"{EVIL}, pending"]


def test_a_clicked_nodes_data_has_nothing_that_the_canvas_would_show_as_html(stage: Stage) -> None:
    assert stage.canvas.tooltip_source not in stage.node("load").data


def test_updates_from_another_thread_are_coalesced_and_the_last_is_shown(stage: Stage) -> None:
    stage.start()
    stage.play(ev.AttemptStarted("load", 1, 7, "host"))
    labels: list[str] = []
    done = threading.Event()

    def sent(change: dict[str, Any]) -> None:
        labels.append(change["new"]["label"])
        if "100 %" in labels[-1]:
            done.set()

    stage.node("load").observe(sent, "data")
    for count in range(1001):
        apply(ev.Record("r", 10 + count, 200.0, ev.ProgressReported("load", 1, count, 1000)), stage.view)
        stage.shown.update(stage.view)
    assert done.wait(WAIT)
    stage.shown.close()
    assert len(labels) < 200


class _Displays:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from IPython import display

        self.shown: list[dict[str, str]] = []
        self.updates: list[tuple[str, dict[str, str]]] = []
        self.ids: list[str | None] = []
        monkeypatch.setattr(display, "display", self._display)
        monkeypatch.setattr(display, "update_display", self._update)

    def _display(self, bundle: dict[str, str], *, raw: bool, display_id: str | None = None) -> None:
        self.shown.append(bundle)
        self.ids.append(display_id)

    def _update(self, bundle: dict[str, str], *, raw: bool, display_id: str) -> None:
        self.updates.append((display_id, bundle))


def test_show_displays_the_live_widget_and_after_it_the_still(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    displays = _Displays(monkeypatch)
    stage.shown.show()
    live, still = displays.shown
    assert live["application/vnd.jupyter.widget-view+json"]
    assert live["text/html"] == ""
    assert "jupyter-pipes-static" in still["text/html"]
    assert "load, pending" in still["text/plain"]


def test_the_still_shows_the_last_statuses_when_the_run_has_ended(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    displays = _Displays(monkeypatch)
    stage.shown.show()
    stage.start()
    stage.play(ev.StepEnded("load", Status.COMPLETED), ev.RunEnded(Status.COMPLETED))
    display_id, bundle = displays.updates[-1]
    assert display_id == displays.ids[1]
    assert "load, completed" in bundle["text/plain"]
    assert "Pipeline study: completed" in bundle["text/plain"]
    stage.mark(load="code changed")
    assert "load, completed, stale  code changed" in displays.updates[-1][1]["text/plain"]
    assert "<li>load, completed, stale</li>" in displays.updates[-1][1]["text/html"]


def test_what_waits_for_approval_is_shown_with_buttons_that_answer() -> None:
    answers: list[tuple[str, bool, str]] = []

    def answer(step: str, approved: bool, reason: str) -> None:
        answers.append((step, approved, reason))

    stage = Stage(planned("load"), planned("publish", {"x": "load"}), on_answer=answer)
    stage.start()
    assert "Approve" not in _descriptions(stage)
    stage.play(ev.StepEnded("load", Status.COMPLETED), ev.GateReached("publish", f"Look {EVIL}"))
    bar = next(part for part in stage.all("HTML") if "waits for approval since" in part.value)
    assert EVIL not in bar.value
    assert "waits for approval of publish" in stage.html
    next(part for part in stage.all("Text") if part.placeholder.startswith("why")).value = " fine "
    stage.button("Approve").click()
    stage.button("Refuse").click()
    assert answers == [("publish", True, "fine"), ("publish", False, "fine")]
    stage.play(ev.GateAnswered("publish", True, "anna"))
    assert "Approve" not in _descriptions(stage)


def _descriptions(stage: Stage) -> list[str]:
    return [button.description for button in stage.all("Button")]
