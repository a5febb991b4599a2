"""The reach of a convolutional network: which multi-indices arrive at the same shift.

Main statements
    A multi-index that follows a path from a leaf contributes (up to the value of known taps) one shifted
    delta to that leaf's response, at the sum of its taps.  So two columns of the lifting are parallel
    exactly when leaf, root and shift agree, and orthogonal otherwise [M20, section 4].
    For a family of supports the columns of each pair Π𝒮 ∪ Π𝒮' are independent exactly when all
    multi-indices of the *union of all boxes* have different (leaf, shift): any two of them lie in one pair.

Main definitions
    `Net`        layers of edges with their shifts in one group, Z/N, Z/H x Z/W, or a box that never wraps
    `net`        of a statement
    `counts`     how many alive multi-indices reach each (leaf, shift), summed up
    `collision`  two multi-indices with the same leaf and shift, or None when all differ
    `smallest_length_without_collision`  when only wrapping around makes them collide

Nothing costs S^K.  Distinct sums are at most as many as there are shifts, so marking them one by
one stops after |group| + 1 marks, whatever the number of multi-indices.

References
    [M20] section 4, Proposition 2; theory.md, section 5 (why the union, not the box of unions).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from ..problem.forms import Statement, Support, Taps
from .graph import is_network

MultiIndex = tuple[int, ...]
State = dict[int, np.ndarray]
"""For each node the shifts that reach it, without repetition."""

BITMAP = 400_000_000
"""Shifts of which one byte each is kept at most."""
SPARSE = 20_000_000
"""Sums that are sorted at most."""
DENSE_WORK = 60_000_000_000
"""Additions of counters at most."""
SAMPLE = 2_000_000
"""Random multi-indices that are compared when there are too many to mark."""


class TooMany(Exception):
    """The reach was not computed; `reason` says why, in plain words."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True)
class Edge:
    """An edge from `source` (towards the leaves) to `to`: positions in the group, parameter numbers, known values.

    `parameters` is empty for known taps; `value` is then the known value, otherwise 1.
    """

    to: int
    source: int
    shifts: np.ndarray
    parameters: np.ndarray
    value: Fraction = Fraction(1)


@dataclass(frozen=True)
class Net:
    """A convolutional network with its shifts in a group of `moduli` (row-major positions).

    Attributes
    ----------
    layers
        In product order, known layers included; without edges on no path.
    wraps
        Whether sums are taken modulo `moduli`; otherwise `moduli` is so large that they stay below.
    factors
        For each layer the number of the factor with parameters, or -1.
    grid, stride
        Cells of the input, and the product of all strides.
    """

    moduli: tuple[int, ...]
    wraps: bool
    layers: tuple[tuple[Edge, ...], ...]
    factors: tuple[int, ...]
    grid: tuple[int, ...] = ()
    stride: int = 1

    def norms(self, residues: np.ndarray, d: int) -> np.ndarray:
        """Along dimension d, how many input cells c have c + residue divisible by the stride."""
        return (self.grid[d] - 1 - -residues % self.stride) // self.stride + 1

    @property
    def even(self) -> bool:
        """Whether all columns have one norm: the stride divides the input grid."""
        return not any(n % self.stride for n in self.grid)

    @property
    def order(self) -> int:
        """Number of shifts."""
        return math.prod(self.moduli)

    @property
    def dtype(self) -> np.dtype:
        """Integers that hold the sum of two positions."""
        return np.dtype(np.int32 if self.order < 2**30 else np.int64 if self.order < 2**62 else object)

    @property
    def sortable(self) -> int:
        """Sums that are sorted at most."""
        return SPARSE // 20 if self.dtype == object else SPARSE

    def add(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Sums of positions, broadcast."""
        if not self.wraps:
            return a + b
        if len(self.moduli) == 1:
            total = a + b
            return np.where(total >= self.order, total - self.order, total)
        return self._digitwise(a, b, 1)

    def subtract(self, a: int, b: np.ndarray) -> np.ndarray:
        """Differences of positions, -1 where there is none."""
        if not self.wraps:
            return np.maximum(a - b, -1)
        if len(self.moduli) == 1:
            return (a - b) % self.order
        return self._digitwise(np.array(a, dtype=b.dtype), b, -1)

    def _digitwise(self, a: np.ndarray, b: np.ndarray, sign: int) -> np.ndarray:
        total, unit = 0, 1
        for modulus in reversed(self.moduli):
            total = total + (a // unit % modulus + sign * (b // unit % modulus)) % modulus * unit
            unit *= modulus
        return np.asarray(total)

    @cached_property
    def roots(self) -> list[int]:
        """Output nodes."""
        return sorted({e.to for e in self.layers[0]})

    def rooted(self, root: int) -> Net:
        """The part below one root."""
        first = tuple(e for e in self.layers[0] if e.to == root)
        return _alive(replace(self, layers=(first, *self.layers[1:])))

    def inside(self, box: Support) -> Net:
        """The same network with the parameters of a box only."""
        layers = [
            layer if k < 0 else tuple(_restrict(e, box[k]) for e in layer)
            for k, layer in zip(self.factors, self.layers, strict=True)
        ]
        return _alive(replace(self, layers=tuple(layers)))

    @cached_property
    def alive(self) -> int:
        """The number of alive multi-indices, exactly."""
        ways: dict[int, int] = {}
        for e in self.layers[-1]:
            ways[e.to] = ways.get(e.to, 0) + len(e.shifts)
        for layer in reversed(self.layers[:-1]):
            before, ways = ways, {}
            for e in layer:
                ways[e.to] = ways.get(e.to, 0) + len(e.shifts) * before.get(e.source, 0)
        return sum(ways.values())

    @property
    def chain(self) -> bool:
        """Whether every layer is a single edge."""
        return all(len(layer) == 1 for layer in self.layers)


def _restrict(edge: Edge, allowed: Sequence[int]) -> Edge:
    keep = np.isin(edge.parameters, np.array(allowed, dtype=np.int64))
    return replace(edge, shifts=edge.shifts[keep], parameters=edge.parameters[keep])


def _alive(net: Net) -> Net:
    """Without the edges that carry nothing or lie on no path."""
    layers = [[e for e in layer if len(e.shifts)] for layer in net.layers]
    for k in range(1, len(layers)):
        reached = {e.source for e in layers[k - 1]}
        layers[k] = [e for e in layers[k] if e.to in reached]
    for k in range(len(layers) - 2, -1, -1):
        leading = {e.to for e in layers[k + 1]}
        layers[k] = [e for e in layers[k] if e.source in leading]
    return replace(net, layers=tuple(tuple(layer) for layer in layers))


# ------------------------------------------------------------------ from a statement


def refuses(statement: Statement) -> str:
    """Why a statement has no reach that this file computes; "" when it has."""
    if not is_network(statement):
        return "the factors are not all layers of convolutions with free taps only or known taps only"
    if statement.data is not None:
        return "known input data mix the shifts"
    layers = [f for f in statement.forms if isinstance(f, Taps)]
    if len({f.boundary for f in layers}) > 1:
        return "circular and zero-padded layers are mixed"
    if layers[0].boundary == "circular" and any(n % f.stride for f in layers for n in f.grid):
        return "a stride does not divide the length of a circular layer"
    for f in layers:
        pairs = [t[:2] for t in f.fixed if t[3]]
        if len(pairs) > len(set(pairs)):
            return "two known taps join the same nodes, so that a column is not a single shift"
    return _refuses_chains(layers)


def _refuses_chains(layers: Sequence[Taps]) -> str:
    """Known layers must join each pair of labels once, and lead to one root and one leaf."""
    ways: dict[int, dict[int, int]] = {}
    position = "head"
    for f in [*layers, None]:
        if f is None or f.taps:
            ends = ways.values() if position != "tail" else ()
            if position == "inner" and any(n > 1 for into in ends for n in into.values()):
                return "known layers join the same nodes in two ways"
            ways, position = {}, "inner"
        if f is not None and f.fixed:
            ways = _extend(ways or {a: {a: 1} for a in range(f.nodes[0])}, f)
    return _refuses_outer(layers)


def _extend(ways: dict[int, dict[int, int]], layer: Taps) -> dict[int, dict[int, int]]:
    out: dict[int, dict[int, int]] = {a: {} for a in ways}
    for a, into in ways.items():
        for to, source, *_ in layer.fixed:
            if to in into:
                out[a][source] = out[a].get(source, 0) + into[to]
    return out


def _refuses_outer(layers: Sequence[Taps]) -> str:
    free = [k for k, f in enumerate(layers) if f.taps]
    head, tail = layers[: free[0]], layers[free[-1] + 1 :]
    for part, side in ((head, 1), (tail, 0)):
        for f in part:
            joined = [t[side] for t in f.fixed]
            if len(joined) > len(set(joined)):
                return "known layers spread one path over several outputs or inputs"
    return ""


def net(statement: Statement, wraps: bool | None = None) -> Net:
    """The network of a statement; ``wraps=False`` asks for the shifts in Z, whatever the boundary.

    A stride multiplies the shifts of all layers between it and the output.

    Raises
    ------
    TooMany
        With the reason of `refuses`.
    """
    if reason := refuses(statement):
        raise TooMany(reason)
    forms: list[Taps] = [f for f in statement.forms if isinstance(f, Taps)]
    circular = forms[0].boundary == "circular" and wraps is not False
    strides = [math.prod(f.stride for f in forms[k + 1 :]) for k in range(len(forms))]
    moduli = forms[-1].grid if circular else _enough(forms, strides)
    number = itertools.count()
    factors = tuple(next(number) if f.taps else -1 for f in forms)
    shape = Net(moduli, circular, (), factors)
    layers = tuple(tuple(_edges(shape, f, stride)) for f, stride in zip(forms, strides, strict=True))
    return _alive(Net(moduli, circular, layers, factors, forms[-1].grid, math.prod(f.stride for f in forms)))


def _enough(forms: Sequence[Taps], strides: Sequence[int]) -> tuple[int, ...]:
    """Lengths that no sum of shifts reaches."""
    largest = [
        [stride * _largest(form, d) for form, stride in zip(forms, strides, strict=True)]
        for d in range(len(forms[-1].grid))
    ]
    return tuple(1 + sum(column) for column in largest)


def _largest(form: Taps, d: int) -> int:
    return max([t[2][d] for t in form.taps] + [t[2][d] for t in form.fixed], default=0)


def _edges(shape: Net, form: Taps, stride: int) -> Iterator[Edge]:
    table: dict[tuple[int, int], tuple[list[int], list[int]]] = {}
    for i, (to, source, shift) in enumerate(form.taps):
        positions, numbers = table.setdefault((to, source), ([], []))
        positions.append(_position(shift, stride, shape.moduli))
        numbers.append(i)
    for (to, source), (positions, numbers) in table.items():
        yield Edge(to, source, np.array(positions, dtype=shape.dtype), np.array(numbers, dtype=np.int64))
    for to, source, shift, value in (t for t in form.fixed if t[3]):
        position = np.array([_position(shift, stride, shape.moduli)], dtype=shape.dtype)
        yield Edge(to, source, position, np.zeros(0, dtype=np.int64), value)


def _position(shift: tuple[int, ...], stride: int, moduli: tuple[int, ...]) -> int:
    position = 0
    for s, n in zip(shift, moduli, strict=True):
        position = position * n + stride * s % n
    return position


# ------------------------------------------------------------------ counting


@dataclass(frozen=True)
class Counts:
    """Over all (root, leaf, shift) that some alive multi-index reaches: how many reach it.

    `smallest` and `largest` count, `reached` is the number of such shifts, `alive` the number of
    multi-indices; `squares` are the least and the greatest positive squared singular value n c, n the squared
    norm of a column (0 where a stride passes over every cell), (0, 0) when there is none.
    """

    smallest: int
    largest: int
    reached: int
    alive: int
    squares: tuple[int, int]

    @property
    def distinct(self) -> bool:
        """Whether no two alive multi-indices collide."""
        return self.largest == 1


def counts(statement: Statement) -> Counts:
    """Count the alive multi-indices that reach each shift, by dynamic programming over the layers.

    Examples
    --------
    >>> from dmfverify.problem.forms import Statement, Taps
    >>> layer = lambda *taps: Taps((12,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps))
    >>> counts(Statement("scale", (layer(0, 1, 2), layer(0, 2))))
    Counts(smallest=1, largest=2, reached=5, alive=6, squares=(12, 24))
    """
    whole = net(statement)
    if spread_out(whole):
        return Counts(1, 1, whole.alive, whole.alive, _norms(whole))
    tables = [table for root in whole.roots for table in _leaf_counts(whole.rooted(root))]
    reached = [t.counts[t.counts > 0] for t in tables]
    smallest, largest = min(int(t.min()) for t in reached), max(int(t.max()) for t in reached)
    if whole.even:
        norm = _norms(whole)[0]
        squares = norm * smallest, norm * largest
    else:
        squares = _range([n for t in tables for n in _squares(whole, t)])
    return Counts(smallest, largest, sum(len(t) for t in reached), whole.alive, squares)


def distinct_squares(statement: Statement) -> tuple[int, int]:
    """`Counts.squares` of a network that `collision` has found to have different shifts: its norms."""
    return _norms(net(statement))


def _norms(whole: Net) -> tuple[int, int]:
    """Least and greatest positive squared norm of a column: by the residues of the shifts modulo the stride."""
    if whole.even:
        norm = math.prod(n // whole.stride for n in whole.grid)
        return norm, norm
    if whole.stride ** len(whole.grid) > BITMAP // 100:
        raise TooMany(f"strides of {whole.stride} in all leave too many residues to tell the norms apart")
    states = {root: {(0,) * len(whole.grid)} for root in whole.roots}
    for layer in whole.layers:
        after: dict[int, set[tuple[int, ...]]] = {}
        for e in layer:
            steps = {tuple(x % whole.stride for x in _cell(t, whole.moduli)) for t in e.shifts.tolist()}
            moved = {
                tuple((a + b) % whole.stride for a, b in zip(r, t, strict=True)) for r in states[e.to] for t in steps
            }
            after.setdefault(e.source, set()).update(moved)
        states = after
    cells = {r for reached in states.values() for r in reached}
    return _range([math.prod(int(whole.norms(np.array(x), d)) for d, x in enumerate(r)) for r in cells])


def _squares(whole: Net, table: _Table) -> list[int]:
    """The different values of n c > 0 at one leaf: n has few values, and c is ranged over for each."""
    counts = table.counts.ravel()
    cells = np.flatnonzero(counts) if table.positions is None else table.positions
    counts, norms, unit = counts[counts > 0], np.ones(len(cells), dtype=object), 1
    for d in reversed(range(len(whole.moduli))):
        norms = norms * whole.norms(cells // unit % whole.moduli[d], d)
        unit *= whole.moduli[d]
    found = ((n, counts[norms == n]) for n in set(norms.tolist()) if n)
    return [int(n) * int(c) for n, part in found for c in (part.min(), part.max())]


def _range(squares: Sequence[int]) -> tuple[int, int]:
    positive = [n for n in squares if n]
    return min(positive, default=0), max(positive, default=0)


@dataclass
class _Table:
    """Counters at one node: sparse (sorted positions, counts) or dense (positions is None)."""

    positions: np.ndarray | None
    counts: np.ndarray


def _leaf_counts(part: Net) -> Iterable[_Table]:
    tables = {part.roots[0]: _Table(np.zeros(1, dtype=part.dtype), np.ones(1, dtype=np.uint8))}
    for layer in part.layers:
        tables = _count_layer(part, layer, tables)
    return tables.values()


def _count_layer(part: Net, layer: Sequence[Edge], tables: dict[int, _Table]) -> dict[int, _Table]:
    out = {}
    for node in sorted({e.source for e in layer}):
        entering = [(e, tables[e.to]) for e in layer if e.source == node]
        out[node] = _merge(part, entering)
    return out


def _merge(part: Net, entering: Sequence[tuple[Edge, _Table]]) -> _Table:
    bound = sum(len(e.shifts) * int(t.counts.max()) for e, t in entering)
    dtype = _counter(bound)
    sums = sum(len(e.shifts) * len(t.counts) for e, t in entering)
    sparse = all(t.positions is not None for _, t in entering)
    if sparse and sums <= min(part.sortable, max(1_000, part.order // 4)):
        return _merge_sparse(part, entering, dtype)
    if part.order > BITMAP // dtype.itemsize:
        raise TooMany(f"counting would keep a counter for each of {part.order} shifts")
    return _merge_dense(part, entering, dtype)


def _counter(bound: int) -> np.dtype:
    for kind in (np.uint8, np.uint16, np.uint32, np.int64):
        if bound <= np.iinfo(kind).max:
            return np.dtype(kind)
    return np.dtype(object)


def _merge_sparse(part: Net, entering: Sequence[tuple[Edge, _Table]], dtype: np.dtype) -> _Table:
    positions = np.concatenate([part.add(t.positions[:, None], e.shifts).ravel() for e, t in entering])  # type: ignore[index]
    weights = np.concatenate([np.repeat(t.counts.astype(dtype), len(e.shifts)) for e, t in entering])
    order = np.argsort(positions, kind="stable")
    positions, weights = positions[order], weights[order]
    first = np.flatnonzero(np.concatenate([[True], positions[1:] != positions[:-1]]))
    return _Table(positions[first], np.add.reduceat(weights, first, dtype=dtype))


def _merge_dense(part: Net, entering: Sequence[tuple[Edge, _Table]], dtype: np.dtype) -> _Table:
    total = np.zeros(part.moduli, dtype=dtype)
    for e, t in entering:
        if t.positions is not None and len(t.counts) < len(e.shifts):
            _convolve(part, _scatter(part, e.shifts, np.ones(len(e.shifts), dtype=dtype)), t.positions, t.counts, total)
        else:
            source = (
                t.counts.astype(dtype, copy=False) if t.positions is None else _scatter(part, t.positions, t.counts)
            )
            _convolve(part, source.astype(dtype, copy=False), e.shifts, np.ones(len(e.shifts), dtype=dtype), total)
    return _Table(None, total)


def _scatter(part: Net, positions: np.ndarray, values: np.ndarray) -> np.ndarray:
    out = np.zeros(part.order, dtype=values.dtype)
    np.add.at(out, positions.astype(np.int64), values)
    return out.reshape(part.moduli)


def _convolve(part: Net, dense: np.ndarray, shifts: np.ndarray, weights: np.ndarray, total: np.ndarray) -> None:
    """Add the convolution of `dense` with weighted deltas to `total`: by rolls, or by a transform when many."""
    if len(shifts) > 200 and dense.dtype != object and _by_transform(part, dense, shifts, weights, total):
        return
    if len(shifts) * part.order * (20 if dense.dtype == object else 1) > DENSE_WORK:
        raise TooMany(f"counting would take {len(shifts)} times {part.order} additions")
    for shift, weight in zip(shifts.tolist(), weights.tolist(), strict=True):
        _add_rolled(total, dense if weight == 1 else dense * dense.dtype.type(weight), _cell(shift, part.moduli))


def _cell(position: int, moduli: tuple[int, ...]) -> tuple[int, ...]:
    cell: list[int] = []
    for n in reversed(moduli):
        position, digit = divmod(position, n)
        cell.insert(0, digit)
    return tuple(cell)


def _add_rolled(total: np.ndarray, dense: np.ndarray, cell: tuple[int, ...]) -> None:
    """total += dense moved cyclically by `cell`, block by block and without a copy."""
    halves = [[(slice(s, None), slice(0, n - s)), (slice(0, s), slice(n - s, n))][: 1 + (s > 0)]
              for s, n in zip(cell, total.shape, strict=True)]  # fmt: skip
    for pieces in itertools.product(*halves):
        total[tuple(p[0] for p in pieces)] += dense[tuple(p[1] for p in pieces)]


def _by_transform(part: Net, dense: np.ndarray, shifts: np.ndarray, weights: np.ndarray, total: np.ndarray) -> bool:
    """The same by a floating-point transform, when its rounding error provably stays below 1/4.

    The error of a cyclic convolution by FFT is below 10 eps log2(n) |a|_2 |b|_2 (Higham, section 24.1).
    """
    if part.order > 60_000_000:
        return False
    norm = math.sqrt(float(np.square(dense, dtype=float).sum()) * float(np.square(weights, dtype=float).sum()))
    if 10 * 2.3e-16 * math.log2(part.order + 2) * norm > 0.25:
        return False
    from scipy import fft

    other = fft.rfftn(_scatter(part, shifts, weights.astype(float)))
    result = fft.irfftn(fft.rfftn(dense.astype(float)) * other, s=part.moduli)
    total += np.rint(result).astype(total.dtype)
    return True


# ------------------------------------------------------------------ structure seen at once


def spread_out(whole: Net) -> bool:
    """Whether the sums are distinct because each layer's gaps exceed the reach of the finer layers (mixed radix).

    Sufficient, for a single path to each output in Z or Z/N, at any K and N: taps {0, d_k, 2 d_k, ...} with each d_k
    greater than the total span of all smaller layers, and a total span below N.

    Examples
    --------
    >>> from dmfverify.problem.forms import Statement, Taps
    >>> N = 3**40
    >>> layers = tuple(
    ...     Taps((N,), "circular", 1, (1, 1), tuple((0, 0, (d * 3**k,)) for d in range(3))) for k in range(40)
    ... )
    >>> spread_out(net(Statement("scale", layers)))
    True
    """
    if len(whole.moduli) > 1 or whole.alive == 0:
        return False
    return all(_mixed_radix(whole.rooted(root)) for root in whole.roots)


def _mixed_radix(whole: Net) -> bool:
    if not whole.chain:
        return False
    sets = [np.sort(layer[0].shifts) for layer in whole.layers if len(layer[0].shifts) > 1]
    reach = 0
    for taps in sorted(sets, key=lambda s: int(s[-1]) - int(s[0])):
        if int((taps[1:] - taps[:-1]).min()) <= reach:
            return False
        reach += int(taps[-1]) - int(taps[0])
    return not whole.wraps or reach < whole.order


def _repeated_tap(whole: Net) -> tuple[MultiIndex, MultiIndex] | None:
    """The same tap twice between two nodes: parallel edges of the case file."""
    for k, layer in enumerate(whole.layers):
        for edge in layer:
            if len(np.unique(edge.shifts)) < len(edge.shifts):
                order = np.argsort(edge.shifts, kind="stable")
                at = int(np.flatnonzero(edge.shifts[order[1:]] == edge.shifts[order[:-1]])[0])
                path = [*_any_prefix(whole, k, edge.to), edge, *_any_suffix(whole, k, edge.source)]
                pair = [[0] * len(path), [0] * len(path)]
                pair[0][k], pair[1][k] = int(order[at]), int(order[at + 1])
                return _named(whole, path, pair[0]), _named(whole, path, pair[1])
    return None


def _shared_difference(whole: Net) -> tuple[MultiIndex, MultiIndex] | None:
    """Two layers of one path with a difference in common: a + b' = a' + b."""
    if not whole.chain:
        return None
    seen: dict[int, tuple[int, tuple[int, int]]] = {}
    for k, (edge,) in enumerate(whole.layers):
        if not 1 < len(edge.shifts) <= 300:
            continue
        fresh: dict[int, tuple[int, tuple[int, int]]] = {}
        for b in range(len(edge.shifts)):
            for a, d in enumerate(whole.subtract(edge.shifts[b], edge.shifts).tolist()):
                if a != b and d in seen:
                    return _swap(whole, seen[d], (k, (a, b)))
                if a != b and d >= 0:
                    fresh[d] = (k, (a, b))
        seen |= fresh
    return None


def _swap(
    whole: Net, one: tuple[int, tuple[int, int]], two: tuple[int, tuple[int, int]]
) -> tuple[MultiIndex, MultiIndex]:
    """Tap a of layer k and b' of l, against b of k and a' of l, where shift(b) - shift(a) = shift(b') - shift(a')."""
    (k, (a, b)), (m, (a2, b2)) = one, two
    first, second = [0] * len(whole.layers), [0] * len(whole.layers)
    first[k], first[m], second[k], second[m] = a, b2, b, a2
    return _named(whole, [layer[0] for layer in whole.layers], first), _named(
        whole, [layer[0] for layer in whole.layers], second
    )


def _named(whole: Net, edges: Sequence[Edge], chosen: Sequence[int]) -> MultiIndex:
    """The multi-index of a path of edges and the tap chosen on each."""
    return tuple(
        int(e.parameters[t]) for k, e, t in zip(whole.factors, edges, chosen, strict=True) if k >= 0
    )  # fmt: skip


# ------------------------------------------------------------------ collisions


def collision(statement: Statement, boxes: Sequence[Support] | None = None) -> tuple[MultiIndex, MultiIndex] | None:
    """Two different alive multi-indices of the union of `boxes` with the same root, leaf and shift.

    None means that there are none, for certain.  `boxes` is everything by default.

    Raises
    ------
    TooMany
        When neither could be found out; never because of K alone.

    Examples
    --------
    >>> from dmfverify.problem.forms import Statement, Taps
    >>> layer = lambda *taps: Taps((12,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps))
    >>> collision(Statement("scale", (layer(0, 1, 2), layer(0, 2))))
    ((0, 1), (2, 0))
    >>> collision(Statement("scale", (layer(0, 1), layer(0, 1))), boxes=[((0,), (0,)), ((1,), (1,))]) is None
    True
    """
    whole = net(statement)
    if boxes is None:
        return _collision_in(whole)
    boxes = list(dict.fromkeys(boxes))
    for box in boxes:
        if found := _collision_in(whole.inside(box)):
            return found
    return _collision_across(whole, boxes, statement.sizes) if len(boxes) > 1 else None


def family_collision(statement: Statement) -> tuple[MultiIndex, MultiIndex] | None:
    """`collision` over the union of all supports of the model: the exact test of the dichotomy.

    A family that mixes the factors freely (free, sparse, group-sparse) unites to one box.

    Raises
    ------
    TooMany
        As `collision`.
    """
    model, sizes = statement.model, statement.sizes
    if model.kind == "supports":
        return collision(statement, list(model.maximal(sizes)))
    if model.kind == "group-sparse":
        return collision(statement, [tuple(tuple(sorted(set().union(*g))) for g in model.groups)])
    return collision(statement)


def _collision_in(whole: Net) -> tuple[MultiIndex, MultiIndex] | None:
    if whole.alive < 2 or spread_out(whole):
        return None
    if found := _repeated_tap(whole) or _shared_difference(whole):
        return _ordered(found)
    for root in whole.roots:
        if found := _collision_below(whole.rooted(root)):
            return _ordered(found)
    return None


def _ordered(pair: tuple[MultiIndex, MultiIndex]) -> tuple[MultiIndex, MultiIndex]:
    return (min(pair), max(pair))


def _collision_below(part: Net) -> tuple[MultiIndex, MultiIndex] | None:
    """Layer by layer: the sets of shifts, until two ways lead to one shift at one node."""
    states: list[State] = [{part.roots[0]: np.zeros(1, dtype=part.dtype)}]
    for k, layer in enumerate(part.layers):
        states.append({})
        for node in sorted({e.source for e in layer}):
            entering = [(e, states[k][e.to]) for e in layer if e.source == node]
            try:
                reached, double = _unite(part, entering)
            except TooMany:
                if found := _by_chance(part):
                    return found
                raise
            if double is not None:
                return _explain(part, states, k, node, double)
            states[k + 1][node] = reached
    return None


def _unite(part: Net, entering: Sequence[tuple[Edge, np.ndarray]]) -> tuple[np.ndarray, int | None]:
    """All sums of a node without repetition, or one that is reached twice."""
    size = sum(len(e.shifts) * len(state) for e, state in entering)
    if size <= 200_000 or part.order > BITMAP:
        return _unite_sorted(part, entering, size)
    if len(entering) == 1 and len(entering[0][0].shifts) == 1:
        return part.add(entering[0][1], entering[0][0].shifts), None
    return _unite_marked(part, entering)


def _unite_sorted(
    part: Net, entering: Sequence[tuple[Edge, np.ndarray]], size: int
) -> tuple[np.ndarray, int | None]:  # fmt: skip
    if size > part.sortable:
        raise TooMany(f"{size} sums of taps in a group of {part.order} shifts are too many to sort")
    sums = np.sort(np.concatenate([part.add(state[:, None], e.shifts).ravel() for e, state in entering]))
    twice = np.flatnonzero(sums[1:] == sums[:-1])
    return sums, int(sums[twice[0]]) if len(twice) else None


def _unite_marked(part: Net, entering: Sequence[tuple[Edge, np.ndarray]]) -> tuple[np.ndarray, int | None]:
    """One byte a shift; vectors of distinct sums are marked one after the other until one meets a mark."""
    marks = np.zeros(part.order, dtype=bool)
    for e, state in entering:
        few, many = (e.shifts, state) if len(e.shifts) <= len(state) else (state, e.shifts)
        for shift in few:
            sums = part.add(many, shift)
            hit = marks[sums]
            if hit.any():
                return sums, int(sums[int(np.argmax(hit))])
            marks[sums] = True
    return np.flatnonzero(marks).astype(part.dtype), None


def _explain(part: Net, states: list[State], k: int, node: int, position: int) -> tuple[MultiIndex, MultiIndex]:
    """Two ways to reach `position` at `node` after layer k, and one common way on to a leaf."""
    ways = list(itertools.islice(_last_steps(part, states, k, node, position), 2))
    suffix_edges = _any_suffix(part, k, node)
    pair = []
    for edge, tap in ways:
        edges, chosen = _trace(part, states, k, edge, tap, position)
        pair.append(_named(part, [*edges, *suffix_edges], [*chosen, *(0 for _ in suffix_edges)]))
    return pair[0], pair[1]


def _last_steps(part: Net, states: list[State], k: int, node: int, position: int) -> Iterator[tuple[Edge, int]]:
    """The edges of layer k into `node`, and their taps, by which `position` is reached."""
    for e in part.layers[k]:
        if e.source == node:
            before = part.subtract(position, e.shifts)
            for tap in np.flatnonzero(_contained(before, states[k][e.to])):
                yield e, int(tap)


def _contained(wanted: np.ndarray, state: np.ndarray) -> np.ndarray:
    """Which of `wanted` occur in `state`, without sorting a long state."""
    if state.dtype == object or len(wanted) > len(state):
        return np.isin(wanted, state)
    order = np.argsort(wanted, kind="stable")
    ranks = wanted[order]
    found = np.zeros(len(wanted), dtype=bool)
    for start in range(0, len(state), 10_000_000):
        block = state[start : start + 10_000_000]
        at = np.minimum(np.searchsorted(ranks, block), len(ranks) - 1)
        found[np.unique(at[ranks[at] == block])] = True
    out = np.zeros(len(wanted), dtype=bool)
    out[order] = found
    return out


def _trace(
    part: Net, states: list[State], k: int, edge: Edge, tap: int, position: int
) -> tuple[list[Edge], list[int]]:  # fmt: skip
    """The one way from the root to `position` whose last step is (edge, tap)."""
    edges, chosen = [edge], [tap]
    position = int(part.subtract(position, edge.shifts[tap : tap + 1])[0])
    for layer in range(k - 1, -1, -1):
        step, at = next(_last_steps(part, states, layer, edges[0].to, position))
        position = int(part.subtract(position, step.shifts[at : at + 1])[0])
        edges.insert(0, step)
        chosen.insert(0, at)
    return edges, chosen


def _any_prefix(part: Net, k: int, node: int) -> list[Edge]:
    edges: list[Edge] = []
    for layer in reversed(part.layers[:k]):
        edges.insert(0, next(e for e in layer if e.source == node))
        node = edges[0].to
    return edges


def _any_suffix(part: Net, k: int, node: int) -> list[Edge]:
    edges: list[Edge] = []
    for layer in part.layers[k + 1 :]:
        edges.append(next(e for e in layer if e.to == node))
        node = edges[-1].source
    return edges


def _by_chance(part: Net, seed: int = 0) -> tuple[MultiIndex, MultiIndex] | None:
    """Compare random multi-indices of one path: about sqrt(|group|) of them suffice when sums cover it."""
    rng = np.random.default_rng(seed)
    edges: list[Edge] = []
    for layer in part.layers:
        options = [e for e in layer if not edges or e.to == edges[-1].source]
        edges.append(max(options, key=lambda e: len(e.shifts)))
    size = SAMPLE if part.dtype != object else SAMPLE // 100
    taps = [rng.integers(0, len(e.shifts), size) for e in edges]
    sums = np.zeros(size, dtype=part.dtype)
    for e, t in zip(edges, taps, strict=True):
        sums = part.add(sums, e.shifts[t])
    order = np.argsort(sums, kind="stable")
    for n in np.flatnonzero(sums[order[1:]] == sums[order[:-1]]).tolist():
        one, two = (_named(part, edges, [int(t[order[m]]) for t in taps]) for m in (n, n + 1))
        if one != two:
            return one, two
    return None


def _collision_across(
    whole: Net, boxes: Sequence[Support], sizes: tuple[int, ...]
) -> tuple[MultiIndex, MultiIndex] | None:  # fmt: skip
    """Between boxes that are free of collisions: equal ends and shift, different multi-index."""
    if sum(whole.inside(box).alive for box in boxes) > whole.sortable:
        raise TooMany("the supports hold too many multi-indices to compare them")
    listed = [listing for box in boxes for listing in _list_box(whole.inside(box), sizes)]
    for key in sorted({key for key, *_ in listed}):
        positions = np.concatenate([p for k, p, _ in listed if k == key])
        numbers = np.concatenate([n for k, _, n in listed if k == key])
        order = np.lexsort((numbers, positions)) if numbers.dtype != object else _object_order(positions, numbers)
        p, n = positions[order], numbers[order]
        clash = np.flatnonzero((p[1:] == p[:-1]) & (n[1:] != n[:-1]))
        if len(clash):
            at = int(clash[0])
            return _ordered((_unrank(int(n[at]), sizes), _unrank(int(n[at + 1]), sizes)))
    return None


def _object_order(positions: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    return np.array(sorted(range(len(positions)), key=lambda m: (positions[m], numbers[m])), dtype=np.int64)


def _list_box(part: Net, sizes: tuple[int, ...]) -> Iterator[tuple[tuple[int, int], np.ndarray, np.ndarray]]:
    """For each (root, leaf): positions and ranks of the alive multi-indices of a box."""
    dtype = np.int64 if math.prod(sizes) < 2**62 else object
    for root in part.roots:
        below = part.rooted(root)
        lists = {root: (np.zeros(1, dtype=part.dtype), np.zeros(1, dtype=dtype))}
        for k, layer in zip(below.factors, below.layers, strict=True):
            unit = math.prod(sizes[k + 1 :]) if k >= 0 else 0
            lists = _list_layer(below, layer, lists, unit)
        for leaf, (positions, numbers) in lists.items():
            yield (root, leaf), positions, numbers


def _list_layer(part: Net, layer: Sequence[Edge], lists: dict, unit: int) -> dict:
    out: dict[int, list] = {}
    for e in layer:
        positions, numbers = lists[e.to]
        own = e.parameters.astype(numbers.dtype) * unit if len(e.parameters) else np.zeros(1, dtype=numbers.dtype)
        new = part.add(positions[:, None], e.shifts).ravel(), (numbers[:, None] + own).ravel()
        out.setdefault(e.source, []).append(new)
    return {node: tuple(np.concatenate(c) for c in zip(*parts, strict=True)) for node, parts in out.items()}


def _unrank(rank: int, sizes: Iterable[int]) -> MultiIndex:
    index: list[int] = []
    for n in reversed(tuple(sizes)):
        rank, i = divmod(rank, n)
        index.insert(0, i)
    return tuple(index)


def column_value(statement: Statement, index: MultiIndex) -> Fraction:
    """The product of the known taps along the path of an alive multi-index: its column is that multiple of a delta."""
    whole = net(statement).inside(tuple((i,) for i in index))
    return math.prod((layer[0].value for layer in whole.layers), start=Fraction(1))


# ------------------------------------------------------------------ is it only the wrapping?


def smallest_length_without_collision(statement: Statement) -> int | None:
    """The least N' >= N for which the same taps no longer collide in Z/N', when wrapping is all that makes them.

    None when they collide in Z too, when the grid is not one-dimensional with stride 1, or when the sums are too many
    to compare.  Taps are taken as they stand in the statement, in 0..N-1.

    Examples
    --------
    >>> from dmfverify.problem.forms import Statement, Taps
    >>> layer = lambda *taps: Taps((4,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps))
    >>> smallest_length_without_collision(Statement("scale", (layer(0, 1), layer(0, 3))))
    5
    """
    forms = [f for f in statement.forms if isinstance(f, Taps)]
    if refuses(statement) or len(forms[0].grid) > 1 or any(f.stride > 1 or f.boundary != "circular" for f in forms):
        return None
    straight = net(statement, wraps=False)
    if straight.alive > 1_000_000 or straight.order > 8_000_000 or _collision_in(straight) is not None:
        return None
    apart = _differences(straight)
    for length in range(forms[0].grid[0], straight.order + 1):
        if not apart[length::length].any():
            return length
    return straight.order


def _differences(straight: Net) -> np.ndarray:
    """Mask over 0..order: which differences occur between two sums of the same root and leaf."""
    from scipy import fft

    size = fft.next_fast_len(2 * straight.order, real=True)
    apart = np.zeros(straight.order + 1, dtype=bool)
    for root in straight.roots:
        for table in _leaf_positions(straight.rooted(root)):
            marks = np.zeros(size)
            marks[table] = 1.0
            correlation = fft.irfft(np.abs(fft.rfft(marks)) ** 2, n=size)
            apart[: straight.order] |= correlation[: straight.order] > 0.5
    return apart


def _leaf_positions(part: Net) -> Iterator[np.ndarray]:
    state: State = {part.roots[0]: np.zeros(1, dtype=part.dtype)}
    for layer in part.layers:
        sums: dict[int, list[np.ndarray]] = {}
        for e in layer:
            sums.setdefault(e.source, []).append(part.add(state[e.to][:, None], e.shifts).ravel())
        state = {node: np.concatenate(parts) for node, parts in sums.items()}
    yield from state.values()
