"""What a run ran in is captured whole, quickly and without secrets, from any folder, in whatever state."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.history.surroundings import distributions, repository
from jupyter_pipes.history.surroundings.environment import Environment, capture, decode, encode


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit of `a.py`, under settings that hang on no user's."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "trunk")
    (folder / "a.py").write_text("x = 1\n")
    git(folder, "add", "a.py")
    commit(folder)
    return folder


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path) -> None:
    git(folder, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "-qm", "one")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of `sys.path` in which distributions can be installed; the only one."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder)])
    return folder


def install(site: Path, name: str, version: str, direct_url: object = None) -> Path:
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if direct_url is not None:
        (folder / "direct_url.json").write_text(
            direct_url if isinstance(direct_url, str) else json.dumps(direct_url)
        )
    return folder


def age(folder: Path) -> None:
    """Make a folder look as if it was changed a second later: two changes may fall into one clock step."""
    stat = folder.stat()
    os.utime(folder, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000_000))


# --- the whole ---------------------------------------------------------------------------------------------


def test_python_machine_and_distributions_are_told(tmp_path: Path, cache: Path) -> None:
    found = capture(tmp_path, cache)
    assert found.python == platform.python_version()
    assert found.implementation == platform.python_implementation()
    assert found.host == platform.node()
    assert found.platform == platform.platform()
    assert found.packages["msgspec"] == metadata.version("msgspec")
    assert found.cpus >= 1
    assert found.memory > 1_000_000
    assert list(found.packages) == sorted(found.packages, key=str.lower)


def test_no_environment_variable_is_kept(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_TOKEN", "s3cr3t-value")
    assert b"s3cr3t-value" not in encode(capture(tmp_path, cache))


texts = st.text(st.characters(codec="utf-8"), max_size=8)


@given(st.dictionaries(texts, texts), st.lists(texts).map(tuple), texts)
def test_an_environment_comes_back_and_equal_ones_have_equal_bytes(
    packages: dict[str, str], untracked: tuple[str, ...], text: str
) -> None:
    one = Environment(packages=packages, untracked=untracked, diff=text, cpus=2)
    other = msgspec.structs.replace(one, packages=dict(reversed(packages.items())))
    assert decode(encode(one)) == one
    assert encode(one) == encode(other)


def test_bytes_that_are_no_environment_are_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(b"\xff\xffnot it")


def test_a_later_version_may_add_facts() -> None:
    assert decode(msgspec.msgpack.encode({"python": "3.20.0", "colour": "blue"})).python == "3.20.0"


# --- git ---------------------------------------------------------------------------------------------------


def test_without_a_repository_no_process_is_started(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    found = capture(tmp_path, cache)
    assert (found.commit, found.branch, found.diff, found.untracked) == ("", "", "", ())


def test_a_clean_repository_has_a_commit_and_a_branch(project: Path, cache: Path) -> None:
    found = capture(project, cache)
    assert (found.commit, found.branch) == (git(project, "rev-parse", "HEAD"), "trunk")
    assert (found.diff, found.untracked) == ("", ())


def test_changes_and_untracked_names_are_told_from_a_folder_inside(project: Path) -> None:
    inner = project / "notebooks"
    inner.mkdir()
    (inner / "ä b.ipynb").write_text("{}")
    (project / "a.py").write_text("x = 2\n")
    (project / ".gitignore").write_text("ignored\n")
    (project / "ignored").write_text("")
    found = repository.checkout(inner)
    assert "-x = 1\n+x = 2\n" in found.diff
    assert found.untracked == (".gitignore", "notebooks/")


def test_what_is_staged_is_part_of_the_diff(project: Path) -> None:
    (project / "a.py").write_text("x = 3\n")
    git(project, "add", "a.py")
    assert "+x = 3" in repository.checkout(project).diff


def test_a_detached_head_has_no_branch(project: Path) -> None:
    git(project, "checkout", "-q", "--detach")
    found = repository.checkout(project)
    assert found.commit
    assert found.branch == ""


def test_before_the_first_commit_only_names_are_known(project: Path) -> None:
    fresh = project / "fresh"
    fresh.mkdir()
    git(fresh, "init", "-q")
    (fresh / "b.py").write_text("")
    assert repository.checkout(fresh) == repository.Checkout(untracked=("b.py",))


def test_a_broken_repository_is_none(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: nowhere")
    assert repository.checkout(tmp_path) == repository.Checkout()


def test_a_folder_that_is_gone_is_no_error(project: Path) -> None:
    assert repository.checkout(project / "gone") == repository.Checkout()


def test_without_git_nothing_is_known(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(project))
    assert repository.checkout(project) == repository.Checkout()


def test_a_git_that_does_not_answer_is_stopped(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what it started itself: that would hold the pipe open."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "git").write_text("#!/bin/sh\n/bin/sleep 600 & wait\n")
    (tools / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setattr(repository, "TIMEOUT", 0.2)
    found = repository.checkout(project)
    note = "… not known: git took longer than 200 ms"
    # A git that is too late knows no commit either.
    assert found == repository.Checkout(diff=f"{note}\n", untracked=(note,))


def test_a_long_diff_is_cut_at_a_line_and_says_so(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "DIFF_LIMIT", 2_000)
    (project / "a.py").write_text("".join(f"x{number} = {number}\n" for number in range(100_000)))
    *lines, last = repository.checkout(project).diff.splitlines()
    assert last == "… cut after 2,000 bytes"
    assert len("\n".join(lines).encode()) <= 2_000
    assert lines[-1].startswith("+x")


def test_many_untracked_names_are_counted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "NAMES_LIMIT", 2)
    for name in "bcdef":
        (project / name).write_text("")
    assert repository.checkout(project).untracked == ("b", "c", "… and 3 more")


def test_the_repositorys_settings_start_nothing(project: Path, tmp_path: Path) -> None:
    trace = tmp_path / "started"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {trace}\n")
    program.chmod(0o755)
    (project / ".gitattributes").write_text("*.py diff=own\n")
    for name in ("core.fsmonitor", "diff.external", "diff.own.textconv", "core.pager"):
        git(project, "config", name, str(program))
    (project / "a.py").write_text("x = 2\n")
    assert "+x = 2" in repository.checkout(project).diff
    assert not trace.exists()


def test_nothing_in_the_repository_is_written(project: Path) -> None:
    """The index stays as it is, also where a file's times no longer fit to it."""
    an_hour_ago = time.time() - 3600
    os.utime(project / "a.py", (an_hour_ago, an_hour_ago))
    before = (project / ".git" / "index").stat().st_mtime_ns
    assert repository.checkout(project).diff == ""
    assert (project / ".git" / "index").stat().st_mtime_ns == before


def test_the_folder_decides_which_repository_not_the_environment(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a run is started by a hook of another repository."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert repository.checkout(project).branch == "trunk"


# --- distributions -----------------------------------------------------------------------------------------


def test_a_distribution_that_appears_is_seen(site: Path, cache: Path) -> None:
    install(site, "one", "1.0")
    assert distributions.installed(cache) == {"one": "1.0"}
    install(site, "two", "2.0")
    age(site)
    assert distributions.installed(cache) == {"one": "1.0", "two": "2.0"}


def test_a_first_distribution_in_an_empty_folder_is_seen(site: Path, cache: Path) -> None:
    assert distributions.installed(cache) == {}
    install(site, "one", "1.0")
    age(site)
    assert distributions.installed(cache) == {"one": "1.0"}


def test_nothing_is_looked_up_again_in_this_process_or_the_next(
    site: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(site, "one", "1.0")
    distributions.installed(cache)
    monkeypatch.setattr(metadata, "distributions", lambda: pytest.fail("looked up again"))
    assert distributions.installed(cache) == {"one": "1.0"}
    distributions._in_memory.clear()
    assert distributions.installed(cache) == {"one": "1.0"}


def test_a_damaged_cache_is_replaced(site: Path, cache: Path) -> None:
    install(site, "one", "1.0")
    distributions.installed(cache)
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-3])
    distributions._in_memory.clear()
    assert distributions.installed(cache) == {"one": "1.0"}
    assert kept.read_bytes() == whole


def test_without_a_cache_folder_the_answer_is_the_same(site: Path, tmp_path: Path) -> None:
    install(site, "one", "1.0")
    assert distributions.installed(tmp_path / "gone") == {"one": "1.0"}


@pytest.mark.parametrize(
    ("direct_url", "told"),
    [
        (None, "1.0"),
        (
            {
                "url": "https://user:pw@host/x.git",
                "vcs_info": {"vcs": "git", "commit_id": "abc", "requested_revision": "main"},
            },
            "1.0 @ git+https://host/x.git@abc",
        ),
        ({"url": "file:///home/me/x", "dir_info": {"editable": True}}, "1.0 @ file:///home/me/x (editable)"),
        ({"url": "file:///home/me/x", "dir_info": {}}, "1.0 @ file:///home/me/x"),
        ({"url": "https://TOKEN@host/x.whl", "archive_info": {}}, "1.0 @ https://host/x.whl"),
        ("{broken", "1.0"),
        ('["no object"]', "1.0"),
    ],
)
def test_where_a_distribution_came_from(site: Path, cache: Path, direct_url: object, told: str) -> None:
    install(site, "one", "1.0", direct_url)
    assert distributions.installed(cache) == {"one": told}


def test_of_two_the_first_on_the_path_counts_and_a_broken_one_does_not(
    site: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shadowed = tmp_path / "shadowed"
    shadowed.mkdir()
    monkeypatch.setattr(sys, "path", [str(site), str(shadowed), str(tmp_path / "no folder")])
    install(site, "my_one", "2.0")
    install(shadowed, "My-One", "1.0")
    (site / "half-1.0.dist-info").mkdir()
    assert distributions.installed(cache) == {"my_one": "2.0"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://user:pw@host/x", "https://host/x"),
        ("https://TOKEN@host/x", "https://host/x"),
        ("https://user:p@w@host/x", "https://host/x"),
        ("postgresql://me:pw@db:5432/x", "postgresql://db:5432/x"),
        ("redis://:pw@db", "redis://db"),
        ("git+ssh://git@host/x", "git+ssh://git@host/x"),
        ("https://host/x?mail=a@b", "https://host/x?mail=a@b"),
        ("https://host:8080/a@b", "https://host:8080/a@b"),
        ('["https://host","me@x"]', '["https://host","me@x"]'),
        ("https://host me:you@x", "https://host me:you@x"),
    ],
)
def test_passwords_are_taken_out_of_urls(text: str, told: str) -> None:
    assert distributions.without_credentials(text) == told


def test_a_password_in_the_uncommitted_changes_is_taken_out(project: Path, cache: Path) -> None:
    (project / "a.py").write_text("db = 'postgresql://me:hunter2@db/x'\n")
    found = capture(project, cache)
    assert "+db = 'postgresql://db/x'" in found.diff
    assert b"hunter2" not in encode(found)
