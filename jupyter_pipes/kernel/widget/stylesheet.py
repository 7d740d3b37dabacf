"""How the live graph's canvas looks: cytoscape's style sheet."""

from __future__ import annotations

from typing import Any

from jupyter_pipes.display.graph.density import FOLD_SIZE, NAME_SIZE
from jupyter_pipes.display.graph.routing import LABEL_SIZE
from jupyter_pipes.display.graph.text_size import FONT
from jupyter_pipes.display.looks import LOOKS, STALE

_LEAST_LABEL = 8
"""Names of values are not written smaller than this on the screen, in px: details tell them."""

_LINE = "#8a94a0"
_TEXT = "#1f2328"


def stylesheet() -> list[dict[str, Any]]:
    """Return cytoscape's style sheet: a light theme's colours; the dark theme inverts the canvas (CSS)."""
    rules: dict[str, dict[str, Any]] = {
        "node": {
            "shape": "round-rectangle",
            "width": "data(w)",
            "height": "data(h)",
            "label": "data(label)",
            "font-family": FONT.replace("'", ""),
            "font-size": NAME_SIZE,
            "color": _TEXT,
            "text-valign": "center",
            "text-halign": "center",
            "text-wrap": "wrap",
            "text-max-width": "1000px",
            "line-height": 1.35,
            "background-color": "#ffffff",
            "border-width": 1.5,
            "border-color": _LINE,
            "overlay-opacity": 0,
        },
        "node.stage": {"border-style": "double", "border-width": 4},
        "node.data": {"shape": "barrel", "background-color": "#f6f8fa"},
        "node.frame": {
            "background-opacity": 0,
            "border-style": "dashed",
            "border-width": 1,
            "label": "",
            "events": "no",
        },
        # Its pipeline is drawn in it: a filled node would hide the edges there.
        "node.unfolded": {"background-opacity": 0, "border-width": 2},
        "node.head": {"background-opacity": 0, "border-width": 0, "text-halign": "right", "events": "no"},
        "node.unfoldable": {
            "border-style": "double",
            "border-width": 4,
            "text-margin-x": FOLD_SIZE / 2 + 2,
        },
        "node.fold": {"background-opacity": 0, "border-width": 0, "font-size": NAME_SIZE + 2},
        "node.title": {"background-opacity": 0, "border-width": 0, "color": "#59636e", "font-weight": 600},
        "edge": {
            "width": 1.4,
            "line-color": _LINE,
            "curve-style": "segments",
            "edge-distances": "node-position",
            "segment-weights": "data(weights)",
            "segment-distances": "data(distances)",
            "source-endpoint": "data(leave)",
            "target-endpoint": "data(enter)",
            "target-arrow-shape": "triangle",
            "target-arrow-color": _LINE,
            "arrow-scale": 0.9,
            "events": "no",
        },
        "edge.orders": {"line-style": "dashed"},
        "edge.observed": {"line-style": "dashed"},
        "edge.carries": {
            "label": "data(label)",
            "text-margin-x": "data(dx)",
            "text-margin-y": "data(dy)",
            "font-family": FONT.replace("'", ""),
            "font-size": LABEL_SIZE,
            "min-zoomed-font-size": _LEAST_LABEL,
            "color": "#59636e",
            "text-background-color": "#ffffff",
            "text-background-opacity": 1,
            "text-background-padding": "2px",
        },
    }
    for status, look in {**LOOKS, "stale": STALE}.items():
        rules[f"node.{status}"] = {"border-color": look.ink, "background-color": look.fill}
    rules["node.stale"] |= {"border-style": "dashed", "border-width": 2}
    rules["node.maybe"] = {"border-style": "dotted", "border-width": 1.5}
    rules["node.running"] |= {
        "background-fill": "linear-gradient",
        "background-gradient-direction": "to-right",
        "background-gradient-stop-colors": "#c7defd #c7defd #eff6ff #eff6ff",
        "background-gradient-stop-positions": "data(stops)",
    }
    rules["node.selected"] = {"border-width": 3.5}
    return [{"selector": selector, "style": style} for selector, style in rules.items()]
