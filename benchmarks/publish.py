"""Run every benchmark of the lifting once and write docs/benchmarks/lifting.md.

python -m benchmarks.publish            # about three minutes on two cores
python -m benchmarks.publish --to FILE
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import bench_chains, bench_contraction, bench_deep, bench_exponent, common

PAGE = common.ROOT / "docs" / "benchmarks" / "lifting.md"
HEAD = """# The lifting, measured

Written by `benchmarks/publish.py` from one run; each file of `benchmarks/` says in its first lines which claim it
supports. Nothing here is asserted by a test. To measure again:

```sh
pip install -e . && python -m benchmarks.publish
```

{machine}

Other programs may have shared the machine (see the load), so what runs in one process is given in CPU seconds, the
least of up to nine runs; whole runs are given in both, wall time and CPU time of a fresh process with its children,
from the start of Python to its end.
"""
CONTRACTION = """
## Contraction against the explicit lifting and SymPy

`W = A Aᵀ` exactly, for K random factors m x m with S parameters each and entries in -2 … 2. *columns* is
`Lifting.columns.row_gram()`, over all S^K columns. *SymPy, ring* multiplies symbolic matrices over the polynomial ring
`ZZ[h]` (`DomainMatrix`), its fastest way; *SymPy, expand* multiplies `Matrix` objects and expands; both then collect
the coefficients into A and form A Aᵀ. All results are equal. Ratios are to the contraction, below 1 where a peer is
faster; a dash is a size that a peer was not taken to.
"""
EXPONENT = """
## Growth in K

CPU seconds of the contraction alone, from the stages of the statement (the table above: from the statement to a dense
matrix of Python integers); the exponent is the least-squares slope of log time over log K.
"""
DEEP = """
## K = 20

Random factors as above. *rank and bracket* is what the methods `rank by rows` and `Gram matrix` do: find the rank and
the bracket of sigma_min, and have both accepted by the checker. *certify* is everything, all methods in their order.
The claim is made for *rank and bracket*: 30 s of wall time on two cores of its own, and 1 GB. MB is the greatest
resident size of the process plus that of its largest child.
"""
CHAINS = """
## Convolutional networks

`certify` of a chain, whole: the construction of the network, the search, and the checker; in 2 GB. The last column is
what listing the columns does, without any verdict.
"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def contraction_part(found: Sequence[dict[str, Any]]) -> str:
    names = {"columns": "columns", "ring": "SymPy, ring", "expand": "SymPy, expand"}
    head = ["size", "columns of A", "contraction", *(f"{name} (ratio)" for name in names.values())]
    rows, notes = [], []
    for size in found:
        for row in size["rows"]:
            cells = [_ratio(row, name) for name in names]
            label = f"S = {size['S']}, m = {size['m']}, K = {row['K']}"
            rows.append([label, f"{size['S']}^{row['K']}", _s(row["contraction"]), *cells])
        notes += [f"- S = {size['S']}, m = {size['m']}, {names[name]}: {why}" for name, why in size["stopped"].items()]
    return CONTRACTION + table(head, rows) + "\nWhere the peers stop, and why:\n\n" + "\n".join(notes) + "\n"


def _ratio(row: dict[str, Any], name: str) -> str:
    return f"{_s(row[name])} ({row[name] / row['contraction']:.2g})" if name in row else "—"


def exponent_part(found: Sequence[dict[str, Any]]) -> str:
    head = ["size", "arithmetic", *(f"K = {K}" for K in bench_exponent.DEPTHS), "exponent", "claim"]
    rows = [
        [
            f"S = {row['S']}, m = {row['m']}", row["mode"], *map(_s, row["seconds"]),
            f"{row['exponent']:.2f}", f"≤ {row['target']}: {_met(row['exponent'] <= row['target'])}",
        ]
        for row in found
    ]  # fmt: skip
    return EXPONENT + table(head, rows)


def deep_part(found: Sequence[dict[str, Any]]) -> str:
    head = ["size", "what", "rank", "sigma_min", "relative width", "wall", "CPU", "MB", "claim"]
    names = {"lifting_only": "rank and bracket", "certify": "certify"}
    rows = [
        [
            f"K = {row['K']}, S = {row['S']}, m = {row['m']}", names[row["what"]], str(row["rank"]),
            f"{row['sigma_min']:.6g}", f"{row['width']:.1e}", *_process(row),
            _met(row["wall"] < 30 and row["MB"] < 1000 and row["width"] < 1e-6) if "longest" not in row else "—",
        ]
        for row in found
    ]  # fmt: skip
    notes = [
        f"- certify at S = {row['S']}, m = {row['m']}, where the wall time went: "
        + ", ".join(f"{name} {_s(seconds)}" for name, seconds in row["longest"].items())
        for row in found
        if "longest" in row
    ]
    return DEEP + table(head, rows) + "\n" + "\n".join(notes) + "\n"


def chains_part(found: Sequence[dict[str, Any]]) -> str:
    head = ["network", "columns of A", "verdict", "by", "claim", "wall", "CPU", "MB", "explicit columns, wall"]
    rows = [
        [
            row["name"], str(row["columns"]), row["verdict"], row["method"], _claimed(row), *_process(row),
            row["peer"]["said"] if row["peer"]["said"].startswith("refused") else _s(row["peer"]["wall"]),
        ]
        for row in found
    ]  # fmt: skip
    return CHAINS + table(head, rows)


def _claimed(row: dict[str, Any]) -> str:
    return f"{row['target']:.0f} s: {_met(row['wall'] < row['target'] and row['MB'] < 2000)}"


def _met(claim: bool) -> str:
    return "met" if claim else "missed in this run"


def _process(row: dict[str, Any]) -> list[str]:
    return [_s(row["wall"]), _s(row["cpu"]), f"{row['MB']:.0f}"]


def _s(seconds: float) -> str:
    """Two digits, with the unit.

    >>> _s(0.00234), _s(2.345), _s(113.4)
    ('2.3 ms', '2.3 s', '113 s')
    """
    if seconds < 1:
        return f"{float(f'{1e3 * seconds:.2g}'):g} ms"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def page() -> str:
    """The whole page, measured now."""
    text = HEAD.format(machine="\n".join(common.machine()))
    text += contraction_part([bench_contraction.measure(*_said(size)) for size in bench_contraction.SIZES])
    text += exponent_part([row for size in bench_exponent.SIZES for row in bench_exponent.measure(*_said(size))])
    text += deep_part([row for size in bench_deep.SIZES for row in bench_deep.measure(*_said(size))])
    return text + chains_part([bench_chains.measure(_said(name)) for name in bench_chains.CASES])


def _said(size: Any) -> Any:
    """The same, after a line on what is measured next."""
    print(f"{time.strftime('%H:%M:%S')} {size}", file=sys.stderr, flush=True)
    return size


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the lifting and write its page.")
    parser.add_argument("--to", type=Path, default=PAGE)
    to = parser.parse_args().to
    text = page()
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text)
    print(f"{to} written")


if __name__ == "__main__":
    main()
