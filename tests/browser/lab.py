"""A real JupyterLab or Notebook 7 in a real Chromium: start it, open a notebook, run it, change the theme."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import nbformat
from playwright.sync_api import Browser, Locator, Page, expect

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
EXTENSION = Path(__file__).parents[2] / "labextension" / "built"
SERVER_CONFIG = Path(__file__).parents[2] / "labextension" / "server.json"
PYTHON = os.environ.get("JUPYTER_PIPES_LAB_PYTHON", sys.executable)
"""The Python that runs the server and its kernels: of another environment, to try another Lab."""
START_SECONDS = 90
WAIT_MILLISECONDS = 120_000

IDLE = """() => {
    const { shell } = window.jupyterapp ?? {};
    const kernels = [...(shell?.widgets('main') ?? [])].map(each => each.sessionContext?.session?.kernel);
    return shell
        ? kernels.some(kernel => kernel?.connectionStatus === 'connected' && kernel.status === 'idle')
        : document.querySelector('[data-notebook] .jp-Notebook-ExecutionIndicator[data-status=idle]');
}"""
"""Whether a notebook's kernel is connected and idle; Notebook 7 says so, Lab is asked.

Of a page that had another notebook before, Lab may go on saying a while that its kernel is idle.
"""

SHOW = """async path => {
    const { commands, shell } = window.jupyterapp;
    const opened = await commands.execute('docmanager:open', { path });
    await opened.revealed;
    // Lab puts its launcher where nothing is open.
    [...shell.widgets('main')].filter(each => each !== opened).forEach(each => each.dispose());
}"""
"""Shows a notebook alone in the main area."""

CLEAR = """async () => {
    const { commands, serviceManager, shell } = window.jupyterapp;
    for (const widget of [...shell.widgets('main')]) {
        const { session } = widget.sessionContext ?? {};
        // A kernel that is busy takes its time.
        session && serviceManager.sessions.shutdown(session.id).catch(() => undefined);
        // Unlike one that is closed, one that is disposed of does not ask about what is not saved.
        widget.dispose();
    }
    shell.collapseRight();
    await commands.execute('filebrowser:activate');
    await commands.execute('apputils:dismiss-notification', {});
    if (document.body.dataset.jpThemeLight === 'false') {
        await commands.execute('apputils:change-theme', { theme: 'JupyterLab Light' });
    }
}"""
"""Closes all that is open, with its kernels, and gives the side areas and the theme that Lab begins with."""

IS_RELOADED = "() => performance.getEntriesByType('navigation')[0].type === 'reload'"

REST = """() => new Promise((done, fail) => {
    const ask = window.requestAnimationFrame;
    let [asked, left] = [0, 200];
    window.requestAnimationFrame = action => { asked += 1; return ask.call(window, action); };
    const look = setInterval(() => {
        if (asked === 0 || left-- === 0) {
            clearInterval(look);
            window.requestAnimationFrame = ask;
            asked === 0 ? done() : fail(new Error('frames are asked for again and again'));
        }
        asked = 0;
    }, 300);
})"""
"""Waits until nothing in the page asks for a frame for a while."""

REOPEN = """async () => {
    const { commands, serviceManager, shell } = window.jupyterapp;
    const { context } = shell.currentWidget;
    await serviceManager.sessions.shutdown(context.sessionContext.session.id);
    shell.currentWidget.dispose();
    await commands.execute('docmanager:open', { path: context.path });
}"""

THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme })"


def chromium() -> str | None:
    """Return the path of the Chromium that is installed, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def write_notebook(path: Path, *sources: str) -> Path:
    """Write a notebook of code cells and return its path."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    return path


class Lab:
    """A running JupyterLab server on a folder of its own, and pages of it in Chromium.

    A page that was closed is kept, cleared, for the next that is opened: to load Lab takes seconds.

    Args:
        application: `jupyterlab`, or `notebook` for Notebook 7, which is made of the same parts.
    """

    def __init__(
        self, folder: Path, browser: Browser, port: int, token: str, application: str = "jupyterlab"
    ) -> None:
        self.folder = folder
        self._context = browser.new_context()
        self._context.set_default_timeout(WAIT_MILLISECONDS)
        self._address = f"http://127.0.0.1:{port}"
        self._token = token
        self._application = application
        self._cleared: dict[tuple[int, int], list[Page]] = {}
        self._loaded = 0

    def open(
        self,
        notebook: Path,
        *,
        width: int = 1500,
        height: int = 1000,
        prepare: Callable[[Page], object] | None = None,
        is_new: bool = False,
    ) -> LabPage:
        """Open a notebook of the folder alone in the main area; returns when its cells are there.

        Args:
            prepare: is called with the page before it is loaded.
            is_new: whether the page is to be loaded for this, and not kept behind it. One that is to be
                reloaded has to be: in another one, Lab would open what it showed before as well.
        """
        name = notebook.relative_to(self.folder).as_posix()
        cleared = self._cleared.setdefault((width, height), [])
        if self._application != "jupyterlab" or prepare or is_new:
            page = self._load(name, width, height, prepare)
            shown = LabPage(page, page.close)
        else:
            page = cleared.pop() if cleared else self._load(name, width, height)
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(SHOW, name)
            shown = LabPage(page, lambda: self._clear(page, cleared))
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
        return shown

    def _load(
        self, notebook: str, width: int, height: int, prepare: Callable[[Page], object] | None = None
    ) -> Page:
        page = self._context.new_page()
        page.set_viewport_size({"width": width, "height": height})
        if prepare:
            prepare(page)
        self._loaded += 1
        # Of two pages with one workspace, Lab would give the second another, and load it again.
        place = f"lab/workspaces/{self._loaded}/tree" if self._application == "jupyterlab" else "notebooks"
        page.goto(f"{self._address}/{place}/{notebook}?token={self._token}&reset")
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell")
        return page

    def _clear(self, page: Page, cleared: list[Page]) -> None:
        """Close all that a page shows, and keep the page; one in which Lab still asks something is closed.

        So is one that was reloaded: Lab may open late, and beside another, what it had open before.
        """
        page.mouse.move(0, 0)
        if page.evaluate(IS_RELOADED) or page.locator(".jp-Dialog, .lm-Menu").count():
            page.close()
        else:
            page.evaluate(CLEAR)
            cleared.append(page)

    def folder_of(self, test: str) -> Path:
        """Return the folder of a test's own, by its name."""
        return self.folder / re.sub(r"\W+", "-", test)

    def open_new(
        self,
        test: str,
        name: str,
        *cells: str,
        width: int = 1500,
        height: int = 1000,
        is_new: bool = False,
    ) -> LabPage:
        """Open a new notebook with these cells, in a folder of its test's, once its kernel is there.

        Headers are there before the kernel is, and what is pressed or run too early may do nothing.
        """
        folder = self.folder_of(test)
        folder.mkdir()
        page = self.open(write_notebook(folder / name, *cells), width=width, height=height, is_new=is_new)
        page.wait_for_kernel()
        return page

    def end_kernels(self, folder: Path) -> None:
        """End the kernels of all notebooks in a folder, as a restart of the machine would."""
        place = folder.relative_to(self.folder).as_posix()
        # Two notebooks may have one kernel: with it, both end; and a page that was cleared ends its own.
        while sessions := [
            each for each in json.loads(self._ask("sessions")) if each["path"].startswith(f"{place}/")
        ]:
            with suppress(HTTPError):
                self._ask(f"sessions/{sessions[0]['id']}", method="DELETE")

    def share_kernel(self, notebook: Path, other: Path) -> None:
        """Give another notebook the kernel that a notebook has."""
        names = [path.relative_to(self.folder).as_posix() for path in (notebook, other)]
        sessions = json.loads(self._ask("sessions"))
        kernel = next(each["kernel"]["id"] for each in sessions if each["path"] == names[0])
        session = {"path": names[1], "name": other.name, "type": "notebook", "kernel": {"id": kernel}}
        self._ask("sessions", "POST", json.dumps(session).encode())

    def forget_settings(self) -> None:
        """Have pages that are loaded from now on begin with our default settings."""
        nothing = json.dumps({"raw": "{}"}).encode()
        self._ask("settings/jupyter_pipes:pipelines", "PUT", nothing, "lab/api")

    def _ask(self, what: str, method: str = "GET", body: bytes | None = None, api: str = "api") -> bytes:
        request = Request(f"{self._address}/{api}/{what}?token={self._token}", body, method=method)
        with urlopen(request, timeout=30) as answer:
            return answer.read()


class LabPage:
    """One notebook in one browser page.

    Args:
        close: closes it; unsaved changes are lost.
    """

    def __init__(self, page: Page, close: Callable[[], object]) -> None:
        self.page = page
        self.close = close

    @property
    def notebook(self) -> Locator:
        """The notebook's panel."""
        return self.page.locator(".jp-NotebookPanel")

    def listed(self, spoken: str) -> Locator:
        """A step in the newest widget's list, by what is read out: ``fit, completed``."""
        widget = self.notebook.locator(".jupyter-pipes-live").last
        return widget.locator(".jupyter-pipes-steps").get_by_title(spoken, exact=True)

    def wait_for_kernel(self) -> None:
        """Wait until the kernel is connected and idle."""
        self.page.wait_for_function(IDLE)

    def run_all(self) -> None:
        """Start all cells; does not wait for them to end."""
        self.wait_for_kernel()
        self.menu("Run", "Run All Cells")

    def run_all_and_wait(self) -> None:
        """Run all cells until none of them is running or waiting."""
        self.run_all()
        prompts = self.page.locator(".jp-InputPrompt", has_text="[*]")
        expect(prompts).to_have_count(0, timeout=WAIT_MILLISECONDS)
        self.wait_for_kernel()

    def menu(self, title: str, entry: str) -> None:
        """Choose an entry of the main menu by its texts."""
        self.page.locator(".lm-MenuBar-itemLabel", has_text=title).first.click()
        self.page.locator(".lm-Menu-itemLabel", has_text=entry).first.click()

    def reopen(self) -> None:
        """Close the notebook, end its kernel, and open it again from its file."""
        self.page.evaluate(REOPEN)
        self.page.wait_for_selector(".jp-NotebookPanel .jp-Cell")

    def command(self, name: str) -> None:
        """Execute a command of Lab by its id."""
        self.page.evaluate("name => window.jupyterapp.commands.execute(name)", name)

    def save(self) -> None:
        """Save the notebook and wait until it is saved."""
        self.page.keyboard.press("Control+s")
        expect(self.page.locator(".jp-mod-dirty")).to_have_count(0)

    def dark(self) -> None:
        """Change to Lab's dark theme."""
        self.theme("JupyterLab Dark", light=False)

    def light(self) -> None:
        """Change to Lab's light theme."""
        self.theme("JupyterLab Light", light=True)

    def screenshot(self, path: Path) -> Path:
        """Write what is visible as PNG."""
        self.page.screenshot(path=str(path))
        return path

    def theme(self, name: str, *, light: bool) -> None:
        """Change to a theme by its name."""
        self.page.evaluate(THEME, name)
        body = self.page.locator(f'body[data-jp-theme-light="{str(light).lower()}"]')
        expect(body).to_have_count(1)


@contextmanager
def running_lab(folder: Path, browser: Browser, application: str = "jupyterlab") -> Generator[Lab]:
    """Run the server of an application on `folder`, with settings of its own, until the block ends."""
    port, token = _free_port(), secrets.token_hex(16)
    private = folder.parent / f"{folder.name}-jupyter"
    environment = _environment(private)
    command = [
        *(PYTHON, "-m", application, "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
        *(f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        *(f"--ServerApp.root_dir={folder}", "--LabApp.news_url=None", "--LabApp.expose_app_in_browser=True"),
        "--JupyterNotebookApp.expose_app_in_browser=True",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    with (private / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, env=environment)
        try:
            _wait_until_up(server, f"http://127.0.0.1:{port}/api?token={token}", private / "lab.log")
            yield Lab(folder, browser, port, token, application)
        finally:
            server.terminate()
            server.wait(30)


def _environment(private: Path) -> dict[str, str]:
    """Return an environment in which Lab keeps all it writes in `private`, and asks nobody about news."""
    notifications = private / "jupyterlab_settings_dir" / "@jupyterlab" / "apputils-extension"
    notifications.mkdir(parents=True)
    (notifications / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    servers = private / "jupyter_config_dir" / "jupyter_server_config.d"
    servers.mkdir(parents=True)
    (servers / "jupyter_pipes.json").symlink_to(SERVER_CONFIG)
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR")
    folders = {place: str(private / place.lower()) for place in (*places, "JUPYTERLAB_WORKSPACES_DIR")}
    return {**os.environ, **folders, "JUPYTER_PATH": str(_with_our_extension(private / "share"))}


def _with_our_extension(folder: Path) -> Path:
    """Return a folder from which Lab takes the extension as it was built last, whatever is installed."""
    (folder / "labextensions").mkdir(parents=True)
    (folder / "labextensions" / "jupyter_pipes").symlink_to(EXTENSION)
    return folder


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_up(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < end:
        try:
            with urlopen(address, timeout=2):
                return
        except OSError:
            # The only sign that a server is up is that it answers.
            time.sleep(0.2)
    raise RuntimeError(f"The server did not come up:\n{log.read_text(errors='replace')[-3000:]}")
