"""Rules of `%%params` cells, of `params={…}` and of overrides."""

from __future__ import annotations

import datetime
import enum
import json
import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.model.errors import ParameterError, UsageError
from jupyter_pipes.pipelines.declarations.reading import declare
from jupyter_pipes.pipelines.parameter_types import (
    Range,
    allowed,
    annotation_of,
    choices_of,
    fit,
    parse,
    to_json,
)
from jupyter_pipes.pipelines.parameters import (
    Parameter,
    bind,
    from_mapping,
    split_assignment,
    split_overrides,
)

CELL = """
rows: int = 100_000                     # rows to load
model: Literal["ridge", "forest"] = "ridge"
lr: Annotated[float, Range(1e-5, 1)] = 1e-2
chunk = rows // 10  # a tenth
name = "a # b"
"""


class Colour(enum.Enum):
    RED = 1
    BLUE = "b"


def test_a_cell_declares_names_types_defaults_and_help() -> None:
    parameters = declare(CELL)
    assert [(p.name, p.type, p.default, p.help, p.spec.line) for p in parameters] == [
        ("rows", int, 100_000, "rows to load", 2),
        ("model", Literal["ridge", "forest"], "ridge", "", 3),
        ("lr", Annotated[float, Range(1e-5, 1)], 0.01, "", 4),
        ("chunk", int, 10_000, "a tenth", 5),
        ("name", str, "a # b", "", 6),
    ]
    assert parameters[0].spec.default == "100_000"
    assert parameters[0].spec.annotation == "int"
    assert parameters[3].spec.annotation == ""
    assert parameters[1].spec.choices == ("ridge", "forest")


def test_overriding_a_parameter_computes_those_that_read_it_again() -> None:
    assert bind(declare(CELL), {"rows": "50"})["chunk"] == 5
    assert bind(declare(CELL), {"rows": "50", "chunk": 7})["chunk"] == 7


def test_a_later_cell_reads_an_earlier_cells_parameters() -> None:
    first = declare("\na = 2")
    second = declare("\nb = [a * i for i in range(a)]", first)
    assert bind((*first, *second), {"a": 3})["b"] == [0, 3, 6]


def test_defaults_are_not_shared_between_bindings() -> None:
    parameters = declare("\nxs = [1]")
    bind(parameters, {})["xs"].append(2)
    assert bind(parameters, {}) == {"xs": [1]}


def test_a_whole_number_as_default_of_a_float_is_a_float() -> None:
    assert isinstance(bind(declare("\nlr: float = 1"), {})["lr"], float)


@pytest.mark.parametrize(
    ("source", "type_", "text", "value"),
    [
        ("p: Optional[int] = None", None, "3", 3),
        ("p: Optional[int] = 3", None, "None", None),
        ("p: int | str = 3", None, "x", "x"),
        ("p: 'int' = 3", int, "4", 4),
        ("p: Path = Path('a')", Path, "b/c", Path("b/c")),
        ("p: Path = 'a'", Path, "b", Path("b")),
        ("p: date = date(2026, 1, 31)", datetime.date, "2026-02-01", datetime.date(2026, 2, 1)),
        (
            "p = datetime(2026, 1, 31)",
            datetime.datetime,
            "2026-02-01T10:00",
            datetime.datetime(2026, 2, 1, 10),
        ),
        ("p = timedelta(hours=1)", datetime.timedelta, "30m", datetime.timedelta(minutes=30)),
        ("p: list[int] = [1]", list[int], "[2, 3]", [2, 3]),
        ("p: tuple[int, ...] = (1,)", tuple[int, ...], "[2, 3]", (2, 3)),
        ("p: dict[str, float] = {}", dict[str, float], '{"a": 1}', {"a": 1.0}),
        ("p = None", Any, "3", 3),
        ("p = None", Any, "three", "three"),
        ("p = True", bool, "no", False),
        ("p = 1.5", float, "inf", math.inf),
        ("p = 'a'", str, "1", "1"),
        ("p: Literal[1, '1', None] = 1", None, "1", "1"),
        ("p: Literal[1, 2.5, True] = 1", None, "2.5", 2.5),
    ],
)
def test_texts_are_read_by_the_declared_type(source: str, type_: Any, text: str, value: object) -> None:
    (parameter,) = declare(f"\n{source}")
    assert type_ is None or parameter.type == type_
    (bound,) = bind((parameter,), {"p": text}).values()
    assert bound == value
    assert type(bound) is type(value)


@pytest.mark.parametrize(
    ("source", "given_", "words"),
    [
        ("p: int = 1", "1.5", "parameter p: '1.5' does not fit; use a whole number"),
        ("p: int = 1", True, "True"),
        ("p: int = 1", None, "None"),
        ("p: int = 1", "9" * 5000, "a whole number"),
        ("p: bool = True", "maybe", "true or false"),
        ("p: bool = True", 1, "true or false"),
        ("p: float = 1.0", "x", "a number"),
        ("p: str = 'a'", 3, "a text"),
        ("p: Literal['a', 'b'] = 'a'", "c", "one of 'a', 'b'"),
        ("p: Literal[1] = 1", True, "one of 1"),
        ("p: Annotated[float, Range(0, 1)] = 0.5", "2", "a number from 0 to 1"),
        ("p: Annotated[float, Range(0, 1)] = 0.5", float("nan"), "from 0 to 1"),
        ("p: Annotated[int, Range(low=1)] = 1", 0, "at least 1"),
        ("p: Optional[int] = None", "x", "a whole number or None"),
        ("p: list[int] = []", "[1, 'a']", "list[int]"),
        ("p: list[int] = []", "import", "list[int]"),
        ("p: tuple[int, str] = (1, 'a')", (1,), "tuple[int, str]"),
        ("p: date = date(2026, 1, 1)", "tomorrow", "2026-01-31"),
        ("p: dict = {}", "[1]", "a dict"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_is_allowed(source: str, given_: object, words: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(words)) as caught:
        bind(declare(f"\n{source}"), {"p": given_})
    assert "parameter p" in caught.value.message


@pytest.mark.parametrize(
    ("cell", "line", "words"),
    [
        ("\nx = 1\nimport os", 3, "only assignments"),
        ("\nprint(1)", 2, "only assignments"),
        ("\nx += 1", 2, "only assignments"),
        ("\na, b = 1, 2", 2, "one name"),
        ("\na = b = 1", 2, "one name"),
        ("\na.b = 1", 2, "one name"),
        ("\nx: int", 2, "needs a default"),
        ("\nx = 1\nx = 2", 3, "declared twice"),
        ("\nx = (1", 2, "never closed"),
        ("\nx = np.pi", 2, "builtins, the parameters above, and what earlier cells"),
        ("\nx: Litteral['a'] = 'a'", 2, "the type of parameter x"),
        ("\nx = 1 / 0", 2, "ZeroDivisionError"),
        ("\n\nx: int = 'a'", 3, "parameter x: 'a' does not fit"),
        ("\nx: Annotated[int, Range(1, 3)] = 7", 2, "from 1 to 3"),
        ("\na = 1\nb = 1 // a\nc: Literal['x'] = 'y'", 4, "parameter c"),
    ],
)
def test_a_bad_declaration_names_its_line(cell: str, line: int, words: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(words)) as caught:
        declare(cell)
    assert caught.value.line == line


def test_an_override_that_breaks_a_computed_default_says_so() -> None:
    with pytest.raises(ParameterError, match="default of parameter b"):
        bind(declare("\na = 1\nb = 1 // a"), {"a": "0"})


def test_an_unknown_parameter_is_refused_with_the_nearest() -> None:
    with pytest.raises(ParameterError, match=r"did you mean rows\?"):
        bind(declare(CELL), {"row": 3})
    with pytest.raises(ParameterError, match="the pipeline has none"):
        bind((), {"row": 3})


def test_overrides_for_one_step_are_told_from_those_for_all() -> None:
    assert split_overrides({"rows": 1, "load.rows": 2, "a.b.rows": 3}) == (
        {"rows": 1},
        {"load": {"rows": 2}, "a.b": {"rows": 3}},
    )


def test_an_assignment_on_the_command_line_is_split_at_its_first_equals_sign() -> None:
    assert split_assignment("query=a=b") == ("query", "a=b")
    with pytest.raises(UsageError, match="NAME=VALUE"):
        split_assignment("rows")


def test_a_mapping_declares_as_a_cell_does() -> None:
    parameters = from_mapping(
        {
            "rows": Parameter(int, 100, help="rows to load"),
            "half": Parameter(int, computed=lambda rows: rows // 2),
            "model": "ridge",
            "anything": None,
        }
    )
    assert [(p.name, p.type, p.default, p.help) for p in parameters] == [
        ("rows", int, 100, "rows to load"),
        ("half", int, 50, ""),
        ("model", str, "ridge", ""),
        ("anything", Any, None, ""),
    ]
    assert bind(parameters, {"rows": "10"}) == {"rows": 10, "half": 5, "model": "ridge", "anything": None}


def test_a_mapping_with_a_bad_name_or_default_is_refused() -> None:
    with pytest.raises(ParameterError, match="no name for a parameter"):
        from_mapping({"a b": 1})
    with pytest.raises(ParameterError, match="a whole number"):
        Parameter(int, "x")


def test_enums_are_given_by_name_or_value() -> None:
    assert parse("RED", Colour) is Colour.RED
    assert parse("b", Colour) is Colour.BLUE
    assert fit("BLUE", Colour) is Colour.BLUE
    assert choices_of(Colour) == ("RED", "BLUE")
    assert allowed(Colour) == "one of RED, BLUE"


def test_numpy_scalars_fit_python_numbers() -> None:
    assert type(fit(np.int64(3), int)) is int
    assert type(fit(np.float32(0.5), float)) is float
    assert type(fit(np.int64(3), float)) is float


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (int, "int"),
        (Literal["a"], "Literal['a']"),
        (list[int], "list[int]"),
        (int | None, "int | None"),
        (Annotated[float, Range(0, 1)], "Annotated[float, Range(low=0, high=1)]"),
    ],
)
def test_types_are_written_as_source(kind: Any, text: str) -> None:
    assert annotation_of(kind) == text


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(PLAIN)
def test_a_value_fits_its_own_type_unchanged(value: object) -> None:
    assert fit(value, type(value)) == value


@given(st.integers() | st.booleans() | st.floats(allow_nan=False) | st.text() | st.lists(st.integers()))
def test_a_values_text_means_the_value(value: object) -> None:
    assert parse(str(value), type(value)) == value


@given(
    st.text(),
    st.sampled_from([int, float, bool, list[int], Literal["a"], Path, datetime.date, Any, int | None]),
)
def test_any_text_is_read_or_refused(text: str, kind: Any) -> None:
    """Nothing but a value or `ParameterError` comes out, whatever is typed."""
    parameter = Parameter(Any, None).named("p")
    parameter.type = kind
    try:
        fit(parameter.parsed(text), kind)
    except ParameterError as error:
        assert "parameter p" in str(error)  # noqa: PT017 - both ends are right


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (math.nan, "NaN"),
        ([math.inf, (-math.inf, 1)], ["Infinity", ["-Infinity", 1]]),
        (Path("a"), "a"),
        (datetime.date(2026, 1, 31), "2026-01-31"),
        ({1: {2, 1}}, {"1": [1, 2]}),
        (Colour.RED, 1),
        (np.float64(0.5), 0.5),
        (np.int64(3), 3),
        (1 + 2j, "(1+2j)"),
        (slice(1), "slice(None, 1, None)"),
    ],
)
def test_values_become_json(value: object, plain: object) -> None:
    assert to_json(value) == plain
    json.dumps(to_json(value), allow_nan=False)
