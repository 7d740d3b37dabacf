"""A look inside kept values leaves nothing behind in the process that looks."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from jupyter_pipes.history.workspace import Workspace
from jupyter_pipes.runs.looks import preview


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_looking_at_figures_adds_none_to_those_of_pyplot(
    workspace: Workspace,
) -> None:
    drawn, axes = plt.subplots()
    axes.plot([1, 2])
    artifact = workspace.store.put("drawn", drawn)
    plt.close(drawn)
    mine = plt.figure()
    try:
        for _ in range(3):
            assert preview(artifact, workspace).keys() == {"image/png"}
        assert plt.get_fignums() == [mine.number]
        assert plt.gcf() is mine
    finally:
        plt.close("all")


def test_a_figure_of_a_store_that_others_could_have_written_is_not_loaded(workspace: Workspace) -> None:
    artifact = workspace.store.put("drawn", plt.figure())
    plt.close("all")
    (workspace.settings.folder / "artifacts").chmod(0o777)
    assert preview(artifact, workspace) == {"text/plain": artifact.preview}
    assert plt.get_fignums() == []
