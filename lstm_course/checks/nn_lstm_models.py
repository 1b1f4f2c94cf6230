"""Checks of the two models of lesson 4, each tested by what it does: change one sequence, the padding, one step."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lstm_course.checks.answers import Answer, call, require_right
from lstm_course.checks.base import generator, question, require, require_tensor

State = tuple[Tensor, Tensor]
MOVED = 1e-9  # an answer that differs by less has not moved: matrix products round


def _build(answer: Answer, name: str, I: int, H: int, O: int) -> tuple[nn.Module, nn.LSTM, nn.Linear]:
    """Make the model in float64 and find its two layers."""
    torch.manual_seed(0)
    model = answer(I, H, O)
    require(
        isinstance(model, nn.Module), f"{name}(inputs, hidden, outputs) must be an nn.Module.", type(model).__name__
    )
    found = {kind: [part for part in model.modules() if isinstance(part, kind)] for kind in (nn.LSTM, nn.Linear)}
    counts = f"{len(found[nn.LSTM])} and {len(found[nn.Linear])}"
    require(counts == "1 and 1", f"{name} must contain one nn.LSTM and one nn.Linear.", counts)
    lstm, linear = found[nn.LSTM][0], found[nn.Linear][0]
    require(not lstm.bidirectional, f"{name} must read in one direction.", "bidirectional=True")
    sizes = (lstm.input_size, lstm.hidden_size, linear.in_features, linear.out_features)
    rule = f"{name}({I}, {H}, {O}) must have an LSTM from {I} to {H} and a linear layer from {H} to {O}."
    require(sizes == (I, H, H, O), rule, "{} to {} and {} to {}".format(*sizes))
    return model.double().eval(), lstm, linear


def _run(name: str, model: Answer, *arguments: Any) -> Any:
    """Call the model; torch's complaint about types becomes a sentence."""
    try:
        return call(name, model, *arguments)
    except RuntimeError as error:
        first = str(error).split("\n")[0].split(". ")[0]
        rule = f"{name} must run in float64 after model.double()."
        hint = "A state of zeros made by hand has a dtype of its own: leave it out."
        dtype_trouble = any(word in str(error) for word in ("dtype", "Float", "Double"))
        require(not dtype_trouble, rule, first, hint)
        raise


def _random(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def _moved(before: Tensor, after: Tensor, axis: int) -> list[int]:
    """Which entries along `axis` differ."""
    distance = (before - after).abs().movedim(axis, 0).flatten(1).amax(dim=1)
    return (distance > MOVED).nonzero().flatten().tolist()


def _require_own_only(run: Callable[[Tensor], Tensor], x: Tensor, axis: int, hint: str) -> None:
    """Require that changing sequence 0 (along `axis`) moves its own answer only."""
    changed = x.clone()
    changed.select(axis, 0).add_(1.0)
    moved = _moved(run(x), run(changed), axis)
    rule = "Changing sequence 0 must move its own answer only."
    got = f"moved answers of the sequences {moved} of {x.shape[axis]}"
    require(moved == [0], rule, got, hint)


def _require_steady(run: Callable[[Tensor], Tensor], x: Tensor) -> None:
    rule = "The same input must give the same answer twice."
    hint = "No state given means zeros: no random one, and none kept from the last call."
    require(not _moved(run(x), run(x), 0), rule, "two different answers", hint)


def _require_trains(model: nn.Module, result: Tensor) -> None:
    """Require that a gradient reaches every parameter."""
    rule, hint = "Gradients must reach every parameter.", "Do without .detach(), .data and torch.no_grad()."
    require(result.requires_grad, rule, "an answer without a gradient", hint)
    gradients = torch.autograd.grad(result.square().sum(), list(model.parameters()), allow_unused=True)
    missing = [n for (n, _), g in zip(model.named_parameters(), gradients, strict=True) if g is None or not g.any()]
    require(not missing, rule, f"none for {', '.join(missing)}", hint)


@question
def many_to_one(answer: Answer) -> None:
    """Check question 4: one answer per sequence of a padded batch."""
    for seed, (lengths_list, T, I, H, O) in enumerate((([3, 6, 1, 4], 6, 2, 5, 3), ([4], 7, 3, 4, 1))):
        model, lstm, linear = _build(answer, "ManyToOne", I, H, O)
        B, lengths, x = len(lengths_list), torch.tensor(lengths_list), _random(seed, len(lengths_list), T, I)
        is_padding = torch.arange(T) >= lengths[:, None]  # (B, T)
        x[is_padding] = 0.0

        def run(x: Tensor, model: nn.Module = model, lengths: Tensor = lengths) -> Tensor:
            return _run("ManyToOne", model, x, lengths)

        got = require_tensor("The answer", run(x), (B, O), "(batch, outputs)", torch.float64)
        _require_steady(run, x)
        _require_own_only(run, x, 0, "Is batch_first=True missing?")
        mistakes = _one_mistakes(lstm, linear, x, lengths)
        rule = "The answer must be the linear layer on the hidden state at the last valid step."
        require_right("answer", got, linear(_alone(lstm, x, lengths)[0]), rule, mistakes)
        disturbed = x.masked_fill(is_padding[..., None], 9.0)
        moved = _moved(got, run(disturbed), 0)
        require(not moved, "What stands in the padding must not matter.", f"other answers for {moved}")
        _require_trains(model, run(x))


def _read(lstm: nn.LSTM, x: Tensor) -> tuple[Tensor, State]:
    """Run a batch-first x through an LSTM of either kind; out is (B, T, H)."""
    out, state = lstm(x if lstm.batch_first else x.transpose(0, 1))
    return out if lstm.batch_first else out.transpose(0, 1), state


def _alone(lstm: nn.LSTM, x: Tensor, lengths: Tensor) -> State:
    """The top layer's last h and c of every sequence, each run by itself without padding, both (B, H)."""
    states = [_read(lstm, row[None, :n])[1] for row, n in zip(x, lengths.tolist(), strict=True)]
    h, c = (torch.cat([tensor[-1] for tensor in tensors]) for tensors in zip(*states, strict=True))
    return h, c


def _one_mistakes(lstm: nn.LSTM, linear: nn.Linear, x: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    out, _ = _read(lstm, x)
    return {
        "that on out[:, -1], which is padding for the shorter sequences": linear(out[:, -1]),
        "that on the first step": linear(out[:, 0]),
        "that on the last but one valid step: indices count from 0": linear(out[torch.arange(len(x)), lengths - 2]),
        "that on the mean over all steps": linear(out.mean(dim=1)),
        "that on the last memory c_n": linear(_alone(lstm, x, lengths)[1]),
    }


@question
def many_to_many(answer: Answer) -> None:
    """Check question 5: an answer at every step, and the state to go on from."""
    for seed, (T, B, I, H, O) in enumerate(((6, 4, 2, 5, 3), (5, 1, 3, 4, 2))):
        model, lstm, linear = _build(answer, "ManyToMany", I, H, O)
        x, given = _random(seed, T, B, I), (_random(10, 1, B, H), _random(20, 1, B, H))
        y, state = _answers(model, x, None, (T, B, O), H)

        def run(x: Tensor, model: nn.Module = model) -> Tensor:
            return _run("ManyToMany", model, x)[0]

        _require_steady(run, x)
        _require_own_only(run, x, 1, "x is (T, B, I): an LSTM with batch_first=True would take time for the batch.")
        _require_causal(run, x)
        expected, right_state = _all_steps(lstm, linear, x)
        require_right("y", y, expected, "y[t] must be the linear layer on the hidden state of step t.", {})
        _require_state(state, right_state)
        _require_carried(model, lstm, linear, x, given)
        _require_trains(model, run(x))


def _answers(model: nn.Module, x: Tensor, state: State | None, shape: tuple[int, ...], H: int) -> tuple[Tensor, State]:
    """Call the model with a state or None and require the form of what it returns."""
    result = _run("ManyToMany", lambda x, *state: model(x, state) if state else model(x), x, *(state or ()))
    is_pair = isinstance(result, tuple) and len(result) == 2
    require(is_pair, "ManyToMany must return two things: y and the state (h, c).", type(result).__name__)
    y, new = result
    _, B, O = shape
    hint = "An answer at every step, not at the last one only." if isinstance(y, Tensor) and y.shape == (B, O) else ""
    require(not hint, f"y must have the shape (time, batch, outputs) = {shape}.", (B, O), hint)
    require_tensor("y", y, shape, "(time, batch, outputs)", torch.float64)
    is_state = isinstance(new, tuple) and len(new) == 2
    require(is_state, "The state must be the pair (h, c).", type(new).__name__, "Return what the LSTM returned second.")
    for name, tensor in zip("hc", new, strict=True):
        require_tensor(name, tensor, (1, B, H), "(layers, batch, hidden)", torch.float64)
    return y, new


def _all_steps(lstm: nn.LSTM, linear: nn.Linear, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
    out, state = lstm(x.transpose(0, 1) if lstm.batch_first else x, state)
    return linear(out.transpose(0, 1) if lstm.batch_first else out), state


def _require_causal(run: Callable[[Tensor], Tensor], x: Tensor) -> None:
    changed = x.clone()
    changed[2] += 1.0
    moved = _moved(run(x), run(changed), 0)
    rule = "Changing step 2 must move the answers from step 2 on."
    require(moved == list(range(2, len(x))), rule, f"moved answers at the steps {moved}")


def _require_state(got: State, right: State) -> None:
    for name, tensor, expected, other in zip("hc", got, right, right[::-1], strict=True):
        mistakes = {"the other one of the two: h comes first": other}
        require_right(name, tensor, expected, f"{name} must be its value after the last step.", mistakes)


def _require_carried(model: nn.Module, lstm: nn.LSTM, linear: nn.Linear, x: Tensor, given: State) -> None:
    """Require that a state that is given is the one that the sequence starts from."""
    (T, B, _), O, H = x.shape, linear.out_features, lstm.hidden_size
    y, state = _answers(model, x, given, (T, B, O), H)
    expected, right_state = _all_steps(lstm, linear, x, given)
    mistakes = {
        "the answers from a state of zeros: hand the state to the LSTM": _all_steps(lstm, linear, x)[0],
        "the answers from (c, h): the order is (h, c)": _all_steps(lstm, linear, x, given[::-1])[0],
    }
    require_right("y", y, expected, "Given a state, y must go on from it.", mistakes)
    _require_state(state, right_state)
