"""`find_runs`: a query's tree becomes one SELECT over the history's runs, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.history.search.fields import COLUMNS, is_prose
from jupyter_pipes.history.search.matching import fitting
from jupyter_pipes.history.search.query import parse
from jupyter_pipes.history.search.tree import (
    And,
    Everything,
    Leaf,
    Match,
    Node,
    Not,
    Or,
    Range,
    glob,
    leaves,
)
from jupyter_pipes.history.sql.failures import database_errors
from jupyter_pipes.history.sql.schema import table
from jupyter_pipes.model.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Engine, Select

    Condition = ColumnElement[bool]
    Texts = Callable[[Select[Any]], Sequence[str]]

_STEP = re.compile(r"steps\.(.*)\.status", re.DOTALL)
_MOST_TEXTS = 10_000
_ESCAPE = "!"
_LIKE = {"*": "%", "?": "_", "\\%": "!%", "\\_": "!_", "\\!": "!!"}


class RunRow(Struct, frozen=True):
    """A run in the list of runs: what the table `runs` holds of it.

    Times are in seconds since 1970; `params` is a JSON object.
    """

    run: str
    pipeline: str
    version: str
    state: str
    status: str
    started: float
    ended: float | None
    progress: float
    params: str
    title: str
    archived: bool
    origin: str
    host: str
    user: str


def find_runs(
    engine: Engine,
    query: str | None = None,
    *,
    pipeline: str | None = None,
    limit: int | None = None,
    now: datetime,
) -> list[RunRow]:
    """Return the runs that a query (docs/search.md) finds: by their boosts, then the newest first.

    Args:
        engine: of the database that holds the history.
        query: None or blank finds all runs that are not archived.
        pipeline: only runs of this pipeline.
        limit: at most so many.
        now: what the query's `today`, `now-7d` and dates without a zone are meant by.

    Raises:
        UsageError: the query cannot be read; the message points at the place.
        StoreError: the history cannot be read.
    """
    tree = parse(query or "", now)
    with database_errors("the history cannot be searched", str(engine.url)), engine.connect() as connection:
        statement = select_runs(
            tree, lambda texts: connection.execute(texts).scalars().all(), pipeline=pipeline, limit=limit
        )
        return [RunRow(**row) for row in connection.execute(statement).mappings()]


def select_runs(
    tree: Node | None, texts: Texts, *, pipeline: str | None = None, limit: int | None = None
) -> Select[Any]:
    """Return the SELECT of the runs that a query finds, in the order to show them.

    Args:
        tree: the query, or None for all runs; archived ones are left out unless it speaks of `archived`.
        texts: reads the texts that a SELECT finds. Where databases differ (words, letters beyond ASCII, order
            of texts) or can do nothing (fuzzy terms), candidates are read and compared here.
    """
    import sqlalchemy as sa

    search = _Search(texts)
    runs = table("runs")
    statement = sa.select(*(runs.c[name] for name in RunRow.__struct_fields__))
    if tree is None or all(leaf.field != "archived" for leaf in leaves(tree)):
        statement = statement.where(~runs.c.archived)
    if pipeline is not None:
        statement = statement.where(runs.c.pipeline == pipeline)
    if tree is not None:
        statement = statement.where(search.condition(tree)).order_by(*search.ranking(tree))
    return statement.order_by(runs.c.started.desc(), runs.c.run).limit(limit)


class _Search:
    """Makes SQL conditions of one query's parts."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._runs = table("runs").c
        self._fields = table("fields").c
        self._names_read: Sequence[str] | None = None
        self._made: dict[Leaf, Condition] = {}

    def condition(self, node: Node) -> Condition:
        """Return what is true for the runs that fit and false, never NULL, for the others."""
        import sqlalchemy as sa

        match node:
            case And(nodes):
                return sa.and_(sa.true(), *map(self.condition, nodes))
            case Or(nodes):
                return sa.or_(sa.false(), *map(self.condition, nodes))
            case Not(inner):
                return sa.not_(self.condition(inner))
            case Everything():
                return sa.true()
            case _:
                if node not in self._made:
                    self._made[node] = self._leaf(node)
                return self._made[node]

    def ranking(self, tree: Node) -> list[ColumnElement[Any]]:
        """Return what to order by first: the boosts of all that fits, if the query has any boost."""
        import sqlalchemy as sa

        wanted = list(leaves(tree, negated=False))
        if all(leaf.boost == 1 for leaf in wanted):
            return []
        scores = [sa.case((self.condition(leaf), leaf.boost), else_=0.0) for leaf in wanted]
        return [sum(scores[1:], scores[0]).desc()]

    def _leaf(self, leaf: Leaf) -> Condition:
        if not leaf.field:
            return self._anywhere(leaf)
        if leaf.field in COLUMNS:
            return self._of_column(leaf)
        of_name = self._named(leaf.field)
        return self._with_field(of_name, self._of_field(leaf, of_name))

    def _of_column(self, leaf: Leaf) -> Condition:
        import sqlalchemy as sa

        if COLUMNS[leaf.field] == "text":
            return self._of_text_column(leaf)
        runs = self._runs
        column = runs.ended - runs.started if leaf.field == "seconds" else runs[leaf.field]
        if isinstance(leaf, Range):
            return sa.and_(column.is_not(None), *_bounds(leaf, column))
        return column.is_not(None) if leaf.kind == "exists" else column == (leaf.text.lower() == "true")

    def _of_text_column(self, leaf: Leaf) -> Condition:
        column = self._runs[leaf.field]
        if isinstance(leaf, Match) and leaf.kind == "exists":
            return column != ""
        if isinstance(leaf, Match) and leaf.field == "run" and leaf.kind == "word":
            return _like(column, f"{_pattern(leaf)}%")
        return self._fits(leaf, leaf.field, column)

    def _named(self, field: str) -> Condition:
        """Return whether a row of `fields` is of that field, or of one that its wildcards fit."""
        if "*" not in field and "?" not in field:
            return self._fields.field == field
        return self._fields.field.in_(list(filter(fitting(Match("", "wildcard", field), ""), self._names())))

    def _names(self) -> Sequence[str]:
        """Return the names of all fields, by a jump in the index to each next one."""
        if self._names_read is None:
            self._names_read = self._texts(_names_of(self._fields.field))
        return self._names_read

    def _with_field(self, *conditions: Condition) -> Condition:
        """Return whether a run has a row of `fields` for which all of these hold."""
        import sqlalchemy as sa

        return self._runs.run.in_(sa.select(self._fields.run).where(*conditions))

    def _of_field(self, leaf: Leaf, *within: Condition) -> Condition:
        import sqlalchemy as sa

        if isinstance(leaf, Match) and leaf.kind == "exists":
            return sa.true()
        if isinstance(leaf, Range) and not any(isinstance(bound, str) for bound in (leaf.low, leaf.high)):
            return sa.and_(self._fields.number.is_not(None), *_bounds(leaf, self._fields.number))
        fits = self._fits(leaf, leaf.field, self._fields.text, *within)
        if isinstance(leaf, Match) and leaf.number is not None:
            return sa.or_(fits, self._fields.number == leaf.number)
        return fits

    def _anywhere(self, leaf: Leaf) -> Condition:
        """Return whether anything that people know a run by fits, but not what its steps came to."""
        import sqlalchemy as sa

        assert isinstance(leaf, Match)
        runs, field = self._runs, self._fields.field
        others = field.in_([name for name in self._names() if not name.startswith("steps.")])
        fits = fitting(leaf, "")
        steps = [name for name in self._names() if (step := _STEP.fullmatch(name)) and fits(step[1])]
        return sa.or_(
            self._of_text_column(replace(leaf, field="run")),
            *(self._fits(leaf, name, runs[name]) for name in ("pipeline", "status", "version", "title")),
            self._with_field(others, self._of_field(leaf, others)),
            self._with_field(field.in_(steps)),
        )

    def _fits(self, leaf: Leaf, field: str, column: ColumnElement[str], *within: Condition) -> Condition:
        """Return whether a text fits, in SQL where that means the same everywhere."""
        import sqlalchemy as sa

        # What is upper case beyond ASCII differs.
        if isinstance(leaf, Match) and leaf.kind != "fuzzy" and leaf.text.isascii() and not is_prose(field):
            is_wild = leaf.kind == "wildcard"
            return _like(column, _pattern(leaf)) if is_wild else sa.func.lower(column) == leaf.text.lower()
        candidates = sa.select(column).where(*within, *_narrowing(leaf, field, column)).distinct()
        texts = list(filter(fitting(leaf, field), self._texts(candidates)))
        if len(texts) > _MOST_TEXTS:
            raise UsageError(f"the query fits more than {_MOST_TEXTS} different texts of a field: narrow it")
        return column.in_(texts)


def _pattern(leaf: Match) -> str:
    """Return what LIKE takes for a term, in lower case."""
    pieces = glob(leaf.text) if leaf.kind == "wildcard" else [f"\\{letter}" for letter in leaf.text]
    return "".join(_LIKE.get(piece) or piece[-1] for piece in pieces).lower()


def _like(column: ColumnElement[str], pattern: str) -> Condition:
    import sqlalchemy as sa

    return sa.func.lower(column).like(pattern, escape=_ESCAPE)


def _narrowing(leaf: Leaf, field: str, column: ColumnElement[str]) -> list[Condition]:
    """Return what all texts that fit have in common, so that fewer are read."""
    import sqlalchemy as sa

    if isinstance(leaf, Range):
        return []
    if leaf.kind != "fuzzy":
        return [_like(column, f"%{_pattern(leaf)}%")] if leaf.text.isascii() else []
    lengths = len(leaf.text) - leaf.edits, len(leaf.text) + leaf.edits
    return [] if is_prose(field) else [sa.func.length(column).between(*lengths)]


def _bounds(leaf: Range, column: ColumnElement[Any]) -> list[Condition]:
    bounds: list[Condition] = []
    if leaf.low is not None:
        bounds.append(column >= leaf.low if leaf.with_low else column > leaf.low)
    if leaf.high is not None:
        bounds.append(column <= leaf.high if leaf.with_high else column < leaf.high)
    return bounds


def _names_of(column: ColumnElement[str]) -> Select[Any]:
    import sqlalchemy as sa

    names = sa.select(sa.func.min(column).label("name")).cte("names", recursive=True)
    following = sa.select(sa.func.min(column)).where(column > names.c.name).scalar_subquery()
    names = names.union_all(sa.select(following).where(names.c.name.is_not(None)))
    return sa.select(names.c.name).where(names.c.name.is_not(None))
