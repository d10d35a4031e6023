"""The smallest work a server can do: /plain, /json, /echo."""

from django.http import HttpResponse
from django.urls import path

from core.errors import Refusal
from core.methods import methods
from core.wire import MEDIA_TYPE, answer, is_json, parse

PLAIN = "A text of sixty-four bytes, the same from every reference server"
HELLO = {"message": "Hello, World!"}


def plain(request):
    return HttpResponse(PLAIN, content_type="text/plain; charset=utf-8")


def json(request):
    return answer(HELLO)


def echo_body(request):
    """JSON is parsed, so that both stacks refuse the same bodies; what comes back
    are the bytes that came in."""
    content_type = request.headers.get("Content-Type") or "application/octet-stream"
    if not MEDIA_TYPE.fullmatch(content_type):
        raise Refusal(415, "unsupported", "the content type is not one")
    if is_json(content_type):
        parse(request.body)
    return HttpResponse(request.body, content_type=content_type)


urlpatterns = [
    path("plain", methods(GET=plain)),
    path("json", methods(GET=json)),
    path("echo", methods(POST=echo_body)),
]
