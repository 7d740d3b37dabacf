"""The values of `--sweep`: commas, brackets and ranges; what is none is refused with its text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.runs.sweeping.values import parsed

WORDS = st.from_regex(r"[a-c0-9_+-]+(\.[a-c0-9]+)?", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("lr=0.1,0.2", ["0.1", "0.2"]),
        ("lr= 0.1 , 1e-3 ", ["0.1", "1e-3"]),
        ("depth=2..5", ["2", "3", "4", "5"]),
        ("depth=-1..1", ["-1", "0", "1"]),
        ("depth=3..3", ["3"]),
        ("name=a..b", ["a..b"]),
        ("model=ridge", ["ridge"]),
        ("sizes=[1,2],[3]", ["[1,2]", "[3]"]),
        ('pair=(1,2),{"a": 1, "b": 2}', ["(1,2)", '{"a": 1, "b": 2}']),
        ("expr=a=b,c", ["a=b", "c"]),
    ],
)
def test_values_stand_between_commas_and_ranges_have_both_ends(text: str, values: list[str]) -> None:
    assert list(parsed([text]).values()) == [values]


@given(st.lists(WORDS, min_size=1))
def test_words_without_commas_come_back_as_they_were(words: list[str]) -> None:
    assert parsed([f"name={','.join(words)}"]) == {"name": words}


def test_several_keep_their_order() -> None:
    assert list(parsed(["b=1", "fit.a=2"])) == ["b", "fit.a"]


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["lr"], "--sweep lr: write NAME=VALUE"),
        (["=1,2"], "--sweep =1,2: write NAME=VALUE"),
        (["lr="], "--sweep lr=: write the values with commas"),
        (["lr=,1"], "with commas"),
        (["lr=1,,2"], "with commas"),
        (["lr=1, ,2"], "with commas"),
        (["lr=1,"], "with commas"),
        (["depth=5..2"], "a range goes up"),
        (["depth=1..1000000000000"], "at most 10,000 values"),
        (["lr=1", "lr=2"], "lr is swept already"),
    ],
)
def test_what_has_no_values_is_refused_with_its_text(texts: list[str], told: str) -> None:
    with pytest.raises(UsageError) as refused:
        parsed(texts)
    assert told in str(refused.value)
