"""The four services of an order, as a gateway asks them and as a process of this program
answers for them."""

import math
import random
import re

from core.errors import Refusal
from core.wire import query_integer

SERVICES = ("users", "catalogue", "prices", "stock")
ORDER = re.compile("[1-9][0-9]{0,5}|1000000")
SIGMA = 0.5  # of the lognormal distribution of the delays, with median
DELAY = {"least": 0, "most": 10_000, "otherwise": 0}


def forward(query, name):
    """For experiments: `stock=delay:500` at the gateway is `?delay=500` at the service."""
    texts = query.getlist(name)
    if not texts:
        return ""
    found = re.fullmatch("(delay|median|fail):([0-9]{1,4}|reset)", texts[0]) if len(texts) == 1 else None
    if not found or (found[2] == "reset" and found[1] != "fail"):
        raise Refusal(400, "bad_request", f"{name} must be delay:MS, median:MS, fail:503 or fail:reset")
    return f"?{found[1]}={found[2]}"


def delay_of(query):
    """How long a service takes, in ms."""
    delay = query_integer(query, "delay", **DELAY)
    if "median" not in query:
        return delay
    return query_integer(query, "median", **DELAY) * math.exp(SIGMA * random.gauss(0, 1))


def _price_of(product):
    return product * 37 % 5000 + 99


def _stock_of(product):
    return product * 7 % 50


def _products_of(order):
    return [(order * 3 + i * 7) % 97 + 1 for i in range(1 + order % 3)]


def _known(give):
    return lambda text: give(int(text)) if ORDER.fullmatch(text) else None


ANSWERS = {
    "users": _known(lambda id: {"id": id, "name": f"user{id}"}),
    "catalogue": _known(lambda id: {"items": [{"product": p, "name": f"p{p}"} for p in _products_of(id)]}),
    "prices": _known(lambda id: {"prices": [{"product": p, "price": _price_of(p)} for p in _products_of(id)]}),
    "stock": _known(lambda id: {"stock": [{"product": p, "stock": _stock_of(p)} for p in _products_of(id)]}),
}
