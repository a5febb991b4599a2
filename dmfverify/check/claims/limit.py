"""Limits of differences that lie in the kernel: gamma is infinite, whether or not the problem is identifiable."""

from fractions import Fraction

from ..strict import keys, require
from .enclosure import at, elements, read_coordinate, same

MAX_ORDER = 12


def limit(claim, ledger, work):
    """Two curves in the model whose products agree to a higher order in t than their path products do.

    T(t) = P(h(t)) - P(g(t)) is of order t^m or larger, A T(t) of order t^(m + 1) or smaller: |AT|/|T| goes to zero.
    """
    keys(claim, ("kind", "order", "h", "g", "coordinate"), (), "limit")
    statement, m = ledger.statement, claim["order"]
    require(type(m) is int and 1 <= m <= MAX_ORDER, f"order: not an integer in 1..{MAX_ORDER}")
    zero = [0] * (m + 1) + [1]  # t^(m + 1) = 0
    h, g = (elements(claim[name], statement, zero, name) for name in "hg")
    require(all(statement.allows(_for_small_t(side)) for side in (h, g)), "limit: the curves are not in the model")
    coordinate = read_coordinate(claim["coordinate"], statement)
    gap = at(h, coordinate, zero) - at(g, coordinate, zero)
    require(gap, "limit: the coordinate does not tell the curves apart")
    require(same(statement, h, g, zero, work), "limit: the products differ")
    ledger.low("dnsp.gamma", float("inf"))
    ledger.high("dnsp.kappa", Fraction(0))
    if statement.kind != "free":  # T(t) and its limit lie in the union of the two boxes
        ledger.low("sparse_dnsp.gamma", float("inf"))
        ledger.low("sparse_dnsp.gamma_union", float("inf"))


def _for_small_t(side):
    """The lowest coefficient of each entry: it has the entry's sign for small t > 0, and is zero with it."""
    return [[next((c for c in x.coefficients if c), Fraction(0)) for x in part] for part in side]
