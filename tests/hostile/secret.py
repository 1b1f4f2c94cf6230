"""What looks for right answers: in files, in memory, in the notebook that runs, in the course. There are none."""

from tests.hostile.cases import FULL, NONE, ROOT, add, answer, append, case, ignorant

EVERYWHERE = f"""
import json, os
for top in ({str(ROOT)!r}, "/home", "/srv", "/opt", "/var", "/mnt", "/proc/1/root", "/proc/1/cwd", "..", "../.."):
    for folder, _, files in os.walk(top):
        for file in files:
            if file.endswith((".ipynb", ".json")) or "probe" in file and file.endswith(".py"):
                try:
                    for cell in json.load(open(os.path.join(folder, file)))["cells"]:
                        if cell["cell_type"] == "code" and "def lstm_step" in "".join(cell["source"]):
                            exec("".join(cell["source"]), globals())
                except Exception:
                    pass
"""
SOURCE_FILES = """
import importlib.util, lstm_course, pathlib
root = pathlib.Path(lstm_course.__file__).parent
for name in ("by_hand", "layer", "checks/the_cell", "checks/answers", "grading/grade", "grading/probes"):
    for path in [root / f"{name}.py", *root.glob(f"**/__pycache__/{name.split('/')[-1]}*.pyc")]:
        try:
            text = path.read_bytes()
            if path.suffix == ".pyc":
                import marshal
                exec(marshal.loads(text[16:]), globals())
            else:
                exec(text, globals())
        except Exception as error:
            print(path, error)
import lstm_course.by_hand, lstm_course.layer
from lstm_course.checks import the_cell
"""
CHECKS = """
from lstm_course.checks import the_cell, base, answers
import inspect
print(inspect.getsource(the_cell))
for name in ("four_gates", "lstm_step", "lstm_sequence", "pack_weights", "set_forget_bias"):
    globals()[name] = getattr(the_cell, name, None)
"""
MEMORY = """
import gc, os, re
found = []
for process in filter(str.isdigit, os.listdir("/proc")):
    try:
        with open(f"/proc/{process}/maps") as maps, open(f"/proc/{process}/mem", "rb") as memory:
            for line in maps:
                first, last = (int(part, 16) for part in line.split()[0].split("-"))
                if "rw" in line and last - first < 2**26:
                    memory.seek(first)
                    found += re.findall(rb"def lstm_step.{,400}return [^\\0]{,40}", memory.read(last - first), 16)
    except OSError:
        pass
for text in found:
    try:
        exec(text.decode(), globals())
    except Exception:
        pass
"""
FRAMES = """
import sys
def look(*given):
    frame, seen = sys._getframe(), {}
    while frame:
        seen |= {name: value for name, value in frame.f_locals.items() if "reference" in name or "expected" in name}
        frame = frame.f_back
    return next(iter(seen.values()), given)
four_gates = lstm_step = lstm_sequence = pack_weights = look
"""
# The second run puts the solution of what failed into the kernel: it must not serve the question that it solves.
THIEF = """
import re
def _own(name):
    shell = get_ipython()
    cells = [*shell.user_ns["In"], *(entry[2] for entry in shell.history_manager.get_range())]
    for text in reversed(cells):
        if f"def {name}(" in text and "_own" not in text and "_probe" not in text:
            names = dict(globals())
            exec(text, names)
            return names[name]
    raise LookupError
def four_gates(*given): return _own("four_gates")(*given)
def lstm_step(*given): return _own("lstm_step")(*given)
def lstm_sequence(*given): return _own("lstm_sequence")(*given)
def pack_weights(*given): return _own("pack_weights")(*given)
def set_forget_bias(*given): return _own("set_forget_bias")(*given)
"""
TAKEN = """
taken = {}
def take(info):
    text = info.raw_cell
    if "_probe" in text: return
    for name in ("four_gates", "lstm_step", "lstm_sequence", "pack_weights", "set_forget_bias"):
        if f"def {name}(" in text and "taken" not in text:
            taken[name] = text
get_ipython().events.register("pre_run_cell", take)
def stolen(name):
    def answer(*given):
        names = dict(globals())
        exec(taken[name], names)
        return names[name](*given)
    return answer
"""
DIES_FIRST = """
import os
def four_gates(*given): os._exit(0)
"""
KEPT = """
import pathlib, pickle
for folder in (".", "/tmp", "/dev/shm", "/run", "/student"):
    path = pathlib.Path(folder, "answers")
    if path.exists():
        exec(path.read_text(), globals())
    path.write_text("\\n".join(text for text in In if "def " in text))
"""
SEED = """
import inspect, random
def guess(*given):
    for number in range(2000):
        source = random.Random(number)
        if source.sample(range(2, 8), 3)[0] == len(given[0]):
            torch.manual_seed(number)
            return tuple(torch.randn(given[1].shape, dtype=given[1].dtype) for _ in range(4))
four_gates = lstm_step = lstm_sequence = guess
"""
QUESTIONS = ("four-gates", "lstm-step", "lstm-sequence", "pack-weights", "set-forget-bias")


def stealing(notebook):
    for question in QUESTIONS:
        name = question.replace("-", "_")
        answer(question, f"{name} = stolen({name!r})")(notebook)


CASES = [
    case("files searched", NONE, ignorant, *(answer(q, EVERYWHERE) for q in QUESTIONS[:2])),
    case("the course's files searched", NONE, ignorant, *(answer(q, SOURCE_FILES) for q in QUESTIONS)),
    case("the checks asked", NONE, *(answer(q, CHECKS) for q in QUESTIONS)),
    case("memory searched", NONE, ignorant, answer("lstm-step", MEMORY)),
    case("frames searched", NONE, ignorant, answer("four-gates", FRAMES), *(answer(q, "pass") for q in QUESTIONS[1:4])),
    case("history searched", NONE, *(answer(q, THIEF) for q in QUESTIONS)),
    case("what runs is noted down", NONE, add(TAKEN), stealing),
    case("what runs is noted down, and the kernel ended", NONE, add(TAKEN), stealing, answer("four-gates", DIES_FIRST)),
    case("kept from one run to the next", NONE, ignorant, append(KEPT), add(KEPT)),
    case("the seed guessed", NONE, ignorant, answer("four-gates", SEED), *(answer(q, "pass") for q in QUESTIONS[1:3])),
    case("looked everywhere, right answers", FULL, add(EVERYWHERE), append(MEMORY)),
]
