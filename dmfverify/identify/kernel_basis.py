"""The rank of A exactly: a basis of its kernel, and a rank modulo a prime that leaves no room for more."""

from __future__ import annotations

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..method import PRIMES, Budget, Method, Proved
from .row_rank import MAX_ROWS

MAX_ENTRIES = 400_000
"""Integers in the basis: what fits a certificate of a few megabytes."""
FEW_ENTRIES = 10_000
"""Integers in a basis that is shipped even where independent rows say the rank alone."""


def accepts(lifting: Lifting, proved: Proved) -> str:
    """The columns have to be listed, and the basis has to be worth shipping."""
    if "lifting.kernel_dimension" in proved:
        return "the dimension of the kernel is known"
    try:
        n, c = lifting.columns.n, lifting.count - lifting.rank_mod()
    except TooLarge as error:
        return str(error)
    if n * c > MAX_ENTRIES:
        return f"a kernel basis would hold {n * c} integers"
    return "the rows are independent" if n * c > FEW_ENTRIES and _independent_rows(lifting) else ""


def _independent_rows(lifting: Lifting) -> bool:
    """Whether the rank is the number of rows, and `row_rank` can say so."""
    try:
        m = len(lifting.rows)
    except TooLarge:
        return False
    return m <= MAX_ROWS and lifting.rank_mod() == m


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The claim, with an integer basis."""
    if lifting.trivial_kernel:
        return Nothing("the kernel is trivial")
    basis = lifting.kernel
    for p in PRIMES:
        if lifting.rank_mod(p) == lifting.count - len(basis) and _rank_mod(basis, p) == len(basis):
            return [Claim("kernel", {"prime": p, "basis": basis})]
    return Nothing("no small prime keeps the rank")


def _rank_mod(vectors: list[list[int]], p: int) -> int:
    import flint

    return flint.nmod_mat(len(vectors), len(vectors[0]), [x % p for v in vectors for x in v], p).rank()


METHOD = Method(
    name="kernel basis",
    theorem="rank-nullity: independent kernel vectors and a rank modulo a prime meet",
    closes=("lifting.kernel_dimension", "lifting.rank"),
    cost=12,
    accepts=accepts,
    search=search,
)
