"""A search runs in a clean process: what the caller has run does not reach it, and nothing outlives the caller."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection

import numpy as np
import pytest

from dmfverify import Case, Dense
from dmfverify.check import Session
from dmfverify.fork_server import HAS, Child
from dmfverify.method import Budget
from dmfverify.search import explore

pytestmark = pytest.mark.skipif(not HAS, reason="this system does not fork")


def answers(number: int, channel: Connection) -> None:
    channel.send((number + 1, os.getpid(), os.getppid()))


def sleeps(channel: Connection) -> None:
    started = subprocess.Popen(["sleep", "100"])
    channel.send((os.getpid(), started.pid))
    time.sleep(100)


def falls(channel: Connection) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def solves(channel: Connection | None) -> str:
    """A semidefinite program for which Clarabel starts a pool of threads."""
    import clarabel
    from scipy.sparse import csc_matrix, eye, vstack

    n = 40
    m, rng = n * (n + 1) // 2, np.random.default_rng(0)
    rows = csc_matrix(rng.standard_normal((5, m)))
    settings = clarabel.DefaultSettings()
    settings.verbose, settings.max_threads, settings.max_iter = False, 4, 3
    cones = [clarabel.ZeroConeT(5), clarabel.PSDTriangleConeT(n)]
    A, b = csc_matrix(vstack([rows, -eye(m)])), np.concatenate([np.ones(5), np.zeros(m)])
    status = str(clarabel.DefaultSolver(csc_matrix((m, m)), np.ones(m), A, b, cones, settings).solve().status)
    if channel is not None:
        channel.send(status)
    return status


def gone(process: int) -> bool:
    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_a_child_runs_a_function_and_is_no_copy_of_this_process() -> None:
    parents = set()
    for number in range(3):
        with Child(answers, number) as child:
            value, process, parent = child.channel.recv()
        assert value == number + 1 and os.getpid() not in (process, parent)
        parents.add(parent)
    assert len(parents) == 1


def test_threads_of_a_solver_here_do_not_stop_the_same_solver_there() -> None:
    """In a forked copy of this process the second solve would wait for ever."""
    status = solves(None)
    with Child(solves) as child:
        assert child.channel.poll(60) and child.channel.recv() == status


def test_what_a_child_started_ends_with_it() -> None:
    with Child(sleeps) as child:
        processes = child.channel.recv()
    assert all(map(gone, processes))


def test_a_child_that_dies_closes_the_channel() -> None:
    with Child(falls) as child, pytest.raises((EOFError, ConnectionError)):
        child.channel.recv()


def test_a_killed_server_is_replaced() -> None:
    with Child(answers, 1) as child:
        os.kill(child.channel.recv()[2], signal.SIGKILL)
    time.sleep(0.2)
    with Child(answers, 1) as child:
        assert child.channel.recv()[0] == 2


def test_a_forked_copy_has_a_server_of_its_own() -> None:
    with Child(answers, 1) as child:
        server = child.channel.recv()[2]
    copy = os.fork()
    if copy == 0:
        with Child(answers, 1) as child:
            os._exit(int(child.channel.recv()[2] == server))
    assert os.waitpid(copy, 0)[1] == 0


def test_nothing_outlives_the_caller() -> None:
    script = (
        "import os; from test_fork_server import Child, sleeps\n"
        "with Child(sleeps) as child:\n"
        "    print(*child.channel.recv(), flush=True); os.kill(os.getpid(), 9)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, check=False)
    search, started = map(int, ended.stdout.split())
    assert gone(search)
    os.kill(started, signal.SIGKILL)


def test_only_the_methods_that_may_run_run() -> None:
    """And what the search process used is told."""
    statement = Case([Dense((2, 2)), Dense((2, 2))]).statement
    found = explore(statement, Session(statement.to_bytes()), Budget(), only={"kernel basis": ("lifting.rank",)})
    assert [row["name"] for row in found.methods] == ["kernel basis"]
    assert found.cpu_seconds > 0 and found.peak_mb > 1
