"""A step without the imports that it does not name, of modules that do nothing when they are imported."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from jupyter_pipes.analysis.slicing.slices import does_anything
from jupyter_pipes.model.steps import Step


def without_inert_imports(step: Step, places: Iterable[Path]) -> Step:
    """Return the step without them: a local module may take long to import what it imports itself.

    Args:
        step: the step.
        places: the folders that local modules are in.
    """
    places = tuple(places)
    kept = [
        place
        for place, piece in enumerate(step.prelude)
        if not piece.for_effect or does_anything(piece.source, places)
    ]
    if len(kept) == len(step.prelude):
        return step
    now = {before: place for place, before in enumerate(kept)}
    element = step.element
    if element is not None:
        element = replace(element, prelude=tuple(now[place] for place in element.prelude if place in now))
    return replace(step, prelude=tuple(step.prelude[place] for place in kept), element=element)
