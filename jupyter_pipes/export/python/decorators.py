"""What a step's function is decorated with: the options that the user said of the step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from jupyter_pipes.pipelines.step_options import as_keywords

if TYPE_CHECKING:
    from jupyter_pipes.model.steps import Step


def decorator(step: Step, function: str, word: str) -> str:
    """Return the line above a step's function.

    Args:
        step: the step.
        function: the function's name.
        word: how `step` is reached in the module.
    """
    name = {"name": step.name} if function != step.name else {}
    if step.options.pipeline:
        return f"@{word}({_said({**name, **as_keywords(step.options)})})"
    # What it reads, writes and is, is said by the function itself.
    keywords = {**name, **as_keywords(replace(step.options, inputs=None, outputs=None, bash=False))}
    return f"@{word}({_said(keywords)})" if keywords else f"@{word}"


def _said(keywords: dict[str, object]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in keywords.items())
