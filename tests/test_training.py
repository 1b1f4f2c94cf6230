import math
from itertools import repeat

import pytest
import torch
from torch import nn

from lstm_course import training

X = torch.linspace(-1, 1, 8)[:, None]  # (8, 1)
LINE = (X, 3 * X + 1)


@pytest.fixture
def line():
    torch.manual_seed(0)
    return nn.Linear(1, 1)


def test_a_line_is_learnt(line):
    losses = training.train(line, repeat(LINE), nn.functional.mse_loss, steps=300, lr=0.1)
    assert len(losses) == 300
    assert losses[-1] < 1e-3 < losses[0]
    assert line.weight.item() == pytest.approx(3, abs=0.05)


def test_losses_are_those_before_each_update(line):
    with torch.no_grad():
        before = nn.functional.mse_loss(line(X), LINE[1]).item()
    assert training.train(line, [LINE], nn.functional.mse_loss, steps=1) == [before]


def test_one_step_is_adams(line):
    twin = nn.Linear(1, 1)
    twin.load_state_dict(line.state_dict())
    optimiser = torch.optim.Adam(twin.parameters(), lr=0.02)
    nn.functional.mse_loss(twin(X), LINE[1]).backward()
    optimiser.step()
    training.train(line, [LINE], nn.functional.mse_loss, steps=1, lr=0.02, clip=None)
    torch.testing.assert_close(line.weight, twin.weight)


def test_gradient_is_clipped(line):
    training.train(line, [(X, 1000 * X)], nn.functional.mse_loss, steps=1, clip=0.5)
    assert torch.cat([p.grad.flatten() for p in line.parameters()]).norm().item() == pytest.approx(0.5, rel=1e-4)


def test_ends_with_the_batches_or_when_told(line):
    assert len(training.train(line, [LINE] * 3, nn.functional.mse_loss, steps=10)) == 3
    losses = training.train(line, repeat(LINE), nn.functional.mse_loss, steps=50, until=lambda losses: len(losses) == 7)
    assert len(losses) == 7


def test_no_batch_more_than_needed_is_drawn(line):
    drawn = []
    batches = (drawn.append(k) or LINE for k in range(9))
    training.train(line, batches, nn.functional.mse_loss, steps=4)
    assert drawn == [0, 1, 2, 3]


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"steps": -3}, {"steps": 5, "lr": 0.0}, {"steps": 5, "lr": -1.0}])
def test_sizes_must_be_positive(line, wrong):
    with pytest.raises(ValueError, match=r"steps >= 1 and lr > 0, got steps="):
        training.train(line, [LINE], nn.functional.mse_loss, **wrong)


def test_a_loss_that_is_no_number_ends_it_with_the_step(line):
    batches = [LINE, (X, X * math.nan), LINE]
    with pytest.raises(ValueError, match="must stay finite, got nan at step 2: try a smaller lr"):
        training.train(line, batches, nn.functional.mse_loss, steps=3)


def test_progress_is_gone_at_the_end(monkeypatch):
    shown = []

    class Handle:
        def update(self, bundle, raw):
            assert raw
            shown.append(bundle)

    monkeypatch.setattr(training, "get_ipython", lambda: object())
    monkeypatch.setattr(training, "display", lambda bundle, raw, display_id: shown.append(bundle) or Handle())
    training.train(nn.Linear(1, 1), repeat(LINE), nn.functional.mse_loss, steps=100, label="a <line>")
    assert shown[0] == shown[-1] == {"text/html": "", "text/plain": ""}
    assert 'max="100" value="50"' in " ".join(bundle["text/html"] for bundle in shown)
