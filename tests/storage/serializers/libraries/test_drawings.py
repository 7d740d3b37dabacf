"""Figures come back whole: each part is told when what it hangs on changes, whatever addresses it had."""

from __future__ import annotations

import gc
from typing import Any

from matplotlib.figure import Figure
from matplotlib.transforms import TransformNode

from jupyter_pipes.storage.serializers import deserialize, serialize


def test_transforms_know_their_parents_by_the_addresses_of_the_process_that_read_them():
    figure: Any = _back(_drawn_figure())
    transforms: list[Any] = [held for held in gc.get_objects() if isinstance(held, TransformNode)]
    parents = [(key, ref()) for held in transforms for key, ref in held._parents.items()]
    assert figure.axes
    assert len(parents) > 100
    assert [key for key, parent in parents if key != id(parent)] == []


def test_figures_that_were_made_alike_have_equal_bytes():
    assert _bytes_of(_drawn_figure()) == _bytes_of(_drawn_figure())


def test_a_colour_bar_follows_its_image():
    figure = Figure()
    figure.colorbar(figure.subplots().imshow([[0, 5]]))
    loaded: Any = _back(figure)
    image: Any = loaded.axes[0].images[0]
    image.set_clim(0, 10)
    assert image.colorbar.vmax == 10
    image.norm.vmax = 20
    assert image.colorbar.vmax == 20


def _drawn_figure() -> Figure:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    left.plot([1, 3, 2])
    right.bar([1, 2], [3, 4])
    figure.canvas.draw()
    return figure


def _bytes_of(value: object) -> bytes:
    return b"".join(map(bytes, serialize("value", value)[1].buffers))


def _back(value: object) -> object:
    serializer, _ = serialize("value", value)
    return deserialize(serializer, memoryview(_bytes_of(value)))
