import json

import pytest
from django.db import connection
from django.test import AsyncClient

from core.errors import Refusal
from routes import iot, shop

client = AsyncClient(raise_request_exception=False)


async def post(url, value=None, **headers):
    return await client.post(url, json.dumps(value), content_type="application/json", headers=headers)


async def cart_of(*items):
    cart = (await post("/api/carts")).json()["cart"]
    for product, quantity in items:
        await post(f"/api/carts/{cart}/items", {"product": product, "quantity": quantity})
    return cart


async def order(cart, key):
    return await post("/api/orders", {"cart": cart}, **{"Idempotency-Key": key})


async def test_an_order_is_placed_once_for_its_key():
    cart = await cart_of((1, 2), (2, 1))
    answers = [await order(cart, key) for key in ("a", "a", "b")]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert answers[0].content == answers[1].content
    assert answers[0].json()["id"] != answers[2].json()["id"]


async def test_an_order_that_cannot_be_filled_changes_nothing():
    async def stock():
        return (await client.get("/api/products/3")).json()["stock"]

    before = await stock()
    cart = await cart_of((3, 1), (20, 99))
    assert (await order(cart, "c")).status_code == 201
    refused = await order(cart, "d")
    assert (refused.status_code, refused.json()["error"]["product"]) == (409, 20)
    assert await stock() == before - 1
    audit = (await client.get("/api/audit/shop")).json()
    assert (audit["oversold"], audit["mismatch"]) == (0, 0)


async def test_the_audit_finds_what_does_not_add_up(change):
    before = (await client.get("/api/audit/shop")).json()
    await change("UPDATE product SET stock = stock - 1 WHERE id = 6")
    await change("UPDATE product SET stock = -1 WHERE id = 7")
    await change("INSERT INTO orders (key, cart_id, lines, total) VALUES ('x', 'x', 1, 5)")
    after = (await client.get("/api/audit/shop")).json()
    assert after == {"orders": before["orders"] + 1, "oversold": 1, "mismatch": before["mismatch"] + 3}


@pytest.fixture
def change():
    from asgiref.sync import sync_to_async

    def run(sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)
        connection.close()

    return sync_to_async(run)


def test_the_first_bad_reading_is_named():
    good = {"ts": 1, "metric": "m", "value": 2}
    assert iot.check("d", [good]) == ("d", [("m", 1, 2)])
    with pytest.raises(Refusal) as refusal:
        iot.check("d", [good, good | {"value": 0.5}, {}])
    assert refusal.value.details == {"index": 1}


def test_a_total_is_the_sum_of_its_lines():
    assert shop.total_of([{"quantity": 2, "price": 5}, {"quantity": 1, "price": 7}]) == 17
