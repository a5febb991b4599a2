"""Distances up to the order of neurons, for factors that are sparse patterns.

Main definition
    `permuted_distance`  min ‖P(h) - P(pi g)‖ over the permutations pi of inner neurons that keep every pattern

Two inner neurons with the same entries on both sides can be exchanged without a change of the product; no verdict
divides that out (interface, section 4), but whoever compares recovered factors has to.  Two factors are matched by an
assignment problem; more factors by all automorphisms of the layered graph that fix both ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..lifting import Lifting, TooLarge
from ..problem.forms import Pattern, Statement
from .metric import product_distance

Parameters = Sequence[np.ndarray]
MOST = 10_000
"""Automorphisms that are tried at most."""


def permuted_distance(lifting: Lifting, h: Parameters, g: Parameters) -> float:
    """min ‖P(h) - P(pi g)‖ over path products, exactly, over all permutations of inner neurons that keep the patterns.

    Parameters
    ----------
    lifting
        Of a statement whose factors are all patterns.
    h, g
        Parameters, one vector a factor.

    Raises
    ------
    TypeError
        When a factor is not a pattern.
    TooLarge
        When more than two factors have more than 10,000 automorphisms.

    Examples
    --------
    >>> pattern = Pattern((2, 2), ((0, 0), (0, 1), (1, 0), (1, 1)))
    >>> lifting = Lifting(Statement("neuron-scale", (pattern, pattern)))
    >>> h = [np.array([1.0, 2.0, 3.0, 4.0]), np.array([5.0, 6.0, 7.0, 8.0])]
    >>> exchanged = [h[0][[1, 0, 3, 2]], h[1][[2, 3, 0, 1]]]
    >>> product_distance(lifting, h, exchanged) > 1, permuted_distance(lifting, h, exchanged)
    (True, 0.0)
    """
    patterns = _patterns(lifting.statement)
    found = [_matched(patterns, h, g)] if len(patterns) == 2 else _automorphisms(patterns)
    return min(product_distance(lifting, h, _moved(patterns, g, orders)) for orders in found)


def _patterns(statement: Statement) -> list[Pattern]:
    if not all(isinstance(form, Pattern) for form in statement.forms):
        raise TypeError("neurons are matched for factors that are patterns")
    return [form for form in statement.forms if isinstance(form, Pattern)]


Orders = list[np.ndarray]
"""For each level of neurons, ends included, where each neuron goes."""


def _moved(patterns: Sequence[Pattern], g: Parameters, orders: Orders) -> list[np.ndarray]:
    """The parameters with entry (i, j) of factor k carried to (orders[k][i], orders[k + 1][j])."""
    moved = []
    for k, (pattern, x) in enumerate(zip(patterns, g, strict=True)):
        at = {entry: n for n, entry in enumerate(pattern.entries)}
        out = np.empty(len(x))
        for n, (i, j) in enumerate(pattern.entries):
            out[at[int(orders[k][i]), int(orders[k + 1][j])]] = x[n]
        moved.append(out)
    return moved


def _matched(patterns: Sequence[Pattern], h: Parameters, g: Parameters) -> Orders:
    """The best permutation of one layer: the distance is a sum over neurons, each matched to one of its kind."""
    from scipy.optimize import linear_sum_assignment

    left, right = (_dense(p, x) for p, x in zip(patterns, h, strict=True))
    left_g, right_g = (_dense(p, x) for p, x in zip(patterns, g, strict=True))
    gain = (left.T @ left_g) * (right @ right_g.T)
    order = np.arange(left.shape[1])
    for alike in _alike(patterns):
        rows, columns = linear_sum_assignment(gain[np.ix_(alike, alike)], maximize=True)
        order[np.array(alike)[columns]] = np.array(alike)[rows]
    return [np.arange(patterns[0].shape[0]), order, np.arange(patterns[1].shape[1])]


def _dense(pattern: Pattern, x: np.ndarray) -> np.ndarray:
    M = np.zeros(pattern.shape)
    M[tuple(np.array(pattern.entries).reshape(-1, 2).T)] = x
    return M


def _alike(patterns: Sequence[Pattern]) -> list[list[int]]:
    """Inner neurons with equal entries on both sides, group by group."""
    groups: dict[tuple[frozenset[int], frozenset[int]], list[int]] = {}
    for j in range(patterns[0].shape[1]):
        sides = (
            frozenset(row for row, col in patterns[0].entries if col == j),
            frozenset(col for row, col in patterns[1].entries if row == j),
        )
        groups.setdefault(sides, []).append(j)
    return [group for group in groups.values() if len(group) > 1]


def _automorphisms(patterns: Sequence[Pattern]) -> Iterator[Orders]:
    """Every way to permute the inner levels that keeps all patterns."""
    import networkx as nx

    graph = nx.DiGraph()
    sizes = [p.shape[0] for p in patterns] + [patterns[-1].shape[1]]
    for level, size in enumerate(sizes):
        ends = level in (0, len(patterns))
        graph.add_nodes_from(((level, n), {"kind": (level, n if ends else -1)}) for n in range(size))
    for level, pattern in enumerate(patterns):
        graph.add_edges_from(((level, i), (level + 1, j)) for i, j in pattern.entries)
    matcher = nx.isomorphism.DiGraphMatcher(graph, graph, lambda a, b: a["kind"] == b["kind"])
    for count, image in enumerate(matcher.isomorphisms_iter(), start=1):
        if count > MOST:
            raise TooLarge("matching the neurons", count, MOST)
        yield [np.array([image[level, n][1] for n in range(size)]) for level, size in enumerate(sizes)]
