"""Artifacts are listed without their values, looked into as plain data, and loaded only where trusted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.kernel.link.conftest import AskedKernel

pytestmark = pytest.mark.slow

CELLS = {
    "load": "%%step load\nimport pandas as pd\n"
    "raw = pd.DataFrame({'x': range(250), 'name': ['<b>a</b>'] * 250})",
    "fit": "%%step fit\nraw = raw.head(2)\nsummary = {'mean': 1.5}\nwords = 'hello'\n"
    "display({'image/svg+xml': '<svg/>'}, raw=True)",
}


def by_name(kernel: AskedKernel) -> dict[tuple[str, str], dict[str, Any]]:
    return {(each["step"], each["name"]): each for each in kernel.answer("artifacts")["artifacts"]}


def test_artifacts_are_listed_by_step_with_the_line_that_gets_them(kernel: AskedKernel) -> None:
    kernel.show(**CELLS)
    assert kernel.answer("artifacts") == {"artifacts": (), "distrust": ""}
    kernel.run()
    listed = by_name(kernel)
    raw = listed["load", "raw"]
    assert (raw["type"], raw["shape"], raw["line"]) == (
        "pandas.DataFrame",
        (250, 2),
        "%pipeline get load.raw",
    )
    assert listed["fit", "raw"]["line"] == "%pipeline get raw"


def test_a_frame_is_shown_page_by_page_as_text(kernel: AskedKernel) -> None:
    kernel.show(**CELLS)
    kernel.run()
    look = kernel.answer("look inside", step="load", name="raw")
    assert (look["kind"], look["columns"], look["total"], len(look["rows"])) == (
        "table",
        ("", "x", "name"),
        250,
        100,
    )
    last = kernel.answer("look inside", step="load", name="raw", start=200)
    assert (len(last["rows"]), last["rows"][-1]) == (50, ("249", "249", "<b>a</b>"))


def test_an_artifact_becomes_a_variable_of_its_name(kernel: AskedKernel) -> None:
    kernel.show(**CELLS)
    kernel.run()
    assert kernel.answer("load artifact", step="fit", name="summary") == {"variable": "summary"}
    assert kernel.session.namespace["summary"] == {"mean": 1.5}
    kernel.answer("load artifact", step="load", name="raw")
    assert len(kernel.session.namespace["raw"]) == 250


def test_a_displayed_figure_is_listed_shown_and_loaded_as_other_artifacts_are(kernel: AskedKernel) -> None:
    kernel.show(**CELLS)
    kernel.run()
    figure = by_name(kernel)["fit", "figure 1"]
    assert (figure["type"], figure["line"]) == ("image/svg+xml", "%pipeline get 'figure 1'")
    look = kernel.answer("look inside", step="fit", name="figure 1")
    assert (look["kind"], look["form"], look["data"]) == ("image", "image/svg+xml", "PHN2Zy8+")
    assert kernel.answer("load artifact", step="fit", name="figure 1") == {"variable": "figure_1"}


def test_what_is_not_kept_is_said(kernel: AskedKernel) -> None:
    kernel.show(**CELLS)
    assert "run it" in kernel.refusal("look inside", step="load", name="raw")


def test_nothing_is_loaded_that_others_could_have_written_until_the_user_says_so(
    kernel: AskedKernel, tmp_path: Path
) -> None:
    kernel.show(**CELLS)
    kernel.run()
    (tmp_path / ".jupyter_pipes").chmod(0o777)
    listed = kernel.answer("artifacts")
    assert "trust" in listed["distrust"]
    assert listed["artifacts"][0]["preview"]
    for ask in ("look inside", "load artifact"):
        assert "trust" in kernel.refusal(ask, step="load", name="raw")
    assert "raw" not in kernel.session.namespace
    kernel.answer("trust values")
    assert kernel.answer("look inside", step="load", name="raw")["kind"] == "table"
    assert kernel.answer("artifacts")["distrust"] == ""
