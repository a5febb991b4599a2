"""What the benchmarks share: random factors, CPU seconds, fresh processes, this machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np

from dmfverify.problem import Basis, Case
from dmfverify.problem.forms import Statement

ROOT = Path(__file__).resolve().parent.parent
ENOUGH = 0.3
"""Seconds after which a measurement is not repeated."""


def factors(K: int, S: int, m: int, seed: int = 0) -> np.ndarray:
    """Basis matrices (K, S, m, m) with random entries in -2 ... 2."""
    return np.random.default_rng(seed).integers(-2, 3, (K, S, m, m))


def case(K: int, S: int, m: int, seed: int = 0) -> Case:
    """K factors m x m, each with S parameters: S^K columns, m^2 rows."""
    return Case([Basis(basis.tolist()) for basis in factors(K, S, m, seed)])


@lru_cache(maxsize=8)
def statement(K: int, S: int, m: int, seed: int = 0) -> Statement:
    return case(K, S, m, seed).statement


def cpu(run: Callable[[], Any], repeats: int = 9) -> tuple[float, Any]:
    """Least CPU seconds of a call in this process (others may share the machine), and its value."""
    best, spent, value = float("inf"), 0.0, None
    for _ in range(repeats):
        start = time.process_time()
        value = run()
        took = time.process_time() - start
        best, spent = min(best, took), spent + took
        if spent > ENOUGH:
            break
    return best, value


def fresh(module: str, function: str, *args: Any) -> dict[str, Any]:
    """benchmarks.<module>.<function>(*args), which returns a dictionary, in a Python of its own.

    Added: ``wall`` seconds from start to end of the process, imports included; ``cpu`` seconds and ``MB``, the sum of
    the greatest resident sizes of the process and of its largest child.
    """
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ, "PYTHONPATH": str(ROOT)}
    start = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.common", module, function, json.dumps(args)]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return {**json.loads(done.stdout), "wall": time.perf_counter() - start}


def machine() -> list[str]:
    """Lines that describe where this runs."""
    names = ("numpy", "scipy", "sympy", "python-flint", "networkx")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    load = ", ".join(f"{x:.1f}" for x in os.getloadavg())
    describe = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(describe, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return [
        f"- {len(os.sched_getaffinity(0))} cores ({_processor()}), {_memory():.0f} GB, {platform.system()}",
        f"- Python {platform.python_version()}, {versions}; `OPENBLAS_NUM_THREADS=1`",
        f"- dmfverify at `{commit.stdout.strip() or 'no commit'}`, {time.strftime('%Y-%m-%d')}",
        f"- load averages at the start {load}",
    ]


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), platform.machine())


def _memory() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9


def _peak() -> int:
    """kB of this process since it started; ru_maxrss would begin with what the one that started it held."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(x.split()[1]) for x in lines if x.startswith("VmHWM:")), 0)


def _main(module: str, function: str, args: str) -> None:
    import resource

    found = getattr(import_module(f"benchmarks.{module}"), function)(*json.loads(args))
    searched = found.pop("search", {"cpu_seconds": 0.0, "peak_mb": 0.0})
    used = resource.getrusage(resource.RUSAGE_SELF)
    found["cpu"] = used.ru_utime + used.ru_stime + searched["cpu_seconds"]
    found["MB"] = (_peak() or used.ru_maxrss) / 1024 + searched["peak_mb"]
    print(json.dumps(found))


if __name__ == "__main__":
    _main(*sys.argv[1:])
