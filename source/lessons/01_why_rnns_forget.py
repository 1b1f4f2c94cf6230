# ---
# jupyter:
#   lstm_course:
#     title: Why RNNs forget
#     minutes: 60
# ---

# %% [markdown] id="opening"
# # 1. Why RNNs forget
#
# **The question.** Why can a plain recurrent network (RNN) not learn what happened 50 steps ago?
#
# **Afterwards you will be able to**
# - write a recurrent network in five lines and draw it unrolled in time;
# - say what backpropagation through time multiplies, and measure how much gradient is left after $k$ steps;
# - predict the decay per step from a matrix, without falling for the most common mistake;
# - recognise exploding gradients and clip them, and say what clipping cannot do;
# - name a task that a plain RNN cannot learn, one that it can, and tell which is which by measuring.
#
# **Time.** About 60 minutes with the exercises left for later. All cells together run in less than a minute.
#
# **Before you start.** You should have seen a matrix product, the chain rule, and a small network trained in PyTorch.
# You do not need to know anything about recurrent networks.
#
# > **How to read.** Where you see **Guess first**, stop and write a guess down before you run the next cell.
# > Being wrong on paper is what makes the right answer stay.

# %% id="setup"
import numpy as np
import torch
from torch import nn

from lstm_course import figures, gradients, tasks, training
from lstm_course.drawings import unrolled

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower

# %% [markdown] id="five-lines"
# ## A network with a memory
#
# Text, weather, speech: the data arrive one step after another. Call the inputs $x_1, \dots, x_T$. A recurrent network
# reads them in order and carries a list of numbers along, the **hidden state** $h_t$. It is all the network remembers.
# At every step the new state is made from the new input and the old state (Elman 1990):
#
# $$h_t = \tanh(W_x\, x_t + W_h\, h_{t-1} + b)$$
#
# The same $W_x$, $W_h$ and $b$ are used at every step, so the network works for any length. $\tanh$ keeps every number of
# the state between $-1$ and $1$. With $I$ numbers per input and $H$ numbers in the state, the whole network is five lines:


# %% id="rnn"
def rnn(inputs, h_0, W_x, W_h, b):
    h = [h_0]  # (H,)
    for x_t in inputs:  # inputs: (T, I)
        h.append(torch.tanh(W_x @ x_t + W_h @ h[-1] + b))  # (H, I) @ (I,) + (H, H) @ (H,) + (H,)
    return h  # h_0, h_1, ..., h_T


# %% [markdown] id="by-hand"
# Small enough to do by hand: one input, one hidden unit, $W_x = 1$, $W_h = 0.5$, $b = 0$. The input is a single 1, then
# zeros. So $h_1 = \tanh(1)$, then $h_2 = \tanh(0.5\, h_1)$, $h_3 = \tanh(0.5\, h_2)$, and so on.
#
# > **Guess first.** How much of that 1 is left in $h_6$: about a half, a tenth, or a fiftieth?

# %% id="fading-memory"
one, half, zero = torch.tensor([[1.0]]), torch.tensor([[0.5]]), torch.tensor([0.0])
pulse = torch.tensor([[1.0], [0.0], [0.0], [0.0], [0.0], [0.0]])  # (T, I) = (6, 1)
for t, h_t in enumerate(rnn(pulse, zero, one, half, zero)):
    print(f"h_{t} = {h_t.item():.4f}")

# %% [markdown] id="fading-memory-why"
# About a fiftieth: each step more than halves what the step before had left. The memory of the pulse fades by a nearly
# constant factor per step, and constant factors are merciless. This notebook is about that factor.
#
# ## Unrolled in time
#
# On the left the network as a loop; on the right the same network with the loop unrolled: one copy per step, all copies with
# the same weights. Unrolled it is an ordinary feed-forward network, only very deep (as deep as the sequence is long), and
# is trained like one. That is **backpropagation through time** (Werbos 1990).

# %% id="unrolled"
figures.show(
    unrolled.unrolled_rnn(steps=4),
    "A recurrent network folded (left) and unrolled over four steps. Dashed: the gradient's way back from L.",
    """Left, one box h_t with an arrow W_h from itself to itself and an input x_t through W_x. Right, the
    same unrolled: h_0 to h_1 to h_2 to h_3 to h_4 by arrows W_h, each step fed by its x through W_x, and h_4
    leads to the loss L. Dashed arrows run back from L through h_4 to h_0; the arrow from h_t back to h_{t-1}
    carries the factor dh_t/dh_{t-1}.""",
)

# %% [markdown] id="bptt"
# ## What the gradient is multiplied by
#
# Suppose something happened at step $T-k$ that matters for the loss $L$ at the end. To learn from it, the network must feel
# how $L$ changes with $h_{T-k}$. Follow the dashed arrows; the chain rule gives one factor per arrow:
#
# $$\frac{\partial L}{\partial h_{T-k}} = \frac{\partial L}{\partial h_T}\;
# \underbrace{\frac{\partial h_T}{\partial h_{T-1}}\,\frac{\partial h_{T-1}}{\partial h_{T-2}}\cdots
# \frac{\partial h_{T-k+1}}{\partial h_{T-k}}}_{\partial h_T / \partial h_{T-k}},
# \qquad
# \frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t^2)\; W_h .$$
#
# Each factor is an $H \times H$ matrix, a **Jacobian**: its row $i$, column $j$ says how unit $i$ of $h_t$ reacts to unit $j$ of
# $h_{t-1}$. The $1 - h_t^2$ is the slope of $\tanh$, written with its result. It is 1 where $h_t = 0$ and close to 0 where
# $h_t$ is close to $\pm 1$.
#
# Do not believe it, check it: the product of $k$ Jacobians against what PyTorch's autograd finds without being told. To keep
# the attention on $W_h$, from here on each unit has its own input ($W_x$ is the identity) and $b = 0$.


# %% id="drive"
def drive(W_h, inputs):
    """Run the RNN with W_x = identity and b = 0; returns h_0, ..., h_T."""
    H = len(W_h)
    h_0 = torch.zeros(H, dtype=torch.float64, requires_grad=True)
    return rnn(
        inputs, h_0, torch.eye(H, dtype=torch.float64), W_h, torch.zeros(H, dtype=torch.float64)
    )


# %% id="product-of-jacobians"
H, T, k = 8, 20, 5
generator = torch.Generator().manual_seed(0)
W_h = gradients.random_matrix(H, 0.9, generator=generator)  # (H, H)
h = drive(W_h, torch.randn(T, H, generator=generator, dtype=torch.float64))

product = torch.eye(H, dtype=torch.float64)
for t in range(T, T - k, -1):  # T, T-1, ..., T-k+1
    product = product @ torch.diag(1 - h[t] ** 2) @ W_h  # (H, H)

rows = [torch.autograd.grad(h[T][i], h[T - k], retain_graph=True)[0] for i in range(H)]
by_autograd = torch.stack(rows)  # (H, H), row i: of h_T[i]
print("factors multiplied:", k)
print("equal to autograd within 1e-12:", torch.allclose(product, by_autograd, rtol=0, atol=1e-12))

# %% [markdown] id="one-number"
# A matrix is a lot to look at. We want one number: by how much can the gradient be stretched at most on its way? That is the
# matrix's **2-norm** (its largest singular value), written $\lVert\partial h_T / \partial h_{T-k}\rVert$. If it is
# $10^{-9}$, then whatever $L$ wants from step $T-k$ arrives there a billion times weaker, in every direction.
#
# `gradients.norms_by_lag(h)` does what the cell above did, for every lag $k = 0, \dots, T$, and returns the norms. (You will
# write it yourself in the exercises.)
#
# ## Measured: how the gradient dies
#
# If a number is multiplied by 0.9 a hundred times, $0.9^{100}$ is left. For a matrix the role of the 0.9 is played by the
# **spectral radius** $\rho$: the largest absolute value among its eigenvalues. We take random matrices with 64 units, scale them to
# a chosen $\rho$, and feed inputs so small (0.01) that $\tanh$ hardly bends.
#
# > **Guess first.** For $\rho = 0.9$, how large is the norm at $k = 100$: about $10^{-1}$, $10^{-5}$ or $10^{-30}$? And what
# > shape has the curve on a logarithmic axis?


# %% id="measure"
def measure(rho, scale, kind="gaussian", T=100, seed=0, H=64):
    """States and gradient norms by lag of a random RNN driven by N(0, scale^2) inputs."""
    generator = torch.Generator().manual_seed(seed)
    W_h = gradients.random_matrix(H, rho, kind, generator)
    inputs = scale * torch.randn(T, H, generator=generator, dtype=torch.float64)
    h = drive(W_h, inputs)
    return h, gradients.norms_by_lag(h)


print("predicted rate (rho)    fitted rate, 5 seeds    norm at k = 100 (seed 0)")
for rho in (0.5, 0.9, 1.0):
    runs = [measure(rho, scale=0.01, seed=seed)[1] for seed in range(5)]
    rates = [gradients.decay_rate(norms) for norms in runs]
    print(
        f"{rho:.2f}                    {min(rates):.2f} to {max(rates):.2f}            {runs[0][-1]:.0e}"
    )

# %% id="draw-norms"
LINES = {
    1.5: (figures.PURPLE, ":"),
    1.0: (figures.BLUE, "-"),
    0.9: (figures.VERMILION, "--"),
    0.5: (figures.GREEN, "-."),
}


def draw(axis, radii, scale):
    """One labelled line of gradient norms per spectral radius; returns the last norms in words."""
    last = []
    for rho in radii:
        norms = measure(rho, scale)[1]
        colour, dash = LINES[rho]
        axis.semilogy(norms, dash, color=colour)
        figures.label_line(axis, len(norms) - 1, norms[-1], rf"$\rho={rho}$")
        last.append(f"{norms[-1]:.0e} for rho = {rho}")
    axis.set(xlabel="$k$", xlim=(0, len(norms) - 1))
    return ", ".join(last)


# %% id="norms-small-inputs"
figure, axis = figures.new(height=3.4)
last = draw(axis, (1.0, 0.9, 0.5), scale=0.01)
axis.set_ylabel(r"$\|\partial h_T/\partial h_{T-k}\|$")
figures.show(
    figure,
    "Norm of the gradient against the lag k, small inputs, log axis.",
    f"Three nearly straight lines from about 1 at k = 0; at k = 100 the norm is {last}.",
)

# %% [markdown] id="straight-lines"
# Straight lines on a logarithmic axis: a constant factor per step. The factor is fitted from the measured curve (a straight
# line through the logarithms, slope to rate) and it *is* the spectral radius. At $\rho = 0.9$, a value that
# sounds harmless, four or five digits are gone after 100 steps; at $\rho = 0.5$ thirty.
#
# ## With real inputs it is worse
#
# So far the inputs were tiny. Real inputs are not; usually they are scaled to mean 0 and standard deviation 1.
#
# > **Guess first.** Same matrices, inputs drawn from $N(0, 1)$. Does the gradient now live longer, or die sooner? Think of
# > the factor $1 - h_t^2$.

# %% id="norms-real-inputs"
figure, axes = figures.new(1, 2, width=9, height=3.6, sharey=True)
small = draw(axes[0], (1.0, 0.9, 0.5), scale=0.01)
real = draw(axes[1], (1.5, 1.0, 0.9, 0.5), scale=1.0)
axes[0].set(title=r"$x_t \sim N(0,\ 0.01^2)$", ylabel=r"$\|\partial h_T/\partial h_{T-k}\|$")
axes[1].set_title(r"$x_t \sim N(0,\ 1)$")
figures.show(
    figure,
    "Norm of the gradient against the lag k: small inputs (left), N(0, 1) inputs (right).",
    f"Left, small inputs, norms at k = 100: {small}. "
    f"Right, N(0, 1) inputs, all lines fall far steeper: {real}.",
)

# %% [markdown] id="slope-explained"
# Sooner, by far: even $\rho = 1.5$ vanishes now. The states are pushed towards $\pm 1$, where $\tanh$ is flat, so
# every factor $1 - h_t^2$ takes something away. How much? If the factors of different steps act like independent random
# numbers, the typical step multiplies a gradient's length by
#
# $$\rho \cdot \sqrt{\text{mean of } (1 - h_t^2)^2},$$
#
# the spectral radius times the root mean square of the slope (the idea is from the mean-field theory of random networks:
# Poole et al. 2016; Chen, Pennington and Schoenholz 2018). It is an approximation. How good a one?

# %% id="slope-prediction"
print("rho    rms slope    predicted rate    fitted rate    within 10 %")
for rho in (0.5, 0.9, 1.0, 1.5):
    h, norms = measure(rho, scale=1.0)
    slope = (1 - torch.stack(h[1:]).detach() ** 2).square().mean().sqrt().item()
    fitted = gradients.decay_rate(norms)
    close = abs(rho * slope / fitted - 1) < 0.1
    print(
        f"{rho:.1f}    {slope:.2f}         {rho * slope:.2f}              {fitted:.2f}           {close}"
    )

# %% [markdown] id="not-everything"
# One matrix each (seed 0): right within a tenth, and every time a little too high.
#
# ## What does not vanish
#
# It is often said that "the gradient vanishes". Not all of it. The same $W_h$ is used at every step, so its gradient is a *sum*
# with one part per step. To see the parts, give every step its own copy of $W_h$ and look at the gradient of each copy.
#
# > **Guess first.** Inputs from $N(0, 1)$ again, $\rho = 0.9$, 100 steps: which part of the sum is due to the last ten?

# %% id="shares"
generator = torch.Generator().manual_seed(0)
W_h = gradients.random_matrix(64, 0.9, generator=generator)
inputs = torch.randn(100, 64, generator=generator, dtype=torch.float64)
copies = [W_h.clone().requires_grad_() for _ in inputs]  # the copy that each step uses
h_t = torch.zeros(64, dtype=torch.float64)
for x_t, W_t in zip(inputs, copies):
    h_t = torch.tanh(x_t + W_t @ h_t)
h_t.sum().backward()  # L = sum of the last state
parts = torch.stack([W_t.grad for W_t in copies])  # (T, H, H), first step first
print(f"whole gradient of W_h:       norm {parts.sum(dim=0).norm():.4f}")
print(f"the last 10 steps alone:     norm {parts[-10:].sum(dim=0).norm():.4f}")
print(f"all but the last 50 steps:   norm {parts[:-50].sum(dim=0).norm():.0e}")

# %% [markdown] id="deaf"
# The whole gradient is anything but small, and nearly all of it is due to the last few steps. So the network does learn, and its
# loss falls. It learns short connections and is deaf to long ones, and a training curve alone will not tell you.

# %% [markdown] id="sigma-or-rho"
# ## Two numbers that are easily confused
#
# The spectral radius $\rho$ is one number that goes with a matrix. Another is its largest **singular value** $\sigma$: the 2-norm
# from above, the most by which *one* multiplication can stretch a vector. Many texts say "if the largest singular value is above 1, the gradient explodes". Try
#
# $$W = \begin{pmatrix} 0.5 & 10 \\ 0 & 0.5 \end{pmatrix}.$$
#
# > **Guess first.** One multiplication stretches a vector by up to ten. What do twenty multiplications do: $10^{20}$,
# > about 1, or less than a thousandth?

# %% id="sigma-against-rho"
W = torch.tensor([[0.5, 10.0], [0.0, 0.5]], dtype=torch.float64)
sigma, rho = gradients.largest_singular_value(W), gradients.spectral_radius(W)
print(f"largest singular value {sigma:.2f}, spectral radius {rho:.2f}")
for k in (1, 2, 5, 10, 20):
    power = torch.linalg.matrix_power(W, k)
    print(f"k = {k:2d}    ||W^k|| = {torch.linalg.matrix_norm(power, ord=2):.4f}")

# %% id="powers"
lags = torch.arange(41, dtype=torch.float64)
norms = torch.stack(
    [torch.linalg.matrix_norm(torch.linalg.matrix_power(W, k), ord=2) for k in range(41)]
)
figure, axis = figures.new(height=3.4)
axis.semilogy(lags, norms, "o-", markersize=3.5)
axis.semilogy(lags, rho**lags, "k:")
axis.semilogy(lags[:9], sigma ** lags[:9], "k--", linewidth=1.2)
for x, y, text in (
    (15, 0.3, r"$\|W^k\|$"),
    (8, sigma**8, r"$\sigma^k$"),
    (20, 2e-8, r"$\rho^{\,k}$"),
):
    figures.label_line(axis, x, y, text, fontsize=12)
axis.set_xlabel("$k$")
rate = gradients.decay_rate(norms, first=20)
figures.show(
    figure,
    "The norm of the k-th power of W, with sigma to the k and rho to the k, log axis.",
    f"The norm jumps from 1 to {norms[1]:.1f} at k = 1, stays near it at k = 2 ({norms[2]:.1f}), then "
    f"falls: {norms[10]:.1f} at k = 10, {norms[40]:.0e} at k = 40. From k = 20 on it shrinks to {rate:.2f} "
    f"of itself per step, near rho = {rho:.1f}. The bound sigma to the k has long left the picture.",
)

# %% [markdown] id="sigma-or-rho-verdict"
# The norm leaps up, then dies. Writing out the powers shows why: the corner of $W^k$ is $10\,k\,0.5^{k-1}$, and in the
# long run $0.5^k$ beats any $k$. So:
#
# - **$\sigma$ bounds one step.** $\sigma < 1$ guarantees that gradients vanish (the slopes of $\tanh$ only shrink further).
#   $\sigma > 1$ guarantees nothing.
# - **$\rho$ sets the rate in the long run**, as $\lVert W^k\rVert^{1/k} \to \rho$ (Gelfand 1941), as long as $\tanh$ is
#   nearly straight. With inputs of ordinary size the slopes lower the rate.
#
# The random matrices above had the same trap built in; we just did not look:

# %% id="sigma-of-random"
for rho in (0.5, 0.9, 1.0):
    W_h = gradients.random_matrix(64, rho, generator=torch.Generator().manual_seed(0))
    sigma = gradients.largest_singular_value(W_h)
    rate = gradients.decay_rate(measure(rho, scale=0.01)[1])
    print(f"rho {rho:.1f}   sigma {sigma:.1f}   measured rate {rate:.2f}")

# %% [markdown] id="explosion"
# ## The opposite: explosion
#
# Can the gradient grow as well? It takes some doing: a spectral radius above 1, small inputs, and a matrix that stretches *every*
# direction alike, a multiple of a rotation (an **orthogonal** matrix, for which $\sigma = \rho$).
#
# > **Guess first.** $\rho = 1.5$ and 200 steps. Without $\tanh$ it would be $1.5^{200}$, about $10^{35}$. And with it?

# %% id="explode"
for kind in ("orthogonal", "gaussian"):
    runs = [measure(1.5, scale=0.01, kind=kind, T=200, seed=seed)[1] for seed in range(5)]
    rates = [gradients.decay_rate(norms) for norms in runs]
    print(
        f"{kind:10s}  rates over 5 seeds {min(rates):.2f} to {max(rates):.2f}   "
        f"norm above 1e5 after 200 steps, every seed: {all(norms[-1] > 1e5 for norms in runs)}"
    )

# %% [markdown] id="explosion-why"
# It explodes, far more slowly than $1.5^{k}$. With $\rho > 1$ the state grows until its units come near $\pm 1$, and
# there the slopes brake. $\tanh$ keeps the explosion in check; it does not prevent it. With the other random matrices (same
# $\rho$) the growth is weaker and differs from matrix to matrix.
#
# What it does to training: in plain gradient descent a gradient a hundred thousand times too long makes a step a hundred thousand
# times too long, and one such step can undo all learning. The usual remedy is **clipping by norm** (Pascanu, Mikolov and Bengio 2013): if the gradient $g$
# of all weights together is longer than $c$, shorten it to length $c$ and keep its direction,
#
# $$g \leftarrow g \cdot \min\left(1,\; \frac{c}{\lVert g \rVert}\right).$$

# %% id="clip"
generator = torch.Generator().manual_seed(0)
W_h = gradients.random_matrix(64, 1.5, "orthogonal", generator).requires_grad_()
h = drive(W_h, 0.01 * torch.randn(200, 64, generator=generator, dtype=torch.float64))
h[-1].sum().backward()  # L = sum of the last state

before = W_h.grad.clone()  # (H, H)
norm = nn.utils.clip_grad_norm_([W_h], max_norm=1.0)  # shortens W_h.grad, returns the norm it had
cosine = torch.cosine_similarity(before.flatten(), W_h.grad.flatten(), dim=0)
print("norm before above 1e4:", norm.item() > 1e4)
print(f"norm after: {W_h.grad.norm():.4f}, cosine between before and after: {cosine:.4f}")

W_h.grad = 1e-9 * before / norm  # a gradient that has vanished, norm 1e-9
nn.utils.clip_grad_norm_([W_h], max_norm=1.0)
print(f"norm of a vanished gradient after clipping: {W_h.grad.norm():.0e}")

# %% [markdown] id="clip-limits"
# Clipping is one line, and both training loops of this lesson have it. But look at the minimum in the formula,
# and at the last line printed: a short gradient is left as it is. Clipping cures explosion. **It does nothing at all
# against vanishing.**
#
# ## Turn the knobs yourself
#
# Below the same measurement with two sliders: the spectral radius, and the size of the inputs. $W_h$ is orthogonal
# here, so the lines are straight from the start. The dashed line is the prediction $(\rho \cdot \text{rms slope})^k$.
#
# Try: (1) input scale 0, radius from 0.5 to 1.5. (2) radius 1, input scale from 0 to 1: how soon is nothing left?
# (3) radius 1.5: which input scale keeps the line nearly level? (4) radius 2, input scale 0 against 0.05: who brakes?

# %% id="explorer"
from lstm_course.widgets.spectral_radius import SpectralRadiusExplorer

SpectralRadiusExplorer()

# %% [markdown] id="recall"
# ## Does it matter? A task that needs memory
#
# Norms are one thing, learning is another. So here is the smallest task that needs memory. The network sees one letter,
# `a` or `b`, then $k$ times the same filler symbol, and must then say which letter it was. There are only two different
# sequences. A child solves it; for a network all depends on $k$.
#
# The network: a recurrent layer (`nn.RNN`, the same formula as ours), and a linear map that reads the last state. Solved
# means: the loss (cross entropy; guessing costs $\ln 2 \approx 0.69$) falls below 0.05 within 200 steps of training.

# %% id="recall-data"
inputs, targets = tasks.recall(fillers=4)
print("inputs ", tuple(inputs.shape), " targets", targets.tolist())
for sequence in inputs:
    print(" ".join("ab."[symbol] for symbol in sequence.argmax(dim=1)))


# %% id="last-step"
class LastStep(nn.Module):
    """A recurrent layer, and a linear map that reads its last state."""

    def __init__(self, recurrent, outputs):
        super().__init__()
        self.recurrent = recurrent
        self.read = nn.Linear(recurrent.hidden_size, outputs)

    def forward(self, x):  # (B, T, I)
        states, _ = self.recurrent(x)  # (B, T, H)
        return self.read(states[:, -1])  # (B, outputs)


# %% id="solves"
def solves(model, draw_batch, steps=200):
    """Train for at most so many steps; True as soon as the loss of a batch, before training on it, is below 0.05."""
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        inputs, targets = draw_batch()
        loss = nn.functional.cross_entropy(model(inputs), targets)
        if loss.item() < 0.05:
            return True
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    return False


# %% [markdown] id="recall-guess"
# How a network starts is drawn at random, so one run proves nothing: eight seeds for each $k$. (We print "all or nearly all"
# where at least six of eight succeed: exact counts could differ on your processor.)
#
# > **Guess first.** 5, 10, 20, 50 fillers: up to where does the RNN get?

# %% id="recall-rnn"
SEEDS, LAGS = 8, (5, 10, 20, 50)


def solved(make_layer, k):
    """How many of the seeds learn to recall the letter after k fillers?"""
    count = 0
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        count += solves(LastStep(make_layer(k), outputs=2), lambda: tasks.recall(k))
    return count


def share(count):
    if count >= SEEDS - 2:
        return "all or nearly all"
    return "none or hardly any" if count <= 2 else "some"


plain = {k: solved(lambda k: nn.RNN(3, 16, batch_first=True), k) for k in LAGS}
for k, count in plain.items():
    print(f"k = {k:2d}: {share(count)} of {SEEDS} seeds solve it")

# %% [markdown] id="recall-why"
# A cliff between 20 and 50. Nothing else about the task has changed: the same one bit, the same network.
#
# Could we have known? Take such a layer *before* training and measure two things: its gradient norm at lag $k$, and how
# far apart `a` and `b` have left its state after $k$ fillers. If the two states are equal, no reader on top can tell the
# letters apart. (float32, in which the network is trained, carries about seven digits.)


# %% id="recall-diagnosis"
def order(x):
    """The power of ten nearest to x, as text."""
    return f"1e{round(torch.as_tensor(x).log10().item()):+03d}"


torch.manual_seed(0)
layer = nn.RNN(3, 16).double()
W_x, W_h, b_1, b_2 = (p.detach() for p in layer.parameters())  # nn.RNN has its bias in two parts
h_0 = torch.zeros(16, dtype=torch.float64, requires_grad=True)
h_a, h_b = (rnn(sequence, h_0, W_x, W_h, b_1 + b_2) for sequence in tasks.recall(50)[0].double())
norms = gradients.norms_by_lag(h_a)
print(f"spectral radius of its W_h: {gradients.spectral_radius(W_h):.1f}")
for k in LAGS:
    apart = (h_a[k + 1] - h_b[k + 1]).norm()
    print(f"k = {k:2d}   gradient norm {order(norms[k])}   distance of the states {order(apart)}")

# %% [markdown] id="recall-both-ways"
# PyTorch draws the weights of `nn.RNN` so small that the spectral radius starts well below 1, and the slopes of $\tanh$
# lower the rate further. At 50 fillers the letter's trace in the state is far below float32's resolution: **forwards** the
# network has forgotten the letter, and **backwards** no gradient says so. It is the same product of Jacobians both times.
#
# If that is the cause, then a start with $\rho = 1$ should cure it. One line: an orthogonal $W_h$ (Saxe, McClelland and
# Ganguli 2014; for RNNs Le, Jaitly and Hinton 2015 used the identity).


# %% id="recall-orthogonal"
def orthogonal_rnn(k):
    layer = nn.RNN(3, 16, batch_first=True)
    nn.init.orthogonal_(layer.weight_hh_l0)
    return layer


orthogonal = {k: solved(orthogonal_rnn, k) for k in LAGS}
print(f"k = 50, W_h as PyTorch draws it: {share(plain[50])} of {SEEDS} seeds")
print(f"k = 50, W_h orthogonal:          {share(orthogonal[50])} of {SEEDS} seeds")

# %% [markdown] id="adding"
# The diagnosis was right. But an orthogonal $W_h$ is a good *start*, not a cure: nothing holds $\rho$ at 1 once training moves the
# weights, and inputs that carry something push the states to where the slopes are small. So, a harder task.
#
# ## The adding problem
#
# From the paper that introduced the LSTM (Hochreiter and Schmidhuber 1997). Sixty random numbers between 0 and 1 come in; two of them
# are marked, one in each half. At the end the network must say the sum of the two. Whoever always says 1, the mean of the
# sum, has a mean squared error of $2 \cdot \frac{1}{12} = \frac16$: that is what not having listened costs.

# %% id="adding-data"
inputs, targets = tasks.adding(batch=10_000, steps=60, generator=torch.Generator().manual_seed(0))
print("inputs ", tuple(inputs.shape), " targets", tuple(targets.shape))  # (B, T, 2) and (B, 1)
print(f"marks per sequence: {inputs[..., 1].sum(dim=1).unique().tolist()}")
print(f"error of always saying 1: {((targets - 1) ** 2).mean():.2f}")

# %% [markdown] id="adding-rnn-intro"
# First the plain RNN: 32 units, batches of 64 fresh sequences, once as PyTorch draws it and once with an orthogonal $W_h$. We
# train for at most 1,200 steps and stop early once the error, averaged over 20 steps, is below 0.01. (`training.train` is the loop of
# above with a progress bar.)


# %% id="adding-train"
def learn_adding(layer, seed, steps=1200):
    """Train on the adding problem with T = 60; returns the loss of every step."""
    model, generator = LastStep(layer, outputs=1), torch.Generator().manual_seed(seed)
    batches = (tasks.adding(64, 60, generator) for _ in range(steps))

    def done(losses):
        return len(losses) >= 20 and sum(losses[-20:]) / 20 < 0.01

    return training.train(
        model, batches, nn.functional.mse_loss, steps=steps, until=done, label=f"seed {seed}"
    )


losses = {}
for name, seed in (("RNN", 0), ("RNN, orthogonal", 1)):
    torch.manual_seed(seed)
    layer = nn.RNN(2, 32, batch_first=True)
    if name == "RNN, orthogonal":
        nn.init.orthogonal_(layer.weight_hh_l0)
    losses[name, seed] = curve = learn_adding(layer, seed)
    better = sum(curve[-200:]) / 200 < 0.14
    print(f"{name}, seed {seed}: better than 0.14 after {len(curve)} steps: {better}")

# %% [markdown] id="cure-to-come"
# After 1,200 batches of 64 sequences: nothing, still the error of not having listened, and a good start does not help (one seed each).
# (Does patience? Set `steps` higher and see.)
#
# ## The cure to come
#
# Now one word changes. `nn.RNN` becomes `nn.LSTM`, for us still a closed box with the same number of units. Everything
# else stays: data, seeds, optimiser, clipping.
#
# > **Guess first.** Same, better, or solved?

# %% id="adding-lstm"
for seed in (0, 1):
    torch.manual_seed(seed)
    losses["LSTM", seed] = curve = learn_adding(nn.LSTM(2, 32, batch_first=True), seed)
    solved_it = len(curve) < 1200 and sum(curve[-20:]) / 20 < 0.01
    print(f"LSTM, seed {seed}: below 0.01 in fewer than 1200 steps: {solved_it}")

# %% id="adding-figure"
STYLES = {
    "RNN": figures.MODELS["RNN"],
    "LSTM": figures.MODELS["LSTM"],
    "RNN, orthogonal": {"color": figures.ORANGE, "marker": "^", "linestyle": ":"},
}
figure, axis = figures.new(height=3.2)
for (name, seed), curve in losses.items():
    smooth = torch.tensor(curve).unfold(0, 20, 1).mean(dim=1)  # means over 20 steps
    label = None if (name, seed) == ("LSTM", 1) else name
    axis.semilogy(range(20, len(curve) + 1), smooth, **STYLES[name], markevery=100, label=label)
axis.set_yticks([0.01, 0.1, 1 / 6], ["0.01", "0.1", "1/6"])
axis.minorticks_off()
axis.set(xlabel="$n$", ylabel="MSE", xlim=(0, 1200), ylim=(0.007, 0.5))
axis.legend(loc="lower left")
figures.show(
    figure,
    "Adding problem, T = 60: mean squared error against training step n (log axis).",
    """Both RNN curves stay at one sixth, the error of always saying 1, over all 1,200 steps. Both LSTM
             curves stay there for some hundred steps too, then drop below 0.01.""",
)

# %% [markdown] id="is-it-the-name"
# ## Is it the name LSTM?
#
# It would be a fine ending: RNNs forget, LSTMs remember. It is not true. Take the LSTM as PyTorch builds it back to the recall
# task, where it had better be good.
#
# Beside it, the same LSTM with one change that we do not explain yet: eight lines that set some biases, so that its "forget
# gate" starts nearly open (Tallec and Ollivier 2018). What that means is the subject of [the next lesson](02_the_cell.ipynb).


# %% id="recall-lstm"
def open_gate(lstm, k):
    """Set an LSTM's biases so that it can hold something for about k steps."""
    H = lstm.hidden_size
    lag = 1 + (k - 1) * torch.rand(H)  # (H,) between 1 and k
    with torch.no_grad():
        lstm.bias_hh_l0.zero_()
        lstm.bias_ih_l0.zero_()
        lstm.bias_ih_l0[:H] = -lag.log()  # input gate: nearly closed
        lstm.bias_ih_l0[H : 2 * H] = lag.log()  # forget gate: nearly open
    return lstm


default = {k: solved(lambda k: nn.LSTM(3, 16, batch_first=True), k) for k in LAGS}
opened = {
    k: solved(lambda k: open_gate(nn.LSTM(3, 16, batch_first=True), k), k) for k in (*LAGS, 200)
}
print(f"k =  50, LSTM as PyTorch builds it:        {share(default[50])} of {SEEDS} seeds")
print(f"k =  50, LSTM with its forget gate opened: {share(opened[50])} of {SEEDS} seeds")
print(f"k = 200, LSTM with its forget gate opened: {share(opened[200])} of {SEEDS} seeds")

# %% id="recall-figure"
table = {"RNN": plain, "RNN, orthogonal": orthogonal, "LSTM": default, "LSTM, opened": opened}
counts = np.array([[row[k] for k in LAGS] for row in table.values()])  # (4 networks, 4 lags)
figure, axis = figures.new(width=5.5, height=2.6)
axis.imshow(counts, cmap="Blues", vmin=0, vmax=2 * SEEDS, aspect="auto")
for (row, column), count in np.ndenumerate(counts):
    axis.text(column, row, count, ha="center", va="center", fontsize=12)
axis.set_xticks(range(4), [f"$k={k}$" for k in LAGS])
axis.set_yticks(range(4), table)
axis.grid(visible=False)
figures.show(
    figure,
    f"Of {SEEDS} seeds, how many learn to recall the first letter after k fillers.",
    "Rows are networks, columns numbers of fillers. "
    + "; ".join(
        f"{name}: {share(row[10])} at k = 10, {share(row[50])} at k = 50"
        for name, row in table.items()
    )
    + ".",
)

# %% [markdown] id="exception"
# The default LSTM forgets the letter like the default RNN. (Why then did it manage the adding problem? Probably because there
# the second mark is often close to the end, so that there is something short to learn first. Recall offers nothing short.)
#
# ## The honest exception
#
# And there are tasks which a plain RNN learns and a default LSTM does not. The **latch** (Bengio, Simard and Frasconi 1994):
# the first input is $+1$ or $-1$, then follow 59 zeros, noise is added to all of them, and the sign of the first is wanted.


# %% id="latch"
def learn_latch(make_layer, seed):
    """Train on the latch with T = 60; returns the network, and whether it learnt within 250 steps of training."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = LastStep(make_layer(), outputs=2)
    return model, solves(
        model, lambda: tasks.latch(64, 60, noise=0.1, generator=generator), steps=250
    )


layers = {
    "plain RNN": lambda: nn.RNN(1, 32, batch_first=True),
    "default LSTM": lambda: nn.LSTM(1, 32, batch_first=True),
    "LSTM, opened": lambda: open_gate(nn.LSTM(1, 32, batch_first=True), k=60),
}
latches = {name: [learn_latch(make, seed) for seed in range(5)] for name, make in layers.items()}
for name, runs in latches.items():
    count = sum(learnt for _, learnt in runs)
    print(
        f"{name:12s}  learns the latch on most of 5 seeds: {count >= 3}, on hardly any: {count <= 1}"
    )

# %% [markdown] id="latch-why"
# How does the RNN hold on for 60 steps, if 50 were too many before? Look at what training has done to $W_h$.
#
# > **Guess first.** Is the spectral radius of the trained networks below 1, about 1, or above?

# %% id="latch-radius"
untrained = gradients.spectral_radius(nn.RNN(1, 32).weight_hh_l0)
trained = [
    gradients.spectral_radius(model.recurrent.weight_hh_l0)
    for model, learnt in latches["plain RNN"]
    if learnt
]
print(
    f"spectral radius above 1: before training {untrained > 1}, after {min(trained) > 1} (every seed that learnt)"
)

# %% [markdown] id="latch-verdict"
# Above 1: the state no longer dies away. $\tanh$, which starves gradients, keeps it bounded, and after 60 steps it still
# depends on the first input.
#
# How did a network get there that started deaf to the first input? Hardly by hearing it. Training moves the weights in any case
# (the last few steps always have a gradient), and on most seeds that happens to lift $\rho$ above 1 before the training
# ends; from then on the network can hear. That is luck, and it depends on everything: the seed, the step size, the number of
# units. Our recall network had 16 units. In one with 32 each step of training moves the matrix as a whole further. Does that give luck
# a better chance?

# %% id="wider"
wider = solved(lambda k: nn.RNN(3, 32, batch_first=True), 50)
print(
    f"recall, k = 50, RNN with 32 units: succeeds on some seed: {wider >= 1}, on all {SEEDS}: {wider == SEEDS}"
)

# %% [markdown] id="verdict"
# Some get through, and not all. So be careful with blanket statements: "RNNs forget, LSTMs remember" is false. What decides is
# how much of the state, and of its gradient, gets through $k$ steps *with these weights, on these inputs*. A plain RNN starts
# where little gets through and has no part that holds it open. That can be measured, and now you know how.

# %% [markdown] id="summary"
# ## In five lines
#
# 1. An RNN carries a state: $h_t = \tanh(W_x x_t + W_h h_{t-1} + b)$, with the same weights at every step.
# 2. Backpropagation through time multiplies one Jacobian $\mathrm{diag}(1 - h_t^2)\,W_h$ per step, so gradients shrink or grow by a roughly constant factor per step.
# 3. That factor is about $\rho$ (largest |eigenvalue|) times the typical slope of $\tanh$; the largest singular value bounds a single step only.
# 4. Clipping by norm tames explosion and does nothing against vanishing.
# 5. At PyTorch's default start a plain RNN is deaf beyond a few dozen steps, and so is a default LSTM on the same task: it takes an open forget gate.
#
# ## Test yourself
#
# **1.** A network has spectral radius 0.8 and tiny inputs. After how many steps is less than a thousandth of the gradient left?
#
# <details><summary>Answer</summary>
#
# $0.8^k < 10^{-3}$, so $k > \ln(1000) / \ln(1/0.8)$, which is 31 steps.
#
# </details>
#
# **2.** The largest singular value of W is 3. Does the gradient explode?
#
# <details><summary>Answer</summary>
#
# You cannot tell. It bounds what one step can do. In the long run the spectral radius decides, lowered by the slopes of tanh.
# The other way round it is a guarantee: with the largest singular value below 1 the gradient must vanish.
#
# </details>
#
# **3.** The loss of your RNN falls nicely. Can the gradient still have vanished?
#
# <details><summary>Answer</summary>
#
# Yes. The gradient of the weights sums over all steps, and the last few steps contribute as much as ever. Only
# what needs long memory is not learnt.
#
# </details>
#
# **4.** Someone raises the learning rate, or divides the gradient by its norm, to cure vanishing. Does it help?
#
# <details><summary>Answer</summary>
#
# No. Both make the whole gradient longer, the share of the near steps along with that of the far ones. The far steps stay as
# small *in comparison*, and that is what deafness means.
#
# </details>
#
# **5.** Why do larger inputs make an RNN forget faster?
#
# <details><summary>Answer</summary>
#
# They push the states towards -1 and 1, where the slope of tanh, 1 - h², is small. Every Jacobian has that slope as a
# factor.
#
# </details>
#
# ## Next
#
# Do the [exercises](../exercises/01_why_rnns_forget.ipynb): one RNN step, gradient norms by lag, the decay rate, clipping.
# Then open the closed box: [2. The cell](02_the_cell.ipynb).
#
# <details><summary>Sources</summary>
#
# - J. Elman (1990), Finding structure in time. P. Werbos (1990), Backpropagation through time.
# - S. Hochreiter (1991), diploma thesis: the vanishing gradient. Y. Bengio, P. Simard, P. Frasconi (1994), Learning
#   long-term dependencies with gradient descent is difficult.
# - S. Hochreiter, J. Schmidhuber (1997), Long short-term memory. C. Tallec, Y. Ollivier (2018), Can recurrent neural networks warp time?
# - R. Pascanu, T. Mikolov, Y. Bengio (2013), On the difficulty of training recurrent neural networks.
# - A. Saxe, J. McClelland, S. Ganguli (2014), Exact solutions to the nonlinear dynamics of learning in deep linear neural networks.
#   Q. Le, N. Jaitly, G. Hinton (2015), A simple way to initialize recurrent networks of rectified linear units.
# - B. Poole et al. (2016), Exponential expressivity in deep neural networks through transient chaos. M. Chen, J. Pennington,
#   S. Schoenholz (2018), Dynamical isometry and a mean field theory of RNNs.
#
# </details>
