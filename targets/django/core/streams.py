"""Bodies that are made while they are sent.

What makes one waits while the socket is full (the server's send does), and ends
when its client has gone: it is cancelled where it waits, and asks where it does not,
as the server takes all there is for nobody. `lifecycle.closing` ends those that wait.
"""

from django.http import StreamingHttpResponse

from core.config import config

_open = set()


def open_streams():
    return len(_open)


def stream(request, pieces, **response):
    """`pieces` is an async generator, never a plain one: Django would read that to its end first."""
    return StreamingHttpResponse(empty() if request.method == "HEAD" else _counted(request, pieces), **response)


def bare(status):
    """An answer without a body, a media type or a length (CommonMiddleware adds one to others)."""
    response = StreamingHttpResponse(empty(), status=status)
    del response["Content-Type"]
    return response


def empty():
    return () if config.interface == "wsgi" else _nothing()


async def _counted(request, pieces):
    connection = request.scope.get("extensions", {})
    gone = connection.get("gone", lambda: False)
    _open.add(pieces)
    try:
        async for piece in pieces:
            yield piece
            if gone():
                await connection["lost"]()  # before, an end ahead of its length would be taken for our fault
                return
    finally:
        _open.discard(pieces)
        await pieces.aclose()


async def _nothing():
    return
    yield
