"""The equal settings of ../settings.env.

A missing or malformed value ends the start: a silent default would make the
two stacks differ unseen.
"""

import os
import re
from pathlib import Path
from types import SimpleNamespace

SETTINGS = Path(__file__).parents[2] / "settings.env"


def load(path):
    """Puts the file's lines into the environment, which goes before them."""
    for line in path.read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())


def whole(name):
    text = os.environ.get(name, "")
    if not re.fullmatch("[0-9]{1,10}", text):
        raise ValueError(f'{name} must be a whole number, not "{text}"')
    return int(text)


def variant():
    name = os.environ.get("CHAT_VARIANT", "channels")
    if name not in ("channels", "direct"):
        raise ValueError(f'CHAT_VARIANT must be channels or direct, not "{name}"')
    return name


def database():
    """What is neither SQLite nor PostgreSQL must not be taken for one of them. It is not told: it may hold a password."""
    text = os.environ["DATABASE_URL"]
    if not re.fullmatch("(postgres(ql)?://.*)?", text):
        raise ValueError("DATABASE_URL must be empty or begin with postgresql://")
    return text


def upstreams(*names):
    """Where the services are: STUB_URL is all of them that have no URL of their own."""
    return {name: os.environ.get(f"{name.upper()}_URL") or os.environ["STUB_URL"] for name in names}


load(SETTINGS)
config = SimpleNamespace(
    interface="asgi",  # config/wsgi.py says otherwise
    host=os.environ["HOST"],
    port=whole("PORT") if os.environ.get("PORT") else 0,
    workers=whole("WORKERS"),
    alone=os.environ["WORKERS"] == "1" and "REPLICA" not in os.environ,  # all that serves
    first_worker=int(os.environ.get("REPLICA", "0")) * whole("WORKERS"),  # the number of the first one here
    backlog=whole("BACKLOG"),
    keep_alive_seconds=whole("KEEP_ALIVE_SECONDS"),
    body_bytes=whole("BODY_BYTES"),
    header_bytes=whole("HEADER_BYTES"),
    ws_message_bytes=whole("WS_MESSAGE_BYTES"),
    ws_ping_seconds=whole("WS_PING_SECONDS"),
    ws_pong_seconds=whole("WS_PONG_SECONDS"),
    ws_close_seconds=whole("WS_CLOSE_SECONDS"),
    reader_messages=whole("READER_MESSAGES"),
    reader_bytes=whole("READER_BYTES"),
    history_kept=whole("HISTORY_KEPT"),
    history_welcome=whole("HISTORY_WELCOME"),
    read_bytes=whole("READ_BYTES"),
    gzip_level=whole("GZIP_LEVEL"),
    gzip_bytes=whole("GZIP_BYTES"),
    database_url=database(),
    namespace=os.environ["NAMESPACE"],
    database_pool=whole("DATABASE_POOL"),
    database_wait_ms=whole("DATABASE_WAIT_MS"),
    redis_url=os.environ["REDIS_URL"],
    trace_statements=os.environ.get("TRACE_STATEMENTS") == "1",  # for the conformance suite
    request_seconds=whole("REQUEST_SECONDS"),
    faults=os.environ.get("FAULTS") == "1",
    upstream_pool=whole("UPSTREAM_POOL"),
    upstream_keep_seconds=whole("UPSTREAM_KEEP_SECONDS"),
    upstreams=upstreams("users", "catalogue", "prices", "stock", "leaf"),
    doc_bytes=whole("DOC_BYTES"),
    doc_revs=whole("DOC_REVS"),
    match_players=whole("MATCH_PLAYERS"),
    features=os.environ["FEATURES"].split(","),
    cpu_threads=whole("CPU_THREADS"),
    cpu_pool=whole("CPU_POOL"),
    native_threads=whole("UV_THREADPOOL_SIZE"),
    image_bytes=whole("IMAGE_BYTES"),
    data_bytes=whole("DATA_BYTES"),
    drain_ms=whole("DRAIN_MS"),
    stop_ms=whole("STOP_MS"),
    variant=variant(),
    tuned=os.environ.get("TUNED") == "1",  # JSON by orjson
    pure=os.environ.get("PURE_PYTHON") == "1",  # no part in C: the lanes of PyPy, see ../README.md
)
