"""Rules of what is seen of a model: what it tells is kept in plain words, and what fails is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jupyter_pipes.execution.worker.observation.models import as_path, facts_of, file_content, file_facts
from jupyter_pipes.model.errors import UsageError


class Fitted:
    """Tells of itself as scikit-learn's estimators do."""

    __module__ = "sklearn.linear_model"
    n_features_in_ = 2
    feature_names_in_ = ("age", "size")

    def get_params(self) -> dict[str, Any]:
        return {"alpha": 0.5, "solver": "auto", "nested": Fitted(), "grid": [1, 2]}


class Booster:
    """Tells of itself as LightGBM's boosters do."""

    __module__ = "lightgbm.basic"
    params = {"leaves": float("nan")}  # noqa: RUF012 - a stand-in for an instance's attribute

    def feature_name(self) -> list[str]:
        return ["a", "b", "c"]


class Broken:
    """Fails when it is asked."""

    def get_params(self) -> dict[str, Any]:
        raise ValueError("not fitted")


class Own(Fitted):
    __module__ = "notebook"


def test_an_estimator_tells_framework_parameters_and_inputs() -> None:
    facts, notes = facts_of(Fitted(), "")
    parameters = (
        ("alpha", 0.5),
        ("solver", "auto"),
        ("nested", "Fitted"),
        ("grid", "[1, 2]"),
    )
    assert (facts.framework, facts.parameters) == ("scikit-learn", parameters)
    assert (facts.inputs, facts.input_count, facts.words) == (
        ("age", "size"),
        2,
        "scikit-learn model, 2 inputs",
    )
    assert notes == ()


def test_parameters_that_are_not_their_class_s_defaults_are_told() -> None:
    class Tree(Fitted):
        def __init__(self, alpha: float = 0.5, solver: str = "fast", grid: Any = (), inner: Any = None):
            self.told: dict[str, Any] = {"alpha": alpha, "solver": solver, "grid": grid, "inner": inner}

        def get_params(self) -> dict[str, Any]:
            inner = self.told["inner"]
            within = {f"inner__{name}": each for name, each in inner.told.items()} if inner else {}
            return self.told | within

    facts, _ = facts_of(Tree(solver="exact", inner=Tree(alpha=2.0)), "")
    assert facts.telling == (("solver", "exact"), ("inner", Tree.__qualname__), ("inner__alpha", 2.0))
    assert facts_of(Tree(), "")[0].telling == ()
    booster, _ = facts_of(Booster(), "")
    assert booster.telling == booster.parameters, "it has no defaults to compare with"


def test_a_booster_tells_by_its_own_names() -> None:
    facts, _ = facts_of(Booster(), "")
    assert (facts.framework, facts.parameters) == ("LightGBM", (("leaves", "NaN"),))
    assert (facts.inputs, facts.input_count) == (("a", "b", "c"), 3)


def test_a_class_of_the_notebook_is_of_the_framework_that_it_is_derived_from() -> None:
    assert facts_of(Own(), "")[0].framework == "scikit-learn"


def test_what_the_user_says_of_the_framework_counts() -> None:
    assert facts_of(Fitted(), "our own")[0].framework == "our own"


@pytest.mark.parametrize("value", [None, 1, "text", [], {"a": 1}, object(), Fitted])
def test_anything_can_be_a_model(value: object) -> None:
    facts, _ = facts_of(value, "")
    assert facts.file == ""


def test_a_model_that_fails_when_asked_is_kept_with_a_note() -> None:
    facts, notes = facts_of(Broken(), "")
    assert facts.parameters == ()
    assert notes == ("its parameters are not known: ValueError: not fitted",)


def test_a_path_is_a_file_and_its_name_tells_the_framework(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    path.write_bytes(b"weights")
    assert (as_path(path), as_path(str(path)), as_path(Fitted())) == (path, path, None)
    assert file_content(path) == b"weights"
    assert (file_facts(path, "").framework, file_facts(path, "").file) == ("PyTorch", "net.pt")
    assert file_facts(path, "JAX").framework == "JAX"


def test_equal_folders_have_equal_content(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder / "deep").mkdir(parents=True)
        (tmp_path / folder / "deep" / "weights.bin").write_bytes(b"w")
        (tmp_path / folder / "config.json").write_text("{}")
    assert file_content(tmp_path / "one") == file_content(tmp_path / "two")
    (tmp_path / "two" / "config.json").write_text("[]")
    assert file_content(tmp_path / "one") != file_content(tmp_path / "two")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"net\.pt cannot be read: No such file"):
        file_content(tmp_path / "net.pt")
