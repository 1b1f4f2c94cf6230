"""One time step of every cell of the course, as the formulas say it: the classics, variants, and what came after."""

from lstm_course.cells.classic import Gates, GRUGates, gru_step, lstm_step, rnn_step
from lstm_course.cells.modern import MatrixGates, MinGates, minlstm_scan, minlstm_step, mlstm_step, slstm_step
from lstm_course.cells.variants import (
    Gates2D,
    coupled_lstm_step,
    layer_norm,
    layer_norm_lstm_step,
    lstm_2d_step,
    peephole_lstm_step,
)

__all__ = [
    "GRUGates",
    "Gates",
    "Gates2D",
    "MatrixGates",
    "MinGates",
    "coupled_lstm_step",
    "gru_step",
    "layer_norm",
    "layer_norm_lstm_step",
    "lstm_2d_step",
    "lstm_step",
    "minlstm_scan",
    "minlstm_step",
    "mlstm_step",
    "peephole_lstm_step",
    "rnn_step",
    "slstm_step",
]
