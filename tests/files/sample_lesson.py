# ---
# jupyter:
#   lstm_course:
#     title: A sample
#     minutes: 5
# ---

# %% [markdown] id="opening"
# # A sample
#
# Text with $h_t$.

# %% [markdown] id="opening" lang="zh" of="114901a9"
# # 样例
#
# 带有 $h_t$ 的文字。

# %% id="numbers"
from lstm_course import figures

figure, axis = figures.new(width=3, height=2)
axis.plot([0, 1], [0, 2])
figures.show(figure, "A line.", f"The line rises from 0 to {1 + 1}.")

# %% id="fails-on-purpose" tags=["raises-exception"]
raise ValueError("shown to the reader")

# %% [markdown] id="closing"
# The end.
