# ---
# jupyter:
#   lstm_course:
#     title: Variants, and what came after
#     minutes: 55
#     points: 9
# ---

# %% [markdown] id="opening"
# # Exercises 8. Variants, and what came after
#
# You write two variants of the cell, count the parameters of several, and write attention for a whole batch of questions. It belongs
# to [lesson 8](../notebooks/08_variants_and_after.ipynb).
#
# Each question has a cell to fill in and a check below it. Run both: the check says that the answer is right, or which rule it
# breaks and what it got. Stuck? Open the hints one by one; each gives away a little more. The questions do not depend on each
# other.
#
# Write the steps yourself, without calling the ones in `cells`, and attention without
# `torch.nn.functional.scaled_dot_product_attention`.

# %% id="setup"
import torch

from lstm_course.checks import variants_and_after as check

torch.set_num_threads(1)

# %% [markdown] id="peephole-step-task"
# ## 1. A step with peepholes
#
# Each gate sees its own unit's cell through one number. The input and the forget gate see the **old** cell, the output gate the
# **new** one; the candidate sees none.
#
# $$i_t = \sigma(\dots + p_i \odot c_{t-1}), \quad f_t = \sigma(\dots + p_f \odot c_{t-1}), \quad o_t = \sigma(\dots + p_o \odot c_t)$$
#
# The rest is the LSTM: $c_t = f_t \odot c_{t-1} + i_t \odot g_t$ and $h_t = o_t \odot \tanh(c_t)$. The weights are stacked in the order
# i, f, g, o; the peepholes come one by one.


# %% id="peephole-step" points=2 minutes=15 difficulty=2
def peephole_step(x_t, h_prev, c_prev, W_x, W_h, b, p_i, p_f, p_o):
    """One step of the LSTM with peepholes.

    x_t: (B, I), h_prev and c_prev: (B, H), W_x: (4H, I), W_h: (4H, H), b: (4H,),
    in the order i, f, g, o; p_i, p_f, p_o: (H,); returns h_t, c_t, each (B, H).
    """
    ### BEGIN SOLUTION
    z = x_t @ W_x.T + h_prev @ W_h.T + b  # (B, 4H)
    z_i, z_f, z_g, z_o = z.chunk(4, dim=1)  # (B, H) each
    i_t = torch.sigmoid(z_i + p_i * c_prev)
    f_t = torch.sigmoid(z_f + p_f * c_prev)
    c_t = f_t * c_prev + i_t * torch.tanh(z_g)
    o_t = torch.sigmoid(z_o + p_o * c_t)
    return o_t * torch.tanh(c_t), c_t
    ### END SOLUTION


# %% id="peephole-step-check"
check.peephole_step(peephole_step)

# %% [markdown] id="peephole-step-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# In which order can the six values be computed, if the output gate needs the new cell?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Cut `z` into four blocks as for the LSTM. Add a peephole's product to a block **before** the $\sigma$. Compute `c_t`, and only then the
# output gate.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `i_t = torch.sigmoid(z_i + p_i * c_prev)`, the forget gate likewise, then `c_t`, then `o_t = torch.sigmoid(z_o + p_o * ...)`. A `p` has
# `H` numbers and multiplies number by number, so `*`, not `@`.
#
# </details>

# %% [markdown] id="coupled-step-task"
# ## 2. A coupled step
#
# The cell forgets just as much as it writes: $f_t = 1 - i_t$. There are only three maps left, so the weights are stacked in the order
# **i, g, o**, with `3H` rows.
#
# $$c_t = (1 - i_t) \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh(c_t)$$


# %% id="coupled-step" points=2 minutes=10 difficulty=1
def coupled_step(x_t, h_prev, c_prev, W_x, W_h, b):
    """One step of the LSTM with coupled input and forget gate.

    x_t: (B, I), h_prev and c_prev: (B, H), W_x: (3H, I), W_h: (3H, H), b: (3H,),
    in the order i, g, o; returns h_t, c_t, each (B, H).
    """
    ### BEGIN SOLUTION
    z = x_t @ W_x.T + h_prev @ W_h.T + b  # (B, 3H)
    z_i, z_g, z_o = z.chunk(3, dim=1)  # (B, H) each
    i_t = torch.sigmoid(z_i)
    c_t = (1 - i_t) * c_prev + i_t * torch.tanh(z_g)
    return torch.sigmoid(z_o) * torch.tanh(c_t), c_t
    ### END SOLUTION


# %% id="coupled-step-check"
check.coupled_step(coupled_step)

# %% [markdown] id="coupled-step-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# How many blocks does `z` have now, and which one belongs to the forget gate?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Cut `z` into three. No block belongs to the forget gate: it is made from the input gate.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `z_i, z_g, z_o = z.chunk(3, dim=1)` and `f_t = 1 - torch.sigmoid(z_i)`; the rest as in the LSTM.
#
# </details>

# %% [markdown] id="count-parameters-task"
# ## 3. Count the parameters
#
# A learner with a small device asks which cell fits. Return how many parameters a cell has with `I` inputs and `H` units. A map reads the
# input and the hidden state and has **one** bias vector, with one exception: the GRU has two, since its reset gate acts on one of them.
#
# The kinds are `"lstm"`, `"peephole"` (question 1), `"coupled"` (question 2), `"gru"`, `"bidirectional"` (an LSTM in each direction) and
# `"2d"` (the two-dimensional LSTM of the lesson: five maps, and two hidden states that each of them reads).


# %% id="count-parameters" points=2 minutes=15 difficulty=2
def count_parameters(kind, I, H):
    """The number of parameters of a cell.

    kind: "lstm", "peephole", "coupled", "gru", "bidirectional" or "2d"; returns an int.
    """
    ### BEGIN SOLUTION
    one_map = H * I + H * H + H
    counts = {
        "lstm": 4 * one_map,
        "peephole": 4 * one_map + 3 * H,
        "coupled": 3 * one_map,
        "gru": 3 * (one_map + H),
        "bidirectional": 2 * 4 * one_map,
        "2d": 5 * (one_map + H * H),
    }
    return counts[kind]
    ### END SOLUTION


# %% id="count-parameters-check"
check.count_parameters(count_parameters)

# %% [markdown] id="count-parameters-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Count one map first: a matrix for the input, a matrix for the hidden state, a bias. What are their shapes?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# One map has $HI + H^2 + H$ numbers. How many maps has each cell? Then add what is special: three peephole vectors, a second
# bias for each of the GRU's maps, a second matrix for the second hidden state.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# Maps: LSTM 4, coupled and GRU 3, bidirectional 2 times 4, two-dimensional 5. A peephole is one vector of $H$ numbers per gate, not a
# matrix. The second hidden state adds $H^2$ to each of the five maps.
#
# </details>

# %% [markdown] id="attention-task"
# ## 4. Dot-product attention
#
# The lesson answered one question for each list. Now many at once, and with a **mask** that says where each question may look: that is what a
# Transformer does when no word may look ahead, or when a list is padded.
#
# $$A = \operatorname{softmax}\!\left(\frac{Q K^\top}{\sqrt D}\right), \qquad \text{result} = A V$$
#
# Where `mask[q, t]` is `False`, question `q` must not look at step `t`: its weight is exactly 0, and the other weights of the row still
# add up to 1. Every question may look at one step at least.


# %% id="attention" points=3 minutes=15 difficulty=3
def attention(Q, K, V, mask):
    """Dot-product attention with a mask.

    Q: (B, N, D), K: (B, T, D), V: (B, T, E), mask: (N, T) of bool, True where one may look;
    returns the result (B, N, E) and the weights A (B, N, T).
    """
    ### BEGIN SOLUTION
    scores = Q @ K.transpose(1, 2) / Q.shape[-1] ** 0.5  # (B, N, T)
    A = scores.masked_fill(~mask, -torch.inf).softmax(dim=-1)
    return A @ V, A
    ### END SOLUTION


# %% id="attention-check"
check.attention(attention)

# %% [markdown] id="attention-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Which shape has a table that holds one score for each question and each step? Along which of its axes must the weights add up to 1?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# `Q @ K.transpose(1, 2)` has the shape `(B, N, T)`. Divide by $\sqrt D$. A score of minus infinity becomes a weight of 0 in the softmax, and
# the others share the whole.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `scores.masked_fill(~mask, -torch.inf)`, without the underscore at the end of the name, then `.softmax(dim=-1)`. The result is `A @ V`.
#
# </details>

# %% [markdown] id="closing"
# ## What you can do now
#
# You can turn a paper's change to the LSTM into a change of a few lines, say what it costs in parameters, and write the operation that
# Transformers are made of.
#
# Next: [lesson 9, myths](../notebooks/09_myths.ipynb), where you put what is commonly said about LSTMs to the test.
