import pytest
from django.test import AsyncClient
from django.urls import clear_url_caches, path

from core.lifecycle import lifecycle
from core.methods import methods
from routes import status

client = AsyncClient(raise_request_exception=False)


async def post(url, body, content_type="application/json"):
    return await client.post(url, body, content_type=content_type)


def code_of(response):
    return response.status_code, response.json()["error"]["code"]


async def test_plain_is_64_bytes():
    response = await client.get("/plain")
    assert len(response.content) == 64
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["Content-Length"] == "64"


async def test_echo_gives_back_the_bytes_that_came():
    response = await post("/echo", '{"b" : 1.0}')
    assert response.content == b'{"b" : 1.0}'
    assert response["Content-Type"] == "application/json"


async def test_refusals_carry_a_code():
    assert code_of(await client.get("/nope")) == (404, "not_found")
    assert code_of(await post("/json", "{}")) == (405, "method_not_allowed")
    assert code_of(await post("/echo", "{")) == (400, "bad_json")
    assert code_of(await post("/echo", "x", "nonsense")) == (415, "unsupported")


async def test_a_failure_inside_is_a_500_without_its_cause(monkeypatch, caplog):
    async def fails(request):
        raise RuntimeError("secret")

    monkeypatch.setattr("config.urls.urlpatterns", [path("fails", methods(GET=fails))])
    clear_url_caches()
    response = await client.get("/fails")
    clear_url_caches()
    assert response.status_code == 500
    assert response.content == b'{"error":{"code":"internal","message":"the server failed"}}'
    assert "secret" in caplog.text


@pytest.mark.parametrize(
    ("ready", "draining", "expected"), [(False, False, 503), (True, False, 200), (True, True, 503)]
)
async def test_healthz_follows_the_life_of_the_process(monkeypatch, ready, draining, expected):
    monkeypatch.setattr(lifecycle, "ready", ready)
    monkeypatch.setattr(lifecycle, "draining", draining)
    assert (await client.get("/healthz")).status_code == expected


async def test_a_say_over_http_is_numbered_and_can_be_read():
    response = await post("/api/chat/http", '{"user":"ann","id":"a","at":1,"text":"hi"}')
    assert (response.status_code, response.json()) == (201, {"room": "http", "seq": 1})
    found = (await client.get("/api/chat/http?after=0&limit=5")).json()
    assert [(message["from"], message["seq"]) for message in found["messages"]] == [("ann", 1)]


def test_about_lists_the_libraries_that_are_locked():
    assert "uvloop" in status.LIBRARIES
