"""Room that is set aside for `gc`."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_pipes.history.cleanup import reserve


def test_room_is_set_aside_once_and_not_shrunk_by_compression(tmp_path: Path) -> None:
    reserve.keep(tmp_path)
    (place,) = tmp_path.iterdir()
    content = place.read_bytes()
    assert len(set(content)) == 256
    assert place.stat().st_blocks * 512 >= len(content)
    reserve.keep(tmp_path)
    assert place.read_bytes() == content


def test_room_is_there_for_what_cleans_up_and_is_set_aside_again_also_after_an_error(tmp_path: Path) -> None:
    reserve.keep(tmp_path)

    def clean_up() -> None:
        with reserve.given_up(tmp_path):
            assert list(tmp_path.iterdir()) == []
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - it has no text
        clean_up()
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_is_set_aside_where_little_is_left_or_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reserve.keep(tmp_path / "missing")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with reserve.given_up(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []
