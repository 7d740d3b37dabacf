"""Notebooks as a user runs them in a real JupyterLab: the quickstart, cancelling, interrupting, saving."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab, LabPage
from playwright.sync_api import expect

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
STEPS = ("load", "clean", "fit", "seasons", "report")
LONG = 120_000

ENDLESS = (
    "%load_ext jupyter_pipes",
    "import time",
    "%%step first\nx = 1",
    "%%step endless\nprint('has begun')\ntime.sleep(600)\ny = x",
    "%%step last\nz = y",
    "%pipeline run",
    "print('the cell behind')",
)


@pytest.fixture(scope="module")
def opened(lab: Lab) -> Iterator[LabPage]:
    page = lab.open_new("endless", "endless.ipynb", *ENDLESS)
    yield page
    page.close()


@pytest.fixture
def endless(opened: LabPage) -> LabPage:
    """A notebook in Lab whose second step runs for ten minutes, once that has begun."""
    opened.command("notebook:clear-all-cell-outputs")
    opened.run_all()
    expect(opened.listed("endless, running")).to_be_attached(timeout=LONG)
    return opened


@pytest.fixture(scope="module")
def quickstart(lab: Lab) -> Iterator[LabPage]:
    """The quickstart after Run All."""
    folder = lab.folder / "quickstart"
    folder.mkdir()
    page = lab.open(Path(shutil.copy(NOTEBOOKS / "quickstart.ipynb", folder)))
    page.run_all()
    expect(page.listed("report, completed")).to_be_attached(timeout=LONG)
    yield page
    page.close()


def test_the_graph_goes_to_completed_for_every_step(quickstart: LabPage) -> None:
    live = quickstart.page.locator(".jupyter-pipes-live")
    for step in STEPS:
        expect(quickstart.listed(f"{step}, completed")).to_be_attached()
    expect(live.get_by_text("5 completed")).to_be_visible()


def test_each_step_cell_shows_its_run_below_it(quickstart: LabPage) -> None:
    """Status, figures and tables stand in the output of the cell that defines the step."""
    for step in STEPS:
        cell = quickstart.page.locator(".jp-CodeCell", has_text=f"%%step {step}").first
        expect(cell.locator(".jp-OutputArea")).to_contain_text("completed")
    seasons = quickstart.page.locator(".jp-CodeCell", has_text="%%step seasons").first
    expect(seasons.locator(".jp-OutputArea img")).to_have_count(1)


def test_the_live_graph_hides_its_still(quickstart: LabPage) -> None:
    expect(quickstart.page.locator(".jupyter-pipes-static")).to_be_hidden()


def test_a_click_on_the_list_shows_the_step(quickstart: LabPage) -> None:
    live = quickstart.page.locator(".jupyter-pipes-live")
    quickstart.listed("fit, completed").click()
    expect(live.get_by_text("reads", exact=True).first).to_be_visible()


def test_the_saved_notebook_shows_the_graph_through_nbconvert(quickstart: LabPage, lab: Lab) -> None:
    quickstart.save()
    path = lab.folder / "quickstart" / "quickstart.ipynb"
    command = [sys.executable, "-m", "nbconvert", "--to", "html", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    page = path.with_suffix(".html").read_text(encoding="utf-8")
    assert "jupyter-pipes-static" in page
    assert "report, completed" in page


def test_a_log_is_below_its_cell_while_the_step_runs_and_cancel_answers_within_a_second(
    endless: LabPage,
) -> None:
    """The button works while the cell runs; what ran and what waited ends as cancelled."""
    cell = endless.page.locator(".jp-CodeCell", has_text="%%step endless").first
    expect(cell.locator(".jp-OutputArea")).to_contain_text("has begun")
    endless.notebook.locator(".jupyter-pipes-buttons").get_by_role("button", name="Cancel").click()
    expect(endless.listed("endless, cancelled")).to_be_attached()
    expect(endless.listed("last, cancelled")).to_be_attached()
    expect(endless.page.get_by_text("RunCancelled").first).to_be_attached()


def test_interrupting_the_kernel_cancels_the_run(endless: LabPage) -> None:
    endless.menu("Kernel", "Interrupt Kernel")
    expect(endless.listed("endless, cancelled")).to_be_attached()
    endless.wait_for_kernel()
