"""Every request/response row, on each server."""

import json

import pytest

from exchanges import Code, perform, rows_of


@pytest.mark.data
async def test_every_exchange(lane, http):
    """Of the features that are loaded, in one pass and in order: some rows count on those before them."""
    async with http.get("/about") as answer:
        features = (await answer.json())["features"]
    wrong = []
    for exchange in rows_of(features, lane.url):
        answer = await perform(http, exchange)
        if problem := judge(exchange, *answer):
            wrong.append(f"{exchange.name}: {problem}")
    assert not wrong, "\n".join(wrong)


SERIALISERS = {"node-tuned": "fast-json-stringify", "django-tuned": "orjson"}


async def test_about_names_the_serialiser_of_the_tuned_pair(lane, http):
    async with http.get("/about") as answer:
        about = await answer.json()
    expected = {SERIALISERS.get(getattr(lane, "name", about["stack"]))} - {None}
    assert set(about["libraries"]) & set(SERIALISERS.values()) == expected


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
        found = Code(*(error.get(name) for name in Code._fields))
        return None if found == exchange.expected else f"error {error}"
    compact = json.dumps(exchange.expected, separators=(",", ":"), ensure_ascii=False)
    return None if body.decode() == compact else f"body {body[:300]}"
