"""The verbs of `%pipeline` and `jupyter pipes`: one table, for both and for their help."""

from __future__ import annotations

import shlex
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.cli import answers, command_line, driving, parsers, queues, store
from jupyter_pipes.cli.answers import Answer, Face
from jupyter_pipes.cli.command_line import CommandLine
from jupyter_pipes.cli.kept import catalog, models, runs
from jupyter_pipes.cli.parsers import Argument, VerbParser
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.version import __version__
from jupyter_pipes.storage.settings import is_unicode, shown

PROGRAM = "jupyter pipes"

SomeFace = TypeVar("SomeFace", bound=Face, contravariant=True)
Arguments = tuple[Argument, ...]


class Kernel(Face, Protocol):
    """What only a kernel does; each method carries out the verb of its name."""

    def show(self, arguments: Namespace) -> Answer: ...
    def status(self, arguments: Namespace) -> Answer: ...
    def cancel(self, arguments: Namespace) -> Answer: ...
    def approve(self, arguments: Namespace) -> Answer: ...
    def attach(self, arguments: Namespace) -> Answer: ...
    def get(self, arguments: Namespace) -> Answer: ...
    def debug(self, arguments: Namespace) -> Answer: ...
    def use(self, arguments: Namespace) -> Answer: ...
    def name(self, arguments: Namespace) -> Answer: ...


class Way(Struct, Generic[SomeFace], frozen=True):
    """How a verb is carried out in one face: what does it, and what stands behind the verb."""

    handler: Callable[[SomeFace, Namespace], Answer]
    arguments: Arguments = ()

    def parser(self, program: str, description: str, *, add_help: bool) -> VerbParser:
        """Return the parser of what stands behind the verb."""
        parser = VerbParser(prog=program, description=description, add_help=add_help)
        for add in self.arguments:
            add(parser)
        return parser


class Verb(Struct, frozen=True):
    """What people say behind `%pipeline` or `jupyter pipes`.

    Attributes:
        help: what it does, in a line.
        loads: which kept values it loads and where, for loading one can run code (most are pickles).
        magic: how it is carried out in a kernel; None if it is no verb there.
        command: the same on the command line.
    """

    help: str
    magic: Way[Kernel] | None = None
    command: Way[CommandLine] | None = None
    loads: str = "none"

    @property
    def description(self) -> str:
        """What it does, and what loading it brings with it, as its page of help begins."""
        return f"{self.help}. Values that it loads (unpickles): {self.loads}."


def _both(
    text: str, handler: Callable[[Face, Namespace], Answer], *arguments: Arguments, loads: str = "none"
) -> Verb:
    """Return a verb that means the same in both faces; the command line has to say where it looks."""
    common, where = arguments if len(arguments) == 2 else (arguments[0], parsers.PLACE)
    return Verb(text, Way(handler, common), Way(handler, (*where, *common)), loads)


VERBS: Mapping[str, Verb] = {
    "show": Verb(
        "the live DAG, or how a kept run went: its steps, times and errors",
        Way(lambda kernel, arguments: kernel.show(arguments), parsers.PERHAPS_RUN),
        Way(answers.show, (*parsers.RUN, *parsers.PLACE)),
    ),
    "plan": _both(
        "what a run would do and why, without running",
        answers.plan,
        (*parsers.PLANNED, *parsers.ACCEPT),
        parsers.SOURCE,
    ),
    "run": Verb(
        "run the pipeline, or just what the named steps need",
        Way(driving.run, (*parsers.RUN_OPTIONS, *parsers.BACKGROUND)),
        Way(driving.run, (*parsers.PERHAPS_SOURCE, *parsers.RUN_OPTIONS, *parsers.EXECUTED)),
        loads="inputs of steps, in the steps' processes, which run the notebook's code anyway; "
        "outputs that the catalog names, in a process of their own; "
        "with --of the kept run's parameters, in its own process",
    ),
    "why": _both(
        "why a step would run or not, with what changed",
        answers.why,
        (*parsers.STEP, *parsers.PARAMETERS, *parsers.IN_RUN),
        parsers.SOURCE,
    ),
    "status": Verb(
        "how the current run stands",
        Way(lambda kernel, arguments: kernel.status(arguments), parsers.PERHAPS_RUN),
    ),
    "cancel": Verb(
        "cancel a run that goes on, or one step of it; in a kernel, of the current one",
        Way(
            lambda kernel, arguments: kernel.cancel(arguments),
            (*parsers.PERHAPS_STEP, *parsers.IN_RUN, *parsers.WHOEVER_DRIVES),
        ),
        Way(
            command_line.cancel,
            (*parsers.PERHAPS_RUN, *parsers.PERHAPS_STEP, *parsers.WHOEVER_DRIVES, *parsers.PLACE),
        ),
    ),
    "approve": Verb(
        "let a step begin that waits at its gate, or refuse it; without STEP the only one",
        Way(
            lambda kernel, arguments: kernel.approve(arguments),
            (*parsers.PERHAPS_STEP, *parsers.IN_RUN, *parsers.ANSWER),
        ),
        Way(
            command_line.approve,
            (*parsers.PERHAPS_RUN, *parsers.PERHAPS_STEP, *parsers.ANSWER, *parsers.PLACE),
        ),
    ),
    "attach": Verb(
        "follow a run that goes on, in whichever process, to its end; an interrupt leaves it",
        Way(
            lambda kernel, arguments: kernel.attach(arguments),
            (*parsers.PERHAPS_RUN, *parsers.BACKGROUND, *parsers.NO_CHECK),
        ),
        Way(driving.attach, (*parsers.PERHAPS_RUN, *parsers.NO_CHECK, *parsers.PLACE)),
        loads="the run's parameters, in a kernel, if nobody else could have written them",
    ),
    "resume": Verb(
        "take up a run again that did not complete; the newest such, if none is named",
        Way(
            driving.resume,
            (
                *parsers.PERHAPS_RUN,
                *parsers.WHOEVER_DRIVES,
                *parsers.DETACHED,
                *parsers.NO_CHECK,
                *parsers.TRUST,
            ),
        ),
        Way(
            driving.resume,
            (
                *parsers.PERHAPS_RUN,
                *parsers.WHOEVER_DRIVES,
                *parsers.DETACHED,
                *parsers.NO_CHECK,
                *parsers.TRUST,
                *parsers.PLACE,
            ),
        ),
        loads="the kept run's parameters, in its own process",
    ),
    "runs": _both("the kept runs, or those that a query finds", runs.runs, parsers.QUERY),
    "models": _both(
        "the models that steps kept (current.model), by name and version", models.models, parsers.MODEL
    ),
    "catalog": _both(
        "the names that pipes.toml gives formats and places, with who reads and writes them",
        catalog.catalog,
        (),
        parsers.SOURCE,
    ),
    "compare": _both(
        "what differs between two runs",
        answers.compare,
        parsers.TWO_RUNS,
        loads="artifacts that differ, in its own process",
    ),
    "verify": _both(
        "run the notebook plainly as well, and say where the values differ",
        answers.verify,
        parsers.VERIFIED,
        parsers.SOURCE,
        loads="what both ways gave, in processes that run the notebook's code anyway; "
        "in a copy with a store of its own",
    ),
    "get": Verb(
        "load artifacts: into the kernel, or to print or write them",
        Way(lambda kernel, arguments: kernel.get(arguments), (*parsers.NAMES, *parsers.VARIABLE)),
        Way(command_line.get, (*parsers.SOURCE, *parsers.NAMES, *parsers.VALUE_FILE)),
        loads="those that it is asked for, in its own process",
    ),
    "logs": Verb(
        "what a step printed",
        Way(answers.logs, (*parsers.STEP, *parsers.IN_RUN, *parsers.ATTEMPT)),
        Way(answers.logs, (*parsers.RUN, *parsers.STEP, *parsers.ATTEMPT, *parsers.PLACE)),
    ),
    "debug": Verb(
        "a step's code in a new cell, its inputs and prelude in the kernel",
        Way(
            lambda kernel, arguments: kernel.debug(arguments),
            (*parsers.STEP, *parsers.IN_RUN, *parsers.TRUST),
        ),
        loads="a step's inputs, in the kernel",
    ),
    "tag": _both("label a run", answers.tag, (*parsers.RUN, *parsers.TAGS)),
    "rename": _both("give a run a title", answers.rename, (*parsers.RUN, *parsers.TITLE)),
    "archive": _both(
        "put a run away: it is listed only when asked for", answers.archive, (*parsers.RUN, *parsers.UNDO)
    ),
    "gc": _both("remove old runs, and what nobody refers to any more", answers.collect, parsers.LIMITS),
    "history": _both("rebuild the indexes of the history", answers.rebuild_history, parsers.REBUILD),
    "export": _both(
        "write a module that runs without Jupyter, the executed notebook, or another engine's code",
        answers.export,
        parsers.EXPORT,
        parsers.SOURCE,
    ),
    "report": _both(
        "write a kept run as one HTML file: graph, timeline, metrics, outputs, logs, environment",
        answers.report,
        (*parsers.RUN, *parsers.REPORT),
    ),
    "queues": _both("how the queues on other machines stand", queues.queues, ()),
    "store": Verb(
        "copy what runs need to another artifact store or from there, by content; or check it",
        command=Way(store.store, (*parsers.STORE, *parsers.PLACE)),
    ),
    "scheduler": Verb(
        "start a Dask scheduler for a queue",
        command=Way(queues.start_scheduler, (*parsers.SCHEDULER, *parsers.PLACE)),
    ),
    "worker": Verb(
        "start a Dask worker that serves a queue",
        command=Way(queues.start_worker, (*parsers.WORKER, *parsers.PLACE)),
        loads="inputs of the steps that it runs, in the steps' processes",
    ),
    "use": Verb(
        "say which pipeline the cells below belong to, of several in a notebook",
        Way(lambda kernel, arguments: kernel.use(arguments), parsers.USED),
    ),
    "name": Verb(
        "name the pipeline", Way(lambda kernel, arguments: kernel.name(arguments), parsers.PIPELINE_NAME)
    ),
}

MAGICS = {name: verb.magic for name, verb in VERBS.items() if verb.magic is not None}
COMMANDS = {name: verb.command for name, verb in VERBS.items() if verb.command is not None}


HELP = frozenset(("-h", "--help"))
"""What asks for help instead of carrying out the verb."""


def parse_magic(line: str) -> tuple[Callable[[Kernel, Namespace], Answer], Namespace]:
    """Return what carries out a `%pipeline` line, and its arguments.

    Raises:
        UsageError: an unknown verb or option; the message names the nearest.
    """
    words = check_words(_words(line))
    name = next(iter(words), "show")
    if name in HELP:
        return _helping(magic_help()), Namespace()
    way, parser = _looked_up(name, MAGICS, "%pipeline"), magic_parser(name)
    if HELP.intersection(words):
        return _helping(parser.format_help()), Namespace()
    return way.handler, parser.parse(words[1:])


def _helping(text: str) -> Callable[[Kernel, Namespace], Answer]:
    return lambda kernel, arguments: Answer(text=lambda colour: text)


def parse_command(words: Sequence[str]) -> tuple[Callable[[CommandLine, Namespace], Answer], Namespace]:
    """Return what carries out the words behind `jupyter pipes`, and their arguments.

    Raises:
        UsageError: an unknown verb or option, or a value that does not fit; a word that is no text.
        SystemExit: help or the version was asked for and printed.
    """
    check_words(words)
    if not words or words[0].startswith("-"):
        _program_parser().parse_args(words)
        raise UsageError(f"{PROGRAM} needs a verb: {', '.join(COMMANDS)}; see {PROGRAM} --help")
    way = _looked_up(words[0], COMMANDS, PROGRAM)
    return way.handler, command_parser(words[0]).parse(words[1:])


def check_words(words: Sequence[str]) -> Sequence[str]:
    """Return the words, each a text that files, databases and documents can hold.

    Raises:
        UsageError: one is not.
    """
    for word in words:
        if "\0" in word:
            raise UsageError(f"the argument {word!r} has a NUL character: correct it")
        if not is_unicode(word):
            raise UsageError(f"the argument {shown(word)} is not UTF-8: correct it")
    return words


def magic_parser(name: str) -> VerbParser:
    """Return the parser of a verb of `%pipeline`."""
    return MAGICS[name].parser(f"%pipeline {name}", VERBS[name].description, add_help=False)


def command_parser(name: str) -> VerbParser:
    """Return the parser of a verb of `jupyter pipes`."""
    parser = COMMANDS[name].parser(f"{PROGRAM} {name}", VERBS[name].description, add_help=True)
    parser.add_argument("--json", action="store_true", help="print one JSON document, and nothing else")
    return parser


def magic_help() -> str:
    """Return the help text of `%pipeline`."""
    lines = ["%pipeline VERB …", ""]
    for name in MAGICS:
        parser = magic_parser(name)
        usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
        lines.append(f"{usage}\n    {VERBS[name].help}")
        options = (argument for argument in parser.arguments if argument.option_strings)
        lines += [f"      {', '.join(option.option_strings)}  {option.help}" for option in options]
    return "\n".join(lines)


Found = TypeVar("Found")


def _looked_up(name: str, ways: Mapping[str, Found], program: str) -> Found:
    if name not in ways:
        near = nearest(name, ways)
        hint = f"; did you mean {near}?" if near else "."
        raise UsageError(f"{program} has no verb {name!r}{hint} It has: {', '.join(ways)}")
    return ways[name]


def _words(line: str) -> list[str]:
    if line.split()[:1] == ["runs"]:
        # Quotes belong to the query.
        return line.split()
    try:
        return shlex.split(line, comments=True)
    except ValueError as error:
        raise UsageError(f"%pipeline {line}: {error}; close the quotes") from error


def _program_parser() -> VerbParser:
    from argparse import SUPPRESS, RawDescriptionHelpFormatter

    width = max(map(len, COMMANDS))
    verbs = "\n".join(f"  {name:{width}}  {VERBS[name].help}" for name in COMMANDS)
    parser = VerbParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} VERB … [--json]",
        description="Run notebooks as pipelines.",
        epilog=f"verbs:\n{verbs}\n\n{PROGRAM} VERB --help says more.\n"
        "exit codes: 0 completed, 1 a run failed, 2 usage or an invalid pipeline, 3 cancelled or interrupted",
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument("--json", action="store_true", help=SUPPRESS)
    return parser
