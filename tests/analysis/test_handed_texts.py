"""Who reads a formula or query as a value reads what it names."""

from __future__ import annotations

from jupyter_pipes.analysis.handed_texts import handed_names

CELL = """\
formula = "y ~ half(x)"
query = "select * from frame"
title = "a plain text"
made = "y ~ " + other
"""


def test_names_in_texts_come_with_the_value() -> None:
    assert handed_names({"formula": "a"}, {"a": CELL}) == {"y", "half", "x"}
    assert handed_names({"query": "a", "title": "a"}, {"a": CELL}) == {"frame"}


def test_what_is_no_text_in_sight_or_of_another_step_names_nothing() -> None:
    assert handed_names({"made": "a", "formula": "b"}, {"a": CELL, "b": "formula = make()"}) == set()
    assert handed_names({"formula": "params"}, {"a": CELL}) == set()
    assert handed_names({"x": "a"}, {"a": "x = ("}) == set()
