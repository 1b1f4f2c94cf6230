"""Exercise 2, question 3: a whole sequence."""

import torch
from torch import nn

from lstm_course import cells
from lstm_course.checks import the_cell as check
from tests.mistakes.catalogue import Mistake


def step(*arguments):
    return cells.lstm_step(*arguments)[:2]


def sequence(x, h, c, *weights):
    out = []
    for x_t in x.unbind(1):
        h, c = step(x_t, h, c, *weights)
        out.append(h)
    return torch.stack(out, 1), (h, c)


def in_lists(x, h_0, c_0, W_x, W_h, b):
    h, c = h_0, c_0
    out = []
    for t in range(x.size(1)):
        h, c = step(x[:, t, :], h, c, W_x, W_h, b)
        out += [h.unsqueeze(1)]
    return [torch.cat(out, dim=1), [h, c]]


def filled(x, h_0, c_0, W_x, W_h, b):
    B, T, _ = x.shape
    out = torch.zeros(B, T, h_0.shape[1], dtype=x.dtype)
    for t in range(T):
        h_0, c_0 = step(x[:, t], h_0, c_0, W_x, W_h, b)
        out[:, t] = h_0
    return out, (h_0, c_0)


def time_first(x, h_0, c_0, *weights):
    states = [(h_0, c_0)]
    for x_t in x.transpose(0, 1):
        states.append(step(x_t, *states[-1], *weights))
    h = torch.stack([state[0] for state in states[1:]])
    return h.permute(1, 0, 2), states[-1]


def with_torch(x, h_0, c_0, W_x, W_h, b):
    """Let PyTorch run the layer, with these weights."""
    lstm = nn.LSTM(x.shape[2], h_0.shape[1], batch_first=True, dtype=x.dtype)
    weights = dict(zip(dict(lstm.named_parameters()), (W_x, W_h, b, torch.zeros_like(b)), strict=True))
    out, (h, c) = torch.func.functional_call(lstm, weights, (x, (h_0[None], c_0[None])))
    return out, (h[0], c[0])


def row_by_row(x, h_0, c_0, *weights):
    rows = [sequence(x[k : k + 1], h_0[k : k + 1], c_0[k : k + 1], *weights) for k in range(len(x))]
    h, last = zip(*rows, strict=True)
    return torch.cat(h), tuple(torch.cat(parts) for parts in zip(*last, strict=True))


def recursive(x, h, c, *weights, done=None):
    done = [] if done is None else done
    if len(done) == x.shape[1]:
        return torch.stack(done, dim=-2), (h, c)
    h, c = step(x[:, len(done)], h, c, *weights)
    return recursive(x, h, c, *weights, done=[*done, h])


# ---- mistakes


def walked(carry, *, keep=lambda old, new: new[0], read=lambda x, t: x[:, t]):
    """A loop that hands on to the next step what `carry` makes of the states before and after this one."""

    def answer(x, h, c, *weights):
        out, state = [], (h, c)
        for t in range(x.shape[1]):
            new = step(read(x, t), *state, *weights)
            out.append(keep(state, new))
            state = carry(state, new)
        return torch.stack(out, 1), state

    return answer


def on(old, new):
    return new


def edited(edit):
    return lambda *a: edit(*sequence(*a))


def with_h_0(x, h, c, *weights):
    out, last = sequence(x, h, c, *weights)
    return torch.cat([h[:, None], out], 1), last


def over_the_batch(x, h, c, *weights):
    out = []
    for x_t in x:
        h, c = step(x_t, h, c, *weights)
        out.append(h)
    return torch.stack(out, 1), (h, c)


def remembered(x, h, c, *weights, states=[]):  # noqa: B006 - the mistake
    for x_t in x.unbind(1):
        h, c = step(x_t, h, c, *weights)
        states.append(h)
    return torch.stack(states, 1), (h, c)


def c_in_place(x, h, c, *weights):
    out = []
    for x_t in x.unbind(1):
        h, new = step(x_t, h, c, *weights)
        c.copy_(new)
        out.append(h)
    return torch.stack(out, 1), (h, c.clone())


def last_step_forgotten(x, h, c, *weights):
    out, _ = sequence(x, h, c, *weights)
    return out, sequence(x[:, :-1], h, c, *weights)[1]


RIGHT = {
    check.lstm_sequence: {
        "as the formula": sequence,
        "in lists": in_lists,
        "filled": filled,
        "time first": time_first,
        "with torch": with_torch,
        "row by row": row_by_row,
        "recursive": recursive,
    }
}

SAYS = "Your values are those of"
MISTAKES = {
    check.lstm_sequence: {
        "time first": Mistake(
            edited(lambda h, last: (h.transpose(0, 1), last)), "(batch, time, hidden) = (3, 6, 4)", "dim=1"
        ),
        "with h_0": Mistake(with_h_0, "h_0 is not an output"),
        "a step too few": Mistake(edited(lambda h, last: (h[:, 1:], last)), "A step is left out"),
        "the last step only": Mistake(edited(lambda h, last: (h[:, -1], last)), "one step", "states of all steps"),
        "joined by cat": Mistake(edited(lambda h, last: (h.flatten(1), last)), "torch.stack makes a new axis"),
        "from zeros": Mistake(
            lambda x, h, c, *w: sequence(x, 0 * h, 0 * c, *w), SAYS, "0 * h_0, 0 * c_0", "start from"
        ),
        "c from zeros": Mistake(lambda x, h, c, *w: sequence(x, h, 0 * c, *w), "h_0, 0 * c_0"),
        "start exchanged": Mistake(lambda x, h, c, *w: sequence(x, c, h, *w), "h_t, c_t, states = c_0, h_0, []"),
        "not carried": Mistake(walked(lambda old, new: old), SAYS, "does the next step start from"),
        "c not carried": Mistake(walked(lambda old, new: (new[0], old[1])), "does the next step start from"),
        "h not carried": Mistake(walked(lambda old, new: (old[0], new[1])), "does the next step start from"),
        "carried crosswise": Mistake(walked(lambda old, new: new[::-1]), "h_t, c_t = c_new, h_new"),
        "from the end": Mistake(lambda x, *a: sequence(x.flip(1), *a), SAYS),
        "from the end, put back": Mistake(
            lambda x, *a: (lambda h, last: (h.flip(1), last))(*sequence(x.flip(1), *a)), "direction does time run"
        ),
        "states reversed": Mistake(edited(lambda h, last: (h.flip(1), last)), "states[::-1]"),
        "the first input always": Mistake(walked(on, read=lambda x, t: x[:, 0]), "lstm_step(x[:, 0], "),
        "the last input always": Mistake(walked(on, read=lambda x, t: x[:, -1]), "lstm_step(x[:, -1], "),
        "one input late": Mistake(walked(on, read=lambda x, t: x[:, t - 1]), "lstm_step(x[:, t - 1], ", "which step"),
        "batch cut as time": Mistake(
            walked(on, read=lambda x, t: x.reshape(x.shape[1], len(x), -1)[t]),
            "x.reshape(T, B, -1)[t]",
            "axis of x is time",
        ),
        "c kept for h": Mistake(walked(on, keep=lambda old, new: new[1]), "states.append(c_new)", "after step t"),
        "old h kept": Mistake(walked(on, keep=lambda old, new: old[0]), "states.append(h_t)", "after step t"),
        "reshaped": Mistake(
            lambda x, *a: (lambda h, last: (h.transpose(0, 1).reshape(h.shape), last))(*sequence(x, *a)),
            "torch.stack(states).reshape(B, T, -1)",
        ),
        "last ones exchanged": Mistake(edited(lambda h, last: (h, last[::-1])), "h_T must be", "h_T = c_t"),
        "h twice": Mistake(edited(lambda h, last: (h, (last[0], last[0]))), "c_T must be", "c_T = h_t"),
        "first for last": Mistake(
            edited(lambda h, last: (h, (h[:, 0], last[1]))), "h_T = h[:, 0]", "after the last step"
        ),
        "mean for last": Mistake(edited(lambda h, last: (h, (h.mean(1), last[1]))), "h_T = h.mean(1)"),
        "c_0 for c_T": Mistake(
            lambda x, h, c, *w: (lambda o, last: (o, (last[0], c)))(*sequence(x, h, c, *w)), "c_T = c_0"
        ),
        "one step less at the end": Mistake(last_step_forgotten, "h_T = states[-2]"),
        "three values": Mistake(edited(lambda h, last: (h, *last)), "2 values: h, (h_T, c_T)", "Got 3 values"),
        "no pair": Mistake(edited(lambda h, last: (h, last[0])), "second value", "Got Tensor"),
        "states only": Mistake(edited(lambda h, last: h), "2 values", "Got Tensor"),
        "no return": Mistake(lambda *a: None, "2 values", "Is a return missing?"),
        "a list of states": Mistake(
            edited(lambda h, last: (list(h.unbind(1)), last)), "h must be a tensor", "torch.stack"
        ),
        "last with an axis": Mistake(
            edited(lambda h, last: (h, (last[0][None], last[1][None]))), "axis of size 1 is too much"
        ),
        "detached": Mistake(walked(lambda old, new: [v.detach() for v in new]), "Gradients must flow"),
        "over the batch": Mistake(
            over_the_batch, "lstm_sequence raised ValueError: h_prev must have the shape", "in line"
        ),
        "default list": Mistake(remembered, "something else the second time", "list as default argument"),
        "c in place": Mistake(c_in_place, "leave its arguments as they are", "c"),
        "float32": Mistake(edited(lambda h, last: (h.float(), last)), "keep the dtype torch.float64"),
        "gates not left out": Mistake(
            lambda x, h, c, *w: (lambda h_t, c_t: (h_t, c_t))(*cells.lstm_step(x[:, 0], h, c, *w)),
            "lstm_sequence raised TypeError",
        ),
        "two mistakes": Mistake(
            lambda x, h, c, *w: walked(on, read=lambda x, t: x[:, 0])(x, 0 * h, 0 * c, *w),
            "x[:, 0]",
            "0 * h_0, 0 * c_0",
        ),
    }
}
