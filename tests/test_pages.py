"""The pages of the docs that lead a reader: all that they say to type is typed, and gives what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pages import Reader, blocks_of

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TYPED = {"ipython", "sh"}
LEADING = [DOCS / "start.md", *(DOCS / "how-to").glob("*.md"), *(DOCS / "coming-from").glob("*.md")]
PAGES = sorted({*LEADING, *ROOT.glob("*.md"), *DOCS.glob("*.md"), *(DOCS / "adr").glob("*.md")})


def types_something(page: Path) -> bool:
    return any(block.is_run and block.kind in TYPED for block in blocks_of(page))


@pytest.mark.slow
@pytest.mark.parametrize("page", [*filter(types_something, PAGES)], ids=lambda page: page.stem)
def test_a_page_says_what_happens(page: Path, tmp_path: Path) -> None:
    Reader(page, tmp_path).read()


def test_commands_are_typed_by_tests_or_say_why_not() -> None:
    """A console's transcript cannot be typed, nor what does not say what it is: it says why it is not."""
    kinds = {
        (page.name, block.line): block.kind for page in PAGES for block in blocks_of(page) if block.is_run
    }
    assert [place for place, kind in kinds.items() if kind in {"", "console", "bash", "shell"}] == []
