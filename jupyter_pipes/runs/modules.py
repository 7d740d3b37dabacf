"""Code that is imported when asked for: files that define pipelines, and the programs above this folder."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, Protocol, TypeVar

from jupyter_pipes.model.errors import NotebookError
from jupyter_pipes.pipelines.arguments import as_shown, is_text


class _Named(Protocol):
    name: str


Kind = TypeVar("Kind", bound=_Named)


def import_module(path: Path) -> ModuleType:
    """Import a file.

    Raises:
        NotebookError: there is none, or it cannot be imported; what it raises, or that it ends the program.
    """
    from jupyter_pipes.execution.worker.fresh_modules import SourceLoader, loaded_from_source

    try:
        is_there = path.is_file()
    except OSError:
        # A name that is too long for any file.
        is_there = False
    if not is_there:
        raise NotebookError(f"there is no file {as_shown(str(path))}; check the path")
    if not is_text(str(path)):
        raise NotebookError(f"cannot read {as_shown(str(path))}: its path is not UTF-8; rename it")
    name = path.stem
    loader = SourceLoader(lambda module: None, name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    if spec is None or "." in name:
        raise NotebookError(f"{path} cannot be imported as a module; give it a name without dots")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))
    sys.modules[name] = module
    try:
        with _no_exit(), loaded_from_source([str(path.parent)]):
            loader.exec_module(module)
    except SystemExit as error:
        raise NotebookError(
            f"{path} cannot be imported: it ends the program by itself ({error.code!r}); put that behind "
            '`if __name__ == "__main__":`'
        ) from error
    except Exception as error:
        raise NotebookError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def all_of(kind: type[Kind], path: Path) -> list[Kind]:
    """Import a file and return the pipelines that it defines.

    Raises:
        NotebookError: as for `import_module`; or it defines none.
    """
    defined: dict[str, Any] = import_module(path).__dict__
    pipelines = {id(value): value for value in defined.values() if isinstance(value, kind)}
    if not pipelines:
        raise NotebookError(f"{path} defines 0 pipelines; define one: pipeline = Pipeline(…)")
    return [*pipelines.values()]


def one_of(kind: type[Kind], path: Path, name: str | None = None) -> Kind:
    """Import a file and return the only pipeline that it defines, or the one of this name.

    Raises:
        NotebookError: as for `all_of`; or there is not just one.
    """
    pipelines = all_of(kind, path)
    named = [value for value in pipelines if name is None or value.name == name]
    if len(named) == 1:
        return named[0]
    names = ", ".join(dict.fromkeys(value.name for value in pipelines))
    if name is None:
        raise NotebookError(
            f"{path} defines {len(pipelines)} pipelines: say which with --pipeline. It has: {names}"
        )
    raise NotebookError(f"{path} defines {len(named)} pipelines called {name}. It has: {names}")


def program_named(name: str) -> Callable[..., Any]:
    """Return a program that stands above this folder, and registers itself."""
    from importlib.metadata import entry_points

    (program,) = entry_points(group="jupyter_pipes.programs", name=name)
    return program.load()


@contextmanager
def _no_exit() -> Generator[None]:
    """Have `os._exit` raise, for the time of the block: it would end this process without a word."""
    process, real = os.getpid(), os._exit

    def leave(code: int) -> NoReturn:
        if os.getpid() != process:
            # A child that the module forked ends as it wants to.
            real(code)
        raise SystemExit(code)

    os._exit = leave
    try:
        yield
    finally:
        os._exit = real
