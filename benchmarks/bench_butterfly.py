"""Claim: Hadamard matrices of order 64 to 1024 are factored from their butterfly supports, without noise and with noise
1e-2, with an error not above, and in a time not above twice, the better of the peers in the same run.

The peers: `pyfaust.fact.butterfly` and `hierarchical`, and `lazylinop.butterfly.ksd`.  They live in an environment of
their own, whose Python PEERS names:

    python -m venv /opt/peers && /opt/peers/bin/pip install pyfaust==3.41.0 lazylinop==1.24.28 psutil pandas
    PEERS=/opt/peers/bin/python python -m benchmarks.publish_recovery
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dmfverify as dv
from dmfverify.recover import hierarchy

from . import common

PEERS = os.environ.get("PEERS", "/opt/peers/bin/python")
ORDERS = (6, 7, 8, 9, 10)
"""Powers of two."""
LEVELS = (0.0, 1e-2)
LONGEST = 7
"""The last order for `hierarchical`, which takes 20 s at 2^8."""
REPEATS = 5


@lru_cache(maxsize=1)
def case(n: int) -> Any:
    """n square butterfly patterns of order 2^n, as sparse supports; their structure is not told."""
    bits = [2 ** (n - k - 1) for k in range(n)]
    layers = [[(i, j) for i in range(2**n) for j in (i & ~bit, i | bit)] for bit in bits]
    return dv.Case([dv.Pattern((2**n, 2**n), entries) for entries in layers], equivalence="neuron-scale")


def data(n: int, level: float, kind: str = "hadamard") -> tuple[np.ndarray, np.ndarray]:
    """The matrix and its truth; `kind` is ``hadamard``, or ``random`` for butterfly factors with Gaussian entries."""
    import scipy.linalg

    rng = np.random.default_rng(0)
    truth = scipy.linalg.hadamard(2**n).astype(float)
    if kind == "random":
        splits = hierarchy.tree(case(n).statement)
        assert splits is not None
        truth = np.zeros((2**n, 2**n))
        truth.reshape(-1)[splits.keys] = splits.product([rng.standard_normal(2 * 2**n) for _ in range(n)])
        hierarchy.tree.cache_clear()
    noise = rng.standard_normal(truth.shape)
    return truth + level * np.linalg.norm(truth) / np.linalg.norm(noise) * noise, truth


def ours(n: int, level: float, kind: str = "hadamard") -> dict[str, Any]:
    """CPU seconds of `dv.recover`: the first call, which finds the splits, and the least of later ones."""
    (X, truth), problem = data(n, level, kind), case(n)
    statement = problem.statement
    start = time.process_time()
    found = dv.recover(problem, X)
    first = time.process_time() - start
    seconds = min(common.cpu(lambda: dv.recover(problem, X), 1)[0] for _ in range(REPEATS))
    product = np.eye(2**n)
    for form, h in zip(statement.forms, found.h, strict=True):
        layer = np.zeros((2**n, 2**n))
        layer[tuple(np.array(form.entries).T)] = h
        product = product @ layer
    size = float(np.linalg.norm(X))
    errors = {name: float(np.linalg.norm(product - Y)) / size for name, Y in (("error", X), ("truth", truth))}
    return {"first": first, "seconds": seconds, **errors}


def peers(n: int, level: float, kind: str = "hadamard") -> dict[str, Any]:
    """The same for the peers, in their Python."""
    names = ["butterfly", "ksd", *(["hierarchical"] if n <= LONGEST and kind == "hadamard" else [])]
    environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **os.environ}
    environment.pop("PYTHONPATH", None)
    with tempfile.TemporaryDirectory() as folder:
        files = [str(Path(folder) / name) for name in ("X.npy", "truth.npy")]
        for file, array in zip(files, data(n, level, kind), strict=True):
            np.save(file, array)
        script = str(Path(__file__).with_name("peers_butterfly.py"))
        command = [PEERS, script, *files, str(REPEATS), *names]
        done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(n: int, level: float, kind: str = "hadamard") -> dict[str, Any]:
    """Ours and the peers, one after the other."""
    found = {"n": n, "level": level, "kind": kind, "ours": common.fresh("bench_butterfly", "ours", n, level, kind)}
    return {**found, "peers": peers(n, level, kind)}


@pytest.mark.parametrize("n", ORDERS)
def test_factorization(benchmark: Any, n: int) -> None:
    found = benchmark.pedantic(ours, args=(n, 0.0), rounds=1)
    assert found["error"] < 1e-13
