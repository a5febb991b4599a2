"""What every witness of non-identifiability has to pass before it is claimed.

Main definitions
    `allowed`     whether parameters lie in the model
    `differing`   an alive multi-index at which P(h) and P(g) differ
    `witness`     the claim, after everything has been verified exactly; None otherwise
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from ..certificate import Claim
from ..lifting import Lifting
from ..lifting.alive import Alive, MultiIndex
from ..lifting.evaluate import product
from ..problem.forms import Statement

Parameters = Sequence[Sequence[Fraction]]
COVERS = 20_000
"""Choices of groups that are tried at most."""


def allowed(statement: Statement, h: Parameters) -> bool:
    """Whether h lies in the model: sign, and support inside an allowed one.

    Examples
    --------
    >>> from dmfverify.problem.forms import Model, Pattern
    >>> forms = (Pattern((1, 2), ((0, 0), (0, 1))), Pattern((2, 1), ((0, 0), (1, 0))))
    >>> sparse = Statement("scale", forms, Model("sparse", sparsity=(1, 2)))
    >>> allowed(sparse, [[1, 0], [1, 1]]), allowed(sparse, [[1, 1], [1, 1]])
    (True, False)
    """
    model = statement.model
    if model.nonnegative and any(x < 0 for part in h for x in part):
        return False
    supports = [{i for i, x in enumerate(part) if x} for part in h]
    if model.kind == "supports":
        return any(all(s <= set(b) for s, b in zip(supports, box, strict=True)) for box in model.supports)
    if model.kind == "sparse":
        return all(len(s) <= n for s, n in zip(supports, model.sparsity, strict=True))
    if model.kind == "group-sparse":
        return all(_covered(s, g, a) for s, g, a in zip(supports, model.groups, model.active, strict=True))
    return True


def _covered(support: set[int], groups: Sequence[Sequence[int]], active: int) -> bool:
    useful = [set(g) & support for g in groups if set(g) & support]
    for number, chosen in enumerate(combinations(useful, min(active, len(useful)))):
        if support <= set().union(*chosen):
            return True
        if number > COVERS:
            return False
    return not support


def differing(alive: Alive, h: Parameters, g: Parameters) -> MultiIndex | None:
    """An alive multi-index where the path products of h and g differ, or None when all agree.

    The pair (product of h, product of g) of a path is a vector of the plane on which each parameter acts linearly:
    two prefixes whose vectors are independent stand for all prefixes that reach the same label.
    """
    reached: dict[int, list[tuple[Fraction, Fraction, tuple]]] = {}
    for k in range(alive.K):
        arriving = _through(alive, k, reached) if k else {}
        reached = {}
        for i in alive.allowed[k]:
            starts = arriving.get(alive.left[k][i], []) if k else [(Fraction(1), Fraction(1), ())]
            for a, b, way in starts:
                _keep(reached.setdefault(alive.right[k][i], []), (a * h[k][i], b * g[k][i], (way, i)))
    for vectors in reached.values():
        for a, b, way in vectors:
            if a != b:
                return _unwound(way)
    return None


def _through(alive: Alive, k: int, reached: dict) -> dict:
    """Vectors at the left labels of factor k."""
    arriving: dict[int, list] = {}
    for label, vectors in reached.items():
        for into in alive.joins[k - 1].get(label, ()):
            for vector in vectors:
                _keep(arriving.setdefault(into, []), vector)
    return arriving


def _keep(kept: list, vector: tuple[Fraction, Fraction, tuple]) -> None:
    a, b, _ = vector
    if len(kept) < 2 and (a or b) and (not kept or kept[0][0] * b != kept[0][1] * a):
        kept.append(vector)


def _unwound(way: tuple) -> MultiIndex:
    index: list[int] = []
    while way:
        way, i = way
        index.insert(0, i)
    return tuple(index)


def witness(lifting: Lifting, h: Parameters, g: Parameters) -> Claim | None:
    """The claim that h and g have the same product and different path products, verified exactly; None if not so."""
    if not (allowed(lifting.statement, h) and allowed(lifting.statement, g)):
        return None
    coordinate = differing(lifting.alive, h, g)
    if coordinate is None or product(lifting.chain, h) != product(lifting.chain, g):
        return None
    as_fractions = [[[Fraction(x) for x in part] for part in side] for side in (h, g)]
    return Claim("witness", {"h": as_fractions[0], "g": as_fractions[1], "coordinate": list(coordinate)})


def one_hot(lifting: Lifting, index: Sequence[int], scale: Fraction | int = 1) -> list[list[Fraction]]:
    """Parameters 1 at a multi-index (`scale` in the first factor) and 0 elsewhere."""
    h = [[Fraction(0)] * n for n in lifting.sizes]
    for part, i in zip(h, index, strict=True):
        part[i] = Fraction(1)
    h[0][index[0]] = Fraction(scale)
    return h
