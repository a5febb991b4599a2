"""Layers of links as a `Network`, where all are taps, or as an `Architecture`.

Main definitions
    `network`       nodes are channels; raises `Unfit` where a layer is not made of taps on one grid
    `architecture`  factors; raises `Affine` where a layer has known and free entries side by side
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate
from typing import Any

from ..errors import BadInput, quoted
from ..problem import (
    Architecture,
    Circulant,
    Circulant2D,
    Edge,
    Factor,
    Fixed,
    Network,
    Pattern,
    Terms,
    Toeplitz,
    forms,
)
from ..problem import Dense as DenseFactor
from ..problem.reading import few
from .layers import Group, Link, groups
from .operations import BOTH, Cell, Convolution, Dense, Tapped, Unfit

ONE = Fraction(1)


class Affine(BadInput):
    """A layer that would hold parameters and a known matrix side by side."""


# ------------------------------------------------------------------ a network


def network(levels: Sequence[Sequence[Link]]) -> Network:
    """The layers as a network, one node a channel; an edge is named layer.out,in."""
    first = levels[0][0].source.shape
    grid = first[1:] or (1,)
    few(sum(_edge_count(link) for level in levels for link in level), "the network's edges")
    names = _names(levels)
    edges: list[Edge] = []
    boundaries: list[str] = []
    strides: list[int] = []
    for level in levels:
        boundary, stride, found = _layer(level, len(grid), names)
        edges += found
        boundaries.insert(0, boundary)
        strides.insert(0, stride)
    last = levels[-1][0].target
    outputs = [f"{names[last]}.{c}" for c in range(last.shape[0])]
    size: dict[str, Any] = {"length": grid[0]} if len(grid) == 1 else {"shape": grid}
    return Network(edges, outputs, boundary=boundaries, stride=strides, **size)


def _edge_count(link: Link) -> int:
    if isinstance(link.operation, Convolution):
        return link.operation.channels[0] * link.operation.channels[1] // link.operation.groups
    return math.prod(link.operation.channels) if link.operation else link.source.shape[0]


def _names(levels: Sequence[Sequence[Link]]) -> dict[Group, str]:
    """A name for each group, unlike every other."""
    found: dict[Group, str] = {}
    taken: set[str] = set()
    for group in dict.fromkeys(g for level in levels for k in level for g in (k.source, k.target)):
        name = group.value.name
        while name in taken:
            name += "'"
        taken.add(name)
        found[group] = name
    return found


def _layer(level: Sequence[Link], dimensions: int, names: dict[Group, str]) -> tuple[str, int, list[Edge]]:
    """Boundary, stride and edges of a layer."""
    for side in groups(level):
        if len({_grid(g, dimensions) for g in side}) > 1:
            raise Unfit(f"{_named(side)} have different sizes, expected one grid a layer")
    tapped = [_tapped(link, dimensions) for link in level]
    boundaries = frozenset.intersection(*(t.boundaries for t in tapped))
    if not boundaries or len({t.stride for t in tapped}) > 1:
        kinds = "paddings" if not boundaries else "strides"
        raise Unfit(f"{_named([k.made or k.source.value for k in level])} lie in one layer and have different {kinds}")
    rows = [row for link, taps in zip(level, tapped, strict=True) for row in _edges(link, taps, dimensions, names)]
    return "circular" if "circular" in boundaries else "zero", tapped[0].stride, _summed(rows)


def _grid(group: Group, dimensions: int) -> Cell:
    grid = group.shape[1:] or (1,) * dimensions
    if len(grid) != dimensions:
        raise Unfit(f"{quoted(group.value.name)} has {len(grid)} dimensions, the input {dimensions}")
    return grid


def _named(things: Sequence[Any]) -> str:
    names = [quoted(t.value.name if isinstance(t, Group) else t.name, 30) for t in things]
    return " and ".join(dict.fromkeys(names[:3]))


def _tapped(link: Link, dimensions: int) -> Tapped:
    """A link as taps."""
    grid = _grid(link.target, dimensions)
    if link.offset % math.prod(grid):
        raise Unfit(f"a part of {quoted(link.target.value.name)} does not start at a channel")
    if link.made is None or link.operation is None:
        if _grid(link.source, dimensions) != grid:
            raise Unfit(f"{_named([link.source, link.target])} have different grids")
        pairs = tuple((c, c) for c in range(link.source.shape[0]))
        return Tapped(BOTH, 1, pairs, ((0,) * dimensions,))
    try:
        return _own_taps(link, dimensions)
    except Unfit as error:
        raise Unfit(f"layer {quoted(link.made.name)}: {error.problem}") from None


def _own_taps(link: Link, dimensions: int) -> Tapped:
    made, source = link.made, link.source
    assert made is not None and made.operation is not None
    alone = isinstance(made.operation, Dense) and math.prod(_grid(source, dimensions)) == 1
    if made.seen != source.shape and not alone:
        raise Unfit("it reads its input in another shape")
    taps = made.operation.tapped(made.seen, made.shape)
    return Tapped(taps.boundaries, taps.stride, taps.pairs, tuple(s or (0,) * dimensions for s in taps.shifts))


Row = tuple[str, str, str, tuple[Cell, ...], list[Fraction] | None]
"""Name, from, to, shifts, known values."""


def _edges(link: Link, tapped: Tapped, dimensions: int, names: dict[Group, str]) -> Iterator[Row]:
    known = ONE if link.operation is None else link.operation.value
    first = link.offset // math.prod(_grid(link.target, dimensions))
    name = link.made.name if link.made else f"{names[link.source]} > {names[link.target]}"
    for to, source in tapped.pairs:
        nodes = f"{names[link.source]}.{source}", f"{names[link.target]}.{first + to}"
        yield f"{name}.{to},{source}", *nodes, tapped.shifts, None if known is None else [known] * len(tapped.shifts)


def _summed(rows: Sequence[Row]) -> list[Edge]:
    """The edges of a layer: known ones between the same nodes added up, names made different."""
    found: list[Row] = []
    known: dict[tuple, list[Fraction]] = {}
    for name, source, to, shifts, values in rows:
        before = known.get((source, to, shifts)) if values else None
        if values and before:
            before[:] = [a + b for a, b in zip(before, values, strict=True)]
            continue
        if values:
            known[source, to, shifts] = values
        found.append((name, source, to, shifts, values))
    taken: set[str] = set()
    edges = []
    for name, source, to, shifts, values in found:
        while name in taken:
            name += "'"
        taken.add(name)
        taps: list[Any] = [s[0] if len(s) == 1 else s for s in shifts]
        edges.append(Edge(name, source, to, taps, values))
    return edges


# ------------------------------------------------------------------ factors


Starts = tuple[dict[Group, int], int]
"""Where the coordinates of each group of a level start, and how many there are in all."""


def architecture(levels: Sequence[Sequence[Link]]) -> Architecture:
    """The layers as factors in product order, exact for these shapes."""
    starts = [_starts(groups(levels[0])[1]), *(_starts(groups(level)[0]) for level in levels)]
    factors = [_factor(level, starts[n + 1], starts[n]) for n, level in enumerate(levels)]
    return Architecture(factors[::-1])


def _starts(side: Sequence[Group]) -> Starts:
    ends = list(accumulate((math.prod(g.shape) for g in side), initial=0))
    return dict(zip(side, ends[:-1], strict=True)), ends[-1]


def _factor(level: Sequence[Link], left: Starts, right: Starts) -> Factor:
    """The matrix of a layer; its rows and columns are the coordinates of the groups on its two sides."""
    if len(level) == 1 and (short := _circulant(level[0])):
        return short
    terms: list[tuple[int, int, int, Fraction]] = []
    known: dict[tuple[int, int], Fraction] = {}
    start = 0
    for link in level:
        row, column = left[0][link.target] + link.offset, right[0][link.source]
        if link.free:
            terms += [(start + n, row + r, column + c, ONE) for n, r, c in _places(link)]
        else:
            for _, r, c in _places(link):
                known[row + r, column + c] = known.get((row + r, column + c), 0) + _value(link)
        start += link.free
        few(len(terms) + len(known), "the layer as a sparse matrix")
    if start and known:
        raise Affine(_mixture(level))
    if known:
        return Fixed.from_entries((left[1], right[1]), [(r, c, v) for (r, c), v in sorted(known.items())])
    return _shortest((left[1], right[1]), start, terms)


def _places(link: Link) -> Iterator[tuple[int, int, int]]:
    if link.made is None or link.operation is None:
        return ((0, c, c) for c in range(math.prod(link.source.shape)))
    return link.operation.places(link.made.seen, link.made.shape)


def _value(link: Link) -> Fraction:
    return ONE if link.operation is None or link.operation.value is None else link.operation.value


def _mixture(level: Sequence[Link]) -> str:
    free = next(k.made for k in level if k.free and k.made)
    fixed = next(k for k in level if not k.free)
    given = fixed.made or fixed.source.value
    return f"layer {quoted(free.name)} with parameters lies beside {quoted(given.name)} without: an affine factor"


def _shortest(shape: tuple[int, int], parameters: int, terms: list[tuple[int, int, int, Fraction]]) -> Factor:
    """Dense or a pattern where each parameter has one entry of its own, else shared weights."""
    places = [(r, c) for _, r, c, _ in terms] if len(terms) == parameters else []
    own = bool(places) and len(set(places)) == parameters and all(t[0] == n for n, t in enumerate(terms))
    if not own:
        return Terms.of(forms.Terms(shape, parameters, tuple(terms)))
    full = parameters == shape[0] * shape[1] and places == sorted(places)
    return DenseFactor(shape) if full else Pattern(shape, places)


def _circulant(link: Link) -> Factor | None:
    """A free convolution from one channel to one channel in its own form, if it is one."""
    made = link.made
    if not link.free or not isinstance(link.operation, Convolution) or link.operation.channels != (1, 1):
        return None
    if made is None or made.seen != link.source.shape or made.shape != link.target.shape:
        return None
    try:
        tapped = link.operation.tapped(made.seen, made.shape)
    except Unfit:
        return None
    grid, taps = made.seen[1:], tapped.shifts
    if len(grid) == 2:
        return Circulant2D(grid, taps) if "circular" in tapped.boundaries and tapped.stride == 1 else None
    if "circular" in tapped.boundaries:
        return Circulant(grid[0], [t for (t,) in taps], tapped.stride)
    return Toeplitz(grid[0], [t for (t,) in taps], tapped.stride)
