"""The spark of A, K = 1: a dependent set of columns, and every smaller one shown independent.

Theorem.  s-sparse vectors are determined by A x iff every 2s columns are independent, 2s < spark(A).
[D. Donoho, M. Elad, 2003]

Columns modulo a prime are eliminated along the sets of t - 2 columns; a set of t is dependent when two of the columns
that are left are parallel.  The size grows until a dependent set is met or the next one costs too much.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from ..certificate import Claim, Nothing
from ..exact import parse
from ..lifting import Columns, Lifting, TooLarge
from ..method import PRIMES, Budget, Method, Proved, closed

SPARK = "compressed_sensing.spark"
MAX_ENTRIES = 200_000
STEPS = 250_000_000
"""Of the checker's work, for one size."""
SECONDS = 20.0


def accepts(lifting: Lifting, proved: Proved) -> str:
    """One factor and a sparse model, and an end that is open."""
    statement = lifting.statement
    if statement.K != 1 or statement.model.kind != "sparse" or statement.equivalence != "scale":
        return "not one factor with a sparse model"
    if closed(SPARK, proved):
        return "it is known"
    try:
        if not lifting.columns.m or lifting.columns.m * lifting.columns.n > MAX_ENTRIES:
            return f"no rows, or more than {MAX_ENTRIES} entries"
    except TooLarge as error:
        return str(error)
    return "the kernel is trivial" if lifting.trivial_kernel else ""


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """A vector of the kernel with few entries, and the greatest size that can be shown independent."""
    columns, rank = lifting.columns, lifting.rank
    limit = Budget(min(SECONDS, 0.3 * budget.left))
    low = int(parse(proved.get(SPARK, ["1", "inf"])[0]))
    support, shown = _circuit(columns, _independent(columns)), 0
    for size in range(max(2, low), len(support)):
        if cost(columns.n, columns.m, size) > STEPS or limit.spent:
            break
        found = smallest(columns, size, limit)
        if found is None:
            break
        if found:
            support = found
            break
        shown = size
    claims = [Claim("null-space-vector", {"vector": _vector(columns, support)})]
    if shown >= max(low, 2) and shown < rank + 1:
        claims.append(Claim("independent-columns", {"prime": PRIMES[0], "size": shown}))
    return claims


def cost(n: int, m: int, size: int) -> float:
    """Steps of the checker for all sets of `size` of n columns with m rows."""
    sets = math.comb(n, size - 2)
    rest = 2 * n / (size + 1) + 1
    return sets * rest * (3 * (m + 2) + m / 8 + 8)


def smallest(columns: Columns, size: int, limit: Budget) -> list[int] | None:
    """The columns of a dependent set of at most `size`, [] when there is none, None when the time is over."""
    p = PRIMES[0]
    A = (columns.dense() % p).astype(np.int64).T
    for number, (chosen, indices, rest) in enumerate(_eliminated((), np.arange(columns.n), A, size, p)):
        if number % 64 == 0 and limit.spent:
            return None
        for pair in _parallel(rest, p):
            together = [*chosen, *(int(indices[i]) for i in pair)]
            if _rank(columns, together) < len(together):
                return _circuit(columns, together)
    return []


def _eliminated(
    chosen: tuple[int, ...], indices: np.ndarray, rest: np.ndarray, size: int, p: int
) -> Iterator[tuple[tuple[int, ...], np.ndarray, np.ndarray]]:
    """The sets of size - 2 columns, each with the later columns modulo it (rows of `rest`)."""
    if len(chosen) == size - 2:
        yield chosen, indices, rest
        return
    for at in range(len(indices) - (size - len(chosen)) + 1):
        row = rest[at]
        places = np.flatnonzero(row)
        if not len(places):  # dependent already: any two others complete the set
            yield (*chosen, int(indices[at])), indices[at + 1 :], np.zeros((len(indices) - at - 1, rest.shape[1]), int)
            continue
        pivot = row * pow(int(row[places[0]]), -1, p) % p
        later = rest[at + 1 :]
        left = (later - later[:, places[0]][:, None] * pivot) % p
        yield from _eliminated((*chosen, int(indices[at])), indices[at + 1 :], left, size, p)


def _parallel(rest: np.ndarray, p: int) -> list[tuple[int, ...]]:
    """Pairs of rows that are parallel modulo p, and single rows that are zero."""
    zero = ~rest.any(axis=1)
    if zero.any():
        return [(int(i),) for i in np.flatnonzero(zero)]
    first = (rest != 0).argmax(axis=1)
    leads = rest[np.arange(len(rest)), first]
    normal = rest * _inverses(leads, p)[:, None] % p
    _, inverse, counts = np.unique(normal, axis=0, return_inverse=True, return_counts=True)
    if len(counts) == len(rest):
        return []
    inverse = inverse.ravel()
    groups = (np.flatnonzero(inverse == c).tolist() for c in np.flatnonzero(counts > 1))
    return [pair for group in groups for pair in itertools.combinations(group, 2)]


def _inverses(x: np.ndarray, p: int) -> np.ndarray:
    """x ** (p - 2) mod p."""
    out, exponent = np.ones_like(x), p - 2
    while exponent:
        if exponent & 1:
            out = out * x % p
        x, exponent = x * x % p, exponent >> 1
    return out


def _independent(columns: Columns) -> list[int]:
    """The first columns that are one more than independent."""
    rows = columns.nmod(2**61 - 1).rref()
    reduced, rank = rows
    pivots = [next(j for j in range(columns.n) if int(reduced[i, j])) for i in range(rank)]
    return sorted({*pivots, next(j for j in range(columns.n) if j not in pivots)})


def _rank(columns: Columns, which: list[int]) -> int:
    return int(columns.restricted(which).fmpz().rank())


def _relation(columns: Columns, which: list[int]) -> list[int]:
    """An integer vector over `which` with these columns summing to zero."""
    basis, nullity = columns.restricted(which).fmpz().nullspace()
    if not nullity:
        raise ArithmeticError("independent columns")
    vector = [int(basis[i, 0]) for i in range(len(which))]
    shared = math.gcd(*vector)
    return [x // shared for x in vector]


def _circuit(columns: Columns, which: list[int]) -> list[int]:
    """The columns of a relation between dependent ones that has an entry that is not zero for each."""
    return [i for i, x in zip(which, _relation(columns, which), strict=True) if x]


def _vector(columns: Columns, support: list[int]) -> list[int]:
    entries = dict(zip(support, _relation(columns, support), strict=True))
    return [entries.get(i, 0) for i in range(columns.n)]


METHOD = Method(
    name="spark",
    theorem="every few columns independent, and a dependent set (Donoho and Elad 2003)",
    closes=(SPARK,),
    cost=84,
    accepts=accepts,
    search=search,
)
