"""The search finds what a slow and obvious reading of the query finds, on SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_pipes.history.search.fields import COLUMNS
from jupyter_pipes.history.search.search import find_runs, select_runs
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
from jupyter_pipes.history.sql.schema import schema, table
from jupyter_pipes.model.errors import StoreError, UsageError
from tests.databases import POSTGRESQL, postgresql, programs

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = 86_400.0
TODAY = datetime(2026, 11, 22, tzinfo=UTC).timestamp()

Fields = dict[str, list[Any]]


def run(name: str, started: float, ended: float | None, fields: Fields, **columns: Any) -> dict[str, Any]:
    base = {"pipeline": "train", "version": "1.0.0", "state": "", "status": "completed", "progress": 1.0}
    texts = {"params": "{}", "title": "", "archived": False, "origin": "", "host": "mill", "user": "ada"}
    times = {"started": TODAY + started, "ended": None if ended is None else TODAY + ended}
    return {"run": name, **base, **texts, **times, **columns, "fields": fields}


RUNS = [
    run(
        "a1f0",
        3600,
        3660,
        {
            "params.lr": [0.1],
            "params.model": ["ridge"],
            "metrics.auc": [0.91],
            "metrics.train/auc": [0.91],
            "tags": ["work", "draft"],
            "steps.load.status": ["completed"],
            "steps.train.status": ["completed"],
            "steps.train.reason": ["input df of load: other content"],
        },
        title="First try, Großer Lauf",
    ),
    run(
        "a2b7",
        -DAY + 60,
        -DAY + 65,
        {
            "params.lr": [0.01],
            "params.model": ["forest"],
            "params.deep": [True],
            "metrics.auc": [0.8],
            "tags": ["work", "fun-stuff"],
            "steps.load.status": ["cached"],
            "steps.train.status": ["failed"],
            "steps.train.reason": ["ValueError: 100% of rows"],
        },
        version="1.0.9",
        status="failed",
        title="first of many",
    ),
    run("b3c1", -8 * DAY, None, {"params.lr": ["0.1"], "tags": ["Work"]}, version="1.0.10", status="running"),
    run(
        "b4d2",
        -30 * DAY,
        -29 * DAY,
        {
            "params.lr": [10**400],
            "params.model": ["Über_net"],
            "metrics.auc": [float("nan")],
            "commit": ["4f0c"],
        },
        pipeline="etl",
        progress=0.5,
    ),
    run("c5e3", -40 * DAY, -40 * DAY + 1, {"tags": ["work"], "params.lr": [0.1]}, archived=True, user="bob"),
    run(
        "d6f4",
        -50 * DAY,
        -50 * DAY,
        {"params.a:b": [-5], "params.model": ["100%", "rid!e"]},
        pipeline="train_2",
    ),
]


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else repr(value)


def number_of(value: Any) -> float | None:
    if isinstance(value, str) or value != value or value == 10**400:
        return None
    return float(value)


def fill(engine: sa.Engine) -> None:
    rows = [
        {
            "run": each["run"],
            "field": field,
            "place": place,
            "text": text_of(value),
            "number": number_of(value),
        }
        for each in RUNS
        for field, values in each["fields"].items()
        for place, value in enumerate(values)
    ]
    schema().create_all(engine)
    with engine.begin() as connection:
        columns = [{name: value for name, value in each.items() if name != "fields"} for each in RUNS]
        connection.execute(table("runs").insert(), columns)
        connection.execute(table("fields").insert(), rows)


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    engine = sa.create_engine(f"sqlite:///{tmp_path_factory.mktemp('search')}/history.db")
    fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module", params=["sqlite", POSTGRESQL])
def engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    if programs() is None:
        pytest.skip("PostgreSQL is not installed")
    with postgresql() as url:
        engine = sa.create_engine(url)
        fill(engine)
        yield engine
        engine.dispose()


def found(engine: sa.Engine, query: str | None, **options: Any) -> list[str]:
    return [row.run for row in find_runs(engine, query, now=NOW, **options)]


@pytest.mark.parametrize(
    ("query", "runs"),
    [
        (None, "a1f0 a2b7 b3c1 b4d2 d6f4"),
        ("  ", "a1f0 a2b7 b3c1 b4d2 d6f4"),
        ("*", "a1f0 a2b7 b3c1 b4d2 d6f4"),
        # A bare term: id, pipeline, title, status, version, tags, parameters, steps
        ("a1", "a1f0"),
        ("1f0", ""),
        ("ETL", "b4d2"),
        ("train_2", "d6f4"),
        ("first", "a1f0 a2b7"),
        ('"first try"', "a1f0"),
        ("fir", ""),
        ("großer", "a1f0"),
        ("GROßER", "a1f0"),
        ("failed", "a2b7"),
        ("cached", ""),
        ("1.0.9", "a2b7"),
        ("work", "a1f0 a2b7 b3c1"),
        ("ridge", "a1f0"),
        ("über_net", "b4d2"),
        ("load", "a1f0 a2b7"),
        ("0.80", "a2b7"),
        ("4f0c", "b4d2"),
        # Fields
        ("status:failed", "a2b7"),
        ("status:FAILED", "a2b7"),
        ("run:a", "a1f0 a2b7"),
        ('run:"a"', ""),
        ("title:TRY", "a1f0"),
        ("title:*", "a1f0 a2b7"),
        ("NOT title:*", "b3c1 b4d2 d6f4"),
        ("title:fi?st", "a1f0 a2b7"),
        ("title:frist~", "a1f0 a2b7"),
        ("pipeline:train*", "a1f0 a2b7 b3c1 d6f4"),
        ("pipeline:train?2", "d6f4"),
        (r"pipeline:train\?2", ""),
        ("user:bob", ""),
        # Parameters: text and number
        ("params.lr:0.1", "a1f0 b3c1"),
        ("params.lr:1e-1", "a1f0"),
        ('params.lr:"0.1"', "a1f0 b3c1"),
        ("params.lr:*", "a1f0 a2b7 b3c1 b4d2"),
        ("params.deep:true", "a2b7"),
        ("params.deep:True", "a2b7"),
        ("params.deep:1", "a2b7"),
        ("params.nope:*", ""),
        ("params.*:ridge", "a1f0"),
        ("params.model:100%", "d6f4"),
        ("params.model:1%", ""),
        ("params.model:rid!e", "d6f4"),
        ("params.model:rid?e", "a1f0 d6f4"),
        ("params.model:über*", "b4d2"),
        ("params.model:?ber*", "b4d2"),
        (r"params.a\:b:-5", "d6f4"),
        ("params.model:[e TO s]", "a1f0 a2b7 d6f4"),
        ("params.model:rigde~1", "a1f0"),
        ("params.model:rigdee~1", ""),
        ("params.model:rid~", "a1f0 d6f4"),
        ("params.model:ridgeee~", "a1f0"),
        ("params.model:r_d*", ""),
        ("params.model:r%*", ""),
        ("params.model:*0%", "d6f4"),
        ("params.model:rid!*", "d6f4"),
        # Ranges
        ("metrics.auc:[0.8 TO 1]", "a1f0 a2b7"),
        ("metrics.auc:{0.8 TO 1]", "a1f0"),
        ("metrics.train/auc:>0.9", "a1f0"),
        ("metrics.auc:<=0.8", "a2b7"),
        ("metrics.auc:nan", "b4d2"),
        ("metrics.auc:[* TO *]", "a1f0 a2b7 b4d2"),
        ("version:>1.0.9", "b3c1"),
        ("version:[1.0.9 TO 1.0.10]", "a2b7 b3c1"),
        ("seconds:60", "a1f0"),
        ("seconds:<60", "a2b7 d6f4"),
        ("NOT seconds:<60", "a1f0 b3c1 b4d2"),
        ("progress:<1", "b4d2"),
        ("ended:*", "a1f0 a2b7 b4d2 d6f4"),
        ("started:today", "a1f0"),
        ("started:yesterday", "a2b7"),
        ("started:>now-7d", "a1f0 a2b7"),
        ("started:2026-10", "b4d2 d6f4"),
        ("started:[2026-10-20 TO yesterday]", "a2b7 b3c1 b4d2"),
        # Operators
        ("work failed", "a2b7"),
        ("work AND NOT failed", "a1f0 b3c1"),
        ("work -failed", "a1f0 b3c1"),
        ("ridge OR forest", "a1f0 a2b7"),
        ('tags:(+work -"fun-stuff")', "a1f0 b3c1"),
        ("tags:(draft OR fun-stuff)", "a1f0 a2b7"),
        ("-tags:work", "b4d2 d6f4"),
        ("NOT params.deep:1", "a1f0 b3c1 b4d2 d6f4"),
        # Steps
        ("steps.train.status:failed", "a2b7"),
        ("steps.*.status:cached", "a2b7"),
        ("steps.train.reason:content", "a1f0"),
        ('steps.train.reason:"of rows"', "a2b7"),
        ("steps.*.reason:conten", ""),
        # Archived runs
        ("archived:true", "c5e3"),
        ("archived:false", "a1f0 a2b7 b3c1 b4d2 d6f4"),
        ("archived:* tags:work", "a1f0 a2b7 b3c1 c5e3"),
        ("user:bob archived:true", "c5e3"),
        # Ranking
        ("work OR ridge OR etl^3", "b4d2 a1f0 a2b7 b3c1"),
        ("work ridge^2", "a1f0"),
        ("+work OR fun-stuff^5", "a2b7 a1f0 b3c1"),
        ("work OR -draft^9", "a2b7 b3c1"),
    ],
)
def test_a_query_finds(engine: sa.Engine, query: str | None, runs: str) -> None:
    assert found(engine, query) == runs.split()


def test_a_row_holds_what_the_table_holds(sqlite: sa.Engine) -> None:
    row = find_runs(sqlite, "run:c5 archived:true", now=NOW)[0]
    assert {name: getattr(row, name) for name in row.__struct_fields__} == {
        name: value for name, value in RUNS[4].items() if name != "fields"
    }


def test_of_one_pipeline_and_at_most_so_many(sqlite: sa.Engine) -> None:
    assert found(sqlite, None, pipeline="train") == ["a1f0", "a2b7", "b3c1"]
    assert found(sqlite, "work", pipeline="train", limit=2) == ["a1f0", "a2b7"]
    assert found(sqlite, "work", pipeline="etl") == []


def test_a_broken_query_reads_nothing() -> None:
    with pytest.raises(UsageError, match="not closed"):
        find_runs(sa.create_engine("sqlite:////nowhere/x.db"), 'title:"a', now=NOW)


def test_a_history_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="the history cannot be searched"):
        find_runs(sa.create_engine(f"sqlite:///{tmp_path}/none/x.db"), "a", now=NOW)


@pytest.mark.slow
def test_a_query_that_fits_too_many_texts_is_refused() -> None:
    texts = [str(number) for number in range(20_000)]
    with pytest.raises(UsageError, match="narrow it"):
        select_runs(Range("params.x", "0", None), lambda _: texts)


# The slow and obvious reading -----------------------------------------------------------------------------


def spelled_alike(sought: str, text: str, edits: int) -> bool:
    """Whether some texts one edit from each are the same, or fewer edits do."""
    letters = "".join(sorted(set(sought + text)))
    near = {0: ({sought}, {text}), 1: (once(sought, letters), {text})}
    left, right = near.get(edits, (once(sought, letters), once(text, letters)))
    return bool(left & right)


@cache
def once(text: str, letters: str) -> frozenset[str]:
    cuts = [(text[:n], text[n:]) for n in range(len(text) + 1)]
    dropped = {a + b[1:] for a, b in cuts}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    changed = {a + letter + b[1:] for a, b in cuts if b for letter in letters}
    added = {a + letter + b for a, b in cuts for letter in letters}
    return frozenset({text} | dropped | swapped | changed | added)


def globbed(pieces: list[str], text: str) -> bool:
    if not pieces:
        return not text
    if pieces[0] == "*":
        return globbed(pieces[1:], text) or (bool(text) and globbed(pieces, text[1:]))
    if not text:
        return False
    return (pieces[0] == "?" or pieces[0][-1] == text[0]) and globbed(pieces[1:], text[1:])


def parts_between_words(text: str) -> list[str]:
    """Return all parts of a text that begin and end at the edges of words."""

    def in_word(place: int) -> bool:
        return 0 <= place < len(text) and (text[place].isalnum() or text[place] == "_")

    places = range(len(text) + 1)
    return [text[a:b] for a in places for b in places if a <= b and not in_word(a - 1) and not in_word(b)]


def fits(leaf: Match, text: str, *, prose: bool) -> bool:
    sought, text = leaf.text.lower(), text.lower()
    match leaf.kind:
        case "exists":
            return True
        case "fuzzy":
            words = "".join(each if each.isalnum() or each == "_" else " " for each in text).split()
            return any(spelled_alike(sought, word, leaf.edits) for word in (words if prose else [text]))
        case "wildcard":
            return any(
                globbed(glob(sought), each) for each in (parts_between_words(text) if prose else [text])
            )
        case _:
            return sought in (parts_between_words(text) if prose and sought else [text])


def between(leaf: Range, value: Any) -> bool:
    after = leaf.low is None or value > leaf.low or (leaf.with_low and value == leaf.low)
    return after and (leaf.high is None or value < leaf.high or (leaf.with_high and value == leaf.high))


def value_fits(leaf: Leaf, value: Any, *, prose: bool) -> bool:
    number = number_of(value)
    if isinstance(leaf, Match):
        same = leaf.number is not None and number == leaf.number
        return same or fits(leaf, text_of(value), prose=prose)
    if isinstance(leaf.low, str) or isinstance(leaf.high, str):
        return between(leaf, text_of(value).lower())
    return number is not None and between(leaf, number)


def column_fits(leaf: Leaf, name: str, run: dict[str, Any]) -> bool:
    started, ended = run["started"], run["ended"]
    seconds = None if ended is None else ended - started
    value = seconds if name == "seconds" else run[name]
    if value is None or (isinstance(leaf, Match) and leaf.kind == "exists"):
        return value is not None and value != ""
    if name == "run" and isinstance(leaf, Match) and leaf.kind == "word":
        return value.startswith(leaf.text.lower())
    if name == "version" and isinstance(leaf, Range):
        low, high = (bound and tuple(map(int, str(bound).split("."))) for bound in (leaf.low, leaf.high))
        return between(Range("", low, high, leaf.with_low, leaf.with_high), tuple(map(int, value.split("."))))
    return value_fits(leaf, value, prose=name == "title")


def leaf_holds(leaf: Leaf, run: dict[str, Any]) -> bool:
    fields: Fields = run["fields"]
    if leaf.field in COLUMNS:
        return column_fits(leaf, leaf.field, run)
    if leaf.field:
        named = [name for name in fields if globbed(list(leaf.field), name)]
        return any(
            value_fits(leaf, value, prose=leaf.field.endswith(".reason"))
            for name in named
            for value in fields[name]
        )
    assert isinstance(leaf, Match)
    steps = [name.split(".")[1] for name in fields if name.startswith("steps.")]
    return (
        any(column_fits(leaf, name, run) for name in ("run", "pipeline", "status", "version", "title"))
        or any(fits(leaf, step, prose=False) for step in steps)
        or any(
            value_fits(leaf, value, prose=False)
            for name, values in fields.items()
            if not name.startswith("steps.")
            for value in values
        )
    )


def holds(node: Node, run: dict[str, Any]) -> bool:
    match node:
        case And(nodes):
            return all(holds(each, run) for each in nodes)
        case Or(nodes):
            return any(holds(each, run) for each in nodes)
        case Not(inner):
            return not holds(inner, run)
        case Everything():
            return True
        case _:
            return leaf_holds(node, run)


def slowly(tree: Node) -> list[str]:
    shown = [
        run for run in RUNS if not run["archived"] or any(leaf.field == "archived" for leaf in leaves(tree))
    ]
    wanted = list(leaves(tree, negated=False))
    boosted = any(leaf.boost != 1 for leaf in wanted)

    def rank(run: dict[str, Any]) -> tuple[float, float, str]:
        score = sum(leaf.boost for leaf in wanted if leaf_holds(leaf, run)) if boosted else 0
        return -score, -run["started"], run["run"]

    return [run["run"] for run in sorted(shown, key=rank) if holds(tree, run)]


TEXTS = [
    "work",
    "Work",
    "wrok",
    "fun-stuff",
    "ridge",
    "über_net",
    "Über",
    "0.1",
    "100%",
    "rid!e",
    "first",
    "try",
]
TEXTS += ["großer lauf", "completed", "load", "of", "a", "1.0.9", "true", "content", "b", "first of", "train"]
GLOBS = [
    "w*",
    "*r*",
    "?b*",
    "ü*",
    "r?d?e",
    "*%",
    "*!*",
    "f*t",
    "*ss",
    "a*",
    "??",
    r"\*",
    "1*",
    "tr*n",
    "of *",
]
TEXT_FIELDS = [
    "tags",
    "params.model",
    "params.lr",
    "params.*",
    "steps.*.status",
    "steps.train.reason",
    "none.x",
]
TEXT_FIELDS += [name for name, kind in COLUMNS.items() if kind == "text"]
BOOSTS = st.sampled_from([1.0, 1.0, 1.0, 2.0, 0.5])
NUMBERS = st.sampled_from([0.1, 0.01, 1.0, 0.8, 0.91, -5.0, 0.0, 60.0, 0.5]) | st.none()
TIMES = st.integers(-60, 2).map(lambda days: TODAY + days * DAY) | st.none()
EITHER = st.booleans()


def matches(fields: st.SearchStrategy[str]) -> st.SearchStrategy[Leaf]:
    texts = st.sampled_from(TEXTS)
    words = st.builds(
        Match, fields, st.just("word"), texts, st.sampled_from([None, 0.1, 1.0, 0.8]), boost=BOOSTS
    ).filter(lambda leaf: leaf.field not in COLUMNS or leaf.number is None)
    return st.one_of(
        words,
        st.builds(Match, fields, st.just("phrase"), texts, boost=BOOSTS),
        st.builds(Match, fields, st.just("wildcard"), st.sampled_from(GLOBS), boost=BOOSTS),
        st.builds(Match, fields, st.just("fuzzy"), texts, edits=st.integers(0, 2), boost=BOOSTS),
    )


def ranges(fields: list[str], bounds: st.SearchStrategy[Any]) -> st.SearchStrategy[Leaf]:
    return st.builds(Range, st.sampled_from(fields), bounds, bounds, EITHER, EITHER, BOOSTS)


LEAVES = st.one_of(
    matches(st.sampled_from(TEXT_FIELDS)),
    matches(st.just("")),
    st.builds(Match, st.sampled_from([*TEXT_FIELDS, *COLUMNS]), st.just("exists")),
    st.builds(Match, st.just("archived"), st.just("word"), st.sampled_from(["true", "false"])),
    ranges(["params.lr", "metrics.auc", "metrics.*", "params.*", "seconds", "progress"], NUMBERS),
    ranges(
        ["params.model", "tags", "steps.*.status"], st.sampled_from(["a", "e", "ridge", "work", "ü", None])
    ),
    ranges(["version"], st.sampled_from(["1.0.0", "1.0.9", "1.0.10", "1.1", None])),
    ranges(["started", "ended"], TIMES),
)
TREES: st.SearchStrategy[Node] = st.recursive(
    LEAVES | st.just(Everything()),
    lambda nodes: st.one_of(
        st.builds(Not, nodes),
        st.builds(And, st.lists(nodes, max_size=3).map(tuple)),
        st.builds(Or, st.lists(nodes, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TREES)
def test_any_tree_finds_what_the_obvious_reading_finds(engine: sa.Engine, tree: Node) -> None:
    with engine.connect() as connection:
        statement = select_runs(tree, lambda texts: connection.execute(texts).scalars().all())
        assert list(connection.execute(statement).scalars()) == slowly(tree)
