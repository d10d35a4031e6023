"""The counts behind the claims that are about code, on code whose count is known."""

import json
import subprocess
import sys

import pytest
from running import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import count_code  # noqa: E402

# The same thing in both languages, and how many logical lines it is.
PAIRS = [
    ("x = 1\n", "x = 1\n", 1),
    ('"""What it is."""\n# and why\nx = 1\n', "'use strict'\n// what and why\nx = 1\n", 1),
    ("x = [\n    1,\n    2,\n]\n", "x = [\n  1,\n  2\n]\n", 1),
    ("def f(a):\n    return a\n", "function f (a) {\n  return a\n}\n", 2),
    (
        "if a:\n    b()\nelif c:\n    d()\nelse:\n    e()\n",
        "if (a) {\n  b()\n} else if (c) {\n  d()\n} else {\n  e()\n}\n",
        6,
    ),
    (
        "try:\n    a()\nexcept E:\n    b()\nfinally:\n    c()\n",
        "try {\n  a()\n} catch (error) {\n  b()\n} finally {\n  c()\n}\n",
        6,
    ),
    ("for x in y:\n    a(x)\nwhile b:\n    c()\n", "for (const x of y) {\n  a(x)\n}\nwhile (b) {\n  c()\n}\n", 4),
    ("class A:\n    def b(self):\n        raise E()\n", "class A {\n  b () {\n    throw new E()\n  }\n}\n", 3),
    ("from a import b\nimport c\n", "import { b } from 'a'\nimport c from 'c'\n", 2),
]


def measured(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return count_code.measure(path)


@pytest.mark.parametrize("python, javascript, lines", PAIRS)
def test_the_same_construct_counts_alike_in_both_languages(tmp_path, python, javascript, lines):
    assert measured(tmp_path, "a.py", python)["lines"] == lines
    assert measured(tmp_path, "a.js", javascript)["lines"] == lines


@pytest.mark.parametrize(
    "text, callbacks, bodies",
    [
        ("function f () { return 1 }\n", 0, 0),
        ("const f = () => { return 1 }\n", 0, 0),
        ("a(() => 1)\n", 1, 0),
        ("a(() => { b(function () { c() }) })\n", 2, 2),
        ("a(x => b(y => c(z => z)))\n", 3, 0),
        ("a(() => { 1 }); b(() => { 2 })\n", 1, 1),
    ],
)
def test_callbacks_are_functions_that_are_handed_to_a_call(tmp_path, text, callbacks, bodies):
    counts = measured(tmp_path, "a.js", text)
    assert (counts["callbacks"], counts["callback_bodies"]) == (callbacks, bodies)


def test_a_handler_in_a_handler_counts_once(tmp_path):
    inner = "try:\n    a()\nexcept E:\n    try:\n        b()\n    except F:\n        c()\n"
    assert measured(tmp_path, "a.py", inner)["handlers"] == 5


@pytest.mark.parametrize(
    "pairs, verdict",
    [
        ([(106, 100), (212, 200)], "supported"),
        ([(106, 100), (104, 100)], "inconclusive"),
        ([(106, 100), (100, 100)], "refuted"),
        ([(90, 100)], "refuted"),
    ],
)
def test_less_is_more_than_5_percent_less(pairs, verdict):
    assert count_code.less(pairs) == verdict


def test_the_servers_are_counted_as_they_are():
    run = subprocess.run([ROOT / "scripts/count-code", "--json"], text=True, capture_output=True, check=True)
    page = json.loads(run.stdout)
    assert [claim["number"] for claim in page["claims"]] == [24, 46, 47]
    assert {claim["verdict"] for claim in page["claims"]} <= {"supported", "refuted", "inconclusive"}
    for name in ("node", "django"):
        assert page[name]["lines"] > page[name]["lines_of_routes"] > 100
    text = subprocess.run([ROOT / "scripts/count-code"], text=True, capture_output=True, check=True).stdout
    assert all(claim["text"] in text for claim in page["claims"]) and page["scope"] in text


def test_a_list_that_is_out_of_date_is_told(monkeypatch):
    monkeypatch.setattr(count_code, "FAULTS", [("a fault", ("lib/errors.js", "no such text"), "")])
    with pytest.raises(SystemExit, match="out of date"):
        count_code.own_faults(count_code.TARGETS / "node", 1)
