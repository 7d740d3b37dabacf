"""A figure that a step displayed is written in the format that it has, and in no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.cli.saving import save
from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.storage.serializers.displayed import DisplayedFigure

FIGURE = DisplayedFigure({"image/png": "aGk=", "text/plain": "<Figure>"}, {})


def test_its_picture_is_written_as_it_was_displayed(tmp_path: Path) -> None:
    save("figure 1", FIGURE, tmp_path / "loss.png")
    assert (tmp_path / "loss.png").read_bytes() == b"hi"


def test_another_format_is_refused_with_the_one_that_it_has(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"kept as image/png: write it as \.png, not \.pdf"):
        save("figure 1", FIGURE, tmp_path / "loss.pdf")
