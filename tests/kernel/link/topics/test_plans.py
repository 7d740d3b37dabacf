"""What a run would do is told before it does it, with what each step took last time."""

from __future__ import annotations

import pytest

from jupyter_pipes.kernel.link.topics.plans import LastSeconds
from tests.kernel.link.conftest import AskedKernel

pytestmark = pytest.mark.slow

CELLS = {
    "params": "%%params\nn: int = 1",
    "a": "%%step a\nx = n",
    "b": "%%step b\ny = x + 1",
    "c": "%%step c\nz = 1",
}


def decisions(kernel: AskedKernel, **more: object) -> dict[str, str]:
    return {step["name"]: step["decision"] for step in kernel.answer("foresee", **more)["steps"]}


def wait_until_stale(kernel: AskedKernel, *names: str) -> None:
    import threading

    changed = threading.Event()
    kernel.session.watch(changed.set)
    while set(kernel.session.stale_words()) != set(names):
        assert changed.wait(60)
        changed.clear()


def test_a_first_run_runs_all_and_nobody_knows_how_long(kernel: AskedKernel) -> None:
    kernel.show(**CELLS)
    steps = kernel.answer("foresee")["steps"]
    assert [(step["name"], step["seconds"]) for step in steps] == [("a", None), ("b", None), ("c", None)]
    assert decisions(kernel) == {"a": "run", "b": "run", "c": "run"}


def test_what_fits_is_cached_and_what_was_edited_runs_with_its_reason_and_its_last_time(
    kernel: AskedKernel,
) -> None:
    kernel.show(**CELLS)
    kernel.run()
    kernel.show(a="%%step a\nx = n + 1")
    steps = {step["name"]: step for step in kernel.answer("foresee")["steps"]}
    assert [steps[name]["decision"] for name in "abc"] == ["run", "depends", "cached"]
    assert "code changed" in steps["a"]["reasons"][0]
    assert steps["a"]["seconds"] > 0


def test_other_values_are_foreseen_with_them(kernel: AskedKernel) -> None:
    kernel.show(**CELLS)
    kernel.run()
    assert decisions(kernel, params={"n": "2"})["a"] == "run"
    assert decisions(kernel, params={"n": "1"})["a"] == "cached"


def test_stale_steps_are_foreseen_and_run_with_the_values_of_the_run_that_they_are_stale_for(
    kernel: AskedKernel,
) -> None:
    kernel.show(**CELLS)
    kernel.run(params={"n": "4"})
    kernel.show(b="%%step b\ny = x + 2")
    wait_until_stale(kernel, "b")
    assert decisions(kernel, only_stale=True) == {"a": "cached", "b": "run"}
    kernel.answer("run stale")
    assert kernel.session.run is not None
    kernel.session.run.wait(60)
    assert kernel.session.run["y"] == 6


def test_without_stale_steps_that_is_said(kernel: AskedKernel) -> None:
    kernel.show(**CELLS)
    assert "no step is stale" in kernel.refusal("foresee", only_stale=True)


def test_the_last_time_is_that_of_the_run_that_made_the_result(kernel: AskedKernel) -> None:
    kernel.show(**CELLS)
    kernel.run()
    first = LastSeconds(kernel.session.pipeline().workspace.history, "notebook").of("a")
    kernel.run()
    assert LastSeconds(kernel.session.pipeline().workspace.history, "notebook").of("a") == first
    assert LastSeconds(None, "notebook").of("a") is None
