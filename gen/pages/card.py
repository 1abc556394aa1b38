"""Pictures for the outside: the icon of the site, the card of its links, and what search engines may read."""

from __future__ import annotations

from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageFont, ImageOps

from actmax.pictures import encode_image, read_rgb
from gen.pages.assets import FOLDER
from gen.pages.contents import Contents, File
from gen.pages.drawing import Drawing
from gen.plan import addresses

CARD = (1200, 630)
"""Width and height of a large card."""
CLASS_CARD = (600, 315)
"""Of a class's card: there may be a thousand."""
ICON = 64
PAPER, INK, SOFT = "#fbfaf7", "#16161a", "#5c5f66"
MARGIN, GAP, TITLE, SUBTITLE = 64, 24, 76, 30
"""Of the large card, in pixels."""


def card(contents: Contents) -> Iterator[File]:
    """Yield the icon, the card and ``robots.txt``, drawn from the drawing on the front page."""
    picture = read_rgb(contents.lead.entry.read("drawing.png"))
    yield addresses.ICON, _icon(picture)
    subtitle = f"{contents.best[0].label.name}, as a neural network draws it"
    yield addresses.CARD, _card(picture, contents.site.name, subtitle, CARD)
    sitemap = f"Sitemap: {contents.site.url}sitemap.xml\n" if contents.site.url else ""
    yield addresses.ROBOTS, f"User-agent: *\nAllow: /\n{sitemap}"


def class_card(drawing: Drawing, title: str, network: str) -> bytes:
    """Return the card of a class's page.

    Args:
        drawing: the main one of the class.
        title: the class's name.
        network: the target network's title.
    """
    return _card(read_rgb(drawing.entry.read("drawing.png")), title, f"drawn by {network}", CLASS_CARD)


def _icon(picture: Image.Image) -> bytes:
    icon = ImageOps.fit(picture, (ICON, ICON), Image.Resampling.LANCZOS)
    mask = Image.new("L", (4 * ICON, 4 * ICON))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, 4 * ICON - 1, 4 * ICON - 1), radius=ICON, fill=255)
    icon.putalpha(mask.resize((ICON, ICON), Image.Resampling.LANCZOS))
    # Every page fetches it: 256 colors take half the bytes.
    return encode_image(icon.quantize(method=Image.Quantize.FASTOCTREE), "PNG", optimize=True)


def _card(picture: Image.Image, title: str, subtitle: str, size: tuple[int, int]) -> bytes:
    """Return the picture at the right, the words beside it."""
    (width, height), part = size, size[0] / CARD[0]
    margin, gap = round(part * MARGIN), round(part * GAP)
    image = Image.new("RGB", size, PAPER)
    image.paste(picture.resize((height, height), Image.Resampling.BICUBIC), (width - height, 0))
    draw, room = ImageDraw.Draw(image), width - height - 2 * margin
    texts = [
        (_wrapped(text, font, room), color, font, 1.25 * points)
        for text, color, family, points in (
            (title, INK, "serif", round(part * TITLE)),
            (subtitle, SOFT, "sans", round(part * SUBTITLE)),
        )
        for font in (_font(family, points),)
    ]
    top = (height - gap - sum(len(lines) * line_height for lines, _, _, line_height in texts)) / 2
    for lines, color, font, line_height in texts:
        for line in lines:
            draw.text((margin, top), line, color, font=font)
            top += line_height
        top += gap
    return encode_image(image, "JPEG", quality=88)


def _font(family: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return a font of the site, or Pillow's own where its FreeType cannot read WOFF2."""
    try:
        return ImageFont.truetype(FOLDER / f"{family}.woff2", size)
    except OSError:
        return ImageFont.load_default(size)


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, room: float) -> list[str]:
    """Return the lines of a text that are at most so wide."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
