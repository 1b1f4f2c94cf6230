"""Find in the text of an answer what its question says to do without. The text is parsed, never run.

Names are followed through imports (`import torch as t`, `from torch import nn`, `from torch.nn import *`) and plain
assignments (`R = nn.LSTM`) to the full name, whatever it is called. A name counts below the same root wherever it
stands: `torch.nn.modules.rnn.LSTM` is `torch.nn.LSTM`.

Literal text given to `exec`, `eval` or `import_module` is read as well. Text that a program makes at run time is left
to the sandbox, which watches by name what an answer calls (`emit.Trial`) and, where `hide` names a module, does not
have it. What neither sees: the lesson's own lines copied into the answer, and a program that is made at run time and
takes the watch off before it calls anything. Who shares a process with an answer cannot do better.
"""

import ast
import re
import symtable
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager

DEEPEST = 100  # levels of a syntax tree; honest code has about ten
RUNS_TEXT = {"exec", "eval", "compile"}
UNWATCHED = (  # where `emit.Trial` does not see what is called, and no answer to a question that forbids something goes
    *("sys.setprofile", "sys.settrace", "sys.monitoring", "threading", "_thread", "concurrent", "multiprocessing"),
    *("subprocess", "os.system", "os.popen", "os.fork", "os.posix_spawn", "ctypes"),
)
IMPORTS_TEXT = {"__import__", "import_module"}
CELL_MAGIC = re.compile(r"\A\s*%%.*\n")  # what stands below it is run, or is no Python and is not looked at
FOR_IPYTHON = re.compile(r"^([ \t]*)(?:[%!?/,;].*|.*[=(][ \t]*[%!].*|.*\?)$", re.MULTILINE)
MOST_TRANSLATED = 200_000  # lines for IPython times characters: about a second


def shortcuts(
    answer: str, forbidden: Sequence[str], others: Iterable[str] = (), names: Collection[str] = ()
) -> list[str]:
    """Name what is used of `forbidden`, by an answer or by what it uses of other cells.

    Parameters
    ----------
    answer : str
        Source of the answer's cell.
    forbidden : sequence of str
        Full names, such as `torch.nn.LSTM`; the name of a module stands for all that is in it.
    others : iterable of str
        Sources of the notebook's other code cells: their imports count, and of the rest only the statements that give
        a name which the answer uses.
    names : collection of str
        What the question asks to define: what else stands in the answer's cell (a trial of it, say) counts like
        another cell.

    Returns
    -------
    list of str
        The forbidden names, or names of UNWATCHED, each once; none where the source is no Python.
    """
    whole = parsed(answer)
    statements = [statement for statement in whole if _given(statement) & set(names)] or list(whole)
    elsewhere = [statement for source in others for statement in parsed(source)]
    elsewhere += [statement for statement in whole if statement not in statements]
    used = _used(statements, elsewhere)
    finder = _Finder(forbidden, _own_attributes([*used, *statements]))
    for statement in [*(s for s in elsewhere if isinstance(s, ast.Import | ast.ImportFrom)), *used, *statements]:
        finder.learn(statement)
    for statement in [*(s for s in used if not isinstance(s, ast.Import | ast.ImportFrom)), *statements]:
        finder.visit(statement)
    return [name for name in finder.looked_for if name in finder.found]


@lru_cache(maxsize=1000)
def parsed(source: str) -> tuple[ast.stmt, ...]:
    """Parse a cell; nothing where it is no Python that could run, or deeper than what walks through it can go."""
    for text in (source, _translated(source)):
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            tree = ast.parse(text)
            symtable.symtable(text, "cell", "exec")
            return tuple(tree.body) if _depth(tree) <= DEEPEST else ()
    return ()


def _depth(tree: ast.AST) -> int:
    level, depth = [tree], 0
    while level and depth <= DEEPEST:
        level, depth = [child for node in level for child in ast.iter_child_nodes(node)], depth + 1
    return depth


def _translated(source: str) -> str:
    """Write a cell in plain Python: magics and shell lines become calls of IPython's, if it has few to read."""
    lines = FOR_IPYTHON.findall(source)
    if len(lines) * len(source) < MOST_TRANSLATED:
        with suppress(SyntaxError):  # IPython's own readers raise it where the text is no Python at all
            return TransformerManager().transform_cell(CELL_MAGIC.sub("", source))
    return FOR_IPYTHON.sub(r"\1pass", source)


def _used(statements: Sequence[ast.stmt], elsewhere: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Return the statements elsewhere that give a name which `statements` use, directly or through each other."""
    giving: dict[str, list[int]] = defaultdict(list)
    for number, statement in enumerate(elsewhere):
        for name in _given(statement):
            giving[name].append(number)
    wanted, seen, found = list(_names(statements)), set[str](), set[int]()
    while wanted:
        name = wanted.pop()
        if name not in seen:
            seen.add(name)
            fresh = set(giving[name]) - found
            found |= fresh
            wanted += _names([elsewhere[number] for number in fresh])
    return [elsewhere[number] for number in sorted(found)]


def _names(statements: Sequence[ast.stmt]) -> set[str]:
    """Names that statements take from outside, and not from their own parameters and variables."""
    source = ast.unparse(ast.Module(list(statements), type_ignores=[]))
    tables, names = [symtable.symtable(source, "cell", "exec")], set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        is_outside = table.get_type() == "module"
        names |= {s.get_name() for s in table.get_symbols() if s.is_referenced() and (is_outside or s.is_global())}
    return names


def _given(statement: ast.stmt) -> set[str]:
    """Names that a statement at the top of a cell gives."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _own_attributes(statements: Sequence[ast.stmt]) -> set[str]:
    """Names of a student's own methods and attributes: `.backward` of something is then left to who watches it run."""
    nodes = [node for statement in statements for node in ast.walk(statement)]
    members = {name for node in nodes if isinstance(node, ast.ClassDef) for part in node.body for name in _given(part)}
    return members | {
        node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }


class _Finder(ast.NodeVisitor):
    """Follows names to what they stand for."""

    def __init__(self, forbidden: Sequence[str], own: Collection[str]) -> None:
        self.forbidden = forbidden
        self.own = own
        self.looked_for = (*forbidden, *UNWATCHED) if forbidden else ()
        self.aliases: dict[str, str] = {}
        self.stars: set[str] = set()
        self.found: set[str] = set()

    def learn(self, statement: ast.stmt) -> None:
        """Learn what names stand for, from imports and plain assignments; other ways to give a name make it unknown."""
        learned: dict[str, str] = {}
        for node in ast.walk(statement):
            match node:
                case ast.Import(names=names):
                    learned |= {n.asname or _root(n.name): n.name if n.asname else _root(n.name) for n in names}
                case ast.ImportFrom(module=str(module), names=names):
                    self.stars |= {module for name in names if name.name == "*"}
                    learned |= {name.asname or name.name: f"{module}.{name.name}" for name in names}
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if path := self._path(value):
                    learned[target] = path
                case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                    self.aliases.pop(name, None)
        self.aliases |= learned

    def visit_Import(self, node: ast.Import) -> None:
        """Look at `import a.b`."""
        for name in node.names:
            self._look(name.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Look at `from a import b`."""
        for name in node.names:
            self._look(f"{node.module}.{name.name}")

    def visit_Name(self, node: ast.Name) -> None:
        """Look at a name that an import or an assignment may have given."""
        self._look(self._path(node))
        for module in self.stars:
            self._look(f"{module}.{node.id}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Look at `a.b`, at `.b` of something that cannot be followed, and at a tensor's method on anything."""
        path = self._path(node)
        self._look(path)
        for name in self.forbidden:
            owner, _, last = name.rpartition(".")
            if last == node.attr and last not in self.own and (path is None or owner == "torch.Tensor"):
                self.found.add(name)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """Look into text that is run or imported, and at `getattr(a, "b")`."""
        called = (self._path(node.func) or "").rpartition(".")[2] or getattr(node.func, "attr", "")
        text = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        if called in RUNS_TEXT and isinstance(text, str):
            self._visit_text(text)
        if called in IMPORTS_TEXT and isinstance(text, str):
            self._look(text)
        self._look(self._path(node))
        self.generic_visit(node)

    def _visit_text(self, text: str) -> None:
        for statement in parsed(text):
            self.learn(statement)
            self.visit(statement)

    def _look(self, path: str | None) -> None:
        """Note a full name that is forbidden; `emit` has the same rule."""
        root, *parts = (path or "").split(".")
        for name in self.looked_for:
            if name == root or (root == _root(name) and name.rpartition(".")[2] in parts):
                self.found.add(name)

    def _path(self, node: ast.expr) -> str | None:
        """Return the full name that an expression stands for, where it can be told."""
        match node:
            case ast.Name(id=name):
                return self.aliases.get(name, name)
            case ast.Attribute(value=value, attr=attr):
                base = self._path(value)
            case ast.Call(func=ast.Name(id="getattr"), args=[value, ast.Constant(value=str(attr)), *_]):
                base = self._path(value)
            case ast.Call(func=func, args=[ast.Constant(value=str(module)), *_]):
                is_import = (self._path(func) or "").rpartition(".")[2] in IMPORTS_TEXT
                return module if is_import else None
            case _:
                return None
        return f"{base}.{attr}" if base else None


def _root(module: str) -> str:
    return module.partition(".")[0]
