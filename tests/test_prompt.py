"""The connection that `lstm-course lab` tells JupyterLab's server to use sends small messages at once."""

import json
from unittest import mock

from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

from lstm_course.cli import LAB_SETTINGS
from lstm_course.jupyter.prompt import PromptConnection


def test_the_server_is_told_to_use_it():
    settings = json.loads((LAB_SETTINGS / "jupyter_server_config.json").read_text())["ServerApp"]
    server = ServerApp(**settings)
    assert server.kernel_websocket_connection_class is PromptConnection


def test_it_asks_for_no_delay_and_then_connects():
    handler = mock.Mock(spec=KernelWebsocketHandler)
    connection = PromptConnection(websocket_handler=handler)
    with mock.patch.object(ZMQChannelsWebsocketConnection, "connect", return_value="connected") as connect:
        assert connection.connect() == "connected"
    handler.set_nodelay.assert_called_once_with(True)
    connect.assert_called_once_with()
