"""The checks of lesson 4 accept right answers in any style and name what is wrong with wrong ones."""

import pytest
import torch
from torch import nn

from lstm_course.checks import nn_lstm as check
from lstm_course.checks.base import CheckFailed


def refused(question, answer, *words):
    with pytest.raises(CheckFailed) as error:
        question(answer)
    for word in words:
        assert word in str(error.value)


@pytest.mark.parametrize("name", check.__all__)
def test_the_unanswered_questions_raise_not_implemented(name):
    def unanswered(*arguments, **named):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        getattr(check, name)(unanswered)


# ---- 1. shapes


def shapes(T, B, H, num_layers=1, bidirectional=False, batch_first=False, proj_size=0):
    ways, said = 1 + bidirectional, proj_size or H
    out = (B, T, ways * said) if batch_first else (T, B, ways * said)
    return out, (num_layers * ways, B, said), (num_layers * ways, B, H)


def test_right_shapes_pass_as_lists_too(capsys):
    check.predict_shapes(shapes)
    check.predict_shapes(lambda *a, **k: [list(shape) for shape in shapes(*a, **k)])
    check.predict_shapes(lambda *a, **k: tuple(torch.Size(shape) for shape in shapes(*a, **k)))
    assert capsys.readouterr().out == "✓ predict_shapes is right.\n" * 3


def changed_shapes(**changes):
    """The right answer, but with some arguments replaced for out, h_n or c_n."""

    def answer(**plan):
        right = dict(zip(("out", "h_n", "c_n"), shapes(**plan), strict=True))
        for name, change in changes.items():
            right[name] = change(right[name], plan)
        return tuple(right.values())

    return answer


def swapped(shape, plan):
    return (shape[1], shape[0], shape[2])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda **plan: shapes(**plan)[:2], ["three shapes: out, h_n, c_n"]),
        (lambda **plan: None, ["three shapes", "Got None"]),
        (changed_shapes(out=swapped), ["shape of out is (10, 5, 7)", "Got (5, 10, 7)", "Time comes first"]),
        (
            changed_shapes(h_n=lambda s, plan: swapped(s, plan) if plan.get("batch_first") else s),
            ["batch_first=True", "h_n is (2, 5, 7)", "Got (5, 2, 7)", "does not touch"],
        ),
        (changed_shapes(c_n=swapped), ["c_n", "Layers come first"]),
        (changed_shapes(h_n=lambda s, plan: (1, *s[1:])), ["num_layers=3", "Got (1, 5, 7)", "times directions"]),
        (
            changed_shapes(h_n=lambda s, plan: (plan.get("num_layers", 1), *s[1:])),
            ["bidirectional=True", "h_n is (2, 5, 7)", "layers times directions"],
        ),
        (changed_shapes(out=lambda s, plan: (*s[:2], plan["H"])), ["out is (10, 5, 14)", "both directions"]),
        (changed_shapes(c_n=lambda s, plan: (*s[:2], plan.get("proj_size", 7))), ["proj_size narrows h, not c"]),
        (changed_shapes(h_n=lambda s, plan: (*s[:2], 7)), ["h_n is (1, 5, 4)", "Got (1, 5, 7)"]),
        (changed_shapes(out=lambda s, plan: (*s[:2], 7 * (1 + plan.get("bidirectional", 0)))), ["only proj_size"]),
        (changed_shapes(out=lambda s, plan: s[0] * s[1]), ["Got 50", "three axes"]),
        (lambda **plan: nn.LSTM(2, plan["H"]), ["without building an nn.LSTM"]),
    ],
)
def test_wrong_shapes_are_named(answer, words):
    refused(check.predict_shapes, answer, *words)


# ---- 2. parameters


def count(I, H, layers=1, bidirectional=False, biases=2, above=None, ways=None):
    each = 1 + bidirectional
    reads = [I] + [above(I, H, each) if above else each * H] * (layers - 1)
    return (ways or each) * sum(4 * (H * (read + H) + biases * H) for read in reads)


def closed(I, H, num_layers=1, bidirectional=False):
    D = 2 if bidirectional else 1
    return D * (4 * H * (I + H + 2) + (num_layers - 1) * 4 * H * (D * H + H + 2))


def test_right_counts_pass(capsys):
    check.count_parameters(count)
    check.count_parameters(closed)
    assert capsys.readouterr().out == "✓ count_parameters is right.\n" * 2


def built(I, H, layers=1, bidirectional=False):
    return sum(p.numel() for p in nn.LSTM(I, H, layers, bidirectional=bidirectional).parameters())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            lambda *a: count(*a, biases=1),
            ["nn.LSTM(3, 5, 1, bidirectional=False) has 200 parameters", "Got 180", "two"],
        ),
        (lambda *a: count(*a, biases=0), ["no bias"]),
        (lambda I, H, layers, both: count(I, H, 1, both), ["nn.LSTM(10, 20, 2", "has 5,920", "counts one layer"]),
        (lambda *a: count(*a, above=lambda I, H, each: I), ["what the layer below says"]),
        (lambda *a: count(*a, above=lambda I, H, each: H), ["nn.LSTM(6, 5, 3, bidirectional=True)", "both directions"]),
        (lambda *a: count(*a, ways=1), ["Each direction has weights of its own"]),
        (lambda *a: count(*a) // 4, ["one of the four maps"]),
        (lambda *a: float(count(*a)), ["Got 200.0 (float)", "Return an int"]),
        (built, ["without building an nn.LSTM"]),
    ],
)
def test_wrong_counts_are_named(answer, words):
    refused(check.count_parameters, answer, *words)


# ---- 3. last valid


def pick(out, lengths):
    return out[torch.arange(len(out)), lengths - 1]


def by_loop(out, lengths):
    return torch.stack([row[n - 1] for row, n in zip(out, lengths.tolist(), strict=True)])


def by_gather(out, lengths):
    return out.gather(1, (lengths - 1)[:, None, None].expand(-1, 1, out.shape[2])).squeeze(1)


def by_mask(out, lengths):
    is_last = torch.arange(out.shape[1]) == lengths[:, None] - 1
    return (out * is_last[..., None]).sum(1)


@pytest.mark.parametrize("answer", [pick, by_loop, by_gather, by_mask])
def test_any_way_to_pick_passes(answer, capsys):
    check.last_valid(answer)
    assert capsys.readouterr().out == "✓ last_valid is right.\n"


def in_place(out, lengths):
    lengths -= 1
    return out[torch.arange(len(out)), lengths]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda out, lengths: out[:, -1], ["out[:, -1]", "padding"]),
        (lambda out, lengths: out[:, 0], ["the first step"]),
        (lambda out, lengths: out[torch.arange(len(out)), lengths], ["IndexError", "Lengths count from 1"]),
        (lambda out, lengths: pick(out, (lengths + 1).clamp(max=out.shape[1])), ["behind the last valid"]),
        (lambda out, lengths: pick(out, lengths - 1), ["last but one"]),
        (lambda out, lengths: out[:, lengths - 1], ["(4, 4, 3)", "not every combination"]),
        (lambda out, lengths: out.mean(1), ["mean over all steps"]),
        (lambda out, lengths: out[lengths.argmax(), lengths - 1], ["Expected result"]),
        (lambda out, lengths: pick(out, lengths).detach(), ["Gradients must flow"]),
        (lambda out, lengths: pick(out, lengths).double(), ["dtype torch.float32"]),
        (lambda out, lengths: pick(out, lengths)[None], ["(batch, hidden)", "shape (1, 4, 3)"]),
        (in_place, ["leave its arguments"]),
    ],
)
def test_wrong_picks_are_named(answer, words):
    refused(check.last_valid, answer, *words)
