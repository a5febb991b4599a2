"""Random small problems in strata, decided by the package and by oracles that share no code with it.

    python -m benchmarks.fuzz --store FILE [--to FILE]     # goes on where the store ends; half an hour

Strata: K <= 3, S_k <= 3, entries -2 ... 2.  Those called *window* have a free model and 1 <= dim Ker A <= n - dim
Sigma_2, with a Jacobian of the largest rank (no gauge): there almost every A is identifiable, over C too, and no
dimension count helps.  The others take every model and equivalence.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy is imported

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import oracles

from dmfverify.problem import load

from . import common
from .deciding import decide
from .publish import table

Problem = dict[str, Any]
BUDGET = 120.0
"""Seconds for the search of one problem."""
ORACLE = 20.0
"""Seconds for the oracle."""


# ------------------------------------------------------------------------------------------------------- problems


def general(seed: int, shapes: list[tuple[tuple[int, ...], int, int]], model: str = "free") -> Problem:
    """A free or non-negative problem whose lifting is a random matrix with entries -2 ... 2, no two columns parallel.

    `shapes`: sizes with the least and the greatest dimension of the kernel.  One of each is drawn, small kernels more
    often than large ones: the square root of the range above the least is uniform.
    """
    rng = np.random.default_rng([seed, 7])
    sizes, low, high = shapes[int(rng.integers(len(shapes)))]
    c = low + int((high - low + 1) * float(rng.random()) ** 3) if high - low > 5 else int(rng.integers(low, high + 1))
    n = math.prod(sizes)
    while True:
        a = rng.integers(-2, 3, (n - c, n)) * (rng.random((n - c, n)) < float(rng.choice([0.5, 0.8, 1.0])))
        basis = oracles.basis_of(a, sizes)
        full = oracles.rank_modulo(a.tolist(), oracles.PRIME) == n - c and not parallel(a)
        if full and (model != "free" or oracles.local_rank(basis) == oracles.expected_scale(sizes)):
            break
    out: Problem = {"kind": "kernel", "seed": seed, "equivalence": "scale", "alive": None, "data": None}
    return out | {"basis": basis, "models": None, "nonnegative": model == "nonnegative", "model": {"kind": model}}


def parallel(a: np.ndarray) -> bool:
    """Whether two columns are parallel, or one is zero."""
    gram = a.T @ a
    square = np.diag(gram)
    close = gram**2 == np.outer(square, square)
    return bool((close & ~np.eye(len(gram), dtype=bool)).any() or not square.all())


def drawn(seed: int, kinds: list[str], models: list[str]) -> Problem:
    """A random problem of one of these kinds and models; three of four have a kernel and two factors to mix."""
    rng = np.random.default_rng([seed, 8])
    while True:
        problem = oracles.random_problem(int(rng.integers(2**31)), str(rng.choice(kinds)), str(rng.choice(models)))
        whole = oracles.lifting(*(problem[key] for key in ("basis", "alive", "data")))
        models_ = oracles.maximal_models(problem["models"], whole.sizes)
        used = whole.restrict(lambda i: any(oracles.inside(i, m) for m in models_))  # noqa: B023 - used at once
        mixed = sum(n > 1 for n in whole.sizes) > 1 and used.kernel_dimension > 0
        if used.columns and used.gram.any() and (seed % 4 == 0 or mixed):
            return problem


WINDOW = {
    "window 3 x 3": [((3, 3), 1, 1)],
    "window 3 x 2 x 2": [((3, 2, 2), 1, 2)],
    "window 3 x 3 x 2": [((3, 3, 2), 1, 6)],
    "window 3 x 3 x 3": [((3, 3, 3), 1, 13)],
}
COUNTS = (120, 120, 200, 200)
BEYOND = [((2, 2, 2), 1, 3), ((3, 3), 2, 4), ((2, 3), 1, 2), ((3, 2, 2), 3, 5), ((3, 3, 2), 7, 9), ((3, 3, 3), 14, 16)]
NONNEGATIVE = [((2, 2), 1, 2), ((2, 3), 1, 3), ((3, 3), 1, 3), ((2, 2, 2), 1, 3), ((3, 2, 2), 1, 3), ((3, 3, 2), 1, 3)]
ANY = ["free", "supports", "sparse", "group-sparse"]
STRATA: dict[str, tuple[int, Callable[[int], Problem]]] = {
    **{
        name: (count, lambda seed, shapes=shapes: general(seed, shapes))
        for (name, shapes), count in zip(WINDOW.items(), COUNTS, strict=True)
    },
    "beyond the window": (200, lambda seed: general(1_000 + seed, BEYOND)),
    "free, factors": (150, lambda seed: drawn(2_000 + seed, ["basis"], ["free"])),
    "non-negative, general": (130, lambda seed: general(3_000 + seed, NONNEGATIVE, "nonnegative")),
    "non-negative, factors": (
        130,
        lambda seed: drawn(4_000 + seed, ["basis", "pattern", "network"], ["nonnegative"]),
    ),
    "supports": (200, lambda seed: drawn(5_000 + seed, ["basis", "kernel"], ["supports"])),
    "sparse": (200, lambda seed: drawn(6_000 + seed, ["basis", "kernel"], ["sparse"])),
    "group-sparse": (150, lambda seed: drawn(7_000 + seed, ["basis", "kernel"], ["group-sparse"])),
    "patterns": (150, lambda seed: drawn(8_000 + seed, ["pattern"], ANY)),
    "networks": (150, lambda seed: drawn(9_000 + seed, ["network"], ANY)),
}
"""How many problems, and how one is drawn."""


def problems() -> Iterator[tuple[str, int]]:
    """Names of strata and seeds, the strata in turn."""
    for seed in range(max(count for count, _ in STRATA.values())):
        yield from ((name, seed) for name, (count, _) in STRATA.items() if seed < count)


# ------------------------------------------------------------------------------------------------------- verdicts


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """TimeoutError after so many seconds."""

    def ring(*_: Any) -> None:
        raise TimeoutError

    old = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def decided(problem: Problem, seconds: float = BUDGET) -> dict[str, Any]:
    """What the methods that may answer the uniform question say."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.toml"
        path.write_text(oracles.problem_toml(problem))
        return decide(load(path).statement, seconds)


def asked(problem: Problem, seconds: float = ORACLE) -> str | None:
    """The oracle's answer: None where it has none in time."""
    keys = ("basis", "alive", "data", "models", "nonnegative")
    try:
        with limited(seconds):
            return oracles.uniform(*(problem[key] for key in keys))
    except TimeoutError:
        return None


def confirmed(problem: Problem, claim: dict[str, Any] | None) -> bool:
    """Whether a witness is one, by the oracle's columns: exactly, or by Newton's step within the radius claimed."""
    sides = claim and (claim["centre"] if claim["kind"] == "field-witness" else claim)
    if not sides:
        return False
    h, g = ([[Fraction(str(x)) for x in part] for part in sides[name]] for name in "hg")
    if not all(_allowed(problem, side) for side in (h, g)):
        return False
    space = oracles.lifting(*(problem[key] for key in ("basis", "alive", "data")))
    gap = oracles.segre(h, space.columns) - oracles.segre(g, space.columns)
    if claim["kind"] == "witness":
        return bool(gap.any()) and not space.a.dot(gap).any()
    return float(max(map(abs, gap))) > 1e-6 and _newton(problem, space, h, g) <= 2 * float(Fraction(claim["radius"]))


def _allowed(problem: Problem, side: list[list[Fraction]]) -> bool:
    supports = [[i for i, x in enumerate(part) if x] for part in side]
    models = oracles.maximal_models(problem["models"], [len(part) for part in side])
    inside = any(all(set(s) <= set(m) for s, m in zip(supports, model, strict=True)) for model in models)
    return inside and not (problem["nonnegative"] and any(x < 0 for part in side for x in part))


def _newton(problem: Problem, space: oracles.Lifting, h: list[Any], g: list[Any]) -> float:
    """The largest entry of the least Newton step that moves non-zero entries only, 0 where the residual is nothing."""
    residual = space.a.dot(oracles.segre(h, space.columns) - oracles.segre(g, space.columns)).astype(float)
    columns = []
    for sign, side in ((1, h), (-1, g)):
        for k, part in enumerate(side):
            for i in (i for i, x in enumerate(part) if x):
                moved = [[Fraction(int(j == i)) for j in range(len(p))] if l == k else p for l, p in enumerate(side)]
                columns.append(sign * space.a.dot(oracles.segre(moved, space.columns)).astype(float))
    step, *_ = np.linalg.lstsq(np.array(columns).T, -residual, rcond=1e-9)
    left = np.abs(np.array(columns).T @ step + residual).max(initial=0.0)
    return float("inf") if left > 1e-9 * (1e-300 + np.abs(residual).max()) + 1e-25 else float(np.abs(step).max())


# ------------------------------------------------------------------------------------------------------- the run


def row(name: str, seed: int) -> dict[str, Any]:
    """One problem: what the package says, what the oracle says, and whether a witness was confirmed."""
    problem = STRATA[name][1](seed)
    ours, oracle = decided(problem), asked(problem)
    kept = {key: ours[key] for key in ("verdict", "over_C", "method")}
    found = {"stratum": name, "seed": seed, **kept, "cpu": round(ours["find"] + ours["check"], 2)}
    return found | {"oracle": oracle, "confirmed": ours["verdict"] == "no" and confirmed(problem, ours["claim"])}


def run(store: Path, again: bool = False) -> None:
    """All problems that the store does not hold yet; `again`: those that were undecided, too."""
    done = {(r["stratum"], r["seed"]) for r in rows(store) if not (again and r["verdict"] == "undecided")}
    with store.open("a") as file:
        for name, seed in problems():
            if (name, seed) not in done:
                file.write(json.dumps(row(name, seed)) + "\n")
                file.flush()


def rows(store: Path) -> list[dict[str, Any]]:
    """What a store holds: the last row of each problem."""
    lines = store.read_text().splitlines() if store.exists() else []
    return list({(r["stratum"], r["seed"]): r for r in map(json.loads, lines)}.values())


# ------------------------------------------------------------------------------------------------------- the page


PAGE = common.ROOT / "docs" / "benchmarks" / "fuzz.md"
HEAD = """# Small random problems against independent oracles

Written by `benchmarks/fuzz.py`: {count} random problems with K <= 3, S_k <= 3 and entries in -2 … 2, in strata of all
models and equivalences; a quarter of those with given factors may lack a kernel. Each is decided by the methods that
may answer the uniform question, within {budget:.0f} s, and by `tests/oracles.py`, which shares no code with the
package: exhaustive comparison of small parameters, resultants on pencils, the hyperdeterminant, Macaulay matrices of
minors, exact tests of signs, and a Lipschitz scan of the kernel's sphere. *Window*: free, with
1 <= dim Ker A <= n - dim Sigma_2, no two columns parallel, Jacobian of full rank (no gauge); kernels of small dimension
are drawn more often than large ones.

```sh
pip install -e . && python -m benchmarks.fuzz --store build/fuzz.jsonl      # goes on where the store ends
```

- *oracle agrees*: its yes or no is the package's. It never said the opposite: {wrong} wrong verdicts.
- *witness confirmed*: the oracle has no answer of its own, but its columns confirm the witness of a "no": exactly, or
  by a Newton step within the radius that is claimed.
- *checker only*: the verdict rests on the certificate alone.
- *undecided*: in brackets, how many of those the oracle decides.

An answer stays in the store when a method is added; what was undecided is asked again (`--again`).
"""


def page(found: list[dict[str, Any]]) -> str:
    """The table by stratum; fails where a verdict is wrong."""
    wrong = [r for r in found if {r["verdict"], r["oracle"]} == {"yes", "no"}]
    assert not wrong, wrong
    head = [
        "stratum",
        "problems",
        "yes",
        "no",
        "undecided",
        "oracle agrees",
        "witness confirmed",
        "checker only",
        "CPU s",
    ]
    lines = [_line(name, [r for r in found if r["stratum"] == name]) for name in STRATA]
    lines.append(_line("all", found))
    methods = Counter((r["method"], r["verdict"]) for r in found if r["method"])
    by = [[name, verdict, str(count)] for (name, verdict), count in methods.most_common()]
    text = HEAD.format(count=f"{len(found):,}", budget=BUDGET, wrong=len(wrong)) + table(head, lines)
    return text + "\n## Which method decided\n" + table(["method", "verdict", "problems"], by)


def _line(name: str, found: list[dict[str, Any]]) -> list[str]:
    said = Counter(r["verdict"] for r in found)
    agreed = sum(r["oracle"] is not None and r["oracle"] == r["verdict"] for r in found)
    silent = [r for r in found if r["oracle"] is None and r["verdict"] in ("yes", "no")]
    open_ = [r for r in found if r["verdict"] == "undecided"]
    told = f"{len(open_)} ({sum(r['oracle'] is not None for r in open_)})" if open_ else "0"
    confirmed = sum(r["confirmed"] for r in silent)
    counts = [len(found), said["yes"], said["no"], told, agreed, confirmed, len(silent) - confirmed]
    return [name, *map(str, counts), f"{sum(r['cpu'] for r in found):.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Decide random problems, hold them against oracles, write the page.")
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--to", type=Path, default=PAGE)
    parser.add_argument("--again", action="store_true", help="ask again what was undecided")
    options = parser.parse_args()
    run(options.store, options.again)
    options.to.write_text(page(rows(options.store)))
    print(f"{options.to} written")


if __name__ == "__main__":
    main()
