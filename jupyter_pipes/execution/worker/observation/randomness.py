"""Random numbers in a step: every attempt draws its own, and whether it drew some without a seed."""

from __future__ import annotations

import ast
import importlib
import os
import pickle
import random
import re
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.local_modules import files_of
from jupyter_pipes.analysis.slicing import slices
from jupyter_pipes.analysis.streams import (
    GENERATOR_MAKERS,
    STREAMS,
    dotted,
    made_by,
    origins_in,
    seeded_by,
)
from jupyter_pipes.model.job import Job

_MAY_MAKE = re.compile(rf"\b(?:Random|{'|'.join(sorted(GENERATOR_MAKERS))})\b")
_SEED = re.compile("seed", re.IGNORECASE)
_RANDOM = re.compile(r"\brandom\b")
_RICH = "rich.style"
"""A module that draws numbers of Python's global generator for ids, when scikit-learn imports it too."""

_FRESH_POSITIONS = (623, 624)
"""Where NumPy's generator stands when it was seeded just now, by itself or from outside."""

_REMEDIES = {
    "numpy": "np.random.default_rng(0)",
    "random": "random.seed(0)",
    "torch": "torch.manual_seed(0)",
}


class _Generator(NamedTuple):
    """The global generator of a module.

    Attributes:
        seed: gives it a state of its own, from the operating system.
        state: returns its state, comparable.
        restore: takes such a state again.
        save: returns its state as a value that can be kept.
        load: takes such a value.
    """

    seed: Callable[[], object]
    state: Callable[[], Any]
    restore: Callable[[Any], object]
    save: Callable[[], Any]
    load: Callable[[Any], object]


@contextmanager
def own_numbers(*, restored: bool) -> Generator[Mapping[str, Any]]:
    """Let what runs inside draw numbers that no other attempt draws; give the states that it begins with.

    Processes forked from one helper would otherwise all draw the same.

    Args:
        restored: whether the generators get back the states that they had: in a kernel they are the user's.
    """
    loaded = _loaded()
    before = {name: each.state() for name, each in loaded.items()} if restored else {}
    for each in loaded.values():
        each.seed()
    try:
        yield states()
    finally:
        for name, state in before.items():
            loaded[name].restore(state)


def unseeded(job: Job, before: Mapping[str, Any]) -> str:
    """Return what to tell of a job that drew random numbers without a seed, "" when there is nothing to tell.

    Args:
        job: the attempt, which has run in this process.
        before: the states that it began with (see `own_numbers`).
    """
    sources = job.step.sources
    drawn = _drawn(before) - _handed_on(job)
    calls = _Calls.of(sources)
    modules = [*_module_sources(job, sources, needed=bool(drawn - calls.seeded))]
    theirs = _Calls.of(modules)
    if _RICH in sys.modules and not any(_RANDOM.search(source) for source in (*sources, *modules)):
        drawn.discard("random")
    names = sorted(drawn - calls.seeded - theirs.seeded | calls.unseeded | theirs.unseeded)
    if not names:
        return ""
    remedy = ", ".join(_REMEDIES[name] for name in names)
    return (
        f"draws random numbers without a seed ({', '.join(names)}): a rerun gives another result; "
        f"seed it, e.g. {remedy}"
    )


def states() -> Mapping[str, Any]:
    """Return the states of all streams whose modules are loaded, to be compared later."""
    return {name: each.state() for name, each in _loaded().items()}


def from_elsewhere(job: Job, before: Mapping[str, Any]) -> str:
    """Return what to tell of a job that drew from a stream seeded outside its cell, unknown to the analysis.

    Args:
        job: the attempt, which has run in this process.
        before: the states with which its own code began.
    """
    seeded = _Calls.of(piece.source for piece in job.step.pieces).seeded - _Calls.of([job.step.body]).seeded
    names = sorted((_drawn(before) & seeded) - _handed_on(job)) if seeded else []
    if not names:
        return ""
    remedy = ", ".join(_REMEDIES[name] for name in names)
    return (
        f"draws from a stream that another cell seeds ({', '.join(names)}), which the code does not show: it "
        "begins at the seed, where in a kernel it goes on from what earlier cells drew. To have the same "
        f"numbers in both, seed in this step ({remedy}), or give what draws its own seed (random_state=0)"
    )


def restore_streams(values: dict[str, Any]) -> None:
    """Let global streams go on where earlier steps left them; take their states out of the values."""
    for module, name in STREAMS.items():
        state = values.pop(name, None)
        if state is not None:
            importlib.import_module(_MODULES[module])
            _MAKE[module]().load(state)


def stream_states(names: Iterable[str]) -> dict[str, Any]:
    """Return the states of those of the names that are global streams, as later steps need them.

    None stands for a stream whose module is not loaded: nothing drew from it.
    """
    generators = _loaded()
    modules = [module for module, name in STREAMS.items() if name in set(names)]
    return {STREAMS[each]: generators[each].save() if each in generators else None for each in modules}


def _handed_on(job: Job) -> set[str]:
    """Return the modules whose streams the job takes over from earlier steps, or leaves to later ones."""
    handed = {*job.inputs, *job.step.writes}
    return {module for module, name in STREAMS.items() if name in handed}


def _drawn(before: Mapping[str, Any]) -> set[str]:
    return {name for name, each in _loaded().items() if _has_drawn(name, each, before)}


class _Calls(NamedTuple):
    """What the calls in some code say.

    Attributes:
        seeded: the modules whose global generator it seeds.
        unseeded: the modules of which it makes generators without a seed.
    """

    seeded: frozenset[str]
    unseeded: frozenset[str]

    @classmethod
    def of(cls, sources: Iterable[str]) -> _Calls:
        """Return what the calls say; code without the words for it is not looked into."""
        sources = tuple(sources)
        if not any(_SEED.search(source) or _MAY_MAKE.search(source) for source in sources):
            return cls(frozenset(), frozenset())
        trees = [tree for source in sources if (tree := tree_of(source))]
        nodes = [node for tree in trees for node in ast.walk(tree)]
        origins = origins_in(nodes)
        calls = [(dotted(node.func, origins), node) for node in nodes if isinstance(node, ast.Call)]
        return cls(
            frozenset[str]().union(*(seeded_by(name, call) for name, call in calls)),
            frozenset[str]().union(*(made_by(name, call) for name, call in calls)),
        )


def _module_sources(job: Job, sources: Iterable[str], *, needed: bool) -> Iterator[str]:
    """Yield the code of local modules that the job reaches, if it is needed or may make generators."""
    places = tuple(map(Path, job.python_path))
    files = [file for name in job.step.imports for file in files_of(name.partition(".")[0], places)]
    if needed or any(_MAY_MAKE.search(file.read_text("utf-8", "replace")) for file in files):
        yield from slices.reached(sources, job.step.imports, places, with_classes=True).local.values()


def _has_drawn(name: str, generator: _Generator, before: Mapping[str, Any]) -> bool:
    state = generator.state()
    if name in before:
        return state != before[name]
    # Its module was loaded by the step itself; of NumPy's, it shows whether it was used since.
    return name == "numpy" and state[1] not in _FRESH_POSITIONS


def _loaded() -> dict[str, _Generator]:
    """Return the generators of the modules that this process has loaded."""
    return {name: make() for name, make in _MAKE.items() if _MODULES[name] in sys.modules}


def _of_python() -> _Generator:
    return _Generator(random.seed, random.getstate, random.setstate, random.getstate, random.setstate)


@cache
def _of_numpy() -> _Generator:
    numbers: Any = sys.modules["numpy.random"]

    def seed() -> None:
        # A user may have put another kind of generator there, which takes no seed.
        with suppress(TypeError):
            # Without these bytes it takes ten times as long.
            numbers.seed(list(os.urandom(16)))

    def state() -> tuple[bytes, object]:
        current = numbers.get_state(legacy=False)
        return pickle.dumps(current, 5), current["state"].get("pos")

    def restore(state: tuple[bytes, object]) -> None:
        numbers.set_state(pickle.loads(state[0]))

    def save() -> Any:
        return numbers.get_state(legacy=False)

    return _Generator(seed, state, restore, save, numbers.set_state)


@cache
def _of_torch() -> _Generator:
    # The one of the CPU: a forked process cannot touch that of a GPU.
    numbers: Any = sys.modules["torch"].default_generator

    def state() -> bytes:
        return numbers.get_state().numpy().tobytes()

    def restore(state: bytes) -> None:
        torch: Any = sys.modules["torch"]
        numbers.set_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))

    return _Generator(numbers.seed, state, restore, state, restore)


_MAKE: dict[str, Callable[[], _Generator]] = {"random": _of_python, "numpy": _of_numpy, "torch": _of_torch}
_MODULES = {"random": "random", "numpy": "numpy.random", "torch": "torch"}
