"""Makes the inputs of the features image, ocr and data, into inputs/: too large to be kept, and
always the same bytes for one version of Pillow.

Pictures are drawn, so that they have edges, areas and noise as photographs do. Run by
scripts/setup-targets --heavy, in the environment of the Python server.
"""

from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFont

INPUTS = Path(__file__).parent / "inputs"
SIZE = (1152, 896)  # one million pixels
ROWS = {"readings.csv": 100_000, "big.csv": 1_000_000}
REGIONS = ("eu", "us", "apac", "sa")
METRICS = ("temp", "humidity", "power", "flow", "noise")


def numbers(x=1):
    while True:
        x = 16807 * x % 2147483647
        yield x


def picture():
    number = numbers()
    image = Image.linear_gradient("L").resize(SIZE).convert("RGB")
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, r = next(number) % SIZE[0], next(number) % SIZE[1], 10 + next(number) % 120
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(next(number) % 256 for _ in range(3)))
    grain = bytes(next(number) % 24 for _ in range(SIZE[0] * SIZE[1]))
    return ImageChops.add(image, Image.frombytes("L", SIZE, grain).convert("RGB"))


def line(text):
    """One line of text, 48 pixels high."""
    font = ImageFont.load_default(size=34)
    image = Image.new("RGB", (int(font.getlength(text)) + 24, 48), "white")
    ImageDraw.Draw(image).text((12, 24), text, fill="black", font=font, anchor="lm")
    return image


def table(rows):
    number = numbers()
    lines = ["ts,device,region,metric,value"]
    for i in range(rows):
        x = next(number)
        region, metric = REGIONS[x % 4], METRICS[x // 4 % 5]
        lines.append(f"{1763900000000 + 10 * i},d{x % 1000},{region},{metric},{x % 100_000 - 20_000}")
    return "\n".join(lines) + "\n"


def main():
    INPUTS.mkdir(exist_ok=True)
    photo = picture()
    photo.save(INPUTS / "photo.jpg", quality=85)
    photo.save(INPUTS / "photo.png")
    line("INVOICE 20417").save(INPUTS / "line.png")
    for name, rows in ROWS.items():
        (INPUTS / name).write_text(table(rows))


if __name__ == "__main__":
    main()
