"""Families of supports beside peers, in one run: plain enumeration, and a mixed-integer program in SCIP.

    python -m venv /opt/scip && /opt/scip/bin/pip install ...                 # see REQUIREMENTS
    SCIP=/opt/scip/bin/python python -m benchmarks.sparse_peers --run         # goes on where the CSV ends
    python -m benchmarks.sparse_peers                                         # the page again, from the CSV

Every run is a process of its own.  A program that gave no answer is not asked for problems as large of the same part.
Two runs may share the CSV, each with tools or parts of its own: ``--run --tools SCIP --parts spark``.
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections.abc import Iterable
from math import comb, inf
from pathlib import Path
from typing import Any

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import numpy as np

from dmfverify.exact import parse

from . import common, gamma
from .families import family
from .peers import asked, asked_for, listed, machines
from .publish import _s as seconds
from .publish import table

SCIP = os.environ.get("SCIP", "/opt/scip/bin/python")
REQUIREMENTS = "pyscipopt==6.3.0 numpy==2.4.6"
STORE, PAGE = gamma.DOCS / "sparse_peers.csv", gamma.DOCS / "sparse_peers.md"
FIELDS = (
    "problem", "tool", "limit", "lo", "hi", "seconds", "MB", "outcome", "note", "versions", "machine", "load",
)  # fmt: skip
OURS, ENUMERATION, MIXED = TOOLS = ("dmfverify", "enumeration", "SCIP")
LIMIT = 600
COLUMNS, BOXES, SPARK = "columns", "boxes", "spark"
PROBLEMS = [
    *((COLUMNS, (m, s)) for m in (8, 16, 32, 64) for s in (1, 2, 3)),
    *((BOXES, (S,)) for S in (3, 4, 5, 6, 8)),
    *((SPARK, size) for size in ((8, 4), (12, 5), (16, 5), (24, 5), (32, 4), (32, 5))),
]
"""Part and size: rows m and half the columns s; parameters a factor; rows and size of the planted set."""
HEAD = """# Families of supports beside other programs

Written by `benchmarks/sparse_peers.py` from [sparse_peers.csv](sparse_peers.csv). To measure again, delete the CSV:

```sh
python -m venv /opt/scip
/opt/scip/bin/pip install {requirements}
SCIP=/opt/scip/bin/python python -m benchmarks.sparse_peers --run    # resumes where it was interrupted
```

One process a run and one thread; CPU seconds, user and system, with the start of Python and its imports: half a second
for dmfverify, a tenth for enumeration. In brackets the ratio to dmfverify, below 1 where the peer is quicker. Other
programs shared the machine; no ratio is taken across two machines. Each peer has {limit} s a problem, SCIP by its own
clock, which leaves out system time; who gives no answer is not asked for larger problems of the same part (—).

- *dmfverify*: search and checker together. The bracket is proved: exact data, accepted by the checker.
- *enumeration*: all sets one after the other, NumPy, least eigenvalues of small Gram matrices in batches. Floating
  point, no error bound.
- *SCIP*: a mixed-integer program. Floating point: constraints hold to 1e-6, and what is infeasible by less is
  accepted, so its value can lie on the wrong side of the true one; nothing is checked afterwards.

*Apart* is how far a peer's answer is from the certified lower end, relatively. Mixed-integer semidefinite programs
(SCIP-SDP) were not measured.

{machine}
"""
PARTS = {
    COLUMNS: """
## One factor: the least singular value over all sets of 2s columns

Gaussian matrices, seed 1 (`dv.lower_rip`). SCIP minimises |y|², y = Ax, |x| = 1, with a binary for each column; the
w_i = x_i² are variables, and a second row of binaries points at a coordinate of greatest absolute value, which is
positive and bounds the squares of the others by 1/2. In trials of 8 x 16, s = 2 this was the quickest of the
formulations tried, with and without each of these; of 16 x 32, s = 1 the Gram matrix as the objective took 4.9 s
instead of 7.2 s, but twice as long as this one on the other.
""",
    BOXES: """
## Three factors 12 x 12, two non-zeros in each

Entries -2..2, seed 0 (`dv.certify`, which decides identifiability and the other constants too). A box is a product of
unions of two supports. Peers look for the least eigenvalue of the Gram matrix on the greatest boxes, zeros counted: by
interlacing no smaller box is below, and where it is positive it is the least non-zero one. SCIP as above, with a binary
for each parameter and A replaced by its triangular factor.
""",
    SPARK: """
## The spark of a matrix

Integer entries -2..2, twice as many columns as rows, a planted set of dependent columns (`dv.spark`). Enumeration goes
through sets of 1, 2, ... columns by least eigenvalues. SCIP minimises the number of binaries z with Ax = 0, |x_i| ≤ z_i
and one x_i = 1: exact with the constant 1, because a kernel vector may be divided by its greatest entry. (In trials a
program for each i in turn took 12 to 22 times as long, or ran out of 60 s.)
""",
}


# ----------------------------------------------------------------------------------------------------------- measuring


def name(part: str, size: tuple[int, ...]) -> str:
    if part == BOXES:
        return f"S = {size[0]}"
    m, number = size
    return f"{m} x {2 * m}, {'s = ' if part == COLUMNS else 'planted '}{number}"


def matrix(part: str, size: tuple[int, ...]) -> np.ndarray:
    """The matrix of a problem: of `COLUMNS` and `SPARK` the given one, of `BOXES` the lifting, columns in C order."""
    if part == COLUMNS:
        m = size[0]
        return np.random.default_rng(1).standard_normal((m, 2 * m))
    if part == BOXES:
        first, second, third = np.random.default_rng(0).integers(-2, 3, (3, size[0], 12, 12))
        return np.einsum("aij,bjk,ckl->ilabc", first, second, third).reshape(144, -1)
    m, planted = size
    rng = np.random.default_rng([m, planted])
    A = rng.integers(-2, 3, (m, 2 * m))
    *others, last = rng.permutation(2 * m)[:planted]
    A[:, last] = A[:, others] @ rng.choice([-1, 1], planted - 1)
    return A


def task(part: str, size: tuple[int, ...]) -> dict[str, Any]:
    """A problem as the peers read it."""
    A = matrix(part, size)
    if part == SPARK:
        return {"kind": "spark", "matrix": A.tolist()}
    sizes, counts = ([A.shape[1]], [2 * size[1]]) if part == COLUMNS else ([size[0]] * 3, [min(4, size[0])] * 3)
    return {"kind": "least", "matrix": A.tolist(), "sizes": sizes, "counts": counts}


def ours(part: str, size: list[int]) -> dict[str, Any]:
    """The certified bracket."""
    import dmfverify as dv

    if part == BOXES:
        found = dv.certify(family(size[0]), time_budget=LIMIT).json
        lo, hi = found["sparse_dnsp"]["lower_rip"]
        return {"lo": lo, "hi": hi, "note": found["sparse_dnsp"]["method"], "search": found["search"]}
    A = matrix(part, tuple(size))
    bracket = dv.spark(A, time_budget=LIMIT) if part == SPARK else dv.lower_rip(A, 2 * size[1], time_budget=LIMIT)
    return {"lo": str(bracket.lo), "hi": str(bracket.hi)}


def certified(part: str, size: tuple[int, ...]) -> list[dict[str, Any]]:
    """A row of ours."""
    found = common.fresh("sparse_peers", "ours", part, size)
    told = {key: found[key] for key in FIELDS if key in found}
    spent = {"seconds": round(found["cpu"], 2), "MB": round(found["MB"])}
    return [{**told, **spent, "versions": common.machine()[2][2:]}]


def run(store: Path, tools: Iterable[str], parts: Iterable[str]) -> None:
    """Append the rows that are missing."""
    if not store.exists():
        store.write_text(",".join(FIELDS) + "\n")
    machine = common.machine()[0][2:]
    for (part, size), tool in ((problem, tool) for problem in PROBLEMS if problem[0] in parts for tool in tools):
        known, called = gamma.rows(store), name(part, size)
        if any((row["problem"], row["tool"]) == (called, tool) for row in known) or stopped(known, part, size, tool):
            continue
        said = {
            "problem": called,
            "tool": tool,
            "limit": LIMIT,
            "machine": machine,
            "load": f"{os.getloadavg()[0]:.1f}",
        }
        print(f"{time.strftime('%H:%M:%S')} {called}, {tool}", file=sys.stderr, flush=True)
        given = {**task(part, size), "seconds": LIMIT}
        rows = certified(part, size) if tool == OURS else asked(SCIP, "peers_sparse.py", tool, given, 2 * LIMIT)
        with store.open("a", newline="") as file:
            csv.DictWriter(file, FIELDS, lineterminator="\n").writerows({**said, **row} for row in rows)


def stopped(known: list[dict[str, str]], part: str, size: tuple[int, ...], tool: str) -> bool:
    """Whether a tool gave no answer to a problem of this part that is no larger."""
    failed = {row["problem"] for row in known if row["tool"] == tool and row["outcome"]}
    smaller = (
        other for kind, other in PROBLEMS if kind == part and all(a <= b for a, b in zip(other, size, strict=True))
    )
    return any(name(part, other) in failed for other in smaller)


# ------------------------------------------------------------------------------------------------------------ the page


class Results:
    """What the store holds."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.rows = {(row["problem"], row["tool"]): row for row in rows}

    def of(self, problem: str, tool: str) -> dict[str, str] | None:
        return self.rows.get((problem, tool))

    def problems(self, part: str) -> list[tuple[str, tuple[int, ...]]]:
        """Names and sizes of those that we measured."""
        return [(name(kind, size), size) for kind, size in PROBLEMS if kind == part and self.of(name(kind, size), OURS)]

    def bracket(self, problem: str) -> tuple[float, float]:
        row = self.rows[problem, OURS]
        return float(parse(row["lo"])), inf if row["hi"] == "inf" else float(parse(row["hi"]))

    def apart(self, problem: str, tool: str) -> float | None:
        """The relative distance of an answer from our lower end; None where there is no answer."""
        row = self.of(problem, tool)
        return None if row is None or row["outcome"] else abs(float(row["hi"]) / self.bracket(problem)[0] - 1)


def sets(part: str, size: tuple[int, ...]) -> int:
    """How many sets or boxes there are to look at; for the spark those that are smaller than the planted one."""
    if part == COLUMNS:
        return comb(2 * size[0], 2 * size[1])
    if part == BOXES:
        return comb(size[0], min(4, size[0])) ** 3
    return sum(comb(2 * size[0], t) for t in range(1, size[1]))


def answer(found: Results, part: str, problem: str) -> str:
    lo, hi = found.bracket(problem)
    if part == SPARK:
        return f"{lo:.0f}" if lo == hi else f"{lo:.0f} to {hi:.0f}"
    return f"{lo:.6g}, {hi / lo - 1:.0e}" if hi / lo < 1.001 else f"{lo:.6g} to {hi:.6g}"


def cost(found: Results, part: str, size: tuple[int, ...], tool: str) -> str:
    """Seconds and their ratio to ours, or why there is no answer."""
    problem = name(part, size)
    row = found.of(problem, tool)
    if row is None:
        return "—" if stopped(list(found.rows.values()), part, size, tool) else "not measured"
    if row["outcome"]:
        why = f"no answer in {row['limit']} s" if row["outcome"] == "time" else f"no answer: {row['outcome']}"
        return ", ".join([why, *_reached(row)])
    ratio = float(row["seconds"]) / float(found.rows[problem, OURS]["seconds"])
    return f"{seconds(float(row['seconds']))} ({ratio:.2g})"


def _reached(row: dict[str, str]) -> list[str]:
    """How far a tool came that gave no answer."""
    if row["note"]:
        return [row["note"]]
    return [f"between {float(row['lo']):.4g} and {float(row['hi']):.4g}"] if row["lo"] and row["hi"] else []


def part_of(found: Results, part: str) -> str:
    lines = []
    for problem, size in found.problems(part):
        distances = [found.apart(problem, tool) for tool in (ENUMERATION, MIXED)]
        lines.append([
            problem, f"{sets(part, size):.2g}", answer(found, part, problem),
            seconds(float(found.rows[problem, OURS]["seconds"])),
            cost(found, part, size, ENUMERATION), cost(found, part, size, MIXED),
            ", ".join("—" if distance is None else f"{distance:.0e}" for distance in distances),
        ])  # fmt: skip
    told = "spark" if part == SPARK else "certified, hi/lo - 1"
    return PARTS[part] + table(["problem", "sets", told, OURS, ENUMERATION, MIXED, "apart"], lines)


def wins(found: Results) -> str:
    """Where a peer answered sooner, or where we have no tight bracket and a peer has an answer."""
    quicker, tighter = [], []
    for problem, _ in (item for part in PARTS for item in found.problems(part)):
        for tool in (ENUMERATION, MIXED):
            row, ours_row = found.of(problem, tool), found.rows[problem, OURS]
            if row is None or row["outcome"]:
                continue
            if float(row["seconds"]) < float(ours_row["seconds"]):
                quicker.append(
                    f"{problem}: {tool}, {seconds(float(row['seconds']))} against {seconds(float(ours_row['seconds']))}"
                )
            lo, hi = found.bracket(problem)
            if hi > 1.001 * lo:
                tighter.append(f"{problem}: {tool}, {float(row['hi']):.6g} against {lo:.6g} to {hi:.6g}")
    return (
        "\n## Where a peer does better\n\n" + listed("Quicker", quicker) + "\n\n"
        + listed("An estimate where the certified bracket is wide", tighter) + "\n"
    )  # fmt: skip


def page(rows: list[dict[str, str]]) -> str:
    """The whole page."""
    found = Results(rows)
    head = HEAD.format(requirements=REQUIREMENTS, limit=LIMIT, machine=machines(rows))
    return head + "".join(part_of(found, part) for part in PARTS) + wins(found)


def main() -> None:
    """Run what is missing, then write the page."""
    given = asked_for(__doc__, TOOLS, list(PARTS))
    if given.run:
        run(STORE, given.tools, given.parts)
    PAGE.write_text(page(gamma.rows(STORE)))


if __name__ == "__main__":
    main()
