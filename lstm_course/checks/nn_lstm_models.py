"""Checks of the two models of lesson 4, each tested by what it does: change one sequence, the padding, one step."""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lstm_course.checks.answers import Answer, call
from lstm_course.checks.base import CheckFailed, each_case, generator, question, require, require_tensor
from lstm_course.checks.nn_lstm_programs import MANY, ONE
from lstm_course.checks.programs import require_program

State = tuple[Tensor, Tensor]
MISSING = "Is batch_first=True missing?"
MOVED = 1e-9  # an answer that differs by less has not moved: matrix products round


def _build(answer: Answer, name: str, I: int, H: int, O: int) -> tuple[nn.Module, nn.LSTM, nn.Linear]:
    """Make the model in float64 and find its two layers."""
    try:
        inspect.signature(answer).bind(I, H, O)
    except (TypeError, ValueError) as error:
        rule = f"{name} must be made from three sizes, {name}(inputs, hidden, outputs)."
        raise CheckFailed(f"{rule} Got an __init__ that takes others: {error}.") from None
    torch.manual_seed(0)
    model = answer(I, H, O)
    rule = f"{name}(inputs, hidden, outputs) must be an nn.Module."
    require(isinstance(model, nn.Module), rule, type(model).__name__, "class ...(nn.Module):")
    found = {kind: [part for part in model.modules() if isinstance(part, kind)] for kind in (nn.LSTM, nn.Linear)}
    counts = f"{len(found[nn.LSTM])} and {len(found[nn.Linear])}"
    others = [type(part).__name__ for part in model.children() if not isinstance(part, (nn.LSTM, nn.Linear))]
    hint = f"It also contains {', '.join(others)}." if others else ""
    hint = hint or "Make both in __init__ and keep each in an attribute of self." if counts < "1 and 1" else hint
    require(counts == "1 and 1", f"{name} must contain one nn.LSTM and one nn.Linear.", counts, hint)
    lstm, linear = found[nn.LSTM][0], found[nn.Linear][0]
    require(not lstm.bidirectional, f"{name} must read in one direction.", "bidirectional=True")
    sizes = (lstm.input_size, lstm.hidden_size, linear.in_features, linear.out_features)
    rule = f"{name}({I}, {H}, {O}) must have an LSTM from {I} to {H} and a linear layer from {H} to {O}."
    require(sizes == (I, H, H, O), rule, "{} to {} and {} to {}".format(*sizes))
    return model.double().eval(), lstm, linear


def _run(name: str, model: nn.Module, *arguments: Any) -> Any:
    """Call the model; torch's complaint about types becomes a sentence."""
    try:
        return call(name, model.forward, *arguments, again=False)
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
    if len(moved) < 2:  # one answer, though perhaps a wrong one
        return
    rule = "Changing sequence 0 must move its own answer only."
    got = f"moved answers of the sequences {moved} of {x.shape[axis]}"
    raise CheckFailed(f"{rule} Got {got}. {hint}")


def _require_steady(run: Callable[[Tensor], Tensor], x: Tensor) -> None:
    rule = "The same input must give the same answer twice."
    hint = "No state given means zeros: no random one, and none kept from the last call. Nor dropout."
    require(not _moved(run(x), run(x), 0), rule, "two different answers", hint)


def _require_trains(model: nn.Module, result: Tensor) -> None:
    """Require that a gradient reaches every parameter."""
    rule, hint = "Gradients must reach every parameter.", "Do without .detach(), .data and torch.no_grad()."
    require(result.requires_grad, rule, "an answer without a gradient", hint)
    gradients = torch.autograd.grad(result.square().sum(), list(model.parameters()), allow_unused=True)
    missing = [n for (n, _), g in zip(model.named_parameters(), gradients, strict=True) if g is None or not g.any()]
    require(not missing, rule, f"none for {', '.join(missing)}", hint)


@question(takes="class")
def many_to_one(answer: Answer) -> None:
    """Check question 4: one answer per sequence of a padded batch."""
    cases = (([3, 6, 2, 4], 7, 2, 5, 3), ([4], 7, 3, 4, 1), ([1, 2], 3, 1, 1, 1))
    each_case(range(len(cases)), lambda seed: _check_one(answer, seed, *cases[seed]))


def _check_one(answer: Answer, seed: int, lengths_list: list[int], T: int, I: int, H: int, O: int) -> None:
    model, lstm, linear = _build(answer, "ManyToOne", I, H, O)
    B, lengths, x = len(lengths_list), torch.tensor(lengths_list), _random(seed, len(lengths_list), T, I)
    is_padding = torch.arange(T) >= lengths[:, None]  # (B, T)
    x[is_padding] = 0.0

    def run(x: Tensor) -> Tensor:
        return _run("ManyToOne", model, x, lengths)

    first = run(x)
    if isinstance(first, Tensor) and first.shape == (B, O):
        require_tensor("answer", first, (B, O), "(batch, outputs)")
        _require_steady(run, x)
        hint = "Does each answer come from the row of its own sequence?" if lstm.batch_first else MISSING
        _require_own_only(run, x, 0, hint)
    is_by_steps = isinstance(first, Tensor) and first.shape == (T, O) and T != B
    require(not is_by_steps, f"answer must have the shape (batch, outputs) = {(B, O)}.", f"shape {(T, O)}", MISSING)
    got = run(x)
    names = {"torch": torch, "x": x, "lengths": lengths, "linear": linear, **_reads(lstm, x, lengths)}
    rules = {"answer": "The answer must be the linear layer on the hidden state at the last valid step."}
    require_program(ONE, names, {"answer": got}, rules, {"answer": "(batch, outputs)"})
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


def _reads(lstm: nn.LSTM, x: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    """What the linear layer might read: outputs and states over the padded batch, and of each sequence alone."""
    out, (h_n, c_n) = _read(lstm, x)
    return {"out": out, "h_bottom": h_n[0], "c_n": c_n[-1], "c_alone": _alone(lstm, x, lengths)[1]} | {
        "unpacked": out[:, : lengths.max()] * (torch.arange(lengths.max()) < lengths[:, None])[..., None]
    }


@question(takes="class")
def many_to_many(answer: Answer) -> None:
    """Check question 5: an answer at every step, and the state to go on from."""
    sizes = ((6, 4, 2, 5, 3), (5, 1, 3, 4, 2), (2, 1, 1, 1, 1))
    each_case(range(len(sizes)), lambda seed: _check_many(answer, seed, *sizes[seed]))


def _check_many(answer: Answer, seed: int, T: int, B: int, I: int, H: int, O: int) -> None:
    model, lstm, linear = _build(answer, "ManyToMany", I, H, O)
    x, given = _random(seed, T, B, I), (_random(10, 1, B, H), _random(20, 1, B, H))

    def run(x: Tensor) -> Tensor:
        return _run("ManyToMany", model, x)[0]

    first = _answers(model, x, None, B, H)["y"]
    if isinstance(first, Tensor) and first.shape == (T, B, O):
        require_tensor("y", first, (T, B, O), "(time, batch, outputs)")
        _require_steady(run, x)
        _require_own_only(run, x, 1, "x is time first, so do without batch_first, and view exchanges no axes.")
    rules = {"y": "y[t] must be the linear layer on the hidden state of step t."}
    rules |= {name: f"{name} must be its value after the last step." for name in "hc"}
    meanings = {"y": "(time, batch, outputs)", "h": "(layers, batch, hidden)", "c": "(layers, batch, hidden)"}
    require(lstm.num_layers == 1, "The states of ManyToMany must be those of one layer.", f"{lstm.num_layers} layers")
    got = _answers(model, x, None, B, H)
    require_program(MANY, _states(lstm, linear, x, None), got, rules, meanings)
    rules["y"] = "Given a state, y must go on from it."
    require_program(MANY, _states(lstm, linear, x, given), _answers(model, x, given, B, H), rules, meanings)
    _require_trains(model, run(x))


def _answers(model: nn.Module, x: Tensor, state: State | None, B: int, H: int) -> dict[str, Any]:
    """Call the model with a state or None and require the form of what it returns."""
    result = _run("ManyToMany", model, x, state) if state else _run("ManyToMany", model, x)
    is_pair = isinstance(result, (tuple, list)) and len(result) == 2
    found = f"{len(result)} values" if isinstance(result, (tuple, list)) else type(result).__name__
    hint = "Is a return missing?" if result is None else ""
    require(is_pair, "ManyToMany must return two things: y and the state (h, c).", found, hint)
    y, new = result
    is_state = isinstance(new, (tuple, list)) and len(new) == 2
    require(is_state, "The state must be the pair (h, c).", type(new).__name__, "Return what the LSTM returned second.")
    return dict(zip("yhc", (y, *new), strict=True))


def _states(lstm: nn.LSTM, linear: nn.Linear, x: Tensor, state: State | None) -> dict[str, Any]:
    """What the right model has in hand, and what wrong ones take instead; everything time first."""

    def read(state: State | None, x: Tensor = x) -> tuple[Tensor, State]:
        out, new = lstm(x.transpose(0, 1) if lstm.batch_first else x, state)
        return out.transpose(0, 1) if lstm.batch_first else out, new

    zeros = x.new_zeros(1, x.shape[1], lstm.hidden_size)
    given = state or (zeros, zeros)
    names: dict[str, Any] = {
        "torch": torch,
        "lstm": lstm,
        "linear": linear,
        "x": x,
        "h_given": given[0],
        "c_given": given[1],
    }
    names["out"], (names["h"], names["c"]) = read(given)
    names["out_from_zeros"], (names["h_from_zeros"], names["c_from_zeros"]) = read(None)
    names["out_from_swapped"], (names["h_from_swapped"], names["c_from_swapped"]) = read(given[::-1])
    names["out_from_h_only"], _ = read((given[0], zeros))
    names["out_from_c_only"], _ = read((zeros, given[1]))
    names["out_across"] = lstm(x if lstm.batch_first else x.transpose(0, 1))[0].transpose(0, 1)
    return names
