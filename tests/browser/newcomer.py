"""What a newcomer does first, by mouse and in plain Python: no magic is typed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from lab import LabPage
from playwright.sync_api import Locator, expect

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "first_steps.ipynb"
STEPS = {2: "prices", 3: "cheap", 4: "mean"}
"""Place of a cell -> the name that is suggested for it."""

_WIDE = 1200
"""Px of a window from which Lab shows all toolbars."""


def no_picture(_: str) -> None:
    """Take no picture."""


class Newcomer:
    """Somebody in front of a notebook of plain cells.

    Where there is little room, Lab hides the toolbars of cells, and most of the notebook's: then it goes by
    the menu and the panel.

    Args:
        shown: the notebook.
        picture: is called with a name wherever there is something to see.
    """

    def __init__(self, shown: LabPage, picture: Callable[[str], None] = no_picture) -> None:
        self._shown, self._page, self._picture = shown, shown.page, picture
        self._panel = shown.page.locator("#jp-pipes-panel")
        size = shown.page.viewport_size
        self._is_narrow = size is not None and size["width"] < _WIDE

    def goes_all_the_way(self, module: Path) -> None:
        """Make steps, run them, find why one failed, mend it, run what is stale, compare, export."""
        self.makes_steps()
        self.runs()
        self.finds_why_one_failed()
        self.mends_it()
        self.runs_only_what_is_stale()
        self.compares_the_last_two_runs()
        self.exports(module)

    def makes_steps(self) -> None:
        """Make three cells steps, with the names that are suggested."""
        self._shown.wait_for_kernel()
        for place, step in STEPS.items():
            self._cell(place).locator(".cm-content").click()
            self._page.keyboard.press("Escape")
            if self._is_narrow:
                self._shown.menu("Pipeline", "Make this a step")
            else:
                self._page.locator(".jp-cell-toolbar").get_by_role("button", name="Make this a step").click()
            expect(self._header(step)).to_contain_text("pending")

    def runs(self) -> None:
        """Run by the button; the panel opens by itself."""
        if self._is_narrow:
            self._shown.menu("Pipeline", "Show the Pipeline")
        self._button("Run pipeline").click()
        expect(self._header("mean")).to_contain_text("failed")
        expect(self._panel.locator(".jp-pipes-heading")).to_contain_text("failed")
        self._picture("failed")

    def finds_why_one_failed(self) -> None:
        """Look into the panel, and from there go to the cell."""
        self._tab("Steps").click()
        row = self._panel.locator("tr", has_text="failed")
        expect(row).to_contain_text("KeyError: 'town'")
        self._picture("why")
        row.get_by_role("button", name="mean").click()
        expect(self._cell(4)).to_have_class(re.compile("jp-mod-active"))

    def mends_it(self) -> None:
        """Correct the cell and run again: what was good is taken as it is."""
        self._replace(4, '"town"', '"city"')
        self._button("Run pipeline").click()
        expect(self._header("mean")).to_contain_text("completed")
        expect(self._header("prices")).to_contain_text("cached")

    def runs_only_what_is_stale(self) -> None:
        """Change a step in the middle: it and what hangs on it are stale, and run again."""
        self._replace(3, "90", "60")
        for step in ("cheap", "mean"):
            expect(self._header(step)).to_contain_text("stale")
        expect(self._header("prices")).not_to_contain_text("stale")
        self._tab("Graph").click()
        self._picture("stale")
        self._button(re.compile(r"^Run (\d+ )?stale$")).click()
        for step in ("cheap", "mean"):
            expect(self._header(step)).not_to_contain_text("stale")
            expect(self._header(step)).to_contain_text("completed")
        self._picture("done")

    def compares_the_last_two_runs(self) -> None:
        """Tick two runs and look at what differs."""
        self._tab("Runs").click()
        ticks = self._panel.locator("tbody").get_by_role("checkbox")
        ticks.nth(0).check()
        ticks.nth(1).check()
        self._panel.get_by_role("button", name="Compare", exact=True).click()
        expect(self._panel.locator("#jp-pipes-tabpanel")).to_contain_text("cheap")
        self._picture("compared")

    def exports(self, module: Path) -> None:
        """Write a module by the menu, under the name that is suggested."""
        self._shown.menu("Pipeline", "Export as Python Module")
        self._page.keyboard.press("Enter")
        expect(self._page.get_by_text(f"Exported to {module.name}")).to_be_visible()
        assert "def mean" in module.read_text()

    def _cell(self, place: int) -> Locator:
        return self._page.locator(".jp-Notebook-cell").nth(place)

    def _header(self, step: str) -> Locator:
        return self._page.locator(f".jp-pipes-header:has(.jp-pipes-name:text-is('{step}'))")

    def _button(self, name: str | re.Pattern[str]) -> Locator:
        place = self._panel if self._is_narrow else self._page.locator(".jp-NotebookPanel-toolbar")
        return place.get_by_role("button", name=name, exact=isinstance(name, str))

    def _tab(self, name: str) -> Locator:
        return self._panel.get_by_role("tab", name=name, exact=True)

    def _replace(self, place: int, old: str, new: str) -> None:
        """Put other text into a cell."""
        editor = self._cell(place).locator(".cm-content")
        text = "\n".join(editor.locator(".cm-line").all_inner_texts()).replace(old, new)
        editor.click()
        self._page.keyboard.press("Control+a")
        self._page.keyboard.insert_text(text)
        # A long line is scrolled to where the cursor is.
        self._page.keyboard.press("Control+Home")
