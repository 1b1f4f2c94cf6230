"""Two sliders, spectral radius and input scale, and the gradient norm by lag that follows from them."""

import numpy as np
import torch

from lstm_course import figures, gradients
from lstm_course.widgets.base import FigureExplorer, Slider

SIZE, STEPS, SEED = 32, 60, 0
LOWEST, HIGHEST = 1e-30, 1e20


class SpectralRadiusExplorer(FigureExplorer):
    r"""A tanh RNN whose recurrent matrix is `radius` times a rotation, driven by normal inputs of size `scale`.

    The line is $\|\partial h_T / \partial h_{T-k}\|$ against k; the dashed one the prediction $r^k$ with
    $r = \rho \sqrt{\overline{(1 - h^2)^2}}$, in which each step shrinks by the typical slope of tanh.
    """

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(SEED)
        self._rotation = gradients.random_matrix(SIZE, 1.0, "orthogonal", generator).numpy()
        self._noise = torch.randn(STEPS, SIZE, generator=generator, dtype=torch.float64).numpy()
        figure, axis = figures.new(width=7.0, height=3.6)
        lags = np.arange(STEPS + 1)
        axis.set(xlim=(0, STEPS), ylim=(LOWEST, HIGHEST), yscale="log")
        axis.set(xlabel="$k$", ylabel=r"$\|\partial h_T\,/\,\partial h_{T-k}\|$")
        axis.axhline(1, color=figures.GREY, linewidth=0.8)
        (self._measured,) = axis.plot(lags, np.ones(STEPS + 1), color=figures.MODELS["RNN"]["color"])
        (self._predicted,) = axis.plot(lags, np.ones(STEPS + 1), "--", color="black", linewidth=1.2)
        super().__init__(
            figure,
            [self._measured, self._predicted],
            [
                Slider("radius", "spectral radius ρ", 0.3, 2.0, 0.05, 0.9),
                Slider("scale", "input scale", 0.0, 2.0, 0.05, 0.0),
            ],
            "Norm of the gradient against the lag k, log axis. Line: measured; dashed: predicted.",
        )

    def update(self, radius: float, scale: float) -> str:
        """Measure and predict for these settings, move both lines, and say the rates."""
        matrix = radius * self._rotation
        slopes = _slopes(matrix, scale * self._noise)
        norms = _norms_by_lag(matrix, slopes)
        predicted = radius * np.sqrt(np.mean(slopes**2))
        self._measured.set_ydata(norms)
        self._predicted.set_ydata(predicted ** np.arange(STEPS + 1))
        rate = gradients.decay_rate(torch.from_numpy(norms))
        return (
            f"At spectral radius {radius:.2f} and input scale {scale:.2f} the norm changes by a factor {rate:.2f} "
            f"per step (predicted {predicted:.2f}); over {STEPS} steps that makes {norms[-1]:.0e}."
        )


def _slopes(matrix: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Run the RNN from zero and return the slope of tanh, 1 - h^2, of every step and unit: (T, H)."""
    state, slopes = np.zeros(len(matrix)), np.empty_like(inputs)
    for t, entered in enumerate(inputs):
        state = np.tanh(matrix @ state + entered)
        slopes[t] = 1 - state**2
    return slopes


def _norms_by_lag(matrix: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Multiply the steps' Jacobians diag(1 - h^2) W from the last backwards, and return the 2-norm at every lag."""
    jacobians = np.empty((len(slopes) + 1, *matrix.shape))
    jacobians[0] = np.eye(len(matrix))
    for lag, slope in enumerate(slopes[::-1], start=1):
        jacobians[lag] = jacobians[lag - 1] @ (slope[:, None] * matrix)
    return np.linalg.norm(jacobians, ord=2, axis=(1, 2))
