"""A run in a terminal that scrolls: what its steps print and how they end, each once, as it comes."""

from __future__ import annotations

import threading
from typing import TextIO, cast

from jupyter_pipes.display import cards
from jupyter_pipes.display.ansi import terminal_text
from jupyter_pipes.display.outputs import Output
from jupyter_pipes.display.text import approval_asked
from jupyter_pipes.kernel.pacing import Pacer
from jupyter_pipes.model.errors import visible
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import Gate, RunView, StepView
from jupyter_pipes.runs.run import Run

_INTERVAL, _TICK = 0.1, 0.5
_PIECE = 2**20
"""Bytes of a log that are read at once."""


class Transcript:
    """Writes what is new of a run, until it has ended.

    Args:
        run: the run.
        stream: where to.
    """

    def __init__(self, run: Run, stream: TextIO) -> None:
        self._run = run
        self._stream = stream
        self._told: dict[tuple[str, int], int] = {}
        self._ended: set[str] = set()
        self._asked: dict[str, Gate] = {}
        self._is_over = False
        self._lock = threading.Lock()
        self._pacer = Pacer(self.catch_up, interval=_INTERVAL, pause=self._pause)

    def follow(self) -> None:
        """Go on writing on another thread; returns at once."""
        self._run.subscribe(lambda view, record: self._pacer.request())
        self._pacer.request()

    def catch_up(self) -> None:
        """Write all that was not written yet, before this returns."""
        with self._lock:
            if self._is_over:
                # Who waited for the end may have closed the stream since.
                return
            has_ended, view = self._run.has_ended, self._run.view
            for step in tuple(view.steps.values()):
                self._tell(view, step)
            for step, gate in tuple(view.gates.items()):
                self._tell_gate(view, step, gate)
            self._stream.flush()
            self._is_over = has_ended

    def _pause(self) -> float | None:
        return None if self._run.has_ended else _TICK

    def _tell(self, view: RunView, step: StepView) -> None:
        # Asked for first: what a step prints before its end is written before it.
        has_ended = step.status.is_final
        for attempt in step.attempts:
            self._tell_log(step.name, attempt.number, whole=has_ended)
        if has_ended and step.name not in self._ended:
            self._ended.add(step.name)
            self._stream.write(self._ending(view, step))

    def _tell_gate(self, view: RunView, step: str, gate: Gate) -> None:
        if self._asked.get(step) != gate:
            self._asked[step] = gate
            self._stream.write(f"{visible(step)}: {visible(approval_asked(view, step))}\n")

    def _ending(self, view: RunView, step: StepView) -> str:
        outputs = [] if step.status is Status.CACHED or step.latest is None else step.latest.outputs
        bundles: list[Output] = [cast("Output", self._run.bundle(output)) for output in outputs]
        return visible(cards.step_card(view, step.name, bundles, "")["text/plain"]).rstrip("\n") + "\n"

    def _tell_log(self, step: str, attempt: int, *, whole: bool) -> None:
        """Write the lines that are new, the last one only when it is at its end."""
        log = self._run.log(step, attempt)
        told = self._told.get((step, attempt), 0)
        while new := _whole_lines(log[told : told + _PIECE], whole=whole):
            told += len(new)
            self._told[step, attempt] = told
            lines = visible(terminal_text(new.decode("utf-8", "replace"))).rstrip("\n").split("\n")
            self._stream.write("".join(f"{step} | {line}\n" for line in lines))


def _whole_lines(piece: bytes, *, whole: bool) -> bytes:
    """Return the lines in the piece that have ended; the last one too if `whole` or as long."""
    is_last = len(piece) < _PIECE
    end = len(piece) if is_last and whole else piece.rfind(b"\n") + 1
    return piece[:end] if end or is_last else piece
