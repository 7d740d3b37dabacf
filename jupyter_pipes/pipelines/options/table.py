"""The options of `%%step`: how each is written, what it may say, and what it may refer to (`${…}`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from jupyter_pipes.model.parts import PartKind
from jupyter_pipes.model.quantities import parse_size
from jupyter_pipes.pipelines.options import converters, environment


class Option(Struct, frozen=True):
    """One option of `%%step`.

    Attributes:
        flag: how it is written ("--retries").
        convert: from what the user gave to the attribute's value; raises ValueError saying what is allowed.
        metavar: what stands behind the flag in the help text, "" for a switch.
        help: one line for people.
        counts: kinds of the parts of a step's signature that hang on it.
        before_all: why it takes no references (`${…}`), "" if it does.
        before_run: why it takes none to what steps make.
    """

    flag: str
    convert: Callable[[Any], Any]
    metavar: str
    help: str
    counts: tuple[PartKind, ...] = ()
    before_all: str = ""
    before_run: str = ""

    @property
    def keyword(self) -> str:
        """How the flag is written as a keyword argument ("in_" for `--in`)."""
        word = self.flag.lstrip("-").replace("-", "_")
        return f"{word}_" if word == "in" else word

    @property
    def field(self) -> str:
        """The attribute of `StepOptions` (or of `StepLine`, for a switch) that it sets."""
        return _FIELDS.get(self.keyword, self.keyword)

    @property
    def many(self) -> bool:
        """Whether it takes several values."""
        return self.convert in _OF_SEVERAL


_FIELDS = {
    "in_": "inputs",
    "out": "outputs",
    "file": "files",
    "out_file": "out_files",
    "ignore_param": "ignored_parameters",
    "env": "environment",
    "env_var": "variables",
    "repo": "repository",
    "p": "given",
}


_OF_SEVERAL = (
    *(
        converters.texts,
        converters.variables,
        converters.exceptions,
        converters.steps,
        converters.paths,
        converters.out_paths,
        converters.clauses,
        converters.callbacks,
        converters.assignments,
        converters.monitored,
    ),
    *(environment.requirements, environment.variables),
)


_GRAPH = "the graph is made of it before there are values"
_PYTHON = "it is Python over parameters and values of steps, by their names"
_EDGES = "steps wait for who makes their files: name them before the run"
_FAILURES = "this says what a failure before it means: say it before the run"
_PICTURE = "the graph is drawn by it: say it before the run"
_SWITCH = "it is a switch: say what decides with --when"

STEP_OPTIONS: tuple[Option, ...] = (
    Option("--run", bool, "", "run this step now, with what it needs that is not up to date"),
    Option("--append", bool, "", "this cell continues the step NAME of an earlier cell"),
    Option("--after", converters.steps, "A B", "also wait for these steps", before_all=_GRAPH),
    Option(
        "--in",
        converters.variables,
        "x y",
        "the names it reads, instead of inferring them",
        before_all=_GRAPH,
    ),
    Option(
        "--out",
        converters.variables,
        "x y",
        "the names it writes, instead of inferring them",
        before_all=_GRAPH,
    ),
    Option(
        "--file", converters.paths, "PATH…", "files that the step reads (globs allowed)", counts=("file",)
    ),
    Option(
        "--out-file",
        converters.out_paths,
        "PATH…",
        "files that the step makes: kept, and put back when missing or changed",
        before_run=_EDGES,
    ),
    Option(
        "--when",
        converters.expression,
        "EXPR",
        "skip the step unless this is true, over parameters and inputs",
        before_all=_PYTHON,
    ),
    Option("--gate", converters.text, "TEXT", "wait for an approval before it runs, and show this text"),
    Option(
        "--before",
        converters.callbacks,
        "F…",
        "functions to call before it; False skips it",
        before_all=_GRAPH,
    ),
    Option(
        "--after-done", converters.callbacks, "F…", "functions to call when it has ended", before_all=_GRAPH
    ),
    Option(
        "--on-status",
        converters.callbacks,
        "F…",
        "functions to call whenever its status changes",
        before_all=_GRAPH,
    ),
    Option(
        "--monitor",
        converters.monitored,
        "metric:NAME artifact:NAME model:NAME",
        "put these on the run as well, as STEP/NAME (wildcards)",
    ),
    Option(
        "--map",
        converters.clauses,
        '"x in xs"',
        "run for each element; outputs become lists, in order",
        before_all=_PYTHON,
    ),
    Option(
        "--repeat-while",
        converters.expression,
        "EXPR",
        "run again while this is true behind it",
        before_all=_PYTHON,
    ),
    Option(
        "--at-most", converters.whole_number(1), "N", "rounds that --repeat-while may take", counts=("loop",)
    ),
    Option("--bash", converters.switch, "", "the cell is a shell script", before_all=_GRAPH),
    Option(
        "--pipeline", converters.text, "PATH", "this step is another notebook or module", before_all=_GRAPH
    ),
    Option(
        "-p", converters.assignments, "k=v…", "values of parameters of its --pipeline", counts=("parameter",)
    ),
    Option("--always", converters.switch, "", "run whatever is kept", before_run=_SWITCH),
    Option(
        "--never-cache",
        converters.switch,
        "",
        "neither look for a kept result nor keep one",
        before_run=_SWITCH,
    ),
    Option("--version", converters.text, "V", "a text that counts for the signature", counts=("version",)),
    Option(
        "--ignore-param",
        converters.variables,
        "p…",
        "parameters that do not count for the signature (log level, n_jobs)",
        before_all=_GRAPH,
    ),
    Option("--retries", converters.whole_number(0), "N", "tries after the first"),
    Option("--retry-delay", converters.duration, "10s", "wait before the first retry; doubles each time"),
    Option(
        "--retry-on",
        converters.exceptions,
        "Exc… f…",
        "retry only on these exceptions, or where f(error, attempt) is true",
    ),
    Option("--timeout", converters.timeout, "30m", "longest time of one attempt; a timeout is a failure"),
    Option(
        "--on-fail",
        converters.on_fail,
        "skip|stop|ignore",
        "what a failure does to the rest of the run",
        before_run=_FAILURES,
    ),
    Option("--cpus", converters.whole_number(1), "N", "processors to reserve"),
    Option("--memory", parse_size, "4G", "memory to reserve, and its limit"),
    Option("--queue", converters.text, "NAME", "where it runs (default: local)"),
    Option(
        "--packages",
        environment.requirements,
        '"x==1 y"',
        "packages of its own",
        counts=("package", "python"),
    ),
    Option(
        "--python", environment.python_version, "3.12", "its version of Python", counts=("package", "python")
    ),
    Option(
        "--env",
        environment.folder,
        "PATH",
        "an existing virtual environment that it runs in",
        counts=("environment", "package", "python"),
    ),
    Option(
        "--env-var",
        environment.variables,
        "K=V…",
        "environment variables; K alone: a secret",
        counts=("variable",),
    ),
    Option(
        "--repo", environment.repository, "URL@REV", "a checkout that it works in", counts=("repository",)
    ),
    Option(
        "--container",
        environment.image,
        "IMAGE",
        "the image of a container that it runs in",
        counts=("container", "package", "python"),
    ),
    Option("--stage", converters.text, "NAME", "the group that it is shown in", before_run=_PICTURE),
    Option("--tags", converters.texts, "a,b", "labels"),
)
"""Every option of `%%step`, in the order of the help text; for the parser, the help and completion."""

BY_FIELD = {option.field: option for option in STEP_OPTIONS}
