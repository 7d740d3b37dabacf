"""The program `jupyter pipes`: a command line is understood, carried out and answered, with an exit code."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from typing import TYPE_CHECKING

from jupyter_pipes.execution.environments import spawning
from jupyter_pipes.execution.worker.processes import usable_cpus
from jupyter_pipes.system.loading import loading

# All else is loaded when `program` has spawned what loads beside it.
if TYPE_CHECKING:
    from jupyter_pipes.cli.answers import Answer
    from jupyter_pipes.cli.output import Output

_NOTHING_FORKED = {"--debug", "--detach", "--queue", "--help", "-h"}
"""Options with which no step runs in a process of this program."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return the exit code.

    Args:
        arguments: the words behind `jupyter pipes`; those of this process if None.
    """
    from jupyter_pipes.cli.command_line import CommandLine
    from jupyter_pipes.cli.verbs import parse_command

    words = list(sys.argv[1:] if arguments is None else arguments)

    def understand() -> Callable[[], Answer]:
        handler, options = parse_command(words)
        return lambda: handler(CommandLine(options), options)

    return give_answer(understand, words)


def give_answer(understand: Callable[[], Callable[[], Answer]], words: Sequence[str]) -> int:
    """Carry out what the words mean and return the exit code; tell an error, as JSON if that is wanted."""
    from jupyter_pipes.cli.output import CANCELLED, INVALID, Output
    from jupyter_pipes.model.errors import PipesError

    output = Output(as_json="--json" in words)
    try:
        carry_out = _understood(understand, output)
        with output.reserved():
            return _give(carry_out(), output)
    except PipesError as error:
        return _refuse(error, output, INVALID)
    except KeyboardInterrupt as error:
        return _refuse(error, output, CANCELLED)
    except Exception as error:  # a bug of ours: the caller still gets a document, and a code that is no run's
        _tell_bug()
        return _refuse(error, output, INVALID)
    finally:
        output.close()


def _understood(understand: Callable[[], Callable[[], Answer]], output: Output) -> Callable[[], Answer]:
    """Return what carries the words out; help and version, which the parser prints, are results as well."""
    from jupyter_pipes.cli.answers import Answer

    printed = io.StringIO()
    try:
        with redirect_stdout(printed), loading():
            return understand()
    except SystemExit:
        output.as_json = False
        return lambda: Answer(text=lambda _: printed.getvalue())


def _give(answer: Answer, output: Output) -> int:
    from jupyter_pipes.cli import terminal
    from jupyter_pipes.cli.output import OutputLost
    from jupyter_pipes.display.text import error_line

    for notice in answer.notices:
        terminal.tell(notice)
    try:
        output.give(answer.document, lambda: answer.text(output.is_terminal))
    except OutputLost as error:
        if not answer.is_done:
            raise
        # A run that completed says so by its exit code, whoever cannot read how.
        terminal.tell(error_line(error))
    return answer.code


def _refuse(error: BaseException, output: Output, code: int) -> int:
    from jupyter_pipes.cli import documents, terminal
    from jupyter_pipes.cli.output import OutputLost
    from jupyter_pipes.display.text import error_line

    if output.as_json:
        with suppress(OutputLost):
            output.give(lambda: documents.of_error(error), str)
    terminal.tell(error_line(error))
    return code


def _tell_bug() -> None:
    import traceback

    from jupyter_pipes.cli import terminal

    terminal.tell(traceback.format_exc())


def program() -> int:
    """Carry out this process's command line, and return the exit code: the console script."""
    words = sys.argv[1:]
    if _may_fork_steps(words):
        spawning.spawn_ahead(os.environ)
    try:
        return main(words)
    finally:
        spawning.end_ahead()
        # The process ends: looking for what could be freed first takes longer than freeing it.
        gc.freeze()


def _may_fork_steps(words: Sequence[str]) -> bool:
    """Return whether steps may run in processes of this program, and a CPU is free to make them ready."""
    options = {word.partition("=")[0] for word in words}
    # Where a stream is closed, what is opened first would take its place.
    are_open = None not in (sys.stdin, sys.stdout, sys.stderr)
    return words[:1] == ["run"] and not options & _NOTHING_FORKED and are_open and usable_cpus() > 1


if __name__ == "__main__":
    sys.exit(program())
