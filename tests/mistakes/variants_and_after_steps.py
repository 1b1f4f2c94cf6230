"""Exercise 8, questions 1 and 2: mistakes in the two steps."""

from lstm_course.checks import variants_and_after as check
from tests.edits import of
from tests.mistakes.catalogue import Mistake

peephole_step = of("08_variants_and_after-peephole-step")
coupled_step = of("08_variants_and_after-coupled-step")

RIGHT = {}
MISTAKES = {
    check.peephole_step: {
        "no peepholes": Mistake(
            peephole_step(" + p_i * c_prev => ", " + p_f * c_prev => ", " + p_o * c_t => "),
            "p_i = p_f = p_o = torch.zeros_like(p_o)  # no peepholes",
        ),
        "outside sigma": Mistake(
            peephole_step(
                "(z_i + p_i * c_prev) => (z_i) + p_i * c_prev",
                "(z_f + p_f * c_prev) => (z_f) + p_f * c_prev",
                "(z_o + p_o * c_t) => (z_o) + p_o * c_t",
            ),
            "gate = lambda z, p, cell: torch.sigmoid(z) + p * cell",
        ),
        "cells without p": Mistake(
            peephole_step("p_i * c_prev => c_prev", "p_f * c_prev => c_prev", "p_o * c_t => c_t"),
            "gate = lambda z, p, cell: torch.sigmoid(z + cell)",
        ),
        "tanh of every cell": Mistake(
            peephole_step(
                "p_i * c_prev => p_i * torch.tanh(c_prev)",
                "p_f * c_prev => p_f * torch.tanh(c_prev)",
                "p_o * c_t => p_o * torch.tanh(c_t)",
            ),
            "gate = lambda z, p, cell: torch.sigmoid(z + p * torch.tanh(cell))",
        ),
        "coupled": Mistake(
            peephole_step("f_t * c_prev + => (1 - i_t) * c_prev +"), "c_t = (1 - i_t) * c_prev + i_t * g_t"
        ),
        "output gate sees the old cell": Mistake(
            peephole_step("p_o * c_t => p_o * c_prev"), "o_t = torch.sigmoid(z_o + p_o * c_prev)"
        ),
        "candidate sees the cell": Mistake(
            peephole_step("torch.tanh(z_g) => torch.tanh(z_g + p_i * c_prev)"), "g_t = torch.tanh(z_g + p_i * c_prev)"
        ),
        "blocks i f o g": Mistake(
            peephole_step("z_i, z_f, z_g, z_o => z_i, z_f, z_o, z_g"), "z_i, z_f, z_o, z_g = z.chunk(4, dim=1)"
        ),
        "blocks f i g o": Mistake(
            peephole_step("z_i, z_f, z_g, z_o => z_f, z_i, z_g, z_o"), "z_f, z_i, z_g, z_o = z.chunk(4, dim=1)"
        ),
        "p_i and p_f exchanged": Mistake(
            peephole_step("p_i * c_prev => P * c_prev", "p_f * => p_i *", "P * => p_f *"), "p_i, p_f = p_f, p_i"
        ),
        "added after sigma": Mistake(
            peephole_step("torch.sigmoid(z_i + p_i * c_prev) => torch.sigmoid(z_i) + p_i * c_prev"),
            "i_t = torch.sigmoid(z_i) + p_i * c_prev",
        ),
        "sees h_prev": Mistake(
            peephole_step("p_i * c_prev => p_i * h_prev"), "i_t = torch.sigmoid(z_i + p_i * h_prev)"
        ),
        "dot product with c": Mistake(
            peephole_step("p_i * c_prev => (c_prev @ p_i)[:, None]"),
            "i_t = torch.sigmoid(z_i + (c_prev @ p_i)[:, None])",
        ),
        "matrix product with c": Mistake(
            peephole_step("p_i * c_prev => p_i @ c_prev.T"),
            "raised RuntimeError",
            "Number by number, both shapes must agree: look at each of the two.",
            named=False,
        ),
        "no tanh at the end": Mistake(peephole_step("o_t * torch.tanh(c_t) => o_t * c_t"), "h_t = o_t * c_t"),
        "no bias": Mistake(peephole_step(" + b => "), "z = x_t @ W_x.T + h_prev @ W_h.T"),
        "bias twice": Mistake(peephole_step(" + b =>  + 2 * b"), "z = x_t @ W_x.T + h_prev @ W_h.T + 2 * b"),
        "W_h not transposed": Mistake(
            peephole_step("W_h.T => W_h"),
            "raised RuntimeError",
            "The inner sizes of a product must agree: is a .T missing, or one too many?",
        ),
        "results exchanged": Mistake(
            peephole_step("return o_t * torch.tanh(c_t), c_t => return c_t, o_t * torch.tanh(c_t)"),
            "h_t, c_t = c_t, h_t",
        ),
        "h_t only": Mistake(
            peephole_step("return o_t * torch.tanh(c_t), c_t => return o_t * torch.tanh(c_t)"),
            "Got Tensor. Look at its return",
        ),
        "gate returned too": Mistake(
            peephole_step("return o_t * torch.tanh(c_t), c_t => return o_t * torch.tanh(c_t), c_t, o_t"),
            "Got 3 values. Look at its return",
        ),
        "sigma at the candidate": Mistake(
            peephole_step("torch.tanh(z_g) => torch.sigmoid(z_g)"), "g_t = torch.sigmoid(z_g)"
        ),
        "tanh at the output gate": Mistake(
            peephole_step("o_t = torch.sigmoid => o_t = torch.tanh"), "o_t = torch.tanh(z_o + p_o * c_t)"
        ),
        "candidate without input gate": Mistake(
            peephole_step("i_t * torch.tanh(z_g) => torch.tanh(z_g)"), "c_t = f_t * c_prev + g_t"
        ),
        "f and i exchanged": Mistake(
            peephole_step("f_t * c_prev + i_t * torch => i_t * c_prev + f_t * torch"), "c_t = i_t * c_prev + f_t * g_t"
        ),
        "tanh of the old cell": Mistake(
            peephole_step("o_t * torch.tanh(c_t) => o_t * torch.tanh(c_prev)"), "h_t = o_t * torch.tanh(c_prev)"
        ),
        "detached peephole": Mistake(
            peephole_step("p_i * c_prev => p_i * c_prev.detach()"),
            "Got a wrong gradient for c_prev",
            "Do without .detach(), .data, .item(), numpy, torch.tensor(...) and torch.no_grad()",
        ),
        "c_prev changed": Mistake(
            peephole_step("c_t = f_t => c_prev *= 1.5; c_t = f_t"),
            "Got an argument that was changed in place: c_prev",
            "Operations such as += or ones that end in _ change their tensor",
        ),
        "c_prev multiplied in place": Mistake(
            peephole_step("c_t = f_t * c_prev => c_t = c_prev.mul_(f_t)"),
            "Got an argument that was changed in place: c_prev",
            "Operations such as += or ones that end in _ change their tensor",
        ),
        "cut along the batch": Mistake(peephole_step("chunk(4, dim=1) => chunk(4)"), "raised ValueError", named=False),
        "peephole subtracted": Mistake(
            peephole_step("z_f + p_f => z_f - p_f"), "f_t = torch.sigmoid(z_f - p_f * c_prev)"
        ),
        "computed in float32": Mistake(
            peephole_step(
                "z = x => x_t = x_t.float(); W_x = W_x.float(); h_prev=h_prev.float(); W_h = W_h.float(); z = x"
            ),
            "Got values wrong by up to 9e-08: is something turned into float32, or a small number add",
        ),
        "calls cells": Mistake(
            peephole_step(
                "z = x => from lstm_course import cells; cells.lstm_step(x_t, h_prev, c_prev, W_x, W_h, b); z = x"
            ),
            "Got a call of a step in cells",
        ),
        "old cell and wrong order": Mistake(
            peephole_step("p_o * c_t => p_o * c_prev", "z_i, z_f, z_g, z_o => z_f, z_i, z_g, z_o"),
            "z_f, z_i, z_g, z_o = z.chunk(4, dim=1)",
        ),
        "h and x exchanged in the concatenation": Mistake(
            peephole_step(
                "x_t @ W_x.T + h_prev @ W_h.T + b => torch.cat([h_prev, x_t], 1) @ torch.cat([W_x, W_h], 1).T + b"
            ),
            "z = torch.cat([h_prev, x_t], dim=1) @ torch.cat([W_x, W_h], dim=1).T + b",
        ),
        "c_prev for h_prev": Mistake(
            peephole_step("x_t @ W_x.T + h_prev @ W_h.T + b => x_t @ W_x.T + c_prev @ W_h.T + b"),
            "z = x_t @ W_x.T + c_prev @ W_h.T + b",
        ),
        "cut unit by unit": Mistake(
            peephole_step("z.chunk(4, dim=1) => z.reshape(len(z), -1, 4).unbind(-1)"),
            "z_i, z_f, z_g, z_o = z.reshape(len(z), -1, 4).unbind(-1)",
        ),
        "sees tanh of the cell": Mistake(
            peephole_step("p_i * c_prev => p_i * c_prev.tanh()"), "i_t = torch.sigmoid(z_i + p_i * torch.tanh(c_prev))"
        ),
        "f sees tanh of the cell": Mistake(
            peephole_step("p_f * c_prev => p_f * f_c", "f_t = torch => f_c = c_prev.tanh(); f_t = torch"),
            "f_t = torch.sigmoid(z_f + p_f * torch.tanh(c_prev))",
        ),
        "no peephole at the output gate": Mistake(peephole_step(" + p_o * c_t => "), "o_t = torch.sigmoid(z_o)"),
        "all gates see the new cell": Mistake(
            peephole_step(
                "i_t = torch => c_t = torch.sigmoid(z_f) * c_prev + torch.sigmoid(z_i) * torch.tanh(z_g); i_t = torch",
                "p_i * c_prev => p_i * c_t",
                "p_f * c_prev => p_f * c_t",
            ),
            "Expected ",
            named=False,
        ),
    },
    check.coupled_step: {
        "i and 1 - i exchanged": Mistake(
            coupled_step("(1 - i_t) * c_prev + i_t * => i_t * c_prev + (1 - i_t) *"),
            "c_t = i_t * c_prev + (1 - i_t) * g_t",
        ),
        "forgets nothing": Mistake(coupled_step("(1 - i_t) * c_prev => c_prev"), "c_t = c_prev + i_t * g_t"),
        "f equals i": Mistake(coupled_step("(1 - i_t) * c_prev => i_t * c_prev"), "c_t = i_t * c_prev + i_t * g_t"),
        "blocks i o g": Mistake(coupled_step("z_i, z_g, z_o => z_i, z_o, z_g"), "z_i, z_o, z_g = z.chunk(3, dim=1)"),
        "blocks g i o": Mistake(coupled_step("z_i, z_g, z_o => z_g, z_i, z_o"), "z_g, z_i, z_o = z.chunk(3, dim=1)"),
        "no tanh at the end": Mistake(coupled_step("torch.tanh(c_t) => c_t"), "h_t = o_t * c_t"),
        "no bias": Mistake(coupled_step(" + b => "), "z = x_t @ W_x.T + h_prev @ W_h.T"),
        "results exchanged": Mistake(
            coupled_step(
                "return torch.sigmoid(z_o) * torch.tanh(c_t), c_t => return c_t, torch.sigmoid(z_o) * torch.tanh(c_t)"
            ),
            "h_t, c_t = c_t, h_t",
        ),
        "candidate without input gate": Mistake(
            coupled_step("i_t * torch.tanh(z_g) => torch.tanh(z_g)"), "c_t = (1 - i_t) * c_prev + g_t"
        ),
        "four blocks": Mistake(
            coupled_step("chunk(3 => chunk(4", "z_i, z_g, z_o => z_i, z_f, z_g, z_o"),
            "raised RuntimeError",
            "Number by number, both shapes must agree: look at each of the two.",
            named=False,
        ),
        "tanh at the input gate": Mistake(
            coupled_step("i_t = torch.sigmoid => i_t = torch.tanh"), "i_t = torch.tanh(z_i)"
        ),
        "sigma at the candidate": Mistake(
            coupled_step("torch.tanh(z_g) => torch.sigmoid(z_g)"), "g_t = torch.sigmoid(z_g)"
        ),
        "candidate subtracted": Mistake(
            coupled_step("+ i_t * torch => - i_t * torch"), "c_t = (1 - i_t) * c_prev - i_t * g_t"
        ),
        "brackets forgotten": Mistake(
            coupled_step("(1 - i_t) * c_prev => 1 - i_t * c_prev"), "c_t = 1 - i_t * c_prev + i_t * g_t"
        ),
        "sigma of 1 - z": Mistake(
            coupled_step("(1 - i_t) * c_prev => torch.sigmoid(1 - z_i) * c_prev"),
            "c_t = torch.sigmoid(1 - z_i) * c_prev + i_t * g_t",
        ),
        "tanh of the belt": Mistake(
            coupled_step(
                "c_t = (1 - i_t) * c_prev + i_t * torch.tanh(z_g) =>"
                " c_t = torch.tanh((1 - i_t) * c_prev + i_t * torch.tanh(z_g))"
            ),
            "c_t = torch.tanh((1 - i_t) * c_prev + i_t * g_t)",
        ),
        "tanh of the old cell": Mistake(
            coupled_step("* torch.tanh(c_t), c_t => * torch.tanh(c_prev), c_t"), "h_t = o_t * torch.tanh(c_prev)"
        ),
        "detached": Mistake(
            coupled_step(
                "return torch.sigmoid(z_o) * torch.tanh(c_t), c_t =>"
                " return (torch.sigmoid(z_o) * torch.tanh(c_t)).detach(), c_t"
            ),
            "Got a wrong gradient for x_t",
            "Do without .detach(), .data, .item(), numpy, torch.tensor(...) and torch.no_grad()",
        ),
        "lerp turned round": Mistake(
            coupled_step("(1 - i_t) * c_prev + i_t * torch.tanh(z_g) => torch.lerp(torch.tanh(z_g), c_prev, i_t)"),
            "c_t = i_t * c_prev + (1 - i_t) * g_t",
        ),
        "1 - i squared": Mistake(
            coupled_step("(1 - i_t) * c_prev => (1 - i_t**2) * c_prev"), "c_t = (1 - i_t**2) * c_prev + i_t * g_t"
        ),
    },
}
