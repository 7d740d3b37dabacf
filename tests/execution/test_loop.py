"""The background thread while its process ends."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

ENDING = """
import asyncio, atexit
from jupyter_pipes.execution import loop

def ask():
    asked = asyncio.run_coroutine_threadsafe(loop.in_thread(int), loop.loop())
    for _ in range(5):
        loop.call(int)
    print("done" if asked.done() else "waits")

ask_early = asyncio.run_coroutine_threadsafe(loop.in_thread(int, "7"), loop.loop())
print(ask_early.result())
atexit.register(ask)
"""


def test_what_waits_for_a_thread_in_a_process_that_ends_ends_with_it() -> None:
    """A run would be taken for one that failed, by an error of nobody's: it was interrupted."""
    done = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["7", "waits"]


def test_nothing_is_told_of_what_waits_when_a_process_ends() -> None:
    """Python would say of a task that nobody holds that it was destroyed but is pending."""
    code = """
import asyncio, atexit, gc
from jupyter_pipes.execution import loop

def ask():
    loop.call(lambda: asyncio.get_running_loop().create_task(loop.in_thread(int)) and None)
    for _ in range(5):
        loop.call(int)
    gc.collect()

loop.call(int)
atexit.register(ask)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_errors_of_what_is_called_are_raised_where_it_is_waited_for() -> None:
    code = """
import asyncio
from jupyter_pipes.execution.loop import in_thread
def fail():
    raise RuntimeError("mine")
try:
    asyncio.run(in_thread(fail))
except RuntimeError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "mine\n"
