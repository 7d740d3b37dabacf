"""Which streams of random numbers, global to a module, code draws from, and which it seeds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from jupyter_pipes.analysis.folding import condensed
from jupyter_pipes.analysis.literals import tree_of
from jupyter_pipes.system.memory import remembered
from jupyter_pipes.system.patterns import pattern

STREAMS = {"numpy": "numpy.random.state", "random": "random.state", "torch": "torch.random.state"}
"""Module -> the name by which steps hand on the state of its stream; the dot keeps it from any variable's."""

STREAM_NAMES = frozenset(STREAMS.values())

GENERATOR_MAKERS = frozenset(
    ("default_rng", "RandomState", "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")
)
"""Functions of `numpy.random` that make a generator of its own."""

_NO_DRAWS = GENERATOR_MAKERS | {"seed", "get_state", "Generator", "BitGenerator", "get_bit_generator"}
_OF_TORCH = pattern(r"torch\.(rand|randn|randint|randperm|normal|bernoulli|multinomial|nn\.([A-Z]|init))")
_OF_SKLEARN = pattern(r"sklearn\.(.*\.(train_test_split|shuffle|resample)|datasets\.(.*\.)?make_\w+)$")
_OF_NETWORKX = pattern(r"networkx\.(.*random|.*(erdos|barabasi|watts_strogatz|binomial_graph|spring_layout))")
_SEED = pattern("seed", re.IGNORECASE)
_STATE_SETTERS = {"numpy.random.set_state": "numpy", "random.setstate": "random"}
_SEED_ARGUMENTS = frozenset({"random_state", "seed", "rng"})
_WORTH_A_LOOK = pattern(
    r"rand|seed|sample|rvs|shuffle|choice|make_|setstate|set_state|split|nn\.|graph|layout", re.I
)

_NOTHING: frozenset[str] = frozenset()
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

Origins = Mapping[str, str]
"""Name -> the dotted name of what it is imported from."""


class Uses(Struct, frozen=True):
    """What a stretch of code does with streams, by their names (`STREAM_NAMES`).

    Attributes:
        draws: those that it draws from, in functions as well, and not only after it seeded them.
        seeds: those that it surely seeds when it runs.
        later_seeds: those that functions in it seed when they are called.
    """

    draws: frozenset[str] = _NOTHING
    seeds: frozenset[str] = _NOTHING
    later_seeds: frozenset[str] = _NOTHING

    def without(self, stream: str) -> Uses:
        """Return the uses of other streams."""
        one = {stream}
        return Uses(self.draws - one, self.seeds - one, self.later_seeds - one)


@remembered
def uses(source: str, imports: frozenset[tuple[str, str]] = frozenset()) -> Uses:
    """Return what the code does with streams; `imports` are the origins that hold where it stands."""
    texts = (condensed(source), *(origin for _, origin in imports))
    tree = tree_of(source) if any(map(_WORTH_A_LOOK.search, texts)) else None
    if tree is None:
        return Uses()
    origins = {**dict(imports), **origins_in(ast.walk(tree))}
    draws, seeds, later = set[str](), set[str](), set[str]()
    for statement in tree.body:
        now, deferred = _calls(statement)
        sown = _seeded(now, origins) if isinstance(statement, ast.Expr | ast.Assign) else _NOTHING
        drawn = _drawn([*now, *deferred], origins) | (_seeded(now, origins) - sown)
        draws |= drawn - seeds - sown
        seeds |= sown
        later |= _seeded(deferred, origins)
    return Uses(_names(draws), _names(seeds), _names(later))


@remembered
def imports_of(source: str) -> frozenset[tuple[str, str]]:
    """Return the names that imports in the code bind, each with what it is imported from."""
    tree = tree_of(source) if "import" in source else None
    return frozenset(origins_in(ast.walk(tree)).items()) if tree else frozenset()


def _names(modules: Iterable[str]) -> frozenset[str]:
    return frozenset(STREAMS[module] for module in modules)


def _calls(statement: ast.stmt) -> tuple[list[ast.Call], list[ast.Call]]:
    """Return the calls that happen when the statement runs, and those in functions that it defines."""
    now: list[ast.Call] = []
    later: list[ast.Call] = []
    waiting: list[tuple[ast.AST, bool]] = [(statement, False)]
    while waiting:
        node, inside = waiting.pop()
        if isinstance(node, ast.Call):
            (later if inside else now).append(node)
        inside = inside or isinstance(node, _FUNCTIONS)
        waiting += [(child, inside) for child in ast.iter_child_nodes(node)]
    return now, later


def _seeded(calls: Iterable[ast.Call], origins: Origins) -> frozenset[str]:
    return _NOTHING.union(*(seeded_by(dotted(call.func, origins), call) for call in calls))


def _drawn(calls: Iterable[ast.Call], origins: Origins) -> frozenset[str]:
    return frozenset(module for call in calls for module in _drawn_by(dotted(call.func, origins), call))


def _drawn_by(name: str, call: ast.Call) -> Iterator[str]:
    place, _, last = name.rpartition(".")
    if place == "numpy.random" and last not in _NO_DRAWS:
        yield "numpy"
    elif place == "random" and last[:1].islower() and last not in ("seed", "getstate"):
        yield "random"
    elif _OF_TORCH.match(name):
        yield "torch"
    elif _OF_NETWORKX.match(name) and not _is_seeded(call):
        yield from ("numpy", "random")
    elif (last in ("sample", "rvs") or _OF_SKLEARN.match(name)) and not _is_seeded(call):
        yield "numpy"


def _is_seeded(call: ast.Call) -> bool:
    """Whether the call is given a seed or a generator by name, or arguments that cannot be seen."""
    given = [keyword.value for keyword in call.keywords if keyword.arg in (*_SEED_ARGUMENTS, None)]
    return any(not (isinstance(value, ast.Constant) and value.value is None) for value in given)


def origins_in(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Return name -> what it is imported from, where that is not the name itself."""
    origins: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            origins |= {each.asname: each.name for each in node.names if each.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            origins |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return origins


def dotted(function: ast.expr, origins: Origins) -> str:
    """Return the dotted name of what is called, "" at its root when that is no name."""
    match function:
        case ast.Name(name):
            return origins.get(name, name)
        case ast.Attribute(value, name):
            return f"{dotted(value, origins)}.{name}"
        case _:
            return ""


def seeded_by(name: str, call: ast.Call) -> frozenset[str]:
    """Return the modules that a call seeds: of one that is not known, by its name, all."""
    if name in _STATE_SETTERS:
        return frozenset((_STATE_SETTERS[name],))
    place, _, last = name.rpartition(".")
    if not _SEED.search(last) or last in GENERATOR_MAKERS or (last == "seed" and not has_seed(call)):
        return _NOTHING
    if place == "random":
        return frozenset(("random",))
    return frozenset(("numpy",)) if place.endswith(".random") and last == "seed" else frozenset(STREAMS)


def made_by(name: str, call: ast.Call) -> frozenset[str]:
    """Return the module of which a call makes a generator without a seed."""
    if has_seed(call):
        return _NOTHING
    if name == "random.Random":
        return frozenset(("random",))
    return frozenset(("numpy",)) if name.rpartition(".")[2] in GENERATOR_MAKERS else _NOTHING


def has_seed(call: ast.Call) -> bool:
    """Whether a call that seeds, or makes a generator, is given something to begin with."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(not (isinstance(value, ast.Constant) and value.value is None) for value in values)
