"""The gateway: what it makes of its services' answers, and of those that are late or fail."""

import asyncio
import socket
import time

import aiohttp
import pytest

from launcher import Target

pytestmark = pytest.mark.upstream

WHOLE = (
    '{"id":7,"user":{"id":7,"name":"user7"},"items":[{"product":22,"name":"p22","price":913,"stock":4},'
    '{"product":29,"name":"p29","price":1172,"stock":3}],"partial":false,"missing":[]}'
)
NULLS = {"prices": (('"price":913', '"price":null'), ('"price":1172', '"price":null')),
         "stock": (('"stock":4', '"stock":null'), ('"stock":3', '"stock":null'))}  # fmt: skip


def partial(*missing):
    text = WHOLE.replace('"partial":false', '"partial":true')
    for name in missing:
        for old, new in NULLS[name]:
            text = text.replace(old, new)
    return text.replace('"missing":[]', '"missing":[%s]' % ",".join(f'"{name}"' for name in missing))


async def ask(http, path):
    async with http.get(path) as answer:
        assert answer.headers["Content-Length"] == str(len(await answer.read()))
        return answer.status, await answer.text()


async def code(http, path):
    async with http.get(path) as answer:
        return answer.status, (await answer.json())["error"]["code"]


async def test_an_order_is_put_together(upstream_http):
    assert await ask(upstream_http, "/gateway/order/7") == (200, WHOLE)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", WHOLE),
        ("users=delay:10&stock=median:5", WHOLE),
        ("stock=fail:503", partial("stock")),
        ("stock=fail:reset", partial("stock")),
        ("prices=fail:503", partial("prices")),
        ("prices=fail:reset&stock=fail:503", partial("prices", "stock")),
        ("timeout=300&stock=delay:9999", partial("stock")),
        ("timeout=300&prices=delay:9999&stock=fail:503", partial("prices", "stock")),
    ],
)
async def test_without_what_is_optional_it_is_a_partial_one(upstream_http, query, expected):
    assert await ask(upstream_http, f"/gateway/order/7?{query}") == (200, expected)


@pytest.mark.parametrize("service", ["users", "catalogue"])
@pytest.mark.parametrize(
    ("fault", "expected"),
    [("fail:503", (502, "upstream")), ("fail:reset", (502, "upstream")), ("delay:9999", (504, "timeout"))],
)
async def test_without_what_is_required_there_is_no_order(upstream_http, service, fault, expected):
    assert await code(upstream_http, f"/gateway/order/7?timeout=200&{service}={fault}") == expected


async def test_a_failure_does_not_wait_for_the_others(upstream_http):
    began = time.monotonic()
    query = "timeout=5000&users=fail:503&catalogue=delay:4900&stock=delay:4900"
    assert (await code(upstream_http, f"/gateway/order/7?{query}"))[0] == 502
    assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/gateway/order/0", (404, "not_found")),
        ("/gateway/order/1000001", (404, "not_found")),
        ("/gateway/order/x", (404, "not_found")),
        ("/gateway/order/7?timeout=49", (400, "bad_request")),
        ("/gateway/order/7?timeout=5001", (400, "bad_request")),
        ("/gateway/order/7?stock=slow", (400, "bad_request")),
        ("/gateway/order/7?stock=delay:reset", (400, "bad_request")),
        ("/gateway/order/7?stock=delay:1&stock=delay:1", (400, "bad_request")),
        ("/fanout?k=0", (400, "bad_request")),
        ("/fanout?k=17", (400, "bad_request")),
        ("/fanout?delay=10001", (400, "bad_request")),
        ("/proxy?delay=x", (400, "bad_request")),
    ],
)
async def test_what_is_refused(upstream_http, path, expected):
    assert await code(upstream_http, path) == expected


async def test_leading_noughts_are_the_same_order(upstream_http):
    assert await ask(upstream_http, "/gateway/order/007") == (200, WHOLE)


async def test_a_fan_out_is_really_parallel(upstream_http):
    """Sixteen calls of 0.5 s each, one after the other, would be 8 s."""
    began = time.monotonic()
    assert await ask(upstream_http, "/fanout?k=16&delay=500&timeout=4000") == (200, '{"k":16,"ok":16,"failed":0}')
    assert time.monotonic() - began < 4


async def test_a_fan_out_counts_who_is_late(upstream_http):
    assert await ask(upstream_http, "/fanout?k=3&delay=9000&timeout=100") == (200, '{"k":3,"ok":0,"failed":3}')
    assert await ask(upstream_http, "/fanout") == (200, '{"k":8,"ok":8,"failed":0}')
    assert await ask(upstream_http, "/fanout?k=2&median=1") == (200, '{"k":2,"ok":2,"failed":0}')


async def test_the_proxy_hands_on_what_it_gets(upstream_http):
    assert await ask(upstream_http, "/proxy?delay=20") == (200, '{"delay":20}')
    assert await ask(upstream_http, "/proxy") == (200, '{"delay":0}')


@pytest.mark.stub
@pytest.mark.alone
async def test_many_calls_share_64_connections(upstream_http, stub):
    """In flight at once are more than a thread for each would carry; behind them, never more than 64."""
    most = 0
    async with aiohttp.ClientSession(stub.url) as behind:
        before = await connections(behind)
        calls = [asyncio.create_task(ask(upstream_http, "/proxy?delay=100")) for _ in range(100)]
        calls += [asyncio.create_task(ask(upstream_http, "/fanout?k=16&delay=20&timeout=5000")) for _ in range(20)]
        while not all(call.done() for call in calls):
            most = max(most, await connections(behind))
            await asyncio.sleep(0.01)
    assert {(await call)[0] for call in calls} == {200}
    assert most - before <= 64


async def connections(behind):
    async with behind.get("/connections") as answer:
        return (await answer.json())["connections"]


async def test_an_upstream_that_is_not_there(name):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, but does not listen: refused
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        with Target(name, FEATURES="core,gateway", STUB_URL=url) as target:
            async with aiohttp.ClientSession(target.url) as http:
                assert await code(http, "/gateway/order/7") == (502, "upstream")
                assert await code(http, "/proxy") == (502, "upstream")
                assert await ask(http, "/fanout?k=2") == (200, '{"k":2,"ok":0,"failed":2}')
            assert target.stop() == 0
            assert target.stderr() == ""


async def test_its_own_services_answer_as_the_stub_does(name, stub):
    with Target(name, FEATURES="core,services") as services:
        async with aiohttp.ClientSession(services.url) as own, aiohttp.ClientSession(stub.url) as neutral:
            for path in ("users/7", "catalogue/7", "prices/7", "stock/7", "users/1000000", "leaf", "slow?delay=5"):
                assert await ask(own, f"/{path}") == await ask(neutral, f"/{path}")
            assert (await ask(own, "/users/0"))[0] == (await ask(neutral, "/users/0"))[0] == 404
            assert (await ask(own, "/stock/7?fail=503"))[0] == 503
            assert (await ask(own, "/stock/7?median=3"))[0] == 200
            for query in ("delay=x", "delay=-1", "delay=10001", "median=x", "median=5&delay=x", "delay=1&delay=1"):
                assert await code(own, f"/slow?{query}") == (400, "bad_request"), query
        with Target(name, FEATURES="core,gateway", STUB_URL=services.url) as gateway:
            async with aiohttp.ClientSession(gateway.url) as http:
                assert await ask(http, "/gateway/order/7") == (200, WHOLE)
                assert await ask(http, "/gateway/order/7?stock=fail:reset") == (200, partial("stock"))


@pytest.mark.parametrize("services", ["node-services", "django-services"])
async def test_a_gateway_with_services_of_its_own_is_one_target(services):
    with Target(services, FEATURES="core,gateway") as target:
        async with aiohttp.ClientSession(target.url) as http:
            assert await ask(http, "/gateway/order/7?timeout=5000") == (200, WHOLE)
            assert await ask(http, "/gateway/order/7?timeout=5000&stock=fail:503") == (200, partial("stock"))
            assert await ask(http, "/fanout?k=16&timeout=5000") == (200, '{"k":16,"ok":16,"failed":0}')
        assert await asyncio.to_thread(target.stop) == 0
        assert target.stderr() == ""
