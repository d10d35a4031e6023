"""Requests to other servers: at most UPSTREAM_POOL connections to each, kept alive, no
retries. Who calls has a deadline of its own."""

import json
from types import SimpleNamespace

import aiohttp

from core.config import config

_process = SimpleNamespace(session=None)


class Failure(Exception):
    def __init__(self, status):
        super().__init__(f"the answer was {status}")
        self.status = status


def _session():
    """One for the process, made by the first who needs it: it belongs to the loop."""
    if _process.session is None:
        connector = aiohttp.TCPConnector(
            limit=0, limit_per_host=config.upstream_pool, keepalive_timeout=config.upstream_keep_seconds
        )
        _process.session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None),
            skip_auto_headers=("User-Agent", "Accept-Encoding"),
        )
    return _process.session


async def close():
    if _process.session:
        await _process.session.close()


async def get(url):
    """Status, headers and body of one GET, whatever they are."""
    async with _session().get(url, allow_redirects=False) as answer:
        return answer.status, answer.headers, await answer.read()


async def get_json(url):
    """The JSON of a 200; a Failure for any other answer."""
    status, _, body = await get(url)
    if status != 200:
        raise Failure(status)
    return json.loads(body)
