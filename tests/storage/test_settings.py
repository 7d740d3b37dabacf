"""Settings: where they are found, what they may say, and what they become."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_pipes.model.errors import ConfigurationError, UntrustedStore
from jupyter_pipes.storage import settings as config
from jupyter_pipes.storage.settings import check_store

STRANGER = os.geteuid() + 12345
OURS = 'store = "s3://team/pipes"'
TABLE = f"[tool.jupyter_pipes]\n{OURS}"


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


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process be another user than the owner of its files, and root nobody."""
    monkeypatch.setattr(config, "_user", lambda: STRANGER)
    monkeypatch.setattr(config, "_ROOT", STRANGER)


def _below(folder: Path) -> Path:
    below = folder / "a" / "b"
    below.mkdir(parents=True)
    return below


@pytest.mark.parametrize(("name", "text"), [("pipes.toml", OURS), ("pyproject.toml", TABLE)])
@pytest.mark.usefixtures("stranger")
def test_settings_above_of_somebody_else_are_refused_by_name(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigurationError, match=rf"{tmp_path}/{name} is not obeyed: it belongs to"):
        config.load(_below(tmp_path))


@pytest.mark.parametrize(("name", "text"), [("pipes.toml", OURS), ("pyproject.toml", TABLE)])
@pytest.mark.parametrize("mode", [0o666, 0o602, 0o646])
def test_settings_above_that_others_can_write_are_refused(
    tmp_path: Path, name: str, text: str, mode: int
) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / name).chmod(mode)
    with pytest.raises(ConfigurationError, match=r"others can write it: chmod go-w"):
        config.load(_below(tmp_path))


def test_a_group_that_is_more_than_the_owner_is_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pipes.toml").write_text(OURS)
    (tmp_path / "pipes.toml").chmod(0o664)
    below = _below(tmp_path)
    monkeypatch.setattr(config, "_is_private", lambda status: True)
    assert config.load(below).store == "s3://team/pipes"
    monkeypatch.setattr(config, "_is_private", lambda status: False)
    with pytest.raises(ConfigurationError, match="others can write it"):
        config.load(below)


def test_a_link_of_somebody_else_is_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = tmp_path / "real.toml"
    real.write_text(OURS)
    (tmp_path / "pipes.toml").symlink_to(real)
    monkeypatch.setattr(config, "_ROOT", os.geteuid())
    if os.geteuid():
        pytest.skip("only root gives links away")
    os.lchown(tmp_path / "pipes.toml", STRANGER, -1)
    with pytest.raises(ConfigurationError, match="is not obeyed"):
        config.load(_below(tmp_path))


@pytest.mark.usefixtures("stranger")
def test_settings_beside_the_notebook_may_be_its_folders_owners(tmp_path: Path) -> None:
    (tmp_path / "pipes.toml").write_text(OURS)
    assert config.load(tmp_path).store == "s3://team/pipes"


@pytest.mark.parametrize(
    "content",
    [b"[tool.other\n", b"\xff\xfe\x00", b"name = 'x'\nname = 'y'\n", b"[" * 100_000, b""],
    ids=["no end", "no text", "twice", "deep", "empty"],
)
@pytest.mark.usefixtures("stranger")
def test_a_pyproject_above_that_is_not_about_us_is_no_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    below = _below(tmp_path)
    assert config.load(below).folder == below / ".jupyter_pipes"


@pytest.mark.parametrize("content", ["[tool.jupyter_pipes\n", "[tool.jupyter_pipes]\nstore = \n"])
def test_a_broken_pyproject_that_is_about_us_is_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "pyproject.toml").write_text(content)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        config.load(_below(tmp_path))


def test_values_are_loaded_from_a_store_of_ones_own(tmp_path: Path) -> None:
    check_store(tmp_path)
    check_store(tmp_path / "nothing is there")
    tmp_path.chmod(0o777)
    with pytest.raises(UntrustedStore, match=r"everybody.*--trust"):
        check_store(tmp_path)


@pytest.mark.usefixtures("stranger")
def test_values_of_somebody_else_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UntrustedStore, match=r"belongs to .*--trust"):
        check_store(tmp_path)
