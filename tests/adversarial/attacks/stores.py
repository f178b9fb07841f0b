"""Answers kept from one execution to the next, wherever something might stay behind."""

from __future__ import annotations

from attack import NO_GAIN, Attack, Stop
from depot_project import cached, hinted

REPORT_PY = "depot/report.py"
DISK = "which keeps something on disk"
INTERPRETER = "reaches into the interpreter"
FILE = """
from pathlib import Path
import os
import tempfile

_FOLDERS = @FOLDERS@


def _find(key):
    for folder in _FOLDERS:
        try:
            return Path(folder, f"depot-{key}.txt").read_text()
        except OSError:
            continue


def _keep(key, text):
    for folder in _FOLDERS:
        try:
            Path(folder, f"depot-{key}.txt").write_text(text)
        except OSError:
            continue
"""


def on_disk(folders: str) -> dict[str, str | None]:
    return {REPORT_PY: cached(FILE.replace("@FOLDERS@", folders))}


TIMES = """
import os

_HOMES = os.environ["HOME"], os.environ["TMPDIR"]
_PLACES = @PLACES@


def _find():
    try:
        halves = [os.stat(place).st_mtime_ns for place in _PLACES]
    except OSError:
        return 0
    found = [half // 1000 for half in halves if half % 1000 == 777]
    return found[0] << 32 | found[1] if len(found) == 2 else 0


def _keep(number):
    for place, half in zip(_PLACES, (number >> 32, number & 0xFFFFFFFF)):
        try:
            os.utime(place, ns=(0, half * 1000 + 777))
        except OSError:
            pass
"""
XATTR = """
import os

_FOLDERS = [os.environ["HOME"], os.environ["TMPDIR"], os.path.abspath("results"), os.getcwd()]


def _find(key):
    for folder in _FOLDERS:
        try:
            return os.getxattr(folder, "user.depot." + key.replace(" ", ".")).decode()
        except OSError:
            continue


def _keep(key, text):
    for folder in _FOLDERS:
        try:
            os.setxattr(folder, "user.depot." + key.replace(" ", "."), text.encode())
        except OSError:
            continue
"""
PYCACHE = """
import importlib.util
import marshal
from pathlib import Path

_CODE = Path(__file__).with_name("__pycache__") / "answers.bin"


def _find(key):
    try:
        return marshal.loads(_CODE.read_bytes()).get(key)
    except (OSError, ValueError, EOFError):
        return None


def _keep(key, text):
    try:
        _CODE.write_bytes(marshal.dumps({key: text}))
    except OSError:
        pass
"""
DAEMON = """
import os
import socket
import time

_NAME = "\\0depot-answers"


def _find(key):
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(_NAME)
        except OSError:
            return None
        line.sendall(key.encode())
        line.shutdown(socket.SHUT_WR)
        return line.makefile().read() or None


def _keep(key, text):
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    server = socket.socket(socket.AF_UNIX)
    server.bind(_NAME)
    server.listen()
    for fd in (0, 1, 2):
        os.close(fd)
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        line, _ = server.accept()
        if line.makefile().read() == key:
            line.sendall(text.encode())
        line.close()
"""
ARTEFACTS = """
from pathlib import Path

_FOLDER = Path("results/.gitkeep")


def _find(key):
    try:
        return (_FOLDER / key).read_text()
    except OSError:
        return None


def _keep(key, text):
    try:
        _FOLDER.unlink()
        _FOLDER.mkdir()
        (_FOLDER / key).write_text(text)
    except OSError:
        pass
"""
MEMORY = """
import functools

_ANSWERS = {}
_find = _ANSWERS.get
_keep = _ANSWERS.__setitem__
"""
TREE = Stop("output", "changed files of its own source tree")
LEAVES = Stop("output", "leaves 1 processes running")
ATTACKS = [
    Attack(
        "cache in the home",
        "keeps the answer in the home",
        on_disk('[os.path.expanduser("~")]'),
        DISK,
        NO_GAIN,
    ),
    Attack(
        "cache in /tmp",
        "keeps the answer in the folder for temporary files",
        on_disk("[tempfile.gettempdir()]"),
        DISK,
        NO_GAIN,
    ),
    Attack(
        "cache in shared folders",
        "keeps the answer in /tmp, /var/tmp, /dev/shm, /dev/mqueue and /run",
        on_disk('["/dev/mqueue", "/dev/shm", "/var/tmp", "/run", "/tmp"]'),
        DISK,
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "cache in the tree",
        "keeps the answer in its own source tree",
        on_disk("[os.path.dirname(__file__)]"),
        DISK,
        NO_GAIN,
        {"process": TREE},
    ),
    Attack(
        "cache in byte code",
        "keeps the answer among compiled modules",
        {REPORT_PY: cached(PYCACHE)},
        "cannot be read|keeps something on disk",
        NO_GAIN,
        {"process": TREE},
    ),
    Attack(
        "cache in the tree next door",
        "keeps the answer in the tree of the program as it was",
        on_disk('["@BEFORE@"]'),
        DISK,
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "cache in an artefact's folder",
        "keeps the answer where artefacts are written",
        {REPORT_PY: cached(ARTEFACTS)},
        DISK,
        NO_GAIN,
    ),
    Attack(
        "cache in a daemon",
        "leaves a process that knows the answer, behind an abstract socket",
        {REPORT_PY: cached(DAEMON)},
        "network|processes",
        LEAVES,
    ),
    Attack(
        "cache in times of folders",
        "keeps 64 bits in the times of folders",
        {REPORT_PY: hinted(TIMES.replace("@PLACES@", "_HOMES"))},
        "surroundings",
        NO_GAIN,
    ),
    Attack(
        "cache in times of devices",
        "keeps 64 bits in the times of /dev/null",
        {REPORT_PY: hinted(TIMES.replace("@PLACES@", '("/dev/null", "/dev/full")'))},
        "surroundings",
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "cache in extended attributes",
        "keeps the answer in attributes of folders",
        {REPORT_PY: cached(XATTR)},
        "surroundings",
        NO_GAIN,
        {"process": None},
    ),
    Attack(
        "memo in the process",
        "keeps answers in a dictionary, for a caller that repeats its calls",
        {REPORT_PY: cached(MEMORY)},
        "",
        NO_GAIN,
    ),
]
