"""Start a server of its own for a test, and wait for it."""

import socket
import time
import urllib.request

TOKEN = "a-token-of-the-test"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(address, lab, log):
    for _ in range(120):
        assert lab.poll() is None, log.read_text()
        try:
            get(f"{address}/api/status")
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"JupyterLab did not answer in 60 s: {log.read_text()}")


def get(url):
    request = urllib.request.Request(url, headers={"Authorization": f"token {TOKEN}"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.url, response.read().decode("utf-8")
