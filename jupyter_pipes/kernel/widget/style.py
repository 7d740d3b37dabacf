"""How the live widget looks: its style sheet, and the rules that draw its graph smaller in narrow windows."""

from __future__ import annotations

from jupyter_pipes.display.graph.density import NAME_SIZE
from jupyter_pipes.display.heading import HEADING_CSS
from jupyter_pipes.display.looks import LOOKS, STALE
from jupyter_pipes.display.theme import DARK, DIFF_CSS, theme_css

_GONE = "The kernel of this graph has ended. %pipeline show draws it anew."
_FITS = tuple(share / 100 for share in range(95, 40, -5))
_LEAST_NAME = 4.0
"""Names are not drawn smaller than this on the screen, in px: where they would be, the graph scrolls."""

# The canvas knows no CSS colours: it is drawn for a light theme, and a dark theme turns its lightness round.
# Cytoscape keeps the canvas' place on the page, and looks again only when an animation has ended somewhere:
# without the invisible one, clicks miss once outputs further up have grown.
# ipywidgets marks each part of a widget whose kernel is gone with a broken link.
_CSS = f"""
.jupyter-pipes-live{{border:1px solid var(--jp-border-color2,#d0d7de);border-radius:6px;overflow:hidden}}
.jupyter-pipes-live .custom-widget{{background:transparent;resize:none;margin:0}}
.jupyter-pipes-live .custom-widget:hover{{border:none}}
{DARK} .jupyter-pipes-live .custom-widget canvas{{filter:invert(.93) hue-rotate(180deg)}}
.jupyter-pipes-head{{padding:6px 10px;border-bottom:1px solid var(--jp-border-color2,#d0d7de);
 align-items:flex-start;gap:4px 12px}}
.jupyter-pipes-head .widget-html{{min-width:0;overflow:hidden}}
.jupyter-pipes-buttons{{flex-flow:row wrap;gap:6px;overflow:visible}}
.jupyter-pipes-buttons button,.jupyter-pipes-steps button{{width:auto;margin:0;padding:0 10px;flex:none}}
.jupyter-pipes-buttons button i{{margin-right:6px}}
.jupyter-pipes-live button:focus-visible{{outline:2px solid var(--jp-brand-color1,#1d65c9);
 outline-offset:1px}}
.jupyter-pipes-gates{{padding:6px 10px;gap:4px;border-bottom:1px solid var(--jp-border-color2,#d0d7de)}}
.jupyter-pipes-gates button{{width:auto}}
.jupyter-pipes-gates .widget-html-content{{line-height:1.45;height:auto;overflow-wrap:anywhere}}
.jupyter-pipes-graph{{overflow:auto;max-height:800px;background:var(--jp-layout-color0,#fff);container-type:inline-size}}
.jupyter-pipes-graph:hover,.jupyter-pipes-graph canvas,.jupyter-pipes-head .clock
 {{animation:jupyter-pipes-look-again 1ms}}
@keyframes jupyter-pipes-look-again{{from{{outline-color:transparent}}to{{outline-color:transparent}}}}
.jupyter-pipes-graph>*{{margin:0 auto!important;flex:none}}
.jupyter-pipes-fitted svg{{max-width:100%!important}}
.jupyter-pipes-steps{{flex-flow:row wrap;gap:4px;padding:8px 10px;overflow:visible;
 border-top:1px solid var(--jp-border-color2,#d0d7de)}}
.jupyter-pipes-steps button{{font-size:12px;line-height:22px;max-width:100%;overflow:hidden;
 text-overflow:ellipsis;border:1px solid transparent}}
.jupyter-pipes-steps button.jupyter-pipes-selected{{border-color:currentcolor;font-weight:600}}
.jupyter-pipes-steps button.jupyter-pipes-fold{{padding:0 5px;margin-right:-4px;background:none;
 box-shadow:none;color:var(--jp-ui-font-color1,#1f2328)}}
.jupyter-pipes-side{{box-shadow:-1px -1px 0 var(--jp-border-color2,#d0d7de);padding:6px 10px 10px;
 overflow:visible;position:relative}}
.jupyter-pipes-side>button{{position:absolute;right:6px;top:4px;z-index:1;background:none;padding:0;
 width:26px}}
.jupyter-pipes-details{{overflow:visible}}
.jupyter-pipes-details .widget-html,.jupyter-pipes-head .widget-html{{margin:0;height:auto;min-height:0}}
.jupyter-pipes-details .widget-html-content,.jupyter-pipes-head .widget-html-content{{line-height:1.45;
 min-width:0;height:auto;color:var(--jp-ui-font-color1,#1f2328)}}
.jupyter-pipes-details>*{{flex:none}}
.jupyter-pipes-details .name{{padding-right:30px}}
.jupyter-pipes-details table.facts td{{padding-right:10px}}
.jupyter-pipes-details table.facts td:last-child{{overflow-wrap:anywhere;padding-right:0}}
.jupyter-pipes-details .title{{margin-top:8px;font-weight:600}}
.jupyter-pipes-details .bar{{height:4px;margin:4px 0;border-radius:2px;overflow:hidden;
 background:var(--jp-layout-color2,#e5e7eb)}}
.jupyter-pipes-details .bar>div{{height:100%}}
.jupyter-pipes-details .value{{margin:0 0 4px;overflow-wrap:anywhere}}
.jupyter-pipes-details .value table{{max-width:100%;font-size:11px}}
.jupyter-pipes-details .value pre{{white-space:pre-wrap;overflow-wrap:anywhere;margin:0}}
.jupyter-pipes-live .jupyter-widgets-disconnected::before{{display:none}}
.jupyter-pipes-live.jupyter-widgets-disconnected::before{{content:{_GONE!r};display:block;padding:6px 10px;
 font:13px/1.45 var(--jp-ui-font-family,system-ui,sans-serif);align-self:stretch;
 color:var(--jupyter-pipes-interrupted);border-bottom:1px solid var(--jp-border-color2,#d0d7de)}}
.jupyter-pipes-live.jupyter-widgets-disconnected :is(.jupyter-pipes-buttons,.jupyter-pipes-side>button)
 {{display:none}}
.jupyter-pipes-live.jupyter-widgets-disconnected .jupyter-pipes-steps{{pointer-events:none}}
"""


def live_css() -> str:
    """Return the style sheet of the live widget."""
    return f"{theme_css()}{HEADING_CSS}{DIFF_CSS}{_CSS}{_inks()}"


def fitting_css(name: str, width: float, scale: float) -> str:
    """Return rules that draw the graph smaller the narrower its pane is, in steps that are hardly seen.

    Args:
        name: class of the widget.
        width: the graph's width in px.
        scale: size of a layout's px in it.
    """
    least = _LEAST_NAME / (NAME_SIZE * scale)
    return "".join(
        f"@container (max-width:{width * (share + 0.05):.0f}px)"
        f"{{.{name} .jupyter-pipes-fitted>.custom-widget{{zoom:{share}}}}}"
        for share in _FITS
        if share >= least
    )


def _inks() -> str:
    """Return the rules that give the button of each step its status' colour."""
    looks = (*LOOKS.values(), STALE)
    return "".join(
        f".jupyter-pipes-steps button.jupyter-pipes-is-{look.word}"
        f"{{color:var(--jupyter-pipes-{look.word},{look.ink})}}"
        for look in looks
    )
