"""What an executor and a station say to each other, as data."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from jupyter_pipes.execution.reports import Reported
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.steps import encode_json

OPERATION = "jupyter_pipes"
"""The name under which a worker's requests of ours are known to it."""


class Begin(Struct, frozen=True, tag=True):
    """Run the job now."""

    job: Job


class Poll(Struct, frozen=True, tag=True):
    """Answer with what has happened behind message number `after`; what stands before it was received."""

    attempt: str
    after: int


class Stop(Struct, frozen=True, tag=True):
    """Stop the attempt, which ends with this outcome unless it had completed before."""

    attempt: str
    outcome: ev.Outcome
    reason: str


class Forget(Struct, frozen=True, tag=True):
    """Drop what is kept of an attempt that has ended."""

    attempt: str


Request = Begin | Poll | Stop | Forget


class Message(Struct, frozen=True):
    """An event of an attempt with its number; numbers count from 1."""

    number: int
    event: Reported | ev.AttemptQueued | ev.AttemptStarted


class Answer(Struct, frozen=True):
    """What a station answers: how it stands with the attempt, and what has happened.

    Attributes:
        state: "unknown" where the station has no such attempt.
    """

    state: Literal["held", "running", "ended", "unknown"]
    messages: tuple[Message, ...] = ()


_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def encode(struct: Request | Answer) -> bytes:
    """Return a request or an answer as JSON."""
    return encode_json(struct)


def decode_request(data: bytes) -> Request:
    """Return a request; msgspec.DecodeError if it is none."""
    return _requests.decode(data)


def decode_answer(data: bytes) -> Answer:
    """Return an answer; msgspec.DecodeError if it is none, or tells what no attempt may tell."""
    return _answers.decode(data)
