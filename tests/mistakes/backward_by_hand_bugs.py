"""Exercise 3, question 5: wrong lists of lines."""

from lstm_course.checks import backward_by_hand as check
from tests.mistakes.catalogue import Mistake

RIGHT = {check.find_the_bugs: {"list": [2, 5, 12], "tuple": (12, 2, 5), "set": {5, 12, 2}}}
BLAMED = {  # a right line, and what the message says of it
    1: "tanh(c_t), and c[t + 1] is the memory after step t",
    3: "the slope of tanh is 1 - tanh_c**2",
    4: "i_t was multiplied by g_t",
    6: "g_t was multiplied by i_t",
    7: "o_t was multiplied by tanh(c_t)",
    8: "in the order i, f, g, o",
    9: "c_{t-1} was multiplied by f_t",
    10: "another line forgets to use the result",
    11: "every dz meets the x of its own step",
    13: "db adds up over steps and batch",
}
MISTAKES = {
    check.find_the_bugs: {
        "two of three": Mistake([2, 5], "all 3 wrong lines", "Got 2 of them", "run compare again"),
        "only the chain": Mistake([2, 12], "Got 2 of them"),
        "none": Mistake([], "all 3 wrong lines", "Got 0 of them"),
        "all lines": Mistake(list(range(1, 14)), "Got 1, which is right"),
        "counted from 0": Mistake([1, 4, 11], "Got 1, which is right"),
        "line 0": Mistake([0, 2, 5], "from 1 to 13", "The numbers are those in the comments, from 1."),
        "line 14": Mistake([2, 5, 14], "line numbers from 1 to 13"),
        "one number": Mistake(2, "wrong_lines must be a list of line numbers", "Got 2."),
        "text": Mistake("2, 5, 12", "wrong_lines must be a list"),
        "floats": Mistake([2.0, 5, 12], "wrong_lines must be a list"),
        "none at all": Mistake(None, "wrong_lines must be a list", "For example [1, 2]."),
        "the lines themselves": Mistake(["dh_t = dh[t]"], "wrong_lines must be a list of line numbers"),
    }
    | {
        f"line {line} blamed": Mistake([2, 5, 12, line], f"Got {line}, which is right", reason)
        for line, reason in BLAMED.items()
    }
}
