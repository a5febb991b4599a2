"""Over C by dimensions: a linear subspace that is too large to miss the matrices of rank at most two."""

from fractions import Fraction

from ..algebra import pivots_mod
from ..proved import OVER_C
from ..strict import array, integers, keys, prime, require
from .kernel import expand, is_zero


def dimension_count(claim, ledger, work):
    """Two factors: the kernel in the support's box has dimension at least (s - 2)(t - 2) + 1."""
    keys(claim, ("kind", "prime", "support", "kernel"), (), "dimension-count")
    statement = ledger.statement
    require(statement.equivalence == "scale", "dimension-count: the equivalence is not scale")
    require(not statement.family.nonnegative, "dimension-count: non-negative models are about real parameters")
    support = statement.read_box(claim["support"], "support")
    ones = [[Fraction(int(i in part)) for i in range(n)] for part, n in zip(support, statement.sizes, strict=True)]
    require(statement.allows(ones), "dimension-count: the support is not in the model")
    sides = [len(part) for part in support if len(part) > 1]
    require(len(sides) == 2, "dimension-count: not exactly two factors with several entries")
    columns = expand(statement, work)
    n = len(columns.columns)
    vectors = [integers(v, n, "kernel") for v in array(claim["kernel"], "kernel")]
    require(len(vectors) > (sides[0] - 2) * (sides[1] - 2), "dimension-count: too few vectors")
    inside = [all(i in part for i, part in zip(multi, support, strict=True)) for multi in columns.coordinates]
    require(all(ok or not x for v in vectors for x, ok in zip(v, inside, strict=True)), "kernel: outside the support")
    require(all(is_zero(columns, v, work) for v in vectors), "kernel: a vector is not in the kernel")
    independent = pivots_mod(vectors, n, prime(claim["prime"]), work)
    require(len(independent) == len(vectors), "kernel: dependent modulo the prime")
    ledger.fact(OVER_C, "no")
