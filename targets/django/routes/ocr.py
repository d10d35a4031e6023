"""Text of a picture: POST /image/text."""

from django.urls import path

from core.methods import methods
from core.pools import native
from core.wire import answer
from heavy.recogniser import text
from heavy.session import LIBRARIES


def post(request):
    return native(text, request.body, then=answer)


urlpatterns = [path("image/text", methods(POST=post))]
