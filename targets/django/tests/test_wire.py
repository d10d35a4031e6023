import pytest

from core.wire import decode, encode


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "\ufeff{}", "", "{", "[" * 100_000, "'a'", '"\t"'])
def test_what_is_not_json(text):
    with pytest.raises(ValueError):
        decode(text)


def test_an_integer_of_thousands_of_digits_is_infinite():
    assert decode('{"at":' + "9" * 5000 + "}") == {"at": float("inf")}


def test_text_is_compact_and_utf8():
    assert encode({"a": [1, "é\u2028"]}) == '{"a":[1,"é\u2028"]}'
