"""The code on a page of the docs, run as a reader would: its cells in a kernel, its commands in a shell.

What a fence is called says what becomes of it: an `ipython` one is a cell, a `sh` one goes to a shell, a
`python` one is a program, `text` is what the one before it says, line by line, with … for whatever stands
there; `python` and `toml` ones that begin with `# NAME` are files. A cell that has the name of an earlier
one stands in its place: it was edited. What a page takes for granted stands in a comment that begins with
`ipython` or `sh`, and is typed as well. All cells are `train.ipynb`; on a page without cells, that is a
notebook that stands there from the beginning. A cell or a command ends well, unless the page has what it
says. Behind `<!-- not run: WHY -->` nothing is done.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import nbformat
from markdown_it import MarkdownIt
from nbclient import NotebookClient

NOTEBOOK = "train.ipynb"
GIVEN = (
    "%%params\nrows: int = 100    # rows to load",
    "def mean(xs):\n    return sum(xs) / len(xs)",
    "%%step load\ndf = [n % 7 for n in range(rows)]",
    '%%step fit\nfrom jupyter_pipes import current\n\nmodel = {"mean": mean(df)}\ncurrent.metric("auc", 0.9)',
    "%pipeline run",
    "%pipeline run -p rows=10",
)
"""The cells of `train.ipynb` where a page has none; it has two runs then."""

FILES = {"python", "toml"}
"""What fences are called that may be files."""

_NOT_RUN = re.compile(r"<!-- not run: .+ -->")
_GRANTED = re.compile(r"<!-- (ipython|sh)\n(.*\n)-->\s*", re.DOTALL)


class Block(NamedTuple):
    """A fence of a page: what it is called, its text, the line that it begins on, and whether it is run."""

    kind: str
    text: str
    line: int
    is_run: bool


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the fences of a page in order."""
    before = ""
    for token in MarkdownIt().parse(page.read_text("utf-8")):
        if token.type == "html_block" and (granted := _GRANTED.fullmatch(token.content)):
            yield Block(granted[1], granted[2], (token.map or [0])[0] + 1, True)
        if token.type == "fence":
            yield Block(token.info, token.content, (token.map or [0])[0] + 1, not _NOT_RUN.match(before))
        if token.type in {"fence", "html_block", "inline"}:
            before = token.content


class Reader:
    """Somebody who types what a page says, in a folder of their own."""

    def __init__(self, page: Path, folder: Path) -> None:
        self._page = page
        self._folder = folder
        self._notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell("%load_ext jupyter_pipes")]
        )
        resources = {"metadata": {"path": str(folder)}}
        self._client = NotebookClient(self._notebook, timeout=120, allow_errors=True, resources=resources)
        self._said = ""

    def read(self) -> None:
        """Type all of it; what the page says of it must be what it gives."""
        blocks = [block for block in blocks_of(self._page) if block.is_run]
        with self._client.setup_kernel():
            self._client.execute_cell(self._notebook.cells[0], 0)
            if not any(block.kind == "ipython" for block in blocks):
                for source in GIVEN:
                    self._run_cell(source)
            for block, following in pairwise([*blocks, Block("", "", 0, False)]):
                self._take(block, following)

    def _take(self, block: Block, following: Block) -> None:
        name = re.match(r"# (\S+\.\w+)\n", block.text) if block.kind in FILES else None
        where = f"{self._page.name}:{block.line}"
        if block.kind == "ipython":
            ended_well, self._said = self._run_cell(block.text.rstrip("\n"))
            assert ended_well or following.kind == "text", f"{where} failed:\n{self._said}"
        elif name:
            (self._folder / name[1]).write_text(block.text)
        elif block.kind in {"sh", "python"}:
            code, self._said = self._run_program(block)
            assert code == 0 or following.kind == "text", f"{where} ended with {code}:\n{self._said}"
        elif block.kind == "text":
            missing = _missing(block.text, self._said)
            assert not missing, f"{where}: {missing!r} does not stand in what came:\n{self._said}"

    def _run_cell(self, source: str) -> tuple[bool, str]:
        cell = self._cell_of(source)
        cell.source = source
        nbformat.write(self._notebook, self._folder / NOTEBOOK)
        self._client.execute_cell(cell, self._notebook.cells.index(cell))
        ended_well = all(output.output_type != "error" for output in cell.outputs)
        return ended_well, "".join(map(_text, cell.outputs))

    def _cell_of(self, source: str) -> Any:
        """Return the cell that is edited, or a new one."""
        heading = re.match(r"%%step \w+|%%params|def \w+", source)
        cells = self._notebook.cells
        # Another pipeline may have cells that look the same.
        uses = [at for at, cell in enumerate(cells) if re.match(r"%pipeline use \w", cell.source)]
        for cell in cells[uses[-1] if uses else 0 :]:
            if heading and re.match(rf"{re.escape(heading[0])}\b", cell.source):
                return cell
        # Looked at is what stands last: nothing but that is done anew.
        self._notebook.cells.append(nbformat.v4.new_code_cell(source))
        return self._notebook.cells[-1]

    def _run_program(self, block: Block) -> tuple[int, str]:
        program = ["bash", "-ec"] if block.kind == "sh" else [sys.executable, "-c"]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ran = subprocess.run(
            [*program, block.text],
            cwd=self._folder,
            env={**os.environ, "PATH": path, "COLUMNS": "200"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        return ran.returncode, ran.stdout


def _missing(expected: str, said: str) -> str | None:
    """Return the first expected line that does not stand in what was said, behind those before it."""
    lines = iter(said.splitlines())
    for wanted in filter(None, map(str.strip, expected.splitlines())):
        pattern = ".*".join(re.escape(part.strip()) for part in wanted.split("…"))
        if not any(re.search(pattern.replace(r"\ ", r"\s+"), line) for line in lines):
            return wanted
    return None


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}\n"
    return f"{output.data.get('text/plain', '')}\n"
