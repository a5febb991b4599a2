"""Mutual coherence: the greatest |cosine| of two columns, computed by the checker itself.

Theorem.  Fewer than 1 + 1/coherence columns are independent (Gershgorin on their normalised Gram matrix).
[D. Donoho, M. Elad, Optimally sparse representation in general dictionaries via l1 minimization, 2003]
"""

from __future__ import annotations

from ..certificate import Claim, Nothing
from ..lifting import Lifting
from ..method import Budget, Method, Proved

COHERENCE = "compressed_sensing.coherence"
MAX_COLUMNS = 1_000


def accepts(lifting: Lifting, proved: Proved) -> str:
    """One factor, a sparse model, and a Gram matrix of moderate size."""
    statement = lifting.statement
    if statement.K != 1 or statement.model.kind != "sparse" or statement.equivalence != "scale":
        return "not one factor with a sparse model"
    return f"more than {MAX_COLUMNS} columns" if lifting.count > MAX_COLUMNS else ""


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """No evidence is needed."""
    return [Claim("mutual-coherence", {})]


METHOD = Method(
    name="mutual coherence",
    theorem="greatest cosine of two columns; Gershgorin (Donoho and Elad 2003)",
    closes=(COHERENCE,),
    cost=9,
    accepts=accepts,
    search=search,
)
