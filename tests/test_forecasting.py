"""Rolling out, the loop's matrix and Jacobian, and scores by horizon do what their formulas say."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lstm_course import forecasting, gradients, tasks
from lstm_course.forecasting import Forecaster

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower


def draw(seed=0):
    return torch.Generator().manual_seed(seed)


def forecaster(inputs=1, hidden=4, horizon=1, change=None):
    torch.manual_seed(0)
    return Forecaster(inputs, hidden, horizon, change).double().requires_grad_(False)


# ---- rolling out


def test_rollout_by_hand():
    got = forecasting.rollout(lambda window: window.sum(1), torch.tensor([[1, 1], [0, 2]]), 4)
    assert got.tolist() == [[2, 3, 5, 8], [2, 4, 6, 10]]


def test_shocks_enter_the_window():
    shocks = torch.tensor([[1, 0, -1]])
    got = forecasting.rollout(lambda window: window.sum(1), torch.tensor([[1, 1]]), 3, shocks)
    assert got.tolist() == [[3, 4, 6]]


@pytest.mark.parametrize(("shape", "horizon"), [((3,), 2), ((2, 0), 2), ((2, 3), 0), ((2, 3, 1), 2)])
def test_rollout_refuses_other_shapes(shape, horizon):
    with pytest.raises(ValueError, match=r"needs windows \(M, L\) and a horizon >= 1, got"):
        forecasting.rollout(lambda window: window[:, 0], torch.zeros(shape), horizon)


def test_carrying_on_is_reading_one_s_own_words():
    """Reading past and own forecasts in one go gives the same forecasts again."""
    model, past = forecaster(), torch.randn(3, 5, 1, generator=draw(), dtype=torch.float64)
    got = forecasting.carry_on(model, past, 6)
    again = model(torch.cat([past, got[:, :-1, None]], dim=1))[:, 4:, 0]
    torch.testing.assert_close(got, again)


def test_carrying_on_with_known_columns_and_shocks():
    model = forecaster(inputs=3)
    past = torch.randn(2, 4, 3, generator=draw(), dtype=torch.float64)
    known = torch.randn(2, 4, 2, generator=draw(1), dtype=torch.float64)
    shocks = torch.randn(2, 5, generator=draw(2), dtype=torch.float64)
    got = forecasting.carry_on(model, past, 5, known, shocks)
    fed = torch.cat([past, torch.cat([got[:, :-1, None], known], dim=2)], dim=1)
    torch.testing.assert_close(got, model(fed)[:, 3:, 0] + shocks)


def test_carrying_on_lets_gradients_through_the_loop():
    model = forecaster()
    past = torch.randn(2, 3, 1, generator=draw(), dtype=torch.float64).requires_grad_()
    forecasting.carry_on(model, past, 9)[:, -1].sum().backward()
    assert (past.grad != 0).all()


@pytest.mark.parametrize(
    ("inputs", "horizon", "known"), [(1, 0, None), (3, 4, None), (3, 4, torch.zeros(2, 2, 2, dtype=torch.float64))]
)
def test_carrying_on_refuses_what_does_not_fit(inputs, horizon, known):
    past = torch.zeros(2, 5, inputs, dtype=torch.float64)
    with pytest.raises(ValueError, match=rf"needs a past \(M, L, I\), a horizon >= 1 and {inputs - 1} known columns"):
        forecasting.carry_on(forecaster(inputs=inputs), past, horizon, known)


def test_a_forecaster_of_changes_starts_from_the_last_value():
    x = torch.randn(2, 5, 2, generator=draw(), dtype=torch.float64)
    level, change = forecaster(2, horizon=3), forecaster(2, horizon=3, change=0.5)
    assert level(x).shape == (2, 5, 3)
    torch.testing.assert_close(change(x), x[..., :1] + 0.5 * level(x))


# ---- the loop as a map


def test_companion_matrix_by_hand():
    C = forecasting.companion_matrix(torch.tensor([3.0, 2.0, 1.0]))
    assert C.tolist() == [[0, 1, 0], [0, 0, 1], [3, 2, 1]]


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=6), st.integers(1, 8))
def test_powers_of_the_companion_matrix_are_the_rollout(coefficients, horizon):
    a = torch.tensor(coefficients, dtype=torch.float64)
    window = torch.randn(1, len(a), generator=draw(), dtype=torch.float64)
    path = forecasting.rollout(lambda some: some @ a, window, horizon)
    power = torch.linalg.matrix_power(forecasting.companion_matrix(a), horizon)
    torch.testing.assert_close(power[-1] @ window[0], path[0, -1])


@pytest.mark.parametrize("shape", [(), (0,), (2, 2)])
def test_companion_matrix_refuses_other_shapes(shape):
    with pytest.raises(ValueError, match=r"needs coefficients \(L,\), got shape"):
        forecasting.companion_matrix(torch.zeros(shape))


def test_the_jacobian_of_a_linear_loop_is_its_companion_matrix():
    a = torch.tensor([0.3, -0.5, 0.9], dtype=torch.float64)
    loop = forecasting.window_loop(lambda window: window @ a + 1)
    at = torch.randn(3, generator=draw(), dtype=torch.float64)
    assert torch.equal(forecasting.jacobian(loop, at), forecasting.companion_matrix(a))
    rest = 1 / (1 - a.sum())
    torch.testing.assert_close(forecasting.fixed_point(loop, at), rest.expand(3))


def test_the_fixed_point_is_found_where_it_repels():
    def step(at):
        return torch.sinh(2 * at)  # rests at 0, and runs away from everywhere else

    rest = forecasting.fixed_point(step, torch.tensor([0.3, -0.2], dtype=torch.float64))
    assert rest.abs().max() < 1e-9
    assert gradients.spectral_radius(forecasting.jacobian(step, rest)) == pytest.approx(2)


def test_no_fixed_point_is_said():
    for start in (1.0, 0.7):  # from 1 the first step leads to where Newton's method has no direction
        with pytest.raises(ValueError, match=r"must settle in 7 steps, but F\(s\) is still"):
            forecasting.fixed_point(lambda at: at + at.square() + 1, torch.tensor([start], dtype=torch.float64), most=7)


def test_the_state_loop_is_carrying_on():
    model = forecaster()
    past = torch.randn(1, 6, 1, generator=draw(), dtype=torch.float64)
    path = forecasting.carry_on(model, past, 5)[0]
    first, (h, c) = model.read(past)
    vector = torch.cat([first[:, -1].flatten(), h.flatten(), c.flatten()])
    loop = forecasting.state_loop(model)
    for value in path:
        assert vector[0].item() == pytest.approx(value.item())
        vector = loop(vector)


def test_near_its_fixed_point_the_loop_of_an_lstm_shrinks_by_its_radius():
    model = forecaster()
    loop = forecasting.state_loop(model)
    rest = forecasting.fixed_point(loop, torch.zeros(9, dtype=torch.float64))
    J = forecasting.jacobian(loop, rest)
    away = rest + 1e-6 * torch.randn(9, generator=draw(), dtype=torch.float64)
    start = away - rest
    for _ in range(4):
        away = loop(away)
    torch.testing.assert_close(away - rest, torch.linalg.matrix_power(J, 4) @ start, rtol=1e-3, atol=1e-11)
    assert gradients.spectral_radius(J) < 1


# ---- measures


@pytest.mark.parametrize("amplitude", [0.0, 0.5, 2.0])
def test_wave_size_of_a_sine_on_a_level(amplitude):
    _, clean = tasks.noisy_sine(5, 30, 0.0, 12, draw())
    size = forecasting.wave_size(amplitude * clean + 7, 12)
    assert size.shape == (19,)
    torch.testing.assert_close(size, torch.full_like(size, amplitude), rtol=1e-4, atol=1e-5)


def test_wave_size_is_a_root_mean_square_over_rows():
    _, clean = tasks.noisy_sine(2, 12, 0.0, 12, draw())
    size = forecasting.wave_size(clean * torch.tensor([[1.0], [7.0]]), 12)
    assert size.item() == pytest.approx(5.0, rel=1e-4)


@pytest.mark.parametrize(("shape", "period"), [((5, 9), 10), ((5, 9), 1), ((9,), 3)])
def test_wave_size_refuses(shape, period):
    with pytest.raises(ValueError, match=r"T >= period >= 2, got .* and period"):
        forecasting.wave_size(torch.zeros(shape), period)


def test_scores_by_step():
    truth = np.zeros((2, 5))
    forecast = np.array([[1.0, 1, 2, 2, 9], [1, 1, 2, 2, 9]])
    assert forecasting.rmse_by_step(forecast, truth).tolist() == [1, 1, 2, 2, 9]
    assert forecasting.rmse_by_step(forecast, truth, 2).tolist() == [1, 2]
    reference = np.full((2, 5), 2.0)
    assert forecasting.skill_by_step(forecast, reference, truth, 2).tolist() == [0.75, 0.0]


def test_coverage_counts_the_truth_inside():
    samples = torch.arange(1.0, 100)[:, None, None].expand(99, 4, 2)  # 1, ..., 99
    truth = torch.tensor([[4.0, 50], [5, 50], [95, 50], [96, 50]])
    assert forecasting.coverage(samples, truth).tolist() == [0.5, 1.0]
    assert forecasting.coverage(samples, truth, 0.98).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("size", [19, 39])
def test_coverage_of_honest_samples_is_the_share(size):
    drawn = torch.randn(size + 1, 20000, 1, generator=draw())
    assert forecasting.coverage(drawn[1:], drawn[0]).item() == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(("shape", "share"), [((9, 3, 2), 1.0), ((9, 2, 3), 0.5), ((3, 2), 0.5), ((8, 3, 2), 0.9)])
def test_coverage_refuses(shape, share):
    with pytest.raises(ValueError, match=r"needs samples \(S, M, T\) for a truth \(M, T\)"):
        forecasting.coverage(torch.zeros(shape), torch.zeros(3, 2), share)


# ---- the noisy sine


def test_noisy_sine_is_a_sine_with_noise_of_the_size_asked_for():
    measured, clean = tasks.noisy_sine(40, 100, 0.3, 10, draw())
    assert measured.shape == clean.shape == (40, 100)
    torch.testing.assert_close(clean[:, 10:], clean[:, :-10], rtol=0, atol=1e-4)
    recursion = 2 * math.cos(2 * math.pi / 10) * clean[:, 1:-1] - clean[:, :-2]
    torch.testing.assert_close(clean[:, 2:], recursion, rtol=0, atol=1e-4)
    assert clean.abs().max() == pytest.approx(1, abs=0.01)
    assert (measured - clean).std() == pytest.approx(0.3, abs=0.02)
    assert clean[:, 0].std() > 0.5, "the phases differ"


def test_noisy_sine_repeats():
    assert torch.equal(*(tasks.noisy_sine(2, 9, 0.1, generator=draw(3))[0] for _ in range(2)))


@pytest.mark.parametrize("arguments", [(0, 5, 0.1), (2, 0, 0.1), (2, 5, -0.1), (2, 5, 0.1, 1)])
def test_noisy_sine_refuses(arguments):
    with pytest.raises(ValueError, match=r"needs batch >= 1, steps >= 1, period >= 2 and noise >= 0, got batch="):
        tasks.noisy_sine(*arguments)
