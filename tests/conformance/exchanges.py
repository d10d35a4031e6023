"""The request/response rows of the contract, one line each, a module for each feature in rows/.

(name, method, path, headers, body) -> (status, body): a string is the whole
body, a dict the JSON that it must be, Code an error's code and what is at fault;
None is what other tests look at.
"""

from collections import namedtuple
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from itertools import cycle
from pathlib import Path

import aiohttp

Exchange = namedtuple("Exchange", "name method path headers body status expected")
Code = namedtuple("Code", "code field index product line", defaults=[None] * 4)

JSON = {"Content-Type": "application/json"}
MIB = 1024 * 1024


def get(name, path, status, expected):
    return Exchange(name, "GET", path, {}, None, status, expected)


def post(name, path, body, status, expected, headers=JSON):
    return Exchange(name, "POST", path, headers, body, status, expected)


def rows_of(features, url=""):
    """All rows of these features that have some; behind nginx (https) without those whose body is refused before it
    is read: whether nginx hands such an answer on, makes a 502 of it or ends the connection is a race."""
    found = ["core", *(name for name in features if (Path(__file__).parent / "rows" / f"{name}.py").exists())]
    rows = [row for name in found for row in import_module(f"rows.{name}").ROWS]
    return [row for row in rows if not url.startswith("https:") or len(row.body or b"") <= MIB]


def client(url):
    """nginx/front.py has made its certificate for itself."""
    return aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(ssl=False))


@asynccontextmanager
async def visit(target):
    """A client of the target; of several servers, each request goes to the next one."""
    async with AsyncExitStack() as stack:
        urls = [server.url for server in getattr(target, "servers", [target])]
        yield _InTurn([await stack.enter_async_context(client(url)) for url in urls])


class _InTurn:
    """Has each of a session's methods, of the next session."""

    def __init__(self, sessions):
        self._sessions = cycle(sessions)

    def __getattr__(self, method):
        return getattr(next(self._sessions), method)


async def perform(session, exchange):
    """The answer's status, media type and bytes, and its headers."""
    request = session.request(
        exchange.method,
        exchange.path,
        data=exchange.body,
        headers=exchange.headers,
        skip_auto_headers=["Content-Type"],
    )
    async with request as answer:
        return answer.status, answer.content_type, await answer.read(), answer.headers
