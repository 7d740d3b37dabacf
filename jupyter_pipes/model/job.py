"""One attempt of a step as data, the same for every executor."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jupyter_pipes.model.results import ArtifactRef, FileSeen
from jupyter_pipes.model.steps import CodePiece, Step


class Job(Struct, frozen=True):
    """One attempt of a step as data: the same for every executor, local or remote.

    Attributes:
        run, pipeline, attempt: which attempt this is; attempts count from 1.
        step: the step, with its code and what the user said of it (limits, queue, files).
        inputs: name -> artifact; None where an ignored failure left nothing.
        named: the files that its code names, by their paths from `directory`, as they were when it was
            decided; those outside of the folder too where there is none yet, with digest "".
        holders: those of the inputs in which definitions register themselves -> position of the step that
            has the value; those that stand before it are registered there already.
        repeated: those of the code of other cells that an earlier step has run as well, or has as its own,
            as (label, line).
        parameters: name -> pickled value.
        directory: working directory (the notebook's folder).
        python_path: entries put in front of `sys.path`.
        environment: the environment variables of the process.
        store: fsspec URL of the artifact store.
        proofs: digest -> what tells that a kept input is what was checked when the step was decided.
        log: path of the attempt's log file.
        reports: path at which the pipe of its events can be opened again, "" where there is none.
    """

    run: str
    pipeline: str
    step: Step
    attempt: int
    inputs: dict[str, ArtifactRef | None] = {}
    named: tuple[FileSeen, ...] = ()
    holders: dict[str, int] = {}
    repeated: frozenset[tuple[str, int]] = frozenset()
    parameters: dict[str, bytes] = {}
    directory: str = "."
    python_path: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    store: str = ""
    proofs: dict[str, str] = {}
    log: str = ""
    reports: str = ""

    @property
    def late_pieces(self) -> tuple[CodePiece, ...]:
        """The code that runs when the inputs are loaded: it needs one, or is yet to be registered there."""
        return tuple(piece for piece in self.step.prelude if piece.is_late or any(self.lacking(piece)))

    def lacking(self, piece: CodePiece) -> Iterator[str]:
        """Yield the inputs in which a piece of code registers itself, and is not registered yet."""
        names = piece.registers_in
        return (name for name in names if self.holders.get(name, piece.position) < piece.position)

    @property
    def drafts(self) -> frozenset[str]:
        """The inputs in which late code registers itself that is registered there already."""
        late = ((name, piece) for piece in self.late_pieces for name in piece.registers_in)
        return frozenset(name for name, piece in late if piece.position <= self.holders.get(name, -1))

    @property
    def attempt_id(self) -> str:
        """The text that names the attempt in messages and in its process's environment."""
        return f"{self.run}/{self.step.name}/{self.attempt}"
