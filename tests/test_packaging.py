"""The package as users get it: the built wheel is whole, and dependencies are what is imported."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import jupyter_pipes
from tests.imports import imported_anywhere

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

USED_BY_NAME = {
    "jupyterlab": "where notebooks are opened",
    "matplotlib-inline": "the backend that steps are told by its name",
}
"""Dependencies that no file imports, and what they are for."""

OPTIONAL = {"kedro", "luigi", "matplotlib", "numpy", "pandas", "polars", "pyarrow", "tensorboard", "yaml"}
"""Imported only where a user's values or tasks are theirs: whoever has such values has them."""

OF_EXTRAS = {"dask", "distributed"}
"""Imported only where a project has a queue on other machines: `jupyter_pipes[remote]` brings them."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sources with the build backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run([*build, str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_has_every_source_file_and_nothing_else(wheel: Path) -> None:
    sources = (path for path in (ROOT / "jupyter_pipes").rglob("*") if path.is_file())
    wanted = {path.relative_to(ROOT).as_posix() for path in sources if "__pycache__" not in path.parts}
    packed = {name for name in packed_in(wheel) if ".dist-info/" not in name and ".data/" not in name}
    assert packed == wanted


@pytest.mark.slow
def test_the_wheel_has_the_lab_extension_built(wheel: Path) -> None:
    """Where Lab looks for it: nobody needs Node, and nothing is loaded from elsewhere."""
    place = (
        f"{wheel.name.removesuffix('-py3-none-any.whl')}.data/data/share/jupyter/labextensions/jupyter_pipes/"
    )
    packed = {name.removeprefix(place) for name in packed_in(wheel) if name.startswith(place)}
    assert {"package.json", "install.json", "schemas/jupyter_pipes/pipelines.json"} <= packed
    assert any(name.startswith("static/remoteEntry.") for name in packed)
    assert {name for name in packed if name.endswith(".map")} == set()


@pytest.mark.slow
def test_the_wheel_turns_the_server_extension_on(wheel: Path) -> None:
    """Where each Jupyter server of the environment reads what is on: nobody has to type anything for it."""
    (place,) = (
        name for name in packed_in(wheel) if name.endswith("jupyter_server_config.d/jupyter_pipes.json")
    )
    assert place.partition(".data/data/")[2].startswith("etc/jupyter/")
    content = json.loads(zipfile.ZipFile(wheel).read(place))
    assert content == {"ServerApp": {"jpserver_extensions": {"jupyter_pipes.server": True}}}


def packed_in(wheel: Path) -> list[str]:
    """Return the names of the files in a wheel."""
    return zipfile.ZipFile(wheel).namelist()


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the dependencies of this one; the package itself can only come from the wheel."""
    environment = tmp_path_factory.mktemp("wheels") / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    packages = next((environment / "lib").glob("python*/site-packages"))
    # A folder on a .pth line is searched, but its own .pth files (an editable install has one) are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("jupyterlab.labextensions", "jupyter_pipes v{version} enabled OK"),
        ("jupyter_server.extension.serverextension", "jupyter_pipes.server {version} OK"),
    ],
)
def test_both_extensions_are_on_where_the_wheel_is_installed(
    module: str, line: str, environment: Path, tmp_path: Path
) -> None:
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    listed = subprocess.run(
        [str(environment / "bin" / "python"), "-m", module, "list"],
        capture_output=True,
        text=True,
        check=True,
        env=variables | {"JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_PATH": str(tmp_path)},
    )
    plain = re.sub(r"\x1b\[[0-9;]*m", "", listed.stdout + listed.stderr)
    words = " ".join(plain.split())
    assert line.format(version=jupyter_pipes.__version__) in words, plain


@pytest.mark.slow
def test_the_wheel_runs_the_quickstart_in_an_environment_of_its_own(
    environment: Path, tmp_path: Path
) -> None:
    python = environment / "bin" / "python"
    notebook = shutil.copy(ROOT / "notebooks" / "quickstart.ipynb", tmp_path)
    # A developer's path would come before the wheel's.
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=tmp_path, env=variables
        )

    place = run(str(python), "-c", "import jupyter_pipes; print(jupyter_pipes.__file__)").stdout
    assert Path(place.strip()).is_relative_to(environment)
    pipes = str(environment / "bin" / "jupyter-pipes")
    for words in (["run", notebook, "-p", "trees=20"], ["get", notebook, "summary", "-p", "trees=20"]):
        done = run(pipes, *words)
        assert done.returncode == 0, done.stderr
    assert "The forest is right on" in done.stdout


def test_the_version_is_said_once() -> None:
    assert jupyter_pipes.__version__ == PROJECT["version"]


def test_dependencies_are_what_is_imported() -> None:
    """One that nothing imports is named with its reason; what is imported is a dependency or optional."""
    modules = set().union(*map(imported_anywhere, (ROOT / "jupyter_pipes").rglob("*.py")))
    foreign = modules - set(sys.stdlib_module_names) - {"jupyter_pipes", "__future__"} - OPTIONAL - OF_EXTRAS
    of_module = packages_distributions()
    imported = {_normalised(of_module[module][0]) for module in foreign}
    declared = {_normalised(re.split("[^A-Za-z0-9_.-]", each)[0]) for each in PROJECT["dependencies"]}
    assert imported == declared - USED_BY_NAME.keys()
    assert modules >= OPTIONAL | OF_EXTRAS
    assert declared >= USED_BY_NAME.keys()


def _normalised(distribution: str) -> str:
    return re.sub("[-_.]+", "-", distribution).lower()


@pytest.mark.parametrize("name", sorted({*jupyter_pipes.__all__} - {"__version__"}))
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(jupyter_pipes, name).__doc__


def test_the_example_environment_is_part_of_that_of_the_tests() -> None:
    assert "jupyter_pipes[examples]" in PROJECT["optional-dependencies"]["test"]


def test_the_checks_before_a_commit_are_those_of_the_build() -> None:
    hooks = re.findall(r"entry: (.+?)[},\n]", (ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    script = (ROOT / ".ci" / "check").read_text("utf-8")
    (all_checks,) = re.findall(r"\|\| set -- (.+)", script)
    assert hooks == [f".ci/check {check}" for check in all_checks.split()]
