"""What stands behind `%%step`, or in `@step(…)`, as `StepOptions`: parsing, help and completion."""

from __future__ import annotations

import argparse
import shlex
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NoReturn, cast

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.quantities import duration_option, size_option
from jupyter_pipes.model.steps import StepOptions
from jupyter_pipes.pipelines.arguments import as_shown, is_text, items, shown
from jupyter_pipes.pipelines.options.table import BY_FIELD, STEP_OPTIONS, Option
from jupyter_pipes.pipelines.references import references, refers
from jupyter_pipes.pipelines.step_names import NAME_RULE, check_name
from jupyter_pipes.system.memory import remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_CELL_SWITCHES = ("append", "run")
"""Options that say something of the cell, not of the step."""


class StepLine(Struct, frozen=True):
    """A `%%step` line, understood.

    Attributes:
        name: the step's name.
        options: what the line says of the step itself.
        append: whether the cell continues the step of an earlier cell.
        run: whether to run the step now.
    """

    name: str
    options: StepOptions = StepOptions()
    append: bool = False
    run: bool = False


@remembered
def parse_step(line: str) -> StepLine:
    """Parse what stands behind `%%step`.

    Raises:
        UsageError: the name or an option does not fit; the message says which and what is allowed.
    """
    words = _split(line)
    if not words or words[0].startswith("-"):
        raise UsageError("%%step needs a name first: %%step NAME [options]", line=1)
    name = check_name(words[0])
    parsed, extra = _parser().parse_known_args(words[1:])
    if extra:
        raise UsageError(_unexpected(name, extra[0]), step=name, line=1)
    values: dict[str, Any] = {key: value for key, value in vars(parsed).items() if value is not None}
    switches = {switch: bool(values.pop(switch, False)) for switch in _CELL_SWITCHES}
    return StepLine(name, _converted(values, name), **switches)


def from_keywords(**options: object) -> StepOptions:
    """Make the options of `@step(…)`: those of `%%step` as keywords (`retries=2, timeout="30m", in_="df"`).

    `inputs`, `outputs` and `files` may be written for `in_`, `out` and `file`; None means "not given".

    Raises:
        UsageError: an unknown option, or a value that does not fit.
    """
    by_keyword = {
        key: option
        for option in STEP_OPTIONS
        if option.field not in _CELL_SWITCHES
        for key in (option.keyword, option.field)
    }
    fields: dict[str, Any] = {}
    for keyword, value in options.items():
        if keyword not in by_keyword:
            raise UsageError(f"@step has no option {keyword}{_suggest(keyword, by_keyword)}")
        if value is not None:
            fields[by_keyword[keyword].field] = value
    return _converted(fields)


def as_keywords(options: StepOptions) -> dict[str, object]:
    """Return what was said, as keywords that `from_keywords` makes the same options of."""
    # Options that were not said are omitted by the struct itself.
    values: dict[str, Any] = msgspec.to_builtins(options)
    referring = values.pop("referring", {})
    values.pop("made", None)
    written = {field: _WRITERS.get(field, _unpacked)(value) for field, value in values.items()}
    return {**written, **{field: _unpacked(value) for field, value in referring.items()}}


def _unpacked(value: object) -> object:
    return list(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else value


_WRITERS = {"retry_delay": duration_option, "timeout": duration_option, "memory": size_option}
"""From an option's value back to what a user would give."""


def step_help() -> str:
    """Return the help text of `%%step`, one line for each option."""
    title = "%%step NAME [options]: register this cell as a step of the pipeline."
    written = [f"{option.flag} {option.metavar}".rstrip() for option in STEP_OPTIONS]
    width = max(map(len, written))
    options = (f"  {flag:{width}}  {option.help}" for flag, option in zip(written, STEP_OPTIONS, strict=True))
    return "\n".join([title, "", f"NAME: {NAME_RULE}.", "", *options])


class _Parser(argparse.ArgumentParser):
    """argparse that raises instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"%%step: {message.removeprefix('argument ')}", line=1)


@cache
def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="%%step", add_help=False, allow_abbrev=False)
    for option in STEP_OPTIONS:
        if not option.metavar:
            parser.add_argument(option.flag, dest=option.field, action="store_true")
        elif option.many:
            # `--in` and `--out` alone say "nothing"; the others need a value.
            nargs = "*" if option.field in ("inputs", "outputs") else "+"
            parser.add_argument(option.flag, dest=option.field, nargs=nargs, action="extend")
        else:
            parser.add_argument(option.flag, dest=option.field)
    return parser


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"%%step {line.strip()}: {error}; close the quotation mark", line=1) from None


def _converted(values: dict[str, Any], step: str | None = None) -> StepOptions:
    """Return the options that were said: field -> value as the user gave it."""
    fields: dict[str, Any] = {}
    referring: dict[str, str | tuple[str, ...]] = {}
    for field, value in values.items():
        option = BY_FIELD[field]
        if checked(option, value, step, partial(_refers, option)):
            referring[field] = value if isinstance(value, str) else tuple(items(value))
        else:
            fields[field] = checked(option, value, step, option.convert)
    _check_loop({**fields, **referring}, step)
    return StepOptions(**fields, referring=referring)


def _check_loop(said: Mapping[str, object], step: str | None) -> None:
    if said.get("repeat_while") and not said.get("at_most"):
        message = "--repeat-while needs --at-most N: the number of rounds behind which it ends in any case"
        raise UsageError(message, step=step, line=1)
    if said.get("at_most") and not said.get("repeat_while"):
        message = "--at-most N says how often --repeat-while EXPR may run the step: say that as well"
        raise UsageError(message, step=step, line=1)


def _refers(option: Option, value: object) -> bool:
    """Return whether what was said of an option is known only with the values of a run."""
    given = items(value)
    found = list(references(given))
    for reference in found:
        if option.before_all:
            raise ValueError(f"{option.before_all}: write it without {reference}")
        if option.before_run and reference.is_of_step:
            raise ValueError(f"{reference} is known only when a step has ended, and {option.before_run}")
    if found and not all(isinstance(item, str) for item in given):
        raise ValueError(f"use texts beside {found[0]}")
    return refers(given)


def checked(option: Option, value: object, step: str | None, convert: Callable[[Any], Any]) -> Any:
    """Return what `convert` makes of an option's value.

    Raises:
        UsageError: it raises ValueError, or the value is text that no file can hold.
    """
    try:
        if not all(is_text(item) for item in items(value) if isinstance(item, str)):
            raise ValueError("use text that a file can hold")
        return convert(value)
    except ValueError as error:
        words = " ".join(map(_as_given, items(value)))
        why = str(error).removeprefix(f"{words}: ")
        raise UsageError(f"{option.flag} {words}: {why}", step=step, line=1) from None


def _as_given(item: object) -> str:
    return as_shown(item) if isinstance(item, str) else shown(item)


def _unexpected(name: str, word: str) -> str:
    if word.startswith("-"):
        flags = [option.flag for option in STEP_OPTIONS]
        return f"%%step {name}: there is no option {word}{_suggest(word.partition('=')[0], flags)}"
    return f"%%step {name}: unexpected {word!r} behind the name; {NAME_RULE}"


def _suggest(word: str, words: Iterable[str]) -> str:
    near = nearest(word, words)
    return f"; did you mean {near}?" if near else "; see %%step? for those there are"
