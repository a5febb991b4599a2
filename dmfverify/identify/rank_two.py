"""Tensors of rank at most two, taken apart exactly.

Theorem.  Let w be a tensor whose flattenings one mode against the others have rank at most two.  Then w is the
image of a core with sides 1 and 2 under injective maps of the modes.  A core with two sides of 2 is a matrix, of rank
two.  A core with three or more is cut along its first mode into slices W_0, W_1; w has rank two iff the pencil
x W_0 + y W_1 holds two elements of rank one that span it.  Their (x : y) are the roots of a 2x2 minor, of
discriminant the hyperdeterminant for three modes: rational, or in Q(sqrt Det), real iff Det > 0.
[certificates, section 5; Cayley; de Silva and Lim 2008]

Main definitions
    `take_apart`  w = P(h) - P(g) over Q or an extension by one square root, or None
    `with_signs`  the same with all entries non-negative, or None
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from .number_field import RATIONALS, Field, echelon

Vectors = list[list[Any]]
Pair = tuple[Vectors, Vectors]


def take_apart(w: np.ndarray, field: Field, nonnegative: bool = False) -> tuple[Field, Pair] | None:
    """The field and (h, g) with w = P(h) - P(g), entries in the field; verified.

    Parameters
    ----------
    w
        Object array of elements of `field`, one axis a mode, not zero.

    Examples
    --------
    >>> w = np.array([[[0, 1], [1, 0]], [[1, 0], [0, 2]]], dtype=object)
    >>> field, (h, g) = take_apart(w, RATIONALS)
    >>> field.polynomial
    (-2, 0, 1)
    """
    w = _in_field(w, field)
    modes = [_mode(w, k) for k in range(w.ndim)]
    if any(len(rows) > 2 for rows, _ in modes):
        return None
    core = w[np.ix_(*(rows for rows, _ in modes))]
    found = _core_apart(core, field)
    if found is None:
        return None
    wider, terms = found
    bases = [[[_lift(x, wider) for x in row] for row in basis] for _, basis in modes]
    sides = [[_applied(b, v) for b, v in zip(bases, term, strict=True)] for term in terms]
    w = _in_field(w, wider)
    pair = with_signs(w, sides, wider) if nonnegative else _difference(sides, wider)
    return (wider, pair) if pair and _same(w, pair) else None


def _lift(x: Any, field: Field) -> Any:
    """An element of Q, or of the field already, in the field."""
    if getattr(x, "field", None) == field:
        return x
    return field.element(x.coefficients[0] if x else 0) if hasattr(x, "coefficients") else field.element(x)


def _in_field(w: np.ndarray, field: Field) -> np.ndarray:
    out = np.empty(w.shape, dtype=object)
    for at, x in np.ndenumerate(w):
        out[at] = _lift(x, field)
    return out


def _mode(w: np.ndarray, k: int) -> tuple[list[int], list[list[Any]]]:
    """Independent places of a mode, and every place as a combination of them."""
    flat = np.moveaxis(w, k, 0).reshape(w.shape[k], -1)
    rows, places = echelon(flat.T.tolist())
    return places, [list(column) for column in zip(*rows, strict=True)]


def _applied(basis: list[list[Any]], v: Sequence[Any]) -> list[Any]:
    return [_sum(b * x for b, x in zip(row, v, strict=True)) for row in basis]


def _sum(items: Any) -> Any:
    first, *rest = items
    for x in rest:
        first = first + x
    return first


def _core_apart(core: np.ndarray, field: Field) -> tuple[Field, list[Vectors]] | None:
    """One or two rank-one tensors whose sum is the core."""
    wide = [k for k, n in enumerate(core.shape) if n == 2]
    one = field.element(1)
    if not core.size or len(wide) == 1:
        return None
    if not wide:
        return field, [[[core.reshape(-1)[0]], *([one] for _ in core.shape[1:])]]
    small = core.reshape([2] * len(wide))
    if len(wide) == 2:
        zero = field.element(0)
        return field, [_padded([[one, zero], list(small[0])], wide, core.ndim, one),
                       _padded([[zero, one], list(small[1])], wide, core.ndim, one)]  # fmt: skip
    found = _pencil_apart(small, field)
    if found is None:
        return None
    wider, terms = found
    return wider, [_padded(term, wide, core.ndim, wider.element(1)) for term in terms]


def _padded(term: Vectors, wide: list[int], modes: int, one: Any) -> Vectors:
    out = [[one] for _ in range(modes)]
    for k, v in zip(wide, term, strict=True):
        out[k] = v
    return out


def _pencil_apart(core: np.ndarray, field: Field) -> tuple[Field, list[Vectors]] | None:
    """Two rank-one slices in the pencil of a core of three or more sides 2."""
    quadratic = next((q for q in _minors(core) if any(q)), None)
    if quadratic is None:
        return None
    a, b, c = quadratic
    found = _square_root(b * b - 4 * a * c, field)
    if found is None:
        return None
    wider, root = found
    a, b, c = (_lift(x, wider) for x in quadratic)
    if a:  # a x^2 + b x y + c y^2 = 0
        points = [(-b + root, 2 * a), (-b - root, 2 * a)]
    else:
        points = [(wider.element(1), wider.element(0)), (c, -b)]
    W = _in_field(core, wider)
    (x1, y1), (x2, y2) = points
    determinant = x1 * y2 - x2 * y1
    if not determinant:
        return None
    slices = [W[0] * x + W[1] * y for x, y in points]
    heads = [[y2 / determinant, -x2 / determinant], [-y1 / determinant, x1 / determinant]]
    tails = [tail for s in slices if (tail := _rank_one(s))]
    if len(tails) < len(slices):
        return None
    return wider, [[head, *tail] for head, tail in zip(heads, tails, strict=True)]


def _minors(core: np.ndarray) -> Iterator[tuple[Any, Any, Any]]:
    """Coefficients of x^2, xy, y^2 in the 2x2 minors of x W_0 + y W_1, second mode against the others."""
    W = core.reshape(2, 2, -1)
    for i, j in itertools.combinations(range(W.shape[2]), 2):
        yield (
            W[0, 0, i] * W[0, 1, j] - W[0, 0, j] * W[0, 1, i],
            W[0, 0, i] * W[1, 1, j] + W[1, 0, i] * W[0, 1, j] - W[0, 0, j] * W[1, 1, i] - W[1, 0, j] * W[0, 1, i],
            W[1, 0, i] * W[1, 1, j] - W[1, 0, j] * W[1, 1, i],
        )


def _square_root(d: Any, field: Field) -> tuple[Field, Any] | None:
    """sqrt(d) != 0 in the field, or in Q(sqrt d) when the field is Q."""
    import flint

    if not d or not field.rational:
        return None
    (x,) = d.coefficients
    whole = x.numerator * x.denominator  # sqrt(x) = sqrt(whole) / denominator
    sign, outside, inside = (1 if whole > 0 else -1), 1, 1
    for prime, power in flint.fmpz(abs(whole)).factor():
        outside *= int(prime) ** (int(power) // 2)
        inside *= int(prime) ** (int(power) % 2)
    share = Fraction(outside, x.denominator)
    if sign * inside == 1:
        return field, field.element(share)
    wider = Field((-sign * inside, 0, 1))
    return wider, wider.t * share


def _rank_one(w: np.ndarray) -> Vectors | None:
    """v_1, v_2, ... with w their tensor product, or None; modes of any number."""
    at = next((at for at, x in np.ndenumerate(w) if x), None)
    if at is None:
        return None
    pivot = w[at]
    vectors = [list(w[(*at[:k], slice(None), *at[k + 1 :])]) for k in range(w.ndim)]
    vectors[1:] = [[x / pivot for x in v] for v in vectors[1:]]
    return vectors if all(not (x - _entry(vectors, i)) for i, x in np.ndenumerate(w)) else None


def _entry(h: Vectors, index: Sequence[int]) -> Any:
    return math.prod((v[i] for v, i in zip(h[1:], index[1:], strict=True)), start=h[0][index[0]])


def _difference(sides: list[Vectors], field: Field) -> Pair:
    """h and g with P(h) - P(g) the sum of the terms."""
    h = sides[0]
    if len(sides) == 1:
        return h, [[field.element(0)] * len(v) for v in h]
    g = [list(v) for v in sides[1]]
    g[0] = [-x for x in g[0]]
    return h, g


def _same(w: np.ndarray, pair: Pair) -> bool:
    h, g = pair
    return all(not (x - (_entry(h, i) - _entry(g, i))) for i, x in np.ndenumerate(w))


# ------------------------------------------------------------------ non-negative


def with_signs(w: np.ndarray, sides: list[Vectors], field: Field) -> Pair | None:
    """h, g >= 0 with w = P(h) - P(g), or None where there are none (a complex field has none)."""
    if not field.rational and field.root is None:
        return None
    if len(sides) == 1:
        return _one_term(sides[0])
    if sum(n > 1 for n in w.shape) == 2:
        planar = _planar(w, field)
        if planar:
            return planar
    terms = [_one_signed(side) for side in sides]
    if not all(terms):
        return None
    (s, h), (t, g) = terms[0], terms[1]  # type: ignore[misc]
    return None if s == t else (h, g) if s > 0 else (g, h)


def _signs(v: Sequence[Any]) -> list[int]:
    return [x.sign for x in v]


def _one_signed(term: Vectors) -> tuple[int, Vectors] | None:
    """(sign, non-negative vectors) of a rank-one tensor whose factors have one sign each."""
    total, out = 1, []
    for v in term:
        signs = set(_signs(v)) - {0}
        if len(signs) > 1:
            return None
        sign = signs.pop() if signs else 1
        total *= sign
        out.append([x if sign > 0 else -x for x in v])
    return total, out


def _one_term(term: Vectors) -> Pair | None:
    """One mode of mixed signs is split into its two parts; two of them cannot be."""
    mixed = [k for k, v in enumerate(term) if {1, -1} <= set(_signs(v))]
    if len(mixed) > 1:
        return None
    k = mixed[0] if mixed else 0
    rest = _one_signed([v for j, v in enumerate(term) if j != k])
    assert rest is not None, "the other modes have one sign"
    sign, vectors = rest
    zero = term[0][0] * 0
    value = [x if sign > 0 else -x for x in term[k]]
    plus, minus = [x if x.sign > 0 else zero for x in value], [-x if x.sign < 0 else zero for x in value]
    return [*vectors[:k], plus, *vectors[k:]], [*vectors[:k], minus, *vectors[k:]]


def _planar(w: np.ndarray, field: Field) -> Pair | None:
    """A matrix of rank two as a b^T - c d^T, all >= 0.

    a and c are independent non-negative vectors of the plane V of the columns, and all columns lie in cone(a, -c):
    an interval problem in V, so a and c may be taken from the extreme rays of V+, the columns, and their negatives.
    """
    first, second = (k for k, n in enumerate(w.shape) if n > 1)
    M = w.reshape(w.shape[first], w.shape[second])
    places, basis = _mode(M, 0)
    columns = [(M[places[0], j], M[places[1], j]) for j in range(M.shape[1])]
    rays = [z for row in basis for z in ((-row[1], row[0]), (row[1], -row[0]))]
    good = [z for z in (*rays, *columns, *((-x, -y) for x, y in columns)) if _in_cone(basis, z)]
    zero, one = field.element(0), field.element(1)
    for a, c in itertools.permutations(good, 2):
        area = _cross(a, c)
        if not area:
            continue
        b, d = [_cross(z, c) / area for z in columns], [_cross(z, a) / area for z in columns]
        if min(_signs(b) + _signs(d)) >= 0:
            out = []
            for z, right in ((a, b), (c, d)):
                vectors = [[one] * n for n in w.shape]
                vectors[first], vectors[second] = [row[0] * z[0] + row[1] * z[1] + zero for row in basis], right
                out.append(vectors)
            return out[0], out[1]
    return None


def _cross(u: Sequence[Any], v: Sequence[Any]) -> Any:
    return u[0] * v[1] - u[1] * v[0]


def _in_cone(basis: list[list[Any]], z: Sequence[Any]) -> bool:
    return bool(z[0] or z[1]) and all((row[0] * z[0] + row[1] * z[1]).sign >= 0 for row in basis)


__all__ = ["RATIONALS", "take_apart", "with_signs"]
