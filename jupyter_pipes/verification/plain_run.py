"""A plain run: the cells of a notebook in one fresh kernel, in order, as "Run All" has them."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from jupyter_pipes.analysis import analyze
from jupyter_pipes.execution.worker.scripts.script import code_of
from jupyter_pipes.model.errors import PipesError, UsageError
from jupyter_pipes.model.steps import Cell, StepOptions
from jupyter_pipes.pipelines.options.nesting import file_and_name, is_open, said_of
from jupyter_pipes.pipelines.referring.values import resolved
from jupyter_pipes.verification.findings import Failure, NameFinding
from jupyter_pipes.verification.namespace import Question

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


_REPEATED = """\
for __import__("builtins")._round_of_a_step in range({most}):
    get_ipython().run_cell({code!r}).raise_error()
    if not ({again}
    ):
        break
"""
"""What the kernel runs for a cell with a `--repeat-while`: no name but the cell's comes to the notebook."""


_NESTED = """\
{names} = (lambda run: {values})(__import__("jupyter_pipes").Pipeline.load(*{place!r}).run(params={given!r}))
"""
"""What the kernel runs for a cell with a `--pipeline`: the other pipeline's values, by their names."""


class PlainRun(Struct, frozen=True):
    """What a plain run came to.

    Attributes:
        outputs: cell id -> nbformat outputs.
        failure: the cell that failed, at which it ended.
        names: what the kernel's names are, held against those that were asked for.
    """

    outputs: dict[str, list[Any]]
    failure: Failure | None
    names: list[NameFinding]


class PlainNotebook(Struct, frozen=True):
    """What a plain run runs.

    Attributes:
        cells: the notebook's, in order.
        values: parameter -> its value, pickled.
        read: step -> the parameters that it reads: what `current.params` has in its cells.
    """

    cells: tuple[Cell, ...]
    values: Mapping[str, bytes]
    read: Mapping[str, tuple[str, ...]]


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


def plain_code(cell: Cell, values: Mapping[str, bytes]) -> str:
    """Return what a cell runs when it is an ordinary one; one that declares parameters binds their values."""
    code, options = cell.body.lstrip("\n"), cell.options
    if options.pipeline:
        return _nested_code(cell, values)
    if options.bash:
        code = code_of(code)
    if options.repeat_while:
        return _REPEATED.format(most=_most(cell, values), code=code, again=options.repeat_while)
    if cell.role != "params":
        return code
    declared = [name for name in values if name in analyze(cell.body).writes]
    return "".join(f"{name} = __import__('pickle').loads({values[name]!r})\n" for name in declared)


def _settled(cell: Cell, values: Mapping[str, bytes]) -> StepOptions:
    return resolved(cell.options, {name: pickle.loads(value) for name, value in values.items()}, cell.name)


def _most(cell: Cell, values: Mapping[str, bytes]) -> int:
    options = _settled(cell, values)
    if "at_most" in options.made:
        said = f"--at-most {' '.join(options.made['at_most'])}"
        raise UsageError(f"{said}: plain cells do not know what it comes to; verify it with a number")
    return options.at_most


def _nested_code(cell: Cell, values: Mapping[str, bytes]) -> str:
    options = _settled(cell, values)
    if is_open(options):
        said = f"-p {' '.join(options.made['given'])}"
        raise UsageError(f"{said}: plain cells do not know what it comes to; verify it with a value")
    names = options.outputs or ()
    values_of_run = "".join(f"run[{name!r}], " for name in names)
    return _NESTED.format(
        names=", ".join(names) + "," if names else "_",
        values=f"({values_of_run})",
        place=file_and_name(options.pipeline),
        given=said_of(options),
    )


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
                return PlainRun(outputs, failure, await self._ask(question))
        except self._died as error:
            return PlainRun(outputs, Failure("the kernel", f"{error}, in cell {len(outputs) + 1}"), [])

    async def _run_all(self, notebook: PlainNotebook, outputs: dict[str, list[Any]]) -> Failure | None:
        for cell in notebook.cells:
            if cell.role == "markdown":
                continue
            await self._execute(_ENTERED.format(name=cell.name, parameters=notebook.read.get(cell.name, ())))
            try:
                outputs[cell.id] = await self._execute(plain_code(cell, notebook.values))
            except self._raised as error:
                reason: Any = error
                return Failure(f"cell {cell.number}", f"{reason.ename}: {reason.evalue}")
        return None

    async def _execute(self, source: str) -> list[Any]:
        cell = self._v4.new_code_cell(source)
        self._client.nb.cells.append(cell)
        await self._client.async_execute_cell(cell, len(self._client.nb.cells) - 1)
        return cell.outputs

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
