"""Convolutional networks: a rooted graph of kernels, which becomes one layer of convolutions a factor.

Main definitions
    `Edge`     one kernel: taps, or known values
    `Network`  the graph, its grid, boundary and strides

Factor 1 is the layer next to the output.  Every path from an input to the output has the same number K of edges.
Nothing here is proportional to the grid.

References
    [ML19], [M20] section 5: convolutional networks as directed acyclic graphs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

from ..errors import BadInput, quoted
from . import forms as plain
from .factor import Cell, cell, grid_fits, reduced
from .reading import FACTORS, at, few, numbers, one_of, sequence, shape_of, shown, whole, words, wrong
from .tables import check_keys

BOUNDARIES = ("circular", "zero")


@dataclass(frozen=True)
class Edge:
    """One kernel of a network.

    Parameters
    ----------
    name
        Unlike every other edge's.
    source, to
        Nodes; `source` is called ``from`` in a case file.
    taps
        Integers, or pairs on a 2-D grid.
    fixed
        Known values parallel to `taps`; then the edge has no parameter.
    stride
        Rows kept; all edges of a layer agree.

    Examples
    --------
    >>> Edge("a", "x", "u", [0, 1]).taps
    ((0,), (1,))
    """

    name: str
    source: str
    to: str
    taps: Any
    fixed: Any = None
    stride: int | None = None

    def __post_init__(self) -> None:
        for key, value in (("name", self.name), ("from", self.source), ("to", self.to)):
            if not words(value, key, 1_000):
                raise wrong(value, "a name of at least one character", key)
        taps = sequence(self.taps, "a list of taps", "taps")
        few(len(taps), "taps")
        if not taps:
            raise wrong(taps, "at least one tap", "taps")
        cells = tuple((t,) if type(t) is int else _tap(t, f"taps[{n}]") for n, t in enumerate(taps))
        object.__setattr__(self, "taps", cells)
        object.__setattr__(self, "fixed", None if self.fixed is None else self._values())
        if self.stride is not None:
            object.__setattr__(self, "stride", whole(self.stride, "stride", 1))

    def _values(self) -> tuple[Fraction, ...]:
        values = numbers(sequence(self.fixed, "a list of values, one a tap", "fixed"), "fixed")
        if len(values) != len(self.taps):
            raise BadInput(f"got {len(values)} values, expected {len(self.taps)}, one a tap", where="fixed")
        if not all(values):
            where = f"fixed[{values.index(Fraction(0))}]"
            raise BadInput("got 0, expected a value that is not zero", where=where, hint="leave that tap out")
        return tuple(values)


@dataclass(frozen=True)
class Network:
    """A rooted graph of convolutions.

    Parameters
    ----------
    edges
        `Edge` objects, or tables with the keys of a case file.
    output
        The root, or a list of roots: the product has their signals one below the other, in that order.
    length, shape
        One of them: N cells a signal, or [H, W].
    boundary, stride
        One value, or a list over the layers in product order (the layer next to the output first).

    Examples
    --------
    >>> net = Network([Edge("a", "x", "u", [0, 1]), Edge("b", "u", "y", [0, 2])], output="y", length=64)
    >>> [layer.taps for layer in net.forms]
    [((0, 0, (0,)), (0, 0, (2,))), ((0, 0, (0,)), (0, 0, (1,)))]
    """

    edges: Any
    output: Any
    length: int | None = None
    shape: Any = None
    boundary: Any = "circular"
    stride: Any = 1
    levels: tuple[tuple[str, ...], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        given = sequence(self.edges, "a list of edges", "edges")
        if not given:
            raise wrong(given, "at least one edge", "edges")
        edges = tuple(_edge(e, f"edges[{n}]") for n, e in enumerate(given))
        few(sum(len(e.taps) for e in edges), "edges")
        object.__setattr__(self, "edges", edges)
        object.__setattr__(self, "output", _roots(self.output))
        _unlike(edges)
        object.__setattr__(self, "levels", _levels(edges, self.outputs))
        _ = self.forms  # grids, strides and taps are checked here

    @property
    def outputs(self) -> tuple[str, ...]:
        """The roots."""
        return (self.output,) if isinstance(self.output, str) else self.output

    @cached_property
    def grid(self) -> Cell:
        """The grid of the inputs."""
        if (self.length is None) == (self.shape is None):
            given = "neither" if self.length is None else "both"
            raise BadInput(f"got {given} of length and shape, expected length = N or shape = [H, W]")
        grid = (whole(self.length, "length", 1),) if self.shape is None else shape_of(self.shape)
        grid_fits(grid, "length" if self.shape is None else "shape")
        return grid

    @cached_property
    def layers(self) -> tuple[tuple[int, ...], ...]:
        """For each layer in product order its edges, as positions in `edges`, in file order."""
        depth = {node: p for p, nodes in enumerate(self.levels) for node in nodes}
        found: list[list[int]] = [[] for _ in range(len(self.levels) - 1)]
        for n, edge in enumerate(self.edges):
            found[depth[edge.to]].append(n)
        return tuple(map(tuple, found))

    @cached_property
    def forms(self) -> tuple[plain.Form, ...]:
        """One layer of convolutions a factor, in product order."""
        boundaries = self._by_layer(self.boundary, "boundary")
        strides = self._strides()
        grid, built = self.grid, []
        for p in reversed(range(len(self.layers))):
            layer = self._layer(p, grid, boundaries[p], strides[p])
            grid_fits(layer.full_grid, f"edges[{self.layers[p][0]}].taps")
            grid = layer.out_grid
            built.append(layer)
        return tuple(reversed(built))

    def _layer(self, p: int, grid: Cell, boundary: str, stride: int) -> plain.Taps:
        row, column = ({name: n for n, name in enumerate(nodes)} for nodes in self.levels[p : p + 2])
        taps: list[tuple[int, int, Cell]] = []
        fixed: list[tuple[int, int, Cell, Fraction]] = []
        for n in self.layers[p]:
            edge = self.edges[n]
            ends = row[edge.to], column[edge.source]
            cells = self._cells(n, grid, boundary)
            if edge.fixed is None:
                taps.extend((*ends, c) for c in cells)
            else:
                fixed.extend((*ends, c, v) for c, v in zip(cells, edge.fixed, strict=True))
        return plain.Taps(grid, boundary, stride, (len(row), len(column)), tuple(taps), tuple(fixed))

    def _cells(self, n: int, grid: Cell, boundary: str) -> list[Cell]:
        where = f"edges[{n}].taps"
        for t, tap in enumerate(self.edges[n].taps):
            if len(tap) != len(grid):
                expected = "integers, for length = N" if len(grid) == 1 else "pairs of integers, for shape = [H, W]"
                raise wrong(tap[0] if len(tap) == 1 else tap, expected, f"{where}[{t}]")
        return reduced(self.edges[n].taps, grid, boundary, where)

    def _by_layer(self, value: Any, key: str) -> list[Any]:
        single = isinstance(value, (str, int))
        layers = len(self.layers)
        values = [value] * layers if single else sequence(value, f"one value or a list of {layers}", key)
        if len(values) != layers:
            order = "one a layer, the layer next to the output first"
            raise BadInput(f"got {shown(values)}, expected {layers} entries, {order}", where=key)
        places = [key if single else f"{key}[{p}]" for p in range(len(values))]
        if key == "boundary":
            return [one_of(v, BOUNDARIES, w) for v, w in zip(values, places, strict=True)]
        return [whole(v, w, 1) for v, w in zip(values, places, strict=True)]

    def _strides(self) -> list[int]:
        strides = self._by_layer(self.stride, "stride")
        for p, layer in enumerate(self.layers):
            named = {self.edges[n].stride: n for n in reversed(layer)}
            if set(named) == {None}:
                continue
            if len(named) > 1:
                (one, a), (other, b) = sorted(named.items(), key=lambda item: item[1])[:2]
                given = f"{other or 'no stride'}, but {one or 'none'} for edge {quoted(self.edges[a].name)}"
                raise BadInput(f"got {given}; expected one stride a layer", where=f"edges[{b}].stride")
            (value,) = named
            if strides[p] not in (1, value):
                where = f"edges[{layer[0]}].stride"
                raise BadInput(f"got {value}, expected {strides[p]} as the network's stride says", where=where)
            strides[p] = value
        return strides

    @cached_property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """For each layer with parameters a label a parameter, such as ``"a[0]"``."""
        labels = [
            tuple(f"{self.edges[n].name}[{t}]" for n in self._free(p) for t in range(len(self.edges[n].taps)))
            for p in range(len(self.layers))
        ]
        return tuple(label for label in labels if label)

    def _free(self, p: int) -> list[int]:
        return [n for n in self.layers[p] if self.edges[n].fixed is None]

    @cached_property
    def blocks(self) -> tuple[tuple[tuple[str, int, int], ...], ...]:
        """For each layer with parameters its edges with parameters: name, first parameter, number of parameters."""
        found = []
        for p in range(len(self.layers)):
            blocks, start = [], 0
            for n in self._free(p):
                count = len(self.edges[n].taps)
                blocks.append((self.edges[n].name, start, count))
                start += count
            if blocks:
                found.append(tuple(blocks))
        return tuple(found)

    @cached_property
    def path_count(self) -> int:
        """How many paths lead from an input to an output, parallel edges counted."""
        paths = dict.fromkeys(self.levels[0], 1)
        for layer in self.layers:
            for n in layer:
                edge = self.edges[n]
                paths[edge.source] = paths.get(edge.source, 0) + paths[edge.to]
        return sum(paths[leaf] for leaf in self.levels[-1])


def _roots(output: Any) -> str | tuple[str, ...]:
    if isinstance(output, str) or not isinstance(output, (list, tuple)):
        return words(output, "output", 1_000)
    names = tuple(words(name, f"output[{n}]", 1_000) for n, name in enumerate(output))
    if not names or len(set(names)) < len(names):
        raise wrong(output, "a node, or a list of different nodes", "output")
    return names if len(names) > 1 else names[0]


def _edge(value: Any, where: str) -> Edge:
    if isinstance(value, Edge):
        return value
    if not isinstance(value, Mapping):
        raise wrong(value, "an edge: {name = ..., from = ..., to = ..., taps = [...]}", where)
    with at(where):
        return edge_of(value)


def _tap(value: Any, where: str) -> Cell:
    return cell(value, 2 if isinstance(value, (list, tuple)) else 1, where)


EDGE_KEYS = ("name", "from", "to", "taps", "fixed", "stride")


def edge_of(table: Mapping[str, Any]) -> Edge:
    """An edge from a table with the keys of a case file."""
    check_keys(table, EDGE_KEYS, EDGE_KEYS[:4])
    return Edge(table["name"], table["from"], table["to"], table["taps"], table.get("fixed"), table.get("stride"))


def _unlike(edges: Sequence[Edge]) -> None:
    found: dict[str, int] = {}
    for n, edge in enumerate(edges):
        if edge.name in found:
            raise BadInput(
                f"got {quoted(edge.name)}, which is the name of edges[{found[edge.name]}] too; expected each name once",
                where=f"edges[{n}].name",
            )
        found[edge.name] = n


def _levels(edges: Sequence[Edge], outputs: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The nodes by their distance from the outputs, each level below these in order of first appearance."""
    nodes = list(dict.fromkeys(node for e in edges for node in (e.source, e.to)))
    targets = {e.to for e in edges}
    for n, output in enumerate(outputs):
        if output not in targets:
            where = "output" if len(outputs) == 1 else f"output[{n}]"
            raise BadInput(f"got {quoted(output)}, expected a node that some edge leads to", where=where)
    outgoing: dict[str, list[int]] = {node: [] for node in nodes}
    for n, edge in enumerate(edges):
        outgoing[edge.source].append(n)
    order = _towards_inputs(edges, nodes, outgoing)
    short, long = _next_edges(edges, order, outgoing, outputs)
    _same_length(edges, nodes, short, long, outputs)
    depth = {node: short[node][0] for node in nodes}
    levels: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for node in dict.fromkeys([*outputs, *nodes]):
        levels[depth[node]].append(node)
    if len(levels) - 1 > FACTORS:
        raise BadInput(f"got {len(levels) - 1} layers, expected at most {FACTORS:,}", where="edges")
    return tuple(map(tuple, levels))


def _towards_inputs(edges: Sequence[Edge], nodes: Sequence[str], outgoing: dict[str, list[int]]) -> list[str]:
    """The nodes, each after all nodes that its edges lead to."""
    waiting = {node: len(outgoing[node]) for node in nodes}
    incoming: dict[str, list[str]] = {node: [] for node in nodes}
    for edge in edges:
        incoming[edge.to].append(edge.source)
    ready, order = deque(node for node in nodes if not waiting[node]), []
    while ready:
        node = ready.popleft()
        order.append(node)
        for source in incoming[node]:
            waiting[source] -= 1
            if not waiting[source]:
                ready.append(source)
    if len(order) < len(nodes):
        raise BadInput(
            f"got a cycle through {_cycle(edges, outgoing, waiting)}, expected a graph without cycles", where="edges"
        )
    return order


def _cycle(edges: Sequence[Edge], outgoing: dict[str, list[int]], waiting: dict[str, int]) -> str:
    node = next(n for n, count in waiting.items() if count)
    seen: dict[str, int] = {}
    while node not in seen:
        seen[node] = len(seen)
        node = next(edges[n].to for n in outgoing[node] if waiting[edges[n].to])
    return _chain([*list(seen)[seen[node] :], node])


def _chain(names: Sequence[str]) -> str:
    shown_names = [quoted(n, 20).strip("'") for n in names]
    return " > ".join(shown_names if len(names) <= 8 else [*shown_names[:5], "...", *shown_names[-2:]])


Step = tuple[int, int]
"""Edges to the output, and the first of them."""


def _next_edges(
    edges: Sequence[Edge], order: Sequence[str], outgoing: dict[str, list[int]], outputs: Sequence[str]
) -> tuple[dict[str, Step], dict[str, Step]]:
    """From each node a shortest and a longest way to an output."""
    short: dict[str, Step] = dict.fromkeys(outputs, (0, -1))
    long: dict[str, Step] = dict.fromkeys(outputs, (0, -1))
    for output in outputs if len(outputs) > 1 else ():
        if outgoing[output]:
            name = quoted(edges[outgoing[output][0]].name)
            problem = f"got output {quoted(output)}, which edge {name} leaves; expected no edge there"
            raise BadInput(problem, where="edges")
    for node in order:
        ways = [n for n in outgoing[node] if edges[n].to in short]
        if node in outputs or not ways:
            continue
        short[node] = min((short[edges[n].to][0] + 1, n) for n in ways)
        long[node] = max((long[edges[n].to][0] + 1, n) for n in ways)
    for node in order:
        if node not in short:
            raise BadInput(
                f"got node {quoted(node)}, from which no edges lead to {_the(outputs)}",
                where="edges",
                hint="remove it or join it",
            )
    return short, long


def _same_length(
    edges: Sequence[Edge], nodes: Sequence[str], short: dict[str, Step], long: dict[str, Step], outputs: Sequence[str]
) -> None:
    targets = {e.to for e in edges}
    leaves = [node for node in nodes if node not in targets]
    least = min(leaves, key=lambda leaf: short[leaf][0])
    most = max(leaves, key=lambda leaf: long[leaf][0])
    if short[least][0] != long[most][0]:
        a, b = _way(edges, short, least, outputs), _way(edges, long, most, outputs)
        raise BadInput(
            f"got paths of {len(a)} edges ({_chain(a)}) and of {len(b)} edges ({_chain(b)}), "
            f"expected the same number of edges on every path from an input to the output",
            where="edges",
        )


def _the(outputs: Sequence[str]) -> str:
    return f"the output {quoted(outputs[0])}" if len(outputs) == 1 else "any output"


def _way(edges: Sequence[Edge], step: dict[str, Step], node: str, outputs: Sequence[str]) -> list[str]:
    names = []
    while node not in outputs:
        edge = edges[step[node][1]]
        names.append(edge.name)
        node = edge.to
    return names
