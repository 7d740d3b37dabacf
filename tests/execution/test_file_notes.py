"""Files between steps of which nobody said so: who is told, and what to say."""

from __future__ import annotations

import pytest

from jupyter_pipes.execution.file_notes import undeclared_files, with_writer
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.results import ArtifactRef, FileSeen, StepError
from jupyter_pipes.model.steps import Status, Step
from jupyter_pipes.model.views import AttemptView, RunView, StepView

ENDING = "so that the order and reruns are right"
LATER = "w waits for r in later runs"
UNSAID = f"it read out.csv, which step w writes: say --out-file out.csv on w, {ENDING}; {LATER}"
UNNAMED = f"it read out.csv, which step w makes: say --file out.csv on r, {ENDING}; {LATER}"


def step(
    name: str,
    *,
    read: tuple[str, ...] = (),
    written: tuple[str, ...] = (),
    files_from: dict[str, str] | None = None,
    artifacts: tuple[ArtifactRef, ...] = (),
    notes: tuple[str, ...] = (),
) -> StepView:
    files = tuple(FileSeen(path, "digest") for path in read)
    attempt = AttemptView(1, files=files, written=written, artifacts=[*artifacts], notes=[*notes])
    return StepView(name, ev.PlannedStep(name, files_from=files_from or {}), attempts=[attempt])


def view(*steps: StepView) -> RunView:
    return RunView("run", steps={each.name: each for each in steps})


WRITER = step("w", written=("/p/out.csv",))
MAKER = step("w", written=("/p/out.csv",), artifacts=(ArtifactRef("out.csv", "d", "file", 1, "file"),))

CASES = {
    "read and written": (step("r", read=("/p/out.csv",)), WRITER, [UNSAID]),
    "made, but not named by the reader": (step("r", read=("/p/out.csv",)), MAKER, [UNNAMED]),
    "said": (step("r", read=("/p/out.csv",), files_from={"out.csv": "w"}), MAKER, []),
    "said with an absolute path": (
        step("r", read=("/p/out.csv",), files_from={"/p/out.csv": "w"}),
        MAKER,
        [],
    ),
    "another file": (step("r", read=("/p/data/out.csv",)), WRITER, []),
    "noted already": (step("r", read=("/p/out.csv",), notes=(UNSAID,)), WRITER, []),
    "a cached writer": (
        step("r", read=("/p/out.csv",)),
        StepView("w", ev.PlannedStep("w"), kept=MAKER.artifacts),
        [],
    ),
}


@pytest.mark.parametrize("ended", ["r", "w"])
@pytest.mark.parametrize(("reader", "writer", "notes"), CASES.values(), ids=CASES.keys())
def test_the_reader_is_told_whoever_ends_last(
    reader: StepView, writer: StepView, notes: list[str], ended: str
) -> None:
    found = undeclared_files(view(reader, writer), ended, "/p")
    assert [(note.step, note.attempt, note.text) for note in found] == [("r", 1, text) for text in notes]


def test_who_waits_already_is_told_no_more() -> None:
    reader = step("r", read=("/p/out.csv",))
    reader.planned = ev.PlannedStep("r", ("w",), observed_files={"w": "out.csv"})
    assert undeclared_files(view(WRITER, reader), "r", "/p") == []


def failed(message: str, kind: str = "FileNotFoundError") -> ev.AttemptEnded:
    return ev.AttemptEnded("r", 1, "failed", message, StepError(kind, message, bases=(kind, "OSError")))


def running(*names: str) -> RunView:
    states = {name: StepView(name, ev.PlannedStep(name), Status.RUNNING) for name in names}
    return RunView("run", directory="/p", steps=states)


BODIES = {"w": "df.to_csv('out.csv')", "r": "df = read('out.csv')", "l": "open('out.csv', 'w')"}
STEPS = [Step(name, place, body, "") for place, (name, body) in enumerate(BODIES.items())]
NO_FILE = "[Errno 2] No such file or directory: 'out.csv'"


def test_a_reader_that_came_too_early_names_the_writer() -> None:
    ended = with_writer(failed(NO_FILE), running("w", "r", "l"), STEPS)
    hint = "step w writes out.csv, and r does not wait for it: say --out-file out.csv on w"
    assert ended.reason == f"{NO_FILE}; {hint}"
    assert ended.error is not None
    assert ended.error.message == f"{NO_FILE}\n{hint}"


@pytest.mark.parametrize(
    ("end", "names"),
    [
        pytest.param(failed("no such file: 'other.csv'"), ("w", "r"), id="another file"),
        pytest.param(failed(NO_FILE, "ValueError"), ("w", "r"), id="another error"),
        pytest.param(failed(NO_FILE), ("r", "l"), id="a later writer"),
    ],
)
def test_other_failures_stay_as_they_are(end: ev.AttemptEnded, names: tuple[str, ...]) -> None:
    assert with_writer(end, running(*names), STEPS) == end


def test_a_step_s_own_files_are_no_news() -> None:
    both = step("b", read=("/p/x",), written=("/p/x",))
    assert undeclared_files(view(both, step("other")), "b", "/p") == []


def test_files_outside_the_folder_are_named_whole() -> None:
    found = undeclared_files(view(step("r", read=("/q/x",)), step("w", written=("/q/x",))), "r", "/p")
    assert "it read /q/x, which step w writes: say --out-file /q/x on w" in found[0].text


def test_who_wrote_a_file_while_an_earlier_step_did_is_told() -> None:
    first, second = step("a", written=("/p/log",)), step("b", written=("/p/log",))
    for each, ended in ((first, 3.0), (second, 2.0)):
        assert each.latest is not None
        each.latest.started, each.latest.ended = 1.0, ended
    for ended in ("a", "b"):
        (note,) = undeclared_files(view(first, second), ended, "/p")
        assert note.step == "b"
        assert note.text.startswith("it wrote log while step a did")
        assert note.text.endswith("b waits for a in later runs: --force a b writes it again")
    assert second.latest is not None
    second.latest.started = 3.0
    assert undeclared_files(view(first, second), "b", "/p") == []
