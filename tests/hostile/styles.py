"""Honest answers in styles of their own, and what students leave on, closed or renamed on the way. All of it counts."""

from tests.hostile.cases import FULL, add, answer, begin, case, index

RNN, BACKWARD, LAYER = "01_why_rnns_forget", "03_backward_by_hand", "04_nn_lstm"
HELPERS = """
def _rate(W):
    return torch.linalg.eigvals(W).abs().max()
def decay_rate(W_h):
    return _rate(W_h)
"""
SHADOWED = """
import builtins
from numpy import *
from torch import *
del range  # torch has one, which the answers to this exercise would call
sum = max = min = id = 0
list, str = [1], "x"
"""
CLASS = """
class Step:
    def __init__(self, x, h, c, c_t, gates, W, V):
        self.saved = x, h, c, c_t, gates.chunk(4, dim=1), W, V
    def backward(self, dh, dc):
        x, h, c, c_t, (i, f, g, o), W, V = self.saved
        t = torch.tanh(c_t)
        dc = dc + dh * o * (1 - t * t)
        dz = torch.cat([dc * g * i * (1 - i), dc * c * f * (1 - f), dc * i * (1 - g * g), dh * t * o * (1 - o)], dim=1)
        return dz @ W, dz @ V, dc * f, dz.T @ x, dz.T @ h, dz.sum(0)
def step_backward(dh, dc, *saved):
    step = Step(*saved)
    return step.backward(dh, dc)
"""
BY_TORCH = """
class Step:
    def backward(self): pass
def step_backward(dh, dc, x, h, c, c_t, gates, W, V):
    logit = lambda p: torch.log(p / (1 - p))
    i, f, g, o = gates.chunk(4, dim=1)
    z = torch.cat([logit(i), logit(f), torch.atanh(g), logit(o)], dim=1)
    leaves = [v.clone().requires_grad_() for v in (x, h, c, W, V, z - x @ W.T - h @ V.T)]
    x, h, c, W, V, b = leaves
    i, f, g, o = (x @ W.T + h @ V.T + b).chunk(4, dim=1)
    c_t = f.sigmoid() * c + i.sigmoid() * g.tanh()
    ((o.sigmoid() * c_t.tanh() * dh).sum() + (c_t * dc).sum()).backward()
    return (*(leaf.grad for leaf in leaves[:5]), b.grad.sum(0))
"""
COUNTED = """
import numpy as np
def count_parameters(I, H, num_layers=1, bidirectional=False):
    D = 2 if bidirectional else 1
    read = np.array([I] + [D * H] * (num_layers - 1))
    return np.sum(D * 4 * (H * (read + H) + 2 * H))
"""
FILE = """%%writefile gates.py
def helper(x, h, W, V, b):
    i, f, g, o = (x @ W.T + h @ V.T + b).chunk(4, 1)
    return i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
"""
LEFT_ON = """
import cProfile
cProfile.Profile().enable()
torch.inference_mode().__enter__()
torch.autocast("cpu", dtype=torch.bfloat16).__enter__()
"""
ASKED = "import getpass\nname, word = input('Your name: '), getpass.getpass()"
NO_OUTPUT = "import sys\nsys.stdout = sys.stderr = None\n1 / 0"


def merged(notebook):
    """Two answers in the first one's cell, as Shift+M leaves them."""
    first, second = (index(notebook, id) for id in ("four-gates", "lstm-step"))
    notebook["cells"][first]["source"] = "\n\n".join("".join(notebook["cells"][n]["source"]) for n in (first, second))
    del notebook["cells"][second]


CASES = [
    case("a helper named like a probe's", "2 3 2 3", answer("decay-rate", HELPERS), exercise=RNN),
    case("Python's names taken", FULL, add(SHADOWED)),
    case("a class with a backward of its own", "3 3 2 3 3", answer("step-backward", CLASS), exercise=BACKWARD),
    case("torch's backward beside one's own", "0 3 2 3 3", answer("step-backward", BY_TORCH), exercise=BACKWARD),
    case("counted with numpy", "3 2 2 3 3", answer("count-parameters", COUNTED), exercise=LAYER),
    case(
        "a file written and imported", FULL, add(FILE), answer("four-gates", "from gates import helper as four_gates")
    ),
    case("modes and a profiler left on", FULL, add(LEFT_ON)),
    case("input() in the answer's cell", FULL, begin("lstm-step", ASKED)),
    case("no output", FULL, add(NO_OUTPUT)),
    case("two cells merged", FULL, merged),
]
