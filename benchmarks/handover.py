"""What it costs to see at an attempt's end which inputs it changed, and what its outputs share."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure, beside, milliseconds

ROWS = 4_000_000
TIMES = 11
OBJECTS = 200_000


def measure() -> list[Figure]:
    """Return the cost beside a look at a frame of 320 MB, and for a step that does nothing."""
    import numpy as np
    import pandas as pd

    frame = pd.DataFrame(np.random.default_rng(0).standard_normal((ROWS, 10)), columns=list("abcdefghij"))
    use = milliseconds(lambda: frame.describe(), 3)
    with_frame, _ = _handed_over(frame, list("ab"))
    with_number, kept = _handed_over(1, [2])
    return [
        beside("handover: a frame of 320 MB", with_frame, "ms", use, "frame.describe()"),
        beside("handover: a step with one number and one list", with_number, "ms", kept, "keeping the list"),
        _shared_among_many(),
    ]


def _shared_among_many() -> Figure:
    """Return what it takes to see that two names hold one list, in a step that has made many objects."""
    import gc

    from jupyter_pipes.execution.worker.observation.files import FileWatch
    from jupyter_pipes.model.results import ArtifactRef
    from jupyter_pipes.storage.joining import Holder, Joiner
    from jupyter_pipes.storage.serializers.base import Part

    objects = [[number] for number in range(OBJECTS)]
    parts = {id(objects): Part(0, objects)}
    artifact = ArtifactRef("taken", "0" * 64, "list", 1, "pickle")

    def join() -> None:
        joiner = Joiner()
        joiner.add(Holder("taken", lambda: artifact, lambda: parts))
        joiner.join("made", lambda: parts)

    with tempfile.TemporaryDirectory() as folder:
        watch = FileWatch(Path(folder), f"file://{folder}/store")
        with watch.watching(is_alone=False):
            joins, listings = milliseconds(join, TIMES), milliseconds(gc.get_objects, TIMES)
    return beside(f"handover: one list of {OBJECTS:,} shared", joins, "ms", listings, "gc.get_objects()")


def _handed_over(taken: Any, made: Any) -> tuple[list[float], list[float]]:
    """Return what it takes to keep a value that a step made, with a look at what it took over and without."""
    from jupyter_pipes.storage.artifacts import ArtifactStore
    from jupyter_pipes.storage.joining import Holder, Joiner
    from jupyter_pipes.storage.unchanged import inspect

    with tempfile.TemporaryDirectory() as folder:
        store = ArtifactStore(folder)
        artifact = store.put("taken", taken)
        loading = store.loading()
        value = store.load(artifact, loading)

        def hand_over() -> None:
            joiner = Joiner()
            inspected = inspect(artifact, value, loading, store.view)
            joiner.add(Holder("taken", lambda: artifact, inspected.parts))
            store.put("made", made, joiner=joiner)

        return milliseconds(hand_over, TIMES), milliseconds(lambda: store.put("made", made), TIMES)
