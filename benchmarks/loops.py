"""The LSTM as people write it by hand, for comparison: three modules with nn.LSTM's parameters and results."""

import torch
from torch import Tensor, nn


class TextbookLoop(nn.LSTM):
    """Four matrix products a step, each gate's weights times [h, x], as in the equations."""

    def forward(self, x: Tensor) -> Tensor:
        """x (T, B, I) -> h_1..h_T (T, B, H)."""
        W = torch.cat([self.weight_hh_l0, self.weight_ih_l0], 1)
        W_i, W_f, W_g, W_o = (part.T for part in W.chunk(4))
        b_i, b_f, b_g, b_o = (self.bias_ih_l0 + self.bias_hh_l0).chunk(4)
        h = c = x.new_zeros(x.shape[1], self.hidden_size)
        out = []
        for x_t in x:
            hx = torch.cat([h, x_t], 1)
            f_t = torch.sigmoid(hx @ W_f + b_f)
            i_t = torch.sigmoid(hx @ W_i + b_i)
            g_t = torch.tanh(hx @ W_g + b_g)
            o_t = torch.sigmoid(hx @ W_o + b_o)
            c = f_t * c + i_t * g_t
            h = o_t * torch.tanh(c)
            out.append(h)
        return torch.stack(out)


class TutorialLoop(nn.LSTM):
    """Eight matrix products a step, one for the input and one for the state of each gate: the usual tutorial style."""

    def forward(self, x: Tensor) -> Tensor:
        """x (T, B, I) -> h_1..h_T (T, B, H)."""
        U_i, U_f, U_g, U_o = (part.T for part in self.weight_ih_l0.chunk(4))
        V_i, V_f, V_g, V_o = (part.T for part in self.weight_hh_l0.chunk(4))
        b_i, b_f, b_g, b_o = (self.bias_ih_l0 + self.bias_hh_l0).chunk(4)
        h = c = x.new_zeros(x.shape[1], self.hidden_size)
        out = []
        for t in range(len(x)):
            x_t = x[t]
            i_t = torch.sigmoid(x_t @ U_i + h @ V_i + b_i)
            f_t = torch.sigmoid(x_t @ U_f + h @ V_f + b_f)
            g_t = torch.tanh(x_t @ U_g + h @ V_g + b_g)
            o_t = torch.sigmoid(x_t @ U_o + h @ V_o + b_o)
            c = f_t * c + i_t * g_t
            h = o_t * torch.tanh(c)
            out.append(h.unsqueeze(0))
        return torch.cat(out)


class CellLoop(nn.Module):
    """nn.LSTMCell called in a loop."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(input_size, hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        """x (T, B, I) -> h_1..h_T (T, B, H)."""
        state, out = None, []
        for x_t in x:
            state = self.cell(x_t, state)
            out.append(state[0])
        return torch.stack(out)
