"""The power is cut while a run goes on: what the history calls whole is whole, and what has ended stays."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.model.digests import digest_of
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import RunView
from jupyter_pipes.storage import file_digests
from tests.acceptance.project import Project
from tests.waiting import until

CUTS = int(os.environ.get("PIPES_POWER_CUTS", "3"))
"""In each run."""

STEPS = ["%%step s0\nx0 = bytes(3)"]
STEPS += [f"%%step s{n}\nx{n} = x{n - 1} + bytes([{n}]) * {10 ** (n % 5)}" for n in range(1, 20)]
PROGRAM = [sys.executable, "-m", "jupyter_pipes", "run", "study.ipynb"]
KINDS = {"ext2": ["mkfs.ext2", "-q", "-F"], "ext4": ["mkfs.ext4", "-q", "-F"]}


TRACED = ["strace", "-f", "-y", "-s", "9000", "-e", "trace=pwrite64,fsync,fdatasync"]


def _call(*words: str | Path, fine: tuple[int, ...] = (0,)) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode not in fine:
        raise OSError(f"{words}: {done.stderr or done.stdout}")


class Disk:
    """A file system in a file: what it has written there, and no more, is what a power cut leaves."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.image, self.place = folder / "disk", folder / "mounted"
        self.place.mkdir()
        with self.image.open("wb") as file:
            file.truncate(48 * 1024 * 1024)
        _call(*KINDS[kind], self.image)
        self.mount(self.image)

    def mount(self, image: Path) -> None:
        _call("mount", "-o", "loop", image, self.place)

    def unmount(self) -> None:
        _call("umount", self.place)

    def plug_in(self, image: Path) -> None:
        """Have what a power cut left in place of what is there, mended as a machine does when it starts."""
        self.unmount()
        _call("e2fsck", "-f", "-y", image, fine=(0, 1))
        self.mount(image)

    def left(self, name: str) -> Path:
        """Return a copy of what the disk holds at one moment."""
        copy = self.image.with_name(name)
        while True:
            before = self.image.stat().st_mtime_ns
            _call("cp", "--sparse=always", self.image, copy)
            if self.image.stat().st_mtime_ns == before:
                return copy


@pytest.fixture(params=sorted(KINDS))
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    try:
        disk = Disk(tmp_path, request.param)
    except OSError as error:
        pytest.skip(f"needs the right to mount a file: {error}")
    yield disk
    disk.unmount()


def _cut(process: subprocess.Popen[bytes], disk: Disk, name: str) -> Path:
    """Return what the disk holds while the controller stands still between two calls."""
    process.send_signal(signal.SIGSTOP)
    try:
        tasks = Path(f"/proc/{process.pid}/task")
        until(lambda: all(_state(task) in "TZX" for task in tasks.iterdir()), "the stop of the controller")
        return disk.left(name)
    finally:
        process.send_signal(signal.SIGCONT)


def _state(task: Path) -> str:
    try:
        return (task / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def _views(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[RunView]:
    """Return the runs as a process tells them that was not there before."""
    for name, empty in (("_seen", {}), ("_synced", {}), ("_new", set())):
        monkeypatch.setattr(file_digests, name, empty)
    workspace = Workspace(folder)
    if not workspace.has_history:
        return []
    history = workspace.history
    views = [history.view(summary.run) for summary in history.runs()]
    history.close()
    return views


def _whole(folder: Path, view: RunView) -> dict[str, bool]:
    """Return step -> whether all that it left is there, of those that are said to be done."""
    blobs = Workspace(folder).store.blobs
    done = (step for step in view.steps.values() if step.status.is_done)
    return {
        step.name: all(_is_there(blobs.uri(ref.digest), ref.digest) for ref in step.artifacts)
        for step in done
    }


def _is_there(uri: str, digest: str) -> bool:
    path = Path(uri.removeprefix("file://"))
    return path.is_file() and digest_of([path.read_bytes()]) == digest


@pytest.mark.slow
def test_after_a_power_cut_all_that_the_history_calls_whole_is(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(disk.place, *STEPS)
    os.sync()
    process = subprocess.Popen(
        PROGRAM, cwd=project.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until(lambda: list(project.folder.glob(".jupyter_pipes/artifacts/objects/*/*")), "the first artifact")
    left: list[Path] = []
    while process.poll() is None and len(left) < CUTS:
        time.sleep(random.uniform(0, 0.3))
        if process.poll() is None:
            left.append(_cut(process, disk, f"cut{len(left)}"))
    assert process.wait() == 0
    end = disk.left("end")
    for image in left:
        disk.plug_in(image)
        for view in _views(project.folder, monkeypatch):
            assert view.status is not Status.RUNNING
            whole = _whole(project.folder, view)
            assert [name for name, is_whole in whole.items() if not is_whole] == []
        image.unlink()
    disk.plug_in(end)
    (view,) = _views(project.folder, monkeypatch)
    assert (view.status, set(_whole(project.folder, view).values())) == (Status.COMPLETED, {True})
    assert {step.status for step in view.steps.values()} == {Status.COMPLETED}


def _can_trace() -> bool:
    return (
        shutil.which("strace") is not None
        and not subprocess.run([*TRACED, "true"], capture_output=True, check=False).returncode
    )


@pytest.mark.slow
@pytest.mark.skipif(not _can_trace(), reason="needs strace, and the right to trace")
def test_artifacts_reach_the_disk_before_the_end_of_the_run_is_written_which_follows(tmp_path: Path) -> None:
    """So do the folders in which their names stand."""
    project = Project(tmp_path, *STEPS[:3])
    trace = tmp_path / "trace"
    _call("env", "-C", tmp_path, *TRACED, "-o", trace, *PROGRAM)
    calls = trace.read_text("utf-8", "replace").splitlines()

    def last(*parts: str) -> int:
        return max(number for number, call in enumerate(calls) if all(part in call for part in parts))

    blobs = list(project.folder.glob(".jupyter_pipes/artifacts/objects/*/*"))
    synced = [last("fsync(", f"{place}>") for blob in blobs for place in (blob, *blob.parents[:5])]
    ended = last("pwrite64(", "history.db-wal", "RunEnded")
    assert len(blobs) == 3
    assert max(synced) < ended < last("sync(", "history.db-wal")


FAILING = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=fsync:error=EIO"]


@pytest.mark.slow
@pytest.mark.skipif(not _can_trace(), reason="needs strace, and the right to trace")
def test_a_disk_that_takes_nothing_has_no_run_complete_and_nothing_of_it_is_taken_by_the_next(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path, *STEPS[:3])
    failed = subprocess.run(
        [*FAILING, *PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert failed.returncode == 1, failed
    assert "The artifact store cannot be synced" in failed.stderr
    view = Workspace(tmp_path).history.view(Workspace(tmp_path).history.runs()[0].run)
    assert view.status is Status.FAILED
    assert not any(step.status.is_done for step in view.steps.values())
    again = project.jupyter_pipes("run", "study.ipynb", "--json")
    assert again.code == 0, again.err
    assert {step["status"] for step in again.document["steps"]} == {"completed"}
