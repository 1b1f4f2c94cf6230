# ---
# jupyter:
#   lstm_course:
#     hide: [lstm_course.cells, lstm_course.gradients]
#     forbidden:
#       rnn-step: [lstm_course.cells]
#       norms-by-lag: [lstm_course.gradients]
#       decay-rate: [lstm_course.gradients, lstm_course.forecasting]
#       clip-by-norm: [torch.nn.utils.clip_grad_norm_, torch.nn.utils.clip_grad_norm, torch.nn.utils.clip_grads_with_norm_]
# ---

# %% id="rnn-step-probe" rule="h_t must be tanh(x_t W_x^T + h_prev W_h^T + b) for every row."
def _probe(trial):
    B, I, H = trial.sizes(3)
    return trial.call(rnn_step, *trial.normal((B, I), (B, H), (H, I), (H, H), (H,)))


# %% id="rnn-step-probe-2" rule="It must work for a batch of one in float32 and leave its arguments as they are."
def _probe(trial):
    I, H = trial.sizes(2)
    h_t = trial.call(rnn_step, *trial.normal((1, I), (1, H), (H, I), (H, H), (H,), dtype="float32"))
    return {"h_t": h_t, "arguments untouched": trial.untouched}


# %% id="rnn-step-probe-3" parts=["dx_t", "dh_prev", "dW_x", "dW_h", "db"] rule="Gradients must flow through rnn_step to all its arguments."
def _probe(trial):
    B, I, H = trial.sizes(3)
    return trial.gradients(rnn_step, *trial.normal((B, I), (B, H), (H, I), (H, H), (H,)))


# %% id="norms-by-lag-common"
def _norms(trial, T, H, dtype):
    """Ask for the norms of a small random RNN; states are handed over as they are, for their graph."""
    import torch

    inputs, W_h = trial.normal((T, H), (H, H), dtype=dtype)
    states = [torch.zeros(H, dtype=inputs.dtype, requires_grad=True)]
    for x_t in inputs:
        states.append(torch.tanh(W_h @ states[-1] + x_t))
    given = list(states)
    with trial.watched():
        norms = norms_by_lag(given)
    is_kept = len(given) == len(states) and all(a is b for a, b in zip(given, states))
    return norms.double() if isinstance(norms, torch.Tensor) else norms, is_kept


# %% id="norms-by-lag-probe" rtol=1e-4 atol=1e-6 reason="an answer may collect the norms in float32" rule="Entry k must be the largest singular value of the Jacobian dh_T / dh_{T-k}."
def _probe(trial):
    T, H = trial.sizes(2, low=3, high=8)
    return _norms(trial, T, H, "float64")[0]


# %% id="norms-by-lag-probe-2" rtol=1e-4 atol=1e-6 reason="the states are float32" rule="It must work in float32 and leave the list of states as it is."
def _probe(trial):
    T, H = trial.sizes(2, low=3, high=8)
    norms, is_kept = _norms(trial, T, H, "float32")
    return {"the norms": norms, "list untouched": is_kept}


# %% id="decay-rate-common"
def _rates(trial, draw):
    """Ask for the rates of five matrices with drawn eigenvalues that are far from symmetric."""
    return [_rate(trial, draw()) for _ in range(5)]


def _rate(trial, eigenvalues):
    """Ask for the rate of a matrix with these eigenvalues, one of each complex pair given."""
    import torch

    from lstm_course.grading import emit

    trial.random.shuffle(eigenvalues)
    blocks = [[[v.real, -v.imag], [v.imag, v.real]] if isinstance(v, complex) else [[v]] for v in eigenvalues]
    blocks = torch.block_diag(*(torch.tensor(block, dtype=torch.float64) for block in blocks))
    (basis,) = trial.normal(tuple(blocks.shape))
    basis = torch.linalg.qr(basis)[0] * torch.linspace(1, 5, len(blocks), dtype=torch.float64)
    return emit.number(trial.call(decay_rate, basis @ blocks @ torch.linalg.inv(basis)))


# %% id="decay-rate-probe" rtol=1e-4 atol=1e-6 reason="an answer may compute in float32, or measure the rate in the long run" rule="The decay rate must be the largest absolute value of an eigenvalue of W_h, here a complex one."
def _probe(trial):
    uniform = trial.random.uniform
    return _rates(trial, lambda: [0.5, complex(uniform(0.2, 0.4), uniform(0.6, 0.9)), -0.55])


# %% id="decay-rate-probe-2" rtol=1e-4 atol=1e-6 reason="an answer may compute in float32, or measure the rate in the long run" rule="The decay rate must be the largest absolute value of an eigenvalue of W_h, here a negative one, and W_h stay as it is."
def _probe(trial):
    rates = _rates(trial, lambda: [0.6, 0.1, complex(0.2, 0.3), -trial.random.uniform(0.7, 1.3)])
    return {"the rates": rates, "W_h untouched": trial.untouched}


# %% id="clip-by-norm-common"
def _clipped(trial, scale, max_norm):
    A, B, C = trial.sizes(3)
    grads = [scale * grad for grad in trial.normal((A, B), (A,), (C, A), dtype="float32")]
    return trial.call(clip_by_norm, grads, max_norm)


# %% id="clip-by-norm-probe" rule="Clipping must scale all gradients by min(1, max_norm / norm of all of them together)."
def _probe(trial):
    return [_clipped(trial, scale, trial.random.uniform(0.3, 1.5)) for scale in (3.0, 40.0)]


# %% id="clip-by-norm-probe-2" rule="Gradients that are short, or zero, must stay as they are; and the given ones are left alone."
def _probe(trial):
    clipped = [_clipped(trial, scale, trial.random.uniform(0.5, 1.5)) for scale in (0.01, 0.0, 3.0)]
    return {"clipped": clipped, "arguments untouched": trial.untouched}
