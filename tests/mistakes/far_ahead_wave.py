"""Exercise 7, question 3: how fast it goes flat."""

import math

import numpy as np
import torch

from lstm_course.checks import far_ahead as check
from tests.mistakes.catalogue import Mistake


def radius(C):
    return torch.linalg.eigvals(C).abs().max()


def left(C, share, rho=radius):
    rho = rho(C)
    return rho, math.log(share) / torch.log(rho) if rho < 1 else math.inf


def with_numpy(C, share):
    rho = np.abs(np.linalg.eigvals(C.numpy())).max()
    return [rho, np.inf if rho >= 1 else np.log(share) / np.log(rho)]


def in_float32(C, share):
    rho, steps = left(C.float(), share)
    return rho.item(), float(steps)


def by_base(C, share):
    rho = max(abs(z) for z in torch.linalg.eig(C).eigenvalues.tolist())
    return (rho, math.log(share, rho)) if rho < 1 else (rho, float("inf"))


def by_parts(C, share):
    z = torch.view_as_real(torch.linalg.eigvals(C))
    rho = z.pow(2).sum(-1).sqrt().amax()
    return (
        torch.stack([rho, torch.tensor(share).double().log() / rho.double().log()]).unbind()
        if rho < 1
        else (rho, torch.tensor(torch.inf))
    )


def with_where(C, share):
    rho = torch.linalg.eigvals(C).abs().max()
    steps = torch.where(rho < 1, math.log(share) / rho.log(), torch.inf)
    return rho.item(), steps.item()


def caught(C, share):
    rho = torch.linalg.eigvals(C).abs().sort().values[-1].item()
    k = float("inf")
    if not rho >= 1.0:
        k = np.log10(share) / np.log10(rho)
    return rho, k


def S(g):
    return lambda C, s: (radius(C), g(C, s, radius(C).item()) if radius(C) < 1 else math.inf)


def unsafe(r):
    def f(C, s):
        rho = torch.as_tensor(r(C))
        return rho, (math.log(s) / rho.log() if 0 < rho < 1 else math.inf)

    return f


def ev(C):
    return torch.linalg.eigvals(C)


RIGHT = {
    check.wave_left: {
        "left": left,
        "numpy": with_numpy,
        "f32": in_float32,
        "base": by_base,
        "parts": by_parts,
        "where": with_where,
        "caught": caught,
    },
}
MISTAKES = {
    check.wave_left: {
        "radius only": Mistake(lambda C, s: radius(C), "Got Tensor"),
        "complex": Mistake(lambda C, s: (ev(C)[0], 1.0), "Got Tensor tensor(0.4774+0.5954j, dtype=torch.complex128)"),
        "None first": Mistake(lambda C, s: (None, 1.0), "Got NoneType None."),
        "none": Mistake(lambda C, s: None, "Got NoneType"),
        "singular": Mistake(unsafe(lambda C: torch.linalg.matrix_norm(C, 2)), "values = torch.linalg.svdvals(C)"),
        "real": Mistake(unsafe(lambda C: ev(C).real.max()), "radius = values.real.max()"),
        "real abs": Mistake(unsafe(lambda C: ev(C).real.abs().max()), "radius = values.real.max()"),
        "largest real part": Mistake(
            unsafe(lambda C: torch.tensor(abs(np.max(np.linalg.eigvals(C.numpy()))))),
            "radius = values[values.real.argmax()].abs()",
        ),
        "min": Mistake(unsafe(lambda C: ev(C).abs().min()), "radius = values.abs().min()"),
        "both infinite": Mistake(
            lambda C, s: left(C, s) if radius(C) < 1 else (math.inf, math.inf), "steps = math.inf; radius = math.inf"
        ),
        "never as None": Mistake(
            lambda C, s: left(C, s) if radius(C) < 1 else (radius(C), None), 'Infinity is a number, float("inf").'
        ),
        "never as a large number": Mistake(
            lambda C, s: left(C, s) if radius(C) < 1 else (radius(C), 10**400), "steps of wave_left must be one real"
        ),
        "rounded radius": Mistake(
            unsafe(lambda C: radius(C).round(decimals=2)), "radius = round(values.abs().max().item(), 2)"
        ),
        "mean": Mistake(unsafe(lambda C: ev(C).abs().mean()), "radius = values.abs().mean()"),
        "eigvalsh": Mistake(
            unsafe(lambda C: torch.linalg.eigvalsh(C).abs().max()), "values = torch.linalg.eigvalsh(C)"
        ),
        "entry": Mistake(unsafe(lambda C: C.abs().max()), "radius = C.abs().max()"),
        "det": Mistake(unsafe(lambda C: torch.linalg.det(C).abs()), "radius = values.abs().prod()"),
        "trace": Mistake(unsafe(lambda C: C.trace()), "radius = C.trace()"),
        "frobenius": Mistake(unsafe(torch.linalg.matrix_norm), "radius = torch.linalg.matrix_norm(C)"),
        "rows": Mistake(unsafe(lambda C: C.abs().sum(1).max()), "radius = torch.linalg.matrix_norm(C, math.inf)"),
        "squared": Mistake(unsafe(lambda C: radius(C) ** 2), "radius = values.abs().max() ** 2"),
        "svdvals": Mistake(unsafe(lambda C: torch.linalg.svdvals(C)[0]), "values = torch.linalg.svdvals(C)"),
        "modulus added": Mistake(
            unsafe(lambda C: (ev(C).real.abs() + ev(C).imag.abs()).max()),
            "radius = (values.real.abs() + values.imag.abs()).max()",
        ),
        "sum": Mistake(unsafe(lambda C: ev(C).abs().sum()), "radius = values.abs().sum()"),
        "imag": Mistake(unsafe(lambda C: ev(C).imag.abs().max()), "radius = values.imag.abs().max()"),
        "diag": Mistake(unsafe(lambda C: C.diag().abs().max()), "values = C.diag()"),
        "argmax": Mistake(lambda C, s: (ev(C).abs().argmax(), left(C, s)[1]), "radius = values.abs().argmax()"),
        "inverse": Mistake(
            S(lambda C, s, r: math.log(r) / math.log(s)),
            "steps = math.inf if radius >= 1 else math.log(radius) / math.log(share)",
        ),
        "negative": Mistake(
            S(lambda C, s, r: -math.log(s) / math.log(r)),
            "steps = math.inf if radius >= 1 else -math.log(share) / math.log(radius)",
        ),
        "ceil": Mistake(
            S(lambda C, s, r: math.ceil(math.log(s) / math.log(r))),
            "steps = math.inf if radius >= 1 else math.ceil(math.log(share) / math.log(radius))",
        ),
        "int": Mistake(
            S(lambda C, s, r: int(math.log(s) / math.log(r))),
            "steps = math.inf if radius >= 1 else math.floor(math.log(share) / math.log(radius))",
        ),
        "round": Mistake(
            S(lambda C, s, r: round(math.log(s) / math.log(r))),
            "steps = math.inf if radius >= 1 else math.ceil(math.log(share) / math.log(radius))",
        ),
        "ratio": Mistake(S(lambda C, s, r: s / r), "steps = math.inf if radius >= 1 else share / radius"),
        "log of ratio": Mistake(
            S(lambda C, s, r: math.log(s / r)), "steps = math.inf if radius >= 1 else math.log(share / radius)"
        ),
        "product": Mistake(
            S(lambda C, s, r: math.log(s) * math.log(r)),
            "steps = math.inf if radius >= 1 else math.log(share) * math.log(radius)",
        ),
        "half": Mistake(
            S(lambda C, s, r: math.log(0.5) / math.log(r)),
            "steps = math.inf if radius >= 1 else math.log(0.5) / math.log(radius)",
        ),
        "lost": Mistake(
            S(lambda C, s, r: math.log(1 - s) / math.log(r)),
            "steps = math.inf if radius >= 1 else math.log(1 - share) / math.log(radius)",
        ),
        "linear": Mistake(
            S(lambda C, s, r: (1 - s) / (1 - r)), "steps = math.inf if radius >= 1 else (share - 1) / (radius - 1)"
        ),
        "log10": Mistake(
            S(lambda C, s, r: math.log10(s) / math.log(r)),
            "steps = math.inf if radius >= 1 else math.log10(share) / math.log(radius)",
        ),
        "time constant": Mistake(
            S(lambda C, s, r: -1 / math.log(r)), "steps = math.inf if radius >= 1 else -1 / math.log(radius)"
        ),
        "only log share": Mistake(
            S(lambda C, s, r: math.log(s) / r), "steps = math.inf if radius >= 1 else math.log(share) / radius"
        ),
        "power": Mistake(S(lambda C, s, r: r**s), "steps = math.inf if radius >= 1 else radius ** share"),
        "plus one": Mistake(
            S(lambda C, s, r: math.log(s) / math.log(r) + 1),
            "steps = math.inf if radius >= 1 else math.log(share) / math.log(radius) + 1",
        ),
        "never": Mistake(
            lambda C, s: (radius(C), math.log(s) / math.log(radius(C) + 1e-300)),
            "if radius >= 1: steps = math.log(share) / math.log(radius)",
        ),
        "only above": Mistake(
            lambda C, s: (
                radius(C),
                math.inf
                if radius(C) > 1.0000001
                else math.log(s) / math.log(radius(C) - 1e-18)
                if radius(C) != 1
                else -math.inf,
            ),
            "if radius >= 1: steps = -math.inf",
        ),
        "nan": Mistake(
            lambda C, s: (radius(C), left(C, s)[1] if radius(C) < 1 else math.nan), "if radius >= 1: steps = math.nan"
        ),
        "zero": Mistake(lambda C, s: (radius(C), left(C, s)[1] if radius(C) < 1 else 0), "if radius >= 1: steps = 0"),
        "none inf": Mistake(lambda C, s: (radius(C), left(C, s)[1] if radius(C) < 1 else None), "Got NoneType None."),
        "minus inf": Mistake(
            lambda C, s: (radius(C), left(C, s)[1] if radius(C) < 1 else -math.inf), "if radius >= 1: steps = -math.inf"
        ),
        "string": Mistake(lambda C, s: (radius(C), left(C, s)[1] if radius(C) < 1 else "inf"), "Got str 'inf'."),
        "swapped": Mistake(
            lambda C, s: left(C, s)[::-1], "radius, steps = (torch.tensor(float(number)) for number in (steps, radius))"
        ),
        "all inf": Mistake(lambda C, s: (radius(C), math.inf), "steps = math.inf if radius >= 1 else math.inf"),
        "divides by zero": Mistake(
            lambda C, s: (radius(C), math.inf if radius(C) > 1 else math.log(s) / math.log(radius(C))),
            "Got a division by log(1) = 0 for C = [[1.0, 3.0], [0.0, 0.5]]",
        ),
        "abs steps": Mistake(
            lambda C, s: (radius(C), abs(math.log(s) / math.log(radius(C) + 1e-12))),
            "if radius >= 1: steps = abs(math.log(share) / math.log(radius))",
        ),
        "writes": Mistake(lambda C, s: left(C.mul_(1.0).add_(0.1), s), "Got an argument that was changed in place: C"),
    },
}
