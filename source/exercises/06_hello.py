# ---
# jupyter:
#   lstm_course:
#     title: Hello
#     minutes: 60
#     points: 10
# ---

# %% [markdown] id="opening"
# # Exercises 6. Hello
#
# You turn letters into vectors and words into pairs, train a network that spells, and draw letters with a temperature. It
# belongs to [lesson 6](../notebooks/06_hello.ipynb).
#
# Each question has a cell to fill in and a check below it. Run both: the check says that the answer is right, or which rule it
# breaks and what it got. Stuck? Open the hints one by one; each gives away a little more. The questions do not depend on each
# other.

# %% id="setup"
import torch
from torch import nn

from lstm_course import letters
from lstm_course.checks import hello as check

torch.set_num_threads(1)

# %% [markdown] id="one-hot-task"
# ## 1. One-hot letters
#
# Turn a text into one row per letter: 1 at the letter's place in the alphabet, 0 elsewhere. The alphabet is a string of
# different letters **in the order that is given**, sorted or not, and may hold letters that the text does not use.
#
# A letter that the alphabet lacks must raise an error (any kind). A wrong row would go unnoticed: nothing in a network complains about it.
#
# (`letters.one_hot` does this; here you write it yourself. The same holds for `letters.shifted_pairs` in the next question.)


# %% id="one-hot" points=2 minutes=10 difficulty=1
def one_hot(text, alphabet):
    """One row per letter.

    text: string of T letters, alphabet: string of V different letters; returns (T, V), float32.
    """
    ### BEGIN SOLUTION
    places = [alphabet.index(letter) for letter in text]  # ValueError for an unknown letter
    return torch.eye(len(alphabet))[places]
    ### END SOLUTION


# %% id="one-hot-check"
check.one_hot(one_hot)

# %% [markdown] id="one-hot-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# First find the place of each letter: a number between 0 and V - 1. A string can tell where a letter stands in it.
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# `torch.eye(V)` holds all one-hot rows there are, in the order of the alphabet. Pick the rows by a list of places. Of `str.find` and `str.index`,
# only one complains about a missing letter.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `places = [alphabet.index(letter) for letter in text]`, then index the rows of `torch.eye(...)` with `places`.
#
# </details>

# %% [markdown] id="shifted-pairs-task"
# ## 2. Shifted pairs, padded
#
# Turn a list of words into what a network reads and what it should say. A word is spelt with the mark `.` on both sides: it reads
# `.hi` and should say `hi.`, the same letters one step later. Words of different lengths must fit into one tensor, so T is the longest word's
# length plus 1, and shorter words are filled up behind their end:
#
# | | hi, in a list whose longest word is hello |
# |---|---|
# | `inputs` | the places of `. h i . . .` (filled up with the mark) |
# | `targets` | the places of `h i .`, then `-100 -100 -100` |
#
# `cross_entropy` leaves out targets of -100, so that nothing is learnt from the filling. The mark may stand anywhere in the alphabet.


# %% id="shifted-pairs" points=2 minutes=15 difficulty=2
def shifted_pairs(words, alphabet):
    """What is read and what should be said.

    words: list of B strings, alphabet: string with "." in it; returns inputs and targets,
    places and not one-hot, each (B, T), int64, where T is the length of the longest word plus 1.
    """
    ### BEGIN SOLUTION
    T = 1 + max(len(word) for word in words)
    inputs = torch.full((len(words), T), alphabet.index("."))
    targets = torch.full((len(words), T), -100)
    for row, word in enumerate(words):
        places = torch.tensor([alphabet.index(letter) for letter in f".{word}."])
        inputs[row, : len(word) + 1] = places[:-1]
        targets[row, : len(word) + 1] = places[1:]
    return inputs, targets
    ### END SOLUTION


# %% id="shifted-pairs-check"
check.shifted_pairs(shifted_pairs)

# %% [markdown] id="shifted-pairs-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Write down the places of `.hi.` (four numbers). Which of them are read, and which are to be said?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Begin with two tensors that hold only filling (`torch.full`), one with the mark's place and one with -100. Then write each word over the
# beginning of its row: all its places but the last into the inputs, all but the first into the targets.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# With `places` of `f".{word}."`: `inputs[row, : len(word) + 1] = places[:-1]`, and for the targets `places[1:]`. The mark's place is `alphabet.index(".")`,
# not always 0.
#
# </details>

# %% [markdown] id="train-speller-task"
# ## 3. Train a network to four of four
#
# Write a network and the function that trains it to spell one word: after each letter it must give the next one the highest logit, for "hello" four
# of four. The check also tries other words and seeds, exchanges letters to see that the network reads them and does not look
# ahead, and calls you twice with the same seed. `forward` gives logits, without softmax, and the same ones for the same letters.
#
# No marks here: of "hello" it reads `hell` and says `ello`. The alphabet is `"".join(sorted(set(word)))`. `letters.one_hot(text, alphabet)` gives (T, V) and
# `letters.encode(text, alphabet)` the places (T,). Choose the cell, its size, the steps and the step size. It should take below a second.


# %% id="train-speller" points=3 minutes=20 difficulty=2
class Speller(nn.Module):
    """x: (B, T, V), one-hot letters; returns logits (B, T, V) for the letter after each of them."""

    def __init__(self, V):
        super().__init__()
        ### BEGIN SOLUTION
        self.lstm = nn.LSTM(V, 8, batch_first=True)
        self.out = nn.Linear(8, V)
        ### END SOLUTION

    def forward(self, x):
        ### BEGIN SOLUTION
        h, _ = self.lstm(x)  # (B, T, 8)
        return self.out(h)  # (B, T, V)
        ### END SOLUTION


def train_speller(word, seed):
    """Train a Speller on one word and return it; the same seed gives the same net, another another."""
    ### BEGIN SOLUTION
    torch.manual_seed(seed)
    alphabet = "".join(sorted(set(word)))
    x = letters.one_hot(word[:-1], alphabet)[None]  # (1, T, V)
    y = letters.encode(word[1:], alphabet)  # (T,)
    model = Speller(len(alphabet))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.05)
    for _ in range(100):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x)[0], y).backward()
        optimiser.step()
    return model
    ### END SOLUTION


# %% id="train-speller-check"
check.train_speller(train_speller)

# %% [markdown] id="train-speller-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# The lesson's `NextLetter` and `fit` do all that is needed. Which line must come before the network is made, so that a seed decides about
# its random start?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# An `nn.RNN`, `nn.GRU` or `nn.LSTM` with `batch_first=True` and about 8 units, and an `nn.Linear` on all its outputs. Then Adam with a step size
# of 0.05 on the cross-entropy of all steps, 100 times. `cross_entropy` wants logits (T, V) and targets (T,), so take `model(x)[0]`.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `torch.manual_seed(seed)`; `x = letters.one_hot(word[:-1], alphabet)[None]`; `y = letters.encode(word[1:], alphabet)`; make the model and
# `torch.optim.Adam(model.parameters(), lr=0.05)`; repeat `zero_grad()`, `backward()`, `step()`; `return model`.
#
# </details>

# %% [markdown] id="sample-task"
# ## 4. Sample with temperature
#
# Draw one letter for each row of logits, with the probabilities
#
# $$p_j = \frac{e^{z_j / \tau}}{\sum_k e^{z_k / \tau}}.$$
#
# A temperature of exactly 0 stands for the limit: the likeliest letter, always. The formula itself would divide by zero there, and just above 0 a
# bare $e^{z/\tau}$ is too large for a number.


# %% id="sample" points=3 minutes=15 difficulty=2
def sample(logits, temperature, generator):
    """Draw a place per row.

    logits: (B, V), temperature: number >= 0, generator: torch.Generator to draw from, as it is;
    returns (B,), int64, for a single row too.
    """
    ### BEGIN SOLUTION
    if temperature == 0:
        return logits.argmax(dim=1)
    p = (logits / temperature).softmax(dim=1)  # (B, V)
    return torch.multinomial(p, 1, generator=generator)[:, 0]
    ### END SOLUTION


# %% id="sample-check"
check.sample(sample)

# %% [markdown] id="sample-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Two cases: temperature 0 needs no drawing at all. For the other, PyTorch has a function that draws places with given probabilities.
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Divide the *logits*, then softmax over the last axis, then `torch.multinomial(p, 1, generator=generator)`, which gives (B, 1). For temperature 0,
# `argmax`.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `if temperature == 0: return logits.argmax(dim=1)`; otherwise `torch.multinomial((logits / temperature).softmax(dim=1), 1, generator=generator)`,
# of which column 0 is wanted.
#
# </details>

# %% [markdown] id="closing"
# ## What you can do now
#
# You can turn text into tensors without the usual accidents (an unsorted alphabet, a silent wrong place, filling that is learnt), train a network
# that needs its memory, and let it write, careful or bold. Back to [lesson 6](../notebooks/06_hello.ipynb): exchange its LSTM for
# your `Speller`, or its list for words of your own.
