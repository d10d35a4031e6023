"""The rooms of the chat: in this process's memory, or in Redis, where several
processes share them."""

from core.config import config

if config.redis_url:
    from core.shared_rooms import peek, room
else:
    from core.rooms import peek, room

__all__ = ["peek", "room"]
