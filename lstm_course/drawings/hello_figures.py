"""The figures of lesson 6, so that its cells show what is measured rather than how it is drawn.

Each function draws one figure, computes the numbers of its description, and shows it.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from lstm_course import figures

FLOOR = 2 * math.log(2) / 4  # of a model without memory on "hello"
NO_MEMORY = {"color": figures.BLACK, "marker": "v", "linestyle": ":"}
TINTS = ("#FBE3B0", "#CFE8F7", "#BFE5D8", "#EED3E2")
TRAININGS = {
    "fresh": ("fresh, not trained", figures.ORANGE, "s", "--"),
    "hello": ("trained on hello", figures.GREEN, "^", "-."),
    "list": ("trained on the list", figures.BLUE, "o", "-"),
}


def valley(share: Tensor, lowest: Tensor) -> None:
    """Show the loss without memory against p, and where trained networks ended: `share` of l after l and loss."""
    p = torch.linspace(0.02, 0.98, 97)
    figure, axis = figures.new(width=6, height=2.6)
    axis.plot(p, -(p.log() + (1 - p).log()) / 4, color=figures.BLUE)
    axis.axhline(FLOOR, color=figures.BLACK, linestyle=":", linewidth=1.2)
    axis.plot(share, lowest, "o", color=figures.VERMILION, markersize=7, alpha=0.6, clip_on=False)
    axis.text(0.02, FLOOR - 0.07, r"$\frac{2 \ln 2}{4}$", fontsize=12)
    axis.set(xlabel="$p$(l after l)", ylabel="loss $L$", xlim=(0, 1), ylim=(0.2, 1))
    figures.show(
        figure,
        "The loss without memory against the probability of l after l; dots: ten trained networks.",
        f"""A valley: the loss falls from about 1 at p near 0 to its lowest point {FLOOR:.4f} at p = 0.5 and rises
        again to about 1 at p near 1. The dots of the ten networks lie on top of each other at the bottom, all with
        p between 0.45 and 0.55: {bool(((share > 0.45) & (share < 0.55)).all())}.""",
    )


def learning(curves: Mapping[str, Sequence[Sequence[float]]]) -> None:
    """Show the loss against the training step, one line for each kind of network: the mean of its starts."""
    figure, axis = figures.new(width=7, height=3)
    for name, runs in curves.items():
        line = torch.tensor(runs).log().mean(0).exp()  # geometric mean over the starts
        look = figures.MODELS.get(name, NO_MEMORY)
        axis.semilogy(range(1, len(line) + 1), line, markevery=(9, 15), label=name, **look)
    axis.axhline(FLOOR, color=figures.GREY, linewidth=1)
    axis.annotate(r"$\frac{2 \ln 2}{4}$", (1, FLOOR), (2, -13), textcoords="offset points", fontsize=12)
    axis.set(xlabel="training step", ylabel="loss", xlim=(0, 101))
    axis.legend(loc="lower left", ncols=2, bbox_to_anchor=(0.0, 0.02))
    worst = max(run[-1] for name, runs in curves.items() if name in figures.MODELS for run in runs)
    figures.show(
        figure,
        "Loss on the four pairs of 'hello', mean of ten starts each. Grey: the floor without memory.",
        f"""Four falling curves, logarithmic. The one without memory bends into the floor at {FLOOR:.2f} and stays
        there. RNN, GRU and LSTM fall through the floor and go on falling; at step 100 the worst of their thirty
        starts is below 0.1: {worst < 0.1}.""",
    )


def plane(region: Tensor, side: Tensor, walk: Tensor, word: str, alphabet: Sequence[str]) -> None:
    """Show the walk of a hidden state of two units through the letters that are said in each place.

    `region`, (S, S), holds the place in the alphabet of the letter said at unit 1 = `side[row]`, unit 2 =
    `side[column]`; `walk`, (T + 1, 2), the states h_0 ... h_T of reading `word`.
    """
    figure, axis = figures.new(width=5.2, height=4.4)
    for place, letter in enumerate(alphabet):
        inside = region == place
        if inside.any():
            axis.contourf(side, side, inside.T, levels=[0.5, 1.5], colors=TINTS[place])
            middle = [side[axes].mean() for axes in inside.nonzero(as_tuple=True)]
            axis.text(*middle, letter, fontsize=26, color=figures.GREY, ha="center", va="center")
    axis.plot(*walk[:-1].T, "o", color=figures.BLACK)
    axis.plot(*walk[-1], "o", color=figures.BLACK, markerfacecolor="white")
    for t, letter in enumerate(word):
        line = "--" if t == len(word) - 1 else "-"
        arrow = {"arrowstyle": "->", "shrinkA": 5, "shrinkB": 5, "linestyle": line}
        axis.annotate("", walk[t + 1], walk[t], arrowprops=arrow)
        across, along = (walk[t + 1] - walk[t]) / (walk[t + 1] - walk[t]).norm()
        beside = (-9 * along, 9 * across)  # points, to the left of the arrow
        look = {"fontsize": 12, "weight": "bold", "ha": "center", "va": "center"}
        axis.annotate(letter, walk[t : t + 2].mean(0), beside, textcoords="offset points", **look)
    for t, h in enumerate(walk):
        axis.annotate(f"$h_{t}$", h, (7, -12) if t else (-18, 5), textcoords="offset points")
    axis.set(xlabel="unit 1", ylabel="unit 2", xlim=(-1.1, 1.1), ylim=(-1.1, 1.1))
    figures.show(
        figure,
        "The hidden state's walk through 'hello'. Grey letters: what is said in that region. "
        "Dashed: the o, never read in training.",
        _walk_in_words(region, side, walk, word, alphabet),
    )


def _walk_in_words(region: Tensor, side: Tensor, walk: Tensor, word: str, alphabet: Sequence[str]) -> str:
    nearest = [[int((side - unit).abs().argmin()) for unit in h] for h in walk]
    said = [alphabet[int(region[row, column])] for row, column in nearest]
    regions = [letter for place, letter in enumerate(alphabet) if (region == place).any()]
    stops = [f"({round(a, 1) + 0.0}, {round(b, 1) + 0.0})" for a, b in walk[1:].tolist()]
    return f"""The plane of the two units, from -1 to 1, cut into the regions of {", ".join(regions)}. Starting at
        (0, 0), reading {", ".join(word)} leads to the points {", ".join(stops)}. The first four lie in the regions
        of {", ".join(said[1:5])}: the two l lead to points {(walk[3] - walk[4]).norm():.1f} apart."""


def context(floors: Mapping[int, float], lowest: float, final: Mapping[str, Sequence[float]]) -> None:
    """Show the floor for windows of k letters, the `lowest` floor as a line, and the losses of trained networks."""
    figure, axis = figures.new(width=6.6, height=2.9)
    axis.plot(list(floors), list(floors.values()), "D:", color=figures.ORANGE)
    axis.annotate("window of $k$ letters", (1, floors[1]), (8, 4), textcoords="offset points")
    places = range(len(floors), len(floors) + len(final))
    for place, (kind, values) in zip(places, final.items(), strict=True):
        look = figures.MODELS[kind]
        axis.plot([place] * len(values), values, look["marker"], color=look["color"], markersize=7)
    axis.axhline(lowest, color=figures.GREY, linewidth=1)
    axis.set(ylabel="loss", ylim=(0, 3.1), xlim=(-0.3, places[-1] + 0.5))
    axis.set_xticks([*floors, *places], [*map(str, floors), *final])
    axis.set_xlabel("letters of context $k$, and trained networks")
    reached = all(value - lowest < 0.03 for values in final.values() for value in values)
    figures.show(
        figure,
        "The lowest loss possible with k letters, and the loss of trained networks (three each).",
        f"""Diamonds fall steeply, then flatten: {", ".join(f"{floor:.2f} at k = {k}" for k, floor in floors.items())}.
        A grey line at {lowest:.2f} is the floor with all letters. To the right the dots of
        {", ".join(final)}, three each, lie on that line: {reached}.""",
    )


def samples(real: Mapping[float, Sequence[float]], different: Mapping[float, Sequence[int]], listed: int) -> None:
    """Show for each temperature the share of real words and the number of different ones, one mark per network."""
    temperatures = list(real)
    figure, axes = figures.new(1, 2, width=7.4, height=2.7)
    for axis, values in zip(axes, (real, different), strict=True):
        for marks, marker in zip(zip(*values.values(), strict=True), "os^", strict=True):
            axis.plot(temperatures, marks, marker, color=figures.BLUE, alpha=0.7)
        axis.plot(temperatures, [sum(marks) / len(marks) for marks in values.values()], linewidth=1)
        axis.set(xlabel=r"temperature $\tau$", xlim=(0, 3.1))
    axes[0].set(title="share in the list", ylim=(0, 1.05))
    axes[1].set(title="different words of 1000", ylim=(0, 1000))
    axes[1].axhline(listed, color=figures.GREY, linewidth=1)
    axes[1].text(3, listed + 10, listed, ha="right")
    falling = all(min(real[a]) > max(real[b]) for a, b in ((1.0, 1.5), (1.5, 2.0), (2.0, 3.0)))
    rising = all(max(different[a]) < min(different[b]) for a, b in pairwise(temperatures))
    figures.show(
        figure,
        "A thousand words drawn at each temperature from each of three LSTMs (the line is their mean).",
        f"""Left: the share of drawn words that are in the list stays close to 1 up to a temperature of 1 and then
        falls from temperature to temperature on all three networks: {falling}. Right: the number of different
        words rises with the temperature on all three: {rising}; a grey line marks the {listed} words of the
        list.""",
    )


def cosines(means: Mapping[str, Tensor]) -> None:
    """Show mean cosines of pairs of words, (networks, 5) for each training: synonyms, then 0 to 3 shared letters."""
    figure, axis = figures.new(width=6.8, height=3.2)
    for shift, (name, (label, colour, marker, line)) in zip((-0.08, 0, 0.08), TRAININGS.items(), strict=True):
        place = torch.arange(5) + shift
        for values in means[name]:
            axis.plot(place, values, marker, color=colour, alpha=0.5)
        axis.plot(place[1:], means[name].mean(0)[1:], line, marker=marker, color=colour, label=label)
    axis.axhline(0, color=figures.BLACK, linewidth=0.8)
    axis.set_xticks(range(5), ["synonyms,\nno shared end", "0", "1", "2", "3 or more"])
    axis.set(xlabel="final letters that two words share", ylabel="mean cosine", ylim=(-0.35, 1.05))
    axis.legend(loc="upper left")
    every = torch.cat([*means.values()])  # (9, 5)
    rise = bool((every[:, 1] < 0.2).all() and (every[:, 4] > 0.6).all())
    low = bool((every[:, 0] < 0.2).all())
    figures.show(
        figure,
        "How alike the last states of two words are, by what the words share. Three networks each.",
        f"""Mean cosine for pairs of words. With 0, 1, 2, 3 or more shared final letters it rises for all nine
        networks from below 0.2 to above 0.6: {rise}. Synonyms without a shared ending, at the left, lie near zero
        like other words without one, all nine below 0.2: {low}.""",
    )
