"""Claim: where recovery from noise-free data begins to succeed, over two sizes, for K = 1 and K = 2.

K = 2: x y^T of S + S unknown entries from m random equations.  Almost every class is determined from m = 2S, every
class of a generic problem from m = 4S - 4.  K = 1: a vector with s of 40 entries from m random equations; generically
m = 2s determines every one of them.
A trial succeeds when the planted class comes back to 1e-8.  The peer is that count of equations, not a program.

    python -m benchmarks.bench_phase     # resumes: finished cells stand in phase.csv; draws phase_*.svg
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import csv
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import dmfverify as dv
from dmfverify.recover import Bound, run
from dmfverify.report import phase_transition, save

from . import common

TABLE = common.ROOT / "docs" / "benchmarks" / "phase.csv"
COLUMNS = ("family", "size", "m", "trials", "recovered", "success_rate", "cpu_seconds")
TRIALS, LENGTH = 20, 40
NAMES = {"bilinear": "S (both factors)", "sparse": "sparsity"}


def bilinear(S: int, m: int, seed: int = 0) -> dv.Case:
    """x^T (sum_j y_j B_j) for random S x m matrices B_j: m equations in the entries of x y^T."""
    entries = np.random.default_rng([seed, S, m]).integers(-9, 10, (S, S, m))
    return dv.Case([dv.Basis([[[int(i == j) for j in range(S)]] for i in range(S)]), dv.Basis(entries.tolist())])


def sparse(s: int, m: int, seed: int = 0) -> dv.Case:
    """m random equations for a vector of `LENGTH` entries, s of which are not zero."""
    entries = np.random.default_rng([seed, s, m]).integers(-9, 10, (LENGTH, m, 1))
    return dv.Case([dv.Basis(entries.tolist())], model=dv.Sparse([s]))


FAMILIES = {"bilinear": bilinear, "sparse": sparse}


def cells() -> Iterator[tuple[str, int, int]]:
    """(family, size, m) of every cell."""
    for S in range(2, 9):
        yield from (("bilinear", S, m) for m in range(2, 33, 2))
    for s in range(1, 11):
        yield from (("sparse", s, m) for m in range(4, 37, 4))


def measure(family: str, size: int, m: int, trials: int = TRIALS, seconds: float | None = None) -> dict[str, object]:
    """One cell: trials without noise, from random starts."""
    start = time.process_time()
    done = run(FAMILIES[family](size, m), Bound(), trials=trials, noise=(0.0,), time_budget=seconds)
    found = sum(row.relative_error <= 1e-8 for row in done.rows)
    took = round(time.process_time() - start, 2)
    count = len(done.rows)
    return dict(zip(COLUMNS, (family, size, m, count, found, round(found / count, 4), took), strict=True))


def read(path: Path) -> list[dict[str, str]]:
    """The rows of the table, none when there is no table."""
    return list(csv.DictReader(path.open())) if path.exists() else []


def append(path: Path, row: dict[str, object]) -> None:
    """Add a cell to the table, with a head when it is new."""
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


def draw(path: Path) -> None:
    """phase_bilinear.svg and phase_sparse.svg beside the table."""
    for family, name in NAMES.items():
        rows = [{**row, name: row["size"]} for row in read(path) if row["family"] == family]
        if rows:
            save(phase_transition(rows, y=name), path.with_name(f"phase_{family}.svg"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Success rates over two sizes.")
    parser.add_argument("--to", type=Path, default=TABLE)
    parser.add_argument("--seconds", type=float, help="at most, a cell")
    asked = parser.parse_args()
    finished = {(row["family"], row["size"], row["m"]) for row in read(asked.to)}
    for family, size, m in cells():
        if (family, str(size), str(m)) not in finished:
            print(f"{time.strftime('%H:%M:%S')} {family} {size} {m}", file=sys.stderr, flush=True)
            append(asked.to, measure(family, size, m, seconds=asked.seconds))
    draw(asked.to)


if __name__ == "__main__":
    main()
