"""What the peers of `sparse_peers` do, in a Python of their own (see there): plain enumeration, and SCIP.

python peers_sparse.py PEER PROBLEM.json      # {"kind": "least" or "spark", "matrix": [[...], ...], ...}

*least*: the least singular value over all boxes of columns, counts[k] of sizes[k] in mode k; one mode: over all sets.
*spark*: the least number of dependent columns.  All in floating point: what is found is an estimate.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from math import comb, prod
from pathlib import Path
from typing import Any

import numpy as np

Found = dict[str, Any]
BATCH = 2_000_000
"""Entries of the Gram matrices that are held at once."""
ZERO = 1e-9
"""Columns are dependent where the least eigenvalue is at most this share of the greatest diagonal entry."""


# ---------------------------------------------------------------------------------------------------------- enumeration


def boxes(sizes: Sequence[int], counts: Sequence[int], batch: int) -> Iterator[np.ndarray]:
    """All boxes of counts[k] indices of sizes[k], as coordinates, shape (at most `batch`, product of the counts)."""
    *before, size = sizes
    heads = itertools.product(*(itertools.combinations(range(s), c) for s, c in zip(before, counts, strict=False)))
    for head in heads:
        base = np.zeros(1, dtype=int)
        for s, chosen in zip(before, head, strict=True):
            base = (base[:, None] * s + np.array(chosen)).ravel()
        flat = itertools.chain.from_iterable(itertools.combinations(range(size), counts[-1]))
        while len(last := np.fromiter(itertools.islice(flat, batch * counts[-1]), dtype=int)):
            last = last.reshape(-1, counts[-1])
            yield (base[:, None] * size + last[:, None, :]).reshape(len(last), -1)


def eigenvalues(G: np.ndarray, sizes: Sequence[int], counts: Sequence[int]) -> Iterator[np.ndarray]:
    """The least eigenvalue of the restriction of G to each box, batch by batch."""
    for found in boxes(sizes, counts, max(1, BATCH // prod(counts) ** 2)):
        yield np.linalg.eigvalsh(G[found[:, :, None], found[:, None, :]])[:, 0]


def least_by_enumeration(A: np.ndarray, sizes: Sequence[int], counts: Sequence[int], seconds: float) -> Found:
    """The least singular value, or what was seen of the sets until the time was spent."""
    best, seen, end = float("inf"), 0, time.process_time() + seconds
    total = prod(comb(s, c) for s, c in zip(sizes, counts, strict=True))
    for values in eigenvalues(A.T @ A, sizes, counts):
        best, seen = min(best, float(values.min())), seen + len(values)
        if seen < total and time.process_time() > end:
            return {"hi": _root(best), "outcome": "time", "note": f"{seen / total:.2g} of the sets seen"}
    return {"lo": _root(best), "hi": _root(best)}


def spark_by_enumeration(A: np.ndarray, seconds: float) -> Found:
    """Sets of 1, 2, ... columns until one is dependent."""
    G, n, end = (A.T @ A).astype(float), A.shape[1], time.process_time() + seconds
    for t in range(1, n + 1):
        for values in eigenvalues(G, [n], [t]):
            if values.min() <= ZERO * G.diagonal().max():
                return {"lo": t, "hi": t}
            if time.process_time() > end:
                return {"lo": t, "outcome": "time", "note": f"sets of {t} columns"}
    return {"lo": float("inf"), "hi": float("inf")}


def _root(value: float) -> float:
    return float(np.sqrt(max(value, 0.0)))


# -------------------------------------------------------------------------------------------------------- mixed-integer


@dataclass
class Program:
    """A mixed-integer program with squares, as data: minimise the sum of the variables in `goal`.

    Row (terms, lo, hi): lo <= sum of coefficient times variable <= hi.  `squares` are (w, x) with w = x²; `epigraph` is
    (t, ys) with t >= the sum of the y².
    """

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    integral: list[bool] = field(default_factory=list)
    rows: list[tuple[dict[int, float], float, float]] = field(default_factory=list)
    squares: list[tuple[int, int]] = field(default_factory=list)
    epigraph: tuple[int, list[int]] | None = None
    goal: list[int] = field(default_factory=list)

    def new(self, count: int, lower: float, upper: float, integral: bool = False) -> list[int]:
        """The numbers of so many new variables."""
        first = len(self.lower)
        self.lower += [lower] * count
        self.upper += [upper] * count
        self.integral += [integral] * count
        return list(range(first, first + count))

    def row(self, terms: dict[int, float], lo: float = -np.inf, hi: float = np.inf) -> None:
        self.rows.append((terms, lo, hi))


def least_program(A: np.ndarray, sizes: Sequence[int], counts: Sequence[int]) -> Program:
    """Minimise |y|², y = A x, |x| = 1, x zero outside a box that binaries z choose.

    The sign is fixed: one binary u points at a coordinate of greatest absolute value, and there x > 0.  So all others
    have squares of at most 1/2, and that one at least 1 / (number of coordinates of a box).
    """
    program, n, half, share = Program(), A.shape[1], 0.5, 1 / prod(counts)
    root, rest = half**0.5, 1 - half**0.5
    x, w, u = program.new(n, -root, 1), program.new(n, 0, 1), program.new(n, 0, 1, True)
    modes = [program.new(size, 0, 1, True) for size in sizes]
    for z, count in zip(modes, counts, strict=True):
        program.row(dict.fromkeys(z, 1.0), count, count)
    program.row(dict.fromkeys(u, 1.0), 1, 1)
    program.row(dict.fromkeys(w, 1.0), 1, 1)
    for c, index in enumerate(np.ndindex(*sizes)):
        for z in (mode[i] for mode, i in zip(modes, index, strict=True)):
            program.row({u[c]: 1, z: -1}, hi=0)
            program.row({x[c]: 1, z: -root, u[c]: -rest}, hi=0)
            program.row({x[c]: 1, z: root, u[c]: -root - share**0.5}, lo=0)
            program.row({w[c]: 1, z: -half, u[c]: -half}, hi=0)
        program.row({w[c]: 1, u[c]: -share}, lo=0)
    program.squares = list(zip(w, x, strict=True))
    R = np.linalg.qr(A, mode="r") if A.shape[0] > n else A
    y = program.new(len(R), -np.inf, np.inf)
    for i, entries in enumerate(R):
        program.row({y[i]: -1.0, **{x[j]: float(value) for j, value in enumerate(entries) if value}}, 0, 0)
    program.goal = program.new(1, 0, np.inf)
    program.epigraph = (program.goal[0], y)
    return program


def spark_program(A: np.ndarray) -> Program:
    """Minimise the number of z with A x = 0, |x_i| <= z_i and one x_i = 1: a kernel vector over its greatest entry."""
    program, n = Program(), A.shape[1]
    x, z, u = program.new(n, -1, 1), program.new(n, 0, 1, True), program.new(n, 0, 1, True)
    program.row(dict.fromkeys(u, 1.0), 1, 1)
    for i in range(n):
        program.row({u[i]: 1, z[i]: -1}, hi=0)
        program.row({x[i]: 1, z[i]: -1}, hi=0)
        program.row({x[i]: 1, z[i]: 1, u[i]: -2}, lo=0)
    for entries in A:
        program.row({x[j]: float(value) for j, value in enumerate(entries) if value}, 0, 0)
    program.goal = z
    return program


def scip(program: Program, seconds: float) -> tuple[float, float, str]:
    """Dual bound, primal bound and *optimal*, or why SCIP stopped; the limit is in its clock of CPU time."""
    from pyscipopt import Model, quicksum

    model = Model()
    model.hideOutput()
    model.setParam("timing/clocktype", 1)
    model.setParam("limits/time", seconds)
    variables = [
        model.addVar(lb=lo if lo > -np.inf else None, ub=hi if hi < np.inf else None, vtype="B" if whole else "C")
        for lo, hi, whole in zip(program.lower, program.upper, program.integral, strict=True)
    ]
    for terms, lo, hi in program.rows:
        total = quicksum(value * variables[i] for i, value in terms.items())
        if lo == hi:
            model.addCons(total == lo)
        else:
            model.addCons(total >= lo if hi == np.inf else total <= hi)
    for w, x in program.squares:
        model.addCons(variables[w] == variables[x] * variables[x])
    if program.epigraph:
        t, ys = program.epigraph
        model.addCons(quicksum(variables[y] * variables[y] for y in ys) <= variables[t])
    model.setObjective(quicksum(variables[i] for i in program.goal))
    model.optimize()
    return model.getDualbound(), model.getPrimalbound(), model.getStatus()


def least_by_scip(A: np.ndarray, sizes: Sequence[int], counts: Sequence[int], seconds: float) -> Found:
    low, high, status = scip(least_program(A, sizes, counts), seconds)
    return _told(_root(low), _root(high), status)


def spark_by_scip(A: np.ndarray, seconds: float) -> Found:
    low, high, status = scip(spark_program(A), seconds)
    if status == "infeasible":
        low, high, status = float("inf"), float("inf"), "optimal"
    return _told(low, high, status)


def _told(low: float, high: float, status: str) -> Found:
    if status == "optimal":
        return {"lo": low, "hi": high}
    return {"lo": low, "hi": high if high < 1e19 else "", "outcome": status.removesuffix("limit")}


PEERS = {
    "enumeration": ({"least": least_by_enumeration, "spark": spark_by_enumeration}, ("numpy",)),
    "SCIP": ({"least": least_by_scip, "spark": spark_by_scip}, ("pyscipopt", "numpy")),
}


def main(peer: str, file: str) -> None:
    problem = json.loads(Path(file).read_text())
    runs, packages = PEERS[peer]
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    if peer == "SCIP":
        from pyscipopt import Model

        versions = f"SCIP {Model().version()}, {versions}"
    print(json.dumps({"versions": versions}), flush=True)
    run: Any = runs[problem.pop("kind")]
    found = run(np.array(problem.pop("matrix")), **problem)
    print(json.dumps({**found, **used()}), flush=True)


def used() -> dict[str, float]:
    """CPU seconds of this process and its children so far, and its greatest resident size."""
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return {"seconds": round(sum(os.times()[:4]), 2), "MB": round(int(peak.split()[1]) / 1024)}


if __name__ == "__main__":
    main(*sys.argv[1:])
