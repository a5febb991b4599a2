"""The architecture as a graph: nodes, neurons, paths, and the rank that a generic point should have.

Main definitions
    `Layered`        the labels at which each parameter enters and leaves, and which labels join
    `layered`        of a statement whose parametrised factors are all taps, or all patterns
    `picture`        the statement as a networkx graph: network, neurons, or a chain of shapes
    `expected_rank`  the largest rank of the Jacobian that the equivalence leaves (`local.expected`)

Main statement
    Let w be weights on the edges of a layered graph such that every path has total weight zero.
    Then w is a potential difference: with the potential of a node = the weight of any path from the
    output to it, w_e = potential(from) - potential(to), and it vanishes at outputs and inputs.  So
    |E| - rank(path-edge incidence) = inner nodes on a path + edges on no path: nothing has to be
    enumerated, whatever the number of paths.  Where layers of known taps lie in between, "inner node"
    means a connected component of the joins between two neighbouring factors.

References
    docs/certificate-format.md, `jacobian`; interface.md, section 4; [M20], section 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..problem.forms import Pattern, Statement, Support, Taps

if TYPE_CHECKING:
    import networkx as nx

Edge = tuple[int, int]
"""Label towards the output, label towards the inputs."""
Path = tuple[Edge, ...]
"""One edge a factor with parameters, in product order."""
PICTURE = 5_000
"""Edges of a picture at most."""


@dataclass(frozen=True)
class Layered:
    """Parameter `kept[k][n]` of factor k goes from label `left[k][n]` to label `right[k][n]`.

    ``joins[k]`` maps a right label of factor k to the left labels of factor k + 1 that may follow;
    None means equality.  `ends` are the labels that outputs and inputs join: None means all.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern, Statement
    >>> full = Pattern((2, 2), ((0, 0), (0, 1), (1, 0), (1, 1)))
    >>> graph = layered(Statement("neuron-scale", (full, full)))
    >>> graph.paths_count, graph.inner, graph.incidence_rank
    (8, 2, 6)
    """

    kept: tuple[np.ndarray, ...]
    left: tuple[np.ndarray, ...]
    right: tuple[np.ndarray, ...]
    joins: tuple[dict[int, frozenset[int]] | None, ...]
    ends: tuple[frozenset[int] | None, frozenset[int] | None] = (None, None)

    @property
    def K(self) -> int:
        """Factors with parameters."""
        return len(self.kept)

    def inside(self, support: Support) -> Layered:
        """The same graph with the parameters of `support` only."""
        masks = [np.isin(k, np.array(s, dtype=np.int64)) for k, s in zip(self.kept, support, strict=True)]
        kept, left, right = (
            tuple(a[m] for a, m in zip(columns, masks, strict=True)) for columns in (self.kept, self.left, self.right)
        )
        return Layered(kept, left, right, self.joins, self.ends)

    def follow(self, k: int, labels: Iterable[int]) -> set[int]:
        """Left labels of factor k + 1 that some right label of factor k in `labels` joins."""
        join = self.joins[k]
        return set(labels) if join is None else {b for a in labels for b in join.get(a, ())}

    def precede(self, k: int, labels: Iterable[int]) -> set[int]:
        """Right labels of factor k that join some left label of factor k + 1 in `labels`."""
        join, wanted = self.joins[k], set(labels)
        return wanted if join is None else {a for a, into in join.items() if into & wanted}

    @cached_property
    def alive(self) -> tuple[np.ndarray, ...]:
        """For each factor a mask over `kept`: does the parameter lie on some path?"""
        forward, backward = self._forward(), self._backward()
        return tuple(f & b for f, b in zip(forward, backward, strict=True))

    def _forward(self) -> list[np.ndarray]:
        masks, reached = [], self.ends[0]
        for k in range(self.K):
            masks.append(_member(self.left[k], reached))
            if k + 1 < self.K:
                reached = frozenset(self.follow(k, np.unique(self.right[k][masks[k]]).tolist()))
        return masks

    def _backward(self) -> list[np.ndarray]:
        masks: list[np.ndarray] = []
        reached = self.ends[1]
        for k in range(self.K - 1, -1, -1):
            masks.insert(0, _member(self.right[k], reached))
            if k:
                reached = frozenset(self.precede(k - 1, np.unique(self.left[k][masks[0]]).tolist()))
        return masks

    @cached_property
    def edges(self) -> tuple[dict[Edge, np.ndarray], ...]:
        """For each factor the edges and the parameters (original numbers) that they carry."""
        found = []
        for kept, left, right in zip(self.kept, self.left, self.right, strict=True):
            table: dict[Edge, list[int]] = {}
            for i, a, b in zip(kept.tolist(), left.tolist(), right.tolist(), strict=True):
                table.setdefault((a, b), []).append(i)
            found.append({e: np.array(table[e], dtype=np.int64) for e in sorted(table)})
        return tuple(found)

    @cached_property
    def alive_edges(self) -> tuple[tuple[Edge, ...], ...]:
        """For each factor the edges on some path."""
        pairs = [
            set(zip(a[m].tolist(), b[m].tolist(), strict=True))
            for a, b, m in zip(self.left, self.right, self.alive, strict=True)
        ]
        return tuple(tuple(sorted(p)) for p in pairs)

    @cached_property
    def hubs(self) -> tuple[tuple[tuple[int, ...], ...], ...]:
        """Between factors k and k + 1: the free scalars, each as the right labels of factor k that share it."""
        return tuple(tuple(self._hubs(k)) for k in range(self.K - 1))

    def _hubs(self, k: int) -> Iterator[tuple[int, ...]]:
        entering = {b for _, b in self.alive_edges[k]}
        if self.joins[k] is None:
            yield from ((label,) for label in sorted(entering))
            return
        import networkx as nx

        leaving = {a for a, _ in self.alive_edges[k + 1]}
        graph = nx.Graph()
        graph.add_nodes_from(("right", a) for a in entering)
        graph.add_edges_from(
            (("right", a), ("left", b)) for a in entering for b in (self.joins[k] or {}).get(a, ()) if b in leaving
        )
        for part in nx.connected_components(graph):
            yield tuple(sorted(label for side, label in part if side == "right"))

    @property
    def inner(self) -> int:
        """Inner nodes (neurons) on a path."""
        return sum(len(h) for h in self.hubs)

    @property
    def incidence_rank(self) -> int:
        """Rank of the path-edge incidence matrix, without listing a path."""
        return sum(map(len, self.alive_edges)) - self.inner

    @cached_property
    def paths_count(self) -> int:
        """The number of paths, exactly, by dynamic programming from the inputs."""
        ways = {e: 1 for e in self.alive_edges[-1]}
        for k in range(self.K - 2, -1, -1):
            entering: dict[int, int] = {}
            for (a, _), n in ways.items():
                entering[a] = entering.get(a, 0) + n
            ways = {e: sum(entering.get(b, 0) for b in self.follow(k, [e[1]])) for e in self.alive_edges[k]}
        return sum(ways.values())

    def paths(self, limit: int = 1_000) -> list[Path]:
        """All paths in lexicographic order, when there are at most `limit`.

        Raises
        ------
        ValueError
            When there are more: `paths_count` says how many.
        """
        if self.paths_count > limit:
            raise ValueError(f"{self.paths_count} paths are too many to list, the limit is {limit}")
        found: list[Path] = [(e,) for e in self.alive_edges[0]]
        for k in range(self.K - 1):
            found = [(*path, e) for path in found for e in self._next_edges(k, path[-1])]
        return found

    def _next_edges(self, k: int, edge: Edge) -> list[Edge]:
        into = self.follow(k, [edge[1]])
        return [e for e in self.alive_edges[k + 1] if e[0] in into]

    @property
    def alive_parameters(self) -> int:
        """Parameters on some path: the others do not touch the product."""
        return sum(int(m.sum()) for m in self.alive)


def _member(labels: np.ndarray, allowed: frozenset[int] | None) -> np.ndarray:
    if allowed is None:
        return np.ones(len(labels), dtype=bool)
    return np.isin(labels, np.array(sorted(allowed), dtype=np.int64))


def is_network(statement: Statement) -> bool:
    """Whether every form is a layer of taps, none with parameters and fixed taps together."""
    return all(isinstance(f, Taps) and not (f.taps and f.fixed) for f in statement.forms)


def is_neural(statement: Statement) -> bool:
    """Whether every form is a sparse pattern."""
    return all(isinstance(f, Pattern) for f in statement.forms)


def layered(statement: Statement, support: Support | None = None) -> Layered:
    """The layered graph of a network or of patterns, perhaps restricted to a support.

    Raises
    ------
    ValueError
        For other factors: they have no paths.
    """
    if is_neural(statement):
        ends = [np.array(f.entries, dtype=np.int64).reshape(-1, 2) for f in statement.factors]  # type: ignore[union-attr]
        graph = _of_ends(ends, (None,) * (statement.K - 1), (None, None))
    elif is_network(statement):
        ends = [np.array([t[:2] for t in f.taps], dtype=np.int64) for f in statement.factors]  # type: ignore[union-attr]
        graph = _of_ends(ends, *_joins(statement))
    else:
        raise ValueError("paths need factors that are all layers of taps, or all patterns")
    return graph if support is None else graph.inside(support)


def _of_ends(ends: list[np.ndarray], joins: tuple, outer: tuple) -> Layered:
    kept = tuple(np.arange(len(e)) for e in ends)
    return Layered(kept, tuple(e[:, 0] for e in ends), tuple(e[:, 1] for e in ends), joins, outer)


def _joins(statement: Statement) -> tuple[tuple, tuple]:
    """The joins between neighbouring parametrised layers, and the labels that roots and leaves join."""
    places = [p for p, form in enumerate(statement.forms) if form.parameters]
    joins = tuple(_through(statement.forms[p + 1 : q]) for p, q in zip(places[:-1], places[1:], strict=True))
    head, tail = _through(statement.forms[: places[0]]), _through(statement.forms[places[-1] + 1 :])
    ends = (
        None if head is None else frozenset(b for into in head.values() for b in into),
        None if tail is None else frozenset(a for a, into in tail.items() if into),
    )
    return joins, ends


def _through(layers: tuple) -> dict[int, frozenset[int]] | None:
    """Which label leads to which through layers of fixed taps; None when there are none."""
    if not layers:
        return None
    reached = {a: {a} for a in range(layers[0].nodes[0])}
    for layer in layers:
        reached = {a: {t[1] for t in layer.fixed if t[0] in into and t[3]} for a, into in reached.items()}
    return {a: frozenset(into) for a, into in reached.items()}


def expected_rank(statement: Statement, support: Support | None = None) -> int:
    """The rank that the Jacobian has at a generic point of `support` when nothing but the equivalence is lost.

    ``scale``: parameters - (K - 1); ``neuron-scale``: parameters - inner neurons on a path;
    ``path-scale``: taps - (|E| - rank of the path-edge incidence), E the edges with a tap in the support.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern, Statement
    >>> full = Pattern((2, 2), ((0, 0), (0, 1), (1, 0), (1, 1)))
    >>> expected_rank(Statement("neuron-scale", (full, full))), expected_rank(Statement("scale", (full, full)))
    (6, 7)
    """
    sizes = statement.sizes if support is None else [len(s) for s in support]
    if statement.equivalence == "scale":
        return sum(sizes) - (statement.K - 1)
    graph = layered(statement, support)
    if statement.equivalence == "neuron-scale":
        return sum(sizes) - graph.inner
    return sum(sizes) - (sum(map(len, graph.edges)) - graph.incidence_rank)


def largest_rank(statement: Statement, support: Support | None = None) -> int:
    """The generic rank of the path products themselves: no Jacobian has more.

    Differs from `expected_rank` when a parameter lies on no path of the support.
    """
    if statement.equivalence == "scale":
        return expected_rank(statement, support)
    graph = layered(statement, support)
    return graph.alive_parameters - graph.inner


def picture(statement: Statement) -> nx.MultiDiGraph:
    """The statement as a graph, drawn from the inputs to the output.

    The graph attribute ``kind`` is ``network`` (nodes and convolutions), ``neurons`` (one edge an
    entry) or ``chain`` (one node a dimension).  Nodes are (place, label), place 0 being the output;
    node attribute ``layer`` is the place.
    """
    if is_network(statement):
        return _network_picture(statement)
    if is_neural(statement) and sum(statement.sizes) <= PICTURE:
        return _neuron_picture(statement)
    return _chain_picture(statement)


def _graph(kind: str) -> nx.MultiDiGraph:
    import networkx as nx

    return nx.MultiDiGraph(kind=kind)


def _network_picture(statement: Statement) -> nx.MultiDiGraph:
    graph = _graph("network")
    for p, form in enumerate(statement.forms):
        assert isinstance(form, Taps)
        for to, source, shifts, numbers, values in _edges_of(form):
            graph.add_node((p, to), layer=p)
            graph.add_node((p + 1, source), layer=p + 1)
            graph.add_edge((p + 1, source), (p, to), form=p, taps=shifts, parameters=numbers, fixed=values)
    return graph


def _edges_of(form: Taps) -> Iterator[tuple]:
    """Edges of a layer: to, from, shifts, numbers of the parameters, known values."""
    table: dict[Edge, tuple[list, list, list]] = {}
    for i, (to, source, shift) in enumerate(form.taps):
        shifts, numbers, _ = table.setdefault((to, source), ([], [], []))
        shifts.append(shift)
        numbers.append(i)
    for to, source, shift, value in form.fixed:
        shifts, _, values = table.setdefault((to, source), ([], [], []))
        shifts.append(shift)
        values.append(value)
    for (to, source), columns in table.items():
        yield to, source, *columns


def _neuron_picture(statement: Statement) -> nx.MultiDiGraph:
    graph = _graph("neurons")
    for p, form in enumerate(statement.factors):
        assert isinstance(form, Pattern)
        for place, count in ((p, form.shape[0]), (p + 1, form.shape[1])):
            graph.add_nodes_from(((place, a) for a in range(count)), layer=place)
        graph.add_edges_from(((p + 1, c), (p, r), {"form": p, "parameter": i}) for i, (r, c) in enumerate(form.entries))
    return graph


def _chain_picture(statement: Statement) -> nx.MultiDiGraph:
    graph = _graph("chain")
    forms = [*statement.forms, *([statement.data] if statement.data else [])]
    graph.add_node((0, 0), layer=0, dimension=forms[0].shape[0])
    for p, form in enumerate(forms):
        kind = "data" if form is statement.data else type(form).__name__.lower()
        graph.add_node((p + 1, 0), layer=p + 1, dimension=form.shape[1])
        graph.add_edge((p + 1, 0), (p, 0), form=p, kind=kind, shape=form.shape, parameters=form.parameters)
    return graph
