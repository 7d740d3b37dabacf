"""What a sweep tries next, and which of its runs is the best."""

from __future__ import annotations

import math

import pytest

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.runs.sweeping.search import Goal, Grid


def test_a_grid_proposes_every_combination_once_the_last_name_fastest() -> None:
    grid, asked = Grid({"a": [1, 2], "b": "xy"}), list[object]()
    while (params := grid.ask()) is not None:
        grid.tell(params, None)
        asked.append(params)
    assert asked == [{"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}, {"a": 2, "b": "y"}]
    assert len(grid) == len(asked)
    assert grid.ask() is None


@pytest.mark.parametrize(
    ("goal", "values", "best"),
    [
        ("auc:max", [1.0, 3.0, None, 2.0], 1),
        ("auc:min", [None, 3.0, 0.0, 2.0], 2),
        ("fit/auc:max", [-2.0, -1.0], 1),
        ("auc:max", [5.0, 5.0], 0),
        ("auc:max", [None, None], None),
        ("auc:max", [-math.inf, None], 0),
        ("auc:min", [], None),
    ],
)
def test_the_best_is_the_first_with_the_largest_or_smallest_value(
    goal: str, values: list[float | None], best: int | None
) -> None:
    assert Goal.parsed(goal).best(values) == best


@pytest.mark.parametrize("text", ["auc", "auc:", ":max", "auc:most", "max"])
def test_a_metric_says_whether_more_is_better(text: str) -> None:
    with pytest.raises(UsageError, match="NAME:max or NAME:min"):
        Goal.parsed(text)
