"""How much room a drawn graph takes: two lines in a node and labels on edges, or names alone."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from jupyter_pipes.display.graph.text_size import text_width

Direction = Literal["LR", "TB"]
NAME_SIZE = 12.0
TITLE_HEIGHT = 26.0
"""How high the title of a frame is, in px."""
FOLD_SIZE = 18.0
"""How wide and high that is which unfolds a node, in px."""
_COUNT = " 99/99"
"""For how long a count of a step's elements there is room beside its name."""


class Density(Struct, frozen=True):
    """Sizes in px.

    Attributes:
        lines: lines of text in a node: its name, and how it stands.
        node_height: of every node.
        node_widths: the least and the most, whatever its name is.
        boldness: how much wider names are than plain text.
        beside_name: room beside the name, for an icon and the borders.
        pad: between a stage's frame and the nodes in it.
        gaps: between two layers, by direction, labels not counted.
        spacings: between two nodes of a layer, by direction.
        lane: between an edge that passes a layer and what is beside it.
        has_labels: whether the names that an edge carries are written on it.
    """

    lines: Literal[1, 2]
    node_height: float
    node_widths: tuple[float, float]
    boldness: float
    beside_name: float
    pad: float
    gaps: dict[Direction, float]
    spacings: dict[Direction, float]
    lane: float
    has_labels: bool

    def node_width(self, title: str, *, is_counted: bool = False, is_unfoldable: bool = False) -> float:
        """Return how wide a node of this name is; where it has one line, a count stands there as well."""
        least, most = self.node_widths
        text = f"{title}{_COUNT}" if is_counted and self.lines == 1 else title
        width = text_width(text, NAME_SIZE) * self.boldness + self.beside_name
        return min(max(least, width), most) + (FOLD_SIZE + 4.0 if is_unfoldable else 0.0)


ROOMY = Density(
    lines=2,
    node_height=44.0,
    node_widths=(146.0, 224.0),
    boldness=1.1,
    beside_name=40.0,
    pad=18.0,
    gaps={"LR": 44.0, "TB": 36.0},
    spacings={"LR": 18.0, "TB": 24.0},
    lane=12.0,
    has_labels=True,
)
DENSE = Density(
    lines=1,
    node_height=24.0,
    node_widths=(52.0, 180.0),
    boldness=1.0,
    beside_name=24.0,
    pad=8.0,
    gaps={"LR": 26.0, "TB": 18.0},
    spacings={"LR": 8.0, "TB": 8.0},
    lane=6.0,
    has_labels=False,
)
