"""Exercise 6, question 4: sampling with temperature."""

import torch
from torch.nn import functional as F

from lstm_course.checks import hello as check
from tests.mistakes.catalogue import Mistake


def softmax_sample(z, t, g):
    if t == 0:
        return z.argmax(1)
    return torch.multinomial((z / t).softmax(1), 1, generator=g)[:, 0]


def gumbel_sample(z, t, g):
    noise = -torch.empty_like(z).exponential_(generator=g).log()
    return (z + t * noise).argmax(dim=-1)


def cumulative_sample(z, t, g):
    p = (z / max(t, 1e-9)).log_softmax(1).exp()
    draw = torch.rand(len(z), 1, generator=g, dtype=z.dtype)
    return (p.cumsum(1) < draw).sum(1).clamp(max=z.shape[1] - 1)


def looped(z, t, g):
    if not t:
        return torch.stack([row.argmax() for row in z])
    return torch.cat([torch.multinomial(torch.softmax(row / t, 0), 1, generator=g) for row in z])


def searching(z, t, g):
    if t == 0:
        return torch.max(z, dim=1).indices
    e = ((z - z.max(1, keepdim=True).values) / t).exp()
    edges = e.cumsum(1)
    draw = torch.rand(len(z), 1, generator=g) * edges[:, -1:]
    return torch.searchsorted(edges, draw.to(edges.dtype), right=True).squeeze(1).clamp(max=z.shape[1] - 1)


def logs(z, t, g):
    if t == 0:
        return z.argmax(-1)
    p = torch.exp(z / t - torch.logsumexp(z / t, dim=-1, keepdim=True))
    return p.multinomial(1, generator=g).flatten()


def powers(z, t, g):
    if t == 0:
        return z.topk(1).indices[:, 0]
    return torch.multinomial(z.softmax(1) ** (1 / t), 1, generator=g).reshape(-1)


def drawing(probabilities):
    def answer(z, t, g):
        if t == 0:
            return z.argmax(1)
        return torch.multinomial(probabilities(z, t), 1, generator=g)[:, 0]

    return answer


def bare(z, t):
    p = (z / t).exp()
    return p / p.sum(1, keepdim=True)


def shared(z, t, g):
    if t == 0:
        return z.argmax(1)
    p = (z / t).softmax(1)
    return (p.cumsum(1) < torch.rand(1, generator=g)).sum(1).clamp(max=z.shape[1] - 1)


def inpl(z, t, g):
    if t:
        z /= t
    return softmax_sample(z, 1 if t else 0, g)


def normal(z, t, g):
    return (z + t * torch.randn(z.shape, generator=g)).argmax(1)


def uniform(z, t, g):
    return (z + t * torch.rand(z.shape, generator=g)).argmax(1)


def squeezed(z, t, g):
    if t == 0:
        return z.argmax(1)
    return torch.multinomial((z / t).softmax(1), 1, generator=g).squeeze()


def topk(z, t, g):
    if t == 0:
        return z.argmax(1)
    k = z.topk(3, 1)
    return k.indices.gather(1, torch.multinomial((k.values / t).softmax(1), 1, generator=g))[:, 0]


RIGHT = {
    check.sample: {
        "softmax": softmax_sample,
        "Gumbel": gumbel_sample,
        "cumulative": cumulative_sample,
        "row by row": looped,
        "search": searching,
        "logarithms": logs,
        "powers": powers,
    },
}
MISTAKES = {
    check.sample: {
        "none": Mistake(lambda z, t, g: None, "Got None (NoneType)"),
        "times": Mistake(
            drawing(lambda z, t: (z * t).softmax(1)),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.86, 0.12, 0.02,",
        ),
        "after": Mistake(
            drawing(lambda z, t: z.softmax(1) / t),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.65, 0.23, 0.09,",
        ),
        "ignored": Mistake(
            drawing(lambda z, t: z.softmax(1)),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.65, 0.23, 0.09,",
        ),
        "alike": Mistake(
            drawing(lambda z, t: torch.ones_like(z)),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.26, 0.24, 0.25,",
        ),
        "dim 0": Mistake(
            drawing(lambda z, t: (z / t).softmax(0)),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.34, 0.38, 0.15,",
        ),
        "rolled": Mistake(
            drawing(lambda z, t: (z / t).roll(1, 0).softmax(1)),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.21, 0.07, 0.40,",
        ),
        "bare": Mistake(drawing(bare), "Got RuntimeError for logits up to 2121"),
        "argmax": Mistake(lambda z, t, g: z.argmax(1), "Got the same ones"),
        "column": Mistake(lambda z, t, g: softmax_sample(z, t, g)[:, None], "Got shape (5, 1)"),
        "column2": Mistake(
            lambda z, t, g: torch.multinomial((z / t).softmax(1), 1, generator=g) if t else z.argmax(1),
            "Got shape (5, 1)",
        ),
        "zero": Mistake(
            lambda z, t, g: torch.multinomial((z / t).softmax(1), 1, generator=g)[:, 0],
            "Got RuntimeError for logits up to 2",
        ),
        "generator": Mistake(lambda z, t, g: softmax_sample(z, t, None), "Got different ones"),
        "reseeded": Mistake(lambda z, t, g: softmax_sample(z, t, g.manual_seed(0)), "Got the same ones"),
        "own of the same seed": Mistake(
            lambda z, t, g: softmax_sample(z, t, torch.Generator().manual_seed(g.initial_seed())),
            "Two calls with one generator must give different letters",
            "Use the generator itself, not its seed.",
        ),
        "never quite 0": Mistake(
            lambda z, t, g: softmax_sample(z, max(t, 1e-3), g), "Got letter 2 for logits 0, 0.1, 0.099 ("
        ),
        "no softmax": Mistake(
            lambda z, t, g: torch.multinomial(z / t, 1, generator=g)[:, 0], "multinomial wants probabilities"
        ),
        "largest logits": Mistake(
            lambda z, t, g: softmax_sample(z, t, g) if t else z.max(1).values, "argmax their places"
        ),
        "argmax along the rows": Mistake(
            lambda z, t, g: softmax_sample(z, t, g) if t else z.argmax(0), "argmax goes along the letters: dim=1."
        ),
        "own": Mistake(lambda z, t, g: softmax_sample(z, t, torch.Generator().manual_seed(0)), "Got the same ones"),
        "in place": Mistake(inpl, "Got an argument that was changed in place: z"),
        "float": Mistake(lambda z, t, g: softmax_sample(z, t, g).float(), "Got torch.float32."),
        "int32": Mistake(lambda z, t, g: softmax_sample(z, t, g).int(), "Got torch.int32."),
        "first": Mistake(lambda z, t, g: softmax_sample(z[:1], t, g), "Got shape (1,)."),
        "first expanded": Mistake(
            lambda z, t, g: softmax_sample(z[:1].expand(len(z), -1), t, g),
            "For logits [0.0, -2.0, 1.5, 1.0] expected shares 0.19, 0.07, 0.41, 0.32, got 0.46, 0.27, 0.17,",
        ),
        "shared": Mistake(
            shared, "Got one letter for all 200 rows of equally likely letters: 3, with another seed 3 or 0 or"
        ),
        "normal": Mistake(
            normal, "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.52, 0.29, 0.13,"
        ),
        "uniform": Mistake(
            uniform,
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.87, 0.13, 0.00,",
            named=False,
        ),
        "squeezed": Mistake(squeezed, "Got shape ()"),
        "topk": Mistake(
            topk, "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.49, 0.31, 0.20,"
        ),
        "log": Mistake(
            drawing(lambda z, t: (z / t).log_softmax(1)),
            "RuntimeError: probability tensor contains either `inf`, `nan` or element < 0",
        ),
        "logits": Mistake(
            drawing(lambda z, t: z / t), "RuntimeError: probability tensor contains either `inf`, `nan` or element < 0"
        ),
        "abs": Mistake(
            drawing(lambda z, t: (z / t).abs()),
            "RuntimeError: invalid multinomial distribution (sum of probabilities <= 0)",
        ),
        "relu": Mistake(
            drawing(lambda z, t: (z / t).relu() + 1e-9),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.67, 0.33, 0.00,",
        ),
        "square": Mistake(
            drawing(lambda z, t: (z / t**2).softmax(1)),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.35, 0.27, 0.21,",
            named=False,
        ),
        "sqrt": Mistake(
            drawing(lambda z, t: (z / t**0.5).softmax(1)),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.54, 0.26, 0.13,",
        ),
        "sigmoid": Mistake(
            drawing(lambda z, t: (z / t).sigmoid()),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.33, 0.27, 0.22,",
        ),
        "negative": Mistake(
            drawing(lambda z, t: (-z / t).softmax(1)),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.10, 0.16, 0.27,",
        ),
        "argmin": Mistake(
            lambda z, t, g: softmax_sample(z, t, g) if t else z.argmin(1),
            "Got letter 5 for logits 1.131, 1.858, -0.7972, 0.8575, 1.061, -1.482, -0.142 (5 of 5 rows)",
        ),
        "0 uniform": Mistake(
            lambda z, t, g: softmax_sample(z, t, g) if t else softmax_sample(z, 1e9, g),
            "Got letter 6 for logits 1.131, 1.858, -0.7972, 0.8575, 1.061, -1.482, -0.142 (4 of 5 rows)",
        ),
        "0 as 1": Mistake(
            lambda z, t, g: softmax_sample(z, t or 1.0, g),
            "Got letter 0 for logits 1.577, -0.6663, -1.024, 1.887, 0.5185, -0.4311, -0.02257 (1 of 5 rows)",
        ),
        "0 as 0.1": Mistake(
            lambda z, t, g: softmax_sample(z, max(t, 0.1), g),
            "Got letter 2 for logits 0, 0.1, 0.099 (547 of 1000 rows)",
        ),
        "rows": Mistake(lambda z, t, g: z.argmax(0) if t == 0 else softmax_sample(z, t, g), "Got shape (7,)."),
        "list": Mistake(lambda z, t, g: softmax_sample(z, t, g).tolist(), "Got [1, 0, 3, 3, 6] (list)"),
        "probabilities": Mistake(lambda z, t, g: (z / t).softmax(1) if t else z, "Got shape (5, 7)."),
        "onehot": Mistake(lambda z, t, g: F.one_hot(softmax_sample(z, t, g), z.shape[1]), "Got shape (5, 7)."),
        "temperature 1 special": Mistake(
            lambda z, t, g: z.argmax(1) if t <= 1 else softmax_sample(z, t, g), "Got the same ones"
        ),
        "categorical": Mistake(
            lambda z, t, g: torch.distributions.Categorical(logits=z / t).sample() if t else z.argmax(1),
            "Got different ones",
        ),
        "flat": Mistake(
            lambda z, t, g: (
                torch.multinomial((z / t).softmax(1).flatten(), len(z), replacement=True, generator=g) % z.shape[1]
                if t
                else z.argmax(1)
            ),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.33, 0.17, 0.29,",
        ),
        "double softmax": Mistake(
            drawing(lambda z, t: (z / t).softmax(1).softmax(1)),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.31, 0.25, 0.23,",
        ),
        "softmax then t": Mistake(
            drawing(lambda z, t: (z.softmax(1) / t).softmax(1)),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.30, 0.24, 0.23,",
        ),
        "minus": Mistake(
            drawing(lambda z, t: (z - t).softmax(1)),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.65, 0.23, 0.09,",
        ),
        "plus 1": Mistake(
            drawing(lambda z, t: (z / (t + 1)).softmax(1)),
            "For logits [2.0, 1.0, 0.0, -1.0] expected shares 0.46, 0.28, 0.17, 0.10, got 0.38, 0.27, 0.20,",
        ),
        "largest of 0": Mistake(lambda z, t, g: softmax_sample(z, t, g) if t else z.max(1).values, "Got torch.float64"),
        "0 without loop": Mistake(lambda z, t, g: softmax_sample(z, t, g) if t else z.argmax(), "Got shape ()"),
    },
}
