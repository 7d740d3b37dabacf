"""The site of the docs: made without a warning, its notebooks executed; read and searched from a folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SOURCES = ("docs", "notebooks", "CHANGELOG.md", "CONTRIBUTING.md")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, made from a copy: notebooks leave what they keep beside them."""
    folder = tmp_path_factory.mktemp("site")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-c", "docs/site", ".", "made"]
    made = subprocess.run(build, cwd=folder, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return folder / "made"


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that reaches nothing but files."""
    scheme: Literal["light", "dark"] = request.param
    with browser.new_context(color_scheme=scheme) as context:
        asked: list[str] = []
        context.on("request", lambda each: asked.append(each.url))
        yield context.new_page()
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_it_is_read_and_searched_from_a_folder(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    expect(page.get_by_role("heading", name="jupyter_pipes", level=1)).to_be_visible()
    page.get_by_placeholder("Search").fill("timeout")
    page.get_by_placeholder("Search").press("Enter")
    expect(page.locator("#search-results").get_by_role("link", name="Coming from Luigi")).to_be_visible()


def test_an_executed_notebook_shows_its_steps_in_the_colours_of_the_page(site: Path, page: Page) -> None:
    page.goto((site / "notebooks" / "quickstart.html").as_uri())
    name = page.locator(".jupyter-pipes b", has_text="report").first
    expect(page.locator(".jupyter-pipes .status", has_text="completed").first).to_be_visible()
    colours = name.evaluate("e => [getComputedStyle(e).color, getComputedStyle(document.body).color]")
    assert colours[0] == colours[1]


def test_pictures_follow_the_theme_that_the_page_is_switched_to(site: Path, page: Page) -> None:
    page.goto((site / "docs" / "concepts.html").as_uri())
    for theme in ("dark", "light"):
        page.evaluate("theme => { document.body.dataset.theme = theme; }", theme)
        page.wait_for_function(
            "theme => [...document.querySelectorAll('picture img')].every("
            "each => each.complete && each.naturalWidth && each.currentSrc.endsWith(`-${theme}.svg`))",
            arg=theme,
        )


def test_no_page_is_wider_than_a_phone(site: Path, page: Page) -> None:
    """What is wider (code, tables) scrolls by itself."""
    page.set_viewport_size({"width": 390, "height": 844})
    wider: list[str] = []
    for path in site.glob("docs/*.html"):
        page.goto(path.as_uri(), wait_until="domcontentloaded")
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wider.append(path.name)
    assert wider == []
