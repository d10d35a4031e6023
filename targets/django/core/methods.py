"""One call per path: the methods it knows, and 405 for all the others."""

from core.errors import Refusal, error_body, not_found
from core.limits import is_too_large
from core.wire import answer

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def methods(**handlers):
    known = set(handlers) | ({"HEAD"} if "GET" in handlers else set())
    allow = ", ".join(method for method in METHODS if method in known)

    async def view(request, **parameters):
        try:
            if request.method not in known:
                raise Refusal(405, "method_not_allowed", "the resource has no such method")
            if is_too_large(request.scope):
                raise Refusal(413, "too_large", "the body is too large")
            handler = handlers["GET" if request.method == "HEAD" else request.method]
            return await handler(request, **parameters)
        except Refusal as refusal:
            response = as_response(refusal)
            if refusal.status == 405:
                response["Allow"] = allow
            return response

    return view


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
