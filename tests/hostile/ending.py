"""What ends the kernel, or tries to: costs the question in whose answer it stands, and no other."""

from tests.hostile.cases import FULL, add, answer, append, begin, case, end, ignorant

FORK_AND_KILL = "import os, signal\nos.kill(-1, signal.SIGKILL)\nos.kill(os.getpid(), signal.SIGKILL)"
CRASH = "import ctypes\nctypes.string_at(0)"
LATER = """
import os, threading, time
def end():
    time.sleep(0.5)
    os._exit(3)
threading.Thread(target=end).start()
"""

CASES = [
    case("sys.exit in an answer", FULL, end("lstm-step", "import sys; sys.exit(1)")),
    case("exit() in an added cell", FULL, add("exit()", before="lstm-sequence")),
    case("quit in the last cell", FULL, append("quit()")),
    case("os._exit in an answer's cell", "2 0 2 3 2", begin("lstm-step", "import os; os._exit(0)")),
    case(
        "os._exit when it is called",
        "2 2 2 0 2",
        answer("pack-weights", "def pack_weights(W, b):\n    import os; os._exit(0)"),
    ),
    case(
        "two answers that exit when called",
        "0 2 2 0 2",
        answer("four-gates", "def four_gates(*given):\n    import os; os._exit(0)"),
        answer("pack-weights", "def pack_weights(W, b):\n    import os; os._exit(0)"),
    ),
    case(
        "only the last answer is honest",
        "0 0 0 0 2",
        *(
            answer(question, "import os; os._exit(0)")
            for question in ("four-gates", "lstm-step", "lstm-sequence", "pack-weights")
        ),
    ),
    case(
        "an exit before every answer",
        FULL,
        *(
            add("import os; os._exit(0)", before=question)
            for question in ("four-gates", "lstm-step", "lstm-sequence", "pack-weights", "set-forget-bias")
        ),
    ),
    case("kill everything", FULL, add(FORK_AND_KILL)),
    case(
        "kill the first process",
        FULL,
        add("import os\nfor number in (9, 15, 19):\n    os.kill(1, number) if os.getuid() == 0 else print()"),
    ),
    case("abort", "2 2 0 3 2", begin("lstm-sequence", "import os; os.abort()")),
    case("a crash in C", "2 2 2 3 0", begin("set-forget-bias", CRASH)),
    case("another program in its place", FULL, add("import os\nos.execv('/bin/sleep', ['sleep', '100'])")),
    case("a crash half a second later", FULL, add(LATER)),
    case("KeyboardInterrupt", FULL, add("raise KeyboardInterrupt")),
    case(
        "the kernel shuts itself down",
        FULL,
        add("get_ipython().kernel.do_shutdown(False); get_ipython().kernel.io_loop.stop()"),
    ),
    case("sockets closed", FULL, add("k = get_ipython().kernel\nk.iopub_thread.socket.close()")),
    case("files closed", FULL, append("import os\nos.closerange(0, 256)")),
    case("standard files closed", FULL, add("import os\nfor file in range(3):\n    os.close(file)")),
    case("sockets deleted", FULL, add("import glob, os\nfor path in glob.glob('/run/*'):\n    os.remove(path)")),
    case("exits and no answers", "0 0 0 0 0", ignorant, add("import os; os._exit(0)")),
]
