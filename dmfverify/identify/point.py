"""At given parameters: the rank of the Jacobian there, how stiffly they are held, other parameters with their product.

Theorem (rank).  Let T be the directions of the scalings at h.  The Jacobian J vanishes on T; where its kernel is T and
the scalings act freely, h is alone in a neighbourhood but for rescalings.  [constant rank theorem]

Theorem (stiffness).  Let |Je|^2 + w^2|T^T e|^2 >= s^2|e|^2 for all e.  The point g' of the class of g that is closest
to h satisfies |T^T(g' - h)| <= 2|g' - h|^2, so that the product moves by at least (s - (2w + c)|g' - h|)|g' - h|, c a
bound of all terms of second order and above.  Within r = s / (2(2w + c)) the distance to the class is at most 2/s
times the difference of the products: no other class has the same product.  [docs/theory/at-a-point.md]
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing, NotPositive, psd_evidence
from ..exact import above, below, sqrt_above
from ..lifting import Lifting
from ..lifting.derivative import Derivative, derivative
from ..method import PRIMES, Budget, Method, Proved, closed
from ..problem.forms import Known, Statement, Support
from ..structure.gauges import moved
from ..structure.graph import largest_rank
from ..structure.scalings import Chart, chart
from .gauge import SIZES, candidates, fields
from .jacobian import jacobian, too_large, triangular
from .witnesses import allowed, witness

SUPPORTS = 500
"""Maximal supports that are looked through."""
MOST = 700
"""Parameters of a Gram matrix of the Jacobian at most."""
KERNEL = 400
"""Parameters of a Jacobian whose kernel is written down at most."""
CELLS = 4_000_000
"""Entries of a dense Jacobian at most."""
EXCHANGES = 40
"""Pairs of factors whose parameters are exchanged at most."""
SLACKS = (1e-4, 1e-2, 0.1, 0.5)
"""By how much the lower end is taken below the numerical value, one after the other."""
BITS = 200
"""Fractional bits of the vector behind an upper end."""
REFINEMENTS = 4
LEAST = 1e-12
"""Singular values below so much of the greatest are taken for zero."""


def holding(lifting: Lifting) -> list[Support]:
    """The maximal supports that hold the point."""
    statement, point = lifting.statement, lifting.point
    assert point is not None
    found = statement.model.maximal(lifting.sizes)
    own = [{i for i, x in enumerate(part) if x} for part in point]
    return [box for box in found if all(s <= set(b) for s, b in zip(own, box, strict=True))]


def _accepts(lifting: Lifting, proved: Proved, path: str) -> str:
    statement = lifting.statement
    if lifting.point is None:
        return "no parameters were given"
    if closed(path, proved):
        return "the question is answered"
    if any(isinstance(f, Known) and not f.entries for f in statement.forms):
        return "a known factor is zero"
    if statement.model.family_size(lifting.sizes) > SUPPORTS:
        return f"more than {SUPPORTS} maximal supports"
    return ""


# ------------------------------------------------------------------ the rank


def accepts_rank(lifting: Lifting, proved: Proved) -> str:
    """A point, and factors that can be multiplied."""
    if reason := _accepts(lifting, proved, "at.rank"):
        return reason
    reason = too_large(lifting.statement)
    if not reason or triangular(lifting.statement, tuple(tuple(range(n)) for n in lifting.sizes)):
        return ""
    return f"{reason} would have to be written down"


def search_rank(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One claim a maximal support that holds the point."""
    claims = []
    for support in holding(lifting):
        claim = _rank_claim(lifting, support, budget.seed)
        if isinstance(claim, Nothing):
            return claim
        claims.append(claim)
    return claims or Nothing("no maximal support holds the point")


def _rank_claim(lifting: Lifting, support: Support, seed: int) -> Claim | Nothing:
    statement, point = lifting.statement, lifting.point
    assert point is not None
    most = largest_rank(statement, support)
    evidence: dict[str, Any] = {"prime": PRIMES[0], "support": [list(s) for s in support], "rank": most, "kernel": []}
    rows = triangular(statement, support) if all(all(point[k][i] for i in s) for k, s in enumerate(support)) else None
    if rows and len(rows) == most:
        return Claim("point-rank", {**evidence, "rows": [list(row) for row in rows]})
    for p in PRIMES:
        found = jacobian(lifting, support, p, seed, point=_residues(point, support, p))
        if found.rank == most:
            extra = {"rows": found.claim().evidence["rows"]} if found.positions is not None else {}
            return Claim("point-rank", {**evidence, "prime": p, **extra})
    return _deficient(lifting, support, evidence)


def _residues(point: list[list[Fraction]], support: Support, p: int) -> list[list[int]]:
    """The point over one denominator, modulo p."""
    common = math.lcm(1, *(x.denominator for part in point for x in part))
    inside = [set(s) for s in support]
    return [[int(x * common) % p if i in s else 0 for i, x in enumerate(part)]
            for part, s in zip(point, inside, strict=True)]  # fmt: skip


def _deficient(lifting: Lifting, support: Support, evidence: dict[str, Any]) -> Claim | Nothing:
    """The exact rank below the largest, with the whole kernel of the Jacobian."""
    import flint

    found = chart(lifting.statement, support)
    if len(found.order) > KERNEL:
        return Nothing(f"the rank falls short and the kernel of {len(found.order)} parameters is not written down")
    D = _at(lifting, found)
    if len(found.order) * D.positions > CELLS:
        return Nothing("the rank falls short and the Jacobian is too large for its kernel")
    matrix, nullity = _dense(D).transpose().nullspace()
    kernel = []
    for n in range(nullity):
        column = [int(matrix[i, n]) for i in range(matrix.nrows())]
        content = math.gcd(*column) or 1
        kernel.append([x // content for x in column])
    rank = len(found.order) - nullity
    for p in PRIMES:
        if flint.nmod_mat(_dense(D), p).rank() == rank:
            return Claim("point-rank", {**evidence, "prime": p, "rank": rank, "kernel": kernel})
    return Nothing("the rank falls short modulo each of the primes")


def _at(lifting: Lifting, found: Chart) -> Derivative:
    assert lifting.point is not None
    return derivative(lifting.chain, lifting.point, found.numbers)


def _dense(D: Derivative) -> Any:
    """The Jacobian as an integer matrix, a row a parameter."""
    import flint

    out = flint.fmpz_mat(len(D.rows), max(1, D.positions))
    for n, row in enumerate(D.rows):
        for c, v in row.items():
            out[n, c] = v
    return out


# ------------------------------------------------------------------ stiffness


def accepts_stiffness(lifting: Lifting, proved: Proved) -> str:
    """A point with a Jacobian of full rank, not too large."""
    if reason := _accepts(lifting, proved, "at.radius"):
        return reason
    if proved.get("at.local") == "no" or proved.get("at.rank") != proved.get("at.expected"):
        return "the Jacobian has more kernel than the scalings explain"
    if proved.get("at.nonzero") != "yes":
        return "a factor or a neuron is zero at the point"
    if sum(lifting.sizes) > MOST:
        return f"more than {MOST} parameters"
    return ""


def search_stiffness(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One claim for all maximal supports that hold the point."""
    items = []
    for support in holding(lifting):
        if budget.spent:
            return Nothing("the time was spent")
        item = _item(lifting, support)
        if isinstance(item, Nothing):
            return item
        items.append(item)
    return [Claim("stiffness", {"items": items})]


def _item(lifting: Lifting, support: Support) -> dict[str, Any] | Nothing:
    found = chart(lifting.statement, support)
    D = _at(lifting, found)
    if len(found.order) * D.positions > CELLS:
        return Nothing(f"a Jacobian of {len(found.order)} times {D.positions} entries")
    J = _dense(D)
    gram = D.weight * (J * J.transpose())
    spectrum = _spectrum(J, D, len(found.joints))
    sigma = spectrum.sigma
    if not sigma:
        return Nothing("the least singular value vanishes to double precision")
    border, parts = _border(lifting.statement, found, D)
    weight = _weight(border, parts * D.common**2, len(found.joints), sigma)
    for slack in SLACKS:
        low = below(Fraction(sigma * (1 - slack)), 6)
        try:
            psd = psd_evidence(_bordered(gram, border, D, parts, weight, low))
        except NotPositive:
            continue
        upper, vector = _upper(gram, spectrum, D.denominator)
        item = {"support": [list(s) for s in support], "weight": weight, "lower": low, "psd": psd}
        return {**item, "vector": vector, "upper": upper}
    return Nothing("no positive definite matrix was found")


def _floats(matrix: Any, divisor: int) -> np.ndarray:
    """The integer matrix over a divisor, in double precision."""
    return np.array([[int(x) / divisor for x in row] for row in matrix.table()])


@dataclass(frozen=True)
class _Spectrum:
    """J^T = V diag(s) W^T in double precision, s ascending; `weakest` is the first that the scalings do not explain."""

    values: np.ndarray
    vectors: np.ndarray
    weakest: int

    @property
    def sigma(self) -> float:
        """The least singular value but for the scalings; 0 when it is not told from rounding."""
        value = float(self.values[self.weakest])
        return value if value > LEAST * float(self.values[-1]) else 0.0


def _spectrum(J: Any, D: Derivative, joints: int) -> _Spectrum:
    root = math.sqrt(D.weight)
    floats = root * _floats(J, D.denominator)
    vectors, values, _ = np.linalg.svd(floats, full_matrices=floats.shape[0] > floats.shape[1])
    full = np.zeros(len(vectors))
    full[: len(values)] = values
    return _Spectrum(full[::-1], vectors[:, ::-1], joints)


def _border(statement: Statement, found: Chart, D: Derivative) -> tuple[Any, int]:
    """The integer matrix T T^T times common^2 parts, and `parts` (see the checker's `stiffness`)."""
    import flint

    n, K = len(found.order), statement.K
    if statement.equivalence == "scale":
        h = [D.values[k][i] for k, i in found.order]
        owners = [k for k, _ in found.order]
        entries = [((K if k == m else 0) - 1) * x * y for k, x in zip(owners, h, strict=True)
                   for m, y in zip(owners, h, strict=True)]  # fmt: skip
        return flint.fmpz_mat(n, n, entries), K
    T = flint.fmpz_mat(max(1, len(found.joints)), n)
    for a, vector in enumerate(found.tangents(D.values)):
        for place, x in vector.items():
            T[a, place] = x
    return T.transpose() * T, 1


def _weight(border: Any, divisor: int, joints: int, sigma: float) -> Fraction:
    """w with w^2 T T^T at least sigma^2 on the span of T."""
    if not joints:
        return Fraction(1)
    least = float(np.linalg.eigvalsh(_floats(border, divisor))[-joints])
    return above(Fraction(1.01 * sigma / math.sqrt(least)), 3) if least > 0 else Fraction(1)


def _bordered(gram: Any, border: Any, D: Derivative, parts: int, weight: Fraction, low: Fraction) -> Any:
    """The integer multiple of J^T J + w^2 T T^T - s^2 I that the checker makes."""
    square, d = D.denominator**2, D.common**2
    (wn, wd), (sn, sd) = weight.as_integer_ratio(), low.as_integer_ratio()
    total = d * parts * (wd * sd) ** 2 * gram + square * (wn * sd) ** 2 * border
    take = square * d * parts * (wd * sn) ** 2
    table = [[int(x) for x in row] for row in total.table()]
    for a, row in enumerate(table):
        row[a] -= take
    return table


def _upper(gram: Any, spectrum: _Spectrum, denominator: int) -> tuple[Fraction, list[int]]:
    """A vector u, and the ratio |J x| / |x| of x = J^T J u rounded upwards: x is orthogonal to the kernel.

    u is refined until x points along the weakest direction: what rounding leaves of the others is multiplied by
    the squares of their singular values.
    """
    import flint

    direction = spectrum.vectors[:, spectrum.weakest]
    squares = np.maximum((spectrum.values / spectrum.sigma) ** 2, 1.0)
    scale = denominator**2 * Fraction(spectrum.sigma) ** 2
    target = [int(Fraction(float(x)) * 2**BITS) for x in direction]
    vector = list(target)
    for _ in range(REFINEMENTS):
        x = [int(int(v) / scale) for v in (gram * flint.fmpz_mat(len(vector), 1, vector)).entries()]
        rest = [a - b for a, b in zip(target, x, strict=True)]
        size = max(map(abs, rest), default=0) or 1
        step = spectrum.vectors @ ((spectrum.vectors.T @ np.array([r / size for r in rest])) / squares)
        vector = [v + int(Fraction(float(d)) * size) for v, d in zip(vector, step, strict=True)]
    x = gram * flint.fmpz_mat(len(vector), 1, vector)
    energy, norm = int((x.transpose() * gram * x)[0, 0]), int((x.transpose() * x)[0, 0])
    return sqrt_above(Fraction(energy, norm * denominator**2), 6), vector


# ------------------------------------------------------------------ others with the same product


def accepts_gauge(lifting: Lifting, proved: Proved) -> str:
    """An open verdict at the point, and at least two factors."""
    if reason := _accepts(lifting, proved, "at.verdict"):
        return reason
    return "a single factor has no neighbour" if lifting.statement.K < 2 else ""


def search_gauge(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """A finite gauge transform of the point in another class, and the gauge fields that move it."""
    statement, point = lifting.statement, lifting.point
    assert point is not None
    claims: list[Claim] = []
    for support in holding(lifting):
        if claim := _transform(lifting, support, budget) or _exchanged(lifting, budget):
            claims.append(claim)
        elsewhere, chosen = fields(statement, support, PRIMES[0], budget.seed)
        if len(chosen) > len(chart(statement, support).joints):
            evidence = {"prime": PRIMES[0], "point": elsewhere, "support": [list(s) for s in support], "fields": chosen}
            claims.append(Claim("gauge", evidence))
        if claims:
            return claims
    return Nothing("no gauge moves these parameters to another class")


def _transform(lifting: Lifting, support: Support, budget: Budget) -> Claim | None:
    h = lifting.point
    assert h is not None
    for found, unit in candidates(lifting.statement, support):
        for t in SIZES if unit.kind != "shift" else SIZES[:1]:
            if budget.spent:
                return None
            g = moved(lifting.statement, found, unit, h, t)
            if g is None or g == h or not allowed(lifting.statement, g):
                continue
            if claim := witness(lifting, h, g):
                return replace(claim, note=f"gauge at the given parameters: {found.name or 'a linear gauge'}")
    return None


def _exchanged(lifting: Lifting, budget: Budget) -> Claim | None:
    """Two factors of one form with their parameters exchanged: the same product where they commute."""
    statement, h = lifting.statement, lifting.point
    assert h is not None
    pairs = [(k, m) for m in range(statement.K) for k in range(m) if statement.factors[k] == statement.factors[m]]
    for k, m in pairs[:EXCHANGES]:
        g = [h[m] if n == k else h[k] if n == m else part for n, part in enumerate(h)]
        if budget.spent:
            return None
        if allowed(statement, g) and (claim := witness(lifting, h, g)):
            return replace(claim, note=f"the parameters of the factors {k} and {m} can be exchanged")
    return None


METHODS = (
    Method(
        name="rank at the point",
        theorem="the exact rank of the Jacobian at the given parameters decides whether they are alone nearby",
        closes=("at.rank",),
        cost=24,
        accepts=accepts_rank,
        search=search_rank,
    ),
    Method(
        name="gauge at the point",
        theorem="a gauge transform of the given parameters, or an exchange of two factors, has their product",
        closes=("at.verdict",),
        cost=6,
        accepts=accepts_gauge,
        search=search_gauge,
    ),
    Method(
        name="stiffness at the point",
        theorem="quantitative inverse function theorem across the orbit of the scalings",
        closes=("at.radius",),
        cost=25,
        accepts=accepts_stiffness,
        search=search_stiffness,
    ),
)
