"""A queue gives its environment to the steps that name none."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.model.steps import Step, StepOptions
from jupyter_pipes.pipelines.step_options import from_keywords
from jupyter_pipes.planning.settling.placement import on_queue
from jupyter_pipes.storage.queues import Queue


def placed(options: dict[str, Any], queue: str = "far", **table: Any) -> StepOptions:
    queues = {"far": Queue("far", scheduler="tcp://x:1", **table)}
    (step,) = on_queue([Step("a", 0, "", "", options=from_keywords(**options))], queue, queues)
    return step.options


def test_steps_of_a_queue_have_its_packages_and_variables() -> None:
    table = {"packages": "torch", "environment": {"python": "3.12", "env_var": {"LEVEL": "1"}}}
    options = placed({}, **table)
    assert (options.queue, options.packages, options.python) == ("far", ("torch",), "3.12")
    assert options.variables == ("LEVEL=1",)


def test_a_step_with_packages_of_its_own_has_none_of_its_queue() -> None:
    options = placed(
        {"packages": "numpy", "env_var": "LEVEL=2"},
        packages="torch",
        environment={"env_var": ["LEVEL=1", "B=1"]},
    )
    assert (options.packages, options.variables) == (("numpy",), ("LEVEL=2", "B=1"))
    assert placed({"env": ".venv"}, packages="torch").packages == ()


def test_steps_of_other_queues_stay_as_they_are() -> None:
    assert placed({}, queue="local", packages="torch") == StepOptions()


@pytest.mark.parametrize(
    "table",
    [
        {"packages": "./x"},
        {"environment": {"retries": 3}},
        {"environment": {"colour": 3}},
        {"environment": {"env": ".venv"}, "packages": "torch"},
    ],
)
def test_a_queue_s_environment_that_no_step_may_have_is_an_error_of_the_settings(
    table: dict[str, Any],
) -> None:
    with pytest.raises(ConfigurationError, match="queue far"):
        placed({}, **table)
