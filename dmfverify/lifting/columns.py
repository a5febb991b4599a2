"""The columns of the lifting on the alive coordinates, exact and sparse.

Main definitions
    `Columns`   integer columns over the rows that are not zero, with denominator and weight
    `assemble`  builds them factor by factor: prefix products are shared, dead branches are cut

Column i of A is the product M_1(e_{i_1}) ... M_K(e_{i_K}), times the data (theory.md, section 1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .alive import Alive, Step, spread
from .limits import DENSE, WORK, require
from .stages import Chain, Stage, whole

if TYPE_CHECKING:
    import flint

RowLabel = tuple[int, Any]
"""(row, column) of the product, or (leaf, shift tuple) of a response."""
SAFE = 2**62
"""Integers below it are held in int64."""


@dataclass(frozen=True)
class Columns:
    """Sparse integer columns C of A: A = C / `denominator` on product rows.

    In general A^T A = `weight` / `denominator`^2 * C^T C: with response rows each row stands for
    `weight` entries of the product.

    Attributes
    ----------
    n, m
        Number of columns (alive coordinates, zero columns included) and of rows that are not zero.
    rows_kind
        ``product`` or ``response``.
    rows
        Labels of the rows, sorted: (row, column) of the product, or (leaf, shift tuple).
    column, row, value
        The non-zero entries, sorted by column and then by row.
    """

    n: int
    rows_kind: str
    rows: tuple[RowLabel, ...]
    denominator: int
    weight: int
    column: np.ndarray
    row: np.ndarray
    value: np.ndarray

    @property
    def m(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @cached_property
    def top(self) -> int:
        """The largest absolute value of an entry."""
        return max((abs(int(v)) for v in (self.value.min(), self.value.max())), default=0) if len(self.value) else 0

    @cached_property
    def start(self) -> np.ndarray:
        """Where each column starts in the list of entries (length n + 1)."""
        return np.searchsorted(self.column, np.arange(self.n + 1))

    def __getitem__(self, j: int) -> dict[int, int]:
        """Column j as {row position: integer}."""
        piece = slice(self.start[j], self.start[j + 1])
        return {int(r): int(v) for r, v in zip(self.row[piece], self.value[piece], strict=True)}

    def restricted(self, indices: Iterable[int]) -> Columns:
        """Only the columns at `indices`, in that order, over the same rows."""
        chosen = np.fromiter(indices, dtype=np.int64)
        owner, offset = spread(self.start[chosen + 1] - self.start[chosen])
        at = self.start[chosen][owner] + offset
        return Columns(
            len(chosen), self.rows_kind, self.rows, self.denominator, self.weight, owner, self.row[at], self.value[at]
        )

    def dense(self) -> np.ndarray:
        """C as an m x n array: int64 where it fits, Python integers otherwise."""
        require("a dense matrix of all columns", self.m * self.n, DENSE)
        out = np.zeros((self.m, self.n), dtype=self.value.dtype)
        out[self.row, self.column] = self.value
        return out

    def floats(self) -> np.ndarray:
        """A true square root of A^T A: C * sqrt(weight) / denominator in double precision.

        On product rows this is A itself.
        """
        return self.sparse_floats().toarray()

    def sparse_floats(self) -> Any:
        """The same as `floats`, as a scipy.sparse CSC array."""
        from scipy.sparse import csc_array

        if self.value.dtype == object:
            values = np.array([float(Fraction(int(v), self.denominator)) for v in self.value])
        else:
            values = self.value.astype(float) / float(self.denominator)
        return csc_array((values * math.sqrt(self.weight), self.row, self.start), shape=(self.m, self.n))

    def fmpz(self) -> flint.fmpz_mat:
        """C as a flint integer matrix."""
        import flint

        return flint.fmpz_mat(self.m, self.n, self.dense().ravel().tolist())

    def nmod(self, p: int) -> flint.nmod_mat:
        """C mod the prime p as a flint matrix."""
        import flint

        return flint.nmod_mat(self.m, self.n, (self.dense() % p).ravel().tolist(), p)

    def gram(self) -> np.ndarray:
        """C^T C, exact: an n x n object array of Python integers."""
        return self._square(self.column, self.row, self.n, self.m)

    def row_gram(self) -> np.ndarray:
        """C C^T, exact: an m x m object array of Python integers."""
        return self._square(self.row, self.column, self.m, self.n)

    def _square(self, outer: np.ndarray, inner: np.ndarray, size: int, length: int) -> np.ndarray:
        from scipy.sparse import csr_array

        require("a Gram matrix", size * size, DENSE)
        if self.value.dtype != object and self.top**2 * (length + 1) < SAFE:
            matrix = csr_array((self.value, (outer, inner)), shape=(size, length))
            return (matrix @ matrix.T).toarray().astype(object)
        exact = self.fmpz()
        product = exact.transpose() * exact if outer is self.column else exact * exact.transpose()
        return np.array([int(x) for x in product.entries()], dtype=object).reshape(size, size)

    def true_gram(self) -> tuple[int, np.ndarray]:
        """The least d >= 1 with d^2 A^T A integer, and that integer matrix."""
        return cleared(self.gram(), self.weight, self.denominator)

    def true_row_gram(self) -> tuple[int, np.ndarray]:
        """The least d >= 1 with d^2 W integer, and d^2 W, W = weight / denominator^2 * C C^T."""
        return cleared(self.row_gram(), self.weight, self.denominator)

    def apply(self, x: Sequence[Any] | np.ndarray) -> list[Any]:
        """C x over the rows, exact for integers and Fractions (no denominator, no weight)."""
        out: list[Any] = [0] * self.m
        for r, j, v in zip(self.row.tolist(), self.column.tolist(), self.value.tolist(), strict=True):
            if x[j]:
                out[r] += v * x[j]
        return out

    def apply_transposed(self, y: Sequence[Any] | np.ndarray) -> list[Any]:
        """C^T y over the columns, exact for integers and Fractions (no denominator, no weight)."""
        out: list[Any] = [0] * self.n
        for r, j, v in zip(self.row.tolist(), self.column.tolist(), self.value.tolist(), strict=True):
            if y[r]:
                out[j] += v * y[r]
        return out


def cleared(gram: np.ndarray, weight: int, denominator: int) -> tuple[int, np.ndarray]:
    """The least d with d^2 * weight / denominator^2 * gram integer, and that matrix.

    >>> cleared(np.array([[2, 4], [4, 8]], dtype=object), 1, 2)
    (2, array([[2, 4],
           [4, 8]], dtype=object))
    """
    import flint

    common = weight * math.gcd(*(int(x) for x in gram.flat))
    q = denominator**2 // math.gcd(denominator**2, common)
    d = math.prod(int(prime) ** (-(-int(e) // 2)) for prime, e in flint.fmpz(q).factor())
    top, bottom = d * d * weight, denominator**2
    shared = math.gcd(top, bottom)
    return d, gram * (top // shared) // (bottom // shared)


@dataclass(frozen=True)
class Prefixes:
    """Products of the first factors: entries (prefix, cell, state, value), and a label for each prefix."""

    count: int
    labels: np.ndarray
    prefix: np.ndarray
    cell: np.ndarray
    state: np.ndarray
    value: np.ndarray


def work(chain: Chain) -> int:
    """An upper bound on the multiplications that `assemble` does, counted without doing them."""
    reach, total = [1] * chain.stages[0].states[0], 0
    for stage in chain.stages:
        onward = [0] * stage.states[1]
        for b, c in zip(stage.source.tolist(), stage.target.tolist(), strict=True):
            onward[c] += reach[b]
        reach = onward
        total += sum(reach)
    return total


def assemble(chain: Chain, alive: Alive) -> Columns:
    """All columns on the alive coordinates.

    Raises
    ------
    TooLarge
        Before starting, from the counts of `work` and `alive`.
    """
    require("assembling the columns", max(work(chain), alive.count), WORK)
    prefixes, k = empty(chain), 0
    for stage in chain.stages:
        step = alive.step(k) if stage.size else None
        right = np.array(alive.right[k], dtype=np.int64) if stage.size else None
        prefixes = extend(prefixes, stage, chain, step, right)
        k += stage.size > 0
    return _columns(prefixes, chain)


def empty(chain: Chain) -> Prefixes:
    """The empty product: one prefix, the identity."""
    states = chain.stages[0].states[0]
    zero = np.zeros(states, dtype=np.int64)
    cell = np.zeros((states, len(chain.grid)), dtype=np.int64)
    if chain.kind == "product":
        cell[:, 0] = np.arange(states)
    return Prefixes(1, np.full(1, -1), zero, cell, np.arange(states), zero + 1)


def extend(
    old: Prefixes,
    stage: Stage,
    chain: Chain,
    step: Step | None = None,
    right: np.ndarray | None = None,
    modulus: int = 0,
) -> Prefixes:
    """Multiply every prefix by every basis matrix of the stage that may follow it.

    Without `step` the basis matrices are added up, and no prefix is split: so `evaluate` multiplies a
    chain whose parameters are put in, and `gram` one of pair operators.
    """
    owner, offset = spread((stage.start[1:] - stage.start[:-1])[old.state])
    at = stage.start[old.state][owner] + offset
    if step is None or right is None:
        prefix, labels, count = old.prefix[owner], old.labels, old.count
    else:
        parent, appended = step.children(old.labels)
        labels, count = right[appended], len(parent)
        prefix = step.child(old.labels, old.prefix[owner], stage.parameter[at])
        keep = prefix >= 0
        prefix, owner, at = prefix[keep], owner[keep], at[keep]
    cell = old.cell[owner] + stage.shift[at] if chain.kind == "response" else old.cell[owner]
    if chain.wraps:
        cell = cell % np.array(chain.grid)
    value = _multiply(old.value, stage.value, owner, at)
    return _merged(count, labels, prefix, cell, stage.target[at], value, chain, stage.states[1], modulus)


def _multiply(left: np.ndarray, right: np.ndarray, owner: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Entrywise products, in Python integers where sums of them might leave int64."""
    bound = _top(left) * _top(right) * max(1, min(len(left), len(right)))
    if object not in (left.dtype, right.dtype) and bound < SAFE:
        return left[owner] * right[at]
    return left.astype(object)[owner] * right.astype(object)[at]


def _top(values: np.ndarray) -> int:
    return max(abs(int(values.min())), abs(int(values.max()))) if len(values) else 0


def _merged(
    count: int, labels: np.ndarray, prefix: np.ndarray, cell: np.ndarray, state: np.ndarray, value: np.ndarray,
    chain: Chain, states: int, modulus: int,
) -> Prefixes:  # fmt: skip
    """Add entries at the same place, drop zeros, sort."""
    cells = math.prod(chain.grid)
    require("numbering the cells", cells, SAFE)
    place = flat_cells(cell, chain.grid)
    if count * cells * states < SAFE:
        order = np.argsort((prefix * cells + place) * states + state, kind="stable")
    else:
        order = np.lexsort((state, place, prefix))
    prefix, place, state, value, cell = prefix[order], place[order], state[order], value[order], cell[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (prefix[1:] != prefix[:-1]) | (place[1:] != place[:-1]) | (state[1:] != state[:-1])
    first = np.flatnonzero(new)
    total = np.add.reduceat(value, first) if len(first) else value
    total = total % modulus if modulus else total
    keep = total != 0
    first, total = first[keep], total[keep]
    if total.dtype == object and _top(total) < SAFE:
        total = total.astype(np.int64)
    return Prefixes(count, labels, prefix[first], cell[first], state[first], total)


def flat_cells(cell: np.ndarray, grid: tuple[int, ...]) -> np.ndarray:
    """Row-major numbers of the cells (one a row of `cell`)."""
    place = np.zeros(len(cell), dtype=np.int64)
    for d, n in enumerate(grid):
        place = place * n + cell[:, d]
    return place


def _columns(last: Prefixes, chain: Chain) -> Columns:
    place, cells = flat_cells(last.cell, chain.grid), math.prod(chain.grid)
    key = place * chain.ends + last.state if chain.kind == "product" else last.state * cells + place
    kept, row = np.unique(key, return_inverse=True)
    order = np.lexsort((row, last.prefix))
    value = whole(last.value.tolist()) if last.value.dtype == object else last.value
    return Columns(
        last.count, chain.kind, row_labels(kept, chain), chain.denominator, chain.weight,
        last.prefix[order], row[order], value[order],
    )  # fmt: skip


def row_labels(keys: np.ndarray, chain: Chain) -> tuple[RowLabel, ...]:
    """Labels of row keys: (row, column), or (leaf, shift)."""
    if chain.kind == "product":
        return tuple((int(a), int(b)) for a, b in zip(keys // chain.ends, keys % chain.ends, strict=True))
    cells = math.prod(chain.grid)
    shifts = np.stack(np.unravel_index(keys % cells, chain.grid), axis=1).tolist() if len(keys) else []
    return tuple((int(leaf), tuple(shift)) for leaf, shift in zip(keys // cells, shifts, strict=True))
