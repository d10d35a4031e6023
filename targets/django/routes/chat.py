"""The chat: POST and GET /api/chat/{room}, and WS /ws/chat/{room}?user=U."""

from django.urls import path

from core.chat_rooms import peek, room
from core.config import config
from core.errors import not_found
from core.member import Member
from core.messages import NAME, check_post
from core.methods import methods
from core.sockets import socket_path
from core.wire import answer, json_body, query_integer


async def post(request, name):
    _check_room(name)
    body = json_body(request)
    check_post(body)
    return answer({"room": name, "seq": await room(name).say(body["user"], body)}, 201)


async def read(request, name):
    _check_room(name)
    after = query_integer(request.GET, "after", least=0, most=9_999_999_999, otherwise=0)
    limit = query_integer(request.GET, "limit", least=1, most=config.history_kept, otherwise=20)
    return answer(await peek(name).read(after, limit))


def _check_room(name):
    if not NAME.fullmatch(name):
        raise not_found()


urlpatterns = [path("api/chat/<str:name>", methods(GET=read, POST=post))]
socketpatterns = [socket_path("chat", "user", Member.as_asgi())]
