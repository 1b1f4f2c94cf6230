"""What lesson 8 asks for as programs with holes, and what learners put into the holes."""

from itertools import permutations

from lstm_course.checks.programs import Hole, Program

SQUASHED = "Which maps are squashed by sigma and which by tanh, and what is added before that?"
PEEPS = "Which cell does this gate see, the old one or the new one, through which p, and is it added before sigma?"
SEES = "p_i belongs to the input gate, p_f to the forget gate, p_o to the output gate: which gate sees through which?"
CELL = "What happens to the old cell, and how much of the candidate comes in?"
MASKED = "Where mask is False the weight must be 0 and the rest of the row 1: before or after softmax, and which score?"
SCALED = "By what are the scores divided, so that they do not grow with D, the length of a question?"
ONE_MAP = "A map has a matrix for the input, one for the hidden state, and one bias: which shapes have they?"
KINDS = "How many maps has this cell, and what has it beside them?"

Z = Hole(
    "x_t @ W_x.T + h_prev @ W_h.T + b",
    "Each map adds a part from x_t, one from h_prev and a bias: is one missing, or met by something else?",
    *("x_t @ W_x.T + h_prev @ W_h.T", "x_t @ W_x.T + b", "h_prev @ W_h.T + b", "x_t @ W_x.T + h_prev @ W_h.T - b"),
    *("x_t @ W_x.T + h_prev @ W_h.T + 2 * b", "x_t @ W_x.T + c_prev @ W_h.T + b"),
    *("x_t @ W_x.T * (h_prev @ W_h.T) + b", "x_t @ W_x.T - h_prev @ W_h.T + b"),
    "torch.cat([h_prev, x_t], dim=1) @ torch.cat([W_x, W_h], dim=1).T + b",
)
SHOWN = Hole(
    "o_t * torch.tanh(c_t)",
    "The hidden state is the output gate times the tanh of which cell?",
    *("o_t * c_t", "o_t * torch.tanh(c_prev)", "torch.tanh(c_t)", "torch.tanh(o_t * c_t)", "o_t * torch.sigmoid(c_t)"),
    *(
        "o_t + torch.tanh(c_t)",
        "o_t * c_prev",
        "i_t * torch.tanh(c_t)",
        "o_t * g_t",
        "o_t",
        "(1 - o_t) * torch.tanh(c_t)",
    ),
)
SWAPPED = Hole("", "In which order are h_t and c_t returned?", "h_t, c_t = c_t, h_t")


def _cut(letters: str) -> dict[str, Hole]:
    """Return the holes where z is cut, for maps stacked in the order of these letters."""
    orders = [", ".join(f"z_{k}" for k in order) for order in permutations(letters)]
    n, asks = (
        len(letters),
        f"The rows are stacked in the order {', '.join(letters)}: which block of z belongs to which map?",
    )
    mixed = f"z.reshape(len(z), -1, {n}).unbind(-1)"
    return {"names": Hole(orders[0], asks, *orders[1:]), "cut": Hole(f"z.chunk({n}, dim=1)", asks, mixed)}


def _gate(k: str, cell: str, other: str) -> Hole:
    """Return a gate with a peephole at `cell`, with what is written instead."""
    z, p = f"z_{k}", f"p_{k}"
    wrong = (f"{z}", f"{z} + {other}", f"{z} * {cell}", f"{z} - {cell}", f"{z} + 1")
    see = [f"torch.sigmoid({z} + {p} * {seen})" for seen in (other, f"torch.tanh({cell})", "h_prev", "1", "g_t", "z_g")]
    see += [
        f"torch.sigmoid({z}) + {p} * {cell}",
        f"torch.sigmoid({z}) * {p} * {cell}",
        f"torch.sigmoid({z} * {p} * {cell})",
    ]
    see += [f"torch.sigmoid({z} - {p} * {cell})", f"torch.tanh({z} + {p} * {cell})", f"{z} + {p} * {cell}"]
    see += [f"torch.sigmoid({z} + {p} + {cell})", f"torch.sigmoid({z} + ({cell} @ {p})[:, None])"]
    return Hole(f"gate({z}, {p}, {cell})", PEEPS, *(f"torch.sigmoid({code})" for code in wrong), *see)


PEEPHOLE = Program(
    """
gate = lambda z, p, cell: {gate}
z = {z}
{names} = {cut}
{p}
g_t = {g}
i_t = {i}
f_t = {f}
c_t = {c}
o_t = {o}
h_t = {h}
{swap}
""",
    ("c_t", "h_t"),
    **_cut("ifgo"),
    z=Z,
    gate=Hole(
        "torch.sigmoid(z + p * cell)",
        "How does a gate see its cell: number by number, through p, added to z before sigma?",
        *(
            "torch.sigmoid(z) + p * cell",
            "torch.sigmoid(z + cell)",
            "torch.sigmoid(z + p)",
            "torch.sigmoid(z * p * cell)",
        ),
        *("torch.tanh(z + p * cell)", "torch.sigmoid(z + p * torch.tanh(cell))", "torch.sigmoid(z - p * cell)"),
        *("torch.sigmoid(z + (cell @ p)[:, None])", "torch.sigmoid(z) * p * cell", "torch.sigmoid(z + p * h_prev)"),
        *(
            "z + p * cell",
            "torch.sigmoid(z * (1 + p * cell))",
            "torch.sigmoid(z + p + cell)",
            "torch.sigmoid(p * cell)",
        ),
    ),
    p=Hole(
        "",
        SEES,
        *("p_i = p_f = p_o = torch.zeros_like(p_o)  # no peepholes", "p_i, p_f = p_f, p_i", "p_i, p_o = p_o, p_i"),
        *("p_f, p_o = p_o, p_f", "p_i, p_f, p_o = p_f, p_o, p_i", "p_i, p_f, p_o = p_o, p_i, p_f", "p_f = p_i"),
        *("p_i = p_f", "p_o = p_i", "p_o = p_f"),
        "z_i, z_f, z_o = z_i + p_i * c_prev, z_f + p_f * c_prev, z_o + p_o * c_prev",
    ),
    g=Hole(
        "torch.tanh(z_g)",
        "The candidate sees no cell, and tanh squashes it: is yours squashed so, and of what?",
        *("torch.tanh(z_g + p_i * c_prev)", "torch.tanh(z_g + p_f * c_prev)", "torch.sigmoid(z_g)", "z_g"),
        *("torch.tanh(z_g + p_o * c_prev)", "torch.tanh(z_g + c_prev)", "torch.tanh(z_g) + p_i * c_prev"),
    ),
    i=_gate("i", "c_prev", "h_prev"),
    f=_gate("f", "c_prev", "h_prev"),
    c=Hole(
        "f_t * c_prev + i_t * g_t",
        CELL,
        *("f_t * c_prev + g_t", "f_t * c_prev", "i_t * g_t", "c_prev + i_t * g_t", "i_t * c_prev + f_t * g_t"),
        *("f_t * c_prev - i_t * g_t", "f_t * h_prev + i_t * g_t", "f_t * c_prev * i_t * g_t", "f_t + i_t * g_t"),
        *(
            "(1 - i_t) * c_prev + i_t * g_t",
            "(1 - f_t) * c_prev + i_t * g_t",
            "f_t * c_prev + (1 - f_t) * g_t",
            "torch.tanh(f_t * c_prev + i_t * g_t)",
        ),
        *("(f_t + c_prev) * i_t * g_t", "f_t * (c_prev + i_t * g_t)", "f_t * c_prev + i_t + g_t"),
        "f_t * c_prev + o_t * g_t",
    ),
    o=_gate("o", "c_t", "c_prev"),
    h=SHOWN,
    swap=SWAPPED,
)
COUPLED = Program(
    """
z = {z}
{names} = {cut}
i_t = {i}
g_t = {g}
o_t = {o}
c_t = {c}
h_t = {h}
{swap}
""",
    ("c_t", "h_t"),
    **_cut("igo"),
    z=Z,
    c=Hole(
        "(1 - i_t) * c_prev + i_t * g_t",
        f"{CELL} The share that is kept and the share that is new make 1 together.",
        *("i_t * c_prev + (1 - i_t) * g_t", "c_prev + i_t * g_t", "i_t * c_prev + i_t * g_t"),
        *("(1 - i_t) * c_prev + g_t", "(1 - i_t**2) * c_prev + i_t * g_t", "(1 - i_t) * c_prev", "i_t * g_t"),
        *("(1 - i_t) * c_prev + i_t", "(1 - i_t) * h_prev + i_t * g_t", "1 - i_t * c_prev + i_t * g_t"),
        *("(1 - i_t) * c_prev - i_t * g_t", "(1 - g_t) * c_prev + i_t * g_t", "(1 - i_t) * (c_prev + i_t * g_t)"),
        *("torch.tanh((1 - i_t) * c_prev + i_t * g_t)", "(1 + i_t) * c_prev + i_t * g_t", "o_t * c_prev + i_t * g_t"),
        *("(1 - o_t) * c_prev + i_t * g_t", "(1 - i_t) * c_prev + o_t * g_t", "c_prev + g_t"),
        *("torch.sigmoid(1 - z_i) * c_prev + i_t * g_t", "(1 - i_t) * c_prev * i_t * g_t"),
        "(i_t - 1) * c_prev + i_t * g_t",
    ),
    h=SHOWN,
    i=Hole("torch.sigmoid(z_i)", SQUASHED, "torch.tanh(z_i)", "z_i", "1 - torch.sigmoid(z_i)", "torch.sigmoid(-z_i)"),
    g=Hole("torch.tanh(z_g)", SQUASHED, "torch.sigmoid(z_g)", "z_g"),
    o=Hole("torch.sigmoid(z_o)", SQUASHED, "torch.tanh(z_o)", "z_o", "1 - torch.sigmoid(z_o)", "1"),
    swap=SWAPPED,
)
ATTENTION = Program(
    """
scores = {products}
scores = {scaled}
scores = {masked}
A = {softmax}
result = {result}
A = {late}
{swap}
""",
    ("A", "result"),
    products=Hole(
        "Q @ K.transpose(1, 2)",
        "Which score has question q at step t: the dot product of which two vectors?",
        *("K @ Q.transpose(1, 2)", "-Q @ K.transpose(1, 2)", "torch.cdist(Q, K)", "-torch.cdist(Q, K)"),
        *(
            "Q @ K.flip(0).transpose(1, 2)",
            "Q @ K.reshape(len(K), D, -1)",
            "torch.nn.functional.cosine_similarity(Q[:, :, None], K[:, None], dim=-1)",
        ),
    ),
    scaled=Hole(
        "scores / D**0.5",
        SCALED,
        *("scores  # not divided", "scores / D", "scores * D**0.5", "scores / K.shape[1] ** 0.5"),
        *("scores / Q.shape[1] ** 0.5", "scores / V.shape[-1] ** 0.5", "scores * D", "scores / D**2"),
        *("scores / len(Q) ** 0.5", "scores - D**0.5"),
    ),
    masked=Hole(
        "scores.masked_fill(~mask, -torch.inf)",
        MASKED,
        *("scores  # no mask", "scores * mask", "scores.masked_fill(mask, -torch.inf)", "scores.masked_fill(~mask, 0)"),
        *("scores.masked_fill(~mask, -1)", "scores.masked_fill(~mask, -10)", "scores + mask"),
        *("scores.masked_fill(~mask, 1e-9)", "scores.masked_fill(~mask, -100)", "scores - (~mask) * 1.0"),
        *("scores.masked_fill(~mask, torch.inf)", "scores.masked_fill(~mask, -20)", "scores.masked_fill(~mask, -5)"),
        *("scores.masked_fill(~mask, 1e9)", "scores.masked_fill(~mask[0], -torch.inf)"),
        "scores.masked_fill(torch.ones_like(mask).triu(1), -torch.inf)",
        "scores.masked_fill(~mask, -torch.inf) - ~mask * scores.abs()",
    ),
    softmax=Hole(
        "scores.softmax(dim=-1)",
        "Each row of A must add up to 1: along which axis goes the softmax, and is anything done after it?",
        *("scores.softmax(dim=1).nan_to_num()", "scores.softmax(dim=1)", "scores.softmax(dim=0)", "scores"),
        *("scores.sigmoid()", "scores.softmax(dim=-1) / D**0.5", "scores.softmax(dim=-1) * mask", "scores.exp()"),
        "(Q @ K.transpose(1, 2) / D**0.5).softmax(dim=-1) * mask  # masked too late",
        *("scores.softmax(dim=-1) * ~mask", "scores.softmax(dim=-1).softmax(dim=-1)", "scores.log_softmax(dim=-1)"),
        *("scores.exp() / scores.exp().sum()", "scores.softmax(dim=-1).masked_fill(mask, 0)", "scores.relu()"),
        *("(scores == scores.amax(-1, keepdim=True)).to(V.dtype)", "scores.flatten(1).softmax(-1).view_as(scores)"),
        "scores / scores.nan_to_num(neginf=0).sum(-1, keepdim=True)",
        "(scores.softmax(dim=-1) * mask).softmax(dim=-1)",
    ),
    result=Hole(
        "A @ V",
        "The result is the mean of the values, weighted by the weights that you return: of which, and is that all?",
        *("A @ K", "A.transpose(1, 2) @ V", "A @ V / D**0.5", "A @ V / len(V[0])", "A @ V.flip(1)", "A @ V + Q"),
        *("(Q @ K.transpose(1, 2) / D**0.5) @ V", "(Q @ K.transpose(1, 2) / D**0.5).softmax(dim=-1) @ V"),
        *("A.sum(-1, keepdim=True) * V.mean(1, keepdim=True)", "(A @ V).softmax(dim=-1)", "(A @ V).mean(1)"),
        *("A[0] @ V[0]", "(A @ V).sum(1)", "V.mean(1, keepdim=True)"),
    ),
    swap=Hole("", "Which of the two is returned first, the result or the weights?", "A, result = result, A"),
    late=Hole("A", "Do you return the weights that made the result?", "scores", "A.transpose(1, 2)", "A[0]"),
)
COUNT = Program(
    """
one_map = {one_map}
counts = {{
    "lstm": {lstm},
    "peephole": {peephole},
    "coupled": {coupled},
    "gru": {gru},
    "bidirectional": {bidirectional},
    "2d": {two_d},
}}
lstm, peephole, coupled, gru, bidirectional, two_d = counts.values()
""",
    ("lstm", "peephole", "coupled", "gru", "bidirectional", "two_d"),
    one_map=Hole(
        "H * I + H * H + H",
        ONE_MAP,
        *("H * I + H * H", "H * I + H", "H * H + H", "H * I + H * H + 2 * H", "H * I + H * H + 1", "H * I + H * H + I"),
        "H * I + I * I + I",
        *("I + H + H", "H * I * H + H", "I * I + H * H + H", "H * I + I * H + H", "H * I + H * H + H + H * H"),
        "H * (I + H + H)",
    ),
    lstm=Hole(
        "4 * one_map", f"{KINDS} The LSTM: i, f, g and o.", "one_map", "3 * one_map", "4 * one_map + H", "5 * one_map"
    ),
    peephole=Hole(
        "4 * one_map + 3 * H",
        f"{KINDS} Of its four maps three have a peephole, and a p has a number for each unit.",
        *("4 * one_map", "4 * one_map + 4 * H", "4 * one_map + 3 * H * H", "4 * (one_map + 3 * H)", "4 * one_map + 3"),
        *("4 * one_map + H", "7 * one_map", "4 * one_map + 2 * H", "3 * one_map + 3 * H", "4 * (one_map + H * H)"),
        *("4 * one_map + 4 * H * H", "4 * one_map + 3 * I", "3 * H"),
    ),
    coupled=Hole(
        "3 * one_map",
        f"{KINDS} The forget gate is made from the input gate, without weights of its own.",
        *("4 * one_map", "3 * one_map + H", "2 * one_map", "3 * one_map + 3 * H", "3 * one_map - H", "4 * one_map - H"),
    ),
    gru=Hole(
        "3 * (one_map + H)",
        f"{KINDS} The GRU: r, z and n, and two bias vectors for each of them.",
        *("3 * one_map", "3 * one_map + H", "4 * one_map", "4 * (one_map + H)", "2 * (one_map + H)"),
        *("3 * one_map + 2 * H", "2 * one_map", "3 * (one_map + 2 * H)", "6 * one_map", "3 * (one_map + 1)"),
    ),
    bidirectional=Hole(
        "8 * one_map",
        f"{KINDS} In each of two directions a whole LSTM reads the input, with weights of its own.",
        *("4 * one_map", "4 * (one_map + H * H)", "4 * (H * I + 2 * H * H + 2 * H)", "8 * one_map + H"),
        *("8 * (one_map + H)", "4 * one_map + 4 * H * H", "4 * (one_map + H * I)", "16 * one_map", "6 * one_map"),
        *("2 * one_map", "4 * (2 * H * I + 4 * H * H + 2 * H)"),
    ),
    two_d=Hole(
        "5 * (one_map + H * H)",
        f"{KINDS} Five maps (two forget gates), and each reads the input once and two hidden states.",
        *("5 * one_map", "4 * (one_map + H * H)", "5 * 2 * one_map", "5 * (2 * (H * I + H * H) + H)", "8 * one_map"),
        *("5 * one_map + H * H", "4 * one_map + 5 * H * H", "6 * (one_map + H * H)", "5 * (one_map + H * H + H)"),
        *("4 * one_map", "4 * 2 * one_map", "5 * (one_map + H)", "5 * one_map + 2 * H * H"),
        *("5 * (one_map + 2 * H * H)", "10 * one_map + H"),
    ),
)
