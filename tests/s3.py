"""A server of S3 on loopback, in a thread of this process, that can be made to fail."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from werkzeug.serving import BaseWSGIServer, make_server

App = Callable[..., Iterable[bytes]]

CLIENTS = {
    "AWS_ACCESS_KEY_ID": "tester",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    # Beside the tries of s3fs: a test that has all of them fail shall not wait for long.
    "AWS_MAX_ATTEMPTS": "2",
}


class Server:
    """moto's S3 behind one address.

    Attributes:
        requests: method and path of all that was asked, in order.
        fault: asked with method and path of each request; returns an HTTP status to fail with, 0 to serve it,
            or -1 to close the connection in the middle of the answer.
    """

    def __init__(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app

        self._app: App = DomainDispatcherApplication(create_backend_app)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._http: BaseWSGIServer = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.requests: list[tuple[str, str]] = []
        self.fault: Callable[[str, str], int] = lambda method, path: 0
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead clients to it."""
        return {**CLIENTS, "AWS_ENDPOINT_URL": self.url}

    def make_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        import boto3

        boto3.client("s3", endpoint_url=self.url).create_bucket(Bucket=name)

    def asked(self, method: str, part: str = "") -> int:
        """Return how many requests of a method had a text in their path."""
        return sum(each == method and part in path for each, path in self.requests)

    def close(self) -> None:
        """Listen no more."""
        self._http.shutdown()
        self._http.server_close()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        self.requests.append((method, path))
        status = self.fault(method, path)
        if status > 0:
            start_response(f"{status} Fault", [("Content-Type", "text/plain"), ("Content-Length", "0")])
            return [b""]
        return _cut(self._app(environ, start_response)) if status else self._app(environ, start_response)


def _cut(answer: Iterable[bytes]) -> Iterator[bytes]:
    """Yield half of the first piece and end the connection."""
    first = next(iter(answer))
    yield first[: len(first) // 2]
    raise ConnectionAbortedError


@contextmanager
def running_server() -> Generator[Server]:
    """A server that all clients of this process, and of those that it starts, find by their environment."""
    from s3fs import S3FileSystem

    server = Server()
    try:
        with patch.dict("os.environ", server.environment):
            # What was opened before reads no environment again: it would go on asking an earlier server.
            S3FileSystem.clear_instance_cache()
            yield server
    finally:
        S3FileSystem.clear_instance_cache()
        server.close()
