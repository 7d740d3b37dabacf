"""What a Jupyter server tells of kept runs while no kernel does."""

from typing import Any

from jupyter_pipes.model.version import __version__ as __version__


def _jupyter_server_extension_points() -> list[dict[str, str]]:  # pyright: ignore[reportUnusedFunction] - the server's hook
    return [{"module": "jupyter_pipes.server"}]


def _load_jupyter_server_extension(server: Any) -> None:  # pyright: ignore[reportUnusedFunction] - the server's hook
    from jupyter_pipes.server.handlers import routes

    server.web_app.add_handlers(".*$", routes(server.web_app.settings["base_url"]))
