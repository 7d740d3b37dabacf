"""What decides whether a step runs: a list of named parts; and `reasons(old, new)` that tells two apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from jupyter_pipes.analysis.changed_definitions import changed_definitions
from jupyter_pipes.model.digests import digest
from jupyter_pipes.model.parts import OWN, Part, PartKind
from jupyter_pipes.planning.signing.code_digests import code_digest

CODE_KINDS = ("code", "helper", "setup", "module")
"""Kinds of parts whose text is code."""

_SUBJECTS = {
    "code": "code",
    "name": "name",
    "python": "Python",
    "version": "--version",
    "condition": "--when",
    "map": "--map",
    "loop": "--repeat-while",
    "environment": "--env",
    "container": "--container",
}
_SHOWN = (
    *("parameter", "package", "python", "version", "name", "condition", "map", "loop"),
    *("environment", "variable", "repository", "container"),
)
"""Kinds of parts whose text is short enough to be said."""

FIRST_RUN = "first run"
"""The reason of a step that was never tried."""


def combine(parts: Iterable[Part]) -> str:
    """Return the signature of the parts that are not just observed; their order does not count."""
    counted = (part for part in parts if not part.observed)
    return digest(msgspec.json.encode(sorted((part.kind, part.name, part.digest) for part in counted)))


def code_part(kind: PartKind, name: str, source: str) -> Part:
    """Return the part of a stretch of code: comments, layout and docstrings do not count."""
    return Part(kind, name, code_digest(source), source)


class Change(Struct, frozen=True, gc=False):
    """A part that differs between two signatures.

    Attributes:
        part, name: which one.
        old, new: the two states; None where the part is not there.
    """

    part: PartKind
    name: str
    old: Part | None
    new: Part | None

    @property
    def diff(self) -> str:
        """A unified diff of code, of an input that of its classes; "" of what is no code."""
        return difference(self.old, self.new) if self.part in (*CODE_KINDS, "input") else ""

    @property
    def _subject(self) -> str:
        if subject := _SUBJECTS.get(self.part):
            # Of a step of another pipeline, that the step is.
            return f"{subject} of {self.name}" if self.name and self.part != "name" else subject
        return self.name if self.part == "package" else f"{self.part} {self.name}"

    @property
    def words(self) -> str:
        """The change in words ("helper clean_text changed")."""
        part = self.new or self.old
        assert part is not None
        subject = self._subject
        if part.kind in _SHOWN:
            texts = [state.text if state else "(none)" for state in (self.old, self.new)]
            words = f"{subject} {texts[0]} → {texts[1]}"
            return f"package {words} in {OWN}" if OWN in _origins(self.old, self.new) else words
        if self.old is None:
            return f"{subject} is new"
        if self.new is None:
            return f"{subject} is no longer used"
        if part.kind == "module":
            names = changed_definitions(self.old.text, self.new.text)
            return f"{', '.join(names)} in {part.name} changed" if names else f"{subject} changed"
        if part.kind == "input":
            names = changed_definitions(self.old.text, self.new.text)
            state = f"{', '.join(names)} changed" if names else "other content"
            return f"input {part.name} of {part.origin}: {state}"
        return f"{subject}: other content" if part.kind == "file" else f"{subject} changed"


def changes(old: Iterable[Part], new: Iterable[Part]) -> tuple[Change, ...]:
    """Return what differs between the parts of two signatures."""
    before: dict[tuple[PartKind, str], Part] = {(part.kind, part.name): part for part in old}
    after: dict[tuple[PartKind, str], Part] = {(part.kind, part.name): part for part in new}
    pairs = [Change(*key, before.get(key), after.get(key)) for key in after | before]
    return tuple(pair for pair in pairs if _digest_of(pair.old) != _digest_of(pair.new))


def reasons(old: Sequence[Part] | None, new: Sequence[Part]) -> tuple[str, ...]:
    """Return why a step with parts `new` must run, when its last result had parts `old`, in words."""
    if old is None:
        return (FIRST_RUN,)
    return tuple(change.words for change in changes(old, new)) or ("an earlier result was replaced",)


def difference(old: Part | None, new: Part | None) -> str:
    """Return a unified diff of two states of a part's text, "" when there is nothing to show."""
    import difflib

    before = old.text.strip("\n").splitlines() if old else []
    after = new.text.strip("\n").splitlines() if new else []
    return "\n".join(difflib.unified_diff(before, after, "before", "now", lineterm="", n=2))


def _origins(*states: Part | None) -> set[str]:
    return {state.origin for state in states if state is not None}


def _digest_of(part: Part | None) -> str:
    if part is None:
        return ""
    # A part kept by an earlier version has the digest by that version's rules.
    return code_digest(part.text) if part.kind in CODE_KINDS else part.digest
