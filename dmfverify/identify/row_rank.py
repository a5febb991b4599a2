"""The rank of A from the Gram matrix of its rows, whatever the number of columns.

rank A = rank A A^T, which is contracted over the factors: independent rows modulo a prime from
below, integer vectors y with A A^T y = 0 from above.
"""

from __future__ import annotations

import flint

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..method import PRIMES, Budget, Method, Proved

MAX_ROWS = 1_200


def accepts(lifting: Lifting, proved: Proved) -> str:
    """The rows have to be few, and the rank unknown."""
    if "lifting.kernel_dimension" in proved:
        return "the dimension of the kernel is known"
    try:
        m = len(lifting.rows)
    except TooLarge as error:
        return str(error)
    if not m:
        return "the lifting is zero"
    return "" if m <= MAX_ROWS else f"more than {MAX_ROWS} rows"


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The claim, with the left kernel."""
    rows = lifting.row_gram()
    kernel = rows.left_kernel
    for p in PRIMES:
        if rows.rank_mod(p) == rows.m - len(kernel) and _independent(kernel, p):
            return [Claim("row-rank", {"prime": p, "rows": rows.rows_kind, "left_kernel": kernel})]
    return Nothing("no small prime keeps the rank")


def _independent(vectors: list[list[int]], p: int) -> bool:
    if not vectors:
        return True
    return flint.nmod_mat(len(vectors), len(vectors[0]), [x % p for v in vectors for x in v], p).rank() == len(vectors)


METHOD = Method(
    name="rank by rows",
    theorem="rank A = rank A A^T, contracted over the factors",
    closes=("lifting.kernel_dimension", "lifting.rank"),
    cost=14,
    accepts=accepts,
    search=search,
)
