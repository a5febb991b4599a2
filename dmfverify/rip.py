"""K = 1, for numpy matrices: the least and the greatest singular value over all sets of so many columns.

Main definitions
    `lower_rip`, `upper_rip`  brackets that the checker accepted
"""

from __future__ import annotations

from typing import Any

from .check import Session
from .errors import BadInput, quoted
from .lifting import Lifting
from .method import Budget
from .problem import Architecture, Basis, Case
from .verdict import Bracket


def lower_rip(A: Any, order: int, *, time_budget: float = 60, seed: int = 0) -> Bracket:
    """The least singular value over all submatrices of `order` columns, as a certified bracket.

    Its square is 1 - delta for the lower restricted isometry constant delta of that order.  For ``order = 2 s`` it is
    the kappa of s-sparse vectors: |A(h - g)| >= kappa |h - g|.

    Parameters
    ----------
    A
        m x n matrix; a column is an atom, a row a measurement.  Floats mean the binary fractions that they hold.
    order
        How many columns, from 1 to n.
    time_budget
        Seconds for the search.  What is bounded by then is the answer, and after Ctrl-C as well.
    seed
        Fixes the order of the starts of the local search.

    Returns
    -------
    Bracket
        ``lo`` is 0 when nothing better could be shown; ``hi`` is 0 when some columns are dependent.

    Raises
    ------
    BadInput
        One line.

    Notes
    -----
    The bound from below: docs/theory/sparse.md, section 3.

    Examples
    --------
    >>> import numpy as np
    >>> bracket = lower_rip(np.array([[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]]), 2)
    >>> round(float(bracket.lo) ** 2, 9), bracket.ratio < 1 + 1e-9
    (0.2, True)
    """
    return _bracket(A, order, "least", time_budget, seed)


def upper_rip(A: Any, order: int, *, time_budget: float = 60, seed: int = 0) -> Bracket:
    """The greatest singular value over all submatrices of `order` columns, as a certified bracket.

    Parameters, errors and result as in `lower_rip`; ``hi`` is infinite when nothing could be shown.

    Examples
    --------
    >>> import numpy as np
    >>> bracket = upper_rip(np.array([[1.0, 0.0, 0.6], [0.0, 1.0, 0.8]]), 2)
    >>> round(float(bracket.hi) ** 2, 9)
    1.8
    """
    return _bracket(A, order, "greatest", time_budget, seed)


def _bracket(A: Any, order: int, name: str, time_budget: float, seed: int) -> Bracket:
    import numpy as np

    from .identify.column_subsets import MAX_COLUMNS, Side

    if not isinstance(A, np.ndarray) or A.ndim != 2 or 0 in A.shape:
        raise BadInput(f"got {quoted(A)}, expected a numpy matrix", where="A")
    n = A.shape[1]
    if n > MAX_COLUMNS:
        raise BadInput(f"got {n} columns, expected at most {MAX_COLUMNS}", where="A")
    if isinstance(order, bool) or not isinstance(order, (int, np.integer)) or not 1 <= order <= n:
        raise BadInput(f"got {quoted(order)}, expected a number of columns from 1 to {n}", where="order")
    case = Case(Architecture([Basis(A.T[:, :, None])]))
    session = Session(case.statement.to_bytes())
    side = Side(Lifting(case.statement), int(order), name, Budget(time_budget, seed))
    try:
        for claim in side.claims():
            session.accept(claim.to_json())
    except KeyboardInterrupt:
        pass  # what has been accepted is the answer
    return Bracket.read(session.proved().get(f"column_subsets.{order}.{name}", ["0", "inf"]))
