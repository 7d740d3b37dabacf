"""A plain run: the cells of a notebook in one fresh kernel, in order, as "Run All" has them."""

from __future__ import annotations

import asyncio
import threading
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.verification.findings import Failure, NameFinding
from jupyter_pipes.verification.namespace import Question
from jupyter_pipes.verification.plain_cells import PlainNotebook

_ASKED = """\
__import__("jupyter_pipes.verification.namespace", fromlist=["answer"]).answer(
    get_ipython().user_ns, list(get_ipython().user_ns_hidden), {question!r}, {answer!r})
"""
"""What the kernel runs behind the last cell: no name of it stays there."""


_ENTERED = """\
__import__("jupyter_pipes.verification.current_step", fromlist=["enter"]).enter(
    {name!r}, {parameters!r}, get_ipython().user_ns)
"""
"""What the kernel runs before a cell: lines of the cell stay where they are."""


_LEFT_OUT = 'print(*__import__("jupyter_pipes.verification.in_kernel", fromlist=["left_out"]).left_out())'


class PlainRun(Struct, frozen=True):
    """What a plain run came to.

    Attributes:
        outputs: cell id -> nbformat outputs.
        failure: the cell that failed, at which it ended.
        names: what the kernel's names are, held against those that were asked for.
        left_out: steps whose `--when` was not true, and those that need what these leave.
    """

    outputs: dict[str, list[Any]]
    failure: Failure | None
    names: list[NameFinding]
    left_out: tuple[str, ...] = ()


class RunPlainly(Protocol):
    """Runs a notebook in a folder, in a process of its own, and asks its names a question at the end."""

    def __call__(self, notebook: PlainNotebook, folder: Path, question: Question) -> PlainRun:
        """Return what came of it."""
        ...


def run_in_kernel(notebook: PlainNotebook, folder: Path, question: Question) -> PlainRun:
    """Run the cells in a Jupyter kernel of this Python.

    Raises:
        KeyboardInterrupt: the user interrupted it; the kernel is gone then.
    """
    kernel = _Kernel(folder)
    return _apart(kernel.run(notebook, question))


class _Kernel:
    """A fresh kernel, driven by nbclient."""

    def __init__(self, folder: Path) -> None:
        nbformat: Any = import_module("nbformat")
        client: Any = import_module("nbclient")
        self._folder = folder
        self._v4 = nbformat.v4
        self._died: type[Exception] = client.exceptions.DeadKernelError
        self._raised: type[Exception] = client.exceptions.CellExecutionError
        manager = _kernel_manager(folder.parent.parent / "kernel")
        self._client = client.NotebookClient(nbformat.v4.new_notebook(), km=manager, timeout=None)

    async def run(self, notebook: PlainNotebook, question: Question) -> PlainRun:
        outputs: dict[str, list[Any]] = {}
        try:
            async with self._client.async_setup_kernel(cwd=str(self._folder), cleanup_kc=True):
                failure = await self._run_all(notebook, outputs)
                if failure is not None:
                    # What the failed cell had bound by then is no name of the notebook's end.
                    question = replace(question, plain=None)
                return PlainRun(outputs, failure, await self._ask(question), await self._left_out())
        except self._died as error:
            return PlainRun(outputs, Failure("the kernel", f"{error}, in cell {len(outputs) + 1}"), [])

    async def _run_all(self, notebook: PlainNotebook, outputs: dict[str, list[Any]]) -> Failure | None:
        for cell in notebook.cells:
            if cell.role == "markdown":
                continue
            read = notebook.steps[cell.name].parameters if cell.name in notebook.steps else ()
            await self._execute(_ENTERED.format(name=cell.name, parameters=read))
            try:
                outputs[cell.id] = await self._execute(notebook.code(cell))
                await self._execute(notebook.behind(cell))
            except self._raised as error:
                reason: Any = error
                return Failure(f"cell {cell.number}", f"{reason.ename}: {reason.evalue}")
        return None

    async def _execute(self, source: str) -> list[Any]:
        cell = self._v4.new_code_cell(source)
        self._client.nb.cells.append(cell)
        await self._client.async_execute_cell(cell, len(self._client.nb.cells) - 1)
        return cell.outputs

    async def _left_out(self) -> tuple[str, ...]:
        (told,) = await self._execute(_LEFT_OUT)
        return tuple(told["text"].split())

    async def _ask(self, question: Question) -> list[NameFinding]:
        asked, answer = (self._folder.parent.parent / name for name in ("question.json", "answer.json"))
        asked.write_bytes(msgspec.json.encode(question))
        try:
            await self._execute(_ASKED.format(question=str(asked), answer=str(answer)))
        except self._raised as error:
            raise PipesError(f"the kernel's names could not be looked at: {error}") from error
        return msgspec.json.decode(answer.read_bytes(), type=list[NameFinding])


def _kernel_manager(sockets: Path) -> Any:
    """Return a manager of kernels of this very Python, whatever is installed; nobody else can talk to them.

    Args:
        sockets: how the paths of its sockets begin.
    """
    client: Any = import_module("jupyter_client.kernelspec")
    own: Any = import_module("ipykernel.kernelspec")
    manager: Any = import_module("jupyter_client.manager")

    class ThisPython(client.KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> Any:
            return client.KernelSpec(resource_dir="", **own.get_kernel_dict())

    return manager.AsyncKernelManager(kernel_spec_manager=ThisPython(), transport="ipc", ip=str(sockets))


def _apart(work: Any) -> Any:
    """Run a coroutine on a thread of its own: in a kernel, this one's loop is running already."""
    loop = asyncio.new_event_loop()
    done: Any = asyncio.ensure_future(work, loop=loop)
    thread = threading.Thread(target=loop.run_until_complete, args=(asyncio.wait([done]),))
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        loop.call_soon_threadsafe(done.cancel)
        thread.join()
        raise
    finally:
        loop.close()
    return done.result()
