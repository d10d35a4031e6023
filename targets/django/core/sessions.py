"""Sessions of /session, held as a service holds its objects: records of fields,
not one blob. Never evicted."""

RECORDS_PER_KIB = 4
TEXT = 200  # characters: about a quarter of a KiB with its record

_sessions = {}


def put(name, kib):
    records = [{"i": i, "s": _text(name, i)} for i in range(kib * RECORDS_PER_KIB)]
    _sessions[name] = (kib, records)


def _text(name, i):
    """A text of its own for each record."""
    return f"{name}:{i}:".ljust(TEXT, "x")


def get(name):
    """What is held, as its size and the sum of its numbers; None if nothing is."""
    if name not in _sessions:
        return None
    kib, records = _sessions[name]
    return {"id": name, "kib": kib, "check": str(sum(record["i"] for record in records))}


def remove(name):
    return _sessions.pop(name, None) is not None
