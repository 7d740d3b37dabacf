"""The words behind a verb: a parser that raises, and the arguments that verbs have."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.export.forms import FORMS
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.quantities import parse_size
from jupyter_pipes.storage.queues import LOCAL

if TYPE_CHECKING:
    from jupyter_pipes.planning.preparation import RunOptions

RUN_HELP = "a run: its id, the start or end of one, last, previous, a version or a tag"

_PARAMETER_WORDS = ("--param", "--params", "--parameter", "--parameters", "--p")


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
            self._refuse(unknown[0])
        for word in (*getattr(parsed, "steps", ()), *getattr(parsed, "names", ())):
            if "=" in word:
                self._refuse(word)
        return parsed

    def _refuse(self, word: str) -> NoReturn:
        meant = self._meant(word)
        self.error(f"unknown argument {word}{f'; did you mean {meant}?' if meant else ''}")

    def _meant(self, word: str) -> str | None:
        name = word.partition("=")[0]
        if name.isidentifier() and name != word:
            return f"-p {word}"
        flags = [flag for argument in self.arguments for flag in argument.option_strings]
        if "-p" in flags and name in _PARAMETER_WORDS:
            return "-p NAME=VALUE"
        of_steps = _step_flags() if any(argument.dest == "steps" for argument in self.arguments) else []
        near = name if name in of_steps else nearest(name, [*flags, *of_steps])
        return f"%%step NAME {near}" if near in of_steps and near not in flags else near

    def _with_query(self, words: Sequence[str]) -> argparse.Namespace:
        """Take all that is no option of ours as parts of one query: `-tags:old` as well."""
        parsed, unknown = self.parse_known_args(words)
        parts = [*parsed.query, *unknown]
        parsed.query = " ".join(word for word in words if word in parts)
        return parsed


def _step_flags() -> list[str]:
    from jupyter_pipes.pipelines.options.table import STEP_OPTIONS

    return [option.flag for option in STEP_OPTIONS]


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
    if getattr(arguments, "overwrite", False) and not (arguments.force or getattr(arguments, "output", None)):
        raise UsageError("--force needs steps to run whatever is kept (`all` for every one), or --output")
    return {
        "params": overrides(arguments),
        "force": arguments.force,
        "skip": arguments.skip,
        "from_": arguments.from_,
        "only": arguments.only,
        "fail_fast": getattr(arguments, "fail_fast", False),
        "timeout": getattr(arguments, "timeout", None),
        "queue": arguments.queue,
    }


def overrides(arguments: argparse.Namespace) -> dict[str, str]:
    """Return name -> value of all `-p NAME=VALUE`; the last one for a name counts."""
    from jupyter_pipes.pipelines.parameters import split_assignment

    return dict(map(split_assignment, arguments.params))


def controller_queue(arguments: argparse.Namespace) -> str:
    """Return which queue gets the run's controller, "" for this process.

    Raises:
        UsageError: what only a process that waits for the run can do was asked for as well.
    """
    waiting = [name for name in ("debug", "output") if getattr(arguments, name, None)]
    if arguments.detach and waiting:
        raise UsageError(f"--detach and --{waiting[0]} exclude each other: nobody waits for the run's end")
    return getattr(arguments, "queue", LOCAL) if arguments.detach else ""


def check_repetition(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be said of a kept run's repetition.

    Raises:
        UsageError: an option that chooses steps stands beside `--of`.
    """
    chosen = (arguments.steps, arguments.force, arguments.skip, arguments.from_, arguments.only)
    if any(chosen) or arguments.debug:
        raise UsageError("--of repeats a run as it was: only -p and --queue can stand beside it")


def check_sweep(arguments: argparse.Namespace) -> None:
    """Refuse what does not fit with `--sweep`, or what means nothing without it.

    Raises:
        UsageError: one of these options is said.
    """
    if not arguments.sweep:
        if arguments.metric or arguments.at_most is not None:
            raise UsageError("--metric and --at-most are about a sweep: say --sweep NAME=A,B,C as well")
        return
    for name in ("of", "detach", "debug", "output", "background"):
        if getattr(arguments, name, None):
            raise UsageError(f"--sweep and --{name} exclude each other")


class _Forced(argparse.Action):
    """`--force A B`, again and again; without steps it is about the file of `--output` alone."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        """Take the steps."""
        namespace.force = [*namespace.force, *values]
        namespace.overwrite = True


Argument = Callable[[VerbParser], object]
"""Adds an argument to a parser."""


def _argument(*flags: str, **settings: Any) -> Argument:
    return lambda parser: parser.add_argument(*flags, **settings)


def _count(text: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 0")
    return int(text)


def _size(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from error


def _steps(flag: str, text: str, **settings: Any) -> Argument:
    return _argument(flag, nargs="+", action="extend", default=[], metavar="STEP", help=text, **settings)


def _switch(flag: str, text: str) -> Argument:
    return _argument(flag, action="store_true", help=text)


OF_SEVERAL = (_argument("--pipeline", metavar="NAME", help="of several pipelines that it has, this one"),)
SOURCE = (
    _argument("source", metavar="NOTEBOOK|MODULE", help="a notebook, or a module that defines a pipeline"),
    *OF_SEVERAL,
)
PERHAPS_SOURCE = (
    _argument(
        "source",
        nargs="?",
        metavar="NOTEBOOK|MODULE",
        help="a notebook, or a module that defines a pipeline; with --of not needed in its folder",
    ),
    *OF_SEVERAL,
)
PLACE = (
    _argument("--notebook", metavar="PATH", help="look among the runs of this notebook or module"),
    _argument("--directory", metavar="DIR", help="look among the runs of this folder, else the current one"),
    _argument("--pipeline", metavar="NAME", help="look among the runs of the pipeline of this name"),
)
PARAMETERS = (
    _argument(
        "-p",
        dest="params",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter's value; STEP.NAME=VALUE for one step only",
    ),
)
NO_CHECK = (_switch("--no-check", "a run that fails is no error: it is returned, or the exit code is 0"),)
PLANNED = (
    _argument("steps", nargs="*", metavar="STEP", help="run just these steps and what they need"),
    *PARAMETERS,
    _argument(
        "--force",
        nargs="*",
        action=_Forced,
        default=[],
        metavar="STEP",
        help="run these steps whatever is kept (`all` for every one), and overwrite the file of --output",
    ),
    _steps("--skip", "leave these steps out, with what hangs on them"),
    _steps(
        "--from",
        "these steps and what hangs on them; the present outputs of earlier ones are taken as they are",
        dest="from_",
    ),
    _steps("--only", "just these steps; the present outputs of the others are taken as they are"),
    _argument("--queue", default="local", metavar="Q", help="where the steps run that name no queue"),
    _switch("--debug", "run the steps in this process, for a debugger"),
    _switch("--fail-fast", "the first failure cancels everything else"),
    _argument("--timeout", metavar="30m", help="longest time of the run; then all ends, and it has failed"),
    *NO_CHECK,
)
"""What is said of a run; `plan` takes all of it as well."""

ACCEPT = (_steps("--accept", "hold the present outputs of these steps for up to date, whatever changed"),)
TRUST = (_switch("--trust", "load values that another user wrote: loading runs the code that they name"),)
REPEATED = (
    _argument("--of", metavar="RUN", help="repeat this kept run with its own code; -p gives other values"),
    *TRUST,
)
SWEEP = (
    _argument(
        "--sweep",
        action="append",
        default=[],
        metavar="NAME=A,B,C",
        help="a run for each of these values, or of 2..5; several: for each combination",
    ),
    _argument("--at-most", type=_count, metavar="N", help="of a sweep, so many runs: its first ones"),
    _argument("--metric", default="", metavar="NAME:max", help="of a sweep, mark the best run: max or min"),
)
DETACHED = (
    _switch(
        "--detach", "hand the controller to a process of its own, or to --queue: it goes on without this one"
    ),
)
RUN_OPTIONS = (*PLANNED, *SWEEP, *REPEATED, *DETACHED)
"""What `run` takes in a kernel, on the command line and in modules."""

BACKGROUND = (_switch("--background", "return at once; the display goes on"),)
EXECUTED = (
    _argument("--output", metavar="OUT.ipynb", help="write the executed notebook, outputs under their cells"),
)
QUERY = (
    _argument(
        "query",
        nargs="*",
        metavar="QUERY",
        help="what to find: status:failed AND metrics.auc:[0.8 TO 1]; all runs if not given",
    ),
    _argument("--limit", type=_count, metavar="N", help="at most so many"),
)
MODEL = (_argument("name", nargs="?", metavar="NAME", help="of this name only"),)
LIMITS = (
    _argument("--older", metavar="30d", help="runs that ended longer ago go"),
    _argument("--max-size", metavar="20G", help="the oldest runs go until the artifacts fit"),
    _argument("--keep-runs", type=int, metavar="N", help="the newest N runs of a pipeline stay"),
    _switch("--dry-run", "say what would go, and remove nothing"),
)
RUN = (_argument("run", metavar="RUN", help=RUN_HELP),)
PERHAPS_RUN = (_argument("run", nargs="?", metavar="RUN", help=RUN_HELP),)
IN_RUN = (_argument("--run", metavar="RUN", help=RUN_HELP),)
TWO_RUNS = (
    _argument("a", nargs="?", default="previous", metavar="RUN", help=f"{RUN_HELP} (previous)"),
    _argument("b", nargs="?", default="last", metavar="RUN", help="held against it; last if not given"),
    *TRUST,
)
STEP = (_argument("step", metavar="STEP", help="the step's name"),)
WHOEVER_DRIVES = (_switch("--force", "whether or not the run's controller is there and answers"),)
PERHAPS_STEP = (_argument("step", nargs="?", metavar="STEP", help="this step only"),)
ANSWER = (
    _argument(
        "--refuse",
        nargs="?",
        const="",
        metavar="WHY",
        help="do not let it begin: it and the run end cancelled",
    ),
)
ATTEMPT = (_argument("--attempt", type=int, metavar="N", help="of this attempt; the latest if not given"),)
NAMES = (
    _argument("names", nargs="+", metavar="NAME", help="artifacts (STEP.NAME for one of a step)"),
    *PARAMETERS,
    *IN_RUN,
    *TRUST,
)
VARIABLE = (_argument("--as", dest="new", metavar="NEW", help="the variable's name, for one artifact"),)
VALUE_FILE = (
    _argument("--output", metavar="FILE", help="write the value, in the format that FILE's ending says"),
    _switch("--force", "overwrite FILE if it is there"),
)
TAGS = (_argument("tags", nargs="*", metavar="TAG", help="its labels from now on; none takes them away"),)
TITLE = (_argument("title", nargs="+", metavar="TEXT", help="its title"),)
UNDO = (_switch("--undo", "list it again"),)
EXPORT = (
    _argument("path", metavar="PATH", help="the file to write, or a project's folder"),
    _argument(
        "--to",
        choices=tuple(FORMS),
        help="a Python module, the notebook with its latest run's outputs, Luigi's tasks, ClearML's "
        "components, or a Kedro project (PATH is its folder); by PATH's ending if not given",
    ),
    _switch("--force", "overwrite an existing notebook, or a file that is no export"),
)
REPORT = (
    _argument("path", metavar="FILE.html", help="the file to write"),
    _switch("--force", "overwrite FILE.html if it is there and no report"),
)
VERIFIED = (
    *PARAMETERS,
    _switch("--tag", "as if every cell that computes something were a step: what the notebook would be"),
)
REBUILD = (_argument("what", choices=("rebuild",), help="make the indexes again from the journal"),)
STORE = (
    _argument(
        "what",
        choices=("push", "pull", "verify"),
        help="copy what the runs need to another place, or from there; or read it all and check it",
    ),
    _argument(
        "url",
        nargs="?",
        metavar="URL",
        help="the other place: a folder or any fsspec URL; `verify` looks there, or at the project's store",
    ),
    *IN_RUN,
)
SCHEDULER = (
    _argument("--queue", metavar="Q", help="the queue of pipes.toml whose address and TLS files it has"),
    _argument("--host", metavar="HOST", help="where it listens; 127.0.0.1, for this machine, if not given"),
    _argument("--port", type=_count, metavar="N", help="8786 if not given"),
)
WORKER = (
    _argument(
        "--queue", metavar="Q", help="the queue of pipes.toml that it serves; the only one if not given"
    ),
    _argument(
        "--scheduler", metavar="ADDRESS", help="the scheduler's address, if the queue names another one"
    ),
    _argument("--threads", type=_count, metavar="N", help="steps at a time, and cpus; 1 if not given"),
    _argument("--memory-limit", metavar="SIZE", help="what steps may ask for with --memory, such as 64GiB"),
    _argument(
        "--cache",
        type=_size,
        metavar="20G",
        help="what values that it keeps may take; 10GiB if not given",
    ),
)
USED = (
    _argument(
        "name",
        nargs="?",
        metavar="PIPELINE",
        help="it is begun if there is none; without, all are listed",
    ),
)
PIPELINE_NAME = (
    _argument("name", metavar="NAME", help="the pipeline's name"),
    _argument("--version", metavar="V", help="its version: dotted numbers"),
)
