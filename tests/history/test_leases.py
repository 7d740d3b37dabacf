"""Who may take a run over: what the system says here, what an observer's own clock says of others."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from jupyter_pipes.history import leases
from jupyter_pipes.history.history import History
from jupyter_pipes.history.leases import Lease
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import StoreError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.system.processes import this_process
from tests.databases import POSTGRESQL, postgresql, programs
from tests.leases import ELSEWHERE, here, hold


@pytest.fixture(params=["sqlite", POSTGRESQL])
def history(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[History]:
    if request.param == "sqlite":
        history = History(f"sqlite:///{tmp_path}/history.db")
        yield history
        history.close()
        return
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgresql() as url:
        history = History(url)
        yield history
        history.close()


class Clock:
    """The clocks of the observer, which a test moves."""

    def __init__(self) -> None:
        self.steady, self.wall = 1000.0, time.time()

    def monotonic(self) -> float:
        return self.steady

    def time(self) -> float:
        return self.wall


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(leases, "time", clock)
    return clock


def another(history: History) -> History:
    return History(str(history.database.engine.url.render_as_string(hide_password=False)))


def begin(history: History, run: str = "r") -> None:
    view = history.journal(run)
    from jupyter_pipes.model.views import RunView

    view.append(ev.RunStarted("p", "1.0.0", (ev.PlannedStep("a"),)), RunView(run))


def test_a_lease_of_a_living_process_here_never_lapses(history: History, clock: Clock) -> None:
    history.leases.take("r", 30.0)
    clock.steady += 1e6
    assert not history.leases.look("r").is_over
    with pytest.raises(StoreError, match="run r is driven by another controller: process"):
        history.leases.take("r", 30.0)


@pytest.mark.parametrize("started", ["", "1"])
def test_a_lease_of_a_process_that_ended_here_is_over_at_once(history: History, started: str) -> None:
    """Its number may be another process's by now: that one started at another time."""
    hold(history, "r", here(this_process().pid, started))
    assert history.leases.look("r").is_over
    assert history.leases.take("r", 30.0).process == this_process()


def test_a_lease_elsewhere_lapses_once_no_renewal_was_seen_for_its_term(
    history: History, clock: Clock
) -> None:
    hold(history, "r", ELSEWHERE, term=30.0)
    assert not history.leases.look("r").is_over
    clock.steady += 29
    assert not history.leases.look("r").is_over
    # Another process of the observer's machine goes on from what this one saw.
    other = another(history)
    clock.steady += 2
    assert not other.leases.look("r").is_over
    clock.steady += 10
    assert other.leases.look("r").is_over
    other.close()


def test_a_lease_lapses_only_while_the_history_can_be_written(history: History, clock: Clock) -> None:
    """Else its controller, which a lock kept from renewing it, would be taken for gone when the lock goes."""
    hold(history, "r", ELSEWHERE, term=30.0)
    assert not history.leases.look("r").is_over
    other = another(history)
    with other.database.exclusive():
        for _ in range(3):
            clock.steady += 30
            standing = history.leases.look("r")
            assert (standing.is_over, standing.is_unclear) == (False, True)
    other.close()
    assert not history.leases.look("r").is_over
    clock.steady += 9
    assert not history.leases.look("r").is_over
    clock.steady += 1
    assert history.leases.look("r").is_over


def test_a_renewal_that_is_seen_begins_the_term_anew(history: History, clock: Clock) -> None:
    for renewals in range(5):
        hold(history, "r", ELSEWHERE, term=30.0, renewals=renewals)
        assert not history.leases.look("r").is_over
        clock.steady += 29


@pytest.mark.parametrize("step", [-1e6, -10, 10, 1e6])
def test_a_clock_that_is_set_changes_nothing(history: History, clock: Clock, step: float) -> None:
    hold(history, "r", ELSEWHERE, term=30.0)
    mine = history.leases.take("mine", 30.0)
    assert not history.leases.look("r").is_over
    clock.wall += step
    clock.steady += 10
    assert not history.leases.look("r").is_over
    assert not history.leases.look("mine").is_over
    assert history.leases.renew(mine)
    clock.steady += 11
    assert not history.leases.look("r").is_over
    clock.steady += 10
    assert history.leases.look("r").is_over


def test_what_is_told_names_the_host_and_how_long_nothing_was_heard(history: History, clock: Clock) -> None:
    hold(history, "r", ELSEWHERE)
    history.leases.look("r")
    hold(history, "r", ELSEWHERE, renewals=1)
    assert str(history.leases.look("r")) == "on pod-1, last seen just now"
    clock.steady += 40
    standing = history.leases.look("r")
    assert str(standing) == "on pod-1, last seen 40 s ago"
    assert standing.why_over == "its controller (process 7 on pod-1) has given no sign of life for 40 s"


def test_a_lease_that_was_renewed_in_the_meantime_is_not_taken(history: History) -> None:
    hold(history, "r", ELSEWHERE)
    seen = history.leases.look("r")
    hold(history, "r", ELSEWHERE, renewals=1)
    assert history.leases.take_over(seen) is None


def test_who_lost_its_lease_learns_it(history: History) -> None:
    mine = history.leases.take("r", 30.0)
    taken = history.leases.take_over(history.leases.look("r"))
    assert isinstance(taken, Lease)
    assert not history.leases.renew(mine)
    assert not history.leases.release(mine)
    assert history.leases.renew(taken)


def test_a_run_that_nobody_drives_is_settled_and_its_lease_and_sightings_go(
    history: History, clock: Clock
) -> None:
    begin(history)
    hold(history, "r", ELSEWHERE)
    assert history.settle_interrupted() == []
    clock.steady += 21
    assert history.settle_interrupted() == []
    clock.steady += 10
    assert history.settle_interrupted() == ["r"]
    view = history.view("r")
    assert (view.status, view.reason) == (
        Status.INTERRUPTED,
        "its controller (process 7 on pod-1) has given no sign of life for " + view.reason.split("for ")[1],
    )
    assert history.database.rows("lease", run="r") == []
    with history.database.reading() as transaction:
        assert not transaction.connection.exec_driver_sql("SELECT * FROM sightings").fetchall()


def test_a_run_is_ended_in_place_of_a_controller_that_lives(history: History) -> None:
    begin(history)
    mine = history.leases.take("r", 30.0)
    assert history.end("r", Status.CANCELLED, "enough")
    assert (history.view("r").status, history.view("r").reason) == (Status.CANCELLED, "enough")
    assert not history.leases.renew(mine)
    assert not history.end("r", Status.CANCELLED, "again")


def test_a_lease_that_waits_on_a_queue_is_nobody_elses_however_long(history: History, clock: Clock) -> None:
    mine = history.leases.take("r", 30.0)
    history.leases.renew(mine)
    waiting = history.leases.hand_to(mine, "far")
    other = another(history)
    for _ in range(3):
        clock.steady += 1e6
        standing = other.leases.look("r")
        assert (standing.is_over, standing.is_unclear, standing.is_waiting) == (False, False, True)
    assert str(standing) == "waiting for a worker of queue far"
    with pytest.raises(StoreError, match="driven by another controller: waiting for a worker of queue far"):
        other.leases.take("r", 30.0)
    other.leases.receive("r", waiting.holder)
    assert other.leases.take("r", 30.0).process == this_process()
    assert not history.leases.renew(waiting)
    other.close()


def test_a_lease_is_taken_from_its_holder_once_by_those_that_it_was_handed_to(history: History) -> None:
    """Dask may begin a lost controller anew while the first one lives."""
    handed = history.leases.take("r", 30.0)
    first, second = another(history), another(history)
    for one in (first, second):
        one.leases.receive("r", handed.holder)
        assert one.leases.is_handed(one.leases.look("r"))
    first.leases.take("r", 30.0)
    assert not second.leases.is_handed(second.leases.look("r"))
    with pytest.raises(StoreError, match="driven by another controller"):
        second.leases.take("r", 30.0)
    first.close()
    second.close()


def test_a_lease_that_is_gone_is_not_handed_over(history: History) -> None:
    mine = history.leases.take("r", 30.0)
    history.leases.take_over(history.leases.look("r"))
    with pytest.raises(StoreError, match="run r was taken over by another process"):
        history.leases.hand_to(mine, "far")
