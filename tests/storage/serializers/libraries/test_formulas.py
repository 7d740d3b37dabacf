"""What a model's formula names beside columns is there wherever the model is loaded."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jupyter_pipes.storage.serializers import deserialize, serialize

smf: Any = pytest.importorskip("statsmodels.formula.api")

FRAME = pd.DataFrame({"x": [1.0, 2, 3, 4, 5], "y": [2.0, 4.1, 6, 8.2, 9.9], "g": list("ababa")})


def half(x: Any) -> Any:
    return x / 2


def fitted_inside(power: int) -> Any:
    return smf.ols("y ~ I(x ** power)", FRAME).fit()


def loaded(value: Any) -> Any:
    """Return the value as another step has it, which loads a value that was loaded and stored again."""
    for _ in range(2):
        serializer, serialized = serialize("model", value)
        value = deserialize(serializer, memoryview(bytearray(b"".join(map(bytes, serialized.buffers)))))
    return value


@pytest.mark.parametrize(
    "formula", ["y ~ half(x)", "half(y) ~ x", "y ~ numpy.log(x) + half(x)", "y ~ I(x * rate)", "y ~ x + C(g)"]
)
def test_what_a_formula_names_in_the_notebook_goes_with_the_model(
    formula: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = sys.modules["__main__"]
    names = {"half": half, "numpy": np, "rate": 3.0}
    for name, value in names.items():
        monkeypatch.setattr(notebook, name, value, raising=False)
    scope = {"smf": smf, "FRAME": FRAME, **names}
    model: Any = eval(f"smf.ols({formula!r}, FRAME).fit()", scope)
    serializer, serialized = serialize("model", model)
    for name in names:
        monkeypatch.delattr(notebook, name)
    data = memoryview(bytearray(b"".join(map(bytes, serialized.buffers))))
    again = loaded(deserialize(serializer, data))
    new = pd.DataFrame({"x": [1.0, 7.0], "g": ["a", "b"]})
    assert again.predict(new).tolist() == model.predict(new).tolist()


def test_what_a_formula_names_in_a_function_goes_with_the_model() -> None:
    model = fitted_inside(2)
    assert loaded(model).predict(FRAME).tolist() == model.predict(FRAME).tolist()


def test_a_model_whose_formula_names_columns_only_is_pickled_as_ever() -> None:
    """What was kept of it stays the same content."""
    _, serialized = serialize("model", smf.ols("y ~ x + C(g)", FRAME).fit())
    assert b"set_model_data" not in b"".join(map(bytes, serialized.buffers))
