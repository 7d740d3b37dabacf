"""What `gc` prints: what went, in units for people."""

from __future__ import annotations

from jupyter_pipes.display.cleanup_text import text
from jupyter_pipes.history.cleanup.collect import Amount, Collection


def test_everything_that_went_has_a_line() -> None:
    collection = Collection(
        runs=("r1", "r2"),
        results=1,
        documents=3,
        claims=1,
        files=2,
        artifacts=Amount(1200, 3 * 2**30),
        logs=Amount(1, 17),
        unfinished=Amount(2, 2048),
        notes=Amount(1, 300),
        later=Amount(1, 5),
        left=Amount(4, 1024),
    )
    assert text(collection).splitlines() == [
        "2 runs: r1, r2",
        "1 result that nobody uses",
        "3 documents (code, signature, environment)",
        "1 claim of processes that are gone",
        "2 digests of files that are gone",
        "1,200 artifacts, 3.0 GiB",
        "1 log, 17 B",
        "2 half-written artifacts, 2.0 KiB",
        "1 note of files of the catalog, 300 B",
        "left: 4 artifacts, 1.0 KiB",
        "later: 1 artifact, 5 B, written a moment ago or within reach of a run that goes on",
    ]


def test_nothing_to_remove_is_said_and_a_dry_run_too() -> None:
    assert text(Collection(), dry_run=True).splitlines() == [
        "nothing to remove",
        "left: 0 artifacts, 0 B",
        "--dry-run: nothing was removed",
    ]


def test_of_many_runs_the_oldest_are_named() -> None:
    assert text(Collection(runs=tuple("abcdefghijklm"))).splitlines()[0].endswith("j and 3 more")
