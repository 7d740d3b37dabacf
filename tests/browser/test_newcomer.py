"""A newcomer gets from plain cells to an exported pipeline by buttons alone; axe-core finds nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from axe import LIGHT, findings, in_all_themes
from lab import Lab
from newcomer import NOTEBOOK, Newcomer


def test_a_newcomer_needs_no_magic_and_no_manual(lab: Lab) -> None:
    folder = lab.folder / "newcomer"
    folder.mkdir()
    shown = lab.open(Path(shutil.copy(NOTEBOOK, folder)))
    found: list[str] = []

    def look(where: str) -> None:
        if where in ("failed", "compared"):
            found.extend(in_all_themes(shown, lambda theme: findings(shown, theme, where)))
            shown.light()
        else:
            found.extend(findings(shown, LIGHT, where))

    Newcomer(shown, look).goes_all_the_way(folder / "first_steps.py")
    assert found == []
    shown.close()
