"""What attempts leave: artifacts, outputs, errors, files seen, and what they used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import reduce
from typing import Literal, TypeVar

from msgspec import Struct

_T = TypeVar("_T")


class ModelFacts(Struct, frozen=True, gc=False, omit_defaults=True):
    """What a model says of itself (`current.model`), beside what every artifact has.

    Attributes:
        framework: what made it ("scikit-learn"), "" if nobody knows.
        parameters: names and values of what it was made with, or of how large it is.
        changed: names of parameters that are not their class's defaults; None if it does not tell.
        inputs: names of what it takes, as far as it knows them.
        input_count: how many there are, 0 if it does not tell.
        file: name of the file or folder that it was kept from; "" for an object.
    """

    framework: str = ""
    parameters: tuple[tuple[str, str | int | float | bool | None], ...] = ()
    inputs: tuple[str, ...] = ()
    input_count: int = 0
    file: str = ""
    changed: tuple[str, ...] | None = None

    @property
    def telling(self) -> tuple[tuple[str, str | int | float | bool | None], ...]:
        """The parameters that somebody chose, as far as that is known; else all."""
        if self.changed is None:
            return self.parameters
        return tuple(each for each in self.parameters if each[0] in self.changed)

    @property
    def words(self) -> str:
        """What it is, in a few words: `scikit-learn model, 13 inputs`."""
        count = self.input_count
        inputs = f"{count} input{'s' if count > 1 else ''}" if count else ""
        return ", ".join(filter(None, (f"{self.framework} model".strip(), inputs, self.file)))


FIGURE = "displayed"
"""The serializer of figures that a step displayed: no values, but outputs that are artifacts as well."""


class ArtifactRef(Struct, frozen=True, gc=False, omit_defaults=True):
    """Where a named value is kept, and what is worth knowing without loading it.

    Attributes:
        name: the variable's name, the one given to `current.artifact`, or the number of a displayed figure.
        digest: BLAKE3 hex digest of the stored bytes; also its key in the store.
        type: the value's type, qualified ("pandas.DataFrame").
        bytes: stored size.
        serializer: name of the serializer that wrote it and reads it back.
        shape: sizes that a person expects: rows and columns, array shape, number of items; () if none.
        preview: a short text form of the value; of a displayed figure its title.
        stable: False when equal values may get different digests, so that readers always run.
        content: digest of the value by itself, where the stored bytes refer to parts that are kept elsewhere;
            else "": it is `digest`.
        references: digests of the artifacts that hold those parts: who loads both has one object.
        imports: what loading it imports of local modules (`module:Class`, `module:` of a whole one); that
            code counts for its readers.
        model: what it is as a model, None for everything that `current.model` did not keep.
        unsigned: whether it was read from a record that lacks the signature of the team, where one is wanted.
    """

    name: str
    digest: str
    type: str
    bytes: int
    serializer: str
    shape: tuple[int, ...] = ()
    preview: str = ""
    stable: bool = True
    content: str = ""
    references: tuple[str, ...] = ()
    unsigned: bool = False
    imports: tuple[str, ...] = ()
    model: ModelFacts | None = None

    @property
    def is_figure(self) -> bool:
        """Whether it is a figure that the step displayed, which no step reads."""
        return self.serializer == FIGURE

    @property
    def variable(self) -> str:
        """Its name as a variable can have it."""
        return re.sub(r"\W", "_", self.name)

    @property
    def short_type(self) -> str:
        """The type without its modules; a figure's is a MIME type, as a whole."""
        return self.type if self.is_figure else self.type.rpartition(".")[2]

    @property
    def title(self) -> str:
        """The title of a displayed figure; "" if it has none, and for all else."""
        return self.preview if self.is_figure else ""


class ElementValue(Struct, frozen=True, gc=False, array_like=True):
    """Where the value of an element of a `--map` is kept: an `ArtifactRef` without what can be looked up.

    Attributes:
        digest, bytes, serializer, stable, imports: as of `ArtifactRef`.
        preview: how the value begins, to tell elements apart.
    """

    digest: str
    bytes: int
    serializer: str
    preview: str = ""
    stable: bool = True
    imports: tuple[str, ...] = ()

    def named(self, name: str) -> ArtifactRef:
        """Return the artifact that the step's code has under this name."""
        kind, preview, imports = self.serializer, self.preview, self.imports
        return ArtifactRef(
            name, self.digest, kind, self.bytes, kind, (), preview, self.stable, imports=imports
        )


class OutputRef(Struct, frozen=True, gc=False):
    """One rich output that a step displayed; its MIME bundle is kept in the artifact store.

    Attributes:
        kind: `display_data`, `execute_result` or `error`, as in nbformat.
        digest: BLAKE3 hex digest of the bundle's JSON (`{"data": …, "metadata": …}`).
        log_offset: size in bytes of the attempt's log when it was displayed, to order text and outputs.
        display_id: set when the output can be updated; a later output with the same id replaces it.
    """

    kind: Literal["display_data", "execute_result"]
    digest: str
    log_offset: int
    display_id: str | None = None


WORKER_LOST = "WorkerLost"
"""The error of an attempt that went with the machine that it ran on."""


class StepError(Struct, frozen=True, gc=False, omit_defaults=True):
    """An exception or abnormal end, told for people.

    Attributes:
        type: the exception's class name, or "Killed", "TimedOut", "Exited".
        message: its text.
        traceback: ANSI-coloured text as IPython shows it, notebook frames only where possible.
        line: line of the step's cell on which it happened (1 is the `%%step` line), if known.
        bases: names of the exception's classes, itself first (for `--retry-on`).
    """

    type: str
    message: str
    traceback: str = ""
    line: int | None = None
    bases: tuple[str, ...] = ()


class FileSeen(Struct, frozen=True, gc=False, omit_defaults=True):
    """A file that a step was seen opening for reading, with its content's digest then.

    Attributes:
        path: the file.
        digest: of its content; where the step wrote it later, of what was there before, "unknown" if nobody
            saw that; "" if it was gone when the step ended.
        is_only_named: whether it was not seen being opened, but stands in the step's code.
    """

    path: str
    digest: str
    is_only_named: bool = False


class FolderSeen(Struct, frozen=True, gc=False):
    """A folder that a step listed.

    Attributes:
        path: the folder, ending with a slash; "" is the notebook's own.
        names: what stood in it then, sorted; a digest of that where it is much.
    """

    path: str
    names: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Return whether a file is in the folder, or in one within it."""
        return path.startswith(self.path) and (bool(self.path) or not path.startswith("/"))


class Usage(Struct, frozen=True, gc=False, omit_defaults=True):
    """What an attempt used: seconds of wall and CPU time, bytes of memory at the peak."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_memory: int = 0

    def plus(self, other: Usage) -> Usage:
        """Return what both used, and the most memory of one."""
        cpu_seconds = self.cpu_seconds + other.cpu_seconds
        return Usage(self.seconds + other.seconds, cpu_seconds, max(self.peak_memory, other.peak_memory))


class Observation(Struct, frozen=True, gc=False, omit_defaults=True):
    """What runs of a step showed of it that its code does not.

    Attributes:
        changed: inputs that it changed in place.
        joined: names that hold parts of one object, by object.
        files: files that it reads: absolute paths, or as they are within the notebook's folder.
        written: files that it writes.
    """

    changed: tuple[str, ...] = ()
    joined: tuple[tuple[str, ...], ...] = ()
    files: tuple[str, ...] = ()
    written: tuple[str, ...] = ()

    @property
    def of_values(self) -> Observation:
        """What it shows of values: a run goes by it at once, while files count for the next one."""
        return Observation(self.changed, self.joined)

    @classmethod
    def of_all(cls, shown: Iterable[Observation]) -> Observation:
        """Return what any of them showed."""
        return reduce(Observation.united, shown, cls())

    def united(self, other: Observation) -> Observation:
        """Return what either of the two showed."""
        if other == _NOTHING:
            return self
        return Observation(
            _united(self.changed, other.changed),
            _united(self.joined, other.joined),
            _united(self.files, other.files),
            _united(self.written, other.written),
        )


_NOTHING = Observation()


def _united(some: tuple[_T, ...], others: tuple[_T, ...]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys((*some, *others)))
