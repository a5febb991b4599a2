"""The semidefinite bound of the l1 null space constant.

Theorem.  Let X + A^T W A, Y + T and -(I + U)/2 be the blocks of a positive semidefinite matrix.  For A x = 0,
|x|_1 <= 1, |y|_inf <= 1, |y|_1 <= s then x^T y <= max|X| + s max|U| + s^2 max|Y| + sum|T|; alpha_s is the
greatest x^T y.
[A. d'Aspremont, L. El Ghaoui, Testing the nullspace property using semidefinite programming, 2011]
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing, NotPositive, psd_evidence
from ..exact import parse
from ..lifting import Lifting
from ..method import Budget, Method, Proved
from .null_space import Kernel, not_sensing

ALPHA = "compressed_sensing.alpha"
MAX_COLUMNS = 40
SCALE = 2**40
SECONDS = 60.0
"""Of a run without a time budget."""
SLACKS = (1e-7, 1e-6, 1e-5, 1e-4)


def accepts(lifting: Lifting, proved: Proved) -> str:
    """Few columns, and ends that other methods left apart."""
    low, high = map(parse, proved.get(ALPHA, ["0", "1"]))
    if high - low < 1e-6:
        return "both ends are known to six digits"
    return not_sensing(lifting) or (f"more than {MAX_COLUMNS} columns" if lifting.count > MAX_COLUMNS else "")


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One claim with the multipliers, rounded, the slack put on two diagonals."""
    kernel = Kernel(lifting)
    found = multipliers(kernel, min(lifting.statement.model.sparsity[0], lifting.count), budget)
    if found is None:
        return Nothing("the semidefinite program was not solved")
    for slack in SLACKS:
        try:
            return [Claim("l1-semidefinite", evidence(kernel, found, slack))]
        except NotPositive:
            continue
    return Nothing("the solution of the semidefinite program is not accurate enough")


def multipliers(kernel: Kernel, s: int, budget: Budget) -> tuple[np.ndarray, ...] | None:
    """X, U, Y, T (n x n) with the least bound; the first block is restricted to the kernel."""
    import cvxpy as cp

    n = kernel.rows.shape[1]
    N = kernel.complement
    X, Y, T = (cp.Variable((n, n), symmetric=True) for _ in range(3))
    U = cp.Variable((n, n))
    half = -N.T @ (np.eye(n) + U) / 2
    matrix = cp.bmat([[N.T @ X @ N, half], [half.T, Y + T]])
    bound = cp.max(cp.abs(X)) + s * cp.max(cp.abs(U)) + s**2 * cp.max(cp.abs(Y)) + cp.sum(cp.abs(T))
    problem = cp.Problem(cp.Minimize(bound), [matrix >> 0])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about accuracy: the checker judges it
            problem.solve(solver=cp.CLARABEL, time_limit=max(1.0, min(SECONDS, budget.left)))
    except cp.SolverError:
        return None
    return None if X.value is None else tuple(np.asarray(part.value) for part in (X, U, Y, T))


def evidence(kernel: Kernel, parts: tuple[np.ndarray, ...], slack: float) -> dict[str, Any]:
    """The claim; raises NotPositive when the slack does not suffice."""
    X, U, Y, T = parts
    columns = kernel.lifting.columns
    n, scale = columns.n, SCALE
    dual = np.array([kernel.dual(z) for z in np.eye(len(kernel.rows))]).T  # m x r: A^T dual = rows^T
    unit = 2 ** max(0, 60 + 2 * columns.denominator.bit_length())
    across = kernel.rows @ np.hstack([X @ kernel.complement, (np.eye(n) + U) / 2])
    weight = 1 + np.abs(X).sum() + 2 * np.linalg.norm(across, 2) ** 2 / slack
    rows = _integers(weight * dual @ dual.T, scale * unit // columns.denominator**2)
    kernel_side, spread = _integers(X + slack * np.eye(n), scale), _integers(Y, scale)
    trace, cross = _integers(T + slack * np.eye(n), scale), _integers(U, scale)
    A = columns.dense().astype(object)
    top = 2 * (unit * kernel_side + A.T.dot(rows).dot(A))
    corner = -unit * (cross.T + scale * np.eye(n, dtype=object))
    big = np.block([[top, corner.T], [corner, 2 * unit * (spread + trace)]])
    return {
        "scale": scale,
        "unit": unit,
        "kernel_side": kernel_side.tolist(),
        "cross": cross.tolist(),
        "spread": spread.tolist(),
        "trace": trace.tolist(),
        "rows": rows.tolist(),
        "psd": psd_evidence(big),
    }


def _integers(matrix: np.ndarray, scale: int) -> np.ndarray:
    """scale times a matrix of floats, rounded: Python integers."""
    out = np.empty(matrix.shape, dtype=object)
    for at, x in np.ndenumerate(matrix):
        top, bottom = float(x).as_integer_ratio()
        out[at] = top * scale // bottom
    if matrix.shape[0] == matrix.shape[1] and np.allclose(matrix, matrix.T, rtol=1e-12, atol=0):
        out = np.where(np.tri(len(out), dtype=bool), out, out.T)
    return out


METHOD = Method(
    name="semidefinite bound",
    theorem="multipliers of the lifted program (d'Aspremont and El Ghaoui 2011)",
    closes=(ALPHA,),
    cost=86,
    accepts=accepts,
    search=search,
)
