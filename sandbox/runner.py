"""The trusted process inside every sandbox: runs one command at a time and reports what it took.

Standard library only, Python 3.8+, together with ``reaper`` and ``scratch``. It speaks JSON lines: first the
setup (``root``, ``home``, ``tmp``, ``scratch``, ``writable``), answered by ``hello``; then for an execution a
request, answered by ``ready`` (or ``unclean``: start another runner), and ``go``, answered by the report. The
end of its stdin, even in the middle of an execution, ends everything below it.
"""

from __future__ import annotations

import binascii
import fcntl
import json
import os
import resource
import select
import signal
import time
from contextlib import suppress
from typing import Any, BinaryIO

from hasten.sandbox import calls, reaper
from hasten.sandbox.reaper import LINUX, prctl
from hasten.sandbox.scratch import Scratch, overfull

POLL_S = 0.05  # How often memory, processes and CPU time of the whole tree are looked at.
GRACE_S = 0.2  # For helpers that end by themselves once the program is gone (multiprocessing's tracker).
OPEN_FILES = 4096
PIPE_BYTES, SET_PIPE_SIZE = 1 << 20, 1031  # Fewer wake-ups of the runner while the program writes.
IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
RESET = (*IGNORED, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD)


class HostGoneError(Exception):
    """Nobody is left to report to."""


class Host:
    """Lines from and to the host, on descriptors that no program inherits."""

    def __init__(self) -> None:
        self.source, self.sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)

    def receive(self) -> dict[str, Any]:
        line = self.source.readline()
        if not line.endswith(b"\n"):
            raise HostGoneError
        message: dict[str, Any] = json.loads(line)
        return message

    def send(self, message: dict[str, Any]) -> None:
        try:
            self.sink.write(json.dumps(message).encode() + b"\n")
            self.sink.flush()
        except BrokenPipeError:
            raise HostGoneError from None


def find_program(name: str, path: str, cwd: str) -> str:
    """What ``name`` means on the program's PATH; ``name`` itself when nothing does (exec then says so)."""
    if "/" in name:
        return name
    found = [os.path.join(cwd, folder, name) for folder in path.split(os.pathsep)]
    runnable = [each for each in found if os.path.isfile(each) and os.access(each, os.X_OK)]
    return runnable[0] if runnable else name


def file_of(data: bytes) -> BinaryIO:
    """A file without a name: unlike a pipe it needs nobody to feed it."""
    if not data:
        return open(os.devnull, "rb")
    if LINUX:
        fd = os.memfd_create("stdin")
    else:
        path = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"stdin-{os.getpid()}")
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        os.unlink(path)
    file = os.fdopen(fd, "r+b")
    file.write(data)
    file.seek(0)
    return file


class Program:
    """One execution: prepared, started, watched, measured, and everything below it ended."""

    def __init__(self, request: dict[str, Any], setup: dict[str, Any], cpus: set[int]) -> None:
        self.limits, self.argv, self.cpus = request["limits"], request["argv"], cpus
        self.cwd = os.path.normpath(os.path.join(setup["root"], request["cwd"]))
        self.env = {**request["env"], "HOME": setup["home"], "TMPDIR": setup["tmp"], "PWD": self.cwd}
        self.path = find_program(self.argv[0], self.env.get("PATH", os.defpath), self.cwd)
        self.stdin = file_of(binascii.a2b_base64(request["stdin"]))
        if cpus:
            pinned = set() if request["cpu"] is None else {request["cpu"]}
            self.cpus = pinned or cpus
            os.sched_setaffinity(0, cpus - pinned or cpus)  # The runner keeps off the core that is measured.
        self.pipes = [os.pipe() for _ in range(3)]  # stdout, stderr, and why it could not be started.
        self.texts = {read_end: bytearray() for read_end, _ in self.pipes}
        for read_end, write_end in self.pipes:
            os.set_blocking(read_end, False)
            if LINUX:
                with suppress(OSError):
                    fcntl.fcntl(write_end, SET_PIPE_SIZE, PIPE_BYTES)
        self.limit: str | None = None
        self.nice = setup.get("nice", 0)  # Among themselves, where nobody else shares their control group.
        self.disk = self.limits["disk_bytes"] if setup["writable"] else None
        self.scratch = setup["scratch"]
        self.free, self.refusals = reaper.free_bytes(self.cwd), reaper.refusals()
        self.status: int | None = None
        self.reaped = reaper.Reaped()

    def start(self) -> None:
        self.began = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self.become()
            except (OSError, ValueError) as error:
                os.write(self.pipes[2][1], f"{getattr(error, 'errno', 0)} {error}".encode())
            finally:
                os._exit(126)
        for _, write_end in self.pipes:
            os.close(write_end)
        self.stdin.close()

    def become(self) -> None:
        """In the child: everything between fork and exec."""
        os.setsid()
        prctl(reaper.SET_DEATH_SIGNAL, signal.SIGKILL)
        for number in RESET:
            signal.signal(number, signal.SIG_DFL)
        for target, source in enumerate((self.stdin.fileno(), self.pipes[0][1], self.pipes[1][1])):
            os.dup2(source, target)
        cpu_s = self.limits["cpu_s"]
        if os.getppid() == 1:  # Nobody else is in this namespace who could look in.
            prctl(reaper.SET_DUMPABLE, 1)  # Else the next file could not be written.
            with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:
                score.write("1000")  # Where memory runs out, the kernel ends the program, not the runner.
        os.nice(self.nice)
        bound(resource.RLIMIT_CORE, 0)
        if os.getppid() == 1 and self.limits["processes"] and reaper.users_of_its_own():  # Root is not bound.
            bound(resource.RLIMIT_NPROC, self.limits["processes"] * reaper.TASKS_PER_PROCESS)
        bound(resource.RLIMIT_NOFILE, OPEN_FILES)
        bound(resource.RLIMIT_FSIZE, self.limits["file_bytes"])
        bound(resource.RLIMIT_CPU, None if cpu_s is None else int(cpu_s) + 2)
        if self.cpus:
            os.sched_setaffinity(0, self.cpus)
        os.chdir(self.cwd)
        calls.refuse()
        os.execve(self.path, self.argv, self.env)

    def watch(self, host: Host, wake: int) -> None:
        """Until the program has ended by itself or by a limit; it has then not been waited for."""
        poller = select.poll()
        for fd in (host.source.fileno(), wake, *self.texts):
            poller.register(fd, select.POLLIN)
        ends, looks = self.began + self.limits["wall_s"], self.began + POLL_S
        while not self.ended():
            for fd, _ in poller.poll(max(0.0, min(ends, looks) - time.monotonic()) * 1000):
                if fd == host.source.fileno():
                    raise HostGoneError  # It says nothing during an execution.
                if fd == wake:
                    os.read(wake, 4096)
                elif not self.drain(fd):
                    poller.unregister(fd)
            now = time.monotonic()
            if now >= looks:
                looks = now + POLL_S
                self.look()
            if now >= ends:
                self.limit = self.limit or "wall"
            if self.limit:
                reaper.kill_all(self.pid)
                ends = looks = now + POLL_S

    def ended(self) -> bool:
        if hasattr(os, "waitid"):
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
        self.status = self.reaped.wait(self.pid)  # macOS before Python 3.13: measured a moment less exactly.
        return self.status is not None

    def drain(self, fd: int) -> bool:
        """Take what is in a pipe. False when it is closed, or more than the limit came out of it."""
        while len(self.texts[fd]) <= self.limits["output_bytes"]:
            try:
                data = os.read(fd, PIPE_BYTES)
            except BlockingIOError:
                return True
            if not data:
                return False
            self.texts[fd] += data
        self.limit = self.limit or "output"
        return False

    def look(self) -> None:
        """Hold the whole tree of processes against the limits."""
        pids = reaper.descendants()
        if self.limits["processes"] and len(pids) > self.limits["processes"]:
            self.limit = "processes"  # At once: while each is looked at, a fork bomb outgrows any limit.
            return
        seen = reaper.look(pids)
        for orphan in seen:
            if not orphan.alive and orphan.parent == os.getpid() and orphan.pid != self.pid:
                self.reaped.wait(orphan.pid)
        memory, processes, cpu_s = (self.limits[name] for name in ("memory_bytes", "processes", "cpu_s"))
        if processes and sum(each.threads for each in seen) > processes * reaper.TASKS_PER_PROCESS:
            self.limit = "processes"
        if memory and sum(each.rss for each in seen) > memory:
            pids = [each.pid for each in seen]
            exact = reaper.shared_out(pids) if len(pids) > 1 else 0
            self.limit = "memory" if not exact or exact > memory else self.limit
        if self.disk and self.free - reaper.free_bytes(self.cwd) > self.disk:
            self.limit = "disk"
        if cpu_s and self.reaped.cpu_s + sum(each.cpu_s for each in seen) > cpu_s:
            self.limit = "cpu"

    def finish(self) -> dict[str, Any]:
        """Measure, wait, end what is left: the report."""
        wall_s = time.monotonic() - self.began
        times = reaper.read(f"/proc/{self.pid}/schedstat").split()
        status = self.reaped.wait(self.pid, 0) if self.status is None else self.status
        assert status is not None
        crowd = len(reaper.descendants())  # The kernel refuses more before anybody has looked.
        leftover = reaper.end_all(self.reaped, 0.0 if self.limit else GRACE_S)
        if not self.limit and not leftover:
            wall_s = time.monotonic() - self.began  # Until those that nobody waited for had ended, too.
        for fd in self.texts:
            self.drain(fd)
            os.close(fd)
        out, err, failed = (bytes(text) for text in self.texts.values())
        main_s, queued_s = (int(times[0]) / 1e9, int(times[1]) / 1e9) if len(times) == 3 else (None, 0.0)
        code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        if failed:
            number, _, text = failed.decode(errors="replace").partition(" ")
            code, err = (127 if number == "2" else 126), f"cannot start {self.argv[0]}: {text}\n".encode()
        elif self.limit is None:
            spent = self.limits["cpu_s"] is not None and self.reaped.cpu_s >= self.limits["cpu_s"]
            self.limit = {128 + signal.SIGXFSZ: "file"}.get(code, "cpu" if spent and code > 128 else None)
            self.limit = reaper.newly_refused(self.refusals) or self.limit
            self.limit = "processes" if 0 < (self.limits["processes"] or 0) <= crowd else self.limit
            self.limit = self.limit or (overfull(self.scratch, self.limits["file_bytes"]) if code else None)
        return {
            "exit_code": code,
            "stdout": binascii.b2a_base64(out[: self.limits["output_bytes"]], newline=False).decode(),
            "stderr": binascii.b2a_base64(err[: self.limits["output_bytes"]], newline=False).decode(),
            "wall_s": wall_s,
            "cpu_s": self.reaped.cpu_s,
            "peak_rss_bytes": self.reaped.peak_rss,
            "main_cpu_s": main_s,
            "blocked_s": None if main_s is None else max(0.0, wall_s - main_s - queued_s),
            "limit": self.limit,
            "leftover": 0 if self.limit else leftover,
        }


def bound(kind: int, value: int | None) -> None:
    """Lower a limit of this process for good."""
    if value is not None:
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def serve(host: Host, wake: int) -> None:
    setup = host.receive()
    scratch = Scratch(setup["scratch"])
    cpus = os.sched_getaffinity(0) if LINUX else set()
    host.send({"hello": 1, "cpus": sorted(cpus)})
    while True:
        clean = scratch.clean()
        request = host.receive()
        if not clean:
            return host.send({"unclean": 1})
        program = Program(request, setup, cpus)
        host.send({"ready": 1})
        host.receive()
        program.start()
        program.watch(host, wake)
        host.send(program.finish())


def main() -> None:
    """Serve until the host is gone; then leave no process behind."""
    prctl(reaper.SET_DUMPABLE, 0)  # Programs of the same user can neither trace it nor open its descriptors.
    prctl(reaper.SET_SUBREAPER, 1)
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    os.closerange(3, OPEN_FILES)
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    os.umask(0o022)
    with suppress(HostGoneError):
        serve(Host(), wake)
    with suppress(TimeoutError):
        reaper.end_all(reaper.Reaped(), 0.0)
