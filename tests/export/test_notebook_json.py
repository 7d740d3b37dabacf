"""A notebook's JSON is checked and written as nbformat does it, and nbformat is not imported for that."""

from __future__ import annotations

import copy
import json
from typing import Any

import fastjsonschema
import nbformat
import pytest

from jupyter_pipes.export import notebook_json
from jupyter_pipes.export.notebook_json import check, text_of

PIXEL = "iVBORw0KGgo="
BUNDLE = {
    "text/plain": "a\nb",
    "text/html": ["<b>", "x\ny</b>"],
    "image/png": PIXEL,
    "image/svg+xml": "<svg>\n</svg>",
    "application/json": ["kept", "as it is"],
    "application/javascript": "1;\n2;",
}
OUTPUTS = [
    {"output_type": "stream", "name": "stdout", "text": "one\rtwo\nthree"},
    {"output_type": "display_data", "data": BUNDLE, "metadata": {"image/png": {"width": 3}}},
    {"output_type": "execute_result", "data": {"text/plain": ""}, "metadata": {}, "execution_count": 1},
    {"output_type": "error", "ename": "E", "evalue": "1", "traceback": ["a\nb"]},
]
CODE = {"cell_type": "code", "metadata": {"trusted": True}, "execution_count": 1, "outputs": OUTPUTS}
MARKDOWN = {"cell_type": "markdown", "metadata": {}, "attachments": {"pixel.png": {"image/png": PIXEL}}}
METADATA = {"orig_nbformat": 3, "signature": "x", "language_info": {"name": "python"}, "title": "größer"}


def notebook(minor: int = 5) -> dict[str, Any]:
    cells = [
        {**CODE, "source": ["x = ", "1\ny = 2\n"]},
        {**CODE, "outputs": [], "source": ""},
        {**MARKDOWN, "source": "# a\n\u2028b"},
        {"cell_type": "raw", "metadata": {}, "source": ["a\n", "b"]},
    ]
    ids = [{"id": f"cell-{number}"} if minor >= 5 else {} for number in range(len(cells))]
    with_ids = [{**cell, **each} for cell, each in zip(cells, ids, strict=True)]
    whole = {"nbformat": 4, "nbformat_minor": minor, "metadata": METADATA, "cells": with_ids}
    return copy.deepcopy(whole)


@pytest.mark.parametrize("minor", range(6))
def test_the_text_is_what_nbformat_writes_and_a_valid_notebook_needs_no_import_of_it(
    minor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = nbformat.reads(json.dumps(notebook(minor)), as_version=4)
    written = nbformat.writes(read, version=nbformat.NO_CONVERT)
    monkeypatch.setattr(notebook_json, "import_module", {"fastjsonschema": fastjsonschema}.__getitem__)

    check(notebook(minor))

    assert text_of(notebook(minor)) == written + "\n"


WRONG = {
    "no kind of cell": lambda content: content["cells"][0].update(cell_type="other"),
    "no source": lambda content: content["cells"][0].pop("source"),
    "an output of no kind": lambda content: content["cells"][0]["outputs"][0].pop("output_type"),
    "a number as text": lambda content: content["cells"][0]["outputs"][0].update(text=1),
    "more than there is": lambda content: content["cells"][2].update(outputs=[]),
    "an id that is too long": lambda content: content["cells"][0].update(id="x" * 65),
    "no list": lambda content: content.update(cells=None),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_nbformat_refuses_is_refused_with_its_words(what: str) -> None:
    content = notebook()
    WRONG[what](content)
    with pytest.raises(Exception, match=r"."):
        check(content)


def test_what_a_later_version_of_the_format_adds_is_nbformat_s_to_judge() -> None:
    content = {**notebook(), "nbformat_minor": 9}
    content["cells"][0]["new"] = 1
    check(content)
