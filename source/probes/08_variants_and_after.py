# ---
# jupyter:
#   lstm_course:
#     hide: [lstm_course.cells, lstm_course.variants, lstm_course.successors, lstm_course.layer]
#     forbidden:
#       peephole-step: &cells [lstm_course.cells]
#       coupled-step: *cells
#       count-parameters: [lstm_course.variants]
#       attention: [torch.nn.functional.scaled_dot_product_attention, torch.nn.MultiheadAttention, lstm_course.successors]
# ---

# %% id="peephole-step-common"
def _case(trial, B, I, H, dtype="float64"):
    weights = ((4 * H, I), (4 * H, H), (4 * H,), (H,), (H,), (H,))
    return trial.normal((B, I), (B, H), (B, H), *weights, dtype=dtype)


# %% id="peephole-step-probe" parts=["h_t", "c_t"] rule="The gates i_t and f_t must see p * c_prev, o_t must see p_o * c_t, all before the sigmoid."
def _probe(trial):
    return trial.call(peephole_step, *_case(trial, *trial.sizes(3)))


# %% id="peephole-step-probe-2" parts=["h_t", "c_t"] rule="It must work for a batch of one in float32 and leave its arguments as they are."
def _probe(trial):
    state = trial.call(peephole_step, *_case(trial, 1, *trial.sizes(2), dtype="float32"))
    return {"state": state, "arguments untouched": trial.untouched}


# %% id="peephole-step-probe-3" parts=["dx_t", "dh_prev", "dc_prev", "dW_x", "dW_h", "db", "dp_i", "dp_f", "dp_o"] rule="Gradients must flow through peephole_step to all its arguments."
def _probe(trial):
    return trial.gradients(peephole_step, *_case(trial, *trial.sizes(3)))


# %% id="coupled-step-common"
def _case(trial, B, I, H, dtype="float64"):
    return trial.normal((B, I), (B, H), (B, H), (3 * H, I), (3 * H, H), (3 * H,), dtype=dtype)


# %% id="coupled-step-probe" parts=["h_t", "c_t"] rule="The cell must be c_t = (1 - i_t) * c_prev + i_t * g_t, and h_t = o_t * tanh(c_t)."
def _probe(trial):
    return trial.call(coupled_step, *_case(trial, *trial.sizes(3)))


# %% id="coupled-step-probe-2" parts=["h_t", "c_t"] rule="It must work for a batch of one in float32 and leave its arguments as they are."
def _probe(trial):
    state = trial.call(coupled_step, *_case(trial, 1, *trial.sizes(2), dtype="float32"))
    return {"state": state, "arguments untouched": trial.untouched}


# %% id="coupled-step-probe-3" parts=["dx_t", "dh_prev", "dc_prev", "dW_x", "dW_h", "db"] rule="Gradients must flow through coupled_step to all its arguments."
def _probe(trial):
    return trial.gradients(coupled_step, *_case(trial, *trial.sizes(3)))


# %% id="count-parameters-common"
def _counts(trial, *kinds):
    counts = {}
    for I, H in (trial.sizes(2, low=3, high=20), (trial.random.randint(2, 9), 1)):
        for kind in kinds:
            counts[f"count_parameters({kind!r}, {I}, {H})"] = trial.call(count_parameters, kind, I, H)
    return counts


# %% id="count-parameters-probe" rule="Count one map (H I + H H + H), how many maps the cell has, and what a peephole adds."
def _probe(trial):
    return _counts(trial, "lstm", "peephole", "coupled")


# %% id="count-parameters-probe-2" rule="The GRU has a second bias for each map, each direction weights of its own, and the 2d cell a second hidden state for each map."
def _probe(trial):
    return _counts(trial, "gru", "bidirectional", "2d")


# %% id="attention-common"
def _case(trial, B, dtype="float64"):
    """Q, K, V, and a mask in which every question may look somewhere and not everywhere."""
    import torch

    N, T, D, E = trial.sizes(4)
    mask = torch.rand(N, T, generator=trial.generator) < 0.6
    mask[torch.arange(N), torch.arange(N) % T] = True
    mask[torch.arange(N), (torch.arange(N) + 1) % T] = False
    return *trial.normal((B, N, D), (B, T, D), (B, T, E), dtype=dtype), mask


# %% id="attention-probe" parts=["the result", "A"] rule="A must be the softmax of Q K^T / sqrt(D) over the steps, 0 where the mask is False, and the result A @ V."
def _probe(trial):
    *case, mask = _case(trial, trial.random.randint(2, 4))
    result, A = trial.call(attention, *case, mask)
    return {"the result and A": [result, A], "weights of exactly 0": bool((A[:, ~mask] == 0).all())}


# %% id="attention-probe-2" parts=["the result", "A"] rule="It must work for a batch of one in float32 and leave its arguments as they are."
def _probe(trial):
    result = trial.call(attention, *_case(trial, 1, "float32"))
    return {"the result and A": result, "arguments untouched": trial.untouched}


# %% id="attention-probe-3" parts=["dQ", "dK", "dV"] rule="Gradients must flow through attention to Q, K and V."
def _probe(trial):
    *case, mask = _case(trial, 2)
    return trial.gradients(lambda Q, K, V: attention(Q, K, V, mask), *case)
