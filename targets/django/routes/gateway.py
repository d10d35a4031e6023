"""What a gateway does: asks several services at once, under one deadline."""

import asyncio
import re

import aiohttp
from django.urls import path

from core import upstream
from core.config import config
from core.errors import Refusal, not_found
from core.methods import methods
from core.services import SERVICES, forward
from core.upstream import Failure, get_json
from core.wire import answer, query_integer

LIBRARIES = ("aiohttp",)
TIMEOUT = {"least": 50, "most": 5000, "otherwise": 1000}
DELAY = {"least": 0, "most": 10_000, "otherwise": 0}
stop = upstream.close


async def order(request, id):
    """Users and catalogue are required; without prices or stock the answer is a partial one."""
    if not re.fullmatch("[0-9]{1,10}", id):
        raise not_found()
    timeout = query_integer(request.GET, "timeout", **TIMEOUT)
    asked = {name: forward(request.GET, name) for name in SERVICES}
    urls = {name: f"{config.upstreams[name]}/{name}/{int(id)}{asked[name]}" for name in SERVICES}
    required = [asyncio.ensure_future(get_json(urls[name])) for name in ("users", "catalogue")]
    optional = [asyncio.ensure_future(or_none(get_json(urls[name]))) for name in ("prices", "stock")]
    calls = [*required, *optional]
    try:
        await asyncio.wait(calls, timeout=timeout / 1000, return_when=asyncio.FIRST_EXCEPTION)
        user, catalogue = results(required)
        prices, stock = [call.result() if call.done() else None for call in optional]
        return answer(compose(int(id), user, catalogue, prices, stock))
    finally:
        await end(calls)


async def or_none(call):
    try:
        return await call
    except (Failure, aiohttp.ClientError, ValueError):
        return None


def results(calls):
    """What all have given; or why there is no answer, which one that failed knows better than one that is late."""
    for call in calls:
        if call.done() and call.exception():
            raise as_refusal(call.exception())
    if not all(call.done() for call in calls):
        raise Refusal(504, "timeout", "a service took too long")
    return [call.result() for call in calls]


def as_refusal(error):
    if isinstance(error, Failure) and error.status == 404:
        return not_found()
    if isinstance(error, (Failure, aiohttp.ClientError, ValueError)):
        return Refusal(502, "upstream", "a service failed")
    return error


async def end(calls):
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


def compose(id, user, catalogue, prices, stock):
    price_of = {each["product"]: each["price"] for each in prices["prices"]} if prices else {}
    stock_of = {each["product"]: each["stock"] for each in stock["stock"]} if stock else {}
    missing = [name for name, given in (("prices", prices), ("stock", stock)) if not given]
    items = [
        {
            "product": item["product"],
            "name": item["name"],
            "price": price_of.get(item["product"]),
            "stock": stock_of.get(item["product"]),
        }
        for item in catalogue["items"]
    ]
    return {"id": id, "user": user, "items": items, "partial": len(missing) > 0, "missing": missing}


async def fan_out(request):
    k = query_integer(request.GET, "k", least=1, most=16, otherwise=8)
    delay = query_integer(request.GET, "delay", **DELAY)
    median = query_integer(request.GET, "median", **DELAY)
    timeout = query_integer(request.GET, "timeout", **TIMEOUT)
    leaf = f"{config.upstreams['leaf']}/leaf?" + (f"median={median}" if median > 0 else f"delay={delay}")
    calls = [asyncio.ensure_future(or_none(get_json(leaf))) for _ in range(k)]
    try:
        done, _ = await asyncio.wait(calls, timeout=timeout / 1000)
        ok = sum(call.result() is not None for call in done)
        return answer({"k": k, "ok": ok, "failed": k - ok})
    finally:
        await end(calls)


async def proxy(request):
    delay = query_integer(request.GET, "delay", **DELAY)
    try:
        async with asyncio.timeout(TIMEOUT["most"] / 1000):
            return answer(await get_json(f"{config.upstreams['leaf']}/slow?delay={delay}"))
    except TimeoutError:
        raise Refusal(504, "timeout", "a service took too long") from None
    except (Failure, aiohttp.ClientError, ValueError) as error:
        raise as_refusal(error) from None


urlpatterns = [
    path("gateway/order/<str:id>", methods(GET=order)),
    path("fanout", methods(GET=fan_out)),
    path("proxy", methods(GET=proxy)),
]
