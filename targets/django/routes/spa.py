"""The page of an application and what it asks for: /, /assets/{name}, /api/feed."""

import gzip
import hashlib
import re

from django.http import HttpResponse
from django.urls import path, re_path

from core.conditions import coding, is_held
from core.config import config
from core.errors import not_found
from core.feed import PAGES, feed_page
from core.files import send_coded, site_file
from core.methods import blocking, methods
from core.streams import bare
from core.wire import dump, query_integer

PAGE = "index.html"


@blocking
def send_page(request):
    return send_coded(request, site_file(PAGE), {"Cache-Control": "no-cache"})


@blocking
def send_page_to_browser(request):
    """A path that no route knows, but that a browser wants as a page: the application knows it."""
    if "text/html" not in request.headers.get("Accept", "") or re.match("/(api|assets|ws)(/|$)", request.path):
        raise not_found()
    return send_page(request)


@blocking
def send_asset(request, name):
    if name == PAGE:
        raise not_found()
    return send_coded(request, site_file(name), {"Cache-Control": "public, max-age=31536000, immutable"})


def send_feed(request):
    """The tag is a weak one: it stands for the entries, packed or not."""
    page = query_integer(request.GET, "page", least=1, most=PAGES, otherwise=1)
    body = dump(feed_page(page))
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:16]}"'
    held = is_held(request.headers.get("If-None-Match"), etag)
    response = bare(304) if held else HttpResponse(content_type="application/json; charset=utf-8")
    response["Cache-Control"], response["Vary"], response["ETag"] = "no-cache", "Accept-Encoding", etag
    if held:
        return response
    if len(body) >= config.gzip_bytes and coding(request.headers.get("Accept-Encoding"), ("gzip",)):
        response["Content-Encoding"] = "gzip"
        body = gzip.compress(body, config.gzip_level, mtime=0)
    response.content = body
    return response


urlpatterns = [
    path("", methods(GET=send_page)),
    path("assets/<str:name>", methods(GET=send_asset)),
    path("api/feed", methods(GET=send_feed)),
]
fallback = [re_path("", methods(other=not_found, GET=send_page_to_browser))]
