"""An exported module as a program: `python MODULE.py [STEP…] [options]`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from jupyter_pipes.cli import answers, driving, parsers
from jupyter_pipes.cli.command_line import CommandLine
from jupyter_pipes.cli.main import give_answer
from jupyter_pipes.cli.parsers import VerbParser
from jupyter_pipes.cli.verbs import check_words
from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.pipelines.parameter_types import TRUTH

if TYPE_CHECKING:
    from jupyter_pipes.cli.answers import Answer
    from jupyter_pipes.pipelines.parameters import Parameter
    from jupyter_pipes.runs.pipeline import Pipeline

_VALUE = "value of "
"""Stands before a parameter's name where its value is kept: no attribute of our own is called so."""

_NEGATIVE = re.compile(r"-[\d.]|-inf")


def main(pipeline: Pipeline, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the pipeline as a program: parameters become options (`--rows 10`), steps arguments.

    Args:
        pipeline: the pipeline that the module defines.
        arguments: the words behind the program's name; those of this process if None.

    Raises:
        SystemExit: always, with the exit code.
    """
    file: str | None = getattr(sys.modules["__main__"], "__file__", None)
    if file is not None:
        pipeline.stand_in(Path(file).absolute())
    words = list(sys.argv[1:] if arguments is None else arguments)
    raise SystemExit(give_answer(lambda: _understand(pipeline, words), words))


def _understand(pipeline: Pipeline, words: Sequence[str]) -> Callable[[], Answer]:
    if "." in Path(pipeline.origin).stem:
        raise NotebookError(f"{pipeline.origin} cannot be imported by its steps; give it a name without dots")
    options = _options(pipeline, check_words(words))
    carry_out = answers.plan if options.plan else driving.run
    return lambda: carry_out(CommandLine(options, pipeline), options)


def _options(pipeline: Pipeline, words: Sequence[str]) -> argparse.Namespace:
    """The options of `run`; `params` has the values of the parameters' options as well."""
    options = _parser(pipeline).parse([*_with_values(words, pipeline.parameters)])
    options.params += [
        f"{name.removeprefix(_VALUE)}={text}"
        for name, text in vars(options).items()
        if name.startswith(_VALUE)
    ]
    return options


def _parser(pipeline: Pipeline) -> VerbParser:
    """The options of `run`, and one for each parameter."""
    name = Path(pipeline.origin).name or pipeline.name
    about = f"Run the pipeline {pipeline.name}: {', '.join(step.name for step in pipeline.graph.steps)}."
    # What is added later takes the words that it needs: a parameter called like an option of ours is
    # reached by -p, and `--no-x` is the parameter no_x where there is one.
    parser = VerbParser(prog=name, description=about, add_help=False, conflict_handler="resolve")
    group = parser.add_argument_group("parameters")
    for parameter in pipeline.parameters:
        if parameter.type is bool:
            parser.add_argument(
                *_spellings(f"no_{parameter.name}"), dest=_VALUE + parameter.name, default=argparse.SUPPRESS,
                action="store_const", const="false", help=argparse.SUPPRESS,
            )  # fmt: skip
    for parameter in pipeline.parameters:
        metavar = "[true|false]" if parameter.type is bool else parameter.name.upper()
        option = group.add_argument(
            *_spellings(parameter.name), dest=_VALUE + parameter.name, default=argparse.SUPPRESS,
            metavar=metavar, help=_help(parameter),
        )  # fmt: skip
        parser.arguments.append(option)
    for add in parsers.RUN_OPTIONS:
        add(parser)
    parser.add_argument("--plan", action="store_true", help="say what would run and why, without running")
    parser.add_argument("--json", action="store_true", help="print one JSON document, and nothing else")
    parser.add_argument("-h", "--help", action="help", help="show this help message and exit")
    parser.set_defaults(accept=[], output=None)
    return parser


def _help(parameter: Parameter) -> str:
    spec = parameter.spec
    kind = " | ".join(spec.choices) or spec.annotation or type(parameter.default).__name__
    default = spec.default if parameter.computed is None else "computed"
    return f"{spec.help} ({kind}; default: {default})".lstrip().replace("%", "%%")


def _spellings(name: str) -> list[str]:
    return list(dict.fromkeys((f"--{name.replace('_', '-')}", f"--{name}")))


def _with_values(words: Sequence[str], parameters: Iterable[Parameter]) -> Iterable[str]:
    """The words, with a `=` where argparse would take a parameter's value for something else.

    `--quiet load` is `--quiet=true load`, and `--rate -1e-5` is `--rate=-1e-5`.
    """
    is_switch = {word: each.type is bool for each in parameters for word in _spellings(each.name)}
    rest = iter(zip(words, [*words[1:], ""], strict=False))
    for word, following in rest:
        if is_switch.get(word) and following.lower() not in TRUTH:
            yield f"{word}=true"
        elif word in is_switch and _NEGATIVE.match(following):
            yield f"{word}={next(rest)[0]}"
        else:
            yield word
