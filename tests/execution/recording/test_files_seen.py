"""Who shares files with whom is known by an index, and is what looking at every step would give."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.execution.early_reads import read_by, written_by
from jupyter_pipes.execution.file_notes import undeclared_files
from jupyter_pipes.execution.recording.files_seen import FilesSeen
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import apply
from jupyter_pipes.model.results import FileSeen
from jupyter_pipes.model.views import RunView

NAMES = ("a", "b", "c", "d")
FILES = st.lists(st.sampled_from(["x", "y", "in/z", "in"]), max_size=2, unique=True).map(tuple)
ENDS = st.tuples(st.sampled_from(NAMES), FILES, FILES, st.booleans())


class Told:
    """A run that is told attempt by attempt, in the order in which they end."""

    def __init__(self) -> None:
        self.view = RunView("r")
        self.tell(ev.RunStarted("p", "1", tuple(ev.PlannedStep(name) for name in NAMES), directory="/p"))
        self.files = FilesSeen(self.view)
        self.attempts = dict.fromkeys(NAMES, 0)

    def tell(self, event: ev.AnyEvent) -> None:
        seq = self.view.seq + 1
        apply(ev.Record("r", seq, float(seq), event), self.view)
        if seq > 1:
            self.files.take(event)

    def end(self, step: str, read: tuple[str, ...], written: tuple[str, ...]) -> ev.AttemptEnded:
        """Tell of an attempt up to its end, and return that, which is not told yet."""
        self.attempts[step] = number = self.attempts[step] + 1
        self.tell(ev.AttemptQueued(step, number, "local"))
        self.tell(ev.AttemptStarted(step, number, 1, "here"))
        files = tuple(FileSeen(path, "0") for path in read)
        return ev.AttemptEnded(step, number, "completed", files=files, written=written)


@given(st.lists(ENDS, max_size=8))
def test_what_is_said_of_files_is_the_same_as_of_all_steps(
    ends: list[tuple[str, tuple[str, ...], tuple[str, ...], bool]],
) -> None:
    told = Told()
    for step, read, written, reopens in ends:
        event = told.end(step, read, written)
        sharing = told.files.sharing(event)
        assert list(read_by(event, told.view, sharing)) == list(read_by(event, told.view))
        assert list(written_by(event, told.view, sharing)) == list(written_by(event, told.view))
        told.tell(event)
        sharing = told.files.sharing(event)
        assert undeclared_files(told.view, step, "/p", sharing) == undeclared_files(told.view, step, "/p")
        if reopens:
            told.tell(ev.StepReopened(step, "again"))
        assert told.files.last_writers() == last_writers(told.view)


def last_writers(view: RunView) -> dict[str, str]:
    """Go through all steps for who wrote what last."""
    latest = [(step.latest, name) for name, step in view.steps.items() if step.latest is not None]
    done = sorted(
        ((attempt.ended or 0.0, attempt, name) for attempt, name in latest), key=lambda each: each[0]
    )
    return {path: name for _, attempt, name in done if not attempt.is_outdated for path in attempt.written}


def test_an_index_of_a_run_that_is_taken_up_again_knows_what_was_told_before() -> None:
    told = Told()
    events = [told.end("a", (), ("x",)), told.end("b", ("x",), ("y",))]
    for event in events:
        told.tell(event)
    again = FilesSeen(told.view, events)
    assert again.last_writers() == told.files.last_writers() == {"x": "a", "y": "b"}
    assert again.sharing(told.end("c", ("y",), ())) == ["b", "c"]
