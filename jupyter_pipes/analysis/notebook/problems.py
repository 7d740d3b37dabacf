"""What can be wrong with a pipeline's graph, in words: one function for each code JP010 to JP028."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec import Struct, structs

from jupyter_pipes.analysis import spelling
from jupyter_pipes.analysis.cell.scopes import PROMPT_INPUTS
from jupyter_pipes.model.steps import PARAMS_OWNER, Cell, Diagnostic

Severity = Literal["error", "warning", "note"]


class Spot(Struct, frozen=True):
    """Where a problem shows: a step (None for a cell that is none), its cell's number, and the line in it."""

    step: str | None
    cell: int = 0
    line: int = 1

    def __str__(self) -> str:
        where = f"cell {self.cell}, line {self.line}" if self.cell else f"line {self.line}"
        return f"Step {self.step} ({where})" if self.step else f"{where[0].upper()}{where[1:]}"


def undefined(
    spot: Spot,
    name: str,
    names: Iterable[str],
    via: str = "",
    *,
    defined_later: int = 0,
    hiding: Cell | None = None,
) -> Diagnostic:
    """JP010: nothing before the step binds the name.

    Args:
        spot, name: where the step reads which name.
        names: those that there are.
        via: which other code reads it, in words.
        defined_later: number of the later cell that binds it, 0 if none does.
        hiding: the nearest earlier cell that may bind names without its code showing which.
    """
    if defined_later:
        remedy = f"It is defined only later, in cell {defined_later}: move that cell up."
    else:
        remedy = f"Define it in an earlier cell{_meant(name, names)}."
    if hiding is not None:
        remedy += (
            f" If cell {hiding.number} binds it in a way that cannot be seen (exec, globals()), say so in "
            f"its first line: %%step {hiding.name or 'NAME'} --out {name}."
        )
    message = f"{spot} reads {name}{via}, which no earlier cell and no parameter defines. {remedy}"
    return _at(spot, "JP010", message, cause=name)


def prompt_history(spot: Spot, name: str, *, via: str = "") -> Diagnostic:
    """JP010: the name is one under which a kernel keeps what cells showed, or their text."""
    if PROMPT_INPUTS.fullmatch(name):
        what, remedy = "the text of cells that it ran", "write that code into this cell"
    else:
        what = "what cells displayed"
        remedy = "give the value a name in the cell that displays it (result = …), and read that name here"
    message = (
        f"{spot} reads {name}{via}, in which a kernel keeps {what}. "
        f"A step runs in a process of its own, without that history: {remedy}."
    )
    return _at(spot, "JP010", message)


def evaluated(spot: Spot, cell: int, line: int) -> Diagnostic:
    """JP006: a helper that the step reaches evaluates text that is not in sight."""
    message = (
        f"{spot} reaches eval() in cell {cell} (line {line}), which evaluates text that is not in sight; "
        "say what the step reads with --in"
    )
    return _at(spot, "JP006", message, "warning")


def written_later(spot: Spot, name: str, writer: Spot, *, via: str = "") -> Diagnostic:
    """JP011: only a later step writes the name."""
    where = f" (cell {writer.cell})" if writer.cell else ""
    message = (
        f"{spot} reads {name}{via}, but only the later step {writer.step}{where} writes it. "
        f"Move {writer.step} above {spot.step}, or this step below it."
    )
    return _at(spot, "JP011", message)


def needs_output(
    spot: Spot, root: str, name: str, owner: str, cell: int, line: int, dependents: Sequence[int] = ()
) -> Diagnostic:
    """JP012: untagged code that the step reads needs a step's output itself.

    Args:
        spot, root: where the step reads which name.
        name, owner: the output, and whose it is.
        cell, line: where the code stands.
        dependents: further untagged cells on the way from there to `root`.
    """
    start = (
        f"{spot} reads {root}, which cell {cell} computes from {name} (line {line}), {_possession(owner)}. "
    )
    if dependents:
        cells = f"{cell}, {', '.join(map(str, dependents[:-1]))}".rstrip(", ") + f" and {dependents[-1]}"
        remedy = (
            f"Cells {cells} are no steps, so their results are not available to steps: tag each with %%step."
        )
    else:
        remedy = (
            f"Cell {cell} is not a step, so its result is not available to steps: tag this cell with %%step."
        )
    return _at(spot, "JP012", start + remedy, cause=f"cells {(cell, *dependents)}")


def definition_needs_output(spot: Spot, root: str, name: str, owner: str, cell: int, line: int) -> Diagnostic:
    """JP012: a definition needs a value when it runs that the step that uses it does not have any more."""
    message = (
        f"{spot} reads {root}, whose definition in cell {cell} (line {line}) needs {name} as it is there, "
        f"{_possession(owner)}. Definitions are run again in every step that uses them, and this step has "
        "other values of the names that it needs: write the value into the definition, or pass it "
        "as an argument."
    )
    return _at(spot, "JP012", message, cause=f"cell {cell}, line {line}")


def setup_needs_output(spot: Spot, name: str, owner: str) -> Diagnostic:
    """JP012: a `%%setup` cell needs a step's output."""
    message = (
        f"{spot}: %%setup reads {name}, {_possession(owner)}, but %%setup runs before every step. "
        "Move what needs it into a step: tag this cell with %%step."
    )
    return _at(spot, "JP012", message)


def rebound(spot: Spot, name: str, owner: str, cell: int, line: int) -> Diagnostic:
    """JP013: an untagged cell gives the name another value between its owner and its reader."""
    source = f"the parameter {name}" if owner == PARAMS_OWNER else f"{name} from step {owner}"
    message = (
        f"{spot} reads {source}, but in between cell {cell} (line {line}) gives it another "
        f"value. Cell {cell} is not a step, so its result is not available to steps: tag this cell with "
        "%%step, or use another name in it."
    )
    return _at(spot, "JP013", message)


def cycle(spot: Spot, names: Iterable[str]) -> Diagnostic:
    """JP014: steps wait for each other."""
    message = f"Steps wait for each other: {' → '.join(names)}. Remove one of their --after options."
    return _at(spot, "JP014", message)


def repeated(spot: Spot, first_cell: int, *, in_file: bool) -> Diagnostic:
    """JP015: two cells have the same step name."""
    if in_file:
        which = f"Cells {first_cell} and {spot.cell}" if first_cell else "Two steps"
        message = f"{which} are named {spot.step}. Rename one of them, or continue the first with --append."
        return _at(spot, "JP015", message)
    message = f"{spot} replaces the step of that name in cell {first_cell}. Rename one of them to have both."
    return _at(spot, "JP015", message, "warning")


def unknown_step(spot: Spot, name: str, names: Iterable[str]) -> Diagnostic:
    """JP016: `--after` names a step that does not exist."""
    return _at(spot, "JP016", f"{spot} waits --after {name}, but there is no such step{_meant(name, names)}.")


def unknown_input(spot: Spot, name: str, names: Iterable[str]) -> Diagnostic:
    """JP017: `--in` names something that nothing before the step has."""
    message = f"{spot} says --in {name}, but no earlier step and no parameter has it{_meant(name, names)}."
    return _at(spot, "JP017", message)


def unknown_output(spot: Spot, name: str, names: Iterable[str]) -> Diagnostic:
    """JP017: `--out` names something that the cell never binds."""
    message = f"{spot} says --out {name}, but its cell never gives {name} a value{_meant(name, names)}."
    return _at(spot, "JP017", message)


def nothing_to_append_to(spot: Spot) -> Diagnostic:
    """JP018: `--append` without an earlier cell of the step."""
    message = f"{spot} says --append, but no earlier cell is that step. Remove --append, or correct the name."
    return _at(spot, "JP018", message)


def not_set(spot: Spot, statement: str, name: str) -> Diagnostic:
    """JP027: a setting that needs a step's value, or what is not there, is not made in later steps."""
    return _lost_setting(
        spot,
        statement,
        f"holds for later steps in a kernel, but needs {name}, which only the process of one step has: later "
        "steps run without it. Make the setting in each step that needs it, or with a value that stands in a "
        "cell that is no step.",
    )


def not_repeated(spot: Spot, statement: str, modules: Iterable[str]) -> Diagnostic:
    """JP027: a call that makes a value, and sets something beside, is not made again in later steps."""
    return _lost_setting(
        spot,
        statement,
        f"sets something in {', '.join(sorted(modules))} that holds for later steps in a kernel, but is not "
        "called again for that: later steps run without it. Make the setting in a cell or function of its "
        "own.",
    )


def _lost_setting(spot: Spot, statement: str, why: str) -> Diagnostic:
    return _at(spot, "JP027", f"{spot}: {statement.strip().splitlines()[0]} {why}", "warning")


def drawn_between(spot: Spot, stream: str, owner: str) -> Diagnostic:
    """JP028: code draws from a stream of random numbers from which a step has drawn."""
    message = (
        f"{spot} draws random numbers ({stream.removesuffix('.state')}) behind step {owner}, which draws "
        "from the same seed: untagged cells do not know what steps drew, so these numbers, and those of "
        "later steps, are others than in a kernel. Tag this cell with %%step, or give it its own generator."
    )
    return _at(spot, "JP028", message, "warning")


def made_twice(spot: Spot, path: str, first: str) -> Diagnostic:
    """JP022: two steps make the same file."""
    message = (
        f"{spot} says --out-file {path}, which step {first} makes as well: a rerun of one would undo the "
        "other. Write to another file."
    )
    return _at(spot, "JP022", message)


def made_later(spot: Spot, path: str, maker: Spot, *, sure: bool) -> Diagnostic:
    """JP023: a step names a file that only a later one makes; a warning when it may not be to read it."""
    message = (
        f"{spot} names the file {path}, but only the later step {maker.step} makes it: it would read what an "
        f"earlier run left. Move {maker.step} above {spot.step}, or use two files."
    )
    return _at(spot, "JP023", message, "error" if sure else "warning")


def read_and_made(spot: Spot, path: str) -> Diagnostic:
    """JP023: a step reads and makes the same file."""
    message = (
        f"{spot} says --file {path} and --out-file {path}: a rerun would read its own result. "
        "Write to another file."
    )
    return _at(spot, "JP023", message)


def made_by_pattern(spot: Spot, path: str) -> Diagnostic:
    """JP024: an `--out-file` is a pattern."""
    message = f"{spot} says --out-file {path}: name each file that it makes; patterns are for --file."
    return _at(spot, "JP024", message)


def file_like_output(spot: Spot, path: str) -> Diagnostic:
    """JP024: an `--out-file` has the name of an output."""
    message = (
        f"{spot} says --out-file {path}, and {path} is a variable that it writes as well: artifacts are kept "
        "by name. Rename one of them."
    )
    return _at(spot, "JP024", message)


def unknown_reference(spot: Spot, flag: str, why: str) -> Diagnostic:
    """JP034: an option refers to what there is not."""
    return _at(spot, "JP034", f"{spot} says {flag}: {why}")


def of_plain_cell(cell: Cell, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield what is wrong with the code of a cell that is no step.

    JP001: what cannot be read is left out, which is worth a warning only; a `%%setup` cell goes with all.
    What that changes of modules (JP005) does not stay in one process: each step has it.
    """
    for problem in found:
        if cell.role == "setup":
            if problem.code != "JP005":
                yield structs.replace(problem, cell=cell.number)
        elif problem.severity == "error":
            spot = Spot(None, cell.number, problem.line)
            message = f"{problem.message} Steps cannot use what this cell defines."
            yield _at(spot, "JP001", message, "warning")


def nearest(name: str, names: Iterable[str]) -> str:
    """Return what to say behind an unknown name: the nearest known one, or else all that there are."""
    by_name = sorted(names)
    if not by_name:
        return ": there are none"
    return _meant(name, by_name) or f"; there are {', '.join(by_name[:20])}"


def _meant(name: str, names: Iterable[str]) -> str:
    near = spelling.nearest(name, sorted(names))
    return f" (did you mean {near}?)" if near else ""


def _possession(owner: str) -> str:
    return "a parameter that another step changes" if owner == PARAMS_OWNER else f"an output of step {owner}"


def _at(spot: Spot, code: str, message: str, severity: Severity = "error", cause: str = "") -> Diagnostic:
    return Diagnostic(code, message, spot.step, spot.line, spot.cell, severity, cause)
