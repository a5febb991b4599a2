"""Signed permutations of the parameters that may be symmetries: cyclic shifts, reflections, automorphisms of a graph.

Theorem.  Let signed permutations of the parameters, and of rows and columns at each place between two factors, leave
the entries of all basis matrices what they are.  Then they permute the columns of the lifting, up to signs, by an
isometry of the products: the Gram matrix stays what it is.  These are the automorphisms of a coloured graph, with a
vertex for each parameter, each row or column, and each entry, coloured by its value.

Nothing here is certain: candidates are tried on the Gram matrix, by the search and by the checker.

Main definitions
    `candidates`  cyclic shifts and reflections of the parameters, then the automorphisms
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from ..problem.forms import Known, Statement, Taps

MAX_VERTICES = 4_500
"""Vertices of a graph whose automorphisms take about a second."""
MAX_MATCHED = 300
"""Vertices of a graph that networkx matches with itself."""
MAX_COMPARED = 10
"""Comparisons a vertex before a match is given up, and before all are: three times that."""
REFINED = 6
"""Rounds in which vertices are told apart by their neighbours."""

Moves = tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]
"""Per factor the factor where its parameters go, and their codes: 2 j for parameter j, 2 j + 1 for its negative."""


def candidates(statement: Statement) -> Iterator[Moves]:
    """Maps that may be symmetries, the cheapest first.

    Examples
    --------
    >>> ring = Taps((3,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in range(3)))
    >>> next(candidates(Statement("scale", (ring, ring))))
    ((0, 1), ((2, 4, 0), (0, 2, 4)))
    """
    yield from _cyclic(statement)
    yield from _automorphisms(statement)


def _cyclic(statement: Statement) -> Iterator[Moves]:
    """One factor turned by one place or along an axis of its grid; all of them reversed; two neighbours exchanged."""
    same = [tuple(range(n)) for n in statement.sizes]
    for k, (n, factor) in enumerate(zip(statement.sizes, statement.factors, strict=True)):
        turned = [tuple((i + 1) % n for i in range(n))]
        if isinstance(factor, Taps) and factor.boundary == "circular":
            turned += filter(None, (_along(factor, axis) for axis in range(len(factor.grid))))
        for images in dict.fromkeys(turned):
            yield _plain([images if j == k else other for j, other in enumerate(same)])
    yield _plain([tuple(reversed(images)) for images in same])
    yield _plain([tuple(-i % n for i in range(n)) for n in statement.sizes])
    for k in range(statement.K - 1):
        if statement.sizes[k] == statement.sizes[k + 1]:
            order = list(range(statement.K))
            order[k], order[k + 1] = k + 1, k
            yield tuple(order), _plain(same)[1]


def _along(factor: Taps, axis: int) -> tuple[int, ...] | None:
    """The taps one place further along an axis, or as many places as it takes to meet taps again."""
    places = {tap: i for i, tap in enumerate(factor.taps)}
    n = factor.grid[axis]
    for step in (d for d in range(1, n) if n % d == 0):
        moved = [
            places.get((to, source, (*shift[:axis], (shift[axis] + step) % n, *shift[axis + 1 :])))
            for to, source, shift in factor.taps
        ]
        found = tuple(i for i in moved if i is not None)
        if len(found) == len(moved):
            return found
    return None


def _plain(images: list[tuple[int, ...]]) -> Moves:
    return tuple(range(len(images))), tuple(tuple(2 * i for i in part) for part in images)


# -- the graph --------------------------------------------------------------------------------------------

Entry = tuple[int, int | None, int, int, Fraction]
"""Form, parameter or none, row, column, value."""


def _automorphisms(statement: Statement) -> Iterator[Moves]:
    entries = _entries(statement)
    if entries is None:
        return
    sides = 2 if 6 * len(entries) <= MAX_VERTICES else 1
    graph = _Graph(statement, entries, sides)
    if len(graph.colours) <= MAX_VERTICES:
        for images in _generators(graph):
            if (moves := graph.moves(images)) is not None:
                yield moves


def _entries(statement: Statement) -> list[Entry] | None:
    """All entries, or None where there are too many."""
    found: list[Entry] = []
    for f, form in enumerate([*statement.forms, *([statement.data] if statement.data else [])]):
        if isinstance(form, Taps) and math.prod(form.grid) * form.parameters > MAX_VERTICES:
            return None
        parts = [(i, form.basis(i)) for i in range(form.parameters)] if not isinstance(form, Known) else []
        known = form.known() if isinstance(form, Known | Taps) else []
        for i, basis in [*parts, (None, known)]:
            summed: dict[tuple[int, int], Fraction] = {}
            for row, column, value in basis:
                summed[row, column] = summed.get((row, column), Fraction(0)) + value
            found += [(f, i, row, column, value) for (row, column), value in summed.items() if value]
        if len(found) > MAX_VERTICES:
            return None
    return found


class _Graph:
    """Vertices 0, 1, ... with colours, and edges; with two sides a vertex has a second one, its negative."""

    def __init__(self, statement: Statement, entries: list[Entry], sides: int) -> None:
        self.sizes, self.sides = statement.sizes, sides
        self.edges: list[tuple[int, int]] = []
        self.colours: list[Hashable] = []
        self.named: dict[Hashable, int] = {}
        factors = {f: k for k, f in enumerate(f for f, form in enumerate(statement.forms) if form.parameters)}
        own = [[self.vertex((k, i), ("parameter", k)) for i in range(n)] for k, n in enumerate(self.sizes)]
        for f, i, row, column, value in entries:
            ends = [self.vertex(("line", f, row), f), self.vertex(("line", f + 1, column), f + 1)]
            for up, down in product(range(sides), repeat=2):
                odd = up ^ down ^ int(value < 0 and sides == 2)
                if i is None and odd:
                    continue
                corners = [ends[0] + up, ends[1] + down, *([] if i is None else [own[factors[f]][i] + odd])]
                self.edges += [(len(self.colours), corner) for corner in corners]
                self.colours.append(("entry", f, abs(value) if sides == 2 else value))

    def vertex(self, name: Hashable, colour: Hashable) -> int:
        """The vertex of that name, its negative behind it."""
        if name not in self.named:
            n = self.named[name] = len(self.colours)
            self.colours += [colour] * self.sides
            self.edges += [(n, n + 1)] * (self.sides - 1)
        return self.named[name]

    def moves(self, images: list[int]) -> Moves | None:
        """What an automorphism does to the parameters; None where all stay in their places."""
        codes, first, step = [], 0, 3 - self.sides
        for n in self.sizes:
            part = images[first : first + n * self.sides : self.sides]
            codes.append(tuple(step * (vertex - first) for vertex in part))
            first += n * self.sides
        moved = any(c // 2 != i for part in codes for i, c in enumerate(part))
        return (tuple(range(len(codes))), tuple(codes)) if moved else None


def _generators(graph: _Graph) -> Iterator[list[int]]:
    """Automorphisms as lists of images, by canonaut where it is installed: they generate all moves of parameters."""
    numbers = {c: n for n, c in enumerate(dict.fromkeys(graph.colours))}
    colours = [numbers[c] for c in graph.colours]
    try:
        from canonaut import raw
    except ImportError:
        yield from _matched(graph.edges, colours, list(range(0, graph.sides * sum(graph.sizes), graph.sides)))
        return
    yield from raw.canonize(len(colours), graph.edges, colors=colours, generators=True).generators


def _matched(edges: list[tuple[int, int]], colours: list[int], base: list[int]) -> Iterator[list[int]]:
    """By networkx, for small graphs: with the first vertices of the base fixed, one to each place of the next one."""
    import networkx as nx

    if len(colours) > MAX_MATCHED:
        return
    graph = nx.Graph(edges)
    graph.add_nodes_from(range(len(colours)))
    patience = MAX_COMPARED * len(colours)
    compared = 0
    found: list[list[int]] = []
    for place, start in reversed(list(enumerate(base))):
        fixed, failed = base[:place], set[int]()
        here = _told_apart(graph, colours, [*fixed, start])
        for end in (n for n, c in enumerate(colours) if c == colours[start] and n not in fixed):
            near = _orbit(end, found)
            if start in near or near & failed:
                continue
            there = _told_apart(graph, colours, [*fixed, end])
            patient = _Patient(patience)
            matcher = nx.isomorphism.GraphMatcher(here, there, patient)
            try:
                images = next(matcher.isomorphisms_iter(), None)
            except _TooLong:
                images = None
            compared += patience - patient.left
            if compared > 3 * patience:
                return
            if images is None:
                failed.add(end)
            else:
                found.append([images[n] for n in range(len(colours))])
                yield found[-1]


class _TooLong(Exception):
    """The vertices that look alike are too many to be tried."""


class _Patient:
    """Whether two vertices look alike, asked so many times."""

    def __init__(self, left: int) -> None:
        self.left = left

    def __call__(self, one: dict[str, Any], other: dict[str, Any]) -> bool:
        self.left -= 1
        if self.left < 0:
            raise _TooLong
        return bool(one["told"] == other["told"])


def _told_apart(graph: Any, colours: list[int], fixed: list[int]) -> Any:
    """The graph with a name for each vertex: its colour, or its place among those fixed, and what is around it."""
    import networkx as nx

    out = graph.copy()
    nx.set_node_attributes(
        out, {n: str(c) for n, c in enumerate(colours)} | {n: f"-{i}" for i, n in enumerate(fixed)}, "own"
    )
    hashes = nx.weisfeiler_lehman_subgraph_hashes(out, node_attr="own", iterations=REFINED)
    nx.set_node_attributes(out, {n: (out.nodes[n]["own"], h[-1]) for n, h in hashes.items()}, "told")
    return out


def _orbit(start: int, maps: list[list[int]]) -> set[int]:
    found, queue = {start}, [start]
    for n in queue:
        new = {images[n] for images in maps} - found
        found |= new
        queue += new
    return found
