"""A module's source as ruff lays it out."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from jupyter_pipes.model.errors import NotebookError

if TYPE_CHECKING:
    from collections.abc import Sequence

LINE_LENGTH = 100


def formatted(text: str, beside: Sequence[str] = ()) -> str:
    """Return Python source with imports sorted and code laid out by ruff.

    Args:
        text: the source.
        beside: the modules that stand beside it.

    Raises:
        NotebookError: ruff cannot read it.
    """
    # Which modules are "first party" must not depend on the folder that the export is called from.
    settings = ["--isolated", f"--config=line-length={LINE_LENGTH}", "--config=src=[]"]
    settings += [f"--config=lint.isort.known-first-party={json.dumps([*beside])}"] if beside else []
    sorted_ = _ruff(["check", "--select=I", "--fix-only", "--quiet", *settings, "-"], text)
    return _ruff(["format", "--quiet", *settings, "-"], sorted_)


def with_reasons(text: str) -> str:
    """Say at each import that stands below other code, or that nothing uses, why it does."""
    effect = "for what importing it does"
    reasons = {"E402": "the set-up above comes first", "F401": effect, "F811": effect}
    arguments = ["check", "--isolated", "--output-format=json", "--exit-zero", "-"]
    problems: list[dict[str, Any]] = json.loads(_ruff([*arguments, f"--select={','.join(reasons)}"], text))
    lines = text.split("\n")
    for row in {problem["location"]["row"] for problem in problems}:
        codes = sorted({problem["code"] for problem in problems if problem["location"]["row"] == row})
        lines[row - 1] += f"  # noqa: {', '.join(codes)} - {reasons[codes[0]]}"
    return "\n".join(lines)


def _ruff(arguments: list[str], text: str) -> str:
    import ruff

    find: Any = ruff.find_ruff_bin
    done = subprocess.run(
        [find(), *arguments], input=text, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise NotebookError(f"the exported module cannot be laid out: {done.stderr.strip()}")
    return done.stdout
