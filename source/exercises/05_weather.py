# ---
# jupyter:
#   lstm_course:
#     title: Weather
#     minutes: 80
#     points: 14
# ---

# %% [markdown] id="opening"
# # Exercises 5. Weather
#
# Here you build the tools of [lesson 5](../notebooks/05_weather.ipynb) yourself, and then a model that beats the linear baseline on a year it has
# not seen.
#
# Write your answer where it says `YOUR CODE HERE`, run the cell, then run the check below it: it says which rule is broken and what
# it got. The hints are folded, from a nudge to almost the answer. The questions do not depend on each other. Arrays are numpy
# arrays of float64, except in the last question. Return such arrays (tensors and nested lists of numbers will do as well), and leave
# those that you are given as they are.

# %% id="setup"
import numpy as np
import torch
from torch import nn

from lstm_course.checks import weather as check
from lstm_course.training import train

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower

# %% [markdown] id="windows-task"
# ## 1. Windows
#
# Cut a series $y_0, \dots, y_{N-1}$ into all pairs of `look_back` past values and the `horizon` values that follow them. With
# `look_back=3`, `horizon=2` and the series 0, 1, 2, 3, 4, 5:
#
# | past | future |
# |---|---|
# | 0, 1, 2 | 3, 4 |
# | 1, 2, 3 | 4, 5 |
#
# How many pairs are there for $N$ hours? One too many or too few is the commonest mistake in forecasting code; the next commonest is a
# future that begins with the last hour of the past.


# %% id="windows" points=2 minutes=10 difficulty=1
def windows(series, look_back, horizon):
    """All pairs of past and future, the oldest first.

    series: (N,), look_back and horizon: at least 1, together at most N;
    returns past: (M, look_back) and future: (M, horizon).
    """
    ### BEGIN SOLUTION
    pairs = len(series) - look_back - horizon + 1
    past = np.stack([series[m : m + look_back] for m in range(pairs)])
    future = np.stack([series[m + look_back : m + look_back + horizon] for m in range(pairs)])
    return past, future
    ### END SOLUTION


# %% id="windows-check"
check.windows(windows)

# %% [markdown] id="windows-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# A pair needs `look_back + horizon` hours in a row. Where may it start, at the latest?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Loop over the starts $m = 0, 1, \dots$ and cut two slices for each: one that begins at $m$, one that begins where the first ends. Then
# `np.stack`.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# There are `len(series) - look_back - horizon + 1` pairs. Pair `m` is `series[m : m + look_back]` and
# `series[m + look_back : m + look_back + horizon]`.
#
# </details>

# %% [markdown] id="split-windows-task"
# ## 2. Training and test without leakage
#
# The series is split at the index `boundary`: hours before it are for training, hours from it on are for testing. Windows overlap, so
# splitting a list of windows somewhere in the middle lets hours of the test part into training. Keep to two rules:
#
# - **Training**: no hour at or after the boundary, neither in `past` nor in `future`.
# - **Test**: every hour of `future` at or after the boundary. The `past` may reach back before it: at that time it is known.
#
# Keep every window that the rules allow, in the order of time.


# %% id="split-windows" points=2 minutes=15 difficulty=2
def split_windows(series, look_back, horizon, boundary):
    """Windows for training and for testing.

    series: (N,); boundary: an index, at least look_back + horizon and at most N - horizon;
    returns (past, future), (past, future): first training, then test;
    past: (M, look_back), future: (M, horizon).
    """

    ### BEGIN SOLUTION
    def cut(part):
        both = np.lib.stride_tricks.sliding_window_view(part, look_back + horizon)
        return both[:, :look_back], both[:, look_back:]

    return cut(series[:boundary]), cut(series[boundary - look_back :])
    ### END SOLUTION


# %% id="split-windows-check"
check.split_windows(split_windows)

# %% [markdown] id="split-windows-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Do not split the windows: split the series first, and cut each part into windows.
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# The training part is the series up to the boundary. The test part must begin early enough that its first `future` starts exactly at
# the boundary.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# Cut `series[:boundary]` and `series[boundary - look_back :]` into windows, both as in question 1 (write that loop here again, as a
# small inner function).
#
# </details>

# %% [markdown] id="scale-task"
# ## 3. Scaling
#
# Scale two parts of a table, column by column, by the mean and the standard deviation **of the training part**:
#
# $$z = \frac{x - \mu_\mathrm{train}}{\sigma_\mathrm{train}}$$
#
# with numpy's plain standard deviation. The other part will not come out with mean 0 and spread 1, and should not: equal temperatures must get
# equal numbers in both parts.


# %% id="scale" points=2 minutes=10 difficulty=1
def scale(train, other):
    """Scale both parts by the statistics of the first.

    train: (N, F), other: (M, F); returns scaled train: (N, F), scaled other: (M, F), new arrays.
    """
    ### BEGIN SOLUTION
    mean, spread = train.mean(axis=0), train.std(axis=0)  # (F,)
    return (train - mean) / spread, (other - mean) / spread
    ### END SOLUTION


# %% id="scale-check"
check.scale(scale)

# %% [markdown] id="scale-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# How many means are there for a table with `F` columns?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Compute mean and standard deviation along the axis of the hours, from `train` only, and use the same two rows of numbers for both parts.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `mean, spread = train.mean(axis=0), train.std(axis=0)`, then `(train - mean) / spread`, and the same for `other`.
#
# </details>

# %% [markdown] id="climatology-task"
# ## 4. Climatology
#
# For every day of the year and every hour, the mean of all values measured at that hour on the days **within `half_width` days** of
# that day: with `half_width=2`, the entry for day 10 is the mean over the days 8, 9, 10, 11 and 12 of all years. Here every year has 365
# days, and the year is a circle: two days before day 0 lies day 363.
#
# There may be several values for a day and hour (one a year), or none, and they come in any order. **Each value counts once**: the mean of
# the days' means is something else. Somewhere within `half_width` days there is always a value.


# %% id="climatology" points=3 minutes=15 difficulty=2
def climatology(values, day, hour, half_width):
    """The mean value for each day of the year and hour.

    values: (N,); day: (N,) integers 0 .. 364; hour: (N,) integers 0 .. 23; half_width: 0 or more;
    returns (365, 24).
    """
    ### BEGIN SOLUTION
    total, count = np.zeros((365, 24)), np.zeros((365, 24))
    np.add.at(total, (day, hour), values)
    np.add.at(count, (day, hour), 1)
    shifts = range(-half_width, half_width + 1)
    total = sum(np.roll(total, k, axis=0) for k in shifts)
    count = sum(np.roll(count, k, axis=0) for k in shifts)
    return total / count
    ### END SOLUTION


# %% id="climatology-check"
check.climatology(climatology)

# %% [markdown] id="climatology-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# A mean is a sum divided by a count. Keep two tables of shape (365, 24), one of each.
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Fill the tables with `np.add.at(table, (day, hour), ...)`, which adds up repeated places (`table[day, hour] += ...` does not). Then add to
# each table its own copies shifted by -half_width .. half_width days: `np.roll(table, k, axis=0)` goes round the year.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `sum(np.roll(total, k, axis=0) for k in range(-half_width, half_width + 1))`, the same for `count`, and one division at the end.
#
# </details>

# %% [markdown] id="skill-task"
# ## 5. Skill
#
# An error alone says little. The skill score compares the mean squared errors (MSE) of a forecast and of a reference forecast of the same
# hours, each against the truth and over all hours together:
#
# $$\mathrm{skill} = 1 - \frac{\mathrm{MSE}(\text{forecast})}{\mathrm{MSE}(\text{reference})}$$


# %% id="skill" points=1 minutes=5 difficulty=1
def skill(forecast, reference, truth):
    """The skill score of a forecast.

    forecast, reference, truth: arrays of the same shape; returns one number, below 0 for a
    forecast that is worse than the reference.
    """
    ### BEGIN SOLUTION
    return 1 - np.mean((forecast - truth) ** 2) / np.mean((reference - truth) ** 2)
    ### END SOLUTION


# %% id="skill-check"
check.skill(skill)

# %% [markdown] id="skill-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# What should come out for a perfect forecast, and what if forecast and reference are the same?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Two mean squared errors, each against the truth; no square roots.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `np.mean((forecast - truth) ** 2)` is the first of the two.
#
# </details>

# %% [markdown] id="train-forecaster-task"
# ## 6. Beat the linear model
#
# Now with real weather. `inputs` holds the 26,303 hours of 2010 to 2012, one row per hour with the 12 scaled columns of the lesson;
# `changes[t]` says how much the temperature changes from hour $t$ to hour $t + 1$, in units of the spread of such changes.
#
# Train any model you like and return it, with dropout, if any, switched off. It is called with a tensor (B, T, 12) and returns one forecast per
# hour, (B, T) or (B, T, 1): its output at hour $t$ may depend on hours up to $t$ of its own series only. The check lets it read the year 2014, which it has never seen, and asks for an RMSE below 0.97 of a linear
# autoregression over 24 hours with calendar.
#
# The lesson's recipe takes a few seconds: stretches of 72 hours, 64 at a time, drawn at random; the first 24 hours of each not scored; Adam with
# step size 0.01. `train(model, batches, loss, steps=..., lr=...)` is the course's training loop; `batches` yields pairs
# (inputs, targets). Stay below twenty seconds.


# %% id="train-forecaster" points=4 minutes=25 difficulty=3
def train_forecaster(inputs, changes):
    """Train a model that forecasts the change to the next hour.

    inputs: (N, 12), changes: (N,), float32; returns a model: (B, T, 12) -> (B, T) or (B, T, 1).
    """

    ### BEGIN SOLUTION
    class Forecaster(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = nn.LSTM(12, 32, batch_first=True)
            self.linear = nn.Linear(32, 1)

        def forward(self, x):  # (B, T, 12)
            h, _ = self.lstm(x)  # (B, T, 32)
            return self.linear(h)[..., 0]  # (B, T)

    def stretches():
        while True:
            start = torch.randint(len(inputs) - 71, (64, 1))
            hours = start + torch.arange(72)  # (B, T)
            yield inputs[hours], changes[hours]

    def loss(forecast, target):
        return ((forecast - target)[:, 24:] ** 2).mean()

    torch.manual_seed(0)
    model = Forecaster()
    train(model, stretches(), loss, steps=250, lr=0.01)
    return model
    ### END SOLUTION


# %% id="train-forecaster-check"
check.train_forecaster(train_forecaster)

# %% [markdown] id="train-forecaster-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# `nn.LSTM` returns its hidden state at **every** hour, so one linear layer on all of them gives a forecast for every hour of a stretch.
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Three parts: a module (LSTM with `batch_first=True`, then `nn.Linear(32, 1)`); a generator that draws 64 random starts and yields
# `inputs[hours], changes[hours]`; a loss that leaves out the first 24 hours. Then `train(...)` and return the model.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `start = torch.randint(len(inputs) - 71, (64, 1))` and `hours = start + torch.arange(72)` give indices of shape (64, 72). Let the module return
# `linear(h)[..., 0]`, so that forecasts and targets have the same shape: (64, 72) minus (64, 72, 1) would broadcast silently. 250
# steps are enough.
#
# </details>

# %% [markdown] id="closing"
# ## What you can do now
#
# You can cut and split a series without leaking, scale it by the past, write down what is usual, measure skill, and train a network that is
# better than a good linear model on a year it has not seen: by a few percent, as the [lesson](../notebooks/05_weather.ipynb) measured.
# Want more? Give the linear model its own coefficients for every hour and see how much of your lead is left.
