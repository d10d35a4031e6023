"""While the server drains, each answer asks its client to leave: also one whose request came before."""

import core.lifecycle
import core.wsgi
from core.lifecycle import lifecycle

CLOSE = (b"connection", b"close")


async def answered(draining_at, monkeypatch):
    """The headers of an answer; the drain begins before the request, or while it is under way."""
    sent = []

    async def app(_scope, _receive, send):
        monkeypatch.setattr(lifecycle, "draining", draining_at is not None)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})

    async def send(message):
        sent.append(message)

    monkeypatch.setattr(lifecycle, "draining", draining_at == "before")
    await core.lifecycle.CloseWhileDraining(app)({"type": "http"}, None, send)
    return sent[0]["headers"]


def answered_by_wsgi(draining_at, monkeypatch):
    sent = []

    def app(_environ, start_response):
        monkeypatch.setattr(lifecycle, "draining", draining_at is not None)
        start_response("200 OK", [("a", "b")])

    monkeypatch.setattr(lifecycle, "draining", draining_at == "before")
    core.wsgi.CloseWhileDraining(app)({}, lambda _status, headers: sent.extend(headers))
    return sent


async def test_an_answer_while_draining_asks_its_client_to_leave(monkeypatch):
    for begin in ("before", "meanwhile"):
        assert await answered(begin, monkeypatch) == [(b"a", b"b"), CLOSE]
        assert answered_by_wsgi(begin, monkeypatch) == [("a", "b"), ("Connection", "close")]


async def test_any_other_answer_does_not(monkeypatch):
    assert await answered(None, monkeypatch) == [(b"a", b"b")]
    assert answered_by_wsgi(None, monkeypatch) == [("a", "b")]
