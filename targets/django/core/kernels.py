"""The five kernels of /cpu, in plain Python.

node/lib/kernels.js is the same, line for line; targets/README.md says in words
what each computes.
"""

import json as jsonlib
from hashlib import sha256


def run_kernel(kernel, n):
    return str(KERNELS[kernel]["run"](n))


def _numbers(x=1):
    """Park and Miller's generator: every product is below 2^46, exact in a double."""
    while True:
        x = 16807 * x % 2147483647
        yield x


def _sieve(n):
    composite = bytearray(n + 1)
    count = 0
    for i in range(2, n + 1):
        if composite[i]:
            continue
        count += 1
        for j in range(i * i, n + 1, i):
            composite[j] = 1
    return count


def _matrix(n):
    numbers = _numbers()
    a = _square(n, numbers)
    b = _square(n, numbers)
    check = 0
    for i in range(n):
        row = [0] * n
        for k in range(n):
            factor = a[i][k]
            other = b[k]
            for j in range(n):
                row[j] += factor * other[j]
        for j in range(n):
            check += row[j] * (1 + (i + j) % 7)
    return check


def _square(n, numbers):
    return [[next(numbers) % 1000 for _ in range(n)] for _ in range(n)]


def _hash(n):
    digest = bytes(32)
    for _ in range(n):
        digest = sha256(digest).digest()
    return digest.hex()


def _json(n):
    kept = [
        {"id": row["id"], "name": row["name"], "double": row["score"] * 2}
        for row in jsonlib.loads(_table(n))
        if row["active"]
    ]
    return f"{len(kept)}:{len(jsonlib.dumps(kept, separators=(',', ':')))}"


# The text to parse is made once: it is the input, not the work.
_made = (0, "")


def _table(n):
    global _made
    made, text = _made
    if made != n:
        numbers = _numbers()
        rows = []
        for i in range(n):
            score = next(numbers) % 100000
            active = "true" if score % 2 == 1 else "false"
            rows.append(f'{{"id":{i},"name":"user{i}","score":{score},"active":{active},"tags":["a","b"]}}')
        text = f"[{','.join(rows)}]"
        _made = (n, text)
    return text


def _fib(n):
    return n if n < 2 else _fib(n - 1) + _fib(n - 2)


# The limits are those of the contract, the presets what a request without n gets.
KERNELS = {
    "sieve": {"run": _sieve, "most": 10_000_000, "preset": 200_000},
    "matrix": {"run": _matrix, "most": 256, "preset": 64},
    "hash": {"run": _hash, "most": 1_000_000, "preset": 2_000},
    "json": {"run": _json, "most": 100_000, "preset": 1_000},
    "fib": {"run": _fib, "most": 32, "preset": 20},
}
