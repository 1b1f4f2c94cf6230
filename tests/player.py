"""What a reader sees of a cell player, put together as the browser does it."""

from xml.etree import ElementTree

from lstm_course.widgets.cell_player import TEXT


def drawing(player, position):
    """A frame as an SVG."""
    svg = ElementTree.fromstring(player.svg)
    elements = list(svg.iter())[1:]
    for (number, name), value in zip(player.slots, player.frames[position], strict=True):
        if name == TEXT:
            elements[number].text = value
        else:
            elements[number].set(name, value)
    return svg


def visible_texts(player, position):
    """The texts that are visible in a frame, in the order of the drawing."""
    texts = drawing(player, position).iter("{http://www.w3.org/2000/svg}text")
    return ["".join(text.itertext()) for text in texts if text.get("opacity") == "1"]
