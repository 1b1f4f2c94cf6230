import torch

from lstm_course.drawings import variants_figures


def test_race(shown):
    runs = {"LSTM": [300, 340], "coupled": [150, 160], "peephole": [290, 350]}
    variants_figures.race(runs, {"coupled": True, "peephole": False})
    assert "One row of 2 marks for each cell. Blue circles, beyond noise from the LSTM: coupled;" in shown()
    assert "within the noise: peephole;" in shown()


def test_grid_losses(shown):
    falling, level = [[0.69] * 50 + [0.02] * 20], [[0.69] * 70]
    variants_figures.grid_losses({"2-D, 8 units": falling, "row by row, 8 units": level, "row by row, 32 units": level})
    assert "Falling to below 0.1 well before the end: 2-D, 8 units." in shown()
    assert "Staying flat above 0.6: row by row, 8 units; row by row, 32 units." in shown()


def test_attention_weights(shown):
    asked = torch.arange(20) % 8
    a = 0.5 * torch.nn.functional.one_hot(asked, 9)
    a[:, 8] = 0.5
    variants_figures.attention_weights(a, asked)
    assert "Over all 20 lists the right pair has the largest weight of the eight in at least 9 of 10: True" in shown()


def test_parity_shares(shown):
    always, chance = [torch.ones(200)] * 3, [torch.full((200,), 0.5)] * 3
    variants_figures.parity_shares(
        {"RNN": always, "LSTM": always, "minLSTM": chance, "Transformer": chance}, trained=16
    )
    assert "Flat near 1 all the way: RNN, LSTM." in shown()
    assert "at 0.5 from 16 on: minLSTM, Transformer." in shown()
