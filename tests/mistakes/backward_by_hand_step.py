"""Exercise 3, question 1: mistakes in the maps of one step backward."""

from lstm_course.checks import backward_by_hand as check
from tests.edits import of
from tests.mistakes.catalogue import Mistake

step_backward = of("03_backward_by_hand-step-backward")

RIGHT = {}
MISTAKES = {
    check.step_backward: {
        "no slopes at all": Mistake(
            step_backward(
                " * i_t * (1 - i_t) => ",
                " * f_t * (1 - f_t) => ",
                " * (1 - g_t**2) => ",
                "tanh_c * o_t * (1 - o_t) => tanh_c",
            ),
            "dz_i = dc_t * g_t",
        ),
        "no slope at the input gate": Mistake(step_backward("g_t * i_t * (1 - i_t) => g_t"), "dz_i = dc_t * g_t"),
        "no slope at the forget gate": Mistake(
            step_backward("c_prev * f_t * (1 - f_t) => c_prev"), "dz_f = dc_t * c_prev"
        ),
        "no slope at the candidate": Mistake(step_backward(" * (1 - g_t**2) => "), "dz_g = dc_t * i_t"),
        "no slope at the output gate": Mistake(
            step_backward("tanh_c * o_t * (1 - o_t) => tanh_c"), "dz_o = dh_t * tanh_c"
        ),
        "sigma's slope at the candidate": Mistake(
            step_backward("(1 - g_t**2) => g_t * (1 - g_t)"), "dz_g = dc_t * i_t * g_t * (1 - g_t)"
        ),
        "1 - g": Mistake(step_backward("(1 - g_t**2) => (1 - g_t)"), "dz_g = dc_t * i_t * (1 - g_t)"),
        "slope at tanh of g": Mistake(
            step_backward("(1 - g_t**2) => (1 - torch.tanh(g_t)**2)"), "dz_g = dc_t * i_t * (1 - torch.tanh(g_t)**2)"
        ),
        "(1 - g) squared": Mistake(step_backward("(1 - g_t**2) => (1 - g_t)**2"), "dz_g = dc_t * i_t * (1 - g_t) ** 2"),
        "tanh's slope at the input gate": Mistake(
            step_backward("i_t * (1 - i_t) => (1 - i_t**2)"), "dz_i = dc_t * g_t * (1 - i_t**2)"
        ),
        "tanh's slope at the forget gate": Mistake(
            step_backward("f_t * (1 - f_t) => (1 - f_t**2)"), "dz_f = dc_t * c_prev * (1 - f_t**2)"
        ),
        "tanh's slope everywhere": Mistake(
            step_backward(
                "i_t * (1 - i_t) => (1 - i_t**2)", "f_t * (1 - f_t) => (1 - f_t**2)", "o_t * (1 - o_t) => (1 - o_t**2)"
            ),
            "dz_i = dc_t * g_t * (1 - i_t**2)",
        ),
        "slope at the gate squashed again": Mistake(
            step_backward(
                "i_t * (1 - i_t) => torch.sigmoid(i_t) * (1 - torch.sigmoid(i_t))",
                "f_t * (1 - f_t) => torch.sigmoid(f_t) * (1 - torch.sigmoid(f_t))",
                "o_t * (1 - o_t) => torch.sigmoid(o_t) * (1 - torch.sigmoid(o_t))",
                "(1 - g_t**2) => (1 - torch.tanh(g_t)**2)",
            ),
            "dz_i = dc_t * g_t * torch.sigmoid(i_t) * (1 - torch.sigmoid(i_t))",
        ),
        "gates squashed again": Mistake(
            step_backward(
                "tanh_c = torch =>"
                " i_t, f_t, g_t, o_t = i_t.sigmoid(), f_t.sigmoid(), g_t.tanh(), o_t.sigmoid(); tanh_c = torch"
            ),
            "i_t, f_t, g_t, o_t = i_t.sigmoid(), f_t.sigmoid(), g_t.tanh(), o_t.sigmoid()",
        ),
        "1 - f alone": Mistake(step_backward("f_t * (1 - f_t) => (1 - f_t)"), "dz_f = dc_t * c_prev * (1 - f_t)"),
        "f alone": Mistake(step_backward("c_prev * f_t * (1 - f_t) => c_prev * f_t"), "dz_f = dc_t * c_prev * f_t"),
        "i times 1 - i squared": Mistake(
            step_backward("i_t * (1 - i_t) => i_t * (1 - i_t**2)"), "dz_i = dc_t * g_t * i_t * (1 - i_t**2)"
        ),
        "new memory for the old": Mistake(
            step_backward("dc_t * c_prev => dc_t * c_t"), "dz_f = dc_t * c_t * f_t * (1 - f_t)"
        ),
        "h_prev for c_prev": Mistake(
            step_backward("dc_t * c_prev => dc_t * h_prev"), "dz_f = dc_t * h_prev * f_t * (1 - f_t)"
        ),
        "i for its factor": Mistake(step_backward("dc_t * g_t => dc_t * i_t"), "dz_i = dc_t * i_t * i_t * (1 - i_t)"),
        "g for its factor": Mistake(step_backward("dc_t * i_t * => dc_t * g_t *"), "dz_g = dc_t * g_t * (1 - g_t**2)"),
        "factors of i and g exchanged": Mistake(
            step_backward("dc_t * g_t * i => dc_t * I_t * i", "dc_t * i_t * => dc_t * g_t *", "I_t => i_t"),
            "dz_i = dc_t * i_t * i_t * (1 - i_t)",
        ),
        "c_t without tanh": Mistake(
            step_backward("dh_t * tanh_c * => dh_t * c_t *"), "dz_o = dh_t * c_t * o_t * (1 - o_t)"
        ),
        "dc_t for dh_t": Mistake(
            step_backward("dh_t * tanh_c * => dc_t * tanh_c *"), "dz_o = dc_t * tanh_c * o_t * (1 - o_t)"
        ),
        "no tanh(c_t)": Mistake(step_backward("dh_t * tanh_c * => dh_t *"), "dz_o = dh_t * o_t * (1 - o_t)"),
        "slope of another gate": Mistake(
            step_backward("f_t * (1 - f_t) => i_t * (1 - i_t)"), "dz_f = dc_t * c_prev * i_t * (1 - i_t)"
        ),
        "written i f o g": Mistake(
            step_backward("torch.cat([dz_i, dz_f, dz_g, dz_o], dim=1) => torch.cat([dz_i, dz_f, dz_o, dz_g], dim=1)"),
            "dz = torch.cat([dz_i, dz_f, dz_o, dz_g], dim=1)",
        ),
        "written f i g o": Mistake(
            step_backward("torch.cat([dz_i, dz_f, dz_g, dz_o], dim=1) => torch.cat([dz_f, dz_i, dz_g, dz_o], dim=1)"),
            "dz = torch.cat([dz_f, dz_i, dz_g, dz_o], dim=1)",
        ),
        "written in reverse": Mistake(
            step_backward("torch.cat([dz_i, dz_f, dz_g, dz_o], dim=1) => torch.cat([dz_o, dz_g, dz_f, dz_i], dim=1)"),
            "dz = torch.cat([dz_o, dz_g, dz_f, dz_i], dim=1)",
        ),
        "written i g f o": Mistake(
            step_backward("torch.cat([dz_i, dz_f, dz_g, dz_o], dim=1) => torch.cat([dz_i, dz_g, dz_f, dz_o], dim=1)"),
            "dz = torch.cat([dz_i, dz_g, dz_f, dz_o], dim=1)",
        ),
        "read i f o g": Mistake(
            step_backward("i_t, f_t, g_t, o_t = gates.chunk(4, dim=1) => i_t, f_t, o_t, g_t = gates.chunk(4, dim=1)"),
            "i_t, f_t, o_t, g_t = gates.chunk(4, dim=1)",
        ),
        "read f i g o": Mistake(
            step_backward("i_t, f_t, g_t, o_t = gates.chunk(4, dim=1) => f_t, i_t, g_t, o_t = gates.chunk(4, dim=1)"),
            "f_t, i_t, g_t, o_t = gates.chunk(4, dim=1)",
        ),
        "i f o g throughout": Mistake(
            step_backward(
                "i_t, f_t, g_t, o_t = gates.chunk(4, dim=1) => i_t, f_t, o_t, g_t = gates.chunk(4, dim=1)",
                "torch.cat([dz_i, dz_f, dz_g, dz_o], dim=1) => torch.cat([dz_i, dz_f, dz_o, dz_g], dim=1)",
            ),
            "i_t, f_t, o_t, g_t = gates.chunk(4, dim=1)",
        ),
        "f i g o throughout": Mistake(
            step_backward(
                "i_t, f_t, g_t, o_t = gates.chunk(4, dim=1) => f_t, i_t, g_t, o_t = gates.chunk(4, dim=1)",
                "torch.cat([dz_i, dz_f, dz_g, dz_o], dim=1) => torch.cat([dz_f, dz_i, dz_g, dz_o], dim=1)",
            ),
            "f_t, i_t, g_t, o_t = gates.chunk(4, dim=1)",
        ),
        "read unit by unit": Mistake(
            step_backward(
                "i_t, f_t, g_t, o_t = gates.chunk(4, dim=1) =>"
                " i_t, f_t, g_t, o_t = gates.reshape(len(gates), -1, 4).unbind(-1)"
            ),
            "i_t, f_t, g_t, o_t = gates.reshape(len(gates), -1, 4).unbind(-1)",
        ),
        "written unit by unit": Mistake(
            step_backward(
                "torch.cat([dz_i, dz_f, dz_g, dz_o], dim=1) => torch.stack([dz_i, dz_f, dz_g, dz_o], dim=-1).flatten(1)"
            ),
            "dz = torch.stack([dz_i, dz_f, dz_g, dz_o], dim=-1).flatten(1)",
        ),
        "cut along the batch": Mistake(
            step_backward("i_t, f_t, g_t, o_t = gates.chunk(4, dim=1) => i_t, f_t, g_t, o_t = gates.chunk(4)"),
            "raised ValueError",
            named=False,
        ),
        "joined along the batch": Mistake(
            step_backward("torch.cat([dz_i, dz_f, dz_g, dz_o], dim=1) => torch.cat([dz_i, dz_f, dz_g, dz_o])"),
            "raised RuntimeError",
            "The inner sizes of a product must agree: is a .T missing, or one too many?",
            named=False,
        ),
        "db is the mean": Mistake(step_backward("dz.sum(0) => dz.mean(0)"), "db = dz.mean(0)"),
        "db not added up": Mistake(
            step_backward("dz.sum(0) => dz"),
            "Got shape (3, 20)",
            "There is one row for each sequence (or step): all use the same weights, so add up over them",
        ),
        "db added up along the maps": Mistake(
            step_backward("dz.sum(0) => dz.sum(1)"),
            "Got shape (3,). Add up over the batch, which is the first axis of dz, not over the maps",
        ),
        "db one number": Mistake(step_backward("dz.sum(0) => dz.sum()"), "Got shape (). The first axis is missing"),
        "db with an axis too many": Mistake(
            step_backward("dz.sum(0) => dz.sum(0, keepdim=True)"),
            "Got shape (1, 20)",
            "There is one row for each sequence (or step): all use the same weights, so add up over them",
        ),
        "db of the first sequence": Mistake(step_backward("dz.sum(0) => dz[0]"), "db = dz[0]"),
        "dW is the mean": Mistake(
            step_backward("dz.T @ x_t => dz.T @ x_t / len(x_t)", "dz.T @ h_prev => dz.T @ h_prev / len(x_t)"),
            "dW_x = dz.T @ x_t / len(dz)",
        ),
        "everything is the mean": Mistake(
            step_backward(
                "dz.T @ x_t => dz.T @ x_t / len(x_t)",
                "dz.T @ h_prev => dz.T @ h_prev / len(x_t)",
                "dz.sum(0) => dz.mean(0)",
            ),
            "db = dz.mean(0)",
        ),
        "dW transposed": Mistake(
            step_backward("dz.T @ x_t, dz.T @ h_prev => x_t.T @ dz, h_prev.T @ dz"),
            "Got shape (2, 20). The axes are in reverse order: is a transpose missing, or one too many?",
        ),
        "dW of the first sequence": Mistake(
            step_backward("dz.T @ x_t, dz.T @ h_prev => torch.outer(dz[0], x_t[0]), torch.outer(dz[0], h_prev[0])"),
            "dW_x = dz[:1].T @ x_t[:1]",
        ),
        "dW_h with the memory": Mistake(step_backward("dz.T @ h_prev => dz.T @ c_prev"), "dW_h = dz.T @ c_prev"),
        "dW_h with the new state": Mistake(
            step_backward("dz.T @ h_prev => dz.T @ (o_t * tanh_c)"), "dW_h = dz.T @ (o_t * tanh_c)"
        ),
        "dh_t added to dh_prev": Mistake(step_backward("dz @ W_h => dz @ W_h + dh_t"), "dh_prev = dz @ W_h + dh_t"),
        "dc_prev added to dh_prev": Mistake(
            step_backward("dz @ W_h => dz @ W_h + dc_t * f_t"), "dh_prev = dz @ W_h + dc_prev"
        ),
        "W_h transposed": Mistake(
            step_backward("dz @ W_h => dz @ W_h.T"),
            "raised RuntimeError",
            "The inner sizes of a product must agree: is a .T missing, or one too many?",
        ),
        "dx transposed": Mistake(
            step_backward("dz @ W_x => (dz @ W_x).T"),
            "Got shape (2, 3). The axes are in reverse order: is a transpose missing, or one too many?",
        ),
        "dh_prev and dc_prev exchanged": Mistake(
            step_backward("dz @ W_h, dc_t * f_t => dc_t * f_t, dz @ W_h"), "dh_prev, dc_prev = dc_prev, dh_prev"
        ),
        "dx and dh_prev exchanged": Mistake(
            step_backward("dz @ W_x, dz @ W_h => dz @ W_h, dz @ W_x"),
            "Got shape (3, 5). That is the shape of dh_prev: in which order are the results returned?",
        ),
        "dW_x and dW_h exchanged": Mistake(
            step_backward(
                "return dz @ W_x, dz @ W_h, dc_t * f_t, dz.T @ x_t, dz.T @ h_prev, dz.sum(0) =>"
                " return dz @ W_x, dz @ W_h, dc_t * f_t, dz.T @ h_prev, dz.T @ x_t, dz.sum(0)"
            ),
            "Got shape (20, 5). That is the shape of dW_h: in which order are the results returned?",
        ),
        "dx of the candidate only": Mistake(
            step_backward("dz @ W_x => dz_g @ W_x.chunk(4)[2]"), "dx_t = dz_g @ W_x.chunk(4)[2]"
        ),
        "dx is the mean of the maps": Mistake(step_backward("dz @ W_x => dz @ W_x / 4"), "dx_t = dz @ W_x / 4"),
        "other sign": Mistake(step_backward("dz = torch => dz = -torch"), "dz_i = dc_t * g_t * i_t * (i_t - 1)"),
        "dc_t changed in place": Mistake(
            step_backward("dc_t = dc_t + dh => dc_t += dh"),
            "Got an argument that was changed in place: dc_t",
            "Operations such as += or ones that end in _ change their tensor",
        ),
        "c_t changed in place": Mistake(
            step_backward("tanh_c = torch.tanh(c_t) => tanh_c = c_t.tanh_()"),
            "Got an argument that was changed in place: c_t",
            "Operations such as += or ones that end in _ change their tensor",
        ),
        "dx is a mean": Mistake(
            step_backward("dz @ W_x => (dz @ W_x).mean(0, keepdim=True)"), "Got shape (1, 2)", named=False
        ),
        "float32": Mistake(
            step_backward("dz.sum(0) => dz.sum(0).float()"),
            "Got torch.float32. New tensors take a dtype=..., and .float() or numpy may change it",
        ),
        "no return": Mistake(
            step_backward("return dz @ W_x, dz @ W_h, dc_t * f_t, dz.T @ x_t, dz.T @ h_prev, dz.sum(0) => pass"),
            "Got NoneType. Is a return missing?",
        ),
        "only dz": Mistake(
            step_backward("return dz @ W_x, dz @ W_h, dc_t * f_t, dz.T @ x_t, dz.T @ h_prev, dz.sum(0) => return dz"),
            "Got Tensor. Look at its return",
        ),
        "autograd": Mistake(
            step_backward(
                "tanh_c = torch.tanh(c_t) =>"
                " c = c_t.clone().requires_grad_(); torch.autograd.grad(c.sum(), c); tanh_c = torch.tanh(c_t)"
            ),
            "Got a call of it: derive the lines yourself",
        ),
        "two mistakes in two gates": Mistake(
            step_backward("dc_t * c_prev => dc_t * c_t", "(1 - g_t**2) => g_t * (1 - g_t)"),
            "dz_f = dc_t * c_t * f_t * (1 - f_t)",
        ),
        "two mistakes in one gate": Mistake(
            step_backward("dc_t * c_prev * f_t * (1 - f_t) => dc_t * c_t * (1 - f_t**2)"),
            "dz_f = dc_t * c_t * (1 - f_t**2)",
        ),
        "two mistakes on the belt": Mistake(
            step_backward(
                "dc_t = dc_t + dh_t * o_t * (1 - tanh_c**2) => dc_t = dc_t + dh_t * o_t", "dc_t * f_t, dz => dc_t, dz"
            ),
            "dc_t = dc_t + dh_t * o_t; dc_prev = dc_t",
        ),
        "NaN": Mistake(
            step_backward("return dz @ W_x => dz = dz / 0 * 0\n    return dz @ W_x"),
            "Got NaN: something is divided by zero, or subtracts infinities, or takes the root or log",
        ),
    },
}
