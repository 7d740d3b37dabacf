"""The style sheet of all HTML that is displayed: colours for light and dark themes, tables, logs, diffs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from jupyter_pipes.display.looks import LOOKS, STALE, Look
from jupyter_pipes.model.steps import Status

DARK = ':is([data-jp-theme-light="false"],.vscode-dark)'
_ANSI_LIGHT = (
    *("#1f2328", "#c22727", "#1b7a3d", "#8a6100", "#1d65c9", "#9333a8", "#0f766e", "#59636e"),
    *("#59636e", "#d1242f", "#1a7f37", "#9a6700", "#0969da", "#a33bbd", "#0b7c8a", "#6e7781"),
)
_ANSI_NIGHT = (
    *("#9aa4b2", "#ff8a80", "#7ee2a0", "#e6c35c", "#8ab8ff", "#e3a1f2", "#72dbd0", "#d1d7e0"),
    *("#b3bcc9", "#ffa198", "#98efb5", "#f2d57e", "#a8cbff", "#efbcf9", "#93ebe2", "#ffffff"),
)
_BASE_CSS = """
.jupyter-pipes{font:13px/1.45 var(--jp-ui-font-family,system-ui,sans-serif);
 color:var(--jp-ui-font-color1,#1f2328)}
.jupyter-pipes .quiet{color:var(--jp-ui-font-color2,#59636e)}
.jupyter-pipes .status{font-weight:600;white-space:nowrap}
.jupyter-pipes .status.maybe{font-weight:400}
.jupyter-pipes .status i{display:inline-block;width:1.3em;font-style:normal}
.jupyter-pipes pre.log{margin:0;padding:6px 8px;max-height:220px;overflow:auto;display:flex;
 flex-direction:column-reverse;background:var(--jp-cell-editor-background,#f3f4f6);border-radius:4px;
 font:12px/1.4 var(--jp-code-font-family,monospace);color:inherit;white-space:pre-wrap;
 overflow-wrap:anywhere}
.jupyter-pipes .ansi1{font-weight:600}.jupyter-pipes .ansi2{opacity:.75}
.jupyter-pipes .ansi3{font-style:italic}.jupyter-pipes .ansi4{text-decoration:underline}
.jupyter-pipes table.facts{border-collapse:collapse;margin:0;font-size:12px;color:inherit;border:none;
 table-layout:auto}
.jupyter-pipes table.facts :is(td,th){padding:1px 14px 1px 0;text-align:left;vertical-align:top;
 border:none;background:none;font-weight:400;overflow-wrap:break-word;max-width:none}
.jupyter-pipes table.facts td:first-child{min-width:5.5em;overflow-wrap:anywhere}
.jupyter-pipes table.facts tr{background:none!important;border:none}
.jupyter-pipes table.facts td.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.jupyter-pipes table.facts td code{font:12px var(--jp-code-font-family,monospace);color:inherit;
 background:none;padding:0}
.jupyter-pipes .error{border-left:3px solid var(--jupyter-pipes-failed);padding-left:8px}
.jupyter-pipes .note{border-left:3px solid var(--jupyter-pipes-queued);padding-left:8px}
.jupyter-pipes .silent{display:inline-block;max-width:0;overflow:hidden;white-space:nowrap;opacity:0;
 vertical-align:bottom;animation:jupyter-pipes-silent 1ms 25s forwards}
.jupyter-pipes .silent.long{animation-delay:90s}
.jupyter-pipes .status:has(+.silent){animation:jupyter-pipes-old 1ms 25s forwards}
.jupyter-pipes .status:has(+.silent.long){animation-delay:90s}
@keyframes jupyter-pipes-silent{to{max-width:60em;opacity:1}}
@keyframes jupyter-pipes-old{to{font-size:0;margin-right:-10px}}
.jupyter-pipes summary{cursor:pointer}
.jupyter-pipes img{max-width:100%}
"""
_ANSI = (*range(30, 38), *range(90, 98))


@cache
def theme_css() -> str:
    """Return the CSS rules that give each status its colour, in light and in dark themes."""
    night = "".join(f"{DARK} {rule}" for rule in _night_rules())
    return f"{_day_css()}{night}{_plain_css()}{_BASE_CSS}"


def preferred_theme_css() -> str:
    """Return the same rules for a page of its own: dark where its reader prefers that, and never on paper."""
    night = f"@media screen and (prefers-color-scheme:dark){{{''.join(_night_rules())}}}"
    return f"{_day_css()}{night}{_plain_css()}{_BASE_CSS}"


def _day_css() -> str:
    light = "".join(f"--jupyter-pipes-{word}:{look.ink};" for word, look in _looks().items())
    return f".jupyter-pipes{{{light}}}{''.join(_ansi_rules(_ANSI_LIGHT))}"


def _night_rules() -> Iterator[str]:
    night = "".join(f"--jupyter-pipes-{word}:{look.night};" for word, look in _looks().items())
    yield f".jupyter-pipes{{{night}}}"
    yield from _ansi_rules(_ANSI_NIGHT)


def _plain_css() -> str:
    """Return the rules that give black text on a ground, which is a tint, no colour of its own."""
    return "".join(f".jupyter-pipes .ansi{number + 10}.ansi30{{color:inherit}}" for number in _ANSI)


def _looks() -> dict[str, Look]:
    return {**{str(status): look for status, look in LOOKS.items()}, "stale": STALE}


def _ansi_rules(inks: Sequence[str]) -> Iterator[str]:
    """Yield the rules of coloured text, and of grounds: a tint, on which all text can be read."""
    for number, ink in zip(_ANSI, inks, strict=True):
        yield f".jupyter-pipes .ansi{number}{{color:{ink}}}"
        ground = f"color-mix(in srgb,{ink} 24%,transparent)"
        yield f".jupyter-pipes .ansi{number + 10}{{background:{ground}}}"


def ink(status: Status) -> str:
    """Return the CSS colour of a status, right in light and dark themes where `theme_css` is present."""
    return f"var(--jupyter-pipes-{status}, {LOOKS[status].ink})"


DIFF_CSS = f"""
.jupyter-pipes pre.diff{{margin:2px 0 6px;padding:6px 8px;max-height:400px;overflow:auto;
 background:var(--jp-cell-editor-background,#f3f4f6);border-radius:4px;
 font:12px/1.4 var(--jp-code-font-family,monospace);color:var(--jp-ui-font-color1,#1f2328);
 white-space:pre-wrap;overflow-wrap:anywhere}}
.jupyter-pipes pre.diff .added{{color:{ink(Status.COMPLETED)}}}
.jupyter-pipes pre.diff .removed{{color:{ink(Status.FAILED)}}}
.jupyter-pipes pre.diff .place{{color:{ink(Status.RUNNING)}}}
"""
