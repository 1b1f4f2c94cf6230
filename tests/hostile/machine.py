"""What reaches for the machine: files, network, processes, memory. Nothing gives way, and honest answers count."""

from tests.hostile.cases import FULL, ROOT, add, append, case

MARK = "lstm-course-was-here"
WRITE = f"""
import os, pathlib
for top in ("/", "/tmp", "/etc", "/home", "/usr/local/bin", "/var/tmp", "/dev/shm", "/run", "/proc/1/root",
            "/proc/1/cwd", "..", "../../..", {str(ROOT.home())!r}, {str(ROOT)!r}, {str(ROOT / "solutions")!r},
            {str(ROOT / "lstm_course")!r}):
    try:
        pathlib.Path(top, "{MARK}").write_text("x")
    except OSError:
        pass
for path in pathlib.Path({str(ROOT)!r}).rglob("*"):
    for change in (path.unlink, lambda: path.write_text(""), lambda: path.chmod(0), lambda: os.utime(path, (0, 0))):
        try:
            change()
        except OSError:
            pass
"""
HOME = f"""
import os, pathlib
for name in (".bashrc", ".profile", ".ipython/profile_default/startup/{MARK}.py", ".config/{MARK}", ".ssh/config"):
    for home in (pathlib.Path.home(), pathlib.Path({str(ROOT.home())!r})):
        try:
            path = home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.open("a").write("touch /tmp/{MARK}")
        except OSError:
            pass
"""
LINKS = f"""
import glob, os
for path in glob.glob("/run/*"):
    os.remove(path)
    os.symlink("/tmp/{MARK}", path)
for folder in (".", "/tmp", "/dev/shm"):
    for number, target in enumerate(("/", "/proc/1/root", "/etc/passwd", {str(ROOT)!r})):
        os.symlink(target, f"{{folder}}/{MARK}-{{number}}")
"""
NETWORK = """
import socket
for address in (("1.1.1.1", 53), ("127.0.0.1", 22), ("localhost", 8888), ("169.254.169.254", 80)):
    try:
        socket.create_connection(address, 1)
        raise SystemExit("reached")
    except OSError:
        pass
!curl -m 1 http://example.org || ping -c 1 -W 1 1.1.1.1
%pip install requests
"""
KILL = """
import os, signal
me = os.getpid()
for process in range(1, 40_000):
    if process != me:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(process, number)
            except OSError:
                break
"""
TRACE = """
import ctypes, os
libc = ctypes.CDLL(None)
for process in [1, 2, os.getppid()]:
    print(libc.ptrace(16, process, 0, 0))
    for file in ("mem", "maps", "environ", "root/etc/shadow", "fd"):
        try:
            open(f"/proc/{process}/{file}", "rb").read()
        except OSError:
            pass
"""
NAMESPACE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
if os.fork() == 0:
    libc.unshare(0x10000000 | 0x20000)
    os.makedirs("mounted", exist_ok=True)
    if libc.mount(b"none", b"mounted", b"tmpfs", 0, b"size=8g") == 0 and os.statvfs("mounted").f_blocks > 2**20:
        for _ in range(1500):
            open("mounted/file", "ab").write(bytes(2**20))
    os._exit(0)
os.wait()
taken = [libc.syscall(call, 0, 32000, 0o1600) for call in (64, 29, 319)]
assert max(taken) < 0, taken
"""
MEMORY = "held = []\nwhile True:\n    held.append(bytearray(2**26))\n    held[-1][::4096] = bytes(2**14)"
ONE_BLOCK = "import torch\nheld = torch.ones(10 * 2**30 // 4)"
MAPPED = """
import mmap, time
held = []
for _ in range(100):
    held.append(mmap.mmap(-1, 2**26))
    held[-1].write(bytes(2**26))
"""
FORKED_MEMORY = """
import os, time
for _ in range(12):
    if os.fork() == 0:
        held = bytearray(os.urandom(2**20) * 150)
        time.sleep(30)
        os._exit(0)
time.sleep(3)
"""
FORKS = """
import os, time
end = time.time() + 3
while time.time() < end:
    try:
        if os.fork() == 0:
            os.setsid()
    except OSError:
        time.sleep(0.05)
"""
THREADS = "import threading, time\nfor _ in range(2000):\n    threading.Thread(target=time.sleep, args=(30,)).start()"
FILES = """
for folder in (".", "/tmp", "/dev/shm", "/run", "/student"):
    for number in range(3):
        try:
            with open(f"{folder}/{number}", "wb") as file:
                for _ in range(300):
                    file.write(bytes(2**20))
        except OSError as error:
            print(error)
"""
MANY_FILES = "for number in range(200_000):\n    open(f'/tmp/{number}', 'w').close()"
DEVICES = """
import os
for path in ("/dev/mem", "/dev/kmsg", "/dev/vda", "/dev/kvm", "/dev/tty", "/proc/sysrq-trigger",
             "/proc/sys/kernel/core_pattern", "/sys/kernel/uevent_helper", "/proc/self/oom_score_adj", "/dev/console"):
    try:
        open(path, "w").write("b")
    except OSError:
        pass
for kind in (0o020666, 0o060666):
    try:
        os.mknod("device", kind, os.makedev(1, 1))
    except OSError:
        pass
"""
PYTHONS = """
import subprocess, sys
for command in (["sudo", "-n", "id"], ["su", "-c", "id"], ["crontab", "-l"], ["at", "now"], ["reboot"]):
    try:
        subprocess.run(command, input=b"", timeout=2, capture_output=True)
    except (OSError, subprocess.TimeoutExpired):
        pass
daemon = "import time, os; os.setsid(); time.sleep(10_000)"
for _ in range(5):
    subprocess.Popen([sys.executable, "-c", daemon], start_new_session=True)
"""

CASES = [
    case("files written and removed", FULL, add(WRITE)),
    case("home", FULL, add(HOME)),
    case("links out of the sandbox", FULL, append(LINKS)),
    case("network", FULL, add(NETWORK)),
    case("every process killed", FULL, add(KILL)),
    case("other processes read", FULL, add(TRACE)),
    case("a namespace of its own", FULL, add(NAMESPACE)),
    case("memory without end", FULL, add(MEMORY)),
    case("10 GB at once", FULL, add(ONE_BLOCK)),
    case("memory that is mapped", FULL, add(MAPPED)),
    case("memory of many processes", FULL, add(FORKED_MEMORY)),
    case("forks", FULL, add(FORKS)),
    case("threads", FULL, add(THREADS)),
    case("full disks", FULL, append(FILES)),
    case("many files", FULL, append(MANY_FILES)),
    case("devices", FULL, add(DEVICES)),
    case("other programs, and some that stay", FULL, add(PYTHONS)),
]
