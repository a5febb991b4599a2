"""Starts for deep products: two factors at a time.

Main definition
    `hierarchical`  parameters from the rows of a product, when each split of the chain lists its entries once

Split the chain in two.  An entry of the product is a sum over inner states j and pairs (left entry into j, right entry
out of j).  When every entry of the product belongs to one such pair, the entries of each j form a matrix of rank one,
which gives the left and the right part up to a scale of j; both are split again.  Shifts add up in the same way as rows
and columns follow each other, so one search serves sparse patterns and convolutions.

Source: L. Zheng, E. Riccietti and R. Gribonval, Efficient identification of butterfly sparse matrix factorizations
(arXiv 2110.01230), for patterns.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..lifting import Lifting
from ..lifting.alive import spread
from ..lifting.stages import Stage

PAIRS = 20_000_000
"""Pairs of entries that a split may have."""
POWER = 30


@dataclass(frozen=True)
class Entries:
    """Distinct (source, target, shift) of a part of the chain, and perhaps a value at each."""

    source: np.ndarray
    target: np.ndarray
    cell: np.ndarray


def hierarchical(lifting: Lifting, y: np.ndarray) -> list[np.ndarray] | None:
    """Parameters whose product is near y, exact when y is a product without noise; None where no split applies.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern, Statement
    >>> diagonal, row = Pattern((2, 2), ((0, 0), (1, 1))), Pattern((2, 1), ((0, 0), (1, 0)))
    >>> lifting = Lifting(Statement("neuron-scale", (Pattern((1, 2), ((0, 0), (0, 1))), diagonal)))
    >>> h = hierarchical(lifting, np.array([6.0, -8.0]))
    >>> lifting.floats.product(h).round(12).tolist()
    [6.0, -8.0]
    """
    chain, floats = lifting.chain, lifting.floats
    if not all(s.size for s in chain.stages):
        return None
    keys, cells = floats.keys, math.prod(chain.grid)
    if chain.kind == "product":
        where = Entries(keys // chain.ends, keys % chain.ends, np.zeros_like(keys))
    else:
        where = Entries(np.zeros_like(keys), keys // cells, keys % cells)
    return _Splitter(chain.grid, chain.kind == "response").parts(chain.stages, where, y / floats._unit)


@dataclass(frozen=True)
class _Splitter:
    grid: tuple[int, ...]
    shifts: bool

    def parts(self, stages: tuple[Stage, ...], where: Entries, y: np.ndarray) -> list[np.ndarray] | None:
        """Parameters of `stages` for the values y at the entries `where`."""
        if len(stages) == 1:
            return self._single(stages[0], where, y)
        for cut in sorted(range(1, len(stages)), key=lambda n: abs(2 * n - len(stages))):
            found = self._split(stages, cut, where, y)
            if found is not None:
                return found
        return None

    def _split(self, stages: tuple[Stage, ...], cut: int, where: Entries, y: np.ndarray) -> list[np.ndarray] | None:
        left, right = self._support(stages[:cut]), self._support(stages[cut:])
        if left is None or right is None:
            return None
        pairs = self._pairs(left, right)
        if pairs is None:
            return None
        i, j = pairs
        keys = self._key(left.source[i], right.target[j], self._moved(left.cell[i], right.cell[j]))
        if len(np.unique(keys)) < len(keys):
            return None
        values = self._looked_up(keys, where, y)
        u, v = _rank_one_blocks(left, right, i, j, values)
        first, last = self.parts(stages[:cut], left, u), self.parts(stages[cut:], right, v)
        return None if first is None or last is None else [*first, *last]

    def _single(self, stage: Stage, where: Entries, y: np.ndarray) -> list[np.ndarray] | None:
        """Least squares for one factor, whose parameters do not share entries."""
        keys = self._key(stage.source, stage.target, self._cells(stage))
        if len(np.unique(keys)) < len(keys):
            return None
        value = stage.value.astype(float)
        seen = self._looked_up(keys, where, y)
        top = np.bincount(stage.parameter, value * seen, minlength=stage.size)
        norm = np.bincount(stage.parameter, value**2, minlength=stage.size)
        return [top / np.where(norm > 0, norm, 1.0)]

    def _support(self, stages: tuple[Stage, ...]) -> Entries | None:
        """The distinct entries of the product of `stages`."""
        entries = Entries(stages[0].source, stages[0].target, self._cells(stages[0]))
        for stage in stages[1:]:
            pairs = self._pairs(entries, Entries(stage.source, stage.target, self._cells(stage)))
            if pairs is None:
                return None
            i, j = pairs
            cell = self._moved(entries.cell[i], self._cells(stage)[j])
            source, target = entries.source[i], stage.target[j]
            _, kept = np.unique(self._key(source, target, cell), return_index=True)
            entries = Entries(source[kept], target[kept], cell[kept])
        return entries

    def _pairs(self, left: Entries, right: Entries) -> tuple[np.ndarray, np.ndarray] | None:
        """Places (i, j) of entries of `left` and `right` that meet in a state."""
        order = np.argsort(right.source, kind="stable")
        states = np.arange(max(left.target.max(initial=0), right.source.max(initial=0)) + 2)
        start = np.searchsorted(right.source[order], states)
        counts = start[left.target + 1] - start[left.target]
        if counts.sum() > PAIRS:
            return None
        owner, offset = spread(counts)
        return owner, order[start[left.target[owner]] + offset]

    def _cells(self, stage: Stage) -> np.ndarray:
        if not self.shifts:
            return np.zeros(stage.entries, dtype=np.int64)
        return np.ravel_multi_index(tuple(stage.shift.T % np.array(self.grid)[:, None]), self.grid)

    def _moved(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Cells of the sums of two shifts, within the grid."""
        if not self.shifts:
            return a
        both = zip(np.unravel_index(a, self.grid), np.unravel_index(b, self.grid), self.grid, strict=True)
        return np.ravel_multi_index(tuple((x + y) % n for x, y, n in both), self.grid)

    def _key(self, source: np.ndarray, target: np.ndarray, cell: np.ndarray) -> np.ndarray:
        cells = math.prod(self.grid) if self.shifts else 1
        return (source.astype(np.int64) * 2**21 + target) * cells + cell

    def _looked_up(self, keys: np.ndarray, where: Entries, y: np.ndarray) -> np.ndarray:
        """The values y at `keys`; zero where there is no such entry."""
        known = self._key(where.source, where.target, where.cell)
        if len(known) > 1 and not np.all(known[1:] > known[:-1]):
            order = np.argsort(known, kind="stable")
            known, y = known[order], y[order]
        at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        return np.where(known[at] == keys, y[at], 0.0)


def _rank_one_blocks(
    left: Entries, right: Entries, i: np.ndarray, j: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Values at the entries of both parts: for each inner state the best rank-one matrix, evenly shared."""
    u, v = np.zeros(len(left.source)), np.zeros(len(right.source))
    state = left.target[i]
    order = np.lexsort((j, i, state))
    _, first, counts = np.unique(state[order], return_index=True, return_counts=True)
    new_row = np.ones(len(order), dtype=np.int64)
    new_row[1:] = (i[order][1:] != i[order][:-1]) | (state[order][1:] != state[order][:-1])
    inner = np.add.reduceat(new_row, first)
    for rows, size in sorted(set(zip(inner.tolist(), counts.tolist(), strict=True))):
        chosen = first[(inner == rows) & (counts == size)]
        places = order[chosen[:, None] + np.arange(size)[None]]
        blocks = values[places].reshape(len(chosen), rows, size // rows)
        a, b = rank_one(blocks)
        u[i[places].reshape(blocks.shape)[:, :, 0]] = a
        v[j[places].reshape(blocks.shape)[:, 0, :]] = b
    return u, v


def rank_one(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best rank-one approximation of each matrix, by the power method from its largest row, evenly shared.

    >>> u, v = rank_one(np.array([[[4.0, 8.0], [1.0, 2.0]]]))
    >>> np.round(u[:, :, None] * v[:, None, :], 12).tolist()
    [[[4.0, 8.0], [1.0, 2.0]]]
    """
    largest = np.argmax(np.linalg.norm(blocks, axis=2), axis=1)
    v = blocks[np.arange(len(blocks)), largest]
    u = np.zeros(blocks.shape[:2])
    for _ in range(POWER):
        v = v / _norm(v)
        u = np.einsum("brc,bc->br", blocks, v)
        v, before = np.einsum("brc,br->bc", blocks, u / _norm(u)), v
        if np.abs(v / _norm(v) - before).max(initial=0.0) < 1e-14:
            break
    size = np.sqrt(np.linalg.norm(v, axis=1, keepdims=True))
    sign = np.where(v.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    return sign * size * u / _norm(u), sign * size * v / _norm(v)


def _norm(v: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(v, axis=1, keepdims=True)
    return np.where(norms > 0, norms, 1.0)
