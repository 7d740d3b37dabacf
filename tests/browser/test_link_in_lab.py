"""What a notebook shows of its pipeline over restarts, reloads, tabs and busy kernels, in Lab."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from lab import Lab, LabPage, write_notebook
from playwright.sync_api import Locator, Page, Route, expect

from jupyter_pipes import Pipeline, RunFailed
from tests.waiting import until

CELLS = (
    "%%params\nrows: int = 5",
    "%%step load\nraw = list(range(rows))",
    "%%step fit\nfitted = 1 / (len(raw) - 5)",
)


class Shown:
    """The extension's parts in one page."""

    def __init__(self, page: LabPage) -> None:
        self.lab, self.page = page, page.page
        self.page.locator("[data-id=jp-pipes-panel]").first.click()
        self.heading = self.page.locator(".jp-pipes-heading")

    def header(self, step: str) -> Locator:
        """The header of a step's cell."""
        return self.page.locator(f".jp-pipes-header:has(.jp-pipes-name:text-is('{step}'))")

    def run(self) -> None:
        """Push the button in the notebook's toolbar."""
        toolbar = self.page.locator(".jp-NotebookPanel-toolbar:visible")
        toolbar.get_by_role("button", name="Run pipeline", exact=True).click()


@pytest.fixture
def notebook(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A notebook whose last run, in another process, failed in its second step."""
    folder = lab.folder / re.sub(r"\W", "_", request.node.name)
    folder.mkdir()
    path = write_notebook(folder / "train.ipynb", *CELLS)
    with pytest.raises(RunFailed):
        Pipeline.from_notebook(path).run()
    yield path
    lab.end_kernels(folder)


def test_the_last_run_is_shown_without_a_kernel(lab: Lab, notebook: Path) -> None:
    content = nbformat.read(notebook, as_version=4)
    content.metadata["kernelspec"]["name"] = "not-there"
    nbformat.write(content, notebook)
    page = lab.open(notebook)
    page.page.locator(".jp-Dialog").get_by_role("button", name="No Kernel").click()
    shown = Shown(page)
    expect(shown.header("load")).to_contain_text("completed")
    expect(shown.header("fit")).to_contain_text("failed")
    expect(shown.heading).to_contain_text("The last run, as it was kept")
    expect(shown.heading).to_contain_text("rows=5")
    expect(shown.page.locator(".jp-pipes-graph li button", has_text="fit, failed")).to_be_attached()
    load, refusal = shown.heading.get_by_role("button", name="Load"), shown.heading.get_by_text("choose one")

    def is_refused() -> bool:
        # Lab may still be about to tell that there is no kernel, and a new kernel is a new start.
        load.click()
        return refusal.count() > 0

    until(is_refused, "that there is no kernel")
    page.close()


def test_the_last_run_stays_when_the_kernel_comes_and_is_restarted(lab: Lab, notebook: Path) -> None:
    shown = Shown(lab.open(notebook))
    for is_last in (False, True):
        expect(shown.header("fit")).to_contain_text("failed")
        expect(shown.heading.get_by_text("The last run, as it was kept")).to_have_count(0)
        expect(shown.heading).to_contain_text("1 completed · 1 failed")
        if not is_last:
            shown.lab.menu("Kernel", "Restart Kernel…")
            with shown.page.expect_response(re.compile("/restart")):
                shown.page.locator(".jp-Dialog").get_by_role("button", name="Confirm Kernel Restart").click()
    shown.lab.close()


def test_a_reload_while_a_plain_cell_runs_shows_the_run(lab: Lab, notebook: Path) -> None:
    """Lab itself is not connected before the cell ends."""
    content = nbformat.read(notebook, as_version=4)
    content.cells.append(nbformat.v4.new_code_cell("import time\ntime.sleep(600)"))
    nbformat.write(content, notebook)
    shown = Shown(lab.open(notebook, is_new=True))
    shown.lab.wait_for_kernel()
    shown.page.locator(".jp-Notebook-cell").last.locator(".cm-content").click()
    shown.page.keyboard.press("Control+Enter")
    expect(shown.page.locator(".jp-InputPrompt", has_text="[*]")).to_have_count(1)
    shown.page.reload()
    expect(shown.header("load")).to_contain_text("completed")
    expect(shown.header("fit")).to_contain_text("failed")
    shown.lab.close()


def test_a_press_before_lab_has_started_a_kernel_runs_once_it_is_there(lab: Lab, notebook: Path) -> None:
    """Before it has asked for checkpoints, Lab does not know which kernel, and would ask the user."""
    held: list[Route] = []

    def prepare(page: Page) -> None:
        page.route("**/checkpoints*", lambda asked: held.append(asked), times=1)

    new = write_notebook(notebook.parent / "new.ipynb", "%%step alone\nx = 1")
    page = lab.open(new, prepare=prepare)
    header = page.page.locator(".jp-pipes-header")
    expect(header).to_be_visible()
    page.page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Run pipeline").click()
    page.page.wait_for_event("response", lambda answer: "/api/sessions" in answer.url)
    held[0].continue_()
    expect(header).to_contain_text("completed")
    expect(page.page.locator(".jp-Dialog")).to_have_count(0)
    page.close()


def test_the_graph_keeps_the_keyboard_when_the_kernel_comes(lab: Lab, notebook: Path) -> None:
    shown = Shown(lab.open(notebook))
    node = shown.page.locator(".jp-pipes-graph li button", has_text="fit, failed")
    node.focus()
    expect(shown.heading.get_by_text("The last run, as it was kept")).to_have_count(0)
    expect(node).to_be_focused()
    shown.lab.close()


def test_two_tabs_agree(lab: Lab, notebook: Path) -> None:
    first, second = Shown(lab.open(notebook)), Shown(lab.open(notebook))
    for shown in (first, second):
        expect(shown.header("fit")).to_contain_text("failed")
        expect(shown.heading.get_by_text("The last run, as it was kept")).to_have_count(0)
    first.page.locator(".jp-Notebook-cell").nth(2).locator(".cm-content").click()
    first.page.keyboard.press("Control+a")
    first.page.keyboard.type("%%step fit\nfitted = sum(raw)")
    first.run()
    for shown in (first, second):
        expect(shown.header("fit")).to_contain_text("completed")
        expect(shown.heading).to_contain_text("2 of 2 steps")
    for shown in (first, second):
        shown.lab.close()


def test_two_notebooks_on_one_kernel_show_each_its_own_steps(lab: Lab, notebook: Path) -> None:
    other = write_notebook(notebook.parent / "other.ipynb", "%%step alone\nx = 1")
    first = Shown(lab.open(notebook))
    expect(first.header("fit")).to_contain_text("failed")
    first.lab.wait_for_kernel()
    lab.share_kernel(notebook, other)
    second = Shown(lab.open(other))
    second.lab.wait_for_kernel()
    expect(second.header("alone")).to_contain_text("pending")
    second.run()
    expect(second.header("alone")).to_contain_text("completed")
    expect(first.header("fit")).to_contain_text("failed")
    expect(first.header("load")).to_contain_text("completed")
    first.lab.close()
    second.lab.close()


def test_a_kernel_without_the_package_says_what_to_type(lab: Lab, notebook: Path) -> None:
    content = nbformat.read(notebook, as_version=4)
    content.cells.insert(
        0,
        nbformat.v4.new_code_cell(
            "import sys\n\nclass NotThere:\n    def find_spec(self, name, path=None, target=None):\n"
            "        if name.startswith('jupyter_pipes'):\n            raise ModuleNotFoundError(name)\n\n"
            "sys.meta_path.insert(0, NotThere())"
        ),
    )
    for cell in content.cells[1:]:
        cell.source = cell.source.replace("%%step", "%%st")
    nbformat.write(content, notebook)
    shown = Shown(lab.open(notebook))
    shown.lab.wait_for_kernel()
    shown.page.locator(".jp-Notebook-cell").first.locator(".cm-content").click()
    shown.page.keyboard.press("Control+Enter")
    expect(shown.page.locator(".jp-InputPrompt", has_text="[1]")).to_have_count(1)
    shown.page.locator(".jp-Notebook-cell").last.locator(".cm-content").click()
    shown.page.keyboard.press("Control+Home")
    shown.page.keyboard.press("End")
    shown.page.keyboard.press("Control+a")
    shown.page.keyboard.type("%%step fit\ny = 1")
    expect(shown.heading).to_contain_text("%pip install jupyter_pipes")
    shown.lab.close()
