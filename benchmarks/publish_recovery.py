"""Measure the butterflies once and write docs/benchmarks/recovery.md, with the trials of recovery.csv.

python -m benchmarks.bench_recovery              # the trials, resumable, the better part of an hour
PEERS=/opt/peers/bin/python python -m benchmarks.publish_recovery
python -m benchmarks.publish_recovery --trials-only   # the butterflies of the page as they stand
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import bench_butterfly, bench_recovery, common
from .publish import _s as seconds
from .publish import table

PAGE = common.ROOT / "docs" / "benchmarks" / "recovery.md"
HEAD = """# Recovery, measured

Written by `benchmarks/publish_recovery.py`. To measure again:

```sh
python -m benchmarks.bench_recovery              # resumes where it was interrupted
PEERS=/opt/peers/bin/python python -m benchmarks.publish_recovery
```

{machine}

Other programs shared the machine (see the load), so seconds are CPU seconds.
"""
TRIALS = """
## The bound against trials

Parameters are planted, the product gets noise, a solver that may stop early recovers parameters, and two distances are
held against their certified bounds ([what is tested](../theory/recovery.md)). Levels of noise relative to the product:
0, 1e-6, 1e-4, 1e-2, 0.1 and 1; kinds: random, structured, adversarial (the stiffest singular direction), and two that
are searched (`pair`, `far`; their norm is what the pair makes it). A halved constant meets the same trials.
*adversarial tightness* is distance / bound, *path products* is ‖P(h) − P(g)‖ / bound: medians, kind by kind
(adversarial, pair, far). Every row of [recovery.csv](recovery.csv) is one level and kind.
"""
FREE = """
## Without a certified bound

Trials without noise only. A case that is not identifiable cannot be recovered where another class has the same product:
the solver finds either. *recovered* counts the planted class. Chains of 10 layers with two to four taps, and of 20 with
two, are identifiable by their distinct shifts, and stand here for their success rates alone.
"""
PHASE = """
## Where recovery begins

From data without noise and random starts, 20 trials a cell, at most 6 s each ([phase.csv](phase.csv),
`python -m benchmarks.bench_phase --seconds 6`).
A trial succeeds when the planted class comes back to 1e-8: this is the solver's share, not a certificate.

m random equations for x yᵀ, S entries each. Almost every class is determined from m = 2S on, every class of a generic
problem from m = 4S − 4 on.

![Share recovered over m and S](phase_bilinear.svg)

m random equations for a vector of 40 entries with few that are not zero; generically m = 2s determines every one.

![Share recovered over m and the sparsity](phase_sparse.svg)
"""
BUTTERFLY = """
## Butterflies against pyfaust and lazylinop

Orders 64 to 1024, noise of relative Frobenius norm 0 and 1e-2. Ours is `dv.recover(case, X)` from the sparse supports:
*first* is the first call, which also finds the splits from the supports, *again* the least of five later ones. Peers:
least of five calls; `ksd` is given its chain of Kronecker-sparse patterns beforehand, and `butterfly` knows its own.
The error is ‖product − X‖ / ‖X‖. *Hadamard* is claimed: an error not above, and a time not above twice, the better of
the peers, like with like (*again*); *random* (butterfly factors with Gaussian entries) is shown beside it.
`hierarchical` is left out above order 128: it takes 20 s at 256.
"""


def read(path: Path) -> list[dict[str, str]]:
    """The rows of recovery.csv."""
    with path.open() as file:
        return list(csv.DictReader(file))


def trials_part(rows: Sequence[dict[str, str]]) -> str:
    """Both tables of trials."""
    names = list(dict.fromkeys(row["case"] for row in rows))
    groups = {name: [row for row in rows if row["case"] == name] for name in names}
    bounded = {name: part for name, part in groups.items() if any(row["half_violations"] != "" for row in part)}
    head = ["case", "K", "trials", "violations", "with half the constant", "recovered without noise"]
    head += ["adversarial tightness", "largest", "path products", "largest", "CPU"]
    lines = [_bounded(name, part) for name, part in bounded.items()]
    text = TRIALS + table(head, lines)
    text += "".join(
        f"\n{name}: {part[0]['ended']}.\n" for name, part in groups.items() if part[0]["ended"] != "finished"
    )
    free = [
        [name, part[0]["K"], str(_sum(part, "trials")), _recovered(part), seconds(float(part[0]["cpu_seconds"]))]
        for name, part in groups.items()
        if name not in bounded
    ]
    return text + FREE + table(["case", "K", "trials", "recovered", "CPU"], free) + PHASE


def _bounded(name: str, rows: Sequence[dict[str, str]]) -> list[str]:
    return [
        name, rows[0]["K"], *(str(_sum(rows, key)) for key in ("trials", "violations", "half_violations")),
        _recovered(rows), _medians(rows, "tightness_median"), _largest(rows, "tightness_max"),
        _medians(rows, "path_products_median"), _largest(rows, "path_products_max"),
        seconds(float(rows[0]["cpu_seconds"])),
    ]  # fmt: skip


def _sum(rows: Sequence[dict[str, str]], column: str) -> int:
    return sum(int(row[column] or 0) for row in rows)


def _recovered(rows: Sequence[dict[str, str]]) -> str:
    exact = [row for row in rows if row["recovered"] != ""]
    return f"{_sum(exact, 'recovered')} of {_sum(exact, 'trials')}"


def _medians(rows: Sequence[dict[str, str]], column: str) -> str:
    """The median of the levels, for each adversarial kind."""
    found = []
    for kind in ("adversarial", "pair", "far"):
        values = sorted(float(row[column]) for row in rows if row["kind"] == kind and row[column])
        found.append(f"{values[len(values) // 2]:.2g}" if values else "—")
    return ", ".join(found)


def _largest(rows: Sequence[dict[str, str]], column: str) -> str:
    return f"{max((float(row[column]) for row in rows if row[column]), default=0.0):.3f}"


def butterfly_part(found: Sequence[dict[str, Any]]) -> str:
    """The table of butterflies."""
    head = ["matrix", "noise", "first", "again", "error", "butterfly", "error", "ksd", "error", "hierarchical", "error"]
    rows = [
        [
            f"{row['kind'].capitalize()}, {2 ** row['n']}", f"{row['level']:g}",
            seconds(row["ours"]["first"]), seconds(row["ours"]["seconds"]), _error(row["ours"]),
            *_peer(row, "butterfly"), *_peer(row, "ksd"), *_peer(row, "hierarchical"), _claim(row),
        ]
        for row in found
    ]  # fmt: skip
    versions = ", ".join(f"{name} {version}" for name, version in found[0]["peers"]["versions"].items())
    return BUTTERFLY + table([*head, "claim"], rows) + f"\nPeers: {versions}.\n"


def _peer(row: dict[str, Any], name: str) -> list[str]:
    peer = row["peers"].get(name)
    return [seconds(peer["seconds"]), _error(peer)] if peer else ["—", "—"]


def _error(found: dict[str, Any]) -> str:
    return f"{found['error']:.7g}" if found["error"] > 1e-6 else f"{found['error']:.1e}"


def _claim(row: dict[str, Any]) -> str:
    peers = [peer for name, peer in row["peers"].items() if name != "versions"]
    limit = 2 * min(peer["seconds"] for peer in peers)
    error_met = row["ours"]["error"] <= min(peer["error"] for peer in peers)
    missed = [what for what, met in (("time", row["ours"]["seconds"] <= limit), ("error", error_met)) if not met]
    if missed:
        return f"missed in this run: {', '.join(missed)}"
    return "met, in the first call too" if row["ours"]["first"] <= limit else "met, not in the first call"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the page of recovery.")
    parser.add_argument("--trials-only", action="store_true")
    kept = parser.parse_args().trials_only
    if kept:
        text = PAGE.read_text()
        head, butterflies = text[: text.index(TRIALS)], text[text.index(BUTTERFLY) :]
    else:
        head = HEAD.format(machine="\n".join(common.machine()))
        butterflies = butterfly_part([_said(n, x, kind) for kind in ("hadamard", "random") for n, x in _sizes()])
    PAGE.write_text(head + trials_part(read(bench_recovery.TABLE)) + butterflies)


def _sizes() -> list[tuple[int, float]]:
    return [(n, level) for n in bench_butterfly.ORDERS for level in bench_butterfly.LEVELS]


def _said(n: int, level: float, kind: str) -> dict[str, Any]:
    print(f"{time.strftime('%H:%M:%S')} {kind} {2**n} {level}", file=sys.stderr, flush=True)
    return bench_butterfly.measure(n, level, kind)


if __name__ == "__main__":
    main()
