"""The elements of a `--map`: taken from what gives them, each kept as a value of its own, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from jupyter_pipes.model import events as ev
from jupyter_pipes.model.errors import PipesError, SerializationError
from jupyter_pipes.model.mapping.clauses import MOST_ELEMENTS, element_names
from jupyter_pipes.model.results import ElementValue

if TYPE_CHECKING:
    from jupyter_pipes.model.job import Job
    from jupyter_pipes.storage.artifacts import ArtifactStore

_AT_A_TIME = 200
"""Elements that one fact tells of: what tells of all may be too long to be told at once."""

_LONGEST = 40
"""Characters of an element's preview."""

Element = tuple[Any, ...]
"""The values of an element, one for each of its names."""


def all_of(elements: Iterable[Element]) -> list[Element]:
    """Return all elements.

    Raises:
        PipesError: there are too many, or no end of them.
    """
    taken = list(islice(elements, MOST_ELEMENTS + 1))
    if len(taken) > MOST_ELEMENTS:
        raise PipesError(
            f"it has more than {MOST_ELEMENTS:,} elements: map over lists of several of them each"
        )
    return taken


def keep_elements(
    job: Job, store: ArtifactStore, elements: Sequence[Element], report: Callable[[ev.AnyEvent], None]
) -> None:
    """Store the elements and tell of them, in order.

    Raises:
        SerializationError: one cannot be stored.
    """
    keeper = _Keeper(job, store)
    for first in range(0, len(elements) or 1, _AT_A_TIME):
        some = enumerate(elements[first : first + _AT_A_TIME], first)
        values = tuple(keeper.kept(number, element) for number, element in some)
        report(ev.StepsAdded(job.step.name, job.attempt, first, values))


class _Keeper:
    """Stores elements; what several of them hold is stored once."""

    def __init__(self, job: Job, store: ArtifactStore) -> None:
        self._names = element_names(job.step.options.map)
        self._step = job.step.name
        self._store = store
        self._kept: dict[tuple[str, int], ElementValue] = {}

    def kept(self, number: int, element: Element) -> tuple[ElementValue, ...]:
        """Return where the values of an element are."""
        return tuple(
            self._value(number, name, value) for name, value in zip(self._names, element, strict=True)
        )

    def _value(self, number: int, name: str, value: object) -> ElementValue:
        # The elements are all there as long as this goes on: no two objects have the same id.
        key = (name, id(value))
        if key not in self._kept:
            try:
                ref = self._store.put(name, value)
            except SerializationError as error:
                message = f"{name} of element {number} of {self._step} cannot be handed over: {error}"
                raise SerializationError(message, step=self._step, line=1) from error
            preview = " ".join(ref.preview.split())
            short = preview if len(preview) <= _LONGEST else f"{preview[: _LONGEST - 1]}…"
            self._kept[key] = ElementValue(
                ref.digest, ref.bytes, ref.serializer, short, ref.stable, ref.imports
            )
        return self._kept[key]
