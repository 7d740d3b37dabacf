"""A newcomer gets from plain cells to an exported pipeline by buttons alone."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab import Lab
from newcomer import NOTEBOOK, Newcomer


def test_a_newcomer_needs_no_magic_and_no_manual(lab: Lab) -> None:
    folder = lab.folder / "newcomer"
    folder.mkdir()
    shown = lab.open(Path(shutil.copy(NOTEBOOK, folder)))
    Newcomer(shown).goes_all_the_way(folder / "first_steps.py")
    shown.close()
