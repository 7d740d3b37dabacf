"""Random numbers in a step: every attempt draws its own, and whether it drew some without a seed."""

from __future__ import annotations

import ast
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

from jupyter_pipes.analysis import slices
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.analysis.local_modules import files_of
from jupyter_pipes.model.job import Job

_NUMPY_MAKERS = frozenset(
    ("default_rng", "RandomState", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
)
_MAY_MAKE = re.compile(rf"\b(?:Random|{'|'.join(sorted(_NUMPY_MAKERS))})\b")
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
    """

    seed: Callable[[], object]
    state: Callable[[], Any]
    restore: Callable[[Any], object]


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
        yield {name: each.state() for name, each in loaded.items()}
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
    drawn = {name for name, each in _loaded().items() if _has_drawn(name, each, before)}
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
        origins = _origins(nodes)
        calls = [(_dotted(node.func, origins), node) for node in nodes if isinstance(node, ast.Call)]
        return cls(
            frozenset[str]().union(*(_seeded_by(name, call) for name, call in calls)),
            frozenset[str]().union(*(_made_by(name, call) for name, call in calls)),
        )


def _origins(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Return name -> what it is imported from, where that is not the name itself."""
    origins: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            origins |= {each.asname: each.name for each in node.names if each.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            origins |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return origins


def _dotted(function: ast.expr, origins: Mapping[str, str]) -> str:
    match function:
        case ast.Name(name):
            return origins.get(name, name)
        case ast.Attribute(value, name):
            return f"{_dotted(value, origins)}.{name}"
        case _:
            return ""


def _seeded_by(name: str, call: ast.Call) -> frozenset[str]:
    """Return the modules that a call seeds: of one that is not known, by its name, all."""
    place, _, last = name.rpartition(".")
    if not _SEED.search(last) or last in _NUMPY_MAKERS or (last == "seed" and not _has_seed(call)):
        return frozenset()
    if place == "random":
        return frozenset(("random",))
    return frozenset(("numpy",)) if place.endswith(".random") and last == "seed" else frozenset(_REMEDIES)


def _made_by(name: str, call: ast.Call) -> frozenset[str]:
    if _has_seed(call):
        return frozenset()
    if name == "random.Random":
        return frozenset(("random",))
    return frozenset(("numpy",)) if name.rpartition(".")[2] in _NUMPY_MAKERS else frozenset()


def _has_seed(call: ast.Call) -> bool:
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(not (isinstance(value, ast.Constant) and value.value is None) for value in values)


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
    return _Generator(random.seed, random.getstate, random.setstate)


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

    return _Generator(seed, state, restore)


@cache
def _of_torch() -> _Generator:
    # The one of the CPU: a forked process cannot touch that of a GPU.
    numbers: Any = sys.modules["torch"].default_generator

    def state() -> bytes:
        return numbers.get_state().numpy().tobytes()

    def restore(state: bytes) -> None:
        torch: Any = sys.modules["torch"]
        numbers.set_state(torch.frombuffer(bytearray(state), dtype=torch.uint8))

    return _Generator(numbers.seed, state, restore)


_MAKE: dict[str, Callable[[], _Generator]] = {"random": _of_python, "numpy": _of_numpy, "torch": _of_torch}
_MODULES = {"random": "random", "numpy": "numpy.random", "torch": "torch"}
