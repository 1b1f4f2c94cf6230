"""How long our LSTM layer takes, as a multiple of nn.LSTM's time, what it keeps for backward, and its lines of code.

    .venv/bin/python benchmarks/layer.py            some minutes
    .venv/bin/python benchmarks/layer.py --quick    fewer rounds
    ... --openblas SkylakeX                         numpy's products with another kernel, where the CPU has it

CPU time on one thread, all layers in turn within one process, median of the ratios round by round (quartiles). A
call that does not count goes before each timing: caches and heap are then as the layer itself leaves them. It runs
twice: as it is, and with MALLOC_MMAP_MAX_=0, which keeps memory between calls instead of giving it back. As it is,
nn.LSTM pays for fresh pages at the large shapes again and again, which flatters everybody else. On a machine with a GPU
the ratio to cuDNN follows (of the readable loop: the backward pass by hand is for the CPU).
"""

import argparse
import ast
import inspect
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from statistics import geometric_mean, quantiles

import torch
from loops import CellLoop, TextbookLoop, TutorialLoop
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from lstm_course import cells
from lstm_course.by_hand import LSTMByHand, local_gradients
from lstm_course.layer import LSTM

SHAPES = [(5, 3, 1, 10), (5, 1, 4, 8), (48, 64, 8, 64), (100, 32, 64, 128), (200, 64, 128, 256), (1000, 8, 32, 64)]
LAYERS: dict[str, Callable[[int, int], nn.Module]] = {
    "nn.LSTM": nn.LSTM,
    "ours, by hand": LSTM,
    "ours, readable": lambda I, H: LSTM(I, H, backward="autograd"),
    "textbook loop": TextbookLoop,
    "tutorial style": TutorialLoop,
    "nn.LSTMCell loop": CellLoop,
}
SHORTEST = 0.005
"""Seconds that a timing takes at least: shorter calls are repeated."""
console = Console(width=130)


def outputs(layer: nn.Module, x: Tensor) -> Tensor:
    """Return h_1..h_T, whatever else the layer returns."""
    result = layer(x)
    return result[0] if isinstance(result, tuple) else result


def train(layer: nn.Module, x: Tensor) -> None:
    """Do all of a training step but the update."""
    layer.zero_grad()
    outputs(layer, x).sum().backward()


def infer(layer: nn.Module, x: Tensor) -> None:
    """Predict without gradients."""
    with torch.no_grad():
        layer(x)


def cpu_seconds(work: Callable[[nn.Module, Tensor], None], layer: nn.Module, x: Tensor, repeat: int) -> float:
    """Time `repeat` calls, in CPU time, or on a GPU in real time."""
    clock = time.perf_counter if x.is_cuda else time.process_time
    work(layer, x)
    if x.is_cuda:
        torch.cuda.synchronize()
    start = clock()
    for _ in range(repeat):
        work(layer, x)
    if x.is_cuda:
        torch.cuda.synchronize()
    return clock() - start


def ratios(work: Callable[[nn.Module, Tensor], None], layers: list[nn.Module], x: Tensor, rounds: int) -> list:
    """Return for every layer but the first its time over the first one's, per round; and the first one's times."""
    repeat = int(SHORTEST / max(cpu_seconds(work, layers[0], x, 1), 1e-6)) + 1
    times = [[cpu_seconds(work, layer, x, repeat) for layer in layers] for _ in range(rounds)]
    return [[row[i] / row[0] for row in times] for i in range(1, len(layers))], [row[0] / repeat for row in times]


def kept_bytes(layer: nn.Module, x: Tensor) -> int:
    """Count the memory that a forward pass keeps for backward, beyond the input and the parameters."""
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        result = layer(x)
    for known in (x, *layer.parameters()):
        kept.pop(known.untyped_storage().data_ptr(), None)
    del result
    return sum(kept.values())


def lines_of_code(source: Callable, arithmetic_only: bool = False) -> int:
    """Count lines without docstrings, comments and blank lines; if asked, only those after the check of the shapes."""
    text = textwrap.dedent(inspect.getsource(source))
    (tree,) = ast.parse(text).body
    left_out = {number for number, line in enumerate(text.splitlines(), 1) if line.strip()[:1] in ("", "#")}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            left_out |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    start = tree.lineno
    if arithmetic_only:
        start = 1 + next(node.end_lineno for node in tree.body if "require_shapes" in ast.unparse(node))
    return len(set(range(start, len(text.splitlines()) + 1)) - left_out)


def code() -> None:
    """Print how long the cells' arithmetic and the Function with all that it calls are."""
    steps = {name: lines_of_code(getattr(cells, name), True) for name in cells.__all__ if name.endswith("_step")}
    console.print("Lines of arithmetic:", ", ".join(f"{name} {lines}" for name, lines in steps.items()))
    by_hand = {part.__name__: lines_of_code(part) for part in (LSTMByHand, local_gradients)}
    parts = ", ".join(f"{name} {lines}" for name, lines in by_hand.items())
    console.print(f"Lines of code of the Function and what it calls: {sum(by_hand.values())} ({parts})")


def show(title: str, rows: dict[str, list[str]], last: str | None = None) -> None:
    """Print a table with a column for every shape."""
    table = Table("", *(", ".join(map(str, shape)) for shape in SHAPES), *([last] if last else []), title=title)
    for name, row in rows.items():
        table.add_row(name, *row)
    console.print(table)


def compare(title: str, work: Callable[[nn.Module, Tensor], None], rounds: int, device: str = "cpu") -> None:
    """Print the table of ratios for one kind of work."""
    names = list(LAYERS) if device == "cpu" else ["nn.LSTM", "ours, readable"]
    rows: dict[str, list[str]] = {name: [] for name in names}
    middles: dict[str, list[float]] = {name: [] for name in names[1:]}
    for T, B, I, H in SHAPES:
        torch.manual_seed(0)
        layers = [LAYERS[name](I, H).to(device) for name in names]
        per_layer, base = ratios(work, layers, torch.randn(T, B, I, device=device), rounds)
        rows[names[0]].append(f"{1000 * quantiles(base)[1]:.3g} ms")
        for name, measured in zip(names[1:], per_layer, strict=True):
            low, middle, high = quantiles(measured)
            middles[name].append(middle)
            rows[name].append(f"{middle:.2f} ({low:.2f}-{high:.2f})")
    for name, values in middles.items():
        rows[name].append(f"{geometric_mean(values):.2f}")
    show(title, rows, "geometric mean")


def memory() -> None:
    """Print the table of memory kept for the backward pass."""
    rows = {
        name: [f"{kept_bytes(make(I, H), torch.randn(T, B, I)) / 1e6:.3g} MB" for T, B, I, H in SHAPES]
        for name, make in LAYERS.items()
    }
    show("Memory kept for the backward pass, float32, shapes (T, B, I, H)", rows)


def measure(how: str, rounds: int) -> None:
    """Print all tables of this process."""
    torch.set_num_threads(1)
    compare(f"Training step, multiples of nn.LSTM's CPU time, {how}", train, rounds)
    compare(f"Inference, multiples of nn.LSTM's CPU time, {how}", infer, rounds)
    if how == "default malloc":
        memory()
        code()
        if torch.cuda.is_available():
            compare("Training step on the GPU, multiples of cuDNN's time", train, rounds, "cuda")
            compare("Inference on the GPU, multiples of cuDNN's time", infer, rounds, "cuda")


def main() -> None:
    """Measure in two fresh processes, one for each way of keeping memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--openblas", metavar="CORE", help="OPENBLAS_CORETYPE for numpy's matrix products")
    parser.add_argument("--child", metavar="HOW", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        measure(options.child, rounds=5 if options.quick else 15)
        return
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    if options.openblas:
        one_thread["OPENBLAS_CORETYPE"] = options.openblas
    for how, setting in {"default malloc": {}, "MALLOC_MMAP_MAX_=0": {"MALLOC_MMAP_MAX_": "0"}}.items():
        command = [sys.executable, __file__, "--child", how, *(["--quick"] if options.quick else [])]
        subprocess.run(command, env=os.environ | one_thread | setting, check=True)


if __name__ == "__main__":
    main()
