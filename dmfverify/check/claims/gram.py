"""Certified brackets of the least non-zero and the greatest singular value."""

from math import inf

from ..algebra import apply, dot, largest, pivots_mod, semidefinite
from ..lifting import Columns, row_gram
from ..statement import denominator
from ..strict import array, bracket, integer, integers, keys, one_of, prime, require

CHEAP_COLUMNS = 2_000


def gram_bracket(claim, ledger, work):
    """Brackets of sigma_min and sigma_max from the Gram matrix of the columns or of the rows."""
    names = ("kind", "side", "rows", "sigma_min", "sigma_max")
    keys(claim, names, ("kernel", "weight", "psd_min", "row_vector", "psd_max", "top_vector"), "gram-bracket")
    G, square = true_gram(ledger, claim["side"], claim["rows"], work)
    if claim["sigma_min"] is not None:
        ledger.exactly("lifting.sigma_min", *_least(claim, G, square, work))
    if claim["sigma_max"] is not None:
        ledger.exactly("lifting.sigma_max", *_greatest(claim, G, square, work))


def row_rank(claim, ledger, work):
    """The rank of A is that of A A^T: independent rows modulo a prime, and a left kernel of the rest."""
    keys(claim, ("kind", "prime", "rows", "left_kernel"), (), "row-rank")
    p = prime(claim["prime"])
    G, _ = true_gram(ledger, "rows", claim["rows"], work)
    kernel = [integers(v, len(G), "left_kernel") for v in array(claim["left_kernel"], "left_kernel")]
    require(not any(any(apply(G, v, work)) for v in kernel), "row-rank: a vector is not in the left kernel")
    require(len(pivots_mod(kernel, len(G), p, work)) == len(kernel), "row-rank: the left kernel is dependent")
    rank = len(G) - len(kernel)
    require(len(pivots_mod(G, len(G), p, work)) == rank, "row-rank: the rank modulo the prime leaves room for more")
    ledger.fact("lifting.rank", rank)
    ledger.fact("lifting.kernel_dimension", ledger.statement.count() - rank)


def true_gram(ledger, side, rows, work):
    """(d^2 G, d^2): the integer Gram matrix of a side, and what it was multiplied by; computed once a statement."""
    named = one_of(side, ("columns", "rows"), "side"), one_of(rows, ("product", "response"), "rows")
    if named not in ledger.grams:
        ledger.grams[named] = _true_gram(ledger.statement, *named, work)
    return ledger.grams[named]


def _true_gram(statement, side, rows, work):
    if side == "rows" and rows == "product" and statement.count() > CHEAP_COLUMNS:
        return row_gram(statement, work)[1], denominator(statement) ** 2
    columns = Columns(statement, rows, work)
    G = columns.gram(work) if side == "columns" else columns.row_gram(work)
    return [[columns.weight * x for x in row] for row in G], columns.den**2


def _least(claim, G, square, work):
    low, high = bracket(claim["sigma_min"], "sigma_min")
    n = len(G)
    require(any(map(any, G)), "gram-bracket: the lifting is zero")
    kernel = [integers(v, n, "gram-bracket.kernel") for v in array(claim.get("kernel", []), "gram-bracket.kernel")]
    require(not any(any(apply(G, v, work)) for v in kernel), "gram-bracket: a vector is not in the kernel")
    t = integer(claim.get("weight", 0), "weight")
    require(t >= 0, "weight: negative")
    p, q = low.numerator**2, low.denominator**2
    if low:
        work.spend((len(kernel) + 1) * n * n, max(map(largest, kernel), default=1))
        across = list(zip(*kernel, strict=True)) or [()] * n
        shifted = [
            [q * x + t * dot(across[i], across[j]) - (p * square if i == j else 0) for j, x in enumerate(row)]
            for i, row in enumerate(G)
        ]
        semidefinite(shifted, claim.get("psd_min"), work, "psd_min")
    if high < inf:
        x = apply(G, integers(claim.get("row_vector"), n, "row_vector"), work)
        require(any(x), "row_vector: in the kernel")
        require(
            dot(x, apply(G, x, work)) <= high**2 * square * dot(x, x),
            "sigma_min: the row vector does not reach the upper end",
        )
    return low, high


def _greatest(claim, G, square, work):
    low, high = bracket(claim["sigma_max"], "sigma_max")
    n = len(G)
    if high < inf:
        p, q = high.numerator**2, high.denominator**2
        rest = [[(p * square if i == j else 0) - q * x for j, x in enumerate(row)] for i, row in enumerate(G)]
        semidefinite(rest, claim.get("psd_max"), work, "psd_max")
    if low:
        y = integers(claim.get("top_vector"), n, "top_vector")
        require(
            dot(y, apply(G, y, work)) >= low**2 * square * dot(y, y) and any(y),
            "sigma_max: the top vector does not reach the lower end",
        )
    return low, high
