"""What lives in one process only is never stored, also where a pickler would quietly make something of it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import csv
import io
import multiprocessing
import os
import queue
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import types
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jupyter_pipes.model.errors import SerializationError
from jupyter_pipes.storage.serializers import deserialize, serialize


def back(value):
    name, (buffers, *_) = serialize("value", value)
    return deserialize(name, memoryview(bytearray(b"".join(buffers))))


def generator():
    """Return one that has begun."""

    def make():
        yield 1

    begun = make()
    next(begun)
    return begun


async def coroutine():
    pass


class Wrapped(threading.Thread):
    """A subclass of something that is refused."""


class FakeConnection:
    """What PEP 249 calls a connection."""

    def cursor(self): ...
    def commit(self): ...
    def rollback(self): ...
    def close(self): ...


def an_sqlalchemy_engine():
    import sqlalchemy

    return sqlalchemy.create_engine("sqlite://")


def a_traceback():
    try:
        raise ValueError
    except ValueError as error:
        return error.__traceback__


REFUSED = {
    "text file": (Path(os.devnull).open, "open file"),
    "binary file": (partial(Path(os.devnull).open, "rb"), "open file"),
    "raw file": (partial(Path(os.devnull).open, "rb", buffering=0), "open file"),
    "temporary file": (tempfile.TemporaryFile, "open file"),
    "named temporary file": (tempfile.NamedTemporaryFile, "open file"),
    "standard output": (lambda: sys.__stdout__, "open file"),
    "csv reader": (lambda: csv.reader(["a"]), "open file"),
    "socket": (socket.socket, "network connection"),
    "sqlite": (lambda: sqlite3.connect(":memory:"), "database connection"),
    "cursor": (lambda: sqlite3.connect(":memory:").cursor(), "database connection"),
    "sqlalchemy": (an_sqlalchemy_engine, "database connection"),
    "any database": (FakeConnection, "database connection"),
    "lock": (threading.Lock, "lock"),
    "reentrant lock": (threading.RLock, "lock"),
    "condition": (threading.Condition, "lock"),
    "event": (threading.Event, "lock"),
    "asyncio lock": (asyncio.Lock, "lock"),
    "process lock": (multiprocessing.Lock, "lock"),
    "thread": (threading.Thread, "thread or process"),
    "thread subclass": (Wrapped, "thread or process"),
    "process": (multiprocessing.Process, "thread or process"),
    "child": (lambda: subprocess.Popen(["true"]), "thread or process"),
    "queue": (queue.Queue, "queue"),
    "simple queue": (queue.SimpleQueue, "queue"),
    "asyncio queue": (asyncio.Queue, "queue"),
    "executor": (lambda: concurrent.futures.ThreadPoolExecutor(1), "executor"),
    "future": (concurrent.futures.Future, "future"),
    "loop": (asyncio.new_event_loop, "event loop"),
    "generator": (generator, "generator"),
    "coroutine": (coroutine, "coroutine"),
    "module": (lambda: types.ModuleType("made"), "module"),
    "frame": (sys._getframe, "frame"),
    "traceback": (a_traceback, "traceback"),
    "memoryview": (lambda: memoryview(b"x"), "view of another object's memory"),
    "thread-local": (threading.local, "thread-local"),
}


@dataclass
class Holder:
    held: object


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("make", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_lives_in_one_process_only_is_refused_by_name(make, words):
    value = make()
    with pytest.raises(SerializationError, match=words) as caught:
        serialize("mine", value)
    assert "'mine'" in str(caught.value)
    assert type(value).__name__ in str(caught.value)
    close_quietly(value)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "wrap",
    [
        lambda v: [v],
        lambda v: {"a": (1, {"b": v})},
        lambda v: Holder(v),
        lambda v: pd.DataFrame({"o": pd.Series([v], dtype=object)}),
        lambda v: np.array([v, None], dtype=object),
        lambda v: lambda: v,
        lambda v: map(str, [v]),
        lambda v: partial(print, v),
    ],
    ids=["list", "dict", "instance", "frame", "array", "closure", "iterator", "partial"],
)
@pytest.mark.parametrize("kind", ["text file", "asyncio lock", "generator", "module", "memoryview", "sqlite"])
def test_they_are_found_wherever_they_are_nested(wrap, kind):
    """A pickler would write the text of a file, the bytes of a view."""
    make, words = REFUSED[kind]
    value = make()
    if kind == "module" and callable(wrap(value)) and type(wrap(value)).__name__ == "function":
        pytest.skip("a function may use modules")
    with pytest.raises(SerializationError, match=words) as caught:
        serialize("mine", wrap(value))
    assert type(value).__name__ in str(caught.value)
    close_quietly(value)


def close_quietly(value):
    if isinstance(value, subprocess.Popen):
        value.wait()
    for name in ("close", "shutdown"):
        if hasattr(value, name) and value is not sys.__stdout__:
            getattr(value, name)()
            return


def test_files_in_memory_are_data():
    file = io.BytesIO(b"abc")
    file.seek(1)
    assert back(file).read() == b"bc"


def test_modules_of_files_are_imported_again_wherever_they_stand():
    import math as m

    assert back({"m": [m, np.linalg]}) == {"m": [m, np.linalg]}
    assert back(lambda x: m.floor(x))(1.5) == 1
    assert back(lambda x: np.add(x, 1))(1) == 2
