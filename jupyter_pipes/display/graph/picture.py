"""A run as a picture: its graph as inline SVG, for saved notebooks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Literal

from jupyter_pipes.display.graph.layout import NAME_SIZE, TITLE_HEIGHT, Box, Layout, arrange, data_name
from jupyter_pipes.display.graph.routing import LABEL_HEIGHT, LABEL_SIZE, Edge, svg_path
from jupyter_pipes.display.graph.text_size import FONT, ellipsised, text_width
from jupyter_pipes.display.looks import (
    LOOKS,
    NOTHING,
    STALE,
    is_maybe,
    running_share,
    spoken,
    stale_word,
    status_line,
)
from jupyter_pipes.display.text import headline
from jupyter_pipes.model.steps import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jupyter_pipes.model.views import RunView, StepView

_STATUS_SIZE = 11.0
_BOLD = 1.1
_RANK = (
    Status.FAILED,
    Status.RUNNING,
    Status.CANCELLED,
    Status.INTERRUPTED,
    Status.QUEUED,
    Status.PENDING,
    Status.SKIPPED,
    Status.COMPLETED,
    Status.CACHED,
)

_GROUND = "var(--jp-layout-color0, #fff)"
_SURFACE = "var(--jp-layout-color1, #fff)"
_TEXT = "var(--jp-ui-font-color1, #1f2328)"
_QUIET = "var(--jp-ui-font-color2, #59636e)"
_LINE = "#8a94a0"


def joint_status(statuses: Iterable[Status]) -> Status:
    """Return the one status that stands for several steps: the one that asks most for attention.

    Steps that have ended beside steps that have not are together `running`.
    """
    present = set(statuses)
    worst = next((status for status in _RANK if status in present), Status.PENDING)
    under_way = any(status.is_final for status in present) and not all(s.is_final for s in present)
    return Status.RUNNING if under_way and worst in (Status.PENDING, Status.QUEUED) else worst


def stage_line(steps: Sequence[StepView]) -> str:
    """Return a collapsed stage's second line: `running · 3 of 5`."""
    status = joint_status(step.status for step in steps)
    return f"{LOOKS[status].word} · {sum(s.status.is_final for s in steps)} of {len(steps)}"


def node_line(steps: Sequence[StepView], stale: Mapping[str, str], *, is_stage: bool) -> str:
    """Return a node's second line, of its step or of the steps of a collapsed stage."""
    reasons = [stale[step.name] for step in steps if step.name in stale]
    marked = len(reasons)
    if is_stage or not steps:
        line = stage_line(steps)
        return f"{line.partition(' · ')[2]} · {marked} {STALE.word}" if marked else line
    return f"{LOOKS[steps[0].status].word} · {stale_word(reasons)}" if marked else status_line(steps[0])


def node_name(name: str, steps: Sequence[StepView], lines: int) -> str:
    """Return a node's first line; where it is the only one, with how many elements of its step are done."""
    count = steps[0].count.partition(",")[0] if lines == 1 and len(steps) == 1 else ""
    return f"{name} {count}".rstrip()


def svg(
    view: RunView,
    layout: Layout | None = None,
    stale: Mapping[str, str] = NOTHING,
    steps: Mapping[str, StepView] | None = None,
) -> str:
    """Return the run's graph as one SVG element that needs nothing else and runs no script.

    It takes Lab's theme colours where it stands in a page that has them, and a light theme's elsewhere.

    Args:
        view: the run; every step of it that the layout names is drawn with its present status.
        layout: where things stand; by default a new layout of all the run's steps.
        stale: stale step -> why.
        steps: its steps with those of unfolded pipelines, if the layout has such.
    """
    layout = layout or arrange([step.planned for step in view.steps.values()])
    steps = steps or view.steps
    boxes = [node for node in layout.nodes if node in layout.unfolded]
    size = f"{layout.width:.0f} {layout.height:.0f}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{layout.width:.0f}"'
        f' height="{layout.height:.0f}" role="img" font-family="{escape(FONT)}"'
        f' style="max-width:100%;height:auto" aria-label="{_attribute(headline(view))}">',
        f"<title>{escape(headline(view))}</title>",
        f'<rect width="100%" height="100%" fill="{_GROUND}"/>',
        *(_box(steps, layout, node, stale) for node in boxes),
        *(_frame(layout.titles.get(stage, stage), box) for stage, box in layout.groups.items()),
        *(_curve(edge) for edge in layout.edges),
        *(_label(edge) for edge in layout.edges),
        *(_node(steps, layout, node, stale) for node in layout.nodes if node not in boxes),
        "</svg>",
    ]
    return "".join(parts)


def _attribute(text: str) -> str:
    return escape(text).replace("\n", " ")


def _frame(stage: str, box: Box) -> str:
    title = ellipsised(stage, NAME_SIZE * _BOLD, box.width - 24)
    return (
        f'<g><title>{escape(stage)}</title><rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}"'
        f' height="{box.height:.1f}" rx="8" fill="none" stroke="{_LINE}" stroke-dasharray="2 3"/>'
        f'<text x="{box.x + 12:.1f}" y="{box.y + TITLE_HEIGHT - 9:.1f}" font-size="{NAME_SIZE}"'
        f' font-weight="600" fill="{_QUIET}">{escape(title)}</text></g>'
    )


def _curve(edge: Edge) -> str:
    dashed = "" if edge.is_by_code else ' stroke-dasharray="5 4"'
    names = f"<title>{escape(edge.title)}</title>" if edge.title else ""
    return (
        f'<path d="{svg_path(edge)}" fill="none" stroke="{_LINE}" stroke-width="1.4"{dashed}>{names}</path>'
        f'<path d="{_arrow_head(edge)}" fill="{_LINE}"/>'
    )


def _arrow_head(edge: Edge) -> str:
    (before_x, before_y), (x, y) = edge.points[-2:]
    if edge.flow == "LR":
        back = -8 if before_x <= x else 8
        return f"M{x:.1f} {y:.1f}l{back} -4v8z"
    back = -8 if before_y <= y else 8
    return f"M{x:.1f} {y:.1f}l-4 {back}h8z"


def _label(edge: Edge) -> str:
    if edge.label_at is None:
        return ""
    x, y = edge.label_at
    width = text_width(edge.label, LABEL_SIZE) + 4
    return (
        f'<rect x="{x - width / 2:.1f}" y="{y - LABEL_HEIGHT / 2:.1f}" width="{width:.1f}"'
        f' height="{LABEL_HEIGHT}" rx="3" fill="{_GROUND}"/>'
        f'<text x="{x:.1f}" y="{y + 3.6:.1f}" font-size="{LABEL_SIZE}" text-anchor="middle"'
        f' fill="{_QUIET}">{escape(edge.label)}</text>'
    )


def _box(by_name: Mapping[str, StepView], layout: Layout, node: str, stale: Mapping[str, str]) -> str:
    """Return the box of a step whose pipeline is drawn in it: how it stands, in one line at the top."""
    box, steps = layout.nodes[node], [by_name[node]] if node in by_name else []
    name, line = layout.titles.get(node, node), node_line(steps, stale, is_stage=False)
    icon, colour = _mark(steps, stale)
    shown = ellipsised(f"{name} {line}", NAME_SIZE, box.width - 32).removeprefix(name)
    return (
        f"<g><title>{escape(_spoken(name, steps, line, stale))}</title>"
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="8"'
        f' fill="{_GROUND}" stroke="{colour}" stroke-width="1.5"/>'
        f'<text x="{box.x + 14:.1f}" y="{box.y + TITLE_HEIGHT - 8:.1f}" font-size="13" text-anchor="middle"'
        f' fill="{colour}">{icon}</text>'
        f'<text x="{box.x + 24:.1f}" y="{box.y + TITLE_HEIGHT - 8:.1f}" font-size="{NAME_SIZE}"'
        f' fill="{_TEXT}"><tspan font-weight="600">{escape(name)}</tspan>'
        f'<tspan fill="{_QUIET}">{escape(shown)}</tspan></text></g>'
    )


def _mark(steps: Sequence[StepView], stale: Mapping[str, str]) -> tuple[str, str]:
    """Return icon and colour of a node."""
    if any(step.name in stale for step in steps):
        return STALE.icon, _ink("stale")
    status = joint_status(step.status for step in steps)
    return LOOKS[status].icon, _ink(status)


def _node(by_name: Mapping[str, StepView], layout: Layout, node: str, stale: Mapping[str, str]) -> str:
    if name := data_name(node):
        return _data(layout.titles.get(node, name), layout.nodes[node])
    box, members = layout.nodes[node], layout.members[node]
    steps = [by_name[name] for name in members if name in by_name]
    is_stage = members != (node,)
    name = layout.titles.get(node) or (node.removeprefix("stage:") if is_stage else node)
    first = name if is_stage else node_name(name, steps, layout.lines)
    line = node_line(steps, stale, is_stage=is_stage)
    is_stale = any(step.name in stale for step in steps)
    icon, colour = _mark(steps, stale)
    may_be = is_stale and all(is_maybe(stale[step.name]) for step in steps if step.name in stale)
    dashed = f' stroke-dasharray="{"2 3" if may_be else "5 3"}"' if is_stale else ""
    beside, baseline = (28, box.y + 19) if layout.lines == 2 else (20, box.y + box.height / 2 + 4)
    weight, boldness = (600, _BOLD) if layout.lines == 2 else (400, 1.0)
    shown = ellipsised(first, NAME_SIZE * boldness, box.width - beside - 4)
    stack = _behind(box) if is_stage or node in layout.unfoldable else ""
    second = (
        f'<text x="{box.x + beside:.1f}" y="{box.y + 35:.1f}" font-size="{_STATUS_SIZE}" fill="{_QUIET}">'
        f"{escape(line)}</text>"
        if layout.lines == 2
        else ""
    )
    return (
        f"<g><title>{escape(_spoken(name, steps, line, stale))}</title>{stack}"
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="6"'
        f' fill="{_SURFACE}" stroke="{colour}" stroke-width="1.5"{dashed}/>{_bar(box, steps)}'
        f'<text x="{box.x + beside - 12:.1f}" y="{baseline:.1f}" font-size="13" text-anchor="middle"'
        f' fill="{colour}">{icon}</text>'
        f'<text x="{box.x + beside:.1f}" y="{baseline:.1f}" font-size="{NAME_SIZE}"'
        f' font-weight="{weight}" fill="{_TEXT}">{escape(shown)}</text>{second}</g>'
    )


def _data(name: str, box: Box) -> str:
    """Return an input that only the catalog has: with round ends, and no status."""
    shown = ellipsised(name, NAME_SIZE, box.width - box.height)
    return (
        f"<g><title>{escape(name)}, from the catalog</title>"
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
        f' rx="{box.height / 2:.1f}" fill="{_GROUND}" stroke="{_LINE}" stroke-width="1.5"/>'
        f'<text x="{box.x + box.width / 2:.1f}" y="{box.y + box.height / 2 + 4:.1f}" text-anchor="middle"'
        f' font-size="{NAME_SIZE}" fill="{_TEXT}">{escape(shown)}</text></g>'
    )


def _behind(box: Box) -> str:
    """Return the edge of a second card behind: a node that holds several steps."""
    return (
        f'<rect x="{box.x + 4:.1f}" y="{box.y + 4:.1f}" width="{box.width:.1f}" height="{box.height:.1f}"'
        f' rx="6" fill="{_SURFACE}" stroke="{_LINE}"/>'
    )


def _bar(box: Box, steps: Sequence[StepView]) -> str:
    share = running_share(steps[0]) if len(steps) == 1 else None
    if share is None:
        return ""
    width = (box.width - 12) * share
    return (
        f'<rect x="{box.x + 6:.1f}" y="{box.y + box.height - 5:.1f}" width="{width:.1f}" height="2.5" rx="1"'
        f' fill="{_ink(Status.RUNNING)}"/>'
    )


def _ink(status: Status | Literal["stale"]) -> str:
    look = STALE if status == STALE.word else LOOKS[Status(status)]
    return f"var(--jupyter-pipes-{look.word}, {look.ink})"


def _spoken(name: str, steps: Sequence[StepView], line: str, stale: Mapping[str, str]) -> str:
    if len(steps) == 1 and steps[0].name in stale:
        return f"{spoken(steps[0], stale)} ({stale[steps[0].name]})"
    reason = steps[0].reason if len(steps) == 1 else ""
    return f"{name}, {line}{f' ({reason})' if reason else ''}"
