"""Trivial kernel: independent columns.

Theorem.  If Ker A = {0} on the alive coordinates, then every product determines its path
products: uniform identifiability over R and over C, and the deep null space property with
(gamma, rho) = (1, inf).  [Malgouyres and Landsberg 2019, section 5; Malgouyres 2020, section 4]

Independence modulo one prime proves independence over Q.
"""

from __future__ import annotations

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..method import PRIMES, Budget, Method, Proved


def accepts(lifting: Lifting, proved: Proved) -> str:
    """The columns have to be listed."""
    if "lifting.kernel_dimension" in proved:
        return "the dimension of the kernel is known"
    try:
        columns = lifting.columns
    except TooLarge as error:
        return str(error)
    return "" if columns.n <= columns.m else f"{columns.n} columns in {columns.m} rows are dependent"


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The claim, with a prime for which the columns are independent."""
    for p in PRIMES:
        if lifting.rank_mod(p) == lifting.count:
            return [Claim("trivial-kernel", {"prime": p})]
    return Nothing(f"the columns have rank {lifting.rank_mod()} of {lifting.count} modulo a prime")


METHOD = Method(
    name="trivial kernel",
    theorem="independent columns: Ker A = {0}, so gamma = 1 (Malgouyres and Landsberg 2019)",
    closes=("identifiability.uniform.verdict", "dnsp.gamma", "lifting.kernel_dimension"),
    cost=10,
    accepts=accepts,
    search=search,
)
