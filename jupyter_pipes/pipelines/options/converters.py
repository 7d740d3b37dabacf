"""What users may give for an option, as what it comes to; each raises ValueError saying what is allowed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Literal, cast, get_args

from jupyter_pipes.analysis.syntax import expression_alone
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.mapping.clauses import check_clause
from jupyter_pipes.model.quantities import parse_duration
from jupyter_pipes.model.shown.monitoring import check_monitored
from jupyter_pipes.model.steps import OnFail
from jupyter_pipes.pipelines.arguments import items, shown
from jupyter_pipes.pipelines.step_names import check_name

_MOST = 10**9
"""What no number of tries or processors reaches."""

_LONGEST = 36_500 * 86_400
"""Seconds that nobody waits."""


def duration(value: object) -> float:
    """Return a duration in seconds: `10s`, `5 min`, or a number of seconds."""
    seconds = parse_duration(value)
    if seconds > _LONGEST:
        raise ValueError("use a duration of at most 36500d, such as 30m")
    return seconds


def timeout(value: object) -> float:
    """Return a duration above zero in seconds."""
    seconds = duration(value)
    if seconds == 0:
        raise ValueError("use a duration above zero, such as 30m")
    return seconds


def whole_number(least: int) -> Callable[[object], int]:
    """Return what takes a whole number of at least `least`."""

    def convert(value: object) -> int:
        text = value.strip() if isinstance(value, str) else shown(value)
        if not re.fullmatch(r"\d{1,10}", text) or not least <= int(text) <= _MOST:
            raise ValueError(f"use a whole number of at least {least}")
        return int(text)

    return convert


def texts(value: object) -> tuple[str, ...]:
    """Return words, each once, between commas or blanks."""
    parts = (part for item in items(value) for part in re.split(r"[,\s]+", _name_of(item)))
    return tuple(dict.fromkeys(part for part in parts if part))


def _name_of(value: object) -> str:
    name = value if isinstance(value, str) else getattr(value, "__name__", getattr(value, "name", None))
    if not isinstance(name, str):
        raise ValueError("use names")
    return name


def variables(value: object) -> tuple[str, ...]:
    """Return names of variables."""
    return _names(value, str.isidentifier, "a variable")


def callbacks(value: object) -> tuple[str, ...]:
    """Return names of functions; functions may be given as well."""
    return _names(value, str.isidentifier, "a function")


def exceptions(value: object) -> tuple[str, ...]:
    """Return names of exceptions and functions, modules in front of them or not."""
    what = "an exception, such as ConnectionError, or of a function"
    return _names(value, lambda name: all(map(str.isidentifier, name.split("."))), what)


def _names(value: object, is_name: Callable[[str], bool], what: str) -> tuple[str, ...]:
    names = texts(value)
    for name in names:
        if not is_name(name):
            raise ValueError(f"{name!r} is not the name of {what}")
    return names


def steps(value: object) -> tuple[str, ...]:
    """Return names of steps."""
    try:
        return tuple(map(check_name, texts(value)))
    except UsageError as error:
        raise ValueError(str(error)) from None


def paths(value: object) -> tuple[str, ...]:
    """Return paths of files, each once."""
    try:
        return tuple(dict.fromkeys(os.fsdecode(item) for item in items(value)))
    except TypeError:
        raise ValueError("use paths of files") from None


def out_paths(value: object) -> tuple[str, ...]:
    """Return paths of files that a step makes: in the notebook's folder, or absolute."""
    inside_folder = paths(value)
    for path in inside_folder:
        inside = os.path.normpath(path)
        if inside == ".." or inside.startswith(f"..{os.sep}"):
            raise ValueError(
                "paths stay in the notebook's folder; write the whole path, from / on, for a file elsewhere"
            )
        if inside == "." or path.endswith("/") or "\0" in path:
            raise ValueError("use the path of a file")
    return inside_folder


def text(value: object) -> str:
    """Return a word or two."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("use a word or two")
    return value.strip()


def expression(value: object) -> str:
    """Return the text of an expression of Python."""
    text = value.strip() if isinstance(value, str) else ""
    try:
        expression_alone(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ValueError(f"use an expression of Python, such as len(xs) > 2 ({why})") from None
    return text


def clauses(value: object) -> tuple[str, ...]:
    """Return what `--map` runs a step for: `x in xs`, each as said."""
    said = [item.strip() if isinstance(item, str) else "" for item in items(value)]
    return tuple(map(check_clause, said))


def assignments(value: object) -> tuple[str, ...]:
    """Return what is said of parameters, `k=v` each; a mapping may be given as well."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        return assignments([f"{name}={held}" for name, held in pairs])
    said = [item if isinstance(item, str) else "" for item in items(value)]
    for text in said:
        name, equals, _ = text.partition("=")
        if not equals or not all(map(str.isidentifier, name.strip().split("."))):
            raise ValueError("use NAME=VALUE")
    return tuple(said)


def monitored(value: object) -> tuple[str, ...]:
    """Return what is put on the run as well: `metric:loss`, each once."""
    return tuple(map(check_monitored, texts(value)))


def on_fail(value: object) -> Literal["skip", "stop", "ignore"]:
    """Return `skip`, `stop` or `ignore`."""
    for choice in get_args(OnFail):
        if value == choice:
            return choice
    raise ValueError("use skip, stop or ignore")


def switch(value: object) -> bool:
    """Return True or False."""
    if not isinstance(value, bool):
        raise ValueError("use True or False")
    return value
