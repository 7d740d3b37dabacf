"""Rules of pacing: many requests make few calls, the last is never lost, an idle pacer has no thread."""

from __future__ import annotations

import threading

import pytest

from jupyter_pipes.kernel.pacing import Pacer

WAIT = 60.0


class Recorder:
    """Records what it saw when it was called; tests wait on `called`."""

    def __init__(self) -> None:
        self.value = 0
        self.seen: list[int] = []
        self.called = threading.Condition()

    def __call__(self) -> None:
        with self.called:
            self.seen.append(self.value)
            self.called.notify_all()

    def wait_for(self, value: int) -> bool:
        with self.called:
            return self.called.wait_for(lambda: value in self.seen, WAIT)


@pytest.fixture
def others() -> set[threading.Thread]:
    """Threads that were there before: of sessions of other tests, say."""
    return set(threading.enumerate())


def test_the_last_of_many_requests_is_always_seen_and_most_are_not() -> None:
    recorder = Recorder()
    pacer = Pacer(recorder, interval=0.05)
    for value in range(1, 5001):
        recorder.value = value
        pacer.request()
    assert recorder.wait_for(5000)
    assert len(recorder.seen) < 500


def test_a_request_after_the_thread_has_ended_is_served_by_another(others: set[threading.Thread]) -> None:
    recorder = Recorder()
    pacer = Pacer(recorder, interval=0)
    for value in (1, 2, 3):
        recorder.value = value
        pacer.request()
        assert recorder.wait_for(value)
        _join_display_threads(others)


def test_it_ticks_without_requests_as_long_as_it_shall(others: set[threading.Thread]) -> None:
    recorder = Recorder()
    pacer = Pacer(recorder, interval=0, pause=lambda: 0.01 if len(recorder.seen) < 4 else None)
    pacer.request()
    with recorder.called:
        assert recorder.called.wait_for(lambda: len(recorder.seen) >= 4, WAIT)
    _join_display_threads(others)


def test_a_closed_pacer_calls_no_more(others: set[threading.Thread]) -> None:
    recorder = Recorder()
    pacer = Pacer(recorder, interval=0, pause=lambda: 60)
    pacer.close()
    pacer.request()
    _join_display_threads(others)
    assert recorder.seen == []


def _join_display_threads(others: set[threading.Thread]) -> None:
    for thread in threading.enumerate():
        if thread.name == "jupyter-pipes-display" and thread not in others:
            thread.join(WAIT)
            assert not thread.is_alive()
