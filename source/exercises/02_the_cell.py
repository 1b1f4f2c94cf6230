# ---
# jupyter:
#   lstm_course:
#     title: The cell
#     minutes: 65
#     points: 11
# ---

# %% [markdown] id="opening"
# # Exercises 2. The cell
#
# You write the LSTM cell yourself, run it over a sequence, and get its weights into PyTorch's layout. It belongs to
# [lesson 2](../notebooks/02_the_cell.ipynb).
#
# Each question has a cell to fill in and a check below it. Run both: the check says that the answer is right, or which rule it
# breaks and what it got. Stuck? Open the hints one by one; each gives away a little more. The questions do not depend on each
# other.
#
# `nn.LSTM`, `nn.LSTMCell` and `cells.lstm_step` are what you are building, so do without them in questions 1 and 2. Gradients must be
# able to flow through what you write in questions 1 to 3, so stay with PyTorch's operations.

# %% id="setup"
import torch

from lstm_course import cells
from lstm_course.checks import the_cell as check

torch.set_num_threads(1)

# %% [markdown] id="four-gates-task"
# ## 1. The four gates
#
# Compute the four maps of one step for a batch. The weights are stacked in PyTorch's order **i, f, g, o**: the first `H` rows of
# `W_x`, `W_h` and `b` belong to the input gate, the next `H` to the forget gate, and so on.
#
# $$i_t = \sigma(W_{xi}\, x_t + W_{hi}\, h_{t-1} + b_i), \quad f_t = \sigma(\dots), \quad g_t = \tanh(\dots), \quad
# o_t = \sigma(\dots)$$


# %% id="four-gates" points=2 minutes=10 difficulty=1
def four_gates(x_t, h_prev, W_x, W_h, b):
    """The four maps of one LSTM step.

    x_t: (B, I), h_prev: (B, H), W_x: (4H, I), W_h: (4H, H), b: (4H,);
    returns i_t, f_t, g_t, o_t, each (B, H).
    """
    ### BEGIN SOLUTION
    z = x_t @ W_x.T + h_prev @ W_h.T + b  # (B, 4H)
    z_i, z_f, z_g, z_o = z.chunk(4, dim=1)  # (B, H) each
    return torch.sigmoid(z_i), torch.sigmoid(z_f), torch.tanh(z_g), torch.sigmoid(z_o)
    ### END SOLUTION


# %% id="four-gates-check"
check.four_gates(four_gates)

# %% [markdown] id="four-gates-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# What does the shape `(4H, I)` of `W_x` tell you about the shape of `x_t @ W_x.T`? Which of its columns belong to which map?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# One sum `z` of shape `(B, 4H)` holds what all four maps receive. Cut it along its last axis into four pieces, then apply $\sigma$
# to three of them and $\tanh$ to one.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `z = x_t @ W_x.T + ... + b`, then `z_i, z_f, z_g, z_o = z.chunk(4, dim=1)`. The candidate `g` is the one with `torch.tanh`.
#
# </details>

# %% [markdown] id="lstm-step-task"
# ## 2. One full step
#
# Now the whole step: the gates, the belt, the hidden state. You may copy or call your answer to question 1.
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t, \qquad h_t = o_t \odot \tanh(c_t)$$
#
# Return a pair in PyTorch's order, `h_t` first.


# %% id="lstm-step" points=2 minutes=10 difficulty=1
def lstm_step(x_t, h_prev, c_prev, W_x, W_h, b):
    """One LSTM step.

    x_t: (B, I), h_prev and c_prev: (B, H), W_x: (4H, I), W_h: (4H, H), b: (4H,),
    in the order i, f, g, o; returns h_t, c_t, each (B, H).
    """
    ### BEGIN SOLUTION
    z = x_t @ W_x.T + h_prev @ W_h.T + b  # (B, 4H)
    z_i, z_f, z_g, z_o = z.chunk(4, dim=1)  # (B, H) each
    c_t = torch.sigmoid(z_f) * c_prev + torch.sigmoid(z_i) * torch.tanh(z_g)
    h_t = torch.sigmoid(z_o) * torch.tanh(c_t)
    return h_t, c_t
    ### END SOLUTION


# %% id="lstm-step-check"
check.lstm_step(lstm_step)

# %% [markdown] id="lstm-step-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Look at the picture of the belt in the lesson: which gate meets the old memory, and which one the new content?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Four gates as before, then the two formulas above, with `*` for $\odot$. The hidden state is read off the **new** memory.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `c_t = f_t * c_prev + i_t * g_t`, then `h_t = o_t * torch.tanh(...)`, and `return h_t, c_t`.
#
# </details>

# %% [markdown] id="lstm-sequence-task"
# ## 3. A whole sequence
#
# Run the cell over a batch of sequences of `T` steps. The state that a step returns is the state that the next one receives; the
# weights are the same at every step. Use `cells.lstm_step` for the step: it takes the arguments of question 2 and returns
# `h_t, c_t, gates`.
#
# Return what a batch-first `nn.LSTM` returns: the hidden states of **all** steps, and the pair of the last states.


# %% id="lstm-sequence" points=2 minutes=15 difficulty=2
def lstm_sequence(x, h_0, c_0, W_x, W_h, b):
    """An LSTM over whole sequences.

    x: (B, T, I), h_0 and c_0: (B, H), weights as above; returns the hidden states
    h_1 ... h_T as one tensor (B, T, H), and the pair (h_T, c_T), each (B, H).
    """
    ### BEGIN SOLUTION
    h_t, c_t = h_0, c_0
    hidden_states = []
    for t in range(x.shape[1]):
        h_t, c_t, _ = cells.lstm_step(x[:, t], h_t, c_t, W_x, W_h, b)
        hidden_states.append(h_t)
    return torch.stack(hidden_states, dim=1), (h_t, c_t)
    ### END SOLUTION


# %% id="lstm-sequence-check"
check.lstm_sequence(lstm_sequence)

# %% [markdown] id="lstm-sequence-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Which axis of `x` is time? `for x_t in x` would walk along the first axis, the batch.
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Start with `h_0` and `c_0`. In a loop over `t`, take the input of all sequences at step `t`, do one step, and keep each new
# hidden state in a list. Stack the list at the end, so that time is the second axis again.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# The input of step `t` is `x[:, t]`, of shape `(B, I)`. At the end: `torch.stack(hidden_states, dim=1)`; with `dim=0`, time would come
# before the batch.
#
# </details>

# %% [markdown] id="pack-weights-task"
# ## 4. Pack weights into PyTorch's layout
#
# Many texts write the cell with one matrix per map that acts on $h_{t-1}$ and $x_t$ joined into one long vector, $h$ first:
#
# $$f_t = \sigma(W_f\, [h_{t-1}, x_t] + b_f), \quad i_t = \dots$$
#
# You get such weights: dictionaries with the keys `"f"`, `"i"`, `"g"`, `"o"` (in no particular order). Return the four tensors that an
# `nn.LSTMCell` would need to compute the same. Mind the order of the gates, which columns belong to $h$ and which to $x$, and that
# PyTorch adds **both** bias vectors.


# %% id="pack-weights" points=3 minutes=15 difficulty=2
def pack_weights(W, b):
    """Separate gate weights in PyTorch's layout.

    W: {gate: (H, H + I)}, acting on [h_prev, x_t]; b: {gate: (H,)}, gates "f", "i", "g", "o";
    returns weight_ih (4H, I), weight_hh (4H, H), bias_ih (4H,), bias_hh (4H,), the gates in
    the order i, f, g, o.
    """
    ### BEGIN SOLUTION
    stacked = torch.cat([W[gate] for gate in "ifgo"])  # (4H, H + I)
    H = len(b["i"])
    bias_ih = torch.cat([b[gate] for gate in "ifgo"])  # (4H,)
    return stacked[:, H:], stacked[:, :H], bias_ih, torch.zeros_like(bias_ih)
    ### END SOLUTION


# %% id="pack-weights-check"
check.pack_weights(pack_weights)

# %% [markdown] id="pack-weights-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# $W_f\, [h_{t-1}, x_t]$ is a sum of two products. Which columns of $W_f$ meet $h_{t-1}$?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Stack the four matrices on top of each other in the order i, f, g, o. The first `H` columns of the stack are `weight_hh`, the
# remaining `I` are `weight_ih`. Stack the biases likewise, and put them into one bias vector only.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `stacked = torch.cat([W[gate] for gate in "ifgo"])` has the shape `(4H, H + I)`; `stacked[:, :H]` is `weight_hh`. The second bias
# vector: `torch.zeros_like(...)`.
#
# </details>

# %% [markdown] id="set-forget-bias-task"
# ## 5. Set the forget bias, with two bias vectors about
#
# A fresh `nn.LSTM` has forget gates near 0.5 and forgets quickly. Change a given `nn.LSTM` **in place**, so that every forget gate has
# exactly the bias `value`, in every layer and direction, and everything else stays as it was.
#
# Each layer `k` has the parameters `bias_ih_l{k}` and `bias_hh_l{k}`, each `(4H,)` in the order i, f, g, o; a bidirectional one has
# the same again with `_reverse` at the end. `named_parameters()` lists them all.


# %% id="set-forget-bias" points=2 minutes=15 difficulty=3
def set_forget_bias(lstm, value):
    """Give every forget gate of an nn.LSTM the bias `value`, in place.

    lstm: nn.LSTM with any number of layers and directions; value: float; returns nothing.
    """
    ### BEGIN SOLUTION
    H = lstm.hidden_size
    with torch.no_grad():
        for name, parameter in lstm.named_parameters():
            if name.startswith("bias_ih"):
                parameter[H : 2 * H] = value
            elif name.startswith("bias_hh"):
                parameter[H : 2 * H] = 0.0
    ### END SOLUTION


# %% id="set-forget-bias-check"
check.set_forget_bias(set_forget_bias)

# %% [markdown] id="set-forget-bias-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# What does the forget gate add up? If you write `value` into both vectors, what bias does it have?
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Loop over `lstm.named_parameters()`. In every `bias_ih...` set the forget block to `value`, in every `bias_hh...` to 0. The forget
# block is the second of four. A parameter that requires a gradient can only be changed in place inside `torch.no_grad()`.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# With `H = lstm.hidden_size`, the forget block is `parameter[H : 2 * H]`. Tell the two kinds apart by `name.startswith("bias_ih")`
# and `name.startswith("bias_hh")`.
#
# </details>

# %% [markdown] id="closing"
# ## What you can do now
#
# You can write an LSTM from its formulas, run it over sequences, move weights between programs that sort them differently, and open
# its forget gates without falling over the second bias vector.
#
# Next: [lesson 3, backward by hand](../notebooks/03_backward_by_hand.ipynb), where you follow the gradient back
# through the cell.
