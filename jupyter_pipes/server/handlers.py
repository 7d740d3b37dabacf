"""What a Jupyter server answers of kept runs: only to who may read the notebook, and only by reading."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from jupyter_pipes.display.board.model import KEPT_BOARDS, KEPT_GRAPH
from jupyter_pipes.display.graph.fitting import arrange_within
from jupyter_pipes.display.graph.layout import Layout
from jupyter_pipes.kernel.link.requests import ArrangeGraph
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.server.kept import KeptPipeline, kept_boards
from jupyter_pipes.server.places import Place, place_of

WIDEST = 20_000.0
"""Px in which a graph may be laid out."""


def routes(base: str) -> list[tuple[str, type[web.RequestHandler]]]:
    """Return what answers which address.

    Args:
        base: the server's base URL.
    """
    answers = {KEPT_BOARDS: BoardsHandler, KEPT_GRAPH: GraphHandler}
    return [(url_path_join(base, address), handler) for address, handler in answers.items()]


class _KeptHandler(APIHandler):
    """Answers about the notebook that the query's `path` names, as the server's contents API knows it."""

    auth_resource = "contents"

    async def answer(self, tell: Callable[[Place], Any]) -> None:
        """Answer with what is told, in a thread: reading a long notebook takes its time.

        409 with a message, if what is kept cannot be read.
        """
        place = await place_of(self.contents_manager, self.get_query_argument("path"))
        try:
            self.finish(msgspec.json.encode(await asyncio.to_thread(tell, place)))
        except PipesError as error:
            self.set_status(409)
            self.finish(msgspec.json.encode({"message": str(error)}))


class BoardsHandler(_KeptHandler):
    """The boards of the last runs of a notebook's pipelines."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a list of `BoardShown`; the first is of the pipeline that is shown at first."""
        await self.answer(kept_boards)


class GraphHandler(_KeptHandler):
    """Where the nodes of one of these boards stand."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with a `Layout`.

        The query's `request` is an `ArrangeGraph` as a kernel is sent it, about the `pipeline` named beside.
        """
        try:
            request = msgspec.json.decode(self.get_query_argument("request"), type=ArrangeGraph)
        except msgspec.DecodeError as error:
            raise web.HTTPError(400, "this is no request for a graph: %s", error) from None
        if not (0 < request.width <= WIDEST and 0 < request.height <= WIDEST):
            raise web.HTTPError(400, "a graph of this size is not drawn")
        pipeline = self.get_query_argument("pipeline", "")
        await self.answer(lambda place: _arranged(KeptPipeline(place, pipeline), request))


def _arranged(pipeline: KeptPipeline, request: ArrangeGraph) -> Layout:
    plans = [step.planned for step in pipeline.view().steps.values()]
    collapsed = None if request.collapsed is None else frozenset(request.collapsed)
    return arrange_within(plans, request.width, request.height, collapsed)
