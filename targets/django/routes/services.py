"""The services that a gateway asks, one process of this program for each:
/users/{order}, /catalogue/{order}, /prices/{order}, /stock/{order}, /leaf, /slow."""

import asyncio

from django.urls import path

from core.errors import Refusal, not_found
from core.methods import methods
from core.services import ANSWERS, delay_of
from core.wire import answer


def disturbed(give):
    """As slow and as broken as the request asks for."""

    async def view(request, **parameters):
        delay = delay_of(request.GET)
        if delay > 0:
            await asyncio.sleep(delay / 1000)
        fail = request.GET.get("fail")
        if fail == "reset":
            await request.scope["extensions"]["cut"]()
        if fail:
            raise Refusal(503, "overloaded", "as asked for")
        value = give(request, **parameters)
        if value is None:
            raise not_found()
        return answer(value)

    return methods(GET=view)


def service(name):
    return disturbed(lambda request, order: ANSWERS[name](order))


urlpatterns = [
    *(path(f"{name}/<str:order>", service(name)) for name in ANSWERS),
    path("leaf", disturbed(lambda request: {"leaf": True})),
    path("slow", disturbed(lambda request: {"delay": int(request.GET.get("delay", 0))})),
]
