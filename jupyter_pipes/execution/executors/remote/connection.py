"""A connection to a Dask scheduler: tasks placed, requests passed on to workers, and who is there."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from weakref import WeakSet

import msgspec
from msgspec import Struct

from jupyter_pipes.execution.executors.remote import messages
from jupyter_pipes.execution.executors.remote.messages import OPERATION, Answer, Forget, Request
from jupyter_pipes.execution.executors.remote.queues.standing import Standing, by_value, look, read
from jupyter_pipes.execution.executors.remote.starting import start_cluster
from jupyter_pipes.execution.loop import in_thread
from jupyter_pipes.model.errors import ConfigurationError, PipesError
from jupyter_pipes.system.random_numbers import draw_apart

if TYPE_CHECKING:
    from jupyter_pipes.storage.queues import Queue

PATIENCE = 3.0
"""Seconds that a scheduler has to take a connection, before it is tried again."""

TRY_AGAIN = 2.0
"""Seconds between two tries to reach a scheduler that does not answer."""

BEGUN_ANEW = 5
"""How often a task that was left with the scheduler is begun anew when it fails."""

_DRAWING = ("dask.sizeof", "distributed.comm.core", "distributed.utils_comm")
"""What draws random numbers in a client: to guess how large a message is, and before it tries again."""


class Unreachable(PipesError):
    """The scheduler, or a worker by its way, does not answer."""


class Arrival(Struct, frozen=True):
    """An attempt has come to a worker.

    Attributes:
        attempt: `Job.attempt_id`.
        worker: its address.
        versions: what it runs.
    """

    attempt: str
    worker: str
    versions: Mapping[str, str] = {}


class Placement:
    """An attempt in the scheduler's hands.

    Args:
        future: of the task that holds the attempt's slot.

    Attributes:
        key: of that task.
    """

    def __init__(self, future: Any) -> None:
        self.key: str = future.key
        self._future = future
        self._lost = asyncio.Event()

    def lose(self) -> None:
        """Learn that the connection is gone, and the place in the queue with it: Dask may not tell."""
        self._lost.set()

    async def ended(self) -> None:
        """Return when the slot is free again.

        Raises:
            Unreachable: the connection was lost, and the place in the queue with it.
            PipesError: nobody could take the attempt.
        """
        ending = asyncio.ensure_future(self._ended())
        losing = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait((ending, losing), return_when=asyncio.FIRST_COMPLETED)
            if not ending.done():
                raise Unreachable("the connection was lost")
            await ending
        finally:
            ending.cancel()
            losing.cancel()

    async def _ended(self) -> None:
        from distributed.client import FutureCancelledError

        try:
            await self._future.result()
        except FutureCancelledError as error:
            raise Unreachable(str(error)) from error
        except Exception as error:  # whatever Dask, or a worker that lacks this package, has to say
            raise PipesError(f"no worker could take it: {type(error).__name__}: {error}") from error

    def give_up(self) -> None:
        """Need no slot any more."""
        self._future.release()


class Connection:
    """A connection to the scheduler of one queue, made anew when it was lost; all on the loop's thread.

    Args:
        queue: whose scheduler it is.
        arrived: called when an attempt has come to a worker.
    """

    def __init__(self, queue: Queue, arrived: Callable[[Arrival], None]) -> None:
        self._queue = queue
        self._arrived = arrived
        self._topic = f"{OPERATION}-{uuid4().hex}"
        self._client: Any = None
        self._line: Any = None
        self._cluster: Any = None
        self._opening = asyncio.Lock()
        self._forgetting: set[asyncio.Task[None]] = set()
        self._placements: WeakSet[Placement] = WeakSet()

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, or was until lately."""
        return self._client is not None

    async def place(self, attempt: str, among: Collection[str] | None = None) -> Placement:
        """Have the scheduler find a worker for an attempt, of all or of those with these addresses.

        Raises:
            ConfigurationError: Dask is not installed, or the queue's cluster cannot be started.
            Unreachable: nobody answers at the address.
        """
        client = await self._connected()
        from jupyter_pipes.execution.executors.remote.station import host

        future = client.submit(
            host,
            attempt,
            self._topic,
            key=f"{self._topic}-{uuid4().hex[:8]}-{attempt}",
            workers=None if among is None else [*among],
            resources=self._queue.resources or None,
            priority=self._queue.priority,
            pure=False,
            retries=0,
        )
        placement = Placement(future)
        self._placements.add(placement)
        return placement

    async def ask(self, worker: str, request: Request) -> Answer:
        """Pass a request on to the station of a worker.

        Raises:
            Unreachable: the way there is cut, or the worker is gone.
            PipesError: the worker could not do what it was asked to.
        """
        message = {"op": OPERATION, "request": messages.encode(request)}
        return messages.decode_answer(await self._call("proxy", msg=message, worker=worker))

    def send_away(self, attempt: str, worker: str) -> None:
        """Have a worker drop what it has of an attempt, some time."""
        forgetting = asyncio.get_running_loop().create_task(self._send_away(attempt, worker))
        self._forgetting.add(forgetting)
        forgetting.add_done_callback(self._forgetting.discard)

    async def _send_away(self, attempt: str, worker: str) -> None:
        # A worker that does not hear it gives the attempt up when nobody asks for it.
        with suppress(PipesError):
            await self.ask(worker, Forget(attempt))

    async def standing(self) -> Standing:
        """Return how the queue stands.

        Raises:
            Unreachable: the scheduler does not answer.
        """
        client = await self._connected()
        try:
            return read(await client.run_on_scheduler(by_value(look), self._topic))
        except Exception as error:  # whatever a connection that is being lost, or a scheduler, has to say
            raise self._unreachable(error) from error

    async def pythons(self) -> dict[str, str]:
        """Return the minor version of Python of each worker: address -> such as "3.11".

        Raises:
            Unreachable: the scheduler does not answer.
        """
        answers = await self._call("broadcast", msg={"op": "versions"}, on_error="ignore")
        full = {address: answer["host"]["python"] for address, answer in answers.items()}
        return {address: ".".join(version.split(".")[:2]) for address, version in full.items()}

    async def on_all_workers(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Return address -> what a function returns on that worker, or the exception that it raised.

        Raises:
            Unreachable: the scheduler does not answer.
        """
        client = await self._connected()
        with self._as_unreachable():
            return await client.run(function, *arguments, on_error="return")

    async def leave(self, task: Callable[..., Any], *arguments: Any, name: str) -> None:
        """Leave a task with the scheduler, which begins it anew when it fails or its worker is lost.

        Returns when the scheduler has it: nobody here needs to wait for it.

        Raises:
            Unreachable: the scheduler does not answer.
        """
        client = await self._connected()
        from distributed import fire_and_forget  # pyright: ignore[reportUnknownVariableType]

        key = f"{OPERATION}-{name}-{uuid4().hex[:8]}"
        future = client.submit(task, *arguments, key=key, pure=False, retries=BEGUN_ANEW)
        fire_and_forget(future)
        while not await self._call("get_story", keys_or_stimuli=[key]):
            await asyncio.sleep(0.01)

    async def close(self) -> None:
        """Give up the connection, with a cluster that was started for it; what was placed is taken back."""
        async with self._opening:
            client, self._client = self._client, None
            cluster, self._cluster = self._cluster, None
            await _close(client)
            if cluster is not None:
                # Once it has ended its jobs, dask_jobqueue 0.9 does not say so, and Dask wonders.
                with suppress(AssertionError):
                    await cluster.close()

    async def _call(self, operation: str, **arguments: Any) -> Any:
        """Return what the scheduler answers to one of its operations."""
        client = await self._connected()
        with self._as_unreachable():
            return await getattr(client.scheduler, operation)(**arguments)

    @contextmanager
    def _as_unreachable(self) -> Generator[None]:
        try:
            yield
        except (OSError, TimeoutError, KeyError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> Unreachable:
        return Unreachable(f"{self._queue.place}: {type(error).__name__}: {error}")

    async def _connected(self) -> Any:
        """Return Dask's client; one that lost its connection hears nothing any more, and is replaced."""
        async with self._opening:
            if not self._is_live():
                lost, self._client = self._client, None
                for placement in [*self._placements]:
                    placement.lose()
                self._placements.clear()
                await _close(lost)
                self._client = await self._connect()
                self._line = self._client.scheduler_comm
            return self._client

    def _is_live(self) -> bool:
        # One that connected again by itself has another line, on which nobody listens for arrivals.
        client = self._client
        return client is not None and client.status == "running" and client.scheduler_comm is self._line

    async def _connect(self) -> Any:
        await in_thread(_import_dask)
        _tell_ourselves()
        from distributed import Client

        if self._queue.cluster and self._cluster is None:
            self._cluster = await start_cluster(self._queue)
        address = self._cluster or self._queue.scheduler
        security = await in_thread(_security, self._queue)
        client: Any = Client(
            address, asynchronous=True, set_as_default=False, security=security, timeout=PATIENCE
        )
        try:
            await client
        except OSError as error:
            await _close(client)
            raise Unreachable(f"{self._queue.place}: {error}") from error
        except TypeError as error:
            # What Dask raises where an address demands a certificate and it knows of none.
            await _close(client)
            raise ConfigurationError(
                f"queue {self._queue.name}: the scheduler at {address} asks for a certificate: name the "
                'files in pipes.toml, tls = { ca_file = "…", cert = "…", key = "…" }'
            ) from error
        except Exception as error:  # what Dask makes of the bytes that something else answers
            await _close(client)
            raise Unreachable(
                f"{self._queue.place}: what answers there is no Dask scheduler (is it its dashboard's port?)"
            ) from error
        client.subscribe_topic(self._topic, self._take_announcement)
        return client

    def _take_announcement(self, event: tuple[float, dict[str, Any]]) -> None:
        self._arrived(msgspec.convert(event[1], Arrival))


async def _close(client: Any) -> None:
    if client is not None:
        # It waits for a scheduler that may be gone.
        with suppress(TimeoutError, OSError):
            await client.close(timeout=2)


def _security(queue: Queue) -> Any:
    """Return what proves who is who; None where the settings name nothing.

    Raises:
        ConfigurationError: a file cannot be read, or is not what it should be.
    """
    if queue.tls is None:
        return None
    from distributed.security import Security

    files = queue.tls
    security: Any = Security(
        tls_ca_file=files.ca_file,
        tls_client_cert=files.cert,
        tls_client_key=files.key,
        require_encryption=True,
    )
    try:
        security.get_connection_args("client")
    except OSError as error:
        paths = ", ".join((files.ca_file, files.cert, files.key))
        raise ConfigurationError(f"queue {queue.name}: tls cannot be used ({paths}): {error}") from error
    return security


class OnOtherThreads(logging.Filter):
    """Lets through what is logged on any thread but this one."""

    def __init__(self) -> None:
        super().__init__()
        self._own = threading.get_ident()

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread != self._own


@cache
def _tell_ourselves() -> None:
    """Keep what Dask logs of our connections off standard error: steps say what they wait for."""
    logging.getLogger("distributed.client").addFilter(OnOtherThreads())


def _import_dask() -> None:
    # It takes a second: not on the loop.
    try:
        draw_apart(*_DRAWING)
    except ImportError as error:
        raise ConfigurationError(
            f'a queue on other machines needs Dask: pip install "jupyter_pipes[remote]" ({error})'
        ) from error
