"""The request/response rows of the contract, one line each.

(name, method, path, headers, body) -> (status, body): a string is the whole
body, a dict the JSON that it must be, Code an error's code and what is at fault; None is
what other tests look at.
"""

from collections import namedtuple

Exchange = namedtuple("Exchange", "name method path headers body status expected")
Code = namedtuple("Code", "code field line", defaults=[None] * 2)

JSON = {"Content-Type": "application/json"}
SAY = b'{"user":"ann","id":"i1","at":5,"text":"hi"}'
PLAIN = "A text of sixty-four bytes, the same from every reference server"
HELLO = '{"message":"Hello, World!"}'
MIB = 1024 * 1024


def get(name, path, status, expected):
    return Exchange(name, "GET", path, {}, None, status, expected)


def post(name, path, body, status, expected, headers=JSON):
    return Exchange(name, "POST", path, headers, body, status, expected)


def say(name, body, status, expected):
    return post(name, "/api/chat/exchanges", body, status, expected)


COMMON = [
    get("plain", "/plain", 200, PLAIN),
    get("json", "/json", 200, HELLO),
    get("plain with a query", "/plain?a=1", 200, PLAIN),
    get("bare plain", "/bare/plain", 200, PLAIN),
    get("bare json", "/bare/json", 200, HELLO),
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

CHAT = [
    get("empty room", "/api/chat/nobody", 200, {"room": "nobody", "seq": 0, "messages": []}),
    get("bad room", "/api/chat/No_Such", 404, Code("not_found")),
    get("long room", "/api/chat/" + "a" * 65, 404, Code("not_found")),
    get("longest room", "/api/chat/" + "a" * 64, 200, {"room": "a" * 64, "seq": 0, "messages": []}),
    get("after not a number", "/api/chat/a?after=x", 400, Code("bad_request")),
    get("after negative", "/api/chat/a?after=-1", 400, Code("bad_request")),
    get("after empty", "/api/chat/a?after=", 400, Code("bad_request")),
    get("after too long", "/api/chat/a?after=12345678901", 400, Code("bad_request")),
    get("limit 0", "/api/chat/a?limit=0", 400, Code("bad_request")),
    get("limit 101", "/api/chat/a?limit=101", 400, Code("bad_request")),
    get("limit twice", "/api/chat/a?limit=1&limit=2", 400, Code("bad_request")),
    Exchange("chat method", "PUT", "/api/chat/a", JSON, b"{}", 405, Code("method_not_allowed")),
    post("say to a bad room", "/api/chat/A", SAY, 404, Code("not_found")),
    post("say as text", "/api/chat/a", SAY, 415, Code("unsupported"), {"Content-Type": "text/plain"}),
    post("say without type", "/api/chat/a", SAY, 415, Code("unsupported"), {}),
    say("say bad json", b"{", 400, Code("bad_json")),
    say("say an array", b"[]", 422, Code("invalid")),
    say("say null", b"null", 422, Code("invalid")),
    say("no user", b'{"id":"i","at":1,"text":"t"}', 422, Code("invalid", "user")),
    say("bad user", b'{"user":"A","id":"i","at":1,"text":"t"}', 422, Code("invalid", "user")),
    say("user with newline", b'{"user":"a\\n","id":"i","at":1,"text":"t"}', 422, Code("invalid", "user")),
    say("no id", b'{"user":"a","at":1,"text":"t"}', 422, Code("invalid", "id")),
    say("id with space", b'{"user":"a","id":"i i","at":1,"text":"t"}', 422, Code("invalid", "id")),
    say("id of 65", b'{"user":"a","id":"%s","at":1,"text":"t"}' % (b"i" * 65), 422, Code("invalid", "id")),
    say("no at", b'{"user":"a","id":"i","text":"t"}', 422, Code("invalid", "at")),
    say("at true", b'{"user":"a","id":"i","at":true,"text":"t"}', 422, Code("invalid", "at")),
    say("at half", b'{"user":"a","id":"i","at":1.5,"text":"t"}', 422, Code("invalid", "at")),
    say("at negative", b'{"user":"a","id":"i","at":-1,"text":"t"}', 422, Code("invalid", "at")),
    say("at 2^53", b'{"user":"a","id":"i","at":9007199254740992,"text":"t"}', 422, Code("invalid", "at")),
    say("at infinite", b'{"user":"a","id":"i","at":1e999,"text":"t"}', 422, Code("invalid", "at")),
    say("no text", b'{"user":"a","id":"i","at":1}', 422, Code("invalid", "text")),
    say("empty text", b'{"user":"a","id":"i","at":1,"text":""}', 422, Code("invalid", "text")),
    say("text of 4097", b'{"user":"a","id":"i","at":1,"text":"%s"}' % (b"t" * 4097), 422, Code("invalid", "text")),
    say("half a surrogate", b'{"user":"a","id":"i","at":1,"text":"\\ud800"}', 422, Code("invalid", "text")),
    say("first say", SAY, 201, {"room": "exchanges", "seq": 1}),
    say("at 2^53-1", b'{"user":"a","id":"~","at":9007199254740991,"text":"t"}', 201, {"room": "exchanges", "seq": 2}),
    say("at 7.0", b'{"user":"a","id":"!","at":7.0,"text":"t"}', 201, {"room": "exchanges", "seq": 3}),
    say(
        "text of 4096 bytes",
        b'{"user":"a","id":"i","at":0,"text":"%s"}' % ("é" * 2048).encode(),
        201,
        {"room": "exchanges", "seq": 4},
    ),
    say("escapes", b'{"user":"a","id":"i","at":0,"text":"\\u0000\\u001f\\u007f\\"\\\\/\\u2028\\ud83d\\ude00\\t"}', 201,
        {"room": "exchanges", "seq": 5}),
    get("read from 2, two", "/api/chat/exchanges?after=1&limit=2", 200, {
        "room": "exchanges",
        "seq": 5,
        "messages": [
            {"type": "message", "room": "exchanges", "from": "a", "seq": 2, "id": "~", "at": 9007199254740991, "text": "t"},
            {"type": "message", "room": "exchanges", "from": "a", "seq": 3, "id": "!", "at": 7, "text": "t"},
        ],
    }),
    get("read past the end", "/api/chat/exchanges?after=5", 200, {"room": "exchanges", "seq": 5, "messages": []}),
]

ALL = COMMON + ECHO + CHAT


async def perform(session, exchange):
    """The answer's status, media type and bytes, and its headers."""
    request = session.request(
        exchange.method,
        exchange.path,
        data=exchange.body,
        headers=exchange.headers,
        skip_auto_headers=["Content-Type"],
    )
    async with request as answer:
        return answer.status, answer.content_type, await answer.read(), answer.headers
