"""K = 1, the kernel of A in double precision: its linear programs, its symmetries, exact vectors near given ones.

The greatest <s, v> over v in Ker A with |v|_1 <= 1 is the distance, in the maximum norm, of s from the row space
(duality of linear programs); a dual y shows it by |s - A^T y|_inf, exactly, whatever rounding did to y.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..lifting import Lifting, TooLarge

MAX_ENTRIES = 200_000
SINGULAR = 1e-12
"""Singular values below it, relative to the greatest, count as zero in the search."""


def not_sensing(lifting: Lifting) -> str:
    """Why the statement is not one of compressed sensing, or ""."""
    statement = lifting.statement
    if statement.K != 1 or statement.model.kind != "sparse" or statement.equivalence != "scale":
        return "not one factor with a sparse model"
    try:
        if not lifting.columns.m:
            return "the lifting is zero"
    except TooLarge as error:
        return str(error)
    if lifting.columns.m * lifting.columns.n > MAX_ENTRIES:
        return f"more than {MAX_ENTRIES} entries"
    return "the kernel is trivial" if lifting.trivial_kernel else ""


def signs(chosen: Sequence[int], n: int) -> np.ndarray:
    """The vector of a signed set: code 2i for +e_i, 2i + 1 for -e_i."""
    s = np.zeros(n)
    for c in chosen:
        s[c // 2] = -1.0 if c % 2 else 1.0
    return s


@dataclass(frozen=True)
class Kernel:
    """Ker A for a matrix A, m x n, that the lifting holds exactly.

    Attributes
    ----------
    A
        Floats, on the rows of ``lifting.columns``: what the checker sees, divided by the denominator.
    """

    lifting: Lifting

    @cached_property
    def A(self) -> np.ndarray:
        """m x n; weights of response rows are left out."""
        columns = self.lifting.columns
        return columns.floats() / math.sqrt(columns.weight)

    @cached_property
    def _svd(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        U, sigma, Vt = np.linalg.svd(self.A, full_matrices=False)
        rank = int(np.sum(sigma > SINGULAR * sigma[0]))
        return U[:, :rank], sigma[:rank], Vt[:rank]

    @property
    def rows(self) -> np.ndarray:
        """An orthonormal basis of the row space, r x n."""
        return self._svd[2]

    @cached_property
    def complement(self) -> np.ndarray:
        """An orthonormal basis of the kernel, n x (n - r)."""
        r = len(self.rows)
        return np.linalg.svd(self.rows, full_matrices=True)[2][r:].T

    def dual(self, z: np.ndarray) -> np.ndarray:
        """y with A^T y = rows^T z."""
        U, sigma, _ = self._svd
        return U @ (z / sigma)

    @cached_property
    def grid(self) -> int:
        """A power of two: duals rounded to multiples of 1/grid move A^T y by at most 2^-40."""
        return 2 ** max(0, math.ceil(math.log2(max(1e-300, np.abs(self.A).sum(axis=0).max()))) + 40)

    def rounded(self, y: np.ndarray) -> list[int]:
        """y times the grid, in integers."""
        return [round(float(x) * self.grid) for x in y]

    def residual(self, y: Sequence[int], s: np.ndarray) -> float:
        """|s - A^T y / grid|_inf with what double precision may have lost."""
        floats = np.array([float(x) for x in y]) / self.grid
        lost = 1e-15 * (len(y) + 4) * float(np.max(np.abs(self.A).T @ np.abs(floats), initial=0.0) + 1)
        return float(np.abs(s - self.A.T @ floats).max()) + lost

    @cached_property
    def program(self) -> Program:
        """The linear program, ready for any objective."""
        return Program(self.rows)

    def exact(self, v: np.ndarray) -> list[int] | None:
        """An integer vector of the kernel close to a multiple of v: solved on columns that carry most of v."""
        import flint
        from scipy.linalg import qr

        columns = self.lifting.columns
        p = 2**61 - 1
        independent = _pivots(columns.nmod(p).transpose())
        A = columns.dense().astype(object)[independent]
        rank = len(independent)
        order = qr(self.A[independent] * (np.abs(v) + 1e-6 * np.abs(v).max()), mode="r", pivoting=True)[1]
        basis, rest = order[:rank], order[rank:]
        fixed = [round(float(x) * 2**50) for x in v[rest] / np.abs(v).max()]
        right = A[:, rest].dot(np.array(fixed, dtype=object)) if len(rest) else np.zeros(rank, dtype=object)
        matrix = flint.fmpz_mat(rank, rank, [int(x) for x in A[:, basis].ravel()])
        try:
            solved = matrix.solve(flint.fmpz_mat(rank, 1, [-int(x) for x in right]))
        except ZeroDivisionError:
            return None
        values = [solved[i, 0] for i in range(rank)]
        den = math.lcm(1, *(int(x.q) for x in values))
        out = [0] * len(v)
        for j, x in zip(basis, values, strict=True):
            out[j] = int(x.p) * (den // int(x.q))
        for j, x in zip(rest, fixed, strict=True):
            out[j] = x * den
        shared = math.gcd(*out)
        return [x // shared for x in out] if shared else None


def _pivots(matrix: Any) -> list[int]:
    """Columns of a flint matrix mod p that are independent of those before: the pivots of its echelon form."""
    reduced, rank = matrix.rref()
    pivots, at = [], 0
    for i in range(rank):
        while int(reduced[i, at]) == 0:
            at += 1
        pivots.append(at)
    return pivots


@contextmanager
def _silence() -> Iterator[None]:
    """Nothing that compiled code prints reaches standard output."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


class Program:
    """max <s, v> over v with rows v = 0, |v|_1 <= 1, by the simplex method from the last basis."""

    def __init__(self, rows: np.ndarray) -> None:
        import highspy

        r, n = rows.shape
        self.rows, self.n, self.r = rows, n, r
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = 2 * n, r + 1
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.zeros(2 * n), np.zeros(2 * n), np.full(2 * n, np.inf)
        lp.row_lower_ = lp.row_upper_ = np.r_[np.zeros(r), 1.0]
        matrix = np.vstack([np.hstack([rows, -rows]), np.ones(2 * n)])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = np.arange(0, 2 * n * (r + 1) + 1, r + 1)
        lp.a_matrix_.index_ = np.tile(np.arange(r + 1), 2 * n)
        lp.a_matrix_.value_ = matrix.T.ravel()
        lp.sense_ = highspy.ObjSense.kMaximize
        with _silence():  # the constructor prints a banner, whatever its options say
            self.solver = highspy.Highs()
        options: dict[str, bool | int | float | str] = {
            "output_flag": False,
            "threads": 1,
            "presolve": "off",
            "simplex_strategy": 4,  # primal: a new objective leaves the basis feasible
            "primal_feasibility_tolerance": 1e-10,
            "dual_feasibility_tolerance": 1e-10,
        }
        for name, value in options.items():
            self.solver.setOptionValue(name, value)
        self.solver.passModel(lp)
        self.places = np.arange(2 * n, dtype=np.int32)

    def solve(self, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(z, v): s - rows^T z has the least maximum norm, v of l1 norm at most 1 reaches it in the kernel."""
        self.solver.changeColsCost(2 * self.n, self.places, np.r_[s, -s])
        self.solver.run()
        solution = self.solver.getSolution()
        z, v = np.array(solution.row_dual)[: self.r], np.array(solution.col_value)
        return z, v[: self.n] - v[self.n :]
