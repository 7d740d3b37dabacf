"""One JupyterLab and one Chromium for all tests of this folder; without Chromium they are skipped."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lab import CHROMIUM_ARGUMENTS, Lab, chromium, running_lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A running JupyterLab on an empty folder."""
    from playwright.sync_api import expect, sync_playwright

    path = chromium()
    if path is None:
        pytest.skip("no Chromium is installed")
    # A loaded machine may take long; a right page ends the wait at once.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_ARGUMENTS))
        with running_lab(tmp_path_factory.mktemp("lab"), browser) as server:
            yield server
        browser.close()
