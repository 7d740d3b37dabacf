"""The process that loads kept values and writes them to places of the catalog: `ORDERS OUTCOMES`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from jupyter_pipes.execution.publishing.orders import Order, Orders
from jupyter_pipes.model.errors import PipesError
from jupyter_pipes.storage.artifacts import ArtifactStore
from jupyter_pipes.storage.catalog.writing import Written, look, write


def main(orders: Path, outcomes: Path) -> None:
    """Carry out the orders in one file, and tell in the other what came of each."""
    given = msgspec.json.decode(orders.read_bytes(), type=Orders)
    os.chdir(given.directory)
    store = ArtifactStore(given.store)
    written = [
        _carried_out(order, store, None if given.only_look else Path(given.directory))
        for order in given.orders
    ]
    outcomes.write_bytes(msgspec.json.encode(written))


def _carried_out(order: Order, store: ArtifactStore, directory: Path | None) -> Written:
    try:
        value = store.get(order.artifact)
    except PipesError as error:
        return Written(error=f"the kept value cannot be loaded: {error.message}")
    return (
        look(order.entry, value) if directory is None else write(order.entry, order.place, value, directory)
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
