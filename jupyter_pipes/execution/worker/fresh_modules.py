"""Local modules are compiled from their source: bytecode beside it may be that of an earlier state.

Python takes a `.pyc` for current when the source's size and its time in whole seconds fit: a constant edited
right after a run would run as it was.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from types import CodeType


class _SourceLoader(SourceFileLoader):
    """Reads no bytecode, and writes none."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the source as it is now."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


@contextmanager
def loaded_from_source(places: Sequence[str]) -> Generator[None]:
    """Let modules in these folders, and in their packages, be compiled from source meanwhile."""
    local = _Local(places)
    sys.path_hooks.insert(0, local.finder)
    local.forget_finders()
    try:
        yield
    finally:
        sys.path_hooks.remove(local.finder)
        local.forget_finders()


class _Local:
    """Folders of local modules; an environment that lies in one of them is none."""

    def __init__(self, places: Sequence[str]) -> None:
        self._places = tuple(map(_folder, places))
        self._outside = tuple(map(_folder, (sys.prefix, sys.base_prefix)))

    def finder(self, path: str) -> FileFinder:
        """Return what finds modules in a folder (a hook of `sys.path_hooks`)."""
        if not self._has(path):
            raise ImportError(f"{path} is no folder of local modules")
        loaders = (ExtensionFileLoader, EXTENSION_SUFFIXES), (_SourceLoader, SOURCE_SUFFIXES)
        return FileFinder(path, *loaders)

    def forget_finders(self) -> None:
        """Let the hooks be asked again."""
        for path in list(sys.path_importer_cache):
            if self._has(path):
                del sys.path_importer_cache[path]

    def _has(self, path: str) -> bool:
        full = _folder(path)
        return full.startswith(self._places) and not full.startswith(self._outside) and os.path.isdir(full)  # noqa: PTH112 - as below


def _folder(path: str) -> str:
    return os.path.join(os.path.realpath(path), "")  # noqa: PTH118 - it must end with a separator
