"""Gamma beside peers, in one run: each bound of `gamma` next to what other programs reach.

    python -m venv /opt/peers_gamma && /opt/peers_gamma/bin/pip install ...   # see REQUIREMENTS
    PEERS=/opt/peers_gamma/bin/python python -m benchmarks.gamma_peers --seconds 3600   # goes on where the CSV ends
    python -m benchmarks.gamma_peers                                                    # the page again, from the CSV

Every run is a process of its own.  A program that has run out of time or memory is not asked for problems as large.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Any

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS"), "1"))

from dmfverify.exact import parse

from . import common, gamma
from .peers import asked, listed
from .publish import _s as seconds
from .publish import table

PEERS = os.environ.get("PEERS", "/opt/peers_gamma/bin/python")
REQUIREMENTS = (
    "SumOfSquares==1.3.1 Irene==1.5.0 triples==0.3.0 symengine==0.15.0 picos==2.6.2 cvxopt==1.3.3 cvxpy==1.9.3 "
    "clarabel==0.11.1 sympy==1.14.0 numpy==2.4.6 scipy==1.17.1"
)
STORE, PAGE = gamma.DOCS / "gamma_peers.csv", gamma.DOCS / "gamma_peers.md"
FIELDS = (
    "problem", "seed", "tool", "limit", "bound", "lo", "hi", "seconds", "check", "MB", "outcome", "note",
    "versions", "machine", "load",
)  # fmt: skip
PROBLEMS = [
    ((2, 2, 2), 1, 1), ((3, 3), 1, 0), *(((4, 4), c, 0) for c in (1, 2, 3, 4)), *(((2,) * 4, c, 0) for c in (1, 4)),
    *(((5, 5), c, 0) for c in (1, 4, 8)), *(((3, 3, 3), c, 0) for c in (1, 4, 7)), ((6, 6), 4, 0),
    ((8, 8), 6, 0), ((4, 4, 4), 6, 0),
]  # fmt: skip
"""Small ones first.  Seed 0, but 1 for 2x2x2: with seed 0 gamma is infinite there."""
OURS, ALONE = "dmfverify", "degree four alone"
SPECTRAL = "spectral hierarchy"
LIMITS = {OURS: 300, ALONE: 300, SPECTRAL: 60, "SumOfSquares.py": 300, "triples": 300, "irene": 300}
"""CPU seconds.  The hierarchy has always another level, so it is given less."""
ACCURACY = 1e-6
"""Bounds on gamma^-2 that are not above this are within the solvers' tolerance of zero: no bound."""
HEAD = """# Gamma beside other programs

Written by `benchmarks/gamma_peers.py` from [gamma_peers.csv](gamma_peers.csv). To measure again, delete the CSV, then:

```sh
python -m venv /opt/peers_gamma
/opt/peers_gamma/bin/pip install {requirements}
PEERS=/opt/peers_gamma/bin/python python -m benchmarks.gamma_peers --seconds 7200    # resumes where it was interrupted
```

Problems of the [reference sweep](gamma.md), with the same kernels; seed 0, and seed 1 for 2x2x2, where γ of seed 0 is
infinite. One process a run and one thread; CPU seconds include starting Python and its imports, and other programs
shared the machine. Limits: 8 GB and {limit} CPU seconds; for the hierarchy, which has always another level, {less}.

- *dmfverify* is `dv.certify`: all methods until the two ends meet, the local search for the lower end and the check of
  every claim included. Its bound is proved: it was rounded to rationals and accepted by the checker.
- *degree four alone* is one method of dmfverify, nearest to what the peers solve, with hyperdeterminants added; proved
  too.
- *spectral hierarchy*: eigenvalues on symmetric powers modulo the ideal of the 3 × 3 minors of all flattenings, after
  Johnston, Lovitz and Vijayaraghavan, written here with SciPy; the last level reached within the limit.
- *SumOfSquares.py* (with CVXOPT), *triples* (with Clarabel) and *irene* (with Clarabel) solve the plain relaxation: the
  greatest λ for which ‖ΠT‖²‖T‖² − λ‖T‖⁴ is a sum of squares plus the minors times linear forms; irene its moments,
  modulo a Gröbner basis of the minors and ‖T‖² − 1.

**What a peer reaches is an estimate**: floating point, nothing rounded, nothing checked; it can lie on the wrong side
by the tolerance of its solver. It is held against the certified lower end of dmfverify all the same.

{machine}
"""
TIGHT = """
## How tight

The upper end of γ over the lower end that dmfverify certified in the same run; 1 is exact. For peers the upper end is
λ^(−1/2), an estimate. *no bound*: it finished, and λ is within 1e-6 of zero (on 2x2x2 there is no 3 × 3 minor, so
nothing but the hyperdeterminant can tell). *refused*: the method takes no problem of that size. *time*, *memory*:
stopped at its limit without a bound. —: not asked, after it was stopped at a problem no larger.
"""
COST = """
## CPU seconds

Of the whole process until the bound was there; for dmfverify the search, then the check. In brackets the ratio to the
search of dmfverify, below 1 where a peer is quicker.
"""
SPACE = """
## Memory

The greatest resident size, in MB; for dmfverify the sum of its two processes.
"""
LEVELS = """
## The spectral hierarchy, level by level

*Level: estimate over certified lower end, CPU seconds until that level was done.*
"""
WINS = """
## Where a peer does better

{tighter}

{quicker}
"""


# ------------------------------------------------------------------------------------------------------------ measuring


def ours(sizes: list[int], c: int, seed: int) -> dict[str, Any]:
    """What the whole search certifies, and the CPU seconds of another check of the finished certificate."""
    import dmfverify as dv
    from dmfverify.check import verify

    problem = gamma.case(tuple(sizes), c, seed)
    result = dv.certify(problem, time_budget=LIMITS[OURS])
    found = time.process_time()
    verify(result.statement, result.certificate, result.result_bytes)
    checked = time.process_time() - found
    lo, hi = result.json["dnsp"]["gamma"]
    search = result.json["search"]
    return {
        "lo": lo, "hi": hi, "check": round(checked, 2), "note": result.json["dnsp"]["method"] or "", "search": search,
    }  # fmt: skip


def alone(sizes: list[int], c: int, seed: int) -> dict[str, Any]:
    """What the sum of squares of degree four certifies when no other method runs."""
    from dmfverify import check, search
    from dmfverify.method import Budget

    statement = gamma.case(tuple(sizes), c, seed).statement
    method = "degree four, gamma"
    only = {"kernel basis": ("lifting.kernel_dimension",), method: ("dnsp.gamma",)}
    session = check.Session(statement.to_bytes())
    found = search.explore(statement, session, Budget(LIMITS[ALONE]), only=only)
    outcome = next((row["outcome"] for row in found.methods if row["name"] == method), "nothing: not asked")
    hi = session.proved().get("dnsp.gamma", ("1", "inf"))[1]
    used = {"cpu_seconds": found.cpu_seconds, "peak_mb": found.peak_mb}
    return {"hi": hi, "note": outcome, "search": used}


def certified(sizes: tuple[int, ...], c: int, seed: int, tool: str) -> list[dict[str, Any]]:
    """A row of ours."""
    found = common.fresh("gamma_peers", "ours" if tool == OURS else "alone", sizes, c, seed)
    spent = {"seconds": round(found["cpu"] - found.get("check", 0.0), 2), "MB": round(found["MB"])}
    told = {key: found[key] for key in FIELDS if key in found}
    return [{**told, **spent, "versions": common.machine()[2][2:]}]


def peer(sizes: tuple[int, ...], c: int, seed: int, tool: str) -> list[dict[str, Any]]:
    """The rows of a peer: one a bound, or one that says why there is none."""
    problem = {"sizes": sizes, "kernel": gamma.kernel(sizes, c, seed).tolist()}
    return asked(PEERS, "peers_gamma.py", tool, problem, LIMITS[tool])


def run(store: Path, budget: float, tools: Iterable[str]) -> None:
    """Append the rows that are missing, until the time is spent."""
    start, fresh, names = time.monotonic(), not store.exists(), common.machine()
    with store.open("a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        for (sizes, c, seed), tool in ((problem, tool) for problem in PROBLEMS for tool in tools):
            if time.monotonic() - start > budget:
                return
            known = gamma.rows(store)
            if any((row["problem"], row["tool"]) == (gamma.name(sizes, c), tool) for row in known):
                continue
            if stopped(known, tool) <= prod(sizes):
                continue
            said = {"problem": gamma.name(sizes, c), "seed": seed, "tool": tool, "limit": LIMITS[tool]}
            said |= {"machine": names[0][2:], "load": f"{os.getloadavg()[0]:.1f}"}
            print(f"{time.strftime('%H:%M:%S')} {said['problem']}, {tool}", file=sys.stderr, flush=True)
            measure = certified if tool in (OURS, ALONE) else peer
            for row in measure(sizes, c, seed, tool):
                writer.writerow({**said, **row})
            file.flush()


def stopped(known: list[dict[str, str]], tool: str) -> float:
    """The least number of coordinates at which a tool ended without a bound."""
    size = {gamma.name(sizes, c): prod(sizes) for sizes, c, _ in PROBLEMS}
    bounded = {row["problem"] for row in known if row["tool"] == tool and row["bound"]}
    failed = {row["problem"] for row in known if row["tool"] == tool and row["outcome"]} - bounded
    return min((size[name] for name in failed), default=float("inf"))


# ------------------------------------------------------------------------------------------------------------- the page


def upper(row: dict[str, str]) -> float | None:
    """The upper end of gamma that a row tells; None for none."""
    if row["bound"]:
        return float(row["bound"]) ** -0.5 if float(row["bound"]) > ACCURACY else None
    return float(parse(row["hi"])) if row["hi"] not in ("", "inf") else None


def best(rows: list[dict[str, str]]) -> dict[str, str] | None:
    """The row of the last bound, or the one that says why there is none; None where a tool was not asked."""
    return next((row for row in reversed(rows) if row["bound"] or row["hi"]), rows[-1] if rows else None)


class Results:
    """What the store holds, problem by problem and tool by tool."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.rows = rows
        found = {row["problem"] for row in rows if row["tool"] == OURS}
        self.problems = [name for name in (gamma.name(sizes, c) for sizes, c, _ in PROBLEMS) if name in found]
        self.tools = [tool for tool in LIMITS if any(row["tool"] == tool for row in rows)]

    def of(self, problem: str, tool: str) -> list[dict[str, str]]:
        return [row for row in self.rows if (row["problem"], row["tool"]) == (problem, tool)]

    def last(self, problem: str, tool: str) -> dict[str, str] | None:
        return best(self.of(problem, tool))

    def ours(self, problem: str) -> dict[str, str]:
        return self.of(problem, OURS)[0]

    def over(self, problem: str, row: dict[str, str]) -> float | None:
        """The upper end of a row over the certified lower end."""
        end = upper(row)
        return end / float(parse(self.ours(problem)["lo"])) if end is not None else None


def tight(found: Results, problem: str, tool: str) -> str:
    row = found.last(problem, tool)
    if row is None:
        return "—"
    over = found.over(problem, row)
    if over is not None:
        return f"{over:.5f}"
    return "no bound" if row["bound"] else "refused" if row["hi"] else row["outcome"]


def cost(found: Results, problem: str, tool: str) -> str:
    row = found.last(problem, tool)
    if row is None or row["hi"] == "inf":
        return "—"
    spent, ours = float(row["seconds"]), found.ours(problem)
    if tool == OURS:
        return f"{seconds(spent)}, {seconds(float(row['check']))}"
    mark, ratio = "> " if row["outcome"] else "", spent / float(ours["seconds"])
    return (
        f"{mark}{seconds(spent)} ({mark}{ratio:.2f})" if ratio < 10 else f"{mark}{seconds(spent)} ({mark}{ratio:.0f})"
    )


def space(found: Results, problem: str, tool: str) -> str:
    row = found.last(problem, tool)
    return row["MB"] if row is not None and row["hi"] != "inf" else "—"


def levels_part(found: Results) -> str:
    """The bounds of the spectral hierarchy, a line a problem."""
    lines = []
    for problem in found.problems:
        rows = [row for row in found.of(problem, SPECTRAL) if row["bound"]]
        steps = [f"{row['note'].split()[1]}: {_level(found.over(problem, row), float(row['seconds']))}" for row in rows]
        if all(found.over(problem, row) is None for row in rows):
            steps = [f"no bound at any of the {len(rows)} levels"]
        lines.append(f"- {problem}: {'; '.join(steps)}")
    return LEVELS + "\n" + "\n".join(lines) + "\n"


def _level(over: float | None, spent: float) -> str:
    return f"{'no bound' if over is None else f'{over:.3f}'}, {seconds(spent)}"


def wins_part(found: Results) -> str:
    """Problems in which an estimate lies below our certified end by 1e-5, or comes sooner and is within 1 % of it."""
    tighter, quicker = [], []
    for problem in found.problems:
        ours = found.over(problem, found.ours(problem)) or float("inf")
        for tool in found.tools:
            row = found.last(problem, tool)
            over = found.over(problem, row) if row else None
            if row is None or over is None or tool in (OURS, ALONE):
                continue
            if over < ours - 1e-5:
                tighter.append(f"{problem}: {tool}, {over:.6f} against {ours:.6f}")
            if over < 1.01 * ours and float(row["seconds"]) < float(found.ours(problem)["seconds"]):
                quicker.append(f"{problem}: {tool}, {seconds(float(row['seconds']))}")
    return WINS.format(
        tighter=listed("Tighter than what dmfverify certified, hi/lo, by more than 1e-5", tighter),
        quicker=listed("Quicker than the search of dmfverify, with an end at most 1 % above its own", quicker),
    )


def page(rows: list[dict[str, str]]) -> str:
    """The whole page."""
    found = Results(rows)
    loads = [float(row["load"]) for row in rows]
    versions = {tool: dict.fromkeys(row["versions"] for row in rows if row["tool"] == tool) for tool in found.tools}
    machine = [
        f"- {', '.join(sorted({row['machine'] for row in rows}))}; load averages {min(loads)} to {max(loads)}",
        *(
            f"- {tool}: {'; '.join(versions[tool]).replace('dmfverify at ', '')}"
            for tool in found.tools
            if tool != ALONE
        ),
    ]
    limits = {"limit": max(LIMITS.values()), "less": LIMITS[SPECTRAL]}
    text = HEAD.format(requirements=REQUIREMENTS, machine="\n".join(machine), **limits)
    for title, cell in ((TIGHT, tight), (COST, cost), (SPACE, space)):
        lines = [[problem, *(cell(found, problem, tool) for tool in found.tools)] for problem in found.problems]
        text += title + table(["problem", *found.tools], lines)
    return text + levels_part(found) + wins_part(found)


def main() -> None:
    """Run for a while, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--tools", nargs="*", default=list(LIMITS), choices=list(LIMITS))
    given = parser.parse_args()
    run(STORE, given.seconds, given.tools)
    PAGE.write_text(page(gamma.rows(STORE)))


if __name__ == "__main__":
    main()
