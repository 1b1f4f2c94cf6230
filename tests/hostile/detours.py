"""Answers that have torch or the course do what is asked for: such a question earns nothing, the others keep theirs.

Not in here, as no program that shares a process with the answer can tell: the lesson's own lines copied into an answer,
and code that is made at run time and takes the watch off before it calls what is forbidden.
"""

import base64

from tests.hostile.cases import FULL, add, answer, case, end, ignorant

ARGUMENTS = "x, (h, c), W_x, W_h, b, torch.zeros_like(b)"
CLASS = """
def lstm_step(x, h, c, W_x, W_h, b):
    cell = {name}(x.shape[1], h.shape[1]).to(x.dtype)
    for parameter, value in zip(cell.parameters(), (W_x, W_h, b, torch.zeros_like(b))):
        parameter.data = value.data
    return cell(x, (h, c))
"""
FUNCTION = "def lstm_step(x, h, c, W_x, W_h, b):\n    return {call}\n"
OPS = "getattr(torch.ops.aten, 'lstm_' + 'cell')(x, [h, c], W_x, W_h, b, torch.zeros_like(b))"
HIDDEN_TEXT = base64.b64encode(b"torch.lstm_cell").decode()
JIT = """
@torch.jit.script
def fused(x, h, c, W_x, W_h, b):
    return torch.lstm_cell(x, (h, c), W_x, W_h, b, torch.zeros_like(b))
lstm_step = lambda *given: fused(*given)
"""
UNWATCHED = """
import sys
def lstm_step(x, h, c, W_x, W_h, b):
    sys.setprofile(None)
    return getattr(torch, "lstm" + "_cell")(x, (h, c), W_x, W_h, b, torch.zeros_like(b))
"""
OTHER_THREAD = """
from concurrent.futures import ThreadPoolExecutor
def lstm_step(x, h, c, W_x, W_h, b):
    call = getattr(torch, "lstm" + "_cell")
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call, x, (h, c), W_x, W_h, b, torch.zeros_like(b)).result()
"""
CODE_OBJECT = """
import types
name = "LS" + "TMCell"
forward = types.FunctionType(getattr(torch.nn, name).forward.__code__, {"_VF": torch, "torch": torch})
class Cell:
    bias = True
def lstm_step(x, h, c, W_x, W_h, b):
    self = Cell()
    self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh = W_x, W_h, b, torch.zeros_like(b)
    return forward(self, x, (h, c))
"""
SUBPROCESS = """
import subprocess, sys, pickle
def lstm_step(*given):
    code = "import sys,pickle,torch; x,h,c,W,V,b=pickle.load(sys.stdin.buffer); "
    code += "pickle.dump(torch.lstm" + "_cell(x,(h,c),W,V,b,torch.zeros_like(b)), sys.stdout.buffer)"
    sent = pickle.dumps([g.detach() for g in given])
    ran = subprocess.run([sys.executable, "-c", code], input=sent, capture_output=True)
    return pickle.loads(ran.stdout)
"""
COURSE = "def lstm_step(*given):\n    h, c, _ = cells.lstm_step(*given)\n    return h, c\n"
COURSE_HIDDEN = """
import sys
def lstm_step(*given):
    h, c, _ = getattr(vars(sys.modules["lstm_course"])["cel" + "ls"], "lstm" + "_step")(*given)
    return h, c
"""
BY_HAND = """
import importlib
def lstm_step(*given):
    return importlib.import_module("lstm_course.by" + "_hand").step(*given)[:2]
"""
LOST = "2 0 2 3 2"
HONEST_COMPARISON = """
cell = torch.nn.LSTMCell(3, 4)
x, h, c = torch.randn(2, 3), torch.randn(2, 4), torch.randn(2, 4)
mine = lstm_step(x, h, c, cell.weight_ih, cell.weight_hh, cell.bias_ih + cell.bias_hh)
print([torch.allclose(*pair, atol=1e-6) for pair in zip(cell(x, (h, c)), mine)])
"""

CASES = [
    case("nn.LSTMCell", LOST, answer("lstm-step", CLASS.format(name="torch.nn.LSTMCell"))),
    case(
        "nn.LSTMCell by a built name",
        LOST,
        answer("lstm-step", CLASS.format(name="getattr(torch.nn, 'LS' + 'TMCell')")),
    ),
    case("nn.LSTMCell under %%time", LOST, answer("lstm-step", "%%time\n" + CLASS.format(name="torch.nn.LSTMCell"))),
    case("torch.lstm_cell", LOST, answer("lstm-step", FUNCTION.format(call=f"torch.lstm_cell({ARGUMENTS})"))),
    case("torch._VF", LOST, answer("lstm-step", FUNCTION.format(call=f"torch._VF.lstm_cell({ARGUMENTS})"))),
    case("torch.ops", LOST, answer("lstm-step", FUNCTION.format(call=OPS))),
    case(
        "decoded text",
        LOST,
        answer(
            "lstm-step", FUNCTION.format(call=f"eval(__import__('base64').b64decode({HIDDEN_TEXT!r}))({ARGUMENTS})")
        ),
    ),
    case("torch.jit", LOST, answer("lstm-step", JIT)),
    case("the watch taken off", LOST, answer("lstm-step", UNWATCHED)),
    case("in another thread", LOST, answer("lstm-step", OTHER_THREAD)),
    case("in another process", LOST, answer("lstm-step", SUBPROCESS)),
    case("the code of nn.LSTMCell", LOST, answer("lstm-step", CODE_OBJECT)),
    case("the course's cell", LOST, answer("lstm-step", COURSE)),
    case("the course's cell by a built name", LOST, answer("lstm-step", COURSE_HIDDEN)),
    case("what the sandbox hides", LOST, answer("lstm-step", BY_HAND)),
    case(
        "a helper elsewhere does it",
        LOST,
        add("def helper(*given):\n    return torch.lstm_cell(*given)"),
        answer("lstm-step", FUNCTION.format(call=f"helper({ARGUMENTS})")),
    ),
    case("nn.LSTM compared with", FULL, add(HONEST_COMPARISON, before="lstm-sequence")),
    case("nn.LSTM compared with in the answer's cell", FULL, end("lstm-step", HONEST_COMPARISON)),
    case(
        "forbidden where it is not asked for",
        "0 0 2 0 0",
        ignorant,
        answer(
            "lstm-sequence",
            """
def lstm_sequence(x, h, c, W_x, W_h, b):
    cell = torch.nn.LSTMCell(x.shape[2], h.shape[1])
    steps = []
    for t in range(x.shape[1]):
        h, c = torch.lstm_cell(x[:, t], (h, c), W_x, W_h, b, torch.zeros_like(b))
        steps.append(h)
    return torch.stack(steps, dim=1), (h, c)
""",
        ),
    ),
]
