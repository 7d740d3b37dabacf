"""What pickles name of ours: functions that restore values, at an address that does not move."""

from __future__ import annotations

import gc
import sys
from functools import cached_property, lru_cache
from importlib import import_module
from inspect import isbuiltin, isfunction
from types import CellType, CodeType, FunctionType, MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from jupyter_pipes.model.errors import SerializationError
from jupyter_pipes.model.version import RUNNING
from jupyter_pipes.storage.serializers.definitions import definition_name, fingerprint, notebook_definition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ADDRESS = "jupyter_pipes.serializers.pickler"
"""The module that pickles name: where these functions were in version 0.2.0. Equal values have equal pickles
whatever version wrote them, so nothing reruns because this file moves."""

MOVED = {
    "jupyter_pipes.errors": "jupyter_pipes.model.errors",
    "jupyter_pipes.parameter_types": "jupyter_pipes.pipelines.parameter_types",
    "jupyter_pipes.params": "jupyter_pipes.pipelines.parameters",
}
"""Module of version 0.2.0 -> where its classes are now: those that a step's value may be an instance of."""


# pickle finds what it names by importing the module of that name.
sys.modules[ADDRESS] = sys.modules[__name__]


def keep_at_address(*restorers: Callable[..., Any]) -> None:
    """Let pickles name functions by the address that does not move."""
    for restorer in restorers:
        restorer.__module__ = ADDRESS
        setattr(sys.modules[ADDRESS], restorer.__name__, restorer)


_CachedFunction = type(lru_cache(ord))
_VIEWS: dict[type, str] = {type(getattr({}, look)()): look for look in ("keys", "values", "items")}


class _Origin(NamedTuple):
    """The name and mark of a class made here where it was defined, and its mark here when it was whole."""

    name: str
    mark: str
    content: str


_names: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()
_origins: WeakKeyDictionary[Any, _Origin] = WeakKeyDictionary()


def own_or_made(name: str, mark: str, make: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Return the reader's own definition when it is the same, else the bare one made from what was stored."""
    definition = notebook_definition(name)
    if definition is not None and fingerprint(definition) == mark:
        return definition
    made = make(*arguments)
    _origins[made] = _Origin(name, mark, fingerprint(made))
    return made


def set_unless_own(made: Any, state: tuple[Callable[..., Any], Any]) -> None:
    """Fill a class made by `own_or_made`; the reader's own is left as it is."""
    if definition_name(made) is None:
        set_state, state_of_class = state
        set_state(made, state_of_class)
        name, mark, _ = _origins[made]
        _origins[made] = _Origin(name, mark, fingerprint(made))


def origin(made: Any) -> tuple[str, str] | None:
    """Return name and mark of the definition that a class was made from, None if it is another one by now."""
    known = _origins.get(made)
    return (known.name, known.mark) if known is not None and fingerprint(made) == known.content else None


def made_classes() -> Iterator[tuple[str, type]]:
    """Yield name and class of all that were made here and are no definitions of this notebook."""
    for made, origin in list(_origins.items()):
        if isinstance(made, type):
            yield origin.name, made


def reduced_cached_property(attribute: cached_property[Any]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return how to pickle a cached property: until Python 3.12 it holds a lock, no part of what it does."""
    return _cached_property, (attribute.func, attribute.attrname)


def _cached_property(function: Callable[[Any], Any], name: str | None) -> cached_property[Any]:
    made = cached_property(function)
    made.attrname = name
    return made


def reduced_cached_function(value: object) -> tuple[Callable[..., Any], tuple[Any, ...]] | None:
    """Return how to pickle a cached function that no name leads to (`lru_cache(lambda x: …)`), else None.

    What it keeps is made again: a step's calls fill a cache of their own.
    """
    if not isinstance(value, _CachedFunction) or _is_importable(value):
        return None
    parameters = value.cache_parameters()
    return _cached_function, (value.__wrapped__, parameters["maxsize"], parameters["typed"])


def _is_importable(value: Any) -> bool:
    found: Any = sys.modules.get(value.__module__)
    for name in value.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is value


def _cached_function(function: Callable[..., Any], size: int | None, typed: bool) -> Callable[..., Any]:
    return lru_cache(size, typed)(function)


def reduced_shell(value: object) -> tuple[Callable[..., Any], tuple[Any, ...]] | None:
    """Return how to pickle IPython's shell (`ip = get_ipython()`), one in each process; None for others."""
    shells: Any = sys.modules.get("IPython.core.interactiveshell")
    if shells is None or not isinstance(value, shells.InteractiveShell):
        return None
    return sys.modules["IPython.core.getipython"].get_ipython, ()


def reduced_sentinel(value: object) -> tuple[Callable[..., Any], tuple[Any, ...]] | None:
    """Return how to pickle an object that is only what it is (`MISSING = object()`), None for all others."""
    kind = type(value)
    if kind is not object and not (kind.__module__ == "__main__" and _is_bare(value)):
        return None
    named = vars(sys.modules["__main__"]).items()
    name = next((name for name, held in named if held is value and name.strip("_0123456789")), None)
    return None if name is None else (_sentinel, (name, kind))


def reduced_exception(value: object) -> tuple[Any, ...] | None:
    """Return how to pickle an exception whose class takes other arguments than it hands on; None for others.

    Python would call the class with `args`, which `super().__init__(message)` has set.
    """
    if not isinstance(value, BaseException):
        return None
    kind = type(value)
    is_own = isinstance(kind.__init__, FunctionType) and kind.__reduce__ is BaseException.__reduce__
    return (_exception, (kind, value.args), vars(value) or None) if is_own else None


def _exception(kind: type[BaseException], arguments: tuple[Any, ...]) -> BaseException:
    return kind.__new__(kind, *arguments)


def reduced_logger(value: object) -> tuple[Any, ...] | None:
    """Return how to pickle a logger on which something is set, None for others: by itself it is its name."""
    logging: Any = sys.modules.get("logging")
    if logging is None or type(value) is not logging.Logger:
        return None
    logger: Any = value
    state = (logger.level, logger.disabled, logger.propagate)
    return (_logger, (logger.name, *state)) if state != (0, False, True) else None


def _logger(name: str, level: int, disabled: bool, propagate: bool) -> object:
    import logging

    logger = logging.getLogger(name)
    logger.setLevel(level)
    logger.disabled, logger.propagate = disabled, propagate
    return logger


def reduced_part(value: object) -> tuple[Any, ...] | None:
    """Return how to pickle a part of a module's state (`env = os.environ`), one in each process, else None.

    Who sets something by that name sets it for all, as statements do that name the module itself.
    """
    found = _PARTS.get((type(value).__module__, type(value).__qualname__))
    return (_part, found) if found is not None and _part(*found) is value else None


_PARTS = {
    ("os", "_Environ"): ("os", "environ"),
    ("matplotlib", "RcParams"): ("matplotlib", "rcParams"),
    ("pandas._config.config", "DictWrapper"): ("pandas", "options"),
    ("decimal", "Context"): ("decimal", "getcontext"),
}
"""Module and name of a class -> module and name of the one instance of it that is such a part."""


def _part(module: str, name: str) -> object:
    found = getattr(import_module(module), name)
    return found() if isfunction(found) or isbuiltin(found) else found


def reduced_view(value: object) -> tuple[Any, ...] | None:
    """Return how to look at a dictionary again: who changes that later changes what `d.keys()` shows."""
    if type(value) is MappingProxyType:
        return MappingProxyType, (gc.get_referents(value)[0],)
    look = _VIEWS.get(type(value))
    return None if look is None else (getattr(dict, look), (gc.get_referents(value)[0],))


def reduced_handler(value: object) -> tuple[Any, ...] | None:
    """Return how to pickle a handler of logging, None for others: without its lock, files by their paths.

    A file is opened again, to write behind what is there; what goes to standard output or error goes to those
    of the process that reads.
    """
    logging: Any = sys.modules.get("logging")
    if logging is None or not isinstance(value, logging.Handler) or _has_own_state(type(value)):
        return None
    state = {key: held for key, held in vars(value).items() if key != "lock"}
    stream = state.get("stream")
    standard = next((name for name in _STANDARD if stream is not None and stream is getattr(sys, name)), "")
    if standard:
        del state["stream"]
    elif isinstance(value, logging.FileHandler):
        state |= {"stream": None, "mode": "a"}
    return (_handler, (type(value),), (state, standard), None, None, _fill_handler)


_STANDARD = ("stdout", "stderr")


def _has_own_state(kind: type) -> bool:
    is_own = (
        getattr(kind, name, None) is not getattr(object, name, None)
        for name in ("__getstate__", "__reduce__")
    )
    return any(is_own)


def _handler(kind: Any) -> Any:
    import logging

    handler = kind.__new__(kind)
    logging.Handler.__init__(handler)
    return handler


def _fill_handler(handler: Any, state: tuple[dict[str, Any], str]) -> None:
    attributes, standard = state
    handler.__dict__ |= attributes
    if standard:
        handler.stream = getattr(sys, standard)


def _is_bare(value: object) -> bool:
    """Whether it is an instance of the notebook's plain classes that has nothing inside."""
    line = type(value).__mro__[:-1]
    is_plain = all(each.__module__ == "__main__" and "__slots__" not in vars(each) for each in line)
    return is_plain and not vars(value)


def _sentinel(name: str, kind: type[object]) -> object:
    """Return the reader's object of that name, so that `is` holds, or make one."""
    named = vars(sys.modules["__main__"]).get(name)
    if type(named) is kind and not getattr(named, "__dict__", None):
        return named
    return object.__new__(kind)


def set_model_data(data: Any, state: tuple[Any, dict[str, Any]]) -> None:
    """Fill the data of a model, which looks for what its formula names among the names of its caller."""
    held, names = state
    FunctionType(_set_state.__code__, dict(names))(data, held)
    _names[data] = names


def names_of(data: Any) -> dict[str, Any]:
    """Return what the formula of a model that was loaded here names."""
    return _names.get(data, {})


def _set_state(data: Any, state: Any) -> None:
    data.__setstate__(state)


def fill_cell(cell: CellType, contents: tuple[Any]) -> None:
    """Bind a variable of a closure."""
    (cell.cell_contents,) = contents


def code(python: str, *arguments: Any) -> CodeType:
    """Return compiled code that a Python of this minor version wrote.

    Raises:
        SerializationError: this is another one, which would not understand it.
    """
    if python != RUNNING:
        raise SerializationError(
            f"It holds code of the notebook that Python {python} compiled, and this is {RUNNING}: hand on "
            "data instead of functions and objects of the notebook's classes, or use one Python for both"
        )
    return CodeType(*arguments)


REDUCERS = (
    reduced_cached_function,
    reduced_shell,
    reduced_sentinel,
    reduced_exception,
    reduced_logger,
    reduced_part,
    reduced_handler,
    reduced_view,
)
"""From a value to how it is pickled, None for all that they are not for."""

_RESTORERS = (
    own_or_made,
    set_unless_own,
    _cached_property,
    _cached_function,
    _sentinel,
    fill_cell,
    set_model_data,
    _exception,
    _logger,
    _part,
    _handler,
    _fill_handler,
    code,
)
keep_at_address(*_RESTORERS)
