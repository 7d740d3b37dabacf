"""What is asked of the history at every run, in SQLAlchemy's terms, and compiled to the text of one dialect.

Importing SQLAlchemy takes longer than a run in which nothing is to do. So the texts for SQLite are kept,
compiled, in `statements_sqlite.py`, made from this file by `python -m jupyter_pipes.history.statements`; a
test compares the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_pipes.history.schema import table

if TYPE_CHECKING:
    from sqlalchemy import Dialect, Executable, Table


def compiled(dialect: Dialect) -> dict[str, str]:
    """Return name -> SQL text with parameters by name, for SQLite or PostgreSQL."""
    return {name: _text(statement, dialect) for name, statement in _statements(dialect).items()}


def _text(statement: Any, dialect: Dialect) -> str:
    return " ".join(str(statement.compile(dialect=dialect)).split())


def _statements(dialect: Dialect) -> dict[str, Executable]:
    return {**_inserts(dialect), **_changes(), **_selects()}


def _inserts(dialect: Dialect) -> dict[str, Executable]:
    if dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert

    def replacing(name: str, keys: list[str]) -> Executable:
        added: Any = insert(table(name))
        others = {column.name: added.excluded[column.name] for column in _given(table(name))}
        return added.on_conflict_do_update(
            index_elements=keys, set_={name: value for name, value in others.items() if name not in keys}
        ).values(_parameters(table(name)))

    def once(name: str) -> Executable:
        added: Any = insert(table(name))
        return added.on_conflict_do_nothing().values(_parameters(table(name)))

    return {
        "add_event": insert(table("events")).values(_parameters(table("events"))),
        "add_document": once("documents"),
        "add_run": replacing("runs", ["run"]),
        "add_field": replacing("fields", ["run", "field", "place"]),
        "add_result": insert(table("results")).values(_parameters(table("results"))),
        "add_claim": once("claims"),
        "add_file": replacing("files", ["host", "path"]),
    }


def _changes() -> dict[str, Executable]:
    import sqlalchemy as sa

    runs, fields, claims = table("runs"), table("fields"), table("claims")
    this_run = runs.c.run == sa.bindparam("of_run")
    return {
        "end_run": sa.update(runs).where(this_run).values(
            ended=sa.bindparam("ended"), status=sa.bindparam("status"), progress=sa.bindparam("progress")
        ),
        "title_run": sa.update(runs).where(this_run).values(title=sa.bindparam("title")),
        "archive_run": sa.update(runs).where(this_run).values(archived=sa.bindparam("archived")),
        "drop_run": sa.delete(runs).where(this_run),
        "drop_fields": sa.delete(fields).where(fields.c.run == sa.bindparam("of_run")),
        "drop_field": sa.delete(fields).where(
            fields.c.run == sa.bindparam("of_run"), fields.c.field == sa.bindparam("of_field")
        ),
        "drop_claims": sa.delete(claims).where(claims.c.run == sa.bindparam("of_run")),
        "drop_claim": sa.delete(claims).where(
            claims.c.signature == sa.bindparam("of_signature"), claims.c.run == sa.bindparam("of_run")
        ),
    }  # fmt: skip


def _selects() -> dict[str, Executable]:
    import sqlalchemy as sa

    bind = sa.bindparam
    settings, events, documents = table("settings"), table("events"), table("documents")
    runs, results, claims, files = table("runs"), table("results"), table("claims"), table("files")
    newest = (
        sa.select(sa.func.max(results.c.id))
        .where(results.c.pipeline == bind("pipeline"))
        .group_by(results.c.step)
    )
    found = sa.select(
        results.c.signature,
        results.c.pipeline,
        results.c.step,
        results.c.run,
        results.c.parts,
        results.c.kept,
    )
    summary = sa.select(
        runs.c.run, runs.c.pipeline, runs.c.version, runs.c.state, runs.c.status, runs.c.started, runs.c.ended
    ).order_by(runs.c.started.desc(), runs.c.run.desc())
    return {
        "setting": sa.select(settings.c.value).where(settings.c.name == bind("name")),
        "events": sa.select(events.c.seq, events.c.time, events.c.body)
        .where(events.c.run == bind("run"), events.c.seq > bind("after"))
        .order_by(events.c.seq),
        "last_event": sa.select(sa.func.max(events.c.seq)).where(events.c.run == bind("run")),
        "document": sa.select(documents.c.body).where(documents.c.digest == bind("digest")),
        "runs": summary,
        "runs_of": summary.where(runs.c.pipeline == bind("pipeline")),
        "arguments": sa.select(runs.c.run, runs.c.params).order_by(runs.c.started.desc()),
        "running": summary.where(runs.c.status == bind("status")),
        "newest_results": found.where(results.c.id.in_(newest)),
        "results": found.where(results.c.signature == bind("signature")).order_by(results.c.id.desc()),
        "results_of": found.where(
            results.c.pipeline == bind("pipeline"), results.c.step == bind("step")
        ).order_by(results.c.id.desc()),
        "claim": sa.select(
            claims.c.run, claims.c.step, claims.c.host, claims.c.pid, claims.c.process_started
        ).where(claims.c.signature == bind("signature")),
        "files": sa.select(files.c.path, files.c.stamp, files.c.digest).where(files.c.host == bind("host")),
    }


def _given(of: Table) -> list[Any]:
    return [column for column in of.columns if column.autoincrement is not True]


def _parameters(of: Table) -> dict[str, Any]:
    import sqlalchemy as sa

    return {column.name: sa.bindparam(column.name) for column in _given(of)}


def _write() -> None:
    """Write the compiled texts for SQLite."""
    from sqlalchemy.dialects.sqlite import dialect

    make: Any = dialect
    texts = compiled(make(paramstyle="named"))
    lines = [f"    {name!r}: {text!r}," for name, text in texts.items()]
    head = '"""`statements.py`, compiled for SQLite; made by `python -m jupyter_pipes.history.statements`."""'
    content = "\n".join([head, "", "TEXTS: dict[str, str] = {", *lines, "}", ""])
    Path(__file__).with_name("statements_sqlite.py").write_text(content)


if __name__ == "__main__":
    _write()
