"""The pipeline is exported as it is shown, and never over a file that nobody was asked about."""

from __future__ import annotations

import pytest

from tests.kernel.link.conftest import AskedKernel

pytestmark = pytest.mark.slow


def test_a_module_is_written_and_replaced_only_when_told_to(kernel: AskedKernel) -> None:
    kernel.show(a="%%step a\nx = 1")
    module = kernel.session.directory / "train.py"
    assert kernel.answer("export", path="train.py") == {"path": str(module), "is_written": True}
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
