"""The pages of the docs that lead a reader: all that they say to type is typed, and gives what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import Reader

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted([DOCS / "start.md", *(DOCS / "how-to").glob("*.md"), *(DOCS / "coming-from").glob("*.md")])


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_happens(page: Path, tmp_path: Path) -> None:
    Reader(page, tmp_path).read()
