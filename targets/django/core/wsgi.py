"""What core/bare.py, core/limits.py and core/lifecycle.py do for ASGI, for WSGI."""

from io import BytesIO

from core.bare import answer_of
from core.config import config
from core.lifecycle import lifecycle
from core.limits import MARK, header_refusal, limit_of


class CloseWhileDraining:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        def start(*answer):
            return (_closing(start_response) if lifecycle.draining else start_response)(*answer)

        return self.app(environ, start)


def _closing(start_response):
    def start_and_close(status, headers, *rest):
        others = [(name, value) for name, value in headers if name.lower() != "connection"]
        return start_response(status, [*others, ("Connection", "close")], *rest)

    return start_and_close


class Bare:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        answer = answer_of(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"])
        if not answer:
            return self.app(environ, start_response)
        content_type, body = answer
        headers = [("content-type", content_type.decode()), ("content-length", str(len(body)))]
        start_response("200 OK", headers)
        return [body]


class Limits:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        if _header_size(environ) > config.header_bytes:
            return _refuse_header(start_response)
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            _collect(environ)
        elif int(environ.get("CONTENT_LENGTH") or 0) > limit_of(environ["PATH_INFO"]):
            _mark(environ)
        if MARK in environ:
            start_response = _closing(start_response)  # gunicorn drops a connection with so much left to read
        return self.app(environ, start_response)


def _header_size(environ):
    return sum(len(name) - 1 + len(value) for name, value in environ.items() if name.startswith("HTTP_"))


def _collect(environ):
    """Django reads no chunked body under WSGI, as it goes by Content-Length."""
    most = limit_of(environ["PATH_INFO"])
    body = environ["wsgi.input"].read(most + 1)
    if len(body) > most:
        return _mark(environ)
    environ["wsgi.input"] = BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))


def _mark(environ):
    environ[MARK] = True
    environ["wsgi.input"] = BytesIO()
    environ["CONTENT_LENGTH"] = "0"


def _refuse_header(start_response):
    body = header_refusal()
    headers = [
        ("content-type", "application/json; charset=utf-8"),
        ("content-length", str(len(body))),
        ("connection", "close"),
    ]
    start_response("431 Request Header Fields Too Large", headers)
    return [body]
