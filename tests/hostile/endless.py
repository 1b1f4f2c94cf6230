"""What never ends, or never stops talking."""

from tests.hostile.cases import FULL, add, answer, append, begin, case

DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass"
IN_C = "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')"
STUBBORN = "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass"
ALARM = """
import signal
signal.signal(signal.SIGALRM, lambda *given: 1 / 0)
signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
"""
MUTE = "get_ipython().kernel.session.send = lambda *given, **options: None"
THREADS = (
    "import threading\ndef spin():\n    while True: pass\nfor _ in range(3):\n    threading.Thread(target=spin).start()"
)
DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            time.sleep(0.1)
    os._exit(0)
"""
STORED = {"output_type": "stream", "name": "stdout", "text": "x" * 1_000_000}


def outputs_of_45_mb(notebook):
    notebook["cells"][-1].update(cell_type="code", outputs=[STORED] * 45, execution_count=1, source="1")


CASES = [
    case("a loop in an answer's cell", "2 0 2 3 2", begin("lstm-step", "while True: pass")),
    case("a loop in an added cell", FULL, add("while True: pass")),
    case(
        "a loop when it is called", "0 2 2 3 2", answer("four-gates", "def four_gates(*given):\n    while True: pass")
    ),
    case("a loop that ignores interrupts", FULL, add(DEAF)),
    case("a loop in C", FULL, add(IN_C)),
    case("a loop that catches everything", FULL, add(STUBBORN)),
    case("stopped by itself", FULL, add("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)")),
    case("an alarm at every moment", FULL, append(ALARM)),
    case("a kernel that says nothing", FULL, append(MUTE)),
    case("a sleep", FULL, add("import time; time.sleep(10_000)")),
    case("threads that go on", FULL, append(THREADS)),
    case("a daemon that outlives its cell", FULL, add(DAEMON)),
    case("endless output", FULL, add("while True: print('x' * 1000)")),
    case("endless errors of a program", FULL, add("!yes 1>&2")),
    case("one huge output", FULL, add("print('x' * 30_000_000)")),
    case("a huge error", FULL, add("raise ValueError('x' * 30_000_000)")),
    case("45 MB of outputs stored", FULL, outputs_of_45_mb),
    case("input()", FULL, add("name = input('who are you? ')")),
    case("a debugger that waits", FULL, add("breakpoint()")),
    case(
        "an answer that prints endlessly",
        "2 2 0 3 2",
        answer("lstm-sequence", "def lstm_sequence(*given):\n    while True: print('x' * 1000)"),
    ),
]
