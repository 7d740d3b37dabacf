"""The pipelines of one kernel: a session for each, one of them in use (`%pipeline use`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.kernel.notebook.cells import is_same_state
from jupyter_pipes.kernel.session import Session
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.pipelines.sections.division import OWN
from jupyter_pipes.pipelines.sections.uses import check_name, use_of

if TYPE_CHECKING:
    from jupyter_pipes.kernel.notebook.saved import LiveCell


class Sessions:
    """One session for each pipeline, made when somebody looks at it.

    Args:
        directory: the notebook's folder.
        path: the notebook's file, if the front end names it.
        namespace: the kernel's variables, which all share.
        live: whether a front end can show widgets and update outputs.
    """

    def __init__(self, directory: Path, path: Path | None, namespace: dict[str, Any], *, live: bool) -> None:
        self.own = Session(directory, path, namespace, live=live)
        self._made = {OWN: self.own}
        self._named: tuple[tuple[object, ...], tuple[str, ...]] | None = None
        # Front ends ask on threads of their own.
        self._making = threading.Lock()

    @property
    def in_use(self) -> Session:
        """The pipeline that `%pipeline use` chose, or whose cell ran last."""
        return self.of(self.own.cells.used)

    def of(self, used_as: str) -> Session:
        """Return the session of a pipeline, by what `%pipeline use` calls it."""
        with self._making:
            if used_as not in self._made:
                own = self.own
                self._made[used_as] = Session(
                    own.directory, None, own.namespace, live=own.live, beside=own, used_as=used_as
                )
            return self._made[used_as]

    @property
    def all(self) -> Sequence[Session]:
        """Those of all pipelines that the notebook names, and those that were used, in this order."""
        state = self.own.cells.state
        if self._named is None or not is_same_state(self._named[0], state):
            self._named = state, self.own.cells.upcoming().names
        return [self.of(name) for name in dict.fromkeys((OWN, *self._named[1], *tuple(self._made)))]

    @property
    def several(self) -> bool:
        """Whether there are other pipelines than the notebook's own."""
        return len(self.all) > 1

    def use(self, name: str, cell: str) -> tuple[str, ...]:
        """Have what follows be about a pipeline, which is begun if there is none of this name.

        Args:
            name: what it is called.
            cell: the key of the cell that runs now, "" if none does.

        Returns:
            What is to be said of it.

        Raises:
            UsageError: the name is none; or the cell's text does not tell which pipeline is meant.
        """
        check_name(name)
        cells = self.own.cells
        ran = cells.ran.get(cell)
        use = use_of(ran.source) if ran is not None else None
        if ran is not None and (use is None or use.name != name):
            raise UsageError(
                f"%pipeline use {name}: write it at the left margin of a cell of its own, with the name "
                "itself: the notebook's text has to tell whose the cells below it are"
            )
        known = [self.called(session) for session in self.all if session.pipeline().graph.steps]
        # Without a file, what it is called would change with each cell.
        notices = [self.own.settle_name()]
        cells.use(self._key_of(name))
        if name not in known:
            near = nearest(name, known)
            hint = f" Did you mean {near}?" if near else ""
            notices.append(f"pipeline {name} has no steps yet: those below belong to it.{hint}")
        return tuple(filter(None, notices))

    def _key_of(self, name: str) -> str:
        called = self.called(self.own)
        if name == self.own.name and name != called:
            raise UsageError(
                f"{name} is the notebook's own pipeline: go back to it with %pipeline use {called}"
            )
        return OWN if name == called else name

    def listing(self) -> str:
        """Return the pipelines in words, a line for each."""
        lines: list[str] = []
        for session in self.all:
            steps = len(session.pipeline().graph.steps)
            run = session.run
            if steps or run is not None or session is self.in_use:
                mark = "*" if session is self.in_use else " "
                went = f", run {run.id} {run.status}" if run is not None else ""
                lines.append(f"{mark} {self.called(session)}: {steps} step{'s' * (steps != 1)}{went}\n")
        return "".join(lines)

    def called(self, session: Session) -> str:
        """Return what `%pipeline use` calls a pipeline."""
        path = session.cells.path
        return session.used_as or (path.stem if path is not None else session.name)

    def moved_words(self) -> str:
        """Return what is to be said of the cell that runs now, if it was another pipeline's; else ""."""
        moved_from = self.own.cells.moved_from
        if moved_from is None:
            return ""
        before, now = self.called(self.of(moved_from)), self.called(self.in_use)
        return f"belongs to pipeline {now} now, and not to {before} any more: %pipeline use chose {now}"

    def define(self, cell_id: str | None, source: str, count: int) -> str:
        """Take the text of a cell that the kernel is about to run; return the cell's key."""
        return self.own.define(cell_id, source, count)

    def show_cells(self, cells: Sequence[LiveCell]) -> None:
        """Take the notebook as a front end shows it now, all its cells in order."""
        self.own.show_cells(cells)
        for session in self.all[1:]:
            session.look_again()

    def look_for_stale(self) -> None:
        """Have the steps marked whose kept results no longer fit; returns at once."""
        for session in self._each():
            session.look_for_stale()

    def settle_ended(self) -> None:
        """Bring the displays of runs up to date that have ended since."""
        for session in self._each():
            session.settle_ended()

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have `watcher` called, from any thread, when something that a front end shows may have changed."""
        self.own.watch(watcher)

    def _each(self) -> list[Session]:
        with self._making:
            return list(self._made.values())
