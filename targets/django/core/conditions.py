"""What a request asks of a file beyond its path (RFC 9110): is the copy at hand
still good, in which coding, and which part."""

import re


def is_held(header, etag):
    """If-None-Match: does the client hold this one already?"""
    if header is None:
        return False
    return header.strip() == "*" or _opaque(etag) in map(_opaque, header.split(","))


def _opaque(tag):
    return tag.strip().removeprefix("W/")


def coding(header, known):
    """The first of `known` codings that Accept-Encoding allows, or none."""
    accepted = [each for each in (header or "").lower().split(",") if not re.search(r";\s*q=0(\.0*)?\s*$", each)]
    names = [each.split(";", 1)[0].strip() for each in accepted]
    return next((name for name in known if name in names), None)


WHOLE = None
NOTHING = ()


def part(header, size):
    """The part that Range asks for, (first, last); NOTHING if the file has none of it, and
    WHOLE if there is no range that this server knows, or several."""
    found = re.fullmatch("bytes=([0-9]{0,15})-([0-9]{0,15})", header or "")
    first, last = found.groups() if found else ("", "")
    if not first and not last:
        return WHOLE
    if not first:
        begin, end = max(0, size - int(last)), size - 1
    else:
        begin, end = int(first), min(int(last), size - 1) if last else size - 1
    if first and last and int(last) < int(first):
        return WHOLE
    return (begin, end) if begin < size else NOTHING
