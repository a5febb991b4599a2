"""K = 1: the least and the greatest singular value over all sets of so many columns.

Theorem.  The least singular value over the sets of 2s columns is the lower RIP constant of s-sparse vectors and
the kappa of the model; where it is positive, 2s < spark(A) and all s-sparse vectors are identifiable.
[theory: section 4; Malgouyres 2020]

A local search gives the upper end.  For the lower one no set of columns may fail a bound: bad sets are grown
out of bad pairs (`column_growth`) and none may be left.  The bound comes closer and closer to the upper end,
each one proved being an answer; where a better set of columns turns up it is the new upper end.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..exact import sqrt_above, sqrt_below
from ..lifting import Lifting, TooLarge
from ..method import Budget, Method, Proved
from .column_growth import TooMany, grow, swaps
from .witnesses import witness

MAX_COLUMNS = 1_000
MAX_STEPS = 3 * 10**8
"""Steps of the checker, of which a claim may cost 4e8."""
GAPS = (Fraction(9, 10), *(Fraction(1, n) for n in (2, 5, 11, 50, 1000, 10**12)))
"""Shares of the least eigenvalue that may be left open, one after the other."""
NEAR = Fraction(5, 4)
"""No more is tried between a gap that could be closed and one that could not, when they are so near."""
DEPENDENT = 1e-10
"""Below this share of the longest column's square an eigenvalue may be zero."""
FINE, COARSE = 60, 32
"""Binary digits of the checker's matrices, for gaps below 1e-6 and above."""


def accepts(lifting: Lifting, proved: Proved) -> str:
    """Sparse vectors and one factor, with few enough columns for a Gram matrix."""
    statement = lifting.statement
    if statement.model.kind != "sparse" or lifting.K != 1 or statement.equivalence != "scale":
        return "not one factor with sparse parameters"
    try:
        columns = lifting.columns
    except TooLarge as error:
        return str(error)
    if columns.n > MAX_COLUMNS:
        return f"more than {MAX_COLUMNS} columns"
    return "" if columns.m else "the lifting is zero"


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Iterator[list[Claim]] | Nothing:
    """Claims with better and better lower ends."""
    order = min(2 * lifting.statement.model.sparsity[0], lifting.columns.n)
    side = Side(lifting, order, "least", budget)
    if (vector := side.kernel) is None:
        return ([claim] for claim in side.claims())
    found = _split(lifting, dict(zip(side.where.tolist(), vector, strict=True)))
    return [found] if found else Nothing(f"{order} dependent columns, but no two vectors of the model")


def _split(lifting: Lifting, vector: dict[int, int]) -> Claim | None:
    """Two vectors of the model whose difference is in the kernel: signs apart first, then halves."""
    n, s = lifting.columns.n, lifting.statement.model.sparsity[0]
    for first in ({i for i, x in vector.items() if x > 0}, set(sorted(vector)[:s])):
        h = [Fraction(vector.get(i, 0) if i in first else 0) for i in range(n)]
        g = [Fraction(0 if i in first else -vector.get(i, 0)) for i in range(n)]
        if claim := witness(lifting, [h], [g]):
            return claim
    return None


class Side:
    """The least or the greatest eigenvalue of A^T A over sets of `order` columns: brackets as claims.

    The greatest is treated as the least one of -A^T A.
    """

    def __init__(self, lifting: Lifting, order: int, name: str, budget: Budget) -> None:
        columns = lifting.columns
        self.rows = columns.rows_kind
        self.matrix, self.square = columns.gram() * columns.weight, columns.denominator**2
        self.order, self.name, self.budget = order, name, budget
        self.sign = 1 if name == "least" else -1
        self.floats = np.array([[float(Fraction(int(x), self.square)) for x in row] for row in self.matrix])
        self.scale = float(np.diag(self.floats).max())
        rng = np.random.default_rng(budget.seed)
        quarter = time.monotonic() + min(20.0, budget.left / 4)
        self.value, self.where = swaps(self.sign * self.floats, order, rng, lambda: quarter - time.monotonic())

    @cached_property
    def kernel(self) -> list[int] | None:
        """Integers by which the best set of columns known adds up to zero, where it does so exactly."""
        import flint

        if self.sign < 0 or self.value > DEPENDENT * self.scale:
            return None
        exact = flint.fmpz_mat(self.order, self.order, [int(x) for x in self.matrix[self._block].flat])
        basis, nullity = exact.nullspace()
        return [int(row[0]) for row in basis.table()] if nullity else None

    @property
    def _block(self) -> Any:
        return np.ix_(self.where, self.where)

    def claims(self) -> Iterator[Claim]:
        """The upper end alone, the first bracket that could be closed, and the best one."""
        yield self.claim(None, COARSE)
        if self.kernel is not None:
            return
        bounds = self._bounds()
        found = next(bounds, None)
        if found is not None:
            yield self.claim(*found)
        if others := list(bounds):
            yield self.claim(*others[-1])

    def _bounds(self) -> Iterator[tuple[Fraction, int]]:
        """Better and better bounds: through the gaps as far as they close, then halfway to the one that does not."""
        closed, failed, gaps = Fraction(1), None, [*GAPS]
        while not self.budget.spent:
            if failed is None and not gaps or failed is not None and closed <= NEAR * failed:
                return
            gap = gaps.pop(0) if failed is None else (closed + failed) / 2
            bits = COARSE if gap > Fraction(1, 10**6) else FINE
            try:
                bound = self._settled(gap, bits)
            except TooMany:
                failed = gap
                continue
            closed = gap
            yield bound, bits

    def _settled(self, gap: Fraction, bits: int) -> Fraction:
        """A bound that no set fails, `gap` from the best set known; better sets are taken over."""
        while True:
            bound = self._bound(gap)
            tau = float(bound) ** 2
            H = self.sign * (self.floats - tau * np.eye(len(self.floats)))
            sets = grow(H, self.order, bits, MAX_STEPS, lambda: self.budget.left)
            if not len(sets):
                return bound
            values = np.linalg.eigvalsh(self.sign * self.floats[sets[:, :, None], sets[:, None, :]])[:, 0]
            if values.min() >= self.value - 1e-12 * self.scale:
                return bound  # bad by rounding alone
            self.value, self.where = float(values.min()), sets[values.argmin()]

    def _bound(self, gap: Fraction) -> Fraction:
        quotient, _ = self.quotient()
        if self.sign > 0:
            return sqrt_below(quotient * (1 - gap))
        return sqrt_above(quotient * (1 + gap))

    def quotient(self) -> tuple[Fraction, dict[str, Any]]:
        """The exact Rayleigh quotient at the best set known, and what shows it."""
        block, x = self._block, self._vector()
        quotient = Fraction(int(x.dot(self.matrix[block].dot(x))), int(x.dot(x)) * self.square)
        return quotient, {"columns": self.where.tolist(), "vector": x.tolist()}

    def _vector(self) -> np.ndarray:
        if self.kernel is not None:
            return np.array(self.kernel, dtype=object)
        vector = np.linalg.eigh(self.sign * self.floats[self._block])[1][:, 0]
        return np.array([round(float(v) * 2**40) for v in vector], dtype=object)

    def claim(self, bound: Fraction | None, bits: int) -> Claim:
        """The bracket between `bound` and the best set known."""
        quotient, shown = self.quotient()
        evidence: dict[str, Any] = {"order": self.order, "bits": bits, "rows": self.rows}
        if self.sign > 0:
            pair: list[Any] = [bound or Fraction(0), sqrt_above(quotient)]
            return Claim("column-subsets", {**evidence, "least": pair, "greatest": None, "worst": shown})
        pair = [sqrt_below(quotient), "inf" if bound is None else bound]
        return Claim("column-subsets", {**evidence, "least": None, "greatest": pair, "top": shown})


METHOD = Method(
    name="sets of columns",
    theorem="bad sets of columns grow out of bad pairs; least singular value over 2s columns (theory: section 4)",
    closes=("sparse_dnsp.lower_rip", "dnsp.kappa", "identifiability.uniform.verdict"),
    cost=23,
    accepts=accepts,
    search=search,
)
