"""The player's frames hold the numbers that the package's cells compute, path by path."""

import re
from xml.etree import ElementTree

import pytest
import torch
from torch import nn

from lstm_course import cells
from lstm_course.drawings.bars import signed
from lstm_course.widgets.cell_film import film, input_labels
from lstm_course.widgets.cell_player import TEXT, CellPlayer, differences
from tests.player import visible_texts

X = torch.eye(3)[[0, 1, 2, 2]]


def weights_of(cell):
    return cell.weight_ih, cell.weight_hh, cell.bias_ih + cell.bias_hh


def made(kind, units=2, x=X, **options):
    torch.manual_seed(0)
    weights = [weight.double() for weight in weights_of(kind(x.shape[1], units))]
    return CellPlayer(x, *weights, **options), weights


def said(values):
    return [signed(value) for value in values[0].tolist()]


def test_every_path_of_an_lstm_adds_its_numbers():
    player, weights = made(nn.LSTMCell, labels=list("abcc"))
    assert (player.paths, len(player.frames)) == (6, 24)
    h = c = torch.zeros(1, 2, dtype=torch.float64)
    for step, x_t in enumerate(X.double()):
        c_prev = c
        h, c, gates = cells.lstm_step(x_t[None], h, c, *weights)
        kept, added = said(gates.f * c_prev), said(gates.i * gates.g)
        new = {"f": said(gates.f), "i": said(gates.i), "g": said(gates.g), "c": [*kept, *added, *said(c)]}
        new |= {"o": said(gates.o), "h": said(h)}
        for place, path in enumerate("figcoh", start=6 * step):
            now = visible_texts(player, place)
            assert set(new[path]) <= set(now), (step, path)
            assert all(number in player.words[place] for number in new[path]), (step, path)
            assert player.titles[place].startswith(f"Step {step + 1} of 4, input {'abcc'[step]}: ")
        assert now.count(said(c)[0]) >= 2, "on the belt and as a bar"


def test_numbers_of_later_paths_are_hidden():
    player, _ = made(nn.LSTMCell)
    shown = [
        len([text for text in visible_texts(player, place) if re.fullmatch(r"−?\d\.\d\d", text)]) for place in range(6)
    ]
    at_start = 2 + 2  # two units: c_0 on the belt and as bars
    # f, i and g bring two bars each, c three pairs of bars and the belt's box, o and h two each.
    assert shown == [at_start + n for n in (2, 4, 6, 14, 16, 18)]


def test_an_rnn_is_told_by_its_weights():
    player, weights = made(nn.RNNCell, labels=list("abcc"))
    assert (player.paths, len(player.frames)) == (2, 8)
    h = torch.zeros(1, 2, dtype=torch.float64)
    for step, x_t in enumerate(X.double()):
        h_prev, h = h, cells.rnn_step(x_t[None], h, *weights)
        assert said(h_prev) == re.findall(r"−?\d\.\d\d", player.words[2 * step])
        assert said(h_prev) + said(h) == re.findall(r"−?\d\.\d\d", player.words[2 * step + 1])
        assert set(said(h)) <= set(visible_texts(player, 2 * step + 1))


def test_the_caption_names_what_carries_the_state():
    captions = [made(kind)[0].caption for kind in (nn.LSTMCell, nn.RNNCell)]
    assert ["belt" in caption for caption in captions] == [True, False]
    assert "the hidden state so far" in captions[1]


def test_only_the_lit_path_is_coloured():
    player, _ = made(nn.LSTMCell)
    strokes = {}
    for place, path in enumerate("figcoh"):
        values = dict(zip(map(tuple, player.slots), player.frames[place], strict=True))
        strokes[path] = {value for (_, name), value in values.items() if name == "stroke"}
    assert "#D55E00" in strokes["f"]
    assert "#D55E00" not in strokes["i"]
    assert "#0072B2" in strokes["i"]


def test_the_position_stays_within_the_film():
    player, _ = made(nn.RNNCell)
    for asked, got in ((3, 3), (99, 7), (-1, 0)):
        player.position = asked
        assert player.position == got


def test_without_a_kernel_the_last_frame_and_the_whole_memory_remain():
    player, weights = made(nn.LSTMCell, labels=list("abcc"))
    data, _ = player._repr_mimebundle_()
    h = c = torch.zeros(1, 2, dtype=torch.float64)
    for x_t in X.double():
        h, c, _ = cells.lstm_step(x_t[None], h, c, *weights)
        assert ", ".join(said(c)) in data["text/plain"]
    assert "data:image/png;base64," in data["text/html"]
    assert "Step 4 of 4, input c: hidden state" in data["text/html"]


def test_weights_that_are_being_trained_are_welcome():
    cell = nn.LSTMCell(3, 2)
    assert film(X, *weights_of(cell)).steps[0]["c"].dtype == "float64"


def test_differences_are_found_between_drawings_of_one_shape():
    drawings = [
        ElementTree.fromstring(f'<svg><a x="{x}" y="1"/><b>{words}</b></svg>') for x, words in ((1, "p"), (2, "q"))
    ]
    assert differences(drawings) == ([(0, "x"), (1, TEXT)], [["1", "p"], ["2", "q"]])


def test_labels_of_inputs():
    assert input_labels(torch.tensor([[1.0], [-0.5], [0.0]])) == ["1", "−0.5", "0"]
    assert input_labels(torch.zeros(3, 2)) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("steps", "units", "labels", "words"),
    [
        (17, 1, None, r"1 to 16 steps, got \(17, 1\)"),
        (0, 1, None, r"1 to 16 steps, got \(0, 1\)"),
        (3, 7, None, "1 to 6 units, got 7"),
        (3, 2, ["a", "b"], "one label, got 2 labels for 3 steps"),
    ],
)
def test_what_cannot_be_shown_is_refused(steps, units, labels, words):
    with pytest.raises(ValueError, match=words):
        CellPlayer(torch.zeros(steps, 1), *weights_of(nn.LSTMCell(1, units)), labels=labels)
