"""Variants side by side: what changes, how many parameters, the race over seeds, and the grid by diagonals."""

import pytest
import torch
from torch import nn

from lstm_course import cells, tasks, variants
from lstm_course.variants import VARIANTS


def test_lines_are_the_cell_without_docstring_checks_and_comments():
    lines = variants.lines(cells.lstm_step)
    assert lines[0] == "z = x_t @ W_x.T + h_prev @ W_h.T + b"
    assert lines[-2:] == ["h_t = o_t * tanh(c_t)", "return h_t, c_t, Gates(i_t, f_t, g_t, o_t)"]
    assert len(lines) == 9


@pytest.mark.parametrize("name", cells.__all__)
def test_no_step_shows_its_checks(name):
    step = getattr(cells, name)
    if name.endswith("_step"):
        text = "\n".join(variants.lines(step))
        assert "require" not in text
        assert "#" not in text
        assert "weights" not in text
        assert text.startswith(("z", "x_r", "return", "H", "q_t"))


def test_difference_shows_what_goes_what_comes_and_what_stays():
    assert variants.difference(cells.lstm_step, cells.coupled_lstm_step).splitlines() == [
        "- z_i, z_f, z_g, z_o = z.chunk(4, dim=-1)",
        "+ z_i, z_g, z_o = z.chunk(3, dim=-1)",
        "- f_t = sigmoid(z_f)",
        "+ f_t = 1 - i_t",
        "(7 lines stay)",
    ]
    assert variants.difference(cells.lstm_step, cells.lstm_step) == "(9 lines stay)"


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variants_weights_fit_its_step_and_its_count(name):
    variant = VARIANTS[name]
    weights = variants.start(variant, 3, 5, seed=0)
    W_y, b_y = weights.pop("W_y"), weights.pop("b_y")
    assert variant.count(3, 5) == sum(weight.numel() for weight in weights.values())
    x = torch.randn(2, 4, 3)
    states = [torch.zeros(2, 5)] * variant.states
    for x_t in x.unbind(1):
        *states, _ = variant.step(x_t, *states, **weights)
    expected = states[0] @ W_y.T + b_y
    assert torch.equal(variants.answer(variant, {**weights, "W_y": W_y, "b_y": b_y}, x), expected)


def test_counts_agree_with_pytorch_but_for_the_second_bias():
    lstm, gru = nn.LSTMCell(3, 5), nn.GRUCell(3, 5)
    assert VARIANTS["LSTM"].count(3, 5) == sum(p.numel() for p in lstm.parameters()) - 20
    assert VARIANTS["GRU"].count(3, 5) == sum(p.numel() for p in gru.parameters())


def test_start_is_seeded_bounded_and_leaves_the_normalisation_neutral():
    weights = variants.start(VARIANTS["layer norm"], 2, 16, seed=3)
    again = variants.start(VARIANTS["layer norm"], 2, 16, seed=3)
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert not torch.equal(weights["W_x"], variants.start(VARIANTS["layer norm"], 2, 16, seed=4)["W_x"])
    assert 0.2 < weights["W_h"].abs().max() <= 0.25
    assert (weights["gain_c"] == 1).all()
    assert (weights["b_c"] == 0).all()


def test_nets_side_by_side_are_the_same_as_each_alone(monkeypatch):
    """Two nets for five updates: as trained one by one with PyTorch's own clipping and Adam."""
    seen = []
    update = variants._update

    def recorded(nets, losses, optimiser):
        seen.append(losses.detach().clone())
        update(nets, losses, optimiser)

    monkeypatch.setattr(variants, "_update", recorded)
    variant = VARIANTS["peephole"]
    assert variants.race(variant, 2, T=6, H=4, batch=3, lr=0.1, most=5) == [5, 5]
    for seed in range(2):
        weights = {name: w.requires_grad_() for name, w in variants.start(variant, 2, 4, seed).items()}
        optimiser = torch.optim.Adam(weights.values(), lr=0.1)
        draw = torch.Generator().manual_seed(1000 + seed)
        for step in range(5):
            x, y = tasks.adding(3, 6, draw)
            loss = (variants.answer(variant, weights, x) - y).square().mean()
            assert seen[step][seed].item() == pytest.approx(loss.item(), rel=1e-4)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(list(weights.values()), 1.0)
            optimiser.step()


def test_a_race_ends_when_all_have_solved_it():
    solved = variants.race(VARIANTS["GRU"], 2, T=8, most=400)
    assert all(20 <= updates < 400 for updates in solved)
    assert solved == variants.race(VARIANTS["GRU"], 2, T=8, most=400)


def test_change_is_applied_to_every_net():
    changed = []
    variants.race(VARIANTS["LSTM"], 3, T=4, H=2, batch=2, most=1, change=changed.append)
    assert [weights["b"].shape for weights in changed] == [(8,)] * 3


def test_a_race_needs_runners():
    with pytest.raises(ValueError, match="needs seeds >= 1 and most >= 1, got seeds=0, most=800"):
        variants.race(VARIANTS["LSTM"], 0)


def test_grid_xor():
    pictures, targets = variants.grid_xor(4, 5, torch.Generator().manual_seed(0))
    assert pictures.shape == (4, 5, 5)
    assert targets.shape == (4, 4, 4)
    for r in range(1, 5):
        for s in range(1, 5):
            xor = pictures[:, r - 1, s].bool() ^ pictures[:, r, s - 1].bool()
            assert torch.equal(targets[:, r - 1, s - 1].bool(), xor)
    assert torch.equal(pictures, variants.grid_xor(4, 5, torch.Generator().manual_seed(0))[0])


def test_grid_xor_needs_an_inside():
    with pytest.raises(ValueError, match="needs side >= 2, got side=1"):
        variants.grid_xor(4, 1)


def test_the_grid_by_diagonals_equals_the_grid_pixel_by_pixel():
    torch.manual_seed(0)
    net = variants.GridLSTM(3).double()
    pictures = torch.rand(2, 4, 6, dtype=torch.float64)  # taller than wide would show as well
    states = {}
    nothing = (torch.zeros(2, 3, dtype=torch.float64),) * 2
    for r in range(4):
        for s in range(6):
            up, left = states.get((r - 1, s), nothing), states.get((r, s - 1), nothing)
            states[r, s] = cells.lstm_2d_step(pictures[:, r, s, None], *up, *left, **net.weights)[:2]
            torch.testing.assert_close(net.states(pictures)[:, r, s], states[r, s][0])
    assert net(pictures).shape == (2, 3, 5)
    net(pictures).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
