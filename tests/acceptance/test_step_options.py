"""Each option of `%%step`, from the contract: what it changes in a run."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import pytest

from jupyter_pipes.display.ansi import plain
from jupyter_pipes.model.errors import InvalidPipeline, PipesError, UsageError
from jupyter_pipes.runs.run import Run
from tests.acceptance.conftest import NewProject


def statuses(run: Run) -> dict[str, str]:
    return {name: step.status.value for name, step in run.steps.items()}


def test_after_is_an_edge_without_data_that_blocks(project: NewProject) -> None:
    study = project(
        "%%step slow\nimport time, pathlib\ntime.sleep(0.3)\npathlib.Path('made').touch()",
        "%%step quick --after slow\nimport pathlib\nthere = pathlib.Path('made').exists()",
    )
    run = study.run()
    assert run["there"] is True
    assert run.steps["quick"].planned.options.after == ("slow",)
    assert run.steps["quick"].planned.reads == {}


def test_a_failure_of_a_step_that_another_is_after_blocks_it(project: NewProject) -> None:
    study = project("%%step a\n1 / 0", "%%step b --after a\nx = 1", "%%step c\ny = 1")
    assert statuses(study.run(check=False)) == {"a": "failed", "b": "skipped", "c": "completed"}


def test_in_replaces_the_inferred_reads(project: NewProject) -> None:
    study = project(
        "%%step a\nx = 1\ny = 2", "%%step b --in x\ntext = 'y' if 'y' in globals() else 'no y'\nz = eval('x')"
    )
    run = study.run()
    assert run.steps["b"].planned.reads == {"x": "a"}
    assert (run["text"], run["z"]) == ("no y", 1)


def test_out_replaces_the_inferred_writes(project: NewProject) -> None:
    study = project("%%step a --out y\nx = 1\ny = 2")
    run = study.run()
    assert run.steps["a"].planned.writes == ("y",)
    assert [artifact.name for artifact in run.steps["a"].artifacts] == ["y"]


def test_out_says_what_an_opaque_cell_writes(project: NewProject) -> None:
    study = project("%%step a --out z\nexec('z = 3')", "%%step b\nw = z + 1")
    assert study.run()["w"] == 4


def test_a_file_counts_by_content(project: NewProject) -> None:
    study = project("%%step a --file data/*.csv\nfrom glob import glob\nn = len(glob('data/*.csv'))")
    data = study.folder / "data"
    data.mkdir()
    (data / "one.csv").write_text("1")
    assert study.ran() == ["a"]
    assert study.ran() == []
    (data / "one.csv").write_text("2")
    assert study.ran() == ["a"]
    (data / "two.csv").write_text("2")
    assert study.ran() == ["a"]
    (data / "two.csv").unlink()
    assert study.ran() == [], "undone: the earlier result fits again"
    os.utime(data / "one.csv", (1, 1))
    assert study.ran() == [], "a new time with the same content is no change"


def test_a_file_that_is_not_there_is_an_error_with_step_and_path(project: NewProject) -> None:
    study = project("%%step a\nx = 1", "%%step b --file nowhere.csv\ny = x")
    with pytest.raises(PipesError, match=r"(?s)step b.*nowhere\.csv.*check the path"):
        study.run()


FLAKY = """%%step flaky {}
from pathlib import Path
path = Path("tries.txt")
tries = int(path.read_text()) + 1 if path.exists() else 1
path.write_text(str(tries))
print("try", tries)
if tries < 3:
    raise {}("not yet")
"""


def test_retries_are_numbered_attempts_with_logs_of_their_own(project: NewProject) -> None:
    run = project(FLAKY.format("--retries 3", "ValueError")).run()
    attempts = run.steps["flaky"].attempts
    assert [(a.number, a.status.value) for a in attempts] == [(1, "failed"), (2, "failed"), (3, "completed")]
    assert [run.logs("flaky", attempt=number) for number in (1, 2, 3)] == ["try 1\n", "try 2\n", "try 3\n"]
    assert run.logs("flaky") == "try 3\n"
    assert run["tries"] == 3
    assert run.steps["flaky"].error is None


def test_retries_end_with_the_last_failure(project: NewProject) -> None:
    run = project(FLAKY.format("--retries 1", "ValueError")).run(check=False)
    step = run.steps["flaky"]
    assert (run.status, len(step.attempts)) == ("failed", 2)
    assert "not yet" in step.reason


def test_the_delay_of_retries_doubles(project: NewProject) -> None:
    run = project(FLAKY.format("--retries 2 --retry-delay 200ms", "ValueError")).run()
    first, second, third = run.steps["flaky"].attempts
    assert second.started is not None
    assert third.started is not None
    assert first.ended is not None
    assert second.ended is not None
    assert second.started - first.ended >= 0.2
    assert third.started - second.ended >= 0.4


@pytest.mark.parametrize(
    ("wanted", "raised", "attempts"),
    [
        ("ValueError", "ValueError", 3),
        ("KeyError ValueError", "ValueError", 3),
        ("OSError", "ConnectionResetError", 3),
        ("KeyError", "ValueError", 1),
    ],
)
def test_retry_on_limits_the_exceptions(project: NewProject, wanted: str, raised: str, attempts: int) -> None:
    run = project(FLAKY.format(f"--retries 3 --retry-on {wanted}", raised)).run(check=False)
    assert len(run.steps["flaky"].attempts) == attempts


def test_a_timeout_is_a_failure_that_says_so(project: NewProject) -> None:
    begun = time.monotonic()
    run = project("%%step slow --timeout 300ms\nimport time\ntime.sleep(60)").run(check=False)
    assert time.monotonic() - begun < 30
    assert (run.status, run.steps["slow"].status) == ("failed", "failed")
    assert "timed out after" in run.steps["slow"].reason


def test_a_timeout_counts_for_each_attempt(project: NewProject) -> None:
    run = project("%%step slow --timeout 200ms --retries 1\nimport time\ntime.sleep(60)").run(check=False)
    assert [attempt.status.value for attempt in run.steps["slow"].attempts] == ["failed", "failed"]


FAILING = ["%%step bad {}\nx = 1\nraise RuntimeError('no')", "%%step child\nseen = x", "%%step other\ny = 2"]


def test_on_fail_skip_skips_descendants_and_goes_on(project: NewProject) -> None:
    for option in ("", "--on-fail skip"):
        run = project(FAILING[0].format(option), *FAILING[1:]).run(check=False)
        assert statuses(run) | {"other": "completed"} == {
            "bad": "failed",
            "child": "skipped",
            "other": "completed",
        }
        assert "bad" in run.steps["child"].reason
        assert run.status == "failed"


def test_on_fail_stop_cancels_the_rest_and_the_run_is_failed(project: NewProject) -> None:
    run = project(
        "%%step slow\nimport time\ntime.sleep(30)\ny = 2",
        "%%step later\nz = y",
        FAILING[0].format("--on-fail stop"),
    ).run(check=False)
    assert run.status == "failed"
    assert statuses(run) == {"slow": "cancelled", "later": "cancelled", "bad": "failed"}
    assert all(step.reason for step in run.steps.values())


def test_on_fail_ignore_gives_none_and_the_run_completes(project: NewProject) -> None:
    run = project(FAILING[0].format("--on-fail ignore"), *FAILING[1:]).run()
    assert run.status == "completed"
    assert statuses(run) == {"bad": "failed", "child": "completed", "other": "completed"}
    assert run["seen"] is None


CONDITIONAL = (
    "%%params\nn: int = 1",
    "def big(xs):\n    return len(xs) > 2",
    "%%step load\nxs = list(range(n))",
    '%%step heavy --when "big(xs)"\ntotal = sum(xs)',
    "%%step beside --after heavy\nz = 1",
    "%%step report\nr = total",
    "%%step careful --on-fail ignore\nt = total is None",
)
SKIPPED = {"load": "completed", "heavy": "skipped", "beside": "completed", "report": "skipped"}


def test_a_step_is_skipped_unless_its_condition_is_true_and_that_is_remembered(project: NewProject) -> None:
    study = project(*CONDITIONAL)
    run = study.run()
    assert statuses(run) == {**SKIPPED, "careful": "completed"}
    assert (run.status, run["t"]) == ("completed", True)
    reasons = {name: run.steps[name].reason for name in ("heavy", "report")}
    assert reasons == {"heavy": "big(xs): xs has 1", "report": "heavy was skipped"}
    planned = {step.name: step.reasons[0] for step in study.pipeline().plan().steps}
    assert planned["heavy"].startswith("would be skipped: big(xs): xs has 1")
    assert planned["report"] == "would be skipped: heavy was skipped"
    again = study.run()
    assert again.steps["heavy"].reason == "big(xs): xs has 1"
    assert [name for name, step in again.steps.items() if step.attempts] == []
    many = study.run(params={"n": 5}, debug=True)
    assert (many["r"], many["t"]) == (10, False)


def test_a_run_waits_at_a_gate_until_it_is_approved_or_refused(project: NewProject) -> None:
    study = project("%%step a\nx = 1", "%%step b --gate 'Look at x'\ny = x")
    pipeline = study.pipeline()
    assert pipeline.plan().steps[1].reasons[-1] == "waits for approval: Look at x"
    answers: list[Callable[[Run], None]] = [
        lambda run: run.refuse(reason="too early"),
        lambda run: run.approve("b"),
    ]
    ends: list[tuple[str, str]] = []
    for answer in answers:
        run, reached = pipeline.start(), threading.Event()
        run.subscribe(lambda view, record, reached=reached: reached.set() if view.gates else None)
        assert run.view.gates or reached.wait(30)
        assert run.steps["b"].reason == "waits for approval: Look at x"
        answer(run)
        ends.append((run.wait(30).status, run.steps["b"].status))
        with pytest.raises(UsageError, match="does not wait for approval"):
            run.approve("b")
    assert ends == [("cancelled", "cancelled"), ("completed", "completed")]
    assert study.run().steps["b"].status == "cached", "nobody is asked for what is kept"


def test_a_condition_that_raises_is_a_failed_step_with_the_line(project: NewProject) -> None:
    """So are a `--map` that does, and the helper's line, without the code that is around the expression."""
    run = project(
        "def first(xs):\n    for x in xs[:1] or [xs[0]]:\n        yield x",
        "%%step a\nx = []",
        '%%step b --when "[*first(x)]"\ny = 1',
        '%%step c --map "each in first(x)"\nz = each',
        '%%step d --when "x[0] > 1"\nw = 1',
    ).run(check=False)
    for name, said in (
        ("b", "--when [*first(x)]"),
        ("c", "--map each in first(x)"),
        ("d", "--when x[0] > 1"),
    ):
        error = run.steps[name].error
        assert error is not None
        assert (run.steps[name].status, error.type, error.line) == ("failed", "IndexError", 1)
        assert f"{said}: IndexError" in run.steps[name].reason
        told = plain(error.traceback).lower()
        assert ("cell 1, line 2, in first" in told, "_of_the_map" in told) == (name != "d", False)


def test_cpus_are_reserved_so_that_steps_wait_for_each_other(project: NewProject) -> None:
    cpus = os.cpu_count() or 1
    source = "%%step {0} --cpus {1}\nimport time\n"
    source += "{0}_began = time.time()\ntime.sleep(0.2)\n{0}_ended = time.time()"
    run = project(source.format("a", cpus), source.format("b", cpus)).run()
    assert run["a_ended"] <= run["b_began"] or run["b_ended"] <= run["a_began"]


def test_more_cpus_than_there_are_is_said_before_anything_runs(project: NewProject) -> None:
    with pytest.raises(InvalidPipeline, match=r"(?s)big.*--cpus 4000"):
        project("%%step ok\nx = 1", "%%step big --cpus 4000\ny = 1").run()


def test_memory_is_a_limit_and_the_reason_says_so(project: NewProject) -> None:
    run = project("%%step hungry --memory 300M\nblock = bytearray(2_000_000_000)", "%%step other\ny = 1").run(
        check=False
    )
    assert statuses(run) == {"hungry": "failed", "other": "completed"}
    assert "memory" in run.steps["hungry"].reason.lower()


def test_stage_and_tags_are_kept_with_the_run(project: NewProject) -> None:
    run = project("%%step a --stage prepare --tags x,y\nv = 1", "%%step b\nw = v").run()
    planned = run.steps["a"].planned
    assert (planned.options.stage, planned.options.tags) == ("prepare", ("x", "y"))
    assert (run.steps["b"].planned.options.stage, run.steps["b"].planned.options.tags) == (None, ())


def test_append_continues_the_step_of_an_earlier_cell(project: NewProject) -> None:
    run = project("%%step a\nx = 1", "%%step a --append\ny = x + 1", "%%step b\nz = x + y").run()
    assert list(run.steps) == ["a", "b"]
    assert run["z"] == 3


@pytest.mark.parametrize(
    "line",
    [
        "a --gpus 1",
    ],
)
def test_options_of_later_versions_are_refused_by_name(project: NewProject, line: str) -> None:
    option = line.split()[1]
    with pytest.raises(InvalidPipeline, match=rf"(?s)step a.*{option}"):
        project(f"%%step {line}\nx = 1").run()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a --retries many", "--retries many"),
        ("a --retries -1", "--retries"),
        ("a --timeout soon", "--timeout soon"),
        ("a --on-fail explode", "skip, stop or ignore"),
        ("a --cpus 0", "--cpus 0"),
        ("a --memory lots", "--memory lots"),
        ("a --retry-delay x", "--retry-delay x"),
        ("a --retry 2", "did you mean --retries?"),
        ("a extra", "extra"),
        ("a --tags", "--tags"),
        ("a --stage 'x", "quotation"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_what_is_allowed(
    project: NewProject, line: str, words: str
) -> None:
    with pytest.raises(InvalidPipeline) as caught:
        project("%%step fine\nx = 1", f"%%step {line}\ny = 1").run()
    (problem,) = caught.value.diagnostics
    assert words in problem.message
    assert (problem.step, problem.line, problem.cell) == ("a", 1, 2)
