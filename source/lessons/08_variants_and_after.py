# ---
# jupyter:
#   lstm_course:
#     title: Variants, and what came after
#     minutes: 80
# ---

# %% [markdown] id="opening"
# # 8. Variants, and what came after
#
# **The question.** Which parts of the LSTM matter, and what came next?
#
# **Afterwards you will be able to**
# - write the best-known variants of the cell (peepholes, coupled gates, GRU, layer normalisation, two dimensions, two
#   directions) as a change of a few lines, and count their parameters;
# - say which of these changes make a difference on a memory task, and which drown in the noise between seeds;
# - write attention in three lines, and follow the way from Seq2Seq to the Transformer;
# - say why minLSTM needs no loop, and measure when its parallel scan pays;
# - say what exponential gates buy;
# - name a task on which attention beats a state vector, and one on which it is the other way round.
#
# **Time.** About 80 minutes with the exercises left for later. All cells together run in less than a minute.
#
# **Before you start.** [Lesson 2](02_the_cell.ipynb): the cell. Useful: [lesson 4](04_nn_lstm.ipynb) for `nn.LSTM`.

# %% id="setup"
import statistics
import time
from functools import partial

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lstm_course import cells, figures, successors, variants
from lstm_course.drawings import variants_figures
from lstm_course.training import train

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower
exact = torch.float64  # 16 digits, so that "equal" and "different" leave no doubt

# %% [markdown] id="ten-lines-text"
# ## Part one: variants
#
# Here is the cell of lesson 2 once more, as the course's package runs it. The four maps are stacked in the order i, f,
# g, o.

# %% id="ten-lines"
print("\n".join(variants.lines(cells.lstm_step)))

# %% [markdown] id="variants-text"
# Why exactly these lines? Could a gate be dropped, or another look be added? People have asked this since 1997. Each
# variant below is the same code with a few lines changed, and a small helper compares the two functions and prints
# what goes (`-`) and what comes (`+`).
#
# ### Peepholes: let the gates see the belt
#
# The gates decide about the memory $c$, but they do not see it: they read $h$, which the output gate may have
# shut. Gers and Schmidhuber (2000) let each gate peep at its own unit's cell, through one learnt number per unit:
#
# $$i_t = \sigma(\dots + p_i \odot c_{t-1}), \qquad f_t = \sigma(\dots + p_f \odot c_{t-1}), \qquad
# o_t = \sigma(\dots + p_o \odot c_t)$$
#
# > **Guess first.** The input and forget gates see $c_{t-1}$, the output gate sees $c_t$. Which line of the code must
# > therefore move?

# %% id="peephole"
print(variants.difference(cells.lstm_step, cells.peephole_lstm_step))

# %% [markdown] id="coupled-text"
# The output gate's line moves below the cell update, since it needs the new cell. (The helper shows it
# as one line gone and one come.)
#
# ### Coupled: forget as much as you write
#
# Two gates decide about the memory: how much stays, how much comes in. Greff et al. (2015) tie them together:
#
# $$f_t = 1 - i_t \qquad\text{so that}\qquad c_t = (1 - i_t) \odot c_{t-1} + i_t \odot g_t$$
#
# > **Guess first.** Lesson 2: an LSTM's $c_t$ may grow beyond 1, so a unit can count. Can it still?

# %% id="coupled"
print(variants.difference(cells.lstm_step, cells.coupled_lstm_step))

# %% [markdown] id="coupled-answer"
# It cannot: the new memory is a weighted mean of the old one and a candidate between -1 and 1, so it stays
# between them. What it gains: one map less, three quarters of the parameters.
#
# ### GRU: one state only
#
# Cho et al. (2014) go further. The gated recurrent unit couples the gates as above ($z_t$ is the share that is *kept*),
# drops the output gate and with it the second state. (Mind the letter: $z_t$ is a gate here, not a sum.) A reset gate
# $r_t$ says how much of the old state the candidate $n_t$ sees. (Below is PyTorch's form; in the paper $r_t$ multiplies $h_{t-1}$
# before the matrix does.)
#
# $$n_t = \tanh(W_{xn} x_t + b_{xn} + r_t \odot (W_{hn} h_{t-1} + b_{hn})), \qquad
# h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}$$

# %% id="gru"
print(variants.difference(cells.lstm_step, cells.gru_step))

# %% [markdown] id="layer-norm-text"
# No line stays, though the idea does: the last line but one is the belt again, $h$ itself riding on it.
#
# ### Layer normalisation: keep the sums in range
#
# A gate whose sum $z$ has run far from 0 hardly moves any more (lesson 2: the slope $f(1 - f)$). Ba et al. (2016) shift and
# scale every vector of sums to mean 0 and variance 1, then multiply by learnt gains:
#
# $$\mathrm{LN}(a; \alpha) = \alpha \odot \frac{a - \mathrm{mean}(a)}{\mathrm{std}(a)}$$
#
# > **Guess first.** The belt $c_t$ is normalised where it is *read*, not where it is *carried on*. Why?

# %% id="layer-norm"
print(variants.difference(cells.lstm_step, cells.layer_norm_lstm_step))

# %% [markdown] id="bidirectional-text"
# Normalising the belt itself at every step would rescale every memory by what the *other* units hold: a unit could
# no longer keep its number untouched.
#
# ### Bidirectional: the same cell, read twice
#
# For a whole sequence that lies there, say a sentence to be labelled, the future may be read as well as the past.
# Schuster and Paliwal (1997) run one RNN forwards and another, with weights of its own, backwards, and join
# what they say at every step. No line of the cell changes, only the loop:


# %% id="bidirectional"
def run(x, W_x, W_h, b):  # x (T, B, I)
    h = c = x.new_zeros(x.shape[1], W_h.shape[1])  # (B, H)
    out = []
    for x_t in x:
        h, c, _ = cells.lstm_step(x_t, h, c, W_x, W_h, b)
        out.append(h)
    return torch.stack(out)  # (T, B, H)


def both_ways(x, forwards, backwards):
    ahead = run(x, *forwards)
    back = run(x.flip(0), *backwards).flip(0)
    return torch.cat([ahead, back], dim=-1)  # (T, B, 2H)


# %% [markdown] id="bidirectional-check-text"
# > **Guess first.** We change only the *last* of six inputs. At which steps does the output move, with one direction and
# > with two?

# %% id="bidirectional-check"
torch.manual_seed(0)
x = torch.randn(6, 2, 3, dtype=exact)  # (T, B, I)
lstm = nn.LSTM(3, 4, bidirectional=True, dtype=exact)
W = dict(lstm.named_parameters())
ways = [
    (W["weight_ih_l0" + s], W["weight_hh_l0" + s], W["bias_ih_l0" + s] + W["bias_hh_l0" + s])
    for s in ("", "_reverse")
]
print("equal to nn.LSTM(bidirectional=True):", torch.allclose(both_ways(x, *ways), lstm(x)[0]))
changed = x.clone()
changed[-1] += 1.0
for name, model in (("one", lambda x: run(x, *ways[0])), ("two", lambda x: both_ways(x, *ways))):
    moved = (model(changed) - model(x)).abs().amax(dim=(1, 2)) > 1e-12
    print(f"directions {name}: steps that move:", [t + 1 for t in range(6) if moved[t]])

# %% [markdown] id="bidirectional-meaning"
# So every step of a bidirectional net knows the whole sequence. That is a gift for labelling a text, and
# forbidden for a forecast: the answer for today would be made from tomorrow.
#
# ### What they cost
#
# With $I$ inputs, $H$ units and one bias, a map has $HI + H^2 + H$ numbers, and one counts maps:
#
# | cell | parameters |
# |---|---|
# | LSTM | $4(HI + H^2 + H)$ |
# | peephole | $4(HI + H^2 + H) + 3H$ |
# | coupled | $3(HI + H^2 + H)$ |
# | layer norm | $4(HI + H^2 + H) + 10H$: two gains for each row of the stack, a gain and a bias for the belt |
# | GRU | $3(HI + H^2 + 2H)$: it needs both biases |
# | bidirectional | twice its cell |
# | two-dimensional (below) | $5(HI + 2H^2 + H)$ |
#
# > **Guess first.** With $I = 2$ and $H = 16$: how much of the LSTM's count do the peepholes add, in per cent?

# %% id="counts"
I, H = 2, 16
for name, variant in variants.VARIANTS.items():
    count = variant.count(I, H)
    print(f"{name:10} {count:5d} parameters, {count / variants.VARIANTS['LSTM'].count(I, H):.0%}")

# %% [markdown] id="race-text"
# ### Which differences exceed the noise?
#
# Papers often compare variants by single numbers, and a single number hides how far two runs of the *same* cell lie apart. So
# we train each variant from several seeds. The task is lesson 1's adding problem, at 20 steps to keep it quick; all have 16
# units, and we count the updates until a net has solved it (mean error of the last 20 batches below 0.01;
# guessing the mean gives 1/6). A sixth runner is a control: the plain LSTM with a forget bias higher by 1.
#
# Is a difference more than noise? We divide the difference of two means by its standard error,
# $\sqrt{s_1^2 / n + s_2^2 / n}$ for $n$ seeds each, and call it "beyond noise" only where the quotient is above 3.
#
# > **Guess first.** Which of the five runners will differ from the LSTM beyond noise, and which way? Write it down.


# %% id="race"
SEEDS = 8


def open_forget_gate(weights):
    weights["b"][H : 2 * H] += 1.0  # order i, f, g, o


runs = {name: variants.race(v, SEEDS, label=name) for name, v in variants.VARIANTS.items()}
plain = variants.VARIANTS["LSTM"]
runs["bias +1"] = variants.race(plain, SEEDS, change=open_forget_gate, label="bias +1")

# %% id="race-verdict"
base = runs["LSTM"]
beyond = {}
for name, updates in runs.items():
    if name != "LSTM":
        error = ((statistics.variance(base) + statistics.variance(updates)) / SEEDS) ** 0.5
        beyond[name] = abs(statistics.mean(base) - statistics.mean(updates)) > 3 * error
        faster = statistics.mean(updates) < 0.7 * statistics.mean(base)
        print(f"{name:10}  beyond noise: {beyond[name]!s:5}", end="  ")
        print(f"takes less than 0.7 of the LSTM's updates: {faster}")
print("all solved it:", all(max(updates) < 800 for updates in runs.values()))

# %% id="race-picture"
variants_figures.race(runs, beyond)

# %% [markdown] id="race-meaning"
# Read off what it says, and what it does not:
#
# - **Peepholes drown in the noise** here. They were made for exact timing, which this task does not ask for.
# - **Coupling helps here**, though it takes a gate away. Not because of the start: the control, whose forget gate starts wider
#   open, stays within the noise. (Perhaps two gates that must learn to work together are harder to train than one that does both;
#   this experiment does not tell.)
# - **The GRU, which is coupled too, does as well**, and so does layer normalisation.
# - **Fewer updates is not less time**: a layer-normalised step has more to do than a plain one.
# - **One task, one size, one learning rate.** On three real tasks, Greff et al. (2015), with thousands of runs, found *no* variant
#   that beats the plain LSTM clearly, and coupling harmless; what could not be taken away was the forget gate and the tanh
#   of the output. The lesson to take home is not the ranking. It is the row of marks: **whoever shows one run per variant has
#   shown nothing**.
#
# ### Two dimensions
#
# A picture has no first and last pixel in a row, it has neighbours above and to the left. The two-dimensional LSTM (Graves et
# al. 2007) gives the cell two pasts, $h_\uparrow, c_\uparrow$ and $h_\leftarrow, c_\leftarrow$, and a forget gate for each:
#
# $$c = f_\uparrow \odot c_\uparrow + f_\leftarrow \odot c_\leftarrow + i \odot g$$

# %% id="two-dimensional"
print(variants.difference(cells.lstm_step, cells.lstm_2d_step))

# %% [markdown] id="grid-loop-text"
# The loop goes over rows and columns. Below is the plain form, next to `variants.GridLSTM`, which computes all pixels
# of an antidiagonal at once (each needs only the diagonal before) and is what we train.


# %% id="grid-loop"
def over_the_grid(pictures, weights):  # pictures (B, R, S)
    H = weights["W_up"].shape[1]
    nothing = (pictures.new_zeros(len(pictures), H),) * 2  # h and c beyond the edge
    states = {}
    for r in range(pictures.shape[1]):
        for s in range(pictures.shape[2]):
            up, left = states.get((r - 1, s), nothing), states.get((r, s - 1), nothing)
            x = pictures[:, r, s, None]  # (B, 1)
            states[r, s] = cells.lstm_2d_step(x, *up, *left, **weights)[:2]
    return torch.stack([h for h, c in states.values()], dim=1).unflatten(1, pictures.shape[1:])


torch.manual_seed(0)
grid, (pictures, _) = variants.GridLSTM(4), variants.grid_xor(2, 5)
by_hand, by_diagonals = over_the_grid(pictures, grid.weights), grid.states(pictures)
equal = torch.allclose(by_hand, by_diagonals, atol=1e-6)
print("(B, R, S, H):", tuple(by_hand.shape), "equal:", equal)

# %% [markdown] id="grid-task-text"
# #### The task: above XOR left
#
# Black and white pictures, 8 x 8. At every pixel inside (not in the first row or column) the net says whether the pixel above
# and the pixel to the left differ. The rival is a one-dimensional LSTM that reads the pixels row by row. For it, "left" is
# one step ago and "above" is eight steps ago, with other pixels between.
#
# > **Guess first.** The one-dimensional LSTM gets the same 8 units, then 32. All may train on 400 batches. Which of the
# > three solve the task (99 % of the pixels of fresh pictures), and what do the others reach?


# %% id="grid-train"
class RowByRow(nn.Module):
    def __init__(self, H):
        super().__init__()
        self.lstm, self.read = nn.LSTM(1, H, batch_first=True), nn.Linear(H, 1)

    def forward(self, pictures):  # (B, R, S)
        out, _ = self.lstm(pictures.flatten(1)[:, :, None])  # (B, R * S, H)
        return self.read(out).view(pictures.shape)[:, 1:, 1:]  # (B, R - 1, S - 1)


# %% id="grid-batches"
def pictures_for(seed):
    draw = torch.Generator().manual_seed(seed)
    while True:
        yield variants.grid_xor(16, 8, draw)


def settled(bound):
    """Stop once the mean loss of the last ten batches is below the bound."""
    return lambda losses: len(losses) > 10 and sum(losses[-10:]) / 10 < bound


def three_nets(make, batches, loss, **plan):
    """Train a net from each of three seeds; return the nets and their losses."""
    nets, losses = [], []
    for seed in range(3):
        torch.manual_seed(seed)
        nets.append(make())
        losses.append(train(nets[-1], batches(seed), loss, **plan))
    return nets, losses


# %% id="grid-result"
loss = nn.functional.binary_cross_entropy_with_logits
test, truth = variants.grid_xor(500, 8, torch.Generator().manual_seed(99))
curves = {}  # the loss of every update, for each seed
for name, make in {
    "2-D, 8 units": lambda: variants.GridLSTM(8),
    "row by row, 8 units": lambda: RowByRow(8),
    "row by row, 32 units": lambda: RowByRow(32),
}.items():
    plan = {"steps": 400, "lr": 0.02, "until": settled(0.03), "label": name}
    nets, curves[name] = three_nets(make, pictures_for, loss, **plan)
    right = [((net(test) > 0) == (truth > 0)).float().mean() for net in nets]
    count = sum(p.numel() for p in nets[0].parameters())
    print(f"{name:20} {count:5d} parameters", end=", ")
    print(f"solved: {sum(r > 0.99 for r in right)} of 3", end=", ")
    print(f"no better than guessing: {sum(r < 0.55 for r in right)} of 3")

# %% id="grid-picture"
variants_figures.grid_losses(curves)

# %% [markdown] id="grid-meaning"
# The task did not become easier; the *distance* became shorter. Row by row, a net must carry a queue of eight pixels, each
# of them used once and thrown away. In two dimensions the pixel above is one step away. (Would more updates
# teach a row-by-row net the queue? Try it.) The price: no
# `nn.LSTM` for it, five maps, and a loop over diagonals. For pictures, convolutions and then attention took over; the
# lesson that stays is: **the best way to remember over a long distance is to make the distance short.** The next part
# takes this idea to its end.

# %% [markdown] id="attention-text"
# ## Part two: what came next
#
# ### Attention: look back instead of remembering
#
# An LSTM that translates a sentence reads it to the end, and all the second LSTM gets is the last state: one vector, however long
# the sentence (*Seq2Seq*, sequence to sequence; Sutskever et al. 2014). Bahdanau et al. (2015) kept **all** states of the first LSTM, and
# let the second one look back at them. How does it find the right one? Every state $s$ gets a key $k_s$ and a value $v_s$, the
# question is a query $q$, and a key counts the more the better it points along the query:
#
# $$a_s = \frac{e^{q \cdot k_s / \sqrt D}}{\sum_r e^{q \cdot k_r / \sqrt D}}, \qquad \text{answer} = \sum_s a_s v_s$$
#
# The weights $a_s$ are positive and add up to 1: the answer is a weighted mean of the values. (Bahdanau's scores came from a
# small network; the scaled product is Vaswani et al. 2017. $\sqrt D$ keeps the scores in range when the vectors are
# long.)


# %% id="attend"
def attend(q, K, V):
    scores = (K @ q[:, :, None]).squeeze(2) / q.shape[1] ** 0.5  # (B, T)
    a = scores.softmax(dim=1)  # (B, T), each row adds up to 1
    return (a[:, None, :] @ V).squeeze(1), a  # (B, D), (B, T)


# %% [markdown] id="recall-text"
# #### The task: associative recall
#
# A list of 8 pairs, for example `(c, 5) (a, 2) (k, 5) ...` with 16 possible keys and 8 possible values; then one of the keys once
# more. Which value stood with it? Guessing gives 1/8. The first model is an LSTM that reads all in one go:


# %% id="one-vector"
class OneVector(nn.Module):
    def __init__(self, inputs, H, outputs):
        super().__init__()
        self.lstm, self.read = nn.LSTM(inputs, H, batch_first=True), nn.Linear(H, outputs)

    def forward(self, x):  # (B, T + 1, I): T pairs and the question
        out, _ = self.lstm(x)
        return self.read(out[:, -1])


# %% [markdown] id="over-states-text"
# The second keeps the LSTM for the pairs and lets the question look back at all its states:


# %% id="over-states"
class OverStates(nn.Module):
    def __init__(self, inputs, H, outputs):
        super().__init__()
        self.lstm, self.read = nn.LSTM(inputs, H, batch_first=True), nn.Linear(H, outputs)
        self.query = nn.Linear(inputs, H, bias=False)
        self.key, self.value = nn.Linear(H, H, bias=False), nn.Linear(H, H, bias=False)

    def forward(self, x):
        states, _ = self.lstm(x[:, :-1])  # (B, T, H), one for each pair
        said, self.a = attend(self.query(x[:, -1]), self.key(states), self.value(states))
        return self.read(said)


# %% [markdown] id="self-attention-text"
# #### Self-attention: leave the LSTM out
#
# If every step can be looked up, what is the recurrence still for? Vaswani et al. (2017) left it out. In **self-attention**, every
# step makes a query, a key and a value from its own input, and every step looks at all the steps:
#
# $$Q = X W_q^\top, \quad K = X W_k^\top, \quad V = X W_v^\top, \qquad \operatorname{softmax}\!\left(\frac{Q K^\top}{\sqrt D}\right) V$$


# %% id="self-attention"
def self_attention(x, W_q, W_k, W_v):  # x (B, T, I), weights (D, I)
    Q, K, V = x @ W_q.T, x @ W_k.T, x @ W_v.T  # (B, T, D)
    A = (Q @ K.transpose(1, 2) / Q.shape[2] ** 0.5).softmax(dim=2)  # (B, T, T)
    return A @ V, A  # row t of A: where step t looks


class NoRecurrence(nn.Module):
    def __init__(self, inputs, D, outputs):
        super().__init__()
        self.W = nn.Parameter(torch.randn(3, D, inputs) / inputs**0.5)  # q, k, v
        self.read = nn.Linear(D, outputs)

    def forward(self, x):
        said, A = self_attention(x, *self.W)
        self.a = A[:, -1]  # (B, T + 1): where the question looks
        return self.read(said[:, -1])


# %% [markdown] id="recall-guess"
# > **Guess first.** Which models get 9 of 10 right, if each may train on up to 500 batches? Which has the fewest parameters,
# > and by how much?


# %% id="recall-result"
def lists(seed):
    draw = torch.Generator().manual_seed(seed)
    while True:
        yield successors.associative_recall(64, 8, generator=draw)


test, truth = successors.associative_recall(1000, 8, generator=torch.Generator().manual_seed(99))
for model in (OneVector, OverStates, NoRecurrence):
    plan = {"steps": 500, "lr": 0.02, "until": settled(0.05), "label": model.__name__}
    nets, _ = three_nets(partial(model, 24, 32, 8), lists, cross_entropy, **plan)
    shares = [(net(test).argmax(1) == truth).float().mean() for net in nets]
    count = sum(p.numel() for p in nets[0].parameters())
    print(f"{model.__name__:12} {count:6,} parameters", end=", ")
    print(f"above 0.9: {sum(s > 0.9 for s in shares)} of 3", end=", ")
    print(f"below 0.5: {sum(s < 0.5 for s in shares)} of 3")

# %% [markdown] id="recall-picture-text"
# A state vector of 32 numbers would in principle be enough for 8 values. But the LSTM has to learn to file each of them under its key,
# with nothing to address a place in $c$ by. Attention has the address built in. And one can see where it looks: below, the
# last net's weights for ten lists. (The last column is the question itself: it looks there too, harmlessly, since
# what it finds there does not depend on the list.)

# %% id="recall-picture"
attention_net = nets[-1]  # a NoRecurrence
with torch.no_grad():
    attention_net(test)
same_key = (test[:, :-1, :16] * test[:, -1:, :16]).sum(2)  # (1000, 8): 1 where the key is
asked = same_key.argmax(1)  # (1000,): which pair holds it
variants_figures.attention_weights(attention_net.a, asked)  # (1000, 9)

# %% [markdown] id="order-text"
# #### What self-attention has given up
#
# > **Guess first.** We shuffle the 8 pairs before the question. Does the answer of the trained self-attention change? And that of
# > an LSTM?

# %% id="order"
torch.manual_seed(0)
shuffled = torch.cat([test[:, torch.randperm(8)], test[:, -1:]], dim=1)
for model in (attention_net, OneVector(24, 32, 8)):
    with torch.no_grad():
        same = torch.allclose(model(test), model(shuffled), atol=1e-4)
    print(f"{type(model).__name__:12} the same answers after shuffling: {same}")

# %% [markdown] id="order-meaning"
# Self-attention reads a *set*, not a sequence: "dog bites man" and "man bites dog" are one to it. The Transformer therefore
# adds a code of its position to every input (Vaswani et al.: sines and cosines), and builds the rest around it:
#
# | | 2014: Seq2Seq | 2015: with attention | 2017: Transformer |
# |---|---|---|---|
# | reads with | LSTM | LSTM | self-attention and position codes |
# | what is handed over | the last state | all states | all steps |
# | cost over T steps | grows as $T$ | $T$, plus $T$ for each question | grows as $T^2$: every step looks at every step |
# | to say one more word | one step from a state of fixed size | looks at all $T$ | looks at all $T$ |
# | steps that must wait for each other in training | $T$ | $T$ | none: one large product |
#
# The last row is why Transformers took over: on hardware with thousands of workers, a loop in which each step waits for the
# step before is what one cannot afford.

# %% [markdown] id="minlstm-text"
# ### minLSTM: a recurrence without a wait
#
# Why must an LSTM go step by step? Because its gates read $h_{t-1}$. Feng et al. (2024) leave just that out: the gates of the
# **minLSTM** see the input only, and are scaled to add up to 1.
#
# $$h_t = f_t \odot h_{t-1} + i_t \odot g_t, \qquad f_t, i_t, g_t \text{ from } x_t \text{ alone}, \qquad f_t + i_t = 1$$
#
# Now all gates of a sequence can be computed at once. What is left, $h_t = f_t h_{t-1} + u_t$ with $u_t = i_t g_t$, looks as if it
# still needed the loop. But do **two** steps, and look:
#
# $$h_2 = f_2 (f_1 h_0 + u_1) + u_2 = \underbrace{(f_2 f_1)}_{\text{one } f} h_0 + \underbrace{(f_2 u_1 + u_2)}_{\text{one } u}$$
#
# Two steps are again one step of the same form. So join every step with the one before it, then every pair with the
# pair before it, then fours, eights, ... This is a **parallel scan**: in each round all positions are updated at once.
#
# > **Guess first.** How many rounds for 1,000 steps? And is it less *work* in all?


# %% id="scan"
def scan(f, u):
    """h_1 ... h_T of h_t = f_t h_{t-1} + u_t from h_0 = 0; f and u are (T, B, H)."""
    reach = 1  # u[t] already holds the last `reach` steps up to t, joined into one
    while reach < len(u):
        u = torch.cat([u[:reach], u[reach:] + f[reach:] * u[:-reach]])
        f = torch.cat([f[:reach], f[reach:] * f[:-reach]])
        reach *= 2
    return u


def step_by_step(f, u):
    h, out = torch.zeros_like(u[0]), []
    for f_t, u_t in zip(f, u):
        h = f_t * h + u_t
        out.append(h)
    return torch.stack(out)


# %% id="scan-check"
def min_gates(x, W, b):  # x (T, B, I): all steps at once, since no gate needs h
    h = x.new_zeros(len(x) * x.shape[1], len(b) // 3)  # not used by the gates
    _, gates = cells.minlstm_step(x.flatten(0, 1), h, W, b)
    f, i, g = (gate.unflatten(0, x.shape[:2]) for gate in gates)  # (T, B, H)
    return f, i * g


torch.manual_seed(0)
x, W = torch.randn(1000, 2, 3, dtype=exact), torch.randn(12, 3, dtype=exact)
b = torch.zeros(12, dtype=exact)
h = step_by_step(*min_gates(x, W, b))
in_logs, _ = cells.minlstm_scan(x, torch.zeros(2, 4, dtype=exact), W, b)
print("scan equals the loop:     ", torch.allclose(scan(*min_gates(x, W, b)), h))
print("the paper's scan, in logs:", torch.allclose(in_logs, h))
rounds = (len(x) - 1).bit_length()
print(f"{len(x)} steps: {rounds} rounds instead of {len(x)}, about {rounds} times the work")

# %% [markdown] id="timing-text"
# #### When does it pay?
#
# Ten rounds instead of a thousand steps, but ten times the work: it pays where there are idle workers to share it.
# On one thread of a CPU the only gain is that of fewer calls from Python. The cell below takes the time of forward and
# backward for growing lengths, small (one sequence, 16 units) and larger (8 sequences, 64 units), for four ways:
# minLSTM by loop, by our scan, by the paper's scan in logarithms, and a full `nn.LSTM`, which is a loop written in C++.
#
# > **Guess first.** Does the scan beat the loop in both sizes? And `nn.LSTM`?
#
# The times are your machine's, so nothing below is compared with ours. Read where the lines cross.

# %% id="four-ways"
lengths = [32, 128, 512, 2048]
styles = {
    "loop": ("s--", figures.VERMILION),
    "scan": ("^-", figures.GREEN),
    "scan in logs": ("v:", figures.PURPLE),
    "nn.LSTM": ("o-", figures.BLUE),
}


def four_ways(H):
    W, b, lstm = torch.randn(3 * H, H) / H**0.5, torch.zeros(3 * H), nn.LSTM(H, H)
    W.requires_grad_()
    return {
        "loop": lambda x: step_by_step(*min_gates(x, W, b)),
        "scan": lambda x: scan(*min_gates(x, W, b)),
        "scan in logs": lambda x: cells.minlstm_scan(x, x[0] * 0, W, b)[0],
        "nn.LSTM": lambda x: lstm(x)[0],
    }


# %% id="best-time"
def best_time(way, T, B, H):
    """Milliseconds for forward and backward, the best of three."""
    x, taken = torch.randn(T, B, H), []
    for _ in range(3):
        began = time.perf_counter()
        way(x).sum().backward()
        taken.append(1000 * (time.perf_counter() - began))
    return min(taken)


# %% id="timing" tags=["nbval-ignore-output"] reason="times differ from machine to machine and run to run"
figure, axes = figures.new(1, 2, width=7.5, height=3.2, sharey=True)
told = []
for axis, (B, H) in zip(axes, ((1, 16), (8, 64))):
    for name, way in four_ways(H).items():
        times = [best_time(way, T, B, H) for T in lengths]
        axis.loglog(lengths, times, styles[name][0], color=styles[name][1], label=name)
        told.append(f"{name} with B = {B}, H = {H}: {times[-1]:.0f} ms")
    axis.set(xlabel="steps $T$", title=f"B = {B}, H = {H}", xticks=lengths, xticklabels=lengths)
    axis.minorticks_off()
axes[0].set_ylabel("ms, forward and backward")
axes[0].legend()
figures.show(
    figure,
    caption="Time against length, best of three, one CPU thread. Yours will differ.",
    description=f"At T = {lengths[-1]}: " + "; ".join(told) + ".",
)

# %% [markdown] id="timing-meaning"
# On the machines we tried, the scan clearly beat the Python loop at the small size once the sequence was long, lost its lead or
# fell behind at the larger one, where the work counts more than the calls; and `nn.LSTM`, which does more per step, kept up
# with both or beat them. **A parallel scan pays on parallel hardware.** On one CPU thread it is no reason to change cells. If the
# crossing lies elsewhere on your machine, that is the answer for your machine.
#
# There is a second price, and this one is the same everywhere. The paper's scan works with logarithms and sums them over all
# steps; a large sum has large rounding errors.
#
# > **Guess first.** float32 carries about 7 digits. How many are left in the gradient of the weights after 4,000 steps, by our scan
# > and by the one in logarithms?

# %% id="rounding"
torch.manual_seed(0)
x, W = torch.randn(4000, 1, 16, dtype=exact), torch.randn(48, 16, dtype=exact) / 4


def weight_gradient(way, dtype):
    w = W.to(dtype).requires_grad_()
    h = way(x.to(dtype), w, torch.zeros(48, dtype=dtype))
    return torch.autograd.grad(h.sum(), w)[0].to(exact)


for name, way in {
    "scan": lambda x, W, b: scan(*min_gates(x, W, b)),
    "scan in logs": lambda x, W, b: cells.minlstm_scan(x, x[0] * 0, W, b)[0],
}.items():
    right = weight_gradient(way, exact)
    error = (weight_gradient(way, torch.float32) - right).norm() / right.norm()
    print(
        f"{name:13} off by less than 1e-5: {bool(error < 1e-5)!s:5}  by more than 1e-4: {error > 1e-4}"
    )

# %% [markdown] id="parity-text"
# ### Parity: what the state is good for
#
# So far the state vector has looked old. Here is the other side. A stream of bits; at every step, say whether the number of ones so
# far is **odd**. One bit of memory is all it takes: flip it at every 1. We train on sequences of 16 bits and test on 200.
#
# > **Guess first.** Four nets: the plain RNN of lesson 1, an LSTM, a minLSTM, a small Transformer (position codes, one block). Which
# > of them are right at positions 151 to 200, far beyond anything they were trained on?


# %% id="parity-nets"
class Recurrent(nn.Module):
    def __init__(self, layer, H):
        super().__init__()
        self.layer, self.read = layer(1, H, batch_first=True), nn.Linear(H, 2)

    def forward(self, x):  # (B, T, 1)
        return self.read(self.layer(x)[0])  # (B, T, 2)


class MinLSTM(nn.Module):
    def __init__(self, H):
        super().__init__()
        self.W, self.b = nn.Parameter(torch.randn(3 * H, 1)), nn.Parameter(torch.randn(3 * H))
        self.read = nn.Linear(H, 2)

    def forward(self, x):
        h = scan(*min_gates(x.transpose(0, 1), self.W, self.b))  # (T, B, H)
        return self.read(h.transpose(0, 1))


# %% id="parity-train"
def bits(seed):
    draw = torch.Generator().manual_seed(seed)
    while True:
        yield successors.parity(32, 16, draw)


def at_every_step(said, target):  # (B, T, 2), (B, T)
    return cross_entropy(said.flatten(0, 1), target.flatten())


# %% id="parity-result"
makers = {
    "RNN": lambda: Recurrent(nn.RNN, 16),
    "LSTM": lambda: Recurrent(nn.LSTM, 16),
    "minLSTM": lambda: MinLSTM(32),
    "Transformer": lambda: successors.SmallTransformer(1, 32, 2),
}
test, truth = successors.parity(500, 200, torch.Generator().manual_seed(99))
share = {}  # the share of right answers at each position, for each seed
for name, make in makers.items():
    plan = {"steps": 600, "until": settled(0.02), "label": name}
    nets, _ = three_nets(make, bits, at_every_step, **plan)
    share[name] = [(net(test).argmax(2) == truth).float().mean(0) for net in nets]  # (200,) each
    far = [s[150:].mean() for s in share[name]]
    print(f"{name:12} right at 151 to 200: above 0.95: {sum(s > 0.95 for s in far)} of 3", end=", ")
    print(f"between 0.45 and 0.55: {sum(0.45 < s < 0.55 for s in far)} of 3")

# %% id="parity-picture"
variants_figures.parity_shares(share, trained=16)

# %% [markdown] id="parity-meaning"
# - **The RNN and the LSTM** learnt a *rule*, "flip at a 1", and a rule holds at any length. (The plain RNN does as well as the LSTM:
#   a bit that is refreshed at every step needs no belt.)
# - **The other two** did not even master the 16 bits they were trained on; beyond the first few positions they guess.
# - **The minLSTM** cannot flip: its gates do not see the state, and its $f_t$ lies between 0 and 1, so a step can shrink what is
#   stored but never turn it round. Grazzi et al. (2024) show that cells of this kind need a negative $f$ for it.
# - **The Transformer** must look at all bits and weigh them alike, and the mean over $t$ bits moves by only $1/t$ when one of them
#   flips. Hahn (2020) proves that this influence of a single bit must vanish with the length, for any Transformer of fixed size.
#
# So: *to look up*, attention; *to keep track*, a state. Associative recall and parity together say more about the two than
# any ranking. Many recent models mix both.

# %% [markdown] id="xlstm-text"
# ### xLSTM: exponential gates
#
# Beck et al. (2024), Hochreiter among them, asked how far the LSTM itself can go. Their **sLSTM** keeps the cell and changes the
# input gate: $i_t = e^{z_i}$ in place of $\sigma(z_i)$. A sum of weights $n_t$ is carried along and divided by:
#
# $$c_t = f_t \odot c_{t-1} + e^{z_i} \odot g_t, \qquad n_t = f_t \odot n_{t-1} + e^{z_i}, \qquad h_t = o_t \odot c_t / n_t$$
#
# What for? Take a stream of offers, each with a score and a value, and keep the value with the **highest score so far**. We set the
# weights by hand: the input gate reads the score, the candidate reads the value, the other gates stand open. Same weights for the LSTM
# and the sLSTM.
#
# > **Guess first.** The LSTM's input gate saturates at 1. What will it hold after the offers with scores 5, 10 and 15?

# %% id="xlstm"
scores = torch.tensor([5.0, 10.0, 2.0, 15.0, 8.0])
values = torch.tensor([0.5, -0.8, 0.9, 0.2, -0.9])
W_x = torch.tensor([[1.0, 0], [0, 0], [0, 1], [0, 0]])  # (4H, I), H = 1: z_i = score, z_g = value
W_h, b = torch.zeros(4, 1), torch.tensor([0.0, 20.0, 0.0, 20.0])  # f = o = 1
h, c = torch.zeros(1, 1), torch.zeros(1, 1)
state = (h, c, torch.zeros(1, 1), torch.full((1, 1), -torch.inf))  # h, c, n and the stabiliser m
print("score  tanh(value)    LSTM c   sLSTM h")
for x_t in torch.stack([scores, values], dim=1):  # (I,)
    h, c, _ = cells.lstm_step(x_t[None], h, c, W_x, W_h, b)
    *state, _ = cells.slstm_step(x_t[None], *state, W_x, W_h, b)
    print(f"{x_t[0]:5.0f}  {x_t[1].tanh():11.2f}  {c.item():+8.2f}  {state[0].item():+8.2f}")

# %% [markdown] id="xlstm-softmax-text"
# The LSTM adds everything up: to its input gate, 5 and 15 are both 1. The sLSTM's $h$ jumps to the value of each new best score and
# stays there through the others. An exponential gate has no ceiling, so a late event can outweigh all that is stored. (An LSTM can
# replace a memory too, by shutting its *forget* gate; but for that it must know at that step that the new score is the better one.)
#
# > **Guess first.** With $f = o = 1$, write out $c_t / n_t$ as sums over the past. Where have you seen this formula today?

# %% id="xlstm-softmax"
running = [(scores[:t].softmax(0) * values[:t].tanh()).sum() for t in range(1, 6)]
print("softmax attention over the offers so far:", [f"{r:+.2f}" for r in running])
print("the last sLSTM h equals it:", torch.allclose(state[0].squeeze(), running[-1], atol=1e-6))
weights = torch.exp(scores * 10)  # scores up to 150, in float32
print("scores times 10, as written:   ", (weights * values.tanh()).sum() / weights.sum())
state = (*[torch.zeros(1, 1)] * 3, torch.full((1, 1), -torch.inf))
for x_t in torch.stack([scores * 10, values], dim=1):
    *state, _ = cells.slstm_step(x_t[None], *state, W_x, W_h, b)
print(f"scores times 10, with the step: {state[0].item():.2f}")

# %% [markdown] id="xlstm-meaning"
# It *is* softmax attention, with the score as the exponent, but in a state of fixed size: a formula in which the two
# lines of this lesson meet. And $e^{150}$ overflows in float32, so the step of the paper carries $m_t$, the largest exponent so far, and
# stores everything divided by $e^{m_t}$.
#
# The second cell of that paper, the **mLSTM**, gives up reading $h_{t-1}$ as minLSTM does, and in return stores a **matrix**: values under keys,
# like attention, but added up in one place. To store is $C \leftarrow C + v k^\top$, to read is $C q$.
#
# > **Guess first.** A matrix of 8 x 8 numbers, keys at right angles to each other. How many pairs can be stored and read back
# > exactly? What happens with one more?

# %% id="matrix-memory"
torch.manual_seed(0)
D = 8
keys = torch.eye(D, dtype=exact)
values = torch.randn(D, D, dtype=exact)
C = sum(torch.outer(v, k) for k, v in zip(keys, values))  # (D, D)
print(f"{D} pairs read back exactly:", torch.allclose(keys @ C.T, values))
extra = torch.ones(D, dtype=exact) / D**0.5  # a ninth key, of length 1: no right angle is left
C = C + torch.outer(torch.randn(D, dtype=exact), extra)
print(f"{D} pairs after a ninth:   ", torch.allclose(keys @ C.T, values))

# %% [markdown] id="use-text"
# So a state that is a matrix looks up like attention as long as it is not full. It does not grow with the sequence; that is its
# strength and its limit.
#
# ## Part three: and today?
#
# ### Where LSTMs are used
#
# - **Rivers and weather.** Flood forecasting from rainfall (Kratzert et al. 2018); a global flood warning service runs
#   on an LSTM (Nearing et al. 2024). [Lesson 5](05_weather.ipynb) is a small case of the kind.
# - **Speech and keyboards.** Recognition on the phone itself, word by word as one speaks (He et al. 2019), and next-word
#   suggestions with the *coupled* cell from above, for its fewer parameters (Hard et al. 2018).
# - **Reading print and handwriting.** The open-source program Tesseract reads lines with an LSTM since version 4; multi-dimensional
#   LSTMs won handwriting contests in 2009 (Graves and Schmidhuber).
# - **Translation, from 2016 to about 2018** (Wu et al. 2016), before Transformers took over. Here the LSTM is history.
# - **Games and control.** The agents of OpenAI Five (2019) and AlphaStar (Vinyals et al. 2019) keep track of a game with LSTMs.
#
# ### Strengths and weaknesses
#
# | | LSTM | attention | see |
# |---|---|---|---|
# | keeps track of something | learns the rule, far beyond the training length | no better than guessing | parity, above |
# | looks up one of many things | a state vector cannot keep up | built in | associative recall, above |
# | one more step | fixed cost, fixed memory | cost and memory grow with the past | the table above |
# | long training sequences on a GPU | steps wait for each other | one large product | the table above |
# | small data, small model, small device | a few thousand parameters do | usually wants more of everything | lesson 5 (the LSTM's side) |
# | remembers over hundreds of steps | if the forget gate is open | every step is one look away | lessons 1 and 2 |
# | a smooth series with a calendar | little better than a good linear model | not measured here | lesson 5 |
#
# When in doubt: a linear baseline first, then a GRU or LSTM where a stream must be followed at a small, constant cost; attention where
# something must be looked up and there are data and hardware for it.
#
# ### Reading list
#
# - **Hochreiter and Schmidhuber 1997, *Long short-term memory*.** The belt, without a forget gate; its experiments are still good tests.
# - **Schuster and Paliwal 1997, *Bidirectional recurrent neural networks*.** Two directions, and why their outputs may be joined.
# - **Gers, Schmidhuber and Cummins 2000, *Learning to forget*.** The forget gate: short, clear, and the cell everyone uses.
# - **Gers and Schmidhuber 2000, *Recurrent nets that time and count*.** Peepholes, and tasks on which they matter.
# - **Graves, Fernández and Schmidhuber 2007, *Multi-dimensional recurrent neural networks*.** The grid, in any number of dimensions.
# - **Cho et al. 2014, *Learning phrase representations using RNN encoder-decoder*.** The GRU, as a side remark of a translation paper.
# - **Sutskever, Vinyals and Le 2014, *Sequence to sequence learning*.** Translation through one vector, and how far it gets.
# - **Bahdanau, Cho and Bengio 2015, *Neural machine translation by jointly learning to align and translate*.** Attention, with pictures
#   of where it looks.
# - **Jozefowicz, Zaremba and Sutskever 2015, *An empirical exploration of recurrent network architectures*.** Ten thousand cells tried;
#   a forget bias of 1 explains much of the difference.
# - **Greff et al. 2015, *LSTM: a search space odyssey*.** How to compare variants properly; read it before believing any table.
# - **Olah 2015, *Understanding LSTM networks*.** The essay whose pictures everybody knows.
# - **Ba, Kiros and Hinton 2016, *Layer normalization*.** The formulas for the LSTM are in the supplement.
# - **Vaswani et al. 2017, *Attention is all you need*.** The Transformer; section 3 is enough to write one.
# - **Hahn 2020, *Theoretical limitations of self-attention in neural sequence models*.** Why parity is out of reach.
# - **Feng et al. 2024, *Were RNNs all we needed?*** minLSTM and minGRU; short, and good to argue with after this lesson.
# - **Beck et al. 2024, *xLSTM: extended long short-term memory*.** sLSTM and mLSTM, and the LSTM's side of the story.
# - **Grazzi et al. 2024, *Unlocking state-tracking in linear RNNs through negative eigenvalues*.** What a scan needs to count parity.

# %% [markdown] id="closing"
# ## In five lines
#
# 1. Peepholes, coupled gates, layer normalisation and two dimensions change a few of the ten lines, the GRU all of them; two directions
#    change only the loop.
# 2. A variant differs only if it differs by more than its own seeds do: on our task coupling, GRU and layer norm did, peepholes did not.
# 3. Attention looks back by key instead of carrying everything along: $\operatorname{softmax}(q \cdot k_s / \sqrt D)$ weighs the values. Without
#    recurrence it needs position codes, and $T^2$ looks.
# 4. Gates that do not read $h_{t-1}$ allow a parallel scan, which pays on parallel hardware; the price is that such a state cannot
#    track parity.
# 5. To look something up: attention. To keep track far beyond the training length: a state. Exponential gates and matrix memories lie in between.
#
# ## Test yourself
#
# **1.** Why does the coupled cell have three quarters of the LSTM's parameters, and what can it no longer do?
#
# <details><summary>Answer</summary>
#
# Three maps instead of four. Its memory is a weighted mean of candidates and stays between -1 and 1, so it can no longer count upwards.
#
# </details>
#
# **2.** A paper reports that its new cell needs 300 updates where the LSTM needs 340. What do you ask?
#
# <details><summary>Answer</summary>
#
# Over how many seeds, and how far the seeds lie apart. In the picture above the LSTM's own runs are spread more widely than that.
#
# </details>
#
# **3.** Why may a bidirectional LSTM not be used to forecast?
#
# <details><summary>Answer</summary>
#
# Its output at step t is made from all steps, later ones included. In training it would read the answer; in use the later steps do not exist yet.
#
# </details>
#
# **4.** A self-attention layer without position codes reads a sentence. What cannot it tell?
#
# <details><summary>Answer</summary>
#
# The order of the words: shuffling the past leaves its answer unchanged, as the cell above shows.
#
# </details>
#
# **5.** Why can the minLSTM be computed by a scan and the LSTM not?
#
# <details><summary>Answer</summary>
#
# Two minLSTM steps join into one step of the same form, since $f_t$ and $u_t$ are known before. The LSTM's gates read $h_{t-1}$, so step $t$
# cannot even begin before step $t - 1$ is done.
#
# </details>
#
# **6.** What would you take for a counter of brackets that has to work on much longer texts than it was trained on: attention or an LSTM?
#
# <details><summary>Answer</summary>
#
# An LSTM: it keeps track with its state, step by step, and its belt can count. Parity is the same kind of task.
#
# </details>
#
# ## Next
#
# Practise: [exercises of lesson 8](../exercises/08_variants_and_after.ipynb). Then put what is commonly said to the
# test: [lesson 9, myths](09_myths.ipynb).
