import asyncio

import pytest
from django.http import QueryDict

from core import crawl, services
from core.errors import Refusal
from core.upstream import Failure
from routes import gateway


def test_faults_are_handed_on_and_others_are_refused():
    assert services.forward(QueryDict("stock=delay:500"), "stock") == "?delay=500"
    assert services.forward(QueryDict(""), "stock") == ""
    for text in ("stock=slow", "stock=delay:reset", "stock=fail:", "stock=delay:1&stock=delay:1"):
        with pytest.raises(Refusal):
            services.forward(QueryDict(text), "stock")


def test_delays_are_as_asked_for_or_around_their_median():
    assert services.delay_of(QueryDict("delay=20")) == 20
    assert services.delay_of(QueryDict("")) == 0
    drawn = sorted(services.delay_of(QueryDict("median=100")) for _ in range(1001))
    assert 85 < drawn[500] < 118
    assert drawn[0] > 0


async def test_what_failed_is_told_ahead_of_what_is_late():
    async def fails(status):
        raise Failure(status)

    calls = [asyncio.ensure_future(asyncio.sleep(60)), asyncio.ensure_future(fails(503))]
    await asyncio.wait(calls, return_when=asyncio.FIRST_EXCEPTION)
    with pytest.raises(Refusal) as refusal:
        gateway.results(calls)
    assert refusal.value.status == 502
    with pytest.raises(Refusal) as refusal:
        gateway.results(calls[:1])
    assert refusal.value.status == 504
    await gateway.end(calls)


@pytest.mark.parametrize("hrefs", [crawl.hrefs_native, crawl.hrefs_plain])
async def test_a_crawl_stays_on_its_site_and_counts_each_link_once(monkeypatch, hrefs):
    pages = {"http://s/a": b'<a href="b#x">1</a><A HREF="/a">2</a><a href="http://other/">3</a>', "http://s/b": b"no link"}

    async def get(url):
        return 200, {"Content-Type": "text/html"}, pages[url]

    monkeypatch.setattr(crawl, "get", get)
    size = sum(map(len, pages.values()))
    assert await crawl.crawl("http://s/a", 1, 10, hrefs) == {"pages": 2, "links": 2, "bytes": size, "errors": []}
    assert (await crawl.crawl("http://s/a", 1, 1, hrefs))["pages"] == 1


@pytest.mark.parametrize("hrefs", [crawl.hrefs_native, crawl.hrefs_plain])
async def test_an_address_is_the_same_page_in_whatever_way_it_is_written(monkeypatch, hrefs):
    ways = ("/../b", "../x/./../b", "http://s/x/../b", "http://s?b", "http://s")
    pages = {"http://s/dots": "".join(f"<a href='{way}'>" for way in ways), "http://s/b": "no link"}

    async def get(url):
        return 200 if url in pages else 404, {"Content-Type": "text/html"}, pages.get(url, "").encode()

    monkeypatch.setattr(crawl, "get", get)
    found = await crawl.crawl("http://s/x/../dots#part", 1, 10, hrefs)
    assert (found["pages"], found["links"]) == (2, 3)
    assert found["errors"] == [{"url": "http://s/?b", "status": 404}, {"url": "http://s/", "status": 404}]


@pytest.mark.parametrize("hrefs", [crawl.hrefs_native, crawl.hrefs_plain])
def test_no_page_is_too_bad_to_be_read(hrefs):
    assert hrefs(b'\xff<a href="b">') == ["b"]
    assert hrefs(b'<?xml version="1.0" encoding="utf-8"?><html><a href="b">1</a></html>') == ["b"]
    assert hrefs(b"") == hrefs(b"<!-- <a href='b'> -->") == []


async def test_a_redirect_is_followed_on_its_site_three_times_at_most(monkeypatch):
    places = {"http://s/once": "/b", "http://s/loop": "/loop", "http://s/away": "http://other/"}

    async def get(url):
        return (302, {"Location": places[url]}, b"") if url in places else (200, {"Content-Type": "text/html"}, b"no link")

    monkeypatch.setattr(crawl, "get", get)
    assert (await crawl.crawl("http://s/once", 0, 1, crawl.hrefs_native))["bytes"] == len(b"no link")
    for url in ("http://s/loop", "http://s/away"):
        found = await crawl.crawl(url, 0, 1, crawl.hrefs_native)
        assert (found["pages"], found["errors"]) == (0, [{"url": url, "status": 302}])
