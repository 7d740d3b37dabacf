"""Helpers that are spawned before it is known whether one is needed: taken where they fit, else ended."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from jupyter_pipes.execution.environments import spawning
from jupyter_pipes.execution.environments.spawning import PROGRAM, Spawned, end_ahead, spawn, spawn_ahead

_HERE = {"PATH": "/bin"}


class _Process:
    """A helper that is none."""

    def __init__(self) -> None:
        self.code: int | None = None

    def poll(self) -> int | None:
        return self.code

    def terminate(self) -> None:
        self.code = -15


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """The helpers that were spawned."""
    processes: list[Any] = []

    def note(program: Sequence[str], variables: Mapping[str, str], output: int | None = None) -> Spawned:
        process: Any = _Process()
        processes.append(process)
        return Spawned(process, socket.socket())

    monkeypatch.setattr(spawning, "_spawn", note)
    yield processes
    end_ahead()


def test_a_helper_that_was_spawned_ahead_is_taken_once(spawned: list[Any]) -> None:
    spawn_ahead(_HERE)
    for number in (0, 1):
        helper = spawn(PROGRAM, _HERE)
        assert helper.process is spawned[number]
        helper.control.close()


@pytest.mark.parametrize(
    ("program", "environment"), [(PROGRAM, {"PATH": "/opt"}), (("other", "program"), _HERE)]
)
def test_one_of_another_environment_is_not_taken_and_ends(
    spawned: list[Any], program: Sequence[str], environment: Mapping[str, str]
) -> None:
    spawn_ahead(_HERE)
    helper = spawn(program, environment)
    end_ahead()
    assert helper.process is spawned[1]
    assert [process.code for process in spawned] == [-15, None]
    helper.control.close()


def test_one_that_died_is_not_taken(spawned: list[Any]) -> None:
    spawn_ahead(_HERE)
    spawned[0].code = 1
    helper = spawn(PROGRAM, _HERE)
    assert helper.process is spawned[1]
    helper.control.close()


def test_where_none_can_be_spawned_nobody_is_told_before_one_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> Spawned:
        raise OSError("no more processes")

    monkeypatch.setattr(spawning, "_spawn", refuse)
    spawn_ahead(_HERE)
    with pytest.raises(OSError, match="no more processes"):
        spawn(PROGRAM, _HERE)
