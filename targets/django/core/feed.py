"""The feed of the page: a thousand entries, twenty to a page."""

import json
from functools import cache

from core.files import MADE

PER_PAGE = 20
PAGES = 50


@cache
def _entries():
    """Read with the first request: who serves no feed does not hold it."""
    return json.loads((MADE / "feed.json").read_text())


def feed_page(page):
    items = _entries()[(page - 1) * PER_PAGE : page * PER_PAGE]
    return {"page": page, "pages": PAGES, "items": items}
