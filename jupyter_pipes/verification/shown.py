"""What steps displayed and printed, held against what their cells did in a plain run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from jupyter_pipes.display.ansi import plain as plain_text
from jupyter_pipes.execution.worker.looping.rounds import TOLD
from jupyter_pipes.export.step_outputs import outputs_of
from jupyter_pipes.model.steps import Status
from jupyter_pipes.verification.findings import ShownFinding

if TYPE_CHECKING:
    from jupyter_pipes.runs.pipeline import Pipeline
    from jupyter_pipes.runs.run import Run
    from jupyter_pipes.verification.plain_run import PlainRun

_NOISE = (
    (re.compile(r"\b0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"\b\d+(?:[.,]\d+)?(?:e[-+]?\d+)?\s?(?:ns|µs|μs|us|ms|s|sec|seconds?|min)\b"), "… s"),
    (re.compile(r"\b\d\d:\d\d:\d\d\b"), "…"),
    (re.compile(r"^\S*?(?:ipykernel_\d+/\d+\.py|<[^>\n]*>):\d+: "), "…: "),
    (TOLD, ""),
)
"""What differs from one plain run to the next: addresses, times, where a warning's code stands, rounds."""


def shown_findings(pipeline: Pipeline, run: Run, plain: PlainRun) -> Iterator[ShownFinding]:
    """Yield the steps that ran in both and did not show the same lines."""
    for step in run.steps.values():
        cells = [cell.id for cell in pipeline.cells if cell.role == "step" and cell.name == step.name]
        if step.status is not Status.COMPLETED or not all(cell in plain.outputs for cell in cells):
            continue
        here = _lines(output for cell in cells for output in plain.outputs[cell])
        # What a step with a `--map` shows, its elements do.
        showing = [*step.children, step.name] if step.planned.options.map else [step.name]
        there = _lines(output for name in showing for output in outputs_of(run, name))
        if here != there:
            yield ShownFinding(step.name, _only(here, there), _only(there, here))


def _lines(outputs: Iterable[Any]) -> list[str]:
    """Return what stands there as text, without noise; in the order of the letters: streams have none."""
    lines = "\n".join(map(_text, outputs)).splitlines()
    return sorted(quiet for line in lines if (quiet := _without_noise(line)))


def _text(output: Any) -> str:
    text = (
        output["text"] if output["output_type"] == "stream" else output.get("data", {}).get("text/plain", "")
    )
    return plain_text(text if isinstance(text, str) else "".join(text))


def _without_noise(line: str) -> str:
    for noise, instead in _NOISE:
        line = noise.sub(instead, line)
    return line.strip()


def _only(lines: list[str], others: list[str]) -> str:
    rest = list(others)
    only: list[str] = []
    for line in lines:
        if line in rest:
            rest.remove(line)
        else:
            only.append(line)
    return "\n".join(only)
