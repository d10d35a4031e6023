"""A small network: POST /ml/digits?engine=plain|onnx."""

from django.urls import path

from core.errors import Refusal
from core.messages import count
from core.methods import methods
from core.pools import here, native
from core.wire import answer, json_body, query_word
from heavy import digits
from heavy.session import LIBRARIES

ENGINES = {"plain": (here, digits.plain), "onnx": (native, digits.onnx)}
MOST = 32  # pictures at once


def post(request):
    run, engine = ENGINES[query_word(request.GET, "engine", list(ENGINES))]
    body = json_body(request)
    if "batch" not in body:
        pixels = body.get("pixels")
        if not _is_picture(pixels):
            raise Refusal(422, "invalid", "pixels are not valid", field="pixels")
        return run(engine, [pixels], then=lambda scores: answer(digits.answer(scores[0])))
    batch = body["batch"]
    if not (isinstance(batch, list) and 1 <= len(batch) <= MOST and all(map(_is_picture, batch))):
        raise Refusal(422, "invalid", "the batch is not valid", field="batch")
    return run(engine, batch, then=lambda scores: answer({"results": [digits.answer(each) for each in scores]}))


def _is_picture(value):
    return isinstance(value, list) and len(value) == 64 and all(_is_pixel(x) for x in value)


def _is_pixel(value):
    number = count(value)
    return number is not None and number <= 16


urlpatterns = [path("ml/digits", methods(POST=post))]
