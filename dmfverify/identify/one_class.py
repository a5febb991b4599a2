"""One class at a point, and at almost every point: the kernel and P(h) span a space with one rank-one tensor.

Theorem.  Let E be the pairs (T, z), T on the coordinates of a support, with A T = z A P(h).  If the products (2 x 2
minor of a flattening, on E) x (monomial) span all forms of some degree d on E but for one dimension, no g of the
support but those with P(g) = P(h) have the product of h, over C as well; if they span all forms, none has.
Proof.  (P(g), 1) lies in E for such g, and the minors vanish there.  Two different points of a projective space have
independent evaluations of degree d.  []
The rank of the products can only grow near h, so that the same holds at almost every h of its support.

Coordinates where the kernel vanishes are known: multiples of z.  A minor both of whose products have such a factor is
divided by z, which is not 0 at (P(g), 1); so kernels that hold rank-one tensors, a zero column for one, are decided.

This is the theorem of restricted minors with P(h) in the place of differences.  A kernel of dimension c misses other
points in general where c plus the dimension of the cone of P(h) is less than the number of coordinates; one more, and
there are as many points as the degree of that cone says.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..lifting.columns import Columns
from ..lifting.linalg import kernel, nullspace
from ..method import PRIMES, Budget, Method, Proved, closed
from ..problem.forms import Support
from .restricted_minors import INTERPOLATED, MAX_COUNT, MAX_FORMS, Pair, cubics, no_more, spanning

GENERIC = "identifiability.generic.verdict"
MAX_SUPPORTS = 24
"""Maximal supports at each of which a point is drawn."""
MAX_AT = 200
"""Maximal supports that are compared with given parameters."""
MAX_ITEMS = 60
MAX_KERNEL = 120
TRIES = 2
"""Points that are drawn on a support, one after the other."""
SPREAD = 9
"""Entries of a point that is drawn, at most."""

Point = list[list[int]]


def _too_large(lifting: Lifting, supports: int) -> str:
    if lifting.statement.model.family_size(lifting.sizes) > supports:
        return f"more than {supports} maximal supports"
    if lifting.count > MAX_COUNT:
        return f"more than {MAX_COUNT} columns"
    try:
        return "" if lifting.columns.m else "the lifting is zero"
    except TooLarge as error:
        return str(error)


# ------------------------------------------------------------------ at almost every point


def accepts(lifting: Lifting, proved: Proved) -> str:
    """An open generic verdict, a few supports, columns that can be listed."""
    if closed(GENERIC, proved):
        return "the question is answered"
    if proved.get("identifiability.local.verdict") == "no":
        return "other classes come arbitrarily close"
    return _too_large(lifting, MAX_SUPPORTS)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One claim for each maximal support, about a point of it that is drawn."""
    rng = np.random.default_rng(budget.seed)
    claims = []
    for support in lifting.statement.model.maximal(lifting.sizes):
        found: Claim | Nothing = Nothing("no point")
        for _ in range(TRIES):
            found = about(lifting, drawn(lifting, support, rng), budget)
            if not isinstance(found, Nothing) or budget.spent:
                break
        if isinstance(found, Nothing):
            return found
        claims.append(found)
    return claims


def drawn(lifting: Lifting, support: Support, rng: np.random.Generator) -> list[list[Fraction]]:
    """Small integers, none of them 0 on the support."""
    h = [[Fraction(0)] * n for n in lifting.sizes]
    for part, indices in zip(h, support, strict=True):
        for i in indices:
            part[i] = Fraction(int(rng.integers(1, SPREAD + 1)) * int(rng.choice((-1, 1))))
    return h


# ------------------------------------------------------------------ at given parameters


def accepts_point(lifting: Lifting, proved: Proved) -> str:
    """Given parameters about which nothing is decided, columns that can be listed."""
    if lifting.point is None:
        return "no parameters were given"
    if closed("at.verdict", proved):
        return "the question is answered"
    return _too_large(lifting, MAX_AT)


def search_point(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The claim about the given parameters."""
    assert lifting.point is not None
    found = about(lifting, lifting.point, budget)
    return found if isinstance(found, Nothing) else [found]


# ------------------------------------------------------------------ one point


def about(lifting: Lifting, h: list[list[Fraction]], budget: Budget) -> Claim | Nothing:
    """The claim that no other class has the product of h, or why there is none."""
    common = math.lcm(*(x.denominator for part in h for x in part))
    P = lifting.P([[int(x * common) for x in part] for part in h])
    values = np.array([int(x) for x in P.tolist()], dtype=object)
    if not values.any():
        return Nothing("all path products are zero")
    image = _image(lifting.columns, values)
    items: list[dict[str, Any]] = []
    for support in lifting.statement.model.maximal(lifting.sizes):
        pair = Pair(lifting, support, ((),) * lifting.K)
        held = set(pair.where)
        own = all(k in held for k in np.flatnonzero(values).tolist())
        columns = _beside(lifting.restricted(pair.where), image)
        r = columns.n - columns.nmod(PRIMES[0]).rank()
        if r == own:
            continue
        if budget.spent:
            return Nothing("time budget spent")
        if len(items) == MAX_ITEMS:
            return Nothing(f"more than {MAX_ITEMS} supports with a kernel")
        found = _item(pair, columns, r, values[pair.where].tolist() if own else None, budget)
        if isinstance(found, Nothing):
            return found
        items.append({"support": support, **found})
    return Claim("one-class", {"prime": PRIMES[0], "h": h, "items": items})


def _image(columns: Columns, values: np.ndarray) -> dict[int, int]:
    """The combination of the columns with these coefficients, by row."""
    out: dict[int, int] = {}
    for k, r, x in zip(columns.column.tolist(), columns.row.tolist(), columns.value.tolist(), strict=True):
        out[r] = out.get(r, 0) + int(values[k]) * x
    return {r: out[r] for r in sorted(out) if out[r]}


def _beside(columns: Columns, image: dict[int, int]) -> Columns:
    """The columns with one more behind them."""
    return Columns(
        columns.n + 1,
        columns.rows_kind,
        columns.rows,
        columns.denominator,
        columns.weight,
        np.concatenate([columns.column, np.full(len(image), columns.n)]),
        np.concatenate([columns.row, np.array(list(image), dtype=np.int64)]),
        np.array([*columns.value.tolist(), *image.values()], dtype=object),
    )


def _item(pair: Pair, columns: Columns, r: int, P: list[int] | None, budget: Budget) -> dict[str, Any] | Nothing:
    """The evidence on a support, columns with a kernel of dimension r; P is P(h) there, if nothing lies elsewhere."""
    n = len(pair.where)
    if P is None and (apart := _apart(columns)) is not None:
        return {"apart": apart}
    kernel_part = pair.kernel if P is not None and r <= MAX_KERNEL else []
    known = frozenset(a for a in range(n) if kernel_part and not any(v[a] for v in kernel_part))
    if P is not None and r - 1 + pair.dimension >= n + bool(known):
        return Nothing(
            f"with a kernel of dimension {r - 1} the products of dimension {pair.dimension}, in {n} coordinates, "
            "have several classes over C, or one that counts more than once"
        )
    if r > MAX_KERNEL:
        return Nothing(f"a kernel of dimension {r} with the product of h")
    if P is not None and not known and pair.lifting.all_alive:
        least = degree(tuple(map(len, pair.left)), n - r, 1)
        if (size := math.comb(r + least - 1, least)) > MAX_FORMS:
            return Nothing(f"degree {least} in {r} variables, which is needed in general, has {size} forms")
    vectors = kernel(columns) if P is None else [[*P, -1], *([*v, 0] for v in kernel_part)]
    further = not pair.lifting.all_alive and n <= INTERPOLATED
    tables = [no_more, cubics] if further else [no_more]
    found = spanning(pair, vectors, budget, tables, int(P is not None), known)
    return found if isinstance(found, Nothing) else {"kernel": vectors, "divided": [], **found}


def degree(sizes: tuple[int, ...], codimension: int, points: int) -> int:
    """The degree in which minors span all forms but for so many points on a general space of this codimension.

    Rank-one tensors are Cohen-Macaulay, with products of binomials as their Hilbert function; a hyperplane takes
    from the values of a degree those of the degree before, while something is left.

    >>> degree((3, 3), 6, 1), degree((5, 5), 9, 1), degree((3, 3, 3), 8, 1), degree((3, 3), 5, 0)
    (2, 4, 3, 3)
    """
    for d in itertools.count(2):
        values = (math.prod(math.comb(s + e - 1, e) for s in sizes) for e in range(d, -1, -1))
        if sum((-1) ** i * math.comb(codimension, i) * x for i, x in enumerate(values)) <= points:
            return d
    raise AssertionError("endless")


def _apart(columns: Columns) -> list[int] | None:
    """A vector over the rows that is orthogonal to all columns but the last, if there is one."""
    dense = columns.dense()
    rows = np.flatnonzero((dense != 0).any(axis=1))
    for v in nullspace(dense[rows, :-1].T):
        if sum(x * int(y) for x, y in zip(v, dense[rows, -1], strict=True)):
            out = [0] * len(dense)
            for r, x in zip(rows.tolist(), v, strict=True):
                out[r] = x
            return out
    return None


METHODS = (
    Method(
        name="one class at a point",
        theorem="minors x monomials span all forms of a degree but one on P(h) + Ker A: almost every h has one class",
        closes=(GENERIC,),
        cost=42,
        accepts=accepts,
        search=search,
    ),
    Method(
        name="one class at the given point",
        theorem="minors x monomials span all forms of a degree but one on P(h) + Ker A: no other class has its product",
        closes=("at.verdict",),
        cost=41,
        accepts=accepts_point,
        search=search_point,
    ),
)
