"""Readings and their summary. In order: the last rows count on what was stored."""

import json

from exchanges import Code, get, post

SUMMARY = "/api/devices/rows/summary?metric=temp"


def reading(ts=60_000, metric="temp", value=2150):
    return {"ts": ts, "metric": metric, "value": value}


def store(name, status, expected, device="rows", readings=None):
    body = {"device": device, "readings": [reading()] if readings is None else readings}
    return post(name, "/api/readings", json.dumps(body).encode(), status, expected)


def bad(name, **change):
    return store(name, 422, Index(1), readings=[reading(), reading() | change])


def Index(index):
    return Code("invalid", index=index)


ROWS = [
    get("readings are not listed", "/api/readings", 405, Code("method_not_allowed")),
    get("summary of no device", "/api/devices/nobody/summary?metric=temp&from=0&to=1", 404, Code("not_found")),
    get("summary of a bad device", "/api/devices/A_B/summary?metric=temp&from=0&to=1", 404, Code("not_found")),
    get("summary without metric", "/api/devices/rows/summary?from=0&to=1", 400, Code("bad_request")),
    get("summary of a bad metric", "/api/devices/rows/summary?metric=A&from=0&to=1", 400, Code("bad_request")),
    get("summary of two metrics", f"{SUMMARY}&metric=b&from=0&to=1", 400, Code("bad_request")),
    get("summary without from", f"{SUMMARY}&to=1", 400, Code("bad_request")),
    get("summary without to", f"{SUMMARY}&from=1", 400, Code("bad_request")),
    get("summary backwards", f"{SUMMARY}&from=2&to=1", 400, Code("bad_request")),
    get("summary of more than a day", f"{SUMMARY}&from=0&to=1441", 400, Code("bad_request")),
    post("readings as text", "/api/readings", b"{}", 415, Code("unsupported"), {"Content-Type": "text/plain"}),
    post("readings bad json", "/api/readings", b"[", 400, Code("bad_json")),
    post("no device", "/api/readings", b"{}", 422, Code("invalid", "device")),
    post("no readings", "/api/readings", b'{"device":"d"}', 422, Code("invalid", "readings")),
    store("bad device", 422, Code("invalid", "device"), device="D 1"),
    store("device of 65", 422, Code("invalid", "device"), device="d" * 65),
    store("readings empty", 422, Code("invalid", "readings"), readings=[]),
    store("readings an object", 422, Code("invalid", "readings"), readings={}),
    store("1001 readings", 422, Code("invalid", "readings"), readings=[reading()] * 1001),
    store("a number for a reading", 422, Index(0), readings=[5]),
    bad("ts negative", ts=-1),
    bad("ts 2^53", ts=2**53),
    bad("ts text", ts="1"),
    bad("metric empty", metric=""),
    bad("metric of 33", metric="m" * 33),
    bad("metric of capitals", metric="Temp"),
    bad("value 2^31", value=2**31),
    bad("value below -2^31", value=-(2**31) - 1),
    bad("value half", value=0.5),
    bad("value true", value=True),
    *[
        store(f"bad at {index}", 422, Index(index), readings=[reading()] * index + [{}] + [reading()] * (999 - index))
        for index in (0, 500, 999)
    ],
    get("nothing was stored", "/api/devices/rows/summary?metric=temp&from=0&to=10", 404, Code("not_found")),
    store("one reading", 202, {"stored": 1}),
    store("1000 readings", 202, {"stored": 1000}, readings=[reading(120_000 + i, "temp", i - 500) for i in range(1000)]),
    store("extremes", 202, {"stored": 2}, readings=[reading(179_999, "temp", 2**31 - 1), reading(180_000.0, "temp", -(2**31))]),
    store("another metric", 202, {"stored": 1}, readings=[reading(metric="wind_9")]),
    store("another device", 202, {"stored": 1}, device="a" * 64),
    get("summary", f"{SUMMARY}&from=0&to=10", 200, {
        "device": "rows",
        "buckets": [
            {"minute": 1, "n": 1, "min": 2150, "max": 2150, "sum": 2150},
            {"minute": 2, "n": 1001, "min": -500, "max": 2**31 - 1, "sum": 2**31 - 1 - 500},
            {"minute": 3, "n": 1, "min": -(2**31), "max": -(2**31), "sum": -(2**31)},
        ],
    }),
    get("summary of one minute", f"{SUMMARY}&from=1&to=2", 200, {
        "device": "rows", "buckets": [{"minute": 1, "n": 1, "min": 2150, "max": 2150, "sum": 2150}],
    }),
    get("summary of no minute", f"{SUMMARY}&from=1&to=1", 200, {"device": "rows", "buckets": []}),
    get("summary of a metric that is not there", "/api/devices/rows/summary?metric=none&from=0&to=9", 200,
        {"device": "rows", "buckets": []}),
]  # fmt: skip
