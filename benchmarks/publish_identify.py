"""Decide the problems of bench_identify.py and write docs/benchmarks/identify.md; goes on where the store ends.

python -m benchmarks.publish_identify --store FILE [--to FILE]      # about half an hour
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import bench_identify, common
from .publish import _s, table

PAGE = common.ROOT / "docs" / "benchmarks" / "identify.md"
HEAD = """# Identifiability, decided

Written by `benchmarks/publish_identify.py`. Liftings are random matrices with entries -2 … 2 and as many rows as leave
a kernel of the dimension given; the model is free, the equivalence `scale`. Only methods that may answer the uniform
question run. Seconds are CPU seconds, of the search process and of a new checker; other programs shared the machine.
Some of these problems [beside Macaulay2, Singular and msolve](identify_peers.md).

```sh
pip install -e . && python -m benchmarks.publish_identify --store build/identify.jsonl
```

{machine}
"""
PENCILS = """
## Three-by-three pencils

Some element of a two-dimensional kernel of 3 x 3 matrices is singular, because a real cubic has a real root, so that
there is a real witness; it is seldom rational. Each proof of existence was accepted by the checker.
"""
TARGETS = """
## Certified yes

Five seeds each. Degree: that of the forms which the minors and their multiples span, by the certificate. Seconds are
the greatest of the five.
"""
REACH = """
## Reach

The dimension of the kernel is raised, seed 0, until the question is not decided. Below *almost every A* stands the
greatest dimension for which almost every A of that size is identifiable, n - dim Sigma_2.
"""


def problems(rows: list[dict[str, Any]]) -> Iterator[tuple[str, tuple[int, ...], int, int]]:
    """Part, sizes, kernel, seed, in order; the reach of a size ends where `rows` holds one that is not decided."""
    _, sizes, kernel = bench_identify.PENCILS
    yield from (("pencils", sizes, kernel, seed) for seed in range(bench_identify.PENCIL_SEEDS))
    for _, sizes, kernel in bench_identify.TARGETS:
        yield from (("targets", sizes, kernel, seed) for seed in range(bench_identify.SEEDS))
    for sizes, kernels in bench_identify.REACH.values():
        for kernel in kernels:
            stuck = any(r["part"] == "reach" and r["sizes"] == list(sizes) and r["verdict"] != "yes" for r in rows)
            if not stuck:
                yield "reach", sizes, kernel, 0


def run(store: Path, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """All rows; those that the store does not hold are measured and added to it."""
    rows = [json.loads(line) for line in store.read_text().splitlines()] if store.exists() else []
    known = {(r["part"], tuple(r["sizes"]), r["kernel"], r["seed"]) for r in rows}
    for part, sizes, kernel, seed in problems(rows):
        if (part, sizes, kernel, seed) not in known:
            rows.append({"part": part, **bench_identify.measure(sizes, kernel, seed)})
            with store.open("a") as file:
                file.write(json.dumps(rows[-1]) + "\n")
            say(json.dumps(rows[-1]))
    return rows


def page(rows: list[dict[str, Any]]) -> str:
    text = HEAD.format(machine="\n".join(common.machine()))
    text += PENCILS + _pencils([r for r in rows if r["part"] == "pencils"])
    text += TARGETS + _targets([r for r in rows if r["part"] == "targets"])
    return text + REACH + _reach([r for r in rows if r["part"] == "reach"])


def _pencils(rows: list[dict[str, Any]]) -> str:
    head = ["seed", "verdict", "by", "claim", "find", "check"]
    told = [[str(r["seed"]), r["verdict"], r["method"] or "—", r["kind"] or "—"] for r in rows]
    return table(head, [[*cells, _s(r["find"]), _s(r["check"])] for cells, r in zip(told, rows, strict=True)])


def _targets(rows: list[dict[str, Any]]) -> str:
    head = ["problem", "columns", "dim Ker A", "yes, over C too", "by", "degree", "find", "check"]
    lines = []
    for name, sizes, kernel in bench_identify.TARGETS:
        mine = [r for r in rows if r["sizes"] == list(sizes) and r["kernel"] == kernel]
        if mine:
            lines.append([name, _power(sizes), str(kernel), *_summary(mine)])
    return table(head, lines)


def _summary(rows: list[dict[str, Any]]) -> list[str]:
    yes = sum(r["verdict"] == r["over_C"] == "yes" for r in rows)
    no = sum(r["verdict"] == "no" for r in rows)
    degrees = sorted({r["degree"] for r in rows if r["degree"]})
    return [
        f"{yes} of {len(rows)}" + (f", {no} proved no" if no else ""),
        ", ".join(sorted({r["method"] for r in rows if r["method"]})) or "—",
        " or ".join(map(str, degrees)) or "—",
        _s(max(r["find"] for r in rows)),
        _s(max(r["check"] for r in rows)),
    ]


def _reach(rows: list[dict[str, Any]]) -> str:
    head = ["problem", "columns", "almost every A", "certified yes up to", "degree", "find", "check", "then"]
    lines = []
    for name, (sizes, _) in bench_identify.REACH.items():
        mine = [r for r in rows if r["sizes"] == list(sizes)]
        good = [r for r in mine if r["verdict"] == "yes"]
        if good:
            last, bad = good[-1], [r for r in mine if r["verdict"] != "yes"]
            then = f"{bad[0]['verdict']} at {bad[0]['kernel']} ({_s(bad[0]['find'])})" if bad else "all that were tried"
            figures = [str(last["kernel"]), str(last["degree"] or "—"), _s(last["find"]), _s(last["check"])]
            lines.append([name, _power(sizes), str(_general(sizes)), *figures, then])
    return table(head, lines)


def _power(sizes: tuple[int, ...]) -> str:
    return f"{sizes[0]}^{len(sizes)}"


def _general(sizes: tuple[int, ...]) -> int:
    """n - dim Sigma_2: differences of two rank-one tensors, theory.md, section 2."""
    S, K = sizes[0], len(sizes)
    return S**K - (2 * K * (S - 1) + 2 if K > 2 else 4 * S - 4)


def main() -> None:
    parser = argparse.ArgumentParser(description="Decide general problems and write the page.")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--to", type=Path, default=PAGE)
    options = parser.parse_args()
    rows = run(options.store, lambda text: print(text, file=sys.stderr, flush=True))
    options.to.parent.mkdir(parents=True, exist_ok=True)
    options.to.write_text(page(rows))
    print(f"{options.to} written")


if __name__ == "__main__":
    main()
