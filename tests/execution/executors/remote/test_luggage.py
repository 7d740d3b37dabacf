"""What a job takes along to a machine that sees nothing of its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.execution.executors.remote import luggage
from jupyter_pipes.execution.executors.remote.luggage import Packed
from jupyter_pipes.model.job import Job
from jupyter_pipes.model.results import ArtifactRef
from jupyter_pipes.model.steps import Step
from jupyter_pipes.storage.artifacts import ArtifactStore


def test_of_a_large_folder_the_modules_travel_that_code_imports_or_inputs_are_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(luggage, "MOST_FILES", 1)
    for name, code in {"named": "", "boxes": "import below", "below": "", "other": ""}.items():
        (tmp_path / f"{name}.py").write_text(code)
    box = ArtifactRef("box", "d", "boxes.Box", 1, "pickle5", imports=("boxes:Box",))
    step = Step("fit", 0, "import named\nx = box", "cell 1")
    inputs = {"box": box, "nothing": None}
    job = Job("r", "p", step, 1, inputs, directory=str(tmp_path), python_path=(str(tmp_path),))
    packed = Packed(job, ArtifactStore(tmp_path / "store")).luggage
    assert packed.files == {}
    assert [sorted(each) for each in packed.modules] == [["below.py", "boxes.py", "named.py"]]
