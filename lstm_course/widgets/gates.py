"""Four sliders, one for what each map of an LSTM cell receives, and what the cell makes of them."""

import torch

from lstm_course import figures
from lstm_course.drawings import wiring
from lstm_course.drawings.pens import Pen, SvgPen, drawn_figure
from lstm_course.widgets import cell_film, cell_picture
from lstm_course.widgets.base import Explorer, Slider

MAPS = {"f": "forget gate", "i": "input gate", "g": "candidate", "o": "output gate"}
LARGEST = 4.0  # c before the step is at most 3, and a step adds less than 1
CAPTION = "One LSTM unit: the cell (left); its four maps, and the way from the old state to the new (right)."


class GateSliders(Explorer):
    r"""One LSTM unit whose pre-activations \(z_f, z_i, z_g, z_o\) and \(c_{t-1}\) are set by sliders.

    Parameters
    ----------
    z_f, z_i, z_g, z_o : float
        Where the sliders of the pre-activations start, between -6 and 6.
    c_prev : float
        Where the slider of the old cell state starts, between -3 and 3.
    """

    def __init__(
        self, z_f: float = 2.0, z_i: float = 1.0, z_g: float = 0.5, z_o: float = 0.0, c_prev: float = -1.0
    ) -> None:
        starts = {"f": z_f, "i": z_i, "g": z_g, "o": z_o}
        sliders = [Slider(f"z_{name}", f"z_{name} into the {MAPS[name]}", -6, 6, 0.1, starts[name]) for name in MAPS]
        sliders.append(Slider("c_prev", "c before the step", -3, 3, 0.1, c_prev))
        super().__init__(sliders, CAPTION)

    def see(self, values: dict[str, float]) -> tuple[str, str]:
        """Compute one step from the four pre-activations; draw it and say its numbers."""
        numbers = one_step(**values)
        pen = SvgPen(cell_picture.WIDTH, cell_picture.STEP_HEIGHT)
        _draw(pen, numbers)
        return pen.text_of(), describe(numbers)

    def still(self) -> tuple[bytes, int, str]:
        """Return the picture for the sliders as they stand, and its description."""
        numbers, size = one_step(**self.values), (cell_picture.WIDTH, cell_picture.STEP_HEIGHT)
        picture = figures.png(drawn_figure(*size, lambda pen: _draw(pen, numbers)))
        return picture, cell_picture.WIDTH, self.description


def one_step(*, z_f: float, z_i: float, z_g: float, z_o: float, c_prev: float) -> cell_film.Numbers:
    """Compute a step of an LSTM unit from what its four maps receive."""
    # A cell that passes its four inputs straight on to its four maps.
    z = torch.tensor([[z_i, z_f, z_g, z_o]], dtype=torch.float64)
    c = torch.tensor([[c_prev]], dtype=torch.float64)
    weights = torch.eye(4, dtype=torch.float64), z.new_zeros(4, 1), z.new_zeros(4)
    return cell_film.arrays(cell_film.lstm_numbers(z, torch.zeros_like(c), c, *weights))


def describe(numbers: cell_film.Numbers) -> str:
    """Say the numbers of a step in three sentences."""
    say = {name: cell_film.in_words(values) for name, values in numbers.items()}
    maps = ", ".join(f"{name} {say[name]}" for name in MAPS)
    return (
        f"Maps: {maps}. The belt goes from c {say['c_prev']} to {say['c']}: kept {say['kept']}, "
        f"added {say['added']}. h is {say['h']}."
    )


def _draw(pen: Pen, numbers: cell_film.Numbers) -> None:
    cell_picture.draw_step(pen, cell_film.LSTM, numbers, wiring.LSTM_PATHS, limit=LARGEST)
