# ---
# jupyter:
#   lstm_course:
#     title: Why RNNs forget
#     minutes: 55
#     points: 10
# ---

# %% [markdown] id="opening"
# # Exercises 1. Why RNNs forget
#
# You write one step of a recurrent network, measure how its gradient dies, predict the rate without measuring, and clip a
# gradient that explodes. All of it is in [lesson 1](../notebooks/01_why_rnns_forget.ipynb).
#
# Each question has a cell to fill in and a check below it. Run both: the check says that the answer is right, or which rule it
# breaks and what it got. Stuck? Open the hints one by one; each gives away a little more. The questions do not depend on each
# other. To see what is solved in all exercises and what comes next, run `import lstm_course; lstm_course.progress()` in a cell.

# %% id="setup"
import torch

from lstm_course.checks import why_rnns_forget as check

torch.set_num_threads(1)

# %% [markdown] id="rnn-step-task"
# ## 1. One RNN step
#
# In the lesson one sequence ran at a time. Real code runs a **batch** of $B$ sequences at once, one per row. Write
# one step of the $\tanh$ RNN for a batch:
#
# $$h_t = \tanh(W_x\, x_t + W_h\, h_{t-1} + b) \quad\text{for every row of the batch.}$$
#
# The weights are stored as PyTorch stores them: a row for each new unit. Think of the shapes first, then write one line.
# Gradients must be able to flow through it, so stay with PyTorch's operations.


# %% id="rnn-step" points=2 minutes=10 difficulty=1
def rnn_step(x_t, h_prev, W_x, W_h, b):
    """One step of the tanh RNN for a batch.

    x_t: (B, I), h_prev: (B, H), W_x: (H, I), W_h: (H, H), b: (H,); returns h_t: (B, H).
    """
    ### BEGIN SOLUTION
    return torch.tanh(x_t @ W_x.T + h_prev @ W_h.T + b)  # (B, I) @ (I, H) + (B, H) @ (H, H) + (H,)
    ### END SOLUTION


# %% id="rnn-step-check"
check.rnn_step(rnn_step)

# %% [markdown] id="rnn-step-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# In the formula $x_t$ is a column and $W_x$ stands to its left. Here every $x_t$ is a *row* of a (B, I) matrix. Which product of
# a (B, I) and an (H, I) matrix gives (B, H)?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# $(W x)^T = x^T W^T$: with rows, the transposed weights stand on the right. The same goes for $W_h$. There no shape error
# warns you, as (B, H) @ (H, H) fits either way. The bias is added to every row by broadcasting.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `x_t @ W_x.T` is (B, H). Add the part from `h_prev` and the bias, then one `torch.tanh` around everything.
#
# </details>

# %% [markdown] id="norms-by-lag-task"
# ## 2. Gradient norms by lag
#
# The measurement behind the lesson's curves of the dying gradient. You get the states $h_0, \dots, h_T$ of one sequence, still joined by
# their autograd graph. Return, for every lag $k = 0, \dots, T$, the largest singular value of the Jacobian
# $\partial h_T / \partial h_{T-k}$:
#
# $$\text{norms}[k] = \Big\lVert \frac{\partial h_T}{\partial h_{T-k}} \Big\rVert_2 .$$
#
# You do not get $W_h$: the same code then works for every recurrent network, also for the LSTM of lesson 2. (So do not call
# `gradients.norms_by_lag`, which you are building.)


# %% id="norms-by-lag" points=3 minutes=20 difficulty=3
def norms_by_lag(h):
    """The 2-norm of dh_T / dh_{T-k} for every lag k.

    h: list of T + 1 tensors (H,) with their autograd graph; returns a tensor (T + 1,), entry k for lag k.
    """
    ### BEGIN SOLUTION
    T, H = len(h) - 1, len(h[0])
    norms = []
    for k in range(T + 1):
        rows = [torch.autograd.grad(h[T][i], h[T - k], retain_graph=True)[0] for i in range(H)]
        jacobian = torch.stack(rows)  # (H, H), row i: how unit i of h_T reacts
        norms.append(torch.linalg.matrix_norm(jacobian, ord=2))
    return torch.stack(norms)  # (T + 1,)
    ### END SOLUTION


# %% id="norms-by-lag-check"
check.norms_by_lag(norms_by_lag)

# %% [markdown] id="norms-by-lag-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Autograd gives the gradient of *one number* with respect to a tensor. How many numbers does $h_T$ have, and which part of the
# Jacobian is the gradient of one of them?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Two loops: over the lags $k$, and inside over the units $i$ of $h_T$. `torch.autograd.grad(h[T][i], h[T - k])` returns a tuple
# with one tensor (H,): row $i$ of the Jacobian. Stack the rows, then take the 2-norm of the matrix. Autograd throws its
# graph away after one use unless told to keep it.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# Row $i$: `torch.autograd.grad(h[T][i], h[T - k], retain_graph=True)[0]`. The norm of the stacked rows:
# `torch.linalg.matrix_norm(jacobian, ord=2)` (without `ord=2` it is the Frobenius norm). Stack the norms in the order of $k$,
# starting with $k = 0$, where the Jacobian is the identity.
#
# </details>

# %% [markdown] id="decay-rate-task"
# ## 3. The decay rate, without measuring
#
# For small inputs $\tanh$ is nearly straight, and the gradient shrinks or grows by the same factor at every step in the long
# run. Predict this factor from $W_h$ alone, with the help of its eigenvalues.
#
# Careful: $W_h$ is not symmetric, so its eigenvalues may be negative or complex.


# %% id="decay-rate" points=2 minutes=10 difficulty=2
def decay_rate(W_h):
    """The factor per step by which ||dh_T / dh_{T-k}|| changes in the long run, for small inputs.

    W_h: (H, H); returns one real number (a float, or a tensor without dimensions).
    """
    ### BEGIN SOLUTION
    return torch.linalg.eigvals(W_h).abs().max()
    ### END SOLUTION


# %% id="decay-rate-check"
check.decay_rate(decay_rate)

# %% [markdown] id="decay-rate-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Which of the two numbers of the lesson bounds one step, and which one sets the rate over many?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# It is the spectral radius: of all eigenvalues the largest *absolute value*. A complex eigenvalue turns vectors round and
# stretches them by its absolute value. PyTorch has one function for symmetric matrices (`eigvalsh`) and one for all
# (`eigvals`).
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `torch.linalg.eigvals(W_h)` is a complex tensor (H,). Its `.abs()` is real. Return the largest.
#
# </details>

# %% [markdown] id="clip-by-norm-task"
# ## 4. Clip by norm
#
# A network has many weights, so its gradient comes as a *list* of tensors $g_1, g_2, \dots$ of various shapes. Clipping
# treats them as one long vector $g$: if its norm is above $c$, scale *all* of them by the same factor,
#
# $$g_n \leftarrow g_n \cdot \min\left(1,\; \frac{c}{\lVert g \rVert}\right), \qquad
# \lVert g \rVert = \sqrt{\textstyle\sum_n \sum g_n^2}\,.$$
#
# Return new tensors and leave the given ones alone. The result must equal that of `torch.nn.utils.clip_grad_norm_`,
# without calling it, and must not break when all gradients are zero.


# %% id="clip-by-norm" points=3 minutes=15 difficulty=2
def clip_by_norm(grads, max_norm):
    """Scale gradients so that their norm, all together, is at most max_norm.

    grads: list of tensors of any shapes, max_norm: a number > 0; returns a list of tensors, same shapes.
    """
    ### BEGIN SOLUTION
    norm = torch.sqrt(sum((g**2).sum() for g in grads))
    if norm <= max_norm:
        return [g.clone() for g in grads]
    return [g * (max_norm / norm) for g in grads]
    ### END SOLUTION


# %% id="clip-by-norm-check"
check.clip_by_norm(clip_by_norm)

# %% [markdown] id="clip-by-norm-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# The direction of the whole gradient must stay as it is. What happens to the direction if you scale each tensor by a factor
# of its own?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# First one number: the square root of the sum of *all* squared entries of *all* tensors. Then one factor. Then a new list. Ask
# yourself what the factor is for a gradient of zeros.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `norm = torch.sqrt(sum((g**2).sum() for g in grads))`. If `norm <= max_norm`, nothing needs scaling (and nothing is divided by
# zero). Otherwise multiply each by `max_norm / norm`; write `g * factor`, not `g *= factor`, which changes the given tensor.
#
# </details>

# %% [markdown] id="closing"
# ## Done
#
# You can now measure how much gradient is left after $k$ steps of any recurrent network, say from its matrix what to expect, and
# keep it from exploding. What keeps it from vanishing? Open the box in [lesson 2](../notebooks/02_the_cell.ipynb).
