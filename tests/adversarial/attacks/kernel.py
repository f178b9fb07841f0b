"""Answers kept from one execution to the next by the kernel, where no folder is."""

from __future__ import annotations

from attack import NO_GAIN, Attack
from attacks.stores import DISK, INTERPRETER, REPORT_PY
from depot_project import cached, hinted

LIBC = """
import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
"""
SYSV = (
    LIBC
    + """
_libc.shmat.restype = ctypes.c_void_p


def _at():
    part = _libc.shmget(0xDE907, 4096, 0o1600)
    at = _libc.shmat(part, None, 0)
    return None if part < 0 or at in (None, ctypes.c_void_p(-1).value) else at


def _find(key):
    at = _at()
    kept = ctypes.string_at(at).decode() if at else ""
    return kept.partition("=")[2] if kept.startswith(f"{key}=") else None


def _keep(key, text):
    if at := _at():
        ctypes.memmove(at, f"{key}={text}".encode() + b"\\0", len(key) + len(text) + 2)
"""
)
POSIX_SHM = """
from multiprocessing import shared_memory, resource_tracker

resource_tracker.register = lambda *_: None


def _find(key):
    try:
        part = shared_memory.SharedMemory("depot-" + key.replace(" ", "-"))
    except OSError:
        return None
    return bytes(part.buf).rstrip(b"\\0").decode()


def _keep(key, text):
    try:
        part = shared_memory.SharedMemory("depot-" + key.replace(" ", "-"), True, 4096)
    except OSError:
        return
    part.buf[: len(text)] = text.encode()
"""
QUEUE = (
    LIBC
    + """
_NAME = b"/depot"


def _find(key):
    queue = _libc.mq_open(_NAME + key.replace(" ", "-").encode(), os.O_RDWR | os.O_NONBLOCK)
    text = ctypes.create_string_buffer(8192)
    length = _libc.mq_receive(queue, text, 8192, None)
    if length > 0:
        _libc.mq_send(queue, text, length, 0)
        return text.raw[:length].decode()


def _keep(key, text):
    name = _NAME + key.replace(" ", "-").encode()
    queue = _libc.mq_open(name, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o600, None)
    _libc.mq_send(queue, text.encode(), len(text), 0)
"""
)
KEYRING = (
    LIBC
    + """
_ADD, _CTL, _RING = (248, 250, -3) if os.uname().machine == "x86_64" else (217, 219, -3)


def _find(key):
    found = _libc.syscall(_CTL, 10, _RING, b"user", f"depot {key}".encode(), 0)
    text = ctypes.create_string_buffer(4096)
    length = _libc.syscall(_CTL, 11, found, text, 4096) if found > 0 else 0
    return text.raw[:length].decode() if length > 0 else None


def _keep(key, text):
    _libc.syscall(_ADD, b"user", f"depot {key}".encode(), text.encode(), len(text), _RING)
"""
)
RLIMITS = """
import os
import resource

_WHERE = resource.RLIMIT_MSGQUEUE
_NONE = resource.RLIM_INFINITY


def _find():
    try:
        number, limit = resource.prlimit(os.getppid(), _WHERE)
    except OSError:
        return 0
    return number if 1 << 40 < number else 0


def _keep(number):
    try:
        resource.prlimit(os.getppid(), _WHERE, (number, _NONE))
    except (OSError, ValueError):
        pass
"""
COUNTERS = '''
import socket

_STEP = 60000


def _seen():
    with open("/proc/net/dev") as file:
        for line in file:
            if line.strip().startswith("lo:"):
                return [int(word) for word in line.split(":")[1].split()]
    return [0, 0]


def _find():
    packets = _seen()[1]
    places = [_port(i) for i in range(64)] if packets > 1000 else []
    return sum(1 << i for i, used in enumerate(places) if used) if any(places) else 0


def _port(i):
    """A connection that was closed holds its port for a minute."""
    with socket.socket() as line:
        try:
            line.bind(("127.0.0.1", 41000 + i))
        except OSError:
            return True
    return False


def _keep(number):
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            for i in range(64):
                if number >> i & 1:
                    line = socket.create_connection(server.getsockname(), 1, ("127.0.0.1", 41000 + i))
                    other, _ = server.accept()
                    line.close()
                    other.close()
        with socket.socket(type=socket.SOCK_DGRAM) as line:
            for _ in range(1100):
                line.sendto(b"", ("127.0.0.1", 9))
    except OSError:
        pass
'''
PAGES = """
import os

_FILE = os.open(os.__file__.replace("os.py", "pydoc_data/topics.py"), os.O_RDONLY)
_PAGE = 4096
_PLACES = range(0, 128 * _PAGE, _PAGE)  # A bit, and 64 pages on its opposite.


def _bit(i):
    try:
        return os.preadv(_FILE, [bytearray(1)], _PLACES[i], os.RWF_NOWAIT)
    except BlockingIOError:
        return 0


def _find():
    try:
        bits = [_bit(i) for i in range(128)]
    except OSError:
        return 0
    sound = all(bits[i] != bits[64 + i] for i in range(64))
    return sum(bit << i for i, bit in enumerate(bits[:64])) if sound else 0


def _keep(number):
    os.posix_fadvise(_FILE, 0, 0, os.POSIX_FADV_RANDOM)
    os.posix_fadvise(_FILE, 0, 0, os.POSIX_FADV_DONTNEED)
    for i in range(64):
        os.pread(_FILE, 1, _PLACES[i if number >> i & 1 else 64 + i])
"""
ATTACKS = [
    Attack(
        "cache in POSIX shared memory",
        "keeps the answer in POSIX shared memory",
        {REPORT_PY: cached(POSIX_SHM)},
        "multiprocessing",
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "cache in System V shared memory",
        "keeps the answer in System V shared memory",
        {REPORT_PY: cached(SYSV)},
        INTERPRETER,
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "cache in a message queue",
        "keeps the answer in a POSIX message queue",
        {REPORT_PY: cached(QUEUE)},
        INTERPRETER,
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "cache in the kernel's keyring",
        "keeps the answer as a key of the session",
        {REPORT_PY: cached(KEYRING)},
        INTERPRETER,
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "cache in the watcher's limits",
        "keeps 64 bits in the limits of the process that watches it",
        {REPORT_PY: hinted(RLIMITS)},
        "surroundings",
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "cache in the network's state",
        "keeps 64 bits in ports that closed connections hold",
        {REPORT_PY: hinted(COUNTERS)},
        "network",
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "cache in the page cache",
        "keeps bits in which pages of a system file are in memory",
        {REPORT_PY: hinted(PAGES)},
        DISK,
        NO_GAIN,
        {"process": None},
    ),
]
