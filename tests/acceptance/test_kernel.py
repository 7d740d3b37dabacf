"""The magics in a real kernel, as the contract has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernels import Executed, run_cells

CELLS = [
    "%load_ext jupyter_pipes",
    "%%params\nrows: int = 3  # rows to make",
    "import pandas as pd",
    "%%step load --stage data\ndf = pd.DataFrame({'a': range(rows)})\nprint('loaded')\ndf",
    "# twice as much\n\n%%step more\ndf['b'] = df['a'] * 2",
    "%%step total --run\ntotal = int(df['b'].sum())",  # 5
    "run = %pipeline run -p rows=4",
    "print(run.status, run['total'], list(run['df'].columns))",
    "%pipeline get df --as table\nprint(table.shape)",  # 8
    "%pipeline get total\nprint(total)",
    "%pipeline plan -p rows=5",
    "%%step späße.v-2\nword = 'ok'",  # 11
    "run = %pipeline run späße.v-2\nprint(run['word'], list(run.steps))",
    "%%step late\ny = unknown_name",
    "%pipeline run",  # 14
    "print('still usable', rows)",
    "%%step late\nimport time; time.sleep(0.5); y = 1\nraise ValueError('no luck')",
    "%pipeline run",  # 17
    "run = %pipeline run --background --force late\nprint(run.status)",
    "run.wait(60)\nprint(run.status)",
    "%pipeline export made.py\nprint('def load' in open('made.py').read())",  # 20
    "%%step never\nz = [total, rows]",
    "%%step spoiled\nz = misspelt",
    "%pipeline rums",  # 23
    "%%step gpu --gpus 1\nx = 1",
    "%%step with space\nx = 1",
    "from jupyter_pipes import current\ncurrent.metric('a', 1)",
]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    folder: Path = tmp_path_factory.mktemp("kernel")
    return run_cells(folder, CELLS)


@pytest.mark.parametrize("cell", [*range(14), 15, 16, *range(18, 23)])
def test_good_cells_raise_nothing(kernel: Executed, cell: int) -> None:
    assert kernel.error(cell) == ("", "")


def test_the_card_says_reads_writes_and_problems(kernel: Executed) -> None:
    assert all(word in kernel.text(21) for word in ("rows (a parameter)", "total (from total)", "writes z"))
    assert "misspelt" in kernel.text(22)


def test_the_output_of_a_steps_cell_is_that_of_its_run(kernel: Executed) -> None:
    assert "loaded" in kernel.text(3)
    assert "pandas.DataFrame" in kernel.text(3)


def test_run_in_the_line_runs_what_it_needs(kernel: Executed) -> None:
    assert "completed" in kernel.text(5)


def test_values_come_back(kernel: Executed) -> None:
    assert "completed 12 ['a', 'b']" in kernel.text(7)
    assert "(4, 2)" in kernel.text(8)
    assert "12" in kernel.text(9)


def test_plan_says_what_would_run(kernel: Executed) -> None:
    assert "load" in kernel.text(10)
    assert "depends" in kernel.text(10)


def test_verbs_options_and_names_that_there_are_not_are_refused(kernel: Executed) -> None:
    assert "runs" in kernel.error(23)[1]
    assert "--gpus" in kernel.error(24)[1]
    assert "space" in kernel.error(25)[1]


def test_names_of_any_script(kernel: Executed) -> None:
    assert "ok ['späße.v-2']" in kernel.text(12)


def test_an_invalid_pipeline_raises_and_the_kernel_goes_on(kernel: Executed) -> None:
    name, message = kernel.error(14)
    assert name == "InvalidPipeline"
    assert "unknown_name" in message
    assert "still usable 3" in kernel.text(15)


def test_a_failed_run_raises_a_short_message_with_step_and_line(kernel: Executed) -> None:
    name, message = kernel.error(17)
    assert name == "RunFailed"
    assert "step late, line 3: ValueError: no luck" in message
    assert "no luck" in kernel.text(16)


def test_background_returns_at_once(kernel: Executed) -> None:
    assert "running" in kernel.text(18)
    assert "failed" in kernel.text(19)


def test_export_and_current_outside_a_step(kernel: Executed) -> None:
    assert "True" in kernel.text(20)
    assert kernel.error(26)[0] == "OutsideStep"
