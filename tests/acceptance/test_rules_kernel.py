"""Rerun rules in a kernel: a cell is redefined, then `%pipeline plan` and `%pipeline run` say what runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from tests.acceptance.study import CELLS, FILES, STEPS, check_kept, edited

ANSWER = "application/json"
TELL = (
    "import json\nplan = get_ipython().run_line_magic('pipeline', 'plan {words}')\n"
    "run = get_ipython().run_line_magic('pipeline', 'run {words}')\n"
    "print(json.dumps([\n"
    "    {{step.name: [step.decision, '; '.join(step.reasons)] for step in plan.steps}},\n"
    "    {{name: [step.status, '; '.join(step.decision_reasons)] for name, step in run.steps.items()}},\n]))"
)


class Kernel:
    """A kernel in a folder, spoken to as JupyterLab does: each cell has an id, and keeps it when edited."""

    def __init__(self, client: BlockingKernelClient, folder: Path) -> None:
        self._client = client
        self._shown: dict[str, str] = {}
        self.folder = folder
        self.salt = ""

    def execute(self, cell: str, source: str) -> str:
        """Run a cell and return what it printed; an error in it is an error here."""
        content = {"code": source, "silent": False, "store_history": True, "allow_stdin": False}
        message = self._client.session.msg("execute_request", content, metadata={"cellId": cell})
        self._client.shell_channel.send(message)
        printed = ""
        while True:
            reply: Any = self._client.get_iopub_msg(timeout=60)
            if reply["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            kind, told = reply["msg_type"], reply["content"]
            assert kind != "error", "\n".join(told["traceback"])
            if kind == "stream" and told["name"] == "stdout":
                printed += told["text"]
            if kind == "status" and told["execution_state"] == "idle":
                return printed

    def define(self, cells: Mapping[str, str], files: Mapping[str, str] = FILES) -> None:
        """Run those cells again whose text differs, and write the files."""
        for name, text in files.items():
            (self.folder / name).write_text(text)
        salted = {name: source.replace("SALT", self.salt) for name, source in cells.items()}
        for name, source in salted.items():
            if self._shown.get(name) != source:
                self.execute(name, source)
        self._shown = salted

    def begin(self, salt: str) -> None:
        """Run the pipeline as it is at first, in a state that no earlier case left a result for."""
        self.salt = salt
        self.define(CELLS)
        assert list(self.run()) == list(STEPS)

    def run(self, words: str = "") -> dict[str, str]:
        """Plan and run; check that they agree; return the steps that ran, with their reasons."""
        printed = self.execute("run", TELL.format(words=words))
        plan, done = json.loads(printed.splitlines()[-1])
        assert {status for status, _ in done.values()} <= {"completed", "cached"}
        ran = {name: reason for name, (status, reason) in done.items() if status == "completed"}
        check_kept({name: tuple(told) for name, told in plan.items()}, ran)
        return ran


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("kernel")
    manager, client = start_new_kernel(cwd=str(folder))
    try:
        kernel = Kernel(client, folder)
        kernel.execute("load", "%load_ext jupyter_pipes")
        kernel.define(CELLS)
        assert kernel.run() == dict.fromkeys(STEPS, "first run")
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


MADE = {"C": "input b of B: other content; file made.txt: other content"}
AFTER_A = {"B": "input a of A: other content", **MADE}
Change = tuple[Mapping[str, str], Mapping[str, str], str, Mapping[str, str]]


def cell(name: str, old: str, new: str, ran: Mapping[str, str]) -> Change:
    return edited(CELLS, name, old, new), FILES, "", ran


def file(name: str, text: str, ran: Mapping[str, str]) -> Change:
    return CELLS, {**FILES, name: text}, "", ran


CHANGES: dict[str, Change] = {
    "nothing": (CELLS, FILES, "", {}),
    "code": cell("B", "+ BASE", "+ BASE + 1", {"B": "code changed", **MADE}),
    "code, same output": cell("B", "+ BASE", "+ BASE + 0", {"B": "code changed"}),
    "a comment": cell("B", "b =", "# why\nb =", {}),
    "a helper": cell("helpers", "+ OFFSET", "+ OFFSET + 0", {"B": "helper shift changed"}),
    "a constant": cell("helpers", "OFFSET = 1", "OFFSET = 2", {"B": "helper OFFSET changed", **MADE}),
    "a helper that nobody reaches": cell("helpers", "'nobody'", "'still nobody'", {}),
    "a default": cell("params", "m: int = 5", "m: int = 6", {"C": "parameter m 5 → 6"}),
    "a parameter": (CELLS, FILES, "-p n=3", {"A": "parameter n 2 → 3", **AFTER_A}),
    "an ignored parameter": (CELLS, FILES, "-p level=debug", {}),
    "a module": file(
        "tools.py", FILES["tools.py"].replace("x * U", "1 * x * U"), {"A": "reached in tools.py changed"}
    ),
    "a file named with --file": file("named.txt", "6", {"A": "file named.txt: other content", **AFTER_A}),
    "a file seen being read": file("computed.txt", "9", {"A": "file computed.txt: other content", **AFTER_A}),
    "--version": cell("B", "--version 1", "--version 2", {"B": "--version 1 → 2"}),
    "--always": cell("B", "%%step B", "%%step B --always", {"B": "--always"}),
    "--force": (CELLS, FILES, "--force C", {"C": "forced"}),
}


@pytest.mark.parametrize(("cells", "files", "words", "ran"), CHANGES.values(), ids=CHANGES.keys())
def test_a_redefined_cell_reruns_exactly_what_hangs_on_it_and_undoing_it_is_a_hit(
    kernel: Kernel,
    request: pytest.FixtureRequest,
    cells: Mapping[str, str],
    files: Mapping[str, str],
    words: str,
    ran: Mapping[str, str],
) -> None:
    kernel.begin("".join(filter(str.isalnum, request.node.name)))
    kernel.define(cells, files)
    assert kernel.run(words) == ran
    kernel.define(CELLS)
    assert kernel.run() == {}


def test_accept_in_a_kernel(kernel: Kernel) -> None:
    kernel.begin("accept")
    kernel.define(edited(CELLS, "B", "b = shift(a) % 4 + BASE", "moved = shift(a) % 4\nb = moved + BASE"))
    kernel.execute("accept", "%pipeline plan --accept B")
    assert kernel.run() == {}


def test_a_version_that_is_set_is_that_of_the_runs_to_come(kernel: Kernel) -> None:
    kernel.begin("version")
    kernel.execute("name", "%pipeline name study --version 2.0.0")
    kernel.run()
    assert kernel.execute("ask", "print(run.view.version)").strip() == "2.0.0"
    kernel.define(edited(CELLS, "C", "c = b + m", "c = m + b"))
    kernel.run()
    assert kernel.execute("ask", "print(run.view.version)").strip() == "2.0.1"
