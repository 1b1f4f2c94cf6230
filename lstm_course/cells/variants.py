r"""One time step of the LSTM's relatives, each a small change to the ten lines of `lstm_step`.

Names, shapes and layout are those of `classic`: `B` sequences side by side, `I` numbers in an input, `H` units, weights
stacked one map on top of the other in the order that each docstring gives, and one bias vector unless it says two.
"""

from typing import NamedTuple

from torch import Tensor, sigmoid, sqrt, tanh

from lstm_course.cells.classic import Gates
from lstm_course.cells.shapes import require_shapes


class Gates2D(NamedTuple):
    """The five maps of one two-dimensional LSTM step, each (B, H): as `Gates`, with a forget gate per direction."""

    i: Tensor
    f_up: Tensor
    f_left: Tensor
    g: Tensor
    o: Tensor


def peephole_lstm_step(
    x_t: Tensor, h_prev: Tensor, c_prev: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor, p: Tensor
) -> tuple[Tensor, Tensor, Gates]:
    r"""One step of the LSTM whose gates see the cell (Gers and Schmidhuber 2000; in the form of Greff et al. 2015).

    $$\begin{aligned}
    i_t &= \sigma(W_{xi} x_t + W_{hi} h_{t-1} + p_i \odot c_{t-1} + b_i) &
    f_t &= \sigma(W_{xf} x_t + W_{hf} h_{t-1} + p_f \odot c_{t-1} + b_f) \\
    g_t &= \tanh (W_{xg} x_t + W_{hg} h_{t-1} + b_g) &
    c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
    o_t &= \sigma(W_{xo} x_t + W_{ho} h_{t-1} + p_o \odot c_t + b_o) &
    h_t &= o_t \odot \tanh(c_t)
    \end{aligned}$$

    A gate sees its own unit's cell only, through one number. The output gate comes last and sees the new cell. With
    `p` zero it is the LSTM.

    Parameters
    ----------
    x_t : Tensor (B, I)
    h_prev, c_prev : Tensor (B, H)
    W_x : Tensor (4H, I)
        Rows in the order i, f, g, o.
    W_h : Tensor (4H, H)
    b : Tensor (4H,)
    p : Tensor (3H,)
        The peepholes, in the order i, f, o.

    Returns
    -------
    h_t, c_t : Tensor (B, H)
        The new state, of the inputs' dtype.
    gates : Gates
        $i_t, f_t, g_t, o_t$.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    weights = {"W_x": (W_x, "4H I"), "W_h": (W_h, "4H H"), "b": (b, "4H"), "p": (p, "3H")}
    require_shapes(W_h.shape[-1], x_t=(x_t, "B I"), h_prev=(h_prev, "B H"), c_prev=(c_prev, "B H"), **weights)
    z = x_t @ W_x.T + h_prev @ W_h.T + b  # (B, 4H)
    z_i, z_f, z_g, z_o = z.chunk(4, dim=-1)  # (B, H) each
    p_i, p_f, p_o = p.chunk(3)  # (H,) each
    i_t = sigmoid(z_i + p_i * c_prev)
    f_t = sigmoid(z_f + p_f * c_prev)
    g_t = tanh(z_g)
    c_t = f_t * c_prev + i_t * g_t  # (B, H)
    o_t = sigmoid(z_o + p_o * c_t)  # the output gate looks at the new cell
    h_t = o_t * tanh(c_t)  # (B, H)
    return h_t, c_t, Gates(i_t, f_t, g_t, o_t)


def coupled_lstm_step(
    x_t: Tensor, h_prev: Tensor, c_prev: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, Tensor, Gates]:
    r"""One step of the LSTM that forgets just as much as it writes (CIFG in Greff et al. 2015, without peepholes).

    $$\begin{aligned}
    i_t &= \sigma(W_{xi} x_t + W_{hi} h_{t-1} + b_i) &
    f_t &= 1 - i_t \\
    g_t &= \tanh (W_{xg} x_t + W_{hg} h_{t-1} + b_g) &
    o_t &= \sigma(W_{xo} x_t + W_{ho} h_{t-1} + b_o) \\
    c_t &= f_t \odot c_{t-1} + i_t \odot g_t &
    h_t &= o_t \odot \tanh(c_t)
    \end{aligned}$$

    Three maps, hence three quarters of the LSTM's parameters. A memory that starts open needs a negative $b_i$ here.

    Parameters
    ----------
    x_t : Tensor (B, I)
    h_prev, c_prev : Tensor (B, H)
    W_x : Tensor (3H, I)
        Rows in the order i, g, o.
    W_h : Tensor (3H, H)
    b : Tensor (3H,)

    Returns
    -------
    h_t, c_t : Tensor (B, H)
        The new state, of the inputs' dtype.
    gates : Gates
        $i_t, f_t, g_t, o_t$, with $f_t = 1 - i_t$.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    weights = {"W_x": (W_x, "3H I"), "W_h": (W_h, "3H H"), "b": (b, "3H")}
    require_shapes(W_h.shape[-1], x_t=(x_t, "B I"), h_prev=(h_prev, "B H"), c_prev=(c_prev, "B H"), **weights)
    z = x_t @ W_x.T + h_prev @ W_h.T + b  # (B, 3H)
    z_i, z_g, z_o = z.chunk(3, dim=-1)  # (B, H) each
    i_t = sigmoid(z_i)
    f_t = 1 - i_t
    g_t = tanh(z_g)
    o_t = sigmoid(z_o)
    c_t = f_t * c_prev + i_t * g_t  # (B, H): a weighted mean of the old memory and the candidate
    h_t = o_t * tanh(c_t)  # (B, H)
    return h_t, c_t, Gates(i_t, f_t, g_t, o_t)


def layer_norm(a: Tensor, gain: Tensor) -> Tensor:
    r"""Shift and scale each row to mean 0 and variance 1, then multiply by the gains (Ba et al. 2016).

    $$\mathrm{LN}(a; \alpha) = \alpha \odot \frac{a - \mu}{\sqrt{s^2 + 10^{-5}}}$$

    with the mean $\mu$ and the variance $s^2$ of the numbers in one row. The $10^{-5}$, which the paper does not
    have, keeps a row of equal numbers from dividing by zero; `nn.LayerNorm` has the same.

    Parameters
    ----------
    a : Tensor (B, N)
    gain : Tensor (N,)

    Returns
    -------
    Tensor (B, N)
    """
    centred = a - a.mean(dim=-1, keepdim=True)  # (B, N)
    variance = centred.square().mean(dim=-1, keepdim=True)  # (B, 1)
    return gain * centred / sqrt(variance + 1e-5)  # (B, N)


def layer_norm_lstm_step(
    x_t: Tensor,
    h_prev: Tensor,
    c_prev: Tensor,
    W_x: Tensor,
    W_h: Tensor,
    b: Tensor,
    gain_x: Tensor,
    gain_h: Tensor,
    gain_c: Tensor,
    b_c: Tensor,
) -> tuple[Tensor, Tensor, Gates]:
    r"""One step of the layer-normalised LSTM (Ba et al. 2016, supplement).

    $$\begin{aligned}
    z_t &= \mathrm{LN}(W_x x_t; \alpha_x) + \mathrm{LN}(W_h h_{t-1}; \alpha_h) + b \\
    i_t &= \sigma(z_{t,i}) \qquad f_t = \sigma(z_{t,f}) \qquad g_t = \tanh(z_{t,g}) \qquad o_t = \sigma(z_{t,o}) \\
    c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
    h_t &= o_t \odot \tanh(\mathrm{LN}(c_t; \alpha_c) + b_c)
    \end{aligned}$$

    Each normalisation runs over all 4H numbers of a product at once, as the paper writes it (some libraries normalise
    map by map). The paper gives both of these a bias of their own; only their sum with `b` enters, so `b` is that sum.
    The cell itself is carried on without normalisation: only what $h_t$ shows of it is normalised.

    Parameters
    ----------
    x_t : Tensor (B, I)
    h_prev, c_prev : Tensor (B, H)
    W_x : Tensor (4H, I)
        Rows in the order i, f, g, o.
    W_h : Tensor (4H, H)
    b : Tensor (4H,)
    gain_x, gain_h : Tensor (4H,)
        $\alpha_x$ and $\alpha_h$; ones to begin with.
    gain_c, b_c : Tensor (H,)
        $\alpha_c$ and $b_c$; ones and zeros to begin with.

    Returns
    -------
    h_t, c_t : Tensor (B, H)
        The new state, of the inputs' dtype.
    gates : Gates
        $i_t, f_t, g_t, o_t$.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    weights = {"W_x": (W_x, "4H I"), "W_h": (W_h, "4H H"), "b": (b, "4H"), "b_c": (b_c, "H")}
    weights |= {"gain_x": (gain_x, "4H"), "gain_h": (gain_h, "4H"), "gain_c": (gain_c, "H")}
    require_shapes(W_h.shape[-1], x_t=(x_t, "B I"), h_prev=(h_prev, "B H"), c_prev=(c_prev, "B H"), **weights)
    z = layer_norm(x_t @ W_x.T, gain_x) + layer_norm(h_prev @ W_h.T, gain_h) + b  # (B, 4H)
    z_i, z_f, z_g, z_o = z.chunk(4, dim=-1)  # (B, H) each
    i_t = sigmoid(z_i)
    f_t = sigmoid(z_f)
    g_t = tanh(z_g)
    o_t = sigmoid(z_o)
    c_t = f_t * c_prev + i_t * g_t  # (B, H)
    h_t = o_t * tanh(layer_norm(c_t, gain_c) + b_c)  # (B, H)
    return h_t, c_t, Gates(i_t, f_t, g_t, o_t)


def lstm_2d_step(
    x_t: Tensor,
    h_up: Tensor,
    c_up: Tensor,
    h_left: Tensor,
    c_left: Tensor,
    W_x: Tensor,
    W_up: Tensor,
    W_left: Tensor,
    b: Tensor,
) -> tuple[Tensor, Tensor, Gates2D]:
    r"""One place of the two-dimensional LSTM (Graves et al. 2007, without its peepholes).

    A place $t = (r, s)$ of a grid has two places before it: up, $(r-1, s)$, and left, $(r, s-1)$. All five maps see
    the input and both hidden states; each of the two cells is kept by a forget gate of its own.

    $$\begin{aligned}
    z_t &= W_x x_t + W_\uparrow h_\uparrow + W_\leftarrow h_\leftarrow + b \\
    i_t &= \sigma(z_{t,i}) \qquad f_\uparrow = \sigma(z_{t,f\uparrow}) \qquad
    f_\leftarrow = \sigma(z_{t,f\leftarrow}) \qquad g_t = \tanh(z_{t,g}) \qquad o_t = \sigma(z_{t,o}) \\
    c_t &= f_\uparrow \odot c_\uparrow + f_\leftarrow \odot c_\leftarrow + i_t \odot g_t \\
    h_t &= o_t \odot \tanh(c_t)
    \end{aligned}$$

    Parameters
    ----------
    x_t : Tensor (B, I)
        The input at this place.
    h_up, c_up, h_left, c_left : Tensor (B, H)
        The states of the two places before it; zeros beyond the edge of the grid.
    W_x : Tensor (5H, I)
        Rows in the order i, f_up, f_left, g, o.
    W_up, W_left : Tensor (5H, H)
    b : Tensor (5H,)

    Returns
    -------
    h_t, c_t : Tensor (B, H)
        The state of this place, of the inputs' dtype.
    gates : Gates2D
        $i_t, f_\uparrow, f_\leftarrow, g_t, o_t$.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    states = {"h_up": (h_up, "B H"), "c_up": (c_up, "B H"), "h_left": (h_left, "B H"), "c_left": (c_left, "B H")}
    weights = {"W_x": (W_x, "5H I"), "W_up": (W_up, "5H H"), "W_left": (W_left, "5H H"), "b": (b, "5H")}
    require_shapes(W_up.shape[-1], x_t=(x_t, "B I"), **states, **weights)
    z = x_t @ W_x.T + h_up @ W_up.T + h_left @ W_left.T + b  # (B, 5H)
    z_i, z_up, z_left, z_g, z_o = z.chunk(5, dim=-1)  # (B, H) each
    i_t = sigmoid(z_i)
    f_up = sigmoid(z_up)
    f_left = sigmoid(z_left)
    g_t = tanh(z_g)
    o_t = sigmoid(z_o)
    c_t = f_up * c_up + f_left * c_left + i_t * g_t  # (B, H)
    h_t = o_t * tanh(c_t)  # (B, H)
    return h_t, c_t, Gates2D(i_t, f_up, f_left, g_t, o_t)
