"""What the Lab extension asks is answered, and what it cannot have is refused in words."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jupyter_pipes.display.board.changes import apply
from jupyter_pipes.display.board.model import Board, BoardChanged, BoardShown, BoardStep
from jupyter_pipes.display.graph.fitting import arrange_within
from jupyter_pipes.display.graph.layout import Layout
from jupyter_pipes.kernel.link import answers
from jupyter_pipes.kernel.link.answers import Answers
from jupyter_pipes.kernel.link.feed import Feed
from jupyter_pipes.kernel.link.requests import Reply
from jupyter_pipes.kernel.sessions import Sessions
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.control.commands import AnswerGate, Cancel
from jupyter_pipes.model.steps import Status
from tests.elsewhere import Elsewhere

pytestmark = pytest.mark.slow

WAIT = 60.0
CELLS = {
    "params": "%%params\nn: int = 1",
    "helper": "def twice(value):\n    return 2 * value",
    "a": "%%step a\nx = n",
    "b": "%%step b --after a\ny = twice(x)",
    "plain": "total = y + 1\nprint(total)",
}


def by_name(board: Board) -> dict[str, BoardStep]:
    return {step.name: step for step in board.steps}


class Tab:
    """The other end of both comms, in one page."""

    def __init__(self) -> None:
        self.board: Board | None = None
        self._changed = threading.Condition()

    def send(self, data: Any) -> None:
        message = msgspec.convert(data, BoardShown | BoardChanged)
        with self._changed:
            self.board = apply(self.board, message)
            self._changed.notify_all()

    def on_close(self, close: Callable[[Any], None]) -> None:
        self.close = close

    def wait_for(self, is_there: Callable[[Board], bool]) -> Board:
        with self._changed:
            assert self._changed.wait_for(lambda: self.board is not None and is_there(self.board), WAIT)
            assert self.board is not None
            return self.board


class Lab:
    """A kernel's link, asked by hand."""

    def __init__(self, folder: Path) -> None:
        sessions = Sessions(folder, folder / "notebook.ipynb", {}, live=False)
        self.session, self.feed, self.answers = sessions.own, Feed(sessions), Answers(sessions)
        self.cells = dict(CELLS)

    def tab(self) -> Tab:
        tab = Tab()
        self.feed.open(tab)
        return tab

    def ask(self, ask: str, **more: Any) -> Reply:
        reply = self.answers.reply({"number": 7, "request": {"ask": ask, **more}})
        assert reply.number == 7
        return reply

    def show(self, **changed: str) -> None:
        self.cells |= changed
        cells = [{"id": key, "source": text, "is_code": True} for key, text in self.cells.items()]
        assert self.ask("cells", cells=cells).refusal is None

    def run(self, **options: Any) -> None:
        assert self.ask("run", **options).refusal is None
        assert self.session.run is not None
        self.session.run.wait(WAIT)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    (tmp_path / "notebook.ipynb").write_text("{}")
    return Lab(tmp_path)


def statuses(board: Board) -> dict[str, str]:
    return {step.name: str(step.status) for step in board.steps}


def test_cells_that_never_ran_are_steps_as_soon_as_they_are_shown(lab: Lab) -> None:
    tab = lab.tab()
    lab.show()
    board = tab.wait_for(lambda board: len(board.steps) == 2)
    assert [(step.name, step.cell, step.upstream) for step in board.steps] == [
        ("a", "a", ()),
        ("b", "b", ("a",)),
    ]
    assert board.heading.run is None


def test_a_run_takes_the_cells_as_they_are_shown_and_every_tab_follows_it(lab: Lab) -> None:
    first = lab.tab()
    lab.show()
    lab.run(params={"n": 4})
    second = lab.tab()
    for tab in (first, second):
        board = tab.wait_for(
            lambda board: board.heading.run is not None and board.heading.run.ended is not None
        )
        assert statuses(board) == {"a": "completed", "b": "completed"}
        assert board.heading.run is not None
        assert board.heading.run.parameters == {"n": "4"}
    assert first.board == second.board
    assert lab.session.run is not None
    assert lab.session.run["y"] == 8


def test_an_edited_step_runs_as_it_is_written_and_an_edited_helper_as_it_was_run(lab: Lab) -> None:
    lab.show()
    lab.session.define("helper", lab.cells["helper"], 1)
    lab.show(b="%%step b\ny = twice(x) + 1", helper="def twice(value):\n    return 0")
    lab.run()
    assert lab.session.run is not None
    assert lab.session.run["y"] == 3


def test_a_run_that_is_asked_for_once_more_as_its_answer_was_lost_is_started_once(lab: Lab) -> None:
    lab.show()
    first, again, other = (
        lab.answers.reply({"number": number, "request": {"ask": "run"}, "key": key})
        for number, key in enumerate(("a", "a", "b"))
    )
    assert first.answer == again.answer
    assert (again.number, again.refusal) == (1, None)
    # The first one goes on, or has ended: in any case this is another question.
    assert other.answer != first.answer
    assert lab.session.run is not None
    lab.session.run.wait(WAIT)


def test_a_cell_whose_line_was_taken_away_is_no_step_any_more(lab: Lab) -> None:
    lab.show()
    lab.run()
    tab = lab.tab()
    lab.show(b="y = twice(x)")
    tab.wait_for(lambda board: list(statuses(board)) == ["a"])


def test_problems_are_told_while_one_types_and_go_again(lab: Lab) -> None:
    tab = lab.tab()
    lab.show(b="%%step b\n\ny = nowhere")
    board = tab.wait_for(lambda board: any(problem.severity == "error" for problem in board.problems))
    (problem,) = (each for each in board.problems if each.severity == "error")
    assert (problem.cell, problem.line, problem.step) == ("b", 3, "b")
    assert "nowhere" in problem.message
    lab.show(b=CELLS["b"])
    tab.wait_for(lambda board: not board.problems)


def test_what_stands_against_a_request_is_said(lab: Lab) -> None:
    lab.show()
    for ask, words in {
        "stop": "no run goes on",
        "run stale": "no step is stale",
        "nonsense": "nonsense",
    }.items():
        refusal = lab.ask(ask).refusal
        assert refusal is not None
        assert words in refusal.message
    refusal = lab.ask("run", steps=["nobody"]).refusal
    assert refusal is not None
    assert "nobody" in refusal.message


def test_a_page_that_was_closed_is_told_nothing_more(lab: Lab) -> None:
    lab.show()
    tab, other = lab.tab(), lab.tab()
    tab.close({})
    before = tab.board
    lab.show(b="%%step b\nz = 1")
    other.wait_for(lambda board: board != before)
    assert tab.board is before


def test_the_graph_is_arranged_for_a_room_and_drawn_as_it_stands(lab: Lab) -> None:
    lab.show()
    lab.run()
    layout = lab.ask("graph", width=430, height=640).answer
    assert isinstance(layout, dict)
    assert set(layout["nodes"]) == {"a", "b"}
    picture = lab.ask("picture", width=430, height=640, collapsed=[]).answer
    assert isinstance(picture, dict)
    assert picture["svg"].startswith("<svg")
    assert "completed" in picture["svg"]


def test_a_graph_that_was_arranged_last_is_not_arranged_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    arranged: list[object] = []

    def arrange(*wanted: Any) -> Layout:
        arranged.append(wanted)
        return arrange_within(*wanted)

    monkeypatch.setattr(answers, "arrange_within", arrange)
    lab.show()
    first = lab.ask("graph", width=430, height=640).answer
    lab.run()
    assert lab.ask("graph", width=430, height=640).answer == first
    assert len(arranged) == 1
    lab.show(c="%%step c\nlast = 1")
    assert lab.ask("graph", width=430, height=640).answer != first
    assert len(arranged) == 2


def test_a_helper_that_the_kernel_never_ran_is_taken_as_it_is_shown_with_the_diff(lab: Lab) -> None:
    lab.session.live = True
    lab.show()
    lab.run()
    tab = lab.tab()
    lab.show(helper="def twice(value):\n    return 3 * value")
    board = tab.wait_for(lambda board: any(step.stale for step in board.steps))
    assert {step.name: step.stale for step in board.steps} == {"a": "", "b": "helper twice changed"}
    assert not board.problems
    reasons, diff = why(lab, "b")
    assert reasons == ["helper twice changed"]
    assert "-    return 2 * value\n+    return 3 * value" in diff


def test_a_helper_that_the_kernel_ran_stays_so_and_why_says_what_to_do(lab: Lab) -> None:
    lab.show()
    lab.session.define("helper", lab.cells["helper"], 1)
    lab.run()
    tab = lab.tab()
    lab.show(helper="def twice(value):\n    return 3 * value")
    board = tab.wait_for(lambda board: any(step.stale for step in board.steps))
    assert by_name(board)["b"].stale == "cell 2 edited, not run"
    assert [(problem.code, problem.cell) for problem in board.problems] == [("JP032", "helper")]
    assert "Run its cell" in why(lab, "b")[0][0]


def test_an_edited_step_is_said_to_be_edited_but_a_button_runs_it_as_it_is(lab: Lab) -> None:
    lab.show()
    lab.run()
    tab = lab.tab()
    lab.show(a="%%step a\nx = n + 1")
    board = tab.wait_for(lambda board: any(step.stale for step in board.steps))
    assert by_name(board)["a"].stale == "edited, not run"
    assert not board.problems


def test_a_kernel_that_ran_nothing_tells_of_kept_results(lab: Lab) -> None:
    lab.show(a="%%step a\nprint('hello')\nx = n")
    assert "has not run yet" in refusal(lab, "why", step="a")
    lab.run()
    other = Lab(lab.session.directory)
    other.show(a="%%step a\nprint('hello')\nx = n")
    assert other.ask("log", step="a").answer == {"text": "hello\n"}
    assert why(other, "a") == (["first run"], "")
    assert "no step nobody" in refusal(other, "log", step="nobody")


def test_of_several_problems_the_first_is_told_and_how_many_there_are(lab: Lab) -> None:
    """A notification has room for one; the panel lists them all."""
    lab.show(a="%%step a --mapp x\nx = 1", b="%%step b --reties 3\ny = 2")
    told = refusal(lab, "run")
    assert told.startswith("Nothing was run. Cell 3: ")
    assert told.count("--mapp") == 1
    assert "--reties" not in told
    assert told.endswith("(1 more: see Problems.)")
    lab.show(a="%%step a\nx = nowhere", b="%%step b\ny = 2")
    assert refusal(lab, "run").startswith("Nothing was run. Step a (cell 3, line 2) reads nowhere")


def refusal(lab: Lab, ask: str, **more: Any) -> str:
    reply = lab.ask(ask, **more).refusal
    assert reply is not None
    return reply.message


def why(lab: Lab, step: str) -> tuple[list[str], str]:
    answer: Any = lab.ask("why", step=step).answer
    return list(answer["reasons"]), answer["diff"]


def test_a_notebook_that_is_opened_while_its_run_goes_on_elsewhere_follows_and_stops_it(
    lab: Lab, tmp_path: Path
) -> None:
    """From the first board on: nothing else is shown before."""
    elsewhere = Elsewhere(tmp_path, "far", "notebook", str(tmp_path / "notebook.ipynb"))
    tab = lab.tab()
    assert tab.board is not None
    assert tab.board.heading.run is not None
    assert tab.board.heading.run.status is Status.RUNNING
    lab.show()
    elsewhere.add(ev.AttemptStarted("a", 1, 7, "pod-1"))
    tab.wait_for(lambda board: statuses(board) == {"a": "running", "b": "pending"})
    assert lab.ask("stop").refusal is None
    commands = [record.event for record in elsewhere.workspace.history.records("r")]
    assert commands[-1] == ev.CommandGiven(Cancel())
    elsewhere.add(ev.StepEnded("a", Status.CANCELLED), ev.StepEnded("b", Status.CANCELLED))
    elsewhere.add(ev.RunEnded(Status.CANCELLED))
    tab.wait_for(lambda board: board.heading.run is not None and board.heading.run.status is Status.CANCELLED)


def test_a_step_that_waits_for_approval_says_so_and_is_answered_in_the_panel(
    lab: Lab, tmp_path: Path
) -> None:
    elsewhere = Elsewhere(tmp_path, "far", "notebook", str(tmp_path / "notebook.ipynb"))
    tab = lab.tab()
    lab.show()
    elsewhere.add(ev.GateReached("a", "Look at it"), ev.StepEnded("b", Status.COMPLETED))
    tab.wait_for(lambda board: "a" in by_name(board) and by_name(board)["a"].gate is not None)
    assert tab.board is not None
    assert tab.board.heading.run is not None
    assert tab.board.heading.run.waits == "waits for approval of a: Look at it"
    assert "b of run r does not wait" in refusal(lab, "answer gate", step="b", approved=True)
    taken = threading.Thread(target=_take_answer, args=(elsewhere,))
    taken.start()
    assert lab.ask("answer gate", step="a", approved=False, reason="no").refusal is None
    taken.join()
    tab.wait_for(lambda board: by_name(board)["a"].gate is None)


def _take_answer(elsewhere: Elsewhere) -> None:
    """Carry out the answer to a gate once it is given, as the run's controller does."""
    given: list[AnswerGate] = []
    while not given:
        records = elsewhere.workspace.history.records("r")
        commands = (each.event.command for each in records if isinstance(each.event, ev.CommandGiven))
        given = [command for command in commands if isinstance(command, AnswerGate)]
    (answer,) = given
    elsewhere.add(ev.GateAnswered(answer.step, answer.approved, answer.by, answer.reason))


def test_a_pipeline_that_a_step_is_is_unfolded_in_every_tab_and_its_steps_are_told_live(
    lab: Lab, pipeline_of: Callable[..., object]
) -> None:
    """Also those of a pipeline in it; what cannot be unfolded is refused, and what is folded is not told."""
    pipeline_of("%%step one\nprint('the first')\nx = 1", "%%step two\ny = x", name="inner")
    last = "%%step last\nprint('the last')\nz = y"
    pipeline_of("%%step deep --pipeline inner.ipynb --out y\n", last, name="other")
    lab.cells = {"prep": "%%step prep --pipeline other.ipynb --out z\n", "fit": "%%step fit\nw = z"}
    tab = lab.tab()
    lab.show()
    for step in ("prep", "prep[deep]"):
        assert lab.ask("unfold", step=step, is_unfolded=True).refusal is None
    names = ["prep[deep]", "prep[deep[one]]", "prep[deep[two]]", "prep[last]"]
    assert nested(tab.wait_for(lambda board: len(board.nested) == 4)) == dict.fromkeys(names, "pending")
    layout = msgspec.convert(lab.ask("graph", width=900, height=900).answer, Layout)
    assert (layout.unfolded, set(names) < set(layout.nodes)) == (("prep", "prep[deep]"), True)
    lab.run()
    tab.wait_for(lambda board: nested(board) == dict.fromkeys(names, "completed"))
    lab.tab().wait_for(lambda board: nested(board) == dict.fromkeys(names, "completed"))
    for step, log in (("prep[last]", "the last\n"), ("prep[deep[one]]", "the first\n")):
        assert lab.ask("log", step=step).answer == {"text": log}
    assert lab.ask("log", step="prep[no]").refusal is not None
    for step in ("fit", "nothing", "prep[last]"):
        assert "cannot be read" in str(lab.ask("unfold", step=step, is_unfolded=True).refusal)
    assert lab.ask("unfold", step="prep", is_unfolded=False).refusal is None
    tab.wait_for(lambda board: board.nested == ())


def nested(board: Board) -> dict[str, str]:
    return {step.name: str(step.status) for step in board.nested}
