"""The drawings of the cells: lit paths have their gate's colour and are thicker; everything else is pale."""

import re

import pytest
from matplotlib.colors import to_hex

from lstm_course import figures
from lstm_course.drawings import cell_diagrams
from lstm_course.drawings.wiring import LSTM_PATHS, PALE_LINE, THICK, THIN


def wires(figure):
    """(colour, width) of every wire of the drawing."""
    return [(to_hex(line.get_color()).upper(), line.get_linewidth()) for line in figure.axes[0].lines]


def black_symbols(figure):
    """The labels of lit wires."""
    return {text.get_text() for text in figure.axes[0].texts if text.get_color() == "black"}


@pytest.mark.parametrize("path", LSTM_PATHS)
def test_one_lit_path_is_thick_and_coloured_and_the_rest_is_pale(path):
    drawn = wires(cell_diagrams.lstm_figure(path))
    assert {width for colour, width in drawn if colour == PALE_LINE} == {THIN}
    assert {width for colour, width in drawn if colour != PALE_LINE} == {THICK}
    assert (figures.GATES[path], THICK) in drawn
    assert (PALE_LINE, THIN) in drawn


@pytest.mark.parametrize(
    ("path", "symbols"),
    [
        ("f", {"$h_{t-1}$", "$x_t$", "$f_t$"}),
        ("i", {"$h_{t-1}$", "$x_t$", "$i_t$"}),
        ("g", {"$h_{t-1}$", "$x_t$", "$g_t$"}),
        ("c", {"$c_{t-1}$", "$f_t$", "$i_t$", "$g_t$", "$c_t$"}),
        ("o", {"$h_{t-1}$", "$x_t$", "$o_t$"}),
        ("h", {"$c_t$", "$o_t$", "$h_t$"}),
    ],
)
def test_the_symbols_of_a_lit_path_stand_out(path, symbols):
    lit = {symbol for symbol in black_symbols(cell_diagrams.lstm_figure(path)) if "_" in symbol}
    assert lit == symbols


def test_everything_is_lit_by_default():
    assert PALE_LINE not in {colour for colour, _ in wires(cell_diagrams.lstm_figure())}


def test_an_unknown_path_is_refused():
    with pytest.raises(ValueError, match=r"letters f, i, g, c, o, h, got 'z'"):
        cell_diagrams.lstm_figure("fz")


def test_rnn_and_lstm_have_one_scale():
    figure = cell_diagrams.rnn_and_lstm_figure()
    figures.png(figure)
    scales = [axis.get_window_extent().width / (axis.get_xlim()[1] - axis.get_xlim()[0]) for axis in figure.axes]
    assert scales[0] == pytest.approx(scales[1], rel=0.03)
    assert [axis.get_title() for axis in figure.axes] == ["RNN", "LSTM"]


@pytest.mark.parametrize("path", LSTM_PATHS)
def test_pictures_are_small_and_described(path, monkeypatch):
    shown = {}
    monkeypatch.setattr(figures, "display", lambda picture: shown.update(picture.bundle))
    cell_diagrams.show_path(path, "the gate is 0.881.")
    name, way = cell_diagrams.WAYS[path]
    assert name in shown["text/plain"]
    assert way in shown["text/plain"]
    assert "0.881" in shown["text/html"]
    assert len(re.search(r'base64,([^"]*)', shown["text/html"])[1]) < 20_000
