"""What lesson 4 asks for as programs with holes, and what learners put into the holes."""

from lstm_course.checks.programs import Hole, Program

LAYERS_FIRST = "h_n and c_n count layers times directions on one axis: on which, and does batch_first matter?"
WIDTH = "How many numbers has an h, and how many a c? (proj_size narrows one of them, and out holds both directions.)"
READS = "What does the first layer read, and what a layer above it? (Both directions, where there are two.)"
MAPS = "For each map, layer and direction: a matrix for the input, one for the state, and two bias vectors?"
LAST = "Which step is the last valid one of a sequence of n steps, counting from 0, and does each row get its own?"

SHAPES = Program(
    """
directions = {directions}
said = {said}
first_axes = {axes}
out = {out}
rows = {rows}
h_n = {h_n}
c_n = {c_n}
{order}
""",
    ("out", "h_n", "c_n"),
    order=Hole(
        "", "In which order are the three shapes returned?", "h_n, c_n = c_n, h_n", "out, h_n, c_n = h_n, c_n, out"
    ),
    directions=Hole(
        "2 if bidirectional else 1", "In how many directions is the sequence read?", "1", "2", "int(bidirectional)"
    ),
    said=Hole("proj_size or H", WIDTH, "H", "proj_size", "H + proj_size", "H - proj_size"),
    axes=Hole(
        "(B, T) if batch_first else (T, B)",
        "Which axis of out comes first, and what changes that?",
        *("(T, B)", "(B, T)", "(T, B) if batch_first else (B, T)"),
    ),
    out=Hole(
        "(*first_axes, directions * said)",
        "out holds what the top layer says at every step, both directions side by side: how long is its last axis?",
        *("(*first_axes, said)", "(*first_axes, H)", "(*first_axes, directions * H)"),
        *("(*first_axes, num_layers * said)", "(*first_axes, num_layers * directions * said)"),
        *("(directions, *first_axes, said)", "(B, directions * said)", "(num_layers, *first_axes, said)"),
        *("(*first_axes, directions + said)", "(*first_axes, 2 * said)"),
    ),
    rows=Hole(
        "num_layers * directions",
        LAYERS_FIRST,
        *("num_layers", "directions", "1", "num_layers + directions", "2 * num_layers", "T"),
    ),
    h_n=Hole(
        "(rows, B, said)",
        f"{LAYERS_FIRST} And is the last axis one direction's H, or proj_size?",
        *("(B, rows, said)", "(B, rows, said) if batch_first else (rows, B, said)", "(rows, B, H)", "(rows, said)"),
        *("(rows, B, directions * said)", "(num_layers, B, directions * said)", "(num_layers, B, said)"),
        *("(1, B, said)", "(directions, B, said)", "(rows, T, said)", "(B, said)", "(T, B, said)", "out"),
        *("(B, directions * said)", "(num_layers, directions, B, said)", "(rows, T, B, said)"),
    ),
    c_n=Hole(
        "(rows, B, H)",
        f"{LAYERS_FIRST} And is the last axis one direction's H, or proj_size?",
        *("(rows, B, said)", "(B, rows, H)", "(B, rows, H) if batch_first else (rows, B, H)", "(num_layers, B, H)"),
        *("(rows, B, directions * H)", "(num_layers, B, directions * H)", "(1, B, H)", "(directions, B, H)", "out"),
        *("(rows, T, H)", "(B, H)", "(T, B, H)", "(num_layers, directions, B, H)", "(rows, B, H + proj_size)"),
    ),
)
COUNT = Program(
    """
directions = {directions}
total = 0
for layer in range({layers}):
    read = {read}
    total {plus} {share}
""",
    ("total",),
    directions=Hole("2 if bidirectional else 1", "Has each direction weights of its own?", "1", "2"),
    layers=Hole("num_layers", "Which layers have weights?", "1", "num_layers - 1", "num_layers + 1", "2 * num_layers"),
    read=Hole(
        "I if layer == 0 else directions * H",
        READS,
        *("I", "H", "I if layer == 0 else H", "directions * H", "I if layer == 0 else directions * I"),
        *("I if layer == 0 else I + H", "directions * I if layer == 0 else directions * H", "0 if layer else I"),
        *("I if layer == 0 else 2 * H", "directions * I", "I if layer == 0 else layer * directions * H"),
    ),
    plus=Hole("+=", "Is the count of every layer added to those of the layers below?", "="),
    share=Hole(
        "directions * 4 * (H * (read + H) + 2 * H)",
        MAPS,
        *("directions * 4 * (H * (read + H) + H)", "directions * 4 * H * (read + H)", "4 * (H * (read + H) + 2 * H)"),
        *("directions * (H * (read + H) + 2 * H)", "directions * 3 * (H * (read + H) + 2 * H)"),
        *("directions * 4 * (H * (read + H) + 2)", "directions * (4 * H * (read + H) + 2 * H)"),
        *("directions * 4 * H * (read + H) + 2 * H", "directions * 4 * H * (read + H) + 8 * H"),
        *("directions * 4 * (H * read + 2 * H)", "directions * 4 * (H * H + 2 * H)"),
        *("directions * 4 * (read + H + 2 * H)", "directions * 4 * (H * read * H + 2 * H)"),
        *("directions * 4 * (H * (read + H) + 4 * H)", "4 * (H * (read + H) + H)"),
        *("directions * 8 * (H * (read + H) + 2 * H)", "directions * 4 * (H * (read + H) + 1)"),
        *("directions * 4 * H * read", "directions * (4 * H * (read + H) + H)"),
        *("directions * 4 * (H * read + H + 2 * H)", "directions * 4 * (H * (read + H) + 8 * H)"),
        "directions * 4 * (H * (read + H) + (0 if layer else 2 * H))",
        *("directions * 4 * (read * (read + H) + 2 * H)", "4 * H * (read + H)"),
        *("directions * 4 * (H * (read + H) + 3 * H)", "directions * 4 * (H * (read + directions * H) + 2 * H)"),
    ),
)
PICKED = Program(
    """
rows = torch.arange(len(out))
result = {result}
""",
    ("result",),
    result=Hole(
        "out[rows, lengths - 1]",
        LAST,
        *("out[:, -1]", "out[:, 0]", "out[rows, lengths]", "out[rows, lengths - 2]", "out[rows, -lengths]"),
        *("out[rows, lengths.clamp(max=out.shape[1] - 1)]", "out[rows, lengths - out.shape[1]]", "out[0, lengths - 1]"),
        *("out[:, lengths.min() - 1]", "out[:, lengths.max() - 1]", "out[:, lengths[0] - 1]"),
        *("out[:, lengths[-1] - 1]", "out.mean(dim=1)", "out.sum(dim=1)", "out.amax(dim=1)", "out[:, -2]"),
        *("out[:, lengths - 1]", "out[lengths - 1]", "torch.stack([row[:n].mean(0) for row, n in zip(out, lengths)])"),
        *("out[:, 1]", "out[rows, 0 * lengths - 1]", "torch.stack([row[:n].sum(0) for row, n in zip(out, lengths)])"),
        *("out[rows, lengths - 1][:, None]", "torch.stack([row[:n].amax(0) for row, n in zip(out, lengths)])"),
        *("out[rows, lengths - 1].flip(0)", "out[rows, lengths - 1][lengths.argsort()]"),
        *("out[rows, lengths - 1][lengths.argsort(descending=True)]", "out[:, lengths - 1].mean(1)"),
        *("out.gather(1, (lengths - 1)[:, None, None])", "out.gather(1, (lengths - 1)[:, None, None]).squeeze()"),
        *("out.flatten(0, 1)[lengths - 1]", "out[rows, lengths - 1].T", "out.flatten(0, 1)[lengths.cumsum(0) - 1]"),
        *("out.gather(1, (lengths - 1)[:, None, None]).squeeze(-1)", "out[rows, out.abs().sum(2).argmax(1)]"),
        *("out[rows, out.shape[1] - lengths]", "out[rows, lengths // 2]"),
    ),
)
AFTER = Hole(
    "linear(read)",
    "What does the linear layer read, and is anything done to its answer?",
    *("linear(read).relu()", "linear(read).sigmoid()", "linear(read).tanh()", "linear(read).softmax(-1)"),
    *("linear(read).log_softmax(-1)", "linear(read.relu())", "linear(read.tanh())", "linear(read.sigmoid())"),
    *("linear(read) - linear.bias", "linear(read).squeeze()", "linear(read).mean(-1, keepdim=True)"),
    *(
        "linear(2 * read)",
        "linear(read).softmax(0)",
        "linear(read.softmax(-1))",
        "linear(read).argmax(-1)",
        "linear(read).exp()",
    ),
)
# out (B, T, H), c_n and h_bottom (B, H): over the padded batch; c_alone (B, H): of each sequence run by itself.
ONE = Program(
    """
rows = torch.arange(len(x))
read = {read}
answer = {answer}
{order}
""",
    ("answer",),
    read=Hole(
        "out[rows, lengths - 1]",
        "It reads the top layer's h at each row's last valid step (of n steps, index n - 1). What does yours read?",
        *("out[:, -1]  # and so h_n[-1]", "out[:, 0]", "out[rows, lengths - 2]"),
        "out[rows, lengths.clamp(max=out.shape[1] - 1)]",
        *("out.mean(dim=1)", "out.sum(dim=1)", "out.amax(dim=1)", "out[:, lengths.max() - 1]", "unpacked[:, -1]"),
        *("out[:, lengths[0] - 1]", "out[:, lengths[-1] - 1]", "unpacked.mean(dim=1)", "unpacked[:, 0]"),
        *("torch.stack([row[:n].mean(0) for row, n in zip(out, lengths)])", "c_alone", "c_n", "h_bottom", "out"),
        *("torch.stack([row[:n].sum(0) for row, n in zip(out, lengths)])", "out[:, lengths.min() - 1]", "out[-1]"),
        *("torch.stack([row[:n].amax(0) for row, n in zip(out, lengths)])", "out[:, -2]", "out[:, lengths - 1]"),
    ),
    answer=AFTER,
    order=Hole(
        "",
        "Sorting by length changes the order of the batch: is it put back?",
        *("answer = answer[lengths.argsort(descending=True)]", "answer = answer[lengths.argsort()]"),
        "answer = answer.flip(0)",
    ),
)
# out (T, B, H) and the state h, c after the last step, from the state given or, without one, from zeros.
MANY = Program(
    """
read = {read}
y = {answer}
h, c = {state}
""",
    ("y", "h", "c"),
    read=Hole(
        "out",
        "y[t] must come from the hidden state of step t, in the order of the steps, from the state that was given.",
        *("out[-1]", "out.flip(0)", "out_from_zeros", "out_from_swapped", "out_from_h_only", "out_from_c_only"),
        *("out.mean(0, keepdim=True)", "out[-1:].expand_as(out)", "out.roll(1, 0)", "out.transpose(0, 1)", "h", "c"),
        *("out.transpose(0, 1).reshape(out.shape)", "out.cumsum(0)", "out.flatten(0, 1)", "out_across", "out[-1:]"),
        "torch.cat([lstm(x_t[None])[0] for x_t in x])",
    ),
    answer=AFTER,
    state=Hole(
        "h, c",
        "Which state does the LSTM return, in which order, and is it that after the last step?",
        *("c, h", "h_given, c_given", "torch.zeros_like(h), torch.zeros_like(c)", "h, h", "c, c", "h[0], c[0]"),
        *("h_from_zeros, c_from_zeros", "h_from_swapped, c_from_swapped", "h_given, c", "h, c_given"),
    ),
)
