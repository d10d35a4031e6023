"""What is made anew before the first process serves: the tables, and what Redis
holds. Of several replicas the first one does it."""

import os
import sys

from core.config import config
from core.database import prepare_tables


def prepare():
    if os.environ.get("REPLICA", "0") != "0":
        return
    try:
        prepare_tables()
        if config.redis_url:
            _prepare_rooms()
    except Exception as error:
        sys.exit(f"cannot prepare the data: {error}")


def _prepare_rooms():
    import redis

    with redis.Redis.from_url(config.redis_url) as connection:
        for name in connection.scan_iter(f"{config.namespace}:*", count=1000):
            connection.delete(name)
