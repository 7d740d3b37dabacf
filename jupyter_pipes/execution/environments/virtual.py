"""Virtual environments: made by uv from a lock, on top of the run's own packages where Python is the same."""

from __future__ import annotations

import re
import site
import sys
from collections.abc import Mapping
from pathlib import Path

from jupyter_pipes.execution.environments.cache import is_made, made
from jupyter_pipes.execution.environments.programs import run, uv
from jupyter_pipes.execution.environments.worker_packages import needed_folder, package_folder
from jupyter_pipes.history.surroundings.distributions import normal
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.job import StepEnvironment

_SHOWN = 3
"""Names that are said of what is installed."""

_BEHIND_NAME = re.compile(r"[^\w.-]")

_LAYERS = "jupyter_pipes_layers.pth"


class VirtualEnvironment:
    """The virtual environment of a step, made or not.

    Args:
        own: the step's environment.
        installed: name -> version of what the run's environment has.
    """

    def __init__(self, own: StepEnvironment, installed: Mapping[str, str]) -> None:
        below = {normal(name): version for name, version in installed.items()} if own.is_layered else {}
        self._own = own
        self._missing = {name: version for name, version in own.lock.items() if below.get(name) != version}
        self._base = sys.executable if own.is_layered else own.python
        layers = (sys.prefix, sys.version, *_site_folders()) if own.is_layered else (own.python,)
        self._name = f"env-{digest(repr((layers, sorted(self._missing.items()))))[:24]}"

    @property
    def making(self) -> str:
        """What has yet to be done, in words; "" where it is made."""
        if is_made(self._name):
            return ""
        count = len(self._missing)
        if not count:
            return "making an environment"
        asked = (normal(_BEHIND_NAME.split(text)[0]) for text in self._own.packages)
        named = [name for name in asked if name in self._missing] or list(self._missing)
        more = ", …" if len(named) > _SHOWN else ""
        return f"installing {count} package{'s' if count > 1 else ''} ({', '.join(named[:_SHOWN])}{more})"

    def made(self) -> Path:
        """Return its folder, once it is made.

        Raises:
            EnvironmentFailed: has the last lines of uv.
        """
        return made(self._name, self._make)

    def _make(self, folder: Path) -> None:
        run(
            f"making an environment of Python {self._own.minor}",
            uv(),
            "venv",
            "--quiet",
            "--no-project",
            "--python",
            self._base,
            str(folder),
        )
        python = str(folder / "bin" / "python")
        pins = "\n".join(
            f"{name} {version}" if version[:1] == "@" else f"{name}=={version}"
            for name, version in self._missing.items()
        )
        if pins:
            arguments = ("pip", "install", "--quiet", "--no-deps", "--python", python, "-r", "-")
            run(self.making, uv(), *arguments, given=pins)
        layers = "" if self._own.is_layered else self._worker_layers(python)
        packages = next(folder.glob("lib/python3*/site-packages"))
        (packages / _LAYERS).write_text(layers or _below(_site_folders()))

    def _worker_layers(self, python: str) -> str:
        ours, needed = package_folder(), needed_folder(self._own.minor, python)
        return f"import sys; sys.path.insert(0, {str(ours)!r})\n{needed}\n"


def _below(folders: list[str]) -> str:
    """Return lines of a `.pth` that put folders behind the environment, with the `.pth` files in them."""
    return "".join(f"import site; site.addsitedir({folder!r})\n" for folder in folders)


def _site_folders() -> list[str]:
    user = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return [folder for folder in (*site.getsitepackages(), *user) if Path(folder).is_dir()]
