"""The drawings of a whole layer: as many blocks as layers and steps, bands in their colours, clear refusals."""

import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch, Rectangle

from lstm_course import figures
from lstm_course.drawings import layer_diagrams


def texts(axis):
    return [text.get_text() for text in axis.texts if text.get_text()]


def rounded(axis):
    return [patch for patch in axis.patches if isinstance(patch, FancyBboxPatch)]


def styles(axis):
    """(colour, dash) of every band."""
    return {
        (to_hex(patch.get_edgecolor()).upper(), patch.get_linestyle())
        for patch in rounded(axis)
        if patch.get_facecolor()[3] == 0
    }


@pytest.mark.parametrize(("layers", "steps"), [(1, 2), (2, 4), (3, 5)])
def test_a_box_for_every_layer_and_step(layers, steps):
    axis = layer_diagrams.stacked_figure(layers, steps).axes[0]
    names = texts(axis)
    assert [names.count(f"l{layer}") for layer in range(layers)] == [steps] * layers
    assert sum(name.startswith("$x_") for name in names) == steps
    assert f"$h_{steps}^{{({layers - 1})}}$" in names
    assert {"out (T, B, H)", "x (T, B, I)", "h_n, c_n\n(L, B, H)", "h_0, c_0\n(L, B, H)"} <= set(names)


def test_the_bands_differ_in_colour_and_dash():
    axis = layer_diagrams.stacked_figure(2, 4).axes[0]
    assert {(figures.BLUE, "-"), (figures.VERMILION, "--"), (figures.GREY, ":")} <= styles(axis)


def test_two_directions_end_at_opposite_sides():
    axis = layer_diagrams.bidirectional_figure(4).axes[0]
    place = {text.get_text(): text.get_position() for text in axis.texts}
    assert place["h_n[1]"][0] < place["$x_1$"][0] < place["$x_4$"][0] < place["h_n[0]"][0]
    assert texts(axis).count(r"$\rightarrow$") == texts(axis).count(r"$\leftarrow$") == 4


def test_padding_is_hatched_and_packing_sorts_and_numbers():
    padded, packed = layer_diagrams.padded_figure([3, 5, 2]).axes
    cells = [patch for patch in padded.patches if isinstance(patch, Rectangle)]
    assert len(cells) == 15
    assert sum(bool(cell.get_hatch()) for cell in cells) == texts(padded).count("0") == 5
    words = texts(packed)
    assert words[:6] == ["$b_1$", "0", "$a_1$", "1", "$c_1$", "2"]
    assert words[-2:] == ["1", "batch_sizes"]
    assert "9" in words
    assert "10" not in words


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: layer_diagrams.stacked_figure(0, 4), "at least 1, got 0"),
        (lambda: layer_diagrams.stacked_figure(2, 1), "at least 2 steps, got 1"),
        (lambda: layer_diagrams.bidirectional_figure(0), "at least 2 steps, got 0"),
        (lambda: layer_diagrams.padded_figure([]), "at least 1 step"),
        (lambda: layer_diagrams.padded_figure([3, 0]), r"got lengths \[3, 0\]"),
    ],
)
def test_refusals(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
