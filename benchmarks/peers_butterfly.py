"""What the peers of `bench_butterfly` do, in a Python of their own (see there): one JSON line for one matrix.

python peers_butterfly.py MATRIX.npy TRUTH.npy REPEATS peer peer ...
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
import warnings
from collections.abc import Callable
from importlib import metadata
from typing import Any

import numpy as np


def ksd(X: np.ndarray) -> tuple[Callable[[], Any], Callable[[Any], np.ndarray]]:
    from lazylinop.butterfly import Chain
    from lazylinop.butterfly import ksd as factorize

    chain = Chain.square_dyadic(X.shape)
    return lambda: factorize(X, chain), lambda found: found.toarray()


def butterfly(X: np.ndarray) -> tuple[Callable[[], Any], Callable[[Any], np.ndarray]]:
    from pyfaust.fact import butterfly as factorize

    return lambda: factorize(X, type="bbtree"), lambda found: found.toarray()


def hierarchical(X: np.ndarray) -> tuple[Callable[[], Any], Callable[[Any], np.ndarray]]:
    from pyfaust.fact import hierarchical as factorize

    return lambda: factorize(X, "hadamard"), lambda found: found.toarray()


def timed(name: str, X: np.ndarray, truth: np.ndarray, repeats: int) -> dict[str, float]:
    """Least CPU seconds, and the relative distances of the product to the matrix and to the truth."""
    run, dense = globals()[name](X)
    seconds, found = float("inf"), None
    for _ in range(repeats):
        start = time.process_time()
        found = run()
        seconds = min(seconds, time.process_time() - start)
    product = dense(found)
    size = np.linalg.norm(X)
    errors = {"error": np.linalg.norm(product - X) / size, "truth": np.linalg.norm(product - truth) / size}
    return {"seconds": seconds, **{k: float(v) for k, v in errors.items()}}


def main(matrix: str, truth: str, repeats: str, *names: str) -> None:
    warnings.simplefilter("ignore")
    X, clean = np.load(matrix), np.load(truth)
    with contextlib.redirect_stdout(io.StringIO()):
        found: dict[str, Any] = {name: timed(name, X, clean, int(repeats)) for name in names}
    found["versions"] = {name: metadata.version(name) for name in ("pyfaust", "lazylinop", "numpy")}
    print("\n" + json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
