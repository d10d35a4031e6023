"""The game: WS /ws/game/{match}?player=P."""

from core.player import Player
from core.sockets import socket_path

socketpatterns = [socket_path("game", "player", Player.as_asgi())]
