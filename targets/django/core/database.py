"""The database, if a feature needs one: SQLite in a file of this server's own, or PostgreSQL."""

import atexit
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from core.config import config

DATA = Path(__file__).parents[2] / "data"
SCHEMA = config.namespace  # ours alone: nothing else in the database is touched
IS_NEEDED = not config.pure and bool({"core", "shop", "iot"} & set(config.features))
IS_POSTGRES = config.database_url != ""
PRAGMAS = "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16384"  # of each connection to SQLite

if IS_POSTGRES:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict


def prepare_tables():
    """Makes them anew: once, before the first process serves.

    Not through Django, so that a process that only starts others need not load it.
    """
    if not IS_NEEDED:
        return
    if IS_POSTGRES:
        with psycopg.connect(config.database_url) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")
            connection.execute(f"SET search_path = {SCHEMA}; {_schema('postgresql')}")
    else:
        connection = sqlite3.connect(_place_file())
        connection.executescript(f"PRAGMA journal_mode=WAL; {PRAGMAS}; {_schema('sqlite')}")
        connection.close()


def _schema(dialect):
    return (DATA / f"schema.{dialect}.sql").read_text() + (DATA / "schema.sql").read_text()


def _place_file():
    folder = tempfile.mkdtemp(prefix="target-")
    os.environ["DATABASE_FILE"] = f"{folder}/data.sqlite"  # the workers inherit it
    atexit.register(_remove, folder, os.getpid())
    return os.environ["DATABASE_FILE"]


def _remove(folder, owner):
    if os.getpid() == owner:  # not a worker, which inherits this as well
        shutil.rmtree(folder, ignore_errors=True)


def django_settings():
    """What goes into DATABASES."""
    if not IS_NEEDED:
        return {}
    return {"default": _postgres() if IS_POSTGRES else _sqlite()}


def _postgres():
    """Connections come from a pool; where threads stay the same (WSGI), each keeps its own instead."""
    found = conninfo_to_dict(config.database_url)
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    settings = {"ENGINE": "django.db.backends.postgresql"}
    settings |= {names[key]: value for key, value in found.items() if key in names}
    settings["OPTIONS"] = {"options": f"-c search_path={SCHEMA}"}
    if config.interface == "wsgi":
        settings["CONN_MAX_AGE"] = None
    else:
        size, wait = config.database_pool, config.database_wait_ms / 1000
        settings["OPTIONS"]["pool"] = {"min_size": size, "max_size": size, "timeout": wait}
    return settings


def _sqlite():
    """A connection for each request under ASGI, as Django's documentation wants it; else one for each thread."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("DATABASE_FILE", ":memory:"),
        "CONN_MAX_AGE": None if config.interface == "wsgi" else 0,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": config.database_wait_ms / 1000,
            "init_command": PRAGMAS,
        },
    }


def insert_readings(cursor, device, rows):
    """The fastest way that each database has; `rows` are (metric, ts, value)."""
    if IS_POSTGRES:
        cursor.execute(
            "INSERT INTO reading (device_id, metric, ts, value) "
            "SELECT %s, * FROM unnest(%s::text[], %s::bigint[], %s::integer[])",
            [device, *map(list, zip(*rows, strict=True))],
        )
    else:
        cursor.executemany(
            "INSERT INTO reading (device_id, metric, ts, value) VALUES (%s, %s, %s, %s)",
            [(device, *row) for row in rows],
        )
