"""K = 1: mutual coherence, and independence of every few columns."""

from fractions import Fraction
from math import ceil

from ..algebra import MASK, SLOT, pack, rank_exact, unpack
from ..proved import quotient_above, quotient_below, root
from ..sensing import COHERENCE, SPARK
from ..strict import index, keys, prime, require
from .null_space import Matrix, sensing


def mutual_coherence(claim, ledger, work):
    """The greatest |cosine| of two columns that are not zero; columns fewer than 1 + 1/coherence are independent."""
    keys(claim, ("kind",), (), "mutual-coherence")
    columns, _ = sensing(ledger, work)
    G = columns.gram(work)
    alive = [i for i in range(len(G)) if G[i][i]]
    work.spend(len(alive) ** 2, 2 * columns.bits)
    squares = (Fraction(G[i][j] ** 2, G[i][i] * G[j][j]) for a, i in enumerate(alive) for j in alive[:a])
    low, high = root(max(squares, default=Fraction(0)))
    ledger.exactly(COHERENCE, quotient_below(low, 1), quotient_above(high, 1))
    if len(alive) == len(G) and high:
        ledger.low(SPARK, ceil(1 + 1 / high))


def independent_columns(claim, ledger, work):
    """Every `size` columns are independent: modulo a prime, or exactly where the prime is unlucky."""
    keys(claim, ("kind", "prime", "size"), (), "independent-columns")
    columns, _ = sensing(ledger, work)
    A, p = Matrix(columns, work), prime(claim["prime"])
    size = index(claim["size"], A.n + 1, "size")
    require(size > 1, "size: less than two")
    for together in _unlucky(A, size, p, work):
        vectors = [A.columns[i] for i in together]
        work.spend(1, A.bits)
        require(rank_exact(vectors, work) == size, "some columns are dependent")
    ledger.low(SPARK, size + 1)


def _unlucky(A, size, p, work):
    """The sets of `size` columns that are dependent modulo p.

    Columns are packed as in `pivots_mod`: a slot grows by less than 2^40 with each pivot.
    """
    stack = [((), [(i, pack([x % p for x in column])) for i, column in enumerate(A.columns)])]
    while stack:
        chosen, rest = stack.pop()
        if len(chosen) == size - 2:
            yield from _parallel(chosen, rest, A.m, p, work)
            continue
        for at in range(len(rest) - (size - len(chosen)) + 1):
            i, packed = rest[at]
            work.spend(2 * A.m + (len(rest) - at) * (A.m // 8 + 8))
            row, place = _normal(packed, A.m, p)
            pivot, shift = pack(row), SLOT * place
            left = [(j, other + (p - (other >> shift & MASK) % p) * pivot) for j, other in rest[at + 1 :]]
            stack.append(((*chosen, i), left))


def _parallel(chosen, rest, m, p, work):
    """The chosen columns with two others that are parallel modulo p and the chosen ones."""
    seen = {}
    work.spend(3 * len(rest) * (m + 2))
    for i, packed in rest:
        others = seen.setdefault(tuple(_normal(packed, m, p)[0]), [])
        yield from ((*chosen, j, i) for j in others)
        others.append(i)


def _normal(packed, m, p):
    """A column divided by its first entry that is not 0, and the place of that one."""
    row = [x % p for x in unpack(packed, m)]
    place = next((r for r, x in enumerate(row) if x), None)
    require(place is not None, "fewer columns are dependent modulo the prime")
    inverse = pow(row[place], -1, p)
    return [x * inverse % p for x in row], place
