"""What every acceptance test starts from: an empty folder for a user's project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.project import Project

NewProject = Callable[..., Project]


@pytest.fixture
def project(tmp_path: Path) -> NewProject:
    """Return what makes a project of a notebook's cells, in a folder of the test's own."""
    return lambda *cells: Project(tmp_path, *cells)
