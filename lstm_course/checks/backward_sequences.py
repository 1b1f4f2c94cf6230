"""The sequence backward and the truncated run of lesson 3 as programs with holes, and what learners put into them."""

from lstm_course.checks.programs import Hole, Program

USES = "h_t is used twice, by the loss of its step and by the next step: what reaches it, and from where?"
BELT = "Which gradient comes along the belt from the step after, and what comes into the very last step?"
STATES = "h[t] and c[t] are the states before x[t] is read, h[t + 1] and c[t + 1] those after: which are meant?"
SHARES = "All steps of all sequences use the same weights: what does a branch do with what comes back?"
ROWS = "Row by row, dz must meet the x and h of the same step and the same sequence: do they?"
EDGE = "Before which steps does a window begin? (Counting from 0, and the first window begins with h_0 and c_0.)"
CUT = "Two states cross an edge. Their numbers must go on, their history must not: what does detach() do?"

SEQUENCE = Program(
    """
dz = torch.zeros_like(gates)
dh_next, dc = {start}
for t in {steps}:
    dz[t], dc_prev = back_to_maps({hears}, {belt}, {memory}, {gates})
    dh_next = {back}
    dc = {carried}
{turned}
rows = {rows}
dx = {dx}
dh_0, dc_0 = {leave}
dW_x = {dW_x}
dW_h = {dW_h}
db = {db}
""",
    ("dx", "dh_0", "dc_0", "dW_x", "dW_h", "db"),
    150,
    start=Hole(
        "torch.zeros_like(dc_T), dc_T",
        f"{BELT} And what comes from behind the last h?",
        *("torch.zeros_like(dc_T), torch.zeros_like(dc_T)", "dc_T, torch.zeros_like(dc_T)", "dc_T, dc_T"),
        *("dh[-1], dc_T", "dh[-1], torch.zeros_like(dc_T)", "torch.zeros_like(dc_T), dh[-1]"),
        "torch.ones_like(dc_T), dc_T",
    ),
    steps=Hole(
        "reversed(range(len(x)))",
        "Which step hands its gradients to which? So which one must be the first, and which the last?",
        *("range(len(x))", "range(len(x) - 1, 0, -1)", "range(len(x) - 2, -1, -1)", "range(1, len(x))"),
    ),
    hears=Hole(
        "dh[t] + dh_next",
        USES,
        *("dc", "dh[t]", "dh_next", "dh[t] * dh_next", "(dh[t] + dh_next) / 2", "dh[t - 1] + dh_next"),
        *("dh[min(t + 1, len(x) - 1)] + dh_next", "(dh[t] if t == len(x) - 1 else dh_next)", "dh[-1] + dh_next"),
        *("dh[-1 - t] + dh_next", "dh[t] - dh_next", "dh[0] + dh_next", "2 * dh[t]", "dh[t] + 2 * dh_next"),
        "(dh[t + 1] if t < len(x) - 1 else 0) + dh_next",
    ),
    belt=Hole(
        "dc",
        BELT,
        *("dh[t] + dh_next", "dc_T", "torch.zeros_like(dc_T)", "dc + dc_T", "dc + (dc_T if t < len(x) - 1 else 0)"),
        *("dc + dh[t]", "dc + dh_next", "-dc"),
    ),
    memory=Hole(
        "c[t], c[t + 1]",
        STATES,
        *("c[t + 1], c[t]", "c[t + 1], c[t + 1]", "c[t], c[t]", "c[t - 1], c[t]", "h[t], h[t + 1]"),
        "c[t - 1], c[t + 1]",
        *("c[t + 1], c[min(t + 2, len(x))]", "h[t], c[t + 1]", "c[t], h[t + 1]", "c[0], c[t + 1]", "c[t], c[-1]"),
    ),
    gates=Hole(
        "gates[t]",
        "gates has T entries, one a step: which one belongs to this step?",
        *("gates[t - 1]", "gates[min(t + 1, len(x) - 1)]", "gates[-1 - t]", "gates[-1]", "gates[0]"),
    ),
    back=Hole(
        "dz[t] @ W_h",
        "What leaves step t through h_{t-1}: all of it, and nothing else?",
        *("dh_next + dz[t] @ W_h", "dh[t] + dz[t] @ W_h", "dh[t] + dh_next + dz[t] @ W_h", "dz[t - 1] @ W_h"),
        *("dz[t] @ W_h + dc_prev", "dz[min(t + 1, len(x) - 1)] @ W_h", "dz[t] @ W_h / 4", "dz[t] @ W_h / len(dc)"),
    ),
    carried=Hole(
        "dc_prev", BELT, "0 * dc_prev", "dc", "dc + dc_prev", "dc_T + dc_prev", "dh_next", "dc_prev + dh_next"
    ),
    turned=Hole(
        "", "The loop meets the last step first: does dz[0] belong to the first step?", "dz = torch.flip(dz, [0])"
    ),
    rows=Hole("dz.flatten(0, 1)", ROWS, "dz.transpose(0, 1).flatten(0, 1)", "dz.flip(0).flatten(0, 1)"),
    dx=Hole("dz @ W_x", "Which dz belongs to x[t]?", "dz.flip(0) @ W_x", "dz.roll(1, 0) @ W_x", "dz.roll(-1, 0) @ W_x"),
    leave=Hole(
        "dh_next, dc",
        "What leaves the first step, through h_0 and along the belt? (dh[0] belongs to h_1.)",
        *("dc, dh_next", "dh_next + dh[0], dc", "dh_next, dc_T", "dh[0], dc", "dh_next, dc + dc_T", "dh_next + dc, dc"),
        *("dz[-1] @ W_h, dc", "dz[1] @ W_h, dc", "torch.zeros_like(dc), dc", "dh_next, torch.zeros_like(dc)"),
    ),
    dW_x=Hole(
        "rows.T @ x.flatten(0, 1)",
        f"{SHARES} {ROWS}",
        *("dz[0].T @ x[0]", "dz[-1].T @ x[-1]", "rows.T @ x.flatten(0, 1) / len(x)"),
        "rows.T @ x.flatten(0, 1) / len(rows)",
        *("rows.T @ x.flatten(0, 1) / x.shape[1]", "rows.T @ x.transpose(0, 1).flatten(0, 1)"),
        *("rows.T @ x.flip(0).flatten(0, 1)", "rows.T @ x.roll(1, 0).flatten(0, 1)", "dz[:, 0].T @ x[:, 0]"),
        *("dz[1:].flatten(0, 1).T @ x[1:].flatten(0, 1)", "dz[1:].flatten(0, 1).T @ x[:-1].flatten(0, 1)"),
        *("dz[:-1].flatten(0, 1).T @ x[:-1].flatten(0, 1)", "dz.sum(0).T @ x.sum(0)"),
    ),
    dW_h=Hole(
        "rows.T @ h[:-1].flatten(0, 1)",
        f"{STATES} {SHARES}",
        *("rows.T @ h[1:].flatten(0, 1)", "dz[0].T @ h[0]", "dz[-1].T @ h[-2]", "rows.T @ c[:-1].flatten(0, 1)"),
        *("rows.T @ h[:-1].flatten(0, 1) / len(x)", "rows.T @ h[:-1].flatten(0, 1) / len(rows)"),
        *("rows.T @ h[:-1].flatten(0, 1) / x.shape[1]", "dz[1:].flatten(0, 1).T @ h[1:-1].flatten(0, 1)"),
        *("rows.T @ h[:-1].transpose(0, 1).flatten(0, 1)", "rows.T @ h[:-1].flip(0).flatten(0, 1)"),
        *("rows.T @ h.roll(1, 0)[:-1].flatten(0, 1)", "dz[:-1].flatten(0, 1).T @ h[1:-1].flatten(0, 1)"),
        *("dz[:-1].flatten(0, 1).T @ h[:-2].flatten(0, 1)", "dz[1:].flatten(0, 1).T @ h[:-2].flatten(0, 1)"),
    ),
    db=Hole(
        "rows.sum(0)",
        SHARES,
        *("rows.mean(0)", "dz[0].sum(0)", "dz[-1].sum(0)", "dz.sum(0).mean(0)", "dz.mean(0).sum(0)", "dz[:, 0].sum(0)"),
        *("dz.sum(0)[0]", "dz[1:].sum((0, 1))", "dz[:-1].sum((0, 1))"),
    ),
)
TRUNCATED = Program(
    """
inputs = [x, h_0, c_0, W_x, W_h, b]
h, c, states = h_0, c_0, []
for t in {steps}:
    if {edge}:
        h, c = {cut}
    {new}, _ = cells.lstm_step({step}, W_x, W_h, b)
    states.append({kept})
h = {all}
dx, dh_0, dc_0, dW_x, dW_h, db = torch.autograd.grad(
    h.square().sum(), inputs, allow_unused=True, materialize_grads=True
)
""",
    ("h", "dx", "dh_0", "dc_0", "dW_x", "dW_h", "db"),
    60,
    steps=Hole(
        "range(len(x))",
        "x is (time, batch, inputs), and the last window may be shorter: over which steps must the loop go?",
        *("range(len(x) // window * window)", "range(x.shape[1])", "range(window)", "range(len(x) - 1)"),
        *("range(1, len(x))", "reversed(range(len(x)))"),
    ),
    edge=Hole(
        "t > 0 and t % window == 0",
        EDGE,
        *(
            "t > 0",
            "(t + 1) % window == 0",
            "t > 0 and t % window == 1 % window",
            "t % window == 0",
            "t == window",
        ),
        *("t >= window", "t > 0 and t % (window - 1) == 0", "t > 0 and t % (window + 1) == 0"),
        *("t > window and t % window == 0", "t == len(x) - window", "(len(x) - t) % window == 0", "t // window == 1"),
        "t > 1 and (t - 1) % window == 0",
    ),
    cut=Hole(
        "h.detach(), c.detach()",
        CUT,
        *("h, c", "h.detach(), c", "h, c.detach()", "torch.zeros_like(h), torch.zeros_like(c)", "h_0, c_0"),
        *("h.detach(), c_0", "h.detach(), torch.zeros_like(c)", "torch.zeros_like(h), c.detach()"),
        *("h_0.detach(), c_0.detach()", "h.detach(), h.detach()", "c.detach(), h.detach()", "h_0, c.detach()"),
        "h.detach(), c.detach(); x = x.detach()",
        "h.detach(), c.detach(); W_x, W_h, b = W_x.detach(), W_h.detach(), b.detach()",
    ),
    step=Hole(
        "x[t], h, c",
        "What carries a gradient from one step to the one before, and where must it be cut?",
        *("x[t], h.detach(), c.detach()", "x[t].detach(), h, c", "x[t], c, h", "x[0], h, c", "x[t], h, c_0"),
        "x[t], h_0, c",
        *("x[t], h.detach(), c", "x[t], h, c.detach()"),
    ),
    new=Hole("h, c", "In which order does cells.lstm_step return the two states?", "c, h"),
    kept=Hole(
        "h",
        "Which states belong into the result? They must keep their history inside their window.",
        *("h.detach() if (t + 1) % window == 0 else h", "c", "h.detach() if t > 0 and t % window == 0 else h"),
        *("h.detach() if t < len(x) - window else h", "h.detach() if t < len(x) - len(x) % window else h"),
        *("h if (t + 1) % window == 0 else h.detach()", "h if t == len(x) - 1 else h.detach()"),
    ),
    all=Hole(
        "torch.stack(states)",
        "The result holds h_1 to h_T, one after the other: which step does h[t] come from?",
        *("torch.stack([h_0, *states[:-1]])", "torch.stack(states[::-1])", "torch.stack([states[-1]] * len(x))"),
        *("torch.stack([h_0, *states])", "torch.cat(states)", "states[-1]"),
    ),
)
