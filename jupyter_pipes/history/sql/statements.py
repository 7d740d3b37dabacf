"""What is asked of the history at every run, in SQLAlchemy's terms, and compiled to the text of one dialect.

Importing SQLAlchemy takes longer than a run in which nothing is to do. So the texts for SQLite are kept,
compiled, in `statements_sqlite.py`, made from this file by `python -m
jupyter_pipes.history.sql.statements`; a test compares the two.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_pipes.history.sql.schema import table

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Dialect, Executable, Select


@cache
def compiled(dialect: Dialect) -> dict[str, str]:
    """Return name -> SQL text with parameters by name, for SQLite or PostgreSQL."""
    statements: dict[str, Any] = {**_inserts(dialect), **_changes(), **_selects()}
    return {name: " ".join(str(each.compile(dialect=dialect)).split()) for name, each in statements.items()}


def _inserts(dialect: Dialect) -> dict[str, Executable]:
    if dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert

    def added(name: str) -> Any:
        columns = [column.name for column in table(name).columns if column.autoincrement is not True]
        return insert(table(name)).values(_parameters(*columns))

    def replacing(name: str) -> Executable:
        keys, others = table(name).primary_key.columns.keys(), added(name)
        values = {column: value for column, value in others.excluded.items() if column not in keys}
        return others.on_conflict_do_update(index_elements=keys, set_=values)

    return {
        "add_event": added("events"),
        "add_document": added("documents").on_conflict_do_nothing(),
        "add_run": replacing("runs"),
        "add_field": replacing("fields"),
        "add_result": added("results"),
        "adopt_result": _adoption(insert(table("results"))),
        "add_claim": added("claims").on_conflict_do_nothing(),
        "add_lease": added("leases").on_conflict_do_nothing(),
        "add_sighting": replacing("sightings"),
        "add_file": replacing("files"),
    }


def _adoption(into: Any) -> Executable:
    """Return what gives a step the result of a run as its own, unless it has this one.

    Another one of its own with this signature does not do: that may go, and then this one is what is reused.
    """
    import sqlalchemy as sa

    def is_same(result: Any) -> list[ColumnElement[bool]]:
        # Found by the signature: a run may have thousands of results, of which each step would look at all.
        run = result.run.concat(sa.literal_column("''"))
        return [result.signature == sa.bindparam("of_signature"), run == sa.bindparam("of_run")]

    results = table("results").c
    newest = sa.select(sa.func.max(results.id)).where(*is_same(results)).scalar_subquery()
    own = table("results").alias("own")
    has_one = sa.exists().where(
        *is_same(own.c),
        *(own.c[column] == sa.bindparam(column) for column in ("pipeline", "step")),
    )
    named = [sa.bindparam(column, type_=sa.Text).label(column) for column in ("pipeline", "step")]
    same_columns = ("run", "time", "parts", "kept")
    columns = [results.signature, *named, *(results[column] for column in same_columns)]
    rows = sa.select(*columns).where(results.id == newest, ~has_one)
    return into.from_select(["signature", "pipeline", "step", *same_columns], rows)


def _changes() -> dict[str, Executable]:
    import sqlalchemy as sa

    this_run = sa.update(table("runs")).where(*_equal("runs", "run", of="of_"))

    leases = table("leases").c
    this_lease = sa.update(table("leases")).where(*_equal("leases", "run", "holder", of="of_"))
    as_seen = this_lease.where(*_equal("leases", "renewals", of="of_"))

    def drop(name: str, *columns: str) -> Executable:
        return sa.delete(table(name)).where(*_equal(name, *columns, of="of_"))

    return {
        "end_run": this_run.values(_parameters("ended", "status", "progress")),
        "title_run": this_run.values(_parameters("title")),
        "archive_run": this_run.values(_parameters("archived")),
        "drop_run": drop("runs", "run"),
        "drop_fields": drop("fields", "run"),
        "drop_field": drop("fields", "run", "field"),
        "take_lease": as_seen.values(_parameters(*leases.keys())),
        "renew_lease": this_lease.values(renewals=leases.renewals + sa.text("1"), **_parameters("renewed")),
        "drop_lease": drop("leases", "run", "holder"),
        "drop_leases": drop("leases", "run"),
        "drop_sightings": drop("sightings", "run"),
        "drop_claims": drop("claims", "run"),
        "drop_claim": drop("claims", "signature", "run"),
    }


def _selects() -> dict[str, Executable]:
    import sqlalchemy as sa

    def select(name: str, columns: str, *equal: str) -> Select[Any]:
        return sa.select(*(table(name).c[column] for column in columns.split())).where(*_equal(name, *equal))

    def result(*equal: str) -> Select[Any]:
        return select("results", "signature pipeline step run parts kept", *equal)

    def summary(*equal: str) -> Select[Any]:
        newest_first = runs.started.desc(), runs.run.desc()
        columns = "run pipeline version state status started ended"
        return select("runs", columns, *equal).order_by(*newest_first)

    events, runs, results, fields = (table(name).c for name in ("events", "runs", "results", "fields"))
    last = sa.select(sa.func.max(events.seq)).where(*_equal("events", "run"))
    newest = sa.select(sa.func.max(results.id)).where(*_equal("results", "pipeline")).group_by(results.step)
    after = events.seq > sa.bindparam("after")
    tries = sa.select(runs.run, fields.text).join(table("fields"), fields.run == runs.run)
    ended = fields.text.in_([sa.literal_column(f"'{each}'") for each in ("completed", "failed", "cancelled")])
    return {
        "setting": select("settings", "value", "name"),
        "events": select("events", "seq time body", "run").where(after).order_by(events.seq),
        "last_event": last,
        "document": select("documents", "body", "digest"),
        "runs": summary(),
        "runs_of": summary("pipeline"),
        "runs_from": summary("origin"),
        "arguments": select("runs", "run params").order_by(runs.started.desc()),
        "running": summary("status"),
        "origins": select("runs", "origin").distinct(),
        "newest_results": result().where(results.id.in_(newest)),
        "results": result("signature").order_by(results.id.desc()),
        "results_of": result("pipeline", "step").order_by(results.id.desc()),
        "tries": tries.where(*_equal("runs", "pipeline"), *_equal("fields", "field"), ended).order_by(
            runs.started.desc(), runs.run.desc()
        ),
        "claim": select("claims", "run step", "signature"),
        "lease": select("leases", " ".join(table("leases").c.keys()), "run"),
        "sighting": select("sightings", "holder renewals seen earlier doubted", "observer", "run"),
        "files": select("files", "path stamp digest", "host"),
    }


def _parameters(*columns: str) -> dict[str, Any]:
    import sqlalchemy as sa

    return {column: sa.bindparam(column) for column in columns}


def _equal(name: str, *columns: str, of: str = "") -> list[ColumnElement[bool]]:
    """Return that columns have the values of the parameters of their names, behind the prefix `of`."""
    import sqlalchemy as sa

    return [table(name).c[column] == sa.bindparam(of + column) for column in columns]


def _write() -> None:
    """Write the compiled texts for SQLite."""
    from sqlalchemy.dialects.sqlite import dialect

    make: Any = dialect
    texts = compiled(make(paramstyle="named"))
    lines = [f'    "{name}": "{text}",' for name, text in texts.items()]
    head = f'"""`statements.py`, compiled for SQLite; made by `python -m {__spec__.name}`."""'
    content = "\n".join([head, "", "TEXTS: dict[str, str] = {", *lines, "}", ""])
    Path(__file__).with_name("statements_sqlite.py").write_text(content)


if __name__ == "__main__":
    _write()
