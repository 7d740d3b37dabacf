"""Kill -9 at random points of a run: the history stays readable, nothing torn is kept, resume completes.

By default 40 rounds; JUPYTER_PIPES_KILLS=200 for as many as a release needs.
"""

from __future__ import annotations

import ast
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from blake3 import blake3

from tests import killed_runs
from tests.acceptance.project import Answer, Project

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("JUPYTER_PIPES_KILLS", "40"))
REAL_ROUNDS = max(2, ROUNDS // 20)

CELLS = [
    "from pathlib import Path",
    "%%params\nn: int = 0",
    "def pattern(n, size):\n    return bytes((n + i) % 251 for i in range(251)) * (size // 251)",
    "%%step lines --out-file made/lines.txt\nfor part in range(20):\n"
    "    with Path('made/lines.txt').open('a' if part else 'w') as file:\n"
    "        print(f'{part} of run {n}', file=file)\nlines = 20",
    "%%step large\nlarge = pattern(n, 2_000_000)",
    "%%step first\nfirst = (Path('made/lines.txt').read_text().split()[3], large[0], lines)",
    "%%step copy --out-file made/copy.bin\nwith Path('made/copy.bin').open('wb') as file:\n"
    "    for start in range(0, len(large), 100_000):\n        file.write(large[start : start + 100_000])",
    "%%step sums\nsums = [sum(Path('made/copy.bin').read_bytes()), sum(large), len(large)]",
    "%%step last\nlast = {'first': first, 'sums': sums, 'n': n}",
]


def expected(n: int) -> dict[str, Any]:
    """Return the values that a run with `n` must give, computed without the project."""
    large = bytes((n + i) % 251 for i in range(251)) * (2_000_000 // 251)
    first, sums = (str(n), large[0], 20), [sum(large), sum(large), len(large)]
    return {"first": first, "sums": sums, "last": {"first": first, "sums": sums, "n": n}}


class Crime:
    """The scene: one folder for all rounds, so that a wrong hit has many earlier results to take."""

    def __init__(self, folder: Path) -> None:
        self.project = Project(folder, *CELLS)
        (folder / "made").mkdir()
        self.objects = folder / ".jupyter_pipes" / "artifacts" / "objects"
        self._whole: set[Path] = set()

    def ask(self, *words: str) -> Answer:
        """Carry out `jupyter-pipes WORDS…` in this process."""
        return self.project.jupyter_pipes_here(*words)

    def newest(self) -> dict[str, Any] | None:
        """Return the newest run as `runs` lists it."""
        answer = self.ask("runs", "--limit", "1", "--json")
        if answer.code == 2:
            assert answer.document["error"]["type"] == "RunNotFound"
            return None
        assert answer.code == 0, answer.err
        return next(iter(answer.document["runs"]), None)

    def check_blobs(self) -> None:
        """Check that every blob is what its name says."""
        for blob in self.objects.rglob("*") if self.objects.exists() else ():
            # What is being written has a name of its own, with a dot, until it is whole.
            if blob.is_file() and blob not in self._whole and not blob.name.startswith("."):
                digest = blake3(blob.read_bytes()).hexdigest()
                assert digest == "".join(blob.relative_to(self.objects).parts)[-64:], f"{blob} is torn"
                self._whole.add(blob)

    def check_aftermath(self, n: int, before: str | None) -> str:
        """Check all that a kill must leave whole, resume, and return the status that the kill left."""
        self.check_blobs()
        run = self.newest()
        if run is None or run["run"] == before:
            self.check_values(n, self.ask("run", "study.ipynb", "-p", f"n={n}", "--json"))
            return "not begun"
        assert run["status"] in ("interrupted", "completed")
        shown = self.ask("show", run["run"], "--json")
        assert (shown.code, shown.document["status"]) == (0, run["status"])
        done = {step["name"] for step in shown.document["steps"] if step["status"] == "completed"}
        if run["status"] == "interrupted":
            resumed = self.ask("resume", run["run"], "--json")
            assert resumed.code == 0, resumed.out + resumed.err
            document = resumed.document
            assert (document["run"], document["status"]) == (run["run"], "completed")
            for step in document["steps"]:
                assert len(step["attempts"]) == 1 or step["name"] not in done, "a completed step ran again"
        self.check_values(n, self.ask("run", "study.ipynb", "-p", f"n={n}", "--json"), cached=True)
        return run["status"]

    def check_values(self, n: int, answer: Answer, *, cached: bool = False) -> None:
        """Check that a run completed with the right values, and the files that it leaves."""
        assert answer.code == 0, answer.out + answer.err
        if cached:
            assert {step["status"] for step in answer.document["steps"]} == {"cached"}, answer.err
        wanted = expected(n)
        got = self.ask("get", "study.ipynb", *wanted, "-p", f"n={n}", "--json").document["values"]
        assert {name: ast.literal_eval(value["repr"]) for name, value in got.items()} == wanted
        lines = (self.project.folder / "made" / "lines.txt").read_text().splitlines()
        assert lines == [f"{part} of run {n}" for part in range(20)]
        self.check_blobs()


@pytest.fixture(scope="module")
def crime(tmp_path_factory: pytest.TempPathFactory) -> Crime:
    return Crime(tmp_path_factory.mktemp("kill"))


@pytest.fixture(scope="module")
def killer(crime: Crime) -> Iterator[subprocess.Popen[str]]:
    """Start the program that forks runs and kills them."""
    words = [sys.executable, killed_runs.__file__, str(crime.project.path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, bufsize=1) as process:
        yield process
        process.kill()


def tell(killer: subprocess.Popen[str], line: str) -> str:
    assert killer.stdin is not None
    assert killer.stdout is not None
    killer.stdin.write(f"{line}\n")
    return killer.stdout.readline().strip()


@pytest.mark.timeout(1200)
def test_a_run_killed_at_any_point_leaves_all_whole_and_can_be_resumed(
    crime: Crime, killer: subprocess.Popen[str]
) -> None:
    assert tell(killer, "warm n=1000") == "warm"
    lasts = min(float(tell(killer, f"0 n={n}")) for n in range(1001, 1006))
    chance = random.Random(ROUNDS)
    left: list[str] = []
    for n in range(ROUNDS):
        run = crime.newest()
        tell(killer, f"{chance.uniform(0.001, lasts)} n={n}")
        left.append(crime.check_aftermath(n, run and run["run"]))
    sys.stderr.write(f"{Counter(left)} within {lasts:.3f} s\n")
    assert left.count("interrupted") > ROUNDS / 3


@pytest.mark.timeout(1200)
def test_the_program_killed_at_any_point_leaves_all_whole_and_can_be_resumed(tmp_path: Path) -> None:
    crime = Crime(tmp_path)
    chance = random.Random(ROUNDS)
    for n in range(REAL_ROUNDS):
        run = crime.newest()
        process = crime.project.start("run", "study.ipynb", "-p", f"n={n}")
        assert process.stderr is not None
        if n % 2:
            # The other half dies when a step has begun.
            process.stderr.readline()
        try:
            process.wait(chance.uniform(0.01, 1.5))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        crime.check_aftermath(n, run and run["run"])
