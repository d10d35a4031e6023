"""The game: WS /ws/game/{match}?player=P."""

from core.needs import EVENT_LOOP, ONE_PROCESS
from core.player import Player
from core.sockets import socket_path

NEEDS = {EVENT_LOOP, ONE_PROCESS}

socketpatterns = [socket_path("game", "player", Player.as_asgi())]
