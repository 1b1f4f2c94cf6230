"""All figures of the course on one sheet, each with its lesson, cell and caption: `make figures`."""

import base64
import html
import io
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

COLUMNS, COLUMN, MARGIN, LINE = 3, 1000, 30, 26  # pixels; a notebook's figures are about as wide as a column
LETTERS = 80  # in a line below a figure
FIGURE = re.compile(r'<img src="data:image/png;base64,([^"]*)".*?<figcaption>(.*?)</figcaption>', re.DOTALL)


class Picture(NamedTuple):
    """A figure, the lesson and cell that it stands in, and its caption."""

    pixels: Image.Image
    place: str
    caption: str


def pictures(notebook: Path) -> Iterator[Picture]:
    """Find the figures that a built notebook shows."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        for output in cell.get("outputs", []):
            for data, caption in FIGURE.findall(output.get("data", {}).get("text/html", "")):
                pixels = Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
                yield Picture(pixels, f"{notebook.stem}: {cell.id}", html.unescape(caption))


def sheet(found: list[Picture]) -> Image.Image:
    """Put pictures side by side, row by row, each with its words below."""
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), LINE - 6)
    rows = [found[start : start + COLUMNS] for start in range(0, len(found), COLUMNS)]
    words = [["\n".join([p.place, *textwrap.wrap(p.caption, LETTERS)]) for p in row] for row in rows]
    heights = [
        max(_fitted(p.pixels).height + LINE * (text.count("\n") + 2) for p, text in zip(row, texts, strict=True))
        for row, texts in zip(rows, words, strict=True)
    ]
    paper = Image.new("RGB", (COLUMNS * (COLUMN + MARGIN) + MARGIN, sum(heights) + MARGIN), "#D8D8D8")
    pen, top = ImageDraw.Draw(paper), MARGIN
    for row, texts, height in zip(rows, words, heights, strict=True):
        for column, (picture, text) in enumerate(zip(row, texts, strict=True)):
            left, pixels = MARGIN + column * (COLUMN + MARGIN), _fitted(picture.pixels)
            paper.paste(pixels, (left, top))
            pen.multiline_text((left, top + pixels.height + 4), text, fill="black", font=font)
        top += height
    return paper


def _fitted(pixels: Image.Image) -> Image.Image:
    if pixels.width <= COLUMN:
        return pixels
    return pixels.resize((COLUMN, round(pixels.height * COLUMN / pixels.width)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    lessons, target = Path(sys.argv[1]), Path(sys.argv[2])
    target.parent.mkdir(exist_ok=True)
    found = [picture for notebook in sorted(lessons.glob("*.ipynb")) for picture in pictures(notebook)]
    sheet(found).save(target)
    print(f"{len(found)} figures on {target}")
