"""One attempt of a step as data, the same for every executor."""

from __future__ import annotations

from msgspec import Struct, field

from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import CodePiece


class Job(Struct, frozen=True):
    """One attempt of a step as data: the same for every executor, local or remote.

    Attributes:
        run, pipeline, step, attempt: which attempt this is; attempts count from 1.
        body, label, setup, prelude: the code, as in `Step`.
        inputs: name -> artifact; None where an ignored failure left nothing.
        parameters: name -> pickled value.
        demanded: outputs that must be kept, else the attempt fails.
        optional: outputs to keep when they are small and can be serialized.
        out_files: paths that the step must have written; each is kept as an artifact of that name.
        directory: working directory (the notebook's folder).
        python_path: entries put in front of `sys.path`.
        environment: the environment variables of the process.
        store: fsspec URL of the artifact store.
        log: path of the attempt's log file.
        memory: limit in bytes, or None.
        timeout: seconds from the start, or None.
    """

    run: str
    pipeline: str
    step: str
    attempt: int
    body: str
    label: str
    setup: tuple[CodePiece, ...] = ()
    prelude: tuple[CodePiece, ...] = ()
    inputs: dict[str, ArtifactRef | None] = field(default_factory=dict[str, ArtifactRef | None])
    parameters: dict[str, bytes] = field(default_factory=dict[str, bytes])
    demanded: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    out_files: tuple[str, ...] = ()
    directory: str = "."
    python_path: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict[str, str])
    store: str = ""
    log: str = ""
    memory: int | None = None
    timeout: float | None = None
    cpus: int = 1
    queue: str = "local"
    imports: tuple[str, ...] = ()

    @property
    def attempt_id(self) -> str:
        """The text that names the attempt in messages and in its process's environment."""
        return f"{self.run}/{self.step}/{self.attempt}"
