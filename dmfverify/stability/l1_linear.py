"""The linear-program bound of the l1 null space constant.

Theorem.  v = (I - Y^T A) v on Ker A, so alpha_s is at most the greatest sum of s absolute entries of a column of
I - Y^T A, whatever Y is; the least such bound is a linear program.  For s = 1 it is alpha_1 itself.
[A. Juditsky, A. Nemirovski, On verifiable sufficient conditions for sparse signal recovery via l1 minimization, 2011]

Averaging over symmetries of the kernel makes the rows of one orbit images of each other, so that few are unknown.
"""

from __future__ import annotations

import numpy as np

from ..certificate import Claim, Nothing
from ..lifting import Lifting
from ..method import Budget, Method, Proved, closed
from .null_space import Kernel, not_sensing, signs
from .symmetries import Map, symmetries

ALPHA = "compressed_sensing.alpha"
MAX_NONZEROS = 500_000
"""Of the coupled program; beyond it the rows are optimised one by one, which gives s alpha_1."""


def accepts(lifting: Lifting, proved: Proved) -> str:
    """A matrix of moderate size and a sparse model."""
    return "both ends are known" if closed(ALPHA, proved) else not_sensing(lifting)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One claim with Y, and one with a vector."""
    kernel = Kernel(lifting)
    found = multipliers(kernel, min(lifting.statement.model.sparsity[0], lifting.count), budget)
    if found is None:
        return Nothing("the linear program was not solved in the time that was left")
    Y, v = found
    rows = [kernel.rounded(y) for y in Y]
    claims = [Claim("l1-linear", {"scale": kernel.grid, "Y": rows})]
    if (vector := kernel.exact(v)) is not None:
        claims.append(Claim("null-space-vector", {"vector": vector}))
    return claims


def multipliers(kernel: Kernel, s: int, budget: Budget) -> tuple[np.ndarray, np.ndarray] | None:
    """Y (n x m) of the least bound for s, and the vector of the kernel with the greatest share on s entries."""
    n = kernel.lifting.count
    images = _images(symmetries(kernel.rows).maps, n)
    firsts = sorted({first for first, _ in images})
    rows: dict[int, np.ndarray] = {}
    best, share = np.zeros(n), -1.0
    for i in firsts:
        if budget.spent:
            return None
        rows[i], v = kernel.program.solve(signs((2 * i,), n))
        if np.abs(v).sum() and (found := np.sort(np.abs(v))[-s:].sum() / np.abs(v).sum()) > share:
            best, share = v, found
    if s > 1 and (coupled := _coupled(kernel, s, firsts, images, budget)) is not None:
        one_by_one = {i: signs((2 * i,), n) - kernel.rows.T @ rows[i] for i in firsts}
        together = {i: signs((2 * i,), n) - kernel.rows.T @ coupled[i] for i in firsts}
        if _bound(together, images, s) < _bound(one_by_one, images, s):
            rows = coupled
    residuals = {i: signs((2 * i,), n) - kernel.rows.T @ z for i, z in rows.items()}
    spread = np.array([_moved(residuals[first], g) for first, g in images])
    return np.array([kernel.dual(kernel.rows @ (e - c)) for e, c in zip(np.eye(n), spread, strict=True)]), best


def _images(maps: list[Map], n: int) -> list[tuple[int, Map]]:
    """For each index the first one of its orbit, and a map that takes the unit vector of that one to its own."""
    found: dict[int, tuple[int, Map]] = {}
    for i in range(n):
        if i not in found:
            for g in sorted(maps, key=lambda g: g[2 * i]):
                if g[2 * i] % 2 == 0:
                    found.setdefault(g[2 * i] // 2, (i, g))
    return [found[i] for i in range(n)]


def _moved(c: np.ndarray, g: Map) -> np.ndarray:
    """The image of a vector under a signed permutation."""
    image = np.array(g[::2])
    out = np.zeros_like(c)
    out[image // 2] = c * (1 - 2 * (image % 2))
    return out


def _bound(residuals: dict[int, np.ndarray], images: list[tuple[int, Map]], s: int) -> float:
    C = np.abs([_moved(residuals[first], g) for first, g in images])
    return float(np.sort(C, axis=0)[-s:].sum(axis=0).max())


def _coupled(
    kernel: Kernel, s: int, firsts: list[int], images: list[tuple[int, Map]], budget: Budget
) -> dict[int, np.ndarray] | None:
    """All rows together: least t with sum of the s greatest |C_ij| of each column at most t; None where too large."""
    from scipy.optimize import linprog
    from scipy.sparse import block_array, coo_array, csr_array, eye_array, kron

    r, n = kernel.rows.shape
    place = {i: k for k, i in enumerate(firsts)}
    entries = np.empty((n, n), dtype=int)  # which |c_first,j| stands at (i, j)
    for i, (first, g) in enumerate(images):
        entries[i, np.array(g[::2]) // 2] = place[first] * n + np.arange(n)
    columns = sorted({tuple(sorted(column)) for column in entries.T.tolist()})
    size, count = len(firsts) * n, len(columns)
    uses = [(c, e, column.count(e)) for c, column in enumerate(columns) for e in dict.fromkeys(column)]
    if 2 * len(firsts) * n * r + 4 * len(uses) > MAX_NONZEROS or budget.left < 1:
        return None
    # unknowns: z (r a row), a >= |c|, threshold b of each column, excess u >= a - b, t
    C = kron(eye_array(len(firsts)), csr_array(kernel.rows.T))
    target = np.concatenate([signs((2 * i,), n) for i in firsts])
    I, k = eye_array(size), np.arange(len(uses))
    owner, entry, times = (np.array(x) for x in zip(*uses, strict=True))
    of_entry = coo_array((np.ones(len(uses)), (k, entry)), shape=(len(uses), size))
    of_column = coo_array((np.ones(len(uses)), (k, owner)), shape=(len(uses), count))
    total = coo_array((times, (owner, k)), shape=(count, len(uses)))
    upper = block_array(
        [
            [-C, -I, None, None, None],
            [C, -I, None, None, None],
            [None, of_entry, -of_column, -eye_array(len(uses)), None],
            [None, None, s * eye_array(count), total, coo_array(-np.ones((count, 1)))],
        ]
    )
    right = np.concatenate([-target, target, np.zeros(len(uses) + count)])
    free = [(None, None)] * (r * len(firsts))
    bounds = free + [(0, None)] * (upper.shape[1] - len(free))
    objective = np.zeros(upper.shape[1])
    objective[-1] = 1
    options = {"time_limit": max(1.0, budget.left / 2)} if budget.seconds < float("inf") else {"time_limit": 20.0}
    solved = linprog(objective, A_ub=upper.tocsr(), b_ub=right, bounds=bounds, method="highs", options=options)
    if solved.x is None:
        return None
    return {i: solved.x[r * p : r * (p + 1)] for i, p in place.items()}


METHOD = Method(
    name="linear program",
    theorem="sums of entries of I - Y^T A (Juditsky and Nemirovski 2011)",
    closes=(ALPHA,),
    cost=82,
    accepts=accepts,
    search=search,
)
