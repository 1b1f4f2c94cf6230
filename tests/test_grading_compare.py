"""What comes out of the sandbox is read as hostile data, and compared as nbval compares."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from nbformat.v4 import new_output
from nbval.plugin import IPyNbCell, nocolors

from lstm_course.grading import emit
from lstm_course.grading.compare import Expected
from lstm_course.grading.emit import MIME, encode
from lstm_course.grading.probes import Probe
from lstm_course.grading.values import MOST_LETTERS, Numbers, Unreadable, read

RULE = "It must be right."


def text(value, used=()):
    return json.dumps({"values": encode(value), "used": list(used)})


def expected(value, **fields):
    return Expected(Probe("sum-probe", "sum", "def _probe(trial): ...", RULE, **fields), text(value), 1)


# ---- there and back


@given(st.lists(st.floats(), max_size=5))
def test_numbers_come_back_as_they_were(numbers):
    values, _ = read(text(torch.tensor(numbers, dtype=torch.float64)))
    assert np.array_equal(values.values, np.array(numbers), equal_nan=True)
    assert [str(number) for number in read(text(numbers))[0]] == [str(number) for number in numbers]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool])
def test_a_tensor_says_its_dtype_and_shape(dtype):
    values, _ = read(text(torch.ones(2, 3, dtype=dtype)))
    assert (values.kind, values.dtype, values.values.tolist()) == ("tensor", str(dtype)[6:], [[1, 1, 1], [1, 1, 1]])


class Liar(torch.Tensor):
    """A tensor whose every operation gives something else."""

    @classmethod
    def __torch_function__(cls, function, types, arguments=(), options=None):
        return torch.full((2,), 42.0)


def test_a_tensor_that_lies_is_read_by_torch_itself():
    values, _ = read(text(torch.ones(3).as_subclass(Liar)))
    assert values.values.tolist() == [1, 1, 1]


class EqualsAll:
    __class__ = torch.Tensor

    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (EqualsAll(), "EqualsAll"),
        ({1: 2}, "dict"),
        (1j, "complex"),
        (10**400, "int"),
        (torch.ones(2, dtype=torch.complex64), "tensor of torch.complex64 and torch.strided"),
        (torch.eye(2).to_sparse(), "tensor of torch.float32 and torch.sparse_coo"),
        (np.array(["a"]), "array of <U1"),
        (np.zeros(emit.MOST_NUMBERS + 1), "array of 200,001 numbers"),
        (lambda: 1, "function"),
    ],
)
def test_what_is_no_data_is_said_as_what_it_is(value, name):
    assert read(text(value))[0].name == name
    assert f"got something of the type {name}." in expected(1.5).compare(text(value))


# ---- hostile reports


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        (None, "no text"),
        ({"values": 1, "used": []}, "no text"),
        ("", "malformed"),
        ("[" * 100_000, "too deep"),
        ('{"values": ' + '{"list": [' * 60 + "1" + "]}" * 60 + ', "used": []}', "too deep"),
        (" " * (MOST_LETTERS + 1), "too large"),
        ('{"values": NaN, "used": []}', "NaN is no number"),
        ('{"values": 1, "values": 2, "used": []}', "twice"),
        ('{"values": ' + "9" * 5000 + ', "used": []}', "malformed"),
        ("1", "another form"),
        ('{"values": 1}', "another form"),
        ('{"values": [1], "used": []}', "another form"),
        ('{"values": {"list": [1], "dict": {}}, "used": []}', "another form"),
        ('{"values": {"pickle": "gASV"}, "used": []}', "another form"),
        ('{"values": 1, "used": "nothing"}', "what was used"),
        ('{"values": 1, "used": [["a"]]}', "what was used"),
    ],
)
def test_a_report_of_another_form_is_refused(report, reason):
    problem = expected(1).compare(report)
    assert problem.startswith("The answer's values could not be read: ")
    assert reason in problem


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"shape": [3]}, "do not fit their shape"),
        ({"shape": [-1]}, "a shape is impossible"),
        ({"shape": [2.0]}, "a shape is impossible"),
        ({"shape": [10**9, 0]}, "a shape is impossible"),
        ({"shape": [1] * 65 + [2]}, "a shape is impossible"),
        ({"numbers": [1.5, "1"]}, "something else among the numbers"),
        ({"numbers": [1.5, [2]]}, "something else among the numbers"),
        ({"numbers": [1.5, None]}, "something else among the numbers"),
        ({"numbers": [10**400, 1]}, "do not fit"),
        ({"dtype": "int64", "numbers": [1.5, 2.5]}, "do not fit their dtype"),
        ({"dtype": "object"}, "do not fit their dtype"),
        ({"dtype": ["float64"]}, "another form"),
        ({"more": 1}, "another form"),
    ],
)
def test_a_tensor_of_another_form_is_refused(change, reason):
    node = {"dtype": "float64", "shape": [2], "numbers": [1.0, 2.0]} | change
    with pytest.raises(Unreadable, match=reason):
        read(json.dumps({"values": {"tensor": node}, "used": []}))


# ---- what is right, and what is said of what is wrong

ONES = torch.ones(2, 2, dtype=torch.float64)
COUNTED = torch.arange(1.0, 5, dtype=torch.float64).reshape(2, 2)


@pytest.mark.parametrize(
    ("right", "got", "said"),
    [
        (ONES, ONES + 1e-9, None),
        (ONES.float(), ONES.float() + 1e-5, None),
        (ONES, ONES + 1e-5, "Expected the result[0, 0] = 1, got 1.00001."),
        (ONES, ONES * math.nan, "Expected the result[0, 0] = 1, got nan."),
        (ONES, ONES.float(), "Expected the result to be float64, got float32."),
        (ONES, ONES[0], "Expected the result of the shape (2, 2), got (2,)."),
        (ONES, ONES.numpy(), "Expected the result to be a tensor, got array of float64 and shape (2, 2)."),
        (ONES, None, "Expected the result to be a tensor, got None."),
        (COUNTED, -COUNTED, "got -1. This is -1 times the right values."),
        (COUNTED, 0 * COUNTED, "got 0. All of it is zero."),
        (COUNTED, COUNTED.T, "Expected the result[0, 1] = 2, got 3. This is the transpose."),
        (COUNTED, COUNTED.flip(0), "These are the right values in reverse order."),
        (COUNTED[:1], COUNTED[:1].T, "of the shape (1, 2), got (2, 1). Is it transposed?"),
        (torch.tensor([2]), torch.tensor([3]), "Expected the result[0] = 2, got 3."),
        ([1, 2], (1, 2), None),
        ([1, 2], [1], "Expected [1, 2], got [1]."),
        ({"a": 1}, {"b": 1}, "Expected values for a, got values for b."),
        (1, True, "Expected 1, got True."),
        (1, 1.0, "Expected 1, got 1."),
        (1.0, 1.0 + 1e-12, None),
        (1.0, 2.0, "Expected the result = 1, got 2."),
        (math.inf, math.inf, None),
        ("(1, 2)", "(2, 1)", "Expected '(1, 2)', got '(2, 1)'."),
    ],
)
def test_the_first_difference_is_said_in_a_sentence(right, got, said):
    problem = expected(right).compare(text(got))
    assert problem == said if said is None else problem.startswith(f"{RULE} ") and problem.endswith(said)


def test_parts_are_called_by_their_names():
    one = expected([ONES, COUNTED], parts=("h_t", "c_t"))
    assert one.compare(text([ONES, ONES])).endswith("Expected c_t[0, 1] = 2, got 1. These are the values of h_t.")
    assert one.compare(text([ONES])).endswith("Expected 2 values (h_t, c_t), got 1 values.")


def test_a_stated_tolerance_counts_for_numbers_with_a_point_only():
    assert expected(ONES, rtol=0.0, atol=0.1).compare(text(ONES + 0.05)) is None
    assert expected(torch.tensor([10]), rtol=0.0, atol=5.0).compare(text(torch.tensor([11]))) is not None


def test_a_forbidden_name_that_was_called_is_said():
    assert expected(1).compare(text(1, ["torch.nn.LSTM"])) == "The answer must do without torch.nn.LSTM."


@pytest.mark.parametrize("reference", ["", text(ONES * math.nan), text(1, ["torch.nn.LSTM"])])
def test_a_reference_that_cannot_be_used_is_refused(reference):
    with pytest.raises(Unreadable):
        Expected(Probe("sum-probe", "sum", "", RULE), reference, 1)


JUDGE = "def judge(values, seed, id):\n    return None if values.values.sum() < 10 else f'It is too large.'\n"


def test_a_judge_passes_the_verdict_and_survives_values_of_any_form():
    one = expected(ONES, judge_code=JUDGE)
    assert one.compare(text(COUNTED / 2)) is None
    assert one.compare(text(COUNTED)) == f"{RULE} It is too large."
    for value in (None, "x", [1], {"a": 1}, EqualsAll()):
        assert one.compare(text(value)).startswith(f"{RULE} Got ")


# ---- nbval itself


PARENT = SimpleNamespace(sanitize_patterns={}, skip_compare=("metadata", "output_type"))


def compared(reference, *texts):
    """nbval's verdict on a cell with this reference, and what it prints."""
    cell = object.__new__(IPyNbCell)
    cell.parent, cell.colors = PARENT, nocolors
    cell.format_output_compare = lambda key, left, right: cell.comparison_traceback.append(f"{left}")
    shown, stored = ([new_output("display_data", {MIME: one}) for one in several] for several in (texts, [reference]))
    return cell.compare_outputs(shown, stored), "".join(cell.comparison_traceback)


def test_nbval_compares_within_the_tolerance_and_prints_nothing_of_the_reference():
    right = expected(ONES)
    assert compared(right, text(ONES + 1e-9)) == (True, "")
    assert right.problem is None
    assert compared(right, text(2 * ONES)) == (False, "[the right values]")
    assert right.problem == f"{RULE} Expected the result[0, 0] = 1, got 2. This is 2 times the right values."


def test_nbval_takes_no_second_report_beside_the_right_one():
    is_right, printed = compared(expected(ONES), text(ONES), text(ONES))
    assert not is_right
    assert "dissimilar number of outputs" in printed


def test_numbers_are_never_compared_as_a_whole():
    assert Numbers("tensor", "float64", np.ones(2)) != Numbers("tensor", "float64", np.ones(2))
