r"""One time step of the three classic cells, RNN, LSTM and GRU, as the formulas say it.

Every step takes the new input, the state that the step before left, and the weights, and returns the new state. The
names are the mathematics' own: $x_t$ is `x_t`, $h_{t-1}$ is `h_prev`, $\sigma$ is `sigmoid`, $\odot$ is `*`.

Shapes: `B` sequences side by side, `I` numbers in an input, `H` units. Weights lie as PyTorch keeps them, one row per
unit, so `W_x` is `weight_ih` and `W_h` is `weight_hh`. PyTorch keeps two bias vectors; only their sum
`b = bias_ih + bias_hh` enters the formulas (the GRU needs both).
"""

from typing import NamedTuple

from torch import Tensor, sigmoid, tanh

from lstm_course.cells.shapes import require_shapes


class Gates(NamedTuple):
    r"""The four maps of one LSTM step, each (B, H), in PyTorch's order.

    `i` input gate, `f` forget gate and `o` output gate lie between 0 and 1; `g`, the candidate (written
    $\tilde c_t$ in some texts), lies between -1 and 1.
    """

    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor


class GRUGates(NamedTuple):
    r"""The three maps of one GRU step, each (B, H), in PyTorch's order.

    `r` reset gate and `z` update gate lie between 0 and 1; `n`, the candidate ($\tilde h_t$ in the paper), lies
    between -1 and 1.
    """

    r: Tensor
    z: Tensor
    n: Tensor


def rnn_step(x_t: Tensor, h_prev: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor) -> Tensor:
    r"""One step of the plain (tanh) RNN (Elman 1990; the form of `nn.RNNCell`).

    $$h_t = \tanh(W_x x_t + W_h h_{t-1} + b)$$

    Parameters
    ----------
    x_t : Tensor (B, I)
    h_prev : Tensor (B, H)
    W_x : Tensor (H, I)
    W_h : Tensor (H, H)
    b : Tensor (H,)

    Returns
    -------
    Tensor (B, H)
        $h_t$, of the inputs' dtype.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    weights = {"W_x": (W_x, "H I"), "W_h": (W_h, "H H"), "b": (b, "H")}
    require_shapes(W_h.shape[-1], x_t=(x_t, "B I"), h_prev=(h_prev, "B H"), **weights)
    return tanh(x_t @ W_x.T + h_prev @ W_h.T + b)  # (B, H)


def lstm_step(
    x_t: Tensor, h_prev: Tensor, c_prev: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor, Gates]:
    r"""One step of the LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    $$\begin{aligned}
    i_t &= \sigma(W_{xi} x_t + W_{hi} h_{t-1} + b_i) &
    f_t &= \sigma(W_{xf} x_t + W_{hf} h_{t-1} + b_f) \\
    g_t &= \tanh (W_{xg} x_t + W_{hg} h_{t-1} + b_g) &
    o_t &= \sigma(W_{xo} x_t + W_{ho} h_{t-1} + b_o) \\
    c_t &= f_t \odot c_{t-1} + i_t \odot g_t &
    h_t &= o_t \odot \tanh(c_t)
    \end{aligned}$$

    The four weight matrices stand on top of each other in the order i, f, g, o, as in `nn.LSTMCell`, so that one
    product serves all four.

    Parameters
    ----------
    x_t : Tensor (B, I)
    h_prev, c_prev : Tensor (B, H)
    W_x : Tensor (4H, I)
    W_h : Tensor (4H, H)
    b : Tensor (4H,)

    Returns
    -------
    h_t, c_t : Tensor (B, H)
        The new state, of the inputs' dtype.
    gates : Gates
        $i_t, f_t, g_t, o_t$, for figures and for looking inside.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    weights = {"W_x": (W_x, "4H I"), "W_h": (W_h, "4H H"), "b": (b, "4H")}
    require_shapes(W_h.shape[-1], x_t=(x_t, "B I"), h_prev=(h_prev, "B H"), c_prev=(c_prev, "B H"), **weights)
    z = x_t @ W_x.T + h_prev @ W_h.T + b  # (B, 4H): what the four maps receive, side by side
    z_i, z_f, z_g, z_o = z.chunk(4, dim=-1)  # (B, H) each
    i_t = sigmoid(z_i)
    f_t = sigmoid(z_f)
    g_t = tanh(z_g)
    o_t = sigmoid(z_o)
    c_t = f_t * c_prev + i_t * g_t  # (B, H)
    h_t = o_t * tanh(c_t)  # (B, H)
    return h_t, c_t, Gates(i_t, f_t, g_t, o_t)


def gru_step(
    x_t: Tensor, h_prev: Tensor, W_x: Tensor, W_h: Tensor, b_x: Tensor, b_h: Tensor
) -> tuple[Tensor, GRUGates]:
    r"""One step of the GRU (Cho et al. 2014, in the form of `nn.GRUCell`).

    $$\begin{aligned}
    r_t &= \sigma(W_{xr} x_t + b_{xr} + W_{hr} h_{t-1} + b_{hr}) \\
    z_t &= \sigma(W_{xz} x_t + b_{xz} + W_{hz} h_{t-1} + b_{hz}) \\
    n_t &= \tanh (W_{xn} x_t + b_{xn} + r_t \odot (W_{hn} h_{t-1} + b_{hn})) \\
    h_t &= (1 - z_t) \odot n_t + z_t \odot h_{t-1}
    \end{aligned}$$

    Cho et al. reset the state before the product, $W_{hn} (r_t \odot h_{t-1})$, and write no biases. This form, in
    which the reset comes after it, needs one product with $h_{t-1}$ for all three maps. It also needs both biases:
    $r_t$ acts on one of them alone, so their sum is not enough.

    Parameters
    ----------
    x_t : Tensor (B, I)
    h_prev : Tensor (B, H)
    W_x : Tensor (3H, I)
        Rows in the order r, z, n.
    W_h : Tensor (3H, H)
    b_x, b_h : Tensor (3H,)

    Returns
    -------
    h_t : Tensor (B, H)
        The new state, of the inputs' dtype.
    gates : GRUGates
        $r_t, z_t, n_t$.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    weights = {"W_x": (W_x, "3H I"), "W_h": (W_h, "3H H"), "b_x": (b_x, "3H"), "b_h": (b_h, "3H")}
    require_shapes(W_h.shape[-1], x_t=(x_t, "B I"), h_prev=(h_prev, "B H"), **weights)
    x_r, x_z, x_n = (x_t @ W_x.T + b_x).chunk(3, dim=-1)  # (B, H) each: the input's part
    h_r, h_z, h_n = (h_prev @ W_h.T + b_h).chunk(3, dim=-1)  # (B, H) each: the state's part
    r_t = sigmoid(x_r + h_r)
    z_t = sigmoid(x_z + h_z)
    n_t = tanh(x_n + r_t * h_n)
    h_t = (1 - z_t) * n_t + z_t * h_prev  # (B, H)
    return h_t, GRUGates(r_t, z_t, n_t)
