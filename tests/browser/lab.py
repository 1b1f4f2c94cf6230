"""A JupyterLab with settings of its own, Chromium, and a reader who opens notebooks."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from lstm_course.authoring.notebooks import KERNEL
from lstm_course.cli import COURSE, LAB_SETTINGS
from tests.servers import TOKEN, free_port, wait_for

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
QUIET += ["--disable-sync", "--disable-quic", "--no-first-run"]


@contextmanager
def running_lab(folder):
    """Start JupyterLab on a copy of the notebooks in `folder`: reading a lesson may save it; yield its address."""
    for kind in ("notebooks", "exercises", "solutions"):
        shutil.copytree(COURSE / kind, folder / "course" / kind)
    own = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    own["JUPYTER_CONFIG_PATH"] = str(LAB_SETTINGS)
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--ServerApp.port_retries=0"]
    command += ["--allow-root", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder / 'course'}"]
    command += ["--LabApp.expose_app_in_browser=True"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address, server, folder / "log")
            yield address
        finally:
            server.terminate()
            server.wait(timeout=30)


@contextmanager
def running_chromium():
    """Start the system's Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


class Reader:
    """One open notebook, and what happened while it was read."""

    def __init__(self, browser, lab):
        self.page = browser.new_page(viewport={"width": 1200, "height": 1000})
        self.lab, self.outside, self.problems = lab, [], []
        self.page.on("request", self._note_request)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.set_default_timeout(60_000)

    def _note_request(self, request):
        if not request.url.startswith((self.lab, self.lab.replace("http", "ws"), "data:", "blob:", "about:")):
            self.outside.append(request.url)

    def open(self, path):
        """Open a notebook and wait until its kernel has started; the indicator says idle before there is one."""
        self.page.goto(f"{self.lab}/lab/tree/{path}?reset&token={TOKEN}")  # reset: no tab of the last test
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.page.evaluate(
            """async () => {
                const panel = () => window.jupyterapp.shell.currentWidget;
                for (let wait = 0; !panel()?.sessionContext?.session?.kernel; wait += 100) {
                    if (wait > 60000) throw new Error("no kernel in a minute");
                    await new Promise(r => setTimeout(r, 100));
                }
                await panel().sessionContext.ready;
                panel().content.notebookConfig = {...panel().content.notebookConfig, windowingMode: "none"};
            }"""
        )

    def open_cells(self, folder, sources):
        """Write a notebook of these code cells, open and run it."""
        notebook = new_notebook(cells=[new_code_cell(source) for source in sources], metadata={"kernelspec": KERNEL})
        nbformat.write(notebook, folder / "course" / "cells.ipynb")
        self.open("cells.ipynb")
        assert self.run_all() == []

    def run_all(self):
        """Run every cell; return the texts of error outputs."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")
        return self.page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").all_inner_texts()

    def stop_kernel(self):
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget?.sessionContext.shutdown()")

    def close(self):
        self.stop_kernel()
        self.page.close()
