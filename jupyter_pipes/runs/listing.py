"""The list of kept runs: what a query finds, with values, metrics, labels and how far each is."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from jupyter_pipes.model.steps import JsonValue, Status

if TYPE_CHECKING:
    from jupyter_pipes.history.history import History
    from jupyter_pipes.history.search.search import RunRow


class ListedRun(Struct, frozen=True):
    """A line of the list; times in seconds since 1970.

    Attributes:
        seconds: how long it took, or takes so far.
        progress: the share of its steps that ended, 0 to 1.
        metrics: last values, by the metric's name and by `STEP/NAME`.
        monitored: what steps put on the run (`--monitor`), by `STEP/NAME`: values, and types of artifacts.
        archived: whether it was put away.
        part_of: the run and the step, `RUN/STEP`, that it is a part of; "" for any other.
    """

    run: str
    pipeline: str
    version: str
    status: Status
    progress: float
    started: float
    seconds: float
    title: str = ""
    tags: tuple[str, ...] = ()
    params: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    metrics: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    monitored: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    archived: bool = False
    part_of: str = ""

    @property
    def heading(self) -> str:
        """What it is a run of, in words: its title, or its pipeline, and what it is a part of."""
        part = f", part of {self.part_of}" if self.part_of else ""
        return f"{self.title or self.pipeline}{part}"


def list_runs(
    history: History, query: str = "", *, pipeline: str | None = None, limit: int | None = None
) -> tuple[ListedRun, ...]:
    """Return the runs that a query (docs/search.md) finds, the newest or the best first.

    Raises:
        UsageError: the query cannot be read; the message points at the place.
        StoreError: the history cannot be read.
    """
    from jupyter_pipes.history.search.search import find_runs

    now = datetime.now(UTC).astimezone()
    rows = find_runs(history.database.engine, query, pipeline=pipeline, limit=limit, now=now)
    fields = history.fields([row.run for row in rows])
    return tuple(_listed(row, fields.get(row.run, {}), history) for row in rows)


def names_pipelines(query: str) -> bool:
    """Return whether a query says itself of which pipelines the runs are: `pipeline:daily`.

    Raises:
        UsageError: the query cannot be read; the message points at the place.
    """
    from jupyter_pipes.history.search.query import parse
    from jupyter_pipes.history.search.tree import leaves

    tree = parse(query, datetime.now(UTC))
    return tree is not None and any(leaf.field == "pipeline" for leaf in leaves(tree))


def _listed(row: RunRow, fields: Mapping[str, Sequence[JsonValue]], history: History) -> ListedRun:
    is_running = row.status == Status.RUNNING
    return ListedRun(
        run=row.run,
        pipeline=row.pipeline,
        version=row.version,
        status=Status(row.status),
        # The journal of a run under way says more than the index, which follows when steps end.
        progress=history.view(row.run).progress if is_running else row.progress,
        started=row.started,
        seconds=max((time.time() if row.ended is None else row.ended) - row.started, 0.0),
        title=row.title,
        tags=tuple(str(tag) for tag in fields.get("tags", ())),
        params=msgspec.json.decode(row.params),
        metrics=_of_family("metrics.", fields),
        monitored=_of_family("monitored.", fields),
        archived=row.archived,
        part_of="".join(str(each) for each in fields.get("part_of", ())),
    )


def _of_family(family: str, fields: Mapping[str, Sequence[JsonValue]]) -> dict[str, JsonValue]:
    """Return the last value of each field of a family, by its name there."""
    names = (name for name in fields if name.startswith(family))
    return {name.removeprefix(family): fields[name][-1] for name in names}
