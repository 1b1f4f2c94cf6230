"""The unrolled network shows every state, every input and every factor of the chain rule."""

import pytest

from lstm_course.drawings.unrolled import unrolled_rnn


@pytest.mark.parametrize("steps", [2, 4])
def test_every_step_has_its_state_its_input_and_its_factor(steps):
    words = [text.get_text() for text in unrolled_rnn(steps).axes[0].texts]
    for t in range(1, steps + 1):
        assert {f"$h_{t}$", f"$x_{t}$", rf"$\partial h_{t}/\partial h_{t - 1}$"} <= set(words)
    assert {"$h_0$", "$L$", "$h_t$"} <= set(words)
    assert f"$h_{steps + 1}$" not in words
    assert words.count("$W_h$") == steps + 1  # once more on the loop
