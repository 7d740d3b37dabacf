"""Which file a path of the contents API is: never one that the server does not show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_server.services.contents.filemanager import FileContentsManager
from jupyter_server.utils import ensure_async
from msgspec import Struct
from tornado import web


class Place(Struct, frozen=True):
    """A notebook's file, and the folder that the server shows, which is no link."""

    notebook: Path
    root: Path


async def place_of(contents: Any, path: str) -> Place:
    """Return where a notebook is.

    Args:
        contents: the server's contents manager.
        path: as the contents API writes it.

    Raises:
        web.HTTPError: 404, it is no notebook that this server shows: it is outside its folder, also by a
            link, is hidden, is not there, or the server keeps notebooks elsewhere than in files.
    """
    names = path.strip("/").split("/")
    is_plain = ".." not in names and names[-1].endswith(".ipynb")
    # Others than files have no place on this machine.
    is_file = isinstance(contents, FileContentsManager) and is_plain and await _is_shown(contents, path)
    root = Path(contents.root_dir).resolve()
    notebook = root.joinpath(*names)
    # Of a notebook that is a link, the settings are those of the link's folder.
    if not is_file or not all(is_inside(place, root) for place in (notebook, notebook.parent)):
        raise web.HTTPError(404, "no notebook is shown at %r", path)
    return Place(notebook, root)


async def _is_shown(contents: Any, path: str) -> bool:
    """Whether the server's own manager shows the file; a path out of its folder is its 404."""
    is_hidden = await ensure_async(contents.is_hidden(path)) and not contents.allow_hidden
    return not is_hidden and bool(await ensure_async(contents.file_exists(path)))


def is_inside(place: Path, root: Path) -> bool:
    """Return whether a path leads, links followed, into a folder."""
    return place.resolve().is_relative_to(root)
