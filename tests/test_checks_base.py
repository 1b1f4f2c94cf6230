"""What all checks share: the form of messages, diagnosis of unknown mistakes, answers that misbehave."""

import pytest
import torch

from lstm_course.checks.answers import call, require_gradient, require_parts, require_right
from lstm_course.checks.base import (
    MOST_LINES,
    CheckFailed,
    Differs,
    draw,
    each_case,
    generator,
    question,
    require,
    require_close,
    require_tensor,
)
from lstm_course.checks.why_rnns_forget import decay_rate


@question
def double(answer):
    require(call("double", answer, 3) == 6, "double(x) is 2 x.", answer(3), "Add x to itself.")


@question
def twice(answer):
    def check_one(x):
        got = require_tensor("y", call("twice", answer, x), tuple(x.shape), "of x", x.dtype)
        require_right("y", got, 2 * x, "y must be 2 x.", {"x squared": x**2})

    each_case([torch.tensor([[1.0, 3.0], [0.5, -1.0]]), torch.tensor([[0.25]])], check_one)


@question(seconds=0.2)
def hasty(answer):
    call("hasty", answer, 1)


@question(takes="class")
def built(answer):
    require(answer().x == 1, "x is 1.", "another one")


@question(takes="value")
def chosen(answer):
    require(answer == [1], "The list is [1].", answer)


def refused(check, answer):
    """Return the message by which the check refuses the answer."""
    with pytest.raises(CheckFailed) as failure:
        check(answer)
    assert len(str(failure.value).split("\n")) <= MOST_LINES
    return str(failure.value)


# ---- the form of a message


def test_right_answer_prints_one_line(capsys):
    double(lambda x: 2 * x)
    assert capsys.readouterr().out == "✓ double is right.\n"


def test_wrong_answer_says_rule_got_and_what_to_do():
    with pytest.raises(CheckFailed) as error:
        double(lambda x: x * x)
    assert str(error.value) == "double(x) is 2 x. Got 9. Add x to itself."
    assert error.value._render_traceback_() == [f"✗ {error.value}"]


def test_unanswered_raises_not_implemented():
    with pytest.raises(NotImplementedError, match="replace the three dots") as error:
        double(...)
    assert error.value._render_traceback_() == [f"… {error.value}"]

    def stub(x):
        raise NotImplementedError

    with pytest.raises(NotImplementedError, match="double is not answered yet: write your code in place of raise"):
        double(stub)


def test_kinds_of_answers_are_told_apart():
    built(type("A", (), {"x": 1}))
    chosen([1])
    assert refused(double, 6) == (
        "The answer double must be a function. Got int 6. "
        "Call the check with its name alone, without brackets and arguments."
    )
    assert "must be a function. Got the class A" in refused(double, type("A", (), {}))
    assert "must be a class. Got" in refused(built, lambda: None)


# ---- diagnosis


def test_tensor_shape_dtype_and_device_are_named():
    require_tensor("h", torch.zeros(2, 3), (2, 3), "(batch, hidden)")
    cases = [
        (torch.zeros(3, 2), r"h must have the shape \(batch, hidden\) = \(2, 3\)\. Got shape \(3, 2\)\. .*transpose"),
        (torch.zeros(1, 2, 3), "Some axis of size 1 is too much"),
        (torch.zeros(3), "The first axis is missing"),
        (None, r"h must be a tensor .* Got None \(NoneType\)\. Is a return missing\?"),
        ([1.0], r"Got \[1.0\] \(list\)\. torch.tensor"),
        (torch.zeros(2, 3, dtype=torch.float64), "keep the dtype torch.float32 .* Got torch.float64"),
        (torch.zeros(2, 3, device="meta"), "stay on the device cpu of its inputs. Got device meta"),
        (torch.zeros(2, 3).to_sparse(), "must be a usual, dense tensor"),
    ]
    for got, words in cases:
        with pytest.raises(CheckFailed, match=words):
            require_tensor("h", got, (2, 3), "(batch, hidden)", torch.float32)


def test_first_differing_element_is_shown():
    with pytest.raises(Differs, match=r"The rule\.\nExpected h\[1, 0\] = 2, got 5 \(1 of 2 values differ\)\."):
        require_close("h", torch.tensor([[1.0], [5.0]]), torch.tensor([[1.0], [2.0]]), "The rule.")
    with pytest.raises(Differs, match=r"Expected s = 1, got nan\."):
        require_close("s", torch.tensor(float("nan")), torch.tensor(1.0), "The rule.")


def test_integers_do_not_pass_for_rounded_numbers():
    with pytest.raises(CheckFailed, match=r"must hold numbers of the dtype torch.float32\. Got torch.int64"):
        require_close("s", torch.tensor([0]), torch.tensor([0.4]), "The rule.")


def test_known_mistake_is_named_with_a_value():
    message = refused(twice, lambda x: x**2)
    assert message == "y must be 2 x. Got x squared.\nExpected y[0, 0] = 2, got 1 (4 of 4 values differ)."


def test_unknown_mistake_is_shown_with_the_smallest_input():
    message = refused(twice, lambda my_x: my_x.cos())
    assert message == "y must be 2 x.\nExpected y[0, 0] = 0.5, got 0.968912.\nWith my_x = [[0.25]]."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: -2 * x, "with the other sign"),
        (lambda x: x, "0.5 times the right values"),
        (lambda x: 2 * x + 1, "the right values plus 1"),
        (lambda x: 2 * x.T, "the transpose"),
        (lambda x: 2 * x.flip(1), "in reverse order along axis 1"),
        (lambda x: 2 * x / (x - 0.5), "Got Infinity"),
        (lambda x: 0 * x / 0, "Got NaN"),
    ],
)
def test_slips_of_any_question_are_named(answer, words):
    assert words in refused(twice, answer)


def test_mistake_that_shows_only_in_a_small_case_is_not_misnamed():
    """x + 0.0625 is x squared nowhere but in the smallest case, where it would be named so."""
    assert "x squared" not in refused(twice, lambda x: x - 0.1875 if x.numel() == 1 else x.cos())


def test_gradients_are_required_of_every_argument():
    def product(x, y):
        return x * y

    arguments = (torch.ones(2), torch.ones(2))
    for answer, words in (
        (lambda a, b: (a * b).detach(), "a result without a gradient"),
        (lambda a, b: a * b.detach(), "Got no gradient for b"),
        (lambda a, b: a * b + (a - a.detach()), "Got a wrong gradient for a"),
    ):
        with pytest.raises(CheckFailed, match=words):
            require_gradient("product", answer, arguments, product)


def test_parts_are_counted():
    assert require_parts("f", (1, 2), "a", "b") == (1, 2)
    with pytest.raises(CheckFailed, match=r"f must give 2 values: a, b\. Got 3 values\. Look at its return\."):
        require_parts("f", [1, 2, 3], "a", "b")
    with pytest.raises(CheckFailed, match=r"Got NoneType\. Is a return missing\?"):
        require_parts("f", None, "a", "b")


def test_draws_of_one_seed_agree():
    assert torch.equal(torch.rand(5, generator=generator(3)), torch.rand(5, generator=generator(3)))
    one, other = draw(0, torch.float64, (2, 3), (4,)), draw(0, torch.float32, (2, 3), (4,))
    assert torch.equal(one[0].float(), other[0])
    assert one[1].shape == (4,)


# ---- answers that misbehave


def raises_deep(x):
    def inner():
        return {}["key"]

    return inner()


def test_an_error_is_told_with_the_learners_line_and_input():
    message = refused(double, raises_deep)
    assert message.split("\n")[0] == "double raised KeyError: 'key'"
    assert 'of inner: return {}["key"]' in message
    assert message.endswith("With x = 3.")


def test_the_learners_traceback_is_shown_on_demand():
    with pytest.raises(CheckFailed) as failure:
        decay_rate(raises_deep)
    assert len(failure.value._render_traceback_()) == 1
    whole = "\n".join(failure.value._render_traceback_())  # what %tb asks for afterwards
    assert "in raises_deep" in whole
    assert "KeyError: 'key'" in whole
    assert "_handed_over" not in whole


def endless(x):
    while True:
        x += 1


def stubborn(x):
    while True:
        try:
            while True:
                x += 1
        except Exception:
            pass


def test_endless_answers_are_stopped():
    for answer in (endless, stubborn):
        message = refused(hasty, answer)
        assert "hasty was stopped after 0.2 seconds: is there a loop that never ends?" in message
        assert f" of {answer.__name__}: " in message


def recursive(x):
    return recursive(x)


def exits(x):
    raise SystemExit


def greedy(x):
    return [torch.empty(1 << 28) for _ in range(100)]


def lists_without_end(x):
    return bytearray(1 << 40)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (recursive, "double raised RecursionError: maximum recursion depth exceeded"),
        (exits, "double raised SystemExit: no message"),
        (greedy, "double raised"),
        (lists_without_end, "double raised MemoryError"),
        (lambda x: undefined_name, "double raised NameError: name 'undefined_name' is not defined"),  # noqa: F821
        (lambda x: x.shape, "double raised AttributeError: 'int' object has no attribute 'shape'"),
        (lambda: 6, "double must take 1 arguments"),
        (lambda x, y: 6, "double must take 1 arguments"),
        (lambda x: [], "double(x) is 2 x. Got []"),
        (lambda x: None, "double(x) is 2 x. Got None"),
        (lambda x: torch.zeros(2, device="meta"), "double"),
        (lambda x: ..., "double(x) is 2 x. Got Ellipsis"),
        (type("Odd", (), {"__call__": lambda self, x: self, "__repr__": lambda self: 1 / 0})(), "double"),
    ],
)
def test_misbehaving_answers_are_survived(answer, words):
    assert words in refused(double, answer)


def test_state_between_calls_is_found():
    seen = []
    words = "something else the second time. Does it keep something between calls"
    assert words in refused(double, lambda x: seen.append(x) or 6 * len(seen))


def test_arguments_must_stay():
    @question
    def halved(answer):
        call("halved", answer, {"x": torch.ones(2)}, [torch.ones(1)])

    halved(lambda d, n: d["x"] / 2)
    assert "changed in place: d" in refused(halved, lambda d, n: d["x"].div_(2))
    assert "changed in place: n" in refused(halved, lambda d, n: n.pop())


WIDTH = 3


def with_a_global(x):
    return WIDTH + 1


def test_globals_that_a_wrong_answer_reads_are_said():
    assert "It reads WIDTH from the notebook" in refused(double, with_a_global)
    assert "from the notebook" not in refused(double, lambda x: 3 * x)
