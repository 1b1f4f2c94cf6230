"""System calls that nothing inside the sandbox may make.

Some take memory that belongs to no process, which nobody would count: files in memory, and what System V and io_uring
keep in the kernel. The others lead to a user namespace of one's own, in which a submission could mount another
temporary folder of any size, and would meet much more of the kernel.
"""

import ctypes
import errno
import os
import struct

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
KILL, REFUSE, ALLOW = 0x80000000, 0x00050000 | errno.ENOSYS, 0x7FFF0000
X32 = 0x40000000  # from here on, calls of another form of x86
NEW_USER = 0x10000000  # CLONE_NEWUSER
LOAD, EQUAL, AT_LEAST, HAS_BITS, GIVE = 0x20, 0x15, 0x35, 0x45, 0x06  # of the filter's language
NUMBER, MACHINE, FIRST_ARGUMENT = 0, 4, 16  # where struct seccomp_data has them
# The machine's number for audits; clone(2); memfd_create, memfd_secret, shmget, semget, msgget, io_uring_setup, bpf;
# unshare, setns, clone3 (whose flags no filter can see: threads are then made by clone).
FORBIDDEN = {
    "x86_64": (0xC000003E, 56, (319, 447, 29, 64, 68, 425, 321, 272, 308, 435)),
    "aarch64": (0xC00000B7, 220, (279, 447, 194, 190, 186, 425, 280, 97, 268, 435)),
}


def program() -> bytes:
    """Give the filter for seccomp(2); nothing on a machine of another kind than FORBIDDEN knows."""
    if (machine := os.uname().machine) not in FORBIDDEN:
        return b""
    audit, clone, calls = FORBIDDEN[machine]
    jumps = [(AT_LEAST, X32), *((EQUAL, call) for call in calls)]
    lines = [
        *((LOAD, 0, 0, MACHINE), (EQUAL, 1, 0, audit), (GIVE, 0, 0, KILL), (LOAD, 0, 0, NUMBER)),
        *((code, len(jumps) - at + 3, 0, value) for at, (code, value) in enumerate(jumps)),  # to the last line
        *((EQUAL, 0, 2, clone), (LOAD, 0, 0, FIRST_ARGUMENT), (HAS_BITS, 1, 0, NEW_USER)),
        *((GIVE, 0, 0, ALLOW), (GIVE, 0, 0, REFUSE)),
    ]
    return b"".join(struct.pack("HBBI", *line) for line in lines)


def forbid() -> None:
    """Set the filter for this process and all that it starts. It must have no new privileges to get."""
    if not (filter := program()):
        return
    code = ctypes.create_string_buffer(filter)
    described = ctypes.create_string_buffer(struct.pack("HP", len(filter) // 8, ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, described, 0, 0):
        raise OSError(ctypes.get_errno(), "the sandbox could not forbid system calls")
