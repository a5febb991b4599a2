"""Gauge symmetries between neighbouring factors: why the Jacobian falls short, and witnesses made of them.

Theorem (fields).  M_L(U h) F_L = M_L(h) F_L E and E F_R M_R(h') = -F_R M_R(V h') for all h, h' of a support: the
product does not change along (U h, V h').  d fields that are independent at one point leave a generic rank of at most
parameters - d.  [theory.md, section 6; docs/certificate-format.md, `gauge`]

Theorem (witness).  G in the algebra of all such E and invertible: M_L(h) F_L G = M_L(g) F_L and
G^{-1} F_R M_R(h') = F_R M_R(g') for some g, g': the same product, another class unless the equivalence divides G out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..lifting.limits import WORK
from ..method import PRIMES, Budget, Method, Proved, closed
from ..problem.forms import Statement, Support, Taps
from ..structure.gauges import Algebra, Unit, algebras, exchanges, moved
from ..structure.graph import largest_rank
from .jacobian import FAMILY, random_point
from .witnesses import witness

SUPPORTS = 50
"""Maximal supports in which a witness is looked for."""
SIZES = tuple(map(Fraction, ("1", "-1/2", "1/2", "2", "-2", "1/3", "1/8", "-1/8", "1/64", "-1/64")))
"""Sizes t of the finite gauge I + tE that are tried."""
UNITS = 40
"""Elements of one algebra that are tried."""
NAMED = 6
"""Exchanges of nodes that are named."""
FIELDS = 20_000
"""Fields of one claim at most."""


# ------------------------------------------------------------------ fields


def fields(statement: Statement, support: Support, p: int, seed: int = 0) -> tuple[list[list[int]], list[dict]]:
    """A random point, and gauge fields that are independent there modulo p, as evidence.

    None when the equivalence divides all of them out.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern
    >>> full = Pattern((2, 2), ((0, 0), (0, 1), (1, 0), (1, 1)))
    >>> len(fields(Statement("scale", (full, full)), ((0, 1, 2, 3),) * 2, 1_048_573)[1])
    4
    """
    point, gauges = random_point(statement.sizes, support, p, seed), algebras(statement, support)
    if not any(found.beyond > 0 for found in gauges):
        return point, []
    basis = _Echelon(p)
    chosen = []
    for found in gauges:
        for unit in found.units:
            if _readable(unit, p) and basis.add(_tangent(found, unit, point, p)):
                chosen.append({"at": found.place.at, "E": unit.E, "U": unit.U, "V": unit.V})
    return point, chosen


def _readable(unit: Unit, p: int) -> bool:
    return all(v.denominator % p for part in (unit.E, unit.U, unit.V) for *_, v in part)


def _tangent(found: Algebra, unit: Unit, point: list[list[int]], p: int) -> dict[tuple[int, int], int]:
    out: dict[tuple[int, int], int] = {}
    for k, move in ((found.place.left, unit.U), (found.place.right, unit.V)):
        for i, j, v in move:
            x = v.numerator * pow(v.denominator, -1, p) * point[k][j]
            out[k, i] = (out.get((k, i), 0) + x) % p
    return {key: x for key, x in out.items() if x}


class _Echelon:
    """Sparse vectors modulo p in echelon form."""

    def __init__(self, p: int) -> None:
        self.p = p
        self.rows: dict[tuple[int, int], dict] = {}

    def add(self, vector: dict) -> bool:
        """Whether `vector` is independent of those before; then it is kept."""
        while vector:
            lead = min(vector)
            if lead not in self.rows:
                inverse = pow(vector[lead], -1, self.p)
                self.rows[lead] = {key: x * inverse % self.p for key, x in vector.items()}
                return True
            factor, pivot = vector[lead], self.rows[lead]
            merged = {key: (vector.get(key, 0) - factor * pivot.get(key, 0)) % self.p for key in {*vector, *pivot}}
            vector = {key: x for key, x in merged.items() if x}
        return False


def accepts_fields(lifting: Lifting, proved: Proved) -> str:
    """At least two factors, a family that can be listed, and an open question."""
    if closed("identifiability.local.rank", proved):
        return "the rank of the Jacobian is known"
    return _accepts(lifting, FAMILY)


def _accepts(lifting: Lifting, family: int) -> str:
    statement = lifting.statement
    if statement.K < 2:
        return "a single factor has no neighbour"
    if any(isinstance(f, Taps) and f.taps and f.fixed for f in statement.forms):
        return "a layer has parameters and known taps together"
    if statement.model.family_size(lifting.sizes) > family:
        return f"more than {family} maximal supports"
    return ""


def search_fields(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """A claim for each maximal support whose rank the gauges bound below what the equivalence leaves."""
    statement, claims, p = lifting.statement, [], PRIMES[0]
    for support in statement.model.maximal(lifting.sizes):
        if budget.spent:
            break
        point, chosen = fields(statement, support, p, budget.seed)
        most = sum(map(len, support)) - len(chosen)
        if most < largest_rank(statement, support) and len(chosen) <= FIELDS:
            evidence = {"prime": p, "point": point, "support": [list(s) for s in support], "fields": chosen}
            claims.append(Claim("gauge", evidence, note=f"gauge: {describe(lifting)}"))
    return claims or Nothing("no gauge goes beyond what the equivalence divides out")


# ------------------------------------------------------------------ a witness


def accepts_witness(lifting: Lifting, proved: Proved) -> str:
    """The verdict is open, and the product can be multiplied out."""
    if closed("identifiability.uniform.verdict", proved):
        return "the verdict is known"
    return _accepts(lifting, 10**9) or _too_wide(lifting.statement)


def _too_wide(statement: Statement) -> str:
    forms = [f for f in statement.forms if isinstance(f, Taps)]
    size = sum((len(f.taps) + len(f.fixed)) * f.shape[1] for f in forms)
    return f"the layers of taps have {size} entries" if size > WORK else ""


def search_witness(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The first finite gauge that changes the class, verified exactly."""
    try:
        for number, support in enumerate(lifting.statement.model.maximal(lifting.sizes)):
            if number >= SUPPORTS or budget.spent:
                break
            if claim := gauge_witness(lifting, support, budget):
                return [claim]
    except TooLarge as error:
        return Nothing(str(error))
    return Nothing("no gauge was found that changes the class")


def gauge_witness(lifting: Lifting, support: Support, budget: Budget | None = None) -> Claim | None:
    """h positive on the support, g a finite gauge transform of it with no zero where it can be had."""
    h = _positive(lifting.sizes, support)
    spare = None
    for found, unit in candidates(lifting.statement, support):
        for t in SIZES if unit.kind != "shift" else SIZES[:1]:
            if budget and budget.spent:
                return spare
            g = moved(lifting.statement, found, unit, h, t) if t != -1 or unit.kind != "diagonal" else None
            if g is None or g == h or not (claim := witness(lifting, h, g)):
                continue
            claim = replace(claim, note=f"gauge: {found.name or 'a linear gauge'}", family=True)
            if _as_full(h, g):
                return claim
            spare = spare or claim
    return spare


def candidates(statement: Statement, support: Support) -> Iterator[tuple[Algebra, Unit]]:
    """Elements that the equivalence does not divide out, those with small finite gauges first."""
    order = ("nilpotent", "shift", "diagonal", "linear", "kernel")
    divided = "" if statement.equivalence == "scale" else "diagonal"
    pairs = [
        (found, unit)
        for found in algebras(statement, support)
        if found.beyond > 0
        for unit in sorted(found.units, key=lambda u: order.index(u.kind))[:UNITS]
        if unit.kind != divided
    ]
    yield from sorted(pairs, key=lambda pair: order.index(pair[1].kind))


def _positive(sizes: tuple[int, ...], support: Support) -> list[list[Fraction]]:
    """Small positive integers that are no product of vectors: generic enough, and easy to read."""
    h = [[Fraction(0)] * n for n in sizes]
    for k, (values, part) in enumerate(zip(h, support, strict=True)):
        for n, i in enumerate(part):
            values[i] = Fraction(1 + (n * n + n * (k + 1) + k) % 3)
    return h


def _as_full(h: list[list[Fraction]], g: list[list[Fraction]]) -> bool:
    return all(bool(x) == bool(y) for a, b in zip(h, g, strict=True) for x, y in zip(a, b, strict=True))


# ------------------------------------------------------------------ in words


def describe(lifting: Lifting) -> str:
    """The gauges and exchanges that the full parameters admit, by name; "" when there are none.

    Exchanges at a single place are part of a GL gauge there, and not named again.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern
    >>> full = Pattern((2, 2), ((0, 0), (0, 1), (1, 0), (1, 1)))
    >>> describe(Lifting(Statement("scale", (full, full))))
    'GL(2) on neurons 0, 1 between factors 0 and 1'
    """
    statement = lifting.statement
    if _accepts(lifting, 10**9):
        return ""
    names = [found.name for found in algebras(statement) if found.name]
    names += [f"an exchange of {_exchange(one)}" for one in exchanges(statement) if len({p for p, _ in one}) > 1]
    return "; ".join(names[:6]) + (f"; and {len(names) - 6} more" if len(names) > 6 else "")


def node_permutations(statement: Statement) -> list[str]:
    """Exchanges of inner nodes that keep every edge, inputs and outputs, by name; at most `NAMED`, maybe not all.

    Under ``neuron-scale`` and ``path-scale`` they lead to other classes with the same product: the scales of nodes are
    divided out, their order is not.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern
    >>> twins = Pattern((1, 2), ((0, 0), (0, 1))), Pattern((2, 1), ((0, 0), (1, 0)))
    >>> node_permutations(Statement("neuron-scale", twins))
    ['nodes 0 and 1 between factors 0 and 1']
    """
    return [] if statement.equivalence == "scale" else [_exchange(one) for one in exchanges(statement, NAMED)]


def _exchange(permutation: dict[tuple[int, int], tuple[int, int]]) -> str:
    (place, a), (_, b) = next(iter(sorted(permutation.items())))
    rest = f" (and {len(permutation) - 2} more nodes with them)" if len(permutation) > 2 else ""
    return f"nodes {a} and {b} between factors {place - 1} and {place}{rest}"


FIELDS_METHOD = Method(
    name="gauge fields",
    theorem="independent fields along which the product is constant bound the generic rank from above",
    closes=("identifiability.local.verdict", "identifiability.local.rank"),
    cost=21,
    accepts=accepts_fields,
    search=search_fields,
)
WITNESS_METHOD = Method(
    name="gauge witness",
    theorem="an invertible matrix and its inverse between two factors leave the product unchanged",
    closes=("identifiability.uniform.verdict",),
    cost=5,
    accepts=accepts_witness,
    search=search_witness,
)
METHODS = (WITNESS_METHOD, FIELDS_METHOD)
