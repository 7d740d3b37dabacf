"""What pickles name of ours is found, and stays where it is."""

from __future__ import annotations

import decimal
import io
import logging
import logging.handlers
import os
import pickle
import pickletools
import sys
from functools import cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cloudpickle
import matplotlib
import pandas as pd
import pytest

from jupyter_pipes.analysis.literals import texts_of
from jupyter_pipes.storage.serializers import deserialize, serialize
from jupyter_pipes.storage.serializers.pickler import pickled, unpickled
from jupyter_pipes.storage.serializers.restoring import ADDRESS, MOVED

SOURCE = """
from functools import cached_property
class Account:
    def __init__(self, balance):
        self.balance = balance
    @cached_property
    def double(self):
        return 2 * self.balance
"""


def names_of_ours(stream: bytes) -> set[str]:
    """The modules of ours that a pickle names."""
    strings = [argument for _, argument, _ in pickletools.genops(stream) if isinstance(argument, str)]
    return {text for text in strings if text.startswith("jupyter_pipes.")}


def test_pickles_name_one_module_of_ours_which_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """However the files are called: its address is that of version 0.2.0."""
    notebook = import_module("__main__")
    namespace = {"__name__": "__main__"}
    exec(SOURCE, namespace)
    monkeypatch.setattr(notebook, "Account", namespace["Account"], raising=False)
    stream = b"".join(pickled({"Account": namespace["Account"]}, by_value=True).stream)
    assert names_of_ours(stream) == {ADDRESS}
    monkeypatch.delattr(notebook, "Account")
    made = unpickled(memoryview(stream), [], lambda name: None).value["Account"]
    assert isinstance(vars(made)["double"], cached_property)
    assert made(3).double == 6


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (ADDRESS, "own_or_made"),
        (ADDRESS, "set_unless_own"),
        (ADDRESS, "_cached_property"),
        ("jupyter_pipes.errors", "RunFailed"),
        ("jupyter_pipes.functions", "FunctionStep"),
        ("jupyter_pipes.functions", "unpack"),
        ("jupyter_pipes.parameter_types", "Range"),
        ("jupyter_pipes.params", "Parameter"),
    ],
)
def test_what_version_0_2_0_named_is_found(module: str, name: str) -> None:
    words = b"".join(pickle.SHORT_BINUNICODE + bytes([len(word)]) + word.encode() for word in (module, name))
    stream = pickle.PROTO + bytes([5]) + words + pickle.STACK_GLOBAL + pickle.STOP
    named = unpickled(memoryview(stream), [], lambda name: None).value
    assert named.__name__ == name


def test_the_table_of_moved_modules_leads_to_modules() -> None:
    assert all(import_module(now) for now in MOVED.values())


def test_values_of_ours_come_back() -> None:
    from jupyter_pipes import Range

    assert unpickled(memoryview(cloudpickle.dumps(Range(1, 2))), [], lambda name: None).value == Range(1, 2)


def test_a_cached_function_without_a_name_comes_back_with_an_empty_cache_of_its_size() -> None:
    cached = lru_cache(maxsize=7)(lambda x: x + 1)
    assert cached(1) == 2
    made = unpickled(memoryview(b"".join(pickled(cached).stream)), [], lambda name: None).value
    assert made(1) == 2
    assert made.cache_parameters() == {"maxsize": 7, "typed": False}
    assert made.cache_info().misses == 1


def test_a_cached_function_of_a_module_comes_back_as_that_one() -> None:
    stream = b"".join(pickled(texts_of).stream)
    assert unpickled(memoryview(stream), [], lambda name: None).value is texts_of


def again(value: Any) -> Any:
    """What a reader has of a value."""
    result = pickled(value)
    stream = memoryview(b"".join(map(bytes, result.stream)))
    return unpickled(stream, result.buffers, lambda name: None).value


@pytest.mark.parametrize(
    "part",
    [os.environ, matplotlib.rcParams, pd.options, decimal.getcontext()],
    ids=["environ", "rcParams", "options", "context"],
)
def test_a_part_of_a_module_comes_back_as_that_of_the_reader(part: Any) -> None:
    stream = b"".join(pickled(part).stream)
    assert unpickled(memoryview(stream), [], lambda name: None).value is part


def test_another_one_of_its_class_comes_back_as_a_value() -> None:
    assert repr(again(decimal.Context(prec=3))) == repr(decimal.Context(prec=3))


class Collecting(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__("INFO")
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


RECORD = logging.makeLogRecord({"msg": "text"})


def test_a_handler_is_kept_with_what_it_collects_and_with_a_lock_of_its_own() -> None:
    lines = ["first"]
    handler = Collecting(lines)
    handler.setFormatter(logging.Formatter("> %(message)s"))
    kept, kept_lines = again((handler, lines))
    kept.handle(RECORD)
    assert kept_lines == ["first", "> text"]
    assert (kept.level, kept.lock is handler.lock) == (logging.INFO, False)
    assert lines == ["first"]


def test_a_handler_keeps_the_text_that_it_writes_to() -> None:
    buffer = io.StringIO()
    handler = logging.StreamHandler(buffer)
    handler.handle(RECORD)
    kept, kept_buffer = again((handler, buffer))
    kept.handle(RECORD)
    assert kept_buffer.getvalue() == "text\ntext\n"


def test_a_handler_writes_to_the_standard_streams_of_who_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdout", "stderr"):
        result = pickled(logging.StreamHandler(getattr(sys, name)))
        stream = memoryview(b"".join(map(bytes, result.stream)))
        with monkeypatch.context() as there:
            there.setattr(sys, name, io.StringIO())
            assert unpickled(stream, [], lambda name: None).value.stream is getattr(sys, name)


@pytest.mark.parametrize("kind", [logging.FileHandler, logging.handlers.RotatingFileHandler])
def test_a_handler_of_a_file_writes_behind_what_is_there(kind: Any, tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    handler = kind(path, mode="w")
    handler.handle(RECORD)
    kept = again(handler)
    kept.handle(RECORD)
    handler.close()
    kept.close()
    assert path.read_text() == "text\ntext\n"


@pytest.mark.parametrize(
    "view",
    [dict.keys, dict.values, dict.items, MappingProxyType],
    ids=["keys", "values", "items", "read only"],
)
def test_a_view_looks_at_the_same_dictionary_again(view: Any) -> None:
    there = {"a": [1]}
    serializer, stored = serialize("x", [there, view(there)])
    again, seen = deserialize(serializer, memoryview(bytearray(b"".join(map(bytes, stored.buffers)))))
    again["b"] = [2]
    assert type(seen) is type(view(there))
    assert list(seen) == list(view(again))
