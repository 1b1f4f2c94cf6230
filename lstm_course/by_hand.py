r"""A whole sequence through the LSTM with the backward pass derived by hand: what `lstm_course.layer` runs on.

Lesson 3 derives it. Forward, with one weight matrix $W = [W_h\; W_x\; b]$ and all that enters a step side by side,
$s_t = [h_{t-1}; x_t; 1]$:

$$z_t = W s_t, \qquad (o, i, f, g)_t = (\sigma, \sigma, \sigma, \tanh)(z_t), \qquad
c_t = i_t \odot g_t + f_t \odot c_{t-1}, \qquad h_t = o_t \odot \tanh(c_t)$$

Backward, with $\delta y$ for the gradient of the loss with respect to $y$, from the last step to the first:

$$\begin{aligned}
\delta c_t &\mathrel{+}= \delta h_t \odot o_t (1 - \tanh^2 c_t) \\
\delta z_t &= \big(\delta h_t \tanh(c_t)\, o_t (1 - o_t),\; \delta c_t\, g_t\, i_t (1 - i_t),\;
\delta c_t\, c_{t-1} f_t (1 - f_t),\; \delta c_t\, i_t (1 - g_t^2)\big) \\
\delta c_{t-1} &= \delta c_t \odot f_t, \qquad \delta h_{t-1} = W_h^\top \delta z_t + \delta\mathrm{out}_{t-1}, \qquad
\delta x_t = W_x^\top \delta z_t, \qquad \delta W = \textstyle\sum_t \delta z_t s_t^\top
\end{aligned}$$

What makes it fast on a CPU:

- It runs on numpy views of the tensors' memory: an operation costs 0.3 us there and 1 us in torch, whatever its size.
- One call for all products of a step, and one tanh for all gates: $\sigma(z) = (1 + \tanh(z / 2)) / 2$.
- The gates stand in the order o, i, f, g (PyTorch's i, f, g, o turned by one), with $c_{t-1}$ after them: the three
  sigmoids are neighbours then, and so are the pairs of the sum, $[i, f]$ and $[g, c_{t-1}]$.
- Whatever of the backward pass does not wait for $\delta h$ and $\delta c$ is computed for a block of steps at once,
  and so is the block's share of $\delta W$, as a single product; a block stays in the cache.

Everything kept for the backward pass is a copy that nobody else can reach, so changing inputs, weights or outputs in
place after the forward pass cannot spoil the gradients.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor

ROWS_PER_BLOCK = 512
"""Rows (steps times sequences) that the backward pass works on at once: large products, yet all fits the cache."""
HALVES = np.array([0.5, 0.5, 0.5, 1], np.float32)[:, None, None]
"""What the sigmoids o, i, f and the candidate g multiply their weights by, so that one tanh serves all four."""
TO_OIFG, TO_IFGO = np.array([3, 0, 1, 2]), np.array([1, 2, 3, 0])
"""Take PyTorch's order of the gates to ours, and back."""
ONLY_ONCE = (
    "The backward pass derived by hand cannot itself be differentiated, got create_graph=True: "
    'make the layer with backward="autograd" for second derivatives.'
)


class LSTMByHand(torch.autograd.Function):
    """x (T, B, I), h_0, c_0 (1, B, H), W_x (4H, I), W_h (4H, H), two biases (4H,) -> h_1..h_T (T, B, H), h_T, c_T.

    All of float32 or all of float64, on the CPU. `keep` comes first and says whether a backward pass may follow.
    """

    @staticmethod
    def forward(ctx: Any, keep: bool, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Run all steps from the first to the last."""
        x, h_0, c_0, W_x, W_h, b_x, b_h = (tensor.detach().numpy() for tensor in inputs)
        (T, B, I), H, half = x.shape, W_h.shape[1], np.array(0.5, x.dtype)
        W = np.concatenate([W_h, W_x, (b_x + b_h)[:, None]], 1).reshape(4, H, -1).take(TO_OIFG, 0)
        half_W = np.multiply(W.swapaxes(1, 2), HALVES, order="C")  # (4, H + I + 1, H)
        s = np.empty((T + 1, B, H + I + 1), x.dtype)  # s[t] = [h_{t-1}; x_t; 1], a row for each sequence
        kept = np.empty((T + 1 if keep else 1, 5, B, H), x.dtype)  # o, i, f, g, c_{t-1}
        steps = np.ndarray((T + 1, 5, B, H), x.dtype, kept, 0, (kept.strides[0] * keep, *kept.strides[1:]))
        out, o, i_f, g_c, c = np.empty((T, B, H), x.dtype), steps[:, 0], steps[:, 1:3], steps[:, 3:], steps[1:, 4]
        s[0, :, :H], s[:T, :, H:-1], s[..., -1], kept[0, 4] = h_0, x, 1, c_0
        parts = s, steps[:, :4], steps[:, :3], i_f, g_c, o, c, out, s[1:, :, :H]
        for s_t, gates, sigmoids, i_f_t, g_c_t, o_t, c_t, h_t, h_in_s in zip(*parts, strict=False):
            np.matmul(s_t, half_W, out=gates)  # (B, H + I + 1) times each of the four
            np.tanh(gates, out=gates)
            sigmoids *= half  # sigma(z) = (1 + tanh(z / 2)) / 2
            sigmoids += half
            np.add(*i_f_t * g_c_t, out=c_t)  # i g + f c_{t-1}
            np.tanh(c_t, out=h_t)
            h_t *= o_t
            h_in_s[...] = h_t
        ctx.save_for_backward(*map(torch.from_numpy, (W.reshape(4 * H, -1), s, kept)))
        return tuple(map(torch.from_numpy, (out, out[-1:].copy(), steps[T, 4:].copy())))

    @staticmethod
    def backward(ctx: Any, *d_results: Tensor) -> tuple[Tensor | None, ...]:
        """Walk back from the last step to the first; the weights' gradients are sums over all steps."""
        if torch.is_grad_enabled():
            raise RuntimeError(ONLY_ONCE)
        W, s, kept, d_out, d_h, d_c = (tensor.numpy() for tensor in (*ctx.saved_tensors, *d_results))
        (T, B, H), d_h, d_c, dW = d_out.shape, d_h[0].copy(), d_c[0].copy(), np.zeros_like(W)
        W_h, d_x = W[:, :H], np.empty_like(s[:T, :, H:-1]) if ctx.needs_input_grad[1] else None
        block = -(-ROWS_PER_BLOCK // B)
        for start in reversed(range(0, T, block)):
            now = slice(start, start + block)
            to = local_gradients(kept[:-1][now], kept[1:][now, 4])
            d_z, f = np.empty((len(to), B, 4, H), W.dtype), kept[:-1][now, 2]
            rows = d_z.reshape(-1, 4 * H)  # (steps * B, 4H)
            parts = d_out[now], to[:, :2], to[:, 2:], to[:, 1:].swapaxes(1, 2), d_z, rows.reshape(len(to), B, -1), f
            for d_out_t, to_c_o, to_i_f_g, factors, d_z_t, row_t, f_t in zip(*(p[::-1] for p in parts), strict=True):
                d_h += d_out_t
                to_c_o *= d_h
                d_c += to_c_o[0]
                to_i_f_g *= d_c
                d_z_t[...] = factors
                d_c *= f_t
                np.matmul(row_t, W_h, out=d_h)
            dW += rows.T @ s[:-1][now].reshape(len(rows), -1)
            if d_x is not None:
                d_x[now] = (rows @ W[:, H:-1]).reshape(d_x[now].shape)
        dW = dW.reshape(4, H, -1).take(TO_IFGO, 0).reshape(4 * H, -1)
        gradients = d_x, d_h[None], d_c[None], dW[:, H:-1], dW[:, :H], dW[:, -1], dW[:, -1]
        return None, *(None if part is None else torch.from_numpy(np.ascontiguousarray(part)) for part in gradients)


def local_gradients(kept: np.ndarray, c: np.ndarray) -> np.ndarray:
    r"""Return the factors (steps, 5, B, H) of $\delta h$ for c and z_o, and of $\delta c$ for z_i, z_f and z_g."""
    o, i, g, sigmoids, tanh_c = kept[:, 0], kept[:, 1], kept[:, 3], kept[:, :3], np.tanh(c)
    to, slopes = np.empty_like(kept), sigmoids * (1 - sigmoids)
    np.multiply(o, 1 - tanh_c**2, out=to[:, 0])
    np.multiply(slopes[:, 0], tanh_c, out=to[:, 1])
    np.multiply(slopes[:, 1:], kept[:, 3:], out=to[:, 2:4])  # by g and c_{t-1}
    np.multiply(i, 1 - g**2, out=to[:, 4])
    return to
