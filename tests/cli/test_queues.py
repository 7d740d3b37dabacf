"""The verbs about queues, as a user says them: a scheduler and workers started, looked at and used."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from jupyter_pipes.runs.kept import find_run
from jupyter_pipes.runs.run import Run
from tests.acceptance.project import Project
from tests.kernels import run_cells
from tests.waiting import until

pytestmark = pytest.mark.slow

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, "%%params\nn: int = 6", "%%step make\nmade = n * 7")


@pytest.fixture
def start(project: Project) -> Iterator[Start]:
    """Starts `jupyter-pipes WORDS…` in the project's folder, beside the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*words: str) -> subprocess.Popen[str]:
        program = [sys.executable, "-m", "jupyter_pipes", *words]
        started.append(subprocess.Popen(program, cwd=project.folder, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield begin
    for process in started:
        process.terminate()
        process.communicate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_scheduler_and_workers_serve_a_queue_of_the_project(project: Project, start: Start) -> None:
    port = _free_port()
    (project.folder / "pipes.toml").write_text(
        f'[queues.far]\nscheduler = "tcp://127.0.0.1:{port}"\nresources = {{ room = 1 }}\n'
    )

    def stands() -> tuple[int, str]:
        (queue,) = json.loads(project.jupyter_pipes_here("queues", "--json").out)["queues"]
        assert (queue["name"], queue["place"]) == ("far", f"tcp://127.0.0.1:{port}")
        return queue["workers"], queue["trouble"]

    assert "the scheduler does not answer" in stands()[1]
    scheduler = start("scheduler", "--port", str(port))
    assert scheduler.stderr is not None
    assert scheduler.stderr.readline() == f"dask scheduler --host 127.0.0.1 --port {port}\n"
    until(
        lambda: "has no worker" in stands()[1] or "no worker of far" in stands()[1],
        "a scheduler without workers",
    )
    worker = start("worker", "--queue", "far")
    assert worker.stderr is not None
    assert worker.stderr.readline() == (
        f"dask worker tcp://127.0.0.1:{port} --nthreads 1 --resources room=1\n"
    )
    until(lambda: stands() == (1, ""), "a worker")
    assert "far  tcp://127.0.0.1" in project.jupyter_pipes_here("queues").out
    assert project.jupyter_pipes_here("run", "study.ipynb", "--queue", "far").code == 0
    assert project.jupyter_pipes_here("get", "study.ipynb", "made").out == "42\n"
    _repeat_there(project)


def _repeat_there(project: Project) -> None:
    """Repeat a run of this machine on the queue, with other parameters: by the command, and by the magic."""
    assert project.jupyter_pipes_here("run", "study.ipynb", "-p", "n=1").code == 0
    first = _last(project)
    words = ("run", "study.ipynb", "--of", first.id, "-p", "n=2", "--queue", "far")
    assert project.jupyter_pipes_here(*words).code == 0
    second = _last(project)
    magic = f"%pipeline run --of {first.id} -p n=3 --queue far"
    assert run_cells(project.folder, ["%load_ext jupyter_pipes", magic]).error(1) == ("", "")
    runs = (first, second, _last(project))
    queues = [run.steps["make"].planned.options.queue for run in runs]
    assert (queues, [run["made"] for run in runs]) == (["local", "far", "far"], [7, 14, 21])


def _last(project: Project) -> Run:
    return find_run(project.pipeline().workspace, "last")


def _certify(folder: Path, name: str) -> str:
    """Write an authority and a certificate of it, and return what names them in the settings."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(folder / f"{name}-ca.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / f"{name}.pem"))
    certificate.private_key_pem.write_to_path(str(folder / f"{name}.key"))
    return f'tls = {{ ca_file = "{name}-ca.pem", cert = "{name}.pem", key = "{name}.key" }}'


def test_a_queue_with_certificates_serves_who_has_one_and_tells_who_has_not(
    project: Project, start: Start
) -> None:
    port = _free_port()
    settings = f'[queues.far]\nscheduler = "tls://127.0.0.1:{port}"\n'
    tls, other_tls = _certify(project.folder, "team"), _certify(project.folder, "other")

    def trouble(of: str) -> str:
        (project.folder / "pipes.toml").write_text(settings + of)
        (queue,) = project.jupyter_pipes_here("queues", "--json").document["queues"]
        return queue["trouble"]

    assert "the scheduler does not answer" in trouble(tls)
    for words in (("scheduler", "--queue", "far"), ("worker", "--queue", "far")):
        process = start(*words)
        assert process.stderr is not None
        assert f"--tls-cert {project.folder / 'team.pem'}" in process.stderr.readline()
    until(lambda: not trouble(tls), "a worker")
    assert project.jupyter_pipes_here("run", "study.ipynb").code == 0
    assert "asks for a certificate: name the files in pipes.toml" in trouble("")
    assert "TLS certificate does not match" in trouble(other_tls)
    assert "tls cannot be used" in trouble(tls.replace("team.key", "nothing.key"))


@pytest.mark.parametrize(
    ("settings", "words", "said"),
    [
        ("", ("--queue", "far"), "there is no queue far; name it in pipes.toml"),
        ('[queues.far]\nscheduler = "tcp://h:1"', ("--queue", "fra"), "did you mean far?"),
        (
            '[queues.pool]\ncluster = "dask.distributed.LocalCluster"',
            ("--queue", "pool"),
            "its own scheduler and workers",
        ),
        ("", (), "say which queue it serves"),
    ],
)
def test_a_worker_of_no_queue_is_refused_in_words(
    project: Project, settings: str, words: tuple[str, ...], said: str
) -> None:
    (project.folder / "pipes.toml").write_text(settings)
    answer = project.jupyter_pipes_here("worker", *words)
    assert answer.code == 2
    assert said in answer.err


def test_a_project_without_queues_is_told_how_to_name_one(project: Project) -> None:
    answer = project.jupyter_pipes_here("queues")
    assert (answer.code, "[queues.far]" in answer.out) == (0, True)
