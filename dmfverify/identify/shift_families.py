"""Convolutional networks with a family of supports: distinct shifts on each union of two boxes.

Theorem.  Columns that reach different (leaf, shift) are orthogonal of norm sqrt(N), columns that
reach the same one are equal.  If on each union of two boxes all shifts differ, the family is
identifiable, kappa = sqrt(N), and with c(i) the number of multi-indices that share the shift of i
    gamma^2 (section 3)       = max of c(i) counted over all alive multi-indices,
    gamma^2 (sparse, on boxes) = max of c(i) counted over the box of unions,
i over the unions: T has one entry a class and its projection spreads it over the class.
The least non-zero singular value on a box is sqrt(N min c).
[Malgouyres 2020, Proposition 2, on unions of boxes in place of boxes of unions; theory: section 5]
"""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from itertools import combinations_with_replacement, islice

from ..certificate import Claim, Nothing
from ..exact import sqrt_above, sqrt_below
from ..lifting import Lifting
from ..method import Budget, Method, Proved, closed
from ..problem.forms import Support, Taps
from ..structure.shifts import refuses

MAX_SUPPORTS = 300
MAX_MULTI_INDICES = 1_000_000
MAX_STEPS = 10**7
TRIED = 20
"""Supports among which one with a small count is looked for."""

Shift = tuple[int, int, tuple[int, ...]]
"""Output node, leaf, shift."""


def accepts(lifting: Lifting, proved: Proved) -> str:
    """A plain convolutional network with stride one and a listed family of supports."""
    statement = lifting.statement
    if reason := _other(lifting):
        return reason
    if statement.model.family_size(lifting.sizes) > MAX_SUPPORTS:
        return f"more than {MAX_SUPPORTS} supports"
    return "" if lifting.count <= MAX_MULTI_INDICES else f"more than {MAX_MULTI_INDICES} multi-indices"


def _other(lifting: Lifting) -> str:
    """Why this is no plain convolutional network with stride one and a family, or nothing."""
    statement = lifting.statement
    if statement.model.kind == "free":
        return "the model is free"
    if reason := refuses(statement):
        return reason
    if any(f.stride > 1 for f in statement.forms if isinstance(f, Taps)):
        return "a layer has a stride"
    if any(abs(v) != 1 for f in statement.forms if isinstance(f, Taps) for *_, v in f.fixed):
        return "a known tap is not 1 or -1"
    return ""


def accepts_pair(lifting: Lifting, proved: Proved) -> str:
    """A plain network with stride one and any family of supports, its least singular value being open."""
    if closed("sparse_dnsp.lower_rip", proved) and closed("sparse_dnsp.lower_rip_union", proved):
        return "the least singular values are known"
    return _other(lifting)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The claim, when every pair has distinct shifts."""
    supports = list(lifting.statement.model.maximal(lifting.sizes))
    whole = reach(lifting, tuple(tuple(range(n)) for n in lifting.sizes))
    deficient, least, spread, reached = 0, lifting.count, 1, 1
    for s, t in combinations_with_replacement(supports, 2):
        box: Support = tuple(tuple(sorted(set(a) | set(b))) for a, b in zip(s, t, strict=True))
        counts, union = reach(lifting, box), _union(lifting, s, t)
        if not union or sum(union.values()) < len({*lifting.box(s), *lifting.box(t)}):
            return Nothing("a support allows a multi-index that follows no path")
        if max(union.values()) > 1:
            return Nothing("two multi-indices of a pair of supports reach the same shift")
        deficient += max(counts.values()) > 1 or sum(counts.values()) < len(lifting.box(box))
        least = min(least, *counts.values())
        spread = max(spread, *(counts[key] for key in union))
        reached = max(reached, *(whole[key] for key in union))
    cells = math.prod(lifting.statement.forms[-1].grid)  # type: ignore[union-attr]
    squares = {"gamma": reached, "sparse_gamma": spread, "lower_rip": cells * least, "sigma": cells}
    brackets = {name: [sqrt_below(Fraction(n)), sqrt_above(Fraction(n))] for name, n in squares.items()}
    return [Claim("shift-families", {"deficient": deficient, **brackets})]


def search_pair(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """A support with itself: the one of the first few with the least count."""
    cells = math.prod(lifting.statement.forms[-1].grid)  # type: ignore[union-attr]
    some = list(islice(lifting.statement.model.maximal(lifting.sizes), TRIED))
    if cells * max(sum(map(len, s)) for s in some) > MAX_STEPS:
        return Nothing("too many taps on too long a grid to count one by one")
    found = {s: min(reach(lifting, s).values(), default=0) for s in some}
    alive = {s: n for s, n in found.items() if n}
    if not alive:
        return Nothing(f"none of the first {TRIED} supports reaches a shift")
    support = min(alive, key=alive.__getitem__)
    roots = [sqrt_below(Fraction(cells)), sqrt_above(Fraction(cells * alive[support]))]
    side = [list(part) for part in support]
    return [Claim("shift-pair", {"pair": [side, side], "lower_rip": roots, "lower_rip_union": roots})]


def reach(lifting: Lifting, box: Support) -> Counter[Shift]:
    """How many multi-indices of a box reach each (output, leaf, shift)."""
    state: Counter[Shift] | None = None
    k = 0
    for form in lifting.statement.forms:
        taps = [(to, source, shift) for to, source, shift, _ in form.fixed]  # type: ignore[union-attr]
        if form.parameters:
            taps, k = [form.taps[i] for i in box[k]], k + 1  # type: ignore[union-attr]
        state = Counter(taps) if state is None else _onward(state, taps, form)  # type: ignore[arg-type]
    return state or Counter()


def _onward(state: Counter[Shift], taps: list[Shift], form: Taps) -> Counter[Shift]:
    out: Counter[Shift] = Counter()
    for (root, node, at), n in state.items():
        for to, source, shift in taps:
            if to == node:
                moved = tuple(a + b for a, b in zip(at, shift, strict=True))
                if form.boundary == "circular":
                    moved = tuple(a % n for a, n in zip(moved, form.grid, strict=True))
                out[root, source, moved] += n
    return out


def _union(lifting: Lifting, s: Support, t: Support) -> Counter[Shift]:
    both = tuple(tuple(sorted(set(a) & set(b))) for a, b in zip(s, t, strict=True))
    total = reach(lifting, s) + reach(lifting, t)
    return total - reach(lifting, both) if all(both) else total


METHOD = Method(
    name="shifts of a family",
    theorem="distinct shifts on each union of two boxes; constants are roots of counts (Malgouyres 2020, Prop. 2)",
    closes=("identifiability.uniform.verdict", "dnsp.gamma", "sparse_dnsp.gamma", "sparse_dnsp.lower_rip"),
    cost=8,
    accepts=accepts,
    search=search,
)
PAIR = Method(
    name="shifts of a pair",
    theorem="non-zero singular values on any columns are roots of N times a count (Malgouyres 2020, Prop. 2)",
    closes=("sparse_dnsp.lower_rip", "sparse_dnsp.lower_rip_union"),
    cost=9,
    accepts=accepts_pair,
    search=search_pair,
)
