# ---
# jupyter:
#   lstm_course:
#     forbidden:
#       one-hot: [lstm_course.letters.one_hot]
#       shifted-pairs: [lstm_course.letters.shifted_pairs]
# ---

# %% id="one-hot-common"
def _text(trial, length, spare):
    """Draw a text of six letters, and an alphabet in no order that holds them and some more."""
    used = trial.random.sample("abcdefghijklmnopqrstuvwxyz", length + spare)
    return "".join(trial.random.choices(used[:length], k=6)), "".join(used)


# %% id="one-hot-probe" rule="Each row must be 1 at the letter's place in the alphabet as it is given, 0 elsewhere, float32."
def _probe(trial):
    return [trial.call(one_hot, *_text(trial, length, spare)) for length, spare in ((4, 2), (5, 3), (1, 4))]


# %% id="one-hot-probe-2" rule="A letter that is not in the alphabet must raise an error, wherever it stands."
def _probe(trial):
    text, alphabet = _text(trial, 4, 2)
    right = trial.call(one_hot, text, alphabet)
    raised = []
    for wrong in ("!" + text, text + "!"):
        try:
            trial.call(one_hot, wrong, alphabet)
            raised.append(False)
        except NotImplementedError:
            raise
        except Exception:
            raised.append(True)
    return {"the rows of a text in the alphabet": right, "an error for one that is not": raised}


# %% id="shifted-pairs-common"
def _words(trial, count):
    """Draw words of different lengths, and an alphabet with the mark somewhere in it."""
    letters = trial.random.sample("abcdefghijklmnopqrstuvwxyz", 7)
    lengths = trial.random.sample(range(1, 9), count)
    words = ["".join(trial.random.choices(letters, k=length)) for length in lengths]
    place = trial.random.randint(1, 6)
    return words, "".join([*letters[:place], ".", *letters[place:]])


# %% id="shifted-pairs-probe" parts=["inputs", "targets"] rule="inputs hold the places of .word, filled up with the mark; targets those of word. , filled up with -100."
def _probe(trial):
    return trial.call(shifted_pairs, *_words(trial, 3))


# %% id="shifted-pairs-probe-2" parts=["inputs", "targets"] rule="It must work for a single word and leave the list as it is."
def _probe(trial):
    one = trial.call(shifted_pairs, *_words(trial, 1))
    return {
        "one word": one,
        "four": trial.call(shifted_pairs, *_words(trial, 4)),
        "arguments untouched": trial.untouched,
    }


# %% id="train-speller-common"
def _reading(word):
    """Return what is read, one-hot (1, T, V), and the places of what is to be said (T,)."""
    import torch

    alphabet = sorted(set(word))
    places = torch.tensor([alphabet.index(letter) for letter in word])
    return torch.eye(len(alphabet))[places[:-1]][None], places[1:]


def _spelled(trial):
    """Train a net for each word, once, and let it read the word, and then with each letter exchanged."""
    import torch

    nets = trial.once("train-speller", lambda: [train_speller(word, seed) for word, seed in trial.given])
    read = [_reading(word)[0] for word, _ in trial.given]
    with torch.no_grad():
        return {
            "logits": [net(x.clone()) for net, x in zip(nets, read)],
            "other letters": [net(x.roll(1, -1)) for net, x in zip(nets, read)],
        }


# %% id="train-speller-judge"
def given(seed, id):
    """Draw words in which some letter is followed now by one letter, now by another, and seeds."""
    import random

    words = "hello letter balloon yellow pillow little bottle rabbit kitten summer puzzle apple happy carrot"
    draw = random.Random(seed)
    return [[word, draw.randrange(1000)] for word in draw.sample(words.split(), 4)]


def judge(values, seed, id):
    """Without memory at most 80 % of the letters can be right, so 90 % leave room for an unlucky start only.

    Letters exchanged move some logit of a solution's net by 3.7 or more (28 nets); a table of places moves none.
    """
    import numpy

    right = letters = 0
    for (word, _), logits, other in zip(given(seed, id), values["logits"], values["other letters"], strict=True):
        x, y = _reading(word)
        if logits.kind != "tensor" or logits.values.shape != tuple(x.shape):
            return f"Expected logits of the shape {tuple(x.shape)} for {word!r}, got {logits.values.shape}."
        if not numpy.abs(other.values - logits.values).max() > 0.1:
            return f"For {word!r} and for other letters, the net says the same: it must depend on the letters it reads."
        right += int((logits.values[0].argmax(-1) == y.numpy()).sum())
        letters += len(y)
    if right < 0.9 * letters:
        return f"Got {right} of {letters} letters of new words and seeds."
    if id == "train-speller-probe":
        return None
    first, again, other = (part.values for part in values["seeds"])
    if not numpy.allclose(first, again, atol=1e-3):
        return "The same seed must give the same net: call torch.manual_seed(seed) before it is made."
    if numpy.allclose(first, other, atol=1e-6):
        return "Another seed must give another net."
    if not numpy.allclose(values["later letter exchanged"].values[:, :-1], first[:, :-1], atol=1e-5):
        return "What the net says at a step must not depend on letters that come later."
    return None


# %% id="train-speller-probe" rule="The net must give the next letter the highest logit, whatever the word and the seed."
def _probe(trial):
    return _spelled(trial)


# %% id="train-speller-probe-2" rule="The seed must decide about the net, and it must not look ahead."
def _probe(trial):
    import torch

    (word, seed), *_ = trial.given
    x, _ = _reading(word)
    changed = x.clone()
    changed[0, -1] = x[0, -1].roll(1)
    nets = [train_speller(word, one) for one in (seed, seed, seed + 1)]
    with torch.no_grad():
        seeds = [net(x.clone()) for net in nets]
        exchanged = nets[0](changed)
    return _spelled(trial) | {"seeds": seeds, "later letter exchanged": exchanged}


# %% id="sample-common"
def _shares(trial, temperature):
    """Let two kinds of rows take turns, and count what is drawn for each."""
    import torch

    kinds = trial.normal((2, 4))[0]
    generator = torch.Generator().manual_seed(trial.random.getrandbits(40))
    drawn = trial.call(lambda logits: sample(logits, temperature, generator), kinds.repeat(20_000, 1))
    if not (isinstance(drawn, torch.Tensor) and drawn.dtype == torch.int64 and drawn.shape == (40_000,)):
        return drawn
    return torch.stack([torch.bincount(drawn[k::2], minlength=4) / 20_000 for k in (0, 1)])


# %% id="sample-probe" rtol=0 atol=0.02 reason="the shares of 20,000 draws are off by 0.0035 (one standard deviation of the difference of two runs); a wrong temperature moves them by 0.1" rule="Letters must be drawn with the probabilities softmax(logits / temperature), row by row."
def _probe(trial):
    temperatures = [1.0, trial.random.uniform(0.3, 0.6), trial.random.uniform(1.7, 2.5)]
    shares = {f"the shares at temperature {t:.3g}": _shares(trial, t) for t in temperatures}
    return shares | {"arguments untouched": trial.untouched}


# %% id="sample-probe-2" rule="At temperature 0, and just above it, the likeliest letter of each row must be drawn, int64."
def _probe(trial):
    import torch

    (logits,) = trial.normal((trial.random.randint(4, 9), 7))
    generator = torch.Generator().manual_seed(0)
    close = torch.tensor([[0.0, 0.1, 0.099]], dtype=torch.float64).repeat(64, 1)
    return {
        "at temperature 0, of letters that are nearly alike": trial.call(lambda z: sample(z, 0.0, generator), close),
        "for a batch of one": trial.call(lambda z: sample(z, 0.01, generator), 1000 * logits[:1]),
        "at temperature 0": trial.call(lambda z: sample(z, 0.0, generator), logits),
        "at temperature 0.01, logits up to thousands": trial.call(lambda z: sample(z, 0.01, generator), 1000 * logits),
    }


# %% id="sample-probe-3" rule="The generator that is given decides: the same seed, the same letters, and another seed other ones."
def _probe(trial):
    import torch

    def drawn(seed):
        return trial.call(lambda z: sample(z, 1.0, torch.Generator().manual_seed(seed)), torch.zeros(200, 5))

    first, again, other = drawn(1), drawn(1), drawn(2)
    one = torch.Generator().manual_seed(3)
    twice = [trial.call(lambda z: sample(z, 1.0, one), torch.zeros(200, 5)) for _ in range(2)]
    (logits,) = trial.normal((6, 5))
    return {
        "the same twice": torch.equal(first, again),
        "another for another seed": not torch.equal(first, other),
        "others in the next call": not torch.equal(*twice),
        "the likeliest letters at temperature 0": trial.call(lambda z: sample(z, 0, torch.Generator()), logits),
    }
