"""Colours that programs choose, moved until text in them can be read on a light ground, or on a dark one."""

from __future__ import annotations

from itertools import count

LEAST = 4.5
"""The contrast that text of this size needs (WCAG 2, level AA)."""

LIGHT, NIGHT = (0xF3, 0xF4, 0xF6), (0x21, 0x21, 0x21)
"""The grounds of a log, red, green and blue, in JupyterLab's two themes."""

Colour = tuple[int, int, int]

_PIECES = 20


def readable(colour: Colour, ground: Colour) -> Colour:
    """Return the colour, or the nearest on its way to white or black that can be read on the ground."""
    end = 255 if _luminance(ground) < 0.2 else 0
    ways = (_mixed(colour, end, piece / _PIECES) for piece in count())
    return next(mixed for mixed in ways if contrast(mixed, ground) >= LEAST)


def contrast(one: Colour, other: Colour) -> float:
    """Return how well two colours can be told apart, from 1 to 21, as WCAG 2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _mixed(colour: Colour, end: int, share: float) -> Colour:
    red, green, blue = (round(part + (end - part) * share) for part in colour)
    return red, green, blue


def _luminance(colour: Colour) -> float:
    shares = (part / 255 for part in colour)
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
