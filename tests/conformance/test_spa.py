"""The single-page application: files in the coding asked for, and the feed."""

import gzip
import hashlib
import json

import pytest

from made import MADE, PAGE, SITE, STYLE, etag_of
from raw import connect, exchange

ASSETS = [name for name in SITE if name != "index.html"]
FOREVER = "public, max-age=31536000, immutable"


def ask(lane, path, **headers):
    """By hand, as a client library would unpack what it gets."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    with connect(lane.url) as sock:
        return exchange_all(sock, f"GET {path} HTTP/1.1\r\nHost: t\r\n{lines}\r\n".encode())


def exchange_all(sock, request):
    status, headers, body = exchange(sock, request)
    while len(body) < int(headers.get("content-length", 0)):
        body += sock.recv(65536)
    return status, headers, body


@pytest.mark.parametrize("asset", ASSETS)
@pytest.mark.parametrize(
    ("accept", "expected"),
    [("identity", None), ("gzip", "gzip"), ("gzip, deflate, br", "br"), ("br;q=0, gzip;q=0.5", "gzip"), ("zstd", None)],
)
def test_an_asset_comes_in_the_coding_asked_for(lane, asset, accept, expected):
    status, headers, body = ask(lane, f"/assets/{asset}", Accept_Encoding=accept)
    file = SITE[asset] if expected is None else SITE[asset]["encodings"][expected]
    assert status == 200
    assert body == (MADE / file["path"]).read_bytes()
    assert headers.get("content-encoding") == expected
    assert headers["etag"] == file["etag"] == etag_of(body)
    assert (headers["cache-control"], headers["vary"]) == (FOREVER, "Accept-Encoding")
    assert headers["content-type"] == SITE[asset]["type"]


def test_an_asset_that_is_held_is_304(lane):
    name = ASSETS[0]
    tag = SITE[name]["encodings"]["br"]["etag"]
    status, headers, body = ask(lane, f"/assets/{name}", Accept_Encoding="br", If_None_Match=tag)
    assert (status, headers["etag"], headers["cache-control"], body) == (304, tag, FOREVER, b"")
    assert "content-length" not in headers
    assert "content-encoding" not in headers
    assert ask(lane, f"/assets/{name}", Accept_Encoding="gzip", If_None_Match=tag)[0] == 200


def test_the_page_is_asked_for_each_time_and_names_the_assets(lane):
    status, headers, body = ask(lane, "/")
    assert (status, headers["cache-control"], headers["content-type"]) == (200, "no-cache", "text/html; charset=utf-8")
    assert body.decode() == PAGE
    assert all(f"/assets/{name}" in PAGE for name in ASSETS)
    assert ask(lane, "/any/where", Accept="text/html", If_None_Match=headers["etag"])[0] == 304


def test_the_feed_is_the_same_packed_or_not(lane):
    status, headers, body = ask(lane, "/api/feed?page=7")
    value = json.loads(body)
    assert (status, value["page"], value["pages"]) == (200, 7, 50)
    assert [item["id"] for item in value["items"]] == list(range(121, 141))
    assert list(value["items"][0]) == ["id", "title", "body", "likes", "at"]
    assert headers["etag"] == f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
    status, packed, short = ask(lane, "/api/feed?page=7", Accept_Encoding="gzip, br")
    assert (status, packed["content-encoding"], packed["etag"]) == (200, "gzip", headers["etag"])
    assert gzip.decompress(short) == body
    for answer in (headers, packed):
        assert (answer["vary"], answer["cache-control"]) == ("Accept-Encoding", "no-cache")


def test_a_feed_that_is_held_is_304(lane):
    _, headers, _ = ask(lane, "/api/feed")
    for tag in (headers["etag"], headers["etag"].removeprefix("W/"), "*"):
        status, again, body = ask(lane, "/api/feed", If_None_Match=tag, Accept_Encoding="gzip")
        assert (status, again["etag"], body) == (304, headers["etag"], b"")
        assert "content-length" not in again
    assert ask(lane, "/api/feed?page=2", If_None_Match=headers["etag"])[0] == 200


@pytest.mark.direct
@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api?x=1",
        "/api/nope",
        "/%61pi/nope",
        "/ws/nope",
        "/assets/nope.js",
        "/assets/index.html",
        f"/assets/{STYLE}.gz",
        "/assets/../manifest.json",
        "/assets/%2e%2e/manifest.json",
        "/assets/%2e%2e%2fmanifest.json",
        "/assets/..%2f..%2f..%2fsettings.env",
        "/assets/..\\manifest.json",
        "/assets//etc/passwd",
        "/assets/__proto__",
        "/media/..%2fmanifest.json",
        "/media/film.mp4%00",
        "/media/constructor",
    ],
)
def test_what_is_no_file_is_404_even_for_a_browser(lane, path):
    accept = "*/*" if path.startswith("/media") else "text/html"
    status, headers, body = ask(lane, path, Accept=accept)
    assert (status, headers["content-type"]) == (404, "application/json; charset=utf-8")
    assert b'"code":"not_found"' in body
