"""Steps with environments of their own, from outside: real uv, git and processes, here and on Dask."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_pipes.execution.environments.cache import unused
from jupyter_pipes.execution.environments.programs import uv
from jupyter_pipes.export.write import write
from jupyter_pipes.model.steps import Status
from jupyter_pipes.model.views import StepView
from jupyter_pipes.runs.pipeline import Pipeline
from jupyter_pipes.runs.run import Run
from tests.execution.environments.wheels import make_wheel
from tests.execution.executors.cluster import running_cluster

pytestmark = pytest.mark.slow

DEADLINE = 120.0
MakePipeline = Callable[..., Pipeline]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All that uv finds: two versions of `tiny`, which needs `tinier`."""
    folder = tmp_path_factory.mktemp("wheels")
    for version in ("1.0", "2.0"):
        make_wheel(folder, "tiny", version, "tinier>=1")
    make_wheel(folder, "tinier", "1.5")
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def offline(wheels: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"UV_NO_INDEX": "1", "UV_FIND_LINKS": str(wheels), "UV_OFFLINE": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


def ended(pipeline: Pipeline) -> Run:
    return pipeline.start().wait(DEADLINE)


def why(run: Run, step: str) -> str:
    view: StepView = run.steps[step]
    assert view.error is not None
    return view.error.message


USES = "import tiny, tinier\nversions = (tiny.VERSION, tinier.VERSION)\nthing = tiny.Thing"


def test_packages_are_on_top_of_the_run_s_built_once_and_cached(pipeline_of: MakePipeline) -> None:
    cells = [
        f"%%step {name} --packages tiny<2\nimport numpy\n{USES}\nthing = {name!r}" for name in ("a", "b")
    ]
    run = ended(
        pipeline_of(*cells, "%%step plain\nimport importlib.util\nthere = importlib.util.find_spec('tiny')")
    )
    assert run.status is Status.COMPLETED, run.reason
    assert (run["a.versions"], run["b.versions"], run["there"]) == (("1.0", "1.5"),) * 2 + (None,)
    built = [each for each in unused(0) if each.path.name.startswith("env-")]
    assert len(built) == 1, "two steps that begin at once, and one environment"
    again = ended(pipeline_of(*cells))
    assert {each.status for each in again.steps.values()} == {Status.CACHED}


def test_another_version_runs_the_step_again_and_is_told(pipeline_of: MakePipeline) -> None:
    ended(pipeline_of(f"%%step a --packages tiny==1.0\n{USES}"))
    run = ended(pipeline_of(f"%%step a --packages tiny==2.0\n{USES}"))
    assert run["versions"] == ("2.0", "1.5")
    assert run.steps["a"].decision_reasons == ("package tiny 1.0 → 2.0 in the step's environment",)


def test_a_value_that_needs_a_package_of_its_step_is_told_in_words(pipeline_of: MakePipeline) -> None:
    run = ended(pipeline_of(f"%%step a --packages tiny\n{USES}", "%%step b --env-var A=1\nx = thing"))
    assert "input thing of step b cannot be loaded" in why(run, "b")
    assert "The environment of this step has no tiny" in why(run, "b")


def test_what_cannot_be_found_is_a_failed_step_with_uv_s_last_lines(pipeline_of: MakePipeline) -> None:
    run = ended(pipeline_of("%%step a --packages tiny==3\nx = 1", "%%step b\ny = 1"))
    assert (run.steps["a"].status, run.steps["b"].status) == (Status.FAILED, Status.COMPLETED)
    assert "there is no version of tiny==3" in why(run, "a")


def test_what_cannot_be_installed_is_a_failed_attempt(
    pipeline_of: MakePipeline, wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(wheels, broken)
    make_wheel(broken, "cracked", "1.0")
    pipeline = pipeline_of("%%step a --packages cracked\nimport cracked")
    monkeypatch.setenv("UV_FIND_LINKS", str(broken))
    locked = pipeline.workspace.locks
    locked.keep_packages(pipeline.graph.step("a").options, {"cracked": "7.0"})
    run = ended(pipeline)
    attempt = run.steps["a"].latest
    assert attempt is not None
    assert "installing 1 package (cracked) failed (uv)" in why(run, "a")
    assert "cracked==7.0" in run.logs("a"), "all that uv said is in the log"


def test_variables_reach_the_step_and_a_secret_stands_nowhere(
    pipeline_of: MakePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "import os\nlevel, size = os.environ['LEVEL'], len(os.environ['TOKEN'])"
    pipeline = pipeline_of(f"%%step a --env-var LEVEL=high TOKEN\n{code}")
    assert "TOKEN: the environment has no such variable" in why(ended(pipeline), "a")
    monkeypatch.setenv("TOKEN", "sesame-9f31")
    run = ended(pipeline)
    assert (run["level"], run["size"]) == ("high", 11)
    write(pipeline, tmp_path / "exported.py", "python", None)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in files if b"sesame-9f31" in path.read_bytes()]
    monkeypatch.setenv("TOKEN", "another one")
    assert ended(pipeline).steps["a"].status is Status.CACHED, "a secret's value does not count"
    other = pipeline_of(f"%%step a --env-var LEVEL=low TOKEN\n{code}")
    assert ended(other).steps["a"].decision_reasons == ("variable LEVEL high → low",)


def test_an_existing_environment_has_its_own_packages_and_none_of_the_run_s(
    pipeline_of: MakePipeline, tmp_path: Path
) -> None:
    venv = tmp_path / "its own"
    subprocess.run([uv(), "venv", "--quiet", "--python", sys.executable, str(venv)], check=True)
    install = [uv(), "pip", "install", "--quiet", "--python", str(venv / "bin" / "python"), "tiny"]
    subprocess.run(install, check=True)
    code = "import importlib.util, sys, tiny\nprefix, there = sys.prefix, importlib.util.find_spec('numpy')"
    run = ended(pipeline_of(f"%%step a --env 'its own'\n{code}", "%%step b --env nowhere\nx = 1"))
    assert (run["prefix"], run["there"]) == (str(venv), None)
    assert "nowhere is no virtual environment" in why(run, "b")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "team" / "models"
    folder.mkdir(parents=True)
    (folder / "inside.py").write_text("def answer():\n    return 42\n")
    (folder / "data.txt").write_text("one")
    commit(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, "add", ".")
    commit(folder, "commit", "--quiet", "--message", "first")
    return folder


def commit(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True)


def test_a_step_works_in_a_clean_checkout_and_runs_again_for_another_commit(
    pipeline_of: MakePipeline, repository: Path, tmp_path: Path
) -> None:
    code = (
        "import inside\nfrom pathlib import Path\nx = (inside.answer(), Path('data.txt').read_text())\n"
        "Path('made.txt').write_text('made')\nPath('data.txt').write_text('spoilt')"
    )
    pipeline = pipeline_of(
        f"%%step a --repo file://{repository}@main --out-file made.txt\n{code}",
        "%%step b\ny = open('made.txt').read()",
    )
    run = ended(pipeline)
    assert (run["x"], run["y"]) == ((42, "one"), "made")
    again = ended(pipeline)
    assert {each.status for each in again.steps.values()} == {Status.CACHED}
    (repository / "data.txt").write_text("two")
    commit(repository, "commit", "--quiet", "--all", "--message", "second")
    third = ended(pipeline)
    assert third["x"] == (42, "two")
    assert third.steps["a"].decision_reasons[0].startswith(f"repository file://{repository} ")
    assert not (tmp_path / "data.txt").exists()


def test_a_container_sees_the_job_and_the_store_and_values_come_back(
    pipeline_of: MakePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a program in podman's place: it notes its arguments, and runs the command plainly."""
    programs, calls = tmp_path / "programs", tmp_path / "calls"
    programs.mkdir()
    stand_in = Path(__file__).with_name("podman.py").read_text()
    (programs / "podman").write_text(f"#!{sys.executable}\n{stand_in}")
    (programs / "podman").chmod(0o700)
    (programs / "python3").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PODMAN_CALLS", str(calls))
    monkeypatch.setenv("TOKEN", "sesame-9f31")
    run = ended(
        pipeline_of(
            "%%step c --container python:3.11 --timeout 2s\nimport time\ntime.sleep(600)",
            "%%step d --container python:3.11\nz = 'begins beside c'",
            "%%step a\nx = [1, 2]",
            "%%step b --container python:3.11 --env-var LEVEL=high TOKEN\nimport os\n"
            "y = sum(x), os.environ['LEVEL'], len(os.environ['TOKEN']), 'HOME' in os.environ\n"
            "print('inside')",
        )
    )
    assert run.steps["b"].status is Status.COMPLETED, why(run, "b")
    assert run["y"] == (3, "high", 11, False)
    assert run.logs("b") == "inside\n"
    assert run.steps["c"].reason == "timed out after 2 s"
    assert run["z"] == "begins beside c"
    line = next(each for each in map(json.loads, calls.read_text().splitlines()) if "LEVEL" in each)
    mounts = [line[place + 1] for place, option in enumerate(line) if option == "--volume"]
    writable = sorted(each.split(":")[0] for each in mounts if each.endswith(":rw"))
    store, log = str(tmp_path / ".jupyter_pipes" / "artifacts"), run.steps["b"].latest
    assert log is not None
    assert {str(tmp_path), store} <= set(writable)
    assert len(writable) == 4, "the folder, the store, the log, and what is handed over"
    assert "sesame-9f31" not in calls.read_text()
    alone = ended(pipeline_of("%%step alone --container python:3.11\nx = 'before all others'"))
    assert alone["x"] == "before all others"


def test_workers_build_environments_and_get_the_run_s_secrets_and_queues_give_theirs(
    pipeline_of: MakePipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cluster"
    folder.mkdir()
    with running_cluster(folder, workers=1) as cluster:
        (tmp_path / "pipes.toml").write_text(
            f'[queues.far]\nscheduler = "{cluster.address}"\npackages = "tiny<2"\n'
            'environment = { env_var = ["LEVEL=high"] }\n'
        )
        monkeypatch.setenv("TOKEN", "only of the kernel")
        run = ended(
            pipeline_of(
                f"%%step a --queue far --env-var TOKEN\n{USES}\nimport os\n"
                "thing = os.environ['LEVEL'], os.environ['TOKEN']",
                "%%step b --queue far --packages tiny==2.0\nimport tiny\nx = tiny.VERSION",
            )
        )
    assert (run["versions"], run["thing"]) == (("1.0", "1.5"), ("high", "only of the kernel"))
    assert run["x"] == "2.0"
