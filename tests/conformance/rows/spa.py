"""The single-page application, but for codings and tags: those are in test_spa.py."""

from exchanges import Code, Exchange, get, post
from made import PAGE

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "identity"}


def page(name, path):
    return Exchange(name, "GET", path, BROWSER, None, 200, PAGE)


ROWS = [
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
    Exchange("feed, a long query", "GET", f"/api/feed?page=1{'&a' * 1500}", {"Accept-Encoding": "identity"}, None, 200, None),
    post("feed posted", "/api/feed", b"{}", 405, Code("method_not_allowed")),
]
