"""The programs of the checks of lesson 8 are the cells of the package, PyTorch's attention and its counts."""

import torch
from torch import nn

from lstm_course import cells, variants
from lstm_course.checks import variants_and_after as check
from lstm_course.checks.variants_programs import ATTENTION, COUNT, COUPLED, PEEPHOLE

B, I, H = 3, 2, 4


def drawn(maps):
    shapes = {"x_t": (B, I), "h_prev": (B, H), "c_prev": (B, H)}
    shapes |= {"W_x": (maps * H, I), "W_h": (maps * H, H), "b": (maps * H,)}
    return check._draw(0, torch.float64, shapes)


def equal(got, expected):
    return all(torch.allclose(a, b, rtol=0, atol=1e-12) for a, b in zip(got, expected, strict=True))


def test_the_coupled_program_is_the_coupled_cell():
    given = drawn(3)
    h_t, c_t, _ = cells.coupled_lstm_step(*given.values())
    assert equal(COUPLED.run({"torch": torch, **given}).values(), [c_t, h_t])


def test_the_peephole_program_is_the_peephole_cell():
    given = drawn(4)
    p = check._draw(1, torch.float64, {"p_i": (H,), "p_f": (H,), "p_o": (H,)})
    h_t, c_t, _ = cells.peephole_lstm_step(*given.values(), torch.cat(list(p.values())))
    assert equal(PEEPHOLE.run({"torch": torch, **given, **p}).values(), [c_t, h_t])


def test_the_attention_program_is_pytorchs():
    given = check._draw(2, torch.float64, {"Q": (2, 4, 3), "K": (2, 5, 3), "V": (2, 5, 6)})
    mask = check._mask(0, 4, 5)
    expected = nn.functional.scaled_dot_product_attention(*given.values(), attn_mask=mask)
    got = ATTENTION.run({"torch": torch, "D": 3, "mask": mask, **given})
    assert equal([got["result"]], [expected])
    assert not got["A"][:, ~mask].any()


def test_every_mask_lets_each_question_look_somewhere_and_hides_something():
    for seed, (_, N, T, *_) in enumerate(check.LISTS):
        mask = check._mask(seed, N, T)
        assert mask.any(dim=1).all()
        assert (~mask).any(dim=1).all()


def test_the_counts_are_those_of_the_weights():
    counts = check._counts(I, H)
    assert COUNT.run({"I": I, "H": H}) == counts

    def numbers(module):
        return sum(parameter.numel() for parameter in module.parameters())

    assert counts["lstm"] == numbers(nn.LSTMCell(I, H)) - 4 * H
    assert counts["gru"] == numbers(nn.GRUCell(I, H))
    assert check._counts(1, H)["two_d"] == sum(weight.numel() for weight in variants.GridLSTM(H).weights.values())
