"""Small changes to a piece of code, each a slip that a learner could make: mutants, by a pass over the syntax tree."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

SWAPPED = {
    "sigmoid": "tanh", "tanh": "sigmoid", "sum": "mean", "mean": "sum", "max": "min", "min": "max", "cat": "stack",
    "stack": "cat", "argmax": "argmin", "zeros": "ones", "ones": "zeros", "zeros_like": "ones_like", "std": "var",
    "eigvals": "eigvalsh", "softmax": "log_softmax", "startswith": "endswith", "eye": "ones_like", "full": "full_like",
    "log": "log1p", "exp": "expm1", "reversed": "list", "abs": "sign",
}  # fmt: skip
OPERATORS = {
    ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div, ast.Add], ast.Div: [ast.Mult], ast.MatMult: [ast.Mult],
    ast.Pow: [ast.Mult], ast.FloorDiv: [ast.Div], ast.Mod: [ast.FloorDiv],
    ast.Lt: [ast.LtE, ast.Gt], ast.LtE: [ast.Lt, ast.Gt], ast.Gt: [ast.GtE, ast.Lt], ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq], ast.In: [ast.NotIn], ast.And: [ast.Or], ast.Or: [ast.And],
}  # fmt: skip
LIBRARIES = {"torch", "np", "nn", "cells", "letters", "forecasting", "check", "torch.linalg", "np.add", "nn.functional"}
ORDERED = (ast.Sub, ast.Div, ast.MatMult, ast.Pow, ast.Mod, ast.FloorDiv)


@dataclass(frozen=True)
class Mutant:
    """Changed code; `name` says in which line what became what."""

    name: str
    code: str


def mutants(code: str, lines: set[int]) -> Iterator[Mutant]:
    """Return all mutants of `code` with one change each, in the given lines (counted from 1)."""
    tree = ast.parse(code)
    names = _local_names(tree)
    seen = {ast.unparse(tree)}
    for parent in list(ast.walk(tree)):
        for field, index, node in _children(parent):
            if getattr(node, "lineno", None) not in lines:
                continue
            for other in [*_variants(node, names), *_removals(node)]:
                _put(parent, field, index, other)
                changed = ast.unparse(ast.fix_missing_locations(tree))
                _put(parent, field, index, node)
                if changed not in seen and _compiles(changed):
                    seen.add(changed)
                    yield Mutant(f"line {node.lineno}: {_words(node)} -> {_words(other)}", changed)


def _children(parent: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    for field, value in ast.iter_fields(parent):
        if isinstance(value, ast.AST):
            yield field, None, value
        elif isinstance(value, list):
            yield from ((field, k, item) for k, item in enumerate(value) if isinstance(item, ast.AST))


def _put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _words(node: ast.AST) -> str:
    words = re.sub(r"\s+", " ", ast.unparse(node))
    return words if len(words) <= 60 else f"{words[:57]}..."


def _compiles(code: str) -> bool:
    try:
        compile(code, "<mutant>", "exec")
    except SyntaxError:
        return False
    return True


def _local_names(tree: ast.AST) -> list[str]:
    """Return arguments and variables in the order in which they first stand there."""
    arguments = [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)]
    stored = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    return [name for name in dict.fromkeys([*arguments, *stored]) if name not in ("self", "_")]


def _variants(node: ast.AST, names: list[str]) -> Iterator[ast.AST]:
    """Return what may stand in place of an expression."""
    match node:
        case ast.BinOp(left, operator, right):
            yield from (ast.BinOp(left, other(), right) for other in OPERATORS.get(type(operator), []))
            yield from (left, right)
            if isinstance(operator, ORDERED):
                yield ast.BinOp(right, operator, left)
        case ast.Compare(left, [operator], [right]):
            yield from (ast.Compare(left, [other()], [right]) for other in OPERATORS.get(type(operator), []))
        case ast.BoolOp(operator, values):
            yield from (ast.BoolOp(other(), values) for other in OPERATORS[type(operator)])
            yield from values
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.Constant(value):
            yield from map(ast.Constant, _other_values(value))
        case ast.Call():
            yield from _other_calls(node)
        case ast.Attribute(value, "T"):
            yield value
        case ast.Attribute(value, name, context) if name in SWAPPED:
            yield ast.Attribute(value, SWAPPED[name], context)
        case ast.Name(name, ast.Load()) if name in names:
            yield ast.Name(names[(names.index(name) + 1) % len(names)], ast.Load())
        case ast.Name(name, ast.Load()) if name in SWAPPED:
            yield ast.Name(SWAPPED[name], ast.Load())
        case ast.Subscript(value, _, ast.Load()):
            yield value
        case ast.Slice(lower, upper, step):
            yield from _other_slices(lower, upper, step)
        case ast.Tuple(items) | ast.List(items):
            for k in range(len(items) - 1):
                yield type(node)([*items[:k], items[k + 1], items[k], *items[k + 2 :]], node.ctx)
        case ast.IfExp(test, body, other):
            yield from (body, other, ast.IfExp(test, other, body))


def _other_values(value: object) -> list[object]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, *([-value] if value > 1 else [])]
    if isinstance(value, float):
        return [2 * value + (value == 0), 0.0] if value else [1.0]
    if isinstance(value, str) and len(value) > 1:
        return [value[1::-1] + value[2:], value[:-1]]
    return []


def _other_calls(call: ast.Call) -> Iterator[ast.expr]:
    """Swap or change arguments, leave an option out, leave the call out."""
    arguments, options = call.args, call.keywords
    if len(arguments) > 1:
        yield ast.Call(call.func, [arguments[1], arguments[0], *arguments[2:]], options)
    for k in range(len(options)):
        yield ast.Call(call.func, arguments, [*options[:k], *options[k + 1 :]])
    if isinstance(call.func, ast.Name) and call.func.id == "range":
        for change in (ast.Add(), ast.Sub()):
            yield ast.Call(call.func, [*arguments[:-1], ast.BinOp(arguments[-1], change, ast.Constant(1))], [])
    if isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) not in LIBRARIES:
        yield call.func.value  # x.detach() -> x
    if arguments and not isinstance(arguments[0], ast.Starred):
        yield arguments[0]  # tanh(x) -> x


def _other_slices(lower: ast.expr | None, upper: ast.expr | None, step: ast.expr | None) -> Iterator[ast.Slice]:
    one = ast.Constant(1)
    if lower:
        yield ast.Slice(None, upper, step)
        yield ast.Slice(ast.BinOp(lower, ast.Add(), one), upper, step)
        yield ast.Slice(ast.BinOp(lower, ast.Sub(), one), upper, step)
    if upper:
        yield ast.Slice(lower, None, step)
        yield ast.Slice(lower, ast.BinOp(upper, ast.Add(), one), step)
        yield ast.Slice(lower, ast.BinOp(upper, ast.Sub(), one), step)
    if step:
        yield ast.Slice(lower, upper, None)


def _removals(node: ast.AST) -> Iterator[ast.stmt]:
    """Leave a statement out; take a condition for always or never true."""
    if isinstance(node, (ast.Assign, ast.AugAssign, ast.Expr, ast.Return)):
        yield ast.Pass()
    if isinstance(node, ast.If):
        yield from (ast.If(ast.Constant(known), node.body, node.orelse) for known in (True, False))
