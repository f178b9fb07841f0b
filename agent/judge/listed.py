"""The lists of what a change must not start to use, and of what it may."""

from __future__ import annotations

import re
from collections.abc import Mapping

BANS: Mapping[str, tuple[str, ...]] = {
    "looks at the call stack": (
        "sys._getframe sys._current_frames sys.settrace sys.setprofile sys.monitoring sys.modules",
        "sys.gettrace sys.getprofile sys._getframemodulename",
        "inspect.stack inspect.trace inspect.currentframe inspect.getouterframes inspect.getinnerframes",
        "traceback.extract_stack traceback.walk_stack traceback.format_stack traceback.print_stack",
    ),
    "reaches into the interpreter": (
        "ctypes cffi gc.get_objects gc.get_referrers gc.get_referents builtins __builtins__ code codeop",
        "globals locals __loader__ __spec__ _ctypes numpy.ctypeslib",
        "inspect.getmodule inspect.getmembers inspect.getclosurevars inspect.getattr_static",
    ),
    "changes how memory is collected": ("gc.disable gc.freeze gc.set_threshold",),
    "looks at its surroundings": (
        "os.environ os.environb os.getenv os.getenvb sys.argv sys.orig_argv os.getppid os.getlogin",
        "os.uname platform socket.gethostname __main__ sys.flags sys.path sys.executable sys.prefix",
        "sys.base_prefix sys.meta_path sys.path_hooks sys._xoptions sys.warnoptions os.getcwd os.getcwdb",
        "os.getpid os.getpgid os.getpgrp os.getsid os.getpriority os.sched_getaffinity os.cpu_count",
        "os.sched_getscheduler os.getloadavg os.times os.isatty os.ttyname os.getuid os.geteuid",
        "os.path.expanduser pathlib.Path.home resource fcntl termios pwd getpass psutil site sysconfig",
        "pathlib.Path.cwd uuid.getnode",
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
        "logging.FileHandler logging.handlers numpy.savetxt numpy.lib.format",
        "os.truncate os.mknod os.memfd_create os.posix_fadvise os.preadv os.rmdir os.renames",
    ),
    "uses descriptors of others": (
        "os.write os.writev os.pwrite os.dup os.dup2 os.close os.closerange os.fdopen os.pipe os.sendfile",
    ),
    "runs code that cannot be read": (
        "eval exec compile __import__ importlib runpy imp pkgutil pydoc zipimport timeit trace pdb bdb",
        "cProfile profile breakpoint types.FunctionType types.CodeType",
        "pickle.load pickle.loads pickle.Unpickler marshal.load marshal.loads dill cloudpickle jsonpickle",
        "yaml.unsafe_load yaml.unsafe_load_all yaml.UnsafeLoader pandas.read_pickle logging.config",
        "typing.get_type_hints typing.ForwardRef inspect.get_annotations string.Formatter",
    ),
    "uses the network": (
        "socket urllib http requests httpx aiohttp ftplib smtplib xmlrpc _socket ssl socketserver poplib",
        "imaplib asyncio.open_connection asyncio.open_unix_connection webbrowser",
    ),
    "changes a setting of the whole program": (
        "random.seed random.setstate numpy.random.seed locale.setlocale time.tzset decimal.setcontext",
    ),
    "meddles with the tests": ("pytest _pytest unittest hypothesis doctest numpy.testing",),
}
NAMES = {name: why for why, lines in BANS.items() for line in lines for name in line.split()}
ATTRIBUTES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("_getframe", "currentframe", "f_back", "tb_frame", "gi_frame", "cr_frame", "ag_frame"),
            *("findCaller", "get_stack", "print_stack"),
        ),
        "looks at the call stack",
    ),
    **dict.fromkeys(
        (
            *("__globals__", "__code__", "__closure__", "__subclasses__", "__builtins__", "__self__"),
            *("f_globals", "f_builtins", "f_locals", "gi_code", "cr_code", "ag_code"),
        ),
        "reaches into the interpreter",
    ),
    **dict.fromkeys(("environ", "getenv", "orig_argv", "isatty"), "looks at its surroundings"),
    "__annotations__": "runs code that cannot be read",
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
    "urllib",
    "multiprocessing",
}
"""Modules that are recognised as what another module of the standard library imports: ``logging.sys``."""
SAME = {
    "posix": "os",
    "nt": "os",
    "_io": "io",
    "posixpath": "os.path",
    "ntpath": "os.path",
    "_imp": "importlib",
}
STRAY = {"sys", "os", "builtins", "importlib", "subprocess", "ctypes", "gc"}
"""Modules that are recognised, with or without an underscore, as an attribute of anything."""
BUILT_IN = {"eval", "exec", "compile", "breakpoint", "globals", "locals"} | {
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
HIDING = {"getattr", "setattr", "delattr", "vars", "open", "attrgetter", "methodcaller"}
"""Functions that are read where they are called, and nowhere else."""
TELLING = {
    "stacklevel": "looks at the call stack",
    "stack_info": "looks at the call stack",
    "catch_warnings.record": "looks at the call stack",
    "eval_str": "runs code that cannot be read",
    "allow_pickle": "runs code that cannot be read",
    "field.compare": "changes how objects compare",
    **dict.fromkeys(("field.eq", "ib.eq", "attrib.eq"), "changes how objects compare"),
}
"""Keywords, of any function or of one, that say more than it does: recorded warnings name callers."""
LOADS = {"pickle.loads": "pickle.dumps", "marshal.loads": "marshal.dumps"}
"""What may be read back in the same breath: a copy."""
PLACES = re.compile(
    r"/(proc|sys|dev|etc|root|run|tmp|var|home|Users|srv|mnt|usr)(/|$)|.*(^|/)\.(ssh|aws|gnupg|netrc|git)(/|$)"
)
"""Files that say something about the machine, the judge or the user."""
WRITERS = {"open", "fdopen", "GzipFile", "BZ2File", "LZMAFile", "ZipFile", "TarFile", "FileIO"}
WRITING_MODE = re.compile(r"[wax+]")

USEFUL_LINES = (
    "__future__ _bisect _collections_abc _heapq abc array ast asyncio base64 binascii bisect bz2",
    "calendar cmath codecs collections colorsys contextlib contextvars copy csv dataclasses",
    "datetime decimal difflib email enum errno fnmatch fractions functools gc glob graphlib gzip",
    "hashlib heapq hmac html inspect io ipaddress itertools json keyword locale logging lzma",
    "marshal math numbers operator os pathlib pickle posixpath pprint queue random re reprlib",
    "secrets selectors stat statistics string stringprep struct sys textwrap time token tokenize",
    "tomllib traceback types typing unicodedata uuid warnings weakref xml zlib zoneinfo",
)
USEFUL = {name for line in USEFUL_LINES for name in line.split()}
"""Modules of the standard library that an optimization may start to import; their use is read."""
OPEN_LINES = {
    "os": (
        "path sep altsep extsep pathsep linesep curdir pardir fspath fsencode fsdecode PathLike",
        "DirEntry error strerror listdir scandir walk fwalk stat lstat access SEEK_SET SEEK_CUR",
        "SEEK_END F_OK R_OK urandom name",
    ),
    "sys": (
        "stdin stdout stderr maxsize maxunicode intern byteorder version_info version hexversion",
        "implementation platform getsizeof getrefcount getrecursionlimit setrecursionlimit exit",
        "exc_info exception float_info int_info hash_info getdefaultencoding getfilesystemencoding",
        "is_finalizing",
    ),
}
OPEN_PARTS = {name: {part for line in lines for part in line.split()} for name, lines in OPEN_LINES.items()}
"""What of the modules that lead to the system may be used; all else is more than an optimization needs."""
UNNEEDED = "an optimization does not need"
