"""One call per path: the methods it knows, and 405 for all the others.

A handler is one of three, and each works under ASGI and WSGI: a plain function
that waits for nothing; a plain function that waits for the database, marked
`@blocking`, which ASGI runs in a thread; or a coroutine function.
"""

from inspect import iscoroutinefunction

from asgiref.sync import async_to_sync, sync_to_async
from django.db import OperationalError
from django.http import UnreadablePostError

from core.config import config
from core.errors import Refusal, error_body, not_found
from core.limits import is_too_large
from core.trace import traced
from core.wire import answer

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def blocking(handler):
    if config.trace_statements:
        handler = traced(handler)
    handler.blocking = True
    return handler


def methods(other=None, **handlers):
    """`other` gives the refusal of all other methods; without it, 405."""
    known = set(handlers) | ({"HEAD"} if "GET" in handlers else set())
    allow = ", ".join(method for method in METHODS if method in known)
    adapt = _under_wsgi if config.interface == "wsgi" else _under_asgi
    handlers = {method: adapt(handler) for method, handler in handlers.items()}

    def choose(request):
        if request.method not in known:
            raise other() if other else Refusal(405, "method_not_allowed", "the resource has no such method")
        if is_too_large(request):
            raise Refusal(413, "too_large", "the body is too large")
        return handlers["GET" if request.method == "HEAD" else request.method]

    async def asgi_view(request, **parameters):
        try:
            response = choose(request)(request, **parameters)
            return response if hasattr(response, "status_code") else await response
        except (Refusal, OperationalError) as error:
            return refused(error)

    def wsgi_view(request, **parameters):
        try:
            return _head(request, choose(request)(request, **parameters))
        except (Refusal, OperationalError) as error:
            return refused(error)
        except UnreadablePostError:
            return refused(Refusal(400, "bad_request", "the body did not arrive"))  # its client has gone

    def refused(error):
        if isinstance(error, OperationalError):
            error = Refusal(503, "overloaded", "the database is busy")
        response = as_response(error)
        if error.status == 405:
            response["Allow"] = allow
        return response

    return wsgi_view if config.interface == "wsgi" else asgi_view


def _under_asgi(handler):
    return sync_to_async(handler) if hasattr(handler, "blocking") else handler


def _under_wsgi(handler):
    return async_to_sync(handler) if iscoroutinefunction(handler) else handler


def _head(request, response):
    """A WSGI server wants no body for HEAD; an ASGI server drops it."""
    if request.method == "HEAD" and not response.streaming:
        response["Content-Length"] = len(response.content)
        response.content = b""
    return response


def as_response(refusal):
    response = answer(error_body(refusal), refusal.status)
    if refusal.status == 413:
        # What is left of a body over the limit is not read: the connection cannot go on.
        response["Connection"] = "close"
    for name, value in refusal.headers.items():
        response[name] = value
    return response


def handler400(request, exception):
    return as_response(Refusal(400, "bad_request", "the request is not valid"))


def handler404(request, exception):
    return as_response(not_found())


def handler500(request):
    return as_response(Refusal(500, "internal", "the server failed"))
