"""The checks of lesson 3 accept right answers in any style and name what is wrong with wrong ones."""

import re
from pathlib import Path

import pytest
import torch
from torch import tanh

from lstm_course import cells
from lstm_course.checks import backward_by_hand as check
from lstm_course.checks import backward_cases as cases
from lstm_course.checks.base import CheckFailed

EXERCISE = Path(__file__).parents[1] / "source/exercises/03_backward_by_hand.py"
QUESTIONS = ("step_backward", "sequence_backward", "coupled_backward", "truncated_run")


def test_the_unanswered_questions_raise_not_implemented():
    def unanswered(*arguments):
        raise NotImplementedError

    for name in QUESTIONS:
        with pytest.raises(NotImplementedError):
            getattr(check, name)(unanswered)
    with pytest.raises(NotImplementedError):
        check.find_the_bugs(...)


# ---- the reference that the checks compare with


def layer(x, h, c, W_x, W_h, b):
    out = []
    for x_t in x:
        h, c, _ = cells.lstm_step(x_t, h, c, W_x, W_h, b)
        out.append(h)
    return torch.stack(out), c


def test_the_reference_is_what_autograd_finds():
    T, B, I, H, dtype = cases.SIZES[0]
    dh, dc_T, *arguments = cases.draw(5, dtype, (T, B, H), (B, H), *cases.layer_shapes(T, B, I, H))
    for argument in arguments:
        argument.requires_grad_()
    expected = torch.autograd.grad(layer(*arguments), arguments, [dh, dc_T])
    got = cases.gradients_of(cases.make_case(5, T, B, I, H, dtype))
    assert all(torch.allclose(a, b, rtol=0, atol=1e-12) for a, b in zip(got, expected, strict=True))


def test_the_coupled_reference_is_what_autograd_finds():
    dh, dc, c_prev, z = cases.draw(6, torch.float64, (3, 4), (3, 4), (3, 4), (3, 12))
    z.requires_grad_()
    c_prev.requires_grad_()
    z_f, z_g, z_o = z.chunk(3, dim=1)
    f, g, o = z_f.sigmoid(), z_g.tanh(), z_o.sigmoid()
    c_t = f * c_prev + (1 - f) * g
    expected = torch.autograd.grad([o * c_t.tanh(), c_t], [z, c_prev], [dh, dc])
    with torch.no_grad():
        got = cases.coupled_back_to_maps(dh, dc, c_prev, c_t, torch.cat([f, g, o], 1))
    assert all(torch.allclose(a, b, rtol=0, atol=1e-12) for a, b in zip(got, expected, strict=True))


# ---- right answers, written differently


def step(dh, dc, x, h, c_prev, c_t, gates, W_x, W_h):
    dz, dc_prev = check.back_to_maps(dh, dc, c_prev, c_t, gates)
    return dz @ W_x, dz @ W_h, dc_prev, dz.T @ x, dz.T @ h, dz.sum(0)


def step_by_einsum(dh, dc, x, h, c_prev, c_t, gates, W_x, W_h):
    H = dh.size(1)
    i, f, g, o = (gates[:, k * H : (k + 1) * H] for k in range(4))
    new = dc + dh * o / torch.cosh(c_t) ** 2
    parts = [new * g * (i - i * i), new * c_prev * (f - f**2), new * i * (1 - g) * (1 + g), dh * tanh(c_t) * (o - o**2)]
    dz = torch.stack(parts, 1).reshape(len(dh), 4 * H)
    joined = torch.einsum("bj,bk->jk", dz, torch.cat([x, h, torch.ones_like(x[:, :1])], 1))
    I = x.shape[1]
    return [dz.matmul(W_x), torch.mm(dz, W_h), new * f, joined[:, :I], joined[:, I:-1], joined[:, -1]]


def sequence(dh, dc, x, h, c, gates, W_x, W_h, *, add=True, h_before=slice(None, -1)):
    dz = torch.empty_like(gates)
    dh_next = torch.zeros_like(dc)
    for t in reversed(range(len(x))):
        dz[t], dc = check.back_to_maps(dh[t] + dh_next * add, dc, c[t], c[t + 1], gates[t])
        dh_next = dz[t] @ W_h
    rows = dz.flatten(0, 1)
    return dz @ W_x, dh_next, dc, rows.T @ x.flatten(0, 1), rows.T @ h[h_before].flatten(0, 1), rows.sum(0)


def sequence_by_list(dh, dc, x, h, c, gates, W_x, W_h):
    found, dh_next = [], 0
    for t in range(len(x) - 1, -1, -1):
        dz, dc = check.back_to_maps(dh[t] + dh_next, dc, c[t], c[t + 1], gates[t])
        dh_next = torch.matmul(dz, W_h)
        found.insert(0, dz)
    dz = torch.stack(found)
    dW_x, dW_h = (torch.einsum("tbj,tbk->jk", dz, v) for v in (x, h[:-1]))
    return [torch.einsum("tbj,jk->tbk", dz, W_x), dh_next, dc, dW_x, dW_h, dz.sum(dim=(0, 1))]


def coupled(dh, dc, c_prev, c_t, gates, *, sign=-1.0, grow=1.0):
    f, g, o = gates.chunk(3, dim=1)
    new = dc + grow * dh * o * (1 - tanh(c_t) ** 2)
    return torch.cat(
        [new * (c_prev + sign * g) * f * (1 - f), new * (1 - f) * (1 - g * g), dh * tanh(c_t) * o * (1 - o)], 1
    ), new * f


def run(x, h, c, W_x, W_h, b, window):
    out = []
    for t, x_t in enumerate(x):
        if t and not t % window:
            h, c = h.detach(), c.detach()
        h, c, _ = cells.lstm_step(x_t, h, c, W_x, W_h, b)
        out.append(h)
    return torch.stack(out)


def run_by_parts(x, h, c, W_x, W_h, b, window):
    out = []
    for part in x.split(window):
        states, c = layer(part, h, c, W_x, W_h, b)
        out.append(states)
        h, c = states[-1].detach().clone(), c.detach()
    return torch.cat(out)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("step_backward", step),
        ("step_backward", step_by_einsum),
        ("sequence_backward", sequence),
        ("sequence_backward", sequence_by_list),
        ("coupled_backward", coupled),
        ("coupled_backward", lambda *a: list(coupled(*a))),
        ("truncated_run", run),
        ("truncated_run", run_by_parts),
        ("find_the_bugs", [2, 5, 12]),
        ("find_the_bugs", (12, 2, 5)),
        ("find_the_bugs", {5, 12, 2}),
    ],
)
def test_right_answers_pass(name, answer, capsys):
    getattr(check, name)(answer)
    assert capsys.readouterr().out == f"✓ {name} is right.\n"


# ---- wrong answers, and words that the message must contain

STEP = ("dx", "dh", "dc", "dW_x", "dW_h", "db")


def built_step(*, belt=None, parts=None, slopes=None, order="ifgo", end=None):
    """A step with one piece replaced: the new dc, the gates' gradients, the slopes, the order, or the last lines."""

    def answer(dh, dc, x, h, c_prev, c_t, gates, W_x, W_h):
        i, f, g, o = gates.chunk(4, dim=1)
        new = belt(dh, dc, o, c_t) if belt else dc + dh * o * (1 - tanh(c_t) ** 2)
        before = {"i": new * g, "f": new * c_prev, "g": new * i, "o": dh * tanh(c_t)}
        before |= parts(new, i, g, c_t, dh) if parts else {}
        factors = {"i": i * (1 - i), "f": f * (1 - f), "g": 1 - g**2, "o": o * (1 - o)}
        factors |= slopes(i, f, g, o) if slopes else {}
        dz = torch.cat([before[k] * factors[k] for k in order], 1)
        found = [dz @ W_x, dz @ W_h, new * f, dz.T @ x, dz.T @ h, dz.sum(0)]
        return end(found, dz, new, f, i, c_prev) if end else found

    return answer


def with_part(k, make):
    """Replace result k by make(all results, dz, dc_t, f, i, c_prev)."""
    return built_step(end=lambda found, *rest: [*found[:k], make(found, *rest), *found[k + 1 :]])


def step_in_place(dh, dc, x, h, c_prev, c_t, gates, W_x, W_h):
    dc += dh * gates.chunk(4, 1)[3] * (1 - tanh(c_t) ** 2)
    return step(0 * dh, dc, x, h, c_prev, c_t, gates, W_x, W_h)


WRONG_STEPS = [
    (built_step(belt=lambda dh, dc, o, c: dc), ["dc_prev must be dc_t * f_t", "hears nothing of dh_t"]),
    (built_step(belt=lambda dh, dc, o, c: dh * o * (1 - tanh(c) ** 2)), ["dc_t overwritten", "c_t is used twice"]),
    (built_step(belt=lambda dh, dc, o, c: dc + dh * o * (1 - c**2)), ["1 - c_t**2 as the slope of tanh"]),
    (built_step(belt=lambda dh, dc, o, c: dc + dh * o), ["without the slope of tanh"]),
    (built_step(belt=lambda dh, dc, o, c: dc + dh * (1 - tanh(c) ** 2)), ["without the output gate"]),
    (built_step(belt=lambda dh, dc, o, c: 2 * dc), ["Expected dc_prev["]),
    (with_part(2, lambda found, dz, new, f, i, c: new), ["dc_t itself", "forget gate"]),
    (with_part(2, lambda found, dz, new, f, i, c: new * i), ["dc_t * i_t"]),
    (with_part(2, lambda found, dz, new, f, i, c: new * c), ["which is df_t"]),
    (built_step(slopes=lambda *gates: dict.fromkeys("ifgo", 1.0)), ["block of the input gate", "before the squashing"]),
    (built_step(slopes=lambda i, f, g, o: {"g": g * (1 - g)}), ["block of the candidate", "sigma's slope g(1 - g)"]),
    (built_step(slopes=lambda i, f, g, o: {"f": 1 - f**2}), ["block of the forget gate", "tanh's slope"]),
    (built_step(parts=lambda new, i, g, c_t, dh: {"f": new * c_t}), ["forget gate", "c_t where c_prev belongs"]),
    (built_step(parts=lambda new, i, g, c_t, dh: {"i": new * i, "g": new * g}), ["the wrong factors"]),
    (built_step(parts=lambda new, i, g, c_t, dh: {"o": dh * c_t}), ["output gate", "c_t where tanh(c_t) belongs"]),
    (built_step(parts=lambda new, i, g, c_t, dh: {"o": dh}), ["block of the output gate", "Expected its db[0] ="]),
    (built_step(order="figo"), ["order f, i, g, o"]),
    (built_step(order="ifog"), ["block of the candidate", "order i, f, o, g"]),
    (with_part(5, lambda found, dz, *_: dz), ["db must have the shape of b itself = (16,)", "(3, 16)"]),
    (with_part(5, lambda found, dz, *_: dz.mean(0)), ["every sequence uses the same bias"]),
    (with_part(3, lambda found, dz, *_: found[3] / len(dz)), ["dW_x[j, k]", "mean over the batch"]),
    (with_part(3, lambda found, *_: found[3].T), ["dW_x must have the shape of W_x itself = (16, 2)", "(2, 16)"]),
    (with_part(4, lambda found, *_: 2 * found[4]), ["dW_h[j, k]", "Expected dW_h["]),
    (with_part(1, lambda found, *_: found[1] + found[2]), ["dh_prev must add up", "a door of its own"]),
    (with_part(0, lambda found, *_: -found[0]), ["dx_t must add up", "Expected dx_t["]),
    (with_part(0, lambda found, *_: found[0].double()), ["must keep the dtype torch.float32"]),
    (with_part(0, lambda found, *_: None), ["dx_t must be a tensor", "None"]),
    (lambda *a: step(*a)[:3], ["must give 6 values: dx_t, dh_prev, dc_prev, dW_x, dW_h, db", "Got 3 values"]),
    (step_in_place, ["step_backward must leave its arguments as they are"]),
]


def walked(*, steps=lambda T: reversed(range(T)), carry=True, start=1.0, weights=sum):
    """A sequence backward with products inside the loop."""

    def answer(dh, dc, x, h, c, gates, W_x, W_h):
        dx, dh_next, shares = torch.empty_like(x), 0, []
        dc = dc * start
        for t in steps(len(x)):
            dz, dc_prev = check.back_to_maps(dh[t] + dh_next, dc, c[t], c[t + 1], gates[t])
            dx[t], dh_next = dz @ W_x, dz @ W_h
            dc = dc_prev if carry or t == 0 else 0 * dc_prev
            shares.append((dz.T @ x[t], dz.T @ h[t], dz.sum(0)))
        return dx, dh_next, dc, *map(weights, zip(*shares, strict=True))

    return answer


def edited(k, edit):
    def answer(*arguments):
        found = list(sequence(*arguments))
        found[k] = edit(found[k])
        return found

    return answer


def last_loss_only(dh, *rest):
    return sequence(torch.cat([0 * dh[:-1], dh[-1:]]), *rest)


WRONG_SEQUENCES = [
    (lambda *a: sequence(*a, add=False), ["dx[t] must be dz_t @ W_x", "h_t is used twice"]),
    (walked(carry=False), ["a belt that is cut"]),
    (walked(start=0.0), ["dc_T = 0"]),
    (last_loss_only, ["a loss at the last step only"]),
    (walked(steps=range), ["a walk forward"]),
    (edited(0, lambda dx: dx.flip(0)), ["the steps in reverse order"]),
    (lambda *a: sequence(*a, h_before=slice(1, None)), ["dW_h must be dz_t.T @ h[t]", "the state after step t"]),
    (walked(weights=lambda shares: shares[-1]), ["dW_x must be", "the first step's share alone"]),
    (edited(5, lambda db: db / 18), ["db must be dz_t", "the mean over steps and batch"]),
    (edited(3, lambda dW: dW / 3), ["dW_x must be", "the mean over the batch"]),
    (edited(1, lambda dh: 2 * dh), ["dh_0 must be what the first step hands back"]),
    (edited(2, lambda dc: 2 * dc), ["dc_0 must be what leaves the first step"]),
    (edited(0, lambda dx: dx.transpose(0, 1)), ["dx must have the shape of x itself = (6, 3, 2)"]),
    (walked(), ["only dz_t @ W_h belongs into the loop", "9 products in all for 6 steps", "Got 24 products"]),
    (lambda *a: sequence(*a)[:5], ["must give 6 values", "Got 5 values"]),
    (lambda dh, dc, *rest: sequence(dh, dc.zero_(), *rest), ["must leave its arguments as they are"]),
]


def coupled_changed(edit):
    return lambda *a: edit(*coupled(*a), *a)


WRONG_COUPLED = [
    (lambda *a: coupled(*a, sign=0.0), ["block of the forget gate", "f_t is used a second time"]),
    (lambda *a: coupled(*a, sign=1.0), ["(1 - f_t) brings a minus"]),
    (lambda *a: coupled(*a, grow=0.0), ["dc_prev must be dc_t * f_t"]),
    (
        coupled_changed(lambda dz, dc, *a: (torch.cat([-dz[:, : dc.shape[1]], dz[:, dc.shape[1] :]], 1), dc)),
        ["which of c_prev and g_t has the minus"],
    ),
    (coupled_changed(lambda dz, dc, *a: (torch.cat(dz.chunk(3, 1)[1::-1] + dz.chunk(3, 1)[2:], 1), dc)), ["g, f, o"]),
    (coupled_changed(lambda dz, dc, *a: (dz, dc / a[-1].chunk(3, 1)[0])), ["dc_prev must be dc_t * f_t"]),
    (
        coupled_changed(lambda dz, dc, *a: (torch.cat([dz[:, : dc.shape[1]], dz], 1), dc)),
        ["dz must have the shape", "(3, 12)"],
    ),
    (lambda *a: coupled(*a)[0], ["must give 2 values: dz, dc_prev", "Got Tensor"]),
]


def cut_run(cut, at=lambda t, window: t > 0 and t % window == 0):
    """A run where `cut` makes new states of (h, c) at the edges."""

    def answer(x, h, c, W_x, W_h, b, window):
        out = []
        for t, x_t in enumerate(x):
            if at(t, window):
                h, c = cut(h, c)
            h, c, _ = cells.lstm_step(x_t, h, c, W_x, W_h, b)
            out.append(h)
        return torch.stack(out)

    return answer


def both(h, c):
    return h.detach(), c.detach()


def run_without_gradient(*arguments):
    with torch.no_grad():
        return run(*arguments)


WRONG_RUNS = [
    (cut_run(lambda h, c: (h, c)), ["must stop before the steps 3, 6", "without any cut"]),
    (cut_run(lambda h, c: (h.detach(), c)), ["detach c as well"]),
    (cut_run(lambda h, c: (h, c.detach())), ["detach h as well"]),
    (cut_run(both, lambda t, window: t > 0), ["a cut at every step"]),
    (cut_run(both, lambda t, window: (t + 1) % window == 0), ["one step early"]),
    (cut_run(both, lambda t, window: t % window == 1), ["one step late"]),
    (cut_run(both, lambda t, window: t == window), ["must stop before the steps 3, 6"]),
    (cut_run(both, lambda t, window: t % window == 0), ["h_0 and c_0 belong to the first window"]),
    (cut_run(lambda h, c: (0 * h, 0 * c)), ["h[t] must be the hidden state", "keep the numbers"]),
    (run_without_gradient, ["Gradients must flow inside a window", "without any gradient"]),
    (lambda *a: run(*a).detach(), ["without any gradient"]),
    (lambda *a: run(*a).transpose(0, 1), ["h must have the shape (time, batch, hidden) = (8, 3, 4)"]),
    (lambda *a: run(*a)[-1], ["h must have the shape"]),
    (lambda *a: list(run(*a)), ["h must be a tensor"]),
    (lambda x, *rest: run(x.mul_(1.5), *rest), ["must leave its arguments as they are"]),
]

WRONG_LISTS = [
    ([2, 5], ["all 3 wrong lines", "Got 2 of them"]),
    ([], ["all 3 wrong lines", "Got 0 of them"]),
    ([2, 5, 12, 3], ["Only wrong lines belong", "Got 3, which agrees with the lesson"]),
    (list(range(1, 14)), ["Only wrong lines belong", "Got 1,"]),
    ([2, 5, 14], ["line numbers from 1 to 13"]),
    (2, ["wrong_lines must be a list of line numbers", "Got 2."]),
    ("2, 5, 12", ["wrong_lines must be a list"]),
    ([2.0, 5, 12], ["wrong_lines must be a list"]),
]

WRONG = {
    "step_backward": WRONG_STEPS,
    "sequence_backward": WRONG_SEQUENCES,
    "coupled_backward": WRONG_COUPLED,
    "truncated_run": WRONG_RUNS,
    "find_the_bugs": WRONG_LISTS,
}


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        pytest.param(name, answer, words, id=f"{name}-{k}")
        for name, wrong in WRONG.items()
        for k, (answer, words) in enumerate(wrong)
    ],
)
def test_wrong_answers_are_named(name, answer, words):
    with pytest.raises(CheckFailed) as failure:
        getattr(check, name)(answer)
    for word in words:
        assert word in str(failure.value)


# ---- the bug hunt


def suspect(mended):
    """The colleague's function of the exercise, with some lines mended."""
    text = EXERCISE.read_text("utf-8")
    code = re.search(r"^def suspect_backward.*?(?=^check\.compare)", text, flags=re.MULTILINE | re.DOTALL)[0]
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
    check.compare(suspect(mended)[0])
    rows = [re.split(r"\s{2,}", line.strip()) for line in capsys.readouterr().out.splitlines()[1:]]
    return {name: verdicts for name, *verdicts in rows}


def test_the_suspect_has_exactly_the_three_bugs(capsys):
    assert set(map(int, re.findall(r"# line (\d+)", suspect(())[1]))) == set(range(1, check.LAST_LINE + 1))
    assert {v for row in table(check.WRONG_LINES, capsys).values() for v in row} == {"right"}
    for line in check.WRONG_LINES:
        assert "WRONG" in {v for row in table(check.WRONG_LINES - {line}, capsys).values() for v in row}


def test_the_bugs_can_be_found_one_by_one_as_the_hints_say(capsys):
    first = table((), capsys)
    assert [first[f"db of the {name}"][0] for name in check.MAPS] == ["right", "WRONG", "right", "right"]
    second = table({5}, capsys)
    assert [name for name, (one, _) in second.items() if one == "WRONG"] == ["dW_h"]
    third = table({5, 12}, capsys)
    assert {one for one, _ in third.values()} == {"right"}
    assert {three for _, three in third.values()} == {"WRONG"}
