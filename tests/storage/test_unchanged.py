"""Whether a loaded value is still what is kept: what counts as a change in place, and what does not."""

from __future__ import annotations

import copy
import random
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from inspect import getmembers_static
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.unchanged import Snapshot, inspect, is_mapped


class Shop:
    """Remembers what it was asked, in every usual way."""

    def __init__(self) -> None:
        self.stock = [1, 2]
        self._size: int | None = None
        self._last: int | None = None

    @cached_property
    def total(self) -> int:
        return sum(self.stock)

    @property
    def size(self) -> int:
        if self._size is None:
            self._size = len(self.stock)
        return self._size

    @property
    def first(self) -> int:
        if not hasattr(self, "_first"):
            self._first = self.stock[0]
        return self._first

    @property
    def biggest(self) -> int:
        try:
            return self._biggest
        except AttributeError:
            self._biggest = max(self.stock)
            return self._biggest

    def sell(self) -> int:
        self._last = self.stock[-1]
        return self._last


def a_frame() -> pd.DataFrame:
    return pd.DataFrame({"a": np.arange(100_000.0), "b": np.arange(100_000), "w": ["x", "y"] * 50_000})


def a_figure() -> Any:
    """One that pyplot knows nothing of: who imports that decides for the process how figures are shown."""
    figure = Figure()
    FigureCanvasAgg(figure)
    figure.subplots().plot([1, 2, 3])
    return figure


def set_at(name: str, value: Any) -> Callable[[Any], object]:
    return lambda held: held.__setitem__(name, value)


KINDS: list[Any] = [
    [1, 2],
    [0.5, None],
    ["a", None],
    [True, False],
    pd.to_datetime(["2024-01-31", None]),
    pd.to_datetime(["2024-01-31", "2024-02-29"], utc=True).tz_convert("Europe/Oslo"),
    pd.to_timedelta(["1 D", "2 h"]),
    pd.period_range("2024-01", periods=2, freq="M"),
    pd.Categorical(["a", "b", "a"]),
    pd.interval_range(0, 2),
    pd.array([1, None], dtype="Int64"),
]
"""One of each kind of values that pandas has an array for."""


def ask_all(value: Any) -> None:
    """Read each public property of a pandas object: whatever it computes may be kept inside of it."""
    for name, attribute in getmembers_static(type(value)):
        if not name.startswith("_") and not callable(attribute):
            # Not all of them stand for each kind.
            with warnings.catch_warnings(action="ignore"), suppress(Exception):
                getattr(value, name)


LOOKS: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "nothing": (lambda: [1, {"a": [2]}], lambda xs: None),
    "a list read": (lambda: [1, {"a": [2]}], lambda xs: sum(map(len, map(str, xs)))),
    "a large array read": (lambda: np.arange(1_000_000.0), lambda array: array.sum()),
    "a frame read": (a_frame, lambda frame: frame.groupby("b").a.mean().sum() + frame.describe().sum().sum()),
    "a frame's copy changed": (a_frame, lambda frame: set_at("z", 1)(frame.copy())),
    "a column taken": (a_frame, lambda frame: set_at(0, 1)(frame["b"].to_numpy().copy())),
    "a cached property": (Shop, lambda shop: shop.total),
    "filled when asked": (Shop, lambda shop: shop.size),
    "made when asked": (Shop, lambda shop: shop.first),
    "tried first": (Shop, lambda shop: shop.biggest),
    "inside another": (lambda: {"shops": [Shop()]}, lambda held: held["shops"][0].size),
    "a figure drawn": (a_figure, lambda figure: figure.canvas.draw()),
    "a figure saved": (a_figure, lambda figure: figure.savefig("/dev/null", format="png")),
    "a model used": (
        lambda: LinearRegression().fit([[1], [2]], [1, 2]),
        lambda model: model.predict([[3]]),
    ),
    "dates asked for their unit": (
        lambda: pd.DataFrame({"d": pd.date_range("2024", periods=9)}),
        lambda frame: frame.d.dt.year.sum() + len(frame.describe()) + len(frame.d.array.unit),
    ),
    "an index of dates asked for its months": (
        lambda: pd.DataFrame({"d": pd.to_datetime(["2024-01-31", "2024-02-29"]), "x": [1, 2]}).set_index("d"),
        lambda frame: frame.index.month.max() + frame.assign(month=frame.index.month).month.sum(),
    ),
    "all that an index knows": (lambda: [*map(pd.Index, KINDS)], lambda held: [*map(ask_all, held)]),
    "all that an array knows": (lambda: [*map(pd.array, KINDS)], lambda held: [*map(ask_all, held)]),
    "all that a column knows": (lambda: [*map(pd.Series, KINDS)], lambda held: [*map(ask_all, held)]),
    "a pipeline set as it was": (
        lambda: {"model": make_pipeline(RandomForestRegressor(3, random_state=0))},
        lambda held: held["model"].set_params(**held["model"].get_params()),
    ),
    "a forest's own texts": (
        lambda: RandomForestRegressor(3),
        lambda model: setattr(model, "estimator_params", RandomForestRegressor(3).estimator_params),
    ),
    "a generator copied": (lambda: np.random.default_rng(1), lambda rng: copy.deepcopy(rng).random()),
}

CHANGES: dict[str, tuple[Callable[[], Any], Callable[[Any], object]]] = {
    "appended": (lambda: [1], lambda xs: xs.append(2)),
    "deep inside": (lambda: [1, {"a": [2]}], lambda xs: xs[1]["a"].append(3)),
    "another order": (lambda: {"a": 1, "b": 2}, lambda held: held.update(a=held.pop("a"))),
    "another type": (lambda: [1], set_at(0, 1.0)),
    "one number of a large array": (lambda: np.arange(1_000_000.0), set_at(500_000, -1.0)),
    "a shape": (lambda: np.arange(6), lambda array: setattr(array, "shape", (2, 3))),
    "a new column": (a_frame, set_at("z", 1)),
    "one cell": (
        a_frame,
        lambda frame: frame.__setattr__("iloc", None) if False else frame.iloc.__setitem__((5, 0), -1),
    ),
    "a name of an index": (a_frame, lambda frame: setattr(frame.index, "name", "k")),
    "a private attribute": (Shop, lambda shop: shop.sell()),
    "an attribute": (Shop, lambda shop: setattr(shop, "stock", [])),
    "a cache beside a change": (Shop, lambda shop: (shop.size, shop.stock.append(3))),
    "a line drawn": (a_figure, lambda figure: figure.axes[0].plot([3, 2, 1])),
    "a title": (a_figure, lambda figure: figure.axes[0].set_title("t")),
    "a number drawn": (lambda: np.random.default_rng(1), lambda rng: rng.random()),
    "Python's number drawn": (lambda: random.Random(1), lambda rng: rng.random()),
    "an iterator moved": (lambda: iter([1, 2]), next),
    "a pipeline set anew": (
        lambda: make_pipeline(RandomForestRegressor(3)),
        lambda model: model.set_params(randomforestregressor__n_estimators=4),
    ),
    "dates moved": (
        lambda: pd.DataFrame({"d": pd.date_range("2024", periods=9)}),
        lambda frame: frame.isetitem(0, frame.d + pd.Timedelta(days=1)),
    ),
    "a model refitted": (
        lambda: LinearRegression().fit([[1], [2]], [1, 2]),
        lambda model: model.fit([[1], [2]], [5, 2]),
    ),
}


def changed(folder: Path, make: Callable[[], Any], act: Callable[[Any], object]) -> bool:
    store = ArtifactStore(folder)
    ref = store.put("value", make())
    loading = store.loading()
    value = store.load(ref, loading)
    act(value)
    return inspect(ref, value, loading, store.view).is_changed


@pytest.mark.parametrize(("make", "act"), LOOKS.values(), ids=LOOKS.keys())
def test_looking_is_no_change(make: Any, act: Any, tmp_path: Path) -> None:
    assert not changed(tmp_path, make, act)


@pytest.mark.parametrize(("make", "act"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_in_place_is_seen(make: Any, act: Any, tmp_path: Path) -> None:
    assert changed(tmp_path, make, act)


@pytest.mark.slow
def test_no_figure_is_left_open(tmp_path: Path) -> None:
    import matplotlib.pyplot as plt

    plt.close("all")
    changed(tmp_path, plt.figure, lambda figure: figure.canvas.draw())
    assert len(plt.get_fignums()) == 2, "the one that was made and the one that was loaded"
    plt.close("all")


def test_untouched_pages_of_a_mapped_file_are_not_read_again(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    ref = store.put("value", np.arange(1_000_000.0))
    loading = store.loading()
    value = store.load(ref, loading)
    buffers = [loading.data(ref)]
    kept = store.view(ref.digest)
    assert value.sum() > 0
    assert is_mapped(buffers, loading.data(ref), kept)
    value[3] = 7
    assert not is_mapped(buffers, loading.data(ref), kept)


# Values that nobody keeps --------------------------------------------------------------------------------


def test_a_snapshot_tells_what_was_changed_since() -> None:
    values = {"xs": [1], "shop": Shop(), "n": 1, "code": len, "text": "x", "lock": threading.Lock()}
    snapshot = Snapshot(values)
    assert snapshot.names == {"xs", "shop"}
    assert snapshot.changed(values) == []
    assert values["shop"].size == 2
    assert snapshot.changed(values) == []
    values["xs"].append(2)
    assert snapshot.changed({**values, "shop": None}) == ["xs", "shop"]


def test_what_takes_much_room_is_not_looked_at() -> None:
    assert not Snapshot({"array": np.zeros(Snapshot.LARGEST)}).names


def test_of_a_large_value_its_digest_tells_whether_it_changed() -> None:
    values = {"same": np.zeros(Snapshot.LARGEST_KEPT), "changed": np.zeros(Snapshot.LARGEST_KEPT)}
    before = Snapshot(values)
    values["changed"][-1] = 1
    assert before.changed(values) == ["changed"]


def test_a_value_that_is_too_large_to_look_at_is_named() -> None:
    assert Snapshot({"array": np.zeros(Snapshot.LARGEST)}).too_large == ["array"]
