# ---
# jupyter:
#   lstm_course:
#     hide: [lstm_course.by_hand, lstm_course.layer]
#     forbidden:
#       four-gates: &step [torch.nn.LSTM, torch.nn.LSTMCell, torch.lstm, torch.lstm_cell, lstm_course.cells]
#       lstm-step: *step
# ---

# %% id="four-gates-probe" parts=["i_t", "f_t", "g_t", "o_t"] rule="The blocks of z = x W_x^T + h W_h^T + b belong to i, f, g, o: sigmoid of three of them, tanh of g."
def _probe(trial):
    B, I, H = trial.sizes(3)
    case = trial.normal((B, I), (B, H), (4 * H, I), (4 * H, H), (4 * H,))
    return trial.call(four_gates, *case)


# %% id="four-gates-probe-2" parts=["i_t", "f_t", "g_t", "o_t"] rule="It must work for a batch of one in float32 and leave its arguments as they are."
def _probe(trial):
    I, H = trial.sizes(2)
    case = trial.normal((1, I), (1, H), (4 * H, I), (4 * H, H), (4 * H,), dtype="float32")
    return {"gates": trial.call(four_gates, *case), "arguments untouched": trial.untouched}


# %% id="four-gates-probe-3" parts=["dx_t", "dh_prev", "dW_x", "dW_h", "db"] rule="Gradients must flow through four_gates to all its arguments."
def _probe(trial):
    B, I, H = trial.sizes(3)
    return trial.gradients(four_gates, *trial.normal((B, I), (B, H), (4 * H, I), (4 * H, H), (4 * H,)))


# %% id="lstm-step-probe" parts=["h_t", "c_t"] rule="The step must be c_t = f_t * c_prev + i_t * g_t and h_t = o_t * tanh(c_t), h_t first."
def _probe(trial):
    B, I, H = trial.sizes(3)
    case = trial.normal((B, I), (B, H), (B, H), (4 * H, I), (4 * H, H), (4 * H,))
    return trial.call(lstm_step, *case)


# %% id="lstm-step-probe-2" parts=["h_t", "c_t"] rule="It must work for a batch of one in float32 and leave its arguments as they are."
def _probe(trial):
    I, H = trial.sizes(2)
    case = trial.normal((1, I), (1, H), (1, H), (4 * H, I), (4 * H, H), (4 * H,), dtype="float32")
    return {"state": trial.call(lstm_step, *case), "arguments untouched": trial.untouched}


# %% id="lstm-step-probe-3" parts=["dx_t", "dh_prev", "dc_prev", "dW_x", "dW_h", "db"] rule="Gradients must flow through lstm_step to all its arguments."
def _probe(trial):
    B, I, H = trial.sizes(3)
    return trial.gradients(lstm_step, *trial.normal((B, I), (B, H), (B, H), (4 * H, I), (4 * H, H), (4 * H,)))


# %% id="lstm-sequence-probe" parts=["h", "(h_T, c_T)"] rule="h[:, t] must be the hidden state after step t, (batch, time, hidden), and the pair holds the states after the last step."
def _probe(trial):
    B, T, I, H = trial.sizes(4)
    case = trial.normal((B, T, I), (B, H), (B, H), (4 * H, I), (4 * H, H), (4 * H,))
    return trial.call(lstm_sequence, *case)


# %% id="lstm-sequence-probe-2" parts=["h", "(h_T, c_T)"] rule="It must work for a batch of one in float32 and leave its arguments as they are."
def _probe(trial):
    T, I, H = trial.sizes(3)
    case = trial.normal((1, T, I), (1, H), (1, H), (4 * H, I), (4 * H, H), (4 * H,), dtype="float32")
    return {"states": trial.call(lstm_sequence, *case), "arguments untouched": trial.untouched}


# %% id="lstm-sequence-probe-3" parts=["dx", "dh_0", "dc_0", "dW_x", "dW_h", "db"] rule="Gradients must flow through all steps to all arguments of lstm_sequence."
def _probe(trial):
    B, T, I, H = trial.sizes(4)
    return trial.gradients(lstm_sequence, *trial.normal((B, T, I), (B, H), (B, H), (4 * H, I), (4 * H, H), (4 * H,)))


# %% id="pack-weights-probe" parts=["weight_ih", "weight_hh", "bias_ih + bias_hh"] rule="The blocks must come in the order i, f, g, o, the columns of h apart from those of x, and both biases add up to the given ones."
def _probe(trial):
    I, H = trial.sizes(2)
    keys = trial.random.sample("ifgo", 4)
    W = dict(zip(keys, trial.normal(*[(H, H + I)] * 4)))
    b = dict(zip(keys, trial.normal(*[(H,)] * 4)))
    weight_ih, weight_hh, bias_ih, bias_hh = trial.call(pack_weights, W, b)
    return {
        "weights": [weight_ih, weight_hh, bias_ih + bias_hh],
        "dtypes of the biases": [str(bias_ih.dtype), str(bias_hh.dtype)],
    }


# %% id="pack-weights-probe-2" parts=["weight_ih", "weight_hh", "bias_ih + bias_hh"] rule="Both bias vectors must be (4H,), of the dtype of the given ones, and the arguments stay as they are."
def _probe(trial):
    I, H = trial.sizes(2)
    keys = trial.random.sample("ifgo", 4)
    W = dict(zip(keys, trial.normal(*[(H, H + I)] * 4, dtype="float32")))
    b = dict(zip(keys, trial.normal(*[(H,)] * 4, dtype="float32")))
    weight_ih, weight_hh, bias_ih, bias_hh = trial.call(pack_weights, W, b)
    shapes = [list(bias_ih.shape), list(bias_hh.shape)]
    return {
        "weights": [weight_ih, weight_hh, bias_ih + bias_hh],
        "shapes of the biases": shapes,
        "arguments untouched": trial.untouched,
    }


# %% id="set-forget-bias-common"
def _set_and_look(trial, layers, bidirectional):
    """Return the forget biases, everything else, and whether the parameters are the ones that were there."""
    import torch

    I, H = trial.sizes(2)
    lstm = torch.nn.LSTM(I, H, layers, bidirectional=bidirectional)
    parameters = dict(lstm.named_parameters())
    with torch.no_grad():
        for parameter in parameters.values():
            parameter.copy_(trial.normal(tuple(parameter.shape), dtype="float32")[0])
    set_forget_bias(lstm, trial.random.uniform(0.5, 4))
    after = {name: parameter.detach() for name, parameter in lstm.named_parameters()}
    pairs = {name.removeprefix("bias_ih_"): name for name in after if name.startswith("bias_ih_")}
    effective = {place: (after[name] + after[f"bias_hh_{place}"])[H : 2 * H] for place, name in pairs.items()}
    others = {name: p[torch.arange(4 * H) // H != 1] if name.startswith("bias") else p for name, p in after.items()}
    same = all(now is before for now, before in zip(lstm.parameters(), parameters.values()))
    return {
        **{f"the forget bias of {place}": bias for place, bias in effective.items()},
        **{f"the rest of {name}": rest for name, rest in others.items()},
        "the same parameters": same and all(parameter.requires_grad for parameter in lstm.parameters()),
    }


# %% id="set-forget-bias-probe" rule="bias_ih + bias_hh of every forget gate must be the value asked for, and everything else stays as it was."
def _probe(trial):
    return _set_and_look(trial, layers=1, bidirectional=False)


# %% id="set-forget-bias-probe-2" rule="It must reach every layer and direction, and change nothing else."
def _probe(trial):
    return _set_and_look(trial, layers=2, bidirectional=True)
