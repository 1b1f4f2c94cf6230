r"""One time step of what came after the LSTM: minLSTM, which needs no loop, and the xLSTM's two cells, sLSTM and mLSTM.

Names, shapes and layout are those of `classic`: `B` sequences side by side, `T` steps, `I` numbers in an input, `H`
units, weights stacked one map on top of the other in the order that each docstring gives, and one bias vector.
"""

from typing import NamedTuple

import torch
from torch import Tensor, exp, maximum, sigmoid, tanh
from torch.nn.functional import logsigmoid

from lstm_course.cells.classic import Gates
from lstm_course.cells.shapes import require_shapes


class MinGates(NamedTuple):
    r"""The three maps of a minLSTM, each (B, H), or (T, B, H) from a scan.

    `f` forget gate and `i` input gate add up to 1; `g`, the candidate ($\tilde h_t$ in the paper), is positive.
    """

    f: Tensor
    i: Tensor
    g: Tensor


class MatrixGates(NamedTuple):
    """The six maps of one mLSTM step: query, key and value (B, H), the two scalar gates (B, 1), output gate (B, H)."""

    q: Tensor
    k: Tensor
    v: Tensor
    i: Tensor
    f: Tensor
    o: Tensor


def minlstm_step(x_t: Tensor, h_prev: Tensor, W_x: Tensor, b: Tensor) -> tuple[Tensor, MinGates]:
    r"""One step of the minLSTM (Feng et al. 2024, the form of its log-space appendix, with a positive candidate).

    $$\begin{aligned}
    \hat f_t &= \sigma(W_f x_t + b_f) &
    \hat \imath_t &= \sigma(W_i x_t + b_i) &
    g_t &= \gamma(W_g x_t + b_g) \\
    f_t &= \frac{\hat f_t}{\hat f_t + \hat \imath_t} &
    i_t &= \frac{\hat \imath_t}{\hat f_t + \hat \imath_t} &
    h_t &= f_t \odot h_{t-1} + i_t \odot g_t
    \end{aligned}$$

    with $\gamma(z) = z + \frac12$ for $z \ge 0$ and $\sigma(z)$ below. No map sees $h_{t-1}$: all gates of a sequence
    are known before its first step, and what is left is linear in $h$. The fraction $f_t$ is computed as
    $\sigma(\log \hat f_t - \log \hat \imath_t)$, the same number without 0/0 where both gates are closed.

    Parameters
    ----------
    x_t : Tensor (B, I)
    h_prev : Tensor (B, H)
    W_x : Tensor (3H, I)
        Rows in the order f, i, g.
    b : Tensor (3H,)

    Returns
    -------
    h_t : Tensor (B, H)
        The new state, of the inputs' dtype.
    gates : MinGates
        $f_t, i_t, g_t$.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    require_shapes(W_x.shape[0] // 3, x_t=(x_t, "B I"), h_prev=(h_prev, "B H"), W_x=(W_x, "3H I"), b=(b, "3H"))
    z_f, z_i, z_g = (x_t @ W_x.T + b).chunk(3, dim=-1)  # (B, H) each
    log_odds = logsigmoid(z_f) - logsigmoid(z_i)  # (B, H): the logarithm of f_t / i_t
    f_t = sigmoid(log_odds)
    i_t = sigmoid(-log_odds)  # 1 - f_t
    g_t = torch.where(z_g >= 0, z_g + 0.5, sigmoid(z_g))
    h_t = f_t * h_prev + i_t * g_t  # (B, H)
    return h_t, MinGates(f_t, i_t, g_t)


def minlstm_scan(x: Tensor, h_0: Tensor, W_x: Tensor, b: Tensor) -> tuple[Tensor, MinGates]:
    r"""All steps of the minLSTM at once, by a parallel scan in log space (Feng et al. 2024; Heinsen 2023).

    Unrolled, the recurrence of `minlstm_step` is a sum. With $a_t = \sum_{s \le t} \log f_s$,

    $$h_t = e^{a_t} \, h_0 + e^{a_t} \sum_{s \le t} e^{\log (i_s g_s) - a_s},$$

    a cumulative sum inside a cumulative sum, and both can be computed in parallel. $e^{-a_s}$ overflows after about a
    hundred steps in float32, hence the logarithms, and hence a positive $g$. (The paper puts $\log h_0$ into the sum;
    kept outside, $h_0$ may be zero.) The price: $a_t$ grows with $t$ and its rounding error with it. Some thousand
    steps want float64; in float32 the gradients are then wrong by several per cent.

    Parameters
    ----------
    x : Tensor (T, B, I)
    h_0 : Tensor (B, H)
    W_x : Tensor (3H, I)
        Rows in the order f, i, g.
    b : Tensor (3H,)

    Returns
    -------
    h : Tensor (T, B, H)
        $h_1, \dots, h_T$, of the inputs' dtype.
    gates : MinGates
        $f, i, g$ of all steps.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    require_shapes(W_x.shape[0] // 3, x=(x, "T B I"), h_0=(h_0, "B H"), W_x=(W_x, "3H I"), b=(b, "3H"))
    z_f, z_i, z_g = (x @ W_x.T + b).chunk(3, dim=-1)  # (T, B, H) each
    log_odds = logsigmoid(z_f) - logsigmoid(z_i)
    log_f = logsigmoid(log_odds)
    log_i = logsigmoid(-log_odds)
    log_g = torch.where(z_g >= 0, torch.log(z_g.clamp_min(0) + 0.5), logsigmoid(z_g))
    a = log_f.cumsum(dim=0)  # (T, B, H): what is left of h_0 after t steps, as a logarithm
    h = exp(a) * h_0 + exp(a + torch.logcumsumexp(log_i + log_g - a, dim=0))  # (T, B, H)
    return h, MinGates(exp(log_f), exp(log_i), exp(log_g))


def slstm_step(
    x_t: Tensor,
    h_prev: Tensor,
    c_prev: Tensor,
    n_prev: Tensor,
    m_prev: Tensor,
    W_x: Tensor,
    W_h: Tensor,
    b: Tensor,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Gates]:
    r"""One step of the sLSTM: an LSTM with an exponential input gate (Beck et al. 2024, section 2.2).

    With $z = W_x x_t + W_h h_{t-1} + b$, the cell and its normaliser $n_t$, the sum of all the weights in the cell, are

    $$\begin{aligned}
    i_t &= e^{z_i} \qquad f_t = \sigma(z_f) \qquad g_t = \tanh(z_g) \qquad o_t = \sigma(z_o) \\
    c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
    n_t &= f_t \odot n_{t-1} + i_t \\
    h_t &= o_t \odot c_t / n_t
    \end{aligned}$$

    An input gate without an upper bound can outweigh everything stored so far, but overflows. So the step stores
    $c_t e^{-m_t}$ and $n_t e^{-m_t}$ in place of $c_t$ and $n_t$, with the stabiliser

    $$m_t = \max(\log f_t + m_{t-1}, \, z_i), \qquad i'_t = e^{z_i - m_t}, \qquad f'_t = e^{\log f_t + m_{t-1} - m_t}$$

    and the gates $i'_t$ and $f'_t$, of which the larger is 1. It cancels in $h_t$. The paper allows
    $f_t = e^{z_f}$ as well; the sigmoid is what its authors' code uses. (There $g_t$ is called $z_t$.)

    Parameters
    ----------
    x_t : Tensor (B, I)
    h_prev, c_prev, n_prev, m_prev : Tensor (B, H)
        To begin with: zeros, and minus infinity for `m_prev`, since nothing is stored yet.
    W_x : Tensor (4H, I)
        Rows in the order i, f, g, o.
    W_h : Tensor (4H, H)
        One head; the paper's several heads are a block-diagonal matrix.
    b : Tensor (4H,)

    Returns
    -------
    h_t, c_t, n_t, m_t : Tensor (B, H)
        The new state, `c_t` and `n_t` multiplied by $e^{-m_t}$, of the inputs' dtype.
    gates : Gates
        $i'_t, f'_t, g_t, o_t$.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    states = {"h_prev": (h_prev, "B H"), "c_prev": (c_prev, "B H"), "n_prev": (n_prev, "B H")}
    states |= {"m_prev": (m_prev, "B H")}
    weights = {"W_x": (W_x, "4H I"), "W_h": (W_h, "4H H"), "b": (b, "4H")}
    require_shapes(W_h.shape[-1], x_t=(x_t, "B I"), **states, **weights)
    z_i, z_f, z_g, z_o = (x_t @ W_x.T + h_prev @ W_h.T + b).chunk(4, dim=-1)  # (B, H) each
    log_f = logsigmoid(z_f)
    m_t = maximum(log_f + m_prev, z_i)  # (B, H)
    i_t = exp(z_i - m_t)
    f_t = exp(log_f + m_prev - m_t)
    g_t = tanh(z_g)
    o_t = sigmoid(z_o)
    c_t = f_t * c_prev + i_t * g_t  # (B, H)
    n_t = f_t * n_prev + i_t  # (B, H): at least 1 from the first step on
    h_t = o_t * c_t / n_t  # (B, H): a weighted mean of all the candidates so far, shown through the output gate
    return h_t, c_t, n_t, m_t, Gates(i_t, f_t, g_t, o_t)


def mlstm_step(
    x_t: Tensor, C_prev: Tensor, n_prev: Tensor, m_prev: Tensor, W_x: Tensor, b: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor, MatrixGates]:
    r"""One step of the mLSTM: a matrix that stores values under keys (Beck et al. 2024, section 2.3, one head).

    With $z = W_x x_t + b$, the two scalar gates $i_t = e^{z_i}$ and $f_t = \sigma(z_f)$, and $o_t = \sigma(z_o)$,

    $$\begin{aligned}
    q_t &= z_q \qquad k_t = z_k / \sqrt{H} \qquad v_t = z_v \\
    C_t &= f_t \, C_{t-1} + i_t \, v_t k_t^\top \\
    n_t &= f_t \, n_{t-1} + i_t \, k_t \\
    h_t &= o_t \odot C_t q_t / \max(|n_t^\top q_t|, 1)
    \end{aligned}$$

    No map sees $h_{t-1}$, so the step needs none. As in `slstm_step`, what is stored is $C_t e^{-m_t}$ and
    $n_t e^{-m_t}$, and the gates are $i'_t$ and $f'_t$; on that scale the 1 in the maximum is $e^{-m_t}$, as in the
    paper's appendix. (The paper leaves the key's bias unscaled; scaled too, as in its authors' code, it is the same
    cell with another number for that bias.)

    Parameters
    ----------
    x_t : Tensor (B, I)
    C_prev : Tensor (B, H, H)
        A row for each number in a value, a column for each number in a key.
    n_prev : Tensor (B, H)
    m_prev : Tensor (B, 1)
        To begin with: zeros, and minus infinity for `m_prev`.
    W_x : Tensor (4H + 2, I)
        Rows in the order q, k, v, o (H each), i, f (one each).
    b : Tensor (4H + 2,)

    Returns
    -------
    h_t : Tensor (B, H)
        The output, of the inputs' dtype.
    C_t, n_t, m_t : Tensor (B, H, H), (B, H), (B, 1)
        The new state, `C_t` and `n_t` multiplied by $e^{-m_t}$.
    gates : MatrixGates
        $q_t, k_t, v_t, i'_t, f'_t, o_t$.

    Raises
    ------
    ValueError
        If the shapes do not fit together.
    """
    H = (W_x.shape[0] - 2) // 4
    states = {"C_prev": (C_prev, "B H H"), "n_prev": (n_prev, "B H"), "m_prev": (m_prev, "B 1")}
    require_shapes(H, x_t=(x_t, "B I"), **states, W_x=(W_x, "4H+2 I"), b=(b, "4H+2"))
    q_t, z_k, v_t, z_o, z_i, z_f = (x_t @ W_x.T + b).split([H, H, H, H, 1, 1], dim=-1)  # (B, H) and (B, 1)
    k_t = z_k / H**0.5
    log_f = logsigmoid(z_f)
    m_t = maximum(log_f + m_prev, z_i)  # (B, 1)
    i_t = exp(z_i - m_t)
    f_t = exp(log_f + m_prev - m_t)
    o_t = sigmoid(z_o)
    C_t = f_t[:, :, None] * C_prev + i_t[:, :, None] * v_t[:, :, None] * k_t[:, None, :]  # (B, H, H)
    n_t = f_t * n_prev + i_t * k_t  # (B, H)
    one = exp(-m_t.clamp(-80, 80))  # (B, 1): the 1 on the stored scale; beyond e^80 it only has to stay finite
    match = (n_t * q_t).sum(dim=-1, keepdim=True).abs()  # (B, 1): how much is stored under keys like the query
    h_t = o_t * (C_t @ q_t[:, :, None]).squeeze(-1) / maximum(match, one)  # (B, H)
    return h_t, C_t, n_t, m_t, MatrixGates(q_t, k_t, v_t, i_t, f_t, o_t)
