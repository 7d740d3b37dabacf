"""Who refers to what is kept: runs to artifacts and documents, and to results of other runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from jupyter_pipes.history.sql.schema import table
from jupyter_pipes.model.events import RunCollected
from jupyter_pipes.model.mapping.children import step_of
from jupyter_pipes.model.steps import Status
from jupyter_pipes.storage.blobs.base import DIGEST

if TYPE_CHECKING:
    from jupyter_pipes.history.sql.links import Transaction

StepOfRun = tuple[str, str]
"""The id of a run, and the name of a step: whose results are meant."""


class RunFacts(Struct):
    """What the history knows of one run.

    Attributes:
        run: its id.
        pipeline: its pipeline's name.
        started, ended: in seconds since 1970; `ended` is None while it goes on.
        is_running: whether it goes on.
        is_remnant: whether only steps are left of it whose results are in use.
        events: how many events there are.
        last: the number of the last one.
        digests: all that its events name: blobs and attachments.
        by_step: the same, for the events of each step.
        seqs: the numbers of the events of each step.
        uses: whose results it took over.
    """

    run: str
    pipeline: str = ""
    started: float = 0.0
    ended: float | None = None
    is_running: bool = False
    is_remnant: bool = False
    events: int = 0
    last: int = -1
    digests: set[str] = field(default_factory=set[str])
    by_step: dict[str, set[str]] = field(default_factory=dict[str, set[str]])
    seqs: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    uses: set[StepOfRun] = field(default_factory=set[StepOfRun])


class ResultFacts(Struct, frozen=True):
    """A kept result: its row, whose it is, and what it refers to."""

    id: int
    owner: StepOfRun
    digests: frozenset[str]


class Facts(Struct, frozen=True):
    """All that refers to something."""

    runs: dict[str, RunFacts]
    results: tuple[ResultFacts, ...]


class Staying(Struct, frozen=True):
    """What stays when some runs go.

    Attributes:
        steps: run that goes or went -> the steps of it whose results are in use.
        results: ids of the rows.
        digests: the blobs and attachments that are referred to.
    """

    steps: dict[str, set[str]]
    results: frozenset[int]
    digests: frozenset[str]


class _Named(Struct):
    """What counts here of an event; a record of another version may lack it all."""

    kind: str = ""
    step: str | None = None
    source_run: str = ""
    source_step: str = ""


def read(transaction: Transaction, earlier: Mapping[str, RunFacts] | None = None) -> Facts:
    """Return all references in the history.

    Args:
        transaction: reads it.
        earlier: of a reading before; journals that did not grow since are not read again.
    """
    import sqlalchemy as sa

    runs = _read_runs(transaction, earlier or {})
    _add_standing(transaction, runs)
    rows = table("results").c
    query = sa.select(rows.id, rows.run, rows.step, rows.parts, rows.kept)
    return Facts(runs, tuple(map(_result, transaction.connection.execute(query))))


def staying(facts: Facts, gone: frozenset[str], used: Iterable[StepOfRun] = ()) -> Staying:
    """Return what stays when runs go.

    Args:
        facts: all references.
        gone: ids of the runs that go.
        used: whose results are in use beside those that the other runs took over.
    """
    whole = [run for run in facts.runs.values() if not run.is_remnant and run.run not in gone]
    ids = {run.run for run in whole}
    needed = set(used).union(*(run.uses for run in whole))
    results = [result for result in facts.results if result.owner[0] in ids or result.owner in needed]
    steps: dict[str, set[str]] = {}
    for run, step in {result.owner for result in results if result.owner[0] not in ids}:
        # What an element was is told with the others of its step.
        steps.setdefault(run, set()).update((step, step_of(step)))
    named = [run.digests for run in whole] + [result.digests for result in results]
    for run, left in steps.items():
        named += [facts.runs[run].by_step.get(step, set()) for step in left if run in facts.runs]
    return Staying(steps, frozenset(result.id for result in results), frozenset(set[str]().union(*named)))


def named(facts: Facts) -> set[str]:
    """Return all that anything refers to, what went before included as far as its story is left."""
    by_runs = (run.digests for run in facts.runs.values())
    return set[str]().union(*by_runs, *(result.digests for result in facts.results))


def _read_runs(transaction: Transaction, earlier: Mapping[str, RunFacts]) -> dict[str, RunFacts]:
    import sqlalchemy as sa

    events = table("events")
    counts = sa.select(events.c.run, sa.func.count(), sa.func.max(events.c.seq)).group_by(events.c.run)
    runs: dict[str, RunFacts] = {}
    for run, number, last in transaction.connection.execute(counts):
        held = earlier.get(run)
        if held is not None and (held.events, held.last) == (number, last):
            runs[run] = replace(held, is_running=False)
        else:
            runs[run] = _read_run(transaction, RunFacts(run, events=number, last=last))
    return runs


def _read_run(transaction: Transaction, facts: RunFacts) -> RunFacts:
    for seq, _, body in transaction.rows("events", run=facts.run, after=-1):
        try:
            event = _event.decode(body)
        except msgspec.DecodeError:
            event = _Named()
        digests = set(_quoted.findall(body))
        facts.digests |= digests
        if event.step:
            facts.by_step.setdefault(event.step, set()).update(digests)
            facts.seqs.setdefault(event.step, []).append(seq)
        if event.source_run:
            facts.uses.add((event.source_run, event.source_step or event.step or ""))
        facts.is_remnant |= event.kind == RunCollected.__name__
    return facts


_event = msgspec.json.Decoder(_Named)
# Whatever an event of any version, or what is kept of a result, names by a digest: rather one too many.
_quoted = re.compile(f'"({DIGEST})"')
_packed = re.compile(rb"\xd9\x40(" + DIGEST.encode() + rb")")


def _add_standing(transaction: Transaction, runs: dict[str, RunFacts]) -> None:
    import sqlalchemy as sa

    rows = table("runs").c
    query = sa.select(rows.run, rows.pipeline, rows.status, rows.started, rows.ended)
    for run, pipeline, status, started, ended in transaction.connection.execute(query):
        facts = runs.setdefault(run, RunFacts(run))
        facts.pipeline, facts.started, facts.ended = pipeline, started, ended
        facts.is_running = status == Status.RUNNING


def _result(row: Any) -> ResultFacts:
    number, run, step, parts, content = row
    digests = map(bytes.decode, _packed.findall(content))
    return ResultFacts(number, (run, step), frozenset((parts, *digests)))
