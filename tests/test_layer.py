"""The layer against nn.LSTM: outputs, states and every gradient, for whatever sizes hypothesis thinks of."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm_course import by_hand
from lstm_course.layer import LSTM

DEFAULTS = {"input_size": 5, "hidden_size": 16, "batch_first": False, "proj_size": 0}
DEVICES = ["cpu"] + ["cuda"] * torch.cuda.is_available()
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5}
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
PROVED = settings(max_examples=120, deadline=None, derandomize=True)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def pair(backward="hand", dtype=torch.float64, **options):
    """nn.LSTM and ours with equal weights, larger than the usual ones so that the gates are far from linear."""
    theirs = nn.LSTM(**options, dtype=dtype)
    ours = LSTM(**options, dtype=dtype, backward=backward)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.uniform_(-0.8, 0.8)
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


def results(layer, x, hx, weights, lengths=None):
    """Outputs, final states, and the gradients of a weighted sum of them all with respect to everything."""
    x = x.clone().requires_grad_()
    leaves = [x]
    if hx is not None:
        hx = tuple(state.clone().requires_grad_() for state in hx)
        leaves += hx
    layer.zero_grad()
    given = x if lengths is None else pack_padded_sequence(x, lengths, layer.batch_first, enforce_sorted=False)
    out, (h_n, c_n) = layer(given, hx)
    if lengths is not None:
        out, got_lengths = pad_packed_sequence(out, layer.batch_first)
        assert got_lengths.tolist() == lengths
    loss = sum(
        (part * weight[tuple(map(slice, part.shape))]).sum()
        for part, weight in zip((out, h_n, c_n), weights, strict=True)
    )
    loss.backward()
    return {"out": out, "h_n": h_n, "c_n": c_n} | {
        f"gradient {i}": leaf.grad for i, leaf in enumerate([*leaves, *layer.parameters()])
    }


def assert_same(ours, theirs, tolerance):
    assert ours.keys() == theirs.keys()
    for name, expected in theirs.items():
        got = ours[name]
        assert got.shape == expected.shape, name
        assert got.dtype == expected.dtype, name
        error = (got - expected).abs().max() / expected.abs().max().clamp(min=1)
        assert error <= tolerance, f"{name}: {error:.2e}"


def inputs(T, B, options, dtype, with_state):
    I, H, P = options["input_size"], options["hidden_size"], options["proj_size"] or options["hidden_size"]
    D = 2 if options["bidirectional"] else 1
    n = options["num_layers"] * D
    shape = (B, T) if options["batch_first"] else (T, B)
    draw = lambda *sizes: torch.randn(*sizes, dtype=dtype)  # noqa: E731
    hx = (draw(n, B, P), draw(n, B, H)) if with_state else None
    return draw(*shape, I), hx, (draw(*shape, D * P), draw(n, B, P), draw(n, B, H))


OPTIONS = st.fixed_dictionaries(
    {
        "input_size": st.integers(1, 6),
        "hidden_size": st.integers(2, 7),
        "num_layers": st.integers(1, 3),
        "bias": st.booleans(),
        "batch_first": st.booleans(),
        "bidirectional": st.booleans(),
        "proj_size": st.sampled_from([0, 0, 0, 1]),
    }
)
CASES = given(
    options=OPTIONS,
    T=st.integers(1, 9),
    B=st.integers(1, 5),
    dtype=st.sampled_from(list(TOLERANCE)),
    backward=st.sampled_from(["hand", "hand", "autograd"]),
    with_state=st.booleans(),
    seed=st.integers(0, 999),
)


@PROVED
@CASES
def test_equals_nn_lstm(options, T, B, dtype, backward, with_state, seed):
    torch.manual_seed(seed)
    theirs, ours = pair(backward, dtype, **options)
    case = inputs(T, B, options, dtype, with_state)
    assert_same(results(ours, *case), results(theirs, *case), TOLERANCE[dtype])


@PROVED
@CASES
def test_equals_nn_lstm_on_packed_batches(options, T, B, dtype, backward, with_state, seed):
    torch.manual_seed(seed)
    theirs, ours = pair(backward, dtype, **options)
    case = inputs(T, B, options, dtype, with_state)
    lengths = torch.randint(1, T + 1, (B,)).tolist()
    assert_same(results(ours, *case, lengths), results(theirs, *case, lengths), TOLERANCE[dtype])


@settings(PROVED, max_examples=20)
@CASES
def test_one_sequence_without_a_batch_axis(options, T, B, dtype, backward, with_state, seed):
    torch.manual_seed(seed)
    options = {**options, "batch_first": False}
    theirs, ours = pair(backward, dtype, **options)
    x, hx, weights = inputs(T, 1, options, dtype, with_state)
    hx = None if hx is None else tuple(state[:, 0] for state in hx)
    case = x[:, 0], hx, tuple(weight.squeeze(1) for weight in weights)
    assert_same(results(ours, *case), results(theirs, *case), TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("rows", [1, 20, 10_000])
def test_the_size_of_a_block_changes_nothing(monkeypatch, dtype, rows):
    monkeypatch.setattr(by_hand, "ROWS_PER_BLOCK", rows)
    torch.manual_seed(0)
    options = {**DEFAULTS, "num_layers": 1, "bidirectional": False}
    theirs, ours = pair(dtype=dtype, **options)
    case = inputs(40, 3, options, dtype, True)
    assert_same(results(ours, *case), results(theirs, *case), TOLERANCE[dtype])


def test_bfloat16_takes_the_readable_loop():
    x = torch.randn(4, 2, 3, dtype=torch.bfloat16)
    torch.manual_seed(0)
    theirs, ours = pair(dtype=torch.bfloat16, input_size=3, hidden_size=4)
    out, _ = ours(x)
    torch.testing.assert_close(out, theirs(x)[0], atol=0.03, rtol=0.03)
    out.sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in ours.parameters())


@pytest.mark.parametrize("device", DEVICES)
def test_runs_where_its_weights_are(device):
    torch.manual_seed(0)
    options = {**DEFAULTS, "num_layers": 2, "bidirectional": True}
    theirs, ours = (layer.to(device) for layer in pair(**options))
    x, hx, weights = inputs(30, 4, options, torch.float64, True)
    case = x.to(device), tuple(s.to(device) for s in hx), tuple(w.to(device) for w in weights)
    for lengths in (None, [30, 1, 17, 17]):
        assert_same(results(ours, *case, lengths), results(theirs, *case, lengths), 1e-12 if device == "cpu" else 1e-10)


def test_gradcheck_of_the_hand_derived_backward():
    torch.manual_seed(0)
    T, B, I, H = 4, 2, 3, 5
    sizes = [(T, B, I), (1, B, H), (1, B, H), (4 * H, I), (4 * H, H), (4 * H,), (4 * H,)]
    leaves = [torch.randn(*size, dtype=torch.float64, requires_grad=True) for size in sizes]
    assert torch.autograd.gradcheck(lambda *leaves: by_hand.LSTMByHand.apply(True, *leaves), leaves)


@pytest.mark.parametrize("only", ["out", "h_n", "c_n"])
def test_a_loss_on_one_of_the_results_is_enough(only):
    torch.manual_seed(0)
    theirs, ours = pair(input_size=3, hidden_size=4)
    gradients = []
    x = torch.randn(5, 2, 3, dtype=torch.float64)
    for layer in (theirs, ours):
        out, (h_n, c_n) = layer(x)
        {"out": out, "h_n": h_n, "c_n": c_n}[only].square().sum().backward()
        gradients.append(list(layer.parameters()))
    for expected, got in zip(*gradients, strict=True):
        torch.testing.assert_close(got.grad, expected.grad, atol=1e-12, rtol=0)


def test_backward_twice_gives_the_same_gradients():
    torch.manual_seed(0)
    _, ours = pair(input_size=3, hidden_size=4)
    loss = ours(torch.randn(5, 2, 3, dtype=torch.float64))[0].square().sum()
    first = torch.autograd.grad(loss, list(ours.parameters()), retain_graph=True)
    again = torch.autograd.grad(loss, list(ours.parameters()))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_the_gradients_that_come_in_stay_as_they_are():
    _, ours = pair(input_size=3, hidden_size=4)
    out, (h_n, c_n) = ours(torch.randn(5, 2, 3, dtype=torch.float64))
    given_gradients = [torch.ones_like(part) for part in (out, h_n, c_n)]
    torch.autograd.backward((out, h_n, c_n), given_gradients)
    assert all((gradient == 1).all() for gradient in given_gradients)


def test_gradients_that_need_gradients_may_come_in():
    _, ours = pair(input_size=3, hidden_size=4)
    out, _ = ours(torch.randn(5, 2, 3, dtype=torch.float64))
    expected = torch.autograd.grad(out, ours.bias_ih_l0, torch.ones_like(out), retain_graph=True)
    got = torch.autograd.grad(out, ours.bias_ih_l0, torch.ones_like(out).requires_grad_())
    assert torch.equal(got[0], expected[0])


@pytest.mark.parametrize("grad", [True, False])
def test_no_two_results_share_memory(grad):
    _, ours = pair(input_size=3, hidden_size=4)
    with torch.set_grad_enabled(grad):
        out, (h_n, c_n) = ours(torch.randn(5, 2, 3, dtype=torch.float64))
    before = out.clone()
    with torch.no_grad():
        h_n.fill_(99)
        c_n.fill_(99)
    assert torch.equal(out, before)


def test_no_two_gradients_share_memory():
    _, ours = pair(input_size=3, hidden_size=4)
    x = torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True)
    leaves = [x, *(torch.zeros(1, 2, 4, dtype=torch.float64, requires_grad=True) for _ in range(2))]
    out, _ = ours(x, leaves[1:])
    gradients = torch.autograd.grad(out.sum(), leaves + list(ours.parameters()))
    before = [gradient.clone() for gradient in gradients]
    for gradient, kept in zip(gradients, before, strict=True):
        assert torch.equal(gradient, kept)
        gradient.fill_(99)


def test_second_derivatives_raise_or_work():
    x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
    _, hand = pair(input_size=2, hidden_size=3)
    with pytest.raises(RuntimeError, match=r'cannot itself be differentiated.*backward="autograd"'):
        torch.autograd.grad(hand(x)[0].sum(), x, create_graph=True)
    _, loop = pair("autograd", input_size=2, hidden_size=3)
    assert torch.autograd.gradgradcheck(lambda x: loop(x)[0], x)


EDITS = {
    "out": lambda layer, x, out, h, c: out.zero_(),
    "view of out": lambda layer, x, out, h, c: out[0].mul_(3),
    "h_n": lambda layer, x, out, h, c: h.fill_(1),
    "c_n": lambda layer, x, out, h, c: c.fill_(1),
    "x": lambda layer, x, out, h, c: x.data.fill_(2),
    "W_x": lambda layer, x, out, h, c: layer.weight_ih_l0.fill_(1),
    "W_h": lambda layer, x, out, h, c: layer.weight_hh_l0.fill_(1),
    "b": lambda layer, x, out, h, c: layer.bias_hh_l0.fill_(1),
    "h_0": lambda layer, x, out, h, c: layer.given[0].fill_(1),
    "c_0": lambda layer, x, out, h, c: layer.given[1].fill_(1),
}


@pytest.mark.parametrize("backward", ["hand", "autograd"])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("size", [(5, 2), (1, 1), (1, 2), (2, 1)])
def test_an_edit_in_place_never_gives_wrong_gradients_silently(edit, size, backward):
    torch.manual_seed(0)
    _, layer = pair(backward, input_size=3, hidden_size=4)
    x = torch.randn(*size, 3, dtype=torch.float64)
    weight = torch.randn(*size, 4, dtype=torch.float64)
    layer.given = [torch.randn(1, size[1], 4, dtype=torch.float64) for _ in range(2)]
    names = list(layer.parameters())
    expected = torch.autograd.grad((layer(x, layer.given)[0] * weight).sum(), names)
    out, (h, c) = layer(x, layer.given)
    loss = (out * weight).sum()
    with torch.no_grad():
        if backward == "autograd" and edit is EDITS["x"]:
            x.fill_(2)
        else:
            edit(layer, x, out, h, c)
    try:
        got = torch.autograd.grad(loss, names)
    except RuntimeError as error:
        refused = str(error)
        assert "modified by an inplace operation" in refused
        assert backward == "autograd"
    else:
        assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(got, expected, strict=True))
