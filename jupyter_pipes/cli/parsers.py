"""The words behind a verb: a parser that raises, and the arguments that verbs have."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from jupyter_pipes.model.errors import UsageError

if TYPE_CHECKING:
    from jupyter_pipes.planning.preparation import RunOptions

RUN_HELP = "a run: its id, the start or end of one, last, previous, a version or a tag"


class VerbParser(argparse.ArgumentParser):
    """argparse that raises `UsageError` instead of ending the process, and lists its arguments."""

    def __init__(self, **settings: Any) -> None:
        self.arguments: list[argparse.Action] = []
        super().__init__(allow_abbrev=False, **settings)

    def add_argument(self, *flags: str, **settings: Any) -> argparse.Action:
        """Add an argument, as argparse does."""
        self.arguments.append(super().add_argument(*flags, **settings))
        return self.arguments[-1]

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        raise UsageError(f"{self.prog}: {message}; see {self.prog} --help")

    def parse(self, words: Sequence[str]) -> argparse.Namespace:
        """Return the arguments; options may stand between and behind the others, `-p` takes several.

        Raises:
            UsageError: something is missing, unknown or does not fit.
        """
        if any(argument.dest == "query" for argument in self.arguments):
            return self._with_query(words)
        parsed, unknown = self.parse_known_intermixed_args(_each_with_its_p(words))
        if unknown:
            flags = [flag for argument in self.arguments for flag in argument.option_strings]
            near = difflib.get_close_matches(unknown[0].partition("=")[0], flags, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self.error(f"unknown argument {unknown[0]}{hint}")
        return parsed

    def _with_query(self, words: Sequence[str]) -> argparse.Namespace:
        """Take all that is no option of ours as parts of one query: `-tags:old` as well."""
        parsed, unknown = self.parse_known_args(words)
        parts = [*parsed.query, *unknown]
        parsed.query = " ".join(word for word in words if word in parts)
        return parsed


def _each_with_its_p(words: Sequence[str]) -> list[str]:
    """Return the words with `-p a=1 b=2` written as `-p a=1 -p b=2`: no step's name has a `=`."""
    spelled: list[str] = []
    for word in words:
        if "=" in word and not word.startswith("-") and spelled[-2:-1] == ["-p"]:
            spelled.append("-p")
        spelled.append(word)
    return spelled


def run_options(arguments: argparse.Namespace) -> RunOptions:
    """Return what `Pipeline.run` takes, from parsed arguments."""
    return {
        "params": overrides(arguments),
        "force": arguments.force,
        "skip": arguments.skip,
        "from_": arguments.from_,
        "only": arguments.only,
        "fail_fast": getattr(arguments, "fail_fast", False),
    }


def overrides(arguments: argparse.Namespace) -> dict[str, str]:
    """Return name -> value of all `-p NAME=VALUE`; the last one for a name counts."""
    from jupyter_pipes.pipelines.parameters import split_assignment

    return dict(map(split_assignment, arguments.params))


def check_repetition(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be said of a kept run's repetition.

    Raises:
        UsageError: an option that chooses steps stands beside `--of`.
    """
    chosen = (arguments.steps, arguments.force, arguments.skip, arguments.from_, arguments.only)
    if any(chosen) or arguments.debug:
        raise UsageError("--of repeats a run as it was: only -p can stand beside it")


# The arguments, each added by a function of its name.


def source(parser: VerbParser) -> None:
    """A notebook or module."""
    parser.add_argument(
        "source", metavar="NOTEBOOK|MODULE", help="a notebook, or a Python file that defines a pipeline"
    )


def place(parser: VerbParser) -> None:
    """Where kept runs are looked for."""
    parser.add_argument("--notebook", metavar="PATH", help="look among the runs of this notebook or module")
    parser.add_argument(
        "--directory", metavar="DIR", help="look among the runs of this folder (default: the current one)"
    )


def steps(parser: VerbParser) -> None:
    """Which steps a run takes, with which parameters."""
    parser.add_argument("steps", nargs="*", metavar="STEP", help="run just these steps and what they need")
    parameters(parser)
    for flag, text in (
        ("--force", "run these steps whatever is kept; `all` for every one"),
        ("--skip", "leave these steps out, with what hangs on them"),
        (
            "--from",
            "these steps and what hangs on them; the present outputs of earlier ones are taken as they are",
        ),
        ("--only", "just these steps; the present outputs of the others are taken as they are"),
    ):
        name = "from_" if flag == "--from" else None
        dest = {"dest": name} if name else {}
        parser.add_argument(
            flag, **dest, nargs="+", action="extend", default=[], metavar="STEP", help=text
        )  # fmt: skip


def parameters(parser: VerbParser) -> None:
    """`-p`."""
    parser.add_argument(
        "-p", dest="params", action="append", default=[], metavar="NAME=VALUE",
        help="a parameter's value; STEP.NAME=VALUE for one step only",
    )  # fmt: skip


def accept(parser: VerbParser) -> None:
    """What `plan` takes as up to date."""
    parser.add_argument(
        "--accept", nargs="+", action="extend", default=[], metavar="STEP",
        help="hold the present outputs of these steps for up to date, though their code or inputs changed",
    )  # fmt: skip


def repeated(parser: VerbParser) -> None:
    """A kept run that is run again."""
    parser.add_argument(
        "--of", metavar="RUN", help="repeat this kept run, with its own code, and with -p other values"
    )


def running(parser: VerbParser) -> None:
    """How `run` runs; `plan` takes it as well."""
    parser.add_argument("--debug", action="store_true", help="run the steps in this process, for a debugger")
    parser.add_argument("--fail-fast", action="store_true", help="the first failure cancels everything else")
    no_check(parser)


def no_check(parser: VerbParser) -> None:
    """Whether a failure is an error."""
    parser.add_argument(
        "--no-check",
        action="store_true",
        help="a run that fails is no error: it is returned, or the exit code 0",
    )


def background(parser: VerbParser) -> None:
    """Whether a kernel's cell waits."""
    parser.add_argument("--background", action="store_true", help="return at once; the display goes on")


def executed(parser: VerbParser) -> None:
    """Where the executed notebook goes."""
    parser.add_argument(
        "--output",
        metavar="OUT.ipynb",
        help="write the executed notebook: each step's outputs under its cell",
    )


def query(parser: VerbParser) -> None:
    """Which runs are listed."""
    parser.add_argument(
        "query", nargs="*", metavar="QUERY",
        help="what to find: status:failed AND metrics.auc:[0.8 TO 1]; all runs if not given",
    )  # fmt: skip
    parser.add_argument("--limit", type=int, metavar="N", help="at most so many")


def limits(parser: VerbParser) -> None:
    """What `gc` lets go."""
    parser.add_argument("--older", metavar="30d", help="runs that ended longer ago go")
    parser.add_argument("--max-size", metavar="20G", help="the oldest runs go until the artifacts fit")
    parser.add_argument("--keep-runs", type=int, metavar="N", help="the newest N runs of a pipeline stay")
    parser.add_argument("--dry-run", action="store_true", help="say what would go, and remove nothing")


def a_run(parser: VerbParser) -> None:
    """A kept run."""
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)


def perhaps_a_run(parser: VerbParser) -> None:
    """A kept run, or the one that is meant anyway."""
    parser.add_argument("run", nargs="?", metavar="RUN", help=RUN_HELP)


def in_run(parser: VerbParser) -> None:
    """A kept run, as an option."""
    parser.add_argument("--run", metavar="RUN", help=RUN_HELP)


def two_runs(parser: VerbParser) -> None:
    """Two runs, or the last two."""
    parser.add_argument("a", nargs="?", default="previous", metavar="RUN", help=f"{RUN_HELP} (previous)")
    parser.add_argument("b", nargs="?", default="last", metavar="RUN", help="held against it (last)")


def a_step(parser: VerbParser) -> None:
    """A step."""
    parser.add_argument("step", metavar="STEP", help="the step's name")


def perhaps_a_step(parser: VerbParser) -> None:
    """A step, or all."""
    parser.add_argument("step", nargs="?", metavar="STEP", help="this step only")


def attempt(parser: VerbParser) -> None:
    """Which attempt."""
    parser.add_argument("--attempt", type=int, metavar="N", help="of this attempt; the latest if not given")


def names(parser: VerbParser) -> None:
    """Artifacts."""
    parser.add_argument("names", nargs="+", metavar="NAME", help="artifacts (STEP.NAME for one of a step)")
    parameters(parser)
    in_run(parser)


def variable(parser: VerbParser) -> None:
    """What a loaded artifact is called."""
    parser.add_argument("--as", dest="new", metavar="NEW", help="the variable's name, for one artifact")


def value_file(parser: VerbParser) -> None:
    """Where a value is written."""
    parser.add_argument(
        "--output", metavar="FILE", help="write the value, in the format that FILE's ending says"
    )


def tags(parser: VerbParser) -> None:
    """Labels."""
    parser.add_argument("tags", nargs="*", metavar="TAG", help="its labels from now on; none takes them away")


def title(parser: VerbParser) -> None:
    """A title."""
    parser.add_argument("title", nargs="+", metavar="TEXT", help="its title")


def undo(parser: VerbParser) -> None:
    """The other way round."""
    parser.add_argument("--undo", action="store_true", help="list it again")


def export_target(parser: VerbParser) -> None:
    """What an export makes."""
    parser.add_argument("path", metavar="PATH", help="the file to write")
    parser.add_argument(
        "--to", choices=("python", "notebook"),
        help="a Python module, or the notebook with its latest run's outputs; by PATH's ending if not given",
    )  # fmt: skip


def rebuilding(parser: VerbParser) -> None:
    """What is done to the history."""
    parser.add_argument("what", choices=("rebuild",), help="make the indexes again from the journal")


def pipeline_name(parser: VerbParser) -> None:
    """What a pipeline is called."""
    parser.add_argument("name", metavar="NAME", help="the pipeline's name")
    parser.add_argument("--version", metavar="V", help="its version: dotted numbers")
