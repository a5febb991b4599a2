"""Gamma of families of supports: for each deficient pair the kernel on its box, or on its union, by degree four.

Theorem.  Let B be the coordinates in the box of the unions of two supports (for gamma), or in the union U of their
boxes (for gamma on unions), and W = A_B A_B^T.  For T = P(h) - P(g), which lives on U, and any matrix Y,

    dist(T, Ker A_B)^2 = (A_U T)^T W^+ (A_U T) >= T^T (Y^T A_U + A_U^T Y - Y^T W Y) T,

as in `quartic_boxes`, and the right side is bounded below on all such T as in `quartic`.  Pairs with independent
columns have gamma 1.  From below: one T and an element of the kernel near it.
[Malgouyres 2020, section 4; theory: section 4]
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..exact import sqrt_above, sqrt_below
from ..lifting import Lifting, TooLarge
from ..lifting.linalg import kernel
from ..method import PRIMES, Budget, Method, Proved
from ..problem.forms import Support
from . import local_search, quartic_boxes
from .brackets import room
from .quartic import GOOD, MAX_COLUMNS, MAX_COORDINATES
from .quartic_boxes import Reduced, Step

MAX_SUPPORTS = 60
MAX_PAIRS = 40
"""Deficient pairs, each with a program of its own."""
SECONDS = 120.0
PATHS = {"box": "sparse_dnsp.gamma", "union": "sparse_dnsp.gamma_union"}


def accepts(lifting: Lifting, proved: Proved) -> str:
    """A small family under `scale` with deficient pairs, whose gamma is open."""
    statement = lifting.statement
    if statement.equivalence != "scale":
        return "flattenings need the whole tensor space: equivalence scale"
    if statement.model.kind == "free" or lifting.K < 2:
        return "the model is free, or there is a single factor"
    if proved.get("identifiability.uniform.verdict") == "no":
        return "not identifiable"
    if proved.get("sparse_dnsp.deficient_pairs") == 0 or not _open(proved):
        return "gamma of the pairs is known as well as this method can tell"
    if statement.model.family_size(lifting.sizes) > MAX_SUPPORTS or lifting.count > MAX_COLUMNS:
        return f"more than {MAX_SUPPORTS} supports or {MAX_COLUMNS} coordinates"
    try:
        return "" if lifting.columns.m else "the lifting is zero"
    except TooLarge as error:
        return str(error)


def _open(proved: Proved) -> list[str]:
    """On what gamma is open: boxes, unions."""
    return [where for where, path in PATHS.items() if not room(path, proved, GOOD)]


@dataclass(frozen=True)
class Pair:
    """Two supports with dependent columns on `places`, the coordinates of their box or union."""

    lifting: Lifting
    left: Support
    right: Support
    places: list[int]

    @property
    def union(self) -> list[int]:
        """The coordinates in the union of the boxes."""
        return union(self.lifting, self.left, self.right)

    def step(self, rng: np.random.Generator, deadline: float) -> Step:
        """The program of the pair, solved, and the best point that local search finds."""
        C = self.lifting.restricted(self.places).dense().astype(object)
        C = C[C.any(axis=1)]
        at = {n: i for i, n in enumerate(self.places)}
        W = C.dot(C.T)
        below = quartic_boxes.below(W, C[:, [at[n] for n in self.union]])
        nonnegative = self.lifting.statement.model.nonnegative
        return quartic_boxes.step(Reduced(self.left, self.right), below, nonnegative, rng, deadline)


def union(lifting: Lifting, left: Support, right: Support) -> list[int]:
    """The coordinates in one box or in the other."""
    return sorted({*lifting.box(left), *lifting.box(right)})


def box(lifting: Lifting, left: Support, right: Support) -> list[int]:
    """The coordinates in the box of the unions."""
    return lifting.box(tuple(tuple(sorted({*a, *b})) for a, b in zip(left, right, strict=True)))


def deficient(lifting: Lifting, where: str) -> list[Pair]:
    """The pairs of maximal supports with dependent columns, all that the checker would find so."""
    found, known = [], {}
    for left, right in combinations_with_replacement(lifting.statement.model.maximal(lifting.sizes), 2):
        places = (box if where == "box" else union)(lifting, left, right)
        key = tuple(places)
        if key not in known:
            known[key] = bool(places) and lifting.restricted(places).nmod(PRIMES[0]).rank() < len(places)
        if known[key]:
            found.append(Pair(lifting, left, right, places))
    return found


def search(lifting: Lifting, proved: Proved, budget: Budget) -> Iterator[list[Claim]] | Nothing:
    """Boxes first, then unions where they are not the boxes themselves."""
    asked = {where: deficient(lifting, where) for where in _open(proved)}
    for pairs in asked.values():
        if len(pairs) > MAX_PAIRS:
            return Nothing(f"{len(pairs)} pairs with dependent columns, of at most {MAX_PAIRS}")
        if any(len(pair.union) > MAX_COORDINATES for pair in pairs):
            return Nothing(f"unions with more than {MAX_COORDINATES} coordinates")
    return (_of(where, pairs, budget) for where, pairs in asked.items())


def _of(where: str, pairs: list[Pair], budget: Budget) -> list[Claim]:
    rng = np.random.default_rng(budget.seed)
    deadline = time.monotonic() + min(budget.left, SECONDS)
    steps = [pair.step(rng, deadline) for pair in pairs]
    claims = [_upper(where, steps)]
    if steps:
        worst = min(range(len(steps)), key=lambda n: steps[n].value)
        claims.append(_lower(where, pairs[worst], steps[worst]))
    return [claim for claim in claims if claim]


def _upper(where: str, steps: list[Step]) -> Claim | None:
    """gamma from above, with the greatest lambda whose rounding passes for all pairs."""
    evidence = {"where": where, "prime": PRIMES[0]}
    if not steps:
        return Claim("quartic-pairs", {**evidence, "lambda": Fraction(1), "bound": Fraction(1), "items": []})
    found = quartic_boxes.common(steps)
    if found is None:
        return None
    value, items = found
    bound = max(Fraction(1), sqrt_above(1 / value))
    return Claim("quartic-pairs", {**evidence, "lambda": value, "bound": bound, "items": items})


def _lower(where: str, pair: Pair, step: Step) -> Claim | None:
    """gamma from below: the best point of the worst pair, rounded, and an element of the kernel near it."""
    lifting = pair.lifting
    h, g = (
        local_search.rounded(step.reduced.parameters(x, side, lifting.sizes))
        for x, side in ((step.point.h, pair.left), (step.point.g, pair.right))
    )
    whole = local_search.tensor(lifting, h, g)
    T = [whole[n] for n in pair.places]
    near = local_search.nearest(kernel(lifting.restricted(pair.places)), T)
    norm, distance = sum(x * x for x in T), sum((x - y) ** 2 for x, y in zip(T, near, strict=True))
    if not norm or not distance:
        return None
    common = math.lcm(*(x.denominator for x in near))
    evidence: dict[str, Any] = {
        "where": where,
        "pair": [[list(part) for part in side] for side in (pair.left, pair.right)],
        "h": h,
        "g": g,
        "kernel": [int(x * common) for x in near],
        "denominator": common,
        "gamma": sqrt_below(norm / distance),
    }
    return Claim("pair-difference", evidence)


METHOD = Method(
    name="degree four, pairs",
    theorem="a quartic in T for each deficient pair, with the kernel on its box or union (Malgouyres 2020, section 4)",
    closes=tuple(PATHS.values()),
    cost=56,
    accepts=accepts,
    search=search,
)
