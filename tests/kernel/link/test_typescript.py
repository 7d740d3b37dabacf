"""What the Lab extension knows of Python is made from Python."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from jupyter_pipes.kernel.link import requests
from jupyter_pipes.kernel.link.typescript import FILES, wire_text

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", FILES)
def test_the_files_in_the_extension_are_what_would_be_made_now(name: str) -> None:
    """Else: `python -m jupyter_pipes.kernel.link.typescript labextension`."""
    assert (ROOT / "labextension" / name).read_text("utf-8") == FILES[name]()


@pytest.mark.parametrize("request_type", requests.ANSWERS)
def test_each_request_has_an_interface_and_an_answer(request_type: type[requests.Request]) -> None:
    text = wire_text()
    assert f"export interface {request_type.__name__} {{" in text
    tag = json.dumps(request_type.__struct_config__.tag)
    assert f"  {tag}: {requests.ANSWERS[request_type].__name__};" in text


def test_the_extension_has_the_version_of_the_package() -> None:
    package = json.loads((ROOT / "labextension" / "package.json").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert package["version"] == project["version"]
