# ---
# jupyter:
#   lstm_course:
#     title: The cell
#     minutes: 60
# ---

# %% [markdown] id="opening"
# # 2. The cell
#
# **The question.** What is inside an LSTM cell, and why does it remember?
#
# **Afterwards you will be able to**
# - say what each of the four maps of the cell does, and compute one step by hand;
# - write the cell in about ten lines and prove that it equals PyTorch's `nn.LSTMCell`;
# - load weights from code that sorts the gates differently, and not trip over the two bias vectors;
# - say why an LSTM remembers longer than a plain RNN, and under which condition it does not.
#
# **Time.** About 60 minutes with the exercises left for later. All cells together run in less than half a minute.
#
# **Before you start.** [Lesson 1](01_why_rnns_forget.ipynb): the plain RNN, and how its gradient shrinks from step to step.

# %% id="setup"
import math

import torch
from torch import nn

from lstm_course import cells, figures, gradients
from lstm_course.drawings import cell_diagrams
from lstm_course.widgets.cell_player import CellPlayer
from lstm_course.widgets.gates import GateSliders

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower

# %% [markdown] id="two-states"
# ## From one state to two
#
# A plain RNN carries one vector from step to step, its hidden state $h_t$. That vector has two jobs: it is what the
# network *remembers*, and it is what the network *says* at every step. And at every step all of it is multiplied by
# a matrix and squashed by $\tanh$. Lesson 1 measured what fifty such steps leave of a gradient.
#
# The LSTM (long short-term memory; Hochreiter and Schmidhuber 1997) splits the two jobs:
#
# - the **cell state** $c_t$ remembers. It runs along the top of the picture like a conveyor belt: no matrix, no
#   squashing, only one multiplication and one addition on the way;
# - the **hidden state** $h_t$ speaks: the part of the memory that is shown to the outside at this step.
#
# In the picture, a rectangle is a learnt map: it weighs its inputs, adds a bias, and applies $\sigma$ (between 0 and 1)
# or $\tanh$ (between -1 and 1). A circle works number by number on what arrives.

# %% id="side-by-side"
figures.show(
    cell_diagrams.rnn_and_lstm_figure(),
    caption="A plain RNN cell and an LSTM cell. Above: the belt c. Below: the hidden state h.",
    description="""Left: the RNN cell is one tanh box between h_prev, joined by x_t, and h_t.
    Right: the LSTM cell has the same line of h and x below, and four boxes that read it (sigma,
    sigma, tanh, sigma). Above runs a belt from c_prev to c_t with one times sign on it, fed by
    f_t, and one plus sign, fed by i_t times g_t. A branch of the belt goes down through tanh,
    is multiplied by o_t, and leaves as h_t.""",
)

# %% [markdown] id="four-maps"
# Four boxes where the RNN had one: three **gates** $f_t, i_t, o_t$, whose values between 0 (closed) and 1 (open) decide
# how much passes, and the **candidate** $g_t$ (some texts write $\tilde c_t$), which is what could be written
# into the memory. All four read the same two things, $x_t$ and $h_{t-1}$, each with weights of its own:
#
# | | formula | its question |
# |---|---|---|
# | forget gate | $f_t = \sigma(W_{xf}\, x_t + W_{hf}\, h_{t-1} + b_f)$ | how much of the old memory stays? |
# | input gate | $i_t = \sigma(W_{xi}\, x_t + W_{hi}\, h_{t-1} + b_i)$ | how much of the new is let in? |
# | candidate | $g_t = \tanh(W_{xg}\, x_t + W_{hg}\, h_{t-1} + b_g)$ | what is the new? |
# | output gate | $o_t = \sigma(W_{xo}\, x_t + W_{ho}\, h_{t-1} + b_o)$ | how much of the memory is shown now? |
# | cell update | $c_t = f_t \odot c_{t-1} + i_t \odot g_t$ | the belt moves one step |
# | hidden state | $h_t = o_t \odot \tanh(c_t)$ | what the outside sees |
#
# $\odot$ multiplies number by number. That is the whole cell. (The forget gate came three years after the rest: Gers,
# Schmidhuber and Cummins 2000. The cell of 1997 always kept everything.)
#
# > **Guess first.** An RNN cell and an LSTM cell with the same input and hidden size: how many times as many
# > parameters does the LSTM have?

# %% id="count-parameters"
for cell in (nn.RNNCell(3, 5), nn.LSTMCell(3, 5)):
    print(type(cell).__name__, sum(p.numel() for p in cell.parameters()), "parameters")

# %% [markdown] id="garden"
# ## A garden with one number of memory
#
# To see every number, we take a cell with one input and one unit, and choose its weights by hand. Its
# memory $c$ says how wet a garden is: above 0 wetter than usual, below 0 drier. The input $x$ is the day's weather: rain 1,
# clouds 0, sun -1. The weights are ours, not learnt; a trained cell's numbers rarely tell such a clear story.
#
# We enter on a rainy day after a dry spell:

# %% id="garden-state"
x_t = torch.tensor(1.0)  # rain
h_prev = torch.tensor(-0.5)  # what the cell said yesterday
c_prev = torch.tensor(-1.0)  # what it remembers: a dry garden

# %% [markdown] id="forget-gate-text"
# ### The forget gate
#
# $$f_t = \sigma(W_{xf}\, x_t + W_{hf}\, h_{t-1} + b_f)$$
#
# It decides how much of the old memory stays. Despite the name, **1 keeps and 0 forgets**: it would better be
# called the "keep gate". By hand, with $W_{xf} = 0.5,\; W_{hf} = -1,\; b_f = 1$:
#
# $$z_f = 0.5 \cdot 1 + (-1) \cdot (-0.5) + 1 = 2, \qquad f_t = \sigma(2) = \frac{1}{1 + e^{-2}}$$
#
# So most of the dryness stays.

# %% id="forget-gate"
W_xf, W_hf, b_f = 0.5, -1.0, 1.0
z_f = W_xf * x_t + W_hf * h_prev + b_f
f_t = torch.sigmoid(z_f)
cell_diagrams.show_path("f", f"z_f = {z_f:.1f}, f_t = {f_t:.3f}.")

# %% [markdown] id="input-gate-text"
# ### The input gate
#
# $$i_t = \sigma(W_{xi}\, x_t + W_{hi}\, h_{t-1} + b_i)$$
#
# It decides how much of the new is let in. With $W_{xi} = 0.5,\; W_{hi} = -1,\; b_i = 0$:
#
# $$z_i = 0.5 \cdot 1 + (-1) \cdot (-0.5) + 0 = 1, \qquad i_t = \sigma(1)$$
#
# The soil is ready to take in water, though not fully open.

# %% id="input-gate"
W_xi, W_hi, b_i = 0.5, -1.0, 0.0
z_i = W_xi * x_t + W_hi * h_prev + b_i
i_t = torch.sigmoid(z_i)
cell_diagrams.show_path("i", f"z_i = {z_i:.1f}, i_t = {i_t:.3f}.")

# %% [markdown] id="candidate-text"
# ### The candidate
#
# $$g_t = \tanh(W_{xg}\, x_t + W_{hg}\, h_{t-1} + b_g)$$
#
# This is the new content itself, not a gate: $\tanh$ lets it be negative, so that the memory can be pushed both ways. Taken
# alone, it is exactly a step of the plain RNN. With $W_{xg} = 2,\; W_{hg} = 1,\; b_g = -1$:
#
# $$z_g = 2 \cdot 1 + 1 \cdot (-0.5) - 1 = 0.5, \qquad g_t = \tanh(0.5)$$
#
# Rain pushes towards "wetter".

# %% id="candidate"
W_xg, W_hg, b_g = 2.0, 1.0, -1.0
z_g = W_xg * x_t + W_hg * h_prev + b_g
g_t = torch.tanh(z_g)
cell_diagrams.show_path("g", f"z_g = {z_g:.1f}, g_t = {g_t:.3f}.")

# %% [markdown] id="cell-update-text"
# ### The cell update: the belt moves
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t$$
#
# What stays of the old, plus what is let in of the new. Nothing is learnt here: the four maps have decided all.
#
# > **Guess first.** The garden was at $-1$, most of that is kept, and some rain is let in. Will the garden be wetter
# > or drier than usual after this one rainy day?

# %% id="cell-update"
kept, added = f_t * c_prev, i_t * g_t
c_t = kept + added
moves = f"from {c_prev:.3f} to {c_t:.3f}"
cell_diagrams.show_path("c", f"Kept {kept:.3f}, added {added:.3f}: the memory goes {moves}.")

# %% [markdown] id="cell-update-vector-text"
# Still drier than usual, but less so. Real cells have many units; gates act on each **separately**. Here are two
# units with the same memory and the same candidate, but opposite gates:
#
# > **Guess first.** What is `c_new` below? And what would `f = i = [1, 1]` give: can $c_t$ exceed 1, although the candidate
# > cannot?

# %% id="cell-update-vector"
c_old = torch.tensor([0.8, 0.8])  # (H,) with H = 2
g = torch.tensor([0.3, 0.3])
for f, i in [([1, 0], [0, 1]), ([1, 1], [1, 1])]:
    c_new = torch.tensor(f) * c_old + torch.tensor(i) * g
    print(f"f = {f}, i = {i}:  c_new = [{c_new[0]:.1f}, {c_new[1]:.1f}]")

# %% [markdown] id="four-corners"
# One unit kept its memory untouched, the other replaced it: open and closed gates turn a unit into *keep*, *overwrite*, *add* (so
# a unit can count, and $c_t$ may grow beyond 1) or *clear* ($f = i = 0$). Between these corners everything blends.

# %% [markdown] id="output-gate-text"
# ### The output gate
#
# $$o_t = \sigma(W_{xo}\, x_t + W_{ho}\, h_{t-1} + b_o)$$
#
# It decides how much of the memory is shown now. With it shut, a unit can hold something for later without
# disturbing anyone. With $W_{xo} = 1,\; W_{ho} = 2,\; b_o = 0$:
#
# $$z_o = 1 \cdot 1 + 2 \cdot (-0.5) + 0 = 0, \qquad o_t = \sigma(0) = 0.5$$

# %% id="output-gate"
W_xo, W_ho, b_o = 1.0, 2.0, 0.0
z_o = W_xo * x_t + W_ho * h_prev + b_o
o_t = torch.sigmoid(z_o)
cell_diagrams.show_path("o", f"z_o = {z_o:.1f}, o_t = {o_t:.3f}.")

# %% [markdown] id="hidden-state-text"
# ### The hidden state
#
# $$h_t = o_t \odot \tanh(c_t)$$
#
# The memory, squashed into $(-1, 1)$ and dimmed by the output gate. Only this copy is squashed: the belt itself
# goes on to the next step as it is. $h_t$ is the cell's output, and at the next step the four maps read it.

# %% id="hidden-state"
squashed = torch.tanh(c_t)
h_t = o_t * squashed
cell_diagrams.show_path("h", f"tanh(c_t) = {squashed:.3f}, and half of it leaves: h_t = {h_t:.3f}.")

# %% [markdown] id="sliders-text"
# ### Try it
#
# The sliders set what each map receives ($z_f, z_i, z_g, z_o$) and the old memory. They start at the garden's
# rainy day, so you can check the numbers above. Three things to find:
#
# 1. Make $c_t = c_{t-1}$, whatever the candidate is. (Which two gates, which way?)
# 2. Make the cell remember 3 and say nothing: $c_t = 3$, $h_t = 0$.
# 3. Make $h_t$ as large as you can. What is the limit, and which two parts of the cell cause it?

# %% id="sliders"
GateSliders(z_f=2.0, z_i=1.0, z_g=0.5, z_o=0.0, c_prev=-1.0)

# %% [markdown] id="sliders-answers"
# <details><summary>Answers</summary>
#
# 1. Forget gate open ($z_f$ far right), input gate shut ($z_i$ far left).
# 2. The same, with $c_{t-1} = 3$, and the output gate shut ($z_o$ far left). (You get a little less than 3: a $\sigma$ never quite reaches 1.)
# 3. $h_t$ stays below 1, even where its rounded number says 1.00: $\tanh(c_t) < 1$ and $o_t < 1$. The memory $c_t$ itself has no such limit.
#
# </details>

# %% [markdown] id="ten-lines-text"
# ## The cell in ten lines
#
# Now with vectors, and a batch of `B` sequences side by side. With `I` inputs and `H` units, each of the four maps has a
# matrix $W_x$ of shape `(H, I)`, a matrix $W_h$ of shape `(H, H)` and a bias of `H` numbers. We keep them in
# dictionaries under the letters f, i, g, o. A row of `x_t` is one sequence, hence `x_t @ W.T` where the formula writes $W x_t$.


# %% id="ten-lines"
def lstm_step(x_t, h_prev, c_prev, W_x, W_h, b):
    f_t = torch.sigmoid(x_t @ W_x["f"].T + h_prev @ W_h["f"].T + b["f"])  # (B, H)
    i_t = torch.sigmoid(x_t @ W_x["i"].T + h_prev @ W_h["i"].T + b["i"])  # (B, H)
    g_t = torch.tanh(x_t @ W_x["g"].T + h_prev @ W_h["g"].T + b["g"])  # (B, H)
    o_t = torch.sigmoid(x_t @ W_x["o"].T + h_prev @ W_h["o"].T + b["o"])  # (B, H)
    c_t = f_t * c_prev + i_t * g_t  # (B, H)
    h_t = o_t * torch.tanh(c_t)  # (B, H)
    return h_t, c_t


# %% [markdown] id="fused-text"
# ## Four products in one
#
# All four maps multiply the same `x_t` and the same `h_prev`. Stack the four matrices on top of each other, and one large
# product does the work of four small ones. Then cut the result into four. This is how PyTorch stores the weights, in the
# order **i, f, g, o**:


# %% id="fused"
def fused_lstm_step(x_t, h_prev, c_prev, W_x, W_h, b):
    z = x_t @ W_x.T + h_prev @ W_h.T + b  # (B, 4H), with W_x (4H, I), W_h (4H, H), b (4H,)
    z_i, z_f, z_g, z_o = z.chunk(4, dim=-1)  # (B, H) each
    i_t, f_t, g_t, o_t = z_i.sigmoid(), z_f.sigmoid(), z_g.tanh(), z_o.sigmoid()
    c_t = f_t * c_prev + i_t * g_t  # (B, H)
    h_t = o_t * torch.tanh(c_t)  # (B, H)
    return h_t, c_t


# %% [markdown] id="equality-text"
# ### Is it the real thing?
#
# It looks right, but does it compute the same? We take PyTorch's own `nn.LSTMCell` with its random weights, give the same weights to our
# two functions, and compare the values and **all gradients**: those of the input, of both old states and of every weight.
#
# PyTorch keeps two bias vectors per map, `bias_ih` and `bias_hh`. Both are added at the same place, so we add them up first.


# %% id="both-forms"
def torch_cell(cell, x, h, c):
    return cell(x, (h, c))


def fused(cell, x, h, c):
    return fused_lstm_step(x, h, c, *weights_of(cell))


def separate(cell, x, h, c):
    W_x, W_h, b = (dict(zip("ifgo", weight.chunk(4))) for weight in weights_of(cell))
    return lstm_step(x, h, c, W_x, W_h, b)


def weights_of(cell):
    return cell.weight_ih, cell.weight_hh, cell.bias_ih + cell.bias_hh


# %% id="equality"
def values_and_gradients(step, dtype):
    torch.manual_seed(0)
    cell = nn.LSTMCell(3, 5, dtype=dtype)
    x, h, c = (torch.randn(2, size, dtype=dtype, requires_grad=True) for size in (3, 5, 5))
    h_t, c_t = step(cell, x, h, c)
    loss = (h_t * c_t).sum()
    return [h_t, c_t], torch.autograd.grad(loss, [x, h, c, *cell.parameters()])


for dtype, bound in ((torch.float64, 1e-12), (torch.float32, 1e-6)):
    right = values_and_gradients(torch_cell, dtype)
    for step in (separate, fused):
        both = zip(("values", "gradients"), values_and_gradients(step, dtype), right)
        for what, ours, theirs in both:
            worst = max((a - b).abs().max() for a, b in zip(ours, theirs))
            print(f"{dtype} {step.__name__:8} {what:9} within {bound:g}: {worst < bound}")

# %% [markdown] id="equality-meaning"
# What is left is rounding: float32 carries about 7 digits, float64 about 16. So these lines *are* the LSTM. The course's package has
# the fused form as `cells.lstm_step`; it also returns the gates, for looking inside, and we use it from here on.
#
# ## Which gate is where?
#
# The formulas do not say in which order the four blocks lie in memory, and programs differ:
#
# | where | order | |
# |---|---|---|
# | PyTorch `nn.LSTM`, `nn.LSTMCell` | `ifgo` | weights `(4H, I)`; two bias vectors |
# | Keras `LSTM` | `ifco` | the same order, the candidate is called c; weights `(I, 4H)`, transposed; one bias vector |
# | ONNX `LSTM` | `iofc` | two bias vectors |
# | many hand-written cells | `ifog` | the three $\sigma$ side by side, so that one call does for all |
#
# (Read in the documentation of PyTorch and ONNX and in Keras' source code.) All blocks have the same shape, so a
# wrong order raises **no error**. The next cell reads PyTorch's weights in PyTorch's order and in the two others.

# %% id="gate-orders"
torch.manual_seed(0)
cell = nn.LSTMCell(3, 5, dtype=torch.float64)
x, h, c = (torch.randn(2, size, dtype=torch.float64) for size in (3, 5, 5))
right, _ = cell(x, (h, c))
for order in ("ifgo", "iofg", "ifog"):
    W_x, W_h, b = (dict(zip(order, weight.chunk(4))) for weight in weights_of(cell))
    ours, _ = lstm_step(x, h, c, W_x, W_h, b)
    print(f"{order}: shape {tuple(ours.shape)}, right values: {torch.allclose(ours, right)}")

# %% [markdown] id="two-biases-text"
# ### Two bias vectors
#
# Only the sum of `bias_ih` and `bias_hh` matters, though both count as parameters: $4(H(I + H) + 2H)$ in all, which is the
# number counted at the start for $I = 3$, $H = 5$. The second is kept for compatibility with NVIDIA's cuDNN library. It
# is harmless until you set a bias by hand.
#
# > **Guess first.** Someone wants a forget bias of 1 and writes 1 into the forget part of every bias vector. What
# > is the forget gate's bias now?

# %% id="two-biases"
H = cell.hidden_size
with torch.no_grad():
    for bias in (cell.bias_ih, cell.bias_hh):
        bias[H : 2 * H] = 1.0  # order i, f, g, o: the forget gate is the second block
print("the forget gate's bias:", (cell.bias_ih + cell.bias_hh)[H : 2 * H].tolist())

# %% [markdown] id="player-text"
# ## Step by step
#
# Back to the garden: the hand-made weights from above, stacked in PyTorch's order, and nine days of weather. Press
# *Play*, or walk with the buttons or the arrow keys. Above is the belt with the memory after each day; below it the cell, in
# which one path after the other lights up, and the numbers that this path computes.
#
# > **Guess first.** Three days of rain, then two of sun: after how many sunny days is the garden drier than usual?

# %% id="player"
W_x = torch.tensor([[W_xi], [W_xf], [W_xg], [W_xo]])  # (4H, I) with H = I = 1
W_h = torch.tensor([[W_hi], [W_hf], [W_hg], [W_ho]])  # (4H, H)
b = torch.tensor([b_i, b_f, b_g, b_o])  # (4H,)
weather = {"☂": 1.0, "☁": 0.0, "☀": -1.0}
days = "☂☂☂☀☀☁☁☂☂"
x = torch.tensor([[weather[day]] for day in days])  # (T, I)
CellPlayer(x, W_x, W_h, b, labels=days)

# %% [markdown] id="rnn-player-text"
# The candidate alone, third of the four blocks, is a plain RNN. The same garden, the same days, but no belt:
#
# > **Guess first.** How many sunny days does it take the RNN to forget three days of rain?

# %% id="rnn-player"
CellPlayer(x, W_x[2:3], W_h[2:3], b[2:3], labels=days)

# %% [markdown] id="rnn-player-answer"
# <details><summary>Answers</summary>
#
# The LSTM's garden is still wetter than usual after the first sunny day and drier after the second. The RNN's turns on the first:
# its whole state is made anew at every step, and the day's weather has the largest weight in it.
#
# The player takes any short sequence and the weights of any small RNN or LSTM cell, also of those that you train:
# `CellPlayer(x, *weights_of(cell))`.
#
# </details>

# %% id="player-table"
h, c = torch.zeros(1, 1), torch.zeros(1, 1)  # (B, H)
for day, x_t in zip(days, x):
    h, c, gates = cells.lstm_step(x_t[None], h, c, W_x, W_h, b)
    i, f, g, o = (gate.item() for gate in gates)
    print(f"{day}  f {f:.2f}  i {i:.2f}  g {g:+.2f}  o {o:.2f}", end="   ")
    print(f"c {c.item():+.2f}  h {h.item():+.2f}")

# %% [markdown] id="why-text"
# ## Why it remembers
#
# Lesson 1 multiplied one factor per step. For the RNN that factor is the Jacobian $\operatorname{diag}(1 - h_t^2)\, W_h$: a
# matrix, squashed. What is it on the belt? From $c_t = f_t \odot c_{t-1} + i_t \odot g_t$, with everything else held fixed,
#
# $$\frac{\partial c_t}{\partial c_{t-1}} = \operatorname{diag}(f_t) \qquad \text{(the direct path)}.$$
#
# No matrix and no squashing, only the forget gate, which the network sets itself, for each unit and each step. Over $k$ steps the
# direct path multiplies to $f_t \odot f_{t-1} \odot \dots \odot f_{t-k+1}$. Where the gates stay open, the gradient stays.
#
# It is not the only path: $c_{t-1}$ also shaped $h_{t-1}$, which the four maps read. Autograd can tell the two apart.

# %% id="direct-path"
torch.manual_seed(0)
cell = nn.LSTMCell(1, 2, dtype=torch.float64)  # H = 2, so that the matrices can be read
x_t = torch.ones(1, 1, dtype=torch.float64)
c_prev = torch.tensor([[1.0, -0.5]], dtype=torch.float64)  # (B, H)
h_prev = 0.5 * c_prev.tanh()  # the output gate stood at 0.5


def along_the_belt(c):  # h_prev held fixed
    return cells.lstm_step(x_t, h_prev, c, *weights_of(cell))[1]


def all_paths(c):  # h_prev made from c, as it really was
    return cells.lstm_step(x_t, 0.5 * c.tanh(), c, *weights_of(cell))[1]


f_t = cells.lstm_step(x_t, h_prev, c_prev, *weights_of(cell))[2].f[0]
print("f_t:", [f"{f:.3f}" for f in f_t])
for path in (along_the_belt, all_paths):
    J = torch.func.jacrev(path)(c_prev)[0, :, 0, :]  # (H, H): dc_t / dc_prev
    print(f"{path.__name__:14}", [[f"{d:.3f}" for d in row] for row in J])

# %% [markdown] id="default-text"
# Along the belt alone, the matrix is $f_t$ on its diagonal and nothing else. The paths through $h$ add the rest.
#
# ### ... if the gate is open
#
# The direct path is only as good as $f_t$. What is $f_t$ in a fresh `nn.LSTMCell`? PyTorch draws weights and biases from a
# narrow range around 0 (uniform between $\pm 1/\sqrt H$), and $\sigma(0) = 0.5$.
#
# > **Guess first.** About what is left after fifty steps, each multiplied by about 0.5: a tenth, a
# > thousandth, a millionth, less?
#
# The next cell runs fresh cells with 64 units over random inputs, one number per step, and multiplies the forget gates
# they really had in the last fifty steps.


# %% id="run"
def run_lstm(cell, x):
    """h_0, ..., h_T of an LSTM cell over x (T, I), each (1, H), and its forget gates (T, H)."""
    h = torch.zeros(1, cell.hidden_size, dtype=x.dtype, requires_grad=True)
    c = torch.zeros_like(h)
    states, forget_gates = [h], []
    for x_t in x:
        h, c, gates = cells.lstm_step(x_t[None], h, c, *weights_of(cell))
        states.append(h)
        forget_gates.append(gates.f.detach())
    return states, torch.cat(forget_gates)


# %% id="default"
T, LAGS, H, SEEDS = 200, 100, 64, range(10)


def random_inputs(seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(T, 1, dtype=torch.float64, generator=generator)  # (T, I) with I = 1


for seed in SEEDS[:3]:
    torch.manual_seed(seed)
    _, f = run_lstm(nn.LSTMCell(1, H, dtype=torch.float64), random_inputs(seed))
    product = f[-50:].log().sum(0).mean().exp()  # geometric mean over the units
    print(f"fresh cell {seed}: mean f {f.mean():.2f}", end=", ")
    print(f"fifty of them multiplied: about 1e{product.log10():.0f}")

# %% [markdown] id="bias-text"
# So **a fresh LSTM forgets too**. It can remember only once its forget gates open. Training can open them, but it
# needs a gradient from the distant past to find out that it should. The usual way out is to start them open, through
# the forget bias (proposed with the forget gate itself by Gers et al. 2000, and shown to matter by Jozefowicz et al. 2015; Keras
# starts at 1, PyTorch does not). What does a bias $b$ buy, if nothing else moves the gate?

# %% id="bias-table"
print("b      f   f^50   steps to half  f(1 - f)")
for b in (0, 1, 3, 5):
    f = 1 / (1 + math.exp(-b))
    half_life = math.log(0.5) / math.log(f)
    print(f"{b}  {f:.3f}  {f**50:.0e}  {half_life:13.1f}  {f * (1 - f):8.3f}")

# %% [markdown] id="chrono-text"
# The last column is the slope of $\sigma$: the wider open a gate starts, the more slowly training moves it again. Open is not free.
#
# Instead of one bias for all units, one can spread them out. A unit whose gate stands at $f$ remembers for
# about $1/(1-f)$ steps, so a bias of $\log(\tau - 1)$ gives a memory of about $\tau$ steps. **Chrono initialisation** (Tallec and Ollivier 2018)
# draws the forget biases as $b_f = \log u$ with $u$ uniform between 1 and $T_{\max} - 1$, and sets $b_i = -b_f$: a unit that keeps long also
# takes in slowly.
#
# ### The measurement
#
# Now all paths together, the way lesson 1 measured the RNN: the norm of $\partial h_T / \partial h_{T-k}$ for every lag $k$, all cells
# fresh, with 64 units and the same inputs: 200 steps, of which we look at the last 100. To set a forget bias, mind the two vectors:
# one gets the value, the other 0.
#
# > **Guess first.** Five curves: the RNN, the LSTM as it comes, with forget bias 1 and 3, and chrono. Sort them by what
# > is left at lag 100. How far below the LSTM as it comes will the RNN lie?


# %% id="starts"
def set_bias(cell, block, value):
    """Make the bias of one block (0: i, 1: f, 2: g, 3: o) equal to value."""
    rows = slice(block * cell.hidden_size, (block + 1) * cell.hidden_size)
    with torch.no_grad():
        cell.bias_ih[rows], cell.bias_hh[rows] = value, 0.0


def chrono(cell, T_max=100):
    u = 1 + (T_max - 2) * torch.rand(H, dtype=torch.float64)  # between 1 and T_max - 1
    set_bias(cell, 1, u.log())
    set_bias(cell, 0, -u.log())


# %% id="rnn-states"
def run_rnn(cell, x):
    """h_0, ..., h_T of an RNN cell over x (T, I), each (1, H)."""
    states = [torch.zeros(1, cell.hidden_size, dtype=x.dtype, requires_grad=True)]
    for x_t in x:
        states.append(cells.rnn_step(x_t[None], states[-1], *weights_of(cell)))
    return states


def norms(change, seed):
    """The norm of dh_T/dh_{T-k} for k = 0, ..., LAGS in a fresh net."""
    torch.manual_seed(seed)
    if change == "RNN":
        states = run_rnn(nn.RNNCell(1, H, dtype=torch.float64), random_inputs(seed))
    else:
        cell = nn.LSTMCell(1, H, dtype=torch.float64)
        change(cell)
        states, _ = run_lstm(cell, random_inputs(seed))
    return gradients.norms_by_lag(states)[: LAGS + 1]


# %% id="measure"
nets = {
    "RNN": "RNN",
    "LSTM as it comes": lambda cell: None,
    "LSTM, bias 1": lambda cell: set_bias(cell, 1, 1.0),
    "LSTM, bias 3": lambda cell: set_bias(cell, 1, 3.0),
    "LSTM, chrono": chrono,
}
left = {}  # what is left at lag 0, ..., LAGS: the geometric mean over the seeds
for name, change in nets.items():
    runs = torch.stack([norms(change, seed) for seed in SEEDS])  # (seeds, LAGS + 1)
    left[name] = runs.log().mean(0).exp()
    rates = [gradients.decay_rate(run, first=10) for run in runs]
    print(f"{name:16}  factor per step {min(rates):.2f} to {max(rates):.2f}", end=", ")
    print(f"above 1: {sum(r > 1 for r in rates)} of {len(rates)}", end=", ")
    print(f"left at lag {LAGS}: {left[name][-1]:.0e}")

# %% [markdown] id="plot-text"
# The same as a picture, on a logarithmic axis: every grid line stands for a hundred thousand times less than the one above.

# %% id="plot"
figure, axis = figures.new(width=7, height=3.4)
for (name, line), marker in zip(left.items(), "so^Dv"):
    style = figures.MODELS["RNN" if name == "RNN" else "LSTM"]
    axis.semilogy(line, **{**style, "marker": marker}, markevery=20)
    figures.label_line(axis, LAGS + 1, line[-1], name)
axis.set(xlabel="lag $k$", ylabel=r"$\|\partial h_T / \partial h_{T-k}\|$")
axis.set(xlim=(0, 1.3 * LAGS), xticks=range(0, LAGS + 1, 20))
axis.set(ylim=(1e-25, 1e3), yticks=[10.0**e for e in range(-25, 1, 5)])
figures.show(
    figure,
    caption="The gradient left after k steps, before any training; geometric mean of ten nets each.",
    description=f"""Norm of dh_T/dh_(T-k) against the lag k, logarithmic. Straight falling lines for
    the RNN, the LSTM as it comes and with forget bias 1; nearly flat ones for bias 3 and chrono.
    Left at lag {LAGS}: {", ".join(f"{name} {line[-1]:.0e}" for name, line in left.items())}.""",
)

# %% [markdown] id="honest"
# Read off what the figure says, and what it does not:
#
# - **As it comes, the LSTM forgets much like the RNN.** Its factor per step is a little better than the forget gate's 0.5, because
#   the paths through $h$ add to the direct one; but a hundred steps leave nothing that a weight could learn from.
# - **The open forget gate is what helps**, not the name LSTM: the more open, the flatter the line.
# - **Flat is not guaranteed.** With bias 3 the direct path alone would shrink by $f$ (in the table above) at every step. The other
#   paths make up for that and, as the counts say, can push the factor a little above 1: an LSTM's gradients can explode too.
# - **Chrono pays for its flat tail at the start.** The first lags cost a lot: its input gates start nearly shut, and the units with short
#   memories drop out. Those with the longest carry the rest.
# - **This is before training.** It shows whether a gradient arrives, not that the right thing is learnt from it. And a plain RNN that
#   is started well can also carry a gradient (lesson 1).
#
# So the careful word is: the LSTM **mitigates** the vanishing gradient, by a path on which the network itself controls the factor. It
# does not *solve* it.

# %% [markdown] id="closing"
# ## In five lines
#
# 1. An LSTM carries two states: $c_t$ remembers, on a belt with one multiplication and one addition; $h_t$ speaks.
# 2. Three gates and a candidate read $x_t$ and $h_{t-1}$: $c_t = f_t \odot c_{t-1} + i_t \odot g_t$ and $h_t = o_t \odot \tanh(c_t)$.
# 3. In code it is ten lines, one fused matrix product, equal to `nn.LSTMCell` up to rounding, gradients included.
# 4. PyTorch's order is i, f, g, o; it has two bias vectors, of which only the sum counts. A wrong order raises no error.
# 5. Along the belt $\partial c_t / \partial c_{t-1} = f_t$: memory lasts while the forget gate is open, and a fresh one is half shut.
#
# ## Test yourself
#
# **1.** A unit has its forget gate at 1 and its input gate at 0. What happens to its memory?
#
# <details><summary>Answer</summary>
#
# Nothing: $c_t = c_{t-1}$ exactly. The forget gate at 1 keeps, and the input gate at 0 lets nothing in.
#
# </details>
#
# **2.** Why is the candidate a tanh and not a sigmoid?
#
# <details><summary>Answer</summary>
#
# A $\sigma$ is never negative: with it, $c_t$ could be raised and shrunk but never pushed below 0. $\tanh$ can add and subtract.
#
# </details>
#
# **3.** Every number of h lies between -1 and 1. Does the same hold for c?
#
# <details><summary>Answer</summary>
#
# No. Each step can add up to almost 1, so with an open forget gate $c_t$ can grow with the number of steps.
#
# </details>
#
# **4.** You load weights from a program with the order i, f, o, g into PyTorch as they are. What will you see?
#
# <details><summary>Answer</summary>
#
# No error: all blocks have the same shape. But the output gate and the candidate have changed places, so every result is wrong.
#
# </details>
#
# **5.** With a forget bias of 5, how much of the gradient is left on the direct path after 50 steps? Why not always start there?
#
# <details><summary>Answer</summary>
#
# The table above says it in the column f^50, if nothing but the bias moves the gate. But its last column says that such a gate hardly moves
# under training, and a cell that keeps everything cannot clear what it no longer needs.
#
# </details>
#
# **6.** "LSTMs solve the vanishing gradient problem." What is wrong with the sentence?
#
# <details><summary>Answer</summary>
#
# They offer a path whose factor per step is $f_t$. Where the gates stand at 0.5, as in a fresh cell, the gradient vanishes as well. They
# mitigate the problem where the forget gates open.
#
# </details>
#
# ## Next
#
# Practise: [exercises of lesson 2](../exercises/02_the_cell.ipynb). Then follow the gradient back
# through the cell: [lesson 3, backward by hand](03_backward_by_hand.ipynb).
