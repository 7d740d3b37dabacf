"""A kernel's link, asked by hand: no front end and no kernel are needed for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_pipes.kernel.link.answers import Answers
from jupyter_pipes.kernel.link.requests import Reply
from jupyter_pipes.kernel.sessions import Sessions

WAIT = 60.0


class AskedKernel:
    """A session whose cells are shown, and that is asked."""

    def __init__(self, folder: Path) -> None:
        self.sessions = Sessions(folder, folder / "notebook.ipynb", {}, live=True)
        self.session = self.sessions.own
        self._answers = Answers(self.sessions)
        self._cells: dict[str, str] = {}

    def ask(self, ask: str, **more: Any) -> Reply:
        """Return the reply to a request."""
        return self._answers.reply({"number": 7, "request": {"ask": ask, **more}})

    def answer(self, ask: str, **more: Any) -> dict[str, Any]:
        """Return the answer to a request that nothing stands against."""
        reply = self.ask(ask, **more)
        assert reply.refusal is None, reply.refusal
        return reply.answer

    def refusal(self, ask: str, **more: Any) -> str:
        """Return why a request is refused."""
        refusal = self.ask(ask, **more).refusal
        assert refusal is not None
        return refusal.message

    def show(self, **changed: str) -> None:
        """Show these cells, by id, in place of those of the same ids or behind the others."""
        self._cells |= changed
        cells = [{"id": key, "source": text, "is_code": True} for key, text in self._cells.items()]
        self.answer("cells", cells=cells)

    def run(self, **options: Any) -> None:
        """Run all, and wait for the end."""
        self.answer("run", **options)
        assert self.session.run is not None
        self.session.run.wait(WAIT)


@pytest.fixture
def kernel(tmp_path: Path) -> AskedKernel:
    """A kernel without cells yet, in a folder of its own."""
    (tmp_path / "notebook.ipynb").write_text("{}")
    return AskedKernel(tmp_path)
