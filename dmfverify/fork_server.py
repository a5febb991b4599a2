"""A clean process that forks: a search runs in its child, never in a copy of the caller.

A copy of a process in which some solver has run holds that solver's pool of threads without the threads, and waits
for them for ever.  So the first search starts a server by `exec`; it runs no solver itself, and forks once a search.
It ends with the process that asked.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

HAS = hasattr(os, "fork") and hasattr(socket, "send_fds")
"""Whether this system can; elsewhere each search is a process that Python spawns."""
MODULES = ("dmfverify.identify", "dmfverify.stability", "scipy.optimize", "sympy", "networkx", "cvxpy", "highspy")
"""What methods import: the server has it from the second search on, so that a single search pays for its own only."""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""The server has no threads to lose; its children ask for theirs."""


class Child:
    """A process that runs ``function(*args, channel)``; `channel` on this side is the other end.

    The function is sent by name and the arguments by value.  On leaving the context the process is ended, and
    whatever it started.
    """

    def __init__(self, function: Callable[..., None], *args: Any) -> None:
        if HAS:
            self.channel = _server().connect()
            leader = self.channel.recv()
            self.channel.send((function, args))
            self.end: Callable[[], None] = lambda: _end_group(leader)
        else:
            context = multiprocessing.get_context("spawn")
            self.channel, theirs = context.Pipe()
            process = context.Process(target=function, args=(*args, theirs))
            process.start()
            theirs.close()
            self.end = process.kill

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *stopped: object) -> None:
        self.end()
        self.channel.close()


def _end_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


class _Server:
    """This side of the server: hands it one end of a new pair of sockets for each child."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.control, theirs = socket.socketpair()
        code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve({theirs.fileno()})"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, **ONE_THREAD},
        )
        theirs.close()

    def connect(self) -> Connection:
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.control, [b"."], [theirs.fileno()])
        return Connection(ours.detach())

    @property
    def usable(self) -> bool:
        """Whether it is there, and this process's own: a copy of this process starts another."""
        return self.owner == os.getpid() and self.process.poll() is None


_lock = threading.Lock()
_started: _Server | None = None


def _server() -> _Server:
    global _started
    with _lock:
        if _started is None or not _started.usable:
            _started = _Server()
        return _started


def serve(descriptor: int) -> None:
    """The server: a child for each pair of sockets that comes, until the other side is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's to handle
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are reaped as they end
    with socket.socket(fileno=descriptor) as control:
        served = 0
        while (received := socket.recv_fds(control, 1, 1))[0]:
            served += 1
            if served == 2:
                for name in MODULES:
                    importlib.import_module(name)
            (descriptor,) = received[1]
            if os.fork() == 0:
                control.close()
                os._exit(_run(Connection(descriptor)))
            os.close(descriptor)


def _run(channel: Connection) -> int:
    """The child: its own group, gone when the server is, whatever compiled code is doing."""
    os.setpgrp()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    threading.Thread(target=follow, args=(os.getppid(),), daemon=True).start()
    try:
        channel.send(os.getpid())
        function, args = channel.recv()
        function(*args, channel)
    except (EOFError, ConnectionError):
        return 1  # the caller is gone
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def follow(parent: int) -> None:
    """End this process when the one that asked is gone."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
