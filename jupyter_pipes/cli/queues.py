"""The verbs about queues on other machines: how they stand, and starting what serves them."""

from __future__ import annotations

import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from jupyter_pipes.analysis.spelling import nearest
from jupyter_pipes.cli.answers import Answer, Face
from jupyter_pipes.model.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from jupyter_pipes.storage.queues import Queue
    from jupyter_pipes.storage.settings import Settings


LOOPBACK, PORT = "127.0.0.1", 8786
"""Where a scheduler listens if nothing else is said."""

CUT = "60s"
"""How long a connection of what is started here may carry nothing before it counts as lost.

Dask's own 30 s would lose the steps of workers whose network was away for so long.
"""


def queues(face: Face, arguments: Namespace) -> Answer:
    """Say how the project's queues stand: who serves them, and what is in the way."""
    from jupyter_pipes.cli import documents
    from jupyter_pipes.display.queues_text import text
    from jupyter_pipes.execution.executors.queues import look_at

    looks = tuple(look_at(face.settings().queues.values()))
    return Answer(lambda: documents.of_queues(looks), lambda _: text(looks))


def start_scheduler(face: Face, arguments: Namespace) -> NoReturn:
    """Become a Dask scheduler, at the address of a queue if one is named.

    Raises:
        UsageError: there is no such queue, or it starts its own scheduler.
    """
    if arguments.queue is None:
        _become("scheduler", "--host", arguments.host or LOOPBACK, "--port", str(arguments.port or PORT))
    queue = _queue(face.settings(), arguments.queue)
    address = urlsplit(_address(queue))
    host, port = arguments.host or address.hostname or LOOPBACK, arguments.port or address.port or PORT
    _become("scheduler", "--host", host, "--port", str(port), *_tls_options(queue))


def start_worker(face: Face, arguments: Namespace) -> NoReturn:
    """Become a Dask worker that serves a queue.

    Raises:
        UsageError: there is no such queue, or it starts its own workers.
    """
    queue = _queue(face.settings(), arguments.queue)
    address = arguments.scheduler or _address(queue)
    if arguments.cache is not None:
        os.environ["JUPYTER_PIPES_CACHE"] = str(arguments.cache)
    limit = ("--memory-limit", arguments.memory_limit) if arguments.memory_limit else ()
    _become("worker", address, "--nthreads", str(arguments.threads or 1), *limit, *_options(queue))


def _address(queue: Queue) -> str:
    if not queue.scheduler:
        raise UsageError(f"queue {queue.name} starts its own scheduler and workers ({queue.cluster})")
    return queue.scheduler


def _options(queue: Queue) -> Iterator[str]:
    if queue.resources:
        yield from ("--resources", " ".join(f"{name}={amount:g}" for name, amount in queue.resources.items()))
    yield from _tls_options(queue)


def _tls_options(queue: Queue) -> Iterator[str]:
    if queue.tls is not None:
        for option in ("ca_file", "cert", "key"):
            yield from (f"--tls-{option.replace('_', '-')}", getattr(queue.tls, option))


def _queue(settings: Settings, name: str | None) -> Queue:
    queues = settings.queues
    if name is None and len(queues) == 1:
        return next(iter(queues.values()))
    if name is None:
        raise UsageError(f"say which queue it serves: --queue, one of {', '.join(queues) or 'pipes.toml'}")
    if name in queues:
        return queues[name]
    near = nearest(name, queues)
    remedy = (
        f"did you mean {near}?" if near else f'name it in pipes.toml: [queues.{name}] scheduler = "tcp://…"'
    )
    raise UsageError(f"there is no queue {name}; {remedy}")


def _become(what: str, *options: str) -> NoReturn:
    """Run one of Dask's programs in place of this one, and say which."""
    if find_spec("distributed") is None:
        raise ConfigurationError('a queue on other machines needs Dask: pip install "jupyter_pipes[remote]"')
    words: Sequence[str] = ("dask", what, *options)
    environment = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": CUT, **os.environ}
    sys.stderr.write(f"{shlex.join(words)}\n")
    sys.stderr.flush()
    os.execve(sys.executable, (sys.executable, "-m", *words), environment)
