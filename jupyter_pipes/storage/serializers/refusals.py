"""What is never stored and why: things that live in one process only, whatever a pickler makes of them."""

from __future__ import annotations

from functools import lru_cache

_FILE = "an open file: keep its path or its content instead"
_SOCKET = "a network connection: keep its address and connect again in the step that needs it"
_DATABASE = "a database connection: keep its URL and connect again in the step that needs it"
_LOCK = "a lock: make one in the step that needs it"
_THREAD = "a thread or process: keep its result instead"
_QUEUE = "a queue between threads or processes: keep its items as a list instead"
_EXECUTOR = "an executor: make one in the step that needs it"
_FUTURE = "a task or future: keep its result instead"
_GENERATOR = "a generator: keep list(…) of it instead"
_FRAME = "a running frame or traceback: keep its text instead"
_MODULE = "a module: import it in the step that needs it"
_MEMORY = "a view of another object's memory: keep bytes(…) of it instead"
_LOOP = "an event loop: make one in the step that needs it"

_REASONS: dict[str, str | None] = {
    # In-memory files hold nothing but their content.
    "_io.BytesIO": None,
    "_io.StringIO": None,
    "_io._IOBase": _FILE,
    "tempfile._TemporaryFileWrapper": _FILE,
    "tempfile.SpooledTemporaryFile": _FILE,
    "tempfile.TemporaryDirectory": "a temporary directory: keep the content of its files instead",
    "codecs.StreamReaderWriter": _FILE,
    "codecs.StreamRecoder": _FILE,
    "zipfile.ZipFile": _FILE,
    "tarfile.TarFile": _FILE,
    "mmap.mmap": _FILE,
    "shelve.Shelf": _FILE,
    "_csv.reader": _FILE,
    "_csv.writer": _FILE,
    "csv.DictReader": _FILE,
    "csv.DictWriter": _FILE,
    "posix.ScandirIterator": _FILE,
    "h5py._hl.base.HLObject": _FILE,
    "netCDF4._netCDF4.Dataset": _FILE,
    "tables.file.File": _FILE,
    "pyarrow.lib.NativeFile": _FILE,
    "pandas.io.pytables.HDFStore": _FILE,
    "pandas.HDFStore": _FILE,
    "pandas.ExcelFile": _FILE,
    "pandas.io.excel._base.ExcelFile": _FILE,
    "pandas.io.excel._base.ExcelWriter": _FILE,
    "pandas.io.parsers.readers.TextFileReader": _FILE,
    "pandas.api.typing.JsonReader": _FILE,
    "xarray.backends.file_manager.FileManager": _FILE,
    "_socket.socket": _SOCKET,
    "_ssl._SSLSocket": _SOCKET,
    "_ssl._SSLContext": _SOCKET,
    "ssl.SSLObject": _SOCKET,
    "selectors.BaseSelector": _SOCKET,
    "socketserver.BaseServer": _SOCKET,
    "http.client.HTTPConnection": _SOCKET,
    "ftplib.FTP": _SOCKET,
    "smtplib.SMTP": _SOCKET,
    "imaplib.IMAP4": _SOCKET,
    "asyncio.transports.BaseTransport": _SOCKET,
    "asyncio.streams.StreamReader": _SOCKET,
    "asyncio.streams.StreamWriter": _SOCKET,
    "asyncio.base_events.Server": _SOCKET,
    "multiprocessing.connection._ConnectionBase": _SOCKET,
    "multiprocessing.connection.Listener": _SOCKET,
    "requests.sessions.Session": _SOCKET,
    "requests.adapters.BaseAdapter": _SOCKET,
    "urllib3.poolmanager.PoolManager": _SOCKET,
    "urllib3.connectionpool.ConnectionPool": _SOCKET,
    "httpx.Client": _SOCKET,
    "httpx.AsyncClient": _SOCKET,
    "aiohttp.client.ClientSession": _SOCKET,
    "paramiko.client.SSHClient": _SOCKET,
    "zmq.sugar.socket.Socket": _SOCKET,
    "zmq.sugar.context.Context": _SOCKET,
    "sqlite3.Connection": _DATABASE,
    "sqlite3.Cursor": _DATABASE,
    "sqlite3.Blob": _DATABASE,
    "sqlalchemy.engine.base.Engine": _DATABASE,
    "sqlalchemy.engine.base.Connection": _DATABASE,
    "sqlalchemy.engine.base.Transaction": _DATABASE,
    "sqlalchemy.engine.cursor.CursorResult": _DATABASE,
    "sqlalchemy.ext.asyncio.engine.AsyncEngine": _DATABASE,
    "sqlalchemy.ext.asyncio.engine.AsyncConnection": _DATABASE,
    "sqlalchemy.orm.session.Session": _DATABASE,
    "sqlalchemy.orm.session.sessionmaker": _DATABASE,
    "sqlalchemy.pool.base.Pool": _DATABASE,
    "duckdb.DuckDBPyConnection": _DATABASE,
    "_duckdb.DuckDBPyConnection": _DATABASE,
    "_duckdb.DuckDBPyRelation": _DATABASE,
    "duckdb.DuckDBPyRelation": _DATABASE,
    "redis.client.Redis": _DATABASE,
    "redis.connection.ConnectionPool": _DATABASE,
    "pymongo.mongo_client.MongoClient": _DATABASE,
    "_thread.lock": _LOCK,
    "_thread.RLock": _LOCK,
    "threading.Condition": _LOCK,
    "threading.Event": _LOCK,
    "threading.Semaphore": _LOCK,
    "threading.Barrier": _LOCK,
    "threading._RLock": _LOCK,
    "multiprocessing.synchronize.SemLock": _LOCK,
    "multiprocessing.synchronize.Condition": _LOCK,
    "multiprocessing.synchronize.Event": _LOCK,
    "asyncio.locks.Lock": _LOCK,
    "asyncio.locks.Event": _LOCK,
    "asyncio.locks.Condition": _LOCK,
    "asyncio.locks.Semaphore": _LOCK,
    "asyncio.locks.Barrier": _LOCK,
    "_thread._local": "thread-local data: keep the values instead",
    "_contextvars.ContextVar": "a context variable: keep its value instead",
    "_contextvars.Context": "a context: keep the values instead",
    "_contextvars.Token": "a context variable's token: keep the value instead",
    "ContextVar": "a context variable: keep its value instead",
    "Context": "a context: keep the values instead",
    "Token": "a context variable's token: keep the value instead",
    "threading.Thread": _THREAD,
    "multiprocessing.process.BaseProcess": _THREAD,
    "subprocess.Popen": _THREAD,
    "asyncio.subprocess.Process": _THREAD,
    "multiprocessing.managers.BaseManager": _THREAD,
    "multiprocessing.managers.BaseProxy": _THREAD,
    "queue.Queue": _QUEUE,
    "_queue.SimpleQueue": _QUEUE,
    "multiprocessing.queues.Queue": _QUEUE,
    "multiprocessing.queues.SimpleQueue": _QUEUE,
    "asyncio.queues.Queue": _QUEUE,
    "concurrent.futures._base.Executor": _EXECUTOR,
    "multiprocessing.pool.Pool": _EXECUTOR,
    "concurrent.futures._base.Future": _FUTURE,
    "_asyncio.Future": _FUTURE,
    "_asyncio.Task": _FUTURE,
    "asyncio.futures.Future": _FUTURE,
    "distributed.client.Client": _EXECUTOR,
    "distributed.client.Future": _FUTURE,
    "asyncio.events.AbstractEventLoop": _LOOP,
    "asyncio.runners.Runner": _LOOP,
    "builtins.generator": _GENERATOR,
    "builtins.async_generator": _GENERATOR,
    "builtins.coroutine": "a coroutine: keep the result of awaiting it instead",
    "builtins.frame": _FRAME,
    "builtins.traceback": _FRAME,
    "builtins.module": _MODULE,
    "builtins.memoryview": _MEMORY,
    "builtins.PyCapsule": "a pointer of another library: keep the data instead",
}
"""Qualified class name -> why it and its subclasses are never stored (None: may be stored after all)."""

_CONNECTION_METHODS = ("cursor", "commit", "rollback", "close")
_CURSOR_METHODS = ("execute", "executemany", "fetchone", "close")


@lru_cache(maxsize=4096)
def refusal(kind: type) -> str | None:
    """Return why values of this type are never stored, or None when they may be.

    Subclasses count as what they derive from; anything with the methods that PEP 249 asks of a database's
    connection or cursor counts as one.
    """
    for base in kind.__mro__:
        qualified = f"{base.__module__}.{base.__qualname__}"
        if qualified in _REASONS:
            return _REASONS[qualified]
    if _has_methods(kind, _CONNECTION_METHODS) or _has_methods(kind, _CURSOR_METHODS):
        return _DATABASE
    return None


def _has_methods(kind: type, names: tuple[str, ...]) -> bool:
    return all(callable(getattr(kind, name, None)) for name in names)
