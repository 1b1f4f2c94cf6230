"""Read without a kernel: the HTML of every notebook holds a picture and its words for each figure and widget."""

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbconvert import HTMLExporter
from PIL import Image

from lstm_course.widgets import cell_player, gates, rollout, spectral_radius

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted(path for kind in ("notebooks", "solutions") for path in (ROOT / kind).glob("*.ipynb"))
WIDGETS = (cell_player.CellPlayer, gates.GateSliders, rollout.RolloutExplorer, spectral_radius.SpectralRadiusExplorer)
MAKES_WIDGET = re.compile(rf"^(?:{'|'.join(widget.__name__ for widget in WIDGETS)})\(", re.MULTILINE)


class Figures(HTMLParser):
    """Collects the pictures of a page: their data, their alternative text and their caption."""

    def __init__(self, page):
        super().__init__()
        self.found, self._caption = [], None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.found.append({**dict(attrs), "caption": ""})
        self._caption = tag == "figcaption"

    def handle_data(self, data):
        if self._caption:
            self.found[-1]["caption"] += data

    def handle_endtag(self, tag):
        self._caption = False


def words_of(notebook):
    """(caption, description) of every figure and widget, as a terminal shows them."""
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    texts = [output.get("data", {}).get("text/plain", "") for output in outputs]
    return [tuple(text.split(": ", 1)[1].split("\n", 1)) for text in texts if text.startswith(("Figure: ", "Widget: "))]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_export_shows_every_figure_and_widget(path):
    page, _ = HTMLExporter().from_filename(str(path))
    found = Figures(page).found
    assert [(picture["caption"], picture["alt"]) for picture in found] == words_of(nbformat.read(path, as_version=4))
    for picture in found:
        pixels = Image.open(io.BytesIO(base64.b64decode(picture["src"].removeprefix("data:image/png;base64,"))))
        assert min(pixels.size) > 100
        assert len(pixels.convert("RGB").getcolors(1 << 24)) > 4, f"an empty picture: {picture['caption']}"


def test_every_widget_of_the_lessons_leaves_a_picture():
    """The cells are found by their code, so that one without any output would be seen."""
    seen = set()
    for path in NOTEBOOKS:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and (made := MAKES_WIDGET.search(cell.source)):
                seen.add(made[0])
                (output,) = cell.outputs
                assert output.data["text/plain"].startswith("Widget: "), f"{path.name}, {cell.id}"
                assert "<img src=" in output.data["text/html"]
    assert len(seen) == len(WIDGETS), "every kind of widget is used"
