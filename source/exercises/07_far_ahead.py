# ---
# jupyter:
#   lstm_course:
#     title: Far ahead
#     minutes: 80
#     points: 13
# ---

# %% [markdown] id="opening"
# # Exercises 7. Far ahead
#
# Here you build what [lesson 7](../notebooks/07_far_ahead.ipynb) uses: a rollout, the matrix of its loop and the number that decides whether it goes
# flat, targets for a direct forecast, and at the end a forecast of whole weeks of weather that beats the climatology.
#
# Write your answer where it says `YOUR CODE HERE`, run the cell, then run the check below it: it says which rule is broken and what
# it got. The hints are folded, from a nudge to almost the answer. The questions do not depend on each other. Windows hold the
# **oldest value first**, as in the lesson.

# %% id="setup"
import torch

from lstm_course import forecasting
from lstm_course.checks import far_ahead as check
from lstm_course.training import train

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower

# %% [markdown] id="rollout-task"
# ## 1. Rollout
#
# `one_step` forecasts the next value of each window. Feed it back: append the forecast to the window, drop the oldest value, and forecast
# again, `horizon` times. With `one_step` = "sum of the window", the window 1, 1 and `horizon=4`:
#
# | window | forecast |
# |---|---|
# | 1, 1 | 2 |
# | 1, 2 | 3 |
# | 2, 3 | 5 |
# | 3, 5 | 8 |
#
# The known windows belong to the caller: leave them as they are. And let gradients flow, so that a model can be trained on its own output.
#
# (`forecasting.rollout` does this; here you write it yourself. The same holds for `forecasting.companion_matrix` in the next question.)


# %% id="rollout" points=2 minutes=10 difficulty=1
def rollout(one_step, window, horizon):
    """Feed a one-step forecast back.

    one_step: takes (M, L), returns (M,); window: (M, L), oldest value first; horizon: at least 1;
    returns (M, horizon), of the dtype of the window.
    """
    ### BEGIN SOLUTION
    values = []
    for _ in range(horizon):
        value = one_step(window)  # (M,)
        values.append(value)
        window = torch.cat([window[:, 1:], value[:, None]], dim=1)  # (M, L)
    return torch.stack(values, dim=1)
    ### END SOLUTION


# %% id="rollout-check"
check.rollout(rollout)

# %% [markdown] id="rollout-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Write down the first three windows of the table. What happens to a window between two forecasts?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# In a loop: forecast, keep the forecast in a list, build a **new** window from all but the first column and the forecast. At the end
# stack the list along the second axis.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `window = torch.cat([window[:, 1:], value[:, None]], dim=1)` makes the next window, `torch.stack(values, dim=1)` the result.
#
# </details>

# %% [markdown] id="companion-matrix-task"
# ## 2. The companion matrix
#
# For a linear autoregression $\hat y_{t+1} = a_L\, y_{t-L+1} + \dots + a_2\, y_{t-1} + a_1\, y_t$ the rollout's step from one window to the next is
# a matrix. Write it for coefficients given oldest first, $(a_L, \dots, a_1)$, so that `C @ window` is the next window. For $L = 3$:
#
# $$\begin{pmatrix} y_{t-1} \\ y_t \\ \hat y_{t+1} \end{pmatrix} =
# \begin{pmatrix} 0 & 1 & 0 \\ 0 & 0 & 1 \\ a_3 & a_2 & a_1 \end{pmatrix}
# \begin{pmatrix} y_{t-2} \\ y_{t-1} \\ y_t \end{pmatrix}$$


# %% id="companion-matrix" points=2 minutes=10 difficulty=1
def companion_matrix(coefficients):
    """The matrix that moves a window by one step.

    coefficients: (L,), the oldest value's first; returns (L, L), of the same dtype.
    """
    ### BEGIN SOLUTION
    L = len(coefficients)
    C = torch.zeros(L, L, dtype=coefficients.dtype)
    for row in range(L - 1):
        C[row, row + 1] = 1.0  # shift the window by one place
    C[-1] = coefficients
    return C
    ### END SOLUTION


# %% id="companion-matrix-check"
check.companion_matrix(companion_matrix)

# %% [markdown] id="companion-matrix-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# All rows but the last only move values to their new place. Which entry of the old window does row 0 pick?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Begin with zeros, put a 1 right of the diagonal in every row but the last, and the coefficients into the last row.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `torch.eye(L, dtype=coefficients.dtype)[1:]` holds all rows but the last. `torch.cat` can put `coefficients[None]` below it.
#
# </details>

# %% [markdown] id="wave-left-task"
# ## 3. How fast does it go flat?
#
# Per step of the rollout what is left of the start shrinks, in the long run, by the **spectral radius** of the companion matrix: the largest
# modulus $|\lambda|$ of its eigenvalues, which may be complex. Write a function that takes the closed loop's matrix and returns the spectral radius
# and the number of steps after which a share `share` is left, if it shrinks by exactly the radius at every step:
#
# $$\rho^{\,k} = \text{share} \quad\Longrightarrow\quad k = \frac{\log \text{share}}{\log \rho}$$
#
# A loop with $\rho \ge 1$ never gets there: return infinity (`float("inf")`) for it.


# %% id="wave-left" points=2 minutes=10 difficulty=2
def wave_left(C, share):
    """The spectral radius of a closed loop, and the steps until only `share` is left.

    C: (L, L); share: a number between 0 and 1; returns two real numbers, the radius and the steps
    (not rounded).
    """
    ### BEGIN SOLUTION
    rho = torch.linalg.eigvals(C).abs().max().item()
    if rho >= 1:
        return rho, float("inf")
    return rho, torch.log(torch.tensor(share)).item() / torch.log(torch.tensor(rho)).item()
    ### END SOLUTION


# %% id="wave-left-check"
check.wave_left(wave_left)

# %% [markdown] id="wave-left-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# An eigenvalue may be complex or negative. What says how long the arrow is?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# `torch.linalg.eigvals` gives complex eigenvalues (not `eigvalsh`, which is for symmetric matrices, and not singular values). Take
# `.abs()`, then the largest. Treat `rho >= 1` before you divide by $\log\rho$.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `rho = torch.linalg.eigvals(C).abs().max().item()`; the logarithms of two plain numbers are `math.log(share)` and `math.log(rho)`
# (after `import math`).
#
# </details>

# %% [markdown] id="direct-targets-task"
# ## 4. Direct targets
#
# A recurrent network that forecasts `horizon` steps at once gives, at every time $t$ of a series, `horizon` numbers. Make their targets, as
# **changes from the value at** $t$:
#
# $$\text{target}[t, k] = y_{t+1+k} - y_t, \qquad k = 0, \dots, \text{horizon} - 1$$
#
# for every $t$ for which all of them are known. The commonest mistake is to begin with $y_t$ itself: the first column would be 0.


# %% id="direct-targets" points=2 minutes=10 difficulty=2
def direct_targets(series, horizon):
    """For every time the changes to the next `horizon` values.

    series: (T,), longer than horizon; returns (T - horizon, horizon), of the same dtype.
    """
    ### BEGIN SOLUTION
    later = series[1:].unfold(0, horizon, 1)  # (T - horizon, horizon): y_{t+1} ... y_{t+horizon}
    return later - series[: len(later), None]
    ### END SOLUTION


# %% id="direct-targets-check"
check.direct_targets(direct_targets)

# %% [markdown] id="direct-targets-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# For a series of 5 values and `horizon=2`: which is the last $t$ that has two values after it?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Column $k$ is the series shifted by $1 + k$, minus the series. Cut all columns to the length `len(series) - horizon` and stack them.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# With `n = len(series) - horizon`, column `k` is `series[1 + k : 1 + k + n] - series[:n]`; then `torch.stack(columns, dim=1)`.
#
# </details>

# %% [markdown] id="forecast-weeks-task"
# ## 5. Choose a cure, and beat the climatology
#
# Real weather, all 168 hours of a week. You get the hours of 2010 to 2012:
#
# - `temperature`: (26304,), scaled to mean 0 and standard deviation 1;
# - `calendar`: (26304, 4), sine and cosine of the hour and of the day of the year.
#
# Train what you like, and return a **function** `forecast(past, past_calendar, week_calendar)`: it gets the last 72 hours of M weeks, `past` (M, 72), their
# calendar (M, 72, 4) and the calendar of the hours to come (M, 168, 4), and returns the temperatures to come, (M, 168), scaled like `past`; each week is
# forecast from its own past, whatever the other weeks are. The check calls it for weeks of 2014 and asks for an RMSE below 0.97 of the climatology's.
#
# Choose a cure of the lesson: hour by hour with the state kept (`forecasting.carry_on(model, past, horizon, known)` does the feeding back), trained on its own
# output, or direct with 168 outputs. Or a linear model: nobody says that it must be a network. Stay below twenty seconds.


# %% id="forecast-weeks" points=5 minutes=40 difficulty=3
def forecast_weeks(temperature, calendar):
    """Train, and return a function that forecasts weeks.

    temperature: (N,), calendar: (N, 4), float32, hour by hour.
    The function: past (M, 72), past_calendar (M, 72, 4), week_calendar (M, 168, 4) -> (M, 168).
    """
    ### BEGIN SOLUTION
    x = torch.column_stack([temperature, calendar])  # (N, 5)
    later = temperature[1:].unfold(0, 168, 1)  # (N - 168, 168)

    def stretches(generator):
        while True:
            t = torch.randint(len(later) - 71, (16, 1), generator=generator) + torch.arange(72)
            yield x[t], later[t]  # (B, 72, 5), (B, 72, 168)

    def loss(forecast, target):
        return ((forecast - target)[:, 24:] ** 2).mean()

    torch.manual_seed(0)
    model = forecasting.Forecaster(inputs=5, hidden=32, horizon=168, change=0.4)  # direct
    batches = stretches(torch.Generator().manual_seed(0))
    for steps, lr in ((150, 0.01), (100, 0.001)):
        train(model, batches, loss, steps=steps, lr=lr)

    def forecast(past, past_calendar, week_calendar):
        with torch.no_grad():
            return model(torch.cat([past[..., None], past_calendar], dim=2))[:, -1]

    return forecast
    ### END SOLUTION


# %% id="forecast-weeks-check"
check.forecast_weeks(forecast_weeks)

# %% [markdown] id="forecast-weeks-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Direct is the shortest way: one network that reads the past and gives 168 numbers, and nothing to feed back. What would have to be its targets?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# `forecasting.Forecaster(inputs=5, hidden=32, horizon=168, change=0.4)` reads (B, T, 5), temperature first, and gives at **every** hour the next 168 temperatures.
# Draw stretches of 72 hours with their targets (B, 72, 168), 16 at a time, do not score the first 24 hours, and train with a large step size
# first, then with a small one. `forecast` reads the past and takes the last hour's row.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `later = temperature[1:].unfold(0, 168, 1)` holds the targets: row `t` is what follows hour `t`. Batches: `t = torch.randint(len(later) - 71, (16, 1)) +
# torch.arange(72)`, then `x[t], later[t]`. Train 150 steps with `lr=0.01` and 100 with `lr=0.001`. At the end
# `model(torch.cat([past[..., None], past_calendar], dim=2))[:, -1]`.
#
# </details>

# %% [markdown] id="closing"
# ## What you can do now
#
# You can roll a forecast out, foretell from one number how fast it goes flat, and replace it by one that beats the climatology over a week. How
# far does your lead reach? Plot the error by day beside the climatology's, as in the [lesson](../notebooks/07_far_ahead.ipynb), and see where they meet.
