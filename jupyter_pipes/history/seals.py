"""Records and results that name artifacts, signed with the team's key where the settings name one."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from jupyter_pipes.history.indexing import ResultContent
from jupyter_pipes.history.sql.links import Change
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.storage.signing import Signer
from jupyter_pipes.system.patterns import pattern

Event = TypeVar("Event", bound=ev.Event)

_SEALED = pattern(r'^(.*),"seal":"([0-9a-f]{64})"\}$', re.DOTALL)
"""The text of a record that was signed: its last member, which no event has, is the signature."""

_MARK = b"\nseal"
_LENGTH = len(_MARK) + 32
"""What follows a result that was signed: a mark and the signature, 32 bytes."""

_content = msgspec.msgpack.Decoder(ResultContent)


class Seals:
    """Signs what is written, and tells of what is read who named its artifacts.

    What lacks a signature is read all the same, but its artifacts are marked: `ArtifactRef.unsigned`.

    Args:
        signer: of the team; None where nobody else can write: nothing is signed, and all is taken as it is.
    """

    def __init__(self, signer: Signer | None = None) -> None:
        self._signer = signer

    def sealed(self, change: Change) -> Change:
        """Return a change with its signature, if it is of a kind that has one."""
        statement, row = change
        if self._signer is None:
            return change
        if statement == "add_event":
            body: str = row["body"]
            signature = self._signer.signature("event", row["run"], str(row["seq"]), body)
            return statement, {**row, "body": f'{body[:-1]},"seal":"{signature.hex()}"}}'}
        if statement == "add_result":
            signature = self._signer.signature(
                *_parts_of(row["signature"], row["run"], row["parts"], row["kept"])
            )
            return statement, {**row, "kept": row["kept"] + _MARK + signature}
        return change

    def event(self, run: str, seq: int, body: str) -> ev.AnyEvent:
        """Return the event of a record; msgspec.DecodeError if it is none.

        Args:
            run, seq: whose record it is, and its number.
            body: its text.
        """
        event = ev.decode(body)
        return event if self._is_signed(run, seq, body) else _marked(event)

    def result(self, signature: str, run: str, parts: str, kept: bytes) -> ResultContent:
        """Return what a row of results holds."""
        is_sealed = kept[-_LENGTH:].startswith(_MARK)
        body, seal = (kept[:-_LENGTH], kept[-32:]) if is_sealed else (kept, b"")
        content = _content.decode(body)
        if self._signer is None or self._signer.has_signed(seal, *_parts_of(signature, run, parts, body)):
            return content
        # Options name programs, images and packages.
        return replace(content, artifacts=tuple(map(_unsigned, content.artifacts)), told=None)

    def _is_signed(self, run: str, seq: int, body: str) -> bool:
        if self._signer is None:
            return True
        match = _SEALED.match(body)
        if match is None:
            return False
        return self._signer.has_signed(bytes.fromhex(match[2]), "event", run, str(seq), f"{match[1]}}}")


def _parts_of(signature: str, run: str, parts: str, kept: bytes) -> tuple[str | bytes, ...]:
    return "result", signature, run, parts, kept


def _marked(event: ev.AnyEvent) -> ev.AnyEvent:
    """Return an event of whoever: what it names is marked so."""
    match event:
        case ev.ArtifactStored():
            return replace(event, artifact=_unsigned(event.artifact))
        case ev.StepDecided():
            return replace(event, artifacts=tuple(map(_unsigned, event.artifacts)))
        case ev.RunStarted():
            # Parameters are pickled as well.
            return replace(event, arguments=unsigned(event.arguments))
        case ev.FolderKept():
            # Modules are among them.
            return ev.FolderKept({path: unsigned(digest) for path, digest in event.files.items()})
        case _:
            return event


def _unsigned(artifact: ArtifactRef) -> ArtifactRef:
    return replace(artifact, unsigned=True)


_UNSIGNED = "unsigned:"


def unsigned(attachment: str) -> str:
    """Return the digest of an attachment marked as one that nobody of the team named."""
    return attachment and f"{_UNSIGNED}{attachment}"


def attachment_of(name: str) -> tuple[str, bool]:
    """Return the digest of an attachment, and whether it is marked."""
    return name.removeprefix(_UNSIGNED), name.startswith(_UNSIGNED)
