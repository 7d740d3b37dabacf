"""A SLURM cluster of one node, this machine: its daemons on loopback, all their files in one folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from tests.waiting import until

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=4000
PartitionName=all Nodes={host} Default=YES
"""


def why_not() -> str:
    """Return why no cluster can be started here; "" if one can."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]
    if missing:
        return f"SLURM is not installed ({', '.join(missing)})"
    return "" if os.geteuid() == 0 else "slurmd starts jobs as their users, which takes root"


@contextmanager
def running_slurm(folder: Path) -> Generator[Path]:
    """A cluster; gives the configuration that leads to it, as SLURM_CONF."""
    for name in ("state", "spool"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o400)
    # munged keeps its socket only where others cannot write.
    folder.chmod(0o755)
    configuration = folder / "slurm.conf"
    ports = [_free_port() for _ in range(2)]
    host = socket.gethostname().partition(".")[0]
    configuration.write_text(CONFIGURATION.format(host=host, ports=ports, folder=folder))
    munge = [f"--{what}={folder}/munge.{what}" for what in ("socket", "pid-file", "log-file", "seed-file")]
    with ExitStack() as stack:
        start = stack.enter_context
        start(_running(("munged", "--foreground", "--force", f"--key-file={key}", *munge), configuration))
        until((folder / "munge.socket").exists, "munged")
        start(_running(("slurmctld", "-D", "-c"), configuration))
        start(_running(("slurmd", "-D", "-c"), configuration))
        until(lambda: "idle" in _said(configuration, "sinfo"), "a node that takes jobs")
        yield configuration
        # What watches over a job ends only while the daemons are there.
        until(lambda: not _said(configuration, "squeue", "--noheader"), "the end of all jobs")


def _said(configuration: Path, *words: str) -> str:
    environment = {**os.environ, "SLURM_CONF": str(configuration)}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False).stdout


@contextmanager
def _running(words: Sequence[str], configuration: Path) -> Generator[None]:
    environment = {**os.environ, "SLURM_CONF": str(configuration), "PATH": _path()}
    with (configuration.parent / f"{words[0]}.log").open("wb") as log:
        process = subprocess.Popen(words, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin"


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return probe.getsockname()[1]
