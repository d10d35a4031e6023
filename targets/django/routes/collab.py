"""Shared documents: GET /api/doc/{id}, and WS /ws/doc/{id}?user=U."""

from django.urls import path

from core.documents import peek_document
from core.errors import not_found
from core.messages import NAME
from core.methods import methods
from core.sockets import socket_path
from core.wire import answer
from core.writer import Writer


def read(request, id):
    if not NAME.fullmatch(id):
        raise not_found()
    return answer(peek_document(id).describe())


urlpatterns = [path("api/doc/<str:id>", methods(GET=read))]
socketpatterns = [socket_path("doc", "user", Writer.as_asgi())]
