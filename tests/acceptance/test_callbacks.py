"""Callbacks as users have them: functions of a notebook in every mode, and the plugin of the docs."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from jupyter_pipes import Pipeline
from jupyter_pipes.display.ansi import plain
from jupyter_pipes.runs.run import Run
from tests.acceptance.conftest import NewProject
from tests.acceptance.project import Project

DOCS = Path(__file__).parents[2] / "docs" / "callbacks.md"

CELLS = (
    "%%params\nlr: float = 0.1",
    "least = 10\ndef look(step, params):\n    print('look at', step.name)\n"
    "    return {'lr': 0.5} if params['lr'] < least else None",
    "def no(step, params):\n    return False",
    "def tell(step):\n    print(step.status, step.attempts)",
    "def fail(step, old, new):\n    if new == 'completed':\n        raise ValueError('boom')",
    "%%step fit --before look --after-done tell --on-status fail\nmodel = lr * 2",
    "%%step left --before no\nx = model",
    "%%step reads\ny = x",
)


def detached(study: Project) -> Run:
    return study.pipeline().start(detach=True).wait()


def of_module(study: Project) -> Run:
    assert study.jupyter_pipes_here("export", "study.ipynb", "study.py").code == 0
    return Pipeline.from_module(study.folder / "study.py").run()


WAYS: dict[str, Callable[[Project], Run]] = {
    "a run": lambda study: study.run(),
    "debug": lambda study: study.run(debug=True),
    "detached": detached,
    "module": of_module,
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_functions_of_the_notebook_mean_the_same_in_each_way_of_running_it(
    project: NewProject, way: str
) -> None:
    run = WAYS[way](project(*CELLS))
    assert {name: step.status for name, step in run.steps.items()} == {
        "fit": "completed",
        "left": "skipped",
        "reads": "skipped",
    }
    assert (run["model"], run.params["fit.lr"], run.steps["left"].reason) == (1.0, 0.5, "no returned False")
    assert sorted(run.steps["fit"].notes) == [
        "callback fail failed: ValueError: boom",
        "callback look changed lr = 0.5",
        "callback look printed: look at fit",
        "callback tell printed: completed 1",
    ]
    (failure,) = [noted for noted in run.steps["fit"].called if noted.has_failed]
    assert failure.error is not None
    assert "in fail(step, old, new)" in plain(failure.error.traceback)


class Heard(HTTPServer):
    """A server of this machine that remembers what it was told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told: list[dict[str, str]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Heard

    def do_POST(self) -> None:
        self.server.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


def install(example: str, site: Path) -> None:
    """Install the module of the docs as a distribution with an entry point."""
    (site / "notifier.py").write_text(example, "utf-8")
    about = site / "notifier-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: notifier\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text("[jupyter_pipes.hooks]\nnotifier = notifier\n", "utf-8")


@pytest.mark.slow
def test_the_plugin_of_the_docs_tells_a_url_and_the_desktop(
    project: NewProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code stands in docs/callbacks.md."""
    (example,) = re.findall(
        r"^```python\n(# notifier\.py\n.*?)^```", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    site, desktop = tmp_path / "site", tmp_path / "desktop"
    site.mkdir()
    install(example, site)
    program = site / "notify-send"
    program.write_text(f'#!/bin/sh\necho "$1: $2" > {desktop}\n', "utf-8")
    program.chmod(0o755)
    server = Heard()
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    monkeypatch.setenv("PYTHONPATH", f"{site}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    monkeypatch.setenv("PATH", f"{site}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("NOTIFY_URL", f"http://127.0.0.1:{server.server_port}/hook")
    answer = project("%%step a\n1 / 0").jupyter_pipes("run", "study.ipynb", "--json")
    server.shutdown()
    serving.join()
    server.server_close()
    text = "study failed: a failed"
    assert server.told == [{"text": text, "run": answer.document["run"]}]
    assert desktop.read_text("utf-8") == f"jupyter_pipes: {text}\n"
