"""The reference sweep of gamma: how close the two certified ends come, by method.

    python -m benchmarks.gamma --seconds 1200     # goes on where docs/benchmarks/gamma.csv ends, then writes gamma.md
    python -m benchmarks.gamma --single 1200      # the same for single methods, and gamma_methods.csv

Kernels are spanned by integer vectors with entries -3 ... 3, five seeds each; the lifting is their annihilator, so that
nothing else is known about it.  Every bracket is what the checker accepted.  One process, CPU seconds.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import numpy as np

DOCS = Path(__file__).resolve().parent.parent / "docs" / "benchmarks"
FIELDS = ("problem", "seed", "lo", "hi", "uniform", "method", "find", "check", "bytes")
BUDGET = 300.0
REFERENCE = [
    *(((S, S), c) for S in (3, 4, 5, 6) for c in range(1, 9)),
    *(((S,) * 3, c) for S in (2, 3) for c in range(1, 8)),
    *(((2,) * 4, c) for c in range(1, 7)),
]
TARGETS = [
    *(((8, 8), c) for c in (6, 10, 14)), ((4, 4, 4), 6), ((4, 4, 4), 12), ((12, 12), 10),
    ((3, 3, 3), 12), ((5, 5), 9), ((8, 8), 18),
]  # fmt: skip
LONG = 1500.0
SINGLE = ("kernel line", "kernel ratio", "mode projectors", "degree four, gamma")
"""Methods that bound gamma from above, which also run alone: seed 0, `ALONE` seconds each."""
ALONE = 60.0
SINGLE_FIELDS = ("problem", "method", "hi", "seconds", "outcome")


def name(sizes: tuple[int, ...], c: int) -> str:
    """The name of a problem: its shape, and the dimension of its kernel."""
    return f"{'x'.join(map(str, sizes))}, dim {c}"


def problems() -> Iterator[tuple[tuple[int, ...], int, int]]:
    """(sizes, dimension of the kernel, seed), all problems of a seed before the next, the large ones last."""
    for seed in range(5):
        yield from ((sizes, c, seed) for sizes, c in REFERENCE if c < np.prod(sizes))
    yield from ((sizes, c, 0) for sizes, c in TARGETS)


def kernel(sizes: tuple[int, ...], c: int, seed: int) -> np.ndarray:
    """The vectors that span the kernel of a problem, shape (c, product of the sizes)."""
    return np.random.default_rng([seed, c, *sizes]).integers(-3, 4, (c, int(np.prod(sizes))))


def case(sizes: tuple[int, ...], c: int, seed: int) -> Any:
    """A problem whose lifting has the given kernel: h_1, ..., h_{K-1} as they are, A inside the last factor."""
    import flint

    import dmfverify as dv

    n = int(np.prod(sizes))
    basis, nullity = flint.fmpz_mat(kernel(sizes, c, seed).tolist()).nullspace()
    rows = [[int(basis[i, j]) for i in range(n)] for j in range(int(nullity))]
    A = np.array(flint.fmpz_mat(rows).lll().table(), dtype=object).astype(int).reshape(len(rows), *sizes)
    factors: list[Any] = []
    left = 1
    for S in sizes[:-1]:
        block = np.zeros((S, left, left * S), dtype=int)
        for i in range(S):
            for r in range(left):
                block[i, r, r * S + i] = 1
        factors.append(dv.Basis(block.tolist()))
        left *= S
    last = [A[..., i].reshape(len(rows), left).T.tolist() for i in range(sizes[-1])]
    return dv.Case([*factors, dv.Basis(last)], title=name(sizes, c))


def measured(sizes: tuple[int, ...], c: int, seed: int) -> dict[str, Any]:
    """One row of the table."""
    import dmfverify as dv
    from dmfverify.check import verify

    problem = case(sizes, c, seed)
    before = time.process_time()
    result = dv.certify(problem, time_budget=LONG if (sizes, c) in TARGETS else BUDGET)
    found = time.process_time()
    verify(result.statement, result.certificate, result.result_bytes)
    checked = time.process_time() - found
    gamma, searched = result.json["dnsp"]["gamma"], result.json["search"]["cpu_seconds"]
    return {
        "problem": name(sizes, c), "seed": seed, "lo": gamma[0], "hi": gamma[1], "uniform": result.uniform.verdict,
        "method": result.json["dnsp"]["method"] or "", "find": round(found - before + searched, 2),
        "check": round(checked, 2), "bytes": len(result.certificate),
    }  # fmt: skip


def run(store: Path, seconds: float) -> None:
    """Append the rows that are missing, until the time is spent."""
    done = {(row["problem"], int(row["seed"])) for row in rows(store)}
    fresh = not store.exists()
    start = time.monotonic()
    with store.open("a", newline="") as file:
        writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        for sizes, c, seed in problems():
            if time.monotonic() - start > seconds:
                return
            if (name(sizes, c), seed) not in done:
                writer.writerow(measured(sizes, c, seed))
                file.flush()


def single(sizes: tuple[int, ...], c: int, method: str) -> dict[str, Any]:
    """The upper end that the checker accepts from one method alone, and its CPU seconds."""
    from dmfverify import check, search
    from dmfverify.method import Budget

    statement = case(sizes, c, 0).statement
    session = check.Session(statement.to_bytes())
    only = {"kernel basis": ("lifting.kernel_dimension",), method: ("dnsp.gamma",)}
    found = search.explore(statement, session, Budget(ALONE), only=only)
    hi = session.proved().get("dnsp.gamma", ("1", "inf"))[1]
    outcome = next((row["outcome"] for row in found.methods if row["name"] == method), "nothing: not asked")
    seconds = round(found.cpu_seconds, 2)
    return {"problem": name(sizes, c), "method": method, "hi": hi, "seconds": seconds, "outcome": outcome}


def run_single(store: Path, seconds: float) -> None:
    """Append the rows of single methods that are missing, small problems first, until the time is spent."""
    done = {(row["problem"], row["method"]) for row in rows(store)}
    finite = {row["problem"] for row in rows(DOCS / "gamma.csv") if row["lo"] != "inf" and row["seed"] == "0"}
    fresh, start = not store.exists(), time.monotonic()
    with store.open("a", newline="") as file:
        writer = csv.DictWriter(file, SINGLE_FIELDS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        for sizes, c in sorted(REFERENCE, key=lambda problem: (np.prod(problem[0]), problem[1])):
            for method in SINGLE if name(sizes, c) in finite else ():
                if time.monotonic() - start > seconds:
                    return
                if (name(sizes, c), method) not in done:
                    writer.writerow(single(sizes, c, method))
                    file.flush()


def rows(store: Path) -> list[dict[str, str]]:
    """What the store holds."""
    return list(csv.DictReader(store.open())) if store.exists() else []


def ratio(row: dict[str, str]) -> float:
    """hi / lo; 1 where gamma is proved infinite, infinity where no upper end is."""
    from dmfverify.exact import parse

    lo, hi = parse(row["lo"]), parse(row["hi"])
    return 1.0 if lo == hi else float("inf") if hi == float("inf") else float(hi) / float(lo)


def beside(found: list[dict[str, str]], alone: list[dict[str, str]]) -> list[str]:
    """The portfolio beside each single method, as a table: hi over the best lower end, and CPU seconds."""
    from dmfverify.exact import parse

    lines = [
        "", "## The portfolio beside single methods", "",
        f"Seed 0; each method alone, up to {ALONE:.0f} s: the upper end that the checker accepts over the lower end of",
        "the portfolio, and CPU seconds of the search. *-*: no finite end. Problems that are not listed have not been",
        "run alone, or their gamma is infinite.", "",
        f"| problem | portfolio | {' | '.join(SINGLE)} |", f"|---|---|{'---|' * len(SINGLE)}",
    ]  # fmt: skip
    table = {(row["problem"], row["method"]): row for row in alone}
    for row in found:
        cells = []
        for method in SINGLE:
            one = table.get((row["problem"], method))
            if one is not None:
                over = float(parse(one["hi"])) / float(parse(row["lo"])) if one["hi"] != "inf" else None
                cells.append("-" if over is None else f"{over:.5f}, {float(one['seconds']):.1f} s")
        if row["seed"] == "0" and len(cells) == len(SINGLE):
            lines.append(f"| {row['problem']} | {ratio(row):.5f}, {row['find']} s | {' | '.join(cells)} |")
    return lines


def page(found: list[dict[str, str]], alone: list[dict[str, str]]) -> str:
    """The page: a line a problem, all seeds of it together; then single methods."""
    targets = {name(*target) for target in TARGETS}
    by: dict[str, list[dict[str, str]]] = {}
    for row in found:
        by.setdefault(row["problem"], []).append(row)
    finite = sorted(ratio(r) for r in found if r["lo"] != "inf" and r["problem"] not in targets)
    total = sum(c < np.prod(sizes) for sizes, c in REFERENCE) * 5
    reference = [r for r in found if r["problem"] not in targets]
    infinite, within = finite.count(float("inf")), sum(x <= 1.03 for x in finite)
    lines = [
        "# Gamma from both sides, problem by problem", "",
        "Kernels spanned by integer vectors with entries -3 ... 3, up to five seeds each; every end accepted by",
        "the checker. CPU seconds of one process, on a machine shared with other programs. Seed 0 of 2x2x2x2, 3x3x3,",
        "5x5 and of 6x6 with dimension 1, 2, 7, 8, and seed 1 of 2x2x2x2, were run again later, with alternating",
        "functions and under a load that doubles the seconds: at that time the version before took 14.8 s for 5x5,",
        "dim 4, 28.4 s for 3x3x3, dim 5, and 38.3 s for 6x6, dim 1.",
        "`python -m benchmarks.gamma` goes on where [gamma.csv](gamma.csv) ends.",
        "The same problems [beside other programs](gamma_peers.md).", "",
        f"Of the {total} problems of the reference sweep {len(reference)} have been run;"
        f" in {len(reference) - len(finite)} gamma is infinite, with proof.",
        f"Among the other {len(finite)}: median hi/lo {finite[len(finite) // 2]:.5f}, {within} of {len(finite)} within"
        f" 1.03, {infinite} without an upper end. The last lines are larger or harder problems, one seed each.", "",
        "| problem | seeds | gamma infinite | hi/lo at most | find at most | check at most | methods of the last end |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for problem, group in by.items():
        rest = [ratio(r) for r in group if r["lo"] != "inf"]
        methods = ", ".join(dict.fromkeys(r["method"] for r in group if r["method"])) or "-"
        worst = f"{max(rest):.5f}" if rest else "-"
        times = [max(float(r[key]) for r in group) for key in ("find", "check")]
        cells = (problem, len(group), len(group) - len(rest), worst, *(f"{t:.1f} s" for t in times), methods)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines + (beside(found, alone) if alone else [])) + "\n"


def main() -> None:
    """Run for a while, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--single", type=float, default=0.0)
    given = parser.parse_args()
    store, alone = DOCS / "gamma.csv", DOCS / "gamma_methods.csv"
    run(store, given.seconds)
    run_single(alone, given.single)
    (DOCS / "gamma.md").write_text(page(rows(store), rows(alone)))


if __name__ == "__main__":
    main()
