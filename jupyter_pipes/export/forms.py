"""The forms that a pipeline can be exported in, with the words that front ends offer them by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct


class Form(Struct, frozen=True):
    """A form of an export.

    Attributes:
        title: how people call it.
        about: what is written, in a few words.
        path: what the path names: a module, a notebook, or the folder of a project.
        is_engine: whether it is another engine's code; `export/NAME/` makes it then, by its `export_NAME`.
    """

    title: str
    about: str
    path: Literal["module", "notebook", "folder"]
    is_engine: bool = True


FORMS: Mapping[str, Form] = {
    "python": Form("Python module", "a program with its steps as functions", "module", is_engine=False),
    "notebook": Form("Executed notebook", "with the outputs of the newest run", "notebook", is_engine=False),
    "luigi": Form("Luigi", "a task for each step", "module"),
    "kedro": Form("Kedro", "a project, with nodes, catalog and tests", "folder"),
    "clearml": Form("ClearML", "a component for each step", "module"),
}
"""Form -> what it is, in the order in which they are offered."""
