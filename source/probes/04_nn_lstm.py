# ---
# jupyter:
#   lstm_course:
#     hide: []
#     forbidden:
#       predict-shapes: &lstm [torch.nn.LSTM, torch.nn.RNNBase, torch.lstm]
#       count-parameters: *lstm
# ---

# %% id="predict-shapes-common"
def _shapes(trial, *plans):
    """Ask for the shapes of some plans."""
    import operator

    found = {}
    for plan in plans:
        T, B, H = trial.sizes(3, low=3, high=12)
        arguments = {"T": T, "B": B, "H": H, **plan}
        with trial.watched():
            out, h_n, c_n = predict_shapes(**arguments)
        described = ", ".join(f"{name}={value}" for name, value in arguments.items())
        for name, shape in (("out", out), ("h_n", h_n), ("c_n", c_n)):
            found[f"the shape of {name} for {described}"] = str(tuple(operator.index(size) for size in shape))
    return found


# %% id="predict-shapes-probe" rule="batch_first exchanges the first two axes of out alone, and the first axis of h_n and c_n counts the layers."
def _probe(trial):
    layers = trial.random.randint(2, 5)
    return _shapes(trial, {}, {"num_layers": layers}, {"batch_first": True, "num_layers": layers + 1})


# %% id="predict-shapes-probe-2" rule="Two directions stand side by side in out and one after the other in h_n and c_n."
def _probe(trial):
    layers = trial.random.randint(2, 5)
    both = {"bidirectional": True}
    return _shapes(trial, both, {**both, "num_layers": layers, "batch_first": True})


# %% id="predict-shapes-probe-3" rule="proj_size narrows h, so out and h_n, but not c_n."
def _probe(trial):
    layers = trial.random.randint(2, 5)
    return _shapes(trial, {"proj_size": 2}, {"proj_size": 2, "bidirectional": True, "num_layers": layers})


# %% id="count-parameters-probe" rule="Each layer has 4 (H (what it reads + H) + 2 H) parameters, and further layers read H numbers."
def _probe(trial):
    counts = {}
    for layers in (1, trial.random.randint(2, 4)):
        I, H = trial.sizes(2, low=3, high=20)
        counts[f"count_parameters({I}, {H}, {layers})"] = trial.call(count_parameters, I, H, layers)
    return counts


# %% id="count-parameters-probe-2" rule="Each direction has weights of its own, and the layers above read what both directions say."
def _probe(trial):
    counts = {}
    for layers in (1, trial.random.randint(2, 4)):
        I, H = trial.sizes(2, low=3, high=20)
        name = f"count_parameters({I}, {H}, {layers}, bidirectional=True)"
        counts[name] = trial.call(count_parameters, I, H, layers, bidirectional=True)
    return counts


# %% id="last-valid-common"
def _case(trial, B, T, H, dtype="float64"):
    import torch

    lengths = [trial.random.randint(1, T) for _ in range(B)]
    lengths[:3] = [trial.random.randint(2, T - 1), T, trial.random.randint(1, T - 1)][:B]  # in neither order
    (out,) = trial.normal((B, T, H), dtype=dtype)
    return out, torch.tensor(lengths)


# %% id="last-valid-probe" rule="Row j must be out[j, lengths[j] - 1], the output at the last valid step of sequence j."
def _probe(trial):
    B, H = trial.sizes(2, low=3)
    return trial.call(last_valid, *_case(trial, B, 9, H))


# %% id="last-valid-probe-2" rule="It must work for a batch of one in float32, leave its arguments as they are, and let gradients flow."
def _probe(trial):
    out, lengths = _case(trial, 1, 6, *trial.sizes(1), "float32")
    return {
        "the result": trial.call(last_valid, out, lengths),
        "the gradient": trial.gradients(lambda out: last_valid(out, lengths), out)[0],
        "arguments untouched": trial.untouched,
    }


# %% id="many-to-one-common" also=["many-to-many"]
def _model(answer, given):
    """Make the model, and give its two layers weights that are drawn, not learnt."""
    import torch

    model = answer(given["inputs"], given["hidden"], given["outputs"]).double().eval()
    parts = list(model.modules())
    layers = [part for kind in (torch.nn.LSTM, torch.nn.Linear) for part in parts if isinstance(part, kind)]
    if [type(layer) for layer in layers] != [torch.nn.LSTM, torch.nn.Linear]:
        raise ValueError("the model must contain one nn.LSTM and one nn.Linear")
    _fill(layers, given)
    lstm = layers[0]
    return model, {"layers": lstm.num_layers, "bias": lstm.bias}


def _fill(layers, given):
    import torch

    source = torch.Generator().manual_seed(given["seed"] + 1)
    with torch.no_grad():
        for layer in layers:
            for parameter in layer.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=source, dtype=torch.float64))


def _layers(values, given):
    """Make the layers that a model said it has, with the same weights."""
    import torch

    lstm = torch.nn.LSTM(given["inputs"], given["hidden"], min(values["layers"], 4), bias=values["bias"])
    linear = torch.nn.Linear(given["hidden"], given["outputs"])
    _fill([lstm.double(), linear.double()], given)
    return lstm, linear


def _squares(result, parameters):
    """Say how much gradient reaches each parameter."""
    import torch

    gradients = torch.autograd.grad(result.square().sum(), list(parameters), allow_unused=True)
    return [0.0 if gradient is None else float(gradient.square().sum()) for gradient in gradients]


def _differs(name, got, right):
    """Return the first element that differs, as a sentence."""
    import numpy

    right = right.detach().numpy()
    if got.dtype != "float64":
        return f"Expected {name} to keep the dtype of its inputs, float64, got {got.dtype}."
    if got.values.shape != right.shape:
        return f"Expected {name} of the shape {right.shape}, got {got.values.shape}."
    wrong = ~numpy.isclose(got.values, right, rtol=1e-7, atol=1e-9)
    if not wrong.any():
        return None
    at = tuple(int(index[0]) for index in wrong.nonzero())
    return f"Expected {name}{list(at)} = {right[at]:.6g}, got {got.values[at]:.6g}."


def _no_gradient(values, right, parameters):
    import numpy

    return None if numpy.allclose(values["gradients"], _squares(right, parameters), rtol=1e-6) else "Some are missing."


def _padded(given):
    """Return x with nothing in the padding, x with something in it, and the lengths."""
    import torch

    source = torch.Generator().manual_seed(given["seed"])
    lengths = torch.tensor(given["lengths"])
    x, noise = torch.randn(2, len(lengths), given["steps"], given["inputs"], generator=source, dtype=torch.float64)
    is_padding = (torch.arange(given["steps"]) >= lengths[:, None])[..., None]
    return torch.where(is_padding, 0.0, x), torch.where(is_padding, 9 * noise, x), lengths


def _timed(given):
    """Return x and the pair h, c that one may start from."""
    import torch

    source = torch.Generator().manual_seed(given["seed"])
    x = torch.randn(given["steps"], given["batch"], given["inputs"], generator=source, dtype=torch.float64)
    h, c = torch.randn(2, 1, given["batch"], given["hidden"], generator=source, dtype=torch.float64)
    return x, (h, c)


# %% id="many-to-one-judge"
def given(seed, id):
    import random

    draw = random.Random(seed)
    B, T, I, H, O = draw.sample(range(3, 9), 5)
    lengths = [draw.randint(1, T) for _ in range(B)]
    lengths[:3] = draw.randint(2, T - 1), T, draw.randint(1, T - 1)  # in neither order
    return {"seed": seed, "steps": T, "inputs": I, "hidden": H, "outputs": O, "lengths": lengths}


def judge(values, seed, id):
    """Run every sequence alone, without its padding, through the same layers."""
    import torch

    drawn = given(seed, id)
    x, _, lengths = _padded(drawn)
    lstm, linear = _layers(values, drawn)
    right = torch.cat([linear(lstm(row[:n, None])[1][0][-1]) for row, n in zip(x, lengths)])  # (B, O)
    if id == "many-to-one-probe-3":
        return _no_gradient(values, right, [*lstm.parameters(), *linear.parameters()])
    if id == "many-to-one-probe-2":
        if not values["arguments untouched"]:
            return "Got an argument that was changed in place."
        if wrong := _differs("the answer for a batch of one", values["one"], right[1:2]):
            return wrong
    return _differs("the answer", values["answer"], right)


# %% id="many-to-one-probe" rule="The answer must be the linear layer on the hidden state at the last valid step, the same however often it is asked."
def _probe(trial):
    x, _, lengths = _padded(trial.given)
    model, layers = _model(ManyToOne, trial.given)
    model(x.flip(0).clone(), lengths.flip(0))
    return layers | {"answer": model(x.clone(), lengths)}


# %% id="many-to-one-probe-2" rule="What stands in the padding must not matter, a batch of one must work, and x stays as it is."
def _probe(trial):
    _, x, lengths = _padded(trial.given)
    model, layers = _model(ManyToOne, trial.given)
    one = trial.call(model, x[1:2], lengths[1:2])
    return layers | {"answer": trial.call(model, x, lengths), "one": one, "arguments untouched": trial.untouched}


# %% id="many-to-one-probe-3" rule="Gradients must reach every parameter: do without .detach(), .data and torch.no_grad()."
def _probe(trial):
    x, _, lengths = _padded(trial.given)
    model, layers = _model(ManyToOne, trial.given)
    return layers | {"gradients": _squares(model(x, lengths), model.parameters())}


# %% id="many-to-many-judge"
def given(seed, id):
    import random

    T, B, I, H, O = random.Random(seed).sample(range(3, 9), 5)
    return {"seed": seed, "steps": T, "batch": B, "inputs": I, "hidden": H, "outputs": O}


def judge(values, seed, id):
    """Run the same layers, from zeros and from the state that was given."""
    drawn = given(seed, id)
    x, state = _timed(drawn)
    lstm, linear = _layers(values, drawn)
    out, last = lstm(x)
    if id == "many-to-many-probe-3":
        return _no_gradient(values, linear(out), [*lstm.parameters(), *linear.parameters()])
    if id == "many-to-many-probe-2":
        if not values["arguments untouched"]:
            return "Got an argument that was changed in place."
        out, last = lstm(x, state)
        pieces, name = values["from the state"], "y from a state that is given"
    else:
        pieces, name = values["from zeros"], "y"
    y, (h, c) = pieces
    found = (_differs(*three) for three in ((name, y, linear(out)), ("h", h, last[0]), ("c", c, last[1])))
    return next(filter(None, found), None)


# %% id="many-to-many-probe" rule="y[t] must be the linear layer on the hidden state of step t, without a state from zeros, and the state that of the last step."
def _probe(trial):
    x, _ = _timed(trial.given)
    model, layers = _model(ManyToMany, trial.given)
    model(x.flip(0).clone())
    return layers | {"from zeros": model(x.clone())}


# %% id="many-to-many-probe-2" rule="Given a state, y must go on from it, and the arguments stay as they are."
def _probe(trial):
    x, state = _timed(trial.given)
    model, layers = _model(ManyToMany, trial.given)
    return layers | {"from the state": trial.call(model, x, state), "arguments untouched": trial.untouched}


# %% id="many-to-many-probe-3" rule="Gradients must reach every parameter: do without .detach(), .data and torch.no_grad()."
def _probe(trial):
    x, _ = _timed(trial.given)
    model, layers = _model(ManyToMany, trial.given)
    return layers | {"gradients": _squares(model(x)[0], model.parameters())}
