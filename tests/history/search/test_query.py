"""The language of `runs QUERY`: what each construct means, and a broken query says where."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.history.search.dates import span
from jupyter_pipes.history.search.query import parse
from jupyter_pipes.history.search.tree import And, Everything, Match, Node, Not, Or, Range, leaves
from jupyter_pipes.model.errors import UsageError

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=timezone(timedelta(hours=1)))


def word(text: str, field: str = "tags", **more: object) -> Match:
    return Match(field, "word", text, **more)


A, B, C = (word(letter) for letter in "abc")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("tags:a", A),
        ("tags: a", A),
        ("a", word("a", "")),
        ("tags:a tags:b", And((A, B))),
        ("tags:a AND tags:b", And((A, B))),
        ("tags:a OR tags:b", Or((A, B))),
        ("tags:a tags:b OR tags:c", And((A, Or((B, C))))),
        ("tags:a AND tags:b OR tags:c", Or((And((A, B)), C))),
        ("tags:a AND (tags:b OR tags:c)", And((A, Or((B, C))))),
        ("NOT tags:a", Not(A)),
        ("-tags:a", Not(A)),
        ("+tags:a", A),
        ("NOT (tags:a OR tags:b)", Not(Or((A, B)))),
        ("tags:(a b)", And((A, B))),
        ('tags:(+work -"fun-stuff")', And((word("work"), Not(Match("tags", "phrase", "fun-stuff"))))),
        ("tags:-a", Not(A)),
        ("tags:a OR NOT tags:b", Or((A, Not(B)))),
        ("tags:a OR -tags:b", And((Not(B), Or((A,))))),
        ("+tags:a OR tags:b", And((A, Or((B, Everything()))))),
        ('tags:"a b"', Match("tags", "phrase", "a b")),
        (r'tags:"say \"a\""', Match("tags", "phrase", 'say "a"')),
        (r"tags:a\:b", word("a:b")),
        (r"tags:a\*", word("a*")),
        (r"tags:\-a", word("-a")),
        ("tags:a-b", word("a-b")),
        ("tags:or", word("or")),
        ("tags:TO", word("TO")),
        ("tags:a*", Match("tags", "wildcard", "a*")),
        ("tags:?a", Match("tags", "wildcard", "?a")),
        ("tags:*", Match("tags", "exists")),
        ("tags:[* TO *]", Match("tags", "exists")),
        ("params.*:a", word("a", "params.*")),
        ("*", Everything()),
        ("*:*", Everything()),
        ("tags:cake~", Match("tags", "fuzzy", "cake", edits=2)),
        ("tags:cake~1", Match("tags", "fuzzy", "cake", edits=1)),
        ("tags:a^2", word("a", boost=2.0)),
        ("tags:(a b^2)^3", And((word("a", boost=3.0), word("b", boost=6.0)))),
        ("params.lr:1e-1", word("1e-1", "params.lr", number=0.1)),
        ("params.lr:-5", word("-5", "params.lr", number=-5.0)),
        ('params.lr:"5"', Match("params.lr", "phrase", "5")),
        ("params.lr:nan", word("nan", "params.lr")),
        ("version:1.0", word("1.0", "version")),
        ("metrics.auc:[0.8 TO 1]", Range("metrics.auc", 0.8, 1.0)),
        ("metrics.auc:{0.8 TO 1}", Range("metrics.auc", 0.8, 1.0, False, False)),
        ("metrics.auc:[0.8 TO 1}", Range("metrics.auc", 0.8, 1.0, True, False)),
        ("metrics.auc:[-2 TO -1]", Range("metrics.auc", -2.0, -1.0)),
        ("metrics.auc:[0.8 TO *]", Range("metrics.auc", 0.8, None)),
        ("metrics.auc:>0.8", Range("metrics.auc", 0.8, None, False)),
        ("metrics.auc:>=0.8", Range("metrics.auc", 0.8, None)),
        ("metrics.auc:<0.8", Range("metrics.auc", None, 0.8, True, False)),
        ("metrics.auc:<=-0.8^2", Range("metrics.auc", None, -0.8, boost=2.0)),
        ("metrics.train/auc:>-1e-3", Range("metrics.train/auc", -0.001, None, False)),
        ("params.model:[a TO f]", Range("params.model", "a", "f")),
        ("version:>1.0.3", Range("version", "1.0.3", None, False)),
        ("seconds:5", Range("seconds", 5.0, 5.0)),
        ("archived:true", word("true", "archived")),
    ],
)
def test_each_construct_means(text: str, tree: Node) -> None:
    assert parse(text, NOW) == tree


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_empty_query_is_none(text: str) -> None:
    assert parse(text, NOW) is None


def at(*when: int) -> float:
    return datetime(*when, tzinfo=NOW.tzinfo).timestamp()


@pytest.mark.parametrize(
    ("text", "low", "high", "with_low", "with_high"),
    [
        ("started:2026-11-22", at(2026, 11, 22), at(2026, 11, 23), True, False),
        ("started:2026-02", at(2026, 2, 1), at(2026, 3, 1), True, False),
        ("started:2026", at(2026, 1, 1), at(2027, 1, 1), True, False),
        ("started:2026-11-22T10:00", at(2026, 11, 22, 10), at(2026, 11, 22, 10, 1), True, False),
        (
            'started:"2026-11-22 10:00:05"',
            at(2026, 11, 22, 10, 0, 5),
            at(2026, 11, 22, 10, 0, 6),
            True,
            False,
        ),
        ('started:"2026-11-22T10:00Z"', at(2026, 11, 22, 11), at(2026, 11, 22, 11, 1), True, False),
        ("started:today", at(2026, 11, 22), at(2026, 11, 23), True, False),
        ("started:yesterday", at(2026, 11, 21), at(2026, 11, 22), True, False),
        ("started:today-2w", at(2026, 11, 8), at(2026, 11, 9), True, False),
        ("started:>now-7d", at(2026, 11, 15, 12, 30), None, False, True),
        ("started:>=now-1h-30m", at(2026, 11, 22, 11), None, True, True),
        ("started:<=now", None, at(2026, 11, 22, 12, 30), True, True),
        ("started:>2026-11-22", at(2026, 11, 23), None, True, True),
        ("started:>=2026-11-22", at(2026, 11, 22), None, True, True),
        ("started:<2026-11-22", None, at(2026, 11, 22), True, False),
        ("started:<=2026-11-22", None, at(2026, 11, 23), True, False),
        ("started:[2026-11-01 TO 2026-11-22]", at(2026, 11, 1), at(2026, 11, 23), True, False),
        ("started:{2026-11-01 TO 2026-11-22}", at(2026, 11, 2), at(2026, 11, 22), True, False),
        ("started:[yesterday TO *]", at(2026, 11, 21), None, True, True),
    ],
)
def test_a_day_in_a_range_counts_whole(
    text: str, low: float | None, high: float | None, with_low: bool, with_high: bool
) -> None:
    assert parse(text, NOW) == Range("started", low, high, with_low, with_high)


@pytest.mark.parametrize(
    ("text", "now", "start"),
    [
        ("now-1M", datetime(2026, 3, 31), datetime(2026, 2, 28)),
        ("now-1y", datetime(2024, 2, 29), datetime(2023, 2, 28)),
        ("now+2M", datetime(2026, 12, 31), datetime(2027, 2, 28)),
        ("today", datetime(2026, 3, 31, 5), datetime(2026, 3, 31)),
    ],
)
def test_months_end_with_their_last_day(text: str, now: datetime, start: datetime) -> None:
    found = span(text, now)
    assert found is not None
    assert found[0] == start.timestamp()


@pytest.mark.parametrize("text", ["26-11-22", "2026-11-22T", "tomorrow", "now-7", "7d", "", "2026-W10"])
def test_what_is_no_date(text: str) -> None:
    assert span(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "problem", "place"),
    [
        ("status:failed )", ") is not expected here", 14),
        ("(tags:a", "a term or a closing bracket is missing", 7),
        ("tags:a AND ", "a term or a closing bracket is missing", 10),
        ("AND tags:a", "AND is not expected", 0),
        ('tags:"a', "quote is not closed", 5),
        ("tags:'a'", "double quotes", 5),
        ("tags:a\\", "nothing behind this backslash", 6),
        ("tags:a /b+/", "regular expressions", 7),
        ("tags:a/b /c", "regular expressions", 9),
        ('title:"a b"~2', "near each other", 6),
        ('title:"a b"~1.5', "near each other", 10),
        ("tags:a^1.2.3", "written like 2 or 0.5", 6),
        ("tags:a~1.2.3", "written like 2 or 0.5", 6),
        ("tags:a~3", "at most 2", 5),
        ("tags:a~0.5", "at most 2", 5),
        ("tags:a && tags:b", "write AND", 7),
        ("!tags", "write AND", 0),
        ("tags:(a status:b)", "status stands inside the field tags", 8),
        ("started:2026-11-22T10:00:00+01:00", "a text with a colon goes in quotes", 8),
        ("statuss:failed", "there is no field statuss; the nearest is status", 0),
        ("tags:a param.lr:1", "there is no field param.lr; the nearest is params.lr", 7),
        ("xyz:1", "there is no field xyz; known are run, pipeline", 0),
        ("params:1", "say which of params: params.NAME, or params.* for any", 0),
        ("started:soon", "started is a date like 2026-11-22", 8),
        ("started:2026-02-30", "started is a date like", 8),
        ("started:[2026 TO soon]", "started is a date like", 8),
        ("started:2026*", "wildcards do not apply", 8),
        ("seconds:5~", "fuzzy terms do not apply", 8),
        ("seconds:long", "seconds is a number", 8),
        ("archived:maybe", "archived is true or false", 9),
        ("archived:>true", "archived is true or false", 9),
        (">5", "needs a field", 0),
        ("[a TO b]", "needs a field", 0),
        ('""', "nothing in these quotes", 0),
        ("tags:a\0", "no text holds this character", 6),
        ("tags:\udc80", "no text holds this character", 5),
        ("metrics.auc:[1 2]", "2 is not expected here", 15),
    ],
)
def test_a_broken_query_says_where(text: str, problem: str, place: int) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text, NOW)
    said, shown, pointer = str(caught.value).splitlines()
    assert problem in said
    assert len(shown) == len(text) + 2
    assert pointer == " " * (place + 2) + "^"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("(" * 200 + "a" + ")" * 200, "nested"),
        ("NOT " * 200 + "a", "nested"),
        ("a " * 300, "more than 200 terms"),
        ("a" * 20_000, "longer than"),
    ],
)
def test_a_query_beyond_reason_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem):
        parse(text, NOW)


def test_line_breaks_do_not_move_the_pointer() -> None:
    with pytest.raises(UsageError) as caught:
        parse("tags:a\n)", NOW)
    assert str(caught.value).splitlines()[1:] == ["  tags:a )", "         ^"]


SPICY = st.text(st.sampled_from(list("ab1. :\"'()[]{}^~*?+-\\/<>=&|!\n")) | st.characters(), max_size=25)
WORDS = ("now-1d", "2026", '"b c"', "~1", "^2", "<=")
PIECES = st.sampled_from(
    [
        *'+-()[]{}~^*>/:"\\a1 ',
        "tags:",
        "started:",
        "params.x:",
        "seconds:",
        " AND ",
        " OR ",
        "NOT ",
        " TO ",
        *WORDS,
    ]
)


@given(SPICY | st.lists(PIECES, max_size=12).map("".join))
def test_any_text_is_a_query_or_a_usage_error(text: str) -> None:
    try:
        tree = parse(text, NOW)
    except UsageError:
        return
    assert tree is None or list(leaves(tree)) or "*" in text


def test_what_must_not_match_does_not_count_for_the_ranking() -> None:
    tree = parse("tags:a -tags:b NOT (tags:c OR NOT tags:a)", NOW)
    assert tree is not None
    assert list(leaves(tree)) == [A, B, C, A]
    assert list(leaves(tree, negated=False)) == [A]


DOCUMENTED = [
    query
    for line in (Path(__file__).parents[3] / "docs" / "search.md").read_text(encoding="utf-8").splitlines()
    for query in re.findall(r"`([^`]+)`", line.split("|")[1] if line.startswith("| `") else "")
]


@pytest.mark.parametrize("query", DOCUMENTED)
def test_what_the_documentation_shows_can_be_read(query: str) -> None:
    assert parse(query, NOW) is not None


@pytest.mark.slow
def test_only_a_query_loads_the_parser() -> None:
    program = "import sys; from jupyter_pipes.history.search import query, search; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    for library in ("luqum", "ply", "rapidfuzz", "sqlalchemy"):
        assert f"'{library}'" not in done.stdout
