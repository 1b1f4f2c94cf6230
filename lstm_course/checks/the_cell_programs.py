"""The cell of lesson 2 as programs with holes, and what learners put into the holes."""

from itertools import permutations

from lstm_course.checks.programs import Hole, Program

ORDER = "ifgo"  # PyTorch's
ROWS = "The blocks stand in the order i, f, g, o, H rows of W_x, W_h and b each: which rows belong to which map?"
FROM_BOTH = "What does every map add up, and which columns of the weights meet x_t, which meet h_prev?"


def _orders(form: str, join: str = ", ") -> list[str]:
    """Return every wrong order of the four maps, written with the names that `form` makes of the letters."""
    return [join.join(form.format(k) for k in order) for order in permutations(ORDER)][1:]


def _gate(k: str) -> Hole:
    right, other = ("tanh", "sigmoid") if k == "g" else ("sigmoid", "tanh")
    forms = (
        "{other}(z)",
        "z",
        "1 - {right}(z)",
        "{right}(-z)",
        "{right}({right}(z))",
        "{other}({right}(z))",
        "{right}({other}(z))",
        "relu(z)",
    )
    forms += ("{right}(2 * z)", "2 * sigmoid(z) - 1", "nn.functional.hardtanh(z)", "exp(z)", "torch.softmax(z, dim=1)")
    forms += ("{right}(z + 1)",)
    wrong = [form.format(right=right, other=other).replace("z", f"z_{k}") for form in forms]
    what = "makes the candidate, a value from -1 to 1" if k == "g" else f"makes the gate {k}_t, a share from 0 to 1"
    copied = [f"{right}(z_{other})" for other in ORDER if other != k]
    return Hole(f"{right}(z_{k})", f"Which function {what}, and of which block?", *wrong, *copied)


MAPS = """
z = {sum}{bias}
{names} = {cut}
i, f, g, o = {i}, {f}, {g}, {o}
"""
MAP_HOLES = {
    "names": Hole("z_i, z_f, z_g, z_o", ROWS, *_orders("z_{}")),
    "sum": Hole(
        "x_t @ W_x.T + h_prev @ W_h.T",
        FROM_BOTH,
        *(
            "x_t @ W_x.T",
            "h_prev @ W_h.T",
            "x_t @ W_x.T + c_prev @ W_h.T",
            "x_t @ W_x.T - h_prev @ W_h.T",
            "h_prev @ W_h.T - x_t @ W_x.T",
        ),
        "torch.cat([h_prev, x_t], 1) @ torch.cat([W_x, W_h], 1).T",
        "x_t @ W_x.reshape(-1, len(b)) + h_prev @ W_h.reshape(-1, len(b))",
        "x_t @ W_x.reshape(-1, len(b)) + h_prev @ W_h.T",
        "x_t @ W_x.T + 2 * h_prev @ W_h.T",
        "2 * x_t @ W_x.T + h_prev @ W_h.T",
        "(x_t @ W_x.T) * (h_prev @ W_h.T)",
        "x_t[:1] @ W_x.T + h_prev @ W_h.T",
        "x_t @ W_x.T + h_prev[:1] @ W_h.T",
        "(x_t @ W_x.T + h_prev @ W_h.T)[:1].expand(len(x_t), -1)",
        "(x_t @ W_x.T + h_prev @ W_h.T).mean(0).expand(len(x_t), -1)",
    ),
    "bias": Hole(" + b", "How often is the bias b added?", "", " + 2 * b", " - b", " + b.mean()", " * b", " + b.abs()"),
    "cut": Hole(
        "z.chunk(4, dim=1)",
        "All columns of one map come before those of the next: which columns of z belong to which map?",
        *("z.reshape(len(z), -1, 4).unbind(-1)", "z.reshape(4, *h_prev.shape)", "z.roll(1, 1).chunk(4, dim=1)"),
        *("z.roll(-1, 1).chunk(4, dim=1)", "z.flip(1).chunk(4, dim=1)"),
    ),
    **{k: _gate(k) for k in ORDER},
}
FOUR_GATES = Program(
    MAPS + "i_t, f_t, g_t, o_t = {returned}",
    ("i_t", "f_t", "g_t", "o_t"),
    **MAP_HOLES,
    returned=Hole("i, f, g, o", "In which order are the four returned?", *_orders("{}")),
)

KEEP = "What does the forget gate multiply?"
WRITE = "How much of the candidate g_t is written?"
SHOW = "What is shown of the new memory, and through which function?"
LSTM_STEP = Program(
    "h_prev, c_prev = {given}"
    + MAPS
    + """
c_t = {keep} {plus} {write}{squash}
h_t = {read}{shown}{outside}
""".strip(),
    ("c_t", "h_t"),
    given=Hole("h_prev, c_prev", "Which of the two states goes into the maps, which along the belt?", "c_prev, h_prev"),
    keep=Hole(
        "f * c_prev",
        KEEP,
        *("c_prev", "f", "f * h_prev", "(1 - f) * c_prev", "i * c_prev", "(1 - i) * c_prev", "f * tanh(c_prev)", "0"),
        *("o * c_prev", "g * c_prev", "f + c_prev", "f * f * c_prev"),
    ),
    plus=Hole("+", "How do what is kept and what is written come together?", "-", "*"),
    write=Hole(
        "i * g",
        WRITE,
        *("g", "i", "(1 - f) * g", "(1 - i) * g", "f * g", "o * g", "0", "i + g", "i * tanh(g)", "i * tanh(c_prev)"),
        *("i * sigmoid(g)", "i * i * g", "i * x_t.mean()"),
    ),
    squash=Hole("", "The belt: is the new memory itself squashed?", "; c_t = tanh(c_t)", "; c_t = sigmoid(c_t)"),
    read=Hole("o * ", SHOW, "", "f * ", "i * ", "(1 - o) * ", "tanh(o) * ", "o * o * ", "g * ", "h_prev * "),
    shown=Hole(
        "tanh(c_t)",
        SHOW,
        *("c_t", "tanh(c_prev)", "c_prev", "sigmoid(c_t)", "tanh(tanh(c_t))", "tanh(g)", "g", "relu(c_t)", "1"),
        *("tanh(f * c_prev)", "tanh(i * g)", "tanh(h_prev)"),
    ),
    outside=Hole(
        "",
        SHOW,
        *(
            "; h_t = tanh(o * c_t)",
            "; h_t = o + tanh(c_t)",
            "; h_t = h_prev + h_t",
            "; h_t = tanh(h_t)",
            "; h_t = -h_t",
        ),
    ),
    **MAP_HOLES,
)

CARRY = "Which two states does the next step start from?"
LSTM_SEQUENCE = Program(
    """
h_t, c_t, states = {start}, []
for t in {steps}:
    h_new, c_new, _ = cells.lstm_step({x_t}, h_t, c_t, W_x, W_h, b)
    states.append({kept})
    h_t, c_t = {carried}
h = {stacked}
h_T = {h_T}
c_T = {c_T}
""",
    ("h", "h_T", "c_T"),
    start=Hole(
        "h_0, c_0",
        "Which states does the first step start from?",
        *("0 * h_0, 0 * c_0", "c_0, h_0", "0 * h_0, c_0", "h_0, 0 * c_0", "h_0, h_0", "c_0, c_0"),
        *(
            "h_0[:1].expand_as(h_0), c_0",
            "h_0, c_0[:1].expand_as(c_0)",
            "h_0[:1].expand_as(h_0), c_0[:1].expand_as(c_0)",
        ),
    ),
    steps=Hole("range(T)", "In which direction does time run?", "reversed(range(T))"),
    x_t=Hole(
        "x[:, t]",
        "Which axis of x is time, and which step is read?",
        *("x[:, 0]", "x[:, -1]", "x[:, t - 1]", "x[:, min(t + 1, T - 1)]", "x[:, max(t - 1, 0)]", "x.mean(1)"),
        *("x.reshape(T, B, -1)[t]", "x[:1, t].expand(B, -1)", "x[:, T - 1 - t]", "0 * x[:, t]"),
    ),
    kept=Hole(
        "h_new", "Which state is h_t, the one after step t?", "c_new", "h_t", "h_new.tanh()", "h_new + h_t", "h_0"
    ),
    carried=Hole(
        "h_new, c_new",
        CARRY,
        *("h_0, c_0", "h_new, c_0", "h_0, c_new", "c_new, h_new", "h_new, h_new", "c_new, c_new", "0 * h_new, c_new"),
        *("h_new, 0 * c_new", "h_new + h_t, c_new + c_t", "h_new, c_new.tanh()", "h_new.tanh(), c_new"),
    ),
    stacked=Hole(
        "torch.stack(states, dim=1)",
        "The second axis of h is time: how do T tensors (B, H) become (B, T, H)?",
        *("torch.stack(states).reshape(B, T, -1)", "torch.stack(states[::-1], dim=1)", "torch.stack([h_t] * T, dim=1)"),
        *("torch.stack(states[:1] * T, dim=1)", "torch.stack(states, dim=1).cumsum(1)"),
        "torch.stack([*states[1:], states[-1]], dim=1)",
    ),
    h_T=Hole(
        "h_t",
        "Which h is that after the last step?",
        *("c_t", "h[:, 0]", "h_0", "h.mean(1)", "h.sum(1)", "states[-2]", "h.amax(1)", "c_0", "0 * h_t"),
    ),
    c_T=Hole("c_t", "Which c is that after the last step?", "h_t", "c_0", "h_0", "c_t.tanh()", "h[:, 0]", "0 * c_t"),
)

COLUMNS = "W acts on [h_prev, x_t]: which columns meet h_prev, which meet x_t?"
STACK = "In which order does PyTorch stack the gates, and all rows of one before those of the next?"
ADDED = "PyTorch adds both bias vectors: what must their sum be?"
PACK_WEIGHTS = Program(
    """
stacked = {stacked}
weight_ih = stacked[:, {ih}]
weight_hh = stacked[:, {hh}]
bias = {biases}
bias_ih_plus_bias_hh = {sum}
""",
    ("weight_ih", "weight_hh", "bias_ih_plus_bias_hh"),
    stacked=Hole(
        "torch.cat([W[k] for k in 'ifgo'])",
        STACK,
        *(f"torch.cat([W[k] for k in {order!r}])" for order in _orders("{}", "")),
        "torch.stack([W[k] for k in 'ifgo'], dim=1).flatten(0, 1)",
    ),
    ih=Hole("H:", COLUMNS, ":I", "::2", "1:I + 1"),
    hh=Hole(":H", COLUMNS, "I:", "1:H + 1"),
    biases=Hole(
        "torch.cat([b[k] for k in 'ifgo'])",
        STACK,
        *(f"torch.cat([b[k] for k in {order!r}])" for order in _orders("{}", "")),
        "torch.stack([b[k] for k in 'ifgo'], dim=1).flatten()",
    ),
    sum=Hole("bias", ADDED, "bias + bias", "0 * bias", "bias / 2", "-bias", "bias + 1", "bias * bias"),
)
