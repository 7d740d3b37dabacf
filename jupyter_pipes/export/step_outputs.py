"""What a step of a run showed, as a notebook has it: text, rich outputs and its error, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jupyter_pipes.display.ansi import terminal_text
from jupyter_pipes.runs.logs import Log

if TYPE_CHECKING:
    from jupyter_pipes.model.results import OutputRef, StepError
    from jupyter_pipes.model.views import AttemptView, CellView
    from jupyter_pipes.runs.run import Run

LOG_LIMIT = 2**20
"""Bytes of a step's log that an executed notebook keeps: half from its head, half from its tail."""


def outputs_of(run: Run, step: str) -> list[dict[str, Any]]:
    """Return what a step showed, as nbformat outputs in order."""
    return outputs_by_cell(run, step, ("",))[""]


def outputs_by_cell(run: Run, step: str, cells: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return what a step showed below each of these cells of it that it came to, by the cell's id."""
    _, attempt = run.shown_attempt(step)
    if attempt is None:
        return {cells[0]: []}
    shown = {cell: attempt.under(place, len(cells)) for place, cell in enumerate(cells)}
    return {cell: _outputs(run, step, attempt, view) for cell, view in shown.items() if view is not None}


def _outputs(run: Run, step: str, attempt: AttemptView, cell: CellView) -> list[dict[str, Any]]:
    rich = [(each.log_offset - cell.start, _rich(run, each)) for each in cell.outputs]
    error = attempt.error if cell.has_error else None
    return interleave(run.log(step).stretch(cell.start, cell.end), rich, error)


def interleave(
    log: bytes | Log, shown: Sequence[tuple[int, Mapping[str, Any]]], error: StepError | None = None
) -> list[dict[str, Any]]:
    """Return an attempt's nbformat outputs in the order in which they appeared.

    Args:
        log: all that the attempt printed; of a long one only the parts that are kept are read.
        shown: (size of the log in bytes when it was displayed, nbformat output) of each rich output.
        error: how the attempt failed, if it did.
    """
    outputs: list[dict[str, Any]] = []
    start, size = 0, len(log)
    for offset, output in sorted(shown, key=lambda pair: pair[0]):
        end = min(max(offset, start), size)
        outputs += _stream(log, start, end, size)
        outputs.append(dict(output))
        start = end
    outputs += _stream(log, start, size, size)
    return outputs + ([_error_output(error)] if error else [])


def _rich(run: Run, output: OutputRef) -> dict[str, Any]:
    bundle = run.bundle(output)
    count = {"execution_count": None} if output.kind == "execute_result" else {}
    return {"output_type": output.kind, "data": bundle["data"], "metadata": bundle["metadata"], **count}


def _stream(log: bytes | Log, start: int, end: int, size: int) -> list[dict[str, Any]]:
    """The stream output for one stretch of a log of this size, or none when it is empty."""
    fits = size <= LOG_LIMIT
    head, tail = (size, size) if fits else (LOG_LIMIT // 2, size - LOG_LIMIT // 2)
    text = log[start : min(end, head)].decode(errors="replace")
    if start <= head < min(end, tail):
        where = f"; all of it: {log.path.name}" if isinstance(log, Log) and log.path else ""
        text += f"\n[… {tail - head:,} bytes of the log are left out{where} …]\n"
    text = terminal_text(text + log[max(start, tail) : end].decode(errors="replace"))
    return [{"output_type": "stream", "name": "stdout", "text": text}] if text else []


def _error_output(error: StepError) -> dict[str, Any]:
    traceback = terminal_text(error.traceback).splitlines() or [f"{error.type}: {error.message}"]
    return {"output_type": "error", "ename": error.type, "evalue": error.message, "traceback": traceback}
