"""Which process is which: by what no clock and no name of a host changes."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest

from jupyter_pipes.system.machine import is_there, machine
from jupyter_pipes.system.processes import Process, is_gone, this_process

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems tell less")


def test_this_process_is_there_and_another_one_under_its_number_is_not() -> None:
    process = this_process()
    assert (process.pid, process.machine) == (os.getpid(), machine())
    assert is_there(process.pid)
    assert is_gone(process) is False
    assert is_gone(msgspec.structs.replace(process, started="1")) is True


def test_the_name_of_the_host_counts_for_nothing() -> None:
    assert is_gone(msgspec.structs.replace(this_process(), host="renamed")) is False


@pytest.mark.parametrize("place", ["", "another machine"])
def test_of_another_machine_nothing_can_be_seen(place: str) -> None:
    assert is_gone(Process("h", os.getpid(), place, "1")) is None


@pytest.mark.slow
def test_a_process_that_ended_is_gone_also_while_its_parent_has_not_looked() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    program = "from jupyter_pipes.system.processes import this_process as t; p = t(); print(p.pid, p.started)"
    assert is_there(child.pid)
    os.kill(child.pid, 9)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_there(child.pid)
    assert is_gone(Process("", child.pid, machine(), "1")) is True
    child.communicate()
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    pid, started = told.stdout.split()
    assert is_gone(Process("", int(pid), machine(), started)) is True
