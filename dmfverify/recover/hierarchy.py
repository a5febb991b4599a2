"""Deep products two factors at a time: starts that are exact without noise, and sweeps that polish them.

Main definitions
    `Tree`    the splits of a chain whose every reachable entry belongs to one path, as index arrays
    `tree`    that of a statement, found from its supports; None where there are none
    `hierarchical`  parameters from the rows of a product

Split the chain in two, and both halves again.  An entry of the product is a sum over inner states j and pairs (left
entry into j, right entry out of j).  When every entry of the product belongs to one path, the entries of each j are a
matrix of rank one, which gives the left and the right half up to a scale of j.  All blocks of one shape are done
together.  Shifts add up in the same way as rows and columns follow each other, so one search serves sparse patterns
(butterflies, Kronecker-sparse factors) and convolutions.  Nothing is known beforehand of the supports.

Sources: L. Zheng, E. Riccietti and R. Gribonval, Efficient identification of butterfly sparse matrix factorizations
(arXiv 2110.01230), for patterns, where the splitting is shown to be exact without noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..lifting import Lifting, TooLarge
from ..lifting.stages import chain as stages_of
from ..lifting.stages import responses
from ..problem.forms import Form, Pattern, Statement, Terms

PATHS = 20_000_000
"""Entries that a product may have."""
TABLE = 2**26
"""Places up to which a table finds two equal ones; beyond, they are sorted."""
POWER = 30
"""Rounds for a rank-one block."""
TURNED = 1e-10
"""Relative change of a vector below which a rank-one block has settled; what is left is smaller by the gap."""
SWEEPS = 30
STALLED = 1e-6
"""Relative decrease of the residual below which the sweeps end."""
Told = Callable[[int, float], object]
"""(sweep, residual) -> whether to end"""


@dataclass(frozen=True)
class Entries:
    """Distinct (source, target, cell) of a part of the chain; a cell is a place in the grid of the shifts."""

    source: np.ndarray
    target: np.ndarray
    cell: np.ndarray


@dataclass(frozen=True)
class Leaf:
    """One factor: the parameter and the value at each entry."""

    size: int
    parameter: np.ndarray
    value: np.ndarray
    plain: bool

    def fitted(self, num: np.ndarray, den: np.ndarray | None, held: np.ndarray | None = None) -> np.ndarray:
        """Least squares for the entries num / den with weights den; `held` where nothing is known of a parameter."""
        if self.plain and den is None:
            return num.copy()
        top = np.bincount(self.parameter, self.value * num, self.size)
        square = self.value**2 if den is None else self.value**2 * den
        norm = np.bincount(self.parameter, square, self.size)
        return np.where(norm > 0, top / np.where(norm > 0, norm, 1.0), 0.0 if held is None else held)


@dataclass(frozen=True)
class Blocks:
    """Inner states whose blocks have one shape.

    Attributes
    ----------
    left, right
        For each state (a row) the places of its entries in the left and in the right half.
    span
        Where the entries of the product, states x left x right, stand.
    """

    left: np.ndarray
    right: np.ndarray
    span: slice

    def of(self, values: np.ndarray) -> np.ndarray:
        """The entries of the product as one matrix a state."""
        return values[self.span].reshape(*self.left.shape, self.right.shape[1])


@dataclass(frozen=True)
class Split:
    """Two halves and how their entries meet; `sizes` counts the entries of the halves, `size` those of the product."""

    halves: tuple[Leaf | Split, Leaf | Split]
    blocks: tuple[Blocks, ...]
    sizes: tuple[int, int]
    size: int


Part = Leaf | Split


@dataclass(frozen=True)
class Tree:
    """All splits of a chain.

    Attributes
    ----------
    root
        The first split (or the factor itself).
    keys
        For each entry of the product its number: row * columns + column, or leaf * cells + cell for responses.
    unit
        What a product of integer stages is multiplied by.
    """

    root: Part
    keys: np.ndarray
    unit: float

    def split(self, y: np.ndarray) -> list[np.ndarray]:
        """Parameters whose product is near `y` (values at `keys`), exact when y is a product without noise."""
        found: list[np.ndarray] = []
        _descend(self.root, y / self.unit, found)
        return found

    def looked_up(self, keys: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The values y at the sorted `keys`, in the order of the tree; zero where there are none."""
        at = np.minimum(np.searchsorted(keys, self.keys), len(keys) - 1)
        return np.where(keys[at] == self.keys, y[at], 0.0)

    def product(self, h: Sequence[np.ndarray]) -> np.ndarray:
        """The product at `keys`."""
        return self.unit * _product(self.root, iter(h))

    def refined(
        self, y: np.ndarray, h: Sequence[np.ndarray], told: Told = lambda sweep, residual: False
    ) -> tuple[list[np.ndarray], float]:
        """Alternating least squares over the factors, each exactly, until it stalls: parameters and ‖product - y‖.

        An entry of a factor meets other entries of the product than every other entry of that factor, so least
        squares for one factor are a division; the sums for all factors share the work of the splits.
        """
        h, scaled, floor = list(h), y / self.unit, 1e-14 * float(np.linalg.norm(y))
        residual = float(np.linalg.norm(self.product(h) - y))
        for sweep in range(SWEEPS):
            if told(sweep, residual) or residual <= floor:
                break
            moved = list(h)
            new = float(np.linalg.norm(self.unit * _sweep(self.root, scaled, None, moved, 0) - y))
            if new < residual:
                h, before, residual = moved, residual, new
            if new >= residual or residual > (1 - STALLED) * before:
                break
        return h, residual


def _descend(part: Part, y: np.ndarray, found: list[np.ndarray]) -> None:
    if isinstance(part, Leaf):
        found.append(part.fitted(y, None))
        return
    u, v = (np.zeros(n) for n in part.sizes)
    for blocks in part.blocks:
        u[blocks.left], v[blocks.right] = rank_one(blocks.of(y))
    _descend(part.halves[0], u, found)
    _descend(part.halves[1], v, found)


def _product(part: Part, h: object) -> np.ndarray:
    if isinstance(part, Leaf):
        chosen: np.ndarray = next(h)  # type: ignore[call-overload]
        return chosen if part.plain else chosen[part.parameter] * part.value
    return _joined(part, _product(part.halves[0], h), _product(part.halves[1], h))


def _joined(part: Split, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    if len(part.blocks) == 1:
        (blocks,) = part.blocks
        return (u[blocks.left][:, :, None] * v[blocks.right][:, None, :]).reshape(-1)
    out = np.empty(part.size)
    for blocks in part.blocks:
        out[blocks.span] = (u[blocks.left][:, :, None] * v[blocks.right][:, None, :]).reshape(-1)
    return out


def _sweep(part: Part, num: np.ndarray, den: np.ndarray | None, h: list[np.ndarray], first: int) -> np.ndarray:
    """One round over the factors of `part`, the first of which is h[first]; returns its new product.

    The rest of the chain enters by `num` and `den`: the best entries are num / den, with weights den (None for one).
    """
    if isinstance(part, Leaf):
        h[first] = part.fitted(num, den, h[first])
        return h[first] if part.plain else h[first][part.parameter] * part.value
    halves, cut = part.halves, first + _depth(part.halves[0])
    v = _product(halves[1], iter(h[cut:]))
    u = _sweep(halves[0], *_towards_left(part, num, den, v), h, first)
    v = _sweep(halves[1], *_towards_right(part, num, den, u), h, cut)
    return _joined(part, u, v)


def _depth(part: Part) -> int:
    return 1 if isinstance(part, Leaf) else sum(map(_depth, part.halves))


def _towards_left(part: Split, num: np.ndarray, den: np.ndarray | None, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    top, norm = np.zeros(part.sizes[0]), np.zeros(part.sizes[0])
    for blocks in part.blocks:
        held = v[blocks.right][:, :, None]
        top[blocks.left] = (blocks.of(num) @ held)[:, :, 0]
        norm[blocks.left] = (held**2).sum(1) if den is None else (blocks.of(den) @ held**2)[:, :, 0]
    return top, norm


def _towards_right(
    part: Split, num: np.ndarray, den: np.ndarray | None, u: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    top, norm = np.zeros(part.sizes[1]), np.zeros(part.sizes[1])
    for blocks in part.blocks:
        held = u[blocks.left][:, None, :]
        top[blocks.right] = (held @ blocks.of(num))[:, 0, :]
        norm[blocks.right] = (held**2).sum(2) if den is None else (held**2 @ blocks.of(den))[:, 0, :]
    return top, norm


def rank_one(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best rank-one approximation of each matrix, by alternating least squares from its largest row.

    Scales are shared by powers of two, so that entries such as those of a Hadamard matrix stay exact.

    >>> u, v = rank_one(np.array([[[4.0, 8.0], [1.0, 2.0]]]))
    >>> u.tolist(), v.tolist()
    ([[4.0, 1.0]], [[1.0, 2.0]])
    """
    if 1 in blocks.shape[1:]:
        return _single(blocks)
    largest = np.einsum("brc,brc->br", blocks, blocks).argmax(axis=1)
    v = blocks[np.arange(len(blocks)), largest]
    for _ in range(POWER):
        u = (blocks @ v[:, :, None])[:, :, 0] / _square(v)
        w = (u[:, None, :] @ blocks)[:, 0, :] / _square(u)
        before, v = v, w
        if (np.abs(v - before).max(axis=1) <= TURNED * np.abs(v).max(axis=1)).all():
            break
    return _shared(u, v)


def _single(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows or columns, which have rank one as they stand."""
    flat = blocks.reshape(len(blocks), -1)
    one = np.ones((len(blocks), 1))
    return _shared(one, flat) if blocks.shape[1] == 1 else _shared(flat, one)


def _shared(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    power = np.round(np.log2(_square(v) / _square(u)) / 4).astype(int)
    return np.ldexp(u, power), np.ldexp(v, -power)


def _square(v: np.ndarray) -> np.ndarray:
    """Squared norms; one for a row of zeros."""
    squares = np.einsum("bi,bi->b", v, v)[:, None]
    squares[squares == 0] = 1.0
    return squares


def levelled(h: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The same class with norms that differ by a factor below four, rescaled by powers of two, without rounding.

    >>> [x.tolist() for x in levelled([np.array([48.0]), np.array([3.0])])]
    [[12.0], [12.0]]
    """
    norms = np.array([float(np.linalg.norm(x)) for x in h])
    if not (norms > 0).all() or not np.isfinite(norms).all():
        return list(h)
    exact = np.log2(norms).mean() - np.log2(norms)
    upto = np.floor(np.cumsum(exact) + 0.5).astype(int)  # sums are rounded, so that the last is 0
    return [np.ldexp(x, power) for x, power in zip(h, np.diff(upto, prepend=0), strict=True)]


def hierarchical(lifting: Lifting, y: np.ndarray) -> list[np.ndarray] | None:
    """Parameters whose product is near y (over the rows of the lifting); None where there is no tree.

    Examples
    --------
    >>> diagonal, row = Pattern((2, 2), ((0, 0), (1, 1))), Pattern((1, 2), ((0, 0), (0, 1)))
    >>> lifting = Lifting(Statement("neuron-scale", (row, diagonal)))
    >>> h = hierarchical(lifting, np.array([6.0, -8.0]))
    >>> lifting.floats.product(h).round(12).tolist()
    [6.0, -8.0]
    """
    splits = tree(lifting.statement)
    return None if splits is None else splits.split(splits.looked_up(lifting.floats.keys, y))


# -- the splits, from the supports ------------------------------------------------------------------


@lru_cache(maxsize=8)
def tree(statement: Statement) -> Tree | None:
    """The splits of a chain, or None: a known factor, two paths that meet in one entry, shared weights, too many paths.

    Examples
    --------
    >>> diagonal, row = Pattern((2, 2), ((0, 0), (1, 1))), Pattern((1, 2), ((0, 0), (0, 1)))
    >>> splits = tree(Statement("neuron-scale", (row, diagonal)))
    >>> splits.keys.tolist()
    [0, 1]
    >>> splits.product(splits.split(np.array([6.0, -8.0]))).round(12).tolist()
    [6.0, -8.0]
    """
    if statement.data is not None or not all(form.parameters for form in statement.forms):
        return None
    try:
        return _responded(statement) if responses(statement) else _multiplied(statement)
    except (_Unsplit, TooLarge, OverflowError):
        return None


class _Unsplit(Exception):
    """Two paths lead to the same entry, or two entries share a parameter."""


def _multiplied(statement: Statement) -> Tree | None:
    if not all(isinstance(form, (Pattern, Terms)) for form in statement.forms):
        return None
    parts = [_leaf_of(form) for form in statement.forms]
    root, entries = _grown(parts, _Grid((1,), statement.product_shape[1]))
    return Tree(root, entries.source * statement.product_shape[1] + entries.target, 1.0)


def _leaf_of(form: Form) -> tuple[Leaf, Entries]:
    if isinstance(form, Pattern):
        at = np.array(form.entries, dtype=np.intp).reshape(-1, 2)
        order = np.arange(len(at))
        return Leaf(len(at), order, np.ones(len(at)), True), Entries(at[:, 0], at[:, 1], np.zeros_like(order))
    assert isinstance(form, Terms)
    number, row, column = (np.array([t[n] for t in form.terms], dtype=np.intp) for n in range(3))
    value = np.array([float(t[3]) for t in form.terms])
    return Leaf(form.parameters, number, value, False), Entries(row, column, np.zeros_like(row))


def _responded(statement: Statement) -> Tree:
    chain = stages_of(statement)
    grid, parts = _Grid(chain.grid, chain.ends), []
    for stage in chain.stages:
        cell = np.ravel_multi_index(tuple(stage.shift.T % np.array(chain.grid)[:, None]), chain.grid)
        leaf = Leaf(stage.size, stage.parameter, stage.value.astype(float), False)
        parts.append((leaf, Entries(stage.source, stage.target, cell)))
    root, entries = _grown(parts, grid)
    unit = math.sqrt(chain.weight) / float(chain.denominator)
    return Tree(root, entries.target * grid.cells + entries.cell, unit)


@dataclass(frozen=True)
class _Grid:
    """The grid of the shifts, and how many final states there are."""

    shape: tuple[int, ...]
    ends: int

    @property
    def cells(self) -> int:
        return math.prod(self.shape)

    def moved(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Cells of the sums of two shifts."""
        if len(self.shape) == 1:
            return (a + b) % self.shape[0] if self.shape[0] > 1 else np.zeros(np.broadcast(a, b).shape, dtype=np.intp)
        both = zip(np.unravel_index(a, self.shape), np.unravel_index(b, self.shape), self.shape, strict=True)
        return np.ravel_multi_index(tuple((x + y) % n for x, y, n in both), self.shape)

    def require_distinct(self, entries: Entries) -> None:
        """Raise when two entries are equal."""
        width = int(entries.target.max(initial=0)) + 1
        keys = (entries.source * width + entries.target) * self.cells + entries.cell
        top = int(keys.max(initial=0)) + 1
        if top <= TABLE:
            seen = np.zeros(top, dtype=bool)
            seen[keys] = True
            distinct = int(np.count_nonzero(seen))
        else:
            distinct = len(np.unique(keys))
        if distinct < len(keys):
            raise _Unsplit


def _grown(parts: Sequence[tuple[Leaf, Entries]], grid: _Grid) -> tuple[Part, Entries]:
    """The balanced tree over `parts`, with the entries of its product in the order of the root's blocks."""
    if len(parts) == 1:
        grid.require_distinct(parts[0][1])
        return parts[0]
    if any(len(leaf.parameter) and np.bincount(leaf.parameter).max() > 1 for leaf, _ in parts):
        raise _Unsplit  # a weight that inner states share would fix their scales
    cut = len(parts) // 2
    (first, left), (last, right) = _grown(parts[:cut], grid), _grown(parts[cut:], grid)
    blocks, entries = _joint(left, right, grid)
    sizes = len(left.source), len(right.source)
    return Split((first, last), tuple(blocks), sizes, len(entries.source)), entries


def _joint(left: Entries, right: Entries, grid: _Grid) -> tuple[list[Blocks], Entries]:
    """How the entries of two halves meet: one `Blocks` for each shape, and the entries of the product."""
    states = max(left.target.max(initial=0), right.source.max(initial=0)) + 1
    into, out = (np.bincount(v, minlength=states) for v in (left.target, right.source))
    if int(into @ out) > PATHS:
        raise _Unsplit
    by_target, by_source = (np.argsort(v, kind="stable") for v in (left.target, right.source))
    starts = [np.cumsum(count) - count for count in (into, out)]
    found, parts, at = [], [], 0
    for rows, columns in sorted(set(zip(into.tolist(), out.tolist(), strict=True))):
        if rows and columns:
            chosen = np.flatnonzero((into == rows) & (out == columns))
            i = by_target[starts[0][chosen][:, None] + np.arange(rows)]
            j = by_source[starts[1][chosen][:, None] + np.arange(columns)]
            size = len(chosen) * rows * columns
            found.append(Blocks(i, j, slice(at, at + size)))
            parts.append(_met(left, right, i, j, grid))
            at += size
    entries = Entries(*(np.concatenate(column) for column in zip(*parts, strict=True)) if parts else _nothing())
    grid.require_distinct(entries)
    return found, entries


def _met(left: Entries, right: Entries, i: np.ndarray, j: np.ndarray, grid: _Grid) -> tuple[np.ndarray, ...]:
    shape = (*i.shape, j.shape[1])
    source = np.broadcast_to(left.source[i][:, :, None], shape)
    target = np.broadcast_to(right.target[j][:, None, :], shape)
    cell = grid.moved(left.cell[i][:, :, None], right.cell[j][:, None, :])
    return source.reshape(-1), target.reshape(-1), np.broadcast_to(cell, shape).reshape(-1)


def _nothing() -> tuple[np.ndarray, ...]:
    return tuple(np.zeros(0, dtype=np.intp) for _ in range(3))
