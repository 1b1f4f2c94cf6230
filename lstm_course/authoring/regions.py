"""Solution regions: found, checked, and cut from what students receive. The marks are nbgrader's."""

import ast
import textwrap
from dataclasses import dataclass

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


@dataclass(frozen=True)
class Region:
    """Lines `first` (the BEGIN mark) to `last` (the END mark), counted from 0."""

    first: int
    last: int


def find(code: str) -> list[Region]:
    """Find the solution regions of a cell.

    Raises
    ------
    ValueError
        If a region is nested, unclosed, never opened or empty, or if one at module level holds more than
        assignments (a `raise` there would hide the later cells' own errors from the student).
    """
    regions: list[Region] = []
    begun: int | None = None
    lines = code.split("\n")
    for number, line in enumerate(lines):
        mark = line.strip()
        if mark == BEGIN:
            if begun is not None:
                raise ValueError(f"has a solution region inside another (line {number + 1}); close the first one.")
            begun = number
        elif mark == END:
            if begun is None:
                raise ValueError(f"ends a solution region that never began (line {number + 1}).")
            regions.append(Region(begun, number))
            begun = None
        elif BEGIN in line or END in line or "BEGIN SOLUTION" in mark or "END SOLUTION" in mark:
            raise ValueError(f"has a malformed solution mark (line {number + 1}): it stands alone, {BEGIN} or {END}.")
    if begun is not None:
        raise ValueError(f"has an unclosed solution region (line {begun + 1}): add {END}.")
    for region in regions:
        _stub(lines, region)
    return regions


def cut(code: str) -> str:
    """Replace each solution region by what a student starts from."""
    lines = code.split("\n")
    for region in reversed(find(code)):
        lines[region.first : region.last + 1] = _stub(lines, region)
    return "\n".join(lines)


def _stub(lines: list[str], region: Region) -> list[str]:
    begin = lines[region.first]
    indent = begin[: len(begin) - len(begin.lstrip())]
    body = textwrap.dedent("\n".join(lines[region.first + 1 : region.last]))
    if not body.strip():
        raise ValueError(f"has an empty solution region (line {region.first + 1}).")
    if indent:
        return [f"{indent}# YOUR CODE HERE", f"{indent}raise NotImplementedError()"]
    try:
        statements = ast.parse(body).body
    except SyntaxError as error:
        raise ValueError(f"has a solution region that is no Python (line {region.first + 1}): {error.msg}.") from error
    names = [_assigned_name(statement) for statement in statements]
    if None in names:
        raise ValueError(
            f"has a solution region outside a function (line {region.first + 1}) with more than assignments "
            "to names: put the code into a function."
        )
    return ["# YOUR ANSWER HERE: replace the dots", *(f"{name} = ..." for name in names)]


def _assigned_name(statement: ast.stmt) -> str | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None
