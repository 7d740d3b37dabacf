"""What every request of the Lab extension is."""

from __future__ import annotations

from msgspec import Struct


class Request(Struct, frozen=True, tag_field="ask"):
    """Something asked, imperative."""
