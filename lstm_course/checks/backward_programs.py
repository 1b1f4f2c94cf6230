"""The step backward of lesson 3 as programs with holes, and what learners put into the holes."""

from itertools import permutations

from lstm_course.checks.programs import Hole, Program

SIGMA = "Which slope has sigma, written with its own result?"
TANH = "Which slope has tanh, written with its own result?"
PRODUCT = "A product hands each factor the gradient times the other factor: "
BRANCH = "c_t is used twice, by h_t and by the next step: what does a branch do with the two gradients?"
HEARS = "Which gradient arrives here? (dc_given is dc_t as it was given, without what comes from h_t.)"
SUM = "Every sequence uses the same weights: what does a branch do with what comes back?"
MAPS = "All maps read it: what does a branch do with what comes back?"


def _orders(letters: str, form: str) -> list[str]:
    """Return every wrong order of the blocks, written with the names that `form` makes of the letters."""
    return [", ".join(form.format(k) for k in order) for order in permutations(letters)][1:]


def _cut(letters: str, squash: str) -> dict[str, Hole]:
    """Return the holes where gates is cut, for maps of these letters."""
    names, n = ", ".join(f"{k}_t" for k in letters), len(letters)
    asks = f"gates holds {names} side by side, H columns each: which columns are which?"
    others = (f"gates.reshape(len(gates), -1, {n}).unbind(-1)", f"gates.reshape({n}, *dh_t.shape)")
    again = "gates holds the results of sigma and tanh: do they need another squashing?"
    return {
        "names": Hole(names, asks, *_orders(letters, "{}_t")),
        "columns": Hole(f"gates.chunk({n}, dim=1)", asks, *others),
        "again": Hole("", again, f"{names} = {squash}"),
    }


def _joined(letters: str) -> Hole:
    parts = ", ".join(f"dz_{k}" for k in letters)
    asks = f"Are they side by side in the order {', '.join(letters)}, all numbers of one map before those of the next?"
    wrong = [f"torch.cat([{order}], dim=1)" for order in _orders(letters, "dz_{}")]
    return Hole(f"torch.cat([{parts}], dim=1)", asks, *wrong, f"torch.stack([{parts}], dim=-1).flatten(1)")


def _slope(s: str, *gates: str) -> Hole:
    """Return the slope of a sigma with the result s; learners take others, among them those of other gates."""
    shapes = ("", "{s}", "(1 - {s})", "(1 - {s}**2)", "{s} * (1 - {s}**2)", "{s} * (1 + {s})", "{s} * ({s} - 1)")
    shapes += ("(1 - {s}) ** 2", "{s}**2", "torch.sigmoid({s}) * (1 - torch.sigmoid({s}))")
    others = [f"{gate} * (1 - {gate})" for gate in gates]
    others += [code for gate in gates for code in (f"{gate} * (1 - {s})", f"{s} * (1 - {gate})")]
    wrong = (shape.format(s=s) for shape in shapes)
    return Hole(f" * {s} * (1 - {s})", SIGMA, *(f" * {code}" if code else "" for code in (*wrong, *others)))


def _factor(right: str, asks: str, hears: str = "dc_t") -> Hole:
    others = ("i_t", "f_t", "g_t", "o_t", "c_prev", "c_t", "tanh_c", "dh_t", "h_prev", "torch.tanh(c_prev)")
    wrong = [hears, *(f"{hears} * {other}" for other in others if other != right)]
    wrong += [f"{other} * {right}" for other in ("dc_given", "dc_t", "dh_t") if other != hears]
    wrong += [f"{hears} * {right} * {other}" for other in others] + [f"{hears} + {right}", f"{hears} / {right}"]
    return Hole(f"{hears} * {right}", PRODUCT + asks, *wrong)


# How the gradient reaches c_t, and what it becomes on its way to c_prev: for both cells.
BELT = {
    "tanh_c": Hole(
        "torch.tanh(c_t)",
        "h_t = o_t * tanh(c_t): which memory does the output gate read, and through which function?",
        *("torch.tanh(c_prev)", "c_t", "torch.sigmoid(c_t)", "torch.tanh(torch.tanh(c_t))", "torch.tanh(c_t) ** 2"),
    ),
    "sum": Hole(
        "dc_t + dh_t",
        BRANCH,
        *("dh_t", "dc_t - dh_t", "dc_t * dh_t", "dc_t + 1", "dc_t + dc_t", "2 * dc_t + dh_t", "dh_t - dc_t"),
    ),
    "ignored": Hole("", BRANCH, "dc_t = dc_given  # nothing comes from h_t"),
    "gate": Hole(
        " * o_t",
        PRODUCT + "what is tanh(c_t) multiplied by in h_t?",
        *("", " * i_t", " * f_t", " * g_t", " * (1 - o_t)", " * o_t * (1 - o_t)"),
    ),
    "slope": Hole(
        " * (1 - tanh_c**2)",
        TANH,
        *("", " * (1 - c_t**2)", " * (1 - tanh_c)", " * tanh_c", " * tanh_c**2", " * tanh_c * (1 - tanh_c)"),
        *(" * (1 - torch.tanh(tanh_c)**2)", " * (1 - torch.tanh(c_prev)**2)", " * (1 + tanh_c**2)"),
    ),
    "belt": Hole("dc_t", HEARS, "dc_given", "dh_t", "dh_t * o_t * (1 - tanh_c**2)"),
    "door": Hole(
        " * f_t",
        PRODUCT + "what was c_prev multiplied by in c_t?",
        *("", " * i_t", " * g_t", " * o_t", " * c_prev", " * (1 - f_t)", " * f_t * (1 - f_t)", " * f_t * c_prev"),
        *(" * f_t + dh_t", " / f_t", " + f_t", " * f_t + dc_given", " * f_t**2", " * (f_t - (1 - f_t) * g_t)"),
        *(" * (f_t - g_t)", " * f_t + dc_t * c_prev"),
    ),
    "maps": Hole("", HEARS, "dc_t = dc_given  # for what follows"),
    "o": _factor("tanh_c", "what was o_t multiplied by in h_t?", "dh_t"),
    "o_hears": Hole("", "Which gradient arrives at h_t's factors?", "dz_o = dc_t * tanh_c * o_t * (1 - o_t)"),
    "slope_g": Hole(
        " * (1 - g_t**2)",
        TANH,
        *("", " * g_t * (1 - g_t)", " * (1 - g_t)", " * (1 - torch.tanh(g_t)**2)", " * (1 - g_t) ** 2", " * g_t**2"),
        *(" * (1 + g_t**2)", " * (g_t**2 - 1)", " * g_t"),
    ),
}
BELT_LINES = """
dc_given = dc_t
{names} = {columns}
{again}
tanh_c = {tanh_c}
dc_t = {sum}{gate}{slope}
{ignored}
dc_prev = {belt}{door}
{maps}
dz_f = {f}{slope_f}
dz_g = {g}{slope_g}
dz_o = {o}{slope_o}
{o_hears}
"""
STEP = Program(
    BELT_LINES
    + """dz_i = {i}{slope_i}
dz = {dz}
db = {db}
db_i, db_f, db_g, db_o = db.chunk(4)
dx_t = {dx}
dh_prev = {dh}
dW_x = {dW_x}
dW_h = {dW_h}
{swap}""",
    ("dc_prev", "db_i", "db_f", "db_g", "db_o", "dh_prev", "dx_t", "dW_x", "dW_h"),
    **BELT,
    **_cut("ifgo", "i_t.sigmoid(), f_t.sigmoid(), g_t.tanh(), o_t.sigmoid()"),
    i=_factor("g_t", "what was i_t multiplied by in c_t?"),
    f=_factor("c_prev", "which memory was f_t multiplied by in c_t, the old or the new one?"),
    g=_factor("i_t", "what was g_t multiplied by in c_t?"),
    slope_i=_slope("i_t", "f_t", "g_t", "o_t"),
    slope_f=_slope("f_t", "i_t", "g_t", "o_t"),
    slope_o=_slope("o_t", "f_t", "i_t"),
    dz=_joined("ifgo"),
    db=Hole("dz.sum(0)", SUM, "dz.mean(0)", "dz[0]", "dz[-1]", "dz.sum(0) / 4"),
    dx=Hole("dz @ W_x", MAPS, "dz @ W_x / 4", *(f"dz_{k} @ W_x.chunk(4)[{n}]" for n, k in enumerate("ifgo"))),
    dh=Hole(
        "dz @ W_h",
        f"{MAPS} And which gradients leave by h_prev's door only?",
        *("dz @ W_h / 4", "dz @ W_h + dc_prev", "dz @ W_h + dh_t", "dz @ W_h + dc_t"),
        *(f"dz_{k} @ W_h.chunk(4)[{n}]" for n, k in enumerate("ifgo")),
    ),
    dW_x=Hole(
        "dz.T @ x_t",
        SUM,
        "dz.T @ x_t / len(dz)",
        "dz[:1].T @ x_t[:1]",
        "dz[-1:].T @ x_t[-1:]",
        "dz.sum(0)[:, None] * x_t.sum(0)",
    ),
    dW_h=Hole(
        "dz.T @ h_prev",
        f"Which state did W_h multiply? {SUM}",
        *("dz.T @ h_prev / len(dz)", "dz[:1].T @ h_prev[:1]", "dz[-1:].T @ h_prev[-1:]", "dz.T @ c_prev", "dz.T @ c_t"),
        "dz.T @ (o_t * tanh_c)",
    ),
    swap=Hole("", "In which order are dh_prev and dc_prev returned?", "dh_prev, dc_prev = dc_prev, dh_prev"),
)
COUPLED = Program(
    BELT_LINES
    + """dz = {dz}
dz_f, dz_g, dz_o = dz.chunk(3, dim=1)""",
    ("dc_prev", "dz_f", "dz_g", "dz_o"),
    **BELT,
    **_cut("fgo", "f_t.sigmoid(), g_t.tanh(), o_t.sigmoid()"),
    f=Hole(
        "dc_t * (c_prev - g_t)",
        "f_t is used twice, in f_t * c_prev and in (1 - f_t) * g_t: what comes back from each, with which sign?",
        *("dc_t * c_prev", "dc_t * (c_prev + g_t)", "dc_t * (g_t - c_prev)", "-dc_t * g_t", "dc_t * g_t"),
        *("dc_t * (c_t - g_t)", "dc_t * c_t", "dc_t", "dc_t * (c_prev - (1 - f_t) * g_t)", "dc_t * (1 - g_t)"),
        *("dc_t * c_prev * g_t", "dc_t * c_prev * -g_t", "dc_t * c_prev - g_t", "dc_t * (c_prev - c_t)"),
        *("dc_t * (c_prev - 1)", "dc_t * (c_prev - f_t)"),
    ),
    g=Hole(
        "dc_t * (1 - f_t)",
        PRODUCT + "what was g_t multiplied by in c_t?",
        *("dc_t * f_t", "dc_t", "-dc_t * f_t", "dc_t * (f_t - 1)", "dc_t * o_t", "dc_t * c_prev", "dc_t * (1 + f_t)"),
        *("dh_t * (1 - f_t)", "dc_t * (1 - f_t) * g_t", "dc_given * (1 - f_t)"),
    ),
    slope_f=_slope("f_t", "g_t", "o_t"),
    slope_o=_slope("o_t", "f_t", "g_t"),
    dz=_joined("fgo"),
)
