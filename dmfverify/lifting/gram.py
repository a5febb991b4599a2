"""W = A A^T without a column of A: a tensor network contracted layer by layer, linear in K.

    W[(a, c), (a', c')] = sum_i A_i[a, c] A_i[a', c'],   A_i = M_1(e_{i_1}) ... M_K(e_{i_K})

so W is the product of the pair operators E_k = sum_i M_k(e_i) (x) M_k(e_i), read with the indices (a, a')
and (c, c') of two copies of the product (theory.md, section 1).  Restricting the sums restricts the columns to
a box; for unions of boxes G(B u B') = G(B) + G(B') - G(B n B').

Dead multi-indices (path-scale, neuron-scale) have zero columns, hence add nothing: the contraction
over all multi-indices is the one over the alive ones.

Routes, chosen by their estimated seconds:

=========== ====================================================================================
sparse      pairs of states that occur, with exact integers: taps as responses (two copies of one tap move
            together), patterns, few terms.  A chain whose shifts differ gives a diagonal
dense       C[(a <= a'), (b, b')] as one float64 matrix times E_k (dense or sparse), or times the basis matrices
            on b' and then on b when that is cheaper; carried from the end with fewer rows
=========== ====================================================================================

Exact results on the dense route come from residues mod primes small enough for float64 to be exact
(inner length * p^2 / 4 < 2^52), with a bound on |W| from its diagonal, and mixed-radix reconstruction.
Cost in K: about linear in floating point and mod p; exact, the number of primes grows with K as well.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ..problem.forms import Statement, Support
from . import linalg
from .alive import spread
from .columns import Prefixes, RowLabel, cleared, flat_cells, row_labels, work
from .evaluate import counts, moves_together, support, swept
from .limits import DENSE, TooLarge, require
from .stages import Chain, Stage, chain, sorted_stage

SECONDS = 300.0
"""Estimated seconds beyond which a contraction is not started."""
SPARSE_RATE, GEMM_RATE, CSR_RATE = 2e6, 8e9, 3e8
"""Operations a second: steps of the sparse route, multiplications in BLAS, the same through scipy.sparse."""


@dataclass(frozen=True)
class RowGram:
    """W over the rows that are not zero.

    Attributes
    ----------
    mode
        ``exact``: `matrix` holds Python integers and W = weight / denominator^2 * matrix.
        ``float``: W = matrix * 2^exponent, weight and denominator included.
        A prime p: `matrix` holds the residues of the integers of ``exact``.
    rows_kind
        As in `Columns`.
    chain, keys
        The stages, and the rows as numbers (`rows` has their labels).
    entries
        Row positions, column positions and values that are not zero.
    """

    mode: str | int
    rows_kind: str
    chain: Chain
    keys: np.ndarray
    denominator: int
    weight: int
    exponent: int
    entries: tuple[np.ndarray, np.ndarray, np.ndarray]

    @property
    def m(self) -> int:
        """Number of rows."""
        return len(self.keys)

    @cached_property
    def rows(self) -> tuple[RowLabel, ...]:
        """Labels of the rows, as in `Columns`."""
        return row_labels(self.keys, self.chain)

    @cached_property
    def matrix(self) -> np.ndarray:
        """Dense m x m: Python integers, floats, or int64 residues."""
        require("a dense Gram matrix", self.m**2, DENSE)
        row, column, value = self.entries
        out = np.zeros((self.m, self.m), dtype=value.dtype)
        out[row, column] = value
        return out

    @cached_property
    def is_diagonal(self) -> bool:
        """Whether no two rows meet in a column; then W is known at any size."""
        return bool(np.all(self.entries[0] == self.entries[1]))

    def diagonal(self) -> np.ndarray:
        """The diagonal, in the units of `matrix`."""
        row, column, value = self.entries
        out = np.zeros(self.m, dtype=value.dtype)
        on = row == column
        out[row[on]] = value[on]
        return out

    def rank_mod(self, p: int = linalg.PRIME) -> int:
        """Rank mod p (of an exact W): never more than the rank of A."""
        import flint

        if self.is_diagonal:
            return sum(1 for v in self.entries[2].tolist() if v % p)
        return flint.nmod_mat(self.m, self.m, [int(x) % p for x in self.matrix.ravel()], p).rank()

    @cached_property
    def rank(self) -> int:
        """Rank of A: the greater of the ranks mod two primes."""
        first = self.rank_mod()
        return first if first == self.m else max(first, self.rank_mod(linalg.SECOND))

    @cached_property
    def left_kernel(self) -> list[list[int]]:
        """Integer vectors y, a basis of those with W y = 0, checked exactly."""
        if self.rank == self.m:
            return []
        return _reduced(linalg.nullspace(self.matrix))

    def solve(self, b: dict[RowLabel, Fraction]) -> linalg.Solution | None:
        """y over the rows with C C^T / denominator^2 * y = b exactly; None when b is not in the range of A."""
        at = {label: r for r, label in enumerate(self.rows)}
        if any(v and label not in at for label, v in b.items()):
            return None
        right = [Fraction(0)] * self.m
        for label, v in b.items():
            if v:
                right[at[label]] = Fraction(v) * self.denominator**2
        if self.is_diagonal:
            values = [x / int(v) for x, v in zip(right, self.diagonal(), strict=True)]
            d, numerators = linalg.as_integers(values)
            return linalg.Solution(numerators, d)
        return linalg.solve_symmetric(self.matrix, right)

    def projected_estimate(self, b: dict[RowLabel, Fraction]) -> float:
        """bᵀ (C Cᵀ / denominator²)⁺ b in floating point."""
        at = {label: r for r, label in enumerate(self.rows)}
        right = np.zeros(self.m)
        size = max((abs(v) for v in b.values()), default=Fraction(1)) or Fraction(1)
        for label, v in b.items():
            right[at[label]] = float(v / size)
        top = max((abs(int(v)) for v in self.entries[2]), default=0) or 1
        floats = np.array([float(Fraction(int(v), top)) for v in self.matrix.ravel()]).reshape(self.m, self.m)
        values, vectors = np.linalg.eigh(floats)
        kept = slice(self.m - self.rank, None)
        parts = (vectors[:, kept].T @ right) ** 2 / values[kept]
        return float(parts.sum()) * float(size * size * self.denominator**2 / top)

    def singular_values(self) -> tuple[float, float]:
        """Least non-zero and greatest singular value of A, in floating point to about ten digits."""
        scale = Fraction(self.weight, self.denominator**2)
        if self.is_diagonal and self.m:
            values = [int(v) for v in self.diagonal()]
            return tuple(linalg.root(scale * v) for v in (min(values), max(values)))  # type: ignore[return-value]
        return linalg.extreme_singular_values(self.matrix, scale, self.rank)

    def cleared(self) -> tuple[int, np.ndarray]:
        """The least d >= 1 with d^2 W integer, and that integer matrix."""
        return cleared(self.matrix, self.weight, self.denominator)


def _reduced(basis: list[list[int]]) -> list[list[int]]:
    small = 1 < len(basis) <= linalg.REDUCE and len(basis) * len(basis[0]) <= 20_000
    return linalg.reduced(basis) if small else basis


def row_gram(question: Statement | Chain, mode: str | int = "exact", boxes: Sequence[Support] | None = None) -> RowGram:
    """W = A A^T, of all columns or of those in a union of boxes.

    Parameters
    ----------
    question
        A statement, or its `Chain`.
    mode
        ``"exact"``, ``"float"``, or a prime.
    boxes
        Boxes whose union restricts the columns (inclusion and exclusion: 2^boxes - 1 contractions).

    Raises
    ------
    TooLarge
        Before starting, from estimated seconds.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern
    >>> dense = Pattern((2, 2), ((0, 0), (0, 1), (1, 0), (1, 1)))
    >>> row_gram(Statement("scale", (dense,) * 20)).matrix[0, 0] == 2**19
    True
    """
    links = chain(question) if isinstance(question, Statement) else question
    keys = support(links, boxes)
    parts = [(sign, contract(_boxed(links, box), keys, mode)) for sign, box in _inclusion_exclusion(links, boxes)]
    entries, exponent = _sum(parts, len(keys), mode)
    if mode == "float":
        mantissa, power = _split(Fraction(links.weight, links.denominator**2))
        entries, exponent = (entries[0], entries[1], entries[2] * mantissa), exponent + power
    numbers = np.array(keys, dtype=np.int64)
    return RowGram(mode, links.kind, links, numbers, links.denominator, links.weight, exponent, entries)


Entries = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Row positions, column positions, values."""


def _inclusion_exclusion(links: Chain, boxes: Sequence[Support] | None) -> list[tuple[int, Support | None]]:
    """Signs and intersections of boxes; None stands for everything."""
    if boxes is None:
        return [(1, None)]
    found: list[tuple[int, Support | None]] = []
    for size in range(1, len(boxes) + 1):
        for chosen in itertools.combinations(boxes, size):
            common = tuple(tuple(sorted(set.intersection(*map(set, sets)))) for sets in zip(*chosen, strict=True))
            if all(common):
                found.append(((-1) ** (size + 1), common))
    return found


def _boxed(links: Chain, box: Support | None) -> Chain:
    if box is None:
        return links
    allowed = iter(box)
    stages = tuple(s.within(next(allowed)) if s.size else s for s in links.stages)
    return Chain(stages, links.denominator, links.kind, links.weight, links.grid, links.wraps)


def _sum(parts: list[tuple[int, tuple[Entries, int]]], m: int, mode: str | int) -> tuple[Entries, int]:
    """The signed sum of sparse matrices, each with a power of two of its own."""
    exponent = max((e for _, (_, e) in parts), default=0)
    if len(parts) == 1:
        return parts[0][1]
    keys, values = [], []
    for sign, ((row, column, value), e) in parts:
        keys.append(row * m + column)
        values.append(sign * (np.ldexp(value, e - exponent) if mode == "float" else value))
    key, place = np.unique(np.concatenate(keys), return_inverse=True)
    stacked = np.concatenate(values)
    total = np.zeros(len(key), dtype=stacked.dtype)
    np.add.at(total, place, stacked)
    total = total % mode if isinstance(mode, int) else total
    kept = total != 0
    return (key[kept] // m, key[kept] % m, total[kept]), exponent


def _split(value: Fraction) -> tuple[float, int]:
    """value = mantissa * 2^power with a mantissa near one."""
    power = value.numerator.bit_length() - value.denominator.bit_length()
    return float(value / Fraction(2) ** power), power


def estimated_seconds(links: Chain, mode: str | int = "exact") -> float:
    """What a contraction would take, roughly."""
    if moves_together(links):
        return min(work(links), sum(s.entries for s in links.stages) * math.prod(links.grid)) / SPARSE_RATE
    return min(_sparse_steps(links) / SPARSE_RATE, _dense_plan(links, mode)[0])


def contract(links: Chain, keys: Sequence[int], mode: str | int) -> tuple[Entries, int]:
    """C C^T of the integer stages, on the rows `keys`, times 2^-exponent in floating point."""
    if moves_together(links):
        return _cast(_diagonal(links, keys), mode)
    sparse = _sparse_steps(links) / SPARSE_RATE
    dense, plans = _dense_plan(links, mode)
    if min(sparse, dense) > SECONDS:
        raise TooLarge(
            "a contraction, in microseconds,", math.ceil(min(sparse, dense, 1e300) * 1e6), int(SECONDS * 1e6)
        )
    if sparse <= dense:
        return _cast(_sparse(links, keys), mode)
    return _dense(links, keys, mode, plans)


# ---------------------------------------------------------------- pairs of states that occur


def _pair_counts(stage: Stage) -> np.ndarray:
    """Entries of each basis matrix."""
    return np.bincount(stage.parameter, minlength=1) if stage.entries else np.zeros(1, dtype=np.int64)


def _sparse_steps(links: Chain) -> float:
    """An upper estimate of the steps of `_sparse`."""
    rows = links.grid[0] if links.kind == "product" else 1
    cells = float(rows * rows) if links.kind == "product" else float(math.prod(links.grid)) ** 2
    held, total = float(rows * rows), 0.0
    for stage in links.stages:
        pairs = float((_pair_counts(stage) ** 2).sum())
        total += pairs  # building the pair operator
        held = held * pairs / max(1, _pair_sources(stage))
        total += held
        held = min(held, cells * stage.states[1] ** 2, held if links.kind == "product" else _reach(links))
    return total


def _pair_sources(stage: Stage) -> int:
    return len(np.unique(stage.source)) ** 2 if len(_pair_counts(stage)) == 1 else len(np.unique(stage.source))


def _reach(links: Chain) -> float:
    return float(math.prod(links.grid) * links.ends) ** 2


def _pair_stage(stage: Stage) -> Stage:
    """sum_i M(e_i) (x) M(e_i), as a stage without parameters on pairs of states."""
    order = np.argsort(stage.parameter, kind="stable")
    counts = _pair_counts(stage)[_pair_counts(stage) > 0]
    first = np.cumsum(counts) - counts
    owner, offset = spread(counts**2)
    left = order[first[owner] + offset // counts[owner]]
    right = order[first[owner] + offset % counts[owner]]
    value = _products(stage, left, right)
    (b, c) = stage.states
    source = stage.source[left] * b + stage.source[right]
    target = stage.target[left] * c + stage.target[right]
    shift = np.hstack([stage.shift[left], stage.shift[right]])
    none = np.zeros(len(source), dtype=np.int64)
    return sorted_stage(0, (b * b, c * c), none, source, target, shift, value)


def _products(stage: Stage, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    if stage.top < 2**31:
        value = stage.value.astype(np.int64)
        return value[left] * value[right]
    value = stage.value.astype(object)
    return value[left] * value[right]


def _diagonal(links: Chain, keys: Sequence[int]) -> Entries:
    """C C^T when every column has one entry."""
    found = counts(links)
    place = np.searchsorted(np.array(keys, dtype=np.int64), np.fromiter(found, dtype=np.int64, count=len(found)))
    value = np.empty(len(found), dtype=object)
    value[:] = list(found.values())
    return place, place, value


def _sparse(links: Chain, keys: Sequence[int]) -> Entries:
    """C C^T over (cells of both copies, pair of states), in Python integers."""
    pairs = tuple(_pair_stage(s) for s in links.stages)
    double = Chain(pairs, 1, links.kind, 1, links.grid + links.grid, links.wraps)
    last = swept(double, pairs, _identity(links))
    d = len(links.grid)
    row = _positions(last.cell[:, :d], last.state // links.ends, links, keys)
    column = _positions(last.cell[:, d:], last.state % links.ends, links, keys)
    return row, column, last.value.astype(object)


def _identity(links: Chain) -> Prefixes:
    """All pairs (a, a') of rows, or the pair (0, 0) of empty responses."""
    n = links.stages[0].states[0]
    pair = np.arange(n * n)
    cell = np.zeros((n * n, 2 * len(links.grid)), dtype=np.int64)
    if links.kind == "product":
        cell[:, 0], cell[:, 1] = pair // n, pair % n
    return Prefixes(1, np.full(1, -1), pair * 0, cell, pair, pair * 0 + 1)


def _positions(cell: np.ndarray, state: np.ndarray, links: Chain, keys: Sequence[int]) -> np.ndarray:
    place = flat_cells(cell, links.grid)
    key = place * links.ends + state if links.kind == "product" else state * math.prod(links.grid) + place
    return np.searchsorted(np.array(keys, dtype=np.int64), key)


def _cast(entries: Entries, mode: str | int) -> tuple[Entries, int]:
    """Exact entries in the wanted arithmetic."""
    row, column, value = entries
    if mode == "exact":
        return entries, 0
    if mode == "float":
        exponent = max(0, max((abs(v).bit_length() for v in value.tolist()), default=0) - 900)
        floats = np.array([float(Fraction(v, 1 << exponent)) for v in value.tolist()])
        return (row, column, floats), exponent
    residues = np.array([v % int(mode) for v in value.tolist()], dtype=np.int64)
    kept = residues != 0
    return (row[kept], column[kept], residues[kept]), 0


# ---------------------------------------------------------------- dense matrices over pairs of rows


@dataclass(frozen=True)
class _Plan:
    """How one stage acts on C[(a <= a'), (b, b')]: ``pair`` (E dense), ``csr`` (E sparse) or ``two`` (b', then b)."""

    kind: str
    stage: Stage
    seconds: float
    inner: int


def _flipped(stage: Stage) -> Stage:
    """The transposed stage."""
    arrays = (stage.parameter, stage.target, stage.source, stage.shift, stage.value)
    return sorted_stage(stage.size, stage.states[::-1], *arrays)


def _from_right(links: Chain) -> bool:
    """Whether the contraction starts at the last factor, the one with fewer outer indices."""
    return links.ends < links.stages[0].states[0]


def _dense_plan(links: Chain, mode: str | int) -> tuple[float, list[_Plan]]:
    """Estimated seconds of the dense route, and what each stage does."""
    if links.kind != "product":
        return math.inf, []
    stages = [_flipped(s) for s in reversed(links.stages)] if _from_right(links) else list(links.stages)
    outer = stages[0].states[0]
    pairs = outer * (outer + 1) // 2
    if pairs * max(s**2 for stage in stages for s in stage.states) > 4 * DENSE:
        return math.inf, []
    plans = [_plan(s, pairs) for s in stages]
    if mode == "float":
        runs = 1.0
    elif mode == "exact":
        runs = max(1.0, sum(math.log2(max(1, s.entries * s.top**2)) for s in stages) / 20)
    else:
        runs = 1.0
    return runs * sum(p.seconds for p in plans), plans


def _plan(stage: Stage, pairs: int) -> _Plan:
    b, c = stage.states
    entries = int((_pair_counts(stage) ** 2).sum())
    used = max(1, int((_pair_counts(stage) > 0).sum()))
    build = entries / 3e6
    options = []
    if b * b * c * c <= 2 * DENSE and used * b * c <= DENSE:
        seconds = (pairs + used) * b * b * c * c / GEMM_RATE
        options.append(_Plan("pair", stage, seconds, max(b * b, used)))
    if entries <= DENSE:
        options.append(_Plan("csr", stage, pairs * min(entries, b * b * c * c) / CSR_RATE + build, b * b))
    if used * b * c <= DENSE and pairs * used * b * c <= 2 * DENSE:
        seconds = pairs * used * (b * b * c + b * c * c) / GEMM_RATE + pairs * used * b * c / CSR_RATE
        options.append(_Plan("two", stage, seconds, max(b, used * b)))
    return min(options, key=lambda p: p.seconds, default=_Plan("none", stage, math.inf, 1))


Reduce = Callable[[np.ndarray], np.ndarray]


def _dense(links: Chain, keys: Sequence[int], mode: str | int, plans: list[_Plan]) -> tuple[Entries, int]:
    pick = _Picker.of(links, keys)
    inner = max(p.inner for p in plans)
    if mode == "float":
        value, exponent = _float_sweep(plans)
        return pick.symmetric(pick(value)), exponent
    if isinstance(mode, int) and inner * mode**2 < 2**54:
        return pick.symmetric(pick(_sweep(plans, mode)).astype(np.int64) % mode), 0
    bits = _bits(plans)
    primes = _primes(bits + 2, (54 - inner.bit_length()) // 2)
    operators = [_operator_data(p) for p in plans]
    residues = [pick(_sweep(plans, p, operators)).astype(np.int64) % p for p in primes]
    exact = reconstruct(residues, primes)
    return pick.symmetric(exact if mode == "exact" else exact % int(mode)), 0


@dataclass(frozen=True)
class _Picker:
    """Reads W on the upper triangle of the rows `keys` from C[(a <= a'), (c, c')], carried from one side."""

    m: int
    place: np.ndarray
    row: np.ndarray
    column: np.ndarray

    @classmethod
    def of(cls, links: Chain, keys: Sequence[int]) -> _Picker:
        key = np.array(keys, dtype=np.int64)
        outer, inner = key // links.ends, key % links.ends
        sizes = (links.grid[0], links.ends)
        if _from_right(links):
            outer, inner, sizes = inner, outer, sizes[::-1]
        row, column = np.triu_indices(len(key))
        a, a2, c, c2 = outer[row], outer[column], inner[row], inner[column]
        swap = a > a2
        a, a2, c, c2 = np.where(swap, a2, a), np.where(swap, a, a2), np.where(swap, c2, c), np.where(swap, c, c2)
        pair = a * sizes[0] - a * (a - 1) // 2 + (a2 - a)
        return cls(len(key), (pair * sizes[1] + c) * sizes[1] + c2, row, column)

    def __call__(self, carried: np.ndarray) -> np.ndarray:
        return carried.reshape(-1)[self.place]

    def symmetric(self, upper: np.ndarray) -> Entries:
        """Both triangles, without zeros."""
        kept = upper != 0
        row, column, value = self.row[kept], self.column[kept], upper[kept]
        off = row != column
        return (
            np.concatenate([row, column[off]]), np.concatenate([column, row[off]]), np.concatenate([value, value[off]])
        )  # fmt: skip


def _start(plans: list[_Plan]) -> np.ndarray:
    """The identity on pairs a <= a'."""
    n = plans[0].stage.states[0]
    a, a2 = np.triu_indices(n)
    out = np.zeros((len(a), n * n))
    out[np.arange(len(a)), a * n + a2] = 1.0
    return out


def _operator_data(plan: _Plan) -> Any:
    """The exact integers of the operator of a stage, in the layout that `_apply` uses."""
    return _pair_stage(plan.stage) if plan.kind == "csr" else _tensor(plan.stage)


def _tensor(stage: Stage) -> np.ndarray:
    """The basis matrices as an array (used parameters, states, states)."""
    used, place = np.unique(stage.parameter, return_inverse=True)
    out = np.zeros((max(1, len(used)), *stage.states), dtype=stage.value.dtype)
    out[place, stage.source, stage.target] = stage.value
    return out


def _operator(plan: _Plan, data: Any, p: int) -> Any:
    """The operator in float64: centred residues mod p, or plain floats when p is 0."""
    if plan.kind == "two":
        return _residues(data, p)
    if plan.kind == "pair":
        return _pair_operator(_residues(data, p), p)
    from scipy.sparse import coo_array

    sparse = coo_array((_residues(data.value, p), (data.source, data.target)), shape=data.states).tocsr()
    if p:
        sparse.data = _centred(sparse.data, p)
    return sparse.T.tocsr()


def _pair_operator(basis: np.ndarray, p: int) -> np.ndarray:
    """sum_i B_i (x) B_i: the Gram matrix of the flattened basis, its four indices reordered."""
    used, b, c = basis.shape
    flat = basis.reshape(used, b * c)
    gram = flat.T @ flat
    if p:
        gram = _centred(gram, p)
    return gram.reshape(b, c, b, c).transpose(0, 2, 1, 3).reshape(b * b, c * c)


def _residues(values: np.ndarray, p: int) -> np.ndarray:
    if not p:
        return values.astype(float)
    residues = (values % p).astype(float)
    return np.where(2 * residues > p, residues - p, residues)


def _centred(values: np.ndarray, p: int) -> np.ndarray:
    values -= p * np.rint(values * (1.0 / p))
    return values


def _apply(plan: _Plan, operator: Any, carried: np.ndarray, reduce: Reduce) -> np.ndarray:
    if plan.kind == "pair":
        return reduce(carried @ operator)
    if plan.kind == "csr":
        return reduce(np.ascontiguousarray((operator @ np.ascontiguousarray(carried.T)).T))
    b, c = plan.stage.states
    pairs, used = len(carried), len(operator)
    side = operator.transpose(1, 0, 2).reshape(b, used * c)  # b' -> (i, c')
    half = reduce(carried.reshape(pairs * b, b) @ side).reshape(pairs, b * used, c)
    stacked = operator.transpose(1, 0, 2).reshape(b * used, c)  # (b, i) -> c
    return reduce(np.matmul(stacked.T, half)).reshape(pairs, c * c)


def _sweep(plans: list[_Plan], p: int, operators: list[Any] | None = None) -> np.ndarray:
    """All stages mod p: integers of absolute value about p / 2, in float64."""
    carried = _start(plans)
    for n, plan in enumerate(plans):
        data = operators[n] if operators else _operator_data(plan)
        carried = _apply(plan, _operator(plan, data, p), carried, lambda x: _centred(x, p))
    return carried


def _float_sweep(plans: list[_Plan]) -> tuple[np.ndarray, int]:
    """All stages in floating point, and the power of two that was divided out."""
    carried, exponent = _start(plans), 0
    for plan in plans:
        operator = _operator(plan, _operator_data(plan), 0)
        carried = _apply(plan, operator, carried, lambda x: x)
        power = int(np.frexp(np.abs(carried).max())[1])
        carried, exponent = np.ldexp(carried, -power), exponent + power
    return carried, exponent


def _bits(plans: list[_Plan]) -> int:
    """A bound on the bits of |W|: its diagonal, from V = sum_i B_i V B_i^T started at the identity.

    Double precision, positive semidefinite throughout; four bits are added for its rounding.
    """
    size = plans[-1].stage.states[1]
    v, exponent = np.eye(size), 0
    for plan in reversed(plans):
        b, c = plan.stage.states
        total = np.zeros((b, b))
        tensor = _scaled_tensor(plan.stage)
        for matrix in tensor[0]:
            total += matrix @ v @ matrix.T
        power = int(np.frexp(np.abs(total).max())[1])
        v, exponent = np.ldexp(total, -power), exponent + power + tensor[1]
    return max(1, int(exponent)) + 5


def _scaled_tensor(stage: Stage) -> tuple[list[Any], int]:
    """Basis matrices in floats, scaled by a power of two whose square is returned as exponent."""
    from scipy.sparse import coo_array

    power = max(0, stage.top.bit_length() - 400)
    values = np.array([float(int(v) >> power) for v in stage.value.tolist()])
    found = []
    for i in np.unique(stage.parameter):
        on = stage.parameter == i
        found.append(coo_array((values[on], (stage.source[on], stage.target[on])), shape=stage.states).tocsr())
    return found, 2 * power


def _primes(bits: int, size: int) -> list[int]:
    """Primes of `size` bits whose product has at least `bits` bits."""
    import flint

    found: list[int] = []
    p, have = 2**size, 0.0
    while have < bits:
        p -= 1
        if flint.fmpz(p).is_prime():
            found.append(p)
            have += math.log2(p)
    return found


def reconstruct(residues: Sequence[np.ndarray], primes: Sequence[int]) -> np.ndarray:
    """Integers of least absolute value with these residues (Garner's mixed radix).

    >>> reconstruct([np.array([6, 1]), np.array([10, 3])], [7, 11]).tolist()
    [-1, 36]
    """
    digits: list[np.ndarray] = []
    for residue, p in zip(residues, primes, strict=True):
        value, radix = np.zeros_like(residue), 1
        for digit, q in zip(digits, primes, strict=False):
            value = (value + digit % p * radix) % p
            radix = radix * q % p
        digits.append((residue - value) * pow(radix, -1, p) % p)
    total = digits[-1].astype(object)
    for digit, p in zip(reversed(digits[:-1]), reversed(primes[: len(digits) - 1]), strict=True):
        total = total * p + digit
    modulus = math.prod(primes)
    return np.where(2 * total > modulus, total - modulus, total)
