"""Every request/response row, on each server."""

import json

from exchanges import ALL, Code, perform


async def test_every_exchange(http):
    """In one pass and in order: the chat rows count on the says before them."""
    wrong = []
    for exchange in ALL:
        answer = await perform(http, exchange)
        if problem := judge(exchange, *answer):
            wrong.append(f"{exchange.name}: {problem}")
    assert not wrong, "\n".join(wrong)


def judge(exchange, status, media_type, body, headers):
    if status != exchange.status:
        return f"status {status}, expected {exchange.status}: {body[:200]}"
    if status == 204:
        return None if body == b"" else f"204 with a body of {len(body)} bytes"
    if headers.get("Content-Length") != str(len(body)):
        return f"Content-Length {headers.get('Content-Length')} of {len(body)} bytes"
    if status == 405 and "Allow" not in headers:
        return "405 without Allow"
    if exchange.expected is None:
        return None
    if isinstance(exchange.expected, str):
        return None if body.decode() == exchange.expected else f"body {body[:200]}"
    if media_type != "application/json":
        return f"media type {media_type}"
    value = json.loads(body)
    if isinstance(exchange.expected, Code):
        error = value["error"]
        return None if tuple(map(error.get, Code._fields)) == exchange.expected else f"error {error}"
    compact = json.dumps(exchange.expected, separators=(",", ":"), ensure_ascii=False)
    return None if body.decode() == compact else f"body {body[:300]}"
