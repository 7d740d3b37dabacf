"""The search of a history of 1,000 runs with 50 steps each, beside reading the list of all of them."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from benchmarks.measure import Figure, beside, milliseconds
from jupyter_pipes.history.search.search import find_runs
from jupyter_pipes.history.sql.schema import schema, table

RUNS = 1_000
STEPS = 50
TIMES = 15
QUERIES = {
    "two fields and a range": "status:failed params.lr:0.1 metrics.m1:[0.8 TO 1]",
    "a bare word": "ridge",
    "a fuzzy word": "rigde~",
    "the status of any step": "steps.*.status:failed",
}


def measure() -> list[Figure]:
    """Return the time of each query."""
    with TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'history.db'}")
        _fill(engine)
        everything = _times(engine, None)
        found = [
            beside(f"search: {name}", _times(engine, query), "ms", everything, "all runs")
            for name, query in QUERIES.items()
        ]
        engine.dispose()
    return [Figure("search: all runs", everything, "ms"), *found]


def _times(engine: sa.Engine, query: str | None) -> list[float]:
    now = datetime.now()
    # The first call loads the parser and compiles.
    find_runs(engine, query, now=now)
    return milliseconds(lambda: find_runs(engine, query, now=now), TIMES)


def _fill(engine: sa.Engine) -> None:
    draw = random.Random(1)
    names = [f"{number:06x}" for number in range(RUNS)]
    schema().create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            table("runs").insert(), [_run(name, place, draw) for place, name in enumerate(names)]
        )
        connection.execute(table("fields").insert(), [row for name in names for row in _fields(name, draw)])


def _run(name: str, place: int, draw: random.Random) -> dict[str, Any]:
    status = draw.choice(["completed", "failed"])
    return {
        "run": name,
        "pipeline": "train",
        "version": f"1.0.{place // 50}",
        "status": status,
        "started": place,
    }


def _fields(run: str, draw: random.Random) -> list[dict[str, Any]]:
    values: dict[str, Any] = {
        "params.lr": draw.choice([0.1, 0.01]),
        "params.model": draw.choice(["ridge", "oak"]),
    }
    values |= {f"metrics.m{number}": draw.random() for number in range(10)}
    for step in range(STEPS):
        values[f"steps.s{step}.status"] = draw.choice(["completed", "cached", "failed"])
        values[f"steps.s{step}.reason"] = draw.choice(["nothing changed", "parameter lr 0.1 → 0.2"])
    rows = [("tags", place, tag) for place, tag in enumerate(draw.sample(["work", "draft", "fun-stuff"], 2))]
    rows += [(field, 0, value) for field, value in values.items()]
    return [_row(run, field, place, value) for field, place, value in rows]


def _row(run: str, field: str, place: int, value: str | float) -> dict[str, Any]:
    number = None if isinstance(value, str) else value
    return {"run": run, "field": field, "place": place, "text": str(value), "number": number}
