"""A newcomer gets from plain cells to an exported pipeline by buttons alone, as the docs' pictures show."""

from __future__ import annotations

import shutil
from pathlib import Path

from axe import LIGHT, findings, in_all_themes
from lab import Lab
from newcomer import NOTEBOOK, Newcomer
from resemblance import PICTURE_SIZE, unlike


def test_a_newcomer_needs_no_magic_and_no_manual(lab: Lab) -> None:
    """Wherever a picture is taken, axe-core finds nothing, and the page looks like the picture."""
    folder = lab.folder / "newcomer"
    folder.mkdir()
    width, height = PICTURE_SIZE
    shown = lab.open(Path(shutil.copy(NOTEBOOK, folder)), width=width, height=height)
    found: list[str] = []

    def look(where: str) -> None:
        def of_theme(theme: str) -> list[str]:
            return [*unlike(shown, theme, where), *findings(shown, theme, where)]

        if where in ("failed", "compared"):
            found.extend(in_all_themes(shown, of_theme))
            shown.light()
        else:
            found.extend(of_theme(LIGHT))

    Newcomer(shown, look).goes_all_the_way(folder / "first_steps.py")
    assert found == []
    shown.close()
