"""The messages of the sockets: what a client may say, and the text of what it is told."""

import re

from core.errors import Refusal
from core.wire import encode, whole

NAME = re.compile("[a-z0-9-]{1,64}")
ID = re.compile(r"[\x21-\x7e]{1,64}")
TEXT_BYTES = 4096
MOST = 2**53


def is_name(value):
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def is_id(value):
    return isinstance(value, str) and ID.fullmatch(value) is not None


def count(value):
    """The whole number from 0 to 2^53 - 1 that a JSON number stands for, or None."""
    return whole(value, 0, MOST - 1)


def text_bytes(value):
    """The size as UTF-8; 0 for what has no such form, as half of a surrogate pair."""
    try:
        return len(value.encode()) if isinstance(value, str) else 0
    except UnicodeEncodeError:
        return 0


def is_text(value):
    return text_bytes(value) > 0


def is_too_long(value):
    return text_bytes(value) > TEXT_BYTES


def is_say(message):
    """Of a say over WebSocket: true, or the connection gets an error and stays."""
    return is_id(message.get("id")) and count(message.get("at")) is not None and is_text(message.get("text"))


def move(message):
    """The numbers n, dx and dy of a player's move, or None."""
    n = count(message.get("n"))
    steps = [_step(message.get(name)) for name in ("dx", "dy")]
    return None if n is None or None in steps else (n, *steps)


def _step(value):
    return int(value) if type(value) in (int, float) and value in (-1, 0, 1) else None


def check_post(body):
    """Of a say over HTTP: the first bad field is named."""
    text = body.get("text")
    checks = {
        "user": is_name(body.get("user")),
        "id": is_id(body.get("id")),
        "at": count(body.get("at")) is not None,
        "text": is_text(text) and not is_too_long(text),
    }
    for field, good in checks.items():
        if not good:
            raise Refusal(422, "invalid", f"{field} is not valid", field=field)


def welcome(room, user, seq, members, history):
    return encode({"type": "welcome", "room": room, "user": user, "seq": seq, "members": members, "history": history})


def presence(room, user, event, members):
    return encode({"type": "presence", "room": room, "user": user, "event": event, "members": members})


def pong(n):
    return encode({"type": "pong", "n": n})


def error(code, message):
    return encode({"type": "error", "code": code, "message": message})


# Shared documents


def doc(id, rev, text):
    return encode({"type": "doc", "id": id, "rev": rev, "text": text})


def op(author, id, rev, piece):
    return encode({"type": "op", "from": author, "id": id, "rev": rev} | piece)


def ack(id, rev):
    return encode({"type": "ack", "id": id, "rev": rev})


def reject(id, rev, code):
    return encode({"type": "reject", "id": id, "rev": rev, "code": code})


# The game


def state(tick, at, players):
    return encode({"type": "state", "tick": tick, "at": at, "players": players})
