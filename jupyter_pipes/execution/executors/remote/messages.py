"""What an executor and a station say to each other, as data."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from jupyter_pipes.execution.reports import Reported
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.facts.encoding import encode_json
from jupyter_pipes.model.job import Job

OPERATION = "jupyter_pipes"
"""The name under which a worker's requests of ours are known to it."""

PIECE = 1 << 22
"""Bytes of a file, a value or a log that are sent at once."""


class Luggage(Struct, frozen=True):
    """What a job needs where nothing of its folder can be seen.

    Attributes:
        blobs: digests of what it reads of the store.
        files: path, from the working directory -> digest of the content.
        modules: for each entry of the job's `python_path`: path in it -> digest of a local module's file.
    """

    blobs: tuple[str, ...] = ()
    files: dict[str, str] = {}
    modules: tuple[dict[str, str], ...] = ()

    @property
    def digests(self) -> tuple[str, ...]:
        """All that has to be there, each once."""
        of_modules = (digest for entry in self.modules for digest in entry.values())
        return tuple(dict.fromkeys((*self.blobs, *self.files.values(), *of_modules)))


class Ask(Struct, frozen=True, tag=True):
    """Say which of these are not there yet."""

    attempt: str
    digests: tuple[str, ...]


class Bring(Struct, frozen=True, tag=True):
    """Take a piece of what was missing; the first has offset 0, and `is_last` ends it."""

    attempt: str
    digest: str
    offset: int
    data: bytes
    is_last: bool


class Begin(Struct, frozen=True, tag=True):
    """Run the job now.

    `witness` is a file that the executor has just made. Where it can be seen, both see the same folders, and
    nothing needs to travel; else the job can begin only with its luggage, which must have come before.
    """

    attempt: str
    job: Job
    witness: str
    luggage: Luggage | None = None


class Poll(Struct, frozen=True, tag=True):
    """Answer with what has happened behind message number `after`, and the log behind `log` bytes."""

    attempt: str
    after: int
    log: int = 0


class Fetch(Struct, frozen=True, tag=True):
    """Answer with the piece from `offset` of what the attempt made: a blob's digest, or a file's path."""

    attempt: str
    what: str
    offset: int


class Stop(Struct, frozen=True, tag=True):
    """Stop the attempt, which ends with this outcome unless it had completed before."""

    attempt: str
    outcome: ev.Outcome
    reason: str


class Forget(Struct, frozen=True, tag=True):
    """Drop what is kept of an attempt that has ended."""

    attempt: str


Request = Ask | Bring | Begin | Poll | Fetch | Stop | Forget


class Message(Struct, frozen=True):
    """An event of an attempt with its number, as JSON; numbers count from 1."""

    number: int
    content: bytes


class Answer(Struct, frozen=True):
    """What a station answers: how it stands with the attempt, and what was asked for.

    Attributes:
        state: "unknown" where the station has no such attempt.
        trouble: why the worker cannot do what it was asked to, in words; "" if it could.
        is_away: whether it does not see the folders of the run.
        missing: what has to be brought before the job can begin.
        messages: what has happened.
        files: paths in the working directory of what the attempt left there, once it has ended.
        data: a piece of the log, or of what was fetched.
        size: how long the whole is, in bytes.
    """

    state: Literal["held", "running", "ended", "unknown"]
    trouble: str = ""
    is_away: bool = False
    missing: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    files: tuple[str, ...] = ()
    data: bytes = b""
    size: int = 0


_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_answers: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
_events: msgspec.json.Decoder[Reported | ev.AttemptQueued | ev.AttemptStarted] = msgspec.json.Decoder(
    Reported | ev.AttemptQueued | ev.AttemptStarted
)


def encode(struct: Request | Answer) -> bytes:
    """Return a request or an answer as bytes."""
    return msgspec.msgpack.encode(struct)


def decode_request(data: bytes) -> Request:
    """Return a request; msgspec.DecodeError if it is none."""
    return _requests.decode(data)


def decode_answer(data: bytes) -> Answer:
    """Return an answer; msgspec.DecodeError if it is none."""
    return _answers.decode(data)


def message(number: int, event: ev.AnyEvent) -> Message:
    """Return an event under its number."""
    return Message(number, encode_json(event))


def event_of(message: Message) -> ev.AnyEvent:
    """Return the event in a message; msgspec.DecodeError if it is one that no attempt may send."""
    return _events.decode(message.content)
