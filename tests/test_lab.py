"""`make lab` starts JupyterLab with the start page open; here the command behind it, on a free port."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager

from lstm_course.cli import COURSE, START_PAGE
from tests.servers import TOKEN, free_port, get, wait_for


@contextmanager
def running_lab(folder):
    """Start JupyterLab with configuration folders of its own; yield its address."""
    port = free_port()
    own = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    options = ["--no-browser", "--port", str(port), "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")
    code = "from lstm_course.cli import main; main()"
    with (folder / "log").open("w") as log:
        lab = subprocess.Popen(
            [sys.executable, "-c", code, "lab", *options], env={**os.environ, **own}, stdout=log, stderr=log
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(address, lab, folder / "log")
            yield address
        finally:
            lab.terminate()
            lab.wait(timeout=30)


def test_lab_answers_on_its_port_with_the_start_page(tmp_path):
    with running_lab(tmp_path) as address:
        url, page = get(address)
        assert url == f"{address}/lab/tree/{START_PAGE}"
        assert "JupyterLab" in page
        _, listing = get(f"{address}/api/contents/{START_PAGE}?content=0")
        assert json.loads(listing)["type"] == "notebook"
        assert (COURSE / json.loads(listing)["path"]).is_file()
