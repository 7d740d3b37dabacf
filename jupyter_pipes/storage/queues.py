"""Queues as a project's settings name them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.model.errors import ConfigurationError

LOCAL = "local"
"""The queue that is always there: processes of this machine."""


class Tls(Struct, frozen=True, forbid_unknown_fields=True):
    """The files that prove who is who: of the authority, and the own certificate with its key."""

    ca_file: str
    cert: str
    key: str


class Queue(Struct, frozen=True, forbid_unknown_fields=True):
    """A named place where steps run, served by the workers of a Dask scheduler.

    Attributes:
        name: as in `--queue NAME`.
        scheduler: address of the scheduler, such as `tcp://10.0.0.5:8786`; "" where `cluster` starts one.
        cluster: import path of a class that starts a scheduler with workers, "" if there is one already.
        keywords: what `cluster` is called with.
        resources: what each step of the queue takes of a worker's `--resources`.
        priority: steps of the queue with a higher one are placed first.
        idle: seconds that a started cluster outlives its last step, five at least; it ends with its process.
        tls: what proves who is who where the scheduler is at a `tls://` address.
        packages: what its steps have that name no environment of their own.
        environment: the same, of all that can be said of one: options of `@step`.
    """

    name: str
    scheduler: str = ""
    cluster: str = ""
    keywords: dict[str, Any] = {}
    resources: dict[str, float] = {}
    priority: int = 0
    idle: float = 0.0
    tls: Tls | None = None
    packages: str | list[str] = ""
    environment: dict[str, Any] = {}

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
    if queue.tls and not queue.scheduler.startswith("tls://"):
        raise ConfigurationError(f'{place}: queue {name} has tls, which needs scheduler = "tls://…"')
    return replace(queue, tls=_beside(queue.tls, place)) if queue.tls and place else queue


def _beside(tls: Tls, place: Path) -> Tls:
    """Return the files as they count from the folder of the settings."""
    return Tls(*(str(place.parent / Path(path).expanduser()) for path in (tls.ca_file, tls.cert, tls.key)))
