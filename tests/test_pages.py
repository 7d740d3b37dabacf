"""The pages of the docs that lead a reader: all that they say to type is typed, and gives what they say."""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from jupyter_pipes.storage.settings import load
from tests.pages import Block, Reader, blocks_of

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TYPED = {"ipython", "sh", "python"}
LEADING = [DOCS / "start.md", *(DOCS / "how-to").glob("*.md"), *(DOCS / "coming-from").glob("*.md")]
PAGES = sorted({*LEADING, *ROOT.glob("*.md"), *DOCS.glob("*.md"), *(DOCS / "adr").glob("*.md")})
BLOCKS = [(page, block) for page in PAGES for block in blocks_of(page)]

PARSED: dict[str, Callable[[str], object]] = {
    "python": ast.parse,
    "toml": tomllib.loads,
    "yaml": yaml.safe_load,
    "json": json.loads,
}
"""What reads fences of a language that is more than words."""


def place_of(page: Path, block: Block) -> str:
    return f"{page.relative_to(ROOT)}:{block.line}"


def types_something(page: Path) -> bool:
    return any(block.is_run and block.kind in TYPED for block in blocks_of(page))


@pytest.mark.slow
@pytest.mark.parametrize("page", [*filter(types_something, PAGES)], ids=lambda page: page.stem)
def test_a_page_says_what_happens(page: Path, tmp_path: Path) -> None:
    Reader(page, tmp_path).read()


def test_a_fence_is_typed_read_or_says_why_not() -> None:
    """A console's transcript cannot be typed, nor what does not say what it is: it says why it is not."""
    known = {*TYPED, *PARSED, "text"}
    assert [place_of(page, block) for page, block in BLOCKS if block.is_run and block.kind not in known] == []


def test_what_is_expected_stands_behind_what_says_it() -> None:
    """Else it is held against nothing."""
    lost: list[str] = []
    said: tuple[Path | None, bool] = (None, False)
    for page, block in BLOCKS:
        if block.kind == "text" and block.is_run and said != (page, True):
            lost.append(place_of(page, block))
        elif block.kind in TYPED:
            said = (page, block.is_run)
    assert lost == []


@pytest.mark.parametrize(
    "block",
    [pytest.param(block, id=place_of(page, block)) for page, block in BLOCKS if block.kind in PARSED],
)
def test_what_a_page_shows_of_files_can_be_read(block: Block, tmp_path: Path) -> None:
    """Settings are those that there are."""
    PARSED[block.kind](block.text)
    if block.kind == "toml" and "[project" not in block.text:
        (tmp_path / "pipes.toml").write_text(block.text)
        load(tmp_path)
