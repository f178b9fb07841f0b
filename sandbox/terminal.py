"""A container with this process' terminal, or its standard streams, as its own."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import struct
import termios
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from types import FrameType

from hasten.sandbox.container import Box, engine_errors, host_config
from hasten.sandbox.engine import Engine

HEADER = struct.Struct(">BxxxI")  # Which stream, and how many bytes of it follow (Docker API, "attach").
CHUNK = 1 << 16
Sink = Callable[[int, bytes], None]
"""Takes what the program writes, by descriptor (1 or 2; a terminal has only 1)."""


def interact(
    engine: Engine,
    box: Box,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: str,
    source: int | None,
    sink: Sink,
) -> int:
    """Run a program in a container made of ``box`` and pass its streams on. Its exit status.

    ``source``: the descriptor of its input; where that is a terminal the program gets one of its own. The
    container is removed in the end. Raises ``SandboxError`` or ``ConnectionError`` as containers do.
    """
    api = engine.client.api
    terminal = source is not None and os.isatty(source)
    with engine_errors(engine):
        made = api.create_container(
            box.image,
            list(argv),
            user=box.user,
            environment=dict(env),
            working_dir=cwd,
            entrypoint=[],
            tty=terminal,
            stdin_open=source is not None,
            labels=dict(box.labels),
            host_config={**host_config(engine, box, api.info()), "AutoRemove": False},
            network_disabled=True,
            healthcheck={"test": ["NONE"]},
        )["Id"]
    try:
        with engine_errors(engine):
            wanted = {"stdin": int(source is not None), "stdout": 1, "stderr": 1, "stream": 1}
            file = api.attach_socket(made, params=wanted)
            line: socket.socket = getattr(file, "_sock", file)
        # Engines do not remove what somebody listens to and does not read.
        with closing(file), closing(line):
            with engine_errors(engine):
                api.start(made)
            if terminal and source is not None:
                with raw(source), sized(engine, made):
                    pump(line, source, sink)
            else:
                pump(line, source, unframed(sink))
        with engine_errors(engine):
            return int(api.wait(made)["StatusCode"])
    finally:
        with engine_errors(engine):
            api.remove_container(made, force=True, v=True)


def pump(line: socket.socket, source: int | None, sink: Sink) -> None:
    """Pass bytes both ways until the container has nothing more to say.

    Never waits for input to be taken: the program may be waiting for its output to be, or have ended.
    """
    line.setblocking(False)
    unsent = b""
    while True:
        sources: list[socket.socket | int] = [line, *([source] if source is not None and not unsent else [])]
        ready, free, _ = select.select(sources, [line] if unsent else [], [])
        if line in ready:
            try:
                data = line.recv(CHUNK)
            except ConnectionError:  # How engines end when there is input left that nobody took.
                return
            if not data:
                return
            sink(1, data)
        if source is not None and source in ready:
            unsent = os.read(source, CHUNK)
            if not unsent:
                source = None
                line.shutdown(socket.SHUT_WR)
        if free:
            try:
                unsent = unsent[line.send(unsent) :]
            except ConnectionError:
                source, unsent = None, b""


def unframed(sink: Sink) -> Sink:
    """Without a terminal the engine sends both streams in one, in frames with a header each."""
    pending = bytearray()

    def take(_descriptor: int, data: bytes) -> None:
        pending.extend(data)
        while len(pending) >= HEADER.size:
            stream, size = HEADER.unpack_from(pending)
            if len(pending) < HEADER.size + size:
                return
            sink(stream, bytes(pending[HEADER.size : HEADER.size + size]))
            del pending[: HEADER.size + size]

    return take


@contextmanager
def raw(terminal: int) -> Iterator[None]:
    """Every key goes to the program, Ctrl-C too."""
    before = termios.tcgetattr(terminal)
    tty.setraw(terminal)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


@contextmanager
def sized(engine: Engine, container: str) -> Iterator[None]:
    """The container's terminal has the size of ours, and follows it."""
    from docker.errors import APIError

    def resize(_signal: int = 0, _frame: FrameType | None = None) -> None:
        size = shutil.get_terminal_size()
        with suppress(APIError):  # It may have ended.
            engine.client.api.resize(container, height=size.lines, width=size.columns)

    before = signal.signal(signal.SIGWINCH, resize)
    resize()
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
