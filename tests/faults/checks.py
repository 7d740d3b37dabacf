"""What must hold after each attack: values, blobs, history, files, processes."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import psutil
from blake3 import blake3

from jupyter_pipes.history.cleanup import collect
from jupyter_pipes.history.cleanup.leftovers import is_abandoned
from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.runs.run import Run
from jupyter_pipes.verification.equality.walk import difference
from tests.faults.attacked import marked
from tests.faults.study import FILES, PARTS, STEPS, reference
from tests.waiting import until


def check_values(run: Run, n: int) -> None:
    """Check that a run has the values and files of a plain run: content and types."""
    wanted = reference(n)
    values = {name: run[name] for name in PARTS} | {"balance": run["account"].balance}
    differences = {name: difference(wanted.values[name], value) for name, value in values.items()}
    assert not any(differences.values()), differences
    folder = run.workspace.settings.directory
    assert {name: (folder / name).read_bytes() for name in FILES} == wanted.files


def check_no_process_left(mark: str) -> None:
    """Check that whatever a round started ends by itself."""
    try:
        until(lambda: not marked(mark), "the end of all that was started")
    except TimeoutError:
        left = marked(mark)
        texts = [f"{process.pid} {process.cmdline()}" for process in left if process.is_running()]
        for process in left:
            process.kill()
        psutil.wait_procs(left)
        raise AssertionError(f"left behind: {texts}") from None


class Blobs:
    """The blobs of a store; each is read once."""

    def __init__(self, folder: Path) -> None:
        self._objects = folder / "objects"
        self._whole: set[Path] = set()

    def check(self) -> None:
        """Check that every blob is what its name says."""
        for blob in self._objects.rglob("*"):
            # What is being written has a name of its own, with a dot, until it is whole.
            if blob.is_file() and blob not in self._whole and not blob.name.startswith("."):
                digest = blake3(blob.read_bytes()).hexdigest()
                assert digest == "".join(blob.relative_to(self._objects).parts)[-64:], f"{blob} is torn"
                self._whole.add(blob)


def check_history(workspace: Workspace) -> None:
    """Check that all runs can be told and have ended, and that what they and results refer to is there."""
    history, store = workspace.history, workspace.store
    there = {blob.digest for blob in store.blobs.stored() if blob.digest}
    for summary in history.runs():
        view = history.view(summary.run)
        assert view.status is summary.status
        assert view.status is not Status.RUNNING, f"run {summary.run} goes on for ever"
        assert _missing(_artifacts(view), there) == [], f"run {summary.run} refers to what is not there"
    for step in STEPS:
        for result in history.results_of("study", step, limit=10_000):
            assert _missing(result.artifacts, there) == [], f"a result of {step} is not whole"


def _artifacts(view: RunView) -> list[ArtifactRef]:
    attempts = [attempt for step in view.steps.values() for attempt in step.attempts]
    made = [artifact for attempt in attempts for artifact in attempt.artifacts]
    return made + [artifact for step in view.steps.values() for artifact in step.kept]


def _missing(artifacts: tuple[ArtifactRef, ...] | list[ArtifactRef], there: set[str]) -> list[str]:
    wanted = [digest for artifact in artifacts for digest in (artifact.digest, *artifact.references)]
    return [digest for digest in wanted if digest not in there]


def check_leftovers(workspace: Workspace) -> None:
    """Check that there is nothing in the store's folder but what belongs there, or what `gc` would take."""
    for blob in workspace.store.blobs.stored():
        assert blob.digest or is_abandoned(blob), f"{blob.place} is nobody's, and would stay"
    folder = workspace.settings.folder
    names = {path.name for path in folder.iterdir() if not path.name.startswith(("history.db", "packages-"))}
    assert names <= {".gitignore", "artifacts", "logs", "reserve"}


def check_collection(workspace: Workspace) -> None:
    """Check that `gc` without limits takes what nobody refers to, all of it, and nothing else."""
    # The time for which it leaves alone what somebody may be about to refer to is over.
    with patch.object(collect, "GRACE", -10.0):
        collect.collect(workspace)
        left = collect.plan_collection(workspace)
    assert (left.artifacts.count, left.unfinished.count, left.later.count) == (0, 0, 0)
    check_history(workspace)


def completed_steps(workspace: Workspace, n: int) -> frozenset[str]:
    """Return the steps that the history says completed, in the runs with this value of the parameter."""
    views = [workspace.history.view(summary.run) for summary in workspace.history.runs("study")]
    steps = [step for view in views if view.parameters.get("n") == n for step in view.steps.values()]
    return frozenset(step.name for step in steps if step.status is Status.COMPLETED)
