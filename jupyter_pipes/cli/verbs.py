"""The verbs of `%pipeline` and `jupyter pipes`: their words as argparse parsers, defined once for both."""

from __future__ import annotations

import argparse
import difflib
import shlex
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.pipelines import parameters as params

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
    add_parameters(parser)
    parser.add_argument(
        "--force", nargs="+", action="extend", default=[], metavar="STEP",
        help="run these steps whatever is kept; `all` for every one",
    )  # fmt: skip
    parser.add_argument(
        "--skip", nargs="+", action="extend", default=[], metavar="STEP",
        help="leave these steps out, with what hangs on them",
    )  # fmt: skip
    parser.add_argument(
        "--from", dest="from_", nargs="+", action="extend", default=[], metavar="STEP",
        help="these steps and what hangs on them; the present outputs of earlier ones are taken as they are",
    )  # fmt: skip
    parser.add_argument(
        "--only", nargs="+", action="extend", default=[], metavar="STEP",
        help="just these steps; the present outputs of the others are taken as they are",
    )  # fmt: skip


def add_parameters(parser: Parser) -> None:
    """Add `-p`."""
    parser.add_argument(
        "-p", dest="params", action="append", default=[], metavar="NAME=VALUE",
        help="a parameter's value; STEP.NAME=VALUE for one step only",
    )  # fmt: skip


def add_planning_options(parser: Parser) -> None:
    """Add what only `plan` has."""
    parser.add_argument(
        "--accept", nargs="+", action="extend", default=[], metavar="STEP",
        help="hold the present outputs of these steps for up to date, though their code or inputs changed",
    )  # fmt: skip


def add_running_options(parser: Parser) -> None:
    """Add what only `run` has."""
    parser.add_argument(
        "--of", metavar="RUN", help="repeat this kept run, with its own code, and with -p other values"
    )
    parser.add_argument("--debug", action="store_true", help="run the steps in this process, for a debugger")
    parser.add_argument("--fail-fast", action="store_true", help="the first failure cancels everything else")
    parser.add_argument(
        "--no-check", action="store_true", help="return the run instead of raising when it fails"
    )


class QueryParser(VerbParser):
    """Takes all that is no option of its own as parts of one query: `-tags:old` as well."""

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Return the arguments; `query` is one text."""
        parsed, unknown = self.parse_known_args(words)
        mine = [*parsed.query, *unknown]
        parsed.query = " ".join(word for word in words if word in mine)
        return parsed


def add_query(parser: Parser) -> None:
    """Add what `runs` takes."""
    parser.add_argument(
        "query", nargs="*", metavar="QUERY",
        help="what to find: status:failed AND metrics.auc:[0.8 TO 1]; all runs if not given",
    )  # fmt: skip
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many")


def add_collection_options(parser: Parser) -> None:
    """Add what `gc` takes."""
    parser.add_argument("--older", metavar="30d", help="runs that ended longer ago go")
    parser.add_argument("--max-size", metavar="20G", help="the oldest runs go until the artifacts fit")
    parser.add_argument("--keep-runs", type=int, metavar="N", help="the newest N runs of a pipeline stay")
    parser.add_argument("--dry-run", action="store_true", help="say what would go, and remove nothing")


def _run(parser: Parser) -> None:
    add_run_options(parser)
    add_running_options(parser)
    parser.add_argument("--background", action="store_true", help="return at once; the display goes on")


def _plan(parser: Parser) -> None:
    add_run_options(parser)
    add_planning_options(parser)


def _why(parser: Parser) -> None:
    parser.add_argument("step", metavar="STEP")
    add_parameters(parser)
    parser.add_argument("--run", metavar="RUN", help="why it did in this run; its id or the beginning of it")


def _resume(parser: Parser) -> None:
    parser.add_argument(
        "run", nargs="?", default="last", metavar="RUN", help="a run's id; the newest if not given"
    )
    parser.add_argument(
        "--no-check", action="store_true", help="return the run instead of raising when it fails"
    )


def _compare(parser: Parser) -> None:
    parser.add_argument("a", metavar="RUN", help="a run's id, the beginning of it, or `last`")
    parser.add_argument("b", metavar="RUN", help="the run to hold against it")


def _tag(parser: Parser) -> None:
    _of_run(parser)
    parser.add_argument("tags", nargs="*", metavar="TAG", help="its labels from now on; none takes them away")


def _rename(parser: Parser) -> None:
    _of_run(parser)
    parser.add_argument("title", nargs="+", metavar="TEXT", help="its title")


def _archive(parser: Parser) -> None:
    _of_run(parser)
    parser.add_argument("--undo", action="store_true", help="list it again")


def _of_run(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run's id, the beginning of it, or `last`")


def _debug(parser: Parser) -> None:
    parser.add_argument("step", metavar="STEP")
    parser.add_argument("--run", default="last", metavar="RUN", help="as it was in this run; the newest else")


def _cancel(parser: Parser) -> None:
    parser.add_argument("step", nargs="?", metavar="STEP", help="cancel this step only")


def _get(parser: Parser) -> None:
    parser.add_argument(
        "names",
        nargs="+",
        metavar="NAME",
        help="artifacts to load as variables (STEP.NAME for one of a step)",
    )
    add_parameters(parser)
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
    "plan": (_plan, "what a run would do and why, without running"),
    "run": (_run, "run the pipeline, or just what the named steps need"),
    "why": (_why, "why a step would run or not, with what changed"),
    "status": (_nothing, "how the current run stands"),
    "cancel": (_cancel, "cancel the current run, or one step of it"),
    "resume": (_resume, "take up a run again that did not complete"),
    "runs": (add_query, "the kept runs, or those that a query finds"),
    "compare": (_compare, "what differs between two runs"),
    "get": (_get, "load artifacts into the kernel"),
    "logs": (_logs, "what a step printed"),
    "debug": (_debug, "a step's code in a new cell, its inputs and prelude in the kernel"),
    "tag": (_tag, "label a run"),
    "rename": (_rename, "give a run a title"),
    "archive": (_archive, "put a run away: it is listed only when asked for"),
    "gc": (add_collection_options, "remove old runs, and what nobody refers to any more"),
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
    if verb == "runs":
        # Quotes belong to the query.
        return verb, argparse.Namespace(query=line.strip().partition(" ")[2].strip(), limit=None)
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
    given = {name: getattr(arguments, name) for name in ("force", "skip", "from_", "only")}
    given["params"] = split_params(arguments.params)
    return given | ({"fail_fast": arguments.fail_fast} if "fail_fast" in arguments else {})


def check_repetition(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be said of a kept run's repetition.

    Raises:
        UsageError: an option that chooses steps stands beside `--of`.
    """
    beside = [name for name in ("steps", "force", "skip", "from_", "only") if getattr(arguments, name)]
    if beside or arguments.debug:
        raise UsageError("--of repeats a run as it was: only -p can stand beside it")


def split_params(texts: Sequence[str]) -> dict[str, str]:
    """Return name -> value of all `-p NAME=VALUE`; the last one for a name counts."""
    return dict(params.split_assignment(text) for text in texts)
