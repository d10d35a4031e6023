"""Work for the processor: GET /cpu/{kernel}?n=&mode=inline|thread|pool."""

from django.urls import path

from core.kernels import KERNELS
from core.methods import methods
from core.pools import MODES, compute, start_pools
from core.wire import answer, query_integer, query_word


start = start_pools


def run(kernel):
    most, preset = KERNELS[kernel]["most"], KERNELS[kernel]["preset"]

    def view(request):
        n = query_integer(request.GET, "n", least=1, most=most, otherwise=preset)
        mode = query_word(request.GET, "mode", MODES)
        return compute(mode, kernel, n, then=lambda check: answer({"kernel": kernel, "n": n, "check": check}))

    return view


urlpatterns = [path(f"cpu/{kernel}", methods(GET=run(kernel))) for kernel in KERNELS]
