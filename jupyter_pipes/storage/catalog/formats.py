"""The formats of the catalog: the code that reads each, and what writes it; third parties' by entry point."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from msgspec import Struct

ENTRY_POINTS = "jupyter_pipes.formats"
SQL = "sql"
"""The format of what is a table of a database."""

LOCAL_BYTES = "pathlib.Path({path}).read_bytes()"
REMOTE_BYTES = "fsspec.core.url_to_fs({path})[0].cat_file({path})"
"""What reads a file whose library takes no URLs."""


class ForeignFormat(Protocol):
    """What a package's entry point in the group `jupyter_pipes.formats` leads to.

    Attributes:
        ending: how files are called, such as `.zarr`.
        read: the function that reads, as `package.module:function`; it is called with a path and `load`.
    """

    ending: str
    read: str

    def write(self, value: Any, path: Path, **options: Any) -> None:
        """Write a value to a file that is not there yet."""
        ...


class Format(Struct, frozen=True):
    """How a format is read and written.

    Attributes:
        ending: how its files are called.
        reads: library -> the code that reads a file, the first is the format's own.
        writes: library that a value's class is of -> the method of the value, or `module:function`.
        write: writes values of all other classes; None where there are none.
        modules: the modules that it needs, of the code and below it.
        is_one_way: whether what is read is another kind of value than what was written.
        is_exact: whether it keeps all of every value that it can hold.
    """

    ending: str
    reads: dict[str, str]
    writes: dict[str, str] = {}
    write: Callable[..., None] | None = None
    modules: dict[str, tuple[str, ...]] = {}
    is_one_way: bool = False
    is_exact: bool = False


def _write_json(value: Any, path: Path, **options: Any) -> None:
    import json

    said: dict[str, Any] = {"ensure_ascii": False, **options}
    path.write_text(json.dumps(value, **said), encoding="utf-8")


def _write_pickle(value: Any, path: Path, **options: Any) -> None:
    cloudpickle: Any = import_module("cloudpickle")
    path.write_bytes(cloudpickle.dumps(value, **options))


def _write_array(value: Any, path: Path, **options: Any) -> None:
    numpy: Any = import_module("numpy")
    with path.open("wb") as file:
        numpy.save(file, numpy.asarray(value), **{"allow_pickle": False, **options})


def _write_picture(value: Any, path: Path, **options: Any) -> None:
    if isinstance(value, bytes):
        path.write_bytes(value)
        return
    figure = value if hasattr(value, "savefig") else getattr(value, "figure", value)
    method = getattr(figure, "savefig", None) or getattr(value, "save", None)
    if method is None:
        raise TypeError(f"a {type(value).__name__} is no picture: a figure, an image or bytes are")
    method(path, **{"format": "png", **options})


def _write_text(value: Any, path: Path, **options: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__name__} is no text")
    said: dict[str, Any] = {"encoding": "utf-8", **options}
    path.write_text(value, **said)


_BUILT_IN: Mapping[str, Format] = {
    "parquet": Format(
        ".parquet",
        {
            "pandas": "pandas.read_parquet({path}{options})",
            "polars": "polars.read_parquet({path}{options})",
            "pyarrow": "pyarrow.parquet.read_table({path}{options})",
        },
        {"pandas": "to_parquet", "polars": "write_parquet", "pyarrow": "pyarrow.parquet:write_table"},
        modules={
            "pandas": ("pandas", "pyarrow"),
            "polars": ("polars",),
            "pyarrow": ("pyarrow", "pyarrow.parquet"),
        },
    ),
    "csv": Format(
        ".csv",
        {
            "pandas": "pandas.read_csv({path}{options})",
            "polars": "polars.read_csv({path}{options})",
            "pyarrow": "pyarrow.csv.read_csv({path}{options})",
        },
        {"pandas": "to_csv", "polars": "write_csv", "pyarrow": "pyarrow.csv:write_csv"},
        modules={"pandas": ("pandas",), "polars": ("polars",), "pyarrow": ("pyarrow", "pyarrow.csv")},
    ),
    "feather": Format(
        ".feather",
        {
            "pandas": "pandas.read_feather({path}{options})",
            "polars": "polars.read_ipc({path}{options})",
            "pyarrow": "pyarrow.feather.read_table({path}{options})",
        },
        {"pandas": "to_feather", "polars": "write_ipc", "pyarrow": "pyarrow.feather:write_feather"},
        modules={
            "pandas": ("pandas", "pyarrow"),
            "polars": ("polars",),
            "pyarrow": ("pyarrow", "pyarrow.feather"),
        },
    ),
    "json": Format(
        ".json",
        {
            "json": "json.loads({bytes}{options})",
            "pandas": "pandas.read_json({path}{options})",
            "polars": "polars.read_json({path}{options})",
        },
        {"pandas": "to_json", "polars": "write_json"},
        _write_json,
        modules={"json": ("json", "bytes"), "pandas": ("pandas",), "polars": ("polars",)},
    ),
    "pickle": Format(
        ".pkl",
        {"pickle": "pickle.loads({bytes}{options})"},
        {},
        _write_pickle,
        modules={"pickle": ("pickle", "bytes")},
        is_exact=True,
    ),
    "npy": Format(
        ".npy",
        {"numpy": "numpy.load(io.BytesIO({bytes}){options})"},
        {},
        _write_array,
        modules={"numpy": ("io", "numpy", "bytes")},
    ),
    "png": Format(
        ".png",
        {"matplotlib": "matplotlib.image.imread(io.BytesIO({bytes}){options})"},
        {},
        _write_picture,
        modules={"matplotlib": ("io", "matplotlib", "matplotlib.image", "bytes")},
        is_one_way=True,
    ),
    "text": Format(
        ".txt",
        {"pathlib": "{bytes}.decode({plain_options})"},
        {},
        _write_text,
        modules={"pathlib": ("bytes",)},
    ),
    "excel": Format(
        ".xlsx",
        {"pandas": "pandas.read_excel({path}{options})", "polars": "polars.read_excel({path}{options})"},
        {"pandas": "to_excel", "polars": "write_excel"},
        modules={"pandas": ("pandas", "openpyxl"), "polars": ("polars", "fastexcel")},
    ),
    SQL: Format(
        "",
        {"pandas": "pandas.read_sql_table({table}, {path}{options})"},
        {"pandas": "to_sql"},
        modules={"pandas": ("pandas", "sqlalchemy")},
    ),
}


def format_named(name: str) -> Format:
    """Return a format.

    Raises:
        ValueError: there is none of that name.
    """
    return _BUILT_IN[name] if name in _BUILT_IN else _foreign(name)


def _foreign(name: str) -> Format:
    from importlib.metadata import entry_points

    from jupyter_pipes.analysis.spelling import nearest

    points = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if name not in points:
        names = [*_BUILT_IN, *sorted(points)]
        near = nearest(name, names)
        hint = f"; did you mean {near}?" if name and near else "."
        said = f"there is no format {name!r}{hint}" if name else "it needs a format."
        raise ValueError(f"{said} There are {', '.join(names)}")
    try:
        made = cast("ForeignFormat", points[name].load())
        module, _, function = made.read.partition(":")
    except Exception as error:  # a package's module may raise anything when it is imported
        raise ValueError(f"the format {name} ({points[name].value}) cannot be loaded: {error}") from error
    library = module.partition(".")[0]
    call = f"{module}.{function}({{path}}{{options}})"
    return Format(made.ending, {library: call}, {}, made.write, {library: (module,)})


def libraries_of(name: str) -> tuple[str, ...]:
    """Return the libraries that read a format, its own first.

    Raises:
        ValueError: there is none of that name.
    """
    return tuple(format_named(name).reads)


def ending_of(name: str) -> str:
    """Return how files of a format are called."""
    return format_named(name).ending


def library_of(value: object) -> str:
    """Return the library that a value's class is of."""
    return type(value).__module__.partition(".")[0]


def write_file(name: str, value: Any, path: Path, options: Mapping[str, Any]) -> None:
    """Write a value to a file.

    Raises:
        TypeError: the format has no such values.
        Exception: whatever the library raises.
    """
    with panics_as_errors():
        _write_file(name, value, path, options)


@contextmanager
def panics_as_errors() -> Generator[None]:
    """Turn a panic of Rust's, which is no `Exception`, into one: polars has them for types it cannot write.

    Raises:
        TypeError: there was a panic.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise TypeError(str(error)) from None


def _write_file(name: str, value: Any, path: Path, options: Mapping[str, Any]) -> None:
    of = format_named(name)
    library = library_of(value)
    way = of.writes.get(library, "")
    if ":" in way:
        module, _, function = way.partition(":")
        getattr(import_module(module), function)(value, path, **options)
    elif way and hasattr(value, way):
        getattr(value, way)(path, **{**defaults(value, way), **options})
    elif of.write is not None:
        of.write(value, path, **options)
    else:
        raise TypeError(f"{name} has no values of the type {type(value).__name__}")


def defaults(value: Any, way: str) -> dict[str, Any]:
    """Return the options of a library's method that are not its own: an index that only counts rows."""
    if way not in ("to_csv", "to_excel", "to_sql"):
        return {}
    pandas: Any = sys.modules["pandas"]
    index = value.index
    counts = isinstance(index, pandas.RangeIndex) and index.equals(pandas.RangeIndex(len(index)))
    return {"index": False} if counts and index.name is None else {}
