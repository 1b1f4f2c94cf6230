"""The figures of lesson 8, so that its cells show what is measured rather than how it is drawn.

Each function draws one figure, computes the numbers of its description, and shows it.
"""

import statistics
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from lstm_course import figures

GRID_LOOKS = {
    "2-D, 8 units": (figures.BLUE, "-", 2),
    "row by row, 8 units": (figures.SKY, "-", 6),
    "row by row, 32 units": (figures.VERMILION, "--", 2),
}
PARITY_LOOKS = {
    **figures.MODELS,
    "minLSTM": {"color": figures.GREEN, "marker": "^", "linestyle": "-."},
    "Transformer": {"color": figures.ORANGE, "marker": "D", "linestyle": ":"},
}


def race(runs: Mapping[str, Sequence[int]], beyond: Mapping[str, bool]) -> None:
    """Show for each cell the updates that its nets needed, and which cells are `beyond` noise from the LSTM."""
    figure, axis = figures.new(width=7, height=2.8)
    for row, (name, updates) in enumerate(runs.items()):
        marker, color = ("o", figures.BLUE) if beyond.get(name) else ("s", figures.GREY)
        axis.plot(updates, [row] * len(updates), marker, color=color, alpha=0.7)
        axis.plot([statistics.mean(updates)] * 2, [row - 0.35, row + 0.35], color=figures.BLACK)
    axis.set(yticks=range(len(runs)), yticklabels=runs, xlabel="updates until solved", xlim=(0, None))
    axis.invert_yaxis()
    differ = ", ".join(name for name in beyond if beyond[name])
    alike = ", ".join(name for name in beyond if not beyond[name])
    figures.show(
        figure,
        "Updates until the adding problem is solved; a mark is a net, a bar the mean.",
        f"""One row of {len(runs["LSTM"])} marks for each cell. Blue circles, beyond noise from the LSTM: {differ};
        their marks lie left of most of the LSTM's. Grey squares, within the noise: {alike}; their marks lie among
        the LSTM's own.""",
    )


def grid_losses(curves: Mapping[str, Sequence[Sequence[float]]]) -> None:
    """Show the loss of every update for each net on the grid task, smoothed over ten updates."""
    figure, axis = figures.new(width=7, height=2.8)
    for name, losses in curves.items():
        color, line, width = GRID_LOOKS[name]
        for seed, values in enumerate(losses):
            smooth = torch.tensor(values).unfold(0, 10, 5).mean(1)  # means of ten updates
            look = {"color": color, "linestyle": line, "linewidth": width}
            label = name if seed == 0 else None
            axis.plot(10 + 5 * torch.arange(len(smooth)), smooth, **look, label=label)
    axis.set(xlabel="updates", ylabel="loss", ylim=(0, 0.8), xlim=(0, None))
    axis.legend(loc="center right")
    ends = {name: [sum(values[-10:]) / 10 for values in losses] for name, losses in curves.items()}
    low = "; ".join(name for name, last in ends.items() if max(last) < 0.1)
    flat = "; ".join(name for name, last in ends.items() if min(last) > 0.6)
    figures.show(
        figure,
        "Above XOR left: the loss while training, three nets each. Guessing: ln 2 = 0.69.",
        f"""Loss against updates, from 0.69 at the start. Falling to below 0.1 well before the end: {low}. Staying
        flat above 0.6: {flat}.""",
    )


def attention_weights(a: Tensor, asked: Tensor) -> None:
    """Show the weights `a`, (lists, 8 pairs and the question), of ten lists; `asked` is the pair with the key."""
    figure, axis = figures.new(width=5, height=3)
    drawn = axis.imshow(a[:10].numpy(), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axis.scatter(asked[:10], range(10), marker="o", s=50, facecolors="none", edgecolors=figures.VERMILION)
    axis.set(xlabel="pair $s$", ylabel="list", xticks=range(9), xticklabels=[*range(1, 9), "?"], yticks=[])
    axis.grid(visible=False)
    figure.colorbar(drawn, ax=axis, label="$a_s$", ticks=[0, 0.5, 1])
    found = (a[:, :8].argmax(1) == asked).float().mean()
    figures.show(
        figure,
        "Where the question looks (dark), and the pair that holds its key (circle).",
        f"""A grid of 10 lists by 8 pairs and the question itself. The darkest of the pairs in a row is the one with
        the circle, which holds the key asked for; the question also looks at itself. Over all {len(a):,} lists the
        right pair has the largest weight of the eight in at least 9 of 10: {bool(found > 0.9)}.""",
    )


def parity_shares(share: Mapping[str, Sequence[Tensor]], trained: int) -> None:
    """Show the share of right answers by position, mean over nets, and a line at the length `trained` on."""
    figure, axis = figures.new(width=7, height=3)
    mean = {name: torch.stack([*shares]).mean(0) for name, shares in share.items()}
    for k, (name, line) in enumerate(mean.items()):
        smooth = line.unfold(0, 8, 8).mean(1)  # means over 8 positions
        axis.plot(torch.arange(4.5, len(line), 8), smooth, **PARITY_LOOKS[name], label=name, markevery=(k, 4))
    axis.axvline(trained, color=figures.GREY)
    axis.annotate("trained up to here", (trained, 0.76), xytext=(6, 0), textcoords="offset points")
    axis.set(xlabel="position $t$", ylabel="right", ylim=(0.4, 1.05), yticks=[0.5, 0.75, 1])
    axis.legend(loc="center right")
    held = ", ".join(name for name, line in mean.items() if line[150:].mean() > 0.95)
    lost = ", ".join(name for name, line in mean.items() if line[trained:].mean() < 0.55)
    figures.show(
        figure,
        "Parity: share of right answers by position, trained on 16 bits; mean of three nets.",
        f"""Lines of the share right against the position, 1 to 200, with an upright line at {trained}, where training
        ended. Flat near 1 all the way: {held}. Better than chance only at the first positions, and at 0.5 from
        {trained} on: {lost}.""",
    )
