"""Local modules are compiled from their source: bytecode beside it may be that of an earlier state.

Python takes a `.pyc` for current when the source's size and its time in whole seconds fit: a constant edited
right after a run would run as it was.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from jupyter_pipes.execution.worker.observation.files import full_folder, installed_folders

_ENVIRONMENTS = (sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]))
"""Where installed modules begin, and our own: most paths do, and resolving links takes long."""


class SourceLoader(SourceFileLoader):
    """Reads no bytecode, and writes none.

    Args:
        tell: is told of each module whose code has run.
        name, path: of the module.
    """

    def __init__(self, tell: Callable[[ModuleType], None], name: str, path: str) -> None:
        super().__init__(name, path)
        self._tell = tell

    def exec_module(self, module: ModuleType) -> None:
        """Run the code of a module, and tell."""
        super().exec_module(module)
        self._tell(module)

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the source as it is now."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


@contextmanager
def loaded_from_source(
    places: Sequence[str], tell: Callable[[ModuleType], None] = lambda module: None
) -> Generator[None]:
    """Let modules in these folders, and in their packages, be compiled from source meanwhile.

    Args:
        places: the folders.
        tell: is told of each module whose code has run.
    """
    inside = tuple(map(full_folder, places))

    def is_local(path: str) -> bool:
        if path.startswith(_ENVIRONMENTS):
            return False
        full = full_folder(path)
        # An environment that lies in one of them is not local.
        return full.startswith(inside) and not full.startswith(installed_folders()) and os.path.isdir(full)  # noqa: PTH112 - as in full_folder

    def finder(path: str) -> FileFinder:
        if not is_local(path):
            raise ImportError(f"{path} is no folder of local modules")
        source: Any = partial(SourceLoader, tell)
        return FileFinder(path, (ExtensionFileLoader, EXTENSION_SUFFIXES), (source, SOURCE_SUFFIXES))

    def forget_finders() -> None:
        for path in filter(is_local, list(sys.path_importer_cache)):
            del sys.path_importer_cache[path]

    sys.path_hooks.insert(0, finder)
    forget_finders()
    try:
        yield
    finally:
        sys.path_hooks.remove(finder)
        forget_finders()
