"""What changes the kernel from inside: IPython's hooks, Python's imports, torch, names. It gives nobody a point.

What a student breaks for himself stays broken; so right answers are asked for where the change should do no harm.
"""

from tests.hostile.cases import FULL, NONE, add, append, case, ignorant

EMPTIED = """
import ast
class Empty(ast.NodeTransformer):
    def visit_Module(self, node):
        text = ast.unparse(node)
        return ast.Module([], []) if "_probe" in text or "check" in text else node
get_ipython().ast_transformers.append(Empty())
"""
EMPTIED_TEXT = """
get_ipython().input_transformers_cleanup.append(lambda lines: [] if any("_probe" in line for line in lines) else lines)
"""
RUN_CELL = """
shell = get_ipython()
run_cell = type(shell).run_cell
def quiet(self, raw_cell, *given, **options):
    result = run_cell(self, "None" if "_probe" in raw_cell else raw_cell, *given, **options)
    result.success = True
    result.error_in_exec = result.error_before_exec = None
    return result
type(shell).run_cell = quiet
shell.showtraceback = lambda *given, **options: None
"""
KERNEL = """
kernel = type(get_ipython().kernel)
execute = kernel.do_execute
async def always(self, code, *given, **options):
    await execute(self, code, *given, **options)
    return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}
kernel.do_execute = always
"""
HANDLERS = """
kernel = get_ipython().kernel
async def answer(stream, ident, parent):
    kernel.session.send(stream, "execute_reply", {"status": "ok", "execution_count": 1}, parent, ident=ident)
    kernel._publish_status("idle", "shell")
kernel.shell_handlers["execute_request"] = answer
"""
IMPORTS = """
import builtins, sys
real = builtins.__import__
class Anything:
    def __getattr__(self, name): return lambda *given, **options: None
def find(name, *given, **options):
    names = given[2] if len(given) > 2 and given[2] else ()
    return Anything() if "emit" in name or "emit" in names else real(name, *given, **options)
builtins.__import__ = find
sys.modules["lstm_course.grading.emit"] = Anything()
"""
FILES_BESIDE = """
import os, sys
for name in ("torch", "numpy", "json", "random", "IPython", "lstm_course", "sitecustomize", "math", "copy"):
    open(f"{name}.py", "w").write("raise SystemExit('shadowed')")
os.makedirs("lstm_course/grading", exist_ok=True)
for name in ("lstm_course/__init__.py", "lstm_course/grading/__init__.py", "lstm_course/grading/emit.py"):
    open(name, "w").write("def run(*given): pass\\nMIME = 'x'")
sys.path.insert(0, os.getcwd())
"""
TRACED = """
import sys, threading
def trace(frame, event, value):
    if event == "return" and frame.f_code.co_name == "run":
        frame.f_locals["values"] = None
    return trace
sys.settrace(trace)
"""
FORMATTERS = """
shell = get_ipython()
shell.display_formatter.format = lambda *given, **options: ({"text/plain": "11 points"}, {})
shell.display_pub.publish = lambda *given, **options: None
"""
NAMES = """
_probe = _emit = emit = None
display = print = len = range = list = dict = str = isinstance = sorted = lambda *given, **options: None
"""
LIMITS = """
import resource, os
for kind in range(16):
    try:
        soft, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (hard, hard))
        resource.setrlimit(kind, (-1, -1))
    except (OSError, ValueError):
        pass
os.nice(19)
os.environ.clear()
os.chdir("/")
"""
LOCALE = """
import torch, warnings, random, numpy
torch.set_default_dtype(torch.float64)
torch.manual_seed(0); random.seed(0); numpy.random.seed(0)
torch.set_printoptions(precision=1)
warnings.simplefilter("error")
torch.set_grad_enabled(True)
"""
RESET = "%reset -f\nimport torch\nfrom lstm_course import cells"
COMM = """
from ipykernel.comm import Comm
comm = Comm(target_name="jupyter.widget", data={})
for _ in range(500):
    comm.send({"x": "y" * 1000})
display({"text/html": "<script>alert(1)</script>", "application/javascript": "alert(1)"}, raw=True)
"""

CASES = [
    case("later cells emptied", NONE, ignorant, add(EMPTIED)),
    case("later text emptied", NONE, ignorant, add(EMPTIED_TEXT)),
    case("run_cell wrapped", NONE, ignorant, add(RUN_CELL)),
    case("the kernel says ok", NONE, ignorant, add(KERNEL)),
    case("the kernel says ok, right answers", FULL, append(KERNEL)),
    case("another handler answers", NONE, ignorant, add(HANDLERS)),
    case("imports replaced", NONE, ignorant, add(IMPORTS)),
    case("files beside the notebook", FULL, add(FILES_BESIDE)),
    case("files beside, no answers", NONE, ignorant, add(FILES_BESIDE)),
    case("every return traced", NONE, ignorant, add(TRACED)),
    case("formatters replaced", NONE, ignorant, add(FORMATTERS)),
    case("names of the probes taken", FULL, add(NAMES + "del print, len, range, list, dict, str, isinstance, sorted")),
    case("limits raised", FULL, add(LIMITS)),
    case("other defaults", FULL, add(LOCALE)),
    case("%reset", FULL, add(RESET)),
    case("widgets and scripts shown", FULL, add(COMM)),
]
