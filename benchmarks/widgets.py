"""How long every widget takes from a key press to the changed picture, measured by Chromium in a real JupyterLab.

    .venv/bin/python -m benchmarks.widgets              some minutes
    .venv/bin/python -m benchmarks.widgets --presses 20

From the time stamp of the key's event to the first frame that the browser has drawn after the picture changed; an
arrow key moves a slider by one step. In every frame while keys are pressed the browser also looks whether the picture
is blank, and how high the widget is. Aims: median below 100 ms, below 40 ms for pictures in which only lines move.
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.browser.lab import Reader, running_chromium, running_lab
from tests.browser.samples import EXPLORERS, PLAYERS, computed

# Watches one widget: the time of each change, and in every frame its height and whether its picture is blank.
WATCH = """widget => {
    const picture = widget.querySelector(".picture");
    const isBlank = () => !picture.querySelector("svg")?.childElementCount;
    const seen = window.seen = {times: [], blank: 0, frames: 0, heights: new Set(), pressed: null};
    widget.addEventListener("keydown", event => seen.pressed = event.timeStamp, true);
    const drawn = () => new Promise(done => requestAnimationFrame(() => {
        const channel = new MessageChannel();  // its message comes after the frame has been drawn
        channel.port1.onmessage = done;
        channel.port2.postMessage(null);
    }));
    new MutationObserver(async () => {
        if (seen.pressed === null) return;
        const pressed = seen.pressed;
        seen.pressed = null;
        await drawn();
        seen.times.push(performance.now() - pressed);
    }).observe(picture, {attributes: true, childList: true, subtree: true});
    const look = () => {
        seen.frames += 1;
        seen.blank += isBlank();
        seen.heights.add(widget.getBoundingClientRect().height);
        requestAnimationFrame(look);
    };
    look();
}"""


def measure(reader: Reader, number: int, presses: int) -> dict:
    """Press arrow keys in a widget's sliders and return what its watcher saw."""
    widget, page = reader.page.locator(".lstm-widget").nth(number), reader.page
    widget.scroll_into_view_if_needed()
    widget.evaluate(WATCH)
    for slider in widget.locator("input[type=range]").all():
        slider.focus()
        for press in range(presses):
            known = page.evaluate("seen.times.length")
            page.keyboard.press("ArrowRight" if press % 4 < 2 else "ArrowLeft")
            page.wait_for_function("known => seen.times.length > known", arg=known)
            page.wait_for_timeout(30)
    return page.evaluate("({...seen, heights: [...seen.heights]})")


def python_time(code: str) -> float:
    """Milliseconds of CPU that a step takes in the kernel; a player takes none."""
    widget = computed(code)
    if not hasattr(widget, "see"):
        return 0.0
    times = []
    for step in range(20):
        spec = widget.sliders[0]
        start = time.process_time()
        widget.see({**widget.values, spec["name"]: spec["value"] + spec["step"] * (step % 3)})
        times.append(1000 * (time.process_time() - start))
    return median(times)


def main(presses: int) -> None:
    """Measure all widgets and print a table."""
    table = Table("widget", title="from key press to changed picture, ms")
    for column in ("median", "95 %", "of it Python", "presses", "frames", "blank", "heights"):
        table.add_column(column, justify="right")
    samples = {**EXPLORERS, **PLAYERS}
    with tempfile.TemporaryDirectory() as folder, running_lab(Path(folder)) as lab, running_chromium() as chromium:
        reader = Reader(chromium, lab)
        reader.open_cells(Path(folder), samples.values())
        for number, (name, code) in enumerate(track(samples.items(), transient=True)):
            seen = measure(reader, number, presses)
            centiles = quantiles(seen["times"], n=20)
            row = [f"{median(seen['times']):.0f}", f"{centiles[-1]:.0f}", f"{python_time(code):.0f}"]
            counts = len(seen["times"]), seen["frames"], seen["blank"], len(seen["heights"])
            table.add_row(name, *row, *map(str, counts))
        reader.close()
    Console(width=100).print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presses", type=int, default=40, help="for every slider")
    main(**vars(parser.parse_args()))
