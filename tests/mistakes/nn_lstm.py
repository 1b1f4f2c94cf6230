"""Exercise 4, right answers: shapes, parameters, last valid output, two models."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm_course.checks import nn_lstm as check

# ---- shapes


def shapes(T, B, H, num_layers=1, bidirectional=False, batch_first=False, proj_size=0):
    ways, said = 1 + bidirectional, proj_size or H
    out = (B, T, ways * said) if batch_first else (T, B, ways * said)
    return out, (num_layers * ways, B, said), (num_layers * ways, B, H)


def shapes_by_cases(T, B, H, num_layers=1, bidirectional=False, batch_first=False, proj_size=0):
    if bidirectional:
        (a, b, said), (layers, _, h), (_, _, c) = shapes_by_cases(T, B, H, num_layers, False, batch_first, proj_size)
        return (a, b, said * 2), (layers * 2, B, h), (layers * 2, B, c)
    width = H
    if proj_size > 0:
        width = proj_size
    first, second = T, B
    if batch_first:
        first, second = second, first
    return (first, second, width), (num_layers, B, width), (num_layers, B, H)


def shapes_of_zeros(T, B, H, num_layers=1, bidirectional=False, batch_first=False, proj_size=0, *, device="cpu"):
    directions = int(bidirectional) + 1
    c_n = torch.zeros(num_layers * directions, B, H, device=device)
    h_n = c_n[..., :proj_size] if proj_size else c_n
    out = torch.zeros(T, B, directions * h_n.shape[2])
    return (out.transpose(0, 1) if batch_first else out).shape, h_n.shape, c_n.shape


# ---- parameters


def count(I, H, num_layers=1, bidirectional=False):
    each = 1 + bidirectional
    reads = [I] + [each * H] * (num_layers - 1)
    return each * sum(4 * (H * (read + H) + 2 * H) for read in reads)


def count_closed(I, H, num_layers=1, bidirectional=False):
    D = 2 if bidirectional else 1
    return D * (4 * H * (I + H + 2) + (num_layers - 1) * 4 * H * (D * H + H + 2))


def count_by_shapes(I, H, num_layers=1, bidirectional=False):
    total = 0
    for layer in range(num_layers):
        for _ in range(2 if bidirectional else 1):
            read = I if not layer else (H, 2 * H)[bidirectional]
            total += sum(torch.Size(shape).numel() for shape in ((4 * H, read), (4 * H, H), (4 * H,), (4 * H,)))
    return total


def count_by_recursion(I, H, num_layers=1, bidirectional=False):
    if num_layers == 0:
        return 0
    D = [1, 2][bidirectional]
    return D * 4 * H * (I + H + 2) + count_by_recursion(D * H, H, num_layers - 1, bidirectional)


def count_by_tensors(I, H, num_layers=1, bidirectional=False):
    D = 1 + int(bidirectional)
    reads = torch.tensor([I, *[D * H] * (num_layers - 1)])
    return (D * 4 * (H * (reads + H) + H + H)).sum().item()


# ---- last valid output


def pick(out, lengths):
    return out[torch.arange(len(out)), lengths - 1]


def pick_by_loop(out, lengths):
    return torch.stack([row[n - 1] for row, n in zip(out, lengths.tolist(), strict=True)])


def pick_by_gather(out, lengths):
    return out.gather(1, (lengths - 1)[:, None, None].expand(-1, 1, out.shape[2])).squeeze(1)


def pick_by_mask(out, lengths):
    is_last = torch.arange(out.shape[1]) == lengths[:, None] - 1
    return (out * is_last[..., None]).sum(1)


def pick_by_einsum(out, lengths):
    return torch.einsum("bth,bt->bh", out, nn.functional.one_hot(lengths - 1, out.shape[1]).to(out.dtype))


def pick_from_flat(out, lengths):
    B, T, H = out.shape
    return out.reshape(B * T, H).index_select(0, torch.arange(B) * T + lengths - 1)


# ---- many to one


class Layers(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, outputs)


class One(Layers):
    def forward(self, x, lengths):
        return self.linear(pick(self.lstm(x)[0], lengths))


class Packed(Layers):
    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return self.linear(self.lstm(packed)[1][0][-1])


class PackedAndPadded(Layers):
    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        out, n = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        return self.linear(out.gather(1, (n - 1).view(-1, 1, 1).expand(-1, 1, out.size(2)))[:, 0])


class TwoLayersTimeFirst(nn.Module):
    def __init__(self, inputs, hidden, outputs, layers=2):
        super().__init__()
        self.body = nn.ModuleDict({"read": nn.LSTM(inputs, hidden, layers), "say": nn.Linear(hidden, outputs)})

    def forward(self, x, lengths):
        out, _ = self.body["read"](x.transpose(0, 1))
        return self.body["say"](out[lengths - 1, torch.arange(len(x))])


class ReadFirst(Layers):
    def forward(self, x, lengths):
        return pick(self.linear(self.lstm(x)[0]), lengths)


class ZerosGiven(Layers):
    def forward(self, x, lengths):
        state = x.new_zeros(1, len(x), self.lstm.hidden_size)
        return self.linear(pick_by_loop(self.lstm(x, (state, state))[0], lengths))


class OneByOne(Layers):
    def forward(self, x, lengths):
        return torch.cat([self.linear(self.lstm(row[None, :n])[1][0][-1]) for row, n in zip(x, lengths, strict=True)])


# ---- many to many


class Many(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden)
        self.linear = nn.Linear(hidden, outputs)

    def forward(self, x, state=None):
        out, state = self.lstm(x, state)
        return self.linear(out), state


class Detour(Many):
    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(1, x.shape[1], self.lstm.hidden_size),) * 2
        out, state = self.lstm(x, state)
        T, B, H = out.shape
        return self.linear(out.view(T * B, H)).view(T, B, -1), state


class Turned(Layers):
    def forward(self, x, state=None):
        out, state = self.lstm(x.transpose(0, 1), state)
        return self.linear(out).transpose(0, 1), state


class StepByStep(Many):
    def forward(self, x, state=None):
        answers = []
        for x_t in x:
            out, state = self.lstm(x_t[None], state)
            answers.append(self.linear(out[0]))
        return torch.stack(answers), state


class InPieces(Many):
    def forward(self, x, state=None):
        pieces = []
        for piece in x.split(2):
            out, state = self.lstm(piece, state)
            pieces.append(out)
        h, c = state
        return self.linear(torch.cat(pieces)), (h, c)


class ByHand(Many):
    def forward(self, x, state=None):
        out, (h, c) = self.lstm(x) if state is None else self.lstm(x, state)
        return torch.einsum("tbh,oh->tbo", out, self.linear.weight) + self.linear.bias, (h, c)


RIGHT = {
    check.predict_shapes: {
        "in one go": shapes,
        "case by case": shapes_by_cases,
        "sizes of zeros": shapes_of_zeros,
        "lists": lambda *a, **k: [list(shape) for shape in shapes(*a, **k)],
        "torch.Size": lambda *a, **k: tuple(torch.Size(shape) for shape in shapes(*a, **k)),
    },
    check.count_parameters: {
        "layer by layer": count,
        "closed form": count_closed,
        "by shapes": count_by_shapes,
        "recursion": count_by_recursion,
        "by tensors": count_by_tensors,
    },
    check.last_valid: {
        "pairs of indices": pick,
        "loop": pick_by_loop,
        "gather": pick_by_gather,
        "mask": pick_by_mask,
        "einsum": pick_by_einsum,
        "index_select": pick_from_flat,
    },
    check.many_to_one: {
        "pairs of indices": One,
        "packed": Packed,
        "packed and padded": PackedAndPadded,
        "two layers, time first": TwoLayersTimeFirst,
        "linear first": ReadFirst,
        "zeros given": ZerosGiven,
        "one by one": OneByOne,
    },
    check.many_to_many: {
        "two lines": Many,
        "with the detour": Detour,
        "batch first inside": Turned,
        "step by step": StepByStep,
        "in pieces": InPieces,
        "linear by hand": ByHand,
    },
}
MISTAKES = {}
