"""Networks with free and known taps in one layer, such as skip connections beside convolutions.

Theorem (injective).  Sum the columns of the opened network over the multi-indices with the same free taps, each times
its known values; leave out the sum without free taps, a constant.  If these are independent, the product determines
all path products.  They are where all opened multi-indices of a response reach different shifts.
Theorem (witness).  Parameters with the same product and different path products.  (The path products are no cone: two
columns that coincide are no witness by themselves.)
Theorem (Jacobian).  Its rank in the free parameters at one point is a lower bound of the generic rank.
[docs/theory/networks.md; docs/certificate-format.md, `skip-injective`]
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..lifting.evaluate import product
from ..lifting.stages import responses
from ..method import PRIMES, Budget, Method, Proved, closed
from ..problem.forms import Statement, Support, Taps
from ..structure import shifts
from ..structure.skips import box, complete, free_part, is_skipped, opened
from .jacobian import FAMILY, jacobian, random_point
from .witnesses import allowed, differing

WRITTEN = 2_000
"""Opened multi-indices whose columns are written down without looking at their shifts first."""
COLUMNS = 30_000
"""Opened multi-indices whose columns are written down at most."""
ENTRIES = 20_000_000
"""Entries of the matrix whose rank is taken at most."""
CANDIDATES = 1_000
"""Parameters with few non-zeros that are compared at most, and as many small random ones."""
EVALUATED = 30_000
"""Known and free taps of all of them together, at most."""

Parameters = list[list[Fraction]]


def _applies(lifting: Lifting, path: str, proved: Proved) -> str:
    if not is_skipped(lifting.statement):
        return "no layer has free and known taps together"
    return "the verdict is known" if closed(path, proved) else ""


# ------------------------------------------------------------------ yes


def accepts_injective(lifting: Lifting, proved: Proved) -> str:
    """A layer of both kinds, and an open verdict."""
    return _applies(lifting, "identifiability.uniform.verdict", proved)


def search_injective(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """By different shifts, at any size; otherwise by the rank of the columns."""
    statement = lifting.statement
    whole = Lifting(opened(statement))
    if whole.count > WRITTEN and _all_different(whole.statement):
        return [Claim("skip-injective", {"prime": None}, "all shifts differ, those of known taps included")]
    if whole.count > COLUMNS:
        return Nothing(f"{whole.count} multi-indices, with shifts that are not all different")
    vectors = coordinates(statement, whole)
    if len(vectors) * whole.columns.m > ENTRIES:
        return Nothing(f"{len(vectors)} columns in {whole.columns.m} rows")
    for p in PRIMES:
        if _rank(vectors, whole.columns.m, p) == len(vectors):
            note = f"the {len(vectors)} path products with a free tap have independent columns"
            return [Claim("skip-injective", {"prime": p}, note)]
    return Nothing(f"the {len(vectors)} columns of path products are dependent, which decides nothing by itself")


def _all_different(statement: Statement) -> bool:
    try:
        return responses(statement) and not shifts.refuses(statement) and shifts.collision(statement) is None
    except shifts.TooMany:
        return False


def coordinates(statement: Statement, whole: Lifting) -> list[dict[int, Fraction]]:
    """The columns of the path products that hold a free tap, in the rows of the opened lifting."""
    found: dict[tuple[int | None, ...], dict[int, Fraction]] = {}
    for place, index in enumerate(whole.coordinates):
        free, weight = free_part(statement, index)
        if any(i is not None for i in free):
            total = found.setdefault(free, {})
            for row, x in whole.columns[place].items():
                total[row] = total.get(row, Fraction(0)) + weight * x
    return list(found.values())


def _rank(vectors: list[dict[int, Fraction]], width: int, p: int) -> int:
    import flint

    matrix = flint.nmod_mat(len(vectors), max(1, width), p)
    for n, vector in enumerate(vectors):
        for row, x in vector.items():
            if x.denominator % p == 0:
                return -1
            matrix[n, row] = x.numerator * pow(x.denominator, -1, p) % p
    return int(matrix.rank())


# ------------------------------------------------------------------ no


def accepts_witness(lifting: Lifting, proved: Proved) -> str:
    """A layer of both kinds, and an open verdict."""
    return _applies(lifting, "identifiability.uniform.verdict", proved)


def search_witness(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """Two small parameters with the same product: few non-zeros first, then random ones."""
    statement = lifting.statement
    whole, seen = Lifting(opened(statement)), dict[Any, list[Parameters]]()
    count = min(CANDIDATES, 1 + EVALUATED // sum(whole.sizes))
    candidates = itertools.chain(
        itertools.islice(_sparse(lifting), count), itertools.islice(_random(lifting, budget), count)
    )
    for h in candidates:
        if budget.spent:
            return Nothing("the time was spent")
        if not allowed(statement, h):
            continue
        key = frozenset(product(whole.chain, complete(statement, h)).items())
        for g in seen.setdefault(key, []):
            if claim := _claim(statement, whole, h, g):
                return [claim]
        seen[key] = [*seen[key][:3], h]
    return Nothing("no two small parameters have the same product and different path products")


def _claim(statement: Statement, whole: Lifting, h: Parameters, g: Parameters) -> Claim | None:
    coordinate = differing(whole.alive, complete(statement, h), complete(statement, g))
    if coordinate is None:
        return None
    note = "two sets of small parameters with the same product"
    zero = any(_zero_kernel(statement, side) for side in (h, g))
    note += "; some kernel of the witness is zero" if zero else "; no kernel of the witness is zero"
    return Claim("skip-witness", {"h": h, "g": g, "coordinate": list(coordinate)}, note)


def _zero_kernel(statement: Statement, h: Parameters) -> bool:
    """Whether all taps between some two nodes are 0."""
    factors = [f for f in statement.factors if isinstance(f, Taps)]
    every = [{t[:2] for t in f.taps} for f in factors]
    used = [{f.taps[i][:2] for i, x in enumerate(part) if x} for f, part in zip(factors, h, strict=True)]
    return used != every


def _sparse(lifting: Lifting) -> Iterator[Parameters]:
    """At most two parameters 1 or -1, the others 0."""
    places = [(k, i) for k, n in enumerate(lifting.sizes) for i in range(n)]
    yield _with(lifting, {})
    for count in (1, 2):
        for chosen in itertools.combinations(places, count):
            for signs in itertools.product((1, -1), repeat=count):
                yield _with(lifting, dict(zip(chosen, signs, strict=True)))


def _random(lifting: Lifting, budget: Budget) -> Iterator[Parameters]:
    rng = random.Random(budget.seed)
    while True:
        yield [[Fraction(rng.choice((-1, 0, 1, 1, 2))) for _ in range(n)] for n in lifting.sizes]


def _with(lifting: Lifting, values: dict[tuple[int, int], int]) -> Parameters:
    return [[Fraction(values.get((k, i), 0)) for i in range(n)] for k, n in enumerate(lifting.sizes)]


# ------------------------------------------------------------------ local


def accepts_jacobian(lifting: Lifting, proved: Proved) -> str:
    """A layer of both kinds, a family that can be listed, an open question."""
    if lifting.statement.model.family_size(lifting.sizes) > FAMILY:
        return f"more than {FAMILY} maximal supports"
    return _applies(lifting, "identifiability.local.rank", proved)


def search_jacobian(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One claim a maximal support."""
    statement, p, claims = lifting.statement, PRIMES[0], []
    if any(t[3].denominator % p == 0 for f in statement.forms for t in f.fixed):  # type: ignore[union-attr]
        return Nothing("a denominator is divisible by the prime")
    whole = Lifting(opened(statement))
    for support in statement.model.maximal(lifting.sizes):
        if budget.spent:
            break
        try:
            point, rank = _rank_at(statement, whole, support, p, budget.seed)
        except TooLarge as error:
            return Nothing(str(error))
        if rank:
            evidence = {"prime": p, "support": [list(s) for s in support], "point": point, "rank": rank}
            claims.append(Claim("skip-jacobian", evidence))
    return claims or Nothing("the Jacobian is zero")


def _rank_at(
    statement: Statement, whole: Lifting, support: Support, p: int, seed: int
) -> tuple[list[list[int]], int]:  # fmt: skip
    point = random_point(statement.sizes, support, p, seed)
    full = complete(statement, [[Fraction(x) for x in part] for part in point])
    residues = [[x.numerator * pow(x.denominator, -1, p) % p for x in part] for part in full]
    inside = box(statement, support)
    found = jacobian(whole, inside, p, point=residues)
    free = [i < n for part, n in zip(inside, statement.sizes, strict=True) for i in part]
    return point, replace(found, matrix=found.matrix[np.array(free)]).rank


INJECTIVE_METHOD = Method(
    name="path products through skips",
    theorem="independent columns of the path products, known taps multiplied in",
    closes=("identifiability.uniform.verdict",),
    cost=3,
    accepts=accepts_injective,
    search=search_injective,
)
WITNESS_METHOD = Method(
    name="small parameters with skips",
    theorem="the same product and different path products",
    closes=("identifiability.uniform.verdict",),
    cost=11,
    accepts=accepts_witness,
    search=search_witness,
)
JACOBIAN_METHOD = Method(
    name="jacobian rank with skips",
    theorem="the rank of the Jacobian in the free parameters bounds the generic rank from below",
    closes=("identifiability.local.verdict", "identifiability.local.rank"),
    cost=20,
    accepts=accepts_jacobian,
    search=search_jacobian,
)
METHODS = (INJECTIVE_METHOD, WITNESS_METHOD, JACOBIAN_METHOD)
