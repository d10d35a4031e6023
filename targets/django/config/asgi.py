"""Builds the application: limits, routes, sockets. It does not listen."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import re_path

http = get_asgi_application()  # sets Django up: what follows may import from it

import config.urls  # Django itself would load it, and all the features, with the first request
from core.bare import Bare
from core.features import features
from core.lifecycle import CloseWhileDraining
from core.limits import Limits
from core.sockets import refuse

patterns = [pattern for feature in features for pattern in feature.socketpatterns]
sockets = URLRouter([*patterns, re_path("", refuse)])
application = CloseWhileDraining(Bare(Limits(ProtocolTypeRouter({"http": http, "websocket": sockets}))))
