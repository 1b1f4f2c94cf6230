"""What every widget of the course shares: labelled native inputs, one kept figure, a description that follows.

The picture is drawn in Python, so the maths lives once. One figure is kept: its axes and fixed text are drawn
once, and a step only redraws the artists that move (blitting), so nothing flickers and a step stays well under
100 ms. Without a kernel the saved notebook shows the picture and the description of the starting values.
"""

import io
import pathlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import anywidget
import numpy as np
import traitlets
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from lstm_course import figures

HERE = pathlib.Path(__file__).parent


@dataclass(frozen=True)
class Slider:
    """One number that the reader sets: a native range input with a visible label.

    `name` is the keyword that `Explorer.update` receives; `play_ms` adds a play button that takes a step
    every so many milliseconds (0: none).
    """

    name: str
    label: str
    minimum: float
    maximum: float
    step: float
    value: float
    play_ms: int = 0


class Explorer(anywidget.AnyWidget):
    """A figure with sliders. Subclasses draw the figure once and move its artists in `update`.

    Parameters
    ----------
    figure : Figure
        Made with `figures.new`; its limits stay fixed.
    moving : sequence of Artist
        The artists that `update` changes; everything else is drawn once.
    sliders : sequence of Slider
        In reading order.
    caption : str
        What the picture shows, below it.
    """

    _esm = HERE / "explorer.js"
    _css = HERE / "explorer.css"

    sliders: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    picture = traitlets.Bytes().tag(sync=True)
    width = traitlets.Int().tag(sync=True)
    height = traitlets.Int().tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    description = traitlets.Unicode().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)
    frame = traitlets.Int().tag(sync=True)  # counts redraws: tells the browser that its request was answered

    def __init__(self, figure: Figure, moving: Sequence[Artist], sliders: Sequence[Slider], caption: str) -> None:
        self._figure, self._moving = figure, list(moving)
        for artist in self._moving:
            artist.set_animated(True)
        figure.set_dpi(figures.DPI)
        self._canvas = FigureCanvasAgg(figure)
        self._canvas.draw()
        self._still = self._canvas.copy_from_bbox(figure.bbox)
        width, height = (round(inches * figures.CSS_DPI) for inches in figure.get_size_inches())
        values = {slider.name: slider.value for slider in sliders}
        picture, description = self._frame(values)
        super().__init__(
            sliders=[asdict(slider) for slider in sliders],
            values=values,
            picture=picture,
            description=description,
            width=width,
            height=height,
            caption=caption,
        )
        self.observe(self._redraw, "values")

    def update(self, *_: Any, **values: Any) -> str:
        """Move the artists to the slider values and return the description of what is now seen."""
        raise NotImplementedError

    def _redraw(self, change: dict[str, Any]) -> None:
        # Jupyter drops what a callback raises; the reader would see a picture that silently stopped following.
        picture, description, error = self.picture, self.description, ""
        try:
            picture, description = self._frame(change["new"])
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
        with self.hold_sync():
            self.picture, self.description, self.error = picture, description, error
            self.frame += 1

    def _frame(self, values: dict[str, float]) -> tuple[bytes, str]:
        description = self.update(**values)
        self._canvas.restore_region(self._still)
        for artist in self._moving:
            self._figure.draw_artist(artist)
        pixels = Image.fromarray(np.asarray(self._canvas.buffer_rgba())).convert("RGB")
        buffer = io.BytesIO()
        pixels.save(buffer, "png", compress_level=1)  # speed, not size: it only crosses to the browser
        return buffer.getvalue(), description

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        still = figures.encode(np.asarray(Image.open(io.BytesIO(self.picture)).convert("RGBA")))
        words = {
            "text/html": figures.figure_html(still, self.width, self.caption, self.description),
            "text/plain": f"Widget: {self.caption}\n{self.description}",
        }
        return {**(data or {}), **words}, metadata
