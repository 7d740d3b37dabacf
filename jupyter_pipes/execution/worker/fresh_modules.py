"""Local modules are compiled from their source: bytecode beside it may be that of an earlier state.

Python takes a `.pyc` for current when the source's size and its time in whole seconds fit: a constant edited
right after a run would run as it was.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from types import CodeType, ModuleType

from jupyter_pipes.execution.worker.observation.files import full_folder


class _SourceLoader(SourceFileLoader):
    """Reads no bytecode, and writes none."""

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

    class Loader(_SourceLoader):
        def exec_module(self, module: ModuleType) -> None:
            super().exec_module(module)
            tell(module)

    inside = tuple(map(full_folder, places))
    # An environment that lies in one of them is not local.
    environments = (sys.prefix, sys.base_prefix)
    outside = tuple(map(full_folder, environments))

    def is_local(path: str) -> bool:
        if path.startswith(environments):
            # Most paths, and resolving links takes long.
            return False
        full = full_folder(path)
        return full.startswith(inside) and not full.startswith(outside) and os.path.isdir(full)  # noqa: PTH112 - as in full_folder

    def finder(path: str) -> FileFinder:
        if not is_local(path):
            raise ImportError(f"{path} is no folder of local modules")
        loaders = (ExtensionFileLoader, EXTENSION_SUFFIXES), (Loader, SOURCE_SUFFIXES)
        return FileFinder(path, *loaders)

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
