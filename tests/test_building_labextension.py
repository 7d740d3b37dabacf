"""The Lab extension is built when a wheel is; without npm's registry the package is installed without it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[1] / "labextension"
Answers = dict[str, tuple[int, str]]


@pytest.fixture
def building(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, in a folder with one source and nothing built."""
    spec = importlib.util.spec_from_file_location("labextension_building", FOLDER / "building.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path)
    monkeypatch.setattr(module, "SOURCES", ("src",))
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "index.ts").touch()
    return module


def answering(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, answers: Answers
) -> tuple[list[str], list[str]]:
    """Have yarn answer with these codes and outputs; return what it was asked, and what the user was told."""
    asked: list[str] = []
    told: list[str] = []

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        asked.append(words[0])
        code, output = answers.get(words[0], (0, ""))
        return subprocess.CompletedProcess(words, code, output)

    monkeypatch.setattr(module, "run", run)
    monkeypatch.setattr(module, "say", told.append)
    return asked, told


def test_a_wheel_has_it_built(building: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, told = answering(building, monkeypatch, {})
    building.build("sdist", "standard")
    assert asked == []
    building.build("wheel", "standard")
    assert (asked, told) == (["install", "build:prod"], [])


def test_without_the_registry_one_line_says_what_is_missing(
    building: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, told = answering(building, monkeypatch, {"install": (1, "YN0001: RequestError")})
    building.build("wheel", "editable")
    assert asked == ["install"]
    assert told == [building.MISSING]
    assert "\n" not in building.MISSING


@pytest.mark.parametrize(
    "answers",
    [{"install": (1, "YN0028: The lockfile would have been modified")}, {"build:prod": (2, "TS2322")}],
)
def test_what_is_wrong_with_the_sources_is_an_error(
    building: ModuleType, monkeypatch: pytest.MonkeyPatch, answers: Answers
) -> None:
    _, told = answering(building, monkeypatch, answers)
    with pytest.raises(subprocess.CalledProcessError):
        building.build("wheel", "standard")
    assert told == []


def test_what_is_newer_than_its_sources_is_not_built_again(
    building: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, _ = answering(building, monkeypatch, {})
    built = Path(building.HERE) / "built" / "package.json"
    built.parent.mkdir()
    built.touch()
    os.utime(building.HERE / "src" / "index.ts", (0, 0))
    building.build("wheel", "editable")
    assert asked == []
    os.utime(built, (0, 0))
    os.utime(building.HERE / "src" / "index.ts", (1, 1))
    building.build("wheel", "editable")
    assert asked == ["install", "build:prod"]


def test_no_shortcut_is_one_of_labs_own() -> None:
    schemas = Path(sys.prefix) / "share" / "jupyter" / "lab" / "schemas"
    taken = {keys for schema in schemas.rglob("*.json") for keys in shortcuts(schema)}
    ours = shortcuts(FOLDER / "schema" / "pipelines.json")
    assert ("Accel", "Shift", "C") in taken
    assert len(ours) == len(set(ours)) > 5
    assert not taken & set(ours)


def shortcuts(schema: Path) -> list[tuple[str, ...]]:
    """Return the keys of all shortcuts that a plugin declares."""
    declared = json.loads(schema.read_text("utf-8")).get("jupyter.lab.shortcuts", [])
    return [tuple(key for keys in shortcut.get("keys", []) for key in keys.split()) for shortcut in declared]
