"""Other exercises, whose answers the course itself or torch could give."""

from tests.hostile.cases import answer, case

RNN, BACKWARD = "01_why_rnns_forget", "03_backward_by_hand"
HIDDEN = """
import importlib
rnn_step = getattr(importlib.import_module("lstm_course." + "cells"), "rnn_step")
"""
CLIPPED = """
def clip_by_norm(grads, max_norm):
    held = [torch.nn.Parameter(g.clone()) for g in grads]
    for one, g in zip(held, grads):
        one.grad = g.clone()
    {clip}(held, max_norm)
    return [one.grad for one in held]
"""
BY_AUTOGRAD = """
def step_backward(dh_t, dc_t, x_t, h_prev, c_prev, c_t, gates, W_x, W_h):
    logit = lambda p: torch.log(p / (1 - p))
    i, f, g, o = gates.chunk(4, dim=1)
    z = torch.cat([logit(i), logit(f), torch.atanh(g), logit(o)], dim=1)
    given = [t.detach().clone().requires_grad_() for t in (x_t, h_prev, c_prev, W_x, W_h)]
    x, h, c, W, V = given
    b = (z - x_t @ W_x.T - h_prev @ W_h.T)[:1].detach().requires_grad_()
    i, f, g, o = (x @ W.T + h @ V.T + b).chunk(4, dim=1)
    c_next = f.sigmoid() * c + i.sigmoid() * g.tanh()
    total = (o.sigmoid() * c_next.tanh() * dh_t).sum() + (c_next * dc_t).sum()
    {gradients}
    return (*found[:5], found[5][0])
"""
GRAD = "found = torch.autograd.grad(total, [*given, b])"
BUILT = "getattr(total, 'back' + 'ward')(); found = [t.grad for t in (*given, b)]"

CASES = [
    case("a hidden module asked", "0 3 2 3", answer("rnn-step", HIDDEN), exercise=RNN),
    case(
        "torch clips",
        "2 3 2 0",
        answer("clip-by-norm", CLIPPED.format(clip="torch.nn.utils.clip_grad_norm_")),
        exercise=RNN,
    ),
    case("autograd", "0 3 2 3 3", answer("step-backward", BY_AUTOGRAD.format(gradients=GRAD)), exercise=BACKWARD),
    case(
        "autograd by a built name",
        "0 3 2 3 3",
        answer("step-backward", BY_AUTOGRAD.format(gradients=BUILT)),
        exercise=BACKWARD,
    ),
    case(
        "lines guessed",
        "3 3 2 3 0",
        answer("find-the-bugs", "wrong_lines = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]"),
        exercise=BACKWARD,
    ),
    case("nothing broken", "3 3 2 3 3", exercise=BACKWARD),
]
