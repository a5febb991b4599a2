"""Claim: certified l1 null space constants are the published ones, to the digits printed.  The peer is that table.

    python -m benchmarks.bench_l1 [--most K] [--budget SECONDS]

Resumable: each row is appended to a store when it is done, and is not computed again. The page and its CSV are written
anew after each row.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import dmfverify as dv
from dmfverify.check import verify
from dmfverify.sweep import Store

PAGES = Path(__file__).resolve().parent.parent / "docs" / "benchmarks"
PUBLISHED = PAGES / "l1_published.csv"
COLUMNS = (
    "m", "n", "case", "k", "alpha_published", "lo", "hi", "linear_published", "linear", "leaves", "bytes",
    "cpu_seconds", "check_cpu_seconds", "published_tree_seconds", "published_linear_seconds",
)  # fmt: skip


def fourier(n: int, frequencies: list[int]) -> np.ndarray:
    """Cosines and sines of the frequencies on 0, ..., n - 1."""
    t = np.arange(n)
    return np.array([wave(2 * np.pi * f * t / n) for f in frequencies for wave in (np.cos, np.sin)])


def measured(row: dict[str, str], budget: float) -> dict[str, Any]:
    """One row: bracket, linear bound, evidence, CPU seconds of search with its check, and of the check alone."""
    A, k = fourier(int(row["n"]), [int(f) for f in row["frequencies"].split()]), int(row["k"])
    start = time.process_time()
    exact = dv.l1_null_space_constant(A, k, time_budget=budget)
    cpu, start = time.process_time() - start, time.process_time()
    verify(exact.statement, exact.certificate)
    check = time.process_time() - start
    linear = dv.l1_null_space_constant(A, k, bound="linear", time_budget=budget)
    trees = [c for c in json.loads(exact.certificate)["claims"] if c["kind"] == "l1-tree"]
    leaves = sum(bool(item) for tree in trees for level in tree["levels"] for item in level["tree"])
    values = (
        row["m"], row["n"], row["case"], k, row["alpha_exact"], f"{float(exact.lo):.13f}", f"{float(exact.hi):.13f}",
        row["alpha_LP"], f"{float(linear.hi):.9f}", leaves, len(exact.certificate), round(cpu, 2), round(check, 2),
        row["seconds_tree_search"], row["seconds_LP"],
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def pages(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """The CSV of all rows, and the page."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    yield "l1.csv", out.getvalue()
    yield "l1.md", "\n".join(_page(rows)) + "\n"


def _page(rows: list[dict[str, Any]]) -> Iterator[str]:
    yield "# The l1 null space constant: published values and ours\n"
    yield (
        "Written by `python -m benchmarks.bench_l1`, row by row in [l1.csv](l1.csv). Matrices, exact values, linear\n"
        "bounds and seconds are those of Cho, Mishra and Xu (2018), on their machine, in\n"
        "[l1_published.csv](l1_published.csv), six digits. Ours are CPU seconds of one process on two cores that were\n"
        "busy with other work: *ours* is the whole of `dv.l1_null_space_constant`, check included; *check* the\n"
        "checker alone, in pure Python. Theirs is their tree search.\n"
    )
    yield (
        "| size | k | rows | greatest hi - lo | off the published value | off the linear bound | ours, median (most) | "
        "check, median (most) | theirs, median (most) | certificate, most |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for m in ("20", "28"):
        for k in range(1, 6):
            group = [row for row in rows if row["m"] == m and row["k"] == k]
            if group:
                yield _line(m, k, group)
    yield f"\n{len(rows)} of 100 rows are done."


def _line(m: str, k: int, group: list[dict[str, Any]]) -> str:
    def spread(name: str) -> str:
        values = sorted(float(row[name]) for row in group)
        return f"{np.median(values):.2f} s ({values[-1]:.2f} s)"

    gap = max(float(row["hi"]) - float(row["lo"]) for row in group)
    ends = ("lo", "hi")
    off = max(abs(float(row[end]) - float(row["alpha_published"])) for row in group for end in ends)
    linear = max(abs(float(row["linear"]) - float(row["linear_published"])) for row in group)
    size = max(row["bytes"] for row in group) / 1e6
    times = f"{spread('cpu_seconds')} | {spread('check_cpu_seconds')} | {spread('published_tree_seconds')}"
    return f"| {m} x 40 | {k} | {len(group)} | {gap:.1e} | {off:.1e} | {linear:.1e} | {times} | {size:.2f} MB |"


def main() -> None:
    """Compute what the store does not hold, fewest entries first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=5, help="greatest k")
    parser.add_argument("--budget", type=float, default=600, help="seconds for a row")
    parser.add_argument("--store", type=Path, default=Path("l1.jsonl"))
    options = parser.parse_args()
    with PUBLISHED.open() as file:
        wanted = sorted(csv.DictReader(file), key=lambda row: int(row["k"]))
    with Store(options.store) as store:
        for row in wanted:
            key = "-".join(row[name] for name in ("m", "n", "case", "k"))
            if int(row["k"]) > options.most or key in store.rows:
                continue
            store.append(key, measured(row, options.budget))
            done = sorted(store.rows.values(), key=lambda r: (int(r["m"]), int(r["case"]), r["k"]))
            for name, text in pages(done):
                (PAGES / name).write_text(text)
            print(key, store.rows[key]["lo"], store.rows[key]["hi"], flush=True)


if __name__ == "__main__":
    main()
