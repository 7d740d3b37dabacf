"""What every request of the Lab extension is, and the answers that many share."""

from __future__ import annotations

from msgspec import Struct


class Request(Struct, frozen=True, tag_field="ask"):
    """Something asked, imperative."""


class Done(Struct, frozen=True):
    """It was taken."""


class RunStarted(Struct, frozen=True):
    """A run goes on; how, is told on the other comm."""

    run: str
