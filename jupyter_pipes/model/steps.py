"""The nouns: cells, steps, parameters, artifacts, jobs and statuses, as plain immutable data."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

# `gc=False` where there are many: data that cannot be part of a cycle need not be looked through for one.
from msgspec import Struct

from jupyter_pipes.model.mapping.children import ElementNeeds
from jupyter_pipes.model.mapping.clauses import element_names
from jupyter_pipes.system.memory import remembered

PARAMS_OWNER = "params"
"""The producer that `Step.reads` names for a parameter."""

HANGING = "runs if"
"""Begins the reason of a step that would run again only if a step above it gives other outputs."""

CATALOG_OWNER = "[catalog]"
"""The producer of an input that only the catalog has: no step can be called so."""

PLAIN_OWNER = ""
"""The producer of a value that plain cells make anew in each step, until a step was seen changing it."""


class Status(StrEnum):
    """Where a step or a run stands (a run is never `pending`, `queued`, `cached` or `skipped`)."""

    PENDING = "pending"
    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    CACHED = "cached"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to what has this status."""
        return self not in (Status.PENDING, Status.QUEUED, Status.RUNNING)

    @property
    def is_done(self) -> bool:
        """Whether the outputs of a step that has this status are there."""
        return self in (Status.COMPLETED, Status.CACHED)


class Diagnostic(Struct, frozen=True, gc=False):
    """A problem found in a cell before anything ran.

    Attributes:
        code: stable code (`JP001` …), listed in docs/diagnostics.md.
        message: what is wrong and what to do.
        step: the step concerned, or None for a cell that is not a step.
        line: line of the cell as the editor counts it (1 is the first line, a `%%` line included).
        cell: the cell's number as people count (1 is the notebook's first cell of any kind), 0 if unknown.
        severity: an `error` stops a run before it starts, a `warning` does not, a `note` explains.
        cause: the same for problems that one change ends; "" for a problem that stands alone.
    """

    code: str
    message: str
    step: str | None = None
    line: int = 1
    cell: int = 0
    severity: Literal["error", "warning", "note"] = "error"
    cause: str = ""


OnFail = Literal["skip", "stop", "ignore"]


class StepOptions(Struct, frozen=True, omit_defaults=True):
    """What the user said behind `%%step NAME` or in `@step(…)`; times in seconds, memory in bytes.

    They travel whole. What has references (`${…}`) stands in `referring`, what that comes to in the field.
    What is known only when steps have ended stands in `made` until then, with all else filled in.
    """

    after: tuple[str, ...] = ()
    inputs: tuple[str, ...] | None = None
    outputs: tuple[str, ...] | None = None
    files: tuple[str, ...] = ()
    out_files: tuple[str, ...] = ()
    always: bool = False
    never_cache: bool = False
    version: str = ""
    ignored_parameters: tuple[str, ...] = ()
    retries: int = 0
    retry_delay: float = 0.0
    retry_on: tuple[str, ...] = ()
    timeout: float | None = None
    on_fail: OnFail = "skip"
    cpus: int = 1
    memory: int | None = None
    stage: str | None = None
    tags: tuple[str, ...] = ()
    queue: str = "local"
    when: str = ""
    gate: str = ""
    before: tuple[str, ...] = ()
    after_done: tuple[str, ...] = ()
    on_status: tuple[str, ...] = ()
    monitor: tuple[str, ...] = ()
    map: tuple[str, ...] = ()
    repeat_while: str = ""
    at_most: int = 0
    bash: bool = False
    pipeline: str = ""
    given: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    python: str = ""
    environment: str = ""
    variables: tuple[str, ...] = ()
    repository: str = ""
    container: str = ""
    referring: dict[str, str | tuple[str, ...]] = {}
    made: dict[str, tuple[str, ...]] = {}


CellRole = Literal["step", "params", "setup", "code", "markdown"]


class Script(Struct, frozen=True):
    """A file that a cell runs with `%run`: its path as written there, and its code."""

    path: str
    text: str


class Cell(Struct, frozen=True):
    """One cell of a notebook, read but not yet understood.

    Attributes:
        id: the nbformat cell id (or a generated one where the notebook has none).
        number: the cell's place as people count, 1 for the notebook's first cell of any kind.
        role: what the first line makes of the cell.
        source: the whole text, with the `%%step`, `%%params` or `%%setup` line where there is one.
        name: a step's name, else "".
        options: a step's options.
        append: whether this cell continues the step of that name (`--append`).
        scripts: the files that it runs with `%run`.
    """

    id: str
    number: int
    role: CellRole
    source: str
    name: str = ""
    options: StepOptions = StepOptions()
    append: bool = False
    scripts: tuple[Script, ...] = ()

    @property
    def body(self) -> str:
        """The code below the magic's line, with that line and comments above left blank: line numbers stay.

        `%%time` and its like above the line stay. A script (`--bash`) has `%%step --bash` in its place.
        """
        magic, instead = f"%%{self.role}", "%%step --bash" if self.options.bash else ""
        return self.source if self.role in ("code", "markdown") else _below(magic, self.source, instead)


@remembered
def _below(magic: str, source: str, instead: str) -> str:
    """Return the code below the magic's line; cached, as every definition asks it of all cells."""
    lines = source.split("\n")
    own = next(place for place, line in enumerate(lines) if line.split()[:1] == [magic])
    above = [line if line.lstrip().startswith("%%") and not instead else "" for line in lines[:own]]
    return "\n".join([*above, instead, *lines[own + 1 :]])


class CodePiece(Struct, frozen=True):
    """A stretch of notebook code that runs in a step's process before the step's own code.

    Attributes:
        label: where it comes from, in words ("cell 3", "train.py").
        line: line of that cell on which `source` begins, as the editor counts it.
        source: the code, as written.
        names: the names that it binds.
        is_late: whether it runs only when the step's inputs are loaded: it needs one of them.
        registers_in: the names whose objects it changes when it runs: a definition that registers itself.
        position: that of the first step whose value of such a name has it; 0 where it registers nowhere.
        cell: number of that cell, 0 where it stands in none.
        uses: names that it needs, those that its functions need when they are called among them.
        uses_at_once: those that it needs when it runs.
        is_definition: whether it is code only: imports, `def`, `class`.
        behind: what earlier steps left in definitions (see `analysis.states`) that it is to find there.
        for_effect: whether it is an import that the step does not name: it runs for what the module does.
    """

    label: str
    line: int
    source: str
    names: tuple[str, ...] = ()
    is_late: bool = False
    registers_in: tuple[str, ...] = ()
    position: int = 0
    cell: int = 0
    uses: tuple[str, ...] = ()
    uses_at_once: tuple[str, ...] = ()
    is_definition: bool = True
    behind: tuple[str, ...] = ()
    for_effect: bool = False


class StepInterface(Struct, frozen=True, kw_only=True):
    """What a step reads and leaves, and what the user said of it: a step without its code.

    Attributes:
        reads: name -> the step that produces it, or `PARAMS_OWNER` for a parameter.
        writes: names that it leaves for others: no definitions, no modules.
        files_from: path, as its maker's `options.out_files` has it -> the earlier step that makes it.
        plain: names whose values plain cells make anew in its process.
        loads: those of them that only the catalog has.
        options: what the user said.
        cell_id: the notebook cell whose output area shows it, or None outside notebooks.
        continued: id of each cell that continues it (`--append`) -> line of its code on which that begins.
        observed_reads: those of `reads` whose producer runs showed, not the code.
        observed_writes: those of `writes` that runs showed, not the code.
        observed_files: step that it waits for, though it reads nothing of it -> a file that both used.
        joined: those of `reads` that hold parts of one object, by object, as runs showed.
        option_needs: step and output of what its options refer to.
    """

    reads: dict[str, str] = {}
    writes: tuple[str, ...] = ()
    files_from: dict[str, str] = {}
    plain: tuple[str, ...] = ()
    loads: tuple[str, ...] = ()
    options: StepOptions = StepOptions()
    cell_id: str | None = None
    continued: dict[str, int] = {}
    observed_reads: tuple[str, ...] = ()
    observed_writes: tuple[str, ...] = ()
    observed_files: dict[str, str] = {}
    joined: tuple[tuple[str, ...], ...] = ()
    option_needs: tuple[tuple[str, str], ...] = ()

    @property
    def cells(self) -> tuple[str, ...]:
        """The ids of its cells, in order; "" for the one of a step that comes from no notebook."""
        return (self.cell_id or "", *self.continued)

    @property
    def inputs(self) -> dict[str, str]:
        """Name, or path of a file, -> the step that makes it, of all that it reads from other steps."""
        names = {name: owner for name, owner in self.reads.items() if owner != PARAMS_OWNER}
        return {**names, **self.files_from}

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that it (or a helper that it reaches) reads."""
        return tuple(name for name, owner in self.reads.items() if owner == PARAMS_OWNER)

    @property
    def origins(self) -> dict[str, str]:
        """Name, or path of a file, -> where it comes from, parameters included: all that it reads."""
        return {**self.reads, **self.files_from, **dict.fromkeys(self.loads, CATALOG_OWNER)}

    @property
    def only_after(self) -> tuple[str, ...]:
        """Names of the steps that it waits for although it need not read anything of them."""
        return tuple(dict.fromkeys((*self.options.after, *self.observed_files, *dict(self.option_needs))))

    @property
    def makers(self) -> tuple[str, ...]:
        """Names of the steps that make what it, or one of its options, needs."""
        return tuple(dict.fromkeys((*self.inputs.values(), *dict(self.option_needs))))

    def is_skipped_with(self, step: str) -> bool:
        """Return whether a step that its `--when` skipped has this one, which waits for it, skipped as well.

        One that reads nothing of it, or says `--on-fail ignore`, goes on with None in place of outputs.
        """
        return self.options.on_fail != "ignore" and step in self.makers

    @property
    def writes_by_code(self) -> tuple[str, ...]:
        """Those of `writes` that its code shows."""
        return tuple(name for name in self.writes if name not in self.observed_writes)

    @property
    def producers(self) -> tuple[str, ...]:
        """Names of the steps that must end before this one starts, each once, in a stable order."""
        return tuple(dict.fromkeys((*self.makers, *self.options.after, *self.observed_files)))


class Step(StepInterface, frozen=True):
    """A step with its names resolved: all that planning, signing and running it needs.

    Attributes:
        name: the step's name, unique in its pipeline.
        position: its place in the notebook's order, from 0.
        body: the code to run; line n of it is line n of the cell (the `%%step` line is left blank).
        label: where the code stands, in words ("cell 3").
        demanded: those of `writes` that a later step reads; they must be kept.
        setup: the `%%setup` cells, whole, in order.
        prelude: definitions of other cells that it reaches, in order.
        imports: top-level module names that its code, prelude and setup import.
        sets: names of attributes that its code may set in modules so that only its process shows it; `*`
            where the code does not say which.
        opaque: whether analysis could not see all that it reads and writes.
        doc: the Markdown above its cell, or the function's docstring.
        literals: short texts of code that is in none of the above: of the function that is the step.
        cell: number of its first cell, 0 where it has none.
        element: what its code needs for one element of its `--map`; None without one.
    """

    name: str
    position: int
    body: str
    label: str
    demanded: tuple[str, ...] = ()
    setup: tuple[CodePiece, ...] = ()
    prelude: tuple[CodePiece, ...] = ()
    imports: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    opaque: bool = False
    doc: str = ""
    literals: tuple[str, ...] = ()
    cell: int = 0
    element: ElementNeeds | None = None

    @property
    def names_taken(self) -> tuple[str, ...]:
        """The names that its code finds bound: what it reads, or what an element of it is and reads."""
        of = self.element
        return (*element_names(self.options.map), *of.reads) if of else tuple(self.reads)

    @property
    def upstream(self) -> tuple[str, ...]:
        """Names of the steps that must end before this one starts: its `producers`."""
        return self.producers

    @property
    def optional(self) -> tuple[str, ...]:
        """Those of `writes` that no later step reads: kept when they are small and can be stored."""
        return tuple(name for name in self.writes if name not in self.demanded)

    @property
    def pieces(self) -> tuple[CodePiece, ...]:
        """The code that runs before its own, in order."""
        return (*self.early_pieces, *self.late_pieces)

    @property
    def early_pieces(self) -> tuple[CodePiece, ...]:
        """The code that runs before its inputs are loaded."""
        return (*self.setup, *(piece for piece in self.prelude if not piece.is_late))

    @property
    def late_pieces(self) -> tuple[CodePiece, ...]:
        """The definitions that run when its inputs are loaded: they need one of them."""
        return tuple(piece for piece in self.prelude if piece.is_late)

    @property
    def parts(self) -> tuple[str, ...]:
        """The code of each of its cells, with blank lines above: line n is line n of `body`."""
        lines = self.body.split("\n")
        starts = [1, *self.continued.values()]
        ends = [*(start - 1 for start in starts[1:]), len(lines)]
        return tuple(
            "\n" * (start - 1) + "\n".join(lines[start - 1 : end])
            for start, end in zip(starts, ends, strict=True)
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """The text of its own code, and of what runs before it."""
        if not (self.setup or self.prelude):
            return (self.body,)
        return (self.body, *(piece.source for piece in self.pieces))


class ParameterSpec(Struct, frozen=True):
    """A declared parameter, as data.

    Attributes:
        name: its name.
        annotation: the declared type as written ("" when only a default was given).
        default: the default as Python source.
        help: the comment behind its line.
        line: line of its cell.
        choices: allowed values as text, when the type lists them.
    """

    name: str
    annotation: str
    default: str
    help: str = ""
    line: int = 1
    choices: tuple[str, ...] = ()


JsonValue = Any
"""A value that msgspec can write as JSON: what events carry for parameters and metrics."""
