"""The two pens draw the same things at the same places."""

from xml.etree import ElementTree

import pytest

from lstm_course import figures
from lstm_course.drawings.bars import signed
from lstm_course.drawings.pens import Look, SvgPen, drawn_figure


def draw(pen):
    """A drawing in a moved and enlarged corner of the canvas."""
    corner = pen.at(10, 20, 2)
    corner.line([(0, 0), (30, 10)], Look(edge="red", width=1.5))
    corner.box(5, 5, 10, 20, Look(fill="blue"))
    corner.circle(40, 30, 5, Look(fill="white", edge="black"))
    corner.text(20, 30, "$c_{t-1}$", 12)


def svg_of(draw):
    pen = SvgPen(200, 100)
    draw(pen)
    return {element.tag: element for element in pen.svg.iter()}


def test_both_pens_put_things_at_the_same_places():
    svg, axis = svg_of(draw), drawn_figure(200, 100, draw).axes[0]
    (line,), (box, circle) = axis.lines, axis.patches
    points = [tuple(map(float, point.split(","))) for point in svg["polyline"].get("points").split()]
    assert [(x, 100 - y) for x, y in points] == list(zip(*line.get_data(), strict=True)) == [(10, 20), (70, 40)]
    assert box.get_bbox().bounds == (20, 30, 20, 40)
    assert [float(svg["rect"].get(name)) for name in ("x", "y", "width", "height")] == [20, 100 - 70, 20, 40]
    assert circle.center == (float(svg["circle"].get("cx")), 100 - float(svg["circle"].get("cy"))) == (90, 80)
    assert circle.radius == float(svg["circle"].get("r")) == 10


def test_a_unit_is_a_pixel():
    figure = drawn_figure(200, 100, draw)
    assert (figure.get_size_inches() * figures.CSS_DPI).tolist() == [200, 100]
    assert figure.axes[0].get_position().bounds == (0, 0, 1, 1)


@pytest.mark.parametrize(
    ("latex", "written"),
    [
        ("$c_{t-1}$", "ct−1"),
        (r"$f_t\,c_{t-1}$", "ft\u2009ct−1"),
        (r"$\sigma$", "σ"),
        (r"$\tanh$", "tanh"),
        ("$+$", "+"),
    ],
)
def test_mathematics_in_an_svg(latex, written):
    svg = svg_of(lambda pen: pen.text(0, 0, latex, 12))
    assert "".join(svg["text"].itertext()) == written


def test_only_letters_are_italic_and_what_follows_a_subscript_is_raised_again():
    pen = SvgPen(10, 10)
    pen.text(0, 0, r"$f_t\,c_{t-1}$", 12)
    parts = [(part.text, part.get("font-style"), float(part.get("dy"))) for part in pen.svg.iter("tspan")]
    assert parts == [
        ("f", "italic", 0), ("t", None, 4), ("\u2009", "normal", -4), ("c", "italic", 0), ("t−1", None, 4)
    ]  # fmt: skip


@pytest.mark.parametrize("style", ["-", "--", ":", "-."])
def test_a_matplotlib_line_is_traced_within_its_axes(style):
    _, axis = figures.new(width=2, height=1)
    axis.set_position((0.1, 0.2, 0.5, 0.4))
    axis.set(xlim=(0, 10), ylim=(0, 4))
    (line,) = axis.plot([0, 10], [0, 6], style, color="red", linewidth=1.5)
    pen = SvgPen(192, 96)
    pen.trace(line)
    window, path = list(pen.svg.iter())[1:]
    assert [float(window.get(name)) for name in ("x", "y", "width", "height")] == pytest.approx([19.2, 38.4, 96, 38.4])
    assert path.get("points") == "19.2,76.8 115.2,19.2", "beyond the window, which cuts it off"
    assert (path.get("stroke"), path.get("stroke-width")) == ("#ff0000", "2")
    assert (path.get("stroke-dasharray") == "none") == (style == "-")


def test_a_matplotlib_line_of_dots_is_traced():
    _, axis = figures.new(width=2, height=1)
    axis.set_position((0, 0, 1, 1))
    axis.set(xlim=(0, 2), ylim=(0, 1))
    (line,) = axis.plot([0.5, 1.5], [0.25, 0.75], "o", markersize=6)
    pen = SvgPen(192, 96)
    pen.trace(line)
    dots = [(dot.get("cx"), dot.get("cy"), dot.get("r")) for dot in pen.svg.iter("circle")]
    assert dots == [("48", "72", "4"), ("144", "24", "4")]


def test_what_is_hidden_keeps_its_place():
    hidden, shown = (
        svg_of(lambda pen, seen=seen: pen.box(1, 2, 3, 4, Look(fill="blue", shown=seen))) for seen in (False, True)
    )
    assert (hidden["rect"].get("opacity"), shown["rect"].get("opacity")) == ("0", "1")
    assert {**hidden["rect"].attrib, "opacity": "1"} == shown["rect"].attrib


def test_an_svg_stands_alone():
    text = ElementTree.tostring(svg_of(draw)["svg"], encoding="unicode")
    assert 'xmlns="http://www.w3.org/2000/svg"' in text
    assert 'viewBox="0 0 200 100"' in text


def test_no_negative_zero():
    assert signed(-0.001) == "0.00"
    assert signed(-0.5) == "−0.50"
