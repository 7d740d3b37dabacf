"""Queues as a project's settings name them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from jupyter_pipes.model.errors import ConfigurationError

LOCAL = "local"
"""The queue that is always there: processes of this machine."""


class Queue(Struct, frozen=True, forbid_unknown_fields=True):
    """A named place where steps run, served by the workers of a Dask scheduler.

    Attributes:
        name: as in `--queue NAME`.
        scheduler: address of the scheduler, such as `tcp://10.0.0.5:8786`; "" where `cluster` starts one.
        cluster: import path of a class that starts a scheduler with workers, "" if there is one already.
        keywords: what `cluster` is called with.
        resources: what each step of the queue takes of a worker's `--resources`.
        priority: steps of the queue with a higher one are placed first.
        idle: seconds that a started cluster outlives its last run.
        tls: files that prove who is who: `ca_file`, `cert`, `key`.
    """

    name: str
    scheduler: str = ""
    cluster: str = ""
    keywords: dict[str, Any] = {}
    resources: dict[str, float] = {}
    priority: int = 0
    idle: float = 0.0
    tls: dict[str, str] = {}

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return self.scheduler or self.cluster.rpartition(".")[2]


def queues_of(tables: object, place: Path | None) -> dict[str, Queue]:
    """Return name -> queue, as settings name them.

    Args:
        tables: what stands under `queues`.
        place: the file of the settings, for what is told.

    Raises:
        ConfigurationError: it is no table of queues, or a queue lacks or has too much.
    """
    try:
        named = msgspec.convert(tables, dict[str, dict[str, Any]])
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{place}: queues are tables, such as [queues.far]: {error}") from None
    return {name: _queue(name, table, place) for name, table in named.items()}


def _queue(name: str, table: dict[str, Any], place: Path | None) -> Queue:
    if name == LOCAL:
        raise ConfigurationError(f"{place}: the queue {LOCAL} is this machine: give yours another name")
    try:
        queue = msgspec.convert({**table, "name": name}, Queue)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{place}: queue {name}: {error}") from None
    if bool(queue.scheduler) == bool(queue.cluster):
        raise ConfigurationError(
            f'{place}: queue {name} needs one of scheduler = "tcp://…" and cluster = "package.Class"'
        )
    return queue
