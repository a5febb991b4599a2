"""K = 1: the singular values of all submatrices of so many columns."""

from fractions import Fraction
from math import inf

from ..algebra import apply, dot
from ..growth import require_growth
from ..proved import OVER_C, UNIFORM
from ..strict import bracket, index, indices, integers, keys, require
from .gram import true_gram

MAX_BITS = 256


def column_subsets(claim, ledger, work):
    """Brackets of the least and of the greatest singular value over all sets of `order` columns."""
    keys(claim, ("kind", "order", "bits", "rows", "least", "greatest"), ("worst", "top"), "column-subsets")
    statement = ledger.statement
    require(statement.K == 1 and statement.equivalence == "scale", "column-subsets: K is not 1")
    G, square = true_gram(ledger, "columns", claim["rows"], work)
    order = index(claim["order"], len(G) + 1, "order")
    bits = index(claim["bits"], MAX_BITS + 1, "bits")
    require(order > 0 and bits > 7, "column-subsets: no columns, or no bits")
    least = greatest = None
    if claim["least"] is not None:
        least = low, high = bracket(claim["least"], "least")
        if low:
            p, q = low.numerator**2 * square, low.denominator**2
            require_growth(_shifted(G, q, -p), order, bits, work, "least")
        if high < inf:
            over, under = _quotient(claim.get("worst"), G, order, work, "worst")
            require(over <= high**2 * square * under, "least: the vector does not reach the upper end")
    if claim["greatest"] is not None:
        greatest = low, high = bracket(claim["greatest"], "greatest")
        if high < inf:
            p, q = high.numerator**2 * square, high.denominator**2
            require_growth(_shifted(G, -q, p), order, bits, work, "greatest")
        if low:
            over, under = _quotient(claim.get("top"), G, order, work, "top")
            require(over >= low**2 * square * under, "greatest: the vector does not reach the lower end")
    _enter(ledger, order, least, greatest)


def _shifted(G, q, p):
    """q G + p I."""
    return [[q * x + (p if i == j else 0) for j, x in enumerate(row)] for i, row in enumerate(G)]


def _quotient(raw, G, order, work, what):
    """x^T G x and x^T x for an integer vector on some columns."""
    keys(raw, ("columns", "vector"), (), what)
    columns = indices(raw["columns"], len(G), f"{what}.columns")
    require(len(columns) <= order, f"{what}: more columns than the order")
    x = integers(raw["vector"], len(columns), f"{what}.vector")
    require(any(x), f"{what}: the vector is zero")
    block = [[G[i][j] for j in columns] for i in columns]
    return dot(x, apply(block, x, work)), dot(x, x)


def _enter(ledger, order, least, greatest):
    ledger.subsets(order, least, greatest)
    family = ledger.statement.family
    if least is None or not least[0] or family.kind != "sparse":
        return
    if order >= min(2 * family.sparsity[0], family.sizes[0]):
        ledger.fact(UNIFORM, "yes")
        ledger.fact(OVER_C, "yes")
        ledger.fact("sparse_dnsp.deficient_pairs", 0)
        ledger.exactly("sparse_dnsp.gamma", Fraction(1))
        ledger.exactly("sparse_dnsp.gamma_union", Fraction(1))
        ledger.low("dnsp.kappa", least[0])
        for path in ("sparse_dnsp.lower_rip", "sparse_dnsp.lower_rip_union"):
            ledger.low(path, least[0])
    if order == min(2 * family.sparsity[0], family.sizes[0]):
        for path in ("sparse_dnsp.lower_rip", "sparse_dnsp.lower_rip_union"):
            ledger.high(path, least[1])
        if not family.nonnegative:
            ledger.high("dnsp.kappa", least[1])
