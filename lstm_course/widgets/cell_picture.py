"""A cell's numbers as a picture: the belt above, the cell with its lit path, the numbers of a step as bars."""

from collections.abc import Collection

from matplotlib.colors import LinearSegmentedColormap, to_hex

from lstm_course import figures
from lstm_course.drawings.bars import Group, Panel, draw_panel, signed
from lstm_course.drawings.pens import Look, Pen
from lstm_course.widgets.cell_film import Film, Kind, Numbers

SHADES = LinearSegmentedColormap.from_list("belt", ["#9CC8E8", "#FFFFFF", "#F6CF7A"])  # below 0, 0, above 0
GATES = [Group(name, f"${name}_t$", figures.GATES[name]) for name in "figo"]
STATES = [
    Group("c_prev", "$c_{t-1}$", figures.GATES["c"]),
    Group("kept", r"$f_t\,c_{t-1}$", figures.GATES["f"]),
    Group("added", r"$i_t\,g_t$", figures.GATES["g"]),
    Group("c", "$c_t$", figures.GATES["c"]),
    Group("h", "$h_t$", figures.GATES["h"]),
]
HIDDEN_STATES = [Group("h_prev", "$h_{t-1}$", figures.GATES["h"]), Group("h", "$h_t$", figures.GATES["h"])]

# In pixels: the picture's width, the height of a step (the cell at the left, bars at the right), the cell's place.
WIDTH, STEP_HEIGHT, CELL, LARGEST = 820, 264, (450, 232), 54


def frame_height(film: Film) -> int:
    """Return the height of a frame in pixels."""
    return STEP_HEIGHT + 62 + _belt_height(film)


def draw_frame(pen: Pen, film: Film, step: int, path: str) -> None:
    """Draw the frame in which `path` of `step` is lit; all frames of a film have the same shapes."""
    pen.box(0, 0, WIDTH, frame_height(film), Look(fill="white", layer=0))
    _draw_belt(pen.at(0, STEP_HEIGHT), film, step, path)
    limit = max(1.0, *(abs(state).max() for state in film.memory()))
    draw_step(pen, film.kind, film.steps[step], path, hidden=film.kind.unknown(path), limit=limit)


def draw_step(
    pen: Pen, kind: Kind, numbers: Numbers, lit: str, *, hidden: Collection[str] = (), limit: float = 1.0
) -> None:
    """Draw a cell with its `lit` paths, and the numbers of one step, up to `limit`, but for the `hidden` ones."""
    kind.draw(_fitted(pen, *kind.edges), lit)
    panels = [Panel(488, 138, 326, 124, GATES, "", 1.0), Panel(488, 4, 326, 124, STATES, "→+=→", limit)]
    if kind.state == "h":
        panels = [Panel(550, 40, 180, 190, HIDDEN_STATES, "→", limit)]
    for panel in panels:
        draw_panel(pen, panel, numbers, hidden)


def _fitted(pen: Pen, left: float, right: float, bottom: float, top: float) -> Pen:
    """Return the pen that puts a cell with these edges into the middle of its place."""
    width, height = right - left, top - bottom
    unit = min(0.96 * CELL[0] / width, CELL[1] / height, LARGEST)
    return pen.at((CELL[0] - unit * width) / 2 - unit * left, (STEP_HEIGHT - unit * height) / 2 - unit * bottom, unit)


def _belt_height(film: Film) -> int:
    return max(34, 15 * len(film.memory()[0]))


def _draw_belt(pen: Pen, film: Film, step: int, path: str) -> None:
    """Draw a row of boxes, one a step, with the numbers of the memory; those of the future are empty."""
    states, tall = film.memory(), _belt_height(film)
    largest = max(1e-9, *(abs(state).max() for state in states))
    pitch = min(78.0, (WIDTH - 50) / len(states))
    x = [50 + pitch * (t + 0.5) for t in range(len(states))]
    middle = 28 + tall / 2
    pen.text(24, middle, f"${film.kind.state}$", 13)
    pen.text(24, 12, "$x$", 13)
    colour = figures.GATES[film.kind.state]
    pen.line([(44, middle), (x[-1] + pitch / 2, middle)], Look(edge=colour, width=4))
    for t, state in enumerate(states):
        known = t <= step or (t == step + 1 and film.kind.state not in film.kind.unknown(path))
        rows = tall / len(state)
        for unit, value in enumerate(state):
            look = Look(fill=to_hex(SHADES(0.5 + 0.5 * value / largest)) if known else "white", edge="black", layer=3)
            y = 28 + tall - rows * (unit + 1)
            pen.box(x[t] - 0.43 * pitch, y, 0.86 * pitch, rows, look, radius=3)
            pen.text(x[t], y + rows / 2, signed(value), 9 if rows > 15 else 7.5, shown=known)
    for t, label in enumerate(film.labels):
        pen.text(x[t + 1], 12, label, 12)
    at = x[step + 1]
    pen.polygon([(at, 32 + tall), (at - 7, 44 + tall), (at + 7, 44 + tall)], Look(fill="black"))
