"""The verb about artifact stores: blobs that runs need, copied to another place and back, and checked."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from jupyter_pipes.cli.answers import Answer, Face, run_named
from jupyter_pipes.cli.output import COMPLETED, FAILED
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.quantities import bytes_text

if TYPE_CHECKING:
    from jupyter_pipes.history.needs import Need
    from jupyter_pipes.storage.blobs.base import Blobs
    from jupyter_pipes.storage.blobs.copying import Seen


def store(face: Face, arguments: Namespace) -> Answer:
    """Push, pull or verify, as the arguments say.

    Raises:
        UsageError: the other place is not named, or is the project's own store.
        StoreError: a place cannot be read or written; what was copied by then is there.
    """
    from jupyter_pipes.history.needs import needs
    from jupyter_pipes.storage.artifacts import open_blobs
    from jupyter_pipes.storage.blobs.copying import copy, rehash

    workspace, what = face.workspace(), arguments.what
    own, url = workspace.store.blobs, _url(face, arguments.url)
    if what != "verify" and not url:
        raise UsageError(f"store {what} needs the other place: a folder, or any fsspec URL")
    other = open_blobs(url) if url else own
    if what != "verify" and other.uri("") == own.uri(""):
        raise UsageError(f"{url} is the project's own store: name another place")
    needed = needs(workspace.history, _runs(face, arguments))
    if what == "verify":
        digests = _all_of(other, needed) if arguments.run is None else needed
        return _answer(what, needed, list(rehash(digests, other)), other)
    source, target = (own, other) if what == "push" else (other, own)
    seen = list(copy(needed, source, target))
    target.sync(each.digest for each in seen if each.state == "copied")
    return _answer(what, needed, seen, source)


def _url(face: Face, url: str | None) -> str:
    """Return a URL, or a path from the folder from which paths count."""
    if not url or "://" in url or "::" in url:
        return url or ""
    return str(face.directory.absolute() / url)


def _runs(face: Face, arguments: Namespace) -> list[str]:
    """Return the ids of the runs that are meant: one, those of a notebook, or all."""
    if arguments.run is not None:
        return [run_named(face, arguments.run).id]
    return [run.run for run in face.workspace().history.runs(face.pipeline_name())]


def _all_of(blobs: Blobs, needed: Iterable[str]) -> dict[str, None]:
    """Return what is needed, and what else is kept: that may be found again by what it is the result of."""
    return dict.fromkeys((*needed, *(each.digest for each in blobs.stored() if each.digest)))


def _answer(what: str, needed: Mapping[str, Need], seen: list[Seen], at: Blobs) -> Answer:
    from jupyter_pipes.cli import documents

    bad = [each for each in seen if each.state in ("missing", "damaged")]
    return Answer(
        lambda: documents.of_blobs(what, seen, needed, at),
        lambda _: "".join(f"{line}\n" for line in (_summary(what, seen), *_lines(bad, needed, at))),
        code=FAILED if bad else COMPLETED,
        is_done=True,
    )


def _summary(what: str, seen: list[Seen]) -> str:
    counts = Counter(each.state for each in seen)
    size = bytes_text(sum(each.bytes for each in seen if each.state in ("copied", "whole")))
    told = f"{counts['whole']} whole" if what == "verify" else f"{counts['copied']} copied"
    there = f", {counts['there']} there already" if counts["there"] else ""
    bad = "".join(f", {counts[state]} {state}" for state in ("damaged", "missing") if counts[state])
    return f"{told} ({size}){there}{bad}"


def _lines(bad: list[Seen], needed: Mapping[str, Need], at: Blobs) -> Iterator[str]:
    for each in bad:
        need = needed.get(each.digest)
        if need is None:
            who = "what no run needs"
        elif not need.step:
            who = f"{need.name} of the notebook's folder, run {need.run}"
        elif need.name:
            who = f"{need.name} of step {need.step}, run {need.run}"
        else:
            who = f"an output of step {need.step}, run {need.run}"
        yield f"{each.state}: {who}: {at.uri(each.digest)}"
