"""Families of supports: independent columns on every union of two boxes.

Theorem.  T = P(h) - P(g) with h in one support and g in another lives on the union of the two
boxes; if the columns there are independent for every pair of maximal supports, the family is
uniformly identifiable, over C as well.  Boxes of unions with independent columns give the sparse
deep null space property with (1, inf).  [Malgouyres 2020, section 4; union of boxes: our sharpening]
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement

import numpy as np

from ..certificate import Claim, Nothing
from ..exact import sqrt_above, sqrt_below
from ..lifting import Lifting, TooLarge
from ..method import PRIMES, Budget, Method, Proved, closed
from ..problem.forms import Support

MAX_SUPPORTS = 300
MAX_BOX = 40

Box = tuple[int, ...]


def accepts(lifting: Lifting, proved: Proved) -> str:
    """A family of supports small enough to take pair by pair."""
    if lifting.statement.model.kind == "free":
        return "the model is free"
    if proved.get("sparse_dnsp.deficient_pairs") is not None and closed("sparse_dnsp.gamma_union", proved):
        return "the boxes of all pairs have been looked at"
    if lifting.statement.model.family_size(lifting.sizes) > MAX_SUPPORTS:
        return f"more than {MAX_SUPPORTS} supports"
    try:
        return "" if lifting.columns.m else "the lifting is zero"
    except TooLarge as error:
        return str(error)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One claim for the whole family."""
    supports = list(lifting.statement.model.maximal(lifting.sizes))
    table = _Table(lifting)
    unions, boxes = [], []
    for s, t in combinations_with_replacement(supports, 2):
        union, box = table.union(s, t), table.box(s, t)
        if not table.independent(union):
            return Nothing("the columns in a union of two boxes are dependent")
        unions.append(union)
        boxes.append(box)
    deficient = sum(not table.independent(box) for box in boxes)
    order = list(combinations_with_replacement(range(len(supports)), 2))
    evidence: dict[str, object] = {"prime": PRIMES[0], "deficient": deficient}
    evidence |= {"lower_rip": None, "lower_rip_union": None}
    if not deficient:
        evidence |= _least(table, boxes, order, "lower_rip", "worst")
    evidence |= _least(table, unions, order, "lower_rip_union", "worst_union")
    return [Claim("pairs-injective", evidence)]


class _Table:
    """Boxes as sets of coordinates, with ranks and least eigenvalues looked at once for equal sets."""

    def __init__(self, lifting: Lifting) -> None:
        self.lifting = lifting
        self.gram = lifting.columns.gram() * lifting.columns.weight
        self.square = lifting.columns.denominator**2
        self.coordinates = np.array(lifting.coordinates)
        self._independent: dict[Box, bool] = {}
        self.floats = np.array([[float(Fraction(int(x), self.square)) for x in row] for row in self.gram])

    def box(self, s: Support, t: Support) -> Box:
        """Coordinates in the box of the unions."""
        return self._inside([tuple(set(a) | set(b)) for a, b in zip(s, t, strict=True)])

    def union(self, s: Support, t: Support) -> Box:
        """Coordinates in the union of the boxes."""
        return tuple(sorted(set(self._inside(s)) | set(self._inside(t))))

    def _inside(self, support: Support | list[tuple[int, ...]]) -> Box:
        masks = [np.isin(self.coordinates[:, k], part) for k, part in enumerate(support)]
        return tuple(np.flatnonzero(np.all(masks, axis=0)).tolist())

    def independent(self, which: Box) -> bool:
        """Whether these columns are independent modulo the first prime."""
        if which not in self._independent:
            rank = self.lifting.restricted(which).nmod(PRIMES[0]).rank() if which else 0
            self._independent[which] = rank == len(which)
        return self._independent[which]

    def least(self, which: Box) -> float:
        """An estimate of the least eigenvalue of the Gram matrix."""
        return float(np.linalg.eigvalsh(self.floats[np.ix_(which, which)])[0])


def _least(table: _Table, boxes: list[Box], order: list[tuple[int, int]], name: str, key: str) -> dict[str, object]:
    """The least singular value over the pairs: bracket, and the pair and vector that reach it."""
    if not 0 < max(map(len, boxes)) <= MAX_BOX:
        return {}
    estimates = {which: table.least(which) for which in dict.fromkeys(boxes) if which}
    worst = min(estimates, key=lambda which: estimates[which])
    values, vectors = np.linalg.eigh(table.floats[np.ix_(worst, worst)])
    x = np.array([round(float(v) * 2**40) for v in vectors[:, 0]], dtype=object)
    G = table.gram[np.ix_(worst, worst)]
    quotient = Fraction(int(x.dot(G.dot(x))), int(x.dot(x)) * table.square)
    vector, pair = x.tolist(), list(order[boxes.index(worst)])
    low = next(_lower_ends(table, list(estimates), quotient), Fraction(0))
    return {name: [low, sqrt_above(quotient)], key: {"pair": pair, "vector": vector}}


def _lower_ends(table: _Table, boxes: list[Box], quotient: Fraction) -> Iterator[Fraction]:
    """Lower ends for which every box passes an exact test of positivity, the sharpest first."""
    for gap in (Fraction(0), Fraction(1, 10**13), Fraction(1, 10**10), Fraction(1, 10**6)):
        low = sqrt_below(quotient * (1 - gap))
        if all(_semidefinite(table.gram[np.ix_(b, b)], low**2 * table.square) for b in boxes):
            yield low


def _semidefinite(G: np.ndarray, shift: Fraction) -> bool:
    """Whether G - shift*I is positive semidefinite, by exact elimination in flint."""
    import flint

    n = len(G)
    M = flint.fmpq_mat(n, n, [flint.fmpq(int(x)) for x in G.flat])
    for i in range(n):
        M[i, i] = M[i, i] - flint.fmpq(shift.numerator, shift.denominator)
    rows = [[M[i, j] for j in range(n)] for i in range(n)]
    for k in range(n):
        pivot = rows[k][k]
        if pivot < 0 or (pivot == 0 and any(x != 0 for x in rows[k][k:])):
            return False
        for i in range(k + 1, n) if pivot != 0 else ():
            factor = rows[i][k] / pivot
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k], strict=True)]
    return True


METHOD = Method(
    name="pairs of supports",
    theorem="independent columns on each union of two boxes (Malgouyres 2020; union of boxes)",
    closes=("identifiability.uniform.verdict", "sparse_dnsp.gamma_union", "sparse_dnsp.lower_rip"),
    cost=25,
    accepts=accepts,
    search=search,
)
