"""Runs for tests of what is kept, written as a controller writes them, at times of one's own choice."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence

from msgspec.structs import replace

from jupyter_pipes.history.history import Result, packed_parts
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.parts import Part
from jupyter_pipes.model.results import ArtifactRef, OutputRef
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView

STEPS = ("a", "b", "c")


class Story:
    """One run and what it leaves: events, documents, artifacts, shown outputs and logs.

    Args:
        workspace: where it is kept.
        run: its id.
        at: when it starts; every fact comes a second after the one before.
    """

    def __init__(
        self,
        workspace: Workspace,
        run: str,
        *,
        at: float = 1000.0,
        pipeline: str = "p",
        steps: Sequence[str] = STEPS,
    ) -> None:
        self.workspace = workspace
        self.run = run
        self.at = at
        self._log = workspace.history.journal(run)
        self.view = RunView(run)
        planned = tuple(map(ev.PlannedStep, steps))
        definition = self._document("definition", run)
        start = ev.RunStarted(pipeline, "1.0.0", planned, {"n": run}, definition=definition[0])
        workspace.history.leases.take(run, 30.0)
        self.tell(replace(start, host=platform.node(), pid=os.getpid()), documents=dict([definition]))

    def tell(self, *facts: ev.AnyEvent, documents: dict[str, bytes] | None = None) -> None:
        """Append facts in one write."""
        records: list[ev.Record] = []
        for fact in facts:
            records.append(replace(self._log.number(fact), time=self.at))
            apply(records[-1], self.view)
            self.at += 1
        self._log.write(records, self.view, documents or {})

    def compute(self, step: str, value: bytes, *, outcome: ev.Outcome = "completed") -> str:
        """Run a step that leaves `value` and shows something; return its signature."""
        store = self.workspace.store
        parts, content = packed_parts((Part("code", "", digest(value), step),))
        signature = digest(b"signature of " + step.encode() + value)
        kept = ArtifactRef("x", store.put_bytes(value), "bytes", len(value), "raw")
        shown = OutputRef("display_data", store.put_bytes(b"shown by " + value), 0)
        self.tell(
            ev.StepDecided(step, "run", ("code changed",), signature, parts=parts), documents={parts: content}
        )
        self.tell(ev.AttemptQueued(step, 1, "local"), ev.AttemptStarted(step, 1, 1, "h"))
        log = self.workspace.log_path(self.run, step, 1)
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"log of " + value)
        self.tell(ev.ArtifactStored(step, 1, kept), ev.OutputShown(step, 1, shown))
        self.tell(ev.MetricReported(step, 1, "loss", 0.5))
        status = Status.COMPLETED if outcome == "completed" else Status.FAILED
        self.tell(ev.AttemptEnded(step, 1, outcome), ev.StepEnded(step, status))
        return signature

    def reuse(self, step: str, result: Result) -> None:
        """Take a kept result in place of running a step."""
        decided = ev.StepDecided(
            step,
            "cached",
            (f"nothing changed since run {result.run}",),
            result.signature,
            result.artifacts,
            result.run,
            result.parts,
            result.parts,
            result.step,
            result.metrics,
        )
        self.tell(decided, ev.StepEnded(step, Status.CACHED))

    def accept(self, step: str, why: bytes) -> None:
        """Hold what a step left for the result of another signature as well."""
        parts, content = packed_parts((Part("code", "", digest(why), why.decode()),))
        self.tell(ev.ResultAccepted(step, digest(b"accepted" + why), parts), documents={parts: content})

    def end(self, status: Status = Status.COMPLETED) -> None:
        """End the run."""
        self.tell(ev.RunEnded(status))

    def _document(self, *about: str) -> tuple[str, bytes]:
        content = " of ".join(about).encode()
        return digest(content), content


def newest_result(workspace: Workspace, signature: str) -> Result | None:
    """Return what a decision would reuse."""
    found = workspace.history.results(signature)
    return found[0] if found else None
