# ---
# jupyter:
#   lstm_course:
#     title: Backward by hand
#     minutes: 75
# ---

# %% [markdown] id="opening"
# # 3. Backward by hand
#
# **The question:** where exactly does the gradient flow in an LSTM, and can we derive it ourselves?
#
# After this lesson you can
#
# - derive the gradient of every quantity in the cell with four small rules, and write it as code;
# - run it back through a whole sequence, and prove that it equals what PyTorch computes, in two independent ways;
# - say which work has to wait for the step before and which does not, and why that decides the speed;
# - say what `detach` cuts in truncated backpropagation through time, and what it leaves.
#
# **Time:** about 75 minutes. **Before:** [lesson 2](02_the_cell.ipynb): the cell and its formulas. You should have seen a
# derivative and a matrix product.
#
# PyTorch's autograd does all this for you, and after this lesson you may let it. But whoever has walked the way back once
# knows where a gradient gets small, what a framework has to keep in memory, and what is cut when something is cut.

# %% id="setup"
from statistics import median
from time import process_time

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from lstm_course import cells, figures, gradients, tasks, training
from lstm_course.drawings import backward_diagram

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower

# %% [markdown] id="one-letter"
# ## One letter, four rules
#
# There is a loss $L$, one number. For every quantity $v$ on the way to it we want to know: if $v$ grows by a tiny $\varepsilon$, by how many
# $\varepsilon$ does $L$ grow? That is the gradient of $L$ with respect to $v$. It appears so often that we give it a short name, in
# formulas and in code alike: a **d** in front.
#
# $$dv = \frac{\partial L}{\partial v} \qquad \text{the same shape as } v$$
#
# So `dc_t` is always "how $L$ reacts to $c_t$". And since it is about tiny changes, it can always be **measured**: nudge $v$ by
# $\varepsilon$, look how far $L$ moves, divide. We will check everything that way.
#
# Going backward means: we know $dy$ and want the $d$ of what $y$ was made from. In the whole cell there are only four cases.
#
# | forward | nudge $a$ by $\varepsilon$, and $y$ moves by | so backward | |
# |---|---|---|---|
# | $y = a + b$ | $\varepsilon$ | $da = dy,\; db = dy$ | a sum hands the gradient on, unchanged, to both |
# | $y = a \odot b$ | $b\,\varepsilon$ | $da = dy \odot b,\; db = dy \odot a$ | a product multiplies by the **other** factor |
# | $y = \varphi(a)$ | $\varphi'(a)\,\varepsilon$ | $da = dy \odot \varphi'(a)$ | a function multiplies by its slope |
# | $a$ is used in two places | both move | $da = $ the sum of what comes back from both | a branch **adds up** |
#
# The last rule is the one that gets forgotten. All four at once: $L = y^2$ with $y = a \cdot b + a$, at $a = 2,\; b = 3$.
# Forward, $y = 8$. Backward, step by step:
#
# - $dy = 2y = 16$ (slope of the square);
# - the sum hands 16 to the product $a \cdot b$, and 16 to the single $a$;
# - the product gives $db = 16 \cdot a = 32$, and to its $a$: $16 \cdot b = 48$;
# - $a$ is used twice: $da = 48 + 16 = 64$.


# %% id="nudge"
def nudge(L, v, eps=1e-5):
    """Measure dL/dv by moving v a little to both sides."""
    return (L(v + eps) - L(v - eps)) / (2 * eps)


print(f"da = {nudge(lambda a: (a * 3 + a) ** 2, 2.0):.4f}")
print(f"db = {nudge(lambda b: (2 * b + 2) ** 2, 3.0):.4f}")

# %% [markdown] id="map-of-the-way-text"
# ## The way back through a cell
#
# Here is the cell of lesson 2, pale, and over it the way of the gradient, dashed. It is the same drawing, walked against the
# arrows. A gradient comes in at the right, by two doors: $dh_t$ from below and $dc_t$ along the belt. It leaves at the left by the two
# doors of the previous step, $dh_{t-1}$ and $dc_{t-1}$, and downwards to the input.

# %% id="map-of-the-way"
figures.show(
    backward_diagram.cell_figure(width=6.2),
    caption="The whole way back through one step. Each arrow has the colour of the quantity whose gradient it carries.",
    description="An LSTM cell with the gradient's way laid over it, dashed: from the right, "
    + "; ".join(way for _, way in backward_diagram.WAYS.values())
    + ".",
)

# %% [markdown] id="garden-text"
# We walk it in four stages, each with its derivation, its code and a number. The numbers are those of the garden of
# lesson 2: one unit that remembers how wet the soil is, on a rainy day after a dry spell. Forward once more:

# %% id="garden"
W_x = {"f": 0.5, "i": 0.5, "g": 2.0, "o": 1.0}
W_h = {"f": -1.0, "i": -1.0, "g": 1.0, "o": 2.0}
b = {"f": 1.0, "i": 0.0, "g": -1.0, "o": 0.0}


def garden(x_t, h_prev, c_prev):
    z_f, z_i, z_g, z_o = (W_x[k] * x_t + W_h[k] * h_prev + b[k] for k in "figo")
    f_t, i_t, g_t, o_t = z_f.sigmoid(), z_i.sigmoid(), z_g.tanh(), z_o.sigmoid()
    c_t = f_t * c_prev + i_t * g_t
    h_t = o_t * c_t.tanh()
    return f_t, i_t, g_t, o_t, c_t, h_t


x_t, h_prev, c_prev = torch.tensor([1.0, -0.5, -1.0], dtype=torch.float64)
f_t, i_t, g_t, o_t, c_t, h_t = garden(x_t, h_prev, c_prev)
print(f"f_t {f_t:.3f}   i_t {i_t:.3f}   g_t {g_t:.3f}   o_t {o_t:.3f}")
print(f"c_t {c_t:.3f}   h_t {h_t:.3f}")

# %% [markdown] id="loss-text"
# Let the loss be the cell's output itself, $L = h_t$, and nothing come after. Then the two gradients that enter are
#
# $$dh_t = 1 \qquad\text{and, from the next step,}\qquad dc_t = 0 .$$

# %% id="loss"
dh_t = torch.tensor(1.0, dtype=torch.float64)
dc_t = torch.tensor(0.0, dtype=torch.float64)

# %% [markdown] id="hidden-text"
# ### Stage 1: the hidden state
#
# Forward: $h_t = o_t \odot \tanh(c_t)$. A product, so each factor gets $dh_t$ times the other one:
#
# $$do_t = dh_t \odot \tanh(c_t), \qquad d\tanh(c_t) = dh_t \odot o_t .$$
#
# Behind the second factor there is a function, $\tanh$, so we need its slope. With $\tanh = \sinh / \cosh$, and $\sinh' = \cosh$,
# $\cosh' = \sinh$, the quotient rule gives
#
# $$\tanh'(c) = \frac{\cosh^2 c - \sinh^2 c}{\cosh^2 c} = 1 - \tanh^2(c) .$$
#
# Finally, the belt $c_t$ is used **twice**: it is read off here, and it runs on to the next step, from where its own gradient comes back.
# A branch adds up:
#
# $$dc_t \;\leftarrow\; dc_t + dh_t \odot o_t \odot \left(1 - \tanh^2(c_t)\right) .$$

# %% id="hidden"
tanh_c = torch.tanh(c_t)
do_t = dh_t * tanh_c
dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2)
numbers = f"dh_t = {dh_t:.3f} becomes do_t = {do_t:.3f} and, on the belt, dc_t = {dc_t:.3f}."
backward_diagram.show_stage("h", numbers)

# %% [markdown] id="belt-text"
# ### Stage 2: the belt
#
# Forward: $c_t = f_t \odot c_{t-1} + i_t \odot g_t$. The sum hands $dc_t$ to both products. Each product multiplies by the other factor:
#
# $$df_t = dc_t \odot c_{t-1}, \qquad dc_{t-1} = dc_t \odot f_t, \qquad di_t = dc_t \odot g_t, \qquad dg_t = dc_t \odot i_t .$$
#
# Look at the second one. It is all that happens to a gradient on the belt: **one multiplication by the forget gate**. Look at the first one
# too: a forget gate learns only in proportion to what there was to forget.
#
# > **Guess first.** The garden was dry, $c_{t-1} = -1$, and $dc_t$ is positive. Should $f_t$ have been larger or smaller, to make $h_t$ larger?

# %% id="belt"
df_t = dc_t * c_prev
dc_prev = dc_t * f_t
di_t = dc_t * g_t
dg_t = dc_t * i_t
numbers = f"dc_t = {dc_t:.3f} becomes df_t = {df_t:.3f}, di_t = {di_t:.3f}, "
numbers += f"dg_t = {dg_t:.3f} and dc_prev = {dc_prev:.3f}."
backward_diagram.show_stage("c", numbers)

# %% [markdown] id="squash-text"
# Smaller: forgetting more of the dryness makes the garden wetter, so $df_t$ is negative.
#
# ### Stage 3: the four squashings
#
# Forward: $f_t = \sigma(z_f)$, likewise $i_t, o_t$, and $g_t = \tanh(z_g)$. Functions: times the slope. The slope of $\tanh$ we have. For
# $\sigma(z) = 1/(1 + e^{-z})$,
#
# $$\sigma'(z) = \frac{e^{-z}}{(1 + e^{-z})^2} = \frac{1}{1 + e^{-z}} \cdot \frac{e^{-z}}{1 + e^{-z}} = \sigma(z)\,\left(1 - \sigma(z)\right).$$
#
# Both slopes can be written with the **result** of the function. So the way back needs no $z$, only the gates, which are there already:
#
# $$dz_f = df_t \odot f_t \odot (1 - f_t), \quad dz_i = di_t \odot i_t \odot (1 - i_t), \quad
# dz_g = dg_t \odot (1 - g_t^2), \quad dz_o = do_t \odot o_t \odot (1 - o_t) .$$
#
# > **Guess first.** What is the largest slope that a $\sigma$ can have? And what is the slope at a gate that stands at 0.99?

# %% id="squash"
dz_f = df_t * f_t * (1 - f_t)
dz_i = di_t * i_t * (1 - i_t)
dz_g = dg_t * (1 - g_t**2)
dz_o = do_t * o_t * (1 - o_t)
numbers = f"dz_f = {dz_f:.3f}, dz_i = {dz_i:.3f}, dz_g = {dz_g:.3f}, dz_o = {dz_o:.3f}."
backward_diagram.show_stage("z", numbers)
print(f"slope of a sigma at 0.5: {0.5 * (1 - 0.5):.4f}, at 0.99: {0.99 * (1 - 0.99):.4f}")

# %% [markdown] id="maps-text"
# A quarter, where the gate stands at one half; almost nothing where it is saturated: such a gate hardly learns. So on its way through a $\sigma$ a gradient
# shrinks to a quarter or less, every time.
#
# ### Stage 4: the learnt maps
#
# Forward, for one unit: $z_k = W_{xk}\, x_t + W_{hk}\, h_{t-1} + b_k$ for each of the four $k = f, i, g, o$. Sums and products, so
#
# $$dW_{xk} = dz_k\, x_t, \qquad dW_{hk} = dz_k\, h_{t-1}, \qquad db_k = dz_k .$$
#
# And $x_t$ and $h_{t-1}$ are each used four times, once by each map. The branch rule adds up:
#
# $$dx_t = \sum_k dz_k\, W_{xk}, \qquad dh_{t-1} = \sum_k dz_k\, W_{hk} .$$

# %% id="maps"
dz = {"f": dz_f, "i": dz_i, "g": dz_g, "o": dz_o}
dx_t = sum(dz[k] * W_x[k] for k in "figo")
dh_prev = sum(dz[k] * W_h[k] for k in "figo")
backward_diagram.show_stage("x", f"dx_t = {dx_t:.3f} and dh_prev = {dh_prev:.3f}.")

# %% [markdown] id="garden-check-text"
# That was the whole derivation. Is it right? Nudge what went in, and look at $h_t$:


# %% id="garden-check"
def h_of(*inputs):
    return garden(*inputs)[-1]


measured = {
    "dx_t": (dx_t, nudge(lambda v: h_of(v, h_prev, c_prev), x_t)),
    "dh_prev": (dh_prev, nudge(lambda v: h_of(x_t, v, c_prev), h_prev)),
    "dc_prev": (dc_prev, nudge(lambda v: h_of(x_t, h_prev, v), c_prev)),
}
for name, (by_hand, by_nudge) in measured.items():
    print(f"{name:8} by hand {by_hand:+.5f}   by nudging {by_nudge:+.5f}")

# %% [markdown] id="doors-text"
# ### Where does it flow?
#
# Two doors lead back in time. How much went through each, and by which path?
#
# > **Guess first.** Of the gradient that reached the belt, how much leaves through $dc_{t-1}$? And will $dh_{t-1}$ be of the same size?

# %% id="doors"
print(f"door c: dc_t * f_t  = {dc_t:.3f} * {f_t:.3f} = {dc_prev:+.3f}")
for k in "figo":
    print(f"door h: dz_{k} * W_h{k} = {dz[k]:+.3f} * {W_h[k]:+.0f}  = {dz[k] * W_h[k]:+.3f}")
print(f"door h: together                {dh_prev:+.3f}")

# %% [markdown] id="doors-meaning"
# Through door $c$ the gradient only passed a forget gate. Through door $h$ it had to pass a slope of at most a quarter (or $1 - g_t^2$)
# *and* a weight, on four ways whose signs differ, so that they partly cancel. That is the picture to keep: **the belt is one road with one
# toll gate; the way through $h$ is four narrow lanes**. (The numbers are those of our hand-made cell. The lanes can also add to what the belt carries: lesson 2
# saw factors above 1, with every forget gate below 1.)
#
# The first LSTM paper followed the belt alone and cut the four lanes on purpose (Hochreiter and Schmidhuber 1997). The full gradient that
# we have derived came into use with Graves and Schmidhuber (2005).

# %% [markdown] id="vectors-text"
# ## The same with vectors
#
# Now $H$ units and a batch of $B$ sequences. Stages 1 to 3 work number by number, so not a letter changes. Stage 4 has matrices. We go by single
# numbers once, for $z = W_x x_t + \dots$:
#
# $$z_j = \sum_k W_{jk}\, x_k + \dots$$
#
# - The weight $W_{jk}$ is used in $z_j$ only, multiplied by $x_k$. So $dW_{jk} = dz_j\, x_k$: a column times a row, $dW = dz\, x^\top$.
# - The input $x_k$ is used in **every** $z_j$. The branch rule adds up: $dx_k = \sum_j dz_j\, W_{jk}$, that is $dx = W^\top dz$.
# - With a batch, the same weight serves all $B$ sequences, so it is used $B$ times: add up over the batch.
#
# In code a row is a sequence, and the four maps lie side by side in PyTorch's order i, f, g, o. There the three lines are
#
# | | shapes | |
# |---|---|---|
# | `dx_t = dz @ W_x` | `(B, 4H) @ (4H, I)` | and `dh_prev = dz @ W_h` |
# | `dW_x = dz.T @ x_t` | `(4H, B) @ (B, I)` | the sum over the batch is inside the product; `dW_h = dz.T @ h_prev` |
# | `db = dz.sum(0)` | `(B, 4H)` to `(4H,)` | |
#
# > **A check that costs nothing.** $dW$ has the shape of $W$, and so on. With $B$, $I$ and $H$ all different, there is mostly only one way to write a product
# > so that the shapes fit.
#
# The first three stages, in about ten lines:


# %% id="step-backward"
def step_backward(dh_t, dc_t, c_prev, c_t, gates):
    """Back through one step, up to dz and the old memory; gates: (B, 4H), all else (B, H)."""
    i_t, f_t, g_t, o_t = gates.chunk(4, dim=1)  # (B, H) each
    tanh_c = torch.tanh(c_t)
    do_t = dh_t * tanh_c
    dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2)  # two ways lead back into c_t
    di_t, df_t, dg_t = dc_t * g_t, dc_t * c_prev, dc_t * i_t
    dz_i, dz_f, dz_o = di_t * i_t * (1 - i_t), df_t * f_t * (1 - f_t), do_t * o_t * (1 - o_t)
    dz_g = dg_t * (1 - g_t**2)
    dc_prev = dc_t * f_t
    return torch.cat([dz_i, dz_f, dz_g, dz_o], dim=1), dc_prev  # (B, 4H), (B, H)


# %% [markdown] id="step-equality-text"
# Now autograd as the judge: random weights, random states, and two random gradients coming in from the right. Rounding in float64 is of the order
# of $10^{-16}$, so we ask for agreement within $10^{-12}$.


# %% id="random-case"
def random_case(T, B, I, H, dtype=torch.float64, seed=0):
    """x (T, B, I), h_0, c_0 (B, H), W_x (4H, I), W_h (4H, H), b (4H,): what an LSTM layer needs."""
    draw = torch.Generator().manual_seed(seed)
    shapes = (T, B, I), (B, H), (B, H), (4 * H, I), (4 * H, H), (4 * H,)
    tensors = [0.5 * torch.randn(shape, generator=draw, dtype=dtype) for shape in shapes]
    return [tensor.requires_grad_() for tensor in tensors]


def agree(ours, theirs):
    names = "dx", "dh_0", "dc_0", "dW_x", "dW_h", "db"
    close = [torch.allclose(a, b, rtol=0, atol=1e-12) for a, b in zip(ours, theirs, strict=True)]
    return dict(zip(names, close, strict=True))


# %% id="step-equality"
x, h_0, c_0, W_x, W_h, b = random_case(T=1, B=3, I=2, H=4)
h_t, c_t, gates = cells.lstm_step(x[0], h_0, c_0, W_x, W_h, b)
dh_t, dc_t = torch.rand(2, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
by_autograd = torch.autograd.grad([h_t, c_t], [x, h_0, c_0, W_x, W_h, b], [dh_t, dc_t])

with torch.no_grad():
    dz, dc_prev = step_backward(dh_t, dc_t, c_0, c_t, torch.cat(gates, dim=1))
    by_hand = (dz @ W_x)[None], dz @ W_h, dc_prev, dz.T @ x[0], dz.T @ h_0, dz.sum(0)
print(agree(by_hand, by_autograd))

# %% [markdown] id="sequence-text"
# ## Through the sequence
#
# The steps are chained: what leaves step $t$ on the left enters step $t - 1$ on the right. And every step may have a loss of its own, $L_t$ (a
# prediction at every step), whose gradient comes in from above.

# %% id="sequence-picture"
figures.show(
    backward_diagram.sequence_figure(4),
    caption="Backward through four steps: dc on the belt, dh below, from above each step's own loss.",
    description="""Four boxes in a row, numbered 1 to 4. From step to step, right to left, run two
    dashed arrows, dc above and dh below; they leave box 1 as dc_0 and dh_0. Into each box a dashed
    arrow comes down from its loss L_1 to L_4. Pale arrows show the forward direction.""",
)

# %% [markdown] id="forward-text"
# So $h_t$, too, is used twice: by the loss of its step and by the next step. Its gradient is the sum of the two. That plus sign is the most
# frequently forgotten one in hand-written code.
#
# The forward pass first. Time is the first axis here, `x[t]` is one step. It keeps what the way back will ask for: all states and all gates. (Autograd keeps them
# as well, and more.) `h[t]` is the state before `x[t]` is read, `h[t + 1]` the state after it.


# %% id="forward"
def lstm_forward(x, h_0, c_0, W_x, W_h, b):
    h, c, gates = [h_0], [c_0], []
    for x_t in x:
        h_t, c_t, gates_t = cells.lstm_step(x_t, h[-1], c[-1], W_x, W_h, b)
        h.append(h_t)
        c.append(c_t)
        gates.append(torch.cat(gates_t, dim=1))
    return torch.stack(h), torch.stack(c), torch.stack(gates)  # (T + 1, B, H) twice, (T, B, 4H)


# %% id="backward"
def lstm_backward(dh, x, h, c, gates, W_x, W_h):
    """dh: (T, B, H), what the losses say to each h_t; the rest as lstm_forward has it."""
    dx, dW_x, dW_h, db = torch.zeros_like(x), torch.zeros_like(W_x), torch.zeros_like(W_h), 0.0
    dh_next = dc = torch.zeros_like(h[0])  # nothing comes after the last step
    for t in reversed(range(len(x))):
        dz, dc = step_backward(dh[t] + dh_next, dc, c[t], c[t + 1], gates[t])  # (B, 4H), (B, H)
        dx[t], dh_next = dz @ W_x, dz @ W_h
        dW_x += dz.T @ x[t]  # the same weights serve every step: add up
        dW_h += dz.T @ h[t]
        db += dz.sum(0)
    return dx, dh_next, dc, dW_x, dW_h, db


# %% id="sequence-equality"
case = random_case(T=7, B=3, I=2, H=4)
x, h_0, c_0, W_x, W_h, b = case
dh = torch.rand(7, 3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
h, c, gates = lstm_forward(*case)
by_autograd = torch.autograd.grad(h[1:], case, dh)

with torch.no_grad():
    print(agree(lstm_backward(dh, x, h, c, gates, W_x, W_h), by_autograd))

# %% [markdown] id="one-product-text"
# ## What has to wait, and what does not
#
# The loop runs backward because step $t$ needs $dh$ and $dc$ from step $t + 1$. But does *everything* in the loop need to be there?
#
# > **Guess first.** Every turn of the loop computes $dz_t$, $dc_{t-1}$, $dx_t$, $dh_{t-1}$, and the shares of $dW_x$, $dW_h$ and $db$. For which of them does the
# > next turn wait?
#
# <details><summary>Answer</summary>
#
# Only for $dh_{t-1}$ and $dc_{t-1}$ (and $dh_{t-1}$ needs $dz_t$). Nobody reads the others before the end.
#
# </details>
#
# So keep all $dz_t$, and do the work that nobody waits for after the loop. A sum over steps of products is **one** product of the stacked matrices:
#
# $$dW_x = \sum_{t=1}^{T} dz_t^\top x_t = \begin{pmatrix} dz_1 \\ \vdots \\ dz_T \end{pmatrix}^{\!\top}
# \begin{pmatrix} x_1 \\ \vdots \\ x_T \end{pmatrix}$$
#
# It is the batch rule once more: a weight that serves $B$ sequences at $T$ steps is used $T \cdot B$ times, and step or sequence, it is all the same to the
# weight. With $T \cdot B$ rows instead of $T$ times $B$, the processor does the same multiplications, but fetches and writes the result `(4H, I)` once
# instead of $T$ times, and is called once instead of $T$ times.


# %% id="after-the-loop"
def after_the_loop(dz, x, h, W_x):
    """All that nobody waits for: dx, dW_x, dW_h, db; dz: (T, B, 4H), h: (T + 1, B, H)."""
    rows = dz.flatten(0, 1)  # (T * B, 4H)
    return dz @ W_x, rows.T @ x.flatten(0, 1), rows.T @ h[:-1].flatten(0, 1), rows.sum(0)


def one_product_backward(dh, x, h, c, gates, W_x, W_h):
    dz = torch.empty_like(gates)
    dh_next = dc = torch.zeros_like(h[0])
    for t in reversed(range(len(x))):
        dz[t], dc = step_backward(dh[t] + dh_next, dc, c[t], c[t + 1], gates[t])
        dh_next = dz[t] @ W_h
    dx, *weights = after_the_loop(dz, x, h, W_x)
    return dx, dh_next, dc, *weights


with torch.no_grad():
    print(agree(one_product_backward(dh, x, h, c, gates, W_x, W_h), by_autograd))

# %% [markdown] id="slopes-text"
# Can we take out more? The slopes! $1 - \tanh^2(c_t)$, $f_t(1 - f_t)$ and so on were fixed when the forward pass ended. They can be computed for all steps in
# one go *before* the loop. What is left inside is only what carries $dh$ and $dc$ from step to step:


# %% id="fast-backward"
def fast_backward(dh, x, h, c, gates, W_x, W_h):
    T, B, H = dh.shape
    i, f, g, o = gates.view(T, B, 4, H).unbind(2)  # (T, B, H) each
    tanh_c = torch.tanh(c[1:])
    h_to_c = o * (1 - tanh_c**2)  # what dh_t is multiplied by on its way into dc_t
    h_to_o = tanh_c * o * (1 - o)  # ... and into dz_o
    c_to_z = torch.stack([g * i * (1 - i), c[:-1] * f * (1 - f), i * (1 - g**2)], dim=2)
    dz = x.new_empty(T, B, 4, H)
    dh_next = dc = torch.zeros_like(h[0])
    for t in reversed(range(T)):
        dh_t = dh[t] + dh_next
        dc = dc + dh_t * h_to_c[t]
        dz[t, :, :3] = dc[:, None] * c_to_z[t]  # dz_i, dz_f, dz_g
        dz[t, :, 3] = dh_t * h_to_o[t]  # dz_o
        dh_next, dc = dz[t].flatten(1) @ W_h, dc * f[t]
    dx, *weights = after_the_loop(dz.flatten(2), x, h, W_x)
    return dx, dh_next, dc, *weights


with torch.no_grad():
    print(agree(fast_backward(dh, x, h, c, gates, W_x, W_h), by_autograd))

# %% [markdown] id="gradcheck-text"
# ## A second judge
#
# Autograd has agreed. But what if forward and autograd shared a mistake with us? A judge that knows no calculus at all is the nudge, applied to every single
# number of the input: **finite differences**. With what $\varepsilon$? For the loss $L = \sum h$ over our sequence, and the gradient with respect to $b$:
#
# > **Guess first.** The error of the nudge falls with $\varepsilon$. What speaks against $\varepsilon = 10^{-13}$?


# %% id="epsilon"
@torch.no_grad()
def largest_error(eps, dtype=torch.float64):
    """How far nudging all 4H numbers of b by eps, computed in dtype, is from the exact gradient."""
    *others, bias = (tensor.to(dtype) for tensor in (x, h_0, c_0, W_x, W_h, b))
    exact = fast_backward(torch.ones_like(dh), x, h, c, gates, W_x, W_h)[-1]  # (4H,)
    measured = []
    for e in torch.eye(len(b), dtype=dtype):  # one number of b after the other
        up, down = (lstm_forward(*others, bias + way * eps * e)[0][1:].sum() for way in (1, -1))
        measured.append((up - down) / (2 * eps))
    return (torch.stack(measured) - exact).abs().max().item()


# %% id="epsilon-errors"
for eps in (1e-1, 1e-2, 1e-3):
    print(f"eps {eps:g}: largest error {largest_error(eps):.0e}")
best = largest_error(1e-5)
print(f"eps 1e-05: below 1e-8: {best < 1e-8}")
print(f"eps 1e-13: a hundred times worse than 1e-05: {largest_error(1e-13) > 100 * best}")
best_32 = min(largest_error(10.0**-power, torch.float32) for power in range(1, 8))
print(f"float32, the best of 1e-1 to 1e-7: below 1e-5: {best_32 < 1e-5}")

# %% [markdown] id="epsilon-meaning"
# Ten times closer, a hundred times better, because the two-sided nudge is wrong only by a term in $\varepsilon^2$. But the difference of two almost equal numbers
# loses digits: float64 has about 16 of them, and a change of $10^{-13}$ leaves three. In between lies the best place. (In float32, with 7 digits, the best
# place is a poor one, as the last line says. Check gradients in float64.)
#
# PyTorch has this test ready: `torch.autograd.gradcheck`. It wants something differentiable, so we tell autograd about our backward. A `torch.autograd.Function`
# is just that: a forward and a backward of one's own, side by side.


# %% id="function"
class HandMadeLSTM(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, h_0, c_0, W_x, W_h, b):
        h, c, gates = lstm_forward(x, h_0, c_0, W_x, W_h, b)
        ctx.save_for_backward(x, h, c, gates, W_x, W_h)
        return h[1:].clone()  # a copy: an output changed in place must not change what we kept

    @staticmethod
    @once_differentiable  # our backward is not made to be differentiated again
    def backward(ctx, dh):
        return fast_backward(dh, *ctx.saved_tensors)  # one gradient for each argument of forward


small = random_case(T=4, B=2, I=3, H=3)
print("gradcheck:", torch.autograd.gradcheck(HandMadeLSTM.apply, small))

# %% [markdown] id="break-it-text"
# Every entry of every Jacobian agrees with nudging. Is the judge awake, though? A test that has never failed proves little, so we
# break something: a backward that forgets what comes back through $h$ (the forgotten plus sign), with only the weights being tested.
#
# > **Guess first.** Will the judge notice with a sequence of one step? Of three?


# %% id="break-it"
class Forgetful(HandMadeLSTM):
    @staticmethod
    @once_differentiable
    def backward(ctx, dh):
        *kept, W_h = ctx.saved_tensors
        return fast_backward(dh, *kept, torch.zeros_like(W_h))  # wrong: dh_next is always zero


def passes(layer, T):
    x, h_0, c_0, *weights = random_case(T=T, B=2, I=3, H=3)
    start = [v.detach() for v in (x, h_0, c_0)]  # gradcheck tests only what requires a gradient

    def run(*weights):
        return layer.apply(*start, *weights)

    return torch.autograd.gradcheck(run, weights, raise_exception=False)


for T in (1, 3):
    print(f"T = {T}: right one passes:     {passes(HandMadeLSTM, T)}")
    print(f"       forgetful one passes: {passes(Forgetful, T)}")

# %% [markdown] id="break-it-meaning"
# With one step there is no next step to forget, and the wrong code passes. **Test gradients on at least three steps** (a first, a middle and a last one), with
# sizes that all differ, and for every argument. The exercises have more such bugs for you to find.

# %% [markdown] id="speed-text"
# ## Is it faster?
#
# Autograd walks the same way back. For a Python loop it must first write down every operation, with its inputs, as a node of a graph, and then visit the
# nodes one by one. How many are there?


# %% id="count-nodes"
def count_nodes(tensor):
    """Operations that autograd has recorded behind a tensor."""
    found, todo = set(), [tensor.grad_fn]
    while todo:
        node = todo.pop()
        if node is not None and node not in found:
            found.add(node)
            todo += [next_node for next_node, _ in node.next_functions]
    return len(found)


def plain_loop(x, h, c, W_x, W_h, b):
    out = []
    for x_t in x:
        h, c, _ = cells.lstm_step(x_t, h, c, W_x, W_h, b)
        out.append(h)
    return torch.stack(out)  # (T, B, H)


# %% id="counted"
case = random_case(T=100, B=16, I=8, H=32, dtype=torch.float32)
by_loop, by_function = (count_nodes(run(*case).sum()) for run in (plain_loop, HandMadeLSTM.apply))
print(f"100 steps, autograd over the loop: {by_loop // 100} nodes a step")
print(f"our Function: below 10 nodes in all: {by_function < 10}")

# %% [markdown] id="measure-text"
# Each node costs about the same small fixed time (finding it, calling it, making room for its result), whatever its size. If the net is small,
# that fixed time is most of the bill. And at every step autograd computes a `(4H, I)` and a `(4H, H)` weight gradient
# and adds it to the last one: it cannot know that nobody is waiting.
#
# We measure the backward pass alone, as CPU time. The candidates take turns, so that a busy moment of the machine hits all alike, and we take
# the median of eleven turns.
#
# > **Guess first.** Autograd against our three versions (all in the loop; one large product; slopes outside too), for a small net with 32 units: by what factor
# > does each win? And with 256 units?


# %% id="measure"
def backward_times(T, B, I, H, turns=11):
    """Median CPU seconds of each way to get the six gradients."""
    case = random_case(T, B, I, H, dtype=torch.float32)
    out = plain_loop(*case)
    dh = torch.ones_like(out)
    x, h_0, c_0, W_x, W_h, b = (tensor.detach() for tensor in case)
    kept = x, *lstm_forward(x, h_0, c_0, W_x, W_h, b), W_x, W_h
    ways = {"autograd": lambda: torch.autograd.grad(out, case, dh, retain_graph=True)}
    for function in (lstm_backward, one_product_backward, fast_backward):
        ways[function.__name__] = lambda function=function: function(dh, *kept)
    spent = {name: [] for name in ways}
    for _ in range(turns):
        for name, way in ways.items():
            start = process_time()
            way()
            spent[name].append(process_time() - start)
    return {name: median(seconds) for name, seconds in spent.items()}


# %% id="measured"
small, large = backward_times(T=100, B=16, I=8, H=32), backward_times(T=20, B=64, I=64, H=256)


def gain(seconds, name):
    return seconds["autograd"] / seconds[name]


in_loop, one_product, slopes_out = list(small.values())[1:]
print("32 units, against autograd over the loop:")
print("  slopes outside too: at least 1.4 times as fast:", gain(small, "fast_backward") > 1.4)
print("  each thing taken out of the loop saves time:", in_loop > one_product > slopes_out)
print("256 units:")
print("  any of ours 1.5 times as fast:", max(gain(large, name) for name in large) > 1.5)

# %% [markdown] id="measured-meaning"
# Times differ from machine to machine, so we print only what should hold on yours too. For your own numbers, look at the two dictionaries:
# `{name: f"{gain(small, name):.2f}" for name in small}`, and the same with `large`.
#
# How to read them:
#
# - With 32 units the fixed price per operation rules. We do fewer operations, so we are faster; each thing taken out of the loop counts.
# - With 256 units an operation does so much work that its fixed price hardly shows. The work is the products with $W_h$ (which nobody can take out of the loop:
#   $dh_{t-1}$ is what the next turn waits for) and the weight gradients. Autograd does the same multiplications, with the same routines. Our gain is mostly gone.
# - So writing a backward by hand is not magic. It saves overhead, and it uses something that autograd does not know. PyTorch's own `nn.LSTM`
#   hands its work, backward included, to hand-written kernels where it can (oneDNN on a CPU, cuDNN on a GPU). This course's package has the
#   backward of this lesson as a layer too: `lstm_course.layer.LSTM`, with the interface of `nn.LSTM`.
#
# ## Truncated backpropagation through time
#
# To walk back through $T$ steps, the states and gates of all $T$ steps must be kept, and there is only one update per walk. For a text of a million
# letters that is out of the question. The usual way out (Williams and Peng 1990): cut the sequence into **windows**. The state is carried from window to
# window, so the forward pass is unchanged. But the gradient stops at the edge:
#
# ```python
# for window in x.split(20):             # 20 steps at a time
#     h, c = h.detach(), c.detach()      # keep the numbers, forget how they were made
#     ...                                # forward, loss, backward, update
# ```
#
# `detach` returns the same numbers without their history. In our backward it is one line: at the edge, set $dh$ and $dc$ to zero.

# %% id="cut-picture"
figures.show(
    backward_diagram.sequence_figure(4, cut=2),
    caption="Two windows of two steps. The state passes the edge (pale arrow), the gradient does not (bar).",
    description="""The same four boxes with losses above. Between boxes 2 and 3 stands a black bar:
    the dashed arrows dc and dh that leave box 3 to the left end there. The pale forward arrow from
    box 2 to box 3 passes. Everywhere else dc and dh run on from box to box.""",
)

# %% [markdown] id="cut-measure-text"
# Measure what is left, as in lessons 1 and 2: the norm of $\partial h_T / \partial h_{T-k}$ for every lag $k$. The cell has open forget gates (bias
# 3), so that there is something to cut. Three runs over 60 steps: one without a cut; one detached after every 20 steps; and one by somebody who detached
# $h$ and forgot $c$.
#
# > **Guess first.** In the second run, up to which lag is the norm what it was without the cut? What does the third one look like?


# %% id="cut-run"
def run(cell, x, window, cut_c=True):
    """States h_0, ..., h_T of one sequence x (T, I), detached after every window steps."""
    h = torch.zeros(1, cell.hidden_size, dtype=x.dtype, requires_grad=True)
    c, states = torch.zeros_like(h), [h]
    for t, x_t in enumerate(x):
        if t > 0 and t % window == 0:
            h, c = h.detach(), c.detach() if cut_c else c
        h, c = cell(x_t[None], (h, c))
        states.append(h)
    return states


# %% id="cut-measure"
torch.manual_seed(0)
T, H = 60, 16
cell = nn.LSTMCell(1, H, dtype=torch.float64)
with torch.no_grad():
    cell.bias_ih[H : 2 * H], cell.bias_hh[H : 2 * H] = 3.0, 0.0
sequence = torch.randn(T, 1, dtype=torch.float64)
runs = {
    "whole": run(cell, sequence, window=T),
    "cut": run(cell, sequence, window=20),
    "h only": run(cell, sequence, window=20, cut_c=False),
}
norms = {name: gradients.norms_by_lag(states) for name, states in runs.items()}

# %% id="cut-plot"
figure, axis = figures.new(width=7, height=3)
looks = {  # colour, line, marker, words, and how many points up the words stand
    "whole": (figures.BLACK, "-", "", "no cut", 9),
    "h only": (figures.ORANGE, ":", "^", "only $h$ detached", -7),
    "cut": (figures.BLUE, "--", "o", "$h$ and $c$ detached", 0),
}
for name, (colour, dash, mark, words, up) in looks.items():
    line = norms[name]
    axis.plot(line, dash, color=colour, marker=mark, markersize=4, markevery=2)
    axis.annotate(words, (T, line[-1]), (6, up), textcoords="offset points", va="center")
axis.set(xlabel="lag $k$", ylabel=r"$\|\partial h_T / \partial h_{T-k}\|$")
axis.set(xlim=(0, 1.35 * T), ylim=(-0.02, 0.3), xticks=range(0, T + 1, 10))
dips = ", ".join(str(k) for k in range(T) if norms["h only"][k] == 0)
figures.show(
    figure,
    caption="Gradient left after k steps: whole, detached after every 20 steps, and detached by "
    "somebody who forgot c. (At lag 0 the norm is 1, above the picture.)",
    description=f"""Three lines that agree up to lag 19. Without a cut the norm goes on to
    {norms["whole"][-1]:.1f} at lag {T}. With h and c detached it is exactly 0 at all lags from
    {norms["cut"].nonzero().max() + 1} on. With only h detached it drops to 0 at the lags {dips} and is
    above 0 at all others, {norms["h only"][-1]:.1f} at lag {T}.""",
)

# %% id="cut-numbers"
for name, norm in norms.items():
    states = all(map(torch.equal, runs[name], runs["whole"]))
    near = torch.equal(norm[:20], norms["whole"][:20])
    print(f"{name:7} states as without a cut: {states}, gradient for lags 0 to 19 too: {near}")
for name, norm in norms.items():
    times = count_nodes(runs[name][-1]) / count_nodes(runs["cut"][-1])
    print(f"{name:7} lags with a gradient: {norm.count_nonzero()} of {T + 1}", end=", ")
    print(f"operations to visit: {times:.0f} x those of cut")

# %% [markdown] id="cut-meaning"
# - **The states are the same to the last bit.** Truncation cuts nothing forward: the network remembers as far as before.
# - **Backward, nothing is left behind the edge**, exactly nothing, and the work and the memory per update depend on the window, not on $T$.
# - **An LSTM has two states, and both must be detached.** With $c$ forgotten, the gradient goes on along the belt, for the most part undiminished. (It is
#   zero at the edge itself, because the $h$ of before the cut no longer touches anything.) Nothing is gained either: backward visits as many operations as
#   without a cut. (In a training loop PyTorch then usually complains at the second window: you are walking back through the same graph twice.)
#
# ### What does a network learn through a window?
#
# Take lesson 1's recall task: a letter, a or b, then 20 fillers, and at the end: which letter was it? The whole task is two sequences. We cut the 21 steps into
# three windows of 7. What do the weights that read the letters hear of the loss, which comes after the last window?


# %% id="windowed"
class Windowed(nn.Module):
    """An LSTM that reads x (B, T, 3) window by window and answers after the last step."""

    def __init__(self, window, forget_bias, H=16):
        super().__init__()
        self.window = window
        self.lstm, self.answer = nn.LSTM(3, H, batch_first=True), nn.Linear(H, 2)
        with torch.no_grad():
            self.lstm.bias_ih_l0[H : 2 * H], self.lstm.bias_hh_l0[H : 2 * H] = forget_bias, 0.0

    def forward(self, x):
        state = None
        for window in x.split(self.window, dim=1):
            state = state and (state[0].detach(), state[1].detach())
            out, state = self.lstm(window, state)  # (B, window, H), (h, c)
        return self.answer(out[:, -1])  # (B, 2)


# %% id="reached"
inputs, targets = tasks.recall(20)
for window in (21, 7):
    torch.manual_seed(0)
    net = Windowed(window, forget_bias=1.0)
    nn.functional.cross_entropy(net(inputs), targets).backward()
    reached = net.lstm.weight_ih_l0.grad.abs().amax(0) > 0  # columns of W_x: for a, b, filler
    print(f"window {window}: a gradient for the weights of a, b, filler: {reached.tolist()}")

# %% [markdown] id="train-text"
# Exactly nothing: with the window, the weights that read the letters will never move. So it cannot learn the task?
#
# > **Guess first.** Ten networks each, trained for up to 100 steps, whole (one window of 21) or in windows of 7, with a forget bias of 1 and of 3. How many of the ten solve the task?


# %% id="train-windowed"
def solved(window, forget_bias, seeds=10):
    loss, batches, count = nn.functional.cross_entropy, [(inputs, targets)] * 100, 0
    for seed in range(seeds):
        torch.manual_seed(seed)
        net = Windowed(window, forget_bias)
        losses = training.train(net, batches, loss, steps=100, until=lambda past: past[-1] < 0.1)
        count += losses[-1] < 0.1
    return count


for forget_bias in (1.0, 3.0):
    whole, windows = solved(21, forget_bias), solved(7, forget_bias)
    print(f"forget bias {forget_bias:g}: whole, at least 8 of 10 solve it: {whole >= 8}")
    print(f"               in windows, more than 5 of 10: {windows > 5}")

# %% [markdown] id="train-meaning"
# With bias 1 the windows ruin it for most. But with wide open gates most of the truncated networks solve the task all the same! The letters' weights are still the
# random ones they started with. How can that be? Look at the untrained networks: the memory after a differs from the memory after b. How much of that difference is left
# at the last edge, 13 fillers later?


# %% id="trace"
def trace_left(forget_bias, seed):
    """Difference of the two memories at the last edge, as a share of that right after the letter."""
    torch.manual_seed(seed)
    lstm = Windowed(7, forget_bias).lstm
    with torch.no_grad():
        after_letter, at_edge = (lstm(inputs[:, :steps])[1][1][0] for steps in (1, 14))  # c: (2, H)
    return ((at_edge[0] - at_edge[1]).norm() / (after_letter[0] - after_letter[1]).norm()).item()


for forget_bias in (1.0, 3.0):
    share = median(trace_left(forget_bias, seed) for seed in range(10))
    print(f"forget bias {forget_bias:g}: below a fifth: {share < 0.2}, above a half: {share > 0.5}")

# %% [markdown] id="trace-meaning"
# The random state carries the trace across the edges, and the last window only has to read it. With bias 1 the trace has faded by then, and nobody tells the
# early steps to keep it.
#
# So the honest sentence has two halves. Truncation **cannot teach** a network to remember across the edge. It does **not forbid** the network to use what survives
# there by itself. How long a window you need depends on the task; when in doubt, make it longer than the longest dependence you care about.

# %% [markdown] id="closing"
# ## In five lines
#
# 1. Four rules suffice: a sum hands on, a product multiplies by the other factor, a function by its slope, a branch adds up.
# 2. Along the belt $dc_{t-1} = dc_t \odot f_t$; through $h$ the gradient passes four slopes and the weights. Both $h_t$ and $c_t$ collect from two sides.
# 3. Only $dh$ and $dc$ have to wait for the next step. All else leaves the loop: $dW = \sum_t dz_t^\top x_t$ is one large product.
# 4. Check against autograd and by nudging (`gradcheck`, in float64, at least three steps). By hand it is faster where the price per operation rules, and hardly elsewhere.
# 5. Truncation cuts the gradient at the edge of a window, not the state. Detach $h$ *and* $c$.
#
# ## Test yourself
#
# **1.** A unit has $c_{t-1} = 0$. What does its forget gate learn at this step, and why does that make sense?
#
# <details><summary>Answer</summary>
#
# Nothing: $df_t = dc_t \odot c_{t-1} = 0$. There was nothing to keep or to forget, so the gate made no difference.
#
# </details>
#
# **2.** Where does the plus sign in $dc_t \leftarrow dc_t + \dots$ come from?
#
# <details><summary>Answer</summary>
#
# $c_t$ is used twice, by $h_t$ and by the next step's belt. A quantity that is used twice gets the sum of what comes back from both.
#
# </details>
#
# **3.** The backward pass needs $i_t, f_t, g_t, o_t, c_t$ and $c_{t-1}$, but not $z_i, \dots, z_o$. Why not?
#
# <details><summary>Answer</summary>
#
# The slopes of $\sigma$ and $\tanh$ can be written with the functions' results: $\sigma' = \sigma(1 - \sigma)$ and $\tanh' = 1 - \tanh^2$.
#
# </details>
#
# **4.** Why can $dW_h$ be computed in one product after the loop, but $dh_{t-1} = dz_t\, W_h$ not?
#
# <details><summary>Answer</summary>
#
# The next turn of the loop needs $dh_{t-1}$ to find its own $dz_{t-1}$. Nobody needs $dW_h$ before the end.
#
# </details>
#
# **5.** A colleague's hand-written backward passes `gradcheck` for $T = 1$. Which mistakes may still be in it?
#
# <details><summary>Answer</summary>
#
# All that concern the connection between steps: forgetting `dh_next` or `dc`, walking forward instead of backward, overwriting weight gradients
# instead of adding them up, using the first step's $c_0$ or $h_0$ at every step.
#
# </details>
#
# **6.** A network is trained in windows of 50 steps. Can it use something that happened 200 steps ago?
#
# <details><summary>Answer</summary>
#
# Yes, if its state still carries it: the state passes the edges. But no gradient ever told it to keep that particular thing.
#
# </details>
#
# ## Next
#
# Practise: [exercises of lesson 3](../exercises/03_backward_by_hand.ipynb). Then meet PyTorch's own layer:
# [lesson 4, nn.LSTM](04_nn_lstm.ipynb).
