"""Random calls for the questions of exercise 4."""

import torch

from tests.oracles.oracle import calls


def shapes(answer, draw):
    plan = {"num_layers": draw.size(1, 3), "bidirectional": draw.one_of(False, True)}
    plan |= {"batch_first": draw.one_of(False, True), "proj_size": draw.one_of(0, 3)}
    return answer(draw.size(), draw.size(), draw.size(4, 9), **plan)


def counted(draw):
    return [draw.size(), draw.size(), draw.size(1, 4), draw.one_of(False, True)]


def padded(draw):
    B, T, H = draw.size(), draw.size(), draw.size()
    return [draw(B, T, H), torch.tensor([draw.size(1, T) for _ in range(B)])]


def made(answer, draw):
    """Make a model and turn its parameters' order of creation into the same numbers."""
    sizes = draw.size(), draw.size(), draw.size()
    model = answer(*sizes).double()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(draw(*parameter.shape))
    return model, sizes[0]


def one(answer, draw):
    model, I = made(answer, draw)
    B, T = draw.size(), draw.size()
    return watched(model, model(draw(B, T, I), torch.tensor([draw.size(1, T) for _ in range(B)])))


def many(answer, draw):
    model, I = made(answer, draw)
    x = draw(draw.size(), draw.size(), I)
    y, (h, c) = model(x[:1])
    return watched(model, y, h, c, *model(x[1:], (h, c)) if len(x) > 1 else ())


def watched(model, *results):
    """Return the results and the gradients that they send to the parameters."""
    flat = [part for result in results for part in (result if isinstance(result, tuple) else (result,))]
    gradients = torch.autograd.grad(
        sum(part.square().sum() for part in flat), list(model.parameters()), allow_unused=True
    )
    return flat, gradients


ORACLES = {
    "predict_shapes": shapes,
    "count_parameters": calls(counted),
    "last_valid": calls(padded),
    "many_to_one": one,
    "many_to_many": many,
}
JUDGED = {}
