"""The mutation tool makes the slips it should, in the lines it should, and the oracle tells which of them matter."""

import torch

from tests.mutation import mutants
from tests.oracles.oracle import Draw, calls, differs
from tests.solutions import solutions

CODE = """
def f(x, h, b):
    z = x @ h.T + b
    for k in range(1):
        z = torch.sigmoid(z[:, k:]).detach()
    if len(b) < 3:
        z = z.sum(dim=1, keepdim=True)
    return z, h
"""


def names(lines):
    return {mutant.name for mutant in mutants(CODE, lines)}


def test_slips_of_every_kind_are_made():
    assert {
        "line 3: x @ h.T + b -> x @ h.T - b",
        "line 3: x @ h.T + b -> x @ h.T",
        "line 3: x @ h.T -> h.T @ x",
        "line 3: h.T -> h",
        "line 3: x -> h",
        "line 4: range(1) -> range(1 + 1)",
        "line 5: torch.sigmoid(z[:, k:]).detach() -> torch.sigmoid(z[:, k:])",
        "line 5: torch.sigmoid -> torch.tanh",
        "line 5: torch.sigmoid(z[:, k:]) -> z[:, k:]",
        "line 5: k: -> :",
        "line 5: k: -> k + 1:",
        "line 6: len(b) < 3 -> len(b) <= 3",
        "line 6: 3 -> 4",
        "line 7: z.sum -> z.mean",
        "line 7: 1 -> 0",
        "line 7: z.sum(dim=1, keepdim=True) -> z.sum(dim=1)",
        "line 7: True -> False",
        "line 8: (z, h) -> (h, z)",
    } <= names(range(1, 10))
    assert any(name.startswith("line 7: z = ") and name.endswith("-> pass") for name in names({7}))


def test_only_the_given_lines_are_changed():
    assert {name.split(":")[0] for name in names({5})} == {"line 5"}


def test_all_mutants_differ_and_compile():
    codes = [mutant.code for mutant in mutants(CODE, range(1, 10))]
    assert len(codes) == len(set(codes)) > 40
    for code in codes:
        compile(code, "<mutant>", "exec")


def test_solutions_are_changed_between_their_marks_only():
    solution = solutions()["01_why_rnns_forget-rnn-step"]
    assert solution.run(solution.code).__name__ == solution.answer == "rnn_step"
    assert {int(mutant.name.split()[1][:-1]) for mutant in mutants(solution.code, solution.lines)} == solution.lines


def matrices(draw):
    return [draw(draw.size(), 3), draw(3)]


def test_the_oracle_sees_values_gradients_arguments_and_errors():
    oracle = calls(matrices)

    def right(a, b):
        return a * b

    assert not differs(oracle, right, lambda a, b: b * a)
    for other in (
        lambda a, b: a * b + 1e-6,
        lambda a, b: (a * b).detach(),
        lambda a, b: a * b.detach(),
        lambda a, b: (a * b, b),
        lambda a, b: (a * b).float(),
        lambda a, b: (a * b)[:, :2],
        lambda a, b: a * b if len(a) > 1 else 1 / 0,
        lambda a, b: a * b if len(a) < 6 else a,
    ):
        assert differs(oracle, right, other)
    values_only = calls(matrices, gradients=False)
    assert not differs(values_only, right, lambda a, b: (a * b).detach())
    assert differs(values_only, right, lambda a, b: a.mul_(b).clone())


def test_draws_repeat():
    one, other = Draw(3), Draw(3)
    assert torch.equal(one(2, 3), other(2, 3))
    assert one.size() == other.size()
    assert one.one_of("a", "b", "c") == other.one_of("a", "b", "c")
