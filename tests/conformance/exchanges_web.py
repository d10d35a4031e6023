"""Rows of streaming and of the single-page application; see exchanges.py."""

import hashlib
import json
from pathlib import Path

from exchanges import Code, Exchange, get, post

MADE = Path(__file__).parents[2] / "targets" / "data" / "made"
SITE = json.loads((MADE / "manifest.json").read_text())["site"]
PAGE = (MADE / "site" / "index.html").read_text()
STYLE = next(name for name in SITE if name.endswith(".css"))
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "identity"}


def page(name, path, method="GET", headers=BROWSER):
    return Exchange(name, method, path, headers, None, 200, PAGE)


STREAMING = [
    *(
        get(f"ticks {query}", f"/sse/ticks?{query}", 400, Code("bad_request"))
        for query in ("hz=0", "hz=101", "hz=x", "hz=1&hz=2", "n=0", "n=100001", "n=", "hz=1.5")
    ),
    *(
        Exchange(f"ticks after {id}", "GET", "/sse/ticks", {"Last-Event-ID": id}, None, 400, Code("bad_request"))
        for id in ("x", "-1", "100001", "1.0", "")
    ),
    post("ticks posted", "/sse/ticks", b"{}", 405, Code("method_not_allowed")),
    *(
        get(f"stream {path}", f"/stream/{path}", status, Code(code))
        for path, status, code in (
            ("x", 404, "not_found"),
            ("-1", 404, "not_found"),
            ("", 404, "not_found"),
            ("1073741825", 404, "not_found"),
            ("10?chunk=1023", 400, "bad_request"),
            ("10?chunk=1048577", 400, "bad_request"),
        )
    ),
    get("no such media", "/media/none.mp4", 404, Code("not_found")),
]

SPA = [
    page("page", "/"),
    page("page of the application", "/orders/7"),
    page("page with a query", "/orders?state=open"),
    Exchange("page for no browser", "GET", "/orders/7", {}, None, 404, Code("not_found")),
    Exchange("page posted to", "POST", "/orders/7", BROWSER, b"", 404, Code("not_found")),
    post("page posted", "/", b"{}", 405, Code("method_not_allowed")),
    *(
        get(f"feed {query}", f"/api/feed?{query}", 400, Code("bad_request"))
        for query in ("page=0", "page=51", "page=x", "page=", "page=1&page=2")
    ),
    *(
        Exchange(f"feed {page}", "GET", f"/api/feed?page={page}", {"Accept-Encoding": "identity"}, None, 200, None)
        for page in (1, 2, 50)
    ),
    post("feed posted", "/api/feed", b"{}", 405, Code("method_not_allowed")),
]

ALL_WEB = STREAMING + SPA


def pattern(size):
    return bytes((31 * i + 7) % 256 for i in range(256)) * (size // 256) + bytes(
        (31 * i + 7) % 256 for i in range(size % 256)
    )


def etag_of(content):
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'
