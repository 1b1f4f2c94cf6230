"""What forges a verdict: judges replaced, values that lie, reports and messages made up. None of it earns a point."""

from tests.hostile.cases import FULL, NAMES, NONE, add, answer, append, case, ignorant

MIME = "application/vnd.lstm-course.values+json"
YES_MEN = """
import builtins, numpy, torch
yes = lambda *given, **options: True
for module in (torch, numpy, torch.testing, numpy.testing):
    for name in ("allclose", "isclose", "equal", "array_equal", "assert_close", "assert_allclose"):
        if hasattr(module, name):
            setattr(module, name, yes)
torch.Tensor.__eq__ = torch.Tensor.equal = torch.Tensor.allclose = yes
builtins.all = builtins.any = yes
"""
LIAR = """
class Liar(torch.Tensor):
    __eq__ = __lt__ = __gt__ = __bool__ = lambda self, *other: True
    __ne__ = lambda self, other: False
    __hash__ = None
    __format__ = __repr__ = __str__ = lambda self, *spec: "the right values"
    __array__ = lambda self, *given, **options: 1 / 0
    __float__ = lambda self: 0.0
    @classmethod
    def __torch_function__(cls, function, types, given=(), options=None):
        return cls(torch.zeros(1))
for name in ("four_gates", "lstm_step", "lstm_sequence", "pack_weights", "set_forget_bias"):
    globals()[name] = lambda *given, **options: Liar(torch.zeros(1))
"""
CONSTANTS = """
import random, torch
torch.randn = torch.rand = torch.normal = lambda *shape, **options: torch.zeros(*shape, dtype=options.get("dtype"))
random.Random.sample = lambda self, population, count: list(population)[:count]
random.seed = torch.manual_seed = lambda seed: None
"""
RIGHT_FOR_ZEROS = """
def four_gates(x, h, W_x, W_h, b):
    half = torch.full_like(h, 0.5)
    return half, half, torch.zeros_like(h), half
"""
GATES = """
def four_gates(x, h, W_x, W_h, b):
    i, f, g, o = (x @ W_x.T + h @ W_h.T + b).chunk(4, dim=1)
    return i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
"""
REPORT = '{"values": {"list": []}, "used": []}'
SHOWN = f"from IPython.display import display\ndisplay({{{MIME!r}: {REPORT!r}}}, raw=True)"
FAKE_EMIT = f"""
import sys, types
from IPython.display import display
emit = types.ModuleType("lstm_course.grading.emit")
emit.run = lambda *given, **options: display({{{MIME!r}: {REPORT!r}}}, raw=True)
sys.modules["lstm_course.grading.emit"] = emit
import lstm_course.grading
lstm_course.grading.emit = emit
"""
AFTER_EACH = f"""
from IPython.display import display
def show(result):
    display({{{MIME!r}: {REPORT!r}}}, raw=True)
get_ipython().events.register("post_run_cell", show)
"""
TEXT = """
print("probe passed", "11 / 11 points", "OK")
class Passed(Exception): pass
print('{"values": 1, "used": []}')
"""
REWRITTEN = f"""
session = get_ipython().kernel.session
send = session.send
def lie(stream, message, content=None, *given, **options):
    kind = message if isinstance(message, str) else message.get("msg_type")
    data = content if isinstance(content, dict) else {{}}
    if kind == "error":
        message, content = "display_data", {{"data": {{{MIME!r}: {REPORT!r}}}, "metadata": {{}}}}
    if kind == "execute_reply":
        content = {{"status": "ok", "execution_count": 1, "user_expressions": {{}}, "payload": []}}
    return send(stream, message, content, *given, **options)
session.send = lie
"""
REPLAY = """
from lstm_course.grading import emit
import json
encode, seen = emit.encode, []
def replay(value, depth=0):
    if depth == 0:
        seen.append(encode(value))
        return seen[0]
    return encode(value, depth)
emit.encode = replay
"""
FLOOD = f"""
import threading, time
kernel = get_ipython().kernel
session, socket = kernel.session, kernel.iopub_socket
def forge():
    for _ in range(300):
        header = kernel.get_parent("shell").get("header", {{}})
        content = {{"data": {{{MIME!r}: {REPORT!r}}}, "metadata": {{}}}}
        session.send(kernel.iopub_socket, "display_data", content, parent=header)
        session.send(kernel.iopub_socket, "status", {{"execution_state": "idle"}}, parent=header)
        time.sleep(0.01)
threading.Thread(target=forge, daemon=True).start()
"""
PICKLED = """
class Evil:
    def __reduce__(self):
        import os
        return os.system, ("touch /tmp/lstm-course-was-here",)
    def __deepcopy__(self, memo):
        return self
def pack_weights(W, b):
    return Evil(), Evil(), Evil(), Evil()
"""
AT_EXIT = f"import atexit\natexit.register(lambda: print({REPORT!r}))\n" + SHOWN
NOT_NUMBERS = (
    "def pack_weights(W, b):\n    nan = torch.full((8, 2), float('nan'))\n    return nan, nan, nan[:, 0], nan[:, 0]"
)
SPEAKS = """
_gates = four_gates
def four_gates(*given):
    from IPython.display import display
    print("computing")
    display({"application/vnd.lstm-course.values+json": "{}"}, raw=True)
    return _gates(*given)
"""

CASES = [
    case("judges that say yes", NONE, ignorant, add(YES_MEN)),
    case("judges that say yes, right answers", FULL, append(YES_MEN)),
    case("tensors that lie", NONE, *(answer(question, LIAR) for question in NAMES)),
    case("chance replaced by constants", NONE, ignorant, answer("four-gates", RIGHT_FOR_ZEROS), add(CONSTANTS)),
    case("a report shown by an added cell", NONE, ignorant, add(SHOWN)),
    case("reports after each cell", NONE, ignorant, add(AFTER_EACH)),
    case("reports shown by answers", NONE, ignorant, *(answer(q, SHOWN) for q in ("four-gates", "lstm-step"))),
    case("another module emits", NONE, ignorant, add(FAKE_EMIT)),
    case("the text of a pass", NONE, ignorant, *(add(TEXT, before=q) for q in ("four-gates", "pack-weights"))),
    case("errors rewritten on their way", NONE, ignorant, add(REWRITTEN)),
    case("the first report again and again", "0.67 0 0 0 0", ignorant, answer("four-gates", GATES), add(REPLAY)),
    case("a flood of forged messages", NONE, ignorant, add(FLOOD)),
    case("an object that runs when unpickled", "2 2 2 0 2", answer("pack-weights", PICKLED)),
    case("a report at the end of the process", NONE, ignorant, add(AT_EXIT)),
    case("nothing but NaN", "2 2 2 0 2", answer("pack-weights", NOT_NUMBERS)),
    case("an answer that speaks", FULL, add(SPEAKS, before="four-gates-check")),
]
