"""What it costs that nothing is to do: decisions in a warm kernel, the command, wide pipelines, helpers."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Figure, beside, milliseconds, write_notebook

if TYPE_CHECKING:
    from jupyter_pipes.runs.pipeline import Pipeline

STEPS = 20
MANY = 10_000
HELPERS = 50
TIMES = 11


def measure() -> list[Figure]:
    """Return the figures of cached runs."""
    with tempfile.TemporaryDirectory() as folder:
        programs = milliseconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), TIMES)
        return [
            Figure("reruns: a Python program that does nothing", programs, "ms"),
            *_chain(Path(folder)),
            *_helpers(Path(folder)),
            *_many(Path(folder), programs),
        ]


def _chain(folder: Path) -> list[Figure]:
    from jupyter_pipes import Pipeline

    path = folder / "chain.ipynb"
    bodies = ["x0 = 1", *(f"x{n} = x{n - 1} + 1" for n in range(1, STEPS))]
    write_notebook(path, [f"%%step s{n}\n{body}" for n, body in enumerate(bodies)])
    pipeline = Pipeline.from_notebook(path)
    pipeline.run()
    whole = milliseconds(pipeline.run, TIMES)
    decided = [_until_decided(pipeline.run()) for _ in range(TIMES)]
    commands = milliseconds(lambda: _command("run", str(path)), TIMES)
    helps = milliseconds(lambda: _command("--help"), TIMES)
    return [
        Figure(f"reruns: {STEPS} cached steps, decided and written", decided, "ms"),
        Figure(f"reruns: {STEPS} cached steps, the whole call", whole, "ms"),
        beside("reruns: jupyter pipes run, nothing to do", commands, "ms", helps, "jupyter pipes --help"),
    ]


def _until_decided(run: Any) -> float:
    """Return milliseconds from a run's first fact to its last step's end, by the journal."""
    from jupyter_pipes.model import events

    records = run.workspace.history.records(run.id)
    ends = [record.time for record in records if isinstance(record.event, events.StepEnded)]
    return (ends[-1] - records[0].time) * 1000


def _command(*words: str) -> None:
    # The machine's setting may forbid what every installation has: compiled modules.
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(["jupyter", "pipes", *words], check=True, capture_output=True, env=environment)


def _helpers(folder: Path) -> list[Figure]:
    from jupyter_pipes import Pipeline
    from jupyter_pipes.planning.decision import Decider

    path = folder / "helpers.ipynb"
    helpers = [f"def h{n}(x):\n    return h{n + 1}(x) + {n}" for n in range(HELPERS - 1)]
    write_notebook(path, [*helpers, f"def h{HELPERS - 1}(x):\n    return x", "%%step s\ny = h0(1)"])
    pipeline = Pipeline.from_notebook(path)
    (step,) = pipeline.graph.steps
    decider = Decider(pipeline.workspace, pipeline.name, (folder,))
    decider.decide(step, {}, {})
    taken = milliseconds(lambda: decider.decide(step, {}, {}), 50)
    return [Figure(f"reruns: signature and look-up of a step with {len(step.prelude)} helpers", taken, "ms")]


def _many(folder: Path, programs: list[float]) -> list[Figure]:
    pipeline = many_cached(folder, MANY)
    decided: list[float] = []
    for _ in range(3):
        run = pipeline.run()
        assert run.status == "completed"
        assert all(step.status == "cached" for step in run.steps.values())
        decided.append(_until_decided(run))
    return [
        beside(f"reruns: {MANY:,} cached steps", decided, "ms", programs, "python -c pass"),
    ]


def many_cached(folder: Path, count: int) -> Pipeline:
    """Return a pipeline of many cached steps; their first run is made up, it would take minutes."""
    from jupyter_pipes.model.steps import Step
    from jupyter_pipes.runs.pipeline import Pipeline

    steps = [Step("s0", 0, "x0 = 0", "cell 1", writes=("x0",))]
    for n in range(1, count):
        body = f"x{n} = x0 + {n}"
        steps.append(Step(f"s{n}", n, body, f"cell {n + 1}", reads={"x0": "s0"}, writes=(f"x{n}",)))
    pipeline = Pipeline("many")
    pipeline.graph, pipeline.directory = type(pipeline.graph)(tuple(steps)), folder
    _keep_results(pipeline)
    return pipeline


def _keep_results(pipeline: Pipeline) -> None:
    import msgspec

    from jupyter_pipes.history.indexing import ResultContent
    from jupyter_pipes.planning.decision import Decider

    workspace, history = pipeline.workspace, pipeline.workspace.history
    decider = Decider(workspace, pipeline.name, ())
    changes: list[Any] = []
    attachments: dict[str, bytes] = {}
    first = workspace.store.put("x0", 0)
    for number, step in enumerate(pipeline.graph.steps):
        made = first if number == 0 else workspace.store.put(step.writes[0], number)
        decision = decider.decide(step, {}, {"x0": first} if number else {})
        parts, content = decision.packed_parts()
        attachments[parts] = content
        row = {
            "signature": decision.signature,
            "pipeline": pipeline.name,
            "step": step.name,
            "run": "made-up",
        }
        kept = msgspec.msgpack.encode(ResultContent(artifacts=(made,)))
        changes.append(("add_result", {**row, "time": 0.0, "parts": parts, "kept": kept}))
    history.keep_attachments(attachments)
    history.database.change(changes)
