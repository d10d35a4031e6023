"""The rows of processor and memory: see exchanges.py for what a row says."""

from exchanges import JSON, Code, Exchange, get, post

MODES = ("inline", "thread", "pool")
KERNELS = ("sieve", "matrix", "hash", "json", "fib")
ZEROS = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"


def ran(kernel, n, check):
    return {"kernel": kernel, "n": n, "check": check}


def refused(query):
    return get(f"cpu {query}", f"/cpu/{query}", 400, Code("bad_request"))


def session(name, method, path, status, expected):
    return Exchange(name, method, f"/session/{path}", {}, None, status, expected)


CPU = [
    get("sieve", "/cpu/sieve", 200, ran("sieve", 200000, "17984")),
    get("fib", "/cpu/fib", 200, ran("fib", 20, "6765")),
    get("sieve of 1", "/cpu/sieve?n=1", 200, ran("sieve", 1, "0")),
    get("sieve of a prime", "/cpu/sieve?n=7", 200, ran("sieve", 7, "4")),
    get("sieve of a square", "/cpu/sieve?n=9", 200, ran("sieve", 9, "4")),
    get("fib of 1", "/cpu/fib?n=1", 200, ran("fib", 1, "1")),
    get("hash of 1", "/cpu/hash?n=1", 200, ran("hash", 1, ZEROS)),
    # 807 and then 249: 16807 modulo 1000, and 282475249 modulo 1000
    get("matrix of 1", "/cpu/matrix?n=1", 200, ran("matrix", 1, str(807 * 249))),
    # The first number is 16807, odd: [{"id":0,"name":"user0","double":33614}]
    get("json of 1", "/cpu/json?n=1", 200, ran("json", 1, "1:40")),
    get("no kernel", "/cpu/sort", 404, Code("not_found")),
    get("kernel in capitals", "/cpu/Sieve", 404, Code("not_found")),
    refused("sieve?n=0"),
    refused("sieve?n=10000001"),
    refused("matrix?n=257"),
    refused("hash?n=1000001"),
    refused("json?n=100001"),
    refused("fib?n=33"),
    refused("fib?n=-1"),
    refused("fib?n=1e1"),
    refused("fib?n="),
    refused("fib?n=1&n=1"),
    refused("fib?mode=Inline"),
    refused("fib?mode="),
    refused("fib?mode=pool&mode=pool"),
    post("kernel posted", "/cpu/fib", b"{}", 405, Code("method_not_allowed")),
    *(get(f"{kernel}, {mode}", f"/cpu/{kernel}?n=20&mode={mode}", 200, None) for kernel in KERNELS for mode in MODES),
]

MEMORY = [
    session("no session", "GET", "s-1", 404, Code("not_found")),
    session("put", "PUT", "s-1?kib=1", 204, ""),
    session("read", "GET", "s-1", 200, {"id": "s-1", "kib": 1, "check": "6"}),
    session("put again, larger", "PUT", "s-1?kib=1024", 204, ""),
    session("read again", "GET", "s-1", 200, {"id": "s-1", "kib": 1024, "check": str(4095 * 2048)}),
    session("put without a size", "PUT", "s-2", 204, ""),
    session("read the preset", "GET", "s-2", 200, {"id": "s-2", "kib": 16, "check": "2016"}),
    session("delete", "DELETE", "s-1", 204, ""),
    session("delete again", "DELETE", "s-1", 404, Code("not_found")),
    session("the other one stays", "GET", "s-2", 200, {"id": "s-2", "kib": 16, "check": "2016"}),
    session("delete the other", "DELETE", "s-2", 204, ""),
    session("bad name", "PUT", "A", 404, Code("not_found")),
    session("long name", "PUT", "a" * 65, 404, Code("not_found")),
    session("no size", "PUT", "s-3?kib=0", 400, Code("bad_request")),
    session("too large", "PUT", "s-3?kib=1025", 400, Code("bad_request")),
    session("size twice", "PUT", "s-3?kib=1&kib=1", 400, Code("bad_request")),
    session("nothing was kept", "GET", "s-3", 404, Code("not_found")),
    Exchange("session posted", "POST", "/session/s-3", JSON, b"{}", 405, Code("method_not_allowed")),
]
