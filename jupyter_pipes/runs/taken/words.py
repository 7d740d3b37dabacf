"""Names of other engines as names of Python."""

from __future__ import annotations

import keyword
import re


def word(name: str) -> str:
    """Return a name as a variable may be called: `model.alpha` is `model_alpha`."""
    text = re.sub(r"\W", "_", name)
    return f"{text}_" if keyword.iskeyword(text) else text if text.isidentifier() else f"n{text}"
