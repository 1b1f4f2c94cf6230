"""Exercise 3, questions 3 and 4: mistakes in a coupled step backward and in a truncated run."""

from lstm_course.checks import backward_by_hand as check
from tests.edits import of
from tests.mistakes.catalogue import Mistake

coupled_backward = of("03_backward_by_hand-coupled-backward")
truncated_run = of("03_backward_by_hand-truncated-run")

RIGHT = {}
MISTAKES = {
    check.coupled_backward: {
        "minus g_t forgotten": Mistake(
            coupled_backward("(c_prev - g_t) => c_prev"), "dz_f = dc_t * c_prev * f_t * (1 - f_t)"
        ),
        "plus g_t": Mistake(
            coupled_backward("(c_prev - g_t) => (c_prev + g_t)"), "dz_f = dc_t * (c_prev + g_t) * f_t * (1 - f_t)"
        ),
        "g_t - c_prev": Mistake(
            coupled_backward("(c_prev - g_t) => (g_t - c_prev)"), "dz_f = dc_t * (g_t - c_prev) * f_t * (1 - f_t)"
        ),
        "f_t for 1 - f_t": Mistake(
            coupled_backward("dz_g = dc_t * (1 - f_t) => dz_g = dc_t * f_t"), "dz_g = dc_t * f_t * (1 - g_t**2)"
        ),
        "no factor at g": Mistake(
            coupled_backward("dz_g = dc_t * (1 - f_t) => dz_g = dc_t"), "dz_g = dc_t * (1 - g_t**2)"
        ),
        "1 - f_t on the belt": Mistake(
            coupled_backward("dim=1), dc_t * f_t => dim=1), dc_t * (1 - f_t)"), "dc_prev = dc_t * (1 - f_t)"
        ),
        "nothing on the belt": Mistake(coupled_backward("dim=1), dc_t * f_t => dim=1), dc_t"), "dc_prev = dc_t"),
        "nothing comes from h_t": Mistake(
            coupled_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => pass"),
            "dc_t = dc_given  # nothing comes from h_t",
        ),
        "dc_t overwritten": Mistake(
            coupled_backward("dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dh_t * o_t * (1 - tanh_c**2)"),
            "dc_t = dh_t * o_t * (1 - tanh_c**2)",
        ),
        "belt takes dc_t as given": Mistake(
            coupled_backward(
                "dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_g = dc_t; dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2)",
                "dim=1), dc_t * f_t => dim=1), dc_g * f_t",
            ),
            "dc_prev = dc_given * f_t",
        ),
        "maps take dc_t as given": Mistake(
            coupled_backward(
                "dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_a = dc_t + dh_t * o_t * (1 - tanh_c**2)",
                "dim=1), dc_t * f_t => dim=1), dc_a * f_t",
            ),
            "dc_t = dc_given  # for what follows",
        ),
        "no slope at f": Mistake(coupled_backward(" * f_t * (1 - f_t) => "), "dz_f = dc_t * (c_prev - g_t)"),
        "no slope at g": Mistake(coupled_backward(" * (1 - g_t**2) => "), "dz_g = dc_t * (1 - f_t)"),
        "sigma's slope at g": Mistake(
            coupled_backward("(1 - g_t**2) => g_t * (1 - g_t)"), "dz_g = dc_t * (1 - f_t) * g_t * (1 - g_t)"
        ),
        "tanh's slope at f": Mistake(
            coupled_backward("f_t * (1 - f_t) => (1 - f_t**2)"), "dz_f = dc_t * (c_prev - g_t) * (1 - f_t**2)"
        ),
        "c_t without tanh": Mistake(
            coupled_backward("dh_t * tanh_c => dh_t * c_t"), "dz_o = dh_t * c_t * o_t * (1 - o_t)"
        ),
        "dc_t for dh_t": Mistake(
            coupled_backward("dh_t * tanh_c => dc_t * tanh_c"), "dz_o = dc_t * tanh_c * o_t * (1 - o_t)"
        ),
        "written g f o": Mistake(
            coupled_backward("[dz_f, dz_g, dz_o] => [dz_g, dz_f, dz_o]"), "dz = torch.cat([dz_g, dz_f, dz_o], dim=1)"
        ),
        "read g f o": Mistake(
            coupled_backward("f_t, g_t, o_t = => g_t, f_t, o_t ="), "g_t, f_t, o_t = gates.chunk(3, dim=1)"
        ),
        "four blocks": Mistake(
            coupled_backward("gates.chunk(3, dim=1) => gates.chunk(4, dim=1)[:3]"),
            "raised RuntimeError",
            "Number by number, both shapes must agree: look at each of the two.",
            named=False,
        ),
        "results exchanged": Mistake(
            coupled_backward(
                "return torch.cat([dz_f, dz_g, dz_o], dim=1), dc_t * f_t =>"
                " return dc_t * f_t, torch.cat([dz_f, dz_g, dz_o], dim=1)"
            ),
            "Got shape (3, 5). That is the shape of dc_prev: in which order are the results returned?",
        ),
        "dz in parts": Mistake(
            coupled_backward(
                "return torch.cat([dz_f, dz_g, dz_o], dim=1), dc_t * f_t => return dz_f, dz_g, dz_o, dc_t * f_t"
            ),
            "Got 4 values. Look at its return",
        ),
        "dz stacked": Mistake(
            coupled_backward("torch.cat([dz_f, dz_g, dz_o], dim=1) => torch.stack([dz_f, dz_g, dz_o], dim=1)"),
            "Got shape (3, 3, 5)",
            named=False,
        ),
        "two mistakes at f": Mistake(
            coupled_backward("(c_prev - g_t) => (c_prev + g_t)", "f_t * (1 - f_t) => (1 - f_t**2)"),
            "dz_f = dc_t * (c_prev + g_t) * (1 - f_t**2)",
        ),
        "c_t for c_prev": Mistake(
            coupled_backward("(c_prev - g_t) => (c_t - g_t)"), "dz_f = dc_t * (c_t - g_t) * f_t * (1 - f_t)"
        ),
        "g_t's share on the belt": Mistake(
            coupled_backward("dim=1), dc_t * f_t => dim=1), dc_t * (f_t - (1 - f_t) * g_t)"),
            "dc_prev = dc_t * (f_t - (1 - f_t) * g_t)",
        ),
    },
    check.truncated_run: {
        "not cut": Mistake(truncated_run("h, c = h.detach(), c.detach() => pass"), "h, c = h, c"),
        "only h cut": Mistake(truncated_run("h, c = h.detach(), c.detach() => h = h.detach()"), "h, c = h.detach(), c"),
        "only c cut": Mistake(truncated_run("h, c = h.detach(), c.detach() => c = c.detach()"), "h, c = h, c.detach()"),
        "cut at every step": Mistake(truncated_run("t > 0 and t % window == 0 => t > 0"), "if t > 0:"),
        "cut one step early": Mistake(
            truncated_run("t > 0 and t % window == 0 => (t + 1) % window == 0"), "if (t + 1) % window == 0:"
        ),
        "cut one step late": Mistake(
            truncated_run("t > 0 and t % window == 0 => t % window == 1"), "if t > 0 and t % window == 1 % window:"
        ),
        "cut before the first step": Mistake(
            truncated_run("t > 0 and t % window == 0 => t % window == 0"), "if t % window == 0:"
        ),
        "only the first edge": Mistake(truncated_run("t > 0 and t % window == 0 => t == window"), "if t == window:"),
        "zeros after an edge": Mistake(
            truncated_run("h, c = h.detach(), c.detach() => h, c = torch.zeros_like(h), torch.zeros_like(c)"),
            "h, c = torch.zeros_like(h), torch.zeros_like(c)",
        ),
        "from h_0 and c_0 after an edge": Mistake(
            truncated_run("h, c = h.detach(), c.detach() => h, c = h_0, c_0"), "h, c = h_0, c_0"
        ),
        "c from c_0 after an edge": Mistake(
            truncated_run("h, c = h.detach(), c.detach() => h, c = h.detach(), c_0.detach()"), "h, c = h.detach(), c_0"
        ),
        "no_grad": Mistake(
            truncated_run("h, c, _ = cells => with torch.no_grad(): h, c, _ = cells"),
            "Got states without any gradient. Cut at the edges only; do without torch.no_grad()",
        ),
        "detached states collected": Mistake(
            truncated_run("append(h) => append(h.detach())"),
            "Got states without any gradient. Cut at the edges only; do without torch.no_grad()",
        ),
        "cut after the step": Mistake(
            truncated_run(
                "t > 0 and t % window == 0 => False",
                "states.append(h) => h, c = (h, c) if (t + 1) % window else (h.detach(), c.detach()); states.append(h)",
            ),
            "states.append(h.detach() if (t + 1) % window == 0 else h)",
        ),
        "result of detach thrown away": Mistake(
            truncated_run("h, c = h.detach(), c.detach() => h.detach(), c.detach()"), "h, c = h, c"
        ),
        "detached in place": Mistake(
            truncated_run("h, c = h.detach(), c.detach() => h.detach_(); c.detach_()"),
            "states.append(h.detach() if (t + 1) % window == 0 else h)",
        ),
        "inputs detached": Mistake(
            truncated_run("x[t], h => x[t].detach(), h"), "h, c, _ = cells.lstm_step(x[t].detach(), h, c, W_x, W_h, b)"
        ),
        "memories collected": Mistake(truncated_run("append(h) => append(c)"), "states.append(c)"),
        "a list": Mistake(
            truncated_run("torch.stack(states) => states"),
            "Got [tensor([[ 2.9337e-03, -9.4668e-03, -9.1036e-01, -1.3799e-01, 3.2085e-01], [-",
            "torch.stack makes one tensor of a list of tensors",
        ),
        "cat for stack": Mistake(truncated_run("torch.stack(states) => torch.cat(states)"), "h = torch.cat(states)"),
        "batch first": Mistake(
            truncated_run("torch.stack(states) => torch.stack(states, 1)"),
            "Got shape (3, 8, 5). These are the right axes in another order",
        ),
        "last state only": Mistake(truncated_run("torch.stack(states) => h"), "h = states[-1]"),
        "h_0 as well": Mistake(
            truncated_run("torch.stack(states) => torch.stack([h_0] + states)"), "h = torch.stack([h_0, *states])"
        ),
        "states before the step": Mistake(
            truncated_run("torch.stack(states) => torch.stack([h_0] + states[:-1])"),
            "h = torch.stack([h_0, *states[:-1]])",
        ),
        "shorter last window left out": Mistake(
            truncated_run("range(len(x)) => range(len(x) // window * window)"),
            "for t in range(len(x) // window * window):",
        ),
        "loop over the batch": Mistake(
            truncated_run("range(len(x)) => range(x.shape[1])"), "for t in range(x.shape[1]):"
        ),
        "window fixed": Mistake(truncated_run("% window => % 3"), "if t > 0 and t % (window + 1) == 0:"),
        "clone for detach": Mistake(
            truncated_run("h, c = h.detach(), c.detach() => h, c = h.clone(), c.clone()"), "h, c = h, c"
        ),
        "weights detached": Mistake(
            truncated_run(
                "h, c = h.detach(), c.detach() =>"
                " h, c = h.detach(), c.detach(); W_x, W_h, b = W_x.detach(), W_h.detach(), b.detach()"
            ),
            "h, c = h.detach(), c.detach(); W_x, W_h, b = W_x.detach(), W_h.detach(), b.detach()",
        ),
        "h and c exchanged": Mistake(
            truncated_run("h, c, _ = cells => c, h, _ = cells"), "c, h, _ = cells.lstm_step(x[t], h, c, W_x, W_h, b)"
        ),
        "window - 1": Mistake(
            truncated_run("t % window == 0 => t % (window - 1) == 0"), "if t > 0 and t % (window - 1) == 0:"
        ),
        "only the second window cut": Mistake(
            truncated_run("t > 0 and t % window == 0 => t > 0 and t // window == 1"), "if t // window == 1:"
        ),
    },
}
