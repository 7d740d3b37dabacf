"""A module's source as ruff lays it out."""

from __future__ import annotations

import json
import subprocess
from itertools import groupby
from typing import Any

from jupyter_pipes.model.errors import NotebookError

LINE_LENGTH = 100


def formatted(text: str) -> str:
    """Return Python source with imports sorted and code laid out by ruff.

    Raises:
        NotebookError: ruff cannot read it.
    """
    # Which modules are "first party" must not depend on the folder that the export is called from.
    settings = ["--isolated", f"--config=line-length={LINE_LENGTH}", "--config=src=[]"]
    sorted_ = _ruff(["check", "--select=I", "--fix-only", "--quiet", *settings, "-"], text)
    return _ruff(["format", "--quiet", *settings, "-"], sorted_)


def with_reasons(text: str) -> str:
    """Say at each import that stands below other code, or that nothing uses, why it does."""
    reasons = {"E402": "the set-up above comes first", "F401": "for what importing it does"}
    arguments = ["check", "--isolated", "--output-format=json", "--exit-zero", "-"]
    found: list[dict[str, Any]] = json.loads(_ruff([*arguments, f"--select={','.join(reasons)}"], text))
    lines = text.split("\n")
    for row, codes in groupby(sorted({(each["location"]["row"], each["code"]) for each in found}), _row):
        named = [code for _, code in codes]
        lines[row - 1] += f"  # noqa: {', '.join(named)} - {reasons[named[0]]}"
    return "\n".join(lines)


def _row(place: tuple[int, str]) -> int:
    return place[0]


def _ruff(arguments: list[str], text: str) -> str:
    import ruff

    find: Any = ruff.find_ruff_bin
    done = subprocess.run(
        [find(), *arguments], input=text, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise NotebookError(f"the exported module cannot be laid out: {done.stderr.strip()}")
    return done.stdout
