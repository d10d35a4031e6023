"""The shop without its carts' contents, whose ids are random: those are in test_shop.py."""

from exchanges import JSON, Code, Exchange, get, post

NOBODY = "00000000-0000-4000-8000-000000000000"
ITEM = b'{"product":1,"quantity":2}'
FIRST = {"id": 1, "name": "product 1", "price": 137, "stock": 1000000}


def item(name, body, expected):
    return post(name, f"/api/carts/{NOBODY}/items", body, 422, expected)


def order(name, body, status, expected, key="k-1"):
    return post(name, "/api/orders", body, status, expected, JSON | ({"Idempotency-Key": key} if key else {}))


ROWS = [
    get("product", "/api/products/1", 200, FIRST),
    get("no product 0", "/api/products/0", 404, Code("not_found")),
    get("no product 1001", "/api/products/1001", 404, Code("not_found")),
    get("no product of ten digits", "/api/products/9999999999", 404, Code("not_found")),
    get("no product of eleven digits", "/api/products/12345678901", 404, Code("not_found")),
    get("no product -1", "/api/products/-1", 404, Code("not_found")),
    get("no product x", "/api/products/x", 404, Code("not_found")),
    get("page 0", "/api/products?page=0", 400, Code("bad_request")),
    get("page 51", "/api/products?page=51", 400, Code("bad_request")),
    get("page x", "/api/products?page=x", 400, Code("bad_request")),
    get("page twice", "/api/products?page=1&page=2", 400, Code("bad_request")),
    post("products, posted", "/api/products", b"{}", 405, Code("method_not_allowed")),
    get("carts are not listed", "/api/carts", 405, Code("method_not_allowed")),
    post("item of no cart", f"/api/carts/{NOBODY}/items", ITEM, 404, Code("not_found")),
    post("item of a bad cart", "/api/carts/x/items", ITEM, 404, Code("not_found")),
    post("item as text", f"/api/carts/{NOBODY}/items", ITEM, 415, Code("unsupported"), {"Content-Type": "text/plain"}),
    post("item bad json", f"/api/carts/{NOBODY}/items", b"{", 400, Code("bad_json")),
    item("item an array", b"[]", Code("invalid")),
    item("item without product", b'{"quantity":1}', Code("invalid", "product")),
    item("item product text", b'{"product":"1","quantity":1}', Code("invalid", "product")),
    item("item product true", b'{"product":true,"quantity":1}', Code("invalid", "product")),
    item("item product 1.5", b'{"product":1.5,"quantity":1}', Code("invalid", "product")),
    item("item product too large", b'{"product":1e15,"quantity":1}', Code("invalid", "product")),
    item("item without quantity", b'{"product":1}', Code("invalid", "quantity")),
    item("item quantity 0", b'{"product":1,"quantity":0}', Code("invalid", "quantity")),
    item("item quantity 100", b'{"product":1,"quantity":100}', Code("invalid", "quantity")),
    order("order without key", b'{"cart":"%s"}' % NOBODY.encode(), 400, Code("bad_request"), key=None),
    order("order with a key of 65", b'{"cart":"%s"}' % NOBODY.encode(), 400, Code("bad_request"), key="k" * 65),
    order("order with a blank in the key", b'{"cart":"%s"}' % NOBODY.encode(), 400, Code("bad_request"), key="k k"),
    order("order without cart", b"{}", 422, Code("invalid", "cart")),
    order("order of a number", b'{"cart":5}', 422, Code("invalid", "cart")),
    order("order of no uuid", b'{"cart":"x"}', 422, Code("invalid", "cart")),
    order("order of an empty cart", b'{"cart":"%s"}' % NOBODY.encode(), 422, Code("invalid", "cart")),
    order("order bad json", b"{", 400, Code("bad_json")),
    Exchange("order, put", "PUT", "/api/orders", JSON, b"{}", 405, Code("method_not_allowed")),
]
