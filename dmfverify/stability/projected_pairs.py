"""Gamma of families of supports from least eigenvalues of the projection.

Theorem.  A difference T = P(h) - P(g) lives on the union U of the boxes of two supports, so |Pi T|^2 is at least the
least eigenvalue of Pi, restricted to U, times |T|^2.  For one factor that is all there is to gamma: the differences
fill the union.  For several it is a bound, finite as soon as every union is injective, and needs no program.
[theory: sections 3 and 4]
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement

import numpy as np

from ..certificate import Claim, Nothing, NotPositive
from ..exact import sqrt_above
from ..lifting import Lifting, TooLarge
from ..method import Budget, Method, Proved
from ..problem.forms import Support
from . import local_search
from .brackets import room
from .local_search import Point
from .quartic import GOOD, MAX_COLUMNS, projection_form

MAX_SUPPORTS = 300
MAX_UNION = 64
MARGINS = (1e-11, 1e-8, 1e-5)
"""Shares of the least eigenvalue that are given up for rounding, one after the other."""

Pair = tuple[Support, Support]


def accepts(lifting: Lifting, proved: Proved) -> str:
    """A family of supports that can be listed, whose gamma is open from above."""
    model = lifting.statement.model
    if model.kind == "free":
        return "the model is free"
    if reason := room("dnsp.gamma", proved, GOOD):
        return reason
    if model.family_size(lifting.sizes) > MAX_SUPPORTS or lifting.count > MAX_COLUMNS:
        return f"more than {MAX_SUPPORTS} supports or {MAX_COLUMNS} coordinates"
    try:
        return "" if lifting.columns.m else "the lifting is zero"
    except TooLarge as error:
        return str(error)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """A claim for all pairs; for one factor a difference that attains it."""
    unions = {union: pair for union, pair in _unions(lifting) if union}
    if max(map(len, unions), default=MAX_UNION + 1) > MAX_UNION:
        return Nothing(f"no union of two boxes with coordinates, or one with more than {MAX_UNION}")
    try:
        form = projection_form(lifting)
    except (NotPositive, ZeroDivisionError):
        return Nothing("the rows of A are too nearly dependent for the precision used")
    floats = form.floats
    values = {u: float(np.linalg.eigvalsh(floats[np.ix_(u, u)])[0]) for u in unions}
    worst = min(values, key=values.__getitem__)
    least = values[worst]
    n, resolution = len(floats), len(floats) * 2.0**-50
    if least <= 8 * resolution:
        return Nothing("the columns of a union of two boxes are dependent, or nearly so")
    margin = next(m for m in (*MARGINS, 0.5) if m * least >= 4 * resolution)
    bound = sqrt_above(1 / (Fraction(least) * (1 - Fraction(margin))))
    bits = min(256, 8 + math.ceil(math.log2(n / (margin * least))))
    upper = Claim("projected-pairs", {**form.evidence, "bits": bits, "bound": max(bound, Fraction(1))})
    if lifting.K > 1 or lifting.statement.model.nonnegative:
        return [upper]
    x = np.linalg.eigh(floats[np.ix_(worst, worst)])[1][:, 0]
    return [upper, *local_search.gamma_claim(lifting, _attained(lifting, worst, unions[worst], x))]


def _unions(lifting: Lifting) -> Iterator[tuple[tuple[int, ...], Pair]]:
    """The coordinates of the unions of two boxes, and the two supports."""
    supports = [(s, frozenset(lifting.box(s))) for s in lifting.statement.model.maximal(lifting.sizes)]
    for (s, one), (t, other) in combinations_with_replacement(supports, 2):
        yield tuple(sorted(one | other)), (s, t)


def _attained(lifting: Lifting, union: tuple[int, ...], pair: Pair, x: np.ndarray) -> Point:
    """One factor: x on the union of two supports as the difference of a vector on each."""
    first = set(pair[0][0])
    h, g = np.zeros(lifting.sizes[0]), np.zeros(lifting.sizes[0])
    for place, value in zip(union, x.tolist(), strict=True):
        (i,) = lifting.coordinates[place]
        (h if i in first else g)[i] = value if i in first else -value
    return Point(0.0, [h], [g])


METHOD = Method(
    name="projection on pairs",
    theorem="the least eigenvalue of the projection on the union of two boxes bounds gamma (theory: section 3)",
    closes=("dnsp.gamma", "identifiability.uniform.verdict"),
    cost=52,
    accepts=accepts,
    search=search,
)
