"""What is made anew before the first process serves: the tables, and what Redis
holds. What replicas share is made by the first of them."""

import os
import sys

from core.config import config
from core.database import prepare_tables


def prepare():
    is_first = os.environ.get("REPLICA", "0") == "0"
    try:
        if is_first or not config.database_url:
            prepare_tables()
        if is_first and config.redis_url:
            _prepare_rooms()
    except Exception as error:
        sys.exit(f"cannot prepare the data: {error}")


def _prepare_rooms():
    import redis

    with redis.Redis.from_url(config.redis_url) as connection:
        for name in connection.scan_iter(f"{config.namespace}:*", count=1000):
            connection.delete(name)
