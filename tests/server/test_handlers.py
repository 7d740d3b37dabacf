"""The server's answers, asked of a real one by HTTP: who gets none, for which paths, and what they say."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import msgspec
import nbformat
import pytest

from jupyter_pipes.display.board.model import BoardShown
from jupyter_pipes.display.graph.layout import Layout
from tests.waiting import until

pytestmark = pytest.mark.slow

CELLS = ("%%step a --stage s\nx = 1", "%%step b\ny = x")


class Server:
    """A Jupyter server with the extension, on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.root, self.outside, private = folder / "root", folder / "outside", folder / "private"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self._token = secrets.token_hex(16)
        for place in (self.root, self.outside, private):
            place.mkdir()
        command = [
            *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={self._address.rpartition(':')[2]}"),
            *("--ServerApp.port_retries=0", f"--IdentityProvider.token={self._token}"),
            *(
                f"--ServerApp.root_dir={self.root}",
                "--ServerApp.jpserver_extensions=jupyter_pipes.server=True",
            ),
        ]
        variables = {name: str(private) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
        self._log = (private / "log").open("wb")
        self._process = subprocess.Popen(
            command, stdout=self._log, stderr=self._log, env={**os.environ, **variables}
        )

    def wait(self) -> None:
        """Return when it answers."""
        until(self._is_up, "the server's answer")

    def _is_up(self) -> bool:
        assert self._process.poll() is None
        try:
            return self.ask("api")[0] == 200
        except OSError:
            return False

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(60)
        self._log.close()

    def ask(self, address: str, *, token: bool = True, **query: str) -> tuple[int, bytes]:
        """Return status and body of the answer."""
        words = urlencode({**query, **({"token": self._token} if token else {})})
        try:
            with urlopen(f"{self._address}/{address}?{words}", timeout=60) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            return error.code, error.read()

    def board(self, path: str) -> tuple[int, bytes]:
        """Return status and body of what is said of a notebook."""
        return self.ask("jupyter_pipes/boards", path=path)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("server"))
    try:
        started.wait()
        for folder in (started.root, started.root / "sub", started.root / ".hidden", started.outside):
            folder.mkdir(exist_ok=True)
            write(folder / "made.ipynb")
        (started.root / "link.ipynb").symlink_to(started.outside / "made.ipynb")
        (started.root / "away").symlink_to(started.outside)
        (started.root / "folder.ipynb").mkdir()
        (started.root / "plain.txt").write_text("text")
        yield started
    finally:
        started.stop()


def write(path: Path, *cells: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells or CELLS])
    path.write_text(nbformat.writes(notebook), encoding="utf-8")


@pytest.mark.parametrize("path", ["made.ipynb", "/made.ipynb", "sub/made.ipynb"])
def test_a_notebook_of_the_server_has_a_board(path: str, server: Server) -> None:
    status, body = server.board(path)
    assert status == 200
    (message,) = msgspec.json.decode(body, type=list[BoardShown])
    assert [step.name for step in message.board.steps] == ["a", "b"]
    assert not list(server.root.rglob(".jupyter_pipes"))


def test_nobody_gets_an_answer_without_the_token(server: Server) -> None:
    for address in ("boards", "graph"):
        assert server.ask(f"jupyter_pipes/{address}", token=False, path="made.ipynb", request="{}")[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "../outside/made.ipynb",
        "sub/../made.ipynb",
        "sub/../../outside/made.ipynb",
        "..%2Foutside%2Fmade.ipynb",
        "{outside}/made.ipynb",
        "~/made.ipynb",
        ".hidden/made.ipynb",
        "link.ipynb",
        "away/made.ipynb",
        "folder.ipynb",
        "plain.txt",
        "made\0.ipynb",
        "nowhere.ipynb",
        "",
    ],
)
def test_what_the_server_does_not_show_is_not_there(path: str, server: Server) -> None:
    status, body = server.board(path.format(outside=server.outside))
    assert status == 404
    assert b"board" not in body


def test_a_path_must_be_said(server: Server) -> None:
    assert server.ask("jupyter_pipes/boards")[0] == 400


def test_what_cannot_be_read_is_said_in_words(server: Server) -> None:
    (server.root / "broken.ipynb").write_text("{")
    status, body = server.board("broken.ipynb")
    assert status == 409
    assert "is not a notebook" in json.loads(body)["message"]


def graph(server: Server, **fields: object) -> tuple[int, bytes]:
    request = json.dumps({"ask": "graph", "width": 400, "height": 600, **fields})
    return server.ask("jupyter_pipes/graph", path="made.ipynb", request=request)


def test_the_graph_is_laid_out_as_a_kernel_does(server: Server) -> None:
    _, whole = graph(server)
    assert set(msgspec.json.decode(whole, type=Layout).nodes) == {"a", "b"}
    _, folded = graph(server, collapsed=["s"])
    assert "a" not in msgspec.json.decode(folded, type=Layout).nodes


@pytest.mark.parametrize(
    "fields", [{"ask": "run"}, {"width": "x"}, {"width": -1}, {"width": 0}, {"height": 1e9}]
)
def test_what_is_no_request_for_a_graph_is_refused(fields: dict[str, object], server: Server) -> None:
    assert graph(server, **fields)[0] == 400
