"""Takes the pictures of the documentation: `python tests/browser/pictures.py docs/images`; look at them."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from lab import CHROMIUM_ARGUMENTS, Lab, chromium, running_lab
from newcomer import NOTEBOOK, Newcomer
from PIL import Image
from playwright.sync_api import expect, sync_playwright
from resemblance import PICTURE_SIZE

SIZES = {"": PICTURE_SIZE, "-narrow": (1024, 700)}
COLOURS = 128
SETTLING_MILLISECONDS = 1500
WAIT_MILLISECONDS = 60_000


def main(target: Path) -> None:
    """Write all pictures into a folder: light and dark, wide and narrow."""
    expect.set_options(timeout=WAIT_MILLISECONDS)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(CHROMIUM_ARGUMENTS))
        (Path(folder) / "work").mkdir()
        with running_lab(Path(folder) / "work", browser) as lab:
            for size in SIZES:
                for theme in ("light", "dark"):
                    _take(lab, theme, size, target)
        browser.close()


def _take(lab: Lab, theme: str, size: str, target: Path) -> None:
    folder = lab.folder / f"{theme}{size}"
    folder.mkdir()
    width, height = SIZES[size]
    shown = lab.open(Path(shutil.copy(NOTEBOOK, folder)), width=width, height=height)
    shown.dark() if theme == "dark" else shown.light()

    def picture(name: str) -> None:
        # A graph moves into its place.
        shown.page.wait_for_timeout(SETTLING_MILLISECONDS)
        path = shown.screenshot(target / f"lab-{name}{size}-{theme}.png")
        with Image.open(path) as image:
            image.convert("RGB").quantize(COLOURS).save(path, optimize=True)

    Newcomer(shown, picture).goes_all_the_way(folder / "first_steps.py")
    shown.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
