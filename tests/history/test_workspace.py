"""What a project keeps, opened on a full disk; where a kept run's folder is, after its project moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.history.history import History
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model.errors import StoreError

SHARED = "store = 'artifacts'\n"
ELSEWHERE = "history = 'postgresql://localhost/runs'\n"


@pytest.mark.parametrize(
    ("settings", "before", "asked_from", "now"),
    [
        ("", "here", "here", "here"),
        ("", "gone", "here", "here"),
        ("", "other", "here", "here"),
        (SHARED, "here/sub", "here", "here/sub"),
        (SHARED, "gone/sub", "here", "here/sub"),
        (SHARED, "other/sub", "here", "here/sub"),
        (SHARED, "gone/renamed", "here/sub", "here/sub"),
        (ELSEWHERE, "other", "here", "other"),
        (ELSEWHERE, "gone/sub", "here", "here/sub"),
    ],
)
def test_runs_go_along_when_their_project_is_moved_or_copied(
    settings: str, before: str, asked_from: str, now: str, tmp_path: Path
) -> None:
    """Not where several projects share a history: then a folder that is there is meant."""
    for place in ("here", "here/sub", "other", "other/sub"):
        (tmp_path / place).mkdir()
        if place != "here" or not settings:
            (tmp_path / place / "study.ipynb").touch()
    if settings:
        (tmp_path / "here" / "pipes.toml").write_text(settings)
    workspace = Workspace(tmp_path / asked_from)
    assert workspace.folder_now(tmp_path / before, "study.ipynb") == tmp_path / now


def test_runs_can_be_looked_at_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: History) -> list[str]:
        raise StoreError("the history cannot be written: database or disk is full")

    monkeypatch.setattr(History, "settle_interrupted", full)
    assert Workspace(tmp_path).history.runs() == []
    assert "count as running: the history cannot be written" in caplog.text
