"""Three sliders, look-back, noise and horizon, and the rollout of a linear autoregression that follows from them."""

import numpy as np
import torch

from lstm_course import figures, forecasting, tasks
from lstm_course.drawings.forecasting_figures import LOOKS
from lstm_course.weather import Floats
from lstm_course.widgets.base import FigureExplorer, Slider

PERIOD, SERIES, STEPS, SEED = 12, 32, 144, 0
LONGEST, FARTHEST = 36, 96


class RolloutExplorer(FigureExplorer):
    """A sine with noise, a linear autoregression fitted to it by least squares, and its forecast fed back.

    Left: the last measured values, the sine without noise, and the rollout. Right: the eigenvalues of the companion
    matrix beside the unit circle.
    """

    def __init__(self) -> None:
        draw = torch.Generator().manual_seed(SEED)
        measured, clean = tasks.noisy_sine(SERIES, STEPS, 1.0, PERIOD, draw)
        self._clean, self._noise = clean.double(), (measured - clean).double()
        figure, (left, right) = figures.new(1, 2, width=8.0, height=3.2, width_ratios=[5, 2])
        left.plot(np.arange(-LONGEST, FARTHEST) + 1, self._clean[0, : LONGEST + FARTHEST], **LOOKS["truth"])
        left.axvline(0.5, color=figures.GREY, linewidth=0.8)
        left.set(xlim=(-LONGEST, FARTHEST), ylim=(-2.7, 2.7), xlabel="steps ahead", xticks=range(-36, 97, 12))
        (self._past,) = left.plot([], [], "o", color=figures.BLUE, markersize=3.5)
        (self._path,) = left.plot([], [], color=figures.VERMILION, linestyle="--")
        turn = np.linspace(0, 2 * np.pi, 200)
        right.plot(np.cos(turn), np.sin(turn), color=figures.GREY, linewidth=1)
        right.set(aspect="equal", xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
        right.set(xlabel=r"Re $\lambda$", ylabel=r"Im $\lambda$")
        (self._values,) = right.plot([], [], "o", color=figures.BLUE, markersize=4.5)
        super().__init__(
            figure,
            [self._past, self._path, self._values],
            [
                Slider("look_back", "look-back", 1, LONGEST, 1, 2),
                Slider("noise", "noise", 0.0, 1.0, 0.05, 0.2),
                Slider("horizon", "horizon", PERIOD, FARTHEST, 6, 48),
            ],
            "Left: measured values (dots), the sine (line), the rollout (dashed). Right: eigenvalues, unit circle.",
        )

    def update(self, look_back: int, noise: float, horizon: int) -> str:
        """Fit, roll out and find the eigenvalues for these settings, move the artists, and say the numbers."""
        look_back, horizon = int(look_back), int(horizon)
        measured = self._clean + noise * self._noise
        coefficients = _least_squares(measured, look_back)
        window = measured[:, LONGEST - look_back : LONGEST]
        paths = forecasting.rollout(lambda w: w @ coefficients, window, horizon)  # (SERIES, horizon)
        values = torch.linalg.eigvals(forecasting.companion_matrix(coefficients)).numpy()
        self._past.set_data(np.arange(1 - look_back, 1), window[0])
        self._path.set_data(np.arange(1, horizon + 1), paths[0])
        self._values.set_data(values.real, values.imag)
        return _words(look_back, noise, paths, values)


def _least_squares(series: torch.Tensor, look_back: int) -> torch.Tensor:
    """Fit the next value from the last `look_back` ones, oldest first, without a constant: the sine's mean is 0."""
    rows = series.unfold(1, look_back + 1, 1).flatten(0, 1)
    past, following = rows[:, :-1], rows[:, -1]
    # Where there is no noise, a few values determine the rest: of the many solutions take the smallest.
    return torch.linalg.pinv(past.T @ past, rtol=1e-10, hermitian=True) @ (past.T @ following)


def _words(look_back: int, noise: float, paths: torch.Tensor, values: Floats) -> str:
    left = forecasting.wave_size(paths, PERIOD)
    what = "value" if look_back == 1 else "values"
    return (
        f"Looking back on {look_back} {what} with noise {noise:.2f}, the loop has the spectral radius "
        f"{np.abs(values).max():.3f}. The forecast keeps {left[0]:.2f} of the wave over its first {PERIOD} steps, "
        f"{left[-1]:.2f} over its last {PERIOD} of {paths.shape[1]}."
    )
