"""How wide drawn text is, estimated without a font."""

from __future__ import annotations

import unicodedata

FONT = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, 'Liberation Sans', sans-serif"
"""The font family of drawn text: Lab's own."""

_NARROW = "fijlrtI.,:;'|![](){}/ -"
_WIDE = "mwMW@%"
_ASCII_WIDTHS = {
    **{chr(code): 0.7 if chr(code).isupper() else 0.6 for code in range(128)},
    **dict.fromkeys(_NARROW, 0.38),
    **dict.fromkeys(_WIDE, 0.92),
}


def text_width(text: str, size: float) -> float:
    """Return the width in px of `text` in `FONT` at `size` px, estimated without a font, rather too wide."""
    return size * sum(_ASCII_WIDTHS.get(character) or _other_width(character) for character in text)


def _other_width(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    return 0.72 if character.isupper() else 0.64


def ellipsised(text: str, size: float, room: float) -> str:
    """Return `text`, cut with an ellipsis so that it fits into `room` px at `size` px."""
    if text_width(text, size) <= room:
        return text
    left = room - text_width("…", size)
    end = 0
    while end < len(text) and (left := left - text_width(text[end], size)) >= 0:
        end += 1
    return text[:end].rstrip() + "…"
