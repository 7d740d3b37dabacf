"""Documents as JupyterLab shows them: the picture in the page on the architecture can be drawn."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from lab import Lab, write_notebook
from playwright.sync_api import expect

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"


def test_the_picture_of_the_architecture_is_drawn(lab: Lab) -> None:
    (picture,) = re.findall(r"```mermaid\n.*?```", PAGE.read_text("utf-8"), re.DOTALL)
    path = write_notebook(lab.folder / "architecture.ipynb")
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    notebook.cells = [nbformat.v4.new_markdown_cell(picture)]
    nbformat.write(notebook, path)
    page = lab.open(path)
    drawn = page.page.locator(".jp-RenderedMermaid")
    expect(drawn.locator("img")).to_be_visible()
    expect(drawn).not_to_have_class(re.compile("jp-mod-warning"))
    page.close()
