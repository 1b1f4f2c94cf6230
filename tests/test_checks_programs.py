"""The programs with holes find what a learner's wrong values come from, and say nothing where they do not know."""

import pytest
import torch

from lstm_course.checks.base import CheckFailed, Differs, unexplained
from lstm_course.checks.programs import Hole, Program, require_all_cases, require_program

STEP = Program(
    """
z = x {sign} h
c = {squash}(z)
out = {factor} * c
""",
    ("c", "out"),
    sign=Hole("+", "Are both parts added?", "-", "*"),
    squash=Hole("torch.tanh", "Which squashing?", "torch.sigmoid", "torch.no_such_function"),
    factor=Hole("2", "Once or twice?", "1", "3"),
)
NAMES = {"torch": torch, "x": torch.tensor([0.5, 1.0], dtype=torch.float64), "h": torch.tensor([0.2, 0.1]).double()}
RULES = {"c": "c must be right.", "out": "out must be right."}


def refused(got, *words):
    with pytest.raises(CheckFailed) as error:
        require_program(STEP, NAMES, got, RULES, {"c": "(units,)"})
    for word in words:
        assert word in str(error.value)
    return error.value


def test_right_parts_pass_and_parts_may_be_left_out():
    require_program(STEP, NAMES, STEP.run(NAMES), RULES, {})
    require_program(STEP, NAMES, {"c": STEP.run(NAMES)["c"]}, RULES, {})


def test_one_wrong_hole_is_named_with_its_line_its_question_and_a_value():
    message = refused(STEP.run(NAMES, {"sign": "-"}), "Your values are those of   z = x - h", "Are both parts added?")
    assert str(message).startswith("c must be right.\nExpected c[0] = 0.604368, got 0.291313 (2 of 2 values differ).\n")


def test_two_wrong_holes_are_named_both():
    wrong = STEP.run(NAMES, {"sign": "-", "squash": "torch.sigmoid"})
    refused(wrong, "z = x - h; c = torch.sigmoid(z)", "Are both parts added? Which squashing?")


def test_a_hole_that_runs_only_with_another_is_named_with_it():
    holes = {"row": Hole("[1, 2]", "Which?", "[4, 2]", "[4, 2, 1]"), "size": Hole("2", "How many?", "3")}
    rows = Program("row = {row}\nsize = {size}\ntotal = sum(row[k] for k in range(size))", ("total",), **holes)
    assert "row = [4, 2, 1]; size = 3" in rows.explain([{}], [{"total": 7}])


def test_a_hole_behind_a_right_part_is_named():
    refused(STEP.run(NAMES, {"factor": "3"}), "out must be right.", "out = 3 * c", "Once or twice?")


def test_of_two_explanations_the_one_is_named_that_explains_more():
    holes = {"b": Hole("b", "b?", "a"), "both": Hole("1", "Both?", "0", "3")}
    twice = Program("a = {both}\nb = 2 * a\nc = {b}", ("a", "c"), **holes)
    assert "Both?" in twice.explain([{}], [{"a": 3, "c": 6}])
    assert "b?" in twice.explain([{}], [{"a": 1, "c": 1}])


def test_a_part_that_a_program_explains_is_said_to_be_that_part_only():
    right = STEP.run(NAMES)
    got = STEP.run(NAMES, {"sign": "-"}) | {"out": right["out"] ** 2}
    refused(got, "Your c is that of   z = x - h\nAre both parts added?")


def test_three_wrong_holes_are_named_where_one_after_the_other_explains_more():
    apart = Program("a = {a}\nb = {b}\nc = {c}", ("a", "b", "c"), **{k: Hole("1", f"{k}?", "0", "3") for k in "abc"})
    assert apart.explain([{}], [{"a": 3, "b": 3, "c": 0}]) == "Your values are those of   a = 3; b = 3; c = 0\na? b? c?"


def test_a_statement_may_go_over_several_lines():
    table = Program("sizes = {{\n  'a': {a},\n}}\nn = sizes[\n  'a'\n]", ("n",), a=Hole("1", "a?", "2"))
    assert table.run({}) == {"n": 1}


def test_numbers_that_agree_in_one_case_only_explain_nothing():
    area = Program("n = {n}", ("n",), n=Hole("H * H", "How many?", "2 * H", "H + 3"))
    cases = [{"H": H} for H in (1, 3, 4, 5)]
    assert area.explain(cases, [{"n": 2}, {"n": 7}, {"n": 9}, {"n": 11}]) == ""
    assert "2 * H" in area.explain(cases, [{"n": 2 * case["H"]} for case in cases])


def test_no_program_is_sought_where_none_is_wanted():
    wrong = STEP.run(NAMES, {"sign": "-"})
    with unexplained():
        assert "z = x - h" not in str(refused(wrong, "Expected c[0] = "))


def test_unknown_values_differ_without_a_guess():
    right = STEP.run(NAMES)
    assert isinstance(refused({**right, "out": right["out"] ** 2}, "Expected out[0] = "), Differs)
    assert STEP.explain([NAMES], [right]) == ""


def test_shapes_dtypes_and_lost_digits_are_named():
    right = STEP.run(NAMES)
    refused({"c": right["c"][None]}, "c must have the shape (units,) = (2,)")
    refused({"c": right["c"].float()}, "c must keep the dtype torch.float64")
    refused({"c": right["c"].float().double()}, "is something turned into float32")


def test_the_first_mistake_is_named_though_a_later_case_raises():
    count = Program("n = {n}", ("n",), n=Hole("4 * H", "How many?", "3 * H", "4"))

    def ask(case):
        if case["H"] > 2:
            raise ValueError("no")
        return {"n": 3 * case["H"]}

    cases = [{"H": H} for H in (1, 2, 3)]
    right = [count.run(case) for case in cases]
    with pytest.raises(CheckFailed, match=r"H = 1 gives 4\. Got 3\.\nYour values .* n = 3 \* H\nHow many\?"):
        require_all_cases(count, cases, right, ask, lambda case, part, value: f"H = {case['H']} gives {value}.")
    with pytest.raises(ValueError, match="no"):
        require_all_cases(count, cases[2:], right[2:], ask, lambda *_: "")
