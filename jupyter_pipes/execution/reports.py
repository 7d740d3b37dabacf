"""What the process of an attempt tells its executor: events of that attempt, each with its sender."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.facts.encoding import encode_json
from jupyter_pipes.model.job import Job

Reported = (
    ev.ProgressReported
    | ev.MetricsReported
    | ev.ArtifactStored
    | ev.StepsAdded
    | ev.InputsChanged
    | ev.NamesJoined
    | ev.CellBegun
    | ev.OutputShown
    | ev.OutputsCleared
    | ev.NoteAdded
    | ev.AttemptEnded
)
"""What an attempt may report; all other facts are for the controller to state."""


class Report(Struct, frozen=True, gc=False):
    """An event with the attempt whose process sent it (`Job.attempt_id`)."""

    sender: str
    event: Reported

    def is_of(self, job: Job) -> bool:
        """Whether it was sent by this attempt, and tells of it."""
        about = (self.event.step, self.event.attempt)
        return self.sender == job.attempt_id and about == (job.step.name, job.attempt)


class _Sent(Struct, frozen=True, gc=False):
    """A report as it is written: whether it may be sent is for the receiver to say."""

    sender: str
    event: ev.AnyEvent


_decoder: msgspec.json.Decoder[Report] = msgspec.json.Decoder(Report)


def encode(sender: str, event: ev.AnyEvent) -> bytes:
    """Return the report as one JSON document without newlines."""
    return encode_json(_Sent(sender, event))


def decode(line: bytes) -> Report:
    """Return the report that `encode` wrote.

    Raises:
        msgspec.DecodeError: the bytes are none, or one that no attempt may send.
    """
    return _decoder.decode(line)
