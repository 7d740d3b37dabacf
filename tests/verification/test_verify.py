"""A notebook is run both ways, in a copy of its folder, and it is said where the values differ."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_pipes.cli import main
from jupyter_pipes.model.errors import InvalidPipeline, UsageError
from jupyter_pipes.verification.findings import Verification
from jupyter_pipes.verification.verify import verify
from tests.conftest import MakePipeline

pytestmark = pytest.mark.slow


def outcomes(verification: Verification) -> dict[str, str]:
    return {finding.name: finding.outcome for finding in verification.names}


def test_values_that_agree_are_told_equal_and_the_second_run_cached(pipeline_of: MakePipeline) -> None:
    pipeline = pipeline_of(
        "%%params\nrows: int = 2",
        "%%step a\nxs = list(range(rows))\nprint(xs)\ndisplay({'image/png': 'aGk='}, raw=True)\nlen(xs)",
        "%%step b --repeat-while 'len(ys) < rows * 2' --at-most 9\nys = xs[:1] * len(xs)\nxs += ys",
    )
    verification = verify(pipeline, {"rows": "3"})
    assert verification.holds
    assert outcomes(verification) == {"xs": "equal", "ys": "equal"}
    assert (verification.shown, verification.rerun, verification.steps) == ((), (), 2)


def test_what_only_one_side_has_is_a_difference(pipeline_of: MakePipeline) -> None:
    """How a process calls its threads goes to no other step."""
    pipeline = pipeline_of(
        "import threading",
        "%%step sets\nthreading.current_thread().name = set_ = 'mine'",
        "%%step asks\nn = threading.current_thread().name\nprint(n)",
    )
    verification = verify(pipeline)
    assert not verification.holds
    (finding,) = [each for each in verification.names if each.outcome != "equal"]
    assert (finding.name, finding.step, finding.outcome) == ("n", "asks", "differs")
    assert finding.notebook is not None
    assert finding.pipeline is not None
    assert (finding.notebook.repr, finding.pipeline.repr) == ("'mine'", "'MainThread'")
    assert [each.step for each in verification.shown] == ["asks"]


def test_what_a_step_asks_and_tells_of_itself_is_the_same_in_both(pipeline_of: MakePipeline) -> None:
    """A notebook with one metric failed in its plain run, so that nothing behind it was compared."""
    pipeline = pipeline_of(
        "%%params\nrows: int = 2\ncolumns: int = 3",
        "from jupyter_pipes import current\ndef area():\n    return rows * current.params['columns']",
        "%%step a\nknown = (current.step.name, sorted(current.params), area(), columns)",
        "%%step b\nfor n in range(9):\n    current.metric('loss', 1 / (n + 1), at=n)\n"
        "    current.progress(n, 9)\ncurrent.log(n)\nkept = [n]\n"
        "current.artifact('report', kept)\nkept.append(known)",
    )
    verification = verify(pipeline, {"rows": 4})
    assert verification.notebook_failure is None
    assert outcomes(verification) == {
        "known": "equal",
        "kept": "equal",
        "report": "equal",
        "n": "only in the notebook",
    }


def test_options_mean_in_plain_cells_what_they_mean_in_the_pipeline(pipeline_of: MakePipeline) -> None:
    """Elements, conditions, rounds, other pipelines, and what these take from earlier steps."""
    other = "%%params\nrows: int = 1\nlabel: str = ''", "%%step make\ntable = [label] * rows"
    pipeline_of(*other, name="other")
    pipeline = pipeline_of(
        "from jupyter_pipes import current",
        "%%params\nn: int = 1\nk: int = 4",
        "%%step a\nxs = [1, 2, 3]\ncurrent.metric('rounds', 5)",
        "%%step left --when 'n > 3'\ny = len(xs)",
        "%%step left --append\nprint(y)",
        "%%step with_it --when 'y'\nz = y + 1",
        "%%step goes_on --on-fail ignore\nw = y",
        "%%step each --map 'x in xs' --map 'v in range(x)'\np = x * v",
        "%%step each --append\nq = p + 1\nprint(q)",
        "%%step total --when 'q' --gate 'Good ${a.xs.rows}?'\ns = sum(p) + k",
        "j = 0",
        "%%step again --repeat-while 'j < 100' --at-most ${a.metrics.rounds}\nj += 1",
        "%%step prep --pipeline other.ipynb -p rows=${a.xs.rows} label=a-${params.n} --out table",
    )
    verification = verify(pipeline, {"k": "${a.xs.rows}"})
    assert verification.holds, verification
    assert outcomes(verification) == dict.fromkeys(["xs", "w", "p", "q", "s", "j", "table"], "equal")
    assert verification.shown == ()


def test_what_no_two_plain_runs_agree_in_varies(pipeline_of: MakePipeline) -> None:
    pipeline = pipeline_of("import time, uuid", "%%step a\nx = uuid.uuid4().hex\nn = 1")
    verification = verify(pipeline)
    assert outcomes(verification) == {"x": "varies", "n": "equal"}
    assert verification.holds


def test_a_cell_that_fails_is_told_on_both_sides(pipeline_of: MakePipeline) -> None:
    verification = verify(pipeline_of("%%step a\nx = 1", "%%step b\ny = x / 0"))
    assert verification.notebook_failure is not None
    assert verification.notebook_failure.reason == "ZeroDivisionError: division by zero"
    assert [each.place for each in verification.step_failures] == ["b"]
    assert outcomes(verification)["x"] == "equal"
    assert not verification.holds


def test_a_kernel_that_dies_is_told(pipeline_of: MakePipeline) -> None:
    verification = verify(pipeline_of("%%step a\nx = 1", "%%step b\nimport os\nos._exit(3)"))
    assert verification.notebook_failure is not None
    assert verification.notebook_failure.place == "the kernel"


def test_the_folder_is_left_as_it_was(pipeline_of: MakePipeline, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.txt").write_text("near")
    pipeline = pipeline_of(
        "from pathlib import Path",
        "%%step a\nnear = Path('../data/x.txt').read_text()\nseen = Path('own.txt').exists()",
        "%%step b\n_ = Path('own.txt').write_text(near)",
        folder=folder,
    )
    before = sorted(folder.rglob("*"))
    verification = verify(pipeline)
    assert sorted(folder.rglob("*")) == before
    assert verification.holds
    assert not (tmp_path / ".jupyter_pipes").exists()


def test_untagged_cells_are_taken_for_steps_on_demand(
    pipeline_of: MakePipeline, capfd: pytest.CaptureFixture[str]
) -> None:
    path = pipeline_of("import math", "x = math.pi", "y = [x]").origin
    assert main.main(["verify", path, "--tag", "--json"]) == 0
    document = json.loads(capfd.readouterr().out)
    assert document["holds"] is True
    assert {each["name"]: each["step"] for each in document["names"]} == {"x": "cell_2", "y": "cell_3"}
    assert main.main(["verify", path]) == 2


def test_a_difference_is_the_exit_code_and_stands_in_the_text(
    pipeline_of: MakePipeline, capfd: pytest.CaptureFixture[str]
) -> None:
    path = pipeline_of(
        "%%step a\nm = 1", "%%step b\nin_kernel = 'ipykernel_launcher' in __import__('sys').argv[0]"
    ).origin
    assert main.main(["verify", path]) == 1
    told = capfd.readouterr().out
    assert "made: 1 equal, 1 differ\n" in told
    assert "in_kernel differs, written by step b\n  notebook  True (bool)\n  pipeline  False (bool)" in told


def test_problems_of_the_pipeline_are_refused_before_anything_runs(pipeline_of: MakePipeline) -> None:
    with pytest.raises(InvalidPipeline, match="nobody"):
        verify(pipeline_of("%%step a\nx = nobody"))


def test_a_value_for_one_step_only_is_refused(pipeline_of: MakePipeline) -> None:
    with pytest.raises(UsageError, match="one step only"):
        verify(pipeline_of("%%params\nn: int = 1", "%%step a\nx = n"), {"a.n": "2"})
