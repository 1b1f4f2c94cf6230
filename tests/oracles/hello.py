"""Random calls for the questions of exercise 6, and the mutants of its training that are run."""

import torch

from tests.oracles.oracle import calls

LETTERS = "abcdefgh"
ROWS = 30_000


def letters(draw):
    order = torch.randperm(len(LETTERS), generator=draw.generator).tolist()
    return "".join(LETTERS[k] for k in order[: draw.size(2, 8)])


def text(draw, alphabet, least=1):
    return "".join(draw.one_of(*alphabet) for _ in range(draw.size(least, 5)))


def one_hot(draw):
    alphabet = letters(draw)
    return [text(draw, draw.one_of(alphabet, alphabet + "z")), alphabet]  # now and then a letter that is missing


def shifted_pairs(draw):
    alphabet = letters(draw)
    words = [text(draw, alphabet) for _ in range(draw.size())]
    place = draw.size(0, len(alphabet))
    return [words, f"{alphabet[:place]}.{alphabet[place:]}"]


def sample(answer, draw):
    """Watch shares, the limit 0 and the use of the generator: what is drawn depends on how it is drawn."""
    z = draw(1, draw.size(2, 4), dtype=torch.float32)
    temperature = draw.one_of(0.0, 0.3, 1.0, 3.0)
    got = answer(z.expand(ROWS, -1).clone(), temperature, torch.Generator().manual_seed(draw.size(1, 99)))
    shares = torch.bincount(got, minlength=z.shape[1]) / ROWS
    seeds = [torch.Generator().manual_seed(seed) for seed in (1, 1, 2)]
    runs = [answer(torch.zeros(50, 3), 1.0, generator) for generator in seeds]
    uses = torch.equal(runs[0], runs[1]), torch.equal(runs[0], runs[2])
    single = answer(1000 * draw(1, 5), 0.01, torch.Generator().manual_seed(0))
    return (20 * shares).round().int(), got.shape, got.dtype, uses, single


ORACLES = {"one_hot": calls(one_hot), "shifted_pairs": calls(shifted_pairs), "sample": sample}
JUDGED = {}
TRAINING = {
    "train_speller": [
        "line 21: torch.manual_seed(seed) -> pass",
        "line 31: return model -> pass",
        "line 22: sorted(set(word)) -> set(word)",
        "line 30: optimiser.step() -> pass",
        "line 29: nn.functional.cross_entropy(model(x)[0], y).backward() -> "
        "nn.functional.cross_entropy(model(x)[0], y)",
        "line 7: True -> False",
        "line 24: 1 -> 0",
        "line 24: 1 -> 2",
        "line 22: set(word) -> word",
        "line 23: :-1 -> :-1 - 1",
        "line 26: 0.05 -> 0.0",
        "line 13: (h, _) -> (_, h)",
        "line 25: Speller(len(alphabet)) -> len(alphabet)",
        "line 31: model -> optimiser",
        "line 13: self.lstm(x) -> x",
        "line 14: self.out(h) -> h",
        "line 27: 100 -> -100",
        "line 21: seed -> V",
        "line 7: nn.LSTM(V, 8, batch_first=True) -> nn.LSTM(V, 8)",
    ]
}
