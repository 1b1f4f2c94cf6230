# ---
# jupyter:
#   lstm_course:
#     title: Start here
#     minutes: 15
# ---

# %% [markdown] id="opening"
# # 0. Start here
#
# **What this course is.** It takes you from a plain recurrent network, and why it forgets, to an LSTM cell that you write yourself, forward and backward, to forecasts of real weather, and
# to what came after the LSTM. It is for people who can read Python and have seen a matrix product, a derivative, and a small network trained in PyTorch. No more is needed: no GPU, and once it is
# installed, no network.
#
# **What is different here.** Every claim is followed by a cell that measures it. Several of these measurements contradict what is commonly taught: a fresh LSTM forgets much like a
# plain RNN; a forecast that is fed back into itself does not go flat because errors add up; three numbers in a row need no LSTM. You need not believe us: change the cell and run it again.
#
# This page takes about 15 minutes. It checks that your installation is sound, and shows the map, how lessons and exercises work, and a glossary to come back to.

# %% [markdown] id="sound-text"
# ## Is everything in order?
#
# A notebook consists of cells. Click into the next one and press **Shift + Enter** to run it. A star `[*]` beside it means that it is still at work, a number that it is done.
#
# > **Note.** If a cell says `No module named 'lstm_course'`, the notebook runs in another Python than the one that the course was installed in. Start JupyterLab with `make lab` in
# > the course's folder, or choose the right kernel in the menu *Kernel → Change Kernel*.
# >
# > If a cell says `name '...' is not defined`, one above it has not been run since the notebook was opened: *Run → Run All Above Selected Cell*. That is also how to go on the next day:
# > what you wrote and saw is saved, what the notebook had computed is not.
# >
# > If JupyterLab says *Server Connection Error*, the terminal with `make lab` was closed. Run it there again and open the address that it prints.

# %% id="setup"
from pathlib import Path

import torch
from IPython.display import Markdown

from lstm_course import environment, figures
from lstm_course.drawings import course_map

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower

# %% id="sound"
environment.report()

# %% [markdown] id="sound-meaning"
# Each line should say *sound*. Where one says *PROBLEM*, it also says what to do; then choose *Kernel → Restart Kernel* and run the page again.
#
# ## The map
#
# Lessons 1 and 2 are the foundation; after them you can go where you like. An arrow leads from a lesson to one that builds on it.

# %% id="map"
course = course_map.lessons(Path.cwd())
figures.show(
    course_map.map_figure(course),
    caption="The lessons and what each builds on; minutes without the exercises.",
    description=course_map.description(course),
)

# %% id="table"
Markdown(course_map.table(course))

# %% id="hours"
reading = sum(lesson.minutes for lesson in course) / 60
practice = sum(lesson.exercise_minutes for lesson in course) / 60
print(f"{len(course)} lessons: about {reading:.0f} hours; exercises: about {practice:.0f} hours")

# %% [markdown] id="reading"
# **In a hurry?** Lessons 1 and 2, then 4 if you write PyTorch, or 5 if you have data of your own. If you have five minutes for a question that somebody asked you, look at the last lesson: it tests what is
# commonly said about LSTMs, one cell for each sentence.
#
# ## How to work with a lesson
#
# - **Guess first.** Where you see these words, write down a guess before you run the next cell. Being wrong on paper is what makes the right answer stay.
# - **Run all cells from top to bottom**; later ones need what earlier ones have made. When things get confusing: *Kernel → Restart Kernel and Run up to Selected Cell*.
# - **Change things.** A lesson's cells run in less than a minute together. Another seed, another size, no forget gate: what happens?
# - **The same names everywhere.** $f_t, i_t, g_t, o_t$ for the gates and the candidate, $c_t$ and $h_t$ for the states, in formulas and in code. A comment such as `# (B, T, H)` gives a tensor's shape: $B$ sequences,
#   $T$ steps, $I$ inputs, $H$ units.
# - Each lesson ends with **five lines**, and with questions to **test yourself**; click on *Answer* to unfold it:
#
# <details><summary>Answer</summary>
#
# Like this.
#
# </details>
#
# ## How to work with exercises and checks
#
# Each lesson has a notebook of exercises (see the table; the last lesson has none). A question is a text, a cell to fill in, a check, and hints. This is the cell to fill in of the very first one, as you will find it:


# %% id="unanswered"
def rnn_step(x_t, h_prev, W_x, W_h, b):
    """One step of the tanh RNN for a batch.

    x_t: (B, I), h_prev: (B, H), W_x: (H, I), W_h: (H, H), b: (H,); returns h_t: (B, H).
    """
    # YOUR CODE HERE
    raise NotImplementedError()


# %% [markdown] id="unanswered-text"
# Below it stands the check, one line. Run it on an empty answer, and it reports that there is none yet:

# %% id="unanswered-check" tags=["raises-exception"]
from lstm_course.checks import why_rnns_forget as check

check.rnn_step(rnn_step)

# %% [markdown] id="wrong-text"
# Now somebody writes something. Run the check again, and it says **which rule is broken and what it got**:


# %% id="wrong"
def rnn_step(x_t, h_prev, W_x, W_h, b):
    return x_t  # the new state is the new input?


# %% id="wrong-check" tags=["raises-exception"]
check.rnn_step(rnn_step)

# %% [markdown] id="better-text"
# The shape is wrong. Next try: right shape, wrong values.


# %% id="better"
def rnn_step(x_t, h_prev, W_x, W_h, b):
    return h_prev  # the new state is the old state?


# %% id="better-check" tags=["raises-exception"]
check.rnn_step(rnn_step)

# %% [markdown] id="exercises-more"
# And so on, until it says `✓ rnn_step is right.` That is for you to do.
#
# - A check tries your code on several random cases with sizes that are all different, and any way of writing the right thing passes.
# - **Stuck?** Below each check there are three hints, folded: a nudge, the approach, and almost the answer. Open one at a time.
# - The questions of a notebook do not depend on each other. Leave one out and go on.
# - To see where you stand, in a terminal: `.venv/bin/lstm-course check exercises/` lists what is right, open or wrong.
# - The folder `solutions` holds every exercise solved. Look there last: reading a solution feels like learning and is not.
# - Your answers are saved in the notebook by *File → Save Notebook*. To begin again with a fresh copy: `git checkout exercises/01_why_rnns_forget.ipynb`.
#
# ## Where to go from here
#
# To [lesson 1, Why RNNs forget](01_why_rnns_forget.ipynb). The glossary below will wait for you.
#
# ## Glossary
#
# The words of the course in English and Chinese, by subject.
#
# | English | 中文 | meaning |
# |---|---|---|
# | **The network** | | |
# | recurrent neural network (RNN) | 循环神经网络 | reads a sequence step by step and carries a state along; the same weights at every step |
# | sequence, time step | 序列，时间步 | what is read, one $x_t$ after another |
# | hidden state, $h_t$ | 隐藏状态（隐状态） | the vector that a network carries from step to step and shows to the outside |
# | weight, bias | 权重，偏置 | the numbers that are learnt: $W$ and $b$ |
# | activation function | 激活函数 | the bend after a linear map: $\sigma$ (between 0 and 1), $\tanh$ 双曲正切 (between −1 and 1) |
# | saturation | 饱和 | an activation far out, where it is flat and lets hardly any gradient through |
# | initialisation | 初始化 | how the weights are drawn before training |
# | long short-term memory (LSTM) | 长短期记忆（网络） | an RNN with a cell state and three gates (Hochreiter and Schmidhuber 1997) |
# | cell state, $c_t$ | 细胞状态（记忆单元状态） | the conveyor belt: what an LSTM remembers |
# | gate | 门 | numbers between 0 and 1 that say how much passes |
# | forget gate, $f_t$ | 遗忘门 | how much of the old memory is kept (1: all of it) |
# | input gate, $i_t$ | 输入门 | how much of the candidate is taken in |
# | candidate, $g_t$ | 候选记忆（候选值） | what might be written to the memory |
# | output gate, $o_t$ | 输出门 | how much of the memory is shown as $h_t$ |
# | element-wise product, $\odot$ | 逐元素乘积（哈达玛积） | number by number, no matrix |
# | peephole connection | 窥视孔连接 | lets the gates see the cell state |
# | gated recurrent unit (GRU) | 门控循环单元 | a cousin with two gates and one state |
# | bidirectional | 双向 | read from both ends, by two sets of weights |
# | attention, self-attention | 注意力，自注意力 | looks at all steps at once and weighs them, instead of carrying a state |
# | **Learning** | | |
# | loss function | 损失函数 | the number to be made small |
# | mean squared error (MSE) | 均方误差 | the usual loss for numbers; its root is the RMSE 均方根误差 |
# | cross-entropy | 交叉熵 | the usual loss for choices: $-\ln p$ of the right one |
# | gradient | 梯度 | how the loss reacts to each number |
# | chain rule | 链式法则 | derivatives along a path multiply |
# | automatic differentiation | 自动微分 | what PyTorch's autograd does |
# | backpropagation through time (BPTT) | 时间反向传播（随时间反向传播） | backpropagation in the network unrolled over its steps |
# | truncated BPTT | 截断时间反向传播 | the same, cut after some steps |
# | Jacobian | 雅可比矩阵 | the matrix of all derivatives of one vector with respect to another |
# | vanishing gradient | 梯度消失 | the product of Jacobians goes to zero |
# | exploding gradient | 梯度爆炸 | the product of Jacobians grows without bound |
# | gradient clipping | 梯度裁剪 | shortens a gradient that is too long |
# | eigenvalue, spectral radius $\rho$ | 特征值，谱半径 | $\rho$: the largest modulus of an eigenvalue; the growth per step in the long run |
# | singular value $\sigma$ | 奇异值 | the largest one: the most that one multiplication can stretch |
# | random seed | 随机种子 | makes a random draw repeatable |
# | overfitting | 过拟合 | learning the training data by heart |
# | dropout | 暂退法（随机失活） | blanks out numbers at random while training |
# | **Data** | | |
# | batch | 批量（批次） | several sequences side by side |
# | padding, packing | 填充，打包 | making sequences of unequal length into a box; storing only their valid steps |
# | one-hot encoding | 独热编码 | one place for each letter, 1 at its own |
# | temperature (of sampling) | （采样）温度 | how bold a drawn letter may be |
# | training, validation and test set | 训练集，验证集，测试集 | to learn from, to choose by, to be judged on |
# | data leakage | 数据泄漏 | something of the test reaches the model before |
# | window, look-back | 窗口，回看窗口长度 | the steps that a forecast sees |
# | **Forecasting** | | |
# | time series | 时间序列 | numbers measured at regular times |
# | forecast horizon | 预测步长（预报时效） | how far ahead |
# | baseline | 基线 | a simple forecast that any model must beat |
# | persistence | 持续性预报 | "it stays as it is" |
# | climatology | 气候平均态 | what is usual at this hour and season |
# | anomaly | 距平 | the difference from the climatology |
# | skill score | 技巧评分 | $1 - \mathrm{MSE} / \mathrm{MSE}_\text{reference}$ |
# | autoregression | 自回归 | a linear forecast from the last values |
# | autocorrelation | 自相关 | how much a value says about a later one |
# | rollout | 递推预测（迭代多步预测） | a forecast that is fed its own output |
# | fixed point | 不动点 | what a repeated map leaves as it is |
# | contraction | 压缩映射 | a map that brings all points nearer to each other |
# | companion matrix | 友矩阵 | one step of a linear autoregression as a matrix |
# | teacher forcing | 教师强制（强制教学） | training on the true values instead of the network's own |
