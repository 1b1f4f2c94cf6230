"""Exercise 3, question 1: mistakes on the belt of one step backward."""

from lstm_course.checks import backward_by_hand as check
from tests.edits import of
from tests.mistakes.catalogue import Mistake

step_backward = of("03_backward_by_hand-step-backward")

RIGHT = {}
MISTAKES = {
    check.step_backward: {
        "nothing comes from h_t": Mistake(
            step_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => pass"),
            "dc_t = dc_given  # nothing comes from h_t",
        ),
        "dc_t overwritten": Mistake(
            step_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dh_t * o_t * (1 - tanh_c**2)"),
            "dc_t = dh_t * o_t * (1 - tanh_c**2)",
        ),
        "slope 1 - c**2": Mistake(
            step_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t + dh_t * o_t * (1 - c_t**2)"),
            "dc_t = dc_t + dh_t * o_t * (1 - c_t**2)",
        ),
        "no slope of tanh": Mistake(
            step_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t + dh_t * o_t"),
            "dc_t = dc_t + dh_t * o_t",
        ),
        "no output gate": Mistake(
            step_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t + dh_t * (1 - tanh_c**2)"),
            "dc_t = dc_t + dh_t * (1 - tanh_c**2)",
        ),
        "no dh_t": Mistake(
            step_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t + o_t * (1 - tanh_c**2)"),
            "dc_t = dc_t + 1 * o_t * (1 - tanh_c**2)",
        ),
        "slope at tanh of tanh": Mistake(
            step_backward(
                "dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t + dh_t * o_t * (1 - torch.tanh(tanh_c)**2)"
            ),
            "dc_t = dc_t + dh_t * o_t * (1 - torch.tanh(tanh_c)**2)",
        ),
        "tanh in place of its slope": Mistake(
            step_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t + dh_t * o_t * tanh_c"),
            "dc_t = dc_t + dh_t * o_t * tanh_c",
        ),
        "sigma's slope for tanh": Mistake(
            step_backward(
                "dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t + dh_t * o_t * tanh_c * (1 - tanh_c)"
            ),
            "dc_t = dc_t + dh_t * o_t * tanh_c * (1 - tanh_c)",
        ),
        "slope without the square": Mistake(
            step_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t + dh_t * o_t * (1 - tanh_c)"),
            "dc_t = dc_t + dh_t * o_t * (1 - tanh_c)",
        ),
        "input gate for the output gate": Mistake(
            step_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t + dh_t * i_t * (1 - tanh_c**2)"),
            "dc_t = dc_t + dh_t * i_t * (1 - tanh_c**2)",
        ),
        "forget gate for the output gate": Mistake(
            step_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t + dh_t * f_t * (1 - tanh_c**2)"),
            "dc_t = dc_t + dh_t * f_t * (1 - tanh_c**2)",
        ),
        "tanh of the old memory": Mistake(
            step_backward("tanh_c = torch.tanh(c_t) => tanh_c = torch.tanh(c_prev)"), "tanh_c = torch.tanh(c_prev)"
        ),
        "slope at the old memory": Mistake(
            step_backward(
                "dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t + dh_t * o_t * (1 - torch.tanh(c_prev)**2)"
            ),
            "dc_t = dc_t + dh_t * o_t * (1 - torch.tanh(c_prev)**2)",
        ),
        "sigma of c_t": Mistake(
            step_backward("tanh_c = torch.tanh(c_t) => tanh_c = torch.sigmoid(c_t)"), "tanh_c = torch.sigmoid(c_t)"
        ),
        "what comes from h_t subtracted": Mistake(
            step_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t - dh_t * o_t * (1 - tanh_c**2)"),
            "dc_t = dc_t - dh_t * o_t * (1 - tanh_c**2)",
        ),
        "belt takes dc_t as given": Mistake(
            step_backward(
                "dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) =>"
                " dc_in = dc_t; dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2)",
                "dc_t * f_t, dz => dc_in * f_t, dz",
            ),
            "dc_prev = dc_given * f_t",
        ),
        "maps take dc_t as given": Mistake(
            step_backward(
                "dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_all = dc_t + dh_t * o_t * (1 - tanh_c**2)",
                "dc_t * f_t, dz => dc_all * f_t, dz",
            ),
            "dc_t = dc_given  # for what follows",
        ),
        "no forget gate on the belt": Mistake(step_backward("dc_t * f_t, dz => dc_t, dz"), "dc_prev = dc_t"),
        "input gate on the belt": Mistake(step_backward("dc_t * f_t, dz => dc_t * i_t, dz"), "dc_prev = dc_t * i_t"),
        "output gate on the belt": Mistake(step_backward("dc_t * f_t, dz => dc_t * o_t, dz"), "dc_prev = dc_t * o_t"),
        "df_t for dc_prev": Mistake(step_backward("dc_t * f_t, dz => dc_t * c_prev, dz"), "dc_prev = dc_t * c_prev"),
        "slope on the belt": Mistake(
            step_backward("dc_t * f_t, dz => dc_t * f_t * (1 - f_t), dz"), "dc_prev = dc_t * f_t * (1 - f_t)"
        ),
    },
}
