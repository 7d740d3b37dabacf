"""A kernel's live graphs: each shows its own run, whatever runs later; an interrupted run says so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from jupyter_pipes.kernel.graphs import LiveGraphs
from jupyter_pipes.kernel.widget.widget import PipelineWidget
from jupyter_pipes.model.views import RunView, StepView
from jupyter_pipes.planning.explanation import Explanation
from jupyter_pipes.runs.nesting.views import NestedViews
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.run import Run
from tests.conftest import MakePipeline
from tests.kernels import run_cells

pytestmark = pytest.mark.slow


class Screen:
    """A notebook with live graphs, by their order on the page."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._widgets: list[PipelineWidget] = []
        self.to_run: list[Run] = []
        self.asked: list[Run | None] = []
        monkeypatch.setattr(PipelineWidget, "show", lambda widget: self._widgets.append(widget))
        self.graphs = LiveGraphs(
            why=self._why,
            on_run=lambda: self.graphs.follow(self.to_run.pop()),
            nested=NestedViews(self._pipeline, Pipeline.load, lambda: None),
        )

    def _pipeline(self) -> Pipeline:
        raise AssertionError("no step of these pipelines is another one")

    def _why(self, step: StepView, run: Run | None) -> Explanation:
        self.asked.append(run)
        return Explanation(step.name, "run", ("told",))

    def show(self, run: Run | None, view: RunView, stale: Mapping[str, str] | None = None) -> None:
        self.graphs.show(run, view, stale or {})

    def text(self, graph: int) -> str:
        """Return what a graph's header and details say."""
        self._widgets[graph].settle()
        texts = (part.value for part in self._parts(graph, "HTML"))
        return "\n".join(text for text in texts if not text.startswith("<style>"))

    def press(self, graph: int, button: str) -> None:
        next(part for part in self._parts(graph, "Button") if part.description == button).click()

    def select(self, graph: int, step: int) -> None:
        steps = [
            part for part in self._parts(graph, "Button") if "jupyter-pipes-is-" in str(part._dom_classes)
        ]
        steps[step].click()

    def _parts(self, graph: int, kind: str) -> list[Any]:
        def below(widget: Any) -> list[Any]:
            return [widget, *(part for child in getattr(widget, "children", ()) for part in below(child))]

        return [part for part in below(self._widgets[graph].widget) if type(part).__name__ == kind]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    return Screen(monkeypatch)


def test_a_graph_stays_with_its_run(screen: Screen, pipeline_of: MakePipeline) -> None:
    """Status, log and reasons are those of its own run after others have come."""
    first = pipeline_of("%%step a\nprint('first')\nx = 1").run()
    screen.show(first, first.view)
    second = pipeline_of("%%step a\nprint('second')\n1 / 0").run(check=False)
    screen.graphs.follow(second)
    screen.graphs.update(second, second.view)
    screen.graphs.mark(second, {"a": "code changed"})
    screen.show(second, second.view)
    for graph, run, said, unsaid in ((0, first, "completed", "failed"), (1, second, "failed", "completed")):
        screen.select(graph, 0)
        text = screen.text(graph)
        assert said in text
        assert unsaid not in text
        assert ("first", "second")[graph] in text
        assert any(asked is run for asked in screen.asked)
    assert "stale" not in screen.text(0)


def test_a_graph_shows_the_run_that_its_own_button_starts(screen: Screen, pipeline_of: MakePipeline) -> None:
    first, second = (pipeline_of(f"%%step a\n{code}").run(check=False) for code in ("x = 1", "1 / 0"))
    for _ in range(2):
        screen.show(first, first.view)
    screen.to_run = [second]
    screen.press(0, "Run")
    assert "1 failed" in screen.text(0)
    assert "1 completed" in screen.text(1)


def test_a_graph_that_had_no_run_shows_the_first(screen: Screen, pipeline_of: MakePipeline) -> None:
    run = pipeline_of("%%step a\nx = 1").run()
    screen.show(None, RunView("", "made"))
    screen.graphs.replace_idle(lambda: RunView("", "made", steps=run.view.steps))
    assert "not started yet" in screen.text(0)
    screen.graphs.follow(run)
    assert "1 completed" in screen.text(0)


KILLED = """
from jupyter_pipes import Pipeline
from pathlib import Path
import os, time
run = Pipeline.from_notebook("study.ipynb").start()
while not Path("started").exists():
    time.sleep(0.01)
os._exit(1)
"""


def test_show_tells_a_run_that_a_dead_kernel_left(tmp_path: Path) -> None:
    from tests.kernel.notebook.test_whereabouts import write

    cells = ("%load_ext jupyter_pipes", "%%step a\nx = 1", "%%step b\nopen('started', 'w').close()")
    long = f"{cells[-1]}\nimport time\ntime.sleep(60 * x)\ny = x"
    write(tmp_path / "study.ipynb", *cells[:2], long, "%pipeline show")
    subprocess.run([sys.executable, "-c", KILLED], cwd=tmp_path, check=False, timeout=60)
    ran = run_cells(tmp_path, [*cells[:2], long, "%pipeline show"])
    assert "study: interrupted, 1 completed · 1 cancelled: %pipeline resume takes it up" in ran.text(3)
    assert "a, completed" in ran.text(3)


def test_show_of_a_kept_run_displays_its_graph(tmp_path: Path) -> None:
    cells = ("%load_ext jupyter_pipes", "%%step a\nx = 1", "%pipeline run", "%%step b\ny = x")
    ran = run_cells(tmp_path, [*cells, "%pipeline run", "%pipeline show previous", "%pipeline show last"])
    kept, current = ran.text(5), ran.text(6)
    assert "a, completed" in kept
    assert "b, " not in kept
    assert "b, completed" in current
