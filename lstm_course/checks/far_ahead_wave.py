"""Checks of exercise 7: how fast a loop goes flat, targets for a direct forecast."""

import math
from typing import Any

import torch
from torch import Tensor

from lstm_course.checks.answers import Answer, call, require_parts
from lstm_course.checks.base import CheckFailed, each_case, generator, question, require, require_tensor
from lstm_course.checks.learner import short
from lstm_course.checks.programs import Hole, Program
from lstm_course.checks.results import require_result, tensor_of

WAVE = Program(
    """
values = {values}
radius = {radius}
steps = math.inf if {when} else {steps}
if radius >= 1: steps = {never}
radius, steps = (torch.tensor(float(number)) for number in ({returned}))
""",
    ("radius", "steps"),
    values=Hole(
        "torch.linalg.eigvals(C)",
        "Which numbers of C say what many steps do? Its eigenvalues; C is not symmetric.",
        "torch.linalg.eigvalsh(C)",
        "torch.linalg.eigvalsh(C, UPLO='U')",
        "torch.linalg.svdvals(C)",
        "torch.linalg.eigvals(C @ C.T)",
        "C.diag()",
        "C[-1]",
    ),
    radius=Hole(
        "values.abs().max()",
        "An eigenvalue may be complex or negative: how long is its arrow? And which of them wins in the long run?",
        "values.real.max()",
        "values.real.abs().max()",
        "values.imag.abs().max()",
        "(values.real + values.imag).max()",
        "(values.real.abs() + values.imag.abs()).max()",
        "values[values.real.argmax()].abs()",
        "values.abs().min()",
        "values.abs().mean()",
        "values.abs().sum()",
        "values.abs()[0]",
        "values.abs().argmax()",
        "values.abs()[-1]",
        "values.real[0]",
        "values.abs().max() ** 2",
        "values.abs().max() ** 0.5",
        "values.abs().prod()",
        "torch.linalg.matrix_norm(C)",
        "torch.linalg.matrix_norm(C, 2)",
        "torch.linalg.matrix_norm(C, 1)",
        "torch.linalg.matrix_norm(C, math.inf)",
        "C.max()",
        "C.abs().max()",
        "C.abs().mean()",
        "torch.linalg.det(C).abs()",
        "C.trace()",
        *(f"round(values.abs().max().item(), {digits})" for digits in (2, 3)),
    ),
    when=Hole("radius >= 1", "Where does a loop begin never to get there? Look at radius 1.", "radius > 1", "False"),
    steps=Hole(
        "math.log(share) / math.log(radius)",
        "radius ** steps must be share: solve it for steps.",
        "math.log(radius) / math.log(share)",
        "-math.log(share) / math.log(radius)",
        "math.ceil(math.log(share) / math.log(radius))",
        "math.floor(math.log(share) / math.log(radius))",
        "round(math.log(share) / math.log(radius))",
        "share / radius",
        "math.log(share / radius)",
        "math.log(share) * math.log(radius)",
        "math.log(share) / radius",
        "share / math.log(radius)",
        "math.log(0.5) / math.log(radius)",
        *(f"round(math.log(share) / math.log(radius), {digits})" for digits in (1, 2, 3)),
        "math.log(1 - share) / math.log(radius)",
        "math.log(share) / math.log(1 - radius)",
        "math.log(share) / (radius - 1)",
        "(share - 1) / (radius - 1)",
        "math.log10(share) / math.log(radius)",
        "math.log(share) / math.log10(radius)",
        "math.log2(share) / math.log(radius)",
        "math.log(share) / math.log2(radius)",
        "math.log(share) / math.log(radius) + 1",
        "math.log(share) / math.log(radius) - 1",
        "math.log(share) / math.log(radius) / 2",
        "-1 / math.log(radius)",
        "radius ** share",
        "share ** radius",
        "share ** (1 / radius)",
        "math.inf",
    ),
    never=Hole(
        "math.inf",
        "With a radius of 1 or more the wave never shrinks to the share: how many steps does that take?",
        "math.log(share) / math.log(radius)",
        "-math.inf",
        "math.inf; radius = math.inf",
        "math.nan",
        "0",
        "-1",
        "1",
        "abs(math.log(share) / math.log(radius))",
    ),
    returned=Hole("radius, steps", "First the radius, then the steps.", "steps, radius"),
)


TELLING = [  # eigenvalues -0.325 +- 0.751i, 0.477 +- 0.595i, -0.105: nearly each mistake makes a radius of its own
    [0.1, -0.1, 0.6, 0.6, -0.5],
    [0.1, 0.4, 0.3, -0.6, 0.1],
    [-1.1, -0.6, 0.1, -0.3, 0.0],
    [0.6, 0.5, -0.4, 0.3, 0.2],
    [0.6, -0.5, 0.3, 0.3, -0.7],
]


@question
def wave_left(answer: Answer) -> None:
    """Check the spectral radius and the steps until a share is left."""
    matrices = (
        (TELLING, 0.25),
        ([[0, 1], [0.1, -0.7]], 0.01),
        ([[0.5, 10], [0, 0.4]], 0.25),
        ([[0, 1], [-1.002, 1.734]], 0.5),  # complex, just above 1
        ([[0, -2], [0, 0.5]], 0.1),
        ([[1, 3], [0, 0.5]], 0.5),  # exactly 1
        ([[0.5]], 0.25),
    )
    cases = [(torch.tensor(rows, dtype=torch.float64), share) for rows, share in matrices]
    cases.insert(1, (cases[0][0].float(), 0.3))
    each_case(cases, lambda case: _check_wave(answer, *case))


def _check_wave(answer: Answer, C: Tensor, share: float) -> None:
    try:
        result = call("wave_left", answer, C, share)
    except ZeroDivisionError as error:
        if torch.linalg.eigvals(C).abs().max() != 1:
            raise
        rule = "With a radius of 1 or more the wave never shrinks to the share: treat radius >= 1 before you divide."
        raise CheckFailed(f"{rule} Got a division by log(1) = 0 for C = {C.tolist()}.") from error
    parts = require_parts("wave_left", result, "radius", "steps")
    got = {name: _number(name, part) for name, part in zip(("radius", "steps"), parts, strict=True)}
    given = f"For C = {C.tolist() if len(C) < 3 else f'a matrix {tuple(C.shape)}'} and share {share}"
    rules = {
        "radius": f"{given}, the radius must be the largest modulus of an eigenvalue.",
        "steps": f"{given}, the steps must be log(share) / log(radius), or infinite for a radius of 1 or more.",
    }
    require_result(
        WAVE,
        {"torch": torch, "math": math, "C": C.double(), "share": share},
        got,
        rules,
        dict.fromkeys(rules, "of a number"),
    )


def _number(name: str, got: Any) -> Tensor:
    """Take a number for a float32 one, so that an answer may compute in either precision."""
    rule = f"The {name} of wave_left must be one real number."
    hint = "Use .abs() on complex eigenvalues." if isinstance(got, complex) or _is_complex(got) else ""
    if got is None or isinstance(got, str):
        hint = 'Infinity is a number, float("inf").'
    try:
        require(not hint, rule, f"{type(got).__name__} {short(got)}", hint)
        return torch.tensor(float(got))
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise CheckFailed(f"{rule} Got {type(got).__name__} {short(got)}.") from None


def _is_complex(got: Any) -> bool:
    return isinstance(got, Tensor) and got.is_complex()


TARGETS = Program(
    """
y, n = {series}, {rows}
targets = torch.stack([{later}{now} for k in range({columns})], dim=1){form}
""",
    ("targets",),
    series=Hole(
        "series", "Which values are compared? Those of the series, as they are.", "series.flip(0)", "series.diff()"
    ),
    rows=Hole(
        "len(series) - horizon",
        "Which is the last t that has horizon values after it? Values behind the end are not known.",
        "len(series) - horizon - 1",
        "len(series) - horizon - 1; y = y[1:]",
        "len(series); y = torch.cat([y, 0 * y])",
        "len(series); y = torch.cat([y, y])",
        "len(series); y = torch.cat([y, y[-1:].expand(horizon)])",
        "len(series); y = torch.cat([y, y * torch.nan])",
        "len(series) - horizon + 1",
        "len(series) - horizon + 1; y = torch.cat([y, 0 * y])",
        "len(series) - horizon + 1; y = torch.cat([y, y])",
        "len(series) - 1; y = torch.cat([y, 0 * y])",
        "len(series) // horizon",
        "len(series) - 2 * horizon",
    ),
    later=Hole(
        "y[1 + k : 1 + k + n]",
        "Column 0 belongs to t + 1, the next to t + 2: by how much is the series shifted for column k?",
        "y[k : k + n]",
        "y[2 + k : 2 + k + n]",
        "y[horizon : horizon + n]",
        "y[1 : 1 + n]",
        "y[horizon - k : horizon - k + n]",
        "y[:n]",
        "y.roll(1 + k)[:n]",
        "-y[1 + k : 1 + k + n]",
    ),
    now=Hole(
        " - y[:n]",
        "Every target is the change from the value at t: what is subtracted?",
        "",
        " - y[k : k + n]",
        " + y[:n]",
        " - y[horizon : horizon + n]",
        " - y[1 : 1 + n]",
        " - y[:1]",
        " - y.mean()",
        " / y[:n]",
        " / y[:n] - 1",
        " - torch.cat([y[:1] * 0, y])[:n]",
    ),
    columns=Hole("horizon", "One column for each of the next values, horizon of them.", "horizon - 1", "horizon + 1"),
    form=Hole(
        "",
        "One row per time t, one column per step ahead: entry [t, k] belongs to t + 1 + k, later minus now.",
        ".T",
        ".flip(1)",
        ".flip(0)",
        " * -1",
        ".cumsum(1)",
        ".mean(1)",
        ".sum(1)",
        ".abs()",
        "[..., None]",
        "[:, -1]",
        "[:, -1:]",
        "[:, 0]",
        "[::horizon]",
        "; targets = torch.cat([0 * targets[:, :1], targets], dim=1)",
    ),
)


@question
def direct_targets(answer: Answer) -> None:
    """Check the changes from each value to the next ones."""
    drawn = [
        (torch.randn(count, generator=generator(count), dtype=torch.float64), horizon)
        for count, horizon in ((11, 3), (9, 1), (7, 6), (40, 5), (6, 3))
    ]
    readable = torch.tensor([3.0, 1.0, 4.0, 1.5, 9.0], dtype=torch.float64)
    each_case(
        [*drawn, (drawn[0][0].float(), 2), (readable, 2), (readable[:2], 1)], lambda case: _check_targets(answer, *case)
    )


def _check_targets(answer: Answer, series: Tensor, horizon: int) -> None:
    got = tensor_of("direct_targets", call("direct_targets", answer, series, horizon))
    rule = (
        f"For {len(series)} values and horizon {horizon}, entry [t, k] must be the value at t + 1 + k minus that at t."
    )
    names = {"torch": torch, "series": series, "horizon": horizon}
    require_result(TARGETS, names, {"targets": got}, {"targets": rule}, {"targets": "(T - horizon, horizon)"})
    require_tensor("direct_targets", got, tuple(got.shape), "(T - horizon, horizon)", series.dtype)
