"""The drawings of the way back: dashed, against the forward arrows, each gradient in its quantity's colour."""

import re

import pytest
from matplotlib.colors import to_hex

from lstm_course import figures
from lstm_course.drawings import backward_diagram, wiring
from lstm_course.drawings.backward_diagram import STAGES


def symbols(figure):
    return {text.get_text() for text in figure.axes[0].texts if text.get_color() == "black"} - {""}


def dashed(figure):
    """Colours of the dashed lines."""
    return {to_hex(line.get_color()).upper() for line in figure.axes[0].lines if line.is_dashed()}


@pytest.mark.parametrize(
    ("stage", "labels", "gates"),
    [
        ("h", {"$dh_t$", "$do_t$"}, "hoc"),
        ("c", {"$dc_t$", "$dc_{t-1}$", "$df_t$", "$di_t$", "$dg_t$"}, "cfig"),
        ("z", {"$dz_f$", "$dz_i$", "$dz_g$", "$dz_o$"}, "figo"),
        ("x", {"$dh_{t-1}$", "$dx_t$"}, "h"),
    ],
)
def test_a_stage_shows_its_gradients_in_their_colours(stage, labels, gates):
    figure = backward_diagram.cell_figure(stage)
    assert symbols(figure) == labels
    assert dashed(figure) == {figures.GATES[gate] for gate in gates}


def test_the_whole_way_is_all_stages():
    together = set().union(*(symbols(backward_diagram.cell_figure(stage)) for stage in STAGES))
    assert symbols(backward_diagram.cell_figure()) == together


def test_gradients_run_against_the_forward_arrows():
    """On the belt and on the line of h the tip of each arrow lies left of its start."""
    for ways in backward_diagram._STRETCHES.values():
        for way in ways:
            (x_0, y_0), (x_1, y_1) = way.points[0], way.points[-1]
            assert x_1 <= x_0
            if y_0 == y_1 and y_0 in (wiring.BELT, wiring.LOW):
                assert x_1 < x_0


def test_an_unknown_stage_is_refused():
    with pytest.raises(ValueError, match=r"letters h, c, z, x, got 'q'"):
        backward_diagram.cell_figure("hq")


def test_a_sequence_has_a_loss_and_two_gradients_per_step():
    figure = backward_diagram.sequence_figure(3)
    labels = {f"$L_{t}$" for t in (1, 2, 3)} | {f"$d{k}_{t}$" for k in "ch" for t in (0, 1, 2)} | {"1", "2", "3"}
    assert symbols(figure) == labels


def test_a_cut_stops_both_gradients():
    whole, cut = backward_diagram.sequence_figure(3), backward_diagram.sequence_figure(3, cut=1)
    assert symbols(whole) - symbols(cut) == {"$dc_1$", "$dh_1$"}
    bar = (1 + 0.5) * backward_diagram.GAP
    ends = [line.get_xdata()[-1] for line in cut.axes[0].lines if line.is_dashed() and line.get_xdata()[0] > bar]
    assert min(ends) == bar


@pytest.mark.parametrize("stage", STAGES)
def test_pictures_are_small_and_described(stage, monkeypatch):
    shown = {}
    monkeypatch.setattr(figures, "display", lambda picture: shown.update(picture.bundle))
    backward_diagram.show_stage(stage, "dc_t = 0.377.")
    name, way = backward_diagram.WAYS[stage]
    assert name in shown["text/plain"]
    assert way in shown["text/plain"]
    assert "0.377" in shown["text/html"]
    assert len(re.search(r'base64,([^"]*)', shown["text/html"])[1]) < 20_000
