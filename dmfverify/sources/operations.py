"""What a layer does to coordinates: as sparse terms on any grid, as taps where it is a convolution of the theory.

Main definitions
    `Convolution`  torch's cross-correlation, with padding, stride, dilation and groups; average pooling is one too
    `Dense`        a linear layer, on the last dimension
    `IDENTITY`     a branch carried on unchanged
    `Tapped`       one layer as taps between nodes: a node is a channel

Main statement
    Torch computes y[o, r] = sum over i, j of w[o, i, j] x[i, r·stride + j·dilation - before].  So w[o, i, j] is the tap
    from node i to node o with r·stride - c = before - j·dilation.  That is a circular layer exactly when c is taken
    modulo the grid or never leaves it, and ceil(N / stride) outputs are kept; a zero-padded one exactly when
    before = (kernel - 1)·dilation on both sides.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ..errors import BadInput
from ..problem.reading import few

Cell = tuple[int, ...]
Place = tuple[int, int, int]
"""Weight, row, column; rows and columns count channel by channel, row-major."""
BOTH = frozenset({"circular", "zero"})


class Unfit(BadInput):
    """A layer that is not made of taps, and why."""


@dataclass(frozen=True)
class Tapped:
    """A layer as taps: each pair of nodes (to, from) has the same shifts, in the order of the weights."""

    boundaries: frozenset[str]
    stride: int
    pairs: tuple[tuple[int, int], ...]
    shifts: tuple[Cell, ...]


@dataclass(frozen=True)
class Convolution:
    """A bias-free convolution from ``channels[1]`` to ``channels[0]`` channels.

    `before` counts the cells padded in front, `value` is the known value of all weights (average pooling).
    """

    channels: tuple[int, int]
    kernel: Cell
    stride: Cell
    dilation: Cell
    before: Cell
    mode: str = "zeros"
    groups: int = 1
    value: Fraction | None = None

    @property
    def weights(self) -> int:
        """The number of weights."""
        return math.prod(self.channels) // self.groups * math.prod(self.kernel)

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The pairs of channels (out, in) that a kernel joins, in the order of the weights."""
        out, into = self.channels[0] // self.groups, self.channels[1] // self.groups
        return tuple((o, o // out * into + i) for o in range(self.channels[0]) for i in range(into))

    def places(self, seen: Cell, out: Cell) -> Iterator[Place]:
        """Where each weight stands in the matrix from an input of shape `seen` to an output of shape `out`."""
        axes = [self._axis(d, seen[d + 1], out[d + 1]) for d in range(len(self.kernel))]
        size = math.prod(sum(map(len, axis)) for axis in axes)
        pairs = self.pairs
        few(len(pairs) * size, "the layer as a sparse matrix")
        rows, columns = math.prod(out[1:]), math.prod(seen[1:])
        kernel = [_flattened(parts, out[1:], seen[1:]) for parts in itertools.product(*axes)]
        for n, (o, i) in enumerate(pairs):
            for j, cells in enumerate(kernel):
                for r, c in cells:
                    yield n * len(kernel) + j, o * rows + r, i * columns + c

    def _axis(self, d: int, cells: int, outputs: int) -> list[list[tuple[int, int]]]:
        """For each position of the kernel along dimension d the pairs (output, input) that it joins."""
        axis = []
        for j in range(self.kernel[d]):
            moved = ((r, r * self.stride[d] + j * self.dilation[d] - self.before[d]) for r in range(outputs))
            axis.append([(r, c) for r, q in moved if (c := inside(q, cells, self.mode)) is not None])
        return axis

    def tapped(self, seen: Cell, out: Cell) -> Tapped:
        """The layer as taps; raises `Unfit` where it is none."""
        grid, outputs = seen[1:], out[1:]
        if len(set(self.stride)) > 1:
            raise Unfit("its stride differs between the dimensions")
        circular, zero = self._circular(grid, outputs), self._zero(grid, outputs)
        if not circular and not zero:
            how = "does not pad" if not any(self.before) else f"pads with {self.mode}"
            raise Unfit(f"it {how}, which is no circular convolution")
        shifts = itertools.product(
            *([b - j * s for j in range(k)] for k, s, b in zip(self.kernel, self.dilation, self.before, strict=True))
        )
        boundaries = frozenset({"circular"} if circular else ()) | frozenset({"zero"} if zero else ())
        return Tapped(boundaries, self.stride[0], self.pairs, tuple(shifts))

    def _circular(self, grid: Cell, outputs: Cell) -> bool:
        return all(
            m == -(-n // s)
            and (self.mode == "circular" or (b == 0 and (m - 1) * s + (k - 1) * d < n))
            and len({j * d % n for j in range(k)}) == k
            for n, m, s, b, k, d in zip(
                grid, outputs, self.stride, self.before, self.kernel, self.dilation, strict=True
            )
        )

    def _zero(self, grid: Cell, outputs: Cell) -> bool:
        return self.mode == "zeros" and all(
            b == (k - 1) * d and m == -(-(n + b) // s)
            for n, m, s, b, k, d in zip(
                grid, outputs, self.stride, self.before, self.kernel, self.dilation, strict=True
            )
        )


def _flattened(parts: tuple[list[tuple[int, int]], ...], out: Cell, grid: Cell) -> list[tuple[int, int]]:
    """The pairs (output, input) of one kernel position, row-major over the dimensions."""
    pairs = [(0, 0)]
    for part, m, n in zip(parts, out, grid, strict=True):
        pairs = [(r * m + a, c * n + b) for r, c in pairs for a, b in part]
    return pairs


def inside(q: int, n: int, mode: str) -> int | None:
    """The cell that position `q` of a padded signal of `n` cells holds; None: a zero.

    >>> [inside(-1, 4, mode) for mode in ("zeros", "circular", "reflect", "replicate")]
    [None, 3, 1, 0]
    """
    if 0 <= q < n:
        return q
    if mode == "circular":
        return q % n
    if mode == "reflect":
        return -q if q < 0 else 2 * (n - 1) - q
    if mode == "replicate":
        return 0 if q < 0 else n - 1
    return None


@dataclass(frozen=True)
class Dense:
    """A bias-free linear layer from ``channels[1]`` to ``channels[0]`` features."""

    channels: tuple[int, int]
    value: None = None

    @property
    def weights(self) -> int:
        """The number of weights."""
        return self.channels[0] * self.channels[1]

    def places(self, seen: Cell, out: Cell) -> Iterator[Place]:
        """Where each weight stands in the matrix from an input of shape `seen` to an output of shape `out`."""
        rows, columns = self.channels
        copies = math.prod(seen[:-1])
        few(copies * self.weights, "the layer as a sparse matrix")
        for r in range(rows):
            for c in range(columns):
                for copy in range(copies):
                    yield r * columns + c, copy * rows + r, copy * columns + c

    def tapped(self, seen: Cell, out: Cell) -> Tapped:
        """Kernels of one tap, when each feature is a node by itself; raises `Unfit` otherwise."""
        if len(seen) > 1:
            raise Unfit("it is a linear layer between signals")
        pairs = itertools.product(range(self.channels[0]), range(self.channels[1]))
        return Tapped(BOTH, 1, tuple(pairs), ((),))


Operation = Convolution | Dense
