"""A crawler: POST /crawl {"start":URL,"depth":2,"max":500}."""

import re

from django.urls import path

from core import upstream
from core.config import config
from core.crawl import PARSERS, crawl
from core.errors import Refusal
from core.methods import methods
from core.wire import answer, json_body, whole

LIBRARIES = ("aiohttp", "lxml")
stop = upstream.close

# A page of this machine, or a path of the upstream.
START = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?(/[\x21-\x7e]*)?")
PATH = re.compile(r"/[\x21-\x7e]*")


async def post(request):
    body = json_body(request)
    start, parser = body.get("start"), body.get("parser", "native")
    depth, most = whole(body.get("depth"), 0, 10), whole(body.get("max"), 1, 2000)
    url = config.upstreams["leaf"] + start if isinstance(start, str) and PATH.fullmatch(start) else start
    checks = {
        "start": isinstance(url, str) and _is_of_this_machine(url),
        "depth": depth is not None,
        "max": most is not None,
        "parser": isinstance(parser, str) and parser in PARSERS,
    }
    for field, good in checks.items():
        if not good:
            raise Refusal(422, "invalid", f"{field} is not valid", field=field)
    return answer(await crawl(url, depth, most, PARSERS[parser]))


def _is_of_this_machine(url):
    found = START.fullmatch(url)
    return found and int((found[2] or ":80")[1:]) < 65536


urlpatterns = [path("crawl", methods(POST=post))]
