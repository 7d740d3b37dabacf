"""`parse(text, now)`: the Lucene-like language of `runs QUERY` becomes a small immutable tree.

Terms that stand side by side must all match, as in a search box (in Lucene one would do); `OR` binds more
tightly than that, `AND` more tightly than `OR`. `+` and `-` say "must" and "must not" of the group that they
stand in; beside a `+`, the other terms of an `OR` only count for the ranking.
"""

from __future__ import annotations

import re
from datetime import datetime
from math import isfinite
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.history.search import dates
from jupyter_pipes.history.search.fields import COLUMNS, ColumnKind, as_number, unknown_field
from jupyter_pipes.history.search.tree import (
    PIECE,
    And,
    Everything,
    Match,
    Node,
    Not,
    Or,
    Range,
    glob,
    leaves,
)
from jupyter_pipes.model.errors import UsageError

_MOST_CHARACTERS = 10_000
_MOST_TERMS = 200
_DEEPEST = 60
_MOST_EDITS = 2
_NO_TEXT = re.compile(r"[\0\ud800-\udfff]")
# luqum takes no sign behind a comparison (`>-5`): it gets this instead, which is put back.
_SIGN = "\ue000"


def parse(text: str, now: datetime) -> Node | None:
    """Return the query as a tree, or None if it is empty; dates are relative to `now` and in its zone.

    Raises:
        UsageError: it cannot be read, names an unknown field, or asks for what there is not; says where.
    """
    if not text.strip():
        return None
    _check_text(text)
    node = _Reader(text, now).node(_parsed(text), _Scope())
    if sum(1 for _ in leaves(node)) > _MOST_TERMS:
        raise _error(text, f"it has more than {_MOST_TERMS} terms", 0)
    return node


def _error(text: str, problem: str, place: int) -> UsageError:
    shown = re.sub(r"\s", " ", text)
    return UsageError(f"the query cannot be read: {problem}\n  {shown}\n  {' ' * place}^")


def _check_text(text: str) -> None:
    if len(text) > _MOST_CHARACTERS:
        raise UsageError(f"the query is longer than {_MOST_CHARACTERS} characters")
    if match := _NO_TEXT.search(text):
        shown = _NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)
        raise _error(shown, "no text holds this character", match.start())


def _parsed(text: str) -> Any:
    """Return luqum's tree of the text; only here, as it has no types and takes 0.1 s to load."""
    from decimal import InvalidOperation

    from luqum.exceptions import ParseError
    from luqum.thread import parse as parse_lucene  # pyright: ignore[reportUnknownVariableType]

    signed = re.sub(r"(?<=[:\s(][<>])-|(?<=[:\s(][<>]=)-", _SIGN, text)
    try:
        return parse_lucene(signed)  # pyright: ignore[reportUnknownVariableType]
    except InvalidOperation:
        problem = ("a number behind ^ or ~ is written like 2 or 0.5", _first_odd_number(text))
    except ParseError as error:
        problem = _syntax_problem(text, str(error))
    except ValueError:
        problem = (_NO_PROXIMITY, text.index('"~'))
    raise _error(text, *problem)


_NO_PROXIMITY = 'words near each other ("a b"~2) cannot be searched for; write them as two terms'
_NO_REGEX = "regular expressions (/…/) are not known; use * and ?, or put a text with slashes in quotes"
_ODD_CHARACTERS = {
    '"': "this quote is not closed",
    "/": _NO_REGEX,
    "'": "a quote is written with double quotes",
    "\\": "there is nothing behind this backslash",
}


def _syntax_problem(text: str, message: str) -> tuple[str, int]:
    """Return what luqum's message says, and where."""
    match = re.search(r"at position (\d+)!?$", message)
    if match is None:
        return "it ends too early: a term or a closing bracket is missing", len(text.rstrip())
    place = int(match[1])
    if message.startswith("Illegal"):
        return _ODD_CHARACTERS.get(text[place], f"{text[place]} is not expected here"), place
    word = re.match(r"AND|OR|NOT|TO|[<>]=?|\w+|.", text[place:], re.DOTALL)
    return f"{word[0] if word else text[place:]} is not expected here", place


def _first_odd_number(text: str) -> int:
    numbers = re.finditer(r"[~^]([0-9.]+)", text)
    return next((match.start() for match in numbers if as_number(match[1]) is None), 0)


class _Scope(Struct, frozen=True):
    """What holds for a part of the query: the field it is about, its boost, and how deep it lies."""

    field: str = ""
    boost: float = 1.0
    depth: int = 0


class _Reader:
    """Turns luqum's tree of one query into ours."""

    def __init__(self, text: str, now: datetime) -> None:
        self._text = text
        self._now = now

    def node(self, item: Any, scope: _Scope) -> Node:
        """Return what an item of luqum's tree means in its scope."""
        if scope.depth > _DEEPEST:
            raise self._error(f"it is nested more than {_DEEPEST} deep", item)
        scope = replace(scope, depth=scope.depth + 1)
        match type(item).__name__:
            case "UnknownOperation" | "AndOperation":
                return And(tuple(self.node(each, scope) for each in item.operands))
            case "OrOperation":
                return self._either(item.operands, scope)
            case "Group" | "FieldGroup":
                return self.node(item.expr, scope)
            case "Plus":
                return self.node(item.a, scope)
            case "Not":
                return Not(self.node(item.a, scope))
            case "Prohibit":
                return self._without(item, scope)
            case "Boost":
                return self.node(item.expr, replace(scope, boost=scope.boost * self._force(item)))
            case "SearchField":
                return self.node(item.expr, replace(scope, field=self._field(item, scope)))
            case _:
                return self._leaf(item, scope)

    def _either(self, operands: tuple[Any, ...], scope: _Scope) -> Node:
        """Return an `OR`; what is marked with `+` must match, and then the rest need not."""
        kinds = [type(each).__name__ for each in operands]
        nodes = [self.node(each, scope) for each in operands]
        marked = tuple(node for node, kind in zip(nodes, kinds, strict=True) if kind in _MARKS)
        others = tuple(node for node, kind in zip(nodes, kinds, strict=True) if kind not in _MARKS)
        if not marked:
            return Or(others)
        if "Plus" in kinds:
            others = (*others, Everything())
        return And((*marked, Or(others))) if others else And(marked)

    def _without(self, item: Any, scope: _Scope) -> Node:
        """Return what `-…` means: a number behind a field's colon, else that it must not match."""
        word = item.a
        behind_colon = scope.field and self._text[: word.pos].rstrip("- ").endswith(":")
        if behind_colon and type(word).__name__ == "Word" and as_number(word.value) is not None:
            return self._of_text(item, scope, "word", "-" + word.value)
        return Not(self.node(word, scope))

    def _leaf(self, item: Any, scope: _Scope) -> Node:
        match type(item).__name__:
            case "Word":
                return self._word(item, scope)
            case "Phrase":
                return self._of_text(item, scope, "phrase", _plain(item.value[1:-1]))
            case "Fuzzy":
                return self._fuzzy(item, scope)
            case "Range":
                bounds = (self._bound(item.low), self._bound(item.high))
                return self._range(item, scope, bounds, (item.include_low, item.include_high))
            case "From":
                return self._range(item, scope, (self._bound(item.a), None), (item.include, True))
            case "To":
                return self._range(item, scope, (None, self._bound(item.a)), (True, item.include))
            case "Proximity":
                raise self._error(_NO_PROXIMITY, item)
            case _:
                raise self._error(_NO_REGEX, item)

    def _word(self, item: Any, scope: _Scope) -> Node:
        text = item.value.replace(_SIGN, "-")
        if text in ("&&", "||") or (text.startswith("!") and len(text) > 1):
            raise self._error(f"write AND, OR and NOT; a text with {text[:2]} goes in quotes", item)
        pieces = glob(text)
        if pieces == ["*"] and scope.field in ("", "*"):
            return Everything()
        if pieces == ["*"]:
            return Match(scope.field, "exists", boost=scope.boost)
        if "*" in pieces or "?" in pieces:
            self._refuse_for(item, scope, "wildcards")
            return Match(scope.field, "wildcard", text, boost=scope.boost)
        return self._of_text(item, scope, "word", _plain(text))

    def _fuzzy(self, item: Any, scope: _Scope) -> Node:
        self._refuse_for(item, scope, "fuzzy terms")
        edits = _MOST_EDITS if str(item).endswith("~") else item.degree
        if edits not in range(_MOST_EDITS + 1):
            raise self._error(f"a fuzzy term is at most {_MOST_EDITS} letters away: ~1 or ~2", item)
        text = _plain(item.term.value)
        return Match(scope.field, "fuzzy", text, edits=int(edits), boost=scope.boost)

    def _of_text(self, item: Any, scope: _Scope, kind: Literal["word", "phrase"], text: str) -> Node:
        """Return what an exact term means for the kind of value that its field has."""
        match COLUMNS.get(scope.field):
            case "date":
                return self._between_moments(item, scope, (text, text), (True, True))
            case "number":
                number = self._number(text, item, scope)
                return Range(scope.field, number, number, boost=scope.boost)
            case "switch" if text.lower() not in ("true", "false"):
                raise self._error(f"{scope.field} is true or false", item)
            case "text":
                return Match(scope.field, kind, text, boost=scope.boost)
            case _:
                if not text and not scope.field:
                    raise self._error("there is nothing in these quotes", item)
                number = as_number(text) if kind == "word" else None
                return Match(scope.field, kind, text, number, boost=scope.boost)

    def _range(
        self, item: Any, scope: _Scope, bounds: tuple[str | None, str | None], included: tuple[bool, bool]
    ) -> Node:
        match COLUMNS.get(scope.field):
            case _ if not scope.field:
                raise self._error("a range or comparison needs a field: seconds:>5", item)
            case _ if bounds == (None, None):
                return Match(scope.field, "exists", boost=scope.boost)
            case "date":
                return self._between_moments(item, scope, bounds, included)
            case "switch":
                raise self._error(f"{scope.field} is true or false", item)
            case "number":
                low, high = (each and self._number(each, item, scope) for each in bounds)
            case "text":
                low, high = bounds
            case None:
                numbers = [each if each is None else as_number(each) for each in bounds]
                low, high = numbers if numbers.count(None) == bounds.count(None) else bounds
        return Range(scope.field, low, high, *included, boost=scope.boost)

    def _between_moments(
        self, item: Any, scope: _Scope, bounds: tuple[str | None, str | None], included: tuple[bool, bool]
    ) -> Range:
        """Return a range of times: a day is included whole, from its first second to its last."""
        low, high = (None if each is None else self._span(each, item, scope) for each in bounds)
        with_low, with_high = included
        first = None if low is None else low[0 if with_low else 1]
        last = None if high is None else high[1 if with_high else 0]
        after_low = with_low or (low is not None and low[0] < low[1])
        to_high = with_high and (high is None or high[0] == high[1])
        return Range(scope.field, first, last, after_low, to_high, scope.boost)

    def _span(self, text: str, item: Any, scope: _Scope) -> tuple[float, float]:
        try:
            if span := dates.span(text, self._now):
                return span
        except (ValueError, OverflowError):
            pass
        kinds = 'a date like 2026-11-22, "2026-11-22 10:00", today or now-7d'
        raise self._error(f"{scope.field} is {kinds}", item)

    def _number(self, text: str, item: Any, scope: _Scope) -> float:
        number = as_number(text)
        if number is None:
            raise self._error(f"{scope.field} is a number", item)
        return number

    def _bound(self, item: Any) -> str | None:
        if type(item).__name__ == "Prohibit":
            return "-" + _plain(item.a.value)
        if type(item).__name__ == "Phrase":
            return _plain(item.value[1:-1])
        return None if item.value == "*" else _plain(item.value)

    def _force(self, item: Any) -> float:
        force = float(item.force)
        if not isfinite(force):
            raise self._error("a boost is a number like 2 or 0.5", item)
        return force

    def _field(self, item: Any, scope: _Scope) -> str:
        """Return the field that an item names, or say which known one is nearest."""
        name = _plain(item.name)
        inside = f"{name} stands inside the field {scope.field}; a text with a colon goes in quotes"
        if problem := inside if scope.field else unknown_field(name):
            raise self._error(problem, item)
        return name

    def _refuse_for(self, item: Any, scope: _Scope, what: str) -> None:
        kind = COLUMNS.get(scope.field, "text")
        if kind != "text":
            raise self._error(f"{scope.field} is {_KIND_WORDS[kind]}: {what} do not apply", item)

    def _error(self, problem: str, item: Any) -> UsageError:
        raise _error(self._text, problem, item.pos or 0)


_MARKS = ("Plus", "Prohibit")
_KIND_WORDS: dict[ColumnKind, str] = {"date": "a date", "number": "a number", "switch": "true or false"}


def _plain(text: str) -> str:
    """Return a text without the backslashes that escape."""
    return "".join(piece[-1] for piece in PIECE.findall(text.replace(_SIGN, "-")))
