"""The pipeline is exported as it is shown, and never over a file that nobody was asked about."""

from __future__ import annotations

import pytest

from jupyter_pipes.kernel.link.places import CellPlace
from tests.kernel.link.conftest import AskedKernel

pytestmark = pytest.mark.slow


def test_a_module_is_written_and_replaced_only_when_told_to(kernel: AskedKernel) -> None:
    kernel.show(a="%%step a\nx = 1")
    module = kernel.session.directory / "train.py"
    assert kernel.answer("export", path="train.py") == {
        "path": str(module),
        "is_written": True,
        "files": ("train.py",),
    }
    module.write_text("mine")
    assert not kernel.answer("export", path="train.py")["is_written"]
    assert module.read_text() == "mine"
    kernel.show(a="%%step a\nx = 2")
    assert kernel.answer("export", path="train.py", replace=True)["is_written"]
    assert "x = 2" in module.read_text()


def test_an_earlier_export_is_asked_about_as_well(kernel: AskedKernel) -> None:
    kernel.show(a="%%step a\nx = 1")
    kernel.answer("export", path="train.py")
    assert not kernel.answer("export", path="train.py")["is_written"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "name the file"),
        ("json.py", "Python's own json"),
        (".", "it is a folder"),
        ("nowhere/train.py", "is not there"),
        ("executed.ipynb", "run the pipeline first"),
    ],
)
def test_where_nothing_can_be_written_it_is_said_why(kernel: AskedKernel, path: str, words: str) -> None:
    kernel.show(a="%%step a\nx = 1")
    assert words in kernel.refusal("export", path=path)


def test_all_files_of_an_engine_are_written_and_asked_about(kernel: AskedKernel) -> None:
    kernel.show(a="%%step a\nx = 1")
    beside = kernel.session.directory / "flow_steps.py"
    beside.write_text("mine")
    there = kernel.answer("export", path="flow.py", form="luigi")
    assert (there["is_written"], there["files"]) == (False, ("flow_steps.py",))
    assert not (kernel.session.directory / "flow.py").exists()
    made = kernel.answer("export", path="flow.py", form="luigi", replace=True)
    assert (made["is_written"], set(made["files"])) == (True, {"flow.py", "flow_steps.py"})
    assert "mine" not in beside.read_text()


@pytest.mark.parametrize(
    ("path", "form", "cells", "place"),
    [
        ("rain", "kedro", {"p": "%%params\nn = 1", "m": "%%step m --map 'i in [1]'\nx = i"}, ("m", 2, 1)),
        ("flow.py", "luigi", {"p": "%%params\nn = 1\nday: set = {1}", "a": "%%step a\nx = day"}, ("p", 1, 3)),
        ("flow.py", "luigi", {"a": "%%step a\n%run other.py"}, ("a", 1, 2)),
        ("train.py", "python", {"a": "%%step a\nx = 1\ny = nowhere"}, ("a", 1, 3)),
    ],
)
def test_what_is_refused_tells_its_cell(
    path: str, form: str, cells: dict[str, str], place: tuple[str, int, int], kernel: AskedKernel
) -> None:
    kernel.show(**cells)
    refusal = kernel.ask("export", path=path, form=form).refusal
    assert refusal is not None
    assert refusal.place == CellPlace(*place)
    assert not (kernel.session.directory / path).exists()


def test_what_is_about_no_cell_tells_none(kernel: AskedKernel) -> None:
    kernel.show(a="%%step a\nx = 1")
    refusal = kernel.ask("export", path="flow", form="luigi").refusal
    assert refusal is not None
    assert refusal.place is None
