"""Pictures by Pillow, which decodes, scales and encodes in one thread each."""

import io

from PIL import Image

from core.errors import Refusal

MOST_PIXELS = 25_000_000
QUALITY = 80
MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
LIBRARIES = ("pillow",)

Image.MAX_IMAGE_PIXELS = None  # the limit is the contract's


def _undecodable():
    return Refusal(422, "invalid", "the picture cannot be read")


def open_picture(body):
    """Told by its first bytes; the header is read, and judged, before any pixel."""
    if not body.startswith(MAGIC):
        raise Refusal(415, "unsupported", "the picture must be PNG or JPEG")
    try:
        picture = Image.open(io.BytesIO(body), formats=("PNG", "JPEG"))
    except (OSError, SyntaxError, ValueError):
        raise _undecodable() from None
    if picture.width * picture.height > MOST_PIXELS:
        raise Refusal(422, "invalid", "the picture has too many pixels")
    return picture


def as_rgb(picture):
    """Without its transparency: what was transparent is white."""
    try:
        picture.load()
    except (OSError, SyntaxError, ValueError):
        raise _undecodable() from None
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def thumbnail(body, width):
    picture = open_picture(body)
    height = max(1, int(picture.height * width / picture.width + 0.5))
    picture.draft("RGB", (2 * width, 2 * height))  # a JPEG is scaled while it is decoded
    small = as_rgb(picture).resize((width, height), Image.Resampling.LANCZOS, reducing_gap=2.0)
    out = io.BytesIO()
    small.save(out, "JPEG", quality=QUALITY, subsampling="4:2:0")
    return out.getvalue()
