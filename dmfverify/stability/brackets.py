"""What the methods that bound gamma from above share: when to start, when to stop, and a lower end on the way."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from ..certificate import Claim
from ..lifting import Lifting
from ..method import Budget, Proved, closed
from . import local_search
from .local_search import Point, Ratio

UNLIKELY = 5.0
"""Seconds for a family whose whole kernel holds complex tensors of rank two."""


def room(path: str, proved: Proved, good: float) -> str:
    """ "" when a better end is worth a search: the ratio of the ends at `path` is above `good`."""
    if proved.get("identifiability.uniform.verdict") == "no":
        return "not identifiable"
    low, high = proved.get(path, ["0", "inf"])
    if closed(path, proved) or low == "inf":
        return f"{path} is known"
    if high != "inf" and Fraction(low) > 0 and Fraction(high) <= Fraction(good) * Fraction(low):
        return f"the ends of {path} differ by a factor of less than {good}"
    return ""


def seconds(lifting: Lifting, most: float) -> float:
    """What a method that looks at the whole kernel may take: less where it is unlikely to find anything.

    A kernel of dimension c meets the complex tensors of rank two, a cone of dimension 2 sum(S_k - 1) + 2 (less 2 for
    matrices), as soon as the dimensions add up to more than n; supports that keep it from that are not seen.
    """
    sides = [size for size in lifting.sizes if size > 1]
    rank_two = 2 * sum(size - 1 for size in sides) + (2 if len(sides) > 2 else 0)
    unlikely = lifting.statement.model.kind != "free" and lifting.kernel_dimension + rank_two > math.prod(sides)
    return min(most, UNLIKELY) if unlikely else most


def dyadic(value: float) -> Fraction:
    """A dyadic rational just below a positive float, with 34 bits.

    >>> dyadic(0.75)
    Fraction(3, 4)
    """
    exponent = math.frexp(value)[1] - 34
    return Fraction(math.floor(math.ldexp(value, -exponent))) * Fraction(2) ** exponent


def lower_end(lifting: Lifting, w: np.ndarray, low: Fraction, budget: Budget) -> list[Claim]:
    """A claim for gamma from below, if differences close to the kernel element w are better than `low`."""
    model = lifting.statement.model
    if model.kind != "free" or model.nonnegative:
        return []
    ratio = Ratio(local_search.row_space(lifting), np.array(lifting.coordinates), lifting.sizes)
    start = Point(float(low) ** -2, [np.ones(n) for n in lifting.sizes], [np.zeros(n) for n in lifting.sizes])
    whole = tuple(tuple(range(n)) for n in lifting.sizes)
    best = local_search.from_tensor(ratio, w, whole, whole, np.random.default_rng(budget.seed), start)
    return local_search.gamma_claim(lifting, best) if best.value < start.value * (1 - 1e-9) else []
