"""A displayed figure is read as it was displayed, and gives its picture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_pipes.storage.serializers.displayed import DisplayedFigure, DisplayedSerializer, form_of

PLOTLY = "application/vnd.plotly.v1+json"


@pytest.mark.parametrize(
    ("data", "form"),
    [
        ({"text/plain": "<Figure>", "image/svg+xml": "<svg/>", "image/png": "aGk="}, "image/png"),
        ({"text/html": "<div>", PLOTLY: {}}, PLOTLY),
        ({"text/html": "<img>"}, None),
    ],
)
def test_a_figure_is_a_picture_or_a_chart(data: dict[str, object], form: str | None) -> None:
    assert form_of(data) == form


@pytest.mark.parametrize(
    ("form", "shown", "ending", "content"),
    [
        ("image/png", "aGk=", ".png", b"hi"),
        ("image/svg+xml", "<svg/>", ".svg", b"<svg/>"),
        (PLOTLY, {"data": []}, ".json", b'{"data":[]}'),
    ],
)
def test_a_figure_gives_its_content(
    form: str, shown: object, ending: str, content: bytes, tmp_path: Path
) -> None:
    figure = DisplayedFigure({form: shown, "text/plain": "<Figure>"}, {})
    figure.write(tmp_path / "file")
    assert (figure.ending, figure.content, (tmp_path / "file").read_bytes()) == (ending, content, content)


def test_a_figure_is_displayed_again_as_it_was() -> None:
    bundle = {
        "data": {"image/png": "aGk=", "text/plain": "<Figure>"},
        "metadata": {"image/png": {"width": 9}},
    }
    figure = DisplayedSerializer().load(memoryview(json.dumps(bundle).encode()))
    assert figure._repr_mimebundle_() == (bundle["data"], bundle["metadata"])  # pyright: ignore[reportPrivateUsage]
    assert repr(figure) == "<figure, image/png>"
