"""Operations on a text: {"pos", "insert": TEXT} or {"pos", "delete": LENGTH}.

Who made one did not know those that were done meanwhile: it is transformed
over them.
"""


def rebase(op, done):
    """What `op` becomes after all of `done`, in the order in which to apply it: one
    operation; of a delete also none, or several where text was inserted into it."""
    pieces = [op]
    for each in done:
        pieces = [after for piece in pieces for after in _over(piece, each)]
    return pieces if "insert" in op else _in_sequence(pieces)


def apply(text, op):
    pos = op["pos"]
    after = op["insert"] + text[pos:] if "insert" in op else text[pos + op["delete"] :]
    return text[:pos] + after


def _over(op, done):
    if "insert" in op:
        return [{"pos": _shifted(op["pos"], done), "insert": op["insert"]}]
    return _around_insert(op, done) if "insert" in done else _without_deleted(op, done)


def _shifted(pos, done):
    """An insert at the same place was ordered first, and stays left."""
    if "insert" in done:
        return pos + len(done["insert"]) if done["pos"] <= pos else pos
    return pos if pos <= done["pos"] else max(done["pos"], pos - done["delete"])


def _around_insert(op, done):
    end = op["pos"] + op["delete"]
    if done["pos"] <= op["pos"] or done["pos"] >= end:
        return [{"pos": _shifted(op["pos"], done), "delete": op["delete"]}]
    return [
        {"pos": op["pos"], "delete": done["pos"] - op["pos"]},
        {"pos": done["pos"] + len(done["insert"]), "delete": end - done["pos"]},
    ]


def _without_deleted(op, done):
    pos = _shifted(op["pos"], done)
    left = _shifted(op["pos"] + op["delete"], done) - pos
    return [{"pos": pos, "delete": left}] if left > 0 else []


def _in_sequence(pieces):
    """The pieces of a delete are places in one text: the later ones move as the earlier
    ones go, and two with nothing between them are one."""
    ordered = []
    gone = 0
    for piece in pieces:
        pos = piece["pos"] - gone
        if ordered and ordered[-1]["pos"] == pos:
            ordered[-1]["delete"] += piece["delete"]
        else:
            ordered.append({"pos": pos, "delete": piece["delete"]})
        gone += piece["delete"]
    return ordered
