"""The rank of A exactly: a basis of its kernel, and a rank modulo a prime that leaves no room for more."""

from __future__ import annotations

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..method import PRIMES, Budget, Method, Proved

MAX_ENTRIES = 400_000
"""Integers in the basis: what fits a certificate of a few megabytes."""


def accepts(lifting: Lifting, proved: Proved) -> str:
    """The columns have to be listed, and the basis has to be worth shipping."""
    if "lifting.kernel_dimension" in proved:
        return "the dimension of the kernel is known"
    try:
        n, c = lifting.columns.n, lifting.count - lifting.rank_mod()
    except TooLarge as error:
        return str(error)
    return "" if n * c <= MAX_ENTRIES else f"a kernel basis would hold {n * c} integers"


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
