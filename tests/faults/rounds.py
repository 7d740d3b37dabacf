"""A round, drawn from a seed: which verb, what befalls it, when and where, and whether a run is beside it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

VERBS = (
    "run",
    "run --debug",
    "run STEP --force",
    "resume",
    "get",
    "verify",
    "export to a module",
    "export to a notebook",
    "gc",
    "history rebuild",
    "cancel",
    "%pipeline run",
    "%pipeline debug",
)
"""What is attacked; those with a percent sign in a kernel, the others on the command line."""

WEIGHTS = {"run": 5, "run STEP --force": 2, "resume": 3, "verify": 0.5, "%pipeline run": 2}
"""How often a verb comes, where that is not once."""

FAULTS = (
    "kill controller",
    "kill helper",
    "kill step",
    "kill group",
    "kill all",
    "terminate",
    "interrupt",
    "stop and go on",
    "lock",
    "full disk",
)
"""What befalls the process of the verb: signals, a history that somebody else locks, a disk without room."""

WITHOUT_STEPS = (
    "run --debug",
    "get",
    "export to a module",
    "export to a notebook",
    "gc",
    "history rebuild",
    "cancel",
)
"""Verbs that have one process."""

_EVENTS = {"run": 100, "run --debug": 90, "resume": 50, "%pipeline run": 90}
"""Verbs that write events, and about how many."""

PLACES = ("here", "renamed host", "other container", "other start", "clock steps on", "clock steps back")
"""Where the process of the verb runs; checks are always made here."""


@dataclass(frozen=True)
class Round:
    """One attack.

    Attributes:
        seed: gives this very round again, in a scene that begins with it.
        verb, fault, place: one of `VERBS`, `FAULTS`, `PLACES`.
        events: so many events of the run are waited for; None where the instant is a matter of time alone.
        share: the instant, as a share of how long the verb takes when nothing befalls it.
        companion: whether another run of the same notebook and parameters goes on at the same time.
    """

    seed: int
    verb: str
    fault: str
    place: str
    events: int | None
    share: float
    companion: bool

    def __str__(self) -> str:
        """Return it in words."""
        moment = f"{self.share:.0%}" if self.events is None else f"event {self.events}"
        beside = ", a run beside it" if self.companion else ""
        return f"round {self.seed}: {self.verb}, {self.place}{beside}: {self.fault} at {moment}"


def draw(
    seed: int,
    verbs: Sequence[str] = VERBS,
    faults: Sequence[str] = FAULTS,
    places: Sequence[str] = PLACES,
    *,
    companion: bool | None = None,
) -> Round:
    """Return the round of a seed, of those that the lists allow; `companion` None is either."""
    chance = random.Random(seed)
    (verb,) = chance.choices(verbs, [WEIGHTS.get(each, 1) for each in verbs])
    fault = chance.choice(faults)
    if verb in WITHOUT_STEPS and fault in ("kill helper", "kill step"):
        fault = "kill controller"
    # Most faults need no other machine.
    place = places[0] if chance.random() < 0.5 else chance.choice(places)
    in_kernel = verb.startswith("%")
    events = chance.randrange(1, _EVENTS[verb]) if verb in _EVENTS and chance.random() < 0.5 else None
    together = chance.random() < 0.35
    return Round(
        seed=seed,
        verb=verb,
        fault=fault,
        place="here" if in_kernel and place == "other container" else place,
        events=events,
        share=chance.random(),
        companion=together if companion is None else companion,
    )
