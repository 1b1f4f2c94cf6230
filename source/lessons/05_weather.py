# ---
# jupyter:
#   lstm_course:
#     title: Weather
#     minutes: 75
# ---

# %% [markdown] id="opening"
# # 5. Weather
#
# **Can an LSTM forecast the weather, and how do we know it is any good?**
#
# After this lesson you can
# - find out why the toy forecast found in many tutorials fails, and repair it,
# - look at a series before modelling it, and split and scale it without leaking the future,
# - write down the forecasts that any network must beat, and measure skill against them,
# - train an RNN, a GRU and an LSTM on hourly weather, and say honestly what they gain,
# - see when a forecast errs and what the gates do on a real day.
#
# **75 minutes.** You need [lesson 1](01_why_rnns_forget.ipynb) and the equations of [lesson 2](02_the_cell.ipynb).
#
# > **Note.** What a network learns differs a little from seed to seed and from computer to computer. So where a network was trained, the cells
# > print a claim that leaves room, and whether it holds: `True` or `False`. Change a cell to print the numbers themselves whenever you
# > like. Forecasts by formula come out the same everywhere, and are printed as numbers.

# %% id="setup"
import numpy as np
import torch
from torch import nn

from lstm_course import baselines, weather
from lstm_course.baselines import rmse, skill
from lstm_course.cells import lstm_step
from lstm_course.drawings import weather_figures
from lstm_course.training import train

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower


def claim(words, holds):
    print(f"{words}: {bool(holds)}")


# %% [markdown] id="toy-intro"
# ## The toy that everyone copies
#
# Three windows of five temperatures each, and the temperature that came next:
#
# | window | next |
# |---|---|
# | 30, 31, 32, 33, 34 | 35 |
# | 32, 33, 34, 35, 36 | 37 |
# | 35, 36, 37, 38, 39 | 40 |
#
# An `nn.LSTM` with 10 hidden units reads a window; a linear layer turns its last hidden state into a number. Then 100 epochs of Adam
# with step size 0.01 on the squared error, and a forecast for 36, 37, 38, 39, 40.
#
# > **Guess first.** What will it forecast? A child who sees the numbers says 41.

# %% id="toy-model"
warm = [[30.0, 31, 32, 33, 34], [32, 33, 34, 35, 36], [35, 36, 37, 38, 39]]
past = torch.tensor(warm)[..., None]  # (B=3, T=5, 1)
following = torch.tensor([[35.0], [37.0], [40.0]])  # (3, 1)
unseen = torch.tensor([36.0, 37, 38, 39, 40]).view(1, 5, 1)  # (1, 5, 1), followed by 41


class Toy(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 10, batch_first=True)
        self.linear = nn.Linear(10, 1)

    def forward(self, x):  # (B, T, 1)
        out, _ = self.lstm(x)  # (B, T, 10): h_1 ... h_T
        return self.linear(out[:, -1])  # (B, 1), from h_T alone


# %% id="toy-run"
def train_toy(seed, x=past, y=following, epochs=100, bias=None):
    torch.manual_seed(seed)
    model = Toy()
    if bias is not None:
        nn.init.constant_(model.linear.bias, bias)
    batches = [(x, y)] * epochs  # all three windows at once
    train(model, batches, nn.functional.mse_loss, steps=epochs, lr=0.01, clip=None)
    return model.requires_grad_(False)


toys = [train_toy(seed) for seed in range(10)]
raw = [toy(unseen).item() for toy in toys]
print(f"forecast for 36 .. 40, mean of 10 seeds: {np.mean(raw):.0f} degrees")
claim("every seed between 5 and 15 degrees", all(5 < value < 15 for value in raw))
print(f"'last value': {unseen[0, -1, 0]:.0f}; 'last value + 1': {unseen[0, -1, 0] + 1:.0f}")

# %% [markdown] id="toy-surprise"
# About thirty degrees off, on every seed, on three numbers in a row. A forecast nobody compared with "last value + 1" can be this bad
# and still be passed on. So why does it fail? Let us measure instead of guessing.
#
# > **Guess first.** Do the three training windows at least get three different answers?

# %% id="toy-same-answer"
answers = torch.stack([toy(past)[:, 0] for toy in toys])  # (10 seeds, 3 windows)
gap = answers.max(dim=1).values - answers.min(dim=1).values  # (10,)
claim("the three answers of a seed differ by less than 0.1 degrees", (gap < 0.1).all())

last_h = torch.stack([toy.lstm(past)[0][:, -1] for toy in toys])  # (10 seeds, 3 windows, 10 units)
claim("spread of h over the three windows below 0.02", last_h.std(dim=1).mean() < 0.02)

scaled = (past - past.mean()) / past.std()
fresh = [Toy().requires_grad_(False).lstm(scaled)[0][:, -1] for _ in range(10)]
claim("with scaled inputs, untrained, above 0.04", torch.stack(fresh).std(dim=1).mean() > 0.04)

# %% [markdown] id="toy-saturation-text"
# All windows get the same answer, because the hidden state is the same for all of them. Look at the gates. An input of 35 goes
# through $W_i x_t$, $W_f x_t$, ... with weights drawn between $-1/\sqrt{10}$ and $1/\sqrt{10}$, so the pre-activations are of order 10.
# There $\sigma$ and $\tanh$ are flat: 30 degrees and 39 degrees are both "very large".


# %% id="toy-saturation"
def run_gates(lstm, x):
    """Step an nn.LSTM through x (B, T, I) as in lesson 2: the gates of each step, the last h."""
    W_x, W_h = lstm.weight_ih_l0, lstm.weight_hh_l0  # (4H, I), (4H, H)
    b = lstm.bias_ih_l0 + lstm.bias_hh_l0  # (4H,)
    h = c = torch.zeros(len(x), lstm.hidden_size)  # (B, H)
    record = []
    for x_t in x.unbind(1):  # (B, I)
        h, c, gates = lstm_step(x_t, h, c, W_x, W_h, b)
        record.append(gates)  # gates.i, gates.f, gates.g, gates.o: (B, H) each
    return record, h


# %% id="toy-saturation-measured"
steps = [gates for toy in toys for gates in run_gates(toy.lstm, past)[0]]  # 10 seeds x 5 steps
sigmas = torch.stack([torch.stack([gates.i, gates.f, gates.o]) for gates in steps])
candidates = torch.stack([gates.g for gates in steps])
stuck = ((sigmas < 0.05) | (sigmas > 0.95)).float().mean()
claim("more than half of the gates are below 0.05 or above 0.95", stuck > 0.5)
stuck = (candidates.abs() > 0.95).float().mean()
claim("more than half of the candidates are beyond -0.95 or 0.95", stuck > 0.5)

# %% [markdown] id="toy-reach-text"
# If $h$ does not depend on the window, then $\hat y = b + \sum_j w_j h_j$ is one number: the output layer as a whole is a **bias**, and this bias is
# learnt first. How far does it get? Every $h_j$ lies between $-1$ and $1$, so $|\hat y| \le |b| + \sum_j |w_j|$, and Adam moves a
# parameter by about the step size at each step: 100 epochs of 0.01 make about 1 for each.


# %% id="toy-reach"
def start_of(seed):
    torch.manual_seed(seed)
    return Toy().linear.bias.item()


moved = np.array([toy.linear.bias.item() - start_of(seed) for seed, toy in enumerate(toys)])
reach = np.array([(toy.linear.bias.abs() + toy.linear.weight.abs().sum()).item() for toy in toys])
claim("the bias has moved up by 0.8 to 1.1 on every seed", np.all((moved > 0.8) & (moved < 1.1)))
claim("the most that any seed could say is below 20 degrees", np.all(reach < 20))

longer = train_toy(0, epochs=1000)
error = nn.functional.mse_loss(longer(past), following)
print(f"always saying {following.mean():.2f}: MSE {following.var(correction=0):.3f}")
claim("seed 0 after 1,000 epochs: MSE between 3.5 and 5", 3.5 < error < 5)

# %% [markdown] id="toy-repair-text"
# So 100 epochs only carry the output part of the way to the mean of the targets, 1,000 epochs just reach that mean, and the
# window plays no part in either. Three repairs, one after the other:
#
# 1. **Start at the mean**: set the output bias to the mean target. The network no longer has to learn what we can compute.
# 2. **Scale** as well: subtract the mean, divide by the standard deviation, so that the gates work in their sensitive range.
# 3. **Forecast the change**: give the window relative to its last value, and ask for the change from there. Now "nothing
#    changes" is the answer 0, and a level never seen before looks like any other.
#
# > **Guess first.** Which of them gets 41 for the unseen window, which is warmer than all training windows?

# %% id="toy-repair"
mean, spread = past.mean(), past.std()
last = past[:, -1]  # (3, 1)
middle = following.mean().item()
x_scaled, y_scaled = (past - mean) / spread, (following - mean) / spread
repairs = {"as copied": raw, "1 bias at mean": [], "2 scaled": [], "3 change": []}
for seed in range(5):
    toy = train_toy(seed, bias=middle)
    repairs["1 bias at mean"].append(toy(unseen).item())
    toy = train_toy(seed, x_scaled, y_scaled, bias=y_scaled.mean().item())
    repairs["2 scaled"].append((toy((unseen - mean) / spread) * spread + mean).item())
    toy = train_toy(seed, past - last[:, None], following - last)
    repairs["3 change"].append((toy(unseen - unseen[:, -1:]) + unseen[:, -1]).item())
for name, values in repairs.items():
    print(f"{name:15} {np.mean(values):.0f} degrees")
claim("change: every seed within 0.1 of 41", all(40.9 < v < 41.1 for v in repairs["3 change"]))

# %% id="toy-repair-figure"
weather_figures.toy_forecasts(repairs, truth=41)

# %% [markdown] id="toy-lesson"
# The third repair is the one that extrapolates, and it is not a matter of networks but of what we ask for. Keep it in mind for the
# real weather. And keep the other lesson: **three numbers in a row need no LSTM**. Least squares on these windows, or "last
# value + 1", give 41 at once. A forecast is only good compared with something.

# %% [markdown] id="look-intro"
# ## Real weather: look before you model
#
# The package ships five years of hourly weather at Beijing airport (S. Chen, UCI Machine Learning Repository, 2015,
# doi 10.24432/C5JS49, CC BY 4.0; described by Liang et al. 2015).
#
# 2014 will be our examination, so we do not study it: we look at the years 2010 to 2012, from which we shall learn.

# %% id="load"
beijing = weather.load()
time, temperature = beijing.time, beijing.temperature  # (N,) each
TRAIN = weather.years(time, 2010, 2012)  # a slice of hours
print(f"{len(beijing):,} hours, {time[0]} to {time[-1]}")
print("time, temperature and dew point (deg C), pressure (hPa), wind, wind run (m/s):")
for k in range(3):
    print(time[k], temperature[k], beijing.dew_point[k], beijing.pressure[k], end=" ")
    print(beijing.wind_direction[k], beijing.wind_run[k])

# %% [markdown] id="cycles-text"
# > **Guess first.** Is the difference between day and night or that between winter and summer larger? At what hour is it warmest?

# %% id="cycles"
hour, month = weather.hour_of_day(time), weather.month(time)  # (N,)
for name, m in {"January": 1, "July": 7}.items():
    for h in (5, 15):
        some = (month[TRAIN] == m) & (hour[TRAIN] == h)
        print(f"{name}, {h:2} h: {temperature[TRAIN][some].mean():5.1f} deg C")
weather_figures.cycles(time[TRAIN], temperature[TRAIN])

# %% [markdown] id="correlation-text"
# How much does one hour say about a later one? The **autocorrelation** at lag $k$ is the correlation of $y_t$ and $y_{t+k}$. We
# compute it for the temperature, and for its **anomaly**: what remains after subtracting the **climatology**, the mean for this
# hour of the day and this time of the year.


# %% id="correlation"
def autocorrelation(y, lags=120):
    y = y - y.mean()
    return np.array([1.0] + [(y[:-k] @ y[k:]) / (y @ y) for k in range(1, lags + 1)])


usual = baselines.Climatology.of(temperature[TRAIN], time[TRAIN]).at(time)  # (N,)
anomaly = temperature - usual
series = {"temperature": temperature, "anomaly": anomaly}
weather_figures.autocorrelations({name: autocorrelation(y[TRAIN]) for name, y in series.items()})

# %% [markdown] id="correlation-reading"
# The high curve of the temperature is mostly the calendar: July is like July. What today really tells us about tomorrow is the
# lower curve, and after three days little is left of it. So we cannot hope to know much about an anomaly that far ahead. (Its small bump at 24 hours
# means that an anomaly also depends on the hour: a sunny spell makes one afternoon too warm, and the next as well.)
#
# Now the smallest scale: steps from one hour to the next. And, over the whole file, stretches where nothing moves at all.

# %% id="steps"
steps = np.diff(temperature[TRAIN])
print(f"one hour's step: spread {steps.std():.2f}, largest {np.abs(steps).max():.0f} deg C")
print(f"no change at all in {np.mean(steps == 0):.0%} of the hours")
odd = np.sum(temperature != temperature.round())
print(f"not a whole degree: {odd} of {len(beijing):,} hours")

still = [np.diff(y) == 0 for y in (temperature, beijing.dew_point, beijing.pressure)]
flips = np.diff(np.r_[False, np.all(still, axis=0), False].astype(int))
for start, end in np.flatnonzero(flips).reshape(-1, 2):  # first and last hour of each still run
    if end - start >= 24:
        print(f"frozen for {end - start + 1} hours from {time[start]} on")

# %% [markdown] id="steps-reading"
# Three things to take along. Values in whole degrees mean that even a perfect forecaster of the true temperature would have an error of
# about $1/\sqrt{12} = 0.29$ from rounding. A typical step is small, so "no change" is a strong forecast. And on four occasions
# temperature, dew point and pressure all repeat the same value for more than a day: surely not weather. All four lie in the training
# years; they are a small share, and we leave them in, knowing it. Had we only computed averages, we would never have seen them.

# %% [markdown] id="split-text"
# ## Split by time, scale by the past
#
# We learn from 2010 to 2012, make choices on 2013, and look at 2014 once, at the end. In that order, because that is how a forecast
# is used: it is made from the past for a future nobody has seen.
#
# A **window** is `look_back` hours of input and the `horizon` hours after them. A window belongs to 2014 if its *targets* do;
# its input may reach back into December 2013, since at that time the past is known.

# %% id="split"
CHOOSE, TEST = weather.years(time, 2013, 2013), weather.years(time, 2014, 2014)
for name, part in {"train": TRAIN, "choose": CHOOSE, "test": TEST}.items():
    y = temperature[part]
    span = f"{time[part][0]} to {time[part][-1]}"
    print(f"{name:6} {span}: {len(y):6,} hours, mean {y.mean():.2f}, spread {y.std():.2f} deg C")

inputs, targets = weather.windows(temperature, look_back=24, horizon=1, targets_in=TEST)
print("inputs", inputs.shape, "targets", targets.shape)

numbers = np.arange(len(time))  # the hours themselves, cut in the same way
past, future = (part.astype(int) for part in weather.windows(numbers, 24, targets_in=TEST))
print("the first reads", time[past[0, 0]], "to", time[past[0, -1]], end=" ")
print("and forecasts", time[future[0, 0]])

# %% [markdown] id="features-text"
# Everything known at an hour goes into one row of numbers. Three choices deserve a word:
# - The **wind run** is very uneven (it adds up until the direction changes), so we take its logarithm.
# - The **wind direction** is a name, not a number: four columns of which one is 1 ("one-hot").
# - **Hour and day are points on a circle.** 23 h is beside 0 h, so each becomes a sine and a cosine.
#
# Then each column is scaled by its mean and standard deviation **in the training years**, never of all years.

# %% id="features"
table, names = weather.features(beijing)  # (N, 12)
print(", ".join(names))
scaling = weather.Scaling.of(table[TRAIN])
scaled = scaling.apply(table)  # (N, 12)
x = torch.tensor(scaled, dtype=torch.float32)  # (N, I=12)
for name, part in {"train": TRAIN, "test": TEST}.items():
    print(f"{name:5}: mean of the scaled temperature {abs(scaled[part, 0].mean()):.2f}")

# %% [markdown] id="leak-text"
# ### What leakage would do
#
# **Leakage** means that something of the test year reaches the model before the forecast. Three ways are common. For each we compare
# the honest score with the score of the leaky experiment.
#
# 1. *Scaling by statistics of all years.*
# 2. *Shuffling overlapping windows* and then splitting at random, as `train_test_split` does by default.
# 3. *Smoothing first*: a centred moving average over three hours contains the next hour.
#
# > **Guess first**, for each: large effect, small, or none?
#
# We try a stiff model and the crudest memory there is:
# - least squares on the last 24 hours of temperature, dew point and pressure,
# - the **nearest neighbour**, which finds the most similar such window of the training set and repeats what followed.


# %% id="leak-tools"
def linear(learnt, test):
    (past, future), (query, truth) = learnt, test
    return rmse(baselines.Linear.of(past, future).forecast(query), truth)


def nearest(learnt, test):
    (past, future), (query, truth) = learnt, test
    distance = (past**2).sum(axis=1) - 2 * query @ past.T  # squared, less a constant of the query
    return rmse(future[distance.argmin(axis=1)], truth)


def shuffled(past, future, share=0.75):
    order = torch.randperm(len(past), generator=torch.Generator().manual_seed(0)).numpy()
    cut = int(share * len(order))
    return [(past[part], future[part]) for part in (order[:cut], order[cut:])]


# %% id="leak-measured"
def examples(horizon, part):
    past, _ = weather.windows(scaled[:, :3], 24, horizon, targets_in=part)  # (M, 24, 3)
    _, future = weather.windows(temperature, 24, horizon, targets_in=part)  # (M, horizon)
    return past.reshape(len(past), -1), future


for horizon in (1, 24):
    by_time = examples(horizon, TRAIN), examples(horizon, TEST)
    at_random = shuffled(*examples(horizon, slice(TRAIN.start, TEST.stop)))
    for name, (learnt, test) in {"by time": by_time, "shuffled": at_random}.items():
        few = test[0][::24], test[1][::24]  # enough for the slow neighbour
        print(f"{horizon:2} h ahead, split {name}: RMSE", end=" ")
        print(f"linear {linear(learnt, test):.1f}, nearest neighbour {nearest(learnt, few):.1f}")


# %% id="leak-others"
def score(series):
    """RMSE of least squares on 24 hours of `series`, one hour ahead."""
    pairs = []
    for part in (TRAIN, TEST):
        past, _ = weather.windows(series, 24, targets_in=part)
        pairs.append((past, weather.windows(temperature, 24, targets_in=part)[1]))
    return linear(*pairs)


y = temperature
print(f"scaled by training years: {score((y - y[TRAIN].mean()) / y[TRAIN].std()):.4f}")
print(f"scaled by all years:      {score((y - y.mean()) / y.std()):.4f}")
print(f"the two means differ by {abs(y.mean() - y[TRAIN].mean()) / y[TRAIN].std():.2f} spreads")
print(f"centred moving average:   {score(np.convolve(y, np.ones(3) / 3, mode='same')):.4f}")

# %% [markdown] id="leak-reading"
# Read it line by line.
# - **Shuffling** hardly moves the stiff linear model with its 73 coefficients. But 24 hours ahead the nearest neighbour looks far better than
#   the linear model when shuffled, and is far worse in truth: among the shuffled windows it finds the one that starts an hour earlier
#   or later, and copies 23 of the 24 answers, an hour out of place. A large network can do the same. The more a model can memorise, the more it gains from
#   the leak, and the wrong model wins.
# - **Scaling by all years** changes nothing for least squares, whose coefficients undo any shift and factor. For a network it could not
#   change much here either: the two means lie a few hundredths of a spread apart. It is no licence: where a series drifts, the mean of
#   the future is news from the future, and it costs nothing to do it right.
# - **The centred average** puts a third of the answer into the input. No model could be that good.

# %% [markdown] id="baselines-text"
# ## Baselines first
#
# Before any network, forecasts that are simple, cheap and exactly reproducible. For one hour ahead, from the last 24 hours:
#
# | name | forecast |
# |---|---|
# | persistence | $\hat y_{t+1} = y_t$ |
# | same hour yesterday | $\hat y_{t+1} = y_{t-23}$ |
# | climatology | $\hat y_{t+1} = m_{t+1}$: mean over equal hours within 20 days of this date, training years |
# | climatology + damped anomaly | $\hat y_{t+1} = m_{t+1} + r\,(y_t - m_t)$ |
# | linear AR | $\hat y_{t+1} = w_0 + \sum_k w_k\, y_{t+1-k}$ by least squares |
# | linear AR + calendar | the same with waves of hour and day as further inputs |
# | periodic AR + calendar | the same with its own coefficients for each of the 24 hours |
#
# A wave in the calendar lets a straight-line model bend: three per day and two per year. How far should it look back? That is a
# choice, so it is made on 2013.

# %% id="choose-look-back"
waves = weather.calendar(time, daily=3, yearly=2)  # (N, 10)


def regression(look_back, horizon, part, calendar=True):
    """Inputs and targets for least squares, and the hour of the day of the first target."""
    past, future = weather.windows(temperature, look_back, horizon, targets_in=part)
    stop = part.stop - horizon + 1
    first = slice(stop - len(past), stop)  # the first target of each window, (M,)
    inputs = np.column_stack([past, waves[first]]) if calendar else past
    return inputs, future, hour[first]


for look_back in (1, 3, 6, 12, 24, 48):
    model = baselines.Linear.of(*regression(look_back, 1, TRAIN)[:2])
    inputs, targets, _ = regression(look_back, 1, CHOOSE)
    error = rmse(model.forecast(inputs), targets)
    print(f"look-back {look_back:2} h: RMSE in 2013 {error:.3f} deg C")

# %% [markdown] id="look-back-reading"
# The last hours matter most, the same hour of the day before helps once more, and beyond a day little comes. We take 24. Now all
# baselines on 2014, with their **skill score** against climatology (Murphy 1988),
#
# $$\mathrm{skill} = 1 - \frac{\mathrm{MSE}}{\mathrm{MSE}_\mathrm{climatology}},$$
#
# 1 for a perfect forecast, 0 for one that knows no more than the calendar, negative for a worse one.
#
# > **Guess first.** Order the seven from worst to best.


# %% id="autoregression"
def autoregression(look_back, horizon, calendar, periodic, part=TEST):
    inputs, targets, hours = regression(look_back, horizon, TRAIN, calendar)
    model = baselines.Linear.of(inputs, targets, hours if periodic else None)
    inputs, _, hours = regression(look_back, horizon, part, calendar)
    return model.forecast(inputs, hours if periodic else None)


AUTOREGRESSIONS = {
    "linear AR": {"calendar": False, "periodic": False},
    "linear AR + calendar": {"calendar": True, "periodic": False},
    "periodic AR + calendar": {"calendar": True, "periodic": True},
}


# %% id="baselines"
def all_baselines(look_back, horizon):
    past, truth = weather.windows(temperature, look_back, horizon, targets_in=TEST)
    usual_past, usual_next = weather.windows(usual, look_back, horizon, targets_in=TEST)
    r = baselines.damping(anomaly[TRAIN], horizon)  # (horizon,)
    forecasts = {
        "persistence": baselines.persistence(past, horizon),
        "same hour yesterday": baselines.same_hour_yesterday(past, horizon),
        "climatology": usual_next,
        "climatology + damped anomaly": usual_next + r * (past - usual_past)[:, -1:],
    }
    for name, options in AUTOREGRESSIONS.items():
        forecasts[name] = autoregression(look_back, horizon, **options)
    return forecasts, truth  # (M, horizon) each


# %% id="baselines-measured"
def report(forecasts, truth):
    for name, forecast in forecasts.items():
        gain = skill(forecast, forecasts["climatology"], truth)
        print(f"{name:30} RMSE {rmse(forecast, truth):.3f} deg C   skill {gain:5.2f}")


forecasts, truth = all_baselines(look_back=24, horizon=1)
report(forecasts, truth)

# %% [markdown] id="baselines-reading"
# One hour ahead, "no change" has by far more skill than the calendar; damping it towards the usual, or a few coefficients, take
# off a fifth to a quarter of its error. The best is the periodic model: what the last hours mean depends on the hour of the day (a rise at
# 8 h has hours to go on, one at 15 h has not). **This** is what a network has to beat, not persistence.

# %% [markdown] id="nets-text"
# ## RNN, GRU, LSTM
#
# Now the networks, the same size each: 32 hidden units, all 12 columns as input, and the lesson of the toy:
# the target is the **change** to the next hour, in units of its spread.
#
# A recurrent network gives an output at every hour, so one stretch of 72 hours holds many forecasts, not one. We score all
# but the first 24, where the state still warms up. So training is quick. (Size and step size were picked by trying a few on 2013.)


# %% id="model"
class Forecaster(nn.Module):
    def __init__(self, kind, inputs=12, hidden=32, horizon=1):
        super().__init__()
        self.recurrent = kind(inputs, hidden, batch_first=True)  # nn.RNN, nn.GRU or nn.LSTM
        self.change = nn.Linear(hidden, horizon)

    def forward(self, x):  # (B, T, I)
        h, _ = self.recurrent(x)  # (B, T, H)
        return self.change(h)  # (B, T, horizon): change from hour t to t + 1, ..., t + horizon


# %% id="stretches"
def changes(part, horizon):
    now, later = weather.windows(temperature, 1, horizon, targets_in=part)  # (M, 1), (M, horizon)
    return later - now  # (M, horizon)


def stretches(x, y, seed, length=72, size=64):
    generator = torch.Generator().manual_seed(seed)
    while True:
        start = torch.randint(len(y) - length + 1, (size, 1), generator=generator)
        hours = start + torch.arange(length)  # (B, T)
        yield x[hours], y[hours]  # (B, T, I), (B, T, horizon)


def warm_loss(forecast, target):
    return ((forecast - target)[:, 24:] ** 2).mean()


# %% [markdown] id="forecast-text"
# To forecast a year, the network reads it hour by hour in one go, beginning 48 hours before New Year so that its state is warm. Its output
# at hour $t$ has seen hours up to $t$ and nothing later.


# %% id="fit"
def fit(kind, seed, columns=range(12), horizon=1, steps=250):
    columns = list(columns)
    y = changes(TRAIN, horizon)
    spread = y.std()
    torch.manual_seed(seed)
    model = Forecaster(kind, len(columns), horizon=horizon)
    batches = stretches(x[TRAIN][:, columns], torch.tensor(y / spread, dtype=torch.float32), seed)
    train(model, batches, warm_loss, steps=steps, lr=0.01, label=f"{kind.__name__}, seed {seed}")
    return model, forecast_year(model, columns, horizon, spread)


def forecast_year(model, columns, horizon, spread, part=TEST, warm=48):
    now = slice(part.start - 1, part.stop - horizon)  # the hours at which a forecast is made
    with torch.no_grad():
        change = model(x[None, now.start - warm : now.stop, columns])[0, warm:]  # (M, horizon)
    return temperature[now, None] + change.double().numpy() * spread


# %% [markdown] id="train-text"
# Three architectures, three seeds each.
#
# > **Guess first.** By how many percent will the LSTM beat "linear AR + calendar"? And the periodic AR? Which of the three networks wins?

# %% id="train"
KINDS = {"RNN": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
fitted = {name: [fit(kind, seed) for seed in range(3)] for name, kind in KINDS.items()}

errors = {name: np.array([rmse(f, truth) for _, f in runs]) for name, runs in fitted.items()}
base = {name: rmse(f, truth) for name, f in forecasts.items()}
for name, values in errors.items():
    worst = values.max()
    claim(f"{name}: below 0.75 of persistence", worst < 0.75 * base["persistence"])
    claim(f"{name}: below 0.97 of AR + calendar", worst < 0.97 * base["linear AR + calendar"])
    claim(f"{name}: at most 4 % above periodic AR", worst < 1.04 * base["periodic AR + calendar"])

# %% id="scores-figure"
linear_models = {name: base[name] for name in ("climatology + damped anomaly", *AUTOREGRESSIONS)}
weather_figures.scores(linear_models, errors)

# %% [markdown] id="scores-reading"
# The three networks lie within a few percent of each other, and seeds differ too: with three seeds we must not make a ranking out
# of it. All beat the plain linear models. Against the periodic AR the gap almost closes: most of what the networks have
# learnt is that the same past means different things at different hours, and that a linear model can be told.
#
# Is the gain over AR + calendar luck of the year? Weather comes in spells, so single hours are not independent. We draw the weeks of
# 2014 with replacement (a **bootstrap**) and look at how the ratio of errors varies. And we ask the same networks for 2013.

# %% id="bootstrap"
weeks = []
for runs in ([f for _, f in fitted["LSTM"]], [forecasts["linear AR + calendar"]]):
    square = np.mean([(f - truth) ** 2 for f in runs], axis=0)[:, 0]  # (M,)
    weeks.append(np.add.reduceat(square, range(0, len(square), 168)))  # (53,), 168 hours each
generator = torch.Generator().manual_seed(0)
draw = torch.randint(len(weeks[0]), (2000, len(weeks[0])), generator=generator).numpy()
ratio = np.sqrt(weeks[0][draw].sum(axis=1) / weeks[1][draw].sum(axis=1))  # (2000,)
low, high = np.quantile(1 - ratio, [0.025, 0.975])
claim("95 % of the drawn years show a gain between 4 and 9 %", low > 0.04 and high < 0.09)

# %% id="another-year"
truth_2013 = weather.windows(temperature, 24, targets_in=CHOOSE)[1]
ar_2013 = rmse(autoregression(24, 1, calendar=True, periodic=False, part=CHOOSE), truth_2013)
all_columns, spread = list(range(12)), changes(TRAIN, 1).std()
for seed, (model, _) in enumerate(fitted["LSTM"]):
    error = rmse(forecast_year(model, all_columns, 1, spread, CHOOSE), truth_2013)
    claim(f"2013, seed {seed}: below 0.97 of AR + calendar", error < 0.97 * ar_2013)

# %% [markdown] id="inputs-text"
# What is the gain made of? Train the LSTM with less: the temperature alone, then with the calendar, then with everything.
#
# > **Guess first.** How much does it lose without clock and date?

# %% id="inputs"
CHOICES = {"temperature only": [0], "temperature + calendar": [0, 8, 9, 10, 11]}
gain = {"all 12 columns": 1 - errors["LSTM"].mean() / base["linear AR + calendar"]}
for name, columns in CHOICES.items():
    less = [rmse(fit(nn.LSTM, seed, columns)[1], truth) for seed in range(3)]
    gain[name] = 1 - np.mean(less) / base["linear AR + calendar"]

print("gain over linear AR + calendar, mean of three seeds")
claim("temperature only: between -3 and 3 %", abs(gain["temperature only"]) < 0.03)
claim("temperature + calendar: 4 to 9 %", 0.04 < gain["temperature + calendar"] < 0.09)
claim("all 12 columns: 4 to 9 %", 0.04 < gain["all 12 columns"] < 0.09)

# %% [markdown] id="inputs-reading"
# Without the calendar the advantage shrinks to about nothing: an LSTM without a clock ties with a linear model that has one. Pressure,
# dew point and wind add little for one hour ahead. At this distance no long memory is needed either, which is why the plain RNN
# keeps up; lesson 1 asked it for something else.

# %% [markdown] id="days-text"
# ## Look at the forecasts
#
# A mean over a year hides everything. Take the three days around the largest step of 2014, and the three days that came
# closest to the climatology.

# %% id="days"
year = time[TEST]
jump = int(np.abs(np.diff(temperature[TEST])).argmax())  # the hour before the largest step
unusual = np.convolve(np.abs(anomaly[TEST]), np.ones(72), mode="valid")  # sum over 72 hours
calm = int(unusual.argmin()) + 36  # the middle of the 72
shown = {"persistence": forecasts["persistence"]}
shown["LSTM"] = np.mean([f for _, f in fitted["LSTM"]], axis=0)  # mean of the three seeds
weather_figures.days(year, truth, shown, middles=(jump, calm))

# %% [markdown] id="days-reading"
# Two warnings in one picture. First: one hour ahead **every** forecast looks splendid in such a plot, persistence too, which is only the
# truth shifted by an hour. Never judge by it. Second: a jump that no earlier hour announces stays unforecast; what the LSTM has learnt is
# the ordinary course of the day.
#
# So when does it gain? Split the error by hour and by season.
#
# > **Guess first.** At which time of day does persistence err most?

# %% id="by-hour"
hours, months = weather.hour_of_day(year), weather.month(year)
shown = {name: forecasts[name] for name in ("persistence", "linear AR + calendar")}
shown["LSTM"] = fitted["LSTM"][0][1]  # seed 0


def errors_in(parts):
    return {name: np.array([rmse(f[p], truth[p]) for p in parts]) for name, f in shown.items()}


by_hour = errors_in([hours == k for k in range(24)])
seasons = ["Dec-Feb", "Mar-May", "Jun-Aug", "Sep-Nov"]
by_season = errors_in([months % 12 // 3 == k for k in range(4)])
weather_figures.by_hour_and_season(by_hour, by_season, seasons)

# %% id="by-hour-gain"
gain = 1 - by_hour["LSTM"] / by_hour["linear AR + calendar"]  # (24,)
morning, evening = gain[7:11].mean(), gain[16:22].mean()
claim("gain over AR + calendar from 7 to 10 h above 10 %", morning > 0.1)
claim("gain over AR + calendar from 16 to 21 h below 5 %", evening < 0.05)
lower = by_season["LSTM"] < by_season["linear AR + calendar"]  # (4,)
claim("below AR + calendar in every season", np.all(lower))

# %% [markdown] id="by-hour-reading"
# After sunrise the temperature climbs, and how soon and how fast depends on the season and on the night before: a product of
# things, which a linear model with one set of coefficients cannot form. That is likely why the LSTM gains most there. In the evening there is
# hardly a gain.

# %% [markdown] id="gates-text"
# ## The gates on a real day
#
# What does the network do inside? We step the trained LSTM (seed 0) through the three days around the jump, with the equations of lesson 2
# and the trained weights, and keep the gates.
#
# > **Guess first.** Will the forget gates be near 1, as long memory needs (lesson 2), or lower?

# %% id="gates"
model = fitted["LSTM"][0][0].requires_grad_(False)
begin = TEST.start + jump - 36
stretch = x[None, begin - 48 : begin + 72]  # (1, T=120, I=12): 48 hours to warm up, then 72
record, h = run_gates(model.recurrent, stretch)
whole, _ = model.recurrent(stretch)  # (1, 120, 32)
claim("our last h equals nn.LSTM's", torch.allclose(h, whole[:, -1], atol=1e-5))

f = torch.cat([gates.f for gates in record[48:]]).numpy()  # (72 hours, 32 units)
clock = hour[begin : begin + 72]
day, night = (clock >= 9) & (clock < 17), (clock >= 21) | (clock < 5)
contrast = f[day].mean(axis=0) - f[night].mean(axis=0)  # (32,)
claim("mean forget gate between 0.3 and 0.7", 0.3 < f.mean() < 0.7)
share = np.mean(np.abs(contrast) > 0.1)
claim("more than half of the units differ by 0.1 or more between day and night", share > 0.5)

# %% id="gates-figure"
three_days = truth[jump - 36 : jump + 36, 0]
weather_figures.forget_gates(year[jump - 36], three_days, f, contrast)

# %% [markdown] id="gates-reading"
# The gates have become a clock: which part of the memory is kept depends on the hour, and this is what the periodic AR does with its 24 sets
# of coefficients. The forget gates are around one half on average, so most of what a unit holds is gone after a few hours. One hour ahead
# asks for no more; the LSTM *can* remember for long, but nothing here made it.

# %% [markdown] id="far-text"
# ## A day ahead
#
# One hour is little use for planning. The same tools for all of the next 24 hours, look-back 48 hours: the network gets 24 outputs, least
# squares 24 columns. To be fair, one linear model gets the other weather columns too (seven of the eight: of the four wind directions the last
# follows from the others).
#
# > **Guess first.** Is the LSTM's lead larger or smaller than at one hour?

# %% id="far"
far, far_truth = all_baselines(look_back=48, horizon=24)


def everything(part):
    past, _ = weather.windows(table[:, :7], 48, 24, targets_in=part)  # (M, 48, 7)
    inputs, targets, _ = regression(48, 24, part)  # 48 temperatures, then the calendar
    return np.column_stack([past.reshape(len(past), -1), inputs[:, 48:]]), targets


model = baselines.Linear.of(*everything(TRAIN))
far["linear, all variables"] = model.forecast(everything(TEST)[0])
report(far, far_truth)

# %% id="far-lstm"
far_runs = [fit(nn.LSTM, seed, horizon=24)[1] for seed in range(3)]
far_base = {name: rmse(f, far_truth) for name, f in far.items()}
far_errors = np.array([rmse(f, far_truth) for f in far_runs])
ratio = {name: far_errors / far_base[name] for name in far}
claim("LSTM below linear AR + calendar", np.all(ratio["linear AR + calendar"] < 1))
off = np.abs(ratio["linear, all variables"] - 1)
claim("LSTM within 5 % of linear, all variables", np.all(off < 0.05))


# %% id="far-figure"
def each_lead(forecast):
    return np.array([rmse(forecast[:, k], far_truth[:, k]) for k in range(24)])


names = ["persistence", "climatology", "linear AR + calendar", "linear, all variables"]
by_lead = {name: each_lead(far[name]) for name in names}
by_lead["LSTM"] = np.mean([each_lead(f) for f in far_runs], axis=0)
weather_figures.by_lead(by_lead)

# %% [markdown] id="far-reading"
# A day ahead, what counts is the information, not the architecture: with the same columns a linear model and the LSTM are about
# equal. Note how persistence recovers at 24 hours, and how all errors creep up towards the climatology: where they meet it, knowing today no longer helps.

# %% [markdown] id="summary"
# ## In five lines
#
# 1. The copied toy fails because raw inputs saturate the gates, $h$ is bounded and the bias is learnt first; forecasting the change repairs it.
# 2. Look first: cycles, autocorrelation, step sizes and frozen instruments tell what can be known and what is not weather.
# 3. Split by time, scale by training years; overlapping windows must not be shuffled apart, or memorisers win.
# 4. Baselines come first. One hour ahead the networks beat a plain linear model with calendar by some percent, a periodic one hardly.
# 5. RNN, GRU and LSTM tie here: no long memory is needed. The information (clock, date, variables) matters more than the cell.
#
# ## Test yourself
#
# **1.** The toy network is given 30 times the number of epochs. Does it now know that the series goes up?
#
# <details><summary>Answer</summary>
#
# It may fit its three windows, but still through saturated gates and around the level it has seen. For a level beyond the training
# data nothing tells it what to say. Forecasting the change does.
#
# </details>
#
# **2.** A colleague reports a nearest-neighbour forecast 24 hours ahead with half the error of yours. What do you ask first?
#
# <details><summary>Answer</summary>
#
# How the windows were split. If overlapping windows were shuffled, the neighbour of a test window is the same window moved by an hour,
# with almost all of the answer in it.
#
# </details>
#
# **3.** A model has RMSE 1.2 one hour ahead. Is it good?
#
# <details><summary>Answer</summary>
#
# The number alone says nothing. Here persistence has 1.54, and a linear model with calendar 1.18: it would be worse than least
# squares.
#
# </details>
#
# **4.** May the input of a test window reach into the year before?
#
# <details><summary>Answer</summary>
#
# Yes. At the time of the forecast the past is known. What must not happen is that anything after that time reaches the model: in the
# input, in the scaling, or in training.
#
# </details>
#
# **5.** Why does the LSTM lose its lead when hour and day are taken from its inputs?
#
# <details><summary>Answer</summary>
#
# Because most of the lead is knowing what the last hours mean at this hour of the day. Without a clock it must guess the hour from
# the temperatures.
#
# </details>
#
# ## Next
#
# Practise: [exercises of lesson 5](../exercises/05_weather.ipynb). Then the smallest task that needs a memory:
# [lesson 6, hello](06_hello.ipynb).
