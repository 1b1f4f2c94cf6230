"""Exercise 3, question 2: mistakes in a sequence backward."""

from lstm_course.checks import backward_by_hand as check
from tests.edits import of
from tests.mistakes.catalogue import Mistake

sequence_backward = of("03_backward_by_hand-sequence-backward")

RIGHT = {}
MISTAKES = {
    check.sequence_backward: {
        "nothing from the next step": Mistake(
            sequence_backward("dh[t] + dh_next => dh[t]"),
            "dz[t], dc_prev = back_to_maps(dh[t], dc, c[t], c[t + 1], gates[t])",
        ),
        "loss of the last step only": Mistake(
            sequence_backward("dh[t] + dh_next => (dh[t] if t == len(x) - 1 else dh_next)"),
            "dz[t], dc_prev = back_to_maps((dh[t] if t == len(x) - 1 else dh_next), dc, c[t], c[t + 1",
        ),
        "no loss at all": Mistake(
            sequence_backward("dh[t] + dh_next => dh_next"),
            "dz[t], dc_prev = back_to_maps(dh_next, dc, c[t], c[t + 1], gates[t])",
        ),
        "dh_next piles up": Mistake(
            sequence_backward("dh_next = dz[t] @ W_h => dh_next = dh_next + dz[t] @ W_h"),
            "dh_next = dh_next + dz[t] @ W_h",
        ),
        "dh of the step handed on as well": Mistake(
            sequence_backward(
                "dh[t] + dh_next, dc => dh_next + dh[t], dc", "dh_next = dz[t] @ W_h => dh_next = dh[t] + dz[t] @ W_h"
            ),
            "dh_next = dh[t] + dz[t] @ W_h",
        ),
        "loss of the step after": Mistake(
            sequence_backward("dh[t] + dh_next => dh[min(t + 1, len(x) - 1)] + dh_next"),
            "dz[t], dc_prev = back_to_maps(dh[min(t + 1, len(x) - 1)] + dh_next, dc, c[t], c[t + 1], ",
        ),
        "belt cut": Mistake(
            sequence_backward(
                "dc = check.back => dc_0 = check.back",
                "dh_next, dc, c[t] => dh_next, dc * (t == len(x) - 1), c[t]",
                "dh_next, dc, dW_x => dh_next, dc_0, dW_x",
            ),
            "dc = 0 * dc_prev",
        ),
        "belt starts anew at every step": Mistake(
            sequence_backward("dz[t], dc = check => dz[t], dc_0 = check", "dh_next, dc, dW_x => dh_next, dc_0, dW_x"),
            "dz[t], dc_prev = back_to_maps(dh[t] + dh_next, dc_T, c[t], c[t + 1], gates[t])",
        ),
        "dc_T ignored": Mistake(
            sequence_backward(
                "dh_next, dc = torch.zeros_like(dc_T), dc_T =>"
                " dh_next, dc = torch.zeros_like(dc_T), torch.zeros_like(dc_T)"
            ),
            "dh_next, dc = torch.zeros_like(dc_T), torch.zeros_like(dc_T)",
        ),
        "dc_T taken for dh": Mistake(
            sequence_backward(
                "dh_next, dc = torch.zeros_like(dc_T), dc_T => dh_next, dc = dc_T, torch.zeros_like(dc_T)"
            ),
            "dh_next, dc = dc_T, torch.zeros_like(dc_T)",
        ),
        "dc_T taken for dh too": Mistake(
            sequence_backward("dh_next, dc = torch.zeros_like(dc_T), dc_T => dh_next, dc = dc_T, dc_T"),
            "dh_next, dc = dc_T, dc_T",
        ),
        "dc_T added at every step": Mistake(
            sequence_backward("dh_next, dc, c[t] => dh_next, dc + dc_T * (t < len(x) - 1), c[t]"),
            "dz[t], dc_prev = back_to_maps(dh[t] + dh_next, dc + (dc_T if t < len(x) - 1 else 0), c[t",
        ),
        "dh and dc exchanged": Mistake(
            sequence_backward("check.back_to_maps(dh[t] + dh_next, dc, => check.back_to_maps(dc, dh[t] + dh_next,"),
            "dz[t], dc_prev = back_to_maps(dc, dh[t] + dh_next, c[t], c[t + 1], gates[t])",
        ),
        "walked forward": Mistake(
            sequence_backward("reversed(range(len(x))) => range(len(x))"), "for t in range(len(x)):"
        ),
        "first step left out": Mistake(
            sequence_backward("reversed(range(len(x))) => range(len(x) - 1, 0, -1)", "empty_like => zeros_like"),
            "for t in range(len(x) - 1, 0, -1):",
        ),
        "last step left out": Mistake(
            sequence_backward("reversed(range(len(x))) => range(len(x) - 2, -1, -1)", "empty_like => zeros_like"),
            "for t in range(len(x) - 2, -1, -1):",
        ),
        "c_prev and c_t exchanged": Mistake(
            sequence_backward("c[t], c[t + 1] => c[t + 1], c[t]"),
            "dz[t], dc_prev = back_to_maps(dh[t] + dh_next, dc, c[t + 1], c[t], gates[t])",
        ),
        "c_t twice": Mistake(
            sequence_backward("c[t], c[t + 1] => c[t + 1], c[t + 1]"),
            "dz[t], dc_prev = back_to_maps(dh[t] + dh_next, dc, c[t + 1], c[t + 1], gates[t])",
        ),
        "c_prev twice": Mistake(
            sequence_backward("c[t], c[t + 1] => c[t], c[t]"),
            "dz[t], dc_prev = back_to_maps(dh[t] + dh_next, dc, c[t], c[t], gates[t])",
        ),
        "c one step early": Mistake(
            sequence_backward("c[t], c[t + 1] => c[t - 1], c[t]"),
            "dz[t], dc_prev = back_to_maps(dh[t] + dh_next, dc, c[t - 1], c[t], gates[t])",
        ),
        "gates one step early": Mistake(
            sequence_backward("gates[t]) => gates[t - 1])"),
            "dz[t], dc_prev = back_to_maps(dh[t] + dh_next, dc, c[t], c[t + 1], gates[t - 1])",
        ),
        "dz of a step not yet walked": Mistake(
            sequence_backward("empty_like => zeros_like", "dh_next = dz[t] @ W_h => dh_next = dz[t - 1] @ W_h"),
            "dh_next = dz[t - 1] @ W_h",
        ),
        "dW_h with h after the step": Mistake(
            sequence_backward("h[:-1] => h[1:]"), "dW_h = rows.T @ h[1:].flatten(0, 1)"
        ),
        "h rolled": Mistake(
            sequence_backward("h[:-1].flatten => h.roll(1, 0)[:-1].flatten"),
            "dW_h = rows.T @ h.roll(1, 0)[:-1].flatten(0, 1)",
        ),
        "list not turned round": Mistake(
            sequence_backward(
                "dz = torch.empty_like(gates) => found = []",
                "dz[t], dc = => dz_t, dc =",
                "dh_next = dz[t] @ W_h => dh_next = dz_t @ W_h; found.append(dz_t)",
                "rows = dz => dz = torch.stack(found); rows = dz",
            ),
            "dz = torch.flip(dz, [0])",
        ),
        "dx turned round": Mistake(
            sequence_backward("return dz @ W_x => return dz.flip(0) @ W_x"), "dx = dz.flip(0) @ W_x"
        ),
        "first step's share only": Mistake(
            sequence_backward(
                "rows.T @ x.flatten(0, 1), rows.T @ h[:-1].flatten(0, 1) => dz[0].T @ x[0], dz[0].T @ h[0]",
                "rows.sum(0) => dz[0].sum(0)",
            ),
            "dW_x = dz[0].T @ x[0]",
        ),
        "last step's share only": Mistake(
            sequence_backward(
                "rows.T @ x.flatten(0, 1), rows.T @ h[:-1].flatten(0, 1) => dz[-1].T @ x[-1], dz[-1].T @ h[-2]",
                "rows.sum(0) => dz[-1].sum(0)",
            ),
            "dW_x = dz[-1].T @ x[-1]",
        ),
        "db is the mean": Mistake(sequence_backward("rows.sum(0) => rows.mean(0)"), "db = rows.mean(0)"),
        "db is the mean over the batch": Mistake(
            sequence_backward("rows.sum(0) => dz.sum(0).mean(0)"), "db = dz.sum(0).mean(0)"
        ),
        "db is the mean over the steps": Mistake(
            sequence_backward("rows.sum(0) => dz.mean(0).sum(0)"), "db = dz.mean(0).sum(0)"
        ),
        "db not added up over the batch": Mistake(
            sequence_backward("rows.sum(0) => dz.sum(0)"),
            "Got shape (3, 20)",
            "There is one row for each sequence (or step): all use the same weights, so add up over them",
        ),
        "dW_x is the mean over the steps": Mistake(
            sequence_backward("rows.T @ x.flatten(0, 1) => rows.T @ x.flatten(0, 1) / len(x)"),
            "dW_x = rows.T @ x.flatten(0, 1) / len(x)",
        ),
        "all are means": Mistake(
            sequence_backward("rows = dz.flatten(0, 1) => rows = dz.flatten(0, 1) / (dz.shape[0]*dz.shape[1])"),
            "dW_x = rows.T @ x.flatten(0, 1) / len(rows)",
        ),
        "batch and time exchanged in dz": Mistake(
            sequence_backward("rows = dz.flatten(0, 1) => rows = dz.transpose(0, 1).flatten(0, 1)"),
            "rows = dz.transpose(0, 1).flatten(0, 1)",
        ),
        "batch and time exchanged in x": Mistake(
            sequence_backward("x.flatten(0, 1) => x.transpose(0, 1).flatten(0, 1)"),
            "dW_x = rows.T @ x.transpose(0, 1).flatten(0, 1)",
        ),
        "dW_x transposed": Mistake(
            sequence_backward("rows.T @ x.flatten(0, 1) => x.flatten(0, 1).T @ rows"),
            "Got shape (2, 20). The axes are in reverse order: is a transpose missing, or one too many?",
        ),
        "dx batch first": Mistake(
            sequence_backward("return dz @ W_x => return (dz @ W_x).transpose(0, 1)"),
            "Got shape (3, 6, 2). These are the right axes in another order",
        ),
        "dh[0] added to dh_0": Mistake(
            sequence_backward("dz @ W_x, dh_next, dc => dz @ W_x, dh_next + dh[0], dc"),
            "dh_0, dc_0 = dh_next + dh[0], dc",
        ),
        "dh_0 and dc_0 exchanged": Mistake(
            sequence_backward("dz @ W_x, dh_next, dc => dz @ W_x, dc, dh_next"), "dh_0, dc_0 = dc, dh_next"
        ),
        "dc_T for dc_0": Mistake(
            sequence_backward("dz @ W_x, dh_next, dc => dz @ W_x, dh_next, dc_T"), "dh_0, dc_0 = dh_next, dc_T"
        ),
        "all products in the loop": Mistake(
            sequence_backward(
                "dh_next = dz[t] @ W_h => dh_next = dz[t] @ W_h; dz[t] @ W_x; dz[t].T @ x[t]; dz[t].T @ h[t]"
            ),
            "Got 27 products. Keep every dz_t, and multiply all T * B rows at once",
        ),
        "dh changed in place": Mistake(
            sequence_backward("check.back_to_maps(dh[t] + dh_next, => check.back_to_maps(dh[t].add_(dh_next),"),
            "Got an argument that was changed in place: dh",
            "Operations such as += or ones that end in _ change their tensor",
        ),
        "dz in float32": Mistake(
            sequence_backward("torch.empty_like(gates) => torch.empty(gates.shape)"),
            "raised RuntimeError",
            "Two dtypes meet: make new tensors with the dtype of the inputs.",
        ),
        "fixed number of steps": Mistake(
            sequence_backward("reversed(range(len(x))) => reversed(range(6))"), "raised IndexError", named=False
        ),
        "dh_0 and dc_0 missing": Mistake(
            sequence_backward("return dz @ W_x, dh_next, dc, => return dz @ W_x,"), "Got 4 values. Look at its return"
        ),
        "W_h transposed": Mistake(
            sequence_backward("dz[t] @ W_h => dz[t] @ W_h.T"),
            "raised RuntimeError",
            "The inner sizes of a product must agree: is a .T missing, or one too many?",
        ),
    },
}
