"""The pickler of artifacts: large buffers apart, notebook definitions by name, sets in order."""

from __future__ import annotations

import pickle
from functools import cached_property
from itertools import chain
from types import CellType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import cloudpickle
from msgspec import Struct

from jupyter_pipes.model.digests import BytesLike, digest_of
from jupyter_pipes.model.version import RUNNING
from jupyter_pipes.storage.serializers import arrays, functions, restoring
from jupyter_pipes.storage.serializers.base import Part, Refused
from jupyter_pipes.storage.serializers.definitions import definition_name, fingerprint, import_home, imported
from jupyter_pipes.storage.serializers.framing import Sink, Source
from jupyter_pipes.storage.serializers.libraries import drawings, formulas, views
from jupyter_pipes.storage.serializers.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jupyter_pipes.storage.serializers.base import Parts

_LARGE = 16 * 1024
"""Bytes from which a buffer is kept apart from the stream; below, its alignment costs more than it saves."""

_SET_OPCODES = (pickle.EMPTY_SET + pickle.MEMOIZE + pickle.MARK, pickle.FROZENSET + pickle.MEMOIZE)
"""What stands in a stream wherever a set begins that is not empty, or a frozen one ends."""

_ORDERED_ALONE = frozenset({str, bytes, int})
_SOURCE_NAME = "<notebook>"
Link = tuple[Any, ...]
"""Plain data that says where an object is kept."""

_fill = cast("Callable[..., None]", set.update)  # pyright: ignore[reportUnknownMemberType]


class Pickled(NamedTuple):
    """What pickling a value gave.

    Attributes:
        stream: the pickle in pieces.
        buffers: the large buffers that it refers to, in order.
        definitions: qualified name -> the notebook's class or function that the stream names.
        stable: False when an equal value may give other bytes.
        parts: tells the objects that the stream numbers.
        imports: what the stream names of modules that are no installed packages; see `imported`.
    """

    stream: list[BytesLike]
    buffers: list[memoryview]
    definitions: dict[str, Any]
    stable: bool
    parts: Callable[[], Parts]
    imports: frozenset[str]


def pickled(
    value: Any, *, by_value: bool = False, limit: int | None = None, links: Mapping[int, Link] | None = None
) -> Pickled:
    """Return the pickle of `value`.

    Args:
        value: anything but what `refusals` names.
        by_value: write the notebook's classes and functions out instead of naming them.
        limit: size in bytes, large buffers included, beyond which it is given up.
        links: id of an object -> what is written in its place; `find_link` of `unpickled` gives it back.

    Raises:
        Refused: something inside is never stored.
        TooLarge: the limit was reached.
        Exception: whatever the value's own methods for pickling raise.
    """
    if links:
        return _with_views(lambda: _LinkedPickler(by_value, limit, links), value)
    pickler = _Pickler(by_value, limit)
    result = pickler.run(value)
    # Only streams with a set hold these bytes as opcodes. Some hold them as data, which costs time only.
    if any(opcode in piece for piece in result.stream if isinstance(piece, bytes) for opcode in _SET_OPCODES):
        return _with_views(lambda: _OrderedPickler(by_value, limit), value)
    return _seeing_views(pickler, result, lambda: _Pickler(by_value, limit), value)


def _with_views(make: Callable[[], _Pickler], value: Any) -> Pickled:
    pickler = make()
    return _seeing_views(pickler, pickler.run(value), make, value)


def _seeing_views(pickler: _Pickler, result: Pickled, make: Callable[[], _Pickler], value: Any) -> Pickled:
    """Return the pickle, with arrays that lie in others of it as views: what changes one changes both."""
    if not (inner := pickler.inner_views()):
        return result
    again = make()
    again.views = inner
    return again.run(value)


class Unpickled(NamedTuple):
    """A value, and what tells the objects in it by their numbers, as long as it is held."""

    value: Any
    parts: Callable[[], Mapping[int, Any]]


def unpickled(
    stream: memoryview,
    buffers: list[memoryview],
    find: Callable[[str], Any],
    find_link: Callable[[Link], Any] | None = None,
) -> Unpickled:
    """Return the value of a pickle that `pickled` made.

    Args:
        stream, buffers: the pickle.
        find: gives the notebook's definitions by name.
        find_link: gives what a link stands for.
    """
    unpickler = _Unpickler(stream, buffers, find, find_link)
    return Unpickled(unpickler.load(), unpickler.memo.copy)


class _Pickler(cloudpickle.Pickler):
    """Writes protocol 5; whatever is not a plain builtin passes through `reducer_override`."""

    def __init__(self, by_value: bool, limit: int | None) -> None:
        self._sink = Sink(limit)
        super().__init__(self._sink, protocol=5, buffer_callback=self._keep_apart)  # pyright: ignore[reportUnknownMemberType] - untyped
        self._by_value = by_value
        self._limit = limit
        self._buffers: list[memoryview] = []
        self._definitions: dict[str, Any] = {}
        self._imports: set[str] = set()
        self._inner: set[int] = set()
        self._arrays: list[Any] = []
        self._stable = True
        self.views: Mapping[int, arrays.InnerView] = {}

    def run(self, value: Any) -> Pickled:
        self.dump(value)  # pyright: ignore[reportUnknownMemberType] - untyped
        return Pickled(
            self._sink.pieces,
            self._buffers,
            self._definitions,
            self._stable,
            self._parts,
            frozenset(self._imports),
        )

    def inner_views(self) -> dict[int, arrays.InnerView]:
        """Return id -> view, of the arrays that lie in other parts of the value, but for pandas's own."""
        own = [array for array in self._arrays if id(array) not in self._inner]
        if len(own) < 2 and not any(arrays.lender_of(array) is not None for array in own):
            return {}
        return arrays.inner_views(own, self.memo.copy())  # pyright: ignore - untyped

    def _parts(self) -> Parts:
        memo = cast("dict[int, tuple[int, Any]]", self.memo.copy())  # pyright: ignore
        inner = self._inner
        return {key: Part(number, held, key in inner) for key, (number, held) in memo.items()}

    def reducer_override(self, obj: Any) -> Any:
        kind = cast("type[object]", type(obj))
        if isinstance(obj, type | FunctionType | TypeVar):
            return self._reduce_definition(obj)
        if (made := functions.reduced(obj)) is not None:
            self._imports.update(imported(obj))
            return made
        if (reason := refusal(kind)) is not None:
            raise Refused(kind, reason)
        if reducer := _REDUCERS.get(kind):
            return reducer(self, obj)
        if (restored := next(filter(None, (reduce(obj) for reduce in restoring.REDUCERS)), None)) is not None:
            return restored
        if (view := self.views.get(id(obj))) is not None:
            return views.view_of, view.arguments
        if arrays.is_plain_array(obj):
            self._arrays.append(obj)
        if arrays.is_of_a_file(obj):
            mapped = arrays.file_map(obj)
            # What others share with it is the file.
            self._inner.add(id(mapped.content))
            return views.file_map, tuple(mapped)
        reduced = arrays.reduced(obj)
        if reduced is not NotImplemented:
            return reduced
        match kind.__module__.partition(".")[0]:
            case "pandas":
                return arrays.reduced_pandas(obj, self._inner)
            case "matplotlib":
                return drawings.reduced_part(obj)
            case "statsmodels":
                return formulas.reduced_model_data(obj)
            case _:
                return NotImplemented

    def _keep_apart(self, buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < _LARGE:
            return True
        self._sink.take(raw.nbytes)
        self._buffers.append(raw)
        return False

    def _reduce_definition(self, obj: Any) -> Any:
        name = definition_name(obj)
        if name is not None and not self._by_value:
            self._definitions[name] = obj
            return name
        self._imports.update(imported(obj))
        reduced = self._reduced_by_cloudpickle(obj)
        if not isinstance(reduced, tuple) or (isinstance(obj, type) and len(reduced) == 2):
            # By name: a class that is written out has its state behind how it is made.
            return reduced
        if isinstance(obj, FunctionType):
            return functions.reduced_function(obj, reduced)
        if name is not None:
            return _shared_class(name, fingerprint(obj), obj, reduced)
        if (origin := restoring.origin(obj)) is not None:
            return _shared_class(*origin, obj, reduced)
        return _with_tracker(self._class_id(obj), obj, reduced)

    def _class_id(self, definition: Any) -> str:
        """Return what tells a class that no name leads to from others, in the place of a random number."""
        result = _ClassPickler(True, self._limit).run(definition)
        self._stable = self._stable and result.stable
        return digest_of([*result.stream, *result.buffers])

    def _reduced_by_cloudpickle(self, obj: Any) -> tuple[Any, ...] | str:
        if isinstance(obj, TypeVar):
            return cast("tuple[Any, ...] | str", self.dispatch_table[TypeVar](obj))
        import_home(obj)
        return cast("tuple[Any, ...] | str", super().reducer_override(obj))  # pyright: ignore[reportUnknownMemberType] - untyped

    def _reduce_code(self, code: CodeType) -> Any:
        # Where the code stood differs from process to process and says nothing about what it does.
        reduced = self.dispatch_table[CodeType](code.replace(co_filename=_SOURCE_NAME, co_firstlineno=1))
        return restoring.code, (RUNNING, *reduced[1])

    def _reduce_module(self, marker: functions.ModuleInCode) -> Any:
        self._imports.update(imported(marker.module))
        return self.dispatch_table[ModuleType](marker.module)


_REDUCERS: dict[type, Callable[[Any, Any], Any]] = {
    CodeType: _Pickler._reduce_code,  # pyright: ignore[reportPrivateUsage]
    cached_property: lambda _, attribute: restoring.reduced_cached_property(attribute),
    CellType: lambda _, cell: functions.reduced_cell(cell),
    functions.ModuleInCode: _Pickler._reduce_module,  # pyright: ignore[reportPrivateUsage]
}


class _OrderedPickler(_Pickler):
    """Writes sets in an order that does not depend on the process's hash seed or on how a set grew.

    Args:
        around: ids of the sets of which a member's place is being found; a member may lead back to them.
    """

    def __init__(self, by_value: bool, limit: int | None, around: frozenset[int] = frozenset()) -> None:
        super().__init__(by_value, limit)
        self._around = around
        self._ordered: dict[int, _Ordered] = {}

    def persistent_id(self, obj: Any) -> Any:
        """Put `_Ordered` in the place of a set: the one hook that the C pickler offers for builtins."""
        if type(obj) not in (set, frozenset) or len(obj) < 2:
            return None
        if id(obj) in self._around:
            return "a set around it"
        if id(obj) not in self._ordered:
            self._ordered[id(obj)] = _Ordered(obj)
        return self._ordered[id(obj)]

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is _Ordered:
            return self._reduce_ordered(obj.members)
        return super().reducer_override(obj)

    def _reduce_ordered(self, members: Any) -> Any:
        items = self._in_order(members)
        if type(members) is frozenset:
            return frozenset, (items,)
        return set, (), items, None, None, _fill

    def _in_order(self, members: Iterable[Any]) -> list[Any]:
        try:
            if _compares_plainly(members):
                return sorted(members)
        except TypeError:  # the members are plain each, but not of one kind
            pass
        around = self._around | {id(members)}
        return sorted(members, key=lambda member: self._bytes_of(member, around))

    def _bytes_of(self, member: Any, around: frozenset[int]) -> bytes:
        inner = _OrderedPickler(self._by_value, self._limit, around).run(member)
        return b"".join([*inner.stream, *inner.buffers])


class _LinkedPickler(_OrderedPickler):
    """Writes links in the place of objects that are kept elsewhere already."""

    def __init__(self, by_value: bool, limit: int | None, links: Mapping[int, Link]) -> None:
        super().__init__(by_value, limit)
        self._links = links

    def persistent_id(self, obj: Any) -> Any:
        """Put a link in the place of an object that has one."""
        link: Any = self._links.get(id(obj))
        return super().persistent_id(obj) if link is None else link


class _ClassPickler(_OrderedPickler):
    """Writes classes for what they are: equal ones have equal pickles."""

    def _class_id(self, definition: Any) -> str:
        return ""


def _compares_plainly(members: Iterable[Any]) -> bool:
    kinds = set(map(type, members))
    if kinds == {tuple}:
        kinds = set(map(type, chain.from_iterable(members)))
    return kinds <= _ORDERED_ALONE


class _Ordered(Struct, eq=False):
    """A set to be written in order; keeps the set alive so that its id stays its own."""

    members: Any


def _with_tracker(tracker: str, definition: Any, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """Put a text in the place of cloudpickle's random number: there is one class for it in each reader."""
    make, arguments, *state = reduced
    random = cloudpickle.cloudpickle._get_or_create_tracker_id(definition)  # pyright: ignore
    made_with: list[Any] = [tracker if item == random else item for item in arguments]
    if slots := definition.__dict__.get("__slots__"):
        # Only a class that is made with its slots has places for them; cloudpickle sets them afterwards.
        made_with = [{**item, "__slots__": slots} if type(item) is dict else item for item in made_with]
    return make, tuple(made_with), *state


def _shared_class(name: str, mark: str, definition: Any, reduced: tuple[Any, ...]) -> tuple[Any, ...]:
    """Let a class written out become the reader's own class where that is the same."""
    make, arguments, *state = _with_tracker(f"{name}:{mark}", definition, reduced)
    if len(state) < 4:
        return restoring.own_or_made, (name, mark, make, arguments)
    state_of_class, _, _, set_state = state
    made = (name, mark, make, arguments)
    return restoring.own_or_made, made, (set_state, state_of_class), None, None, restoring.set_unless_own


class _Unpickler(pickle.Unpickler):
    def __init__(
        self,
        stream: memoryview,
        buffers: list[memoryview],
        find: Callable[[str], Any],
        find_link: Callable[[Link], Any] | None,
    ) -> None:
        super().__init__(Source(stream), buffers=buffers)  # pyright: ignore[reportArgumentType] - it only reads
        self._find = find
        self._find_link = find_link

    def load(self) -> Any:
        value = super().load()
        functions.settle()
        return value

    def find_class(self, module: str, name: str, /) -> Any:
        if module == "__main__":
            return self._find(name)
        if maker := functions.MAKERS.get((module, name)):
            return maker
        return super().find_class(restoring.MOVED.get(module, module), name)

    def persistent_load(self, pid: Any, /) -> Any:
        # What stood for a set has become the set already.
        is_link = type(pid) is tuple and self._find_link is not None
        return cast("Any", self._find_link)(pid) if is_link else cast("object", pid)
