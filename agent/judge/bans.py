"""What a change must not start to do, found in its syntax tree.

A candidate that looks at who is calling, at its environment or at the clock can tell a measurement from real
use; one that writes files, starts processes or patches modules moves work to where it is not measured. Each
is refused only where the file did not do it before. Reading a syntax tree cannot stop a determined liar;
the sandbox, fresh processes and timing from outside are there for that. It stops the easy ways.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping

BANS: Mapping[str, tuple[str, ...]] = {
    "looks at the call stack": (
        "sys._getframe sys._current_frames sys.settrace sys.setprofile sys.monitoring sys.modules",
        "sys.gettrace sys.getprofile sys._getframemodulename",
        "inspect.stack inspect.trace inspect.currentframe inspect.getouterframes inspect.getinnerframes",
        "traceback.extract_stack traceback.walk_stack traceback.format_stack traceback.print_stack",
    ),
    "reaches into the interpreter": (
        "ctypes cffi gc.get_objects gc.get_referrers gc.get_referents builtins __builtins__ code codeop",
        "globals __loader__ __spec__ _ctypes numpy.ctypeslib",
    ),
    "changes how memory is collected": ("gc.disable gc.freeze gc.set_threshold",),
    "looks at its surroundings": (
        "os.environ os.environb os.getenv os.getenvb sys.argv sys.orig_argv os.getppid os.getlogin",
        "os.uname platform socket.gethostname __main__ sys.flags sys.path sys.executable sys.prefix",
        "sys.base_prefix sys.meta_path sys.path_hooks sys._xoptions sys.warnoptions os.getcwd os.getcwdb",
        "os.getpid os.getpgid os.getpgrp os.getsid os.getpriority os.sched_getaffinity os.cpu_count",
        "os.sched_getscheduler os.getloadavg os.times os.isatty os.ttyname os.getuid os.geteuid",
        "os.path.expanduser pathlib.Path.home resource fcntl termios pwd getpass psutil site sysconfig",
    ),
    "runs code at or around the end of the program": (
        "os._exit os.abort atexit signal faulthandler os.kill os.killpg weakref.finalize gc.callbacks",
        "sys.addaudithook _signal",
    ),
    "moves work to other processes or threads": (
        "subprocess multiprocessing threading _thread concurrent joblib os.fork os.forkpty os.posix_spawn",
        "os.posix_spawnp os.system os.popen os.execv os.execve os.execvp os.execl os.spawnv os.spawnl pty",
        "os.sched_setaffinity os.sched_setscheduler os.sched_setparam os.nice os.setpriority os.setsid",
        "asyncio.to_thread asyncio.create_subprocess_exec asyncio.create_subprocess_shell",
        "_posixsubprocess _multiprocessing",
    ),
    "keeps something on disk": (
        "pickle.dump marshal.dump shelve sqlite3 dbm tempfile shutil diskcache mmap os.open os.mkdir",
        "os.makedirs os.rename os.replace os.remove os.unlink os.symlink os.link os.mkfifo numpy.save",
        "numpy.savez numpy.memmap _sqlite3 _posixshmem os.utime os.setxattr os.getxattr os.chmod os.chdir",
        "os.truncate os.mknod os.memfd_create os.posix_fadvise os.preadv os.rmdir os.renames",
    ),
    "uses descriptors of others": (
        "os.write os.writev os.pwrite os.dup os.dup2 os.close os.closerange os.fdopen os.pipe os.sendfile",
    ),
    "runs code that cannot be read": (
        "eval exec compile __import__ importlib runpy imp pkgutil pydoc zipimport timeit trace pdb bdb",
        "cProfile profile breakpoint types.FunctionType types.CodeType",
    ),
    "uses the network": (
        "socket urllib http requests httpx aiohttp ftplib smtplib xmlrpc _socket ssl socketserver poplib",
        "imaplib asyncio.open_connection asyncio.open_unix_connection webbrowser",
    ),
    "meddles with the tests": ("pytest _pytest unittest hypothesis doctest",),
}
NAMES = {name: why for why, lines in BANS.items() for line in lines for name in line.split()}
ATTRIBUTES: Mapping[str, str] = {
    **dict.fromkeys(
        ("_getframe", "currentframe", "f_back", "tb_frame", "gi_frame"), "looks at the call stack"
    ),
    **dict.fromkeys(
        ("__globals__", "__code__", "__closure__", "__subclasses__", "__builtins__", "__self__"),
        "reaches into the interpreter",
    ),
    **dict.fromkeys(("environ", "getenv", "orig_argv", "isatty"), "looks at its surroundings"),
    "run_in_executor": "moves work to other processes or threads",
    **dict.fromkeys(
        (
            *("write_text", "write_bytes", "touch", "mkdir", "symlink_to", "hardlink_to", "tofile"),
            *("to_pickle", "unlink", "rmdir", "chmod"),
        ),
        "keeps something on disk",
    ),
}
SENSITIVE = {"sys", "os", "builtins", "time", "gc", "inspect", "importlib", "io"}
"""Modules that may not be handed around: an alias would hide what is done with them."""
BORROWED = {
    *SENSITIVE,
    "subprocess",
    "threading",
    "ctypes",
    "socket",
    "signal",
    "tempfile",
    "shutil",
    "atexit",
}
"""Modules that are recognised as what another module of the standard library imports: ``logging.sys``."""
SAME = {"posix": "os", "nt": "os", "_io": "io", "_imp": "importlib"}
BUILT_IN = {"eval", "exec", "compile", "breakpoint", "globals"} | {
    "__import__",
    "__builtins__",
    "__loader__",
    "__spec__",
}
"""Listed names that need no import; any other may be the name of a variable."""
DISHONEST_METHODS = {"__eq__", "__ne__", "__getattribute__", "__instancecheck__", "__subclasscheck__"} | {
    "__class__",
    "__del__",
}
PLACES = re.compile(
    r"/(proc|sys|dev|etc|root|run|tmp|var|home|Users|srv|mnt|usr)(/|$)|.*(^|/)\.(ssh|aws|gnupg|netrc|git)(/|$)"
)
"""Files that say something about the machine, the judge or the user."""
WRITING_MODE = re.compile(r"[wax+]")

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Finding = tuple[str, str]
"""What was used and why that is refused."""


def new_offences(old: ast.Module, new: ast.Module) -> list[Finding]:
    """What ``new`` does that it must not and ``old`` did not do, by name."""
    known = offences(old)
    return sorted(found for found in offences(new) if found not in known)


def offences(module: ast.Module) -> set[Finding]:
    """Everything on the list that the module does."""
    aliases = imported_names(module)
    found: set[Finding] = set()
    for node in ast.walk(module):
        found.update(_at(node, aliases))
    inner = {id(n.value) for n in ast.walk(module) if isinstance(n, ast.Attribute)}
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and id(node) not in inner and aliases.get(node.id) in SENSITIVE:
            found.add((f"the module {aliases[node.id]} as a value", "reaches into the interpreter"))
    return found


def imported_names(module: ast.Module) -> dict[str, str]:
    """Local name -> dotted name of everything imported anywhere in the module; relative imports dotted."""
    names: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                names[local] = genuine(alias.name if alias.asname else local)
        elif isinstance(node, ast.ImportFrom):
            source = "." * node.level + (node.module or "")
            for alias in node.names:
                names[alias.asname or alias.name] = genuine(f"{source}.{alias.name}")
    return names


def genuine(dotted: str) -> str:
    """A name without its detour: ``logging.sys.modules`` is ``sys.modules``, ``random._os`` is ``os``."""
    first, *rest = dotted.split(".")
    parts = [SAME.get(first, first), *rest]
    if first in sys.stdlib_module_names:
        borrowed = [i for i, part in enumerate(rest, 1) if part.lstrip("_") in BORROWED]
        parts = [parts[borrowed[-1]].lstrip("_"), *parts[borrowed[-1] + 1 :]] if borrowed else parts
    return ".".join(parts)


def _at(node: ast.AST, aliases: Mapping[str, str]) -> Iterator[Finding]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _named(genuine(alias.name))
    elif isinstance(node, ast.ImportFrom) and node.level == 0:
        for alias in node.names:
            yield from _named(genuine(f"{node.module}.{alias.name}"))
    elif isinstance(node, ast.Attribute):
        yield from _attribute(node, aliases)
    elif isinstance(node, ast.Name) and (node.id in aliases or node.id in BUILT_IN):
        yield from _named(aliases.get(node.id, node.id))
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in DISHONEST_METHODS:
        yield f"the method {node.id}", "changes how objects compare"
    elif isinstance(node, ast.Call):
        yield from _call(node, aliases)
    elif isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield from _text(node.value)
    elif isinstance(node, FunctionNode) and node.name in DISHONEST_METHODS:
        yield f"the method {node.name}", "changes how objects compare"


def _text(value: str) -> Iterator[Finding]:
    """A string that names what code may not: for ``getattr``, ``attrgetter``, ``type``, ``open``."""
    if PLACES.match(value):
        yield value, "looks at its surroundings"
    if value in DISHONEST_METHODS:
        yield value, "changes how objects compare"
    for part in re.findall(r"__\w+__", value):
        if part in ATTRIBUTES:
            yield part, ATTRIBUTES[part]
    if "." in value and value in NAMES:
        yield value, NAMES[value]


def _named(dotted: str) -> Iterator[Finding]:
    parts = dotted.split(".")
    for size in range(1, len(parts) + 1):
        name = ".".join(parts[:size])
        if name in NAMES:
            yield name, NAMES[name]


def _attribute(node: ast.Attribute, aliases: Mapping[str, str]) -> Iterator[Finding]:
    dotted = _dotted(node, aliases)
    if dotted is not None:
        yield from _named(dotted)
    if node.attr in ATTRIBUTES:
        yield f".{node.attr}", ATTRIBUTES[node.attr]
    owner = _dotted(node.value, aliases)
    stored = isinstance(node.ctx, ast.Store | ast.Del)
    if owner is not None and (stored or (node.attr == "__dict__" and _is_module(owner, aliases))):
        yield f"{owner}.{node.attr} = …", "patches another module"
    if stored and node.attr in DISHONEST_METHODS:
        yield f"{node.attr} = …", "changes how objects compare"


def _is_module(dotted: str, aliases: Mapping[str, str]) -> bool:
    """Whether ``dotted`` is, or lies in, a module that an ``import`` statement bound."""
    if dotted.partition(".")[0] in SENSITIVE:
        return True
    modules = {name for local, name in aliases.items() if local != name.rpartition(".")[2] or "." not in name}
    return any(dotted == module or dotted.startswith(f"{module}.") for module in modules)


def _call(node: ast.Call, aliases: Mapping[str, str]) -> Iterator[Finding]:
    function = node.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if name in ("setattr", "getattr", "delattr", "vars") and node.args:
        yield from _dynamic(node, name, aliases)
    if name in ("open", "fdopen") and _writes(node, aliases):
        yield "open for writing", "keeps something on disk"


def _dynamic(node: ast.Call, name: str, aliases: Mapping[str, str]) -> Iterator[Finding]:
    owner = _dotted(node.args[0], aliases)
    if owner is None or not _is_module(owner, aliases):
        return
    if name != "getattr":
        yield f"{name}({owner}, …)", "patches another module"
    elif len(node.args) > 1 and isinstance(node.args[1], ast.Constant):
        yield from _named(f"{owner}.{node.args[1].value!s}")
    else:
        yield f"getattr({owner}, …)", "runs code that cannot be read"


def _writes(node: ast.Call, aliases: Mapping[str, str]) -> bool:
    """Whether a call of ``open`` may write: its mode says so or cannot be read.

    Functions take the mode second (``open(path, "w")``, ``gzip.open``), methods of paths first.
    """
    function = node.func
    method = isinstance(function, ast.Attribute) and _dotted(function.value, aliases) is None
    position = 0 if method else 1
    modes = [k.value for k in node.keywords if k.arg == "mode"] + node.args[position : position + 1]
    return any(_is_writing(mode) for mode in modes)


def _is_writing(mode: ast.expr) -> bool:
    if not isinstance(mode, ast.Constant):
        return True
    return isinstance(mode.value, str) and len(mode.value) <= 4 and bool(WRITING_MODE.search(mode.value))


def _dotted(node: ast.AST, aliases: Mapping[str, str]) -> str | None:
    """The dotted name behind an expression, imports resolved; None when it does not start at an import."""
    if isinstance(node, ast.Name):
        return aliases.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = _dotted(node.value, aliases)
        return None if owner is None else genuine(f"{owner}.{node.attr}")
    return None
