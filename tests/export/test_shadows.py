"""Modules of an export that stand before none that it imports."""

from __future__ import annotations

import pytest

from jupyter_pipes.export.shadows import check_imports
from jupyter_pipes.model.errors import UsageError


@pytest.mark.parametrize(
    "files",
    [
        {"flow.py": "import flow_steps as steps", "flow_steps.py": "import pandas"},
        {"src/rain/pipelines/a/nodes.py": "from . import b", "tests/test_pipeline.py": "import rain"},
    ],
)
def test_its_own_modules_may_import_each_other(files: dict[str, str]) -> None:
    check_imports(files)


@pytest.mark.parametrize(
    "files",
    [
        {"flow.py": "import flow_steps as steps", "flow_steps.py": "import flow_steps"},
        {"flow.py": "import flow_steps as steps", "flow_steps.py": "from flow import x"},
        {"src/rain/__init__.py": "", "src/rain/nodes.py": "from rain.drops import x"},
    ],
)
def test_what_the_notebook_imports_is_not_stood_before(files: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="would stand before"):
        check_imports(files)
