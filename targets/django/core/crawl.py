"""A crawl of one site: level by level, so that what is counted does not hang on which
page came first."""

import asyncio
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit, urlunsplit

import aiohttp
from lxml import etree

from core.upstream import get

AT_ONCE = 32
PAGE_SECONDS = 2
REDIRECTS = 3
NO_ANSWER = 0
UTF_8 = etree.HTMLParser(encoding="utf-8")  # whatever the page says of itself, as the other stack has it


async def crawl(start, depth, most, hrefs):
    start = _resolve(start, start)
    seen, links, pages, size, errors = {start}, set(), 0, 0, []
    level = [start]
    while level and depth >= 0:
        following = []
        for page in await _visit_all(level, hrefs):
            if page["status"] != 200:
                errors.append({"url": page["url"], "status": page["status"]})
                continue
            pages += 1
            size += page["bytes"]
            for link in page["links"]:
                links.add(link)
                if link not in seen and len(seen) < most:
                    seen.add(link)
                    following.append(link)
        level, depth = following, depth - 1
    return {"pages": pages, "links": len(links), "bytes": size, "errors": errors}


async def _visit_all(urls, hrefs):
    """In the order of `urls`, though not one after the other."""
    pages = {}
    left = iter(urls)

    async def work():
        for url in left:
            pages[url] = await _visit(url, hrefs)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return [pages[url] for url in urls]


async def _visit(url, hrefs):
    try:
        async with asyncio.timeout(PAGE_SECONDS):
            return await _fetch_page(url, hrefs)
    except (TimeoutError, aiohttp.ClientError):
        return {"url": url, "status": NO_ANSWER}


async def _fetch_page(url, hrefs):
    place, redirects = url, 0
    while True:
        status, headers, body = await get(place)
        moved = 300 <= status < 400 and redirects < REDIRECTS and "Location" in headers
        target = _resolve(headers["Location"], place) if moved else None
        if target:
            place, redirects = target, redirects + 1
            continue
        if status != 200:
            return {"url": url, "status": status}
        is_html = headers.get("Content-Type", "").startswith("text/html")
        found = [_resolve(href, place) for href in hrefs(body)] if is_html else []
        return {"url": url, "status": status, "bytes": len(body), "links": [link for link in found if link]}


def _resolve(href, base):
    """Where on this site a link leads to, without its fragment; None: elsewhere."""
    try:
        url = urldefrag(urljoin(base, href)).url
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts[:2] != urlsplit(base)[:2]:
        return None
    if parts.path and ("/." not in parts.path or parts.path.startswith("//")):  # which would be another host
        return url
    # urljoin() leaves an address that was whole already as it was: dot segments, or without a path.
    return urljoin(url, urlunsplit(("", "", parts.path or "/", parts.query, "")))


def hrefs_native(body):
    tree = etree.HTML(body, UTF_8)
    return [] if tree is None else tree.xpath("//a/@href")


def hrefs_plain(body):
    parser = _Links()
    parser.feed(body.decode(errors="replace"))
    return parser.found


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag == "a":
            self.found += [value or "" for name, value in attributes if name == "href"]


PARSERS = {"native": hrefs_native, "plain": hrefs_plain}
