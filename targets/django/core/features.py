"""The routes that FEATURES asks for.

Only these are loaded: what a server does not serve costs it no start-up time
and no memory. A module has `urlpatterns`, and `socketpatterns` if it has
sockets; one that says `NEEDS_ASGI = True` is left out under WSGI.
"""

from importlib import import_module

from core.config import config

modules = [import_module(f"routes.{name}") for name in ("status", "echo", *config.features)]
if config.interface == "wsgi":
    modules = [module for module in modules if not getattr(module, "NEEDS_ASGI", False)]

names = [module.__name__.removeprefix("routes.") for module in modules][2:]
urlpatterns = [each for module in modules for each in module.urlpatterns]
socketpatterns = [each for module in modules for each in getattr(module, "socketpatterns", ())]
