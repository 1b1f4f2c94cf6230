# ---
# jupyter:
#   lstm_course:
#     title: nn.LSTM
#     minutes: 75
# ---

# %% [markdown] id="opening"
# # 4. nn.LSTM
#
# **The question:** how does `torch.nn.LSTM` say the same as our cell, and where does it trip people up?
#
# After this lesson you can
#
# - call `nn.LSTM` and say the shape of everything that goes in and comes out, layers and directions included;
# - recognise the mistakes that raise no error: mixed-up axes, the wrong "last output", a forgotten or misplaced state;
# - treat sequences of unequal length rightly;
# - count the parameters, and carry weights from your own cell into `nn.LSTM` and back;
# - read the three LSTM models that most tutorials show, and say what to change in each.
#
# **Time:** about 75 minutes. **Before:** [lesson 2](02_the_cell.ipynb): the cell, its weights and their order.

# %% id="setup"
import itertools
import warnings

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from lstm_course import cells, figures
from lstm_course.drawings import layer_diagrams
from lstm_course.training import train

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower
exact = torch.float64  # 16 digits, so that "equal" and "different" leave no doubt


def same(a, b):
    """Are two tensors equal up to rounding?"""
    return torch.allclose(a, b, rtol=0, atol=1e-12 if a.dtype == exact else 1e-6)


# %% [markdown] id="one-call-text"
# ## One call, all shapes
#
# Lesson 2 wrote one step of the cell. `nn.LSTM` does the rest: it runs that cell over all steps of a sequence and
# stacks several layers if asked to. One call does everything:
#
# ```python
# out, (h_n, c_n) = lstm(x, (h_0, c_0))
# ```
#
# Most mistakes with it are about shapes, so here is a rule for your own code as well: **try things out with sizes that
# are all different**. Ours: `T = 4` steps, a batch of `B = 3` sequences, `I = 6` numbers in an input, `H = 5` units,
# `L = 2` layers.
#
# > **Guess first.** `out` holds what the LSTM says at every step, `h_n` and `c_n` where it ends. What are
# > their three shapes?

# %% id="one-call"
T, B, I, H, L = 4, 3, 6, 5, 2
torch.manual_seed(0)
lstm = nn.LSTM(input_size=I, hidden_size=H, num_layers=L)
x = torch.randn(T, B, I)  # time comes first
out, (h_n, c_n) = lstm(x)
print("x  ", tuple(x.shape), "= (T, B, I)")
print("out", tuple(out.shape), "= (T, B, H)")
print("h_n", tuple(h_n.shape), "= (L, B, H)")
print("c_n", tuple(c_n.shape), "= (L, B, H)")

# %% [markdown] id="picture-text"
# The picture says why. Each box is one step of one layer: the cell of lesson 2. The boxes of a row are the same cell
# with the same weights, and PyTorch numbers the rows l0, l1, ... Each arrow carries a block of shape `(B, H)`: a vector
# for every sequence of the batch. `out` collects the blocks that leave **at the top**, one per step. `h_n` and `c_n`
# collect those that leave **on the right**, one per layer.

# %% id="picture"
figures.show(
    layer_diagrams.stacked_figure(L, T),
    caption=f"{L} layers over {T} steps: out is the top edge, h_n and c_n the right edge.",
    description=f"""A grid of boxes, {L} rows (layers l0 and l1) by {T} columns (steps). Inputs x_1
    to x_{T} enter from below, shape (T, B, I). Arrows run right along each row, carrying h and c,
    and up from row to row, carrying h. A solid blue band around the {T} blocks above the top row is
    out, shape (T, B, H). A dashed vermilion band around the {L} blocks that leave the rows on the
    right is h_n and c_n, shape (L, B, H). A dotted grey band on the left is h_0 and c_0, of the
    same shape.""",
)

# %% [markdown] id="corner-text"
# ### The corner they share
#
# Top edge and right edge meet in one block: the top layer's hidden state after the last step. And that is all they share.
#
# > **Guess first.** Which of these three are equal: `out[-1]` and `h_n[-1]`? `out[-1]` and `h_n[0]`? `out[-1]` and
# > `c_n[-1]`?

# %% id="corner"
print("out[-1] equals h_n[-1], the top layer:   ", same(out[-1], h_n[-1]))
print("out[-1] equals h_n[0], the bottom layer: ", same(out[-1], h_n[0]))
print("out[-1] equals c_n[-1]:                  ", same(out[-1], c_n[-1]))

# %% [markdown] id="state-text"
# So `c_n` is in neither of the others, and cannot be worked out from these two alone: $h = o \odot \tanh(c)$, and the
# gate $o$ is not returned.
#
# ## The state: where it starts, where it ends
#
# The grey band on the left, `(h_0, c_0)`, may be left out. Then it is zero. Not "random", and not "what the last call
# left":

# %% id="default-is-zero"
zeros = torch.zeros(L, B, H)
given, state_given = lstm(x, (zeros, zeros))
again, _ = lstm(x)
print("no state given equals zeros given:", same(out, given), same(c_n, state_given[1]))
print("a second call remembers the first:", not same(out, again))

# %% [markdown] id="carry-text"
# So `nn.LSTM` **keeps nothing between two calls**. Whoever feeds a long sequence in pieces must carry the state over.
#
# > **Guess first.** We cut the four steps into two and two. Which steps of the second piece come out wrong if
# > the state is forgotten: the first only, or both?

# %% id="carry"
first, state = lstm(x[:2])
forgotten, _ = lstm(x[2:])
carried, _ = lstm(x[2:], state)
for name, second in (("forgotten", forgotten), ("carried", carried)):
    steps = [same(second[t], out[2 + t]) for t in range(2)]
    print(f"state {name:9}: steps 3 and 4 equal those of the whole sequence:", steps)

# %% [markdown] id="state-traps-text"
# Forgotten, both steps are wrong: a wrong start spoils all that follows.
#
# ### Three ways to hand the state over wrongly
#
# The state is a pair in the order `(h, c)`, each `(L, B, H)`: layers first. Let us get it wrong. The little function
# below prints what came of a call, or the first sentence of the error.
#
# > **Guess first.** (1) `h_0` alone; (2) batch and layers exchanged; (3) `(c, h)` instead of `(h, c)`. Which of them
# > raise an error?


# %% id="attempt"
def attempt(call):
    """Run call(); print the shapes that came of it, or the first sentence of the error."""
    try:
        out, (h_n, c_n) = call()
    except (RuntimeError, ValueError) as error:
        print(f"  {type(error).__name__}: {str(error).split('. ')[0]}")
    else:
        print(f"  no error: out {tuple(out.shape)}, h_n {tuple(h_n.shape)}, c_n {tuple(c_n.shape)}")


# %% id="state-traps"
h, c = state
print("1. h alone")
attempt(lambda: lstm(x, h))
print("2. (B, L, H) instead of (L, B, H)")
attempt(lambda: lstm(x, (h.transpose(0, 1), c.transpose(0, 1))))
print("3. (c, h)")
attempt(lambda: lstm(x, (c, h)))
print("   equal to the right result:", same(lstm(x, (c, h))[0], lstm(x, (h, c))[0]))

# %% [markdown] id="equal-sizes-text"
# The third runs and is wrong. And the second was only caught because our sizes differ. With a batch of two and two
# layers, nobody notices:

# %% id="equal-sizes"
two, h_two, c_two = x[:, :2], h[:, :2], c[:, :2]  # a batch of two, so that B = L
right, _ = lstm(two, (h_two, c_two))
wrong, _ = lstm(two, (h_two.transpose(0, 1), c_two.transpose(0, 1)))
print("no error, the same shape:", wrong.shape == right.shape, "- equal:", same(wrong, right))

# %% [markdown] id="batch-first-text"
# ## Time first or batch first?
#
# `nn.LSTM` expects the time axis first: `(T, B, I)`. Most data, and most of the rest of PyTorch, has the batch first:
# `(B, T, I)`. Feed the one to the other and PyTorch has no way to notice: both are boxes of numbers.
#
# Here is what many tutorials begin with: 32 sequences of 5 steps of 10 numbers, and an LSTM with two layers of 20 units.

# %% id="silent"
torch.manual_seed(0)
batch = torch.randn(32, 5, 10, dtype=exact)  # (B, T, I): 32 sequences of 5 steps
time_first = nn.LSTM(10, 20, 2, dtype=exact)  # the default: expects (T, B, I)
batch_first = nn.LSTM(10, 20, 2, dtype=exact, batch_first=True)
batch_first.load_state_dict(time_first.state_dict())  # the same weights
both_kinds = {"default": time_first, "batch_first=True": batch_first}
print("default")
attempt(lambda: time_first(batch))
print("batch_first=True")
attempt(lambda: batch_first(batch))

# %% [markdown] id="leak-text"
# Both run, and `out` has the shape that one hopes for both times. (Only the second axis of `h_n` gives it away: 5 is no
# batch size.) But the first layer took the 32 sequences for 32 time steps. What does that do? A test that needs no
# theory: **change one sequence and see whose answers change.** In a sound model, only its own.
#
# > **Guess first.** The answer for a sequence is `out[:, -1]`. We change sequence 0. How many of the 32 answers change
# > under the default? And if we change sequence 20?


# %% id="influence"
def influence(model, x):
    """How far the answer for sequence j (column) moves when sequence k (row) is changed: (B, B)."""
    with torch.no_grad():
        before = model(x)  # (B, ...)
        rows = []
        for k in range(len(x)):
            changed = x.clone()
            changed[k] += 1.0
            rows.append((model(changed) - before).abs().flatten(1).amax(dim=1))  # (B,)
    return torch.stack(rows)


def last_of(layer):
    """The model that answers with out[:, -1]."""
    return lambda x: layer(x)[0][:, -1]


# %% id="leak"
moved = {name: influence(last_of(layer), batch) for name, layer in both_kinds.items()}
for name, by in moved.items():
    from_0, from_20 = ((by[k] > 1e-12).sum() for k in (0, 20))  # less is rounding
    print(f"{name:16}  answers moved by sequence 0: {from_0:2d}, by sequence 20: {from_20:2d}")

# %% id="leak-picture"
figure, axes = figures.new(1, 2, width=7, height=3.1, sharey=True)
for axis, (name, by) in zip(axes, moved.items(), strict=True):
    picture = axis.imshow(by.log10().where(by > 1e-12, torch.nan), cmap="Blues", vmin=-9, vmax=0)
    axis.set_title(name)
    axis.set(xlabel="answer $j$", xticks=range(0, 32, 10), yticks=range(0, 32, 10))
    axis.grid(visible=False)
axes[0].set_ylabel("changed sequence $k$")
figure.colorbar(picture, ax=axes, label="moved by", ticks=[0, -3, -6, -9], format="$10^{%d}$")
powers = {lag: moved["default"].diagonal(lag).log10().mean() for lag in (0, 10, 20, 31)}
filled = {name: int((by > 1e-12).sum()) for name, by in moved.items()}
figures.show(
    figure,
    caption="Whose answers move when one sequence of the batch is changed? White: not at all.",
    description="""Two grids of 32 by 32 squares, changed sequence k down, answer j across, darker
    where the answer moves further. Left, the default: everything on and right of the diagonal is
    filled, """
    + f"{filled['default']} squares, and fades with the distance j - k: about "
    + ", ".join(f"1e{power:.0f} at {lag}" for lag, power in powers.items())
    + f". Right, batch_first=True: only the diagonal, {filled['batch_first=True']} squares.",
)

# %% [markdown] id="leak-meaning"
# The upper triangle is an LSTM at work, only along the wrong axis: sequence 0 is its first "step", sequence 1 the
# second, and so on. Each answer depends on all sequences above it in the batch, fading the way lesson 2 measured.
#
# That is one half of the damage. The other half: the time axis is now taken for the batch, and entries of a batch do
# not see each other.
#
# > **Guess first.** We overwrite the first four of the five steps of *every* sequence. How much do the answers
# > `out[:, -1]` change?

# %% id="blind"
overwritten = batch.clone()
overwritten[:, :-1] = 100.0  # everything but the last step
for name, layer in both_kinds.items():
    before, after = last_of(layer)(batch), last_of(layer)(overwritten)
    print(f"{name:16}  answers changed:", not same(before, after))

# %% [markdown] id="blind-meaning"
# **The model is blind to the past of its own sequence.** It reads its neighbours instead. Does it at least fail to
# train, so that one would notice? A task whose best result we know: the target is a sum over the five steps, scaled to
# variance 1. The five numbers are independent, so whoever sees the last one only can explain one fifth of that
# variance.
#
# > **Guess first.** What will the two losses look like?


# %% id="learns-anyway"
class Sum(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.lstm, self.fc = nn.LSTM(10, 20, 2, **options), nn.Linear(20, 1)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1])


def batches(seed):
    draw = torch.Generator().manual_seed(seed)
    while True:
        x = torch.randn(32, 5, 10, generator=draw)  # (B, T, I)
        yield x, x[:, :, 0].sum(dim=1, keepdim=True) / 5**0.5  # (B, 1)


# %% id="learns-anyway-result"
def mean_error(seed, **options):
    """Train for 200 batches, each of them new; return the mean loss of the last 100."""
    torch.manual_seed(seed)
    losses = train(Sum(**options), batches(seed), nn.functional.mse_loss, steps=200)
    return sum(losses[-100:]) / 100


for name, options in (("default", {}), ("batch_first=True", {"batch_first": True})):
    errors = [mean_error(seed, **options) for seed in range(3)]
    middling = all(abs(error - 0.8) < 0.1 for error in errors)
    print(f"{name:16}  within 0.1 of 4/5: {middling!s:5}  below 0.1: {max(errors) < 0.1}")

# %% [markdown] id="learns-anyway-meaning"
# The loss of the wrong model falls from 1 to about $1 - \frac{1}{5}$ and stays there: it learns what the last step
# tells. No error, a falling loss, a useless LSTM. **The test that tells you: change one sequence, count the answers
# that move.**
#
# ### What `batch_first` does not touch
#
# It swaps the axes of `x` and `out`. It does **not** touch the state: `h_n` and `c_n` stay `(L, B, H)`, and `h_0, c_0`
# are expected that way.

# %% id="batch-first-state"
attempt(lambda: batch_first(batch))
print("state given batch first, (B, L, H):")
attempt(lambda: batch_first(batch, (torch.zeros(32, 2, 20, dtype=exact),) * 2))
print("state given layers first, (L, B, H):")
attempt(lambda: batch_first(batch, (torch.zeros(2, 32, 20, dtype=exact),) * 2))

# %% [markdown] id="last-index-text"
# So with `batch_first=True` the last step is `out[:, -1]`, but the top layer is `h_n[-1]`, as before. Mixing these up
# runs, too: `out[-1]` is then the last *sequence* of the batch, and `h_n[:, -1]` the state of the last sequence in each
# layer.

# %% id="last-index"
out, (h_n, c_n) = batch_first(batch)
print("out[:, -1]", tuple(out[:, -1].shape), "equals h_n[-1]:", same(out[:, -1], h_n[-1]))
print("out[-1]   ", tuple(out[-1].shape), "one sequence, all its steps")
print("h_n[:, -1]", tuple(h_n[:, -1].shape), "one sequence, all layers")

# %% [markdown] id="two-axes-text"
# ### An axis is missing
#
# One more silent one. An input with two axes is taken for **one sequence without a batch**: `(T, I)`. Someone who has a
# batch of 32 vectors and no time axis gets an output of the shape they expected, `(32, 20)`, and a model that runs
# through the batch as if it were time.

# %% id="two-axes"
vectors = batch[:, -1]  # (32, 10): meant as 32 items without time
print("out", tuple(batch_first(vectors)[0].shape), "- h_n", tuple(batch_first(vectors)[1][0].shape))
by = influence(lambda x: batch_first(x)[0], vectors)
print("changing item 0 moves", int((by[0] > 1e-12).sum()), "answers")
by = influence(lambda x: batch_first(x[:, None])[0], vectors)  # (32, 1, 10): sequences of one step
print("with a time axis of length 1:", int((by[0] > 1e-12).sum()))

# %% [markdown] id="dropout-text"
# ## More layers, and dropout
#
# With `num_layers=2` the second layer reads the hidden states of the first: the arrows that point up in the first
# picture. While training, `dropout=0.5` sets each number on **these** arrows to zero with probability one half. So with one
# layer there is nothing to drop.
#
# > **Guess first.** What does `nn.LSTM(10, 20, dropout=0.5)` do: raise an error, warn, or drop half of its outputs?

# %% id="dropout"
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    one = nn.LSTM(10, 20, dropout=0.5, batch_first=True, dtype=exact)
    two = nn.LSTM(10, 20, num_layers=2, dropout=0.5, batch_first=True, dtype=exact)
for warning in caught:
    print(f"{warning.category.__name__}: {warning.message}\n")
for name, layer in (("one layer", one), ("two layers", two)):
    varies = not same(layer(batch)[0], layer(batch)[0])  # a new module is in training mode
    dropped = bool((layer(batch)[0] == 0).any())
    print(f"{name:10}  two calls differ: {varies!s:5}  zeros in out: {dropped}")
print("two layers after .eval(): two calls differ:", not same(two.eval()(batch)[0], two(batch)[0]))

# %% [markdown] id="dropout-meaning"
# One layer: a warning and no dropout at all. Two layers: dropout in between, never on `out`, so to drop outputs as well
# write `nn.Dropout` behind the LSTM. And `.eval()` before measuring anything, or the same input gives another answer at
# every call.

# %% [markdown] id="bidirectional-text"
# ## Two directions
#
# `bidirectional=True` adds a second cell to each layer, with weights of its own, that reads the sequence from its end
# (Schuster and Paliwal 1997). `out` holds both side by side at each step, so its last axis is `2H` long; `h_n` has an
# entry for every layer *and* direction.

# %% id="bidirectional-picture"
figures.show(
    layer_diagrams.bidirectional_figure(T),
    caption="One bidirectional layer. The final states lie at opposite ends, h_n[0] and h_n[1].",
    description=f"""Two rows of {T} boxes over the inputs x_1 to x_{T}; every input feeds both rows.
    The lower row's arrows run to the right and end in h_n[0], dashed, at the right end. The upper
    row's arrows run to the left and end in h_n[1], dashed, at the left end. A blue band on top,
    out, holds for each step the h of both rows. In its last column the leftward h has read one
    input only.""",
)

# %% [markdown] id="bidirectional-guess"
# > **Guess first.** For a summary of the whole sequence many take `out[-1]`. How many of the four inputs has its second
# > half seen?

# %% id="bidirectional"
torch.manual_seed(0)
both = nn.LSTM(I, H, bidirectional=True)
out, (h_n, c_n) = both(x)
print("out", tuple(out.shape), "- h_n", tuple(h_n.shape))
ahead, back = out.chunk(2, dim=-1)  # (T, B, H) each
print("out[-1], first half  = final state of the way ahead:", same(ahead[-1], h_n[0]))
print("out[-1], second half = final state of the way back: ", same(back[-1], h_n[1]))
print("out[0],  second half = final state of the way back: ", same(back[0], h_n[1]))
for t in range(T):
    changed = x.clone()
    changed[t] += 1.0
    moved = not same(both(changed)[0][-1, :, H:], back[-1])
    print(f"changing step {t + 1} moves the second half of out[-1]: {moved}")

# %% [markdown] id="summary-text"
# `out[-1]` is not wrong as an output: it is what both directions say *at the last step*. It is the wrong summary. The
# right one joins the two final states, along the last axis (`h_n[-1]` alone is now the way back only). A popular
# shortcut does it with `view`. Its shape is right.

# %% id="summary"
summary = torch.cat([h_n[-2], h_n[-1]], dim=-1)  # (B, 2H): the top layer's two directions
shortcut = h_n.view(B, 2 * H)
print("shapes:", tuple(summary.shape), tuple(shortcut.shape), "- equal:", same(summary, shortcut))
ahead_0_and_1 = h_n[0, :2].flatten()  # the way ahead of sequences 0 and 1
print("row 0 of the shortcut holds sequences 0 and 1:", same(shortcut[0], ahead_0_and_1))

# %% [markdown] id="view-meaning"
# `view` keeps the numbers in their order in memory and only moves the fences. It can split and merge neighbouring axes,
# **never exchange** them: that is what `transpose` is for. The shortcut hands sequence 0 half of sequence 1's state.
#
# (A bidirectional net needs the whole sequence before it can say anything about the first step. For forecasting that is
# cheating.)

# %% [markdown] id="lengths-text"
# ## Sequences of unequal length
#
# A batch is a box, so shorter sequences are filled up, usually with zeros behind their end. Three sequences a, b, c of
# 3, 5 and 2 steps:

# %% id="padded-picture"
lengths = torch.tensor([3, 5, 2])
batch_sizes = [int((lengths > t).sum()) for t in range(lengths.max())]
figures.show(
    layer_diagrams.padded_figure(lengths.tolist()),
    caption="Left: padded; dashed out[:, -1], solid the last valid step. "
    "Right: packed; small numbers: order in memory.",
    description=f"""Left: rows a, b, c with {lengths.tolist()} valid cells and hatched zeros up to
    {lengths.max()}. Dashed rings mark the last column, solid rings the last valid cell of each row;
    they coincide in row b only. Right: rows sorted by length, b, a, c, without any padding,
    numbered 0 to {lengths.sum() - 1} column by column; below the columns the batch sizes
    {batch_sizes}.""",
)

# %% [markdown] id="padded-guess"
# What should come out is not in doubt: for each sequence, the same as if it were **alone**.
#
# > **Guess first.** The padding is all zeros. Does it matter? For which of a, b, c is `out[:, -1]` right, for which is
# > `h_n[-1]`?

# %% id="padded"
torch.manual_seed(0)
lstm = nn.LSTM(I, H, batch_first=True, dtype=exact)
sequences = [torch.randn(n, I, dtype=exact) for n in lengths.tolist()]  # (3, I), (5, I), (2, I)
alone = torch.stack([lstm(s[None])[0][0, -1] for s in sequences])  # (B, H): the truth
x = pad_sequence(sequences, batch_first=True)  # (B, T, I) with T = 5, zeros behind the ends
out, (h_n, c_n) = lstm(x)


def rows_equal(got, truth):
    return ", ".join(f"{name} {same(g, t)}" for name, g, t in zip("abc", got, truth, strict=True))


print("out[:, -1]              ", rows_equal(out[:, -1], alone))
print("h_n[-1]                 ", rows_equal(h_n[-1], alone))
print("out[row, length - 1]    ", rows_equal(out[torch.arange(3), lengths - 1], alone))

# %% [markdown] id="padded-meaning"
# A zero input is not "no input": the gates still have their biases and the old state to read, so the state moves on.
# Only the longest sequence comes out right, which is why the mistake survives a quick look. **Cure 1: pick the last
# valid step** of each row, as in the last line.
#
# **Cure 2: pack.** `pack_padded_sequence` stores only the valid steps, column by column (right half of the picture),
# and the LSTM runs each sequence exactly to its end. It wants the sequences sorted by length, or to be told that they
# are not:

# %% id="packed"
print("sorted lengths are required:")
attempt(lambda: lstm(pack_padded_sequence(x, lengths, batch_first=True)))
packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
print("packed.data", tuple(packed.data.shape), "- batch_sizes", packed.batch_sizes.tolist())
out_packed, (h_n, c_n) = lstm(packed)
print("h_n[-1]                 ", rows_equal(h_n[-1], alone))
out, out_lengths = pad_packed_sequence(out_packed, batch_first=True)
print("out", tuple(out.shape), "- lengths", out_lengths.tolist())
print("out[:, -1]              ", rows_equal(out[:, -1], alone))
print("out[:, -1] is all zeros ", rows_equal(out[:, -1], torch.zeros(3, H, dtype=exact)))

# %% [markdown] id="packed-meaning"
# Packed, `h_n` is right for every row, in the order in which you gave them. But `out[:, -1]` is still wrong: what was
# not computed is filled up with zeros. So the habit to have: **take `h_n[-1]` from a packed batch, or pick by length;
# never `out[:, -1]` from a padded one.**
#
# ### When picking is not enough
#
# > **Guess first.** The way back begins at the right end of the box, in the padding. Can we pick right outputs from a
# > *bidirectional* LSTM over a padded batch?

# %% id="padded-both"
torch.manual_seed(0)
both = nn.LSTM(I, H, batch_first=True, bidirectional=True, dtype=exact)
runs = [both(s[None]) for s in sequences]  # each sequence alone
first_alone = torch.stack([out[0, 0] for out, _ in runs])  # (B, 2H): right at step 1
final_alone = torch.stack([h_n.flatten() for _, (h_n, _) in runs])  # (B, 2H): both final states
for name, given in (("padded", x), ("packed", packed)):
    out, (h_n, _) = both(given)
    if name == "packed":
        out, _ = pad_packed_sequence(out, batch_first=True)  # (B, T, 2H)
    final = torch.cat([h_n[-2], h_n[-1]], dim=-1)  # (B, 2H)
    print(f"{name}: step 1, way ahead       ", rows_equal(out[:, 0, :H], first_alone[:, :H]))
    print(f"{name}: step 1, way back        ", rows_equal(out[:, 0, H:], first_alone[:, H:]))
    print(f"{name}: both final states joined", rows_equal(final, final_alone))

# %% [markdown] id="padded-both-meaning"
# No: the way back arrives at the last valid step with a state that padding has already moved, and carries it to every
# step before. With two directions, pack (or run each sequence alone). (And whenever every step has a target, leave the
# padded steps out of the loss.)

# %% [markdown] id="weights-text"
# ## Where the weights are
#
# Each layer and direction has four parameters: the stacked matrices and the two bias vectors of lesson 2, in the order
# i, f, g, o. The name tells the place: `l0` is the bottom layer, `_reverse` the way back.
#
# > **Guess first.** Two layers, both directions, 6 inputs, 5 units. `weight_ih_l0` is `(20, 6)`. And `weight_ih_l1`?

# %% id="weights"
lstm = nn.LSTM(I, H, num_layers=2, bidirectional=True)
for name, weight in lstm.named_parameters():
    print(f"{name:20} {tuple(weight.shape)}")

# %% [markdown] id="count-text"
# Layer 1 reads the `2H` numbers that both directions of layer 0 say. So a layer and direction that reads $I$ numbers has
#
# $$\underbrace{4HI}_{W_x} + \underbrace{4HH}_{W_h} + \underbrace{4H + 4H}_{\text{two biases}}
# \;=\; 4\,\bigl(H(I + H) + 2H\bigr)$$
#
# parameters; layers above the first have $I = H$, or $I = 2H$ if bidirectional.


# %% id="count"
def count(inputs, hidden, layers=1, directions=1, biases=2):
    total = 0
    for layer in range(layers):
        read = inputs if layer == 0 else directions * hidden  # what this layer reads
        total += directions * 4 * (hidden * (read + hidden) + biases * hidden)
    return total


sizes = list(itertools.product((1, 6, 10), (5, 20), (1, 2, 3), (1, 2)))
for inputs, hidden, layers, directions in sizes:
    lstm = nn.LSTM(inputs, hidden, layers, bidirectional=directions == 2)
    assert count(inputs, hidden, layers, directions) == sum(p.numel() for p in lstm.parameters())
print("the formula holds for all", len(sizes), "LSTMs tried")

# %% [markdown] id="one-bias-text"
# Textbooks give the cell **one** bias, and so do Keras and most formulas for counting: $4\,(H(I + H) + H)$. That is why
# two people who count the same model disagree. The tutorial model with input 10, two layers of 20 units and a linear
# layer to one output:

# %% id="one-bias"
parts = nn.LSTM(10, 20, 2), nn.Linear(20, 1)
linear = 20 * 1 + 1
print("counted in PyTorch:   ", sum(p.numel() for part in parts for p in part.parameters()))
print("formula, two biases:  ", count(10, 20, layers=2) + linear)
print("formula, one bias:    ", count(10, 20, layers=2, biases=1) + linear)
print("the difference, 2 layers x 4H:", 2 * 4 * 20)

# %% [markdown] id="ours-text"
# ## Our cell in nn.LSTM, and back
#
# Is `nn.LSTM` really our step in a loop, with layers and directions? We write the loop and compare. First one layer in
# one direction, then all of them:
#
# - a layer's input is the sequence of hidden states of the layer below;
# - the way back is the same loop over the sequence turned round, its outputs turned back again;
# - the next layer reads both directions side by side.
#
# `weights[layer][direction]` is a triple `W_x, W_h, b`, as `cells.lstm_step` wants it.


# %% id="our-layer"
def run_layer(x, W_x, W_h, b):
    """Our cell over x (T, B, I), from zeros: all h (T, B, H), the last h and the last c (B, H)."""
    h = c = x.new_zeros(x.shape[1], W_h.shape[1])
    states = []
    for x_t in x:
        h, c, _ = cells.lstm_step(x_t, h, c, W_x, W_h, b)
        states.append(h)
    return torch.stack(states), h, c


# %% id="our-lstm"
def our_lstm(x, weights):
    """What nn.LSTM returns for x (T, B, I): out, (h_n, c_n)."""
    final = []
    for layer in weights:
        ways = []
        for direction, weight in enumerate(layer):
            states, h, c = run_layer(x.flip(0) if direction == 1 else x, *weight)
            ways.append(states.flip(0) if direction == 1 else states)
            final.append((h, c))
        x = torch.cat(ways, dim=-1)  # (T, B, H) or (T, B, 2H): what the next layer reads
    h_n, c_n = (torch.stack(tensors) for tensors in zip(*final, strict=True))
    return x, (h_n, c_n)


# %% [markdown] id="carry-weights-text"
# Out of PyTorch: add up the two biases. Into PyTorch: one of the two gets our bias, the other **zero**, or it would
# count twice. The numbers are copied *into* the existing parameters (`copy_`), with autograd switched off; an optimiser
# that knows these parameters goes on knowing them.


# %% id="carry-weights"
def suffixes(lstm):
    """The endings of the parameters' names: [layer][direction]."""
    ways = ("", "_reverse") if lstm.bidirectional else ("",)
    return [[f"_l{layer}{way}" for way in ways] for layer in range(lstm.num_layers)]


def weights_of(lstm):
    """Out of nn.LSTM: [layer][direction] -> (W_x, W_h, b)."""
    p = dict(lstm.named_parameters())

    def triple(s):
        return p["weight_ih" + s], p["weight_hh" + s], p["bias_ih" + s] + p["bias_hh" + s]

    return [[triple(s) for s in layer] for layer in suffixes(lstm)]


# %% id="load-weights"
@torch.no_grad()
def load_weights(lstm, weights):
    """Into nn.LSTM, in place."""
    p = dict(lstm.named_parameters())
    for ends, layer in zip(suffixes(lstm), weights, strict=True):
        for s, (W_x, W_h, b) in zip(ends, layer, strict=True):
            p["weight_ih" + s].copy_(W_x)
            p["weight_hh" + s].copy_(W_h)
            p["bias_ih" + s].copy_(b)
            p["bias_hh" + s].zero_()


# %% [markdown] id="equality-guess"
# Now the proof, for one to three layers and one or two directions, in 16 digits: ours against PyTorch's, then our
# weights loaded into a **fresh** PyTorch LSTM. Compared are `out`, `h_n`, `c_n` and the gradient that arrives at the
# input.
#
# > **Guess first.** After the way out and back in, will the fresh LSTM have the same *parameters* as the first one, or
# > only the same outputs?


# %% id="equality"
def largest_difference(one, other, x):
    """Between two results out, (h_n, c_n) computed from x, and between their gradients at x."""
    compared = []
    for out, (h_n, c_n) in (one, other):
        (grad,) = torch.autograd.grad((out * out).sum() + c_n.sum(), x, retain_graph=True)
        compared.append([out, h_n, c_n, grad])
    return max((a - b).abs().max().item() for a, b in zip(*compared, strict=True))


torch.manual_seed(0)
x = torch.randn(T, B, I, dtype=exact, requires_grad=True)
for layers, bidirectional in itertools.product((1, 2, 3), (False, True)):
    plan = {"num_layers": layers, "bidirectional": bidirectional, "dtype": exact}
    theirs, fresh = nn.LSTM(I, H, **plan), nn.LSTM(I, H, **plan)
    weights = weights_of(theirs)
    ours = largest_difference(theirs(x), our_lstm(x, weights), x)
    load_weights(fresh, weights)
    loaded = largest_difference(theirs(x), fresh(x), x)
    print(f"layers {layers}, directions {1 + bidirectional}:  below 1e-12:", end=" ")
    print(f"ours {ours < 1e-12}, loaded back {loaded < 1e-12};", end="  ")
    print("same bias_ih:", torch.equal(theirs.bias_ih_l0, fresh.bias_ih_l0))

# %% [markdown] id="loading-traps-text"
# Same outputs, other biases: only their sum counts. Two ways to load weights that go wrong, one loudly and one not:

# %% id="loading-traps"
try:
    fresh.weight_ih_l0 = torch.zeros(4 * H, I, dtype=exact)
except TypeError as error:
    print(f"assigning a tensor: TypeError: {error}")
with torch.no_grad():
    fresh.bias_hh_l0.copy_(fresh.bias_ih_l0)  # the bias in both vectors
print("bias copied into both vectors: no error; equal outputs:", same(fresh(x)[0], theirs(x)[0]))

# %% [markdown] id="projection-text"
# ## proj_size: a narrower h
#
# `proj_size=P` multiplies each hidden state by one more matrix, $W_{hr}$ of shape `(P, H)`, before anyone sees it (Sak,
# Senior and Beaufays 2014):
#
# $$h_t = W_{hr}\,\bigl(o_t \odot \tanh(c_t)\bigr)$$
#
# The belt keeps its $H$ numbers; what is said, and what the gates read at the next step, has only $P$.
#
# > **Guess first.** `nn.LSTM(6, 5, proj_size=2)`: what are the last axes of `out`, `h_n` and `c_n`? Which parameters
# > get smaller?

# %% id="projection"
torch.manual_seed(0)
narrow = nn.LSTM(I, H, proj_size=2, dtype=exact)
attempt(lambda: narrow(x))
print("a state (h_0, c_0) with H numbers each:")
attempt(lambda: narrow(x, (torch.zeros(1, B, H, dtype=exact), torch.zeros(1, B, H, dtype=exact))))
for name, weight in narrow.named_parameters():
    print(f"{name:12} {tuple(weight.shape)}")

# %% [markdown] id="projection-rank-text"
# A look through our own cell: the gates read $W_h h_{t-1} = (W_h W_{hr})\,u_{t-1}$, where $u_t = o_t \odot \tanh(c_t)$
# is the ordinary hidden state. So this is the cell of lesson 2 whose recurrent matrix is a product of two thin ones:

# %% id="projection-ours"
W_h = narrow.weight_hh_l0 @ narrow.weight_hr_l0  # (4H, P) @ (P, H) = (4H, H)
u, _, _ = run_layer(x, narrow.weight_ih_l0, W_h, narrow.bias_ih_l0 + narrow.bias_hh_l0)  # (T, B, H)
print("equal to nn.LSTM below 1e-12:", same(u @ narrow.weight_hr_l0.T, narrow(x)[0]))
print("rank of the recurrent matrix:", int(torch.linalg.matrix_rank(W_h)), "of at most", H)
for P in (64, 256):
    wide = nn.LSTM(256, 512, proj_size=P)
    print(f"512 units, P = {P:3d}: {sum(p.numel() for p in wide.parameters()):9,} parameters")
print(f"512 units, no P   : {count(256, 512):9,}")

# %% [markdown] id="formulas-text"
# ## Formulas that do not run
#
# Many texts (Olah 2015, for one) write a gate as $f_t = \sigma(W_f \cdot [h_{t-1}, x_t] + b_f)$, with
# $[\,\cdot\,,\cdot\,]$ for two vectors put end to end. It is the same as ours, with $W_f = [W_{hf}, W_{xf}]$ side by
# side. Typed in as it stands, it works for one sequence. With a batch it does not.
#
# > **Guess first.** `h_prev` is `(B, H)`, `x_t` is `(B, I)`, `W_f` is `(H, H + I)`. Where does each of these lines fail?

# %% id="formulas"
torch.manual_seed(0)
W_f, b_f = torch.randn(H, H + I), torch.randn(H)
h_prev, x_t = torch.randn(B, H), torch.randn(B, I)
for line in (
    "torch.matmul(W_f, torch.concat((h_{t-1}, x_t))) + b_f",
    "torch.matmul(W_f, torch.concat((h_prev[0], x_t[0]))) + b_f",
    "torch.matmul(W_f, torch.concat((h_prev, x_t))) + b_f",
    "torch.matmul(W_f, torch.concat((h_prev, x_t), dim=1)) + b_f",
    "torch.concat((h_prev, x_t), dim=1) @ W_f.T + b_f",
):
    try:
        words = f"no error, shape {tuple(eval(line).shape)}"
    except (RuntimeError, SyntaxError) as error:
        words = "SyntaxError"
        if isinstance(error, RuntimeError):
            words = f"RuntimeError: {str(error).split('. ')[0]}"
    print(f"{line}\n    {words}")

# %% [markdown] id="formulas-right-text"
# A subscript such as `h_{t-1}` is not Python; one sequence runs; the batch fails first where the two are joined, then
# where they are multiplied. The last line is the right one: rows are sequences, so join along the **last** axis and
# multiply from the right by the transpose. It equals the two products of lesson 2. And why do people not notice the
# others? Because they try them with sizes that are all the same:

# %% id="formulas-right"
joined = torch.concat((h_prev, x_t), dim=1) @ W_f.T + b_f
separate = h_prev @ W_f[:, :H].T + x_t @ W_f[:, H:].T + b_f
print("the right line equals two products:", same(joined, separate))
n = 4  # B = I = H = 4
W, b, h, x_t = torch.randn(n, 2 * n), torch.randn(n), torch.randn(n, n), torch.randn(n, n)
wrong = torch.matmul(W, torch.concat((h, x_t))) + b
right = torch.concat((h, x_t), dim=1) @ W.T + b
print("B = I = H = 4: no error, shape", tuple(wrong.shape), "- equal:", same(wrong, right))

# %% [markdown] id="tutorials-text"
# ## Three models from the tutorials
#
# Most LSTM tutorials show one of three models. Each is written out here the way it usually stands, run, tested with
# what we now know, and then mended.
#
# ### 1. Many to one, no state given
#
# Read a sequence, give one answer. Input 10, two layers of 20 units, output 1; the batch is 32 sequences of 5 steps.


# %% id="many-to-one-found"
class ManyToOne(nn.Module):
    def __init__(self, input_size=10, hidden_size=20, num_layers=2, output_size=1, **options):
        super().__init__()
        self.lstm = nn.LSTM(input_size, hidden_size, num_layers, **options)
        self.fc = nn.Linear(hidden_size, output_size)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.fc(out[:, -1, :])


model = ManyToOne()
x = torch.randn(32, 5, 10)
print("answers", tuple(model(x).shape))
print("parameters", sum(p.numel() for p in model.parameters()))

# %% [markdown] id="many-to-one-guess"
# It runs, and the shape `(32, 1)` is the one we want. (The `**options` are ours, to try the cure with.)
#
# > **Guess first.** One argument is missing. Which, and how does the test from above show it?

# %% id="many-to-one"
for options in ({}, {"batch_first": True}):
    torch.manual_seed(0)
    model = ManyToOne(**options).double()
    by = influence(model, x.double())
    answers = tuple(model(x.double()).shape)
    moved = int((by[0] > 1e-12).sum())
    print(f"{options}: answers {answers}, moved by sequence 0: {moved}")

# %% [markdown] id="many-to-one-meaning"
# - **Wrong:** without `batch_first=True` it reads across the batch.
# - **Right as it is:** no state given. It starts at zero, on the right device and with the right dtype, without a line
#   of code.
# - **Watch out:** `out[:, -1]` is for unpadded sequences and one direction. And keep the target's shape at `(32, 1)`:
#   with `(32,)` the squared error compares every answer with every target, with no more than a warning:

# %% id="many-to-one-loss"
target = torch.rand(32)
answer = torch.rand(32, 1)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    loss = nn.functional.mse_loss(answer, target, reduction="none")
print(f"{caught[0].category.__name__}: {str(caught[0].message).split('. ')[0]}")
right = nn.functional.mse_loss(answer, target[:, None], reduction="none")
print("squared errors:", tuple(loss.shape), "instead of", tuple(right.shape))

# %% [markdown] id="explicit-text"
# ### 2. Many to one, `h0` and `c0` written out
#
# The same for a choice between two classes: 10 inputs, 20 units, 2 outputs, a batch of 5 sequences of 7 steps.


# %% id="explicit-found"
class ExplicitState(nn.Module):
    def __init__(self, input_size=10, hidden_size=20, num_layers=1, output_size=2):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        self.lstm = nn.LSTM(input_size, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, output_size)

    def forward(self, x):
        h0 = torch.zeros(self.num_layers, x.size(0), self.hidden_size)
        c0 = torch.zeros(self.num_layers, x.size(0), self.hidden_size)
        out, _ = self.lstm(x, (h0, c0))
        return self.fc(out[:, -1, :])


torch.manual_seed(0)
model = ExplicitState()
x = torch.randn(5, 7, 10)
print("answer", tuple(model(x).shape))

# %% [markdown] id="explicit-guess"
# Nothing is wrong with the answer. But what are the extra lines good for?
#
# > **Guess first.** We leave the state out: does the answer change? We turn the model into float64: does it still run?

# %% id="explicit"
out, _ = model.lstm(x)  # no state given
print("the answer without h0 and c0 is the same:", same(model(x), model.fc(out[:, -1])))
try:
    model.double()(x.double())
except (RuntimeError, ValueError) as error:
    print(f"in float64: {type(error).__name__}:", str(error).split(". ")[0])
out, _ = model.lstm(x.double())
print("in float64, no state given: answer", tuple(model.fc(out[:, -1]).shape))

# %% [markdown] id="explicit-variants-text"
# Two variants of these lines do harm: a random start, and a batch size that was fixed when the model was made, here 5,
# when the last batch has 3.

# %% id="explicit-variants"
model.float()
first, _ = model.lstm(x, (torch.randn(1, 5, 20), torch.randn(1, 5, 20)))
second, _ = model.lstm(x, (torch.randn(1, 5, 20), torch.randn(1, 5, 20)))
print("random h0, c0: the same input gives the same answer:", same(first, second))
print("batch size fixed to 5, the last batch has 3:")
attempt(lambda: model.lstm(x[:3], (torch.zeros(1, 5, 20), torch.zeros(1, 5, 20))))

# %% [markdown] id="explicit-meaning"
# - **Needless:** zeros are the default, as we proved above.
# - **Fragile:** the zeros have a dtype and a device of their own. In float64, or with the model on a GPU, they no
#   longer fit; hence the `.to(device)` with a global variable that such code often has.
# - **Harmful in some versions:** the random start answers differently at every call; the fixed batch size stops at the
#   last batch.
# - **When to write it:** to carry a state over from an earlier piece, or to *learn* where to start (an `nn.Parameter`
#   of shape `(L, 1, H)`, expanded to the batch).
#
# ### 3. Time first, an answer at every step
#
# The third model labels every step and hands the state back to the caller. A linear layer used to want a matrix, so the
# steps and the batch are merged into one axis and split again:


# %% id="every-step-found"
class EveryStep(nn.Module):
    def __init__(self, input_size=10, hidden_size=20, output_size=3):
        super().__init__()
        self.lstm = nn.LSTM(input_size, hidden_size)
        self.fc = nn.Linear(hidden_size, output_size)

    def forward(self, x, state=None):  # x (T, B, I)
        out, state = self.lstm(x, state)
        s, b, h = out.shape
        y = self.fc(out.view(s * b, h))
        return y.view(s, b, -1), state


torch.manual_seed(0)
model = EveryStep()
x = torch.randn(7, 5, 10)  # (T, B, I)
y, state = model(x)
print("answers", tuple(y.shape))

# %% [markdown] id="every-step-guess"
# > **Guess first.** What does `nn.Linear` do with an input of three axes? And what does the detour do if someone
# > switches this model to `batch_first=True`?

# %% id="every-step"
out, _ = model.lstm(x)  # (T, B, H)
direct = model.fc(out)  # (T, B, O)
print("without the detour:", tuple(direct.shape), "- equal:", same(direct, y))
torch.manual_seed(0)
out, _ = nn.LSTM(10, 20, batch_first=True)(x.transpose(0, 1))  # (B, T, H)
try:
    out.view(5 * 7, 20)
except RuntimeError as error:
    print("batch first, view:", str(error).split(" (")[0])
turned, fenced = y.transpose(0, 1), y.view(5, 7, 3)
print("to batch first by view instead of transpose: equal:", same(turned, fenced))

# %% [markdown] id="every-step-meaning"
# - **Outdated:** the detour. A linear layer acts on the last axis, however many stand before it. `self.fc(out)` is the
#   whole cure.
# - **Fragile:** `view` needs the numbers to lie in memory in the order of the axes; a batch-first `out` does not. And a
#   `view` that exchanges axes is the mistake from the bidirectional section again.
# - **Good:** it takes a state and returns one. Only mind the second training step:


# %% id="detach"
def two_pieces(cut):
    state = None
    for piece in torch.randn(2, 7, 5, 10):  # two pieces, each (T, B, I)
        y, state = model(piece, state)
        y.square().mean().backward()
        if cut:
            state = tuple(s.detach() for s in state)
    return "no error"


for cut in (False, True):
    try:
        print(f"detach {cut}:", two_pieces(cut))
    except RuntimeError as error:
        print(f"detach {cut}: {type(error).__name__}:", str(error).split(" (")[0])

# %% [markdown] id="detach-meaning"
# The state still hangs on the graph of the first piece, which `backward()` has used up. `detach` keeps the numbers and
# cuts the graph. So the second piece starts from what the first one remembers, but its gradient ends at the cut:
# *truncated* backpropagation through time, which [lesson 3](03_backward_by_hand.ipynb) measures.
#
# ### The `Variable` in old code
#
# Code from before PyTorch 0.4 (2018) wraps its tensors: `Variable(torch.zeros(...))`. A tensor could not take part in
# autograd then, only a `Variable` around it could. The two have been one since; the name is still there and hands back
# a tensor:

# %% id="variable"
from torch.autograd import Variable

wrapped = Variable(x)
print("type:", type(wrapped).__name__)
print("same numbers in memory:", wrapped.data_ptr() == x.data_ptr())
print("requires a gradient:", wrapped.requires_grad, "- the tensor itself:", x.requires_grad)

# %% [markdown] id="mended-text"
# So leave it out. Here is what remains of the three once mended: one model, many to one or many to many, enough for
# most tasks without padding:


# %% id="mended"
class Reader(nn.Module):
    def __init__(self, inputs, hidden, outputs, layers=1):
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, layers, batch_first=True)
        self.fc = nn.Linear(hidden, outputs)

    def forward(self, x, state=None):  # x (B, T, I)
        out, state = self.lstm(x, state)  # (B, T, H)
        return self.fc(out), state  # an answer at every step (B, T, O); the last one is [:, -1]


for outputs, layers, shape in ((1, 2, (32, 5, 10)), (2, 1, (5, 7, 10)), (3, 1, (5, 7, 10))):
    x = torch.randn(shape)
    answers, _ = Reader(10, 20, outputs, layers)(x)
    every, last = tuple(answers.shape), tuple(answers[:, -1].shape)
    print(f"x {shape}: every step {every}, the last {last}")

# %% [markdown] id="closing"
# ## In five lines
#
# 1. `out` is the top edge (every step, top layer), `h_n` and `c_n` the right edge (every layer, last step). Nothing is
#    kept between calls; no state means zeros.
# 2. Time comes first unless `batch_first=True`, which swaps the axes of `x` and `out` only. The wrong axis order raises
#    no error: change one sequence and count.
# 3. `out[:, -1]` is the summary only for one direction and no padding. Otherwise: join `h_n[-2]` and `h_n[-1]`; pack,
#    or pick by length.
# 4. $4(H(I + H) + 2H)$ parameters per layer and direction, two biases included. Weights go in by `copy_`, the bias into
#    one vector only.
# 5. Leave out what tutorials still carry along: zero states by hand, `view(s * b, h)`, `Variable`. And try things out
#    with sizes that are all different.
#
# ## Test yourself
#
# **1.** `nn.LSTM(8, 16, num_layers=3, bidirectional=True, batch_first=True)` reads `x` of shape `(4, 10, 8)`. What are
# the shapes of `out` and `h_n`?
#
# <details><summary>Answer</summary>
#
# `out` is `(4, 10, 32)`: batch first, two directions of 16. `h_n` is `(6, 4, 16)`: three layers times two directions
# come first, `batch_first` or not.
#
# </details>
#
# **2.** A colleague's validation error changes when the validation set is shuffled. The model ends in `out[:, -1]`.
# What do you look at first?
#
# <details><summary>Answer</summary>
#
# Whether `batch_first=True` is missing. A prediction must not depend on its neighbours in the batch; change one
# sequence and see whose answers move. (If it is there: whether `.eval()` is missing, or a state is carried from batch
# to batch.)
#
# </details>
#
# **3.** Sequences are padded with zeros, and the zeros are "nothing". Why is `h_n[-1]` still wrong for the short ones?
#
# <details><summary>Answer</summary>
#
# At a zero input the gates still have their biases and read $h_{t-1}$, so the state moves on at each padded step.
#
# </details>
#
# **4.** Why can one *pick* the right output from a padded batch with one direction, but not with two?
#
# <details><summary>Answer</summary>
#
# The way ahead has not yet seen the padding at the last valid step. The way back comes from there: it starts in the
# padding, and everything it says afterwards has been moved by it.
#
# </details>
#
# **5.** A paper says that its LSTM layer with `I = 10` and `H = 30` has 4,920 parameters. PyTorch counts 5,040 for
# yours. Who is wrong?
#
# <details><summary>Answer</summary>
#
# Nobody. $4(30 \cdot 40 + 30) = 4920$ has one bias, $4(30 \cdot 40 + 2 \cdot 30) = 5040$ has two. The difference is
# $4H = 120$, and both can compute the same.
#
# </details>
#
# **6.** `nn.LSTM(6, 5, dropout=0.5)` in training mode: what share of `out` is zero?
#
# <details><summary>Answer</summary>
#
# None. Dropout acts between layers, and there is only one; PyTorch warns about it once, when the module is made.
#
# </details>
#
# ## Next
#
# Practise: [exercises of lesson 4](../exercises/04_nn_lstm.ipynb). Then use the layer on real data: [lesson 5,
# weather](05_weather.ipynb).
