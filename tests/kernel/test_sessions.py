"""Several pipelines in one kernel: which is in use, and that nothing of one comes to another."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from jupyter_pipes.cli import verbs
from jupyter_pipes.cli.answers import Answer
from jupyter_pipes.kernel.completion import candidates
from jupyter_pipes.kernel.face import KernelFace
from jupyter_pipes.kernel.link.answers import Answers
from jupyter_pipes.kernel.link.feed import Feed
from jupyter_pipes.kernel.sessions import Sessions
from jupyter_pipes.model.errors import UsageError

WAIT = 60.0
CELLS = {
    "helper": "def twice(x):\n    return 2 * x",
    "own": "%%step load\nxs = [0]",
    "use a": "%pipeline use a",
    "params of a": "%%params\nn: int = 3",
    "load of a": "%%step load --gate 'go on?'\nxs = [twice(n)]",
    "fit of a": "%%step fit\ns = sum(xs)",
    "use b": "%pipeline use b",
    "params of b": "%%params\nn: int = 5",
    "load of b": "%%step load\nxs = [twice(n)] * n",
}


class Kernel:
    """A kernel whose cells are run by hand, without a file."""

    def __init__(self, folder: Path) -> None:
        self.sessions = Sessions(folder, None, {}, live=False)

    def cell(self, source: str, cell_id: str | None = None) -> str:
        """Run a cell; return what a `%pipeline` line in it says."""
        key = self.sessions.define(cell_id, source, len(self.sessions.own.cells.executions) + 1)
        if not source.startswith("%pipeline"):
            return ""
        carry_out, arguments = verbs.parse_magic(source.removeprefix("%pipeline "))
        answer = cast("Callable[[KernelFace, Namespace], Answer]", carry_out)(
            KernelFace(self.sessions, cast("Any", None), key), arguments
        )
        if answer.run is not None:
            answer.run.wait(WAIT)
        return "\n".join((*answer.notices, answer.text(False)))

    def value(self, pipeline: str, name: str) -> object:
        run = self.sessions.of(pipeline).run
        assert run is not None
        return run[name]


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    kernel = Kernel(tmp_path)
    for name, source in CELLS.items():
        kernel.cell(source, name)
    return kernel


def test_use_says_whether_the_pipeline_is_new_and_lists_them_without_a_name(tmp_path: Path) -> None:
    kernel = Kernel(tmp_path)
    assert "pipeline train has no steps yet: those below belong to it." in kernel.cell("%pipeline use train")
    kernel.cell("%%step a\n1")
    assert "Did you mean train?" in kernel.cell("%pipeline use tran")
    assert kernel.cell("%pipeline use train").strip() == ""
    assert kernel.cell("%pipeline use").split() == ["*", "train:", "1", "step"]


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("if True:\n    %pipeline use c", "left margin"),
        ("get_ipython().run_line_magic('pipeline', 'use c')", "left margin"),
        ("%pipeline use {name}", "left margin"),
    ],
)
def test_a_use_that_the_cell_s_text_does_not_tell_is_refused(kernel: Kernel, cell: str, words: str) -> None:
    key = kernel.sessions.define("new", cell, 1)
    with pytest.raises(UsageError, match=words):
        kernel.sessions.use("c", key)
    assert kernel.sessions.in_use.used_as == "b"
    # From outside any cell there is no text.
    kernel.sessions.use("c", "")
    assert kernel.sessions.in_use.used_as == "c"


def test_a_pipeline_keeps_the_name_that_use_gives_it(kernel: Kernel) -> None:
    with pytest.raises(UsageError, match="%pipeline use b names this pipeline"):
        kernel.cell("%pipeline name c")
    kernel.cell("%pipeline name b --version 2.0")
    assert (kernel.sessions.of("b").version, kernel.sessions.of("a").version) == ("2.0", "1.0.0")
    own = kernel.sessions.called(kernel.sessions.own)
    kernel.cell(f"%pipeline use {own}")
    assert kernel.sessions.in_use is kernel.sessions.own
    with pytest.raises(UsageError, match="names another pipeline"):
        kernel.cell("%pipeline name a")


def test_completion_knows_the_pipelines_and_the_steps_of_the_one_in_use(kernel: Kernel) -> None:
    own = kernel.sessions.called(kernel.sessions.own)
    assert [*candidates("%pipeline use ", lambda: kernel.sessions)] == [own, "a", "b"]
    assert "fit" not in candidates("%pipeline why ", lambda: kernel.sessions)
    kernel.cell("%pipeline use a")
    assert "fit" in candidates("%pipeline why ", lambda: kernel.sessions)


@pytest.mark.slow
def test_runs_of_two_pipelines_go_on_at_once_and_share_nothing_but_plain_cells(kernel: Kernel) -> None:
    kernel.cell("%pipeline use a")
    started = kernel.cell("%pipeline run --background")
    assert "Run" not in started
    waiting = kernel.sessions.of("a").run
    assert waiting is not None
    # The other one's run begins, and ends, while the first waits at its gate.
    kernel.cell("%pipeline use b")
    kernel.cell("%pipeline run")
    assert kernel.value("b", "xs") == [10] * 5
    assert not waiting.has_ended
    listed = kernel.cell("%pipeline runs")
    assert waiting.id not in listed
    assert "of pipeline b, which is in use; the notebook has others: " in listed
    for query in ("pipeline:a", "pipeline:*"):
        assert waiting.id in kernel.cell(f"%pipeline runs {query}")
    with pytest.raises(UsageError, match="no run of b goes on"):
        kernel.cell("%pipeline cancel")
    kernel.cell("%pipeline use a")
    with pytest.raises(UsageError, match="still going on"):
        kernel.cell("%pipeline run")
    kernel.cell("%pipeline approve")
    waiting.wait(WAIT)
    assert (kernel.value("a", "xs"), kernel.value("a", "s")) == ([6], 6)
    assert "nothing changed" in kernel.cell("%pipeline why load")
    assert waiting.id in kernel.cell("%pipeline runs")
    # Of the same name, but never run.
    kernel.cell(f"%pipeline use {kernel.sessions.called(kernel.sessions.own)}")
    assert "first run" in kernel.cell("%pipeline why load")


class Tab:
    """A comm of the Lab extension: pipeline -> the boards' steps that it was told, and which is in use."""

    def __init__(self) -> None:
        self.steps: dict[str, list[str]] = {}
        self.in_use: str | None = None

    def send(self, message: dict[str, Any]) -> None:
        self.steps[message["pipeline"]] = [step["name"] for step in message["board"]["steps"]]
        if message["board"]["heading"]["in_use"]:
            self.in_use = message["pipeline"]

    def on_close(self, closed: object) -> None:
        pass


def test_a_front_end_is_told_of_each_pipeline_and_asks_about_the_one_that_it_means(kernel: Kernel) -> None:
    tab, answers = Tab(), Answers(kernel.sessions)
    Feed(kernel.sessions).open(tab)
    assert tab.steps == {"": ["load"], "a": ["load", "fit"], "b": ["load"]}
    assert tab.in_use == "b"

    def parameters(**of: str) -> list[object]:
        reply = answers.reply({"number": 1, "request": {"ask": "parameters"}, **of})
        assert reply.refusal is None
        shown = cast("dict[str, Any]", reply.answer)
        return [each["default"] for each in shown["fields"]]

    assert parameters() == parameters(pipeline="b")
    assert parameters(pipeline="a") != parameters()
    assert parameters(pipeline="") == []
