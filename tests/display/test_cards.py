"""Rules of the cards below step cells: text stays text, deliberate HTML stays HTML, nothing is left out."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.display import cards, outputs
from jupyter_pipes.display import html as pieces
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.results import ArtifactRef, StepError, Usage
from jupyter_pipes.model.shown.series import MetricPoint, Series
from jupyter_pipes.model.steps import Diagnostic, ParameterSpec, Status, Step, StepOptions
from jupyter_pipes.model.views import AttemptView, Progress, RunView, StepView
from jupyter_pipes.pipelines.parameters import Parameter

EVIL = "<script>alert(1)</script>"
PLAN = ev.PlannedStep("train", reads={"df": "load"}, writes=("model",))


def view_of(*facts: ev.AnyEvent) -> RunView:
    started = ev.RunStarted("study", "1.0.0", (PLAN,))
    return fold("r", [ev.Record("r", seq, 100.0 + seq, fact) for seq, fact in enumerate((started, *facts))])


def output(**data: Any) -> outputs.Output:
    types = {"png": "image/png", "svg": "image/svg+xml", "html": "text/html", "text": "text/plain"}
    types |= {"markdown": "text/markdown", "latex": "text/latex", "json": "application/json"}
    return {"data": {types[kind]: value for kind, value in data.items()}, "metadata": {}}


def body(bundle: dict[str, str]) -> str:
    """Return a card's HTML without its style sheets."""
    return re.sub(r"<style>.*?</style>", "", bundle["text/html"], flags=re.DOTALL)


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("img", "circle", "polyline", "br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("circle", "polyline"):
            assert self.open.pop() == tag


def assert_balanced(html: str) -> None:
    parser = _Balance()
    parser.feed(html)
    assert parser.open == []


STARTED = ev.AttemptStarted("train", 1, 7, "host")
ENDED = ev.AttemptEnded("train", 1, "completed", usage=Usage(1.25))


def test_a_definition_card_says_what_is_read_from_where_what_is_written_and_what_is_wrong() -> None:
    step = Step(
        "train",
        1,
        "",
        "cell 3",
        reads={"df": "load", "rows": "params"},
        writes=("model",),
        options=StepOptions(after=("mail",)),
    )
    problem = Diagnostic("JP004", "`x` is bound nowhere; define it in an earlier cell", "train", 7)
    bundle = cards.definition_card(step, [problem])
    for form in (body(bundle), bundle["text/plain"]):
        for said in ("train", "df", "from load", "rows", "a parameter", "model", "JP004", "line 7"):
            assert said in form
    assert "mail" in body(bundle)
    assert_balanced(body(bundle))


def test_a_stale_step_says_stale_and_why() -> None:
    bundle = cards.definition_card(Step("train", 1, "", "cell 3"), stale="input df of load changed")
    for form in (body(bundle), bundle["text/plain"]):
        assert "stale" in form
        assert "input df of load changed" in form


def test_what_a_run_left_says_stale_and_why_in_the_line_of_its_status() -> None:
    view = view_of(
        ev.StepDecided("train", "run", ("code changed",)),
        STARTED,
        ENDED,
        ev.StepEnded("train", Status.COMPLETED),
    )
    bundle = cards.step_card(view, "train", [], "", stale=f"helper {EVIL} changed")
    line = re.search(r'<div class="line">(.*?)</div>', body(bundle))
    assert line is not None
    assert re.sub(r"<[^>]*>", " ", line[1]).split()[:6] == ["train", "✓", "completed", "1.2", "s", "△"]
    assert "alert(1)" in line[1]
    assert EVIL not in body(bundle)
    assert "code changed" not in body(bundle)
    assert bundle["text/plain"].startswith(f"train, completed, stale  1.2 s  helper {EVIL} changed")
    assert_balanced(body(bundle))


@pytest.mark.parametrize(
    ("decision", "ended", "said"),
    [
        ("run", Status.COMPLETED, "helper clean_text changed; parameter lr 0.1 → 0.2"),
        ("cached", Status.CACHED, "nothing changed since run r0"),
    ],
)
def test_a_card_says_why_its_step_ran_or_not(decision: Any, ended: Status, said: str) -> None:
    reasons = tuple(said.split("; "))
    view = view_of(
        ev.StepDecided("train", decision, reasons),
        ev.StepEnded("train", ended, said if decision == "cached" else ""),
    )
    bundle = cards.step_card(view, "train", [], "")
    assert body(bundle).count(f">{said}<") == 1
    assert said in bundle["text/plain"]


def test_problems_are_shown_even_when_there_is_no_step() -> None:
    assert "JP001" in body(cards.definition_card(None, [Diagnostic("JP001", "no name")]))


def test_a_params_card_lists_declarations_with_their_help() -> None:
    spec = ParameterSpec("rows", "int", "100_000", "rows to load")
    bundle = cards.params_card([Parameter(int, 100_000, spec=spec)])
    for form in (body(bundle), bundle["text/plain"]):
        for said in ("rows", "int", "100_000", "rows to load"):
            assert said in form


def test_every_kind_of_output_is_in_the_card() -> None:
    outputs = [
        output(png=base64.b64encode(b"png").decode(), text="<Figure>"),
        output(svg="<svg/>"),
        output(html="<table id='mine'></table>", text="table"),
        output(markdown=f"**bold** {EVIL}"),
        output(latex="$x < y$"),
        output(json={"a": [1]}),
        output(text=f"Model({EVIL})"),
    ]
    html = body(cards.step_card(view_of(STARTED, ENDED), "train", outputs, ""))
    for said in (
        f'src="data:image/png;base64,{base64.b64encode(b"png").decode()}"',
        f'src="data:image/svg+xml;base64,{base64.b64encode(b"<svg/>").decode()}"',
        "<table id='mine'></table>",
        "<strong>bold</strong>",
        "$x &lt; y$",
        "&quot;a&quot;",
        "Model(&lt;script&gt;",
    ):
        assert said in html
    assert EVIL not in html
    assert "&lt;Figure&gt;" not in html
    assert_balanced(html)


def test_an_images_size_is_kept() -> None:
    shown = outputs.bundle_html(
        {"data": {"image/png": "AA=="}, "metadata": {"image/png": {"width": 300, "height": "x"}}}
    )
    assert 'width="300"' in shown
    assert "height" not in shown


def test_text_given_as_lines_is_joined() -> None:
    assert "ab" in outputs.bundle_html({"data": {"text/plain": ["a", "b"]}, "metadata": {}})


def test_all_text_from_a_step_is_text() -> None:
    view = view_of(
        STARTED,
        ev.ProgressReported("train", 1, 3, 10, EVIL),
        ev.MetricReported("train", 1, EVIL, EVIL),
        ev.NoteAdded("train", 1, EVIL),
        ev.ArtifactStored("train", 1, ArtifactRef(EVIL, "d", EVIL, 1, "p", preview=EVIL)),
        ev.AttemptEnded("train", 1, "failed", EVIL, StepError(EVIL, EVIL, EVIL, 3)),
        ev.StepEnded("train", Status.FAILED, EVIL),
    )
    html = body(cards.step_card(view, "train", [], EVIL))
    assert EVIL not in html
    assert "alert(1)" in html
    assert_balanced(html)


def test_a_failed_step_shows_error_line_traceback_and_what_was_there() -> None:
    trace = "Cell In[3], line 12\n\x1b[31mValueError\x1b[0m: no rows"
    error = StepError("ValueError", "no rows", trace, line=12)
    view = view_of(
        STARTED,
        ev.AttemptEnded("train", 1, "failed", "no rows", error, Usage(2)),
        ev.StepEnded("train", Status.FAILED, "no rows"),
    )
    bundle = cards.step_card(view, "train", [], "reading\n")
    for said in (
        "failed",
        "2.0 s",
        "no rows",
        "line 12",
        '<span class="ansi31">ValueError</span>',
        "reading",
    ):
        assert said in body(bundle)
    assert "ValueError: no rows (line 12)" in bundle["text/plain"]


def test_artifacts_show_name_type_shape_and_size() -> None:
    ref = ArtifactRef("df", "d", "pandas.DataFrame", 3482, "p", (1000, 8))
    html = body(cards.step_card(view_of(STARTED, ev.ArtifactStored("train", 1, ref), ENDED), "train", [], ""))
    for said in ("df", "DataFrame", "1,000", "3.4 KiB"):
        assert said in html


def test_a_cached_step_shows_the_attempt_that_it_is_given() -> None:
    earlier = view_of(STARTED, ev.MetricReported("train", 1, "auc", 0.91), ENDED)
    view = view_of(ev.StepEnded("train", Status.CACHED, "nothing changed"))
    html = body(cards.step_card(view, "train", [], "", shown=earlier.steps["train"].latest))
    assert "cached" in html
    assert "0.91" in html


def test_the_progress_bars_line_is_there_in_every_state() -> None:
    for view in (
        view_of(),
        view_of(STARTED, ev.ProgressReported("train", 1, 3, 10)),
        view_of(STARTED, ENDED),
    ):
        assert body(cards.step_card(view, "train", [], "", now=103.0)).count('class="track') == 1


def test_a_metric_series_has_a_plot_with_its_range_in_words() -> None:
    svg = pieces.sparkline(Series.of(MetricPoint(None, value) for value in (3.0, 1.0, 2.0)))
    assert 'aria-label="3 values from 3 to 2, lowest 1, highest 3"' in svg


@pytest.mark.parametrize(
    "values", [[1.0], [], ["NaN", "Infinity"], [float("nan"), 2.0], [True, "text"]], ids=str
)
def test_what_is_no_series_of_numbers_has_no_plot(values: list[Any]) -> None:
    assert pieces.sparkline(Series.of(MetricPoint(None, value) for value in values)) == ""


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20))
def test_any_numbers_make_a_plot_without_nan_in_it(values: list[float]) -> None:
    svg = pieces.sparkline(Series.of(MetricPoint(float(place), value) for place, value in enumerate(values)))
    assert "nan" not in re.sub(r'aria-label="[^"]*"|<title>.*?</title>', "", svg)


def test_only_the_tail_of_an_endless_line_is_shown() -> None:
    assert len(pieces.log_html("x" * 1_000_000)) < 100_000


@pytest.mark.parametrize(
    ("types", "needed"),
    [
        (["application/vnd.vegalite.v5+json", "text/plain"], True),
        (["application/vnd.plotly.v1+json", "text/html"], True),
        (["application/vnd.jupyter.widget-view+json"], True),
        (["application/javascript"], True),
        (["application/geo+json"], True),
        (["application/vnd.dataresource+json", "text/html"], False),
        (["text/html", "image/png", "text/plain"], False),
    ],
)
def test_which_bundles_need_a_front_ends_own_renderer(types: list[str], needed: bool) -> None:
    assert outputs.needs_renderer(dict.fromkeys(types, "")) is needed


def test_a_card_names_outputs_in_its_text_form() -> None:
    text = cards.step_card(view_of(STARTED, ENDED), "train", [output(text="Ridge()")], "log\n")["text/plain"]
    assert text.splitlines() == ["train, running  1.2 s", "log", "Ridge()"]


@pytest.mark.parametrize("status", Status)
def test_what_is_under_way_says_since_when_there_is_no_news_of_it(status: Status) -> None:
    """It appears when the page gets no more of it; what waits is renewed each minute only."""
    words = pieces.silence_html(status, 3.0)
    assert bool(words) != status.is_final
    if words:
        assert f"{status} at " in words
        assert "no news since: %pipeline status" in words
        assert (pieces.silence_html(status, 4.0) == words) == (status is not Status.RUNNING)


def test_a_step_that_is_right_and_not_run_says_so_with_the_line_that_runs_it() -> None:
    step = Step("train", 1, "", "cell 3", writes=("model",))
    html = body(cards.definition_card(step))
    assert "defined, not run yet" in html
    assert "<code>%pipeline run</code>" in html
    wrong = body(cards.definition_card(step, [Diagnostic("JP001", "no name", severity="error")]))
    assert "not run yet" not in wrong


def test_what_a_step_reads_and_is_warned_of_stays_after_its_run() -> None:
    planned = ev.PlannedStep("train", reads={"df": "load", "rows": "params"})
    warning = Diagnostic("JP012", "is changed elsewhere", severity="warning", step="train")
    view = RunView("r", "p", steps={"train": StepView("train", planned, Status.COMPLETED)})
    view.diagnostics = (warning, Diagnostic("JP013", "of another", severity="warning", step="load"))
    html = body(cards.step_card(view, "train", [], ""))
    for said in ("from load", "a parameter", "JP012", "is changed elsewhere"):
        assert said in html
    assert "JP013" not in html


def test_what_hangs_on_a_step_above_may_be_stale_and_is_drawn_lighter() -> None:
    view = RunView("r", "p", steps={"train": StepView("train", ev.PlannedStep("train"), Status.COMPLETED)})
    html = body(cards.step_card(view, "train", [], "", stale="runs if load gives other outputs"))
    assert "may be stale" in html
    assert 'class="status maybe"' in html
    sure = body(cards.step_card(view, "train", [], "", stale="code changed"))
    assert "may be" not in sure
    assert "maybe" not in sure


def test_a_cached_step_says_what_time_that_saved() -> None:
    view = RunView("r", "p", steps={"train": StepView("train", ev.PlannedStep("train"), Status.CACHED)})
    shown = AttemptView(1, Status.COMPLETED, usage=Usage(63.0))
    assert "1 min 03 s saved" in body(cards.step_card(view, "train", [], "", shown=shown))


@pytest.mark.parametrize(
    ("progress", "before", "said"),
    [
        (None, 0.0, ""),
        (None, 100.0, "about 1 min 30 s left"),
        (None, 4.0, "4.0 s last time"),
        (Progress(1, 4), 0.0, "about 30.0 s left"),
    ],
)
def test_a_running_step_says_what_it_takes_yet(progress: Progress | None, before: float, said: str) -> None:
    """By its progress if it tells that, else by the last time."""
    attempt = AttemptView(1, Status.RUNNING, started=100.0, progress=progress)
    step = StepView("train", ev.PlannedStep("train"), Status.RUNNING, attempts=[attempt])
    html = body(
        cards.step_card(RunView("r", "p", steps={"train": step}), "train", [], "", now=110.0, before=before)
    )
    assert said in html
    assert (" left" in html or "last time" in html) == bool(said)


def test_what_a_cells_header_tells_as_well_can_be_left_out() -> None:
    view = RunView("r", "p", steps={"train": StepView("train", ev.PlannedStep("train"), Status.COMPLETED)})
    html = body(cards.step_card(view, "train", [], "", stale="code changed"))
    line = re.search(r'<div class="line">(.*?)</div>', html)
    assert line is not None
    assert re.sub(r'<span class="told">.*?(?=<span class="told">|$)', "", line[1]) == ""
