"""Pictures: POST /image/thumbnail?w=."""

from django.http import HttpResponse
from django.urls import path

from core.config import config
from core.limits import LARGER
from core.methods import methods
from core.pools import native
from core.wire import query_integer
from heavy.thumbnail import LIBRARIES, thumbnail

LARGER["/image/thumbnail"] = config.image_bytes


def post(request):
    width = query_integer(request.GET, "w", least=16, most=1024, otherwise=256)
    return native(thumbnail, request.body, width, then=jpeg)


def jpeg(body):
    return HttpResponse(body, content_type="image/jpeg")


urlpatterns = [path("image/thumbnail", methods(POST=post))]
