"""Nothing passes from one execution to the next, and out of a confined sandbox nothing at all."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest
from sandbox_helpers import ENV, Run, by_name, open_sandbox, program, runner_of

from hasten.sandbox.base import Command, Limits
from hasten.sandbox.pool import RunnerSandbox

LEAVE = """
import os
for folder in FOLDERS:
    deep = folder + "/a/b/c"
    os.makedirs(deep)
    open(deep + "/secret", "w").write("secret")
    os.symlink("/", folder + "/root")
    os.mkfifo(folder + "/pipe")
    open(folder + "/.hidden", "w").close()
    os.chmod(folder + "/a/b", 0)
    os.chmod(folder + "/a", 0)
"""
LIST = """
import os
for folder in FOLDERS:
    for root, names, files in os.walk(folder):
        if "pytest" not in str(names): print(root, names, files)
"""
EVERYWHERE = """
FOLDERS = [os.environ["HOME"], os.environ["TMPDIR"] + "/x"] + {more}
for folder in FOLDERS: os.makedirs(folder, exist_ok=True)
"""
MEET = """
import os, sys
mine, other = sys.argv[1:]
open(mine, "w").close()
while not os.path.exists(other): pass
print(os.sched_getaffinity(0))
"""


def test_scratch_folders_are_emptied(run: Run, sandbox: RunnerSandbox) -> None:
    more = ["/dev/shm", "/var/tmp", "/run"] if sandbox.confined else []
    folders = "import os\n" + EVERYWHERE.format(more=more)
    left = run(*program(folders + LEAVE))
    assert (left.exit_code, left.stderr) == (0, b"")
    found = run(*program(folders + LIST)).stdout.decode().splitlines()
    assert len(found) == 2 + len(more)
    assert all(line.endswith(" [] []") for line in found)


@pytest.mark.parametrize("same_tree", [True, False])
def test_two_at_the_same_time_on_one_core(
    sandbox: RunnerSandbox, tree: Path, tmp_path: Path, same_tree: bool
) -> None:
    """Each waits for the other's file, so neither ends unless both run."""
    other = tree if same_tree else tmp_path / "other"
    other.mkdir(exist_ok=True)
    meet = tmp_path / "meet"
    meet.mkdir()
    core = max(os.sched_getaffinity(0))
    limits = Limits(wall_s=30)
    names = (str(meet / "a"), str(meet / "b"))
    done = sandbox.run(
        [
            Command(program(MEET, *names), tree, env=ENV, cpu=core, exchange=meet, limits=limits),
            Command(program(MEET, *reversed(names)), other, env=ENV, cpu=core, exchange=meet, limits=limits),
        ]
    )
    assert [each.stdout.decode() for each in done] == [f"{{{core}}}\n"] * 2


def test_reports_come_in_the_order_of_the_commands(sandbox: RunnerSandbox, tree: Path) -> None:
    codes = [5, 1, 4, 2, 3]
    commands = [Command(("sh", "-c", f"exit {code}"), tree, env=ENV) for code in codes]
    assert [each.exit_code for each in sandbox.run(commands)] == codes
    assert sandbox.run([]) == []


def test_no_descriptors_are_inherited(run: Run) -> None:
    assert run("sh", "-c", "ls /proc/self/fd | wc -l").stdout.split() == [
        b"4"
    ]  # ls itself has the folder open


def test_a_tree_cannot_be_changed(run_here: Run, sandbox: RunnerSandbox, tree: Path) -> None:
    done = run_here("sh", "-c", "echo changed > data.txt; touch new")
    if sandbox.confined:
        assert (done.exit_code, done.limit) == (1, None)
        assert b"Read-only file system" in done.stderr or b"Read-only file system" in done.stdout
        assert (tree / "data.txt").read_text() == "as it was\n"
    else:
        assert done.limit == "tree"
        assert run_here("true").limit == "tree"  # Until it is made anew.


def test_the_tree_of_a_process_may_be_replaced(tree: Path, run_here: Run, sandbox: RunnerSandbox) -> None:
    assert run_here("cat", "data.txt").ok
    sandbox.forget(tree)
    (tree / "data.txt").write_text("made anew\n")
    done = run_here("cat", "data.txt")
    assert (done.stdout, done.limit) == (b"made anew\n", None)


def test_program_that_kills_its_watcher(run: Run, sandbox: RunnerSandbox) -> None:
    done = run(*program("import os, time; os.kill(os.getppid(), 9); time.sleep(0.2); print('alive')"))
    if sandbox.confined:
        assert (done.exit_code, done.stdout) == (0, b"alive\n")
    else:
        assert done.exit_code == 128 + signal.SIGKILL
        assert b"ended the process that watches it" in done.stderr
    assert run("true").ok


def test_the_other_side_is_not_blamed_for_that(sandbox: RunnerSandbox, tree: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    kill = program("import os, time; os.kill(os.getppid(), 9); time.sleep(0.2)")
    honest, killer = sandbox.run([Command(("pwd",), tree, env=ENV), Command(kill, other, env=ENV)])
    assert honest.ok and killer.limit is None
    assert killer.ok is sandbox.confined


def test_both_sides_see_the_same_path(confined: RunnerSandbox, tree: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    done = confined.run([Command(("pwd",), each, env=ENV) for each in (tree, other)])
    assert [each.stdout.decode().strip() for each in done] == [str(confined.mount_at)] * 2


def test_host_is_invisible(run_confined: Run, tmp_path: Path) -> None:
    (tmp_path / "host-file").write_text("secret")
    listed = run_confined("sh", "-c", 'ls -a "$1" /root /home /tmp', "sh", str(tmp_path))
    assert "host-file" not in listed.stdout.decode()
    seen = run_confined("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '; ls -d /proc/[0-9]* | wc -l")
    assert b"pytest" not in seen.stdout
    assert int(seen.stdout.split()[-1]) <= 5


@pytest.mark.parametrize("name", [by_name("bubblewrap"), by_name("docker")])
def test_what_the_user_names_is_shown_and_cannot_be_written(name: str, tree: Path, tmp_path: Path) -> None:
    outside, inside = tmp_path / "big data", tmp_path / "répo of someone" / "ignored"
    for folder in (outside, inside):
        folder.mkdir(parents=True)
    (inside / "model").touch()
    (outside / "rows").write_text("outside")
    (tmp_path / "single").write_text("single")
    named = [outside, tmp_path / "single", inside, tmp_path / "not there"]
    code = f"""
import os
texts = [open({str(tmp_path)!r} + name).read() for name in ("/big data/rows", "/single")]
print(*texts, os.listdir("ignored"))
for folder in ({str(outside)!r}, "ignored"):
    try: open(folder + "/new", "w"); print("wrote")
    except OSError: pass
"""
    with open_sandbox(name, tmp_path, named) as sandbox:
        assert runner_of(sandbox, tree)(*program(code)).stdout == b"outside single ['model']\n"


def test_no_network(run_confined: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 5)"
        assert b"ConnectionRefusedError" in run_confined(*program(code)).stderr
    interfaces = run_confined("sh", "-c", "tail -n +3 /proc/net/dev | cut -d: -f1").stdout.split()
    assert interfaces == [b"lo"]


def test_nothing_but_scratch_can_be_written(run_confined: Run) -> None:
    code = """
import os
for folder in ("/", "/dev", "/usr", "/etc", "/proc/sys/kernel", "/hasten-runner", os.getcwd()):
    try: open(folder + "/new", "w"); print("wrote", folder)
    except OSError: pass
for name in ("/proc/sys/vm/swappiness", "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/etc/hosts"):
    try: open(name, "r+"); print("opened", name)
    except OSError: pass
for name in ("/etc/shadow", "/etc/gshadow"):
    try: print(open(name).read(), end="")
    except OSError: pass
"""
    done = run_confined(*program(code))
    assert (done.stdout, done.exit_code) == (b"", 0)


LITTER = """
import os
for folder, _, files in os.walk("/"):
    if folder.startswith(("/proc", "/sys")):
        continue
    print(*(f"{folder}/{name}" for name in files if name == "litter"))
    if os.access(folder, os.W_OK):
        open(folder + "/litter", "w").close()
"""


def test_whatever_folder_can_be_written_is_emptied(run_confined: Run) -> None:
    assert not [run_confined(*program(LITTER)).stdout.split() for _ in range(2)][1]


def test_watcher_cannot_be_traced_or_opened(run_confined: Run) -> None:
    code = """
import os
for name in ("mem", "environ", "fd/0", "fd/1", "fd/3", "fd/4", "root/etc/passwd", "maps"):
    try: print(name, os.open("/proc/1/" + name, os.O_RDONLY))
    except OSError as error: assert error.errno in (1, 2, 13), error
"""
    done = run_confined(*program(code))
    assert (done.stdout, done.stderr, done.exit_code) == (b"", b"", 0)


@pytest.mark.parametrize(
    "code",
    [
        "import os; os.rename('/tmp/' + os.getcwd().split('/')[2], '/tmp/moved')",
        "import os; os.setpriority(os.PRIO_PROCESS, 1, 7)",
        "import os\nos.chdir('/tmp')\nfor _ in range(3000): os.mkdir('d' * 50); os.chdir('d' * 50)",
        "import ctypes; print(ctypes.CDLL(None).shmget(7, 4096, 0o1600))",
        "import os; os.setxattr('/tmp', 'user.message', b'secret')",
        "import os; os.chmod('/tmp', 0)",
    ],
    ids=["rename", "priority", "deep", "shm", "xattr", "mode"],
)
def test_what_cannot_be_cleaned_ends_with_its_runner(run_confined: Run, code: str) -> None:
    look = """
import ctypes, os
print(os.getpriority(os.PRIO_PROCESS, 0), os.listdir(os.getcwd()), oct(os.stat("/tmp").st_mode & 0o777))
print(ctypes.CDLL(None).shmget(7, 4096, 0), os.listxattr("/tmp"), "moved" in os.listdir("/tmp"))
"""
    first = run_confined(*program(look)).stdout.decode().splitlines()
    run_confined(*program(code))
    assert run_confined(*program(look)).stdout.decode().splitlines() == first
    assert first[1] == "-1 [] False"
