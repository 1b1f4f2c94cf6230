"""Every widget in a real JupyterLab, by keyboard and by mouse, shows what the package computes for the same values."""

from xml.etree.ElementTree import canonicalize

import pytest

from tests.browser.lab import Reader
from tests.browser.samples import BROKEN, EXPLORERS, PLAYERS, computed
from tests.browser.test_accessibility import faults
from tests.player import drawing

CODE = {**EXPLORERS, **PLAYERS, "broken": BROKEN}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def playground(browser, lab, lab_folder):
    """A notebook with all widgets, run."""
    reader = Reader(browser, lab)
    reader.open_cells(lab_folder, CODE.values())
    yield reader
    assert reader.outside == []
    assert reader.problems == []
    reader.close()


def shown(playground, name):
    """The widget in the browser."""
    widget = playground.page.locator(".lstm-widget").nth(list(CODE).index(name))
    widget.scroll_into_view_if_needed()
    return widget


def press(playground, element, *keys):
    element.focus()
    for key in keys:
        playground.page.keyboard.press(key)


def drag(playground, slider, start, end):
    """Take a slider's handle at one share of its width and let go of it at another."""
    box, mouse = slider.bounding_box(), playground.page.mouse
    places = [(box["x"] + share * box["width"], box["y"] + box["height"] / 2) for share in (start, end)]
    mouse.move(*places[0])
    mouse.down()
    mouse.move(*places[1], steps=5)
    mouse.up()


def wait_for_words(playground, widget, words):
    playground.page.wait_for_function(
        "([widget, words]) => widget.querySelector('.description').textContent === words",
        arg=[widget.element_handle(), words],
    )


def picture_of(widget):
    """The picture that is seen."""
    return widget.locator("svg").first.evaluate("svg => new XMLSerializer().serializeToString(svg)")


def assert_shows(playground, widget, expected):
    """Picture and words are those that the package makes for the values at which the sliders stand."""
    sliders = widget.locator("input").all()
    names = [slider["name"] for slider in expected.sliders]
    values = {name: float(slider.input_value()) for name, slider in zip(names, sliders, strict=True)}
    picture, words = expected.see(values)
    wait_for_words(playground, widget, words)
    assert widget.locator(".picture").get_attribute("aria-label") == words
    assert canonicalize(picture_of(widget)) == canonicalize(picture)
    for slider, output in zip(sliders, widget.locator("output").all(), strict=True):
        assert float(output.inner_text()) == pytest.approx(float(slider.input_value()))


@pytest.mark.parametrize("name", EXPLORERS)
def test_explorer_follows_keyboard_and_mouse(playground, name):
    widget, expected = shown(playground, name), computed(CODE[name])
    height = widget.bounding_box()["height"]
    assert_shows(playground, widget, expected)
    for spec, slider in zip(expected.sliders, widget.locator("input").all(), strict=True):
        press(playground, slider, "ArrowRight", "ArrowRight")
        assert float(slider.input_value()) == pytest.approx(spec["value"] + 2 * spec["step"])
        assert_shows(playground, widget, expected)
        drag(playground, slider, 0.5, 0.8)
        share = (float(slider.input_value()) - spec["minimum"]) / (spec["maximum"] - spec["minimum"])
        assert share == pytest.approx(0.8, abs=0.05)
        assert_shows(playground, widget, expected)
    assert abs(widget.bounding_box()["height"] - height) < 1


def test_an_error_in_a_callback_is_shown_and_leaves_again(playground):
    widget, slider = shown(playground, "broken"), shown(playground, "broken").locator("input").first
    words = widget.locator(".description").inner_text()
    press(playground, slider, "Home")
    error = widget.locator("[role=alert]")
    playground.page.wait_for_function("error => error.textContent !== ''", arg=error.element_handle())
    assert error.inner_text() == "ValueError: below 0"
    assert widget.locator(".description").inner_text() == words
    press(playground, slider, "End")
    assert_shows(playground, widget, computed(BROKEN))
    assert error.inner_text() == ""


def assert_frame(widget, expected, position):
    """The player shows frame `position`: every shape and text of its drawing, its words, its name."""
    title, words = expected.titles[position], expected.words[position]
    assert widget.locator(".description").inner_text() == f"{title}. {words}"
    slider = widget.locator("input")
    assert (slider.input_value(), slider.get_attribute("aria-valuetext")) == (str(position), title)
    svg = drawing(expected, position)
    script = """elements => elements.map(element => [
        element.textContent, Object.fromEntries(element.getAttributeNames().map(n => [n, element.getAttribute(n)])),
    ])"""
    drawn = [["".join(element.itertext()), element.attrib] for element in svg.iter() if element is not svg]
    assert widget.locator("svg *").evaluate_all(script) == drawn


@pytest.mark.parametrize("name", PLAYERS)
def test_player_follows_keyboard_and_mouse(playground, name):
    widget, expected = shown(playground, name), computed(CODE[name])
    height, slider = widget.bounding_box()["height"], widget.locator("input")
    assert_frame(widget, expected, 0)
    press(playground, slider, "ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft")
    assert_frame(widget, expected, 2)
    press(playground, slider, "End")
    assert_frame(widget, expected, len(expected.frames) - 1)
    press(playground, widget.get_by_role("button", name="one time step back"), "Enter")
    assert_frame(widget, expected, len(expected.frames) - 1 - expected.paths)
    for button, position in (("one path back", -1), ("one path on", 0), ("one time step on", expected.paths)):
        widget.get_by_role("button", name=button).click()
        assert_frame(widget, expected, len(expected.frames) - 1 - expected.paths + position)
    drag(playground, slider, 0.99, 0.01)
    for position in range(len(expected.frames)):
        assert_frame(widget, expected, position)
        assert abs(widget.bounding_box()["height"] - height) < 1, expected.words[position]
        press(playground, slider, "ArrowRight")


@pytest.mark.parametrize("name", PLAYERS)
def test_player_plays_to_the_end_and_pauses(playground, name):
    widget, expected = shown(playground, name), computed(CODE[name])
    slider, words = widget.locator("input"), widget.locator(".description")
    press(playground, slider, "End", "ArrowLeft", "ArrowLeft")
    widget.get_by_label("speed").select_option("4")
    widget.get_by_role("button", name="Play").click()
    assert words.evaluate("element => element.ariaLive") == "off"
    playground.page.wait_for_function("slider => slider.value === slider.max", arg=slider.element_handle())
    widget.get_by_role("button", name="Play").wait_for()
    assert words.evaluate("element => element.ariaLive") == "polite"
    assert_frame(widget, expected, len(expected.frames) - 1)
    press(playground, widget.get_by_role("button", name="Play"), "Space")
    assert_frame(widget, expected, 0)
    press(playground, widget.get_by_role("button", name="Pause"), "Space")
    paused_at = slider.input_value()
    playground.page.wait_for_timeout(500)  # longer than a frame at this speed
    assert slider.input_value() == paused_at


def test_nothing_moves_for_a_reader_who_asks_for_that(playground):
    shape = shown(playground, "LSTM").locator("rect").nth(3)
    duration = "shape => getComputedStyle(shape).transitionDuration"
    assert shape.evaluate(duration) == "0.2s"
    playground.page.emulate_media(reduced_motion="reduce")
    assert shape.evaluate(duration) == "0s"
    playground.page.emulate_media(reduced_motion="no-preference")


@pytest.mark.parametrize("name", [*EXPLORERS, *PLAYERS])
def test_jupyterlab_takes_no_key_from_a_widget(playground, name):
    """Neither a letter, which would change or delete cells, nor an arrow, which would select another cell."""
    state = """() => {
        const notebook = window.jupyterapp.shell.currentWidget.content;
        return [notebook.widgets.length, notebook.activeCellIndex];
    }"""
    widget = shown(playground, name)
    for element in widget.locator("input, button, select").all():
        element.click(position={"x": 3, "y": 3})
        before = playground.page.evaluate(state)
        press(playground, element, "b", "a", "d", "d", "x", "ArrowDown", "ArrowUp")
        assert playground.page.evaluate(state) == before
        playground.page.keyboard.press("Escape")  # closes the list of speeds


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_widgets_have_no_serious_fault(playground, theme):
    """Labels, roles and contrast, as axe-core sees them."""
    script = "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})"
    playground.page.evaluate(script, theme)
    light = str(theme.endswith("Light")).lower()
    playground.page.wait_for_selector(f"body[data-jp-theme-light={light}]", state="attached")
    assert faults(playground.page, ".lstm-widget") == []


def test_player_goes_on_without_a_kernel(playground):
    playground.stop_kernel()
    widget, expected = shown(playground, "LSTM"), computed(PLAYERS["LSTM"])
    press(playground, widget.locator("input"), "Home", "ArrowRight")
    assert_frame(widget, expected, 1)


def test_explorer_says_when_no_kernel_answers(playground):
    playground.stop_kernel()
    widget = shown(playground, "gates")
    press(playground, widget.locator("input").first, "Home")
    widget.get_by_role("alert").filter(has_text="The kernel does not answer").wait_for()


def test_a_saved_notebook_shows_its_widgets_when_it_is_opened_again(playground, browser, lab):
    playground.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    reader = Reader(browser, lab)
    reader.open("cells.ipynb")
    widget, expected = shown(reader, "RNN"), computed(PLAYERS["RNN"])
    press(reader, widget.locator("input"), "Home", "ArrowRight")
    assert_frame(widget, expected, 1)
    for name in EXPLORERS:
        assert shown(reader, name).locator("svg").first.is_visible()
    assert reader.problems == []
    reader.close()
