"""The verbs of `%pipeline` and `jupyter pipes`: their words as argparse parsers, defined once for both."""

from __future__ import annotations

import argparse
import difflib
import shlex
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from jupyter_pipes import params
from jupyter_pipes.errors import UsageError

Parser = argparse.ArgumentParser


class VerbParser(argparse.ArgumentParser):
    """argparse that raises `UsageError` instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        raise UsageError(f"{self.prog}: {message}; see {self.prog} --help")

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Return the arguments; options may stand between and behind the others, `-p` takes several.

        Raises:
            UsageError: something is missing, unknown or does not fit.
        """
        parsed, unknown = self.parse_known_intermixed_args(_each_with_its_p(words))
        if unknown:
            flags = [flag for action in self._actions for flag in action.option_strings]
            near = difflib.get_close_matches(unknown[0].partition("=")[0], flags, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.error(f"unknown argument {unknown[0]}{hint}")
        return parsed


def _each_with_its_p(words: Sequence[str]) -> list[str]:
    """Return the words with `-p a=1 b=2` written as `-p a=1 -p b=2`: no step's name has a `=`."""
    spelled: list[str] = []
    for word in words:
        if "=" in word and not word.startswith("-") and spelled[-2:-1] == ["-p"]:
            spelled.append("-p")
        spelled.append(word)
    return spelled


def add_run_options(parser: Parser) -> None:
    """Add what `run` and `plan` have in common."""
    parser.add_argument("steps", nargs="*", metavar="STEP", help="run just these steps and what they need")
    parser.add_argument(
        "-p", dest="params", action="append", default=[], metavar="NAME=VALUE",
        help="a parameter's value; STEP.NAME=VALUE for one step only",
    )  # fmt: skip
    parser.add_argument(
        "--force", nargs="+", action="extend", default=[], metavar="STEP",
        help="run these steps whatever is kept; `all` for every one",
    )  # fmt: skip


def add_running_options(parser: Parser) -> None:
    """Add what only `run` has."""
    parser.add_argument("--debug", action="store_true", help="run the steps in this process, for a debugger")
    parser.add_argument("--fail-fast", action="store_true", help="the first failure cancels everything else")
    parser.add_argument(
        "--no-check", action="store_true", help="return the run instead of raising when it fails"
    )


def _run(parser: Parser) -> None:
    add_run_options(parser)
    add_running_options(parser)
    parser.add_argument("--background", action="store_true", help="return at once; the display goes on")


def _cancel(parser: Parser) -> None:
    parser.add_argument("step", nargs="?", metavar="STEP", help="cancel this step only")


def _get(parser: Parser) -> None:
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="artifacts to load as variables (STEP.NAME for one of a step)",
    )
    parser.add_argument("--run", metavar="RUN", help="from this run; its id or the beginning of it")
    parser.add_argument("--as", dest="new", metavar="NEW", help="the variable's name, for one artifact")


def _logs(parser: Parser) -> None:
    parser.add_argument("step", metavar="STEP")
    parser.add_argument("--run", metavar="RUN", help="of this run; its id or the beginning of it")
    parser.add_argument("--attempt", type=int, metavar="N", help="of this attempt; the latest if not given")


def _export(parser: Parser) -> None:
    parser.add_argument("path", metavar="PATH", help="the file to write")
    parser.add_argument(
        "--to", choices=("python", "notebook"), metavar="python|notebook",
        help="a Python module, or the executed notebook; by PATH's ending if not given",
    )  # fmt: skip


def _name(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the pipeline's name")
    parser.add_argument("--version", metavar="V", help="its version: dotted numbers")


def _nothing(parser: Parser) -> None:
    pass


_MAGIC_VERBS: dict[str, tuple[Callable[[Parser], None], str]] = {
    "show": (_nothing, "the live DAG"),
    "plan": (add_run_options, "what a run would do and why, without running"),
    "run": (_run, "run the pipeline, or just what the named steps need"),
    "status": (_nothing, "how the current run stands"),
    "cancel": (_cancel, "cancel the current run, or one step of it"),
    "get": (_get, "load artifacts into the kernel"),
    "logs": (_logs, "what a step printed"),
    "export": (_export, "write a pipeline that runs without Jupyter"),
    "name": (_name, "name the pipeline"),
}

MAGIC_VERBS = tuple(_MAGIC_VERBS)


def parse(line: str) -> tuple[str, argparse.Namespace]:
    """Return the verb of a `%pipeline` line and its arguments.

    Raises:
        UsageError: an unknown verb or option; the message names the nearest.
    """
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise UsageError(f"%pipeline {line}: {error}; close the quotes") from error
    verb = words[0] if words else "show"
    if verb not in _MAGIC_VERBS:
        near = difflib.get_close_matches(verb, MAGIC_VERBS, 1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise UsageError(f"%pipeline has no verb {verb!r}{hint} It has: {', '.join(MAGIC_VERBS)}")
    return verb, magic_parser(verb).parse(words[1:])


def magic_parser(verb: str) -> VerbParser:
    """Return the parser of one verb of `%pipeline`."""
    add, description = _MAGIC_VERBS[verb]
    parser = VerbParser(prog=f"%pipeline {verb}", description=description, add_help=False, allow_abbrev=False)
    add(parser)
    return parser


def options_of(verb: str) -> list[str]:
    """Return the option words of a verb, for completion."""
    return sorted(flag for action in magic_parser(verb)._actions for flag in action.option_strings)


def magic_help() -> str:
    """Return the help text of `%pipeline`."""
    parts = ["%pipeline VERB …", ""]
    for verb in MAGIC_VERBS:
        parser = magic_parser(verb)
        usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
        parts.append(f"{usage}\n    {_MAGIC_VERBS[verb][1]}")
        parts += [
            f"      {', '.join(a.option_strings)}  {a.help}" for a in parser._actions if a.option_strings
        ]
    return "\n".join(parts)


def run_arguments(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return what `Pipeline.run` takes, from parsed options."""
    given = {"params": split_params(arguments.params), "force": arguments.force}
    return given | ({"fail_fast": arguments.fail_fast} if "fail_fast" in arguments else {})


def split_params(texts: Sequence[str]) -> dict[str, str]:
    """Return name -> value of all `-p NAME=VALUE`; the last one for a name counts."""
    return dict(params.split_assignment(text) for text in texts)
