"""The layer as its users meet it: parameters, options, inference, and one clear sentence for bad input."""

import warnings

import pytest
import torch
from hypothesis import given, settings
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from lstm_course.layer import LSTM
from tests.test_layer import OPTIONS, PROVED


@settings(PROVED, max_examples=30)
@given(options=OPTIONS)
def test_parameters_by_the_formula_and_in_nn_lstms_order(options):
    I, H, P, D = (options[k] for k in ("input_size", "hidden_size", "proj_size", "bidirectional"))
    R, D = P or H, 1 + D
    sizes = [I] + [D * R] * (options["num_layers"] - 1)
    expected = sum(D * (4 * H * (size + R) + 8 * H * options["bias"] + P * H) for size in sizes)
    ours, theirs = LSTM(**options), nn.LSTM(**options)
    assert sum(parameter.numel() for parameter in ours.parameters()) == expected
    assert [(n, p.shape) for n, p in ours.named_parameters()] == [(n, p.shape) for n, p in theirs.named_parameters()]
    theirs.load_state_dict(ours.state_dict())
    ours.load_state_dict(theirs.state_dict())


def test_starts_from_the_same_weights_as_nn_lstm():
    torch.manual_seed(3)
    theirs = nn.LSTM(3, 4, 2).state_dict()
    torch.manual_seed(3)
    assert all(torch.equal(theirs[name], weight) for name, weight in LSTM(3, 4, 2).state_dict().items())


def test_forget_bias_is_the_sum_of_both_vectors():
    layer = LSTM(3, 4, 2, bidirectional=True, forget_bias=2.5)
    for suffix in ("_l0", "_l0_reverse", "_l1", "_l1_reverse"):
        b = getattr(layer, "bias_ih" + suffix) + getattr(layer, "bias_hh" + suffix)
        assert (b[4:8] == 2.5).all()
        assert not (b[:4] == 2.5).any()


def test_dropout_acts_between_layers_in_training_only():
    torch.manual_seed(0)
    x = torch.randn(4, 2, 3)
    plain, dropping = LSTM(3, 50, 2), LSTM(3, 50, 2, dropout=0.5)
    dropping.load_state_dict(plain.state_dict())
    (expected, (first, _)), (got, (h_n, _)) = plain(x), dropping(x)
    assert not torch.equal(got, expected)
    assert torch.equal(h_n[0], first[0])
    torch.testing.assert_close(dropping.eval()(x)[0], expected)
    everything = LSTM(3, 50, 2, dropout=1.0, bias=False)
    assert not everything(x)[0].any()


def test_inference_gives_the_same_and_keeps_no_graph():
    layer = LSTM(3, 4, 2, bidirectional=True)
    x = torch.randn(6, 2, 3)
    expected = layer(x)
    with torch.no_grad():
        out, (h, c) = layer(x)
    torch.testing.assert_close((out, h, c), (expected[0], *expected[1]), rtol=0, atol=0)
    assert not any(part.requires_grad for part in (out, h, c))


WRONG = {
    "rank": (lambda m: m(torch.zeros(2, 3, 3, 3)), r"shape \(T, B, I\).*got \(2, 3, 3, 3\)"),
    "feature size": (lambda m: m(torch.zeros(2, 3, 5)), r"input_size=3 features, got 5 in shape \(2, 3, 5\)"),
    "dtype": (lambda m: m(torch.zeros(2, 3, 3).double()), "one dtype and device, got torch.float64"),
    "no steps": (lambda m: m(torch.zeros(0, 3, 3)), r"at least one step.*got shape \(0, 3, 3\)"),
    "no sequences": (lambda m: m(torch.zeros(3, 0, 3)), r"at least one step.*got shape \(3, 0, 3\)"),
    "h_0": (
        lambda m: m(torch.zeros(2, 3, 3), (torch.zeros(3, 2, 4), torch.zeros(2, 3, 4))),
        r"h_0 must have the shape \(2, 3, 4\).*got \(3, 2, 4\)",
    ),
    "c_0": (
        lambda m: m(torch.zeros(2, 3, 3), (torch.zeros(2, 3, 4), torch.zeros(2, 3, 5))),
        r"c_0 must have the shape \(2, 3, 4\).*got \(2, 3, 5\)",
    ),
    "c_0 of one sequence": (
        lambda m: m(torch.zeros(2, 3), (torch.zeros(2, 4), torch.zeros(2, 1, 4))),
        r"c_0 must have the shape \(2, 4\).*got \(2, 1, 4\)",
    ),
    "state dtype": (
        lambda m: m(torch.zeros(2, 3, 3), (torch.zeros(2, 3, 4).double(), torch.zeros(2, 3, 4))),
        "h_0 and input must be of one dtype.*got torch.float64",
    ),
    "no pair": (lambda m: m(torch.zeros(2, 3, 3), torch.zeros(2, 3, 4)), r"pair \(h_0, c_0\), got Tensor"),
    "state of a packed batch": (
        lambda m: m(
            pack_padded_sequence(torch.zeros(2, 3, 3), [1, 2, 1], enforce_sorted=False),
            (torch.zeros(2, 2, 4), torch.zeros(2, 3, 4)),
        ),
        r"h_0 must have the shape \(2, 3, 4\)",
    ),
    "rising lengths": (
        lambda m: m(PackedSequence(torch.zeros(3, 3), torch.tensor([1, 2]))),
        r"falling, positive lengths, got batch_sizes \[1, 2\]",
    ),
    "zero length": (
        lambda m: m(PackedSequence(torch.zeros(2, 3), torch.tensor([2, 0]))),
        r"falling, positive lengths, got batch_sizes \[2, 0\]",
    ),
    "packed rows": (
        lambda m: m(PackedSequence(torch.zeros(4, 3), torch.tensor([2, 1]))),
        r"got batch_sizes \[2, 1\] for 4 rows",
    ),
    "hidden size": (lambda m: LSTM(3, 0), "hidden_size must be at least 1, got 0"),
    "dropout": (lambda m: LSTM(3, 4, 2, dropout=1.5), "between 0 and 1, got 1.5"),
    "projection": (lambda m: LSTM(3, 4, proj_size=4), "below hidden_size=4, got 4"),
    "forget bias": (lambda m: LSTM(3, 4, bias=False, forget_bias=1.0), "needs biases, got bias=False"),
    "backward": (lambda m: LSTM(3, 4, backward="numpy"), '"hand" or "autograd", got \'numpy\''),
}


@pytest.mark.parametrize(("call", "words"), WRONG.values(), ids=WRONG)
def test_bad_input_is_answered_in_one_sentence(call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call(LSTM(3, 4, 2))
    assert str(caught.value).count("\n") == 0
    assert ", got " in str(caught.value)
    assert ": " in str(caught.value)


def test_unsorted_lengths_are_refused_by_torch_and_sorted_on_demand():
    with pytest.raises(RuntimeError, match="sorted in decreasing order"):
        pack_padded_sequence(torch.zeros(2, 3, 3), [1, 2, 1])


def test_weights_are_checked_when_asked():
    layer = LSTM(3, 4)
    layer.check_weights()
    with torch.no_grad():
        layer.bias_ih_l0[2] = torch.nan
    with pytest.raises(ValueError, match="got 1 of 16 entries of bias_ih_l0 NaN or infinite: clip"):
        layer.check_weights()


def test_dropout_in_one_layer_warns():
    with pytest.warns(UserWarning, match="between layers, so dropout=0.5 does nothing"):
        LSTM(3, 4, dropout=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LSTM(3, 4, 2, dropout=0.5)


def test_says_what_it_is():
    assert repr(LSTM(3, 4, 2, bidirectional=True)) == "LSTM(3, 4, num_layers=2, bidirectional=True, backward='hand')"
