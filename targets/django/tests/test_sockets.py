import json

import pytest
from asgiref.testing import ApplicationCommunicator

from config.asgi import application


class Client(ApplicationCommunicator):
    """One WebSocket, at the level of ASGI events; Channels' own test client needs daphne."""

    def __init__(self, path, query):
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query,
            "headers": [],
            "extensions": {"websocket.http.response": {}},
        }
        super().__init__(application, scope)

    async def hear(self, **event):
        await self.send_input({"type": "websocket.receive"} | event)

    async def next(self):
        return json.loads((await self.receive_output())["text"])

    async def disconnect(self):
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait()


async def join(room, user):
    client = Client(f"/ws/chat/{room}", f"user={user}".encode())
    await client.send_input({"type": "websocket.connect"})
    assert (await client.receive_output())["type"] == "websocket.accept"
    return client


async def test_a_member_is_welcomed_hears_itself_and_is_missed():
    ann = await join("lobby", "ann")
    assert (await ann.next())["members"] == ["ann"]
    bob = await join("lobby", "bob")
    assert (await ann.next())["event"] == "join"
    await ann.hear(text='{"type":"say","id":"a","at":1,"text":"hello"}')
    assert (await ann.next())["seq"] == 1
    await bob.disconnect()
    assert (await ann.next())["event"] == "leave"
    await ann.disconnect()


@pytest.mark.parametrize(("data", "code"), [({"bytes": b"{}"}, 1003), ({"text": "[]"}, 1008)])
async def test_an_offence_closes_the_connection(data, code):
    ann = await join("offence", "ann")
    await ann.next()
    await ann.hear(**data)
    assert await ann.receive_output() == {"type": "websocket.close", "code": code}
    await ann.disconnect()


async def test_a_bad_room_is_refused_before_the_upgrade():
    client = Client("/ws/chat/Lobby", b"user=ann")
    await client.send_input({"type": "websocket.connect"})
    start = await client.receive_output()
    assert (start["type"], start["status"]) == ("websocket.http.response.start", 404)
    assert b"not_found" in (await client.receive_output())["body"]
    await client.wait()
