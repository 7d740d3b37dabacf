"""Settings hold at once; runs are told of as they say; an export asks before it replaces a file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from lab import Lab, LabPage
from playwright.sync_api import Locator, Response, expect

FIT = "%%step fit\nimport time\ntime.sleep(1)\nfitted = sum(raw) / 1"
CELLS = ("%%step load\nraw = [1, 2, 3]", FIT)


class Set:
    """A notebook beside Lab's editor of settings."""

    def __init__(self, lab_page: LabPage) -> None:
        self.lab = lab_page
        self.page = lab_page.page
        self.header = self.page.locator(".jp-pipes-header:has(.jp-pipes-name:text-is('fit'))")
        self.toasts = self.page.locator(".Toastify__toast")
        self.dialog = self.page.get_by_role("dialog")

    def set(self, setting: str, change: Callable[[Locator], object]) -> None:
        """Change one of our settings in the editor, and wait until it is kept; show the notebook again."""
        tab = self.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text="Settings")
        if not tab.count():
            self.lab.menu("Settings", "Settings Editor")
            self.page.locator("input[placeholder='Search settings…']").fill("Pipelines")
        tab.click()
        with self.page.expect_response(_keeps_settings):
            change(self.page.locator(f"[id='jp-SettingsEditor-jupyter_pipes:pipelines_{setting}']"))
        self.to_notebook()

    def to_notebook(self) -> None:
        """Show the notebook again."""
        self.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text="train.ipynb").click()

    def run(self) -> None:
        """Run by the button."""
        self.page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Run pipeline").click()

    def replace(self, cell: int, text: str) -> None:
        """Put a text into a cell."""
        self.page.locator(".jp-Notebook-cell").nth(cell).locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)


def _keeps_settings(response: Response) -> bool:
    return response.request.method == "PUT" and "/lab/api/settings/jupyter_pipes" in response.url


@pytest.fixture
def shown(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Set]:
    # A page keeps the settings that it was told.
    is_new = "settings" in request.node.name
    page = lab.open_new(request.node.name, "train.ipynb", *CELLS, is_new=is_new)
    ready = Set(page)
    expect(ready.header).to_contain_text("not run yet")
    yield ready
    page.close()
    lab.forget_settings()


def test_settings_hold_at_once_and_ends_of_runs_are_told_as_they_say(shown: Set) -> None:
    panel = shown.page.locator("#jp-pipes-panel")
    shown.set("openPanel", lambda field: field.select_option(label="failure"))
    shown.set("headers", lambda field: field.uncheck())
    expect(shown.header).to_be_hidden()
    shown.set("headers", lambda field: field.check())
    expect(shown.header).to_be_visible()
    # A run that is too short to be told of.
    shown.run()
    expect(shown.header).to_contain_text("completed")
    expect(shown.toasts).to_have_count(0)
    expect(panel).to_be_hidden()
    shown.set("notifyAfter", lambda field: field.fill("0"))
    shown.replace(1, FIT.replace("/ 1", "/ 2"))
    shown.run()
    expect(shown.toasts).to_contain_text(re.compile("train: completed after"))
    shown.replace(1, FIT.replace("/ 1", "/ 0"))
    shown.run()
    failed = shown.toasts.filter(has_text="train: failed after")
    expect(failed).to_be_visible()
    expect(panel).to_be_visible()
    shown.page.locator(".jp-Notebook-cell").first.locator(".cm-content").click()
    failed.get_by_role("button", name="Show fit").click()
    expect(shown.page.locator(".jp-Notebook-cell").nth(1)).to_have_class(re.compile("jp-mod-active"))
    shown.set("notifications", lambda field: field.select_option(label="none"))
    shown.replace(1, FIT.replace("/ 1", "/ 3"))
    shown.run()
    expect(shown.header).to_contain_text("completed")
    expect(shown.toasts.filter(has_text="train: ")).to_have_count(0)


def test_an_export_replaces_a_file_only_when_told_so(
    shown: Set, lab: Lab, request: pytest.FixtureRequest
) -> None:
    folder = lab.folder_of(request.node.name)
    module = folder / "train.py"
    module.write_text("mine = 1\n")

    def export(answer: str) -> None:
        shown.lab.menu("Pipeline", "Export as Python Module")
        expect(shown.dialog.get_by_role("radio", name="Python module")).to_be_checked()
        shown.page.keyboard.press("Enter")
        expect(shown.dialog).to_contain_text("train.py is there already.")
        shown.dialog.get_by_role("button", name=answer, exact=True).click()
        expect(shown.dialog).to_have_count(0)

    export("Cancel")
    assert module.read_text() == "mine = 1\n"
    export("Replace")
    expect(shown.page.get_by_text("Exported to train.py")).to_be_visible()
    assert "def fit" in module.read_text()


def test_another_engine_is_chosen_in_the_dialog_and_what_it_refuses_leads_to_the_cell(
    shown: Set, lab: Lab, request: pytest.FixtureRequest
) -> None:
    shown.lab.menu("Pipeline", "Export to Another Engine")
    shown.dialog.get_by_role("radio", name="Kedro").check()
    shown.dialog.get_by_role("button", name="Export").click()
    expect(shown.toasts).to_contain_text("Exported to train_kedro")
    folder = lab.folder_of(request.node.name)
    assert (folder / "train_kedro" / "conf" / "base" / "catalog.yml").exists()
    shown.replace(1, "%%step fit --map 'one in raw'\nfitted = one")
    shown.page.locator(".jp-Notebook-cell").first.locator(".cm-content").click()
    shown.lab.menu("Pipeline", "Export to Another Engine")
    shown.page.keyboard.press("Enter")
    expect(shown.dialog.get_by_role("alert")).to_contain_text("cannot be exported to Luigi")
    shown.dialog.get_by_role("button", name="Go to cell 2").click()
    expect(shown.dialog).to_have_count(0)
    expect(shown.page.locator(".jp-Notebook-cell").nth(1)).to_have_class(re.compile("jp-mod-active"))
