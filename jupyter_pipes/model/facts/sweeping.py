"""What a run of a sweep says of it: which it is, what is tried, and by what its best run is found."""

from __future__ import annotations

from msgspec import Struct


class SweepPart(Struct, frozen=True):
    """The place of a run in a sweep.

    Attributes:
        sweep: the sweep's id; its runs have it as a tag.
        names: the parameters that are tried, as far as they are known when the run starts.
        goal: `NAME:max` or `NAME:min`, which says which run is the best; "" where nothing does.
        number: which of its runs this is, from 1.
        most: how many there will be at most; None where a search decides.
    """

    sweep: str
    names: tuple[str, ...] = ()
    goal: str = ""
    number: int = 1
    most: int | None = None
