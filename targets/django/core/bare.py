"""The control rows: the same bytes, answered before the framework.

What they cost is the runtime and its server; the rest is Django.
"""

import re

from core.kernels import KERNELS, run_kernel
from core.wire import dump
from routes.echo import HELLO, PLAIN

JSON = b"application/json; charset=utf-8"


def _cpu(query):
    """As /cpu/sieve, inline; without a number in range there is no such row."""
    most, preset = KERNELS["sieve"]["most"], KERNELS["sieve"]["preset"]
    given = re.fullmatch("n=([0-9]{1,8})", query)
    n = int(given[1]) if given else preset if query == "" else 0
    if not 1 <= n <= most:
        return None
    return JSON, dump({"kernel": "sieve", "n": n, "check": run_kernel("sieve", n)})


ANSWERS = {
    "/bare/plain": lambda query: (b"text/plain; charset=utf-8", PLAIN.encode()),
    "/bare/json": lambda query: (JSON, dump(HELLO)),
    "/bare/cpu": _cpu,
}


def answer_of(method, path, query):
    """Media type and body; None: it is the framework's."""
    give = method == "GET" and ANSWERS.get(path)
    return give(query) if give else None


class Bare:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        answer = scope["type"] == "http" and answer_of(
            scope["method"], scope["path"], scope["query_string"].decode("latin-1")
        )
        if not answer:
            return await self.app(scope, receive, send)
        content_type, body = answer
        headers = [(b"content-type", content_type), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
