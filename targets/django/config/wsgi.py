"""Builds the application for WSGI: limits and routes, no sockets. It does not listen."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from core.config import config

config.interface = "wsgi"  # ahead of all that reads it

from django.core.wsgi import get_wsgi_application

from core.wsgi import Bare, CloseWhileDraining, Limits

http = get_wsgi_application()  # loads the routes with the first request, and
import config.urls  # noqa: E402, F401 -- therefore here, before the server says that it is ready

application = CloseWhileDraining(Bare(Limits(http)))
