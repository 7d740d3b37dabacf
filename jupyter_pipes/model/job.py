"""One attempt of a step as data, the same for every executor."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from jupyter_pipes.model.results import ArtifactRef, FileSeen
from jupyter_pipes.model.steps import CodePiece, Step
from jupyter_pipes.model.version import RUNNING


class StepEnvironment(Struct, frozen=True, omit_defaults=True):
    """A step's own environment as a worker has to make it; empty for a step that says nothing of its own.

    Attributes:
        packages: what the step asked for, as requirements.
        lock: distribution -> its version, or " @ URL" behind the name, of all that they come to.
        python: the version of Python, "" for the run's own, or where only a worker can tell.
        folder: an existing virtual environment.
        variables: environment variable -> value.
        secrets: names of variables whose values the environment has, or the job brings.
        repository: URL of a repository whose checkout is the working directory, "" for the notebook's folder.
        commit: which commit of it.
        container: the image that it runs in.
    """

    packages: tuple[str, ...] = ()
    lock: dict[str, str] = {}
    python: str = ""
    folder: str = ""
    variables: dict[str, str] = {}
    secrets: tuple[str, ...] = ()
    repository: str = ""
    commit: str = ""
    container: str = ""

    @property
    def is_the_runs(self) -> bool:
        """Whether it is the run's environment, without anything of its own."""
        return self == StepEnvironment()

    @property
    def has_only_variables(self) -> bool:
        """Whether it has nothing of its own but variables."""
        return self == StepEnvironment(variables=self.variables, secrets=self.secrets)

    @property
    def minor(self) -> str:
        """The minor version of its Python, "" where only a worker can tell."""
        own = ".".join(self.python.split(".")[:2])
        return own or ("" if self.folder or self.container else RUNNING)

    @property
    def is_layered(self) -> bool:
        """Whether it has all packages of the run's environment, below its own."""
        return not (self.folder or self.container) and self.minor == RUNNING

    @property
    def is_built(self) -> bool:
        """Whether a virtual environment is made for it."""
        return bool(self.packages or self.python) and not self.folder

    @property
    def yet_to_find(self) -> str:
        """What of it nobody has looked up yet, in words; "" where all is known."""
        if self.packages and not self.lock:
            return f"what {' '.join(self.packages)} comes to"
        return f"which commit {self.repository} is at" if self.repository and not self.commit else ""


class RetryRule(Struct, frozen=True, omit_defaults=True):
    """What `--retry-on` names of the notebook: an exception, or a function that is asked about one.

    Attributes:
        name: as the step says it (`is_transient`, `policies.is_transient`).
        pieces: the code that it reaches, in order.
        parameters: name -> pickled value, of those that this code reads.
    """

    name: str
    pieces: tuple[CodePiece, ...] = ()
    parameters: dict[str, bytes] = {}


class Job(Struct, frozen=True):
    """One attempt of a step as data: the same for every executor, local or remote.

    Attributes:
        run, pipeline, attempt: which attempt this is; attempts count from 1.
        step: the step, with its code and what the user said of it (limits, queue, files).
        inputs: name -> artifact; None where an ignored failure left nothing.
        retry_rules: what of its `--retry-on` is the notebook's.
        tries: the how-manieth try this is, without attempts that went with their worker.
        finds_elements: whether it looks for the elements of the step's `--map`, and runs none of its code.
        gathers: name -> for each element the input that it left under this name, None where it failed; what
            such an attempt leaves is lists of these. None for other attempts.
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
        own: the step's own environment.
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
    own: StepEnvironment = StepEnvironment()
    store: str = ""
    proofs: dict[str, str] = {}
    log: str = ""
    reports: str = ""
    retry_rules: tuple[RetryRule, ...] = ()
    tries: int = 1
    finds_elements: bool = False
    gathers: dict[str, tuple[str | None, ...]] | None = None

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
