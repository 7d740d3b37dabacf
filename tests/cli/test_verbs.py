"""One table of verbs for `%pipeline` and `jupyter pipes`: the same words, runs and answers in both."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

from jupyter_pipes.cli import verbs
from jupyter_pipes.cli.answers import Answer
from jupyter_pipes.cli.command_line import CommandLine
from jupyter_pipes.kernel.face import KernelFace
from jupyter_pipes.kernel.sessions import Sessions
from jupyter_pipes.model.errors import PipesError, RunNotFound, UsageError

pytestmark = pytest.mark.slow

CELLS = (
    "%%params\nrows: int = 2",
    "%%step load\nxs = list(range(rows))\nprint('loaded', rows)",
    "%%step total\nn = sum(xs)",
)


class Study:
    """A notebook that ran twice, asked by both faces."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "study.ipynb"
        cells = [nbformat.v4.new_code_cell(cell, id=f"c{place}") for place, cell in enumerate(CELLS)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), self.path)
        sessions = Sessions(folder, self.path, {}, live=False)
        self.session = sessions.own
        for cell in cells:
            self.session.define(cell["id"], cell["source"], 1)
        self.kernel = KernelFace(sessions, InteractiveShell(), "")
        self.runs = [self.session.start((), {"params": {"rows": rows}}).wait(60).id for rows in (2, 3)]
        self.session.run = None
        self.in_kernel("tag last newest")

    def in_kernel(self, line: str) -> Answer:
        carry_out, arguments = verbs.parse_magic(line)
        return carry_out(self.kernel, arguments)

    def on_command_line(self, *words: str) -> Answer:
        carry_out, arguments = verbs.parse_command(words)
        return carry_out(CommandLine(arguments), arguments)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(tmp_path_factory.mktemp("study"))


@pytest.fixture(autouse=True)
def in_folder(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(study.path.parent)


def printed(answer: Answer) -> dict[str, Any]:
    """What `--json` prints."""
    return json.loads(answer.document().json())


def run_names(study: Study) -> dict[str, str]:
    """What may be said for the second run, and for the first."""
    first, second = study.runs
    return {
        "last": second,
        "newest": second,
        "1.0.0": second,
        second[-4:]: second,
        "previous": first,
        first: first,
    }


@pytest.mark.parametrize("place", range(6))
def test_every_verb_finds_a_run_in_the_same_way_in_both_faces(study: Study, place: int) -> None:
    name, run = list(run_names(study).items())[place]
    values = {study.runs[0]: 2, study.runs[1]: 3}
    logs = f"loaded {values[run]}\n"
    assert study.in_kernel(f"logs load --run {name}").text(False) == logs
    assert study.on_command_line("logs", name, "load").text(False) == logs
    study.in_kernel(f"get n --run {name} --as value")
    assert study.session.namespace["value"] == sum(range(values[run]))
    got = study.on_command_line("get", "study.ipynb", "n", "--run", name)
    assert got.text(False) == f"{sum(range(values[run]))}\n"
    for answer in (
        study.in_kernel(f"show {name}"),
        study.on_command_line("show", name),
        study.in_kernel(f"archive {name} --undo"),
        study.on_command_line("rename", name, "a title"),
    ):
        assert printed(answer)["run"] == run
    for answer in (study.in_kernel(f"compare {name} last"), study.on_command_line("compare", name, "last")):
        assert printed(answer)["runs"] == [run, study.runs[1]]
    for answer in (
        study.in_kernel(f"why total --run {name}"),
        study.on_command_line("why", "study.ipynb", "total", "--run", name),
    ):
        assert printed(answer)["step"] == "total"


def test_two_runs_are_compared_without_saying_which(study: Study) -> None:
    assert printed(study.in_kernel("compare"))["runs"] == study.runs
    assert printed(study.on_command_line("compare"))["runs"] == study.runs


@pytest.mark.parametrize(
    "ask", ["logs load --run nowhere", "get n --run nowhere", "show nowhere", "debug load --run nowhere"]
)
def test_a_run_that_is_not_kept_is_told_alike(study: Study, ask: str) -> None:
    with pytest.raises(RunNotFound, match="there is no run 'nowhere'"):
        study.in_kernel(ask)


def test_a_file_that_is_named_where_a_run_is_meant_is_told_how_to_be_said(study: Study) -> None:
    meant = "study.ipynb is a file, not a run: on the command line, say {} --notebook study.ipynb"
    with pytest.raises(RunNotFound, match=meant.format("last")):
        study.on_command_line("show", "study.ipynb")
    assert study.on_command_line("runs", "study.ipynb").notices == (meant.format("runs"),)
    assert study.on_command_line("runs", "no-word-of-a-run").notices == ()


@pytest.mark.parametrize(
    ("line", "query", "limit"),
    [
        ("", "", None),
        ("--limit 1", "", 1),
        ("status:completed --limit 1", "status:completed", 1),
        ("-tags:old title:x", "-tags:old title:x", None),
        ('title:"a b"', 'title:"a b"', None),
    ],
)
def test_options_of_a_query_are_none_of_its_words(line: str, query: str, limit: int | None) -> None:
    _, magic = verbs.parse_magic(f"runs {line}")
    assert (magic.query, magic.limit) == (query, limit)
    _, command = verbs.parse_command(["runs", *line.split()])
    assert (command.query, command.limit) == (query, limit)


def test_the_limit_holds_in_both_faces(study: Study) -> None:
    for answer in (study.in_kernel("runs --limit 1"), study.on_command_line("runs", "--limit", "1")):
        assert [line["run"] for line in printed(answer)["runs"]] == [study.runs[1]]


def parsers() -> list[Any]:
    ways: list[Any] = [
        pytest.param(verbs.magic_parser, name, id=f"%pipeline {name}") for name in verbs.MAGICS
    ]
    return ways + [
        pytest.param(verbs.command_parser, name, id=f"jupyter pipes {name}") for name in verbs.COMMANDS
    ]


@pytest.mark.parametrize(("parser_of", "name"), parsers())
def test_all_that_the_help_lists_is_understood(
    parser_of: Callable[[str], verbs.VerbParser], name: str
) -> None:
    """Every argument alone, beside those that must be there."""
    parser = parser_of(name)
    needed = [
        (argument.choices or ["1"])[0]
        for argument in parser.arguments
        if not argument.option_strings and argument.nargs in (None, "+")
    ]
    for argument in parser.arguments:
        if argument.dest == "help":
            continue
        value = "a=1" if argument.dest == "params" else (argument.choices or ["1"])[0]
        for flag in argument.option_strings:
            words = [flag] if argument.nargs == 0 else [flag, value]
            assert getattr(parser.parse([*needed, *words]), argument.dest) not in (argument.default, None)


def test_every_verb_has_a_face_and_a_line_of_help() -> None:
    assert all(verb.help and (verb.magic or verb.command) for verb in verbs.VERBS.values())
    assert all(name in verbs.magic_help() for name in verbs.MAGICS)


@pytest.mark.parametrize("words", [("--notebook", "study.ipynb", "--directory", ".")])
def test_a_notebook_and_a_folder_cannot_both_be_looked_in(study: Study, words: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        study.on_command_line("runs", *words)


DAILY = ("%pipeline use daily", "%%step a\n1")
WEEKLY = ("%pipeline use weekly", "%%step a\n1")


@pytest.mark.parametrize(
    ("cells", "words", "pipeline"),
    [
        (("%%step a\n1",), (), "other"),
        ((*DAILY, "%pipeline use weekly", "x = 1"), (), "daily"),
        (("%%step a\n1", *DAILY), (), "other"),
        ((*DAILY, *WEEKLY), (), "several pipelines, daily, weekly: name one"),
        ((*DAILY, *WEEKLY), ("--pipeline", "weekly"), "weekly"),
    ],
)
def test_beside_a_notebook_the_runs_of_its_own_pipeline_are_meant_or_of_the_only_one(
    tmp_path: Path, cells: tuple[str, ...], words: tuple[str, ...], pipeline: str
) -> None:
    found = [nbformat.v4.new_code_cell(cell) for cell in cells]
    path = tmp_path / "other.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=found), path)
    _, arguments = verbs.parse_command(["runs", "--notebook", str(path), *words])
    try:
        meant = CommandLine(arguments).pipeline_name()
    except UsageError as error:
        meant = error.message
    assert meant is not None
    assert pipeline in meant


def test_a_kernel_asks_its_current_run_first(study: Study) -> None:
    """`get` without more is what the cells just showed, not what a run with default values would reuse."""
    run = study.session.start((), {"params": {"rows": 4}}).wait(60)
    try:
        study.in_kernel("get n")
        assert study.session.namespace["n"] == 6
        assert study.in_kernel("logs load").text(False) == "loaded 4\n"
        assert study.in_kernel("status").text(False) != ""
    finally:
        study.session.run = None
    study.in_kernel("get n")
    assert study.session.namespace["n"] == 1
    assert run.steps["load"].status == "completed"


def test_namespaces_of_arguments_are_plain(study: Study) -> None:
    assert isinstance(verbs.parse_magic("plan")[1], Namespace)


@pytest.mark.parametrize("verb", verbs.MAGICS)
def test_help_is_the_answer_to_help(study: Study, verb: str) -> None:
    text = study.in_kernel(f"{verb} --help").text(False)
    assert text.startswith(f"usage: %pipeline {verb}")
    assert verbs.VERBS[verb].help.split()[0] in text


def test_help_of_all_verbs(study: Study) -> None:
    assert study.in_kernel("--help").text(False) == verbs.magic_help()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("run rows=50", "-p rows=50"),
        ("plan load rows=50", "-p rows=50"),
        ("get n rows=50", "-p rows=50"),
        ("why total rows=50", "-p rows=50"),
        ("run --forces load", "--force"),
        ("get X", "xs"),
        ("get xsz --run last", "xs"),
        ("why lod", "load"),
    ],
)
def test_what_was_meant_is_told(study: Study, words: str, meant: str) -> None:
    with pytest.raises(PipesError, match=re.escape(f"did you mean {meant}?")):
        study.in_kernel(words)


def test_a_step_that_printed_nothing_says_so(study: Study) -> None:
    for answer in (
        study.in_kernel("logs total --run previous"),
        study.on_command_line("logs", "previous", "total"),
    ):
        assert answer.notices == ("total printed nothing",)
        assert answer.text(False) == ""
    assert study.in_kernel("logs load").notices == ()


def test_plan_tells_the_warnings_that_run_tells(tmp_path: Path) -> None:
    cells = [nbformat.v4.new_code_cell("%%step a\nmax = 1"), nbformat.v4.new_code_cell("%%step b\ny = max")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "warned.ipynb")
    carry_out, arguments = verbs.parse_command(["plan", str(tmp_path / "warned.ipynb")])
    answer = carry_out(CommandLine(arguments), arguments)
    assert [notice[:14] for notice in answer.notices] == ["warning: JP004"]
