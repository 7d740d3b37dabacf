"""Settings that tasks need beside their code: how often a worker tries, and what tasks share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_pipes.model.steps import Step


def configuration(steps: Sequence[Step], origin: str) -> dict[str, str]:
    """Return `luigi.cfg` with its content, or nothing where no step asks for anything in it.

    Args:
        steps: all steps.
        origin: where the file comes from, in words.
    """
    retried = [step.options.retry_delay for step in steps if step.options.retries]
    worker = {
        **({"keep_alive": "true"} if retried else {}),
        **({"force_multiprocessing": "true"} if any(step.options.timeout for step in steps) else {}),
    }
    sections = {
        "scheduler": {"retry_delay": f"{max(retried):g}"} if retried else {},
        "worker": worker,
        # As much as the greediest task takes: whoever has more says so.
        "resources": _resources(steps),
    }
    texts = ["\n".join([f"[{name}]", *_lines(values)]) for name, values in sections.items() if values]
    return {"luigi.cfg": f"# {origin}\n" + "\n".join(f"{text}\n" for text in texts)} if texts else {}


def _resources(steps: Sequence[Step]) -> dict[str, str]:
    cpus = max((step.options.cpus for step in steps), default=1)
    memory = max((step.options.memory or 0 for step in steps), default=0)
    return {
        **({"cpus": str(cpus)} if cpus > 1 else {}),
        **({"memory_mb": str(-(-memory // 2**20))} if memory else {}),
    }


def _lines(values: dict[str, str]) -> list[str]:
    return [f"{name} = {value}" for name, value in values.items()]
