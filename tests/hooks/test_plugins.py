"""Rules of plugins: one that does not fit is left out with a reason, and the others are called."""

from __future__ import annotations

import sys
import zipfile
from importlib.machinery import PathFinder
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_pipes.hooks import hookimpl
from jupyter_pipes.hooks.plugins import Plugins, installed


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


POINTS = "[other]\na = a\n\n[jupyter_pipes.hooks]\nteller = teller_of_runs\n"
CODE = "from jupyter_pipes.hooks import hookimpl\n\n@hookimpl\ndef after_run(run):\n    return run\n"
FILES = {
    "teller_of_runs.py": CODE,
    "teller-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: teller\nVersion: 1.0\n",
    "teller-1.0.dist-info/entry_points.txt": POINTS,
}


@pytest.mark.parametrize("is_archive", [False, True])
def test_an_installed_plugin_is_found_in_a_folder_and_in_an_archive(
    is_archive: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "site"
    if is_archive:
        with zipfile.ZipFile(place, "w") as archive:
            for name, text in FILES.items():
                archive.writestr(name, text)
    else:
        for name, text in FILES.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
    monkeypatch.setattr("sys.path", [str(tmp_path / "nowhere"), str(place)])
    monkeypatch.delitem(sys.modules, "teller_of_runs", raising=False)

    plugins = installed.__wrapped__()

    assert [name for name, _ in plugins.callers("after_run")] == ["teller"]
    assert plugins.problems == {}


def test_without_plugins_the_entry_points_of_all_distributions_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    monkeypatch.setattr("sys.meta_path", [PathFinder])
    monkeypatch.setattr("importlib.metadata.entry_points", None)
    assert list(installed.__wrapped__().callers("after_run")) == []
