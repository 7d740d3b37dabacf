"""The magics in a real kernel, as the contract has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernels import Executed, run_cells

CELLS = [
    "%load_ext jupyter_pipes",
    "%%params\nrows: int = 3  # rows to make",
    "%%step load --stage data\nimport pandas as pd\ndf = pd.DataFrame({'a': range(rows)})\nprint('loaded')\ndf",
    "%%step more\ndf['b'] = df['a'] * 2",
    "%%step total --run\ntotal = int(df['b'].sum())",  # 4
    "run = %pipeline run -p rows=4",
    "print(run.status, run['total'], list(run['df'].columns))",
    "%pipeline get df --as table\nprint(table.shape)",  # 7
    "%pipeline get total\nprint(total)",
    "%pipeline plan -p rows=5",
    "%pipeline runs",  # 10
    "%%step gpu --gpus 1\nx = 1",
    "%%step with space\nx = 1",
    "%%step späße.v-2\nword = 'ok'",  # 13
    "run = %pipeline run späße.v-2\nprint(run['word'], list(run.steps))",
    "%%step late\ny = unknown_name",
    "%pipeline run",  # 16
    "print('still usable', rows)",
    "%%step late\ny = 1\nraise ValueError('no luck')",
    "%pipeline run",  # 19
    "import time\nrun = %pipeline run --background --force all\nprint(run.status)",
    "try:\n    run.wait(60)\nfinally:\n    print(run.status)",  # 21
    "%pipeline export made.py",
    "from pathlib import Path\nprint('def load' in Path('made.py').read_text())",
    "from jupyter_pipes import current\ncurrent.metric('a', 1)",  # 24
]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Executed:
    folder: Path = tmp_path_factory.mktemp("kernel")
    return run_cells(folder, CELLS)


@pytest.mark.parametrize("cell", [cell for cell in range(25) if cell not in (10, 11, 12, 16, 19, 24)])
def test_good_cells_raise_nothing(kernel: Executed, cell: int) -> None:
    assert kernel.error(cell) == ("", "")


def test_the_card_says_reads_and_writes(kernel: Executed) -> None:
    assert "rows" in kernel.text(2)
    assert "df" in kernel.text(3)
    assert "load" in kernel.text(3)


def test_run_in_the_line_runs_what_it_needs(kernel: Executed) -> None:
    assert "completed" in kernel.text(4)


def test_values_come_back(kernel: Executed) -> None:
    assert "completed 12 ['a', 'b']" in kernel.text(6)
    assert "(4, 2)" in kernel.text(7)
    assert "12" in kernel.text(8)


def test_plan_says_what_would_run(kernel: Executed) -> None:
    assert "load" in kernel.text(9)
    assert "depends" in kernel.text(9)


def test_verbs_options_and_names_that_there_are_not_are_refused(kernel: Executed) -> None:
    assert "runs" in kernel.error(10)[1]
    assert "--gpus" in kernel.error(11)[1]
    assert "space" in kernel.error(12)[1]


def test_names_of_any_script(kernel: Executed) -> None:
    assert "ok ['späße.v-2']" in kernel.text(14)


def test_an_invalid_pipeline_raises_and_the_kernel_goes_on(kernel: Executed) -> None:
    name, message = kernel.error(16)
    assert name == "InvalidPipeline"
    assert "unknown_name" in message
    assert "still usable 3" in kernel.text(17)


def test_a_failed_run_raises_a_short_message_with_step_and_line(kernel: Executed) -> None:
    name, message = kernel.error(19)
    assert name == "RunFailed"
    assert "step late, line 3: ValueError: no luck" in message
    assert "no luck" in kernel.text(18)


def test_background_returns_at_once(kernel: Executed) -> None:
    assert "running" in kernel.text(20)
    assert "failed" in kernel.text(21)


def test_export_and_current_outside_a_step(kernel: Executed) -> None:
    assert "True" in kernel.text(23)
    assert kernel.error(24)[0] == "OutsideStep"
