# ---
# jupyter:
#   lstm_course:
#     title: nn.LSTM
#     minutes: 60
#     points: 13
# ---

# %% [markdown] id="opening"
# # Exercises 4. nn.LSTM
#
# You predict what `nn.LSTM` returns, count its parameters, and write the two models that most tasks need, without the
# mistakes that raise no error. It belongs to [lesson 4](../notebooks/04_nn_lstm.ipynb).
#
# Each question has a cell to fill in and a check below it. Run both: the check says that the answer is right, or which
# rule it breaks and what it got. Stuck? Open the hints one by one; each gives away a little more. The questions do not
# depend on each other.

# %% id="setup"
import torch
from torch import nn

from lstm_course.checks import nn_lstm as check

torch.set_num_threads(1)

# %% [markdown] id="predict-shapes-task"
# ## 1. Predict the shapes
#
# Return the shapes of `out`, `h_n` and `c_n` as three tuples of numbers, **without building an LSTM**. Whoever can write
# this function will not be surprised by a shape again. For example, `nn.LSTM(8, 16)` on 10 steps of a batch of 4:
#
# ```python
# predict_shapes(T=10, B=4, H=16)  # ((10, 4, 16), (1, 4, 16), (1, 4, 16))
# ```
#
# The input size is no argument. Why not? (The first hint answers.)


# %% id="predict-shapes" points=3 minutes=10 difficulty=1
def predict_shapes(T, B, H, num_layers=1, bidirectional=False, batch_first=False, proj_size=0):
    """What nn.LSTM returns for T steps of a batch of B sequences, with H units.

    T, B, H, num_layers, proj_size: numbers (proj_size=0: none);
    returns the shapes of out, h_n and c_n, three tuples.
    """
    ### BEGIN SOLUTION
    directions = 2 if bidirectional else 1
    said = proj_size or H  # how many numbers h has; c always has H
    batch_and_time = (B, T) if batch_first else (T, B)
    out = (*batch_and_time, directions * said)
    h_n = (num_layers * directions, B, said)
    c_n = (num_layers * directions, B, H)
    return out, h_n, c_n
    ### END SOLUTION


# %% id="predict-shapes-check"
check.predict_shapes(predict_shapes)

# %% [markdown] id="predict-shapes-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Look at the first picture of the lesson: `out` is its top edge, `h_n` and `c_n` its right edge. Which of the arguments
# change the top edge, which the right one? (The input size changes neither: it ends in the weights.)
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Two numbers first: `directions` (1 or 2), and how long an `h` is (`proj_size` if there is one, else `H`). The last
# axis of `out` holds all directions side by side; the first axis of `h_n` counts layers times directions. `batch_first`
# exchanges two axes of one of the three.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `out = (B, T, directions * said) if batch_first else (T, B, ...)`, `h_n = (num_layers * directions, B, said)`, and
# `c_n` alike, but with `H`: the belt is not projected.
#
# </details>

# %% [markdown] id="count-parameters-task"
# ## 2. Count the parameters
#
# How many numbers does `nn.LSTM(I, H, num_layers, bidirectional=...)` learn? Return the count, worked out with the
# formula of the lesson, again without building one. Per layer and direction, with $I$ the numbers that **this layer** reads:
#
# $$4\,\bigl(H(I + H) + 2H\bigr)$$


# %% id="count-parameters" points=2 minutes=10 difficulty=2
def count_parameters(I, H, num_layers=1, bidirectional=False):
    """The number of parameters of an nn.LSTM.

    I: numbers in an input, H: units, num_layers: layers, bidirectional: True or False;
    returns an int.
    """
    ### BEGIN SOLUTION
    directions = 2 if bidirectional else 1
    total = 0
    for layer in range(num_layers):
        read = I if layer == 0 else directions * H
        total += directions * 4 * (H * (read + H) + 2 * H)
    return total
    ### END SOLUTION


# %% id="count-parameters-check"
check.count_parameters(count_parameters)

# %% [markdown] id="count-parameters-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# What does the second layer read? Look at the shape of `weight_ih_l1` in the lesson's list.
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# A loop over the layers. The first one reads `I` numbers, each further one what the layer below says: `H`, or `2 * H`
# with two directions. Every layer has the formula's number once per direction.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# Inside the loop: `read = I if layer == 0 else directions * H`, then
# `total += directions * 4 * (H * (read + H) + ...)`. Two bias vectors, not one.
#
# </details>

# %% [markdown] id="last-valid-task"
# ## 3. The last valid output of a padded batch
#
# `out` is what a batch-first LSTM said over a padded batch, `lengths` says how long each sequence really is. Return for
# each sequence its output at its last valid step. `out[:, -1]` is the answer to another question.


# %% id="last-valid" points=2 minutes=10 difficulty=2
def last_valid(out, lengths):
    """The output of each sequence at its last valid step.

    out: (B, T, H), lengths: (B,) int64, each from 1 to T; returns (B, H).
    """
    ### BEGIN SOLUTION
    rows = torch.arange(out.shape[0])
    return out[rows, lengths - 1]
    ### END SOLUTION


# %% id="last-valid-check"
check.last_valid(last_valid)

# %% [markdown] id="last-valid-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# A sequence of length 3 has its last valid step at which index?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Index with **two** tensors at once: one with the row numbers, one with the step for each row. PyTorch then picks one
# element per pair, not every combination. (Or collect `out[row, step]` in a loop and stack.)
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `out[torch.arange(out.shape[0]), ...]`, with the steps `lengths - 1` in place of the dots.
#
# </details>

# %% [markdown] id="many-to-one-task"
# ## 4. Many to one
#
# Write the first tutorial model without its faults: it reads a **batch-first, padded** batch and gives one answer per
# sequence. Inside: one `nn.LSTM` that reads in one direction, and one `nn.Linear` on its top layer's hidden state at the
# last valid step, with nothing done to the answer. The check tests what the lesson tested:
#
# - changing one sequence moves its own answer only;
# - what stands in the padding does not matter;
# - every valid step matters;
# - it runs in float64 after `model.double()`.


# %% id="many-to-one" points=3 minutes=15 difficulty=2
class ManyToOne(nn.Module):
    """One answer for each sequence of a padded batch.

    inputs: I, hidden: H, outputs: O.
    forward takes x (B, T, I) and lengths (B,) int64, and returns (B, O).
    """

    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        ### BEGIN SOLUTION
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, outputs)
        ### END SOLUTION

    def forward(self, x, lengths):
        ### BEGIN SOLUTION
        out, _ = self.lstm(x)  # (B, T, H)
        last = out[torch.arange(len(x)), lengths - 1]  # (B, H)
        return self.linear(last)  # (B, O)
        ### END SOLUTION


# %% id="many-to-one-check"
check.many_to_one(ManyToOne)

# %% [markdown] id="many-to-one-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Which two of the lesson's cures do you need: the one for a batch-first input, and one of the two for padding?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# `__init__`: an `nn.LSTM` with `batch_first=True` from `inputs` to `hidden`, an `nn.Linear` from `hidden` to `outputs`.
# `forward`: run the LSTM without a state, take each sequence's output at its last valid step as in question 3, apply
# the linear layer.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `out, _ = self.lstm(x)`, then `last = out[torch.arange(len(x)), lengths - 1]`, then `return self.linear(...)`.
#
# </details>

# %% [markdown] id="many-to-many-task"
# ## 5. Many to many
#
# Now the third tutorial model: **time first**, an answer at every step, and the state goes in and out, so that a long
# sequence can be fed in pieces. Inside: one `nn.LSTM` of one layer and one `nn.Linear`. No `view`: a linear layer acts on
# the last axis anyway.
#
# - the answer at a step depends on this step and earlier ones, not on later ones;
# - two pieces with the state carried over give the same as one call;
# - no state given means zeros.


# %% id="many-to-many" points=3 minutes=15 difficulty=2
class ManyToMany(nn.Module):
    """An answer at every step, and the state to go on from.

    inputs: I, hidden: H, outputs: O.
    forward takes x (T, B, I) and a state (h, c), each (1, B, H), or None,
    and returns y (T, B, O) and the new state (h, c).
    """

    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        ### BEGIN SOLUTION
        self.lstm = nn.LSTM(inputs, hidden)
        self.linear = nn.Linear(hidden, outputs)
        ### END SOLUTION

    def forward(self, x, state=None):
        ### BEGIN SOLUTION
        out, state = self.lstm(x, state)  # (T, B, H)
        return self.linear(out), state  # (T, B, O)
        ### END SOLUTION


# %% id="many-to-many-check"
check.many_to_many(ManyToMany)

# %% [markdown] id="many-to-many-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# What does `nn.LSTM` do with `None` as its second argument? And which axis does it take for time if you say nothing?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# The layers are those of question 4, but without `batch_first`. `forward` is two lines: the LSTM with `x` and `state`,
# then the linear layer on **all** of its outputs. Return the pair of answers and new state.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `out, state = self.lstm(x, state)`, then `return self.linear(...), state`.
#
# </details>

# %% [markdown] id="closing"
# ## What you can do now
#
# You know what goes into `nn.LSTM` and what comes out, you have both model shapes without their usual faults, and you
# have the tests that find those faults in other people's code: change one sequence, change the padding, cut the
# sequence in two.
#
# Next: [lesson 5, weather](../notebooks/05_weather.ipynb), where such a model has to forecast something real.
