import hashlib
import json
from pathlib import Path

import pytest
from django.test import AsyncClient
from django.urls import clear_url_caches

from core import pools
from core.kernels import KERNELS, run_kernel
from routes import cpu

client = AsyncClient(raise_request_exception=False)


@pytest.fixture
def cpu_routes(monkeypatch):
    pools.start_pools()
    monkeypatch.setattr("config.urls.urlpatterns", cpu.urlpatterns)
    clear_url_caches()
    yield
    clear_url_caches()
    pools.stop_pools()


@pytest.mark.parametrize("kernel", KERNELS)
def test_each_kernel_is_a_function_of_n_alone(kernel):
    assert run_kernel(kernel, 9) == run_kernel(kernel, 9)
    assert run_kernel(kernel, 9) != run_kernel(kernel, 12)


def test_kernels_find_what_is_known():
    assert run_kernel("sieve", 1) == "0"
    assert run_kernel("sieve", 1000) == "168"
    assert run_kernel("fib", 20) == "6765"
    # printf of 32 zero bytes, through sha256sum
    assert run_kernel("hash", 1) == "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"


async def test_a_kernel_answers_alike_wherever_it_runs(cpu_routes):
    for mode in pools.MODES:
        response = await client.get(f"/cpu/sieve?n=1000&mode={mode}")
        assert response.content == b'{"kernel":"sieve","n":1000,"check":"168"}'


async def test_n_and_mode_are_held_to_the_contract(cpu_routes):
    for query in ("n=0", "n=33", "n=x", "n=1&n=2", "mode=fork", "mode=", "mode=pool&mode=pool"):
        response = await client.get(f"/cpu/fib?{query}")
        assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_request"), query


async def test_a_session_is_kept_until_it_is_deleted():
    assert (await client.get("/session/a")).status_code == 404
    assert (await client.put("/session/a?kib=2")).status_code == 204
    assert (await client.get("/session/a")).content == b'{"id":"a","kib":2,"check":"28"}'
    assert (await client.put("/session/a?kib=1")).status_code == 204
    assert (await client.get("/session/a")).content == b'{"id":"a","kib":1,"check":"6"}'
    assert (await client.delete("/session/a")).status_code == 204
    assert (await client.delete("/session/a")).status_code == 404


def test_the_network_is_of_the_script_beside_it():
    data = Path(__file__).parents[2] / "data"
    script = hashlib.sha256((data / "train_digits.py").read_bytes()).hexdigest()
    assert json.loads((data / "digits.json").read_text())["script"] == script
    assert script.encode() in (data / "digits.onnx").read_bytes()
