"""The crawler: the same pages, links and errors on every stack, in whatever order they come."""

import asyncio

import aiohttp
import pytest

from chat import encode

pytestmark = [pytest.mark.upstream, pytest.mark.stub]

JSON = {"Content-Type": "application/json"}


async def crawl(http, **body):
    async with http.post("/crawl", data=encode(body), headers=JSON) as answer:
        return answer.status, await answer.text()


def children(n):
    return [(i, child) for i, child in enumerate((3 * n - 1, 3 * n, 3 * n + 1)) if child <= 2000]


def page_at(url):
    """What the stub's site (targets/stub/site.js) has there: status, its own address, its links."""
    n = int(url.removeprefix("/site/").partition("?")[0])
    if n % 100 == 99:
        return 500, url, []
    if n == 777:
        return 301, url, []
    if n % 50 == 40:
        return page_at(f"/site/{n + 1}")
    if n % 200 == 70:
        return 200, url, []
    links = [f"/site/{n}?page={child}" if (n + i) % 5 == 4 else f"/site/{child}" for i, child in children(n)]
    return 200, url, [*links, f"/site/{max(1, (n + 1) // 3)}", f"/site/{n * 7 % 2000 + 1}", url]


def expected(start, depth, most):
    """A crawl of the site as it is written, without a request: pages, links, errors, and the addresses."""
    seen, level, links, addresses, errors = [start], [start], set(), [], []
    for _ in range(depth + 1):
        following = []
        for url in level:
            status, address, found = page_at(url)
            if status != 200:
                errors.append((url, status))
                continue
            addresses.append(address)
            links.update(found)
            for link in found:
                if link not in seen and len(seen) < most:
                    seen.append(link)
                    following.append(link)
        level = following
    return len(addresses), len(links), errors, addresses


async def sizes(stub, addresses):
    async with aiohttp.ClientSession(stub.url) as session:

        async def size(address):
            async with session.get(address) as answer:
                return len(await answer.read())

        return dict(zip(addresses, await asyncio.gather(*map(size, addresses)), strict=True))


@pytest.mark.parametrize(
    ("start", "depth", "most", "parser"),
    [
        ("/site/1", 10, 2000, "native"),
        ("/site/1", 10, 2000, "plain"),
        ("/site/5", 3, 50, "native"),
        ("/site/13", 2, 500, "native"),
        ("/site/777", 2, 500, "native"),
    ],
)
async def test_a_crawl_finds_what_is_there(upstream_http, stub, start, depth, most, parser):
    pages, links, errors, addresses = expected(start, depth, most)
    found = await sizes(stub, sorted(set(addresses)))
    size = sum(found[address] for address in addresses)
    broken = ",".join(f'{{"url":"{stub.url}{url}","status":{status}}}' for url, status in errors)
    status, text = await crawl(upstream_http, start=start, depth=depth, max=most, parser=parser)
    assert (status, text) == (200, f'{{"pages":{pages},"links":{links},"bytes":{size},"errors":[{broken}]}}')


async def test_a_part_of_it_is_the_same_each_time(upstream_http):
    first = await crawl(upstream_http, start="/site/5", depth=3, max=50)
    second, third = await asyncio.gather(*(crawl(upstream_http, start="/site/5", depth=3, max=50) for _ in range(2)))
    assert first == second == third


async def test_a_page_alone(upstream_http, stub):
    by_path = await crawl(upstream_http, start="/site/2", depth=0, max=10)
    assert by_path == await crawl(upstream_http, start=f"{stub.url}/site/2", depth=0, max=10)
    assert by_path[1].startswith('{"pages":1,"links":6,')


async def test_what_is_no_page(upstream_http, stub):
    _, text = await crawl(upstream_http, start="/site/2001", depth=2, max=10)
    assert text == f'{{"pages":0,"links":0,"bytes":0,"errors":[{{"url":"{stub.url}/site/2001","status":404}}]}}'
    _, text = await crawl(upstream_http, start="/nowhere/../site/./2001#part", depth=2, max=10)
    assert text == f'{{"pages":0,"links":0,"bytes":0,"errors":[{{"url":"{stub.url}/site/2001","status":404}}]}}'
    _, text = await crawl(upstream_http, start="/site/70", depth=2, max=10)  # text: its links are none
    assert text.startswith('{"pages":1,"links":0,')
    _, text = await crawl(upstream_http, start="http://127.0.0.1:1", depth=2, max=10)
    assert text == '{"pages":0,"links":0,"bytes":0,"errors":[{"url":"http://127.0.0.1:1/","status":0}]}'


BAD = [
    ({"start": "https://127.0.0.1/"}, "start"),
    ({"start": "http://example.org/"}, "start"),
    ({"start": "http://127.0.0.1.example.org/"}, "start"),
    ({"start": "http://user@127.0.0.1/"}, "start"),
    ({"start": "http://127.0.0.1:65536/"}, "start"),
    ({"start": "site/1"}, "start"),
    ({"start": 5}, "start"),
    ({"depth": 11}, "depth"),
    ({"depth": -1}, "depth"),
    ({"depth": "1"}, "depth"),
    ({"max": 0}, "max"),
    ({"max": 2001}, "max"),
    ({"parser": "fast"}, "parser"),
]


async def test_what_it_does_not_take(upstream_http):
    for change, field in BAD:
        status, text = await crawl(upstream_http, **({"start": "/site/1", "depth": 1, "max": 5} | change))
        assert (status, text) == (
            422, f'{{"error":{{"code":"invalid","message":"{field} is not valid","field":"{field}"}}}}'
        ), change  # fmt: skip
