"""Rules of plugins: one that does not fit is left out with a reason, and the others are called."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_pipes.hooks import hookimpl
from jupyter_pipes.hooks.plugins import Plugins


@hookimpl
def after_run(run: Any) -> str:
    return f"told of {run}"


@hookimpl
def after_walk(run: Any) -> None: ...


@hookimpl(specname="after_run")
def with_other_arguments(way: Any) -> None: ...


def test_a_plugin_is_called_for_the_hooks_that_it_has() -> None:
    plugins = Plugins()
    plugins.add("one", lambda: SimpleNamespace(after_run=after_run))
    plugins.add("two", lambda: SimpleNamespace(after_run=after_run))
    plugins.add("none", SimpleNamespace)
    called = {name: call(run="r") for name, call in plugins.callers("after_run")}
    assert called == {"one": ["told of r"], "two": ["told of r"]}
    assert (list(plugins.callers("before_run")), plugins.problems) == ([], {})


@pytest.mark.parametrize(
    ("plugin", "words"),
    [
        (lambda: 1 // 0, "ZeroDivisionError"),
        (lambda: SimpleNamespace(after_run=with_other_arguments), "way"),
        (lambda: SimpleNamespace(after_walk=after_walk), "after_walk"),
    ],
)
def test_one_that_does_not_fit_is_left_out_and_the_others_stay(plugin: Any, words: str) -> None:
    plugins = Plugins()
    plugins.add("good", lambda: SimpleNamespace(after_run=after_run))
    plugins.add("bad", plugin)
    plugins.add("late", lambda: SimpleNamespace(after_run=after_run))
    assert {name for name, _ in plugins.callers("after_run")} == {"good", "late"}
    assert words in plugins.problems["bad"]
