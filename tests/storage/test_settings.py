"""Settings: where they are found, what they may say, and what they become."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.storage import settings as config


def test_without_a_file_everything_is_beside_the_notebook(tmp_path: Path) -> None:
    settings = config.load(tmp_path)
    folder = tmp_path / ".jupyter_pipes"
    assert settings == config.Settings(
        tmp_path, folder, str(folder / "artifacts"), f"sqlite:///{folder}/history.db"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pipes.toml", 'store = "s3://team/pipes"\nhistory = "postgresql://host/db"'),
        (
            "pyproject.toml",
            '[tool.jupyter_pipes]\nstore = "s3://team/pipes"\nhistory = "postgresql://host/db"',
        ),
    ],
)
def test_a_file_here_or_above_decides(tmp_path: Path, name: str, text: str) -> None:
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / name).write_text(text)
    settings = config.load(below)
    assert (settings.store, settings.history) == ("s3://team/pipes", "postgresql://host/db")
    assert (settings.directory, settings.folder) == (below, tmp_path / ".jupyter_pipes")


def test_the_nearest_file_wins_and_a_pyproject_without_our_table_does_not_count(tmp_path: Path) -> None:
    below = tmp_path / "a"
    below.mkdir()
    (tmp_path / "pipes.toml").write_text('store = "memory://far"')
    (below / "pyproject.toml").write_text('[project]\nname = "x"')
    assert config.load(below).store == "memory://far"
    (below / "pipes.toml").write_text('store = "memory://near"')
    assert config.load(below).store == "memory://near"


def test_relative_paths_hang_on_the_file_not_on_the_working_directory(tmp_path: Path) -> None:
    below = tmp_path / "a"
    below.mkdir()
    (tmp_path / "pipes.toml").write_text('store = "kept/artifacts"\nhistory = "sqlite:///kept/runs.db"')
    settings = config.load(below)
    assert settings.store == str(tmp_path / "kept/artifacts")
    assert settings.history == f"sqlite:///{tmp_path}/kept/runs.db"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("store = ", "pipes.toml"),
        ("shop = 'x'", "shop"),
        ("store = 3", "store must be a text"),
        ("\x00", "pipes.toml"),
    ],
)
def test_what_does_not_fit_is_told_with_the_file(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "pipes.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        config.load(tmp_path)


def test_the_folder_is_private_and_ignored_by_git(tmp_path: Path) -> None:
    settings = config.load(tmp_path)
    config.make_folder(settings)
    config.make_folder(settings)
    assert settings.folder.stat().st_mode & 0o777 == 0o700
    assert (settings.folder / ".gitignore").read_text() == "*\n"
