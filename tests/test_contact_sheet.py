"""The contact sheet holds every figure of a notebook, with its words."""

from pathlib import Path

import nbformat
import numpy as np
from PIL import Image

from lstm_course.authoring import contact_sheet

LESSON = Path(__file__).parents[1] / "notebooks" / "02_the_cell.ipynb"


def test_every_figure_of_a_lesson_is_found():
    cells = nbformat.read(LESSON, as_version=4).cells
    texts = [output.get("data", {}).get("text/plain", "") for cell in cells for output in cell.get("outputs", [])]
    captions = [text.split(": ", 1)[1].split("\n")[0] for text in texts if text.startswith(("Figure: ", "Widget: "))]
    found = list(contact_sheet.pictures(LESSON))
    assert [picture.caption for picture in found] == captions
    assert found[0].place == "02_the_cell: side-by-side"


def test_pictures_stand_side_by_side_at_most_as_wide_as_a_column():
    colours = ("red", "green", "blue", "black")
    found = [contact_sheet.Picture(Image.new("RGB", (2000, 100), c), "place", "A caption.") for c in colours]
    pixels = np.asarray(contact_sheet.sheet(found))
    for colour, wanted in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        assert (pixels == wanted).all(-1).sum() == contact_sheet.COLUMN * 50, colour
    rows_of = [np.flatnonzero((pixels == wanted).all(-1).any(1)) for wanted in ((255, 0, 0), (0, 0, 255))]
    assert (rows_of[0] == rows_of[1]).all()
