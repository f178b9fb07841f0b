"""System calls that programs may not make, by a seccomp filter. Trusted, stdlib only, Python 3.8+.

What is left out could move work to where it is not measured (another core, another class of scheduling), or
carry a message to a later execution or to the other side of a pair past every folder that is emptied: limits
of the runner, keys of the session, message queues, which pages of a file are in memory. Programs that merely
ask for a core or a priority are told that they have it. Best effort: where the kernel has no such filters, or
on processors whose numbers of calls are not known here, nothing happens.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from hasten.sandbox.reaper import LINUX, libc, prctl

NO_NEW_PRIVILEGES = 38  # prctl
SET_FILTER, WITHOUT_SLOWDOWN = (
    1,
    4,
)  # seccomp: old kernels would also switch a mitigation on, which costs time.
ALLOW, FAIL = 0x7FFF0000, 0x00050000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # Instructions of classic BPF.
NUMBER_AT, MACHINE_AT, ARGUMENTS_AT = 0, 4, 16  # Offsets in struct seccomp_data.
IGNORED = 0
FOREIGN = 0x40000000  # x86-64: numbers from here on are those of the x32 machine.
DONT_NEED, NO_WAIT, VSOCK = 4, 8, 40

# Name -> number on x86-64 and on 64-bit ARM.
NUMBERS = {
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "prlimit64": (302, 261),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "mq_open": (240, 180),
    "io_uring_setup": (425, 425),
    "fadvise64": (221, 223),
    "preadv2": (327, 286),
    "mincore": (27, 232),
    "cachestat": (451, 451),
    "socket": (41, 198),
}
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

ALWAYS = {
    **dict.fromkeys(("sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"), IGNORED),
    **dict.fromkeys(("setpriority", "ioprio_set"), IGNORED),
    **dict.fromkeys(("add_key", "request_key", "keyctl", "mq_open", "io_uring_setup"), errno.ENOSYS),
    **dict.fromkeys(("mincore", "cachestat"), errno.ENOSYS),
}
# Name -> number of the argument, how it is compared, with what, whether that refuses or allows, the error.
SOMETIMES = {
    "prlimit64": (0, EQUAL, 0, False, errno.EPERM),  # The limits of another process.
    "fadvise64": (3, EQUAL, DONT_NEED, True, IGNORED),
    "preadv2": (5, ANY_BIT, NO_WAIT, True, errno.EOPNOTSUPP),  # Tells what is in memory.
    "socket": (0, EQUAL, VSOCK, True, errno.EAFNOSUPPORT),  # To the host of a virtual machine.
}


def instruction(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, value)


def program(machine: str) -> bytes:
    """The filter as the kernel wants it; empty for a machine that is not known here."""
    if machine not in MACHINES:
        return b""
    column, tag = MACHINES[machine]
    steps = [
        instruction(LOAD, MACHINE_AT),
        instruction(EQUAL, tag, 1),
        instruction(RETURN, FAIL | errno.ENOSYS),  # Another machine's calls have other numbers.
        instruction(LOAD, NUMBER_AT),
    ]
    if machine == "x86_64":
        steps += [instruction(AT_LEAST, FOREIGN, 0, 1), instruction(RETURN, FAIL | errno.ENOSYS)]
    for name, error in ALWAYS.items():
        steps += [instruction(EQUAL, NUMBERS[name][column], 0, 1), instruction(RETURN, FAIL | error)]
    for name, (argument, how, value, refuses, error) in SOMETIMES.items():
        steps += [
            instruction(EQUAL, NUMBERS[name][column], 0, 4),
            instruction(LOAD, ARGUMENTS_AT + 8 * argument),
            instruction(how, value, *((0, 1) if refuses else (1, 0))),
            instruction(RETURN, FAIL | error),
            instruction(RETURN, ALLOW),
        ]
    return b"".join([*steps, instruction(RETURN, ALLOW)])


PROGRAM = program(os.uname().machine) if LINUX else b""


def refuse() -> None:
    """From here on, in this process and all that it starts."""
    if not PROGRAM:
        return
    code = ctypes.create_string_buffer(PROGRAM, len(PROGRAM))
    head = struct.pack("HP", len(PROGRAM) // 8, ctypes.addressof(code))
    prctl(NO_NEW_PRIVILEGES, 1)
    number = {"x86_64": 317, "aarch64": 277}[os.uname().machine]
    for flags in (WITHOUT_SLOWDOWN, 0):
        if libc.syscall(number, SET_FILTER, flags, head) == 0:
            return
