# ---
# jupyter:
#   lstm_course:
#     hide: [lstm_course.by_hand, lstm_course.layer]
#     forbidden:
#       step-backward: [torch.autograd.grad, torch.Tensor.backward, torch.func.vjp, torch.func.jacrev, lstm_course.checks.back_to_maps]
#       sequence-backward: &autograd [torch.autograd.grad, torch.Tensor.backward, torch.func.vjp, torch.func.jacrev]
#       coupled-backward: *autograd
# ---

# %% id="step-backward-common"
def _case(trial, B, I, H, dtype):
    """What a step backward is given, after a step forward."""
    import torch

    x_t, h_prev, c_prev, W_x, W_h, b, dh_t, dc_t = trial.normal(
        (B, I), (B, H), (B, H), (4 * H, I), (4 * H, H), (4 * H,), (B, H), (B, H), dtype=dtype
    )
    i, f, g, o = (x_t @ W_x.T + h_prev @ W_h.T + b).chunk(4, dim=1)
    gates = torch.cat([i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()], dim=1)
    c_t = f.sigmoid() * c_prev + i.sigmoid() * g.tanh()
    return dh_t, dc_t, x_t, h_prev, c_prev, c_t, gates, W_x, W_h


# %% id="step-backward-probe" parts=["dx_t", "dh_prev", "dc_prev", "dW_x", "dW_h", "db"] rule="All six gradients of the step must be right, those of the weights added up over the batch."
def _probe(trial):
    return trial.call(step_backward, *_case(trial, *trial.sizes(3), "float64"))


# %% id="step-backward-probe-2" parts=["dx_t", "dh_prev", "dc_prev", "dW_x", "dW_h", "db"] rule="It must work for a batch of one in float32 and leave its arguments as they are."
def _probe(trial):
    gradients = trial.call(step_backward, *_case(trial, 1, *trial.sizes(2), "float32"))
    return {"gradients": gradients, "arguments untouched": trial.untouched}


# %% id="sequence-backward-common"
def _back_to_maps(dh_t, dc_t, c_prev, c_t, gates):
    """What the exercise hands out as `check.back_to_maps`; the checks are silent here."""
    import torch

    i, f, g, o = gates.chunk(4, dim=1)
    dc_t = dc_t + dh_t * o * (1 - c_t.tanh() ** 2)
    dz = [dc_t * g * i * (1 - i), dc_t * c_prev * f * (1 - f), dc_t * i * (1 - g**2), dh_t * c_t.tanh() * o * (1 - o)]
    return torch.cat(dz, dim=1), dc_t * f


import lstm_course.checks.backward_by_hand as _check

_check.back_to_maps = _back_to_maps


def _case(trial, T, B, I, H, dtype):
    """What a sequence backward is given, after a run forward."""
    import torch

    dh, dc_T, x, h_0, c_0, W_x, W_h, b = trial.normal(
        (T, B, H), (B, H), (T, B, I), (B, H), (B, H), (4 * H, I), (4 * H, H), (4 * H,), dtype=dtype
    )
    h, c, gates = [h_0], [c_0], []
    for x_t in x:
        i, f, g, o = (x_t @ W_x.T + h[-1] @ W_h.T + b).chunk(4, dim=1)
        gates.append(torch.cat([i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()], dim=1))
        c.append(f.sigmoid() * c[-1] + i.sigmoid() * g.tanh())
        h.append(o.sigmoid() * c[-1].tanh())
    return dh, dc_T, x, torch.stack(h), torch.stack(c), torch.stack(gates), W_x, W_h


# %% id="sequence-backward-probe" parts=["dx", "dh_0", "dc_0", "dW_x", "dW_h", "db"] rule="All six gradients must be right, those of the weights added up over all steps and the batch."
def _probe(trial):
    return trial.call(sequence_backward, *_case(trial, *trial.sizes(4), "float64"))


# %% id="sequence-backward-probe-2" parts=["dx", "dh_0", "dc_0", "dW_x", "dW_h", "db"] rule="It must work for a batch of one in float32 and leave its arguments as they are."
def _probe(trial):
    T, I, H = trial.sizes(3)
    gradients = trial.call(sequence_backward, *_case(trial, T, 1, I, H, "float32"))
    return {"gradients": gradients, "arguments untouched": trial.untouched}


# %% id="sequence-backward-probe-3" parts=["dx", "dh_0", "dc_0", "dW_x", "dW_h", "db"] rule="Only dz_t @ W_h belongs into the loop: dx, dW_x and dW_h are one product each after it."
def _probe(trial):
    from torch.overrides import TorchFunctionMode

    products = {"matmul", "mm", "bmm", "addmm", "baddbmm", "einsum", "linear", "tensordot"}

    class Counting(TorchFunctionMode):
        count = 0

        def __torch_function__(self, function, types, args=(), kwargs=None):
            name = getattr(function, "__name__", "").strip("_")
            Counting.count += name.removeprefix("r") in products
            return function(*args, **(kwargs or {}))

    T, B, I, H = 8, *trial.sizes(3)
    case = _case(trial, T, B, I, H, "float64")
    with Counting():
        gradients = trial.call(sequence_backward, *case)
    return {"gradients": gradients, "at most two products a step": Counting.count <= 2 * T}


# %% id="coupled-backward-common"
def _case(trial, B, H, dtype):
    import torch

    dh_t, dc_t, c_prev, z = trial.normal((B, H), (B, H), (B, H), (B, 3 * H), dtype=dtype)
    f, g, o = z.chunk(3, dim=1)
    c_t = f.sigmoid() * c_prev + (1 - f.sigmoid()) * g.tanh()
    return dh_t, dc_t, c_prev, c_t, torch.cat([f.sigmoid(), g.tanh(), o.sigmoid()], dim=1)


# %% id="coupled-backward-probe" parts=["dz", "dc_prev"] rule="dz must be the gradient before sigma and tanh in the order f, g, o, and dc_prev what leaves along the belt."
def _probe(trial):
    return trial.call(coupled_backward, *_case(trial, *trial.sizes(2, low=4), "float64"))


# %% id="coupled-backward-probe-2" parts=["dz", "dc_prev"] rule="It must work for a batch of one in float32 and leave its arguments as they are."
def _probe(trial):
    gradients = trial.call(coupled_backward, *_case(trial, 1, *trial.sizes(1), "float32"))
    return {"gradients": gradients, "arguments untouched": trial.untouched}


# %% id="truncated-run-common"
def _case(trial, T, B, dtype="float64"):
    I, H = trial.sizes(2)
    return trial.normal((T, B, I), (B, H), (B, H), (4 * H, I), (4 * H, H), (4 * H,), dtype=dtype)


# %% id="truncated-run-probe" rule="h[t] must be the hidden state after step t, the same numbers as without windows, whatever T, B and the dtype."
def _probe(trial):
    runs = [
        trial.call(truncated_run, *_case(trial, T, B, dtype), window)
        for T, B, window, dtype in ((8, 3, 3, "float64"), (4, 1, 2, "float32"))
    ]
    return {"h": runs[0], "h for a batch of one": runs[1], "arguments untouched": trial.untouched}


# %% id="truncated-run-probe-2" parts=["dx", "dh_0", "dc_0", "dW_x", "dW_h", "db"] rule="Gradients must flow inside a window, and stop at its edge on both ways, h and c."
def _probe(trial):
    found = {}
    for window in trial.random.sample([2, 3, 4, 5], 2):
        T = trial.random.choice([2 * window + 1, 3 * window - 1])
        case = _case(trial, T, 2)
        found[f"window {window}"] = trial.gradients(lambda *case, window=window: truncated_run(*case, window), *case)
    return found


# %% id="find-the-bugs-probe" rule="wrong_lines must be the list of exactly the lines that are wrong."
def _probe(trial):
    return sorted(set(wrong_lines))
