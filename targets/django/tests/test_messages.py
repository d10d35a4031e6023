import pytest

from core import messages
from core.errors import Refusal


def say(**change):
    return {"user": "ann", "id": "a", "at": 1, "text": "hi"} | change


def field_of(**change):
    with pytest.raises(Refusal) as refusal:
        messages.check_post(say(**change))
    return refusal.value.details["field"]


def test_the_first_bad_field_is_named():
    messages.check_post(say(at=2**53 - 1))
    assert field_of(user="Ann") == "user"
    assert field_of(id="a b", at=-1) == "id"
    assert field_of(at=2**53) == "at"
    assert field_of(text="") == "text"


@pytest.mark.parametrize(("value", "expected"), [(5, 5), (5.0, 5), (-0.0, 0), (True, None), (1.5, None), ("1", None)])
def test_a_count_is_a_number_of_json_not_of_python(value, expected):
    assert messages.count(value) == expected


def test_text_is_measured_in_bytes_of_utf8():
    assert not messages.is_too_long("é" * 2048)
    assert messages.is_too_long("é" * 2048 + "x")


def test_half_of_a_surrogate_pair_is_no_text():
    assert not messages.is_say(say(text="\ud800"))
    assert messages.is_say(say(text="\U0001f600"))


def test_keys_stand_in_the_order_of_the_contract():
    expected = '{"type":"presence","room":"r","user":"ann","event":"join","members":2}'
    assert messages.presence("r", "ann", "join", 2) == expected
