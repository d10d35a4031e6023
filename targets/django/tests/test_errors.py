"""Answers that end early: the server has to know why."""

import asyncio
from types import SimpleNamespace

import pytest
from django.http import QueryDict

from core.timed import Timed
from core.streams import stream
from routes import errors, services


class Server:
    """uvicorn's part: an answer that ends while it takes its client for connected is the application's fault."""

    disconnected = False

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, exc):
        self.disconnected = True


class Protocol(Timed, Server):
    pass


class Transport:
    """Tells that it is closed some turns of the loop later, as a loop may."""

    def abort(self):
        asyncio.get_running_loop().call_later(0.02, self.protocol.connection_lost, None)

    def is_closing(self):
        return True


@pytest.fixture
async def protocol():
    transport = Transport()
    transport.protocol = Protocol()
    transport.protocol.connection_made(transport)
    return transport.protocol


def request_of(protocol, query=""):
    return SimpleNamespace(method="GET", GET=QueryDict(query), scope={"extensions": protocol.connection()})


async def test_half_an_answer_ends_once_the_server_knows_that_it_is_cut(protocol):
    answer = await errors.half(request_of(protocol))
    assert [len(piece) async for piece in answer] == [500]
    assert protocol.disconnected


async def test_a_service_that_resets_goes_on_once_the_server_knows_that_it_is_cut(protocol):
    answer = await services.disturbed(lambda request: None)(request_of(protocol, "fail=reset"))
    assert answer.status_code == 503  # which nobody gets
    assert protocol.disconnected


async def test_a_stream_whose_client_goes_ends_once_the_server_knows(protocol):
    async def pieces():
        while True:
            yield b"x"

    protocol.transport.abort()
    answer = stream(request_of(protocol), pieces(), headers={"Content-Length": "1000"})
    assert [piece async for piece in answer] == [b"x"]
    assert protocol.disconnected


async def test_a_connection_that_is_lost_already_is_cut_at_once(protocol):
    protocol.connection_lost(None)
    await protocol.cut()
