"""Makes the tables of the history, or brings those of an earlier version up to date."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from jupyter_pipes.history.sql.schema import SCHEMA_VERSION, schema, table
from jupyter_pipes.model.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine


_LOCK = 0x6A7570
"""The number of this lock among all of a PostgreSQL database."""


def bring_up_to_date(engine: Engine) -> None:
    """Make the tables, in one transaction with what an earlier version's tables hold.

    Raises:
        StoreError: a newer version of jupyter_pipes made them, or they may only be read.
    """
    if engine.url.query.get("mode") == "ro":
        raise StoreError(
            "the history is not of this version of jupyter_pipes, and is only read here: "
            "load it in a kernel, which brings it up to date"
        )
    # Several sessions may open a new project at once: one makes the tables, the others wait.
    with engine.execution_options(begin="BEGIN IMMEDIATE").begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        version = _version(connection)
        if version is not None and version > SCHEMA_VERSION:
            raise StoreError(
                f"the history was written by a newer jupyter_pipes (schema {version}, "
                f"this one knows {SCHEMA_VERSION}): upgrade jupyter_pipes"
            )
        for earlier in range(version or SCHEMA_VERSION, SCHEMA_VERSION):
            _STEPS[earlier](connection)
        schema().create_all(connection)
        _mark(connection, new=version is None)


def _version(connection: Connection) -> int | None:
    import sqlalchemy as sa

    settings = table("settings")
    if not sa.inspect(connection).has_table("settings"):
        return None
    version = connection.execute(sa.select(settings.c.value).where(settings.c.name == "schema")).scalar()
    return None if version is None else int(version)


def _mark(connection: Connection, *, new: bool) -> None:
    settings = table("settings")
    row: Any = {"name": "schema", "value": str(SCHEMA_VERSION)}
    change = settings.insert() if new else settings.update().where(settings.c.name == "schema")
    connection.execute(change.values(row))


def _from_1(connection: Connection) -> None:
    """Version 1 had no documents, and fewer columns of runs; its results kept their parts themselves."""
    import sqlalchemy as sa

    from jupyter_pipes.model.digests import digest

    results = connection.execute(sa.text("SELECT * FROM results ORDER BY id")).mappings().all()
    runs = connection.execute(sa.text("SELECT * FROM runs")).mappings().all()
    for name in ("results", "runs"):
        connection.execute(sa.text(f"DROP TABLE {name}"))
    schema().create_all(connection)
    for row in runs:
        connection.execute(table("runs").insert().values(**row))
    seen: set[str] = set()
    for row in results:
        parts = digest(row["parts"])
        if parts not in seen:
            seen.add(parts)
            connection.execute(table("documents").insert().values(digest=parts, body=b"p" + row["parts"]))
        # The same layout that `indexing.ResultContent` has.
        content = {name: msgspec.msgpack.decode(row[name]) for name in ("files", "artifacts")}
        carried = {name: row[name] for name in ("signature", "pipeline", "step", "run", "time")}
        connection.execute(
            table("results").insert().values(parts=parts, kept=msgspec.msgpack.encode(content), **carried)
        )


_FLAT = ["after", "stage", "tags", "queue", "on_fail", "retries", "retry_delay", "retry_on", "timeout"]
"""The options that `RunStarted` had among the other facts of a step."""


def _from_2(connection: Connection) -> None:
    """Version 2 had some of a step's options in `RunStarted`, among the other facts of the step."""
    import sqlalchemy as sa

    events = table("events")
    for run in connection.execute(sa.select(events.c.run).where(events.c.seq == 0)).scalars().all():
        first = sa.and_(events.c.run == run, events.c.seq == 0)
        body = connection.execute(sa.select(events.c.body).where(first)).scalar_one()
        # What cannot be read is told when the run is asked for.
        with suppress(msgspec.DecodeError):
            connection.execute(events.update().where(first).values(body=_with_options(body)))


def _with_options(body: str) -> str:
    """Return a `RunStarted` with the options of each step in a place of their own, all else as it was."""
    event = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    steps = msgspec.json.decode(event.get("steps", b"[]"), type=list[dict[str, msgspec.Raw]])
    for step in steps:
        options = {name: step.pop(name) for name in _FLAT if name in step}
        step["options"] = msgspec.Raw(msgspec.json.encode(options))
    event["steps"] = msgspec.Raw(msgspec.json.encode(steps))
    return msgspec.json.encode(event).decode()


def _from_3(connection: Connection) -> None:
    """Version 3 noted with each claim who made it, and nobody renewed any: those that it has are let go."""
    import sqlalchemy as sa

    connection.execute(sa.text("DROP TABLE claims"))


_STEPS: dict[int, Callable[[Connection], None]] = {1: _from_1, 2: _from_2, 3: _from_3}
"""Version -> what makes the next version's tables of it."""
