"""Settings: where a project's runs and artifacts are kept, from `pipes.toml` or the defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct

from jupyter_pipes.model.errors import ConfigurationError

FOLDER = ".jupyter_pipes"


class Settings(Struct, frozen=True):
    """What `pipes.toml` says, filled up with defaults.

    Attributes:
        directory: the notebook's folder; steps run in it.
        folder: `.jupyter_pipes/` of the project: logs, and the defaults of the others.
        store: fsspec URL or path of the artifact store.
        history: SQLAlchemy URL of the history.
    """

    directory: Path
    folder: Path
    store: str
    history: str


def load(directory: Path) -> Settings:
    """Return the settings that hold for notebooks in `directory`.

    Raises:
        ConfigurationError: the file is no TOML, or says something that this version does not know.
    """
    directory = directory.resolve()
    place, options = _find(directory)
    unknown = set(options) - {"store", "history"}
    if unknown:
        raise ConfigurationError(
            f"{place}: {', '.join(sorted(unknown))} is not known to this version; it knows store and history"
        )
    for name, value in options.items():
        if not isinstance(value, str):
            raise ConfigurationError(f"{place}: {name} must be a text (a URL or path), not {value!r}")
    base = place.parent if place else directory
    folder = base / FOLDER
    store = _absolute(options.get("store", str(folder / "artifacts")), "", base)
    history = _absolute(options.get("history", f"sqlite:///{folder / 'history.db'}"), "sqlite:///", base)
    return Settings(directory, folder, store, history)


def _absolute(url: str, prefix: str, base: Path) -> str:
    """Return a URL whose path, behind `prefix`, does not hang on the working directory any more."""
    path = url.removeprefix(prefix)
    if not url.startswith(prefix) or not path or "://" in path or "::" in path:
        return url
    return prefix + str(base / Path(path).expanduser())


def make_folder(settings: Settings) -> None:
    """Make `.jupyter_pipes/`, for its owner only, ignored by git.

    Raises:
        ConfigurationError: the place cannot be written.
    """
    try:
        settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignore = settings.folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        raise ConfigurationError(
            f"{settings.folder} cannot be made ({error.strerror}): name a writable store and history "
            "in pipes.toml, or open the notebook in a folder that you can write"
        ) from error


def _find(directory: Path) -> tuple[Path | None, dict[str, Any]]:
    for folder in (directory, *directory.parents):
        file = folder / "pipes.toml"
        if file.is_file():
            return file, _read(file)
        file = folder / "pyproject.toml"
        options = _read(file).get("tool", {}).get("jupyter_pipes") if file.is_file() else None
        if options is not None:
            return file, options
    return None, {}


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
