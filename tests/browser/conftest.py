"""One Chromium, one JupyterLab and one Notebook 7 for all tests of this folder; skipped without Chromium."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

sys.path.insert(0, str(Path(__file__).parent))

from lab import CHROMIUM_ARGUMENTS, Lab, chromium, running_lab


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A running Chromium."""
    from playwright.sync_api import expect, sync_playwright

    path = chromium()
    if path is None:
        pytest.skip("no Chromium is installed")
    # A loaded machine may take long; a right page ends the wait at once.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def lab(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running JupyterLab on an empty folder."""
    with running_lab(tmp_path_factory.mktemp("lab"), browser) as server:
        yield server


@pytest.fixture(scope="session")
def notebook_7(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running Notebook 7 on an empty folder."""
    with running_lab(tmp_path_factory.mktemp("notebook"), browser, "notebook") as server:
        yield server
