import io

import numpy as np
import pytest
from PIL import Image

from lstm_course import figures


def line():
    figure, axis = figures.new(width=3, height=2)
    axis.plot([0, 1, 2], [0, 1, 0])
    return figure


def test_new_gives_one_axes_or_an_array_of_them():
    assert figures.new()[1].get_title() == ""
    assert figures.new(2, 3)[1].shape == (2, 3)


def test_same_figure_gives_the_same_compact_picture():
    first, second = figures.png(line()), figures.png(line())
    assert first == second
    picture = Image.open(io.BytesIO(first))
    assert picture.size == (3 * figures.DPI, 2 * figures.DPI)
    assert len(picture.getcolors()) <= figures.PALETTE
    assert picture.info.get("Software") is None


def test_small_areas_keep_their_colours():
    figure, axis = figures.new(width=4, height=3)
    axis.imshow(np.linspace(0, 1, 4000).reshape(50, 80), cmap="viridis", aspect="auto")
    for x, colour in enumerate(figures.GATES.values()):
        axis.plot(10 * x + 5, 25, "o", color=colour, markersize=3)
    pixels = np.asarray(Image.open(io.BytesIO(figures.png(figure))).convert("RGB")).astype(int)
    for colour in figures.GATES.values():
        wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
        assert abs(pixels - wanted).sum(-1).min() < 40, colour


def test_show_writes_picture_caption_and_description(capsys):
    figures.show(line(), "A <line>.", 'It rises\n   to "1" & falls.')
    assert "A <line>." in capsys.readouterr().out  # outside a notebook: its words
    shown = figures.Shown(b"png", 288, "A <line>.", 'To "1" & on.').bundle
    assert 'alt="To &quot;1&quot; &amp; on."' in shown["text/html"]
    assert "<figcaption>A &lt;line&gt;.</figcaption>" in shown["text/html"]
    assert shown["text/plain"] == 'Figure: A <line>.\nTo "1" & on.'


@pytest.mark.parametrize(("caption", "description", "missing"), [("", "d", "caption"), ("c", " ", "description")])
def test_a_figure_without_words_is_refused(caption, description, missing):
    with pytest.raises(ValueError, match=f"needs a {missing}, got an empty one"):
        figures.show(line(), caption, description)


def simulate_deuteranopia(hexes):
    """Colours as a reader without green cones sees them (Vienot, Brettel and Mollon 1999), in linear RGB."""
    rgb = np.array([[int(h[i : i + 2], 16) / 255 for i in (1, 3, 5)] for h in hexes])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]).T


@pytest.mark.parametrize("hexes", [list(figures.GATES.values()), [style["color"] for style in figures.MODELS.values()]])
def test_colours_differ_without_green_cones_too(hexes):
    seen = simulate_deuteranopia(hexes)
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[~np.eye(len(seen), dtype=bool)]
    assert apart.min() > 0.1


def test_models_differ_by_more_than_colour():
    shapes = {(style["marker"], style["linestyle"]) for style in figures.MODELS.values()}
    assert len(shapes) == len(figures.MODELS)
