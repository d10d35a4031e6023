"""Work for the memory: PUT, GET and DELETE /session/{id}."""

from django.urls import path

from core import sessions
from core.errors import not_found
from core.messages import NAME
from core.methods import methods
from core.streams import bare
from core.wire import answer, query_integer


def put(request, name):
    _check_name(name)
    sessions.put(name, query_integer(request.GET, "kib", least=1, most=1024, otherwise=16))
    return bare(204)


def read(request, name):
    _check_name(name)
    found = sessions.get(name)
    if found is None:
        raise not_found()
    return answer(found)


def remove(request, name):
    _check_name(name)
    if not sessions.remove(name):
        raise not_found()
    return bare(204)


def _check_name(name):
    if not NAME.fullmatch(name):
        raise not_found()


urlpatterns = [path("session/<str:name>", methods(GET=read, PUT=put, DELETE=remove))]
