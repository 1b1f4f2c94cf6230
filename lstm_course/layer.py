"""Whole sequences: an LSTM layer with the interface of `nn.LSTM`, as a readable loop and with a backward by hand."""

import math
import warnings
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lstm_course.by_hand import LSTMByHand
from lstm_course.cells import lstm_step
from lstm_course.packing import reverse, segments_of

State = tuple[Tensor, Tensor]
Weights = tuple[Tensor, Tensor, Tensor | None, Tensor | None, Tensor | None]
BY_HAND = (torch.float32, torch.float64)
"""The dtypes that numpy computes in, and so does the backward pass derived by hand."""


def run_loop(x: Tensor, h: Tensor, c: Tensor, weights: Weights) -> tuple[Tensor, Tensor, Tensor]:
    """Run one direction of one layer step by step, as the formulas say it, and leave the backward pass to autograd.

    Parameters
    ----------
    x : Tensor (T, B, I)
    h, c : Tensor (1, B, H)
        The state before the first step; h is (1, B, P) where a projection shortens it to P numbers.
    weights : tuple
        W_x (4H, I), W_h (4H, H), the two biases (4H,) or None, and the projection W_r (P, H) or None.

    Returns
    -------
    h_1..h_T (T, B, H), h_T (1, B, H), c_T (1, B, H)
    """
    W_x, W_h, b_x, b_h, W_r = weights
    h, c = h[0], c[0]  # (B, P), (B, H)
    b = W_x.new_zeros(len(W_x)) if b_x is None else b_x + b_h
    if W_r is not None:  # h is shorter than c then; it enters the step as part of the input instead
        W_x, W_h, no_h = torch.cat([W_x, W_h], 1), W_h.new_zeros(len(W_h), c.shape[1]), torch.zeros_like(c)
    out = []
    for x_t in x:
        if W_r is None:
            h, c, _ = lstm_step(x_t, h, c, W_x, W_h, b)
        else:
            h, c, _ = lstm_step(torch.cat([x_t, h], 1), no_h, c, W_x, W_h, b)
            h = h @ W_r.T  # (B, P)
        out.append(h)
    return torch.stack(out), h.unsqueeze(0), c.unsqueeze(0)


def run_by_hand(x: Tensor, h: Tensor, c: Tensor, weights: Weights) -> tuple[Tensor, Tensor, Tensor]:
    """Do the same as `run_loop` with the backward pass derived by hand (on the CPU, without a projection)."""
    W_x, W_h, b_x, b_h, _ = weights
    if b_x is None:
        b_x = b_h = W_x.new_zeros(len(W_x))
    return LSTMByHand.apply(torch.is_grad_enabled(), x, h, c, W_x, W_h, b_x, b_h)


class LSTM(nn.Module):
    r"""A stand-in for `nn.LSTM`: same arguments, parameters, inputs and outputs; weights load either way.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, proj_size, device, dtype
        As in `nn.LSTM`.
    forget_bias : float, optional
        Starts the forget gates' bias there. There are two bias vectors and only their sum counts: `bias_ih` gets the
        value, `bias_hh` zero.
    backward : {"hand", "autograd"}
        Gradients by the hand-derived backward pass (`lstm_course.by_hand`), or by autograd through the readable
        loop (slower; the gradients can be differentiated again). The former knows float32 and float64 on the CPU
        and no `proj_size`; everything else, a GPU too, takes the readable loop.

    Raises
    ------
    ValueError
        If an option makes no sense, or `forward` is given something that does not fit.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        *,
        forget_bias: float | None = None,
        backward: Literal["hand", "autograd"] = "hand",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        _require_options(input_size, hidden_size, num_layers, dropout, proj_size)
        if forget_bias is not None and not bias:
            raise ValueError("A forget_bias needs biases, got bias=False: leave one of the two out.")
        if backward not in ("hand", "autograd"):
            raise ValueError(f'backward must be "hand" or "autograd", got {backward!r}: choose one of the two.')
        if dropout and num_layers == 1:
            warnings.warn(
                f"Dropout acts between layers, so dropout={dropout} does nothing in a single one.", stacklevel=2
            )
        self.input_size, self.hidden_size, self.num_layers, self.bias = input_size, hidden_size, num_layers, bias
        self.batch_first, self.dropout, self.bidirectional = batch_first, dropout, bidirectional
        self.proj_size, self.forget_bias, self.backward_by = proj_size, forget_bias, backward
        self.output_size = proj_size or hidden_size  # of one direction
        self.directions = ("", "_reverse") if bidirectional else ("",)
        for layer in range(num_layers):
            size = self.output_size * len(self.directions) if layer else input_size
            for direction in self.directions:
                self._add_weights(size, f"_l{layer}{direction}", {"device": device, "dtype": dtype})
        self.reset_parameters()

    def _add_weights(self, size: int, suffix: str, where: dict) -> None:
        H = self.hidden_size
        shapes = {"weight_ih": (4 * H, size), "weight_hh": (4 * H, self.output_size)}
        if self.bias:
            shapes |= {"bias_ih": (4 * H,), "bias_hh": (4 * H,)}
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, H)
        for name, shape in shapes.items():
            self.register_parameter(name + suffix, nn.Parameter(torch.empty(shape, **where)))

    def reset_parameters(self) -> None:
        r"""Draw every weight from $U(-1/\sqrt H, 1/\sqrt H)$, as `nn.LSTM` does, then set the forget bias."""
        bound = 1 / math.sqrt(self.hidden_size)
        forget = slice(self.hidden_size, 2 * self.hidden_size)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                parameter.uniform_(-bound, bound)
                if self.forget_bias is not None and name.startswith("bias"):
                    parameter[forget] = self.forget_bias if name.startswith("bias_ih") else 0.0

    def check_weights(self) -> None:
        """Raise a ValueError that names the first weight which holds NaN or infinity."""
        for name, parameter in self.named_parameters():
            wrong = int((~torch.isfinite(parameter)).sum())
            if wrong:
                raise ValueError(
                    f"Weights must be finite, got {wrong} of {parameter.numel()} entries of {name} NaN or infinite: "
                    "clip the gradients or lower the learning rate, and start from sound weights."
                )

    def forward(self, input: Tensor | PackedSequence, hx: State | None = None) -> tuple[Tensor | PackedSequence, State]:
        """Run the layers over a batch (T, B, I), with `batch_first` (B, T, I), one sequence (T, I), or a packed batch.

        Returns
        -------
        output
            h_t of the last layer for all t, both directions side by side, in the form of the input.
        (h_n, c_n)
            The state after the last step, (num_layers * directions, B, H), never batch-first; without B for one
            sequence.
        """
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        self._require_input(input, (2, 3))
        single = input.ndim == 2
        x = input.unsqueeze(1) if single else input.transpose(0, 1) if self.batch_first else input  # (T, B, I)
        if not x.shape[0] or not x.shape[1]:
            raise ValueError(
                f"An LSTM needs at least one step of one sequence, got shape {tuple(input.shape)}: drop empty inputs."
            )
        if single and hx is not None:
            self._require_state(hx, None, x)
            hx = (hx[0].unsqueeze(1), hx[1].unsqueeze(1))
        (out,), (h_n, c_n) = self._run([x], hx)
        if single:
            return out.squeeze(1), (h_n.squeeze(1), c_n.squeeze(1))
        return out.transpose(0, 1) if self.batch_first else out, (h_n, c_n)

    def _forward_packed(self, packed: PackedSequence, hx: State | None) -> tuple[PackedSequence, State]:
        self._require_input(packed.data, (2,))
        segments = segments_of(packed)
        if hx is not None and packed.sorted_indices is not None:
            self._require_state(hx, segments[0].shape[1], packed.data)
            hx = tuple(state.index_select(1, packed.sorted_indices) for state in hx)
        outs, state = self._run(segments, hx)
        data = torch.cat([out.flatten(0, 1) for out in outs])
        if packed.unsorted_indices is not None:
            state = tuple(part.index_select(1, packed.unsorted_indices) for part in state)
        return PackedSequence(data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices), state

    def _run(self, segments: list[Tensor], hx: State | None) -> tuple[list[Tensor], State]:
        """Run all layers over segments (steps, sequences, I), whose number of sequences falls from each to the next."""
        B = segments[0].shape[1]
        if hx is None:
            zeros = segments[0].new_zeros(1, B, self.hidden_size)
            start = (zeros[..., : self.output_size] if self.proj_size else zeros, zeros)
        else:
            self._require_state(hx, B, segments[0])
        finals = []
        for layer in range(self.num_layers):
            if layer and self.dropout and self.training:
                segments = [nn.functional.dropout(x, self.dropout) for x in segments]
            outs = []
            for direction in self.directions:
                state = start if hx is None else (hx[0][len(finals), None], hx[1][len(finals), None])
                out, final = self._run_direction(segments, state, f"_l{layer}{direction}", bool(direction))
                outs.append(out)
                finals.append(final)
            segments = [torch.cat(both, 2) for both in zip(*outs, strict=True)] if self.bidirectional else outs[0]
        if len(finals) == 1:
            return segments, finals[0]
        h_n, c_n = zip(*finals, strict=True)
        return segments, (torch.cat(h_n), torch.cat(c_n))

    def _run_direction(
        self, segments: list[Tensor], state: State, suffix: str, backwards: bool
    ) -> tuple[list[Tensor], State]:
        weights = (
            getattr(self, "weight_ih" + suffix),
            getattr(self, "weight_hh" + suffix),
            getattr(self, "bias_ih" + suffix) if self.bias else None,
            getattr(self, "bias_hh" + suffix) if self.bias else None,
            getattr(self, "weight_hr" + suffix) if self.proj_size else None,
        )
        x = segments[0]
        by_hand = self.backward_by == "hand" and x.is_cpu and x.dtype in BY_HAND and not self.proj_size
        run = run_by_hand if by_hand else run_loop
        if backwards:
            segments = reverse(segments)
        (h, c), outs, ended = state, [], []
        for x in segments:
            B = x.shape[1]
            if h.shape[1] > B:  # the shorter sequences, which stand last, are over
                ended.append((h[:, B:], c[:, B:]))
                h, c = h[:, :B], c[:, :B]
            out, h, c = run(x, h, c, weights)
            outs.append(out)
        if ended:
            h, c = (torch.cat(parts, 1) for parts in zip((h, c), *reversed(ended), strict=True))
        return reverse(outs) if backwards else outs, (h, c)

    def _require_input(self, x: Tensor, ranks: tuple[int, ...]) -> None:
        weight = self.weight_ih_l0
        if x.ndim not in ranks:
            batch = "(B, T, I)" if self.batch_first else "(T, B, I)"
            raise ValueError(
                f"The input must have the shape {batch}, or (T, I) for one sequence, got {tuple(x.shape)}: "
                "add or remove an axis."
            )
        if x.shape[-1] != self.input_size:
            raise ValueError(
                f"The input's last axis must hold input_size={self.input_size} features, got {x.shape[-1]} in "
                f"shape {tuple(x.shape)}: reorder the axes or change input_size."
            )
        if x.dtype != weight.dtype or x.device != weight.device:
            raise ValueError(
                f"Input and weights must be of one dtype and device, got {x.dtype} on {x.device} and {weight.dtype} "
                f"on {weight.device}: convert one of them with .to()."
            )

    def _require_state(self, hx: State, B: int | None, x: Tensor) -> None:
        if not isinstance(hx, Sequence) or len(hx) != 2:
            raise ValueError(f"hx must be the pair (h_0, c_0), got {type(hx).__name__}: pass both tensors.")
        sizes = (self.output_size, self.hidden_size)
        for name, state, size in zip(("h_0", "c_0"), hx, sizes, strict=True):
            number = self.num_layers * len(self.directions)
            expected = (number, size) if B is None else (number, B, size)
            if tuple(state.shape) != expected:
                raise ValueError(
                    f"{name} must have the shape {expected} (layers * directions, batch, size; never batch-first), "
                    f"got {tuple(state.shape)}: reorder its axes or leave hx out for zeros."
                )
            if state.dtype != x.dtype or state.device != x.device:
                raise ValueError(
                    f"{name} and input must be of one dtype and device, got {state.dtype} on {state.device} and "
                    f"{x.dtype} on {x.device}: convert one of them with .to()."
                )

    def extra_repr(self) -> str:
        """Name the sizes and every option that is not at its default."""
        defaults = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False}
        defaults |= {"proj_size": 0, "forget_bias": None}
        changed = [f"{name}={getattr(self, name)}" for name, value in defaults.items() if getattr(self, name) != value]
        return ", ".join([f"{self.input_size}, {self.hidden_size}", *changed, f"backward={self.backward_by!r}"])


def _require_options(input_size: int, hidden_size: int, num_layers: int, dropout: float, proj_size: int) -> None:
    sizes = {"input_size": input_size, "hidden_size": hidden_size, "num_layers": num_layers}
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} must be at least 1, got {size}: count what there is.")
    if not 0 <= dropout <= 1:
        raise ValueError(f"dropout must be a probability between 0 and 1, got {dropout}: 0 turns it off.")
    if not 0 <= proj_size < hidden_size:
        raise ValueError(f"proj_size must be below hidden_size={hidden_size}, got {proj_size}: 0 means no projection.")
