"""What a helper loads before it forks a step's process: what is installed, and what is ours."""

from __future__ import annotations

from pathlib import Path

from jupyter_pipes.execution import defaults
from jupyter_pipes.execution.executors.helper import installed_modules
from jupyter_pipes.pipelines.made import edges, options


def test_what_local_modules_import_is_loaded_and_they_are_not(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("import json")
    found = installed_modules(["beside"], ["import csv\nfrom os import path"], [tmp_path])
    assert {"json", "csv"} <= {*found}
    assert "beside" not in found


def test_what_code_of_ours_imports_is_loaded_whatever_lies_beside_the_notebook() -> None:
    code = {
        defaults._CODE: "jupyter_pipes.execution.worker.defaults",
        edges._VALUE: "jupyter_pipes.pipelines.made.value",
        options.code_of("fit", {}): "jupyter_pipes.pipelines.made.options",
    }
    for source, module in code.items():
        assert module in installed_modules((), [source], [])
