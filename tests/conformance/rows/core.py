"""Status, echo, and what is refused everywhere."""

from exchanges import MIB, JSON, Code, Exchange, get, post

PLAIN = "A text of sixty-four bytes, the same from every reference server"
HELLO = '{"message":"Hello, World!"}'

COMMON = [
    get("plain", "/plain", 200, PLAIN),
    get("json", "/json", 200, HELLO),
    get("plain with a query", "/plain?a=1", 200, PLAIN),
    get("plain with a query of 8 kB", f"/plain?{'x' * 8000}", 200, PLAIN),
    get("bare plain", "/bare/plain", 200, PLAIN),
    get("bare json", "/bare/json", 200, HELLO),
    get("bare cpu", "/bare/cpu?n=1000", 200, {"kernel": "sieve", "n": 1000, "check": "168"}),
    get("bare cpu, preset", "/bare/cpu", 200, {"kernel": "sieve", "n": 200000, "check": "17984"}),
    get("bare cpu, too much", "/bare/cpu?n=10000001", 404, Code("not_found")),
    get("bare cpu, none", "/bare/cpu?n=0", 404, Code("not_found")),
    get("bare cpu, no number", "/bare/cpu?n=-1", 404, Code("not_found")),
    get("bare json, a query", "/bare/json?x", 200, HELLO),
    get("unknown", "/nope", 404, Code("not_found")),
    get("trailing slash", "/json/", 404, Code("not_found")),
    get("socket path without upgrade", "/ws/chat/a?user=b", 404, Code("not_found")),
    post("unknown, posted", "/nope", b"{}", 404, Code("not_found")),
    post("unknown ahead of size", "/nope", b"x" * (MIB + 1), 404, Code("not_found")),
    post("bad method", "/json", b"{}", 405, Code("method_not_allowed")),
    post("method ahead of size", "/plain", b"x" * (MIB + 1), 405, Code("method_not_allowed")),
    Exchange("delete", "DELETE", "/echo", {}, None, 405, Code("method_not_allowed")),
    Exchange("options", "OPTIONS", "/json", {}, None, 405, Code("method_not_allowed")),
]

ECHO = [
    post("echo json", "/echo", b'{"b":1, "a":[1.0,null]}', 200, '{"b":1, "a":[1.0,null]}'),
    post("echo text", "/echo", b"not { json", 200, "not { json", {"Content-Type": "text/plain"}),
    post("echo without type", "/echo", b"abc", 200, "abc", {}),
    post("echo nothing", "/echo", b"", 200, "", {"Content-Type": "text/plain"}),
    post("echo charset", "/echo", b"{}", 200, "{}", {"Content-Type": "application/json; charset=utf-8"}),
    post("echo at the limit", "/echo", b"x" * MIB, 200, "x" * MIB, {"Content-Type": "text/plain"}),
    post("echo bad type", "/echo", b"x", 415, Code("unsupported"), {"Content-Type": "nonsense"}),
    post("echo bad json", "/echo", b'{"a":', 400, Code("bad_json")),
    post("echo empty json", "/echo", b"", 400, Code("bad_json")),
    post("echo NaN", "/echo", b"[NaN]", 400, Code("bad_json")),
    post("echo Infinity", "/echo", b"-Infinity", 400, Code("bad_json")),
    post("echo bad utf-8", "/echo", b'"\xff"', 400, Code("bad_json")),
    post("echo byte order mark", "/echo", b"\xef\xbb\xbf{}", 400, Code("bad_json")),
    post("echo huge integer", "/echo", b"9" * 5000, 200, "9" * 5000),
    post("echo __proto__", "/echo", b'{"__proto__":{"a":1}}', 200, '{"__proto__":{"a":1}}'),
]

ROWS = COMMON + ECHO
