"""A report is one page that needs nothing else and tells all that is kept of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes import Pipeline
from jupyter_pipes.display.report.page import page
from jupyter_pipes.export.report import write_report
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.pipelines.notebook import cell_from_source
from jupyter_pipes.runs.run import Run
from tests.display.report.test_outputs import Page

pytestmark = pytest.mark.slow

SOURCES = (
    "%%params\nrate: float = 0.5\nkind: str = '<i>a</i>'",
    "%%step fit\nfrom jupyter_pipes import current\nfrom IPython.display import HTML, display\n"
    "for place in range(3):\n    current.metric('loss', rate * place)\n"
    "current.metric('auc', float('nan'))\n"
    "display(HTML('<b>shown</b></div></article><script>alert(1)</script><img src=http://x>'))\n"
    "print('\\x1b[32mfitted\\x1b[0m', kind, 'x' * 300_000)\nfitted = [1, 2]",
    "%%step check --retries 1 --retry-delay 0.01s\nassert fitted == '<script>', '<script>alert(1)</script>'\n"
    "ok = 1",
    "%%step use\nprint(ok)",
    '%%step score --map "k in [1, 0]"\nshare = 1 / k',
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("study")
    cells = [cell_from_source(str(place), place, text)[0] for place, text in enumerate(SOURCES, 1)]
    return Pipeline.from_cells("study", cells, folder).run(check=False)


@pytest.fixture(scope="module")
def html(run: Run) -> str:
    return page(run)


def test_it_runs_nothing_loads_nothing_and_is_whole(html: str) -> None:
    seen = Page(f"<html><body{html.partition('<body')[2]}")
    # Colours of terminals have rules of their own where they stand.
    assert ([each for each in seen.wrong if each != "style"], seen.open) == ([], [])
    assert "<script" not in html.lower()
    assert "default-src 'none'" in html


def test_it_is_small_whatever_steps_print(html: str) -> None:
    assert len(html.encode()) < 2**20


@pytest.mark.parametrize(
    "told",
    [
        "1 completed · 2 failed · 1 skipped",
        '<svg xmlns="http://www.w3.org/2000/svg"',
        "3 values from 0 to 1, lowest 0, highest 1",
        '<code>auc</code></td><td class="number">NaN',
        "<b>shown</b>",
        "AssertionError</b>: &lt;script&gt;alert(1)&lt;/script&gt;",
        "attempt 2",
        "<code>score[1]</code>",
        "ZeroDivisionError",
        "&lt;i&gt;a&lt;/i&gt;",
        "CPython",
        "check failed",
    ],
)
def test_it_tells(html: str, told: str) -> None:
    assert told in html


def test_it_replaces_an_earlier_report_and_no_other_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "out.html"
    write_report(run, path)
    write_report(run, path)
    path.write_text("<!DOCTYPE html>\n<!-- mine -->")
    with pytest.raises(UsageError, match="--force"):
        write_report(run, path)
    write_report(run, path, force=True)
    assert run.id in path.read_text()
    with pytest.raises(UsageError, match=r"call it out\.html"):
        write_report(run, tmp_path / "out.ipynb")
