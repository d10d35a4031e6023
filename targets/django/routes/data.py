"""Tables: POST /data/groupby?engine=plain|frame|polars[&file=big]."""

from pathlib import Path

from django.urls import path

from core.config import config
from core.errors import Refusal
from core.limits import LARGER
from core.methods import methods
from core.wire import answer, is_type, query_word
from heavy.groupby import ENGINES, HEADER, LIBRARIES, faulty_line

BIG = Path(__file__).parents[2] / "data/inputs/big.csv"
LARGER["/data/groupby"] = config.data_bytes


def post(request):
    engine = ENGINES[query_word(request.GET, "engine", list(ENGINES))]
    text = BIG.read_text() if query_word(request.GET, "file", ["", "big"]) else _body_text(request)
    found = engine(text) if text.startswith(f"{HEADER}\n") else None
    if found is None:
        line = faulty_line(text) or 1
        raise Refusal(422, "invalid", f"line {line} is not of the table", line=line)
    return answer({"rows": found["rows"], "groups": sorted(found["groups"], key=lambda group: group["key"])})


def _body_text(request):
    if not is_type(request.headers.get("Content-Type", ""), "text/csv"):
        raise Refusal(415, "unsupported", "the body must be text/csv")
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        raise Refusal(422, "invalid", "the table is not UTF-8", line=1) from None


urlpatterns = [path("data/groupby", methods(POST=post))]
