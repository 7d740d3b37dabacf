"""Rules of what `${step.output…}` comes to where a step runs."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_pipes.model.errors import ParameterError
from jupyter_pipes.pipelines.made.value import ANY, value

MADE: dict[str, Any] = {
    "df": pd.DataFrame({"a": [1, 2, 3], "rows": 0}),
    "config": {"depth": 4, "rows": 10, "names": ["x", "y"]},
    "array": np.zeros((2, 5)),
    "number": 2.5,
    "metrics of train": {"auc": 0.5, "val/loss": float("inf"), "rounds": 3},
    "metrics of ignored": None,
    "metrics": {"auc": "an output"},
}


@pytest.mark.parametrize(
    ("text", "kind", "wanted"),
    [
        ("${load.df.rows}", "int", 3),
        ("${load.df.columns}", ANY, ["a", "rows"]),
        ("${load.df.shape[1]}", "int", 2),
        ("${load.df.type}", "str", "DataFrame"),
        ("${load.config.depth}", "float", 4.0),
        ("${load.config.rows}", "int", 10),
        ("${load.config.names[1]}", ANY, "y"),
        ("${load.config['names'].rows}", ANY, 2),
        ("${load.array.T.shape}", "tuple", (5, 2)),
        ("${load.number}", "float", 2.5),
        ("${load.number.real}", ANY, 2.5),
        ("${train.metrics.auc}", "float", 0.5),
        ("${train.metrics.rounds}", "int", 3),
        ("${train.metrics['val/loss']} ${train.metrics.auc}", "str", "inf 0.5"),
        ("${train.metrics}", "dict", {"auc": 0.5, "val/loss": float("inf"), "rounds": 3}),
        ("${ignored.metrics}", ANY, {}),
        ("${load.metrics.auc}", "str", "an output"),
        ("$${x}: ${load.df.rows} of ${load.config.rows}", "str", "${x}: 3 of 10"),
    ],
)
def test_items_come_before_facts_and_facts_before_attributes(text: str, kind: str, wanted: object) -> None:
    assert (made := value("n", text, kind, **MADE)) == wanted
    assert type(made) is type(wanted)


def test_an_output_alone_is_the_same_object() -> None:
    assert value("n", "${load.df}", ANY, **MADE) is MADE["df"]


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        (
            "${load.df.rowz}",
            ANY,
            "parameter n: ${load.df.rowz}: DataFrame df has no rowz; of any output there are rows",
        ),
        ("${load.number.rows}", ANY, "float number has no rows"),
        (
            "${train.metrics.acc}",
            ANY,
            "${train.metrics.acc}: step train has no such metric; it reported auc, val/loss, rounds",
        ),
        ("${train.metrics.auc.real}", ANY, "step train has no such metric"),
        ("${ignored.metrics.auc}", ANY, "step ignored has no such metric; it reported none"),
        ("${load.config[7]}", ANY, "dict config has no 7"),
        ("${load.df.type}", "int", "parameter n: ${load.df.type} is 'DataFrame', which does not fit; use"),
    ],
)
def test_what_is_not_there_or_does_not_fit_is_told(text: str, kind: str, words: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(words)):
        value("n", text, kind, **MADE)
