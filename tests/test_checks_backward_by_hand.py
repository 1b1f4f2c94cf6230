"""What the catalogue does not say about the checks of lesson 3: their references are right, and the bug hunt works."""

import re

import pytest
import torch

from lstm_course import cells
from lstm_course.checks import backward_by_hand as check
from lstm_course.checks import backward_cases as cases
from lstm_course.checks.backward_programs import COUPLED, STEP
from lstm_course.checks.backward_sequences import SEQUENCE, TRUNCATED
from tests.edits import all_solutions
from tests.mistakes.backward_by_hand import run, sequence

# ---- the references that the checks compare with


def layer(x, h, c, W_x, W_h, b):
    out = []
    for x_t in x:
        h, c, _ = cells.lstm_step(x_t, h, c, W_x, W_h, b)
        out.append(h)
    return torch.stack(out), c


def equal(got, expected):
    return all(torch.allclose(a, b, rtol=0, atol=1e-12) for a, b in zip(got, expected, strict=True))


@pytest.mark.parametrize("T", [1, 6])
def test_the_references_are_what_autograd_finds(T):
    _, B, I, H, dtype = cases.SIZES[0]
    dh, dc_T, *arguments = cases.draw(5, dtype, (T, B, H), (B, H), *cases.layer_shapes(T, B, I, H))
    for argument in arguments:
        argument.requires_grad_()
    expected = torch.autograd.grad(layer(*arguments), arguments, [dh, dc_T])
    case = cases.make_case(5, T, B, I, H, dtype)
    assert equal(cases.gradients_of(case), expected)
    names = {"torch": torch, "back_to_maps": cases.back_to_maps, **case._asdict()}
    assert equal(SEQUENCE.run(names).values(), expected)


def test_the_programs_of_a_step_are_what_autograd_finds():
    _, *sizes = cases.SIZES[0]
    case = cases.make_case(5, 1, *sizes)
    names = dict(zip(("dh_t", "dc_t", "c_prev", "c_t", "gates"), case.step, strict=True))
    got = STEP.run({"torch": torch, "x_t": case.x[0], "h_prev": case.h[0], "W_x": case.W_x, "W_h": case.W_h, **names})
    dx, dh, dc, dW_x, dW_h, db = cases.gradients_of(case)
    assert equal([got["dx_t"], got["dh_prev"], got["dc_prev"], got["dW_x"], got["dW_h"]], [dx[0], dh, dc, dW_x, dW_h])
    assert equal([torch.cat([got[f"db_{k}"] for k in "ifgo"])], [db])


def test_the_coupled_program_is_what_autograd_finds():
    dh, dc, c_prev, z = cases.draw(6, torch.float64, (3, 4), (3, 4), (3, 4), (3, 12))
    z.requires_grad_()
    c_prev.requires_grad_()
    z_f, z_g, z_o = z.chunk(3, dim=1)
    f, g, o = z_f.sigmoid(), z_g.tanh(), z_o.sigmoid()
    c_t = f * c_prev + (1 - f) * g
    dz, dc_prev = torch.autograd.grad([o * c_t.tanh(), c_t], [z, c_prev], [dh, dc])
    names = {"dh_t": dh, "dc_t": dc, "c_prev": c_prev, "c_t": c_t, "gates": torch.cat([f, g, o], 1)}
    with torch.no_grad():
        got = COUPLED.run({"torch": torch, **names})
    assert equal(got.values(), [dc_prev, *dz.chunk(3, dim=1)])


def test_a_window_as_long_as_the_sequence_cuts_nothing():
    drawn = cases.draw(7, torch.float64, *cases.layer_shapes(5, 2, 3, 4))
    given = dict(zip(("x", "h_0", "c_0", "W_x", "W_h", "b"), drawn, strict=True))
    for tensor in given.values():
        tensor.requires_grad_()
    names = {"torch": torch, "cells": cells, "window": 5, **given}
    h, *gradients = TRUNCATED.run(names).values()
    out, _ = layer(*given.values())
    assert torch.equal(h, out)
    assert equal(gradients, torch.autograd.grad(out.square().sum(), list(given.values())))
    assert equal([run(*given.values(), 2)], [out])


def test_the_products_of_a_right_answer_are_few(capsys):
    check.sequence_backward(sequence)
    case = cases.make_case(0, 6, 2, 3, 4, torch.float64)
    with check._CountProducts() as products:
        sequence(*case)
    assert products.count == 6 + 3


# ---- the bug hunt


def suspect(mended):
    """The colleague's function of the exercise, with some lines mended."""
    solution = all_solutions()["03_backward_by_hand-find-the-bugs"]
    code = solution.code[: solution.code.index("check.compare(")]
    for old, new in (
        ("dh_t = dh[t]  #", "dh_t = dh[t] + dh_next  #"),
        ("dc * c[t + 1]", "dc * c[t]"),
        ("h[1:]", "h[:-1]"),
    ):
        line = next(line for line in code.splitlines() if old in line)
        if int(line.split("# line ")[1]) in mended:
            code = code.replace(line, line.replace(old, new))
    space = {"torch": torch}
    exec(code, space)
    return space["suspect_backward"], code


def table(mended, capsys):
    capsys.readouterr()
    check.compare(suspect(mended)[0])
    rows = [re.split(r"\s{2,}", line.strip()) for line in capsys.readouterr().out.splitlines()[1:]]
    return {name: verdicts for name, *verdicts in rows}


def test_the_suspect_has_exactly_the_three_bugs(capsys):
    numbers = set(map(int, re.findall(r"# line (\d+)", suspect(())[1])))
    assert numbers == set(range(1, check.LAST_LINE + 1)) == check.WRONG_LINES | check.RIGHT_LINES.keys()
    assert {v for row in table(check.WRONG_LINES, capsys).values() for v in row} == {"right"}
    for line in check.WRONG_LINES:
        assert "WRONG" in {v for row in table(check.WRONG_LINES - {line}, capsys).values() for v in row}


def test_the_bugs_can_be_found_one_by_one_as_the_hints_say(capsys):
    first = table((), capsys)
    assert [first[f"db of the {name}"][0] for name in check.MAPS.values()] == ["right", "WRONG", "right", "right"]
    second = table({5}, capsys)
    assert [name for name, (one, _) in second.items() if one == "WRONG"] == ["dW_h"]
    third = table({5, 12}, capsys)
    assert {one for one, _ in third.values()} == {"right"}
    assert {three for _, three in third.values()} == {"WRONG"}
