"""What containers are started with: only the job and the store of this machine, and no values in the line."""

from __future__ import annotations

import os

import pytest

from jupyter_pipes.execution.environments.containers import Mount, command, container_program
from jupyter_pipes.execution.environments.programs import EnvironmentFailed

MOUNTS = (Mount("/ours", "/jupyter_pipes/ours"), Mount("/store", "/store", writable=True))


def line(program: str, monkeypatch: pytest.MonkeyPatch, user: int = 1000) -> str:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(os, "getegid", lambda: user)
    return " ".join(command(program, "python:3.12", "job-1", MOUNTS, ("LEVEL", "TOKEN"), "/work"))


def test_podman_is_rootless_and_files_are_the_user_s(monkeypatch: pytest.MonkeyPatch) -> None:
    assert line("/usr/bin/podman", monkeypatch) == (
        "/usr/bin/podman run --rm --name job-1 --workdir /work --userns keep-id "
        "--volume /ours:/jupyter_pipes/ours:ro --volume /store:/store:rw --env LEVEL --env TOKEN "
        "--entrypoint  python:3.12"
    )


def test_docker_runs_as_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--user 1000:1000" in line("docker", monkeypatch)
    assert "--user" not in line("docker", monkeypatch, user=0)


def test_apptainer_sees_nothing_but_what_is_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    assert line("apptainer", monkeypatch) == (
        "apptainer exec --containall --no-home --pwd /work --bind /ours:/jupyter_pipes/ours:ro "
        "--bind /store:/store:rw docker://python:3.12"
    )


def test_without_a_program_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EnvironmentFailed, match="install podman"):
        container_program()
