"""Exercise 7, question 2: the companion matrix."""

import torch

from lstm_course import forecasting
from lstm_course.checks import far_ahead as check
from tests.mistakes.catalogue import Mistake


def eye_cat(a):
    return torch.cat([torch.eye(len(a), dtype=a.dtype)[1:], a[None]])


def diag(a):
    C = torch.diag(torch.ones(len(a) - 1, dtype=a.dtype), 1)
    C[-1] = a
    return C


def rows(a):
    L = len(a)
    return torch.stack([torch.eye(L, dtype=a.dtype)[k + 1] if k < L - 1 else a for k in range(L)])


def loops(a):
    L = len(a)
    C = torch.zeros((L, L), dtype=a.dtype)
    for i in range(L):
        for j in range(L):
            C[i, j] = a[j] if i == L - 1 else float(j == i + 1)
    return C


def rolled(a):
    C = torch.eye(len(a), dtype=a.dtype).roll(1, 1)
    C[-1, :] = a
    return C


def jac(a):
    return torch.func.jacfwd(lambda w: torch.cat([w[1:], (w @ a)[None]]))(torch.zeros_like(a))


def applied(a):
    return torch.stack([torch.cat([e[1:], (e * a).sum()[None]]) for e in torch.eye(len(a), dtype=a.dtype)], 1)


def pylists(a):
    L = a.numel()
    return torch.tensor([[float(j == i + 1) for j in range(L)] for i in range(L - 1)] + [a.tolist()], dtype=a.dtype)


def setlast(C, a):
    C[-1] = a
    return C


def E(a):
    return torch.eye(len(a), dtype=a.dtype)


def writing(a):
    C = diag(a)
    a[0] = 0
    return C


def f32(a):
    C = torch.zeros(len(a), len(a))
    for r in range(len(a) - 1):
        C[r, r + 1] = 1
    C[-1] = a
    return C


RIGHT = {
    check.companion_matrix: {
        "eye cat": eye_cat,
        "diag": diag,
        "rows": rows,
        "loops": loops,
        "rolled": rolled,
        "jac": jac,
        "applied": applied,
        "pylists": pylists,
    },
}
MISTAKES = {
    check.companion_matrix: {
        "looked up": Mistake(
            lambda a: forecasting.companion_matrix(a), "companion_matrix must make the matrix itself, without foreca"
        ),
        "none": Mistake(lambda a: None, "Got NoneType"),
        "last 1 missing": Mistake(
            lambda a: torch.cat([diag(a)[:-2], 0 * diag(a)[-2:-1], a[None]])[-len(a) :], "# the last 1 is missing"
        ),
        "without last": Mistake(lambda a: diag(a)[:-1], "C = torch.cat([shift, last[None]])[:-1]"),
        "array": Mistake(lambda a: diag(a).numpy(), "Got ndarray"),
        "float32": Mistake(f32, "Got torch.float32"),
        "double": Mistake(lambda a: diag(a).double(), "Got torch.float64"),
        "transposed": Mistake(lambda a: diag(a).T, "C = torch.cat([shift, last[None]]).T"),
        "turned": Mistake(lambda a: diag(a.flip(0)), "last = a.flip(0)"),
        "newest first": Mistake(lambda a: diag(a).flip(0, 1), "C = torch.cat([shift, last[None]]).flip(0, 1)"),
        "textbook": Mistake(
            lambda a: torch.cat([a[None], E(a)[:-1]]), "C = torch.cat([last[None], torch.eye(L, dtype=a.dtype)[:-1]])"
        ),
        "diagonal": Mistake(lambda a: torch.cat([E(a)[:-1], a[None]]), "shift = torch.eye(L, dtype=a.dtype)[:-1]"),
        "below": Mistake(
            lambda a: setlast(torch.diag(torch.ones(len(a) - 1, dtype=a.dtype), -1), a),
            "shift = torch.ones(L - 1, dtype=a.dtype).diag(-1)[:-1]",
        ),
        "no coefficients": Mistake(
            lambda a: torch.diag(torch.ones(len(a) - 1, dtype=a.dtype), 1), "last = torch.zeros_like(a)"
        ),
        "no shift": Mistake(
            lambda a: setlast(torch.zeros(len(a), len(a), dtype=a.dtype), a),
            "shift = torch.zeros(L - 1, L, dtype=a.dtype)",
        ),
        "first row": Mistake(lambda a: torch.cat([a[None], E(a)[1:]]), "C = torch.cat([last[None], shift])"),
        "last column": Mistake(
            lambda a: torch.cat([E(a)[:, 1:], a[:, None]], 1), "C = torch.cat([shift, last[None]]).T"
        ),
        "minus": Mistake(lambda a: diag(-a), "last = -a"),
        "wraps": Mistake(
            lambda a: setlast(E(a).roll(-1, 1), a), "shift = torch.eye(L, dtype=a.dtype).roll(-1, 1)[:-1]"
        ),
        "upper": Mistake(
            lambda a: setlast(torch.ones(len(a), len(a), dtype=a.dtype).triu(1), a),
            "shift = torch.ones(L - 1, L, dtype=a.dtype).triu(1)",
        ),
        "antidiag": Mistake(lambda a: setlast(E(a).flip(0), a), "shift = torch.eye(L, dtype=a.dtype).flip(0)[:-1]"),
        "two": Mistake(
            lambda a: setlast(
                torch.diag(torch.ones(max(len(a) - 2, 0), dtype=a.dtype), 2)[: len(a), : len(a)]
                if len(a) > 1
                else torch.zeros(1, 1, dtype=a.dtype),
                a,
            ),
            "shift = torch.ones(max(L - 2, 0), dtype=a.dtype).diag(2)[:-1]",
        ),
        "identity": Mistake(lambda a: E(a), "C = torch.cat([shift, last[None]]) * 0 + torch.eye(L, dtype=a.dtype)"),
        "diag matrix": Mistake(lambda a: torch.diag(a), "C = torch.cat([shift, last[None]]) * 0 + a.diag()"),
        "both diagonals": Mistake(
            lambda a: setlast(E(a) + torch.diag(torch.ones(len(a) - 1, dtype=a.dtype), 1), a),
            "shift = torch.eye(L, dtype=a.dtype)[:-1] + torch.eye(L, dtype=a.dtype)[1:]",
        ),
        "writing": Mistake(writing, "Got an argument that was changed in place: a"),
        "added last": Mistake(
            lambda a: torch.cat([E(a).roll(1, 1), a[None]]),
            "C = torch.cat([shift, torch.eye(L, dtype=a.dtype)[:1], last[None]])",
        ),
        "hard coded 3": Mistake(
            lambda a: torch.tensor([[0, 1, 0], [0, 0, 1], a.tolist()[:3]], dtype=a.dtype),
            "Got shape (3, 3).",
            named=False,
        ),
        "rolled without last": Mistake(lambda a: E(a).roll(1, 1) * 1, "last = torch.eye(L, dtype=a.dtype)[0]"),
        "added to wrap": Mistake(
            lambda a: E(a).roll(1, 1) + torch.cat([torch.zeros(len(a) - 1, len(a), dtype=a.dtype), a[None]]),
            "last = a + torch.eye(L, dtype=a.dtype)[0]",
        ),
        "list": Mistake(lambda a: diag(a).tolist(), "Got list"),
        "outer": Mistake(lambda a: torch.outer(a, a), "C = torch.cat([shift, last[None]]) * 0 + a.outer(a)"),
        "normalised": Mistake(lambda a: diag(a / a.sum()), "last = a / a.sum()"),
        "reversed rows": Mistake(lambda a: diag(a).flip(0), "C = torch.cat([shift, last[None]]).flip(0)"),
        "L=1 breaks": Mistake(
            lambda a: diag(a) if len(a) > 1 else torch.zeros(1, 1, dtype=a.dtype), "last = torch.zeros_like(a)"
        ),
    },
}
