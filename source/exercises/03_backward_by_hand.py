# ---
# jupyter:
#   lstm_course:
#     title: Backward by hand
#     minutes: 95
#     points: 14
# ---

# %% [markdown] id="opening"
# # Exercises 3. Backward by hand
#
# You write the backward pass of an LSTM, first of a step, then of a sequence; derive a cell that the lesson did not; cut a run into
# windows; and find the bugs in somebody else's code. It belongs to [lesson 3](../notebooks/03_backward_by_hand.ipynb).
#
# Each question has a cell to fill in and a check below it. Run both: the check says that the answer is right, or which rule it
# breaks and what it got. Stuck? Open the hints one by one; each gives away a little more. The questions do not depend on each
# other.
#
# As in the lesson, `dv` is the gradient of the loss with respect to `v`, of the same shape as `v`. Autograd is what you are replacing, so do without
# it in questions 1 to 3. Better than copying from the lesson: close it, draw the cell, and walk back along the wires.

# %% id="setup"
import torch

from lstm_course import cells
from lstm_course.checks import backward_by_hand as check

torch.set_num_threads(1)

# %% [markdown] id="step-backward-task"
# ## 1. One step backward
#
# Forward, the step was
#
# $$z = W_x\, x_t + W_h\, h_{t-1} + b, \qquad i_t = \sigma(z_i),\; f_t = \sigma(z_f),\; g_t = \tanh(z_g),\; o_t = \sigma(z_o),$$
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh(c_t).$$
#
# From the right come `dh_t` and `dc_t`. Return the gradients of everything that went in. `gates` holds $i_t, f_t, g_t, o_t$ side by side (the results
# of the squashings, not the $z$).


# %% id="step-backward" points=3 minutes=20 difficulty=2
def step_backward(dh_t, dc_t, x_t, h_prev, c_prev, c_t, gates, W_x, W_h):
    """Back through one LSTM step.

    dh_t, dc_t, h_prev, c_prev, c_t: (B, H), x_t: (B, I), gates: (B, 4H) in the order i, f, g, o, W_x: (4H, I),
    W_h: (4H, H); returns dx_t (B, I), dh_prev (B, H), dc_prev (B, H), dW_x (4H, I), dW_h (4H, H), db (4H,).
    """
    ### BEGIN SOLUTION
    i_t, f_t, g_t, o_t = gates.chunk(4, dim=1)  # (B, H) each
    tanh_c = torch.tanh(c_t)
    dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2)
    dz_i = dc_t * g_t * i_t * (1 - i_t)
    dz_f = dc_t * c_prev * f_t * (1 - f_t)
    dz_g = dc_t * i_t * (1 - g_t**2)
    dz_o = dh_t * tanh_c * o_t * (1 - o_t)
    dz = torch.cat([dz_i, dz_f, dz_g, dz_o], dim=1)  # (B, 4H)
    return dz @ W_x, dz @ W_h, dc_t * f_t, dz.T @ x_t, dz.T @ h_prev, dz.sum(0)
    ### END SOLUTION


# %% id="step-backward-check"
check.step_backward(step_backward)

# %% [markdown] id="step-backward-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Four rules: a sum hands on, a product multiplies by the other factor, a function by its slope, a branch adds up. Start at the right end of the
# drawing. In how many places is $c_t$ used?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# First $h_t = o_t \odot \tanh(c_t)$: it gives $do_t$ and adds something to $dc_t$. Then the belt: $di_t, df_t, dg_t$ and $dc_{t-1}$. Then the slopes,
# $s(1 - s)$ for the three $\sigma$ and $1 - g^2$ for the $\tanh$. Join the four `dz` to one `(B, 4H)`; the rest are products with it.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `dc_t = dc_t + dh_t * o_t * (1 - torch.tanh(c_t) ** 2)`, and then for example `dz_f = dc_t * c_prev * f_t * (1 - f_t)`. With
# `dz = torch.cat([dz_i, dz_f, dz_g, dz_o], dim=1)`, `dW_x` is `dz.T @ x_t` and `dx_t` is `dz @ W_x`.
#
# </details>

# %% [markdown] id="sequence-backward-task"
# ## 2. A sequence backward
#
# Now the chain of steps. Time is the first axis. `dh[t]` is what the loss of step `t` says about the state after `x[t]`; `dc_T` is what comes back along the
# belt into the very last step (the lesson had zero there). `h[t]` and `c[t]` are the states **before** `x[t]` is read, `h[t + 1]` and `c[t + 1]` those after.
#
# Take out of the loop what does not have to wait in it: `dx`, `dW_x`, `dW_h` and `db` come after the loop, from all `dz` at once, in one product each. The check
# counts the products.
#
# The way back through the maps of one step is given, so that you can start here without question 1:
# `dz, dc_prev = check.back_to_maps(dh_t, dc_t, c_prev, c_t, gates_t)`, with `dz` of shape `(B, 4H)`.


# %% id="sequence-backward" points=3 minutes=25 difficulty=3
def sequence_backward(dh, dc_T, x, h, c, gates, W_x, W_h):
    """Back through a whole sequence.

    dh: (T, B, H), dc_T: (B, H), x: (T, B, I), h and c: (T + 1, B, H), gates: (T, B, 4H), W_x: (4H, I), W_h: (4H, H);
    returns dx (T, B, I), dh_0 (B, H), dc_0 (B, H), dW_x (4H, I), dW_h (4H, H), db (4H,).
    """
    ### BEGIN SOLUTION
    dz = torch.empty_like(gates)  # (T, B, 4H)
    dh_next, dc = torch.zeros_like(dc_T), dc_T
    for t in reversed(range(len(x))):
        dz[t], dc = check.back_to_maps(dh[t] + dh_next, dc, c[t], c[t + 1], gates[t])
        dh_next = dz[t] @ W_h
    rows = dz.flatten(0, 1)  # (T * B, 4H)
    dW_x, dW_h = rows.T @ x.flatten(0, 1), rows.T @ h[:-1].flatten(0, 1)
    return dz @ W_x, dh_next, dc, dW_x, dW_h, rows.sum(0)
    ### END SOLUTION


# %% id="sequence-backward-check"
check.sequence_backward(sequence_backward)

# %% [markdown] id="sequence-backward-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Which two gradients travel from step to step? Which two sides does $h_t$ hear from?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Begin with `dh_next` zero and `dc = dc_T`. In a loop from the last step to the first: into step `t` go `dh[t] + dh_next` and `dc`; keep its `dz`; the
# new `dh_next` is one product. After the loop, flatten time and batch into one axis of `T * B` rows.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# In the loop: `dz[t], dc = check.back_to_maps(dh[t] + dh_next, dc, c[t], c[t + 1], gates[t])` and `dh_next = dz[t] @ W_h`. After it, with
# `rows = dz.flatten(0, 1)`: `dW_x = rows.T @ x.flatten(0, 1)`, and for `dW_h` the states `h[:-1]`.
#
# </details>

# %% [markdown] id="coupled-backward-task"
# ## 3. A cell that the lesson did not derive
#
# Some cells do without an input gate: what is forgotten makes room for exactly as much that is new (the coupled variant in Greff et al. 2015):
#
# $$c_t = f_t \odot c_{t-1} + (1 - f_t) \odot g_t, \qquad h_t = o_t \odot \tanh(c_t)$$
#
# with $f_t = \sigma(z_f),\; g_t = \tanh(z_g),\; o_t = \sigma(z_o)$. Derive its step backward yourself, up to the $dz$ and $dc_{t-1}$.


# %% id="coupled-backward" points=2 minutes=15 difficulty=3
def coupled_backward(dh_t, dc_t, c_prev, c_t, gates):
    """Back through one step of the cell with coupled gates.

    dh_t, dc_t, c_prev, c_t: (B, H), gates: (B, 3H) in the order f, g, o; returns dz (B, 3H) in the same order,
    dc_prev (B, H).
    """
    ### BEGIN SOLUTION
    f_t, g_t, o_t = gates.chunk(3, dim=1)  # (B, H) each
    tanh_c = torch.tanh(c_t)
    dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2)
    dz_f = dc_t * (c_prev - g_t) * f_t * (1 - f_t)
    dz_g = dc_t * (1 - f_t) * (1 - g_t**2)
    dz_o = dh_t * tanh_c * o_t * (1 - o_t)
    return torch.cat([dz_f, dz_g, dz_o], dim=1), dc_t * f_t
    ### END SOLUTION


# %% id="coupled-backward-check"
check.coupled_backward(coupled_backward)

# %% [markdown] id="coupled-backward-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# What differs from the LSTM is one line. In how many places is $f_t$ used in it?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# $f_t$ multiplies $c_{t-1}$, and $1 - f_t$ multiplies $g_t$. Both send something back to $f_t$; the slope of $1 - f$ is $-1$. All else is as in
# question 1.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# $df_t = dc_t \odot c_{t-1} - dc_t \odot g_t$ and $dg_t = dc_t \odot (1 - f_t)$. Do not forget that $dc_t$ first collects from $h_t$.
#
# </details>

# %% [markdown] id="truncated-run-task"
# ## 4. Truncated: cut at the edges
#
# Run an LSTM over `x` and return all hidden states, the same numbers as ever. But let the gradient stop at the edges of windows of `window` steps: nothing
# may flow back from step `window` to step `window - 1`, from `2 * window` to `2 * window - 1`, and so on (counting from 0). The last window may be shorter. `h_0`
# and `c_0` belong to the first window and get their gradient from there.
#
# `cells.lstm_step(x_t, h, c, W_x, W_h, b)` returns `h_t, c_t, gates`.


# %% id="truncated-run" points=3 minutes=15 difficulty=2
def truncated_run(x, h_0, c_0, W_x, W_h, b, window):
    """Run an LSTM whose gradient stops at the edges of windows.

    x: (T, B, I), h_0, c_0: (B, H), W_x: (4H, I), W_h: (4H, H), b: (4H,), window: int; returns h_1 ... h_T, (T, B, H).
    """
    ### BEGIN SOLUTION
    h, c, states = h_0, c_0, []
    for t in range(len(x)):
        if t > 0 and t % window == 0:
            h, c = h.detach(), c.detach()
        h, c, _ = cells.lstm_step(x[t], h, c, W_x, W_h, b)
        states.append(h)
    return torch.stack(states)
    ### END SOLUTION


# %% id="truncated-run-check"
check.truncated_run(truncated_run)

# %% [markdown] id="truncated-run-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Write the plain loop first. What carries a gradient from one step to the one before? (There are two.)
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# `detach()` returns the same numbers without their history. Use it on both states, right before the first step of every window but the first.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `if t > 0 and t % window == 0: h, c = h.detach(), c.detach()`, before the call of `cells.lstm_step`. Put the **not** detached states into the list.
#
# </details>

# %% [markdown] id="find-the-bugs-task"
# ## 5. Find the bugs
#
# A colleague wrote the function below. It runs, and returns six tensors of the right shapes. But **three** of the numbered lines are wrong. Which?
#
# `check.compare` prints which gradients are right, for a sequence of one step and of three; `db` is split into its four blocks. A good way: mend the function in place, one
# line at a time, and run the cell again. What is wrong with *one* step cannot come from the chain of steps.


# %% id="find-the-bugs" points=3 minutes=20 difficulty=3
def suspect_backward(dh, dc_T, x, h, c, gates, W_x, W_h):
    dz = torch.empty_like(gates)
    dh_next, dc = torch.zeros_like(dc_T), dc_T
    for t in reversed(range(len(x))):
        i_t, f_t, g_t, o_t = gates[t].chunk(4, dim=1)
        tanh_c = torch.tanh(c[t + 1])  # line 1
        dh_t = dh[t]  # line 2
        dc = dc + dh_t * o_t * (1 - tanh_c**2)  # line 3
        dz_i = dc * g_t * i_t * (1 - i_t)  # line 4
        dz_f = dc * c[t + 1] * f_t * (1 - f_t)  # line 5
        dz_g = dc * i_t * (1 - g_t**2)  # line 6
        dz_o = dh_t * tanh_c * o_t * (1 - o_t)  # line 7
        dz[t] = torch.cat([dz_i, dz_f, dz_g, dz_o], dim=1)  # line 8
        dc = dc * f_t  # line 9
        dh_next = dz[t] @ W_h  # line 10
    dW_x = torch.einsum("tbj,tbk->jk", dz, x)  # line 11
    dW_h = torch.einsum("tbj,tbk->jk", dz, h[1:])  # line 12
    return dz @ W_x, dh_next, dc, dW_x, dW_h, dz.sum((0, 1))  # line 13


check.compare(suspect_backward)

### BEGIN SOLUTION
wrong_lines = [2, 5, 12]
### END SOLUTION

# %% id="find-the-bugs-check"
check.find_the_bugs(wrong_lines)

# %% [markdown] id="find-the-bugs-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Look at the column for one step. Of the four blocks of `db`, which is wrong? So which line is it?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# One bug belongs to one gate (see the blocks of `db`). One concerns a single result, and shows when the first is mended. The last one concerns the chain of
# steps: with one step everything is right by then, with three hardly anything.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# Ask of three quantities: which memory did the forget gate multiply, the old or the new one? Which state did $W_h$ multiply? And is `dh_next` ever read?
#
# </details>

# %% [markdown] id="closing"
# ## What you can do now
#
# You can walk a gradient back through any cell that is made of sums, products and functions, chain the steps, keep out of the loop what need not wait, cut the gradient
# where you want and nowhere else, and test a backward so that it cannot fool you.
#
# Next: [lesson 4, nn.LSTM](../notebooks/04_nn_lstm.ipynb), PyTorch's own layer and its traps.
