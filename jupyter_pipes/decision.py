"""Whether a step must run, and why: its signature's parts held against those of kept results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

from jupyter_pipes import fingerprints
from jupyter_pipes.blobs import digest_of
from jupyter_pipes.history import Result
from jupyter_pipes.model import ArtifactRef, CodePiece, FileSeen, Step
from jupyter_pipes.serializers import serialize
from jupyter_pipes.signature import Part, PartKind, code_part, combine, digest, reasons
from jupyter_pipes.workspace import Workspace

Inputs = Mapping[str, ArtifactRef | None]
"""Name -> what is read; None where an ignored failure left nothing."""


class Decision(Struct, frozen=True):
    """What is to be done with a step.

    Attributes:
        decision: `run`; `cached`; or, in a plan only, `depends`: it hangs on what an upstream rerun gives.
        reasons: why, in words.
        signature: the combined parts ("" when not all inputs are known).
        parts: the parts.
        result: the kept result to reuse, when cached.
    """

    decision: Literal["run", "cached", "depends"]
    reasons: tuple[str, ...]
    signature: str = ""
    parts: tuple[Part, ...] = ()
    result: Result | None = None


class Decider:
    """Decides for the steps of one pipeline in one folder; plan and run ask the same."""

    def __init__(self, workspace: Workspace, pipeline: str, python_path: tuple[Path, ...]) -> None:
        self._workspace = workspace
        self._pipeline = pipeline
        self._python_path = python_path

    def decide(
        self, step: Step, parameters: Mapping[str, Any], inputs: Inputs, *, forced: bool = False
    ) -> Decision:
        """Decide with all inputs known."""
        parts = (*self._own_parts(step, parameters), *_input_parts(step, inputs))
        signature = combine(parts)
        if forced:
            return Decision("run", ("forced",), signature, parts)
        problems: tuple[str, ...] = ()
        for result in self._workspace.history.results(step.name, signature):
            problems = self._problems(step, result)
            if not problems:
                return Decision(
                    "cached", (f"nothing changed since run {result.run}",), signature, parts, result
                )
        return Decision("run", problems or self._reasons(step, parts), signature, parts)

    def foresee(
        self,
        step: Step,
        parameters: Mapping[str, Any],
        inputs: Inputs,
        unknown: frozenset[str],
        *,
        forced: bool,
    ) -> Decision:
        """Decide while the inputs named in `unknown` are still to be made by steps that may run."""
        if not unknown or forced:
            return self.decide(step, parameters, inputs, forced=forced)
        parts = (*self._own_parts(step, parameters), *_input_parts(step, inputs))
        known = combine(parts)
        producers = sorted({step.reads[name] for name in unknown})
        for result in self._workspace.history.results_of(self._pipeline, step.name):
            if combine(_without(result.parts, unknown)) == known and not self._problems(step, result):
                return Decision(
                    "depends", (f"runs if {', '.join(producers)} gives other outputs",), parts=parts
                )
        latest = self._latest(step)
        old = None if latest is None else _without(latest.parts, unknown)
        if old is not None and combine(old) == known:
            assert latest is not None
            return Decision("run", self._problems(step, latest), parts=parts)
        return Decision("run", reasons(old, parts), parts=parts)

    def _own_parts(self, step: Step, parameters: Mapping[str, Any]) -> list[Part]:
        directory = self._workspace.settings.directory
        return [
            code_part("code", "", step.body),
            *_piece_parts("setup", step.setup),
            *_piece_parts("helper", step.prelude),
            *(_parameter_part(name, parameters[name]) for name in step.parameters),
            *fingerprints.file_parts(step, directory),
            *fingerprints.module_parts(step, self._python_path),
            *fingerprints.package_parts(step, self._python_path),
        ]

    def _problems(self, step: Step, result: Result) -> tuple[str, ...]:
        """Return what keeps a result with the right signature from being reused."""
        changed = [f"file {_name(seen)}: other content" for seen in result.files if _changed(seen)]
        kept = {artifact.name for artifact in result.artifacts}
        missing = [name for name in step.demanded if name not in kept]
        lost = [artifact.name for artifact in result.artifacts if not self._workspace.store.has(artifact)]
        return (*changed, *(f"output {name} is missing" for name in dict.fromkeys((*missing, *lost))))

    def _reasons(self, step: Step, parts: tuple[Part, ...]) -> tuple[str, ...]:
        latest = self._latest(step)
        return reasons(None if latest is None else latest.parts, parts)

    def _latest(self, step: Step) -> Result | None:
        found = self._workspace.history.results_of(self._pipeline, step.name, limit=1)
        return found[0] if found else None


def _piece_parts(kind: PartKind, pieces: Sequence[CodePiece]) -> Iterator[Part]:
    """Yield a part for each piece, named for what it binds: where it stands does not count."""
    seen: dict[str, int] = {}
    for piece in pieces:
        name = ", ".join(piece.names)
        seen[name] = seen.get(name, 0) + 1
        again = f"#{seen[name]}" if seen[name] > 1 or not name else ""
        yield code_part(kind, " ".join(filter(None, (name, again))), piece.source)


def _input_parts(step: Step, inputs: Inputs) -> list[Part]:
    return [
        Part("input", name, _content(artifact) if artifact else digest("None"), origin=step.reads[name])
        for name, artifact in inputs.items()
    ]


def _content(artifact: ArtifactRef) -> str:
    # The same bytes are another value to another serializer.
    return f"{artifact.serializer}:{artifact.digest}"


def _parameter_part(name: str, value: Any) -> Part:
    serializer, (buffers, _) = serialize(name, value)
    kind = f"{type(value).__module__}.{type(value).__qualname__} {serializer}"
    return Part("parameter", name, digest_of([kind.encode(), b"\0", *buffers]), repr(value)[:500])


def _without(parts: tuple[Part, ...], inputs: frozenset[str]) -> tuple[Part, ...]:
    return tuple(part for part in parts if part.kind != "input" or part.name not in inputs)


def _changed(seen: FileSeen) -> bool:
    return fingerprints.file_digest(Path(seen.path)) != seen.digest


def _name(seen: FileSeen) -> str:
    return Path(seen.path).name
