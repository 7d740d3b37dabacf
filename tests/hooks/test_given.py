"""Rules of functions that are given as callbacks: what cannot be called is refused before a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from jupyter_pipes.hooks.given import check_callbacks, united
from jupyter_pipes.model.errors import UsageError


async def waits(step: Any) -> None: ...


def test_several_may_be_given_and_those_of_two_places_stand_in_a_row() -> None:
    first = check_callbacks({"after_done": [print, list.append.__call__], "before_run": print})
    both = united(first, check_callbacks({"after_done": print}))
    assert {hook: len(functions) for hook, functions in both.items()} == {"after_step": 3, "before_run": 1}


@pytest.mark.parametrize(
    ("word", "function", "words"),
    [
        ("before", lambda step: None, "(step, params)"),
        ("on_status", lambda step, old: None, "(step, old, new)"),
        ("after_run", lambda: None, "(run)"),
        ("after_done", "tell", "is no function"),
        ("after_done", waits, "async"),
        ("before", partial(lambda step: None), "other arguments"),
        ("after_walk", print, "after_walk"),
    ],
)
def test_what_could_not_be_called_is_refused(word: str, function: Callable[..., Any], words: str) -> None:
    with pytest.raises(UsageError) as refused:
        check_callbacks({word: function})
    assert words in str(refused.value)
