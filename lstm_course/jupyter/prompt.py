"""A connection between kernel and browser that does not hold small messages back."""

from asyncio import Future

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Sends at once: a widget's answer is a row of small messages.

    By default TCP keeps a small message until the one before has been acknowledged, and the other side puts that off by
    40 ms: twice the time of all the rest from key press to picture.
    """

    def connect(self) -> Future[None] | None:
        """Connect without delay."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
