"""The live widget as it is on the screen of a real JupyterLab, live and in a saved notebook."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from lab import REST, Lab, LabPage
from playwright.sync_api import Locator, ViewportSize, expect

from jupyter_pipes.kernel.widget.widget import pane_layout
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.steps import StepOptions

DATA = {"options": StepOptions(stage="data"), "writes": ("df",)}
BEHIND_BOLD = StepOptions(after=("<b>bold</b>",))
STEPS = (
    ev.PlannedStep("load", **DATA),
    ev.PlannedStep("clean", upstream=("load",), reads={"df": "load"}, **DATA),
    ev.PlannedStep("<b>bold</b>", upstream=("clean",), reads={"df": "clean"}, writes=("model",)),
    ev.PlannedStep("report", upstream=("<b>bold</b>",), options=BEHIND_BOLD),
)

SETUP = f"""
import msgspec, threading, time
from jupyter_pipes.model import events as ev
from jupyter_pipes.planning.explanation import Explanation
from jupyter_pipes.model.results import StepError, Usage
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.kernel.widget.widget import PipelineWidget

steps = msgspec.json.decode({msgspec.json.encode(STEPS)!r}, type=tuple[ev.PlannedStep, ...])

class Source:
    def shown_attempt(self, step):
        return view.steps[step].latest
    def seconds_before(self, step=None):
        return 0.0
    def log_tail(self, step):
        return "\\x1b[31mred words\\x1b[0m <script>window.hacked = 1</script>"
    def preview(self, ref):
        return dict()
    def inside(self, step):
        return None

    def why(self, step):
        return Explanation(step.name, "run", step.decision_reasons)
    def inside(self, step):
        return None

view = RunView("r", "study", steps=dict((step.name, StepView(step.name, step)) for step in steps))
seq = 0
def play(*facts):
    global seq
    for fact in facts:
        apply(ev.Record("r", seq, time.time(), fact), view)
        seq += 1
        widget.update(view)

def run():
    play(ev.RunStarted("study", "1.0.0", steps))
    play(ev.AttemptStarted("load", 1, 7, "host"))

def fail():
    play(ev.AttemptEnded("load", 1, "completed", "", None, Usage(1.5)))
    play(ev.StepEnded("load", Status.COMPLETED))
    error = StepError("ValueError", "no rows", "", 12)
    play(ev.AttemptStarted("clean", 1, 8, "host"))
    play(ev.AttemptEnded("clean", 1, "failed", "no rows", error, Usage(0.5)))
    play(ev.StepEnded("clean", Status.FAILED, "ValueError: no rows"))
    play(ev.RunEnded(Status.FAILED, "clean failed"))

widget = PipelineWidget(
    view,
    source=Source(),
    on_run=lambda: threading.Thread(target=run).start(),
    on_cancel=lambda: threading.Thread(target=fail).start(),
)
widget.show()
"""


PAINTED = """([x, y]) => {
    const canvas = document.querySelector('.jupyter-pipes-live canvas[data-id="layer2-node"]');
    return canvas.getContext('2d').getImageData(x, y, 1, 1).data[3] > 0;
}"""


WIDE: ViewportSize = {"width": 1500, "height": 1000}


class Shown:
    """The widget on a page."""

    def __init__(self, page: LabPage) -> None:
        self.lab = page
        self.root = page.notebook.locator(".jupyter-pipes-live")
        self.still = page.notebook.locator(".jupyter-pipes-static")

    def button(self, name: str) -> Locator:
        return self.root.locator(".jupyter-pipes-buttons").get_by_role("button", name=name)

    def item(self, spoken: str) -> Locator:
        """The step's button, by step and status."""
        return self.lab.listed(spoken)


@pytest.fixture(scope="module")
def opened(lab: Lab) -> Iterator[LabPage]:
    page = lab.open_new("widget", "widget.ipynb", SETUP)
    yield page
    page.close()


@pytest.fixture
def shown(opened: LabPage) -> Shown:
    """A new widget, in place of the one that another test left."""
    opened.page.set_viewport_size(WIDE)
    opened.command("notebook:clear-all-cell-outputs")
    shown = Shown(opened)
    expect(shown.root).to_have_count(0)
    opened.run_all()
    expect(shown.root.locator("canvas").first).to_be_attached(timeout=60_000)
    return shown


def test_run_and_cancel_work_and_statuses_change_in_place(shown: Shown) -> None:
    expect(shown.root).to_contain_text("not started yet")
    expect(shown.button("Cancel")).to_be_disabled()
    canvas = shown.root.locator("canvas").first.element_handle()
    shown.button("Run").click()
    expect(shown.item("load, running")).to_be_attached()
    expect(shown.root).to_contain_text("0 of 4 steps")
    expect(shown.button("Run")).to_be_disabled()
    shown.button("Cancel").click()
    expect(shown.item("clean, failed")).to_be_attached()
    expect(shown.root).to_contain_text("clean failed")
    assert canvas is not None
    assert canvas.evaluate("canvas => canvas.isConnected"), "the graph was built again on a status change"


def test_a_graph_that_shows_nothing_new_asks_for_no_frames(shown: Shown) -> None:
    expect(shown.root.locator("canvas").first).to_be_visible()
    shown.lab.page.evaluate(REST)
    shown.button("Run").click()
    expect(shown.item("load, running")).to_be_attached()
    shown.lab.page.evaluate(REST)


def test_a_step_is_selected_with_the_keyboard_and_its_details_are_text(shown: Shown) -> None:
    shown.button("Run").click()
    expect(shown.item("load, running")).to_be_attached()
    shown.item("load, running").focus()
    shown.lab.page.keyboard.press("Space")
    details = shown.root.locator(".jupyter-pipes-details")
    expect(details.locator(".ansi31")).to_have_text("red words")
    expect(details).to_contain_text("<script>window.hacked = 1</script>")
    assert shown.lab.page.evaluate("window.hacked") is None
    expect(shown.item("<b>bold</b>, pending")).to_be_attached()


def test_a_click_on_a_node_selects_it_also_when_the_canvas_was_moved(shown: Shown) -> None:
    x, y = pane_layout(STEPS).nodes["load"].centre
    shown.lab.wait_for_kernel()
    shown.lab.page.wait_for_function(PAINTED, arg=[x, y])
    canvas = shown.root.locator("canvas").first
    moving = shown.lab.page.add_style_tag(content=".jp-Cell-outputWrapper { padding-top: 57px }")
    canvas.hover()
    canvas.click(position={"x": x, "y": y})
    moving.evaluate("style => style.remove()")
    expect(shown.root.locator(".jupyter-pipes-details")).to_contain_text("writes")
    expect(shown.root.locator(".jupyter-pipes-details")).to_contain_text("load")


def test_a_narrow_window_shows_the_graph_smaller_and_whole_and_clicks_still_meet(shown: Shown) -> None:
    shown.lab.page.set_viewport_size({"width": 560, "height": 900})
    canvas, pane = shown.root.locator("canvas").first, shown.root.locator(".jupyter-pipes-graph")
    layout = pane_layout(STEPS)
    shown.lab.wait_for_kernel()
    pane.hover()
    scrolls = "pane => pane.scrollWidth > pane.clientWidth"
    is_narrow = "([pane, width]) => pane.clientWidth < width"
    shown.lab.page.wait_for_function(is_narrow, arg=[pane.element_handle(), layout.width])
    shown.lab.page.wait_for_function(f"pane => !({scrolls})(pane)", arg=pane.element_handle(), timeout=20_000)
    assert not shown.root.locator(".jupyter-pipes-head").evaluate(scrolls)
    box = canvas.bounding_box()
    assert box is not None
    share = box["width"] / layout.width
    assert share < 1
    x, y = layout.nodes["clean"].centre
    canvas.click(position={"x": x * share, "y": y * share})
    expect(shown.root.locator(".jupyter-pipes-details .name")).to_contain_text("clean")


def test_keys_in_the_widget_are_not_the_notebooks(shown: Shown) -> None:
    """Arrows would move the selected cell, and `r` make it raw."""
    page = shown.lab.page
    shown.button("Run").click()
    shown.item("load, running").focus()
    for key in ("ArrowDown", "r", "ArrowUp", "j"):
        page.keyboard.press(key)
    expect(page.locator(".jp-RawCell")).to_have_count(0)
    expect(page.locator(".jp-CodeCell")).to_have_count(1)
    assert shown.item("load, running").evaluate("button => button === document.activeElement")


def test_after_the_kernels_death_one_line_says_so(shown: Shown, lab: Lab) -> None:
    shown.lab.wait_for_kernel()
    shown.lab.menu("Kernel", "Restart Kernel…")
    shown.lab.page.locator(".jp-Dialog .jp-mod-accept").click()
    shown.lab.wait_for_kernel()
    before = "element => getComputedStyle(element, '::before').display"
    gone = "live => getComputedStyle(live, '::before').content.includes('kernel of this graph has ended')"
    shown.lab.page.wait_for_function(gone, arg=shown.root.element_handle())
    expect(shown.root.locator(".jupyter-pipes-buttons")).to_be_hidden()
    inside = shown.root.locator(".jupyter-widgets-disconnected")
    assert {part.evaluate(before) for part in inside.all() if part.is_visible()} == {"none"}


def test_the_graph_has_lab_colours_in_both_themes(shown: Shown) -> None:
    canvas = shown.root.locator("canvas").first
    assert canvas.evaluate("canvas => getComputedStyle(canvas).filter") == "none"
    shown.lab.dark()
    assert "invert" in str(canvas.evaluate("canvas => getComputedStyle(canvas).filter"))
    ground = "el => getComputedStyle(el).backgroundColor"
    pane = shown.root.locator(".jupyter-pipes-graph")
    assert str(pane.evaluate(ground)) != "rgb(255, 255, 255)"
    shown.lab.light()


def test_a_saved_notebook_shows_the_still_with_the_last_statuses(shown: Shown) -> None:
    shown.button("Run").click()
    expect(shown.item("load, running")).to_be_attached()
    shown.button("Cancel").click()
    expect(shown.item("clean, failed")).to_be_attached()
    expect(shown.still).to_contain_text("clean, failed")
    shown.lab.save()
    shown.lab.reopen()
    expect(shown.still).to_be_visible()
    expect(shown.still.get_by_role("img")).to_be_visible()
    expect(shown.still).to_contain_text("clean, failed")
    expect(shown.lab.notebook.get_by_text("Error displaying widget")).to_be_hidden()
