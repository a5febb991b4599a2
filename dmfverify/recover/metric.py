"""Distances between classes of parameters.

Main definitions
    `class_distance`  d_p([h], [g]) under scale equivalence, exactly over all sign patterns, linear in K
    `path_distance`   Delta_p over the paths of a network, each path measured by d_p
    `product_distance` ‖P(h) - P(g)‖ over the alive coordinates (path products)
    `distance`        the one that belongs to a statement's equivalence

Sources: F. Malgouyres and J. Landsberg, Multilinear compressive sensing and an application to convolutional linear
networks, 2019, section 2 (d_p); F. Malgouyres, On the stable recovery of deep structured linear networks under
sparsity constraints, 2020, section 5 (Delta_p).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..lifting import Lifting, TooLarge
from ..problem.forms import Statement, Taps

Parameters = Sequence[np.ndarray]
"""h_1, ..., h_K."""
Edge = tuple[int, int, int]
"""Factor, node towards the output, node towards the inputs; parallel edges are one edge."""
MAX_PATHS = 20_000
LISTED = 100_000
"""Path products up to which a difference is taken entry by entry."""


def common_norm(h: Parameters) -> float:
    """The sup-norm that all factors have in R_diag: the geometric mean; 0 when a factor is zero.

    >>> common_norm([np.array([8.0, 0.0]), np.array([-2.0])])
    4.0
    """
    norms = [float(np.max(np.abs(x), initial=0.0)) for x in h]
    if min(norms) == 0:
        return 0.0
    return float(2.0 ** (sum(math.log2(a) for a in norms) / len(norms)))


def diagonal(h: Parameters) -> list[np.ndarray]:
    """A representative of [h] in R_diag: all sup-norms equal, no sign changed; zero when a factor is zero.

    >>> diagonal([np.array([4.0, 2.0]), np.array([-1.0])])
    [array([2., 1.]), array([-2.])]
    """
    common = common_norm(h)
    if common == 0:
        return [np.zeros(len(x)) for x in h]
    return [np.asarray(x, dtype=float) / np.max(np.abs(x)) * common for x in h]


def class_distance(h: Parameters, g: Parameters, p: float = 2) -> float:
    """d_p([h], [g]) = min ‖h' - g'‖_p over representatives of both classes in R_diag.

    Parameters
    ----------
    h, g
        Vectors, one a factor.  A class with a zero factor has the representative 0 (the limit of its scales).
    p
        1, 2 or ``math.inf`` (any p >= 1 will do).

    Returns
    -------
    float
        The minimum over all 2^(K-1) patterns of an even number of sign flips, in K comparisons: each factor takes its
        cheaper sign, and when that is an odd number of flips the one factor changes sign where this costs least.  For
        p = inf costs are compared as they are, for the others as p-th powers, which add up.

    Examples
    --------
    >>> class_distance([np.array([1, 1]), np.array([1, 0])], [np.array([-2, -2]), np.array([-0.5, 0])])
    0.0
    >>> class_distance([np.array([1, 1]), np.array([1, 0])], [np.array([1, -1]), np.array([0, 1])], math.inf)
    2.0
    """
    a, b = diagonal(h), diagonal(g)
    kept = np.array([np.linalg.norm(x - y, p) for x, y in zip(a, b, strict=True)])
    flipped = np.array([np.linalg.norm(x + y, p) for x, y in zip(a, b, strict=True)])
    flip = flipped < kept
    if flip.sum() % 2:
        flip = _repaired(kept, flipped, flip, p)
    return float(np.linalg.norm(np.where(flip, flipped, kept), p))


def _repaired(kept: np.ndarray, flipped: np.ndarray, flip: np.ndarray, p: float) -> np.ndarray:
    """`flip` with the one sign changed that costs least: a pattern of even number that is best.

    Any even pattern differs from the cheapest one at an odd number of factors; changing only one of these is no worse.
    """
    cheap, dear = np.minimum(kept, flipped), np.maximum(kept, flipped)
    scale = float(dear.max()) or 1.0
    loss = dear if p == math.inf else (dear / scale) ** p - (cheap / scale) ** p
    changed = flip.copy()
    at = int(np.argmin(loss))
    changed[at] = not changed[at]
    return changed


def kernels(statement: Statement) -> list[dict[tuple[int, int], list[int]]]:
    """For each factor of a network its edges (to, from), with the places of their taps.

    Examples
    --------
    >>> layer = Taps((4,), "circular", 1, (1, 2), ((0, 0, (0,)), (0, 1, (0,)), (0, 0, (1,))))
    >>> kernels(Statement("path-scale", (layer,)))
    [{(0, 0): [0, 2], (0, 1): [1]}]
    """
    found = []
    for form in statement.factors:
        if not isinstance(form, Taps):
            raise TypeError("path-scale needs taps factors")
        edges: dict[tuple[int, int], list[int]] = {}
        for i, (to, source, _) in enumerate(form.taps):
            edges.setdefault((to, source), []).append(i)
        found.append(edges)
    return found


def paths(lifting: Lifting) -> Iterator[list[Edge]]:
    """The paths of a network as edges with parameters, output first; fixed edges between them are passed through."""
    layers, joins = kernels(lifting.statement), lifting.alive.joins

    def onward(k: int, labels: frozenset[int] | None) -> Iterator[list[Edge]]:
        if k == len(layers):
            yield []
            return
        for to, source in layers[k]:
            if labels is None or to in labels:
                after = joins[k].get(source, frozenset()) if k + 1 < len(layers) else None
                yield from ([(k, to, source), *rest] for rest in onward(k + 1, after))

    return onward(0, None)


def path_distance(lifting: Lifting, h: Parameters, g: Parameters, p: float = 2) -> float:
    """Delta_p({h}, {g}) = (sum over paths of d_p([h^path], [g^path])^p)^(1/p).

    Raises
    ------
    TooLarge
        Beyond 20,000 paths.
    """
    places = kernels(lifting.statement)
    each: list[float] = []
    for path in paths(lifting):
        if len(each) == MAX_PATHS:
            raise TooLarge("the distance over all paths", MAX_PATHS + 1, MAX_PATHS)
        on = [places[k][to, source] for k, to, source in path]
        ks = [k for k, _, _ in path]
        a, b = ([x[k][i] for k, i in zip(ks, on, strict=True)] for x in (h, g))
        each.append(class_distance(a, b, p))
    return float(np.linalg.norm(each, p)) if each else 0.0


def least_kernel(statement: Statement, h: Parameters) -> float:
    """The least sup-norm of a kernel of h: the eps of the bound for several paths."""
    layers = zip(kernels(statement), h, strict=True)
    return min(float(np.abs(x[places]).max()) for layer, x in layers for places in layer.values())


def product_distance(lifting: Lifting, h: Parameters, g: Parameters) -> float:
    """‖P(h) - P(g)‖ over the alive coordinates.

    Entry by entry up to 100,000 coordinates; beyond that from exact inner products of the floats, so that nothing
    cancels.
    """
    if lifting.count <= LISTED:
        listed: list[Any] = [lifting.P(list(x)) for x in (h, g)]  # type: ignore[arg-type]
        return float(np.linalg.norm(listed[0] - listed[1]))
    a, b = ([[Fraction(float(x)) for x in v] for v in x] for x in (h, g))
    square = lifting.inner(a, a) - 2 * lifting.inner(a, b) + lifting.inner(b, b)
    return math.sqrt(square)


def distance(lifting: Lifting, h: Parameters, g: Parameters, p: float = 2) -> float:
    """The distance of h and g that the recovery bound of a statement's equivalence is about.

    Examples
    --------
    >>> layer = lambda *taps: Taps((4,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps))
    >>> lifting = Lifting(Statement("scale", (layer(0, 2), layer(0, 1))))
    >>> distance(lifting, [np.ones(2), np.ones(2)], [np.full(2, -2.0), np.full(2, -0.5)])
    0.0
    """
    equivalence = lifting.statement.equivalence
    if equivalence == "path-scale":
        return path_distance(lifting, h, g, p)
    return product_distance(lifting, h, g) if equivalence == "neuron-scale" else class_distance(h, g, p)
