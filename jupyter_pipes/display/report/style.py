"""How a report looks: on a screen in light and dark, in wide and narrow windows, and on paper."""

from __future__ import annotations

from jupyter_pipes.display.heading import HEADING_CSS
from jupyter_pipes.display.looks import LOOKS
from jupyter_pipes.display.theme import DIFF_CSS, preferred_theme_css
from jupyter_pipes.model.steps import Status

# What JupyterLab calls these colours, so that all that is drawn for it looks right here.
_LIGHT = """
 --jp-layout-color0:#fff;--jp-layout-color1:#fff;--jp-layout-color2:#e5e7eb;
 --jp-cell-editor-background:#f6f7f9;--jp-ui-font-color1:#1f2328;--jp-ui-font-color2:#59636e;
 --jp-border-color2:#d8dee4;--report-queue:#d9a514;--report-imports:#8b7fe0;--report-link:#0b57b0;
"""
_DARK = """
 --jp-layout-color0:#16191d;--jp-layout-color1:#1d2126;--jp-layout-color2:#363c44;
 --jp-cell-editor-background:#22272d;--jp-ui-font-color1:#e6eaef;--jp-ui-font-color2:#a3adb9;
 --jp-border-color2:#3a414a;--report-queue:#c9982a;--report-imports:#8378d6;--report-link:#8ab8ff;
"""
_CSS = f"""
*{{box-sizing:border-box}}
body.jupyter-pipes{{margin:0;background:var(--jp-layout-color0);color:var(--jp-ui-font-color1)}}
main{{max-width:1128px;margin:0 auto;padding:24px 24px 48px}}
header{{padding-bottom:16px}}
header .heading>div:first-child{{font-size:20px;line-height:1.4;padding-bottom:4px}}
h2{{font-size:16px;line-height:1.3;margin:0 0 10px}}
section{{border-top:1px solid var(--jp-border-color2);padding:16px 0 20px}}
a{{color:var(--report-link);text-underline-offset:2px}}
.graph{{overflow-x:auto}}
.graph svg{{display:block;margin:0 auto}}
.jupyter-pipes .title{{margin:14px 0 4px;font-weight:600}}
.legend{{display:flex;flex-wrap:wrap;gap:2px 16px;list-style:none;margin:0 0 8px;padding:0;font-size:12px}}
.legend .bar{{display:inline-block;width:14px;height:10px;margin-right:5px}}
.critical{{color:var(--report-link)}}
table.timeline{{width:100%;border-collapse:collapse;font-size:12px}}
.timeline :is(th,td){{padding:3px 10px 3px 0;text-align:left;font-weight:400;white-space:nowrap}}
.timeline thead th{{color:var(--jp-ui-font-color2);vertical-align:bottom}}
.timeline tbody tr{{border-top:1px solid var(--jp-border-color2)}}
.timeline tbody th{{max-width:16em;white-space:normal;overflow-wrap:anywhere}}
.timeline .number{{text-align:right;font-variant-numeric:tabular-nums}}
.timeline :is(th,td):last-child{{padding-right:0}}
.timeline .axis,.timeline .track{{position:relative;width:50%;min-width:140px;padding:0}}
.axis span{{position:absolute;bottom:3px;padding-left:3px;border-left:1px solid var(--jp-border-color2)}}
.track .bar{{position:absolute;top:5px;bottom:5px;min-width:2px}}
.bar{{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
.bar.upstream{{border-bottom:1px dotted var(--jp-ui-font-color2)}}
.bar.decision{{background:var(--jp-ui-font-color2)}}
.bar.gate{{border:1px solid var(--jp-ui-font-color1)}}
.bar.queue{{background:var(--report-queue)}}
.bar.imports{{background:var(--report-imports)}}
.bar.retry{{background:var(--jupyter-pipes-cancelled,{LOOKS[Status.CANCELLED].ink})}}
.bar.running{{background:var(--jupyter-pipes-completed)}}
.bar.running.lost{{border:1px solid var(--jupyter-pipes-failed);background:repeating-linear-gradient(-45deg,
 var(--jupyter-pipes-failed) 0 2px,var(--jp-layout-color0) 2px 5px)}}
article{{padding:14px 0 18px}}
article+article{{border-top:1px solid var(--jp-border-color2)}}
article>.name{{font-size:15px}}
article .columns{{display:grid;grid-template-columns:minmax(0,1fr) 340px;gap:0 32px}}
article table.facts{{margin-top:2px}}
article .value{{margin:0 0 6px}}
article .value pre,.output>pre,.output>div>pre{{margin:0;font:12px/1.4 ui-monospace,monospace}}
article .value pre{{overflow-x:auto}}
.output>pre,.output>div>pre{{white-space:pre-wrap;overflow-wrap:anywhere}}
.jupyter-pipes code{{font:12px ui-monospace,monospace}}
.output{{overflow-x:auto;margin-bottom:8px}}
.output img{{background:#fff;height:auto}}
.output table{{border-collapse:collapse;font-size:12px;border:none}}
.output :is(th,td){{padding:3px 10px;text-align:right;border:none;font-weight:400}}
.output th{{font-weight:600}}
.output thead tr:last-child{{border-bottom:1px solid var(--jp-border-color2)}}
.jupyter-pipes pre.log{{max-height:360px}}
.curves{{display:flex;flex-wrap:wrap;gap:12px 24px}}
.curves figure{{margin:0;max-width:280px;font-size:12px}}
.curves svg{{display:block;margin-top:2px;background:var(--jp-cell-editor-background);border-radius:4px}}
.packages{{columns:15em;margin:10px 0 0;padding:0;list-style:none;font-size:12px;overflow-wrap:anywhere}}
.problem{{display:flex;gap:8px}}
.problem>b{{white-space:nowrap}}
@media (max-width:960px){{
 article .columns{{grid-template-columns:minmax(0,1fr)}}
}}
@media (max-width:820px){{
 main{{padding:16px 16px 32px}}
 .timeline :is(th,td):nth-last-child(-n+3){{display:none}}
 .timeline .axis,.timeline .track{{min-width:90px}}
}}
@media print{{
 main{{max-width:none;padding:0}}
 article .columns{{display:block}}
 .jupyter-pipes pre.log{{max-height:none;display:block}}
 a{{color:inherit;text-decoration:none}}
 section:has(>.graph),figure,.output img,tr,.problem{{break-inside:avoid}}
 h2,.title,.name{{break-after:avoid}}
 .packages{{font-size:10px}}
 .graph,.output{{overflow:visible}}
 article .value pre{{white-space:pre-wrap;overflow-wrap:anywhere}}
}}
"""


def page_css() -> str:
    """Return the style sheet of a report."""
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{_DARK}}}}}"
    return f":root{{{_LIGHT}}}{dark}{preferred_theme_css()}{HEADING_CSS}{DIFF_CSS}{_CSS}"
