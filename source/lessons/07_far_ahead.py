# ---
# jupyter:
#   lstm_course:
#     title: Far ahead
#     minutes: 75
# ---

# %% [markdown] id="opening"
# # 7. Far ahead
#
# **The question.** Why does a forecast fed back into itself go flat, and what helps?
#
# **Afterwards you will be able to**
# - roll a one-step forecast out over many steps, and keep the network's state while doing so;
# - say why a rollout slides into a constant, and compute how fast, from one matrix;
# - tell which cures work, on which horizon, against which simple forecasts;
# - draw sampled futures instead of one mean, and check whether their spread is honest;
# - recognise when a flat forecast is the right one.
#
# **Time.** About 75 minutes with the exercises left for later. All cells together run in less than a minute.
#
# **Before you start.** [Lesson 1](01_why_rnns_forget.ipynb), for the spectral radius, and [lesson 5](05_weather.ipynb), for the weather and
# its baselines.
#
# > **Note.** As in lesson 5, where a network was trained the cells print a claim that leaves room, and whether it holds. Forecasts by
# > formula are printed as numbers.

# %% id="setup"
import copy

import numpy as np
import torch
from torch import nn

from lstm_course import baselines, forecasting, gradients, tasks, weather
from lstm_course.drawings import forecasting_figures
from lstm_course.forecasting import Forecaster, carry_on, wave_size
from lstm_course.training import train
from lstm_course.widgets.rollout import RolloutExplorer

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower


def claim(words, holds):
    print(f"{words}: {bool(holds)}")


def seeded(seed):
    return torch.Generator().manual_seed(seed)


# %% [markdown] id="rollout-text"
# ## A forecast that eats its own words
#
# A model that knows the next step seems to know all steps: forecast one, append it to the window as if it had been measured, drop
# the oldest value, forecast again. This is a **rollout**. Many tutorials end with one, and in many of them the line goes flat
# after a few steps.


# %% id="rollout"
def rollout(one_step, window, horizon):
    values = []
    for _ in range(horizon):
        value = one_step(window)  # (M,) from windows (M, L), oldest value first
        values.append(value)
        window = torch.cat([window[:, 1:], value[:, None]], dim=1)  # (M, L)
    return torch.stack(values, dim=1)  # (M, horizon)


# %% [markdown] id="series-text"
# Two series to try it on. A **noisy sine**: 12 steps per wave, amplitude 1, and a measuring error with standard deviation 0.3 on
# every value. Nothing could be easier to continue. And the **weather** of lesson 5, hour by hour, of which we forecast whole weeks of 2014.

# %% id="sine"
PERIOD, HORIZON, NOISE, SEEDS = 12, 48, 0.3, range(3)


def sines(seed, noise=NOISE, batch=64, steps=128):
    return tasks.noisy_sine(batch, steps, noise, PERIOD, seeded(seed))  # measured, clean


measured, clean = sines(seed=99, batch=256, steps=64 + 4 * HORIZON)
known, truth = measured[:, :64], clean[:, 64:]  # (256, 64), (256, 192): 256 forecasts

# %% id="weather"
beijing = weather.load()
time, temperature = beijing.time, beijing.temperature  # (N,)
TRAIN, TEST = weather.years(time, 2010, 2012), weather.years(time, 2014, 2014)
mean, spread = temperature[TRAIN].mean(), temperature[TRAIN].std()
y = torch.tensor((temperature - mean) / spread, dtype=torch.float32)  # (N,)

WEEK = 168
start = torch.arange(TEST.start, TEST.stop - WEEK, 29)  # (M,) first hours, at all times of day
ahead = start[:, None] + torch.arange(WEEK)  # (M, 168) hours to forecast
week = temperature[ahead]  # (M, 168)
print(len(start), "forecasts of a week each, the first from", time[start[0]], "on")


def before(hours):
    return start[:, None] + torch.arange(-hours, 0)  # (M, hours) known hours


def degrees(forecast):
    return forecast.double().numpy() * spread + mean


# %% [markdown] id="two-values-text"
# The model of the tutorials: an LSTM reads a short window, here the last **two** values, and a linear layer forecasts the next. We train it on
# all windows of the series. `Forecaster` (from the course's package) is just that: `nn.LSTM` and `nn.Linear`, with a forecast at every step,
# of which a window needs the last.


# %% id="train-windows"
def windows(series, look_back, horizon, seed, size):
    rows = series.unfold(1, look_back + horizon, 1).flatten(0, 1)  # (all windows, L + horizon)
    generator = seeded(seed)
    while True:
        some = rows[torch.randint(len(rows), (size,), generator=generator)]
        yield some[:, :look_back, None], some[:, look_back:]  # (B, L, 1), (B, horizon)


def last_only(forecast, target):
    return ((forecast[:, -1] - target) ** 2).mean()


def fit_windows(series, look_back, seed, horizon=1, size=64, plan=((300, 0.01),)):
    torch.manual_seed(seed)
    model = Forecaster(horizon=horizon)
    batches = windows(series, look_back, horizon, seed, size)
    for steps, lr in plan:
        train(model, batches, last_only, steps=steps, lr=lr)
    return model.requires_grad_(False)


def one_step(model):
    return lambda window: model(window[..., None])[:, -1, 0]  # (M, L) -> (M,)


# %% [markdown] id="flat-guess"
# > **Guess first.** The sine has amplitude 1, and the noise is clearly smaller. After four waves (48 steps), how much of the wave will be left in the
# > forecast? And of the day's wave in the temperature, after a week?

# %% id="flat"
two_values = [fit_windows(sines(seed)[0], 2, seed) for seed in SEEDS]
sine_two = [rollout(one_step(model), known[:, -2:], HORIZON) for model in two_values]
plan = ((200, 0.01), (100, 0.002))
cold = [fit_windows(y[None, TRAIN], 2, seed, size=512, plan=plan) for seed in SEEDS[:2]]
week_two = [degrees(rollout(one_step(model), y[before(2)], WEEK)) for model in cold]


# %% id="flat-claims"
def daily_wave(forecast):  # as a share of the truth's, from every hour on for one day
    return (wave_size(torch.tensor(forecast), 24) / wave_size(torch.tensor(week), 24)).numpy()


sine_left = torch.stack([wave_size(path, PERIOD) for path in sine_two])  # (seeds, 37)
claim("sine: below 0.5 of the wave in steps 1 to 12", (sine_left[:, 0] < 0.5).all())
claim("sine: below 0.15 in steps 13 to 24", (sine_left[:, 12] < 0.15).all())
claim("sine: below 0.05 in steps 37 to 48", (sine_left[:, 36] < 0.05).all())
week_left = np.stack([daily_wave(path) for path in week_two])  # (seeds, 145)
claim("weather: below 0.5 of the daily wave on day 1", np.all(week_left[:, 0] < 0.5))
claim("weather: below 0.25 on day 4", np.all(week_left[:, 72] < 0.25))
claim("and hour 168 the same to 1 deg C in all weeks", np.all(np.ptp(week_two, axis=1)[:, -1] < 1))

# %% id="flat-figure"
one = 150  # a week in summer
sine = {"truth": truth[0, :HORIZON], "two values": sine_two[0][0]}
summer = {"truth": week[one], "two values": week_two[0][one]}
forecasting_figures.flat([sine, summer], [sine_left[0], week_left[0]])

# %% [markdown] id="explanations"
# Flat, on every seed. Common explanations: "LSTMs cannot forecast far", "errors add up", "one should forecast several steps at once".
# We shall test them. There are two quite different causes, and the first is not about forecasting at all.
#
# ## First suspect: the state is thrown away
#
# An LSTM gathers what it has read in its state $(h_t, c_t)$. The rollout above calls the network anew at each step, with a window of two
# values and a state of zeros: all it knows are two numbers.
#
# So train an LSTM the other way, on long stretches with a forecast at every step, as in lesson 5. Then use **the same weights** in
# three ways:
#
# 1. read the known values, then feed back one value at a time and **keep the state** (`model.read` takes a state and returns the new one);
# 2. the same, but with an empty state at the start: it has read two values only;
# 3. the rollout from above: an empty state **at every step**, and a window of two values.
#
# To be sure that noise plays no part, the sine here is free of it.


# %% id="carry"
def keep_the_state(model, past, horizon):  # past (M, L), known values
    forecast, state = model.read(past[..., None])  # forecast (M, L, 1), state (h, c)
    values = [forecast[:, -1]]
    for _ in range(horizon - 1):
        forecast, state = model.read(values[-1][:, None], state)  # one value, and the state
        values.append(forecast[:, -1])
    return torch.cat(values, dim=1)  # (M, horizon)


# %% id="train-stretches"
def stretches(x, target, seed, length=72, size=32):  # x (rows, T, I), target (rows, T, horizon)
    generator = seeded(seed)
    while True:
        row = torch.randint(len(x), (size, 1), generator=generator)
        first = torch.randint(target.shape[1] - length + 1, (size, 1), generator=generator)
        part = first + torch.arange(length)  # (B, length)
        yield x[row, part], target[row, part]


def after_warm_up(forecast, target):
    return ((forecast - target)[:, 24:] ** 2).mean()


def fit_sines(series, seed):
    torch.manual_seed(seed)
    model = Forecaster()
    x, target = series[:, :-1, None], series[:, 1:, None]  # the next value, at every step
    train(model, stretches(x, target, seed), after_warm_up, steps=250, lr=0.01)
    return model.requires_grad_(False)


# %% [markdown] id="state-guess"
# > **Guess first.** Which of the three go flat? Does number 2 recover, although it began with two values only?


# %% id="state"
def rmse(forecast, target):
    return ((forecast - target) ** 2).mean().sqrt().item()


ways = {
    "state kept": lambda model, past: keep_the_state(model, past, 4 * HORIZON),
    "empty at the start": lambda model, past: keep_the_state(model, past[:, -2:], 4 * HORIZON),
    "empty at every step": lambda model, past: rollout(one_step(model), past[:, -2:], 4 * HORIZON),
}
quiet = [fit_sines(sines(seed, noise=0.0)[0], seed) for seed in SEEDS]
left, error = {}, {}
for name, way in ways.items():
    paths = [way(model, clean[:, :64]) for model in quiet]  # (256, 192) each
    left[name] = torch.stack([wave_size(path, PERIOD) for path in paths])  # (seeds, 181)
    error[name] = torch.tensor([rmse(path[:, :HORIZON], truth[:, :HORIZON]) for path in paths])

# %% id="state-claims"
at_last = {name: wave[:, -1] for name, wave in left.items()}  # after 15 waves
claim("state kept: still above 0.9 of the wave after 15 waves", (at_last["state kept"] > 0.9).all())
claim("empty at the start: the same", (at_last["empty at the start"] > 0.9).all())
claim("empty at every step: below 0.05", (at_last["empty at every step"] < 0.05).all())
nothing = rmse(torch.zeros_like(truth), truth)
print(f"always forecasting the mean: RMSE {nothing:.2f}")
claim("state kept: RMSE below 0.15", (error["state kept"] < 0.15).all())
claim("empty at the start: above 0.25", (error["empty at the start"] > 0.25).all())
lost = error["empty at every step"]
claim("empty at every step: no better than 0.95 of that mean", (lost > 0.95 * nothing).all())

# %% id="state-figure"
forecasting_figures.waves_left({name: wave[0] for name, wave in left.items()})

# %% [markdown] id="state-reading"
# (From here on we use `carry_on` of the course's package: `keep_the_state` with room for inputs that are known ahead.)
#
# The same weights go on for ever or go flat at once. What decides is whether the state is handed on. Even a state that starts
# empty fills up on the rollout's own values: the wave comes back, only shifted, because two values are too few to place it well.
#
# **If your rollout is flat, look here first.** A network that was trained on long sequences and is then called step by step with fresh
# zeros has lost its memory, and the code raises no error.
#
# ## Second cause: the loop contracts
#
# But our first model was *trained* on windows of two values. It never had a longer memory, nothing was thrown away, and it is flat as
# well. Why?
#
# ### What a forecast is
#
# Squared error rewards one answer: of all futures that can follow what was seen, the **mean** (the *conditional mean*,
# $\hat y_{t+1} = E[\,y_{t+1} \mid \text{what was seen}\,]$). The less the window says, the more futures fit, and the closer their mean lies
# to the mean of everything. Two
# noisy values say little.
#
# We can watch this in the simplest model, a **linear autoregression** $\hat y_{t+1} = a_2\, y_{t-1} + a_1\, y_t$ by least squares. A sine
# without noise obeys
#
# $$y_{t+1} = -y_{t-1} + 2\cos(2\pi/12)\; y_t$$
#
# exactly. (The series have mean 0, so we leave out the constant.)
#
# > **Guess first.** With noise, do the two coefficients grow, shrink, or just get uncertain?


# %% id="coefficients"
def autoregression(series, look_back):
    rows = series.double().unfold(1, look_back + 1, 1).flatten(0, 1)  # (all windows, L + 1)
    # rcond: where many solutions fit, as without noise, take the smallest
    fit = torch.linalg.lstsq(rows[:, :-1], rows[:, -1:], rcond=1e-5, driver="gelsd")
    return fit.solution[:, 0]  # (L,), oldest first


print(f"by the formula: a_2 = -1, a_1 = {2 * np.cos(2 * np.pi / PERIOD):.2f}")
for noise in (0.0, 0.1, 0.3, 1.0):
    a = autoregression(sines(0, noise)[0], 2)  # (a_2, a_1)
    print(f"noise {noise:.1f}: a_2 = {a[0]:5.2f}, a_1 = {a[1]:.2f}")

# %% [markdown] id="companion-text"
# They shrink. This is the right thing to do for *one* step: it trusts noisy values less. Now feed it back. The rollout takes a
# window to the next window, and for a linear model that is one matrix, the **companion matrix**:
#
# $$\begin{pmatrix} y_t \\ \hat y_{t+1} \end{pmatrix} = \underbrace{\begin{pmatrix} 0 & 1 \\ a_2 & a_1 \end{pmatrix}}_{C}
# \begin{pmatrix} y_{t-1} \\ y_t \end{pmatrix}, \qquad \text{after } k \text{ steps: } C^k.$$
#
# (With $L$ values: ones above the diagonal, which shift the window, and the coefficients in the last row.) And what powers of a matrix do
# in the long run, lesson 1 has measured: they grow or shrink by the **spectral radius** $\rho(C)$ per step.

# %% id="companion"
a = autoregression(sines(0, noise=0.1)[0], 2)  # little noise, to see it shrink slowly
C = forecasting.companion_matrix(a)  # (L, L)
rho = gradients.spectral_radius(C)  # the function of lesson 1
print("C =", [[f"{entry:.2f}" for entry in row] for row in C])
print(f"spectral radius {rho:.3f}")

path = rollout(lambda window: window @ a, known[:, -2:].double(), 4 * HORIZON)
left = wave_size(path, PERIOD)
print("steps      wave left   first value times rho^k")
for k in (0, 6, 12, 24, 36):
    print(f"{k + 1:2} to {k + PERIOD:2}   {left[k]:.6f}    {left[0] * rho**k:.6f}")
powers = known[:, -2:].double() @ torch.linalg.matrix_power(C, 30).T  # window 30 steps later
same = torch.allclose(powers, path[:, 28:30])
claim("the rollout's steps 29 and 30 are C^30 times the window", same)

# %% [markdown] id="companion-reading"
# The rollout *is* multiplication by $C$, again and again, and one number foretells how fast it dies. (The small differences come from the
# turning: the pair of eigenvalues also has an angle, so a stretch of 12 steps catches it now at a better, now at a worse moment.)
#
# So the chain is: **noise and a short window → careful coefficients → $\rho < 1$ → the loop contracts → a flat line.** No part of the model is
# wrong. But in a rollout the window holds *forecasts*, and the model discounts them as if they were noisy measurements: once at the first
# step, once more at the second, and so on. The best one-step forecast, repeated, is not the best forecast of many steps.
#
# ### The LSTM's loop
#
# An LSTM is not linear, so it has no companion matrix. But its rollout is a map as well, $F$: window → next window, or, with the state
# kept, $(y, h, c)$ → next $(y, h, c)$. Two things decide what repeating $F$ does:
#
# - the **fixed point** $s^* = F(s^*)$, where nothing changes any more: the flat line;
# - the **Jacobian** $J = \partial F / \partial s$ there: small differences from $s^*$ are multiplied by $J$ at every step.
#
# If $\rho(J) < 1$, the flat line attracts all that comes near. If $\rho(J) > 1$, it repels: the rollout cannot stay flat.
# `fixed_point` finds $s^*$ by Newton's method, attracting or not.
#
# > **Guess first.** On which side of 1 is $\rho(J)$ for the LSTM that reads two values? And for one that was trained on long stretches of the
# > same noisy sine and keeps its state?


# %% id="closed-loop"
def radius_at_rest(loop, size):
    states = [torch.zeros(size, dtype=torch.float64)]
    for _ in range(500):
        states.append(loop(states[-1]))
    middle = torch.stack(states[-240:]).mean(0)  # of 20 waves, if there are any: a start for Newton
    rest = forecasting.fixed_point(loop, middle)
    return gradients.spectral_radius(forecasting.jacobian(loop, rest))


long_memory = [fit_sines(sines(seed)[0], seed) for seed in SEEDS]  # noisy, state kept
radius = {"two values": [], "state kept": []}
for short, long in zip(two_values, long_memory):
    loop = forecasting.window_loop(one_step(copy.deepcopy(short).double()))  # (2,) -> (2,)
    radius["two values"].append(radius_at_rest(loop, 2))
    loop = forecasting.state_loop(copy.deepcopy(long).double())  # (1 + 2 H,) -> (1 + 2 H,)
    radius["state kept"].append(radius_at_rest(loop, 1 + 2 * long.lstm.hidden_size))
claim("two values: radius between 0.3 and 0.95", all(0.3 < r < 0.95 for r in radius["two values"]))
claim("state kept: radius above 1.1", all(r > 1.1 for r in radius["state kept"]))

# %% id="closed-loop-paths"
sine_long = [carry_on(model, known[..., None], 4 * HORIZON) for model in long_memory]
left = torch.stack([wave_size(path, PERIOD) for path in sine_long])
claim("state kept: above 0.9 of the wave after 15 waves", (left[:, -1] > 0.9).all())
claim("and below 1.1, so it does not grow either", (left[:, -1] < 1.1).all())

# %% [markdown] id="closed-loop-reading"
# Noise alone does not make a rollout flat: with the state kept, the LSTM has read many noisy values, their errors average out, and it can
# afford to trust them. Its flat line repels. And since $\tanh$ and $\sigma$ bound the state, the wave does not grow for ever
# either; it settles on a wave of the right size. (Such a **limit cycle** is something no linear model has: for it, $\rho$ exactly 1 is
# the only way to keep a wave.)
#
# ### Do errors add up?
#
# The usual explanation is another: each step makes an error, the errors pile up, and so the forecast fails. If that were so,
#
# - two rollouts that start a little apart should come **further** apart,
# - and the error should **grow** without end.
#
# > **Guess first.** We add 0.1 to both values of every window of the two-value LSTM. How far apart are the two rollouts after 60 steps?

# %% id="errors-add-up"
for seed, short in zip(SEEDS, two_values):
    step = one_step(copy.deepcopy(short).double())
    begin = known[:, -2:].double()
    path = rollout(step, begin, 192)
    apart = rollout(step, begin + 0.1, 192) - path
    distance = apart.square().mean(0).sqrt()  # (192,)
    error = (path - truth).square().mean(0).sqrt()  # (192,)
    shrunk = distance / distance[0]
    claim(f"seed {seed}: less than half as far apart after 60 steps", shrunk[60] < 0.5)
    claim(f"seed {seed}: less than a hundredth after 190", shrunk[190] < 0.01)
    claim(f"seed {seed}: the error stays below 1.1 at every step", (error < 1.1).all())

# %% [markdown] id="errors-reading"
# The opposite of adding up: differences **die out**. After a while the forecast no longer depends on where it started, on an error in the
# start no more than on the wave in the start. Its error does not grow without end; it stops about where forecasting a constant stops.
# The rollout does not accumulate errors, it *forgets*. (There are loops whose errors do grow, such as with $\rho > 1$ or chaotic ones. But
# those do not go flat.)
#
# ### The same number as in lesson 1
#
# "The forecast no longer depends on its start" is a statement about a derivative. Lesson 1 asked how $h_T$ depends on $h_{T-k}$;
# ask now how the window at step $T$ of the rollout depends on the window $k$ steps before. It is the same product of Jacobians, so the same
# two functions can measure it.

# %% id="lesson-one"
step = one_step(copy.deepcopy(two_values[0]).double())
loops = {
    "linear": lambda window: torch.cat([window[1:], (window @ a)[None]]),
    "LSTM, two values": forecasting.window_loop(step),
}
for name, loop in loops.items():
    states = [known[0, -2:].double().requires_grad_()]
    for _ in range(300):
        states.append(loop(states[-1]))
    norms = gradients.norms_by_lag(states)[:81]  # (81,): the last 80 steps, near the fixed point
    rate = gradients.decay_rate(norms, first=20)
    expected = rho if name == "linear" else radius["two values"][0]
    claim(f"{name}: rate per step within 0.03 of the spectral radius", abs(rate - expected) < 0.03)

# %% [markdown] id="lesson-one-reading"
# **A spectral radius below 1 kills gradients backwards and forecasts forwards.** In lesson 1 it kept the network from learning what was long
# ago; here it keeps the forecast from carrying today into next week. One number, read in two directions.
#
# ## Window against noise
#
# So how long must the window be? It depends on the noise. For the linear model the answer is a table: $\rho$ of the companion matrix, and
# what it leaves after a hundred steps, $\rho^{100}$.
#
# > **Guess first.** With noise 0.3, is a window of 6, half a wave, enough to keep half of the wave over a hundred steps?

# %% id="window-noise"
LENGTHS, NOISES = (2, 3, 6, 12, 24, 48), (0.0, 0.1, 0.3, 1.0)
print("rho and rho^100".ljust(17), *(f"noise {noise:.1f}  " for noise in NOISES), sep="  ")
radii = {}
for look_back in LENGTHS:
    for noise in NOISES:
        a = autoregression(sines(0, noise)[0], look_back)
        radii[noise, look_back] = gradients.spectral_radius(forecasting.companion_matrix(a))
    row = [radii[noise, look_back] for noise in NOISES]
    print(f"look-back {look_back:2}     ", *(f"{r:.3f} {r**100:.2f}" for r in row), sep="  ")

# %% id="eigenvalues"
shown = {}
for look_back in (2, 6, 24):
    C = forecasting.companion_matrix(autoregression(sines(0)[0], look_back))
    shown[f"look-back {look_back}"] = torch.linalg.eigvals(C).numpy()
largest = ", ".join(f"{np.abs(values).max():.2f} ({name})" for name, values in shown.items())
forecasting_figures.loops(
    shown,
    "Eigenvalues of the companion matrix at noise 0.3 and the unit circle; squares: the largest.",
    f"""Three panels with the unit circle. Largest modulus: {largest}. With two values the only pair
    lies well inside the circle; with 6 one pair is close to it, at the angle of the wave; with
    24 that pair lies on it, and the others form a ring further inside.""",
)

# %% [markdown] id="window-reading"
# Read the first column: without noise two values are enough for ever. Along a row: any noise pulls $\rho$ below 1 (the table rounds).
# Down a column: a longer window pulls it
# back. One wave of history at noise 0.3 keeps most of the wave; the more noise, the more history it takes to average it out. The pair of
# eigenvalues that carries the wave moves to the circle; all others stay inside, and what they carry (the noise) dies. That is just as it should be.
# (In the corner of two values and much noise $\rho$ hardly falls any more: that pair has left the wave's angle, there is no wave left to carry.)
#
# Try it: where does the wave survive 96 steps? What do a noise of 1 and a look-back of 36 give?
# And look-back 1, without any noise: why is even that flat?

# %% id="explorer"
RolloutExplorer()

# %% [markdown] id="explorer-answer"
# <details><summary>Why is look-back 1 flat without noise?</summary>
#
# One value does not say whether the wave is going up or down. Both futures fit, and their mean lies closer to 0: $\hat y_{t+1} = a_1 y_t$ with
# $a_1 = \cos(2\pi/12) < 1$. What the window does not know works like noise.
#
# </details>
#
# ## The cures, on the sine
#
# All for a model that has gone flat, with three simple forecasts to judge them by: **climatology** (here: always 0, the mean),
# **persistence** (the last value), and the **linear** model on two values, fed back.
#
# | cure | what it does |
# |---|---|
# | longer look-back | 24 values for the linear model; for the LSTM the state is kept |
# | direct | one network output for each of the 48 steps, from the same two values: nothing is fed back |
# | own output | goes on training the two-value LSTM, on rollouts of 36 steps, through all of the loop |
#
# (Training on its own output has relatives: *teacher forcing* is what we did so far, each step sees the truth; *scheduled sampling*, Bengio
# et al. 2015,
# mixes the two.)
#
# > **Guess first.** Which cures get below the climatology over all of the 48 steps? Can any of them make two values as good as 24?


# %% id="own-output"
class Fed(nn.Module):
    """A window model that answers with its rollout, so that training sees what the loop does."""

    def __init__(self, model, horizon):
        super().__init__()
        self.model, self.horizon = model, horizon

    def forward(self, x):  # (B, L, 1)
        return rollout(one_step(self.model), x[..., 0], self.horizon)  # (B, horizon)


def fit_own_output(model, series, seed, horizon=36):
    model = copy.deepcopy(model).requires_grad_()
    batches = windows(series, 2, horizon, seed, size=64)
    train(Fed(model, horizon), batches, nn.functional.mse_loss, steps=150, lr=0.01)
    return model.requires_grad_(False)


# %% id="sine-cures"
def linear(look_back):
    a = autoregression(sines(0)[0], look_back)
    return rollout(lambda window: window @ a, known[:, -look_back:].double(), HORIZON)


fixed = {
    "climatology": torch.zeros_like(truth[:, :HORIZON]),
    "persistence": known[:, -1:].expand(-1, HORIZON),
    "linear, 2 values": linear(2),
    "linear, 24 values": linear(24),
}
trained = {
    "LSTM, 2 values": sine_two,
    "LSTM, state kept": [path[:, :HORIZON] for path in sine_long],
}
at_once = [fit_windows(sines(seed)[0], 2, seed, horizon=HORIZON) for seed in SEEDS]
trained["LSTM, 2 values, direct"] = [model(known[:, -2:, None])[:, -1] for model in at_once]
own = [fit_own_output(model, sines(seed)[0], seed) for model, seed in zip(two_values, SEEDS)]
trained["LSTM, 2 values, own output"] = [rollout(one_step(m), known[:, -2:], HORIZON) for m in own]

# %% id="sine-scores"
target = truth[:, :HORIZON]
for name, forecast in fixed.items():
    waves = forecasting.rmse_by_step(forecast.numpy(), target.numpy(), PERIOD)
    print(f"{name:18} RMSE in the four waves:", "  ".join(f"{error:.2f}" for error in waves))

score = {name: np.array([rmse(f, target) for f in runs]) for name, runs in trained.items()}
two, kept = score["LSTM, 2 values"], score["LSTM, state kept"]
claim("LSTM, 2 values: no better than 0.9 of climatology", np.all(two > 0.9 * nothing))
claim("state kept: RMSE below 0.3", np.all(kept < 0.3))
direct = score["LSTM, 2 values, direct"]
claim("direct: between 0.3 and 0.4", np.all((direct > 0.3) & (direct < 0.4)))
fed = score["LSTM, 2 values, own output"]
claim("own output: between 0.3 and 0.6", np.all((fed > 0.3) & (fed < 0.6)))
last_wave = [wave_size(path, PERIOD)[-1] for path in trained["LSTM, 2 values, own output"]]
claim("own output: more than half of the wave left in steps 37 to 48", min(last_wave) > 0.5)


# %% id="sine-figure"
def by_step(forecast):
    return forecasting.rmse_by_step(forecast.double().numpy(), target.double().numpy())


curves = {
    name: by_step(forecast) for name, forecast in fixed.items() if name != "linear, 24 values"
}
curves |= {name: by_step(runs[0]) for name, runs in trained.items()}
forecasting_figures.sine_errors(curves)

# %% [markdown] id="sine-reading"
# - **Longer look-back** cures the cause, and nothing else comes near. More values, or the state kept.
# - **Direct** helps: the forecast of step 40 is a conditional mean given two measured values, which are discounted once, not forty times. But it is
#   limited by what two noisy values say about the wave, hence waves that neither rise nor fall: how large the error is depends on where in
#   the wave the step lies.
# - **Own output** helps too: now the loss sees the loop, and the loop keeps its wave. It was trained for 36 steps; what it does further
#   out, nobody asked. And it knows no more than its two values.
# - The often heard advice "predict several steps at once" is right, but **what the input knows** decides more than how the output is asked for.
#
# ## The cures, on the weather
#
# Weather is no sine: there is a wave (the day), and there are disturbances that nobody knows days ahead. First the linear models,
# where we can look into the loop. The wave of a day belongs to eigenvalues at the angle $2\pi/24$; the modulus $|\lambda|$ of the
# pair nearest to it says what is left per hour, $|\lambda|^{24}$ per day.


# %% id="linear-weather"
def linear_week(look_back, calendar=False):
    past, following = weather.windows(temperature, look_back, targets_in=TRAIN)
    waves = weather.calendar(time, daily=3, yearly=2)  # (N, 10), of the hour to be forecast
    hours = slice(TRAIN.stop - len(past), TRAIN.stop)
    inputs = np.column_stack([past, waves[hours]]) if calendar else past
    model = baselines.Linear.of(inputs, following)
    window, values = temperature[before(look_back)], []
    for k in range(WEEK):
        inputs = np.column_stack([window, waves[start + k]]) if calendar else window
        values.append(model.forecast(inputs))  # (M, 1)
        window = np.column_stack([window[:, 1:], values[-1]])
    return np.concatenate(values, axis=1), torch.tensor(model.weights[0, :look_back, 0])


# %% id="linear-weather-loop"
linear_weeks = {}
for look_back in (2, 24, 72):
    linear_weeks[look_back], a = linear_week(look_back)
    values = torch.linalg.eigvals(forecasting.companion_matrix(a))
    daily = values[(values.angle() - 2 * np.pi / 24).abs().argmin()]
    wave = daily_wave(linear_weeks[look_back])
    hours = 2 * np.pi / daily.angle().abs()
    print(f"look-back {look_back:2}: nearest wave of {hours:5.1f} hours", end=", ")
    print(f"{daily.abs() ** 24:.2f} left per day; measured on days 1, 4, 7:", end=" ")
    print(f"{wave[0]:.2f} {wave[72]:.2f} {wave[144]:.2f}")

# %% [markdown] id="linear-weather-reading"
# With two hours the loop has no daily wave at all ("inf" means an eigenvalue that does not turn). With a day of history it has one,
# which shrinks day by day as the eigenvalue says; with three days it shrinks more slowly. A window of two hours cannot know what
# time it is. A **calendar** can: it is an input that we know for all of the future, so nothing has to be carried through the loop.
#
# Now the networks. All read 72 hours and keep their state. One forecasts hour by hour from the temperature; the
# others get the calendar as well: hour by hour; then trained further on its own output, over 48 hours; and direct, with 168 outputs.

# %% id="weather-models"
clock = torch.tensor(weather.calendar(time), dtype=torch.float32)  # (N, 4)
X = {"temperature": y[:-1, None]}  # row t: temperature of hour t ...
# ... and the calendar of hour t + 1
X["calendar"] = torch.cat([X["temperature"], clock[1:]], dim=1)  # (N - 1, 5)
STEP = (y[1:] - y[:-1])[TRAIN].std().item()  # a typical change in an hour


def fit_weather(columns, seed, horizon=1, size=64, plan=((250, 0.01), (150, 0.001))):
    torch.manual_seed(seed)
    change = STEP if horizon == 1 else 0.4  # the unit of the forecast changes
    model = Forecaster(X[columns].shape[1], 32, horizon, change)
    target = y[1 : TRAIN.stop].unfold(0, horizon, 1)  # (T, horizon): the hours after t
    batches = stretches(X[columns][None], target[None], seed, size=size)
    for steps, lr in plan:
        train(model, batches, after_warm_up, steps=steps, lr=lr)
    return model.requires_grad_(False)


def fed_week(model, columns):
    return degrees(carry_on(model, X[columns][before(72)], WEEK, X[columns][ahead[:, :-1], 1:]))


# %% id="weather-own-output"
class FedState(nn.Module):
    """A model that reads 48 hours and answers with what it says when it then goes on alone."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):  # (B, T, I)
        forecast = carry_on(self.model, x[:, :48], x.shape[1] - 47, x[:, 48:, 1:])
        return forecast[..., None]  # (B, T - 47, 1)


def fit_own_week(model, columns, seed):
    model = copy.deepcopy(model).requires_grad_()
    x, target = X[columns][None], y[None, 1 : TRAIN.stop, None]
    batches = stretches(x, target, seed, length=95, size=64)
    train(FedState(model), batches, lambda f, t: ((f - t[:, 47:]) ** 2).mean(), steps=100, lr=0.001)
    return model.requires_grad_(False)


# %% [markdown] id="weather-guess"
# > **Guess first.** On which day of the week will the good forecasts have lost nearly all of their lead on the climatology?

# %% id="weather-cures"
usual = baselines.Climatology.of(temperature[TRAIN], time[TRAIN]).at(time)  # (N,)
anomaly = temperature - usual
damping = baselines.damping(anomaly[TRAIN], WEEK)  # (168,)
now = start.numpy() - 1  # the last known hour
fixed = {
    "persistence": baselines.persistence(temperature[before(1)], WEEK),
    "climatology": usual[ahead],
    "climatology + damped anomaly": usual[ahead] + damping * anomaly[now, None],
    "linear, 2 hours": linear_weeks[2],
    "linear, 72 hours": linear_weeks[72],
    "linear, 24 hours + calendar": linear_week(24, calendar=True)[0],
}

# %% id="weather-networks"
alone = [fit_weather("temperature", seed) for seed in SEEDS[:2]]
hourly = [fit_weather("calendar", seed) for seed in SEEDS[:2]]
own = [fit_own_week(model, "calendar", seed) for seed, model in enumerate(hourly)]
plan = ((150, 0.01), (100, 0.001))
at_once = [fit_weather("calendar", seed, WEEK, size=16, plan=plan) for seed in SEEDS[:2]]
past = X["calendar"][before(72)]  # (M, 72, 5)
trained = {
    "LSTM, 2 hours": week_two,
    "LSTM, state kept": [fed_week(model, "temperature") for model in alone],
    "LSTM + calendar": [fed_week(model, "calendar") for model in hourly],
    "LSTM + calendar, own output": [fed_week(model, "calendar") for model in own],
    "LSTM + calendar, direct": [degrees(model(past)[:, -1]) for model in at_once],
}


# %% id="weather-scores"
def days(forecast):
    return forecasting.rmse_by_step(forecast, week, 24)  # (7,)


print("RMSE (deg C) on day".ljust(30), *(f"{day:5}" for day in range(1, 8)), " week")
for name, forecast in fixed.items():
    errors = [*days(forecast), baselines.rmse(forecast, week)]
    print(name.ljust(30), *(f"{error:5.2f}" for error in errors))

# %% id="weather-skill"
print("Skill against the climatology, 1 - MSE / MSE of the climatology, on day 1 ... 7")
for name in ("climatology + damped anomaly", "linear, 72 hours", "linear, 24 hours + calendar"):
    gain = forecasting.skill_by_step(fixed[name], fixed["climatology"], week, 24)  # (7,)
    print(name.ljust(30), *(f"{value:5.2f}" for value in gain))

# %% id="weather-claims"
total = {name: np.array([baselines.rmse(f, week) for f in runs]) for name, runs in trained.items()}
first = {name: np.array([days(f)[0] for f in runs]) for name, runs in trained.items()}
base, base_day = baselines.rmse(fixed["climatology"], week), days(fixed["climatology"])[0]
with_calendar = [name for name in trained if "calendar" in name]
worse = total["LSTM, 2 hours"] > baselines.rmse(fixed["persistence"], week)
claim("2 hours, week: worse than persistence", np.all(worse))
print("RMSE as a share of the climatology's")
kept, own_output = "LSTM, state kept", "LSTM + calendar, own output"
claim("state kept, day 1: below 0.9", np.all(first[kept] < 0.9 * base_day))
claim("state kept, week: above 1", np.all(total[kept] > base))
for name in with_calendar:
    claim(f"{name}, day 1: below 0.85", np.all(first[name] < 0.85 * base_day))
    claim(f"{name}, week: below 1.15", np.all(total[name] < 1.15 * base))
claim("direct, week: below 0.97", np.all(total["LSTM + calendar, direct"] < 0.97 * base))
claim("own output, week: below 1.05", np.all(total[own_output] < 1.05 * base))

# %% id="weather-claims-late"
late = np.array([days(f)[6] for name in with_calendar for f in trained[name]])
near = np.abs(late / days(fixed["climatology"])[6] - 1) < 0.2
claim("day 7, all with calendar: between 0.8 and 1.2", np.all(near))
linear_base = baselines.rmse(fixed["linear, 24 hours + calendar"], week)
best = min(total[name].min() for name in with_calendar)
claim("no network's week is better than 0.9 of linear + calendar", best > 0.9 * linear_base)

# %% id="weather-figure"
shown = ("persistence", "climatology", "linear, 24 hours + calendar")
curves = {name: days(fixed[name]) for name in shown}
curves |= {name: days(runs[0]) for name, runs in trained.items() if name != "LSTM, 2 hours"}
forecasting_figures.week_errors(curves)

# %% [markdown] id="weather-reading"
# - **Two hours**: lost. It slides to the same level in every season, which is worse than persistence.
# - **State kept, no calendar**: a good first day, then the level drifts, as the network has no idea of the season.
# - **Calendar**: what helps most, and it helps the linear model as much. From 24 hours of history with calendar, least squares is about as good as
#   any network here, and so is the climatology with a damped anomaly: lesson 5's conclusion again, the information matters more than the cell.
# - **Direct** makes the week safer. Fed back hour by hour, the *level* is a direction in which the loop hardly contracts; there a small bias does
#   build up over the hours, and on some seeds the line rises above the climatology. (Note: it drifts, it does not go flat.) **Own output**
#   sometimes mends that, sometimes not. The first days hardly change. Among the networks with calendar the rank changes with the
#   seed and with the length of training; so no ranking here.
# - Most of the gain is on the first two days. By the end of the week **all good forecasts have met the climatology**.
#
# And the flatness? What is left of the day's wave:

# %% id="wave-weather"
for name in ("climatology", "linear, 24 hours + calendar"):
    wave = daily_wave(fixed[name])
    print(f"{name:28} day 1: {wave[0]:.2f}  day 7: {wave[144]:.2f} of the daily wave")
for name in with_calendar:
    wave = np.array([daily_wave(f)[144] for f in trained[name]])
    claim(f"{name}, day 7: between 0.5 and 1.1", np.all((wave > 0.5) & (wave < 1.1)))

# %% [markdown] id="sampling-text"
# Even the climatology has less than the truth's wave, since it averages clear days and cloudy ones. That is not a fault: it is what a mean does.
# If you need a series that *looks* like weather, a mean is the wrong thing to ask for.
#
# ## Sampling instead of the mean
#
# Draw a future instead of averaging them: at each step add to the forecast a **random error of the size the model really makes**, and feed
# back the sum. We
# draw the errors from those the model made on training hours. Many such paths are a forecast with its uncertainty, from which one can read intervals.
#
# > **Guess first.** Has one sampled path a lower or a higher RMSE than the fed-back mean? And how much of the truth will 90 % of the samples enclose?

# %% id="sampling"
PATHS = 39
model = hourly[0]
some = torch.arange(TRAIN.start + 1000, TRAIN.stop - 100, 97)[:, None] + torch.arange(72)
made = (y[1:][some] - model(X["calendar"][some])[..., 0])[:, 48:].flatten()  # errors of one step
draws = torch.randint(len(made), (PATHS * len(start), WEEK), generator=seeded(0))
past = X["calendar"][before(72)].repeat(PATHS, 1, 1)
calendar = X["calendar"][ahead[:, :-1], 1:].repeat(PATHS, 1, 1)
samples = carry_on(model, past, WEEK, calendar, shocks=made[draws])  # (S M, 168)
samples = samples.view(PATHS, -1, WEEK)  # (S, M, 168)
sampled = degrees(samples)

# %% id="sampling-measured"
mean_fed_back = trained["LSTM + calendar"][0]
path, average = np.diff(sampled[0]).std(), np.diff(mean_fed_back).std()
usual_step = np.diff(week).std()
print("changes from hour to hour, as a share of the truth's")
claim("a sampled path: between 0.75 and 1.2", 0.75 < path / usual_step < 1.2)
claim("the mean fed back: below 0.8", average / usual_step < 0.8)
cost = baselines.rmse(sampled[0], week) / baselines.rmse(mean_fed_back, week)
claim("one sampled path: RMSE 1.1 to 1.5 times that of the mean", 1.1 < cost < 1.5)
average = baselines.rmse(sampled.mean(axis=0), week) / baselines.rmse(mean_fed_back, week)
claim("the mean of the samples: within 10 % of the fed-back mean", abs(average - 1) < 0.1)
inside = forecasting.coverage(samples, y[ahead])  # (168,)
print("90 % of the samples should enclose the truth in about 90 % of all hours")
by_day = inside.view(7, 24).mean(dim=1)
claim("they do so in 84 to 93 % on day 1", 0.84 < by_day[0] < 0.93)
claim(
    "in 78 to 91 % on day 7, and less often than on day 1", 0.78 < by_day[6] < min(0.91, by_day[0])
)

# %% id="fan"
forecasting_figures.fan(sampled[:, one], mean_fed_back[one], week[one], few=3)

# %% [markdown] id="sampling-reading"
# One sampled path is as lively as the truth and, hour by hour, a worse forecast: it adds errors that the weather made differently. In the long run
# a path drawn honestly has about $\sqrt 2$ times the error of the mean, as its own deviation and that of the truth add up. The mean of many
# paths is smooth again.
#
# The intervals are nearly honest on the first day and somewhat too narrow at the end of the week. The errors of one step were drawn independently
# of each other and of the season, but the model's errors hang together (a front that is missed stays missed), and the doubt about the
# model itself is not in them. Always measure the coverage; do not trust the name of an interval.
#
# ## When flat is right
#
# One thing remains. Take away what the calendar knows, and look at the **anomaly** alone: how much of it should be left in a forecast
# seven days ahead? For the least squared error, a forecast that knows the truth with correlation $R$ should vary $R$ times as much as
# the truth. Measure both, for a linear model that forecasts all 168 anomalies directly from the last 24.

# %% id="flat-is-right"
model = baselines.Linear.of(*weather.windows(anomaly, 24, WEEK, targets_in=TRAIN))
forecast, came = model.forecast(anomaly[before(24)]), anomaly[ahead]  # (M, 168)
print("hours ahead      R      spread of the forecast / spread of the truth")
for first_hour, last_hour in ((0, 3), (9, 15), (21, 27), (45, 51), (93, 99), (161, 167)):
    f, t = (part[:, first_hour:last_hour].ravel() for part in (forecast, came))
    R = np.corrcoef(f, t)[0, 1]
    print(f"{first_hour + 1:3} to {last_hour:3}      {R:.2f}    {f.std() / t.std():.2f}")

# %% [markdown] id="flat-is-right-reading"
# The two columns go down together. After a week the best forecast of the anomaly hardly moves, since hardly anything is known. So:
#
# - **A flat anomaly far ahead is right.** A forecast that still swings there pretends to know.
# - **A flat daily cycle is wrong.** Tomorrow's noon will be warmer than tomorrow's night, and everyone knows it.
#
# For the same reason a rollout that goes flat can be perfect. If a series really *is* an autoregression on its last two values, with fresh
# disturbances at
# every step and no error of measurement, the window holds all that can be known, and the rollout is the best forecast at every horizon:
# flat, and right. The sine was
# different: there the window of two values was the bottleneck, and the future was known to whoever had looked longer.
#
# A rollout should contract in the directions that the past says nothing about, and must not contract in those that it knows.

# %% [markdown] id="closing"
# ## In five lines
#
# 1. A rollout repeats a map. If your rollout is flat, first check that the state is carried from step to step.
# 2. Noise and a short window make the best one-step forecast careful; repeated, it contracts to its fixed point: a flat line.
# 3. How fast is one number, the spectral radius of the companion matrix or of the loop's Jacobian: below 1 it forgets. Errors do not add
#    up, they die out.
# 4. More history and a calendar cure the cause; direct forecasts and training on its own output help; all good forecasts end at the climatology.
# 5. Samples keep the variety and cost accuracy; a flat anomaly far ahead is right, a lost daily cycle is wrong.
#
# ## Test yourself
#
# **1.** Your trained LSTM fits the training data well, but its rollout is flat from the second step on. What do you check first?
#
# <details><summary>Answer</summary>
#
# Whether the rollout hands the state $(h, c)$ on, or calls the network with one or two values and a fresh state of zeros each time.
#
# </details>
#
# **2.** A linear autoregression has $\rho(C) = 0.97$. How much of a wave is left after 100 steps?
#
# <details><summary>Answer</summary>
#
# About $0.97^{100} \approx 0.05$ of what there was: nearly flat, although 0.97 looks close to 1.
#
# </details>
#
# **3.** Somebody says that the forecast is flat because small errors add up over the steps. Which measurement speaks against it?
#
# <details><summary>Answer</summary>
#
# Start two rollouts a little apart: after some steps next to nothing of their distance is left. Errors die out in a contracting loop, together with all
# that the start knew.
#
# </details>
#
# **4.** Why does a direct forecast from two noisy values not reach what a window of 24 reaches?
#
# <details><summary>Answer</summary>
#
# It avoids repeating the map, but it knows no more. Two noisy values leave the phase and the size of the wave uncertain, and the mean over what is
# possible is a smaller wave.
#
# </details>
#
# **5.** Your forecast of next week's temperature anomaly is nearly zero throughout. Is the model broken?
#
# <details><summary>Answer</summary>
#
# Probably not. Little is known about an anomaly a week ahead, and a forecast with correlation $R$ should vary $R$ times as much as the
# truth. It is broken if
# the daily cycle has gone as well.
#
# </details>
#
# ## Next
#
# Practise: [exercises of lesson 7](../exercises/07_far_ahead.ipynb). Then ask which parts of the LSTM matter, and what came
# after it: [lesson 8, variants, and what came after](08_variants_and_after.ipynb).
