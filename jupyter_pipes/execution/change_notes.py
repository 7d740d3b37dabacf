"""What a run says of a step that changed its inputs in place although its code does not show it."""

from __future__ import annotations

from jupyter_pipes.model import events as ev


def changed_in_place(event: ev.InputsChanged) -> ev.NoteAdded:
    """Return the note to append behind the fact."""
    names = ", ".join(event.names)
    return ev.NoteAdded(
        event.step,
        event.attempt,
        f"changed {names} in place, which its code does not show: later steps that read {names} wait for it",
    )
