"""How far a page is from a picture of the documentation: letters may differ, what stands where may not."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

from axe import DARK, LIGHT
from lab import LabPage
from PIL import Image, ImageChops

PICTURES = Path(__file__).parents[2] / "docs" / "images"
PICTURE_SIZE = (1440, 800)
_THEMES = {LIGHT: "light", DARK: "dark"}

_SHRINKING = 8
"""Pixels of a square that is looked at as one: letters become grey."""

_FAR = 32
"""Of 255: how far apart a square's colours are that count as another colour."""

_TOLERANCE = 0.01
"""Share of such squares that times, names of folders and fonts may make; another tab makes twice as many."""

_WAIT_SECONDS = 30.0


def unlike(shown: LabPage, theme: str, where: str) -> list[str]:
    """Return in words that a page does not come to look like the picture that is taken there, [] if it does.

    Args:
        shown: a page of `PICTURE_SIZE`.
        theme: its theme; of others than light and dark there are no pictures.
        where: what the picture is called.
    """
    if theme not in _THEMES:
        return []
    picture = PICTURES / f"lab-{where}-{_THEMES[theme]}.png"
    with Image.open(picture) as taken:
        expected = _shrunk(taken)
    end = time.monotonic() + _WAIT_SECONDS
    # A graph moves into its place.
    while (share := _share_of_others(_seen(shown), expected)) > _TOLERANCE:
        if time.monotonic() > end:
            words = f"{share:.1%} of the page is not as in {picture.name}"
            return [f"{words}: look at both, and take the pictures anew if it is right"]
    return []


def _seen(shown: LabPage) -> Image.Image:
    with Image.open(BytesIO(shown.page.screenshot())) as image:
        return _shrunk(image)


def _shrunk(image: Image.Image) -> Image.Image:
    size = image.width // _SHRINKING, image.height // _SHRINKING
    return image.convert("RGB").resize(size, Image.Resampling.BOX)


def _share_of_others(first: Image.Image, second: Image.Image) -> float:
    counts = ImageChops.difference(first, second).convert("L").histogram()
    return sum(counts[_FAR:]) / sum(counts)
