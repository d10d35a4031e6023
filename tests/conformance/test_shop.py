"""The shop: carts, orders, and that nothing is sold that is not there."""

import asyncio
import os
import uuid
from urllib.parse import urlsplit

import psutil
import pytest
from exchanges import visit
from launcher import serving, tree

from rows.shop import FIRST

pytestmark = [pytest.mark.database, pytest.mark.data]

SCARCE = 100  # pieces of each twentieth product


async def ask(http, method, path, body=None, **headers):
    async with http.request(method, path, json=body, headers=headers) as answer:
        return answer.status, await answer.json(), answer.headers.get("x-statements", "")


async def cart_of(http, *items):
    cart = (await ask(http, "POST", "/api/carts"))[1]["cart"]
    for product, quantity in items:
        status, body, _ = await ask(http, "POST", f"/api/carts/{cart}/items", {"product": product, "quantity": quantity})
        assert status == 200, body
    return cart


async def order(http, cart, key=None):
    headers = {"Idempotency-Key": key or str(uuid.uuid4())}
    return (await ask(http, "POST", "/api/orders", {"cart": cart}, **headers))[:2]


async def stock_of(http, product):
    return (await ask(http, "GET", f"/api/products/{product}"))[1]["stock"]


async def test_the_catalogue_has_1000_products_on_50_pages(http):
    ids = []
    for page in range(1, 51):
        body = (await ask(http, "GET", f"/api/products?page={page}"))[1]
        assert (body["page"], body["pages"], list(body["items"][0])) == (page, 50, list(FIRST))
        ids += [item["id"] for item in body["items"]]
    assert ids == list(range(1, 1001))
    assert (await ask(http, "GET", "/api/products"))[1]["page"] == 1


async def test_a_cart_holds_what_was_set_last(http):
    cart = await cart_of(http, (3, 99), (1, 2), (3, 1))
    status, body, _ = await ask(http, "POST", f"/api/carts/{cart}/items", {"product": 2.0, "quantity": 4})
    assert (status, body) == (200, {
        "cart": cart,
        "items": [
            {"product": 1, "quantity": 2, "price": 137},
            {"product": 2, "quantity": 4, "price": 174},
            {"product": 3, "quantity": 1, "price": 211},
        ],
        "total": 2 * 137 + 4 * 174 + 211,
    })  # fmt: skip
    for product in (0, 1001):
        status, body, _ = await ask(http, "POST", f"/api/carts/{cart}/items", {"product": product, "quantity": 1})
        assert (status, body["error"]["field"]) == (422, "product")


async def test_an_order_takes_from_the_stock_and_its_key_makes_it_once(http):
    before = await stock_of(http, 7)
    cart = await cart_of(http, (7, 3), (8, 1))
    key = str(uuid.uuid4())
    answers = await asyncio.gather(*(order(http, cart, key) for _ in range(20)))
    assert answers.count(answers[0]) == 20
    status, body = answers[0]
    assert (status, body) == (201, {"id": body["id"], "cart": cart, "lines": 2, "total": 3 * 359 + 396})
    assert await stock_of(http, 7) == before - 3
    other = await cart_of(http, (7, 1))
    status, body = await order(http, other, key)
    assert (status, body["error"]["code"]) == (409, "conflict")
    assert await stock_of(http, 7) == before - 3


async def test_an_order_that_cannot_be_filled_changes_nothing(http):
    before = await stock_of(http, 9)
    cart = await cart_of(http, (9, 5), (20, 99))
    key = str(uuid.uuid4())
    status = (await order(http, cart, key))[0]
    assert status in (201, 409)
    if status == 201:
        before -= 5
        key = str(uuid.uuid4())
    status, body = await order(http, cart, key)
    assert (status, body["error"]) == (409, body["error"] | {"code": "sold_out", "product": 20})
    assert await stock_of(http, 9) == before
    await ask(http, "POST", f"/api/carts/{cart}/items", {"product": 20, "quantity": 1})
    assert (await order(http, cart, key))[0] == 201  # the key of an order that failed is free


async def test_of_200_orders_for_100_pieces_100_are_filled(patient_lane):
    async with visit(patient_lane) as http:
        few = asyncio.Semaphore(32)  # on a busy machine, more of them would wait for SQLite's lock longer than they may

        async def buy():
            async with few:
                return await order(http, await cart_of(http, (101, 1), (40, 1)))

        answers = await asyncio.gather(*(buy() for _ in range(200)))
        assert sorted(status for status, _ in answers) == [201] * SCARCE + [409] * SCARCE
        assert await stock_of(http, 40) == 0
        audit = (await ask(http, "GET", "/api/audit/shop"))[1]
        assert (audit["oversold"], audit["mismatch"]) == (0, 0)


async def test_carts_of_opposite_order_do_not_lock_each_other_out(http):
    """Not more than SQLite, which has one writer at a time, brings through within its patience on a busy machine."""
    carts = [await cart_of(http, (11 + i % 2, 1), (12 - i % 2, 1)) for i in range(16)]
    answers = await asyncio.gather(*(order(http, cart) for cart in carts))
    assert {status for status, _ in answers} == {201}


async def test_after_all_that_the_books_are_right(http):
    audit = (await ask(http, "GET", "/api/audit/shop"))[1]
    assert (audit["oversold"], audit["mismatch"]) == (0, 0)
    await order(http, await cart_of(http, (13, 1)))
    assert (await ask(http, "GET", "/api/audit/shop"))[1] == audit | {"orders": audit["orders"] + 1}


POOL = 8  # DATABASE_POOL


@pytest.mark.services
async def test_a_process_has_no_more_connections_to_postgresql_than_its_pool(name):
    """However many ask at once, and nobody is sent away."""
    port = urlsplit(os.environ["DATABASE_URL"]).port
    with serving(name, DATABASE_WAIT_MS="20000") as target:
        async with visit(target) as http:
            answers = await asyncio.gather(*(ask(http, "GET", "/api/products") for _ in range(100)))
            assert {status for status, *_ in answers} == {200}
        theirs = [each.pid for each in psutil.net_connections("tcp") if each.raddr and each.raddr.port == port]
        counts = [theirs.count(process.pid) for one in target.servers for process in tree(one.process.pid)]
    assert 0 < max(counts) <= POOL


async def test_each_request_takes_the_statements_of_the_contract(name):
    with serving(name, TRACE_STATEMENTS="1") as target:
        async with visit(target) as http:
            cart = await cart_of(http, (1, 1))
            items, orders = f"/api/carts/{cart}/items", "/api/orders"
            readings = [{"ts": 0, "metric": "m", "value": 1}] * 50
            key = {"Idempotency-Key": "statements"}
            for method, path, body, headers, expected in (
                ("GET", "/json", None, {}, ""),
                ("GET", "/api/products", None, {}, "SELECT product, SELECT product"),
                ("GET", "/api/products/1", None, {}, "SELECT product"),
                ("POST", "/api/carts", None, {}, "INSERT cart"),
                ("POST", items, {"product": 2, "quantity": 1}, {},
                 "SELECT cart, SELECT product, INSERT cart_line, SELECT cart_line"),
                ("POST", orders, {"cart": cart}, key,
                 "INSERT order_key, SELECT orders, SELECT cart_line, UPDATE product, UPDATE product, "
                 "INSERT orders, INSERT order_line"),
                ("POST", orders, {"cart": cart}, key, "INSERT order_key, SELECT orders"),
                ("GET", "/api/audit/shop", None, {}, "SELECT orders, SELECT product, SELECT product, SELECT orders"),
                ("POST", "/api/readings", {"device": "d", "readings": readings}, {}, "INSERT device, INSERT reading"),
                ("GET", "/api/devices/d/summary?metric=m&from=0&to=1", None, {}, "SELECT device, SELECT reading"),
            ):  # fmt: skip
                assert (await ask(http, method, path, body, **headers))[2] == expected, path
