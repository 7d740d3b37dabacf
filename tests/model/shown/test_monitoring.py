"""Rules of `--monitor`: what it names by kind and wildcards, and what it refuses."""

from __future__ import annotations

import pytest

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.shown.monitoring import Kind, is_monitored
from jupyter_pipes.pipelines.step_options import from_keywords, parse_step


@pytest.mark.parametrize(
    ("said", "kind", "name", "is_so"),
    [
        (("metric:loss",), "metric", "loss", True),
        (("metric:loss",), "metric", "val_loss", False),
        (("metric:loss",), "artifact", "loss", False),
        (("metric:val_*",), "metric", "val_loss", True),
        (("metric:val_?",), "metric", "val_ab", False),
        (("metric:[ab]*",), "metric", "auc", True),
        (("metric:Loss",), "metric", "loss", False),
        (("metric:val/*",), "metric", "val/loss/deep", True),
        (("model:*",), "artifact", "ridge", False),
        (("metric:x", "model:*"), "model", "ridge", True),
        ((), "metric", "loss", False),
    ],
)
def test_a_name_is_monitored_by_its_kind_and_by_wildcards(
    said: tuple[str, ...], kind: Kind, name: str, is_so: bool
) -> None:
    assert is_monitored(said, kind, name) == is_so


def test_a_cell_and_python_say_the_same() -> None:
    said = ("metric:loss", "metric:val_*", "model:*")
    assert parse_step("fit --monitor metric:loss metric:val_* --monitor model:*").options.monitor == said
    assert from_keywords(monitor=list(said)).monitor == said
    assert from_keywords(monitor="metric:loss, metric:val_*, model:*").monitor == said


@pytest.mark.parametrize("said", ["loss", "metric:", "metrics:loss", ":loss", "param:lr"])
def test_what_is_nothing_that_can_be_put_on_a_run_is_refused(said: str) -> None:
    with pytest.raises(UsageError, match="use metric:NAME, artifact:NAME or model:NAME"):
        parse_step(f"fit --monitor {said}")
