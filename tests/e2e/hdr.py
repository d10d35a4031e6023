"""Reads HdrHistogram's V2 text (HISTF...) and its .hlog files by the format's own description, so that what the
program writes is not read back by the program's own code."""

import base64
import math
import struct
import zlib
from collections import Counter

DIGITS_3 = 11  # 2 * 10^3 values fit into 2^11
COOKIES = (0x1C849303, 0x1C849304)


def zigzag(data):
    """Numbers of up to nine bytes, seven bits each but for the ninth, which has eight."""
    at = 0
    while at < len(data):
        value = 0
        for i in range(9):
            byte = data[at]
            at += 1
            value |= (byte if i == 8 else byte & 127) << (7 * i)
            if byte < 128:
                break
        yield (value >> 1) ^ -(value & 1)


def highest(slot):
    """The greatest value that falls into a slot."""
    bucket = max(0, (slot >> (DIGITS_3 - 1)) - 1)
    return ((slot - (bucket << (DIGITS_3 - 1))) << bucket) + (1 << bucket) - 1


def decode(text):
    """Counts by the greatest value of their slot; of nothing, none."""
    counts = Counter()
    if not text:
        return counts
    outer = base64.b64decode(text)
    cookie, length = struct.unpack_from("!ii", outer)
    assert cookie & ~0xF0 == COOKIES[1] and length == len(outer) - 8
    inner = zlib.decompress(outer[8:])
    cookie, size, offset, digits, lowest, _, ratio = struct.unpack_from("!iiiiqqd", inner)
    assert cookie & ~0xF0 == COOKIES[0] and (offset, digits, lowest, ratio) == (0, 3, 1, 1.0)
    slot = 0
    for number in zigzag(inner[40 : 40 + size]):
        if number < 0:
            slot -= number
            continue
        if number:
            counts[highest(slot)] += number
        slot += 1
    return counts


def quantile(counts, q, above=0):
    """The value of rank ceil(q n), those above counted as greater than all; None: it falls among them."""
    rank = max(1, math.ceil(q * (counts.total() + above) - 1e-9))
    for value in sorted(counts):
        rank -= counts[value]
        if rank <= 0:
            return value
    return None


def hlog(text):
    """The histograms of each tag, added up, and how many there are."""
    sums, lines = {}, Counter()
    for line in text.splitlines():
        if line.startswith("Tag="):
            tag, _, _, _, histogram = line.split(",")
            sums.setdefault(tag.removeprefix("Tag="), Counter()).update(decode(histogram))
            lines[tag.removeprefix("Tag=")] += 1
    return sums, lines
