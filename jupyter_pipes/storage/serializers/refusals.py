"""What is never stored and why: things that live in one process only, whatever a pickler makes of them."""

from __future__ import annotations

from functools import lru_cache

_HARMLESS = "_io.BytesIO", "_io.StringIO"
"""In-memory files hold nothing but their content."""

_DATABASE = "a database connection: keep its URL and connect again in the step that needs it"

_REFUSED = {
    "an open file: keep its path or its content instead": """
        _io._IOBase tempfile._TemporaryFileWrapper tempfile.SpooledTemporaryFile codecs.StreamReaderWriter
        codecs.StreamRecoder zipfile.ZipFile tarfile.TarFile mmap.mmap shelve.Shelf _csv.reader
        _csv.writer csv.DictReader csv.DictWriter posix.ScandirIterator h5py._hl.base.HLObject
        netCDF4._netCDF4.Dataset tables.file.File pyarrow.lib.NativeFile pandas.io.pytables.HDFStore
        pandas.HDFStore pandas.ExcelFile pandas.io.excel._base.ExcelFile pandas.io.excel._base.ExcelWriter
        pandas.io.parsers.readers.TextFileReader pandas.api.typing.JsonReader
        xarray.backends.file_manager.FileManager
    """,
    "a temporary directory: keep the content of its files instead": "tempfile.TemporaryDirectory",
    "a network connection: keep its address and connect again in the step that needs it": """
        _socket.socket _ssl._SSLSocket _ssl._SSLContext ssl.SSLObject selectors.BaseSelector
        socketserver.BaseServer http.client.HTTPConnection ftplib.FTP smtplib.SMTP imaplib.IMAP4
        asyncio.transports.BaseTransport asyncio.streams.StreamReader asyncio.streams.StreamWriter
        asyncio.base_events.Server multiprocessing.connection._ConnectionBase
        multiprocessing.connection.Listener requests.sessions.Session requests.adapters.BaseAdapter
        urllib3.poolmanager.PoolManager urllib3.connectionpool.ConnectionPool httpx.Client
        httpx.AsyncClient aiohttp.client.ClientSession paramiko.client.SSHClient zmq.sugar.socket.Socket
        zmq.sugar.context.Context
    """,
    _DATABASE: """
        sqlite3.Connection sqlite3.Cursor sqlite3.Blob sqlalchemy.engine.base.Engine
        sqlalchemy.engine.base.Connection sqlalchemy.engine.base.Transaction
        sqlalchemy.engine.cursor.CursorResult sqlalchemy.ext.asyncio.engine.AsyncEngine
        sqlalchemy.ext.asyncio.engine.AsyncConnection sqlalchemy.orm.session.Session
        sqlalchemy.orm.session.sessionmaker sqlalchemy.pool.base.Pool duckdb.DuckDBPyConnection
        _duckdb.DuckDBPyConnection _duckdb.DuckDBPyRelation duckdb.DuckDBPyRelation redis.client.Redis
        redis.connection.ConnectionPool pymongo.mongo_client.MongoClient
    """,
    "a lock: make one in the step that needs it": """
        _thread.lock _thread.RLock threading.Condition threading.Event threading.Semaphore
        threading.Barrier threading._RLock multiprocessing.synchronize.SemLock
        multiprocessing.synchronize.Condition multiprocessing.synchronize.Event asyncio.locks.Lock
        asyncio.locks.Event asyncio.locks.Condition asyncio.locks.Semaphore asyncio.locks.Barrier
    """,
    "thread-local data: keep the values instead": "_thread._local",
    "a context variable: keep its value instead": "_contextvars.ContextVar ContextVar",
    "a context: keep the values instead": "_contextvars.Context Context",
    "a context variable's token: keep the value instead": "_contextvars.Token Token",
    "a thread or process: keep its result instead": """
        threading.Thread multiprocessing.process.BaseProcess subprocess.Popen asyncio.subprocess.Process
        multiprocessing.managers.BaseManager multiprocessing.managers.BaseProxy
    """,
    "a queue between threads or processes: keep its items as a list instead": """
        queue.Queue _queue.SimpleQueue multiprocessing.queues.Queue multiprocessing.queues.SimpleQueue
        asyncio.queues.Queue
    """,
    "an executor: make one in the step that needs it": """
        concurrent.futures._base.Executor multiprocessing.pool.Pool distributed.client.Client
    """,
    "a task or future: keep its result instead": """
        concurrent.futures._base.Future _asyncio.Future _asyncio.Task asyncio.futures.Future
        distributed.client.Future
    """,
    "an event loop: make one in the step that needs it": """
        asyncio.events.AbstractEventLoop asyncio.runners.Runner
    """,
    "a generator that has begun: keep list(…) of it instead": "builtins.generator",
    "a generator: keep list(…) of it instead": "builtins.async_generator _sre.SRE_Scanner",
    "a coroutine: keep the result of awaiting it instead": "builtins.coroutine",
    "a running frame or traceback: keep its text instead": "builtins.frame builtins.traceback",
    "a module that no file is behind: make it in the step that needs it": "builtins.module",
    "a view of another object's memory: keep bytes(…) of it instead": "builtins.memoryview",
    "a pointer of another library: keep the data instead": "builtins.PyCapsule",
}
"""Why -> the qualified names of the classes that are never stored for this reason, nor their subclasses."""

_REASONS: dict[str, str | None] = {
    **{name: reason for reason, names in _REFUSED.items() for name in names.split()},
    **dict.fromkeys(_HARMLESS),
}
"""Class -> why it is never stored; None: it may be after all."""

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
    for methods in (_CONNECTION_METHODS, _CURSOR_METHODS):
        if all(callable(getattr(kind, name, None)) for name in methods):
            return _DATABASE
    return None
