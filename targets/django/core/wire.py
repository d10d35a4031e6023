"""JSON text in and out, as strict as the other stack.

UTF-8 without a byte order mark, no NaN, and nothing but an object where the
contract wants one.
"""

import json
import re
from contextlib import suppress

from django.http import HttpResponse

from core.config import config
from core.errors import Refusal


def _no_constant(name):
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


if config.tuned:
    import orjson

    def encode(value):
        return orjson.dumps(value).decode()

    dump = orjson.dumps
else:
    encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

    def dump(value):
        return encode(value).encode()


_decoder = json.JSONDecoder(parse_constant=_no_constant)
# Python refuses integers of thousands of digits; to the other stack they are infinite.
_lenient = json.JSONDecoder(parse_constant=_no_constant, parse_int=float)

MEDIA_TYPE = re.compile(r"[\w!#$%&'*+.^`|~-]+/[\w!#$%&'*+.^`|~-]+\s*(;.*)?", re.ASCII | re.DOTALL)


def answer(value, status=200):
    return HttpResponse(dump(value), status=status, content_type="application/json; charset=utf-8")


def decode(text):
    """The value, or ValueError: not JSON."""
    if config.tuned:
        with suppress(ValueError):  # it takes no half of a surrogate pair, say: the other one decides
            return orjson.loads(text)
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError:
        raise
    except ValueError:
        return _lenient.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def is_type(content_type, wanted):
    return content_type.split(";", 1)[0].strip().lower() == wanted


def is_json(content_type):
    return is_type(content_type, "application/json")


def parse(body):
    try:
        return decode(body.decode())
    except ValueError:
        raise Refusal(400, "bad_json", "the body is not JSON") from None


def json_body(request):
    if not is_json(request.headers.get("Content-Type", "")):
        raise Refusal(415, "unsupported", "the body must be application/json")
    value = parse(request.body)
    if not isinstance(value, dict):
        raise Refusal(422, "invalid", "the body must be an object")
    return value


def whole(value, least, most):
    """The whole number in range that a JSON number stands for, or None."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 5.0 and 5 are one number in JSON
    return value if type(value) is int and least <= value <= most else None


def query_integer(query, name, *, least, most, otherwise=None):
    """A query integer, in range; given twice is as wrong as not a number, and so
    is none where `otherwise` does not say what to take."""
    return _integer(query.getlist(name), name, least, most, otherwise)


def header_integer(request, name, *, most, otherwise):
    text = request.headers.get(name)
    return _integer([] if text is None else [text], name, 0, most, otherwise)


def _integer(texts, name, least, most, otherwise):
    if not texts and otherwise is not None:
        return otherwise
    if len(texts) == 1 and re.fullmatch("[0-9]{1,10}", texts[0]) and least <= int(texts[0]) <= most:
        return int(texts[0])
    raise Refusal(400, "bad_request", f"{name} must be a whole number from {least} to {most}")


def query_word(query, name, words):
    """A query word out of those allowed; without it, the first of them."""
    texts = query.getlist(name) or [words[0]]
    if len(texts) != 1 or texts[0] not in words:
        raise Refusal(400, "bad_request", f"{name} must be one of {', '.join(words)}")
    return texts[0]
