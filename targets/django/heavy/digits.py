"""The digit of a picture of 8 by 8: a network of 64, 32 and 10, computed in plain
code or by ONNX Runtime, from the same weights."""

import json
from math import exp
from pathlib import Path

import numpy

from heavy.session import session

DATA = Path(__file__).parents[2] / "data"

_weights = json.loads((DATA / "digits.json").read_text())
_w1, _b1, _w2, _b2 = (_weights[name] for name in ("w1", "b1", "w2", "b2"))
_network = session(DATA / "digits.onnx")


def plain(pictures):
    return [_softmax(_layer([max(x, 0) for x in _layer(pixels, _w1, _b1)], _w2, _b2)) for pixels in pictures]


def onnx(pictures):
    pixels = numpy.array(pictures, numpy.float32)
    (scores,) = _network.run(None, {"pixels": pixels})
    return scores.tolist()


def _layer(inputs, weights, biases):
    sums = list(biases)
    for value, row in zip(inputs, weights):
        for j, weight in enumerate(row):
            sums[j] += value * weight
    return sums


def _softmax(logits):
    most = max(logits)
    powers = [exp(x - most) for x in logits]
    total = sum(powers)
    return [x / total for x in powers]


def answer(scores):
    return {"digit": scores.index(max(scores)), "scores_e4": [int(x * 10000 + 0.5) for x in scores]}


ENGINES = {"plain": plain, "onnx": onnx}
