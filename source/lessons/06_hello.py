# ---
# jupyter:
#   lstm_course:
#     title: Hello
#     minutes: 60
# ---

# %% [markdown] id="opening"
# # 6. Hello
#
# **The question:** what does it take to spell "hello"?
#
# After this lesson you can
#
# - turn letters into vectors and a word into pairs of "read this, say that";
# - compute the best that a model without memory can ever reach, and see a network stop exactly there;
# - follow every number of a trained LSTM through a word, from the letter to the loss;
# - say how much context a list of words demands, train a network down to that limit, and sample words from it;
# - say what the last hidden state of a word holds, and what it does not.
#
# **Time:** about 60 minutes. **Before:** [lesson 2](02_the_cell.ipynb): the LSTM cell and its gates.

# %% id="setup"
import math
import os
import random
import subprocess
import sys
from collections import Counter, defaultdict
from functools import partial

import torch
from torch import nn

from lstm_course import cells, letters
from lstm_course.drawings import hello_figures
from lstm_course.widgets.cell_player import CellPlayer

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower

# %% [markdown] id="one-hot-text"
# ## Letters become vectors
#
# A network computes with numbers, and letters are none. Numbering them (e = 0, h = 1, l = 2, o = 3) and feeding in
# the number would claim that l lies between h and o and is twice as much as h. A **one-hot** vector claims nothing of
# the kind: one place per letter, 1 at its own place and 0 elsewhere. All letters are equally far apart.
#
# First we need a fixed order of the letters. `set(word)` finds the different ones, but:
#
# > **Guess first.** Start Python eight times and print `set("hello")`. Will the letters come in the same order each time?

# %% id="set-order"
orders = set()
for seed in range(1, 9):  # Python draws this seed anew at every start, unless it is told one
    run = [sys.executable, "-S", "-c", "print(*set('hello'))"]
    orders.add(subprocess.check_output(run, env={**os.environ, "PYTHONHASHSEED": str(seed)}))
print("always the same order:", len(orders) == 1)

# %% [markdown] id="sort-text"
# So a model that was saved today may find its letters exchanged tomorrow, without any error. **Sort the alphabet.**

# %% id="one-hot"
word = "hello"
alphabet = sorted(set(word))
V = len(alphabet)


def one_hot(text):
    return torch.eye(V)[[alphabet.index(letter) for letter in text]]  # (T, V)


print("  ", *(f" {letter}" for letter in alphabet))
for letter, row in zip(word, one_hot(word)):
    print(letter, [int(number) for number in row])

# %% [markdown] id="column-text"
# What does a matrix make of such a vector? $W x$ adds up the columns of $W$, each as often as $x$ says: one of them
# once, all others not at all.

# %% id="column"
W = torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]]).float()  # (2, V)
x_t = one_hot("l")[0]  # (V,)
print("W x_t  =", (W @ x_t).tolist(), " third column of W =", W[:, 2].tolist())

# %% [markdown] id="embedding-note"
# Multiplying by a one-hot vector **picks a column**. So each letter has a column of numbers of its own in $W_x$, and
# the network learns these columns. (`nn.Embedding` does the same by looking the column up instead of multiplying.) Keep
# this in mind; it decides a riddle below.
#
# ## The task: say the next letter
#
# Read h, say e. Read e, say l. The word is its own teacher: what is to be said is what is read, **shifted by one**. (Elman 1990 gave
# this task to the network that we call the plain RNN.)

# %% id="pairs"
reading, saying = word[:-1], word[1:]
x = one_hot(reading)[None]  # (B, T, V) = (1, 4, 4)
y = torch.tensor([[alphabet.index(letter) for letter in saying]])  # (B, T): places
for pair in zip(reading, saying):
    print("read {}, say {}".format(*pair))

# %% [markdown] id="no-memory-text"
# ## Without memory: three of four at most
#
# Look at the third and fourth line: after l comes l, and after l comes o. A model without memory sees only the letter
# that it has just read. The same input gives the same answer, so one of the two must be wrong, however large the model.
#
# It is also punished in its loss. We use the **cross-entropy**: the model gives every letter a probability, and the loss of
# a step is $-\ln p$ of the right letter, 0 if the model was certain of it. After h and e it can be certain. After l
# it can give $p$ to l and $1 - p$ to o, and pays for both, over the four steps on average
#
# $$L(p) = \tfrac14 \left(-\ln p - \ln(1 - p)\right).$$
#
# > **Guess first.** Which $p$ is best? Would it pay to decide for one of the two letters?

# %% id="best-p"
for p in (0.1, 0.3, 0.5, 0.7, 0.9):
    print(f"p = {p}:  L = {-(math.log(p) + math.log(1 - p)) / 4:.4f}")
floor = 2 * math.log(2) / 4
print(f"2 ln 2 / 4 = {floor:.4f}")

# %% [markdown] id="floor-text"
# Half and half is best, and no decision pays. The lowest loss without memory is $\frac{2 \ln 2}{4}$. That is a **floor**: a
# statement about all models without memory, before any of them is trained. Does training find it? A small network
# with one hidden layer (an MLP) sees each letter by itself. We train it from ten different random starts.


# %% id="fit"
def loss(logits, targets):  # (B, T, V), (B, T)
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def fit(model, x, y, steps, lr=0.05, enough=0.0):
    """Train with Adam until the steps are over or the loss is below `enough`; return the losses."""
    optimiser, losses = torch.optim.Adam(model.parameters(), lr=lr), []
    while len(losses) < steps and (not losses or losses[-1] > enough):
        optimiser.zero_grad()
        error = loss(model(x), y)
        error.backward()
        optimiser.step()
        losses.append(error.item())
    return losses


# %% id="mlp"
SEEDS = range(10)
nets, curves = defaultdict(list), defaultdict(list)


def train_ten(name, make):
    for seed in SEEDS:
        torch.manual_seed(seed)
        nets[name].append(make())
        curves[name].append(fit(nets[name][-1], x, y, steps=100))


def count_right(model):
    return int((model(x).argmax(-1) == y).sum())


train_ten("no memory", lambda: nn.Sequential(nn.Linear(V, 8), nn.Tanh(), nn.Linear(8, V)))
lowest = torch.tensor(curves["no memory"]).min(dim=1).values  # (10,)
print("letters right, ten starts:", [count_right(net) for net in nets["no memory"]])
print("all within 0.01 of the floor:", bool((lowest < floor + 0.01).all()))
print("any below the floor:", bool((lowest < floor - 1e-6).any()))

# %% id="floor-figure"
l = alphabet.index("l")
share = torch.stack([net(x)[0, 2].softmax(-1)[l] for net in nets["no memory"]]).detach()  # (10,)
hello_figures.valley(share, lowest)

# %% [markdown] id="memory-text"
# ## With memory: four of four
#
# Now a network that carries a state from letter to letter. `nn.RNN`, `nn.GRU` and `nn.LSTM` run such a cell along the sequence; at
# every step a linear layer turns the hidden state $h_t$ into one score per letter, called a **logit**; softmax turns the logits into
# probabilities. (The GRU is a cousin of the LSTM with two gates and one state; lesson 8 looks at it.)


# %% id="next-letter"
class NextLetter(nn.Module):
    def __init__(self, kind, V, H):
        super().__init__()
        self.rnn = getattr(nn, kind)(V, H, batch_first=True)
        self.out = nn.Linear(H, V)

    def forward(self, x):  # (B, T, V)
        h, _ = self.rnn(x)  # (B, T, H): h_1, ..., h_T, starting from h_0 = 0
        return self.out(h)  # (B, T, V): logits


# %% [markdown] id="memory-guess"
# > **Guess first.** Of ten random starts each, how many RNNs, GRUs and LSTMs with 8 units will spell "hello"?

# %% id="memory"
KINDS = ("RNN", "GRU", "LSTM")
for kind in KINDS:
    train_ten(kind, partial(NextLetter, kind, V, 8))
    right = [count_right(net) for net in nets[kind]]
    below = (torch.tensor(curves[kind]) < floor).any(dim=1).sum()
    print(f"{kind:4}  letters right: {right}   below the floor: {below} of 10")

# %% id="curves-figure"
hello_figures.learning(curves)

# %% [markdown] id="three-kinds"
# The floor holds for models of any size, so what lies below it is the work of memory and of nothing else. All three kinds do it: one
# step back is not far, and a plain RNN remembers that well enough ([lesson 1](01_why_rnns_forget.ipynb) shows where it stops).
#
# > **Guess first.** How many units does it take? A state of two numbers must hold everything the network knows about the letters
# > so far.
#
# We stop as soon as the loss is below $\frac{\ln 2}{4}$: then no single $-\ln p$ can be as large as $\ln 2$, so every right letter
# has a probability above one half.

# %% id="two-units"
for kind in KINDS:
    solved = 0
    for seed in SEEDS:
        torch.manual_seed(seed)
        net = NextLetter(kind, V, 2)
        fit(net, x, y, steps=300, enough=math.log(2) / 4)
        solved += count_right(net) == 4
    print(f"{kind:4} with 2 units: 4 of 4 for {solved} of 10 starts")

# %% [markdown] id="window-text"
# ### How much memory does the word demand?
#
# Honesty asks for one more rival: a model without a state that sees a **window** of the last two letters. For any window of
# $k$ letters the floor can be counted. If a context came $n$ times and a letter followed it $m$ of these times, then, as with $p$
# above, the best probability is the share $m / n$, and over all $N$ predictions
#
# $$L_k = \frac{1}{N} \sum_{\text{contexts}} \; \sum_{\text{letters}} m \ln \frac{n}{m}.$$


# %% id="counting"
def count_followers(texts, k):
    """Count which letters follow each context of (at most) k letters."""
    counts = defaultdict(Counter)
    for text in texts:
        for t in range(1, len(text)):
            counts[text[max(0, t - k) : t]][text[t]] += 1
    return counts


def best_possible(counts):
    """The lowest mean loss, the most letters right, and the number of letters."""
    N = sum(after.total() for after in counts.values())
    L = sum(m * math.log(after.total() / m) for after in counts.values() for m in after.values())
    return L / N, sum(max(after.values()) for after in counts.values()), N


for k in range(3):
    L, right, N = best_possible(count_followers([word], k))
    print(f"{k} letters of context: at most {right} of {N} right, loss at least {L:.4f}")
print({context: dict(after) for context, after in count_followers([word], 2).items()})

# %% [markdown] id="window-answer"
# Two letters are enough: "el" and "ll" are different. So "hello" shows *that* memory is needed, not that much of it is. And a window has
# to be chosen beforehand; a recurrent network finds out by itself what to keep. We come back to this with more words.
#
# ## Every number
#
# What happens inside? We take an LSTM with two units, train it, and **round all its weights to one decimal**, so that each step can be
# checked with a pocket calculator. (In double precision, so that your computer prints what ours did.)

# %% id="rounded"
torch.manual_seed(0)
net = NextLetter("LSTM", V, 2).double()
fit(net, x.double(), y, steps=200)
with torch.no_grad():
    for weights in net.parameters():
        weights.copy_(weights.round(decimals=1) + 0.0)  # + 0.0 turns -0.0 into 0.0
W_x, W_h, b_ih, b_hh = net.rnn.parameters()  # (4H, V), (4H, H), (4H,), (4H,)
b = b_ih + b_hh
print("letters right with rounded weights:", count_right(lambda x: net(x.double())), "of 4")

# %% id="weights"
print("     W_x:" + "".join(f"{letter:>6}" for letter in alphabet) + "    W_h:  u.1   u.2      b")
for k, (row_x, row_h, bias) in enumerate(zip(W_x, W_h, b)):
    numbers = ["".join(f"{weight:6.1f}" for weight in row) for row in (row_x, row_h)]
    print(f"{'ifgo'[k // 2]}, unit {k % 2 + 1}{numbers[0]}       {numbers[1]} {bias:6.1f}")

# %% [markdown] id="by-hand-text"
# Four gates times two units are eight rows, in PyTorch's order i, f, g, o. Each column of $W_x$ belongs to a letter. Now five steps
# through the whole word, with `cells.lstm_step` of lesson 2; each column of the table shows unit 1 and unit 2:

# %% id="steps"
h, c = torch.zeros(1, 2).double(), torch.zeros(1, 2).double()  # (B, H)
states, forget = [h], []  # h_0, h_1, ...; f_1, f_2, ...
print("     " + "".join(f"{name:^14}" for name in ("f", "i", "g", "o", "c", "h")))
for letter, x_t in zip(word, one_hot(word).double()):
    h, c, gates = cells.lstm_step(x_t[None], h, c, W_x, W_h, b)
    states.append(h)
    forget.append(gates.f)
    columns = torch.stack([gates.f, gates.i, gates.g, gates.o, c, h])[:, 0]  # (6, H)
    pairs = columns.detach().round(decimals=2) + 0.0
    print(f"{letter}    " + "".join(f"{u1:6.2f} {u2:6.2f} " for u1, u2 in pairs))

# %% [markdown] id="one-number-text"
# One of these numbers in full: the forget gate of the first unit when the e is read. The letter picks its column of $W_x$, the old hidden state
# $h_1$ is weighed by $W_h$, the bias is added:

# %% id="one-number"
F1, E = 2, alphabet.index("e")  # row "f, unit 1", column e
h_1 = states[1][0]
z_f = W_x[F1, E] + W_h[F1] @ h_1 + b[F1]
products = [f"({weight:.1f})({number:.4f})" for weight, number in zip(W_h[F1], h_1)]
print(f"z_f = {W_x[F1, E]:.1f} + {' + '.join(products)} + ({b[F1]:.1f}) = {z_f:.4f}")
print(f"f_t = 1 / (1 + exp(-z_f)) = {torch.sigmoid(z_f):.4f}, in the table {forget[1][0, 0]:.2f}")

# %% [markdown] id="player-text"
# The same as a film. Press *Play*, or walk with the buttons or the arrow keys.
#
# > **Look for it:** steps 3 and 4 read the same letter, l. What is the same in both, and where does the difference come from?

# %% id="player"
CellPlayer(one_hot(word), W_x, W_h, b, labels=word)

# %% [markdown] id="player-answer"
# <details><summary>Answer</summary>
#
# The same: $x_t$, hence the column of $W_x$, and the weights. Different: what the cell brings along. The gates read $h_{t-1}$, which is
# the state after "he" at step 3 and after "hel" at step 4; and the belt starts from another $c_{t-1}$.
#
# </details>
#
# From $h_t$ to the answer it is one more matrix, the softmax, and the logarithm of what the right letter got:

# %% id="logits"
head = "".join(f"{letter:>6} " for letter in alphabet)
print(f"read     h_t            logits:{head}    say      p   -ln p")
losses = []
for letter, h, target in zip(reading, states[1:], saying):
    logits = net.out(h[0])  # (V,)
    p = logits.softmax(-1)[alphabet.index(target)]
    losses.append(-p.log().item())
    numbers = "".join(f"{z:6.2f} " for z in logits)
    print(f"  {letter}  {h[0, 0]:6.2f} {h[0, 1]:6.2f}            {numbers}", end="")
    print(f"     {target}  {p:.4f}  {losses[-1]:.4f}")
print(f"mean of the last column: {sum(losses) / 4:.4f}, loss: {loss(net(x.double()), y):.4f}")

# %% [markdown] id="plane-text"
# Two units have an advantage: their hidden state is a point in a plane, and we can draw everything. The linear layer cuts the plane into
# regions, one for each letter that it would say there; reading the word is a walk through them.

# %% id="plane"
side = torch.linspace(-1.1, 1.1, 221).double()
grid = torch.cartesian_prod(side, side).view(221, 221, 2)  # points (unit 1, unit 2)
region = net.out(grid).argmax(-1)  # (221, 221): the letter said there
walk = torch.cat(states).detach()  # (6, 2): h_0, ..., h_5
hello_figures.plane(region, side, walk, word, alphabet)

# %% [markdown] id="plane-meaning"
# That is the whole trick: the same letter, read in a different place, leads to a different place. The state says **where in the path** we are.
# (And h, which is never to be said, has no region here.)
#
# > **Your turn.** Take another seed, 1 to 9, where the weights were rounded and run the cells from there: the walk looks different each
# > time, and spells the same.
#
# ## The column that was never used
#
# The last arrow is dashed, because there something is different: the network never *read* an o in training. It only ever *said* it.
#
# > **Guess first.** By how much has training changed the four columns of $W_x$, one per letter? And what will the ten LSTMs with 8 units
# > say after "hello", and how sure will they be of it?

# %% id="unused-column"
changes = []
for seed, trained in zip(SEEDS, nets["LSTM"]):
    torch.manual_seed(seed)
    start = NextLetter("LSTM", V, 8).rnn.weight_ih_l0  # same seed: what this network began with
    change = (trained.rnn.weight_ih_l0 - start).abs().amax(0).detach()  # (V,): largest per column
    changes.append(change)
for letter, change in zip(alphabet, torch.stack(changes).T):
    moved, still = (change > 0.1).sum(), (change == 0).sum()
    print(f"column {letter}: changed in {moved:2d} of 10 networks, by exactly 0 in {still:2d}")

# %% [markdown] id="unused-column-why"
# Not small: **exactly** 0. The gradient of $W_x$ is a sum over the steps of (something) times $x_t$, and the o's place in $x_t$ is 0 at
# every step. Column o is still the random draw it started from. (With weight decay it would shrink towards 0 instead; it would still
# not learn.) So, after an o that it cannot know, what does the network say?

# %% id="after-hello"
said, sure, same = [], [], 0
for trained in nets["LSTM"]:
    p = trained(one_hot(word)[None])[0, -1].softmax(-1)  # (V,): after the fifth letter
    nothing = torch.cat([one_hot(reading), torch.zeros(1, V)])  # "hell", then no letter at all
    said.append(alphabet[p.argmax()])
    sure.append(p.max().item())
    same += int(trained(nothing[None])[0, -1].argmax() == p.argmax())
print("after 'hello' they say:", *said)
two_units = net(one_hot(word)[None].double())[0, -1].argmax()
print("the network with two units, of the picture, says:", alphabet[two_units])
print(f"with a probability above 0.9: {sum(p > 0.9 for p in sure)} of 10")
print(f"the same answer if no letter is read instead of o: {same} of 10")

# %% [markdown] id="after-hello-why"
# All ten are sure, none can know, and the small network says something else. The ten just repeat what they said before, as if the o had
# not been read at all. Two things to take home: a model knows only inputs that it has read, and **how sure it sounds says nothing
# about that**.
#
# ## From one word to a list
#
# Now 112 words instead of one, `letters.WORDS`: common English words, chosen by us so that some share endings and some a
# meaning. A word is written with a mark on both sides: the first says "begin", and to say the last means "the word is over".
# `letters.shifted_pairs` shifts all words and fills the short ones up to the same length; the targets there are -100, which
# `cross_entropy` leaves out.

# %% id="word-list"
words = letters.WORDS
X, Y = letters.shifted_pairs(words)  # (B, T, V), (B, T)
spelt = [f".{word}." for word in words]
print(len(words), "words, among them", ", ".join(words[40:48]))
print("inputs", tuple(X.shape), "targets", tuple(Y.shape), "letters to say:", int((Y >= 0).sum()))
row = words.index("hello")
print("read", "".join(letters.ALPHABET[j] for j in X[row].argmax(-1)), "  say", Y[row].tolist())

# %% [markdown] id="context-guess"
# > **Guess first.** Nobody can get all letters right: who could know the first? Of the letters to say, what share can be right at best, with no
# > context, with one letter, with the whole beginning of the word?

# %% id="context-floors"
floors = {}
for k in (0, 1, 2, 3, 4, 5, 20):
    floors[k], right, N = best_possible(count_followers(spelt, k))
    name = f"{k} letters of context" if k < 20 else "all letters so far"
    print(f"{name:20}  at most {right} of {N} right ({right / N:.0%}), loss >= {floors[k]:.3f}")

# %% [markdown] id="context-meaning"
# The first two letters of context buy most; beyond three there is hardly anything left to gain. And even with the whole beginning the floor is above
# zero: after "s", the words of the list go on differently, and no memory can know which of them is meant.
#
# The window must be chosen; the recurrent network gets one letter at a time and must find out what to keep. Does it reach the lowest floor?
# We train RNN, GRU and LSTM with 32 units, three starts each.

# %% id="word-nets"
word_nets, final = {}, {}
lowest_floor = floors[20]
for kind in KINDS:
    word_nets[kind], final[kind] = [], []
    for seed in range(3):
        torch.manual_seed(seed)
        net = NextLetter(kind, len(letters.ALPHABET), 32)
        fit(net, X, Y, steps=300, lr=0.02)
        word_nets[kind].append(net)
        final[kind].append(loss(net(X), Y).item())
    hits = [int((net(X).argmax(-1) == Y).sum()) for net in word_nets[kind]]
    near = all(-1e-6 < value - lowest_floor < 0.03 for value in final[kind])
    print(f"{kind:4}  within 0.03 of the lowest floor: {near}   letters right: {hits}")

# %% id="context-figure"
windows = {k: floors[k] for k in floors if k < 20}
hello_figures.context(windows, lowest_floor, final)

# %% [markdown] id="memorised-text"
# Nobody told them how many letters to look back, and all reach the limit of what can be known. On *this list*. The floor counts the words that
# were trained on, so whoever reaches it has learnt the list by heart.
#
# > **Guess first.** For twenty other English words, is such a network better than one that gives all 27 signs the same probability? And
# > does it get better or worse for them while it approaches the floor?

# %% id="unseen"
unseen = "planet river mother simple dance bread cloud mountain purple tiger sleep dream orange"
unseen = f"{unseen} music paper candle friend school yesterday ladder".split()
X_new, Y_new = letters.shifted_pairs(unseen)
print("words that are in the list as well:", sum(word in words for word in unseen))
clueless = math.log(27)
print(f"loss with the same probability for all 27 signs: {clueless:.1f}")
for seed in range(3):
    torch.manual_seed(seed)
    net = NextLetter("LSTM", len(letters.ALPHABET), 32)
    fit(net, X, Y, steps=40, lr=0.02)
    early = loss(net(X_new), Y_new).item()
    fit(net, X, Y, steps=260, lr=0.02)
    late = loss(net(X_new), Y_new).item()
    print(f"start {seed}: lower than that after 40 steps: {early < clueless}, ", end="")
    print(f"higher by more than 1 after 300: {late > clueless + 1}")

# %% [markdown] id="unseen-meaning"
# Early on the network knows which letters are common and what often follows what, and that holds for other words too. Then it learns the
# list by heart and becomes *worse than knowing nothing* elsewhere: so sure of its own words that any other surprises it. A low training loss is no aim in
# itself; with a goal beyond the list you would hold words out and stop in time.
#
# ## Let it talk
#
# A model of the next letter can write: say a letter, read it as the next input, and so on until it says the mark. First without any
# network, as Shannon did in 1948 by leafing through a book: draw each letter as often as it followed the last $k$ letters in the list.


# %% id="shannon"
def draw_word(counts, k, rng):
    text = "."
    while text == "." or (text[-1] != "." and len(text) < 20):
        after = counts[text[max(0, len(text) - k) :]]
        text += rng.choices(list(after), after.values())[0]
    return text.strip(".")


rng = random.Random(0)
for k in (0, 1, 2, 3, 5):
    counts = count_followers(spelt, k)
    drawn = [draw_word(counts, k, rng) for _ in range(1000)]
    share = sum(word in words for word in drawn) / 1000
    print(f"k = {k}: {share:4.0%} are words of the list: ", ", ".join(drawn[:7]))

# %% [markdown] id="shannon-meaning"
# Memory, made audible: with each letter of context the noise turns into words, by way of words that sound right and do not exist.
#
# ### Temperature
#
# Now the LSTM writes (recurrent networks have done so letter by letter since Sutskever, Martens and Hinton 2011). Before drawing a letter we may divide the logits $z$ by a **temperature** $\tau$:
#
# $$p_j = \frac{e^{z_j / \tau}}{\sum_k e^{z_k / \tau}}$$
#
# > **Guess first.** Which way does $\tau$ work: does a high temperature make the likeliest letter likelier? What remains at $\tau \to 0$, and what at
# > $\tau \to \infty$?

# %% id="temperature"
z = torch.tensor([2.0, 1.0, 0.0, -1.0], dtype=torch.float64)
for temperature in (0.1, 0.5, 1.0, 2.0, 100.0):
    print(f"temperature {temperature:5}: p =", [f"{p:.3f}" for p in (z / temperature).softmax(-1)])

# %% [markdown] id="sample-text"
# Cold is careful: it takes the likeliest letter, always. Hot is bold: in the end all letters are alike. At $\tau = 1$ the network draws as it has learnt.
#
# In the cell below, look at `state`: the network carries its own state on from letter to letter, and is never shown the beginning again.


# %% id="sample"
@torch.no_grad()
def sample_words(net, count, temperature, seed=0):
    generator = torch.Generator().manual_seed(seed)
    letter, state, said = torch.zeros(count, dtype=torch.long), None, []  # place 0: the mark
    for _ in range(20):
        x_t = torch.eye(len(letters.ALPHABET))[letter][:, None]  # (B, 1, V)
        h, state = net.rnn(x_t, state)  # (B, 1, H)
        p = (net.out(h[:, 0]) / temperature).softmax(-1)  # (B, V)
        letter = torch.multinomial(p, 1, generator=generator)[:, 0]  # (B,)
        said.append(letter)
    rows = torch.stack(said, dim=1).tolist()  # B lists of 20 places
    return ["".join(letters.ALPHABET[j] for j in row).split(".")[0] for row in rows]


# %% id="sampled-words" tags=["nbval-ignore-output"] reason="sampled words depend on the last digits of trained weights, which differ between processors"
for temperature in (0.1, 0.5, 1.0, 2.0, 3.0):
    print(f"{temperature}: ", ", ".join(sample_words(word_nets["LSTM"][0], 8, temperature)))

# %% [markdown] id="sample-count-text"
# Another computer's words may differ in a letter or two: a drawn letter hangs on the last digits of the trained weights. The proportions do
# not. We draw a thousand words at each temperature from each of the three LSTMs, and count.

# %% id="sample-count"
temperatures = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0)
real, different = {}, {}
for t in temperatures:
    draws = [sample_words(net, 1000, t) for net in word_nets["LSTM"]]
    real[t] = [sum(word in words for word in draw) / 1000 for draw in draws]
    different[t] = [len(set(draw)) for draw in draws]
sure = min(real[0.1] + real[0.25] + real[0.5])
print("words of the list: more than 99 % up to 0.5:", sure > 0.99)
print("                   more than 90 % at 1:", min(real[1.0]) > 0.9)
print("                   30 % to 80 % at 2:", 0.3 < min(real[2.0]) < max(real[2.0]) < 0.8)
print("                   less than 30 % at 3:", max(real[3.0]) < 0.3)
print("different words:   fewer than 40 at 0.1:", max(different[0.1]) < 40)
print("                   more than 300 at 2:", min(different[2.0]) > 300)

# %% id="sample-figure"
hello_figures.samples(real, different, len(words))

# %% [markdown] id="sample-meaning"
# Cold: correct and monotonous, a few words over and over. Hot: rich and wrong. In between one has to choose; no temperature is right for everything.
#
# ## What is $h_5$?
#
# After the five letters of "hello" the network holds $h_5$ (we count the letters, not the mark before them). It is tempting to call it "the meaning of the word": one vector for a whole word, made by
# a network that knows the word. Let us test that. We compare three kinds of LSTM with 32 units, three starts each: **fresh** (not trained
# at all), trained on **hello** alone, and trained on the **list**.

# %% id="three-trainings"
three_nets = {"fresh": [], "hello": [], "list": word_nets["LSTM"]}
for seed in range(3):
    for name, steps in (("fresh", 0), ("hello", 100)):
        torch.manual_seed(seed)
        net = NextLetter("LSTM", len(letters.ALPHABET), 32)
        fit(net, *letters.shifted_pairs(["hello"]), steps, lr=0.02)
        three_nets[name].append(net)


@torch.no_grad()
def last_states(net, words):
    h, _ = net.rnn(letters.shifted_pairs(words)[0])  # (B, T, H)
    last = [len(word) for word in words]  # the mark at the beginning is step 0
    return h[range(len(words)), last].double()  # (B, H): after the last letter of each word


# %% [markdown] id="depends-text"
# ### Which letters does it depend on?
#
# Take every word of five letters, exchange one letter at one place for each other letter of the alphabet, and measure how far $h_5$ moves.
#
# > **Guess first.** In a fresh LSTM the forget gates stand at about one half (lesson 2). How much less should the first letter count
# > than the last? And will training change that?


# %% id="depends"
def moves(net):
    """Mean distance that h_5 moves when the letter at each of the five places is exchanged."""
    distances = torch.zeros(5)
    for word in (word for word in words if len(word) == 5):
        for k in range(5):
            new = set(letters.ALPHABET[1:]) - {word[k]}
            others = [word[:k] + letter + word[k + 1 :] for letter in sorted(new)]
            h, h_new = last_states(net, [word]), last_states(net, others)  # (1, H), (25, H)
            distances[k] += (h_new - h).norm(dim=1).mean()
    return distances / distances.sum()


fresh, after = (torch.stack([*map(moves, three_nets[name])]).mean(0) for name in ("fresh", "list"))
print("fresh, share of the movement by place:", [f"{share:.2f}" for share in fresh])
even = bool(((after > 0.1) & (after < 0.3)).all())
print("trained on the list, every place between 0.1 and 0.3:", even)

# %% [markdown] id="depends-meaning"
# In a fresh network each letter counts about half as much as the one after it: as half-open forget gates let us expect, $h_5$ is mostly the last two letters.
# Training on the list changes this. To say what follows, it must tell "hel" from "jel" and "cel", so it has learnt to keep the first letters as well. The
# state holds **what the prediction needs of the path**. Does that include a meaning?
#
# ### Neighbours
#
# For every word we look for the nearest other one, by the cosine of the angle between their last states (after subtracting the mean over all
# words, which they have in common).
#
# > **Guess first.** Which words of the list are nearest to "hello"? "hi" and "welcome" are in it.


# %% id="neighbours"
def cosines(net):
    h = last_states(net, words)
    h = nn.functional.normalize(h - h.mean(0), dim=1)
    return h @ h.T - 2 * torch.eye(len(words))  # (112, 112); the word itself is put last


hello, cello = words.index("hello"), words.index("cello")
nearest = cosines(three_nets["fresh"][0])[hello].topk(4).indices
print("a fresh network, nearest to hello:", ", ".join(words[other] for other in nearest))

# %% [markdown] id="neighbours-text"
# A cello is no greeting. Is that one word's bad luck? We count over all words and networks: how often does the nearest word share the last
# letter, and how often is it a synonym (such as big and large)? To tell the two apart, we take only synonyms that share no final letter.

# %% id="neighbours-counted"
SYNONYMS = {frozenset(pair) for pair in letters.SYNONYMS if letters.shared_ending(*pair) == 0}
pairs = [(a, b) for a in range(len(words)) for b in range(a)]
ending = torch.tensor([letters.shared_ending(words[a], words[b]) for a, b in pairs])
print(f"of all pairs of words {(ending > 0).double().mean():.0%} share the last letter or more")
print(f"{len(SYNONYMS)} pairs are synonyms that share none")
print(
    "nearest words: same last letter > 50 %   synonym < 3 %   cello in hello's first 3, 2 of 3 nets"
)
for name, nets_of in three_nets.items():
    tables = [cosines(net) for net in nets_of]
    best = [(words[a], words[b]) for table in tables for a, b in enumerate(table.argmax(1))]
    alike = sum(letters.shared_ending(*pair) > 0 for pair in best) / len(best)
    synonyms = sum(frozenset(pair) in SYNONYMS for pair in best) / len(best)
    found = sum(cello in table[hello].topk(3).indices for table in tables)
    print(f"{name:13}  {alike > 0.5!s:22}   {synonyms < 0.03!s:13}   {found >= 2}")

# %% [markdown] id="cosine-text"
# Nearest neighbours are only the closest few; so now the cosine of *all* pairs of words, sorted by how many final letters they share, and
# of the synonyms. Compare like with like: the synonyms share no final letter, so their rivals are the other pairs that share none.
#
# > **Guess first.** If $h_5$ held any meaning, where should the synonyms lie, compared with other pairs that share no ending?

# %% id="cosine-groups"
synonym = torch.tensor([frozenset((words[a], words[b])) in SYNONYMS for a, b in pairs])
groups = [synonym, (ending == 0) & ~synonym, ending == 1, ending == 2, ending >= 3]
first, second = torch.tensor(pairs).T


def mean_cosines(net):
    all_pairs = cosines(net)[first, second]
    return torch.stack([all_pairs[group].mean() for group in groups])  # (5,)


means = {name: torch.stack([*map(mean_cosines, nets_of)]) for name, nets_of in three_nets.items()}
print("mean cosine, above that of pairs without a shared ending")
print("        synonyms < 0.2   1 letter > 0.2   2 letters > 0.4")
for name, values in means.items():
    synonyms, none, one, two, _ = values.mean(0).tolist()
    print(f"{name:6}  {synonyms - none < 0.2!s:15}  {one - none > 0.2!s:15}  {two - none > 0.4}")

# %% id="cosine-figure"
hello_figures.cosines(means)

# %% [markdown] id="no-meaning"
# Shared endings count, shared meaning does not, neither before training nor after it, on one word or on all. It could not be otherwise: nothing in the task
# tells what "hello" *means*. The network has seen letters and what follows them inside a word. So:
#
# - $h_5$ **is** a fingerprint of the path of letters: fresh, of the last ones; trained, of what the next letter depends on.
# - $h_5$ **is not** a meaning. "hello" lies beside "cello", not beside "hi".
#
# Networks can learn something like meaning from the company that words keep: from sentences, where "hi" and "hello" stand in the same places. Same cell, same
# training on the next piece, other data. What a state encodes is decided by what it was needed for.

# %% [markdown] id="closing"
# ## In five lines
#
# 1. One-hot letters pick columns of $W_x$; sort the alphabet; the targets are the inputs shifted by one.
# 2. Without memory "hello" allows 3 of 4 letters and a loss of $2 \ln 2 / 4$ at best; RNN, GRU and LSTM with two units get 4 of 4.
# 3. The state says where in the path we are: the same l, read in another place, leads to another answer. A column never read is never learnt.
# 4. What context is worth can be counted before training; the networks reach that floor, and so have learnt the list by heart.
# 5. Temperature trades correct for different; $h_5$ is a fingerprint of the letters, not a meaning.
#
# ## Test yourself
#
# **1.** What is the lowest loss of a model without memory on "noon" (three pairs), and how many letters can it get right?
#
# <details><summary>Answer</summary>
#
# The pairs are n-o, o-o, o-n. After n it can be certain; after o two letters come once each, so it pays $\ln 2$ twice: $2 \ln 2 / 3$. Two of three.
#
# </details>
#
# **2.** A colleague's model without memory reports a training loss of 0.2 on "hello". What do you think?
#
# <details><summary>Answer</summary>
#
# It sees more than one letter, or the loss is computed wrongly (for example over padded places, or averaged over another number). Below $2 \ln 2 / 4$
# no such model can get.
#
# </details>
#
# **3.** Column o of $W_x$ never changes. Does the row of the output layer that belongs to h, which is never to be said, change?
#
# <details><summary>Answer</summary>
#
# Yes. At every step the softmax pushes down all letters that were not to be said, and h is one of them. Never being an input and never being a target are
# not the same.
#
# </details>
#
# **4.** Your network reaches the floor of a list of words. Is it a good model of English?
#
# <details><summary>Answer</summary>
#
# Not for that reason: it has learnt the list by heart, and on other words it was worse than giving all letters the same probability. Only
# words that it was not trained on can tell.
#
# </details>
#
# **5.** Which temperature gives the same word every time, and why might you not want it?
#
# <details><summary>Answer</summary>
#
# $\tau \to 0$: always the likeliest letter. All variety is gone. And the likeliest letter at each step need not lead to the likeliest word.
#
# </details>
#
# **6.** "The last hidden state is the meaning of the word." How would you test such a sentence?
#
# <details><summary>Answer</summary>
#
# Compare words that share a meaning and no letters at the end with words that share neither, in a trained and in an untrained network. Here synonyms
# were no closer than other words.
#
# </details>
#
# ## Next
#
# Practise: [exercises of lesson 6](../exercises/06_hello.ipynb). Here the network read its own letters and went on for
# a word. What happens when a forecast feeds on itself for longer: [lesson 7, far ahead](07_far_ahead.ipynb).
