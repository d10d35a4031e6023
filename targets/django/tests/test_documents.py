from functools import reduce

import pytest

from core import documents
from core.bus import LocalBus
from core.documents import document, operation, peek_document
from core.transform import apply, rebase


class Outbox:
    def __init__(self):
        self.frames = []

    def send(self, text, size):
        self.frames.append(text)


@pytest.fixture
async def opened(request, monkeypatch):
    monkeypatch.setattr(documents, "bus", LocalBus())
    found, author, reader = document(request.node.name.replace("_", "-")), Outbox(), Outbox()
    for each in (author, reader):
        await documents.bus.subscribe(found.key, each, presence=False)
    return found, author, reader


async def submit(found, author, id, **message):
    await found.submit("bob", author, id, operation(message))


def test_an_insert_at_the_same_place_goes_to_the_right_of_the_one_before():
    assert rebase({"pos": 3, "insert": "b"}, [{"pos": 3, "insert": "aa"}]) == [{"pos": 5, "insert": "b"}]
    assert rebase({"pos": 3, "insert": "b"}, [{"pos": 1, "delete": 5}]) == [{"pos": 1, "insert": "b"}]


def test_a_delete_is_shifted_clipped_split_and_made_whole_again():
    op = {"pos": 4, "delete": 4}
    assert rebase(op, [{"pos": 4, "insert": "xx"}]) == [{"pos": 6, "delete": 4}]
    assert rebase(op, [{"pos": 2, "delete": 3}]) == [{"pos": 2, "delete": 3}]
    assert rebase(op, [{"pos": 0, "delete": 9}]) == []
    split = {"pos": 6, "insert": "xx"}
    assert rebase(op, [split]) == [{"pos": 4, "delete": 2}, {"pos": 6, "delete": 2}]
    assert rebase(op, [split, {"pos": 6, "delete": 2}]) == [{"pos": 4, "delete": 4}]


def test_a_split_delete_leaves_what_was_inserted():
    inserted = {"pos": 6, "insert": "xx"}
    pieces = rebase({"pos": 4, "delete": 4}, [inserted])
    assert reduce(apply, [inserted, *pieces], "0123456789") == "0123xx89"


async def test_the_author_gets_one_ack_for_all_that_an_operation_became(opened):
    found, author, reader = opened
    await submit(found, author, "a", rev=0, pos=0, insert="0123")
    await submit(found, author, "b", rev=1, pos=2, insert="x")
    await submit(found, author, "c", rev=1, pos=1, delete=2)
    assert author.frames == [f'{{"type":"ack","id":"{id}","rev":{rev}}}' for id, rev in (("a", 1), ("b", 2), ("c", 4))]
    assert len(reader.frames) == 4
    assert found.text == "0x3"


async def test_an_operation_is_judged_by_the_text_that_its_author_saw(opened):
    found, author, _ = opened
    await submit(found, author, "a", rev=0, pos=0, insert="abc")
    assert found.refusal(operation({"rev": 0, "pos": 1, "insert": "x"})) == "invalid"
    assert found.refusal(operation({"rev": 1, "pos": 3, "insert": "x"})) is None
    assert found.refusal(operation({"rev": 2, "pos": 0, "insert": "x"})) == "invalid"
    assert found.refusal(operation({"rev": 1, "pos": 0, "insert": "é"})) == "invalid"


def test_looking_into_a_document_does_not_make_it():
    assert peek_document("unseen").rev == 0
    assert peek_document("unseen") is not peek_document("unseen")
