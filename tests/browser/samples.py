"""One of every widget, as a reader makes them: the same lines run in the browser's kernel and in a test's process."""

PLAYER = """
import torch
from torch import nn
from lstm_course.widgets.cell_player import CellPlayer
torch.manual_seed(0)
cell = nn.{kind}(3, {units})
CellPlayer(torch.eye(3)[[0, 1, 2, 2]], cell.weight_ih, cell.weight_hh, cell.bias_ih + cell.bias_hh, labels="abcc")
"""
BROKEN = """
from lstm_course.widgets.gates import GateSliders
class Broken(GateSliders):
    def see(self, values):
        if values["z_f"] < 0:
            raise ValueError("below 0")
        return super().see(values)
Broken()
"""
EXPLORERS = {
    "gates": "from lstm_course.widgets.gates import GateSliders\nGateSliders()",
    "spectral radius": "from lstm_course.widgets.spectral_radius import SpectralRadiusExplorer as S\nS()",
    "rollout": "from lstm_course.widgets.rollout import RolloutExplorer\nRolloutExplorer()",
}
PLAYERS = {"LSTM": PLAYER.format(kind="LSTMCell", units=6), "RNN": PLAYER.format(kind="RNNCell", units=2)}


def computed(code):
    """The widget that `code` makes, in this process."""
    *lines, last = code.strip().splitlines()
    names = {}
    exec("\n".join(lines), names)
    return eval(last, names)
