"""What the widgets of the course share: labelled native inputs, a picture, a description that follows.

Pictures are computed in Python, so the maths lives once, and sent as SVG, which takes the browser a few milliseconds.
Without a kernel the saved notebook shows a picture and its description.
"""

import pathlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import anywidget
import traitlets
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lstm_course import figures
from lstm_course.drawings.pens import SvgPen

HERE = pathlib.Path(__file__).parent


class Widget(anywidget.AnyWidget):
    """A widget that leaves a picture and its description where no kernel or no browser's script answers."""

    _css = HERE / "widget.css"

    caption = traitlets.Unicode().tag(sync=True)

    def still(self) -> tuple[bytes, int, str]:
        """Return a picture (PNG), its width in CSS pixels, and the words that say what is seen."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        picture, width, description = self.still()
        words = {
            "text/html": figures.figure_html(picture, width, self.caption, description),
            "text/plain": f"Widget: {self.caption}\n{description}",
        }
        return {**(data or {}), **words}, metadata


@dataclass(frozen=True)
class Slider:
    """One number that the reader sets: a native range input with a visible label.

    `name` is the keyword that `FigureExplorer.update` receives.
    """

    name: str
    label: str
    minimum: float
    maximum: float
    step: float
    value: float


class Explorer(Widget):
    """A picture with sliders; subclasses say in `see` what is seen for which values.

    Parameters
    ----------
    sliders : sequence of Slider
        In reading order.
    caption : str
        What the picture shows, below it.
    **more
        A subclass's own traits.
    """

    _esm = HERE / "explorer.js"

    sliders: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    picture = traitlets.Unicode().tag(sync=True)  # SVG
    description = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    frame = traitlets.Int().tag(sync=True)  # counts redraws: tells the browser that its request was answered

    def __init__(self, sliders: Sequence[Slider], caption: str, **more: Any) -> None:
        values = {slider.name: slider.value for slider in sliders}
        picture, description = self.see(values)
        super().__init__(
            sliders=[asdict(slider) for slider in sliders],
            values=values,
            picture=picture,
            description=description,
            caption=caption,
            **more,
        )
        self.observe(self._redraw, "values")

    def see(self, values: dict[str, float]) -> tuple[str, str]:
        """Return the picture (SVG) for these slider values, and the description of what is seen."""
        raise NotImplementedError

    def _redraw(self, change: dict[str, Any]) -> None:
        # Jupyter drops what a callback raises; the reader would see a picture that silently stopped following.
        picture, description, error = self.picture, self.description, ""
        try:
            picture, description = self.see(change["new"])
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
        with self.hold_sync():
            self.picture, self.description, self.error = picture, description, error
            self.frame += 1


class FigureExplorer(Explorer):
    """A matplotlib figure with sliders. Subclasses draw it once and move its lines in `update`.

    What stays is sent once, as a picture; the moving lines are laid over it as an SVG, which takes a tenth of the time
    of a new picture.

    Parameters
    ----------
    figure : Figure
        Made with `figures.new`; its limits stay fixed.
    moving : sequence of Line2D
        The lines that `update` changes, drawn as lines or as dots.
    sliders, caption
        As for `Explorer`.
    """

    background = traitlets.Bytes().tag(sync=True)  # PNG

    def __init__(self, figure: Figure, moving: Sequence[Line2D], sliders: Sequence[Slider], caption: str) -> None:
        self._figure, self._moving = figure, moving
        for line in moving:
            line.set_visible(False)
        background = figures.png(figure)
        figure.set_layout_engine("none")  # the axes stay where they are
        for line in moving:
            line.set_visible(True)
        super().__init__(sliders, caption, background=background)

    def update(self, *_: Any, **values: Any) -> str:
        """Move the lines to the slider values and return the description of what is now seen."""
        raise NotImplementedError

    def see(self, values: dict[str, float]) -> tuple[str, str]:
        """Move the lines and return their drawing and the description."""
        description = self.update(**values)
        pen = SvgPen(*self._figure.get_size_inches() * figures.CSS_DPI)
        for line in self._moving:
            pen.trace(line)
        return pen.text_of(), description

    def still(self) -> tuple[bytes, int, str]:
        """Return the whole figure as it is now, and its description."""
        return figures.png(self._figure), round(self._figure.get_figwidth() * figures.CSS_DPI), self.description
