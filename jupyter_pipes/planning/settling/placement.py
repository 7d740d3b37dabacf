"""Where steps run: their queue, and the environment that it gives to those that name none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from jupyter_pipes.model.errors import ConfigurationError, UsageError
from jupyter_pipes.model.steps import Step, StepOptions
from jupyter_pipes.pipelines.options.environment import ENVIRONMENT, WHOLE, contradiction
from jupyter_pipes.pipelines.step_options import from_keywords
from jupyter_pipes.storage.queues import LOCAL, Queue


def on_queue(steps: Iterable[Step], queue: str, queues: Mapping[str, Queue]) -> tuple[Step, ...]:
    """Return the steps with those of this machine on another queue, and with their queues' environments.

    Args:
        steps: the steps.
        queue: the other queue.
        queues: the queues that the project names.

    Raises:
        ConfigurationError: a queue's environment is none that a step may have.
    """
    return tuple(_placed(step, queue, queues) for step in steps)


def environment_of(queue: Queue) -> StepOptions:
    """Return what the steps of a queue have that say nothing of their own.

    Raises:
        ConfigurationError: it is none that a step may have.
    """
    said = {**queue.environment, **({"packages": queue.packages} if queue.packages else {})}
    try:
        options = from_keywords(**said)
    except UsageError as error:
        raise ConfigurationError(f"queue {queue.name}: {error}") from None
    wrong = contradiction(options) or ", ".join(
        field for field in StepOptions.__struct_fields__ if field not in ENVIRONMENT and _says(options, field)
    )
    if wrong:
        raise ConfigurationError(f"queue {queue.name}: the environment of a queue cannot be: {wrong}")
    return options


def _says(options: StepOptions, field: str) -> bool:
    return getattr(options, field) != getattr(StepOptions(), field)


def _placed(step: Step, queue: str, queues: Mapping[str, Queue]) -> Step:
    name = queue if step.options.queue == LOCAL else step.options.queue
    if name == step.options.queue and name not in queues:
        return step
    options = replace(step.options, queue=name)
    # A queue that is known later only gives what it has then.
    if name in queues and "queue" not in options.made:
        options = _with_defaults(options, environment_of(queues[name]))
    return step if options == step.options else replace(step, options=options)


def _with_defaults(options: StepOptions, defaults: StepOptions) -> StepOptions:
    """Return a step's options with those of its queue where it says nothing of its own."""
    whole = () if any(getattr(options, field) or field in options.made for field in WHOLE) else WHOLE
    own = {text.partition("=")[0] for text in options.variables}
    added = tuple(text for text in defaults.variables if text.partition("=")[0] not in own)
    taken: dict[str, Any] = {field: getattr(defaults, field) for field in whole}
    repository = options.repository or defaults.repository
    return replace(options, variables=(*options.variables, *added), repository=repository, **taken)
