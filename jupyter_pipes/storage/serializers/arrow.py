"""Arrow's and polars' tables and columns as an Arrow stream, which opens in place."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from jupyter_pipes.storage.serializers.base import Serialized
from jupyter_pipes.storage.serializers.framing import Sink

if TYPE_CHECKING:
    import polars as pl

ArrowData = Any
"""A pyarrow table, record batch or schema: pyarrow ships no type information."""

_MAGIC = b"PIPES\x00\x02\n"
_PREFIX = 64
"""Bytes before the stream: magic and kind, as long as a cache line so that buffers stay aligned."""

_LARGE = 1024 * 1024
"""Bytes from which a polars frame is worth the import of pyarrow; below, polars' own pickle is as good."""


class ArrowSerializer:
    """pyarrow tables and record batches; polars frames and series that pyarrow gives back exactly."""

    name = "arrow"

    def accepts(self, value: Any) -> bool:
        """Return whether it is one of these; no library is imported to find out."""
        arrow: Any = sys.modules.get("pyarrow")
        if arrow is not None and isinstance(value, arrow.Table | arrow.RecordBatch):
            # An extension's type reads back as its storage unless it is registered.
            return type(value) in (arrow.Table, arrow.RecordBatch) and "extension<" not in str(
                value.schema.types
            )
        polars = sys.modules.get("polars")
        if polars is None or type(value) not in (polars.DataFrame, polars.Series):
            return False
        return value.estimated_size() >= _LARGE and find_spec("pyarrow") is not None and _keeps_types(value)

    def dump(self, value: Any) -> Serialized:
        """Return the stream; its buffers are views of the value's own memory."""
        import pyarrow

        kind, table = _as_table(value)
        sink = Sink()
        with cast("Any", pyarrow).ipc.new_stream(sink, table.schema) as writer:
            writer.write(table)
        return Serialized([(_MAGIC + kind.encode()).ljust(_PREFIX, b"\0"), *sink.pieces])

    def load(self, data: memoryview) -> Any:
        """Return the value; its columns are views of `data` where their type allows it."""
        if bytes(data[: len(_MAGIC)]) != _MAGIC:
            raise ValueError("not a stream of this format")
        import pyarrow

        arrow: Any = pyarrow
        kind = bytes(data[len(_MAGIC) : _PREFIX]).rstrip(b"\0").decode()
        return _from_table(kind, arrow.ipc.open_stream(arrow.py_buffer(data[_PREFIX:])))


def _as_table(value: Any) -> tuple[str, ArrowData]:
    kind = {"Table": "table", "RecordBatch": "batch", "DataFrame": "frame"}.get(
        type(value).__name__, "series"
    )
    return kind, value if kind in ("table", "batch") else _polars_to_arrow(value)


def _from_table(kind: str, reader: Any) -> Any:
    if kind == "table":
        return reader.read_all()
    if kind == "batch":
        return reader.read_next_batch()
    frame = _polars_from_arrow(reader.read_all())
    return frame.to_series() if kind == "series" else frame


def _polars_to_arrow(value: pl.DataFrame | pl.Series) -> ArrowData:
    import polars as pl

    frame = value.to_frame() if isinstance(value, pl.Series) else value
    return cast("ArrowData", frame.to_arrow(compat_level=pl.CompatLevel.newest()))


def _polars_from_arrow(table: ArrowData) -> pl.DataFrame:
    import polars as pl

    return cast("pl.DataFrame", pl.from_arrow(table, rechunk=False))  # pyright: ignore[reportUnknownMemberType] - names pyarrow


def _keeps_types(value: pl.DataFrame | pl.Series) -> bool:
    """Return whether pyarrow gives back the same column types: not so for Object, 128 bits, …"""
    import polars as pl

    frame = value.to_frame() if isinstance(value, pl.Series) else value
    if any(dtype.base_type() is pl.Object for dtype in frame.dtypes):
        return False
    return _polars_from_arrow(_polars_to_arrow(frame.head(0))).schema == frame.schema
