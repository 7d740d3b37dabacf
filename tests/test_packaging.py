"""The package as users get it: the built wheel is whole, and the documents' links lead somewhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

import jupyter_pipes

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the sources with the build backend that is installed here."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run([*build, str(ROOT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_has_every_source_file_and_nothing_else(wheel: Path) -> None:
    sources = (path for path in (ROOT / "jupyter_pipes").rglob("*") if path.is_file())
    wanted = {path.relative_to(ROOT).as_posix() for path in sources if "__pycache__" not in path.parts}
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == wanted


def test_the_wheel_runs_the_quickstart_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    """The dependencies are those of this environment; the package itself can only come from the wheel."""
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    packages = next((environment / "lib").glob("python*/site-packages"))
    # A folder on a .pth line is searched, but its own .pth files (an editable install has one) are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    notebook = shutil.copy(ROOT / "notebooks" / "quickstart.ipynb", tmp_path)
    where = [str(python), "-c", "import jupyter_pipes; print(jupyter_pipes.__file__)"]
    found = subprocess.run(where, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    assert Path(found.strip()).is_relative_to(environment)
    pipes = str(environment / "bin" / "jupyter-pipes")
    for arguments in (["run", notebook, "-p", "trees=20"], ["get", notebook, "summary", "-p", "trees=20"]):
        done = subprocess.run([pipes, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    assert "The forest is right on" in done.stdout


def test_the_version_is_said_once() -> None:
    assert jupyter_pipes.__version__ == PROJECT["version"]


@pytest.mark.parametrize("name", jupyter_pipes.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(jupyter_pipes, name).__doc__


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = [link for link in LINK.findall(path.read_text("utf-8")) if "://" not in link]
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_example_environment_is_part_of_that_of_the_tests() -> None:
    assert "jupyter_pipes[examples]" in PROJECT["optional-dependencies"]["test"]
