"""The integer Gram matrix that a `gram-bracket` claim is about, on its cheaper side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..lifting import Lifting

MAX_SIZE = 1_200
"""Rows of the largest matrix whose positivity the checker proves in about a minute."""


@dataclass(frozen=True)
class Gram:
    """d^2 A^T A (side columns) or d^2 A A^T (side rows) in Python integers, and what is known of its kernel."""

    side: str
    rows: str
    matrix: np.ndarray
    square: int
    """d^2."""

    @cached_property
    def floats(self) -> np.ndarray:
        """The Gram matrix of A itself, in double precision."""
        return np.array([[float(x / self.square) for x in row] for row in self.matrix])

    @cached_property
    def spectrum(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues in increasing order, and eigenvectors as columns."""
        return np.linalg.eigh(self.floats)

    @cached_property
    def kernel(self) -> list[list[int]]:
        """Integer vectors spanning the kernel."""
        import flint

        n = len(self.matrix)
        exact = flint.fmpz_mat(n, n, [int(x) for x in self.matrix.flat])
        if flint.nmod_mat(exact, 2**61 - 1).rank() == n:
            return []
        basis, nullity = exact.nullspace()
        vectors = [[int(x) for x in row] for row in basis.transpose().table()[: int(nullity)]]
        return [_primitive(v) for v in vectors]


def _primitive(vector: list[int]) -> list[int]:
    import math

    g = math.gcd(*vector)
    return [x // g for x in vector]


def gram_of(lifting: Lifting) -> Gram:
    """The Gram matrix of the fewer: alive columns or non-zero rows (these by contraction, at any K)."""
    if lifting.side == "columns" and lifting.columns.n <= lifting.columns.m:
        columns = lifting.columns
        return Gram("columns", columns.rows_kind, columns.gram() * columns.weight, columns.denominator**2)
    rows = lifting.row_gram()
    return Gram("rows", rows.rows_kind, rows.matrix * rows.weight, rows.denominator**2)
