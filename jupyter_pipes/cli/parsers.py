"""The words of `jupyter pipes …`: a parser for each verb."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Sequence
from typing import NoReturn

from jupyter_pipes.cli import verbs
from jupyter_pipes.cli.verbs import VerbParser, add_run_options, add_running_options
from jupyter_pipes.model.errors import UsageError

Parser = argparse.ArgumentParser

PROGRAM = "jupyter pipes"


def parse(words: Sequence[str]) -> tuple[str, argparse.Namespace]:
    """Return the verb of a command line and its arguments.

    Raises:
        UsageError: an unknown verb or option, or a value that does not fit.
        SystemExit: help or the version was asked for and printed.
    """
    if not words or words[0].startswith("-"):
        _program_parser().parse_args(words)
        raise UsageError(f"{PROGRAM} needs a verb: {', '.join(VERBS)}; see {PROGRAM} --help")
    verb = words[0]
    if verb not in VERBS:
        near = difflib.get_close_matches(verb, VERBS, 1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise UsageError(f"{PROGRAM} has no verb {verb!r}{hint} It has: {', '.join(VERBS)}")
    return verb, verb_parser(verb).parse(words[1:])


def verb_parser(verb: str) -> VerbParser:
    """Return the parser of one verb."""
    add, description = VERBS[verb]
    kind = verbs.QueryParser if verb == "runs" else VerbParser
    parser = kind(prog=f"{PROGRAM} {verb}", description=description, allow_abbrev=False)
    add(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document, and nothing else")
    return parser


def _program_parser() -> Parser:
    from jupyter_pipes.model.version import __version__

    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {verb:{width}}  {description}" for verb, (_, description) in VERBS.items())
    parser = _ProgramParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} VERB … [--json]",
        description="Run notebooks as pipelines.",
        epilog=f"verbs:\n{verbs}\n\n{PROGRAM} VERB --help says more.\n"
        "exit codes: 0 completed, 1 a run failed, 2 usage or an invalid pipeline, 3 cancelled or interrupted",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    return parser


class _ProgramParser(Parser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {PROGRAM} --help")


def _source(parser: Parser) -> None:
    parser.add_argument(
        "source", metavar="NOTEBOOK|MODULE", help="a notebook, or a Python file that defines a pipeline"
    )


def _run(parser: Parser) -> None:
    _source(parser)
    add_run_options(parser)
    add_running_options(parser)
    parser.add_argument(
        "--output",
        metavar="OUT.ipynb",
        help="write the executed notebook, each step's outputs under its cell",
    )


def _plan(parser: Parser) -> None:
    _source(parser)
    add_run_options(parser)
    verbs.add_planning_options(parser)
    add_running_options(parser)


def _why(parser: Parser) -> None:
    _source(parser)
    parser.add_argument("step", metavar="STEP")
    verbs.add_parameters(parser)
    parser.add_argument(
        "--run", metavar="RUN", help="why it did in this run: its id, the beginning of it, or `last`"
    )


def _resume(parser: Parser) -> None:
    _kept_run(parser)
    parser.add_argument("--no-check", action="store_true", help="end with 0 also when a step failed")


def _runs(parser: Parser) -> None:
    verbs.add_query(parser)
    _place(parser)


def _compare(parser: Parser) -> None:
    parser.add_argument("a", metavar="RUN", help="a run's id, the beginning of it, or `last`")
    parser.add_argument("b", metavar="RUN", help="the run to hold against it")
    _place(parser)


def _tag(parser: Parser) -> None:
    _kept_run(parser)
    parser.add_argument("tags", nargs="*", metavar="TAG", help="its labels from now on; none takes them away")


def _rename(parser: Parser) -> None:
    _kept_run(parser)
    parser.add_argument("title", nargs="+", metavar="TEXT", help="its title")


def _archive(parser: Parser) -> None:
    _kept_run(parser)
    parser.add_argument("--undo", action="store_true", help="list it again")


def _collect(parser: Parser) -> None:
    verbs.add_collection_options(parser)
    _place(parser)


def _history(parser: Parser) -> None:
    parser.add_argument("what", choices=("rebuild",), help="make the indexes again from the journal")
    _place(parser)


def _kept_run(parser: Parser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run's id, the beginning of it, or `last`")
    _place(parser)


def _place(parser: Parser) -> None:
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--notebook", metavar="PATH", help="look among the runs of this notebook or module")
    place.add_argument(
        "--directory", metavar="DIR", help="look among the runs of this folder (default: the current one)"
    )


def _logs(parser: Parser) -> None:
    _kept_run(parser)
    parser.add_argument("step", metavar="STEP")
    parser.add_argument("--attempt", type=int, metavar="N", help="of this attempt; the latest if not given")


def _get(parser: Parser) -> None:
    _source(parser)
    parser.add_argument("names", nargs="+", metavar="NAME", help="artifacts (STEP.NAME for one of a step)")
    parser.add_argument(
        "-p", dest="params", action="append", default=[], metavar="NAME=VALUE",
        help="a parameter's value: get what a run with it made",
    )  # fmt: skip
    parser.add_argument("--run", metavar="RUN", help="of this run; its id, the beginning of it, or `last`")
    parser.add_argument(
        "--output", metavar="FILE", help="write the value, in the format that FILE's ending says"
    )


def _export(parser: Parser) -> None:
    _source(parser)
    parser.add_argument("path", metavar="PATH", help="the file to write")
    parser.add_argument(
        "--to", choices=("python", "notebook"),
        help="a Python module, or the notebook with its latest run's outputs; by PATH's ending if not given",
    )  # fmt: skip


VERBS: dict[str, tuple[Callable[[Parser], None], str]] = {
    "run": (_run, "run a pipeline, or just what the named steps need"),
    "plan": (_plan, "what a run would do and why, without running"),
    "why": (_why, "why a step would run or not, with what changed"),
    "resume": (_resume, "take up a run again that did not complete"),
    "runs": (_runs, "the kept runs, or those that a query finds"),
    "compare": (_compare, "what differs between two runs"),
    "show": (_kept_run, "how a run went: its steps, times and errors"),
    "logs": (_logs, "what a step printed"),
    "tag": (_tag, "label a run"),
    "rename": (_rename, "give a run a title"),
    "archive": (_archive, "put a run away: it is listed only when asked for"),
    "gc": (_collect, "remove old runs, and what nobody refers to any more"),
    "history": (_history, "rebuild the indexes of the history"),
    "get": (_get, "print an artifact, or write it to a file"),
    "export": (_export, "write a module that runs without Jupyter, or the executed notebook"),
}
"""Verb -> what adds its arguments to a parser, and what it does in words."""
