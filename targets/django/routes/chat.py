"""The chat: POST and GET /api/chat/{room}, and WS /ws/chat/{room}?user=U."""

from django.urls import path, re_path

from core.config import config
from core.errors import not_found
from core.messages import NAME, check_post, is_name
from core.methods import methods
from core.rooms import peek, room
from core.sockets import query_of, refuse
from core.wire import answer, json_body, query_integer

NEEDS_ASGI = True  # it lives on sockets

if config.variant == "channels":
    from core.member_channels import ChannelsMember as Member
else:
    from core.member_direct import DirectMember as Member


async def post(request, name):
    _check_room(name)
    body = json_body(request)
    check_post(body)
    return answer({"room": name, "seq": await room(name).say(body["user"], body)}, 201)


async def read(request, name):
    _check_room(name)
    after = query_integer(request.GET, "after", least=0, most=9_999_999_999, otherwise=0)
    limit = query_integer(request.GET, "limit", least=1, most=config.history_kept, otherwise=20)
    found = peek(name)
    return answer({"room": name, "seq": found.seq, "messages": found.after(after, limit)})


def _check_room(name):
    if not NAME.fullmatch(name):
        raise not_found()


def joining(member):
    """Before the upgrade: who wants to join what, or 404."""

    async def application(scope, receive, send):
        query = query_of(scope)
        users = query.get("user", [])
        name = scope["url_route"]["kwargs"]["room"]
        if len(users) != 1 or not is_name(users[0]) or not is_name(name):
            return await refuse(scope, receive, send)
        scope["chat"] = {"room": name, "user": users[0], "presence": query.get("presence", [""])[0] != "0"}
        await member(scope, receive, send)

    return application


urlpatterns = [path("api/chat/<str:name>", methods(GET=read, POST=post))]
socketpatterns = [re_path(r"^ws/chat/(?P<room>[^/]*)$", joining(Member.as_asgi()))]
