# ---
# jupyter:
#   lstm_course:
#     title: A sample
#     minutes: 10
#     points: 3
# ---

# %% id="setup"
from lstm_course.checks.base import question, require


@question
def double(answer):
    require(answer(3) == 6, "double(x) is 2 x.", answer(3))


@question(takes="value")
def shape(answer):
    require(answer == (2, 3), "The shape is (batch, hidden).", answer)


# %% [markdown] id="double-task"
# ## Double
#
# Return twice x.

# %% [markdown] id="double-task" lang="zh" of="d431f7a7"
# ## 加倍
#
# 返回 x 的两倍。


# %% id="double" points=2 minutes=4 difficulty=1
def double_it(x):
    """Return 2 x."""
    ### BEGIN SOLUTION
    y = x + x
    return y
    ### END SOLUTION


# %% id="double-check"
double(double_it)

# %% [markdown] id="double-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Add.
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Add x to itself.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `x + x`
#
# </details>

# %% [markdown] id="shape-task"
# ## Shape
#
# Which shape?

# %% id="shape" points=1 minutes=2 difficulty=1
### BEGIN SOLUTION
out_shape = (2, 3)
### END SOLUTION

# %% id="shape-check"
shape(out_shape)

# %% [markdown] id="shape-hints"
# <details><summary>Hint 1: a nudge</summary>
#
# Batch first.
#
# </details>
#
# <details><summary>Hint 2: the approach</summary>
#
# Count.
#
# </details>
#
# <details><summary>Hint 3: almost there</summary>
#
# `(2, ...)`
#
# </details>
