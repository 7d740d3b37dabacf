"""The outputs that an attempt displays, as they come, and the figures among them, at its end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from jupyter_pipes.execution.worker import processes
from jupyter_pipes.execution.worker.displays.titles import title_in, title_of
from jupyter_pipes.execution.worker.shell import json_bundle
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.results import FIGURE, ArtifactRef, OutputRef
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.serializers.displayed import form_of

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

MOST = 500
"""Figures of an attempt that are artifacts; all of them are outputs."""


class Displays:
    """What one attempt has displayed.

    Args:
        job: the attempt.
        store: where it is kept.
        report: takes each event.
        log_size: the number of bytes written to the log so far.
    """

    def __init__(
        self,
        job: Job,
        store: ArtifactStore,
        report: Callable[[ev.AnyEvent], None],
        log_size: Callable[[], int],
    ) -> None:
        self._step, self._attempt = job.step.name, job.attempt
        self._store, self._report, self._log_size = store, report, log_size
        self._figures: dict[str, ArtifactRef] = {}
        self._formatted: tuple[object, str] = (None, "")
        self.is_of_other_cells = False
        """Whether cells run that are not the step's own."""

    @contextmanager
    def titled(self, shell: InteractiveShell) -> Generator[None]:
        """Note the titles of figures while they are formatted: what is displayed does not tell them."""
        formatter: Any = shell.display_formatter
        formatted = formatter.format

        def noting(value: object, *arguments: Any, **keywords: Any) -> Any:
            result = formatted(value, *arguments, **keywords)
            self._formatted = (result[0], title_of(value))
            return result

        formatter.format = noting
        try:
            yield
        finally:
            del formatter.format

    def show(self, kind: Any, data: dict[str, Any], metadata: dict[str, Any], display_id: str | None) -> None:
        """Keep an output and tell of it."""
        processes.flush_streams()
        bundle = json_bundle(data, metadata)
        # A figure that another cell draws stands under that cell.
        if not bundle["data"] or (self.is_of_other_cells and "image/png" in data):
            return
        content = msgspec.json.encode(bundle, enc_hook=str)
        digest = self._store.put_bytes(content)
        shown = OutputRef(kind, digest, self._log_size(), display_id)
        self._report(ev.OutputShown(self._step, self._attempt, shown))
        self._note_figure(data, digest, len(content), display_id or digest)

    def begin_cell(self) -> None:
        """Tell that the step's next cell begins."""
        processes.flush_streams()
        self._report(ev.CellBegun(self._step, self._attempt, self._log_size()))

    def clear(self) -> None:
        """Take back what was displayed: the figures of an animation, but for its last one."""
        processes.flush_streams()
        self._figures.clear()
        self._report(ev.OutputsCleared(self._step, self._attempt, self._log_size()))

    def tell_figures(self, taken: Collection[str]) -> None:
        """Tell of the figures that are still shown, as artifacts: `figure 1` and so on.

        Args:
            taken: names that other artifacts of the attempt have.
        """
        names = (name for number in count(1) if (name := f"figure {number}") not in taken)
        for figure, name in zip(list(self._figures.values())[:MOST], names, strict=False):
            self._report(ev.ArtifactStored(self._step, self._attempt, replace(figure, name=name)))
        if len(self._figures) > MOST:
            text = (
                f"displayed {len(self._figures):,} figures: the first {MOST} are artifacts, all are outputs"
            )
            self._report(ev.NoteAdded(self._step, self._attempt, text))

    def _note_figure(self, data: dict[str, Any], digest: str, size: int, key: str) -> None:
        """Count an output among the figures if it is one; an update takes the place of what it updates."""
        form = form_of(data)
        if form is None:
            self._figures.pop(key, None)
            return
        formatted, title = self._formatted
        title = title if formatted is data else title_in(data[form])
        self._figures[key] = ArtifactRef("", digest, form, size, FIGURE, preview=title)
