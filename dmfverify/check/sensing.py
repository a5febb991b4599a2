"""What follows for one factor with a sparse model: spark, alpha_s, and identifiability."""

from fractions import Fraction
from math import ceil, inf

SECTION = "compressed_sensing"
ALPHA, SPARK, COHERENCE = (f"{SECTION}.{name}" for name in ("alpha", "spark", "coherence"))
BRACKETS = {ALPHA, SPARK, COHERENCE}


def sensing(ledger):
    """Ends of the brackets from each other; whether every 2s columns are independent, or some are not: True, False."""
    statement = ledger.statement
    s, n = statement.family.sparsity[0], statement.sizes[0]
    ledger.fact(f"{SECTION}.sparsity", s)
    ledger.high(ALPHA, Fraction(1))
    ledger.low(SPARK, 1)
    if ledger.known("sparse_dnsp.deficient_pairs", 0):
        ledger.low(SPARK, 2 * s + 1)
    above = ledger.brackets[ALPHA][1]
    if ledger.known("lifting.kernel_dimension", 0) or above == 0:
        ledger.low(SPARK, inf)
    elif above < 1:
        ledger.low(SPARK, ceil(s / above))  # a vector with t entries that are not 0 has alpha_s >= s/t, or 1 for t <= s
    if ledger.brackets[SPARK][0] > n:
        ledger.low(SPARK, inf)
        ledger.high(ALPHA, Fraction(0))
    low, high = ledger.brackets[SPARK]
    if low > 2 * s:
        return True
    return False if high <= 2 * s and not statement.family.nonnegative else None
