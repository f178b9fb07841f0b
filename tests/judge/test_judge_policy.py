"""The first gate: scope, fair play, promises kept."""

import pytest

from hasten.agent.judge import policy
from hasten.agent.judge.base import Criteria
from hasten.agent.propose.rules.base import Rule
from hasten.agent.propose.rules.documentation import documentation
from hasten.agent.propose.rules.registry import RULES
from hasten.sandbox.base import Limits

OLD = '''\
import functools
import os
import sys
import time


LIMIT = 10


def total(values, start=0, *, scale=1):
    """Sum."""
    result = start
    for value in values:
        result = result + value * scale
    return result


def walk(tree):
    for child in tree:
        yield child


async def fetch(url):
    return url


def _helper(x):
    def inner(y):
        return y
    return inner(x)


class Index:
    def __init__(self, items):
        self.items = list(items)

    @property
    def size(self):
        return len(self.items)

    def find(self, item):
        return self.items.index(item)
'''
BODY = "    result = start\n"


def criteria(**changes: object) -> Criteria:
    base: dict[str, object] = {"python": "/usr/bin/python3", "env": {}, "tests": None, "limits": Limits()}
    return Criteria(**{**base, **changes})  # type: ignore[arg-type]


def verdict(new: str, old: str = OLD, **changes: object) -> str | None:
    return policy.check({"shop/core.py": (old, new)}, criteria(**changes))


def with_body(line: str, head: str = "") -> str:
    """The module with one more line in ``total`` and perhaps one more import."""
    return head + OLD.replace(BODY, f"{BODY}    {line}\n")


@pytest.mark.parametrize(
    "new",
    [
        OLD.replace("result = result + value * scale", "result += value * scale"),
        OLD.replace("def total(", "@functools.lru_cache(maxsize=None)\ndef total("),
        "import itertools\nfrom collections import deque\n" + OLD,
        OLD + "\n\n_TABLE = {i: i for i in range(3)}\n\n\ndef _fast(values):\n    return sum(values)\n",
        OLD.replace("    def inner(y):\n        return y\n    return inner(x)", "    return x"),
        OLD.replace("def total(values, start=0", "def total(values: list[int], start: int=0"),
        OLD.replace("    def find", '    __slots__ = ("items",)\n\n    def find'),
        with_body("sys.stdout.write('')"),
        with_body("text = open('data.txt').read()"),
        with_body("text = open('data.txt', 'rb').read()"),
        with_body("index = os.path.join('a', 'b')"),
        with_body("write = sys.stdout.write"),
        with_body("now = time.monotonic()"),
        with_body("code = signal = platform = requests = http = 3"),
        with_body("text = gzip.open(values, 'rt').read()", "import gzip\n"),
        with_body("text = path.open().read()"),
        with_body("pattern = re.compile('x')", "import re\n"),
        with_body("platform = values.platform"),
    ],
)
def test_honest_changes_pass(new: str) -> None:
    assert verdict(new) is None


@pytest.mark.parametrize(
    ("line", "head"),
    [
        ("frame = sys._getframe(1)", ""),
        ("frame = getattr(sys, '_getframe')(1)", ""),
        ("frame = getattr(sys, '_get' + 'frame')(1)", ""),
        ("frame = spy(1)", "from sys import _getframe as spy\n"),
        ("callers = inspect.stack()", "import inspect\n"),
        ("callers = i.currentframe().f_back", "import inspect as i\n"),
        ("testing = 'pytest' in sys.modules", ""),
        ("alias = sys", ""),
        ("memory = gc.get_objects()", "import gc\n"),
        ("gc.disable()", "import gc\n"),
        ("c = ctypes.c_int(3)", "import ctypes\n"),
        ("fast = os.environ.get('FAST')", ""),
        ("fast = os.getenv('FAST')", ""),
        ("fast = env.get('FAST')", "from os import environ as env\n"),
        ("fast = sys.argv[1:]", ""),
        ("time.perf_counter = lambda: 0.0", ""),
        ("setattr(time, 'perf_counter', lambda: 0.0)", ""),
        ("time.__dict__['perf_counter'] = None", ""),
        ("vars(time)['time'] = None", ""),
        ("sys.stdout = None", ""),
        ("builtins.len = None", "import builtins\n"),
        ("os._exit(0)", ""),
        ("os.fork()", ""),
        ("os.system('true')", ""),
        ("atexit.register(print)", "import atexit\n"),
        ("t = Thread(target=print)", "from threading import Thread\n"),
        ("pool = ThreadPoolExecutor()", "from concurrent.futures import ThreadPoolExecutor\n"),
        ("pool = multiprocessing.Pool()", "import multiprocessing\n"),
        ("subprocess.Popen(['x'])", "import subprocess\n"),
        ("open('cache', 'w').write('x')", ""),
        ("open('cache', mode='ab')", ""),
        ("open('cache', how)", ""),
        ("Path('cache').write_text('x')", "from pathlib import Path\n"),
        ("Path('cache').open('w')", "from pathlib import Path\n"),
        ("gzip.open('cache', 'wb')", "import gzip\n"),
        ("os.fdopen(3, 'w')", ""),
        ("pickle.dump(values, f)", "import pickle\n"),
        ("db = sqlite3.connect('x')", "import sqlite3\n"),
        ("d = shelve.open('x')", "import shelve\n"),
        ("d = tempfile.mkdtemp()", "import tempfile\n"),
        ("return eval('values')", ""),
        ("exec('x = 1')", ""),
        ("m = __import__('gc')", ""),
        ("m = importlib.import_module('gc')", "import importlib\n"),
        ("s = socket.socket()", "import socket\n"),
        ("r = urllib.request.urlopen('http://x')", "import urllib.request\n"),
        ("pytest.skip('x')", "import pytest\n"),
        ("who = open('/proc/self/cmdline').read()", ""),
        ("f = total.__globals__", ""),
    ],
)
def test_tricks_are_refused(line: str, head: str) -> None:
    reason = verdict(with_body(line, head))
    assert reason is not None
    assert reason.startswith("it introduces "), reason


def test_what_the_file_did_before_it_may_do_again() -> None:
    old = with_body("fast = os.environ.get('FAST')")
    new = old.replace("result = result + value * scale", "result += value * scale if os.environ else 0")
    assert verdict(new, old) is None


def test_objects_may_not_learn_to_equal_anything() -> None:
    cheat = OLD.replace("    def find", "    def __eq__(self, other):\n        return True\n\n    def find")
    assert "compare" in (verdict(cheat) or "")


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("start=0", "start=1", "signature of total"),
        ("start=0, *", "start=0, cache={}, *", "signature of total"),
        ("*, scale=1", "scale=1", "signature of total"),
        ("def total(values", "def total(vals", "signature of total"),
        ("def _helper(x)", "def _other(x)", "removes or renames _helper"),
        ("    def find(self, item):", "    def locate(self, item):", "removes or renames Index.find"),
        ("        yield child", "        return child", "the kind (generator to function) of walk"),
        ("async def fetch", "def fetch", "the kind (coroutine to function) of fetch"),
        ("    @property\n", "", "the decorators of Index.size"),
        ("    @property\n", "    @functools.cache\n    @property\n", "the decorators of Index.size"),
        ("    def find", "    @functools.cache\n    def find", "the decorators of Index.find"),
        ("def walk", "@functools.cache\ndef walk", "the decorators of walk"),
        ("class Index:", "class Index(list):", "the bases of Index"),
        ("LIMIT = 10", "LIMIT = 10\ntotal = sum", "assigns something else to total"),
        ("LIMIT = 10", "LIMIT = 10\n\n\ndef total(values):\n    return 0", "defines total 2 times"),
    ],
)
def test_broken_promises_are_refused(old: str, new: str, why: str) -> None:
    assert OLD.count(old) == 1
    reason = verdict(OLD.replace(old, new))
    assert reason is not None
    assert why in reason


def test_memoizing_can_be_forbidden() -> None:
    new = OLD.replace("def total(", "@functools.cache\ndef total(")
    assert "decorators" in (verdict(new, allow_cache=False) or "")


@pytest.mark.parametrize(
    "path",
    [
        "tests/helper.py",
        "shop/tests/data.py",
        "test_shop.py",
        "shop/test_core.py",
        "shop/core_test.py",
        "conftest.py",
        "shop/conftest.py",
        "setup.py",
        "pyproject.toml",
        "setup.cfg",
        "tox.ini",
        "poetry.lock",
        "requirements-dev.txt",
        ".github/workflows/ci.yml",
        ".hidden/x.py",
        "Dockerfile",
        "shop/sitecustomize.py",
        "usercustomize.py",
        "fast.pth",
    ],
)
def test_protected_files_are_never_changed(path: str) -> None:
    reason = policy.check({path: ("a = 1\n", "a = 2\n")}, criteria(allow_paths=("**",)))
    assert reason == f"it changes {path}, and tests and configuration are not to be changed"


@pytest.mark.parametrize(
    "path", ["../evil.py", "/etc/evil.py", "a/../../b.py", "a\\b.py", "./a.py", "a//b.py"]
)
def test_paths_stay_inside(path: str) -> None:
    assert "not a path inside" in (policy.check({path: ("", "a = 1\n")}, criteria()) or "")


def test_allowed_and_protected_paths() -> None:
    change = {"shop/core.py": ("a = 1\n", "a = 2\n")}
    assert policy.check(change, criteria(allow_paths=("shop/**/*.py",))) is None
    assert "outside" in (policy.check(change, criteria(allow_paths=("lib/**",))) or "")
    assert "protected" in (policy.check(change, criteria(protect_paths=("shop/*.py",))) or "")
    assert "outside" in (policy.check({"data.csv": ("1", "2")}, criteria()) or "")


def test_files_neither_appear_nor_disappear() -> None:
    assert policy.check({"new.py": (None, "a = 1\n")}, criteria()) == "it adds the file new.py"
    assert policy.check({"old.py": ("a = 1\n", None)}, criteria()) == "it deletes the file old.py"
    assert policy.check({"old.py": ("a = 1\n", "a = 1\n")}, criteria()) == "it changes nothing"


def test_what_cannot_be_read_is_refused() -> None:
    assert "does not parse" in (verdict("def total(:\n") or "")
    assert "does not parse" in (verdict("x = '\0'\n") or "")


def test_a_person_may_do_more() -> None:
    change = {"new.py": (None, "import threading\n"), "tests/test_new.py": (None, "def test(): pass\n")}
    assert policy.check(change, criteria(trusted_author=True)) is None
    assert policy.check({"../x.py": (None, "a = 1\n")}, criteria(trusted_author=True)) is not None


def test_what_a_person_does_more_is_pointed_out() -> None:
    change = {
        "new.py": (None, "import threading\n"),
        "old.py": ("import os\nos.getcwd()\n", "import os\nos.getcwd()\nos.getpid()\nos._exit(0)\n"),
        "gone.py": ("import threading\n", None),
        "odd.py": ("", "def total(:\n"),
        "tests/test_new.py": (None, "import pytest\n"),
    }
    assert policy.worth_a_look(change) == [
        "Worth a look: new.py introduces threading, which moves work to other processes or threads.",
        "Worth a look: old.py introduces os.getpid, which looks at its surroundings and os._exit, which runs "
        "code at or around the end of the program.",
    ]


@pytest.mark.parametrize(
    ("head", "decorator", "refused"),
    [
        ("from numba import njit as fast", "@fast(boundscheck=True)", False),
        ("import numba as nb", "@nb.jit", False),
        ("import numba as nb", "@nb.vectorize", True),
        ("import shop.tools as nb", "@nb.jit", True),
        ("import math", "@njit", True),
    ],
)
def test_a_compiler_is_gained_where_the_file_has_it(head: str, decorator: str, refused: bool) -> None:
    function = "def total(values):\n    return sum(values)\n"
    change = {"shop/core.py": (f"{head}\n{function}", f"{head}\n{decorator}\n{function}")}
    assert ("decorators of total" in (policy.check(change, criteria()) or "")) is refused


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_what_rules_write_is_in_order(rule: Rule) -> None:
    shown = documentation(rule)
    assert policy.check({"shop/core.py": (shown.before, shown.after)}, criteria()) is None


@pytest.mark.parametrize(
    ("glob", "path", "expected"),
    [
        ("**/*.py", "a.py", True),
        ("**/*.py", "a/b/c.py", True),
        ("*.py", "a/b.py", False),
        ("src/**", "src/a/b.c", True),
        ("src/**", "srcs/a", False),
        ("a?.py", "ab.py", True),
        ("a?.py", "a/.py", False),
        ("a+b.py", "aab.py", False),
    ],
)
def test_globs(glob: str, path: str, expected: bool) -> None:
    assert policy.matches(path, (glob,)) is expected
