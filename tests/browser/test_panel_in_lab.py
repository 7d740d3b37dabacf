"""The pipeline in a notebook, in a real JupyterLab: headers, panel, buttons, live edits; no magics typed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from lab import Lab, LabPage, write_notebook
from playwright.sync_api import Locator, Page, expect

CELLS = (
    "import time\n\ndef tidy(xs):\n    return [x for x in xs if x > 3]",
    "%%params\nrows: int = 50",
    "%%step load --stage data\nraw = list(range(rows))",
    "%%step clean --stage data\nclean = tidy(raw)",
    "%%step fit\nfrom jupyter_pipes import current\n"
    "for i in range(400):\n    current.progress(i + 1, 400)\n    time.sleep(1)\nfitted = sum(clean)",
    "extra = fitted * 2",
)


class Panel:
    """The extension's parts in one page."""

    def __init__(self, page: LabPage) -> None:
        self.lab = page
        self.page: Page = page.page
        self.heading = self.page.locator(".jp-pipes-heading")

    def header(self, step: str) -> Locator:
        """The header of a step's cell."""
        return self.page.locator(f".jp-pipes-header:has(.jp-pipes-name:text-is('{step}'))")

    def button(self, name: str) -> Locator:
        """A button of the notebook's toolbar."""
        return self.page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name=name, exact=True)

    def node(self, step: str) -> Locator:
        """What stands for a node of the graph beside the canvas."""
        return self.page.locator(".jp-pipes-graph li button", has_text=re.compile(f"^{step}, "))

    def edit(self, cell: int) -> None:
        """Put the cursor at the end of a cell."""
        self.page.locator(".jp-Notebook-cell").nth(cell).locator(".cm-content").click()
        self.page.keyboard.press("Control+End")

    def show(self) -> None:
        """Open the panel."""
        self.page.locator("[data-id=jp-pipes-panel]").first.click()


@pytest.fixture
def panel(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Panel]:
    """A notebook with three steps that no cell was run of, and the panel."""
    page = lab.open_new(request.node.name, "train.ipynb", *CELLS, is_new=True)
    shown = Panel(page)
    shown.show()
    expect(shown.header("fit")).to_contain_text("pending")
    yield shown
    page.close()


def test_a_run_is_watched_stopped_and_found_again_behind_a_reload(panel: Panel) -> None:
    panel.button("Run pipeline").click()
    expect(panel.header("load")).to_contain_text("completed")
    expect(panel.header("fit")).to_contain_text("%")
    expect(panel.node("fit")).to_contain_text("fit, running")
    expect(panel.page.locator(".jp-pipes-statusbar")).to_contain_text("2/3 · fit")
    expect(panel.heading).to_contain_text("rows=50")
    panel.lab.save()
    panel.page.reload()
    expect(panel.header("fit")).to_contain_text("running")
    panel.button("Stop").click()
    expect(panel.header("fit")).to_contain_text("cancelled")
    expect(panel.button("Run pipeline")).to_be_enabled()


def test_buttons_answer_while_a_cell_runs(panel: Panel) -> None:
    panel.edit(0)
    panel.page.keyboard.press("Escape")
    panel.page.keyboard.press("a")
    panel.page.keyboard.press("Enter")
    panel.page.keyboard.type("import time; time.sleep(600)")
    panel.page.keyboard.press("Control+Enter")
    expect(panel.page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(1)
    panel.button("Run pipeline").click()
    expect(panel.header("fit")).to_contain_text("running")
    panel.button("Stop").click()
    expect(panel.header("fit")).to_contain_text("cancelled")
    expect(panel.page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(1)


def test_a_plain_cell_is_made_a_step_named_by_what_it_writes(panel: Panel) -> None:
    panel.edit(5)
    panel.page.keyboard.press("Escape")
    panel.page.locator(".jp-cell-toolbar").get_by_role("button", name="Make this a step").click()
    expect(panel.header("extra")).to_contain_text("pending")
    expect(panel.node("extra")).to_be_attached()
    # The name is selected: what is typed takes its place.
    panel.page.keyboard.type("double")
    expect(panel.header("double")).to_contain_text("pending")


GATED = (
    "%load_ext jupyter_pipes",
    "%%step load\nx = 1",
    "%%step publish --gate 'Look at <b>x</b>'\ny = x",
    "%pipeline run --force publish",
)
OPEN = "async path => { await window.jupyterapp.commands.execute('docmanager:open', { path }); }"


def test_a_step_waits_until_it_is_approved_in_the_panel_or_above_the_live_graph(
    lab: Lab, request: pytest.FixtureRequest
) -> None:
    """Also while the cell that started the run waits for it; what was refused is asked for again.

    While another document is in front, a notification tells of it, and leads there or approves.
    """
    page = lab.open_new(request.node.name, "gated.ipynb", *GATED)
    panel = Panel(page)
    panel.show()
    expect(panel.header("publish")).to_contain_text("pending")
    notes = lab.folder_of(request.node.name) / "notes.txt"
    notes.touch()
    panel.page.evaluate(OPEN, notes.relative_to(lab.folder).as_posix())
    expect(page.notebook).to_be_hidden()
    run = panel.heading.get_by_role("button", name="Run pipeline", exact=True)
    run.click()
    told = panel.page.locator(".Toastify__toast", has_text="publish waits for approval: Look at <b>x</b>")
    told.get_by_role("button", name="Show").click()
    expect(page.notebook).to_be_visible()
    asked = panel.page.locator(".jp-pipes-gate")
    expect(asked).to_contain_text("Look at <b>x</b>")
    expect(panel.heading).to_contain_text("waits for approval of publish")
    expect(panel.header("publish")).to_contain_text("waits for approval: Look at")
    asked.get_by_role("textbox").fill("too early")
    asked.get_by_role("button", name="Refuse publish").click()
    expect(panel.header("publish")).to_contain_text("refused by")
    expect(asked).to_have_count(0)
    panel.page.evaluate(OPEN, notes.relative_to(lab.folder).as_posix())
    run.click()
    told.get_by_role("button", name="Approve").click()
    expect(panel.heading).to_contain_text("2 of 2 steps")
    expect(told).to_have_count(0)
    panel.page.evaluate(OPEN, f"{notes.parent.name}/gated.ipynb")
    page.run_all()
    live = panel.page.locator(".jupyter-pipes-gates")
    expect(live).to_contain_text("Look at <b>x</b>")
    live.get_by_role("button", name="Approve").click()
    expect(panel.header("publish")).to_contain_text("completed")
    expect(live).to_be_hidden()
    page.close()


MAPPED = (
    '%%step score --map "k in range(3)"\nauc = k / 2',
    "%%step prep --pipeline other.ipynb --out df",
    "%%step last\nout = 1",
)
OTHER = ("%%step load\nraw = [1, 2]", "%%step clean\ndf = raw[1:]")


def test_maps_and_other_pipelines_show_their_counts_and_open_also_behind_a_run_without_them(
    lab: Lab, request: pytest.FixtureRequest
) -> None:
    page = lab.open_new(request.node.name, "mapped.ipynb", *MAPPED)
    write_notebook(lab.folder_of(request.node.name) / "other.ipynb", *OTHER)
    panel = Panel(page)
    panel.show()
    run = panel.heading.get_by_role("button", name="Run pipeline", exact=True)
    run.click()
    expect(panel.heading).to_contain_text("3 of 3 steps")
    # Only this step runs now: the others stand as they are kept.
    panel.edit(2)
    panel.header("last").get_by_role("button", name="Run step", exact=True).click()
    expect(panel.header("last")).to_contain_text("cached")
    page.page.get_by_role("tab", name="Steps", exact=True).click()
    sheet = page.page.locator(".jp-pipes-sheet")
    for name, rows in (("Elements of score: 3/3", "score[2]"), ("Steps of other.ipynb: 2/2", "clean")):
        page.page.get_by_role("button", name=name).click()
        expect(sheet).to_contain_text(rows)
        expect(sheet).to_contain_text("completed")
        page.page.keyboard.press("Escape")
    page.page.get_by_role("tab", name="Timeline", exact=True).click()
    expect(page.page.get_by_role("rowheader", name="last")).to_be_visible()
    page.page.get_by_role("tab", name="Graph", exact=True).click()
    graph = page.page.get_by_role("list", name="Graph:")
    prep = graph.get_by_role("button", name=re.compile("^prep,"))
    clean = graph.get_by_role("button", name=re.compile(r"^prep\[clean\], completed"))
    expect(prep).to_have_attribute("aria-expanded", "false")
    prep.press("+")
    expect(clean).to_be_attached()
    expect(prep).to_have_attribute("aria-expanded", "true")
    expect(prep).to_be_focused()
    # The tab is drawn anew, and remembers.
    page.page.get_by_role("tab", name="Steps", exact=True).click()
    page.page.get_by_role("tab", name="Graph", exact=True).click()
    expect(clean).to_be_attached()
    prep.press("-")
    expect(clean).to_have_count(0)
    page.close()


TWO = (
    "%pipeline use daily",
    "%%params\ndays: int = 1",
    "%%step load\nxs = [0] * days",
    "%pipeline use monthly",
    "%%params\ndays: int = 30",
    "%%step load --gate 'go on?'\nxs = [0] * days",
    "len(xs)",
)


def test_of_several_pipelines_the_panel_shows_the_chosen_one_and_follows_the_cell(
    lab: Lab, request: pytest.FixtureRequest
) -> None:
    """Buttons mean what is shown; runs of two go on at once, and each cell shows its own."""
    page = lab.open_new(request.node.name, "two.ipynb", *TWO)
    panel = Panel(page)
    panel.show()
    choice = panel.heading.get_by_label("Pipeline that is shown")
    expect(choice.get_by_role("option")).to_have_text(["daily", "monthly"])
    daily, monthly = panel.header("load").first, panel.header("load").last
    expect(monthly).to_contain_text("pending")
    run = panel.heading.get_by_role("button", name="Run pipeline", exact=True)
    choice.select_option("monthly")
    run.click()
    expect(monthly).to_contain_text("waits for approval")
    expect(panel.heading).to_contain_text("days=30")
    expect(daily).to_contain_text("pending")
    panel.edit(2)
    expect(panel.heading).to_contain_text("not started yet")
    run.click()
    expect(daily).to_contain_text("completed")
    expect(panel.heading).to_contain_text("days=1")
    expect(panel.page.locator(".jp-pipes-statusbar")).to_contain_text("daily: 1/1")
    choice.select_option("monthly")
    panel.page.locator(".jp-pipes-gate").get_by_role("button", name="Approve load").click()
    expect(monthly).to_contain_text("completed")
    # A cell that wants a name is told of the pipeline that it stands in, whichever is shown.
    choice.select_option("daily")
    panel.edit(6)
    panel.page.keyboard.press("Control+Enter")
    panel.page.get_by_role("button", name="Get it").click()
    panel.page.get_by_role("button", name="Run the cell again").click()
    expect(panel.page.locator(".jp-OutputArea-output", has_text=re.compile("^30$"))).to_be_visible()
    page.close()
