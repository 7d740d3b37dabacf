"""What axe-core has against our elements in a page, in any theme."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from lab import LabPage

LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"
_THEMES = (LIGHT, DARK, "JupyterLab Dark High Contrast")
OURS = (
    *("#jp-pipes-panel", ".jp-pipes-window", ".jp-pipes-header", ".jp-pipes-sheet", ".jp-pipes-statusbar"),
    *("[data-jp-item-name^=jupyter-pipes-]", ".jp-Dialog-content .jp-Dialog-body"),
)
"""Selectors of what is ours: whatever else a page of Lab has is Lab's."""


def findings(shown: LabPage, theme: str, where: str) -> list[str]:
    """Return what axe-core has against our elements, each with the theme, the place and why."""
    scopes: Any = {"include": [[scope] for scope in OURS if shown.page.locator(scope).count()]}
    # Other themes change colours alone.
    options: Any = {} if theme == LIGHT else {"runOnly": ["color-contrast"]}
    violations = Axe().run(shown.page, context=scopes, options=options).response["violations"]
    return [
        f"{theme}, {where}: {violation['id']} ({violation['impact']}): "
        f"{json.dumps(node['target'])} {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]


def in_all_themes(shown: LabPage, look: Callable[[str], list[str]]) -> list[str]:
    """Return what is found by a look in each theme, which is called with its name."""
    found: list[str] = []
    for theme in _THEMES:
        shown.theme(theme, light=theme == LIGHT)
        found += look(theme)
    return found
