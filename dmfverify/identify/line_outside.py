"""A kernel of dimension one that meets the differences of the models in zero only.

Theorem.  Let Ker A be spanned by w.  The problem is identifiable if and only if no multiple of w is a difference
P(h) - P(g) within the models, and that is so in each of these cases:

- cube: a 2 x 2 x 2 sub-tensor of w has a negative hyperdeterminant (rank three over R), or a hyperdeterminant of
  zero and three flattenings of rank two (the orbit of W: rank three, over C too); those of T have rank two at most;
- signs: the model is non-negative and a 2 x 2 minor of w has a diagonal <= 0 and the other one > 0: with
  T = x y^T - u v^T there, x_0 y_0 x_1 y_1 <= u_0 v_0 u_1 v_1 = u_0 v_1 u_1 v_0 < x_0 y_1 x_1 y_0;
- supports: for each pair S, S' some mode has dim V >= 2 and dim (V n R^S_k + V n R^S'_k) < 2, V being spanned by the
  columns of w's flattening, while h_k and g_k would span V.

Nothing is said of limits: the tensor W itself is a limit of differences.  [theory: limits.md; de Silva and Lim 2008]
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..lifting.linalg import nullspace
from ..method import PRIMES, Budget, Method, Proved

UNIFORM, OVER_C = "identifiability.uniform.verdict", "identifiability.uniform.over_C"
MAX_COLUMNS = 2_000
MAX_SUPPORTS = 60
TRIED = 20_000

Groups = tuple[tuple[int, ...], ...]


def accepts(lifting: Lifting, proved: Proved) -> str:
    """Equivalence scale, kernel of dimension one, and the question open."""
    if lifting.statement.equivalence != "scale":
        return "flattenings need the whole tensor space: equivalence scale"
    if UNIFORM in proved:
        return "the question is answered"
    if lifting.count > MAX_COLUMNS:
        return f"more than {MAX_COLUMNS} coordinates"
    try:
        return "" if lifting.count - lifting.rank_mod() == 1 else "the kernel is not one-dimensional"
    except TooLarge as error:
        return str(error)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The first reason that holds."""
    (w,) = lifting.kernel
    tensor = np.array(w, dtype=object).reshape(lifting.sizes)
    found = _cube(tensor) or _signs(lifting, tensor) or _supports(lifting, tensor)
    if not found:
        return Nothing("no reason was found why the kernel vector is no difference")
    because, groups, indices, note = found
    prime = next(p for p in PRIMES if lifting.rank_mod(p) == lifting.count - 1 and any(x % p for x in w))
    evidence = {"prime": prime, "kernel": w, "because": because, "groups": groups, "indices": indices}
    return [Claim("line-outside", evidence, note)]


def _cube(tensor: np.ndarray) -> tuple[str, Any, Any, str] | None:
    """A sub-tensor of rank three; one of no hyperdeterminant first, for that holds over C."""
    best = None
    for groups, pairs, cells in itertools.islice(_blocks(tensor, 3), TRIED):
        det = hyperdeterminant(cells)
        if det == 0 and all(_rank_two(np.moveaxis(cells, side, 0).reshape(2, 4)) for side in range(3)):
            return "cube", groups, pairs, "the kernel vector has rank three: a sub-tensor lies in the orbit of W"
        if det < 0 and best is None:
            best = "cube", groups, pairs, "the kernel vector has rank three over R: a negative hyperdeterminant"
    return best


def hyperdeterminant(t: np.ndarray) -> int:
    """Cayley's hyperdeterminant: the discriminant of det(x t_0 + y t_1).

    >>> int(hyperdeterminant(np.array([[[1, 0], [0, 0]], [[0, 0], [0, 1]]])))
    1
    """
    (a, b), (c, d) = t[0]
    (e, f), (g, h) = t[1]
    return (a * h + e * d - b * g - f * c) ** 2 - 4 * (a * d - b * c) * (e * h - f * g)


def _rank_two(M: np.ndarray) -> bool:
    return any(M[0, i] * M[1, j] != M[0, j] * M[1, i] for i, j in itertools.combinations(range(4), 2))


def _signs(lifting: Lifting, tensor: np.ndarray) -> tuple[str, Any, Any, str] | None:
    if lifting.statement.model.nonnegative:
        for groups, pairs, cells in itertools.islice(_blocks(tensor, 2), TRIED):
            for sign in (1, -1):  # the minor of -w with its columns exchanged is that of w
                (p, q), (r, s) = (sign * cells).tolist()
                if max(p, s) <= 0 < min(q, r):
                    turned = pairs if sign == 1 else [pairs[0], pairs[1][::-1]]
                    return "signs", groups, turned, "signs of the kernel vector that no non-negative difference has"
    return None


def _supports(lifting: Lifting, tensor: np.ndarray) -> tuple[str, Any, Any, str] | None:
    model = lifting.statement.model
    if model.family_size(lifting.sizes) > MAX_SUPPORTS:
        return None
    supports = [tuple(map(set, s)) for s in model.maximal(lifting.sizes)]
    flat = [np.moveaxis(tensor, k, 0).reshape(n, -1) for k, n in enumerate(lifting.sizes)]
    for s, t in itertools.combinations_with_replacement(supports, 2):
        if not any(_too_small(flat[k], s[k], t[k]) for k in range(lifting.K)):
            return None
    return "supports", [], [], "h_k and g_k would have to lie in the span of the kernel vector, and in their supports"


def _too_small(rows: np.ndarray, s: set[int], t: set[int]) -> bool:
    def outside(kept: set[int]) -> int:
        part = rows[[i for i in range(len(rows)) if i not in kept]]
        return part.shape[1] - len(nullspace(part)) if part.size else 0

    whole = outside(set())
    return whole >= 2 and whole + outside(s & t) - outside(s) - outside(t) < 2


def _blocks(tensor: np.ndarray, sides: int) -> Iterator[tuple[Groups, list[Any], np.ndarray]]:
    """Sub-tensors with two multi-indices in each of so many groups of modes."""
    for groups in _groupings(tensor.ndim, sides):
        choices = [list(itertools.product(*(range(tensor.shape[k]) for k in g))) for g in groups]
        order = [k for g in groups for k in g]
        for pairs in itertools.product(*(itertools.combinations(c, 2) for c in choices)):
            cells = np.empty((2,) * sides, dtype=object)
            for bits in np.ndindex(*cells.shape):
                placed = dict(zip(order, (i for p, b in zip(pairs, bits, strict=True) for i in p[b]), strict=True))
                cells[bits] = tensor[tuple(placed[k] for k in range(tensor.ndim))]
            yield groups, list(pairs), cells


def _groupings(K: int, sides: int) -> list[Groups]:
    """Ways to divide the modes into groups, even ones first."""
    ways = {
        tuple(sorted(tuple(k for k in range(K) if labels[k] == g) for g in range(sides)))
        for labels in itertools.product(range(sides), repeat=K)
        if len(set(labels)) == sides
    }
    return sorted(ways, key=lambda groups: max(map(len, groups)))


METHOD = Method(
    name="kernel line outside",
    theorem="Ker A is spanned by one tensor, which no pair of models has as a difference",
    closes=(UNIFORM,),
    cost=24,
    accepts=accepts,
    search=search,
)
