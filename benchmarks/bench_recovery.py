"""Claim: no trial of a certified case exceeds its certified bound, in 1,000 trials a case, and what is recovered.

Every shipped case with a certified bound: parameters are planted, noise of six relative norms and several kinds is
added, a solver that may stop early recovers them, and distances are compared with both certified bounds.  For the other
cases, and for chains of 10 and 20 factors, the share of noise-free trials recovered to 1e-8 is counted.  The peer is
the theorem itself: a bound with half the constant meets the same trials.

    python -m benchmarks.bench_recovery              # resumes: finished cases stand in recovery.csv
    python -m benchmarks.bench_recovery --seconds 60 # at most, a case
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import csv
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import dmfverify as dv
from dmfverify.recover import Bound, Trials, run
from dmfverify.recover.trials import NOISE, RELATIVE

from . import common

TABLE = common.ROOT / "docs" / "benchmarks" / "recovery.csv"
TRIALS, SUCCESSES = 1_002, 100
"""A multiple of the six levels; without a bound only the noise-free ones."""
SECONDS, LARGE_SECONDS, CERTIFY = 600.0, 600.0, 60.0
COLUMNS = (
    "case", "K", "noise", "kind", "trials", "violations", "half_violations", "recovered", "tightness_median",
    "tightness_max", "path_products_median", "path_products_max", "cpu_seconds", "ended",
)  # fmt: skip


def chains(K: int) -> Iterator[tuple[str, Any]]:
    """Identifiable chains with 2 to 4 taps a layer: layer k has strides of the product of the lengths before it."""
    rng = np.random.default_rng(K)
    for mixed in range(3):
        lengths = [2, 3, 4][mixed : mixed + 1] * K if K <= 10 and mixed < 2 else rng.integers(2, 5 if K <= 10 else 3, K)
        reach, taps = 1, []
        for n in map(int, lengths):
            taps.append([reach * i for i in range(n)])
            reach *= n
        yield f"chain of {K}, {sum(map(len, taps))} taps", dv.Case([dv.Circulant(reach, taps=t) for t in taps])
        if K > 10:
            return


def measure(name: str, case: Any, seconds: float, trials: int = TRIALS, certify: float = CERTIFY) -> list[dict]:
    """Rows of the table for one case: one for each level and kind of noise."""
    bound = Bound() if name.startswith("chain of") else Bound.read(dv.certify(case, time_budget=certify).json)
    levels, count = (NOISE, trials) if bound.known else ((0.0,), min(trials, SUCCESSES))
    start = time.process_time()
    done = run(case, bound, trials=count, noise=levels, time_budget=seconds)
    took = round(time.process_time() - start, 1)
    same = {"case": name, "K": case.statement.K, "cpu_seconds": took, "ended": done.ended}
    return [{**same, **row} for row in _rows(done)]


def _rows(done: Trials) -> Iterator[dict]:
    planned = sorted({(level, row.kind) for row in done.rows for level in [_level(row)]}, key=str)
    for level, kind in planned:
        part = Trials([row for row in done.rows if (_level(row), row.kind) == (level, kind)], done.bound)
        tight, lifted = part.tightness() or {}, part.tightness("lifted_tightness") or {}
        yield {
            "noise": level,
            "kind": kind,
            "trials": len(part.rows),
            "violations": part.violations,
            "half_violations": sum(_exceeds_half(row) for row in part.rows) if done.bound.known else "",
            "recovered": sum(row.relative_error <= 1e-8 for row in part.rows) if level == 0 else "",
            "tightness_median": tight.get("median", ""),
            "tightness_max": tight.get("max", ""),
            "path_products_median": lifted.get("median", ""),
            "path_products_max": lifted.get("max", ""),
        }


def _level(row: Any) -> Any:
    """The level that was asked for; searched pairs make their own."""
    if row.kind in ("pair", "far"):
        return "searched"
    return min(NOISE, key=lambda level: abs(level - row.noise))


def _exceeds_half(row: Any) -> bool:
    return max(row.tightness, row.lifted_tightness) > 0.5 * (1 + RELATIVE) if row.noise > 0 else False


def cases() -> Iterator[tuple[str, Any, float]]:
    for path in sorted((common.ROOT / "cases").glob("*.toml")):
        case = dv.load(path)
        yield path.stem, case, LARGE_SECONDS if max(case.statement.product_shape) > 10_000 else SECONDS
    for K in (10, 20):
        for name, case in chains(K):
            yield name, case, SECONDS


def finished(to: Path) -> set[str]:
    """Names of the cases that the table has."""
    return {row["case"] for row in csv.DictReader(to.open())} if to.exists() else set()


def append(to: Path, rows: Sequence[dict]) -> None:
    """Add rows to the table, with a head when it is new."""
    new = not to.exists()
    with to.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Trials of every shipped case against its certified bound.")
    parser.add_argument("--to", type=Path, default=TABLE)
    parser.add_argument("--seconds", type=float, help="at most, a case")
    parser.add_argument("names", nargs="*", help="these cases only")
    asked = parser.parse_args()
    for name, case, seconds in cases():
        if name not in finished(asked.to) and (not asked.names or name in asked.names):
            print(f"{time.strftime('%H:%M:%S')} {name}", file=sys.stderr, flush=True)
            append(asked.to, measure(name, case, asked.seconds or seconds))


if __name__ == "__main__":
    main()
