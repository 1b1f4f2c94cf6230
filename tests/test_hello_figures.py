import torch

from lstm_course.drawings import hello_figures


def test_valley(shown):
    hello_figures.valley(torch.full((10,), 0.5), torch.full((10,), 0.3466))
    assert "its lowest point 0.3466 at p = 0.5" in shown()
    assert "with p between 0.45 and 0.55: True" in shown()


def test_learning(shown):
    falling = [[0.01] * 100, [0.2] * 100]
    hello_figures.learning({"no memory": [[0.35] * 100], "RNN": falling, "GRU": falling, "LSTM": falling})
    assert "the worst of their thirty starts is below 0.1: False" in shown()


def test_plane(shown):
    side = torch.linspace(-1.1, 1.1, 45)
    unit_1, unit_2 = torch.meshgrid(side, side, indexing="ij")
    region = torch.where(unit_2 > 0.5, 2, torch.where(unit_1 > -0.05, 0, 3))  # l above, e right, o left
    walk = torch.tensor([[0.0, 0], [0.8, 0], [0.8, 1], [-0.3, 1], [-0.8, -0.5], [0.2, 0]])
    hello_figures.plane(region, side, walk, "hello", "ehlo")
    assert "cut into the regions of e, l, o." in shown()
    assert "reading h, e, l, l, o leads to the points (0.8, 0.0), (0.8, 1.0), (-0.3, 1.0), (-0.8, -0.5)" in shown()
    assert "lie in the regions of e, l, l, o: the two l lead to points 1.6 apart" in shown()


def test_context(shown):
    hello_figures.context({0: 2.9, 1: 2.1, 2: 1.1}, 0.76, {"RNN": [0.77, 0.78], "LSTM": [0.76, 0.8]})
    assert "flatten: 2.90 at k = 0, 2.10 at k = 1, 1.10 at k = 2. A grey line at 0.76" in shown()
    assert "dots of RNN, LSTM, three each, lie on that line: False" in shown()


def test_samples(shown):
    real = {0.5: [1, 1, 1], 1.0: [0.97, 0.98, 0.98], 1.5: [0.8] * 3, 2.0: [0.5] * 3, 3.0: [0.1] * 3}
    different = {0.5: [100, 101, 99], 1.0: [130] * 3, 1.5: [300] * 3, 2.0: [590] * 3, 3.0: [580, 900, 900]}
    hello_figures.samples(real, different, 112)
    assert "falls from temperature to temperature on all three networks: True" in shown()
    assert "rises with the temperature on all three: False; a grey line marks the 112 words" in shown()


def test_cosines(shown):
    means = torch.tensor([[0.0, 0.1, 0.5, 0.8, 0.9]] * 3)
    hello_figures.cosines({"fresh": means, "hello": means, "list": means + 0.15})
    assert "from below 0.2 to above 0.6: False" in shown()
    assert "all nine below 0.2: True" in shown()
