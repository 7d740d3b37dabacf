"""What steps displayed stands in a report without scripts, and takes nothing of the page with it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from jupyter_pipes.display.report.outputs import output_html, sanitised

VOID = frozenset({"br", "hr", "img", "wbr", "col", "area"})

HOSTILE = {
    "script": "<b>kept</b><script>alert(1)</script>",
    "upper case": "<b>kept</b><SCRIPT SRC='http://x/a.js'></SCRIPT>",
    "handler": "<b onclick='alert(1)' onmouseover=alert(2)>kept</b>",
    "link": "<a href='javascript:alert(1)'>kept</a><a href=' data:text/html,<script>1</script>'>kept</a>",
    "svg": "<svg><script>alert(1)</script><circle onload=alert(1) /></svg><b>kept</b>",
    "frames": "<iframe src='http://x'></iframe><object data='http://x'></object><b>kept</b>",
    "refresh": "<meta http-equiv=refresh content='0;url=http://x'><base href='http://x'><b>kept</b>",
    "loaded": "<img src='http://x/a.png'><img src='//x/a.png'><b style='background:url(http://x)'>kept</b>",
    "style": "<style>body{display:none}</style><link rel=stylesheet href='http://x'><b>kept</b>",
    "form": "<form action='http://x'><input name=a><button>go</button></form><b>kept</b>",
    "ends of ours": "</div></article></main></body><b>kept</b>",
    "no end": "<b>kept</b><div><table><tr><td>",
    "swallows": "<b>kept</b><!-- <textarea><plaintext>",
}


class Page(HTMLParser):
    """Says what a page would run or load, and whether all that it opens is closed, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style", "link", "meta", "base", "iframe", "object", "embed", "form"):
            self.wrong.append(tag)
        for name, value in attrs:
            where = (value or "").strip().lower()
            is_loaded = name == "src" and not where.startswith("data:image/")
            runs = name.startswith("on") or (name == "href" and where.startswith(("javascript:", "data:")))
            if is_loaded or runs or "url(" in where:
                self.wrong.append(f"{tag} {name}={value}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")


@pytest.mark.parametrize("kind", HOSTILE)
def test_html_of_a_step_runs_nothing_loads_nothing_and_ends_what_it_begins(kind: str) -> None:
    page = Page(f"<main>{sanitised(HOSTILE[kind])}</main>")
    assert (page.wrong, page.open) == ([], [])
    assert "kept" in sanitised(HOSTILE[kind])


def test_a_table_of_pandas_stays_one() -> None:
    frame = (
        "<div><style scoped>.dataframe th{text-align:right}</style>"
        '<table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th><th>x</th></tr>'
        "</thead><tbody><tr><th>0</th><td>1 &lt; 2</td></tr></tbody></table></div>"
    )
    html = output_html({"data": {"text/html": frame, "text/plain": "x"}, "metadata": {}})
    assert '<table class="dataframe"><thead><tr style="text-align:right">' in html
    assert "<td>1 &lt; 2</td>" in html


def test_html_with_scripts_is_told_by_its_text_unless_that_says_only_what_it_is() -> None:
    estimator = {"text/html": "<div>Ridge</div><script>1</script>", "text/plain": "Ridge(alpha=1)"}
    assert "Ridge(alpha=1)" in output_html({"data": estimator, "metadata": {}})
    page = {"text/html": "<b>loss</b><script>1</script>", "text/plain": "<IPython.core.display.HTML object>"}
    assert "<b>loss</b>" in output_html({"data": page, "metadata": {}})


def test_a_chart_is_its_picture_where_it_has_one_and_else_a_word_stands_there() -> None:
    chart: dict[str, object] = {
        "application/vnd.plotly.v1+json": {"data": []},
        "text/html": "<div></div><script>1</script>",
    }
    assert "needs scripts" in output_html({"data": chart, "metadata": {}})
    drawn = output_html({"data": {**chart, "image/png": "iVBORw0KGgo="}, "metadata": {}})
    assert "data:image/png" in drawn
    assert "needs scripts" not in drawn
