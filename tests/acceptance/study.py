"""A pipeline A → B → C with one of everything that a step can depend on, and what a run of it did."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.acceptance.project import Answer, Project

CELLS = {
    "imports": "from pathlib import Path\nfrom tools import reached",
    "params": "%%params\nn: int = 2  # how many\nm: int = 5\nlevel: str = 'info'",
    "setup": "%%setup\n'SALT'\nBASE = 10",
    "helpers": (
        "OFFSET = 1\ndef shift(x):\n    'Add the offset.'\n    return scaled(x) + OFFSET\n"
        "def scaled(x):\n    return x * Box.size\nclass Box:\n    size = 2\n"
        "def unused():\n    return 'nobody'"
    ),
    "A": (
        "%%step A --file named.txt --ignore-param level\n"
        "literal = int(Path('literal.txt').read_text())\n"
        "seen = int(Path('com' + 'puted.txt').read_text())\n"
        "named = int(Path('named' + '.txt').read_text())\n"
        "a = reached(literal) + seen + named + n + 0 * len(level)"
    ),
    "B": (
        "%%step B --out-file made.txt --version 1\n"
        "b = shift(a) % 4 + BASE\n"
        "Path('made.txt').write_text('made ' + str(b))"
    ),
    "C": "%%step C\nc = b + m\ntext = Path('made.txt').read_text()",
}
FILES = {
    "tools.py": (
        "import json\n\nUNIT = 1\n\n\ndef reached(x):\n    return x * UNIT\n\n\n"
        "def unreached(x):\n    return json.dumps(x)\n"
    ),
    "literal.txt": "3",
    "computed.txt": "4",
    "named.txt": "5",
}
STEPS = ("A", "B", "C")


def edited(texts: Mapping[str, str], name: str, old: str, new: str) -> dict[str, str]:
    """Return texts by name with a replacement in one of them; it is an error if nothing is replaced."""
    assert old in texts[name], f"{old!r} does not stand in {name}"
    return {**texts, name: texts[name].replace(old, new)}


class Study:
    """The pipeline as a notebook in a folder, run by the command line in this process.

    Args:
        folder: where it is.
        name: the notebook's name. Studies of several names can share a folder (and what is kept there, and
            the warm process that forks their steps) without finding each other's results: it is salted.
    """

    def __init__(self, folder: Path, name: str = "study") -> None:
        self.project = Project(folder)
        self.project.path = folder / f"{name}.ipynb"
        self.folder = folder
        self.name = name
        self.write()

    def write(self, cells: Mapping[str, str] = CELLS, files: Mapping[str, str] = FILES) -> None:
        """Save the notebook with these cells in this order, and write those files whose text differs."""
        self.project.write(*(source.replace("SALT", self.name) for source in cells.values()))
        for name, text in files.items():
            path = self.folder / name
            if not path.exists() or path.read_text() != text:
                path.write_text(text)

    def ask(self, *words: str) -> Answer:
        """Carry out `jupyter-pipes WORDS…` in this process."""
        return self.project.jupyter_pipes_here(*words)

    def plan(self, *words: str) -> dict[str, tuple[str, str]]:
        """Return decision and reasons of each step by `plan --json`."""
        return planned(self.ask("plan", f"{self.name}.ipynb", "--json", *words).document["steps"])

    def run(self, *words: str) -> dict[str, str]:
        """Return the reason of each step that ran by `run --json`; the others were reused."""
        answer = self.ask("run", f"{self.name}.ipynb", "--json", *words)
        assert answer.code == 0, answer.out + answer.err
        return ran(answer.document["steps"])

    def get(self, name: str, *words: str) -> Any:
        """Return a value by `get --json`."""
        answer = self.ask("get", f"{self.name}.ipynb", name, "--json", *words)
        assert answer.code == 0, answer.out + answer.err
        return json.loads(answer.document["values"][name]["repr"])

    def blob(self, name: str, run: str = "last") -> Path:
        """Return the file that holds an artifact of a kept run."""
        for step in self.ask("show", run, "--json").document["steps"]:
            for artifact in step["artifacts"]:
                if artifact["name"] == name:
                    return Path(artifact["uri"].removeprefix("file://"))
        raise LookupError(name)


def planned(steps: Sequence[Mapping[str, Any]]) -> dict[str, tuple[str, str]]:
    """Return decision and reasons, as one text, of each step of a plan's document."""
    return {step["name"]: (step["decision"], "; ".join(step["reasons"])) for step in steps}


def ran(steps: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the reason of each completed step of a run's document; all others must be cached."""
    assert {step["status"] for step in steps} <= {"completed", "cached"}
    return {step["name"]: step["reason"] for step in steps if step["status"] == "completed"}


def check_kept(plan: Mapping[str, tuple[str, str]], done: Mapping[str, str]) -> None:
    """Check that a run did what the plan before it said; `depends` may go either way.

    A step that is planned to run may have one more reason then: what a step before it gave.
    """
    for step, (decision, reasons) in plan.items():
        if decision == "run":
            assert set(reasons.split("; ")) <= set(done.get(step, "").split("; ")), f"{step}: {reasons}"
        elif decision == "cached":
            assert step not in done, f"{step} ran: {done[step]}"
        else:
            assert decision == "depends"
