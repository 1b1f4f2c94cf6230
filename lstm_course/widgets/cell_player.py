"""A step-by-step player of an RNN or LSTM cell: its lit path, the belt with its numbers, the gates as bars.

All frames are drawn in Python. The browser gets the first one as an SVG, and for every frame what is different in it.
"""

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import traitlets
from torch import Tensor

from lstm_course import figures
from lstm_course.drawings.pens import SvgPen, drawn_figure
from lstm_course.widgets import cell_film, cell_picture
from lstm_course.widgets.base import HERE, Widget

TEXT = "text"  # stands for an element's text among its attributes
CAPTION = (
    "Above: the {} so far, and the inputs. Below: the cell with the path that is being computed, and this "
    "step's numbers as bars, one for each unit."
)

Slot = tuple[int, str]  # the number of an SVG's element in document order, and one of its attributes


class CellPlayer(Widget):
    """Play an RNN or LSTM cell over a short sequence.

    Parameters
    ----------
    x : Tensor (T, I)
        The sequence, at most 16 steps.
    W_x, W_h, b : Tensor
        The weights of an LSTM cell in the order i, f, g, o, of shapes (4H, I), (4H, H), (4H,); or those of an RNN
        cell, (H, I), (H, H), (H,). At most 6 units.
    labels : sequence of str, optional
        What to write for each input; by default its number where I = 1, otherwise its place in the sequence.

    Raises
    ------
    ValueError
        If the sequence or the cell is too large to be seen, or the shapes do not fit.
    """

    _esm = HERE / "cell_player.js"

    svg = traitlets.Unicode().tag(sync=True)
    slots: traitlets.List[Slot] = traitlets.List().tag(sync=True)
    frames: traitlets.List[list[str]] = traitlets.List().tag(sync=True)  # a value for every slot
    titles: traitlets.List[str] = traitlets.List().tag(sync=True)
    words: traitlets.List[str] = traitlets.List().tag(sync=True)
    paths = traitlets.Int().tag(sync=True)  # frames a time step
    position = traitlets.Int().tag(sync=True)  # the frame that is seen

    def __init__(self, x: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor, *, labels: Sequence[str] | None = None) -> None:
        self._film = film = cell_film.film(x, W_x, W_h, b, labels)
        drawings = [_drawn(film, *frame) for frame in film.frames]
        slots, frames = differences(drawings)
        super().__init__(
            svg=ElementTree.tostring(drawings[0], encoding="unicode"),
            slots=slots,
            frames=frames,
            titles=[film.title(*frame) for frame in film.frames],
            words=[film.words(*frame) for frame in film.frames],
            paths=len(film.kind.paths),
            caption=CAPTION.format(film.kind.carrier),
        )

    @traitlets.validate("position")
    def _within(self, proposal: dict[str, Any]) -> int:
        return min(max(proposal["value"], 0), len(self.frames) - 1)

    def still(self) -> tuple[bytes, int, str]:
        """Return the last frame, in which the whole belt is known, and the course of the memory in words."""
        film, width, height = self._film, cell_picture.WIDTH, cell_picture.frame_height(self._film)
        figure = drawn_figure(width, height, lambda pen: cell_picture.draw_frame(pen, film, *film.frames[-1]))
        return figures.png(figure), width, f"{film.summary()} {self.titles[-1]}. {self.words[-1]}"


def _drawn(film: cell_film.Film, step: int, path: str) -> ElementTree.Element:
    pen = SvgPen(cell_picture.WIDTH, cell_picture.frame_height(film))
    pen.svg.set("role", "img")
    for name, words in (("title", film.title(step, path)), ("desc", film.words(step, path))):
        ElementTree.SubElement(pen.svg, name).text = words
    cell_picture.draw_frame(pen, film, step, path)
    return pen.svg


def differences(drawings: Sequence[ElementTree.Element]) -> tuple[list[Slot], list[list[str]]]:
    """Find what differs between drawings of the same shapes.

    Returns
    -------
    slots : list of (int, str)
        Every attribute, or text, that is not the same in all drawings, with its element's number below the root.
    frames : list of list of str
        For each drawing its values in these slots.
    """
    values = [_values(drawing) for drawing in drawings]
    slots = [slot for slot, value in values[0].items() if any(other[slot] != value for other in values)]
    return slots, [[other[slot] for slot in slots] for other in values]


def _values(drawing: ElementTree.Element) -> dict[Slot, str]:
    below = list(drawing.iter())[1:]
    return {
        (number, name): value
        for number, element in enumerate(below)
        for name, value in {**element.attrib, TEXT: element.text or ""}.items()
    }
