"""Sums of squares of degree four on the boxes of a few supports, in a lifting of any size.

Theorem.  A difference T = P(h) - P(g) of two supports lives on the union U of their boxes, so kappa^2 is the least
T^T (A_U^T A_U) T / |T|^2.  With W = A A^T and any matrix Y,

    |Pi T|^2 = (A_U T)^T W^+ (A_U T) >= T^T (Y^T A_U + A_U^T Y - Y^T W Y) T,

because (A_U - W Y)^T W^+ (A_U - W Y) is positive semidefinite; equality holds at Y = W^+ A_U, and what rounding Y costs
is quadratic.  Both forms are then bounded as in `quartic`.  W is contracted over the factors: nothing depends on
the number of columns.  [certificates, sections 1 and 5]

Modes in which both supports have the same single index say nothing, and those in which each has one of its own say all
the same: what is solved has one mode for all of these, and the others.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..exact import sqrt_above, sqrt_below
from ..lifting import Lifting, TooLarge
from ..method import Budget, Method, Proved, closed
from ..problem.forms import Support
from . import local_search, quartic
from .local_search import Point, Ratio
from .quartic import ENOUGH, GOOD, MAX_COORDINATES, MAX_PAIRS, SLACKS, Form, Solved
from .quartic_solver import Program
from .quartic_space import Space

MAX_ROWS = 600
SECONDS = 300.0
DEGENERATE = 1e-10
"""A ratio found, of the greatest possible, at which the constant looks infinite: no program is solved."""
BITS = 46
"""Bits of Y beyond its size."""


def accepts_for(target: str, lifting: Lifting, proved: Proved) -> str:
    """Equivalence scale, few supports with few coordinates, more columns than `quartic` takes, room in the bracket."""
    statement = lifting.statement
    if statement.equivalence != "scale":
        return "flattenings need the whole tensor space: equivalence scale"
    if proved.get("identifiability.uniform.verdict") == "no":
        return "not identifiable"
    low, high = (Fraction(x) if x != "inf" else None for x in proved.get(f"dnsp.{target}", ["0", "inf"]))
    if closed(f"dnsp.{target}", proved) or (low and high and high / low <= GOOD):
        return f"{target} is known as well as this method can tell"
    if lifting.count <= quartic.MAX_COLUMNS or lifting.K < 2:
        return f"at most {quartic.MAX_COLUMNS} coordinates, or a single factor"
    if not pairs(lifting):
        return f"more than {MAX_PAIRS} pairs of supports, or unions of two with more than {MAX_COORDINATES} coordinates"
    try:
        if target == "gamma" and (lifting.chain.kind == "response" or len(lifting.rows) > MAX_ROWS):
            return f"the rows are responses, or more than {MAX_ROWS}"
    except TooLarge as error:
        return str(error)
    return ""


def pairs(lifting: Lifting) -> list[tuple[Support, Support]]:
    """All pairs of maximal supports, or none when they are many or large."""
    model = lifting.statement.model
    if model.kind == "free" or model.family_size(lifting.sizes) > 2 * MAX_PAIRS:
        return []
    found = list(itertools.combinations_with_replacement(model.maximal(lifting.sizes), 2))
    small = all(quartic.united(*pair) <= MAX_COORDINATES for pair in found)
    return found if len(found) <= MAX_PAIRS and small else []


@dataclass(frozen=True)
class Reduced:
    """A pair of supports with the modes that matter.

    Attributes
    ----------
    groups
        Modes of the problem that move together, in order.
    values
        For each group what its indices stand for: an index in each of its modes.
    """

    left: Support
    right: Support

    @cached_property
    def groups(self) -> list[tuple[int, ...]]:
        """Tags (a single index on each side, different ones) in one group, every other mode that varies alone."""
        tags, alone = [], []
        for k, (s, t) in enumerate(zip(self.left, self.right, strict=True)):
            if len(s) == len(t) == 1:
                tags += [k] if s != t else []
            else:
                alone.append((k,))
        return sorted([*alone, *([tuple(tags)] if tags else [])]) or [(0,)]

    @cached_property
    def values(self) -> list[list[tuple[int, ...]]]:
        """In the order of the first mode's indices, which keeps the order of the multi-indices."""
        found = []
        for group in self.groups:
            ends = [list(zip(*(side[k] for k in group), strict=True)) for side in (self.left, self.right)]
            found.append(sorted({*ends[0], *ends[1]}))
        return found

    def boxes(self) -> tuple[Support, Support]:
        """The two supports in the reduced problem."""
        sides = []
        for side in (self.left, self.right):
            own = [set(zip(*(side[k] for k in group), strict=True)) for group in self.groups]
            sides.append(
                tuple(
                    tuple(i for i, value in enumerate(values) if value in held)
                    for values, held in zip(self.values, own, strict=True)
                )
            )
        return sides[0], sides[1]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sizes of the reduced modes."""
        return tuple(map(len, self.values))

    def modes(self, groups: Sequence[int]) -> list[int]:
        """The modes of some groups, sorted; those that do not vary go with the first group."""
        found = [k for g in groups for k in self.groups[g]]
        varying = {k for group in self.groups for k in group}
        if 0 in groups:
            found += [k for k in range(len(self.left)) if k not in varying]
        return sorted(found)

    def index(self, groups: Sequence[int], reduced: Sequence[int]) -> list[int]:
        """A reduced multi-index over some groups, as one over their modes."""
        at = {k: self.left[k][0] for k in self.modes(groups)}
        for g, i in zip(groups, reduced, strict=True):
            at |= dict(zip(self.groups[g], self.values[g][i], strict=True))
        return [at[k] for k in sorted(at)]

    def parameters(self, x: list[np.ndarray], side: Support, sizes: Sequence[int]) -> list[np.ndarray]:
        """Parameters of the reduced problem as parameters of the problem: a tag's number goes to its first mode."""
        out = [np.zeros(n) for n in sizes]
        for k, places in enumerate(side):
            out[k][list(places)] = 1.0
        for group, values, part in zip(self.groups, self.values, x, strict=True):
            k = group[0]
            for i, value in zip(range(len(values)), values, strict=True):
                if value[0] in side[k] and (
                    len(group) == 1 or all(v in side[m] for v, m in zip(value, group, strict=True))
                ):
                    out[k][value[0]] = part[i]
        return out


def columns_on(lifting: Lifting, coordinates: Sequence[tuple[int, ...]]) -> np.ndarray:
    """den * A on some coordinates: rows x coordinates, Python integers."""
    found = []
    for multi in coordinates:
        h = [[int(i == j) for j in range(n)] for i, n in zip(multi, lifting.sizes, strict=True)]
        found.append(lifting.product(h))  # type: ignore[arg-type]
    labels = {label: r for r, label in enumerate(lifting.rows)}
    C = np.zeros((len(labels), len(found)), dtype=object)
    for j, column in enumerate(found):
        for label, value in column.items():
            C[labels[label], j] = int(value * lifting.chain.denominator)
    return C


@dataclass(frozen=True)
class Below:
    """A form on the coordinates of a pair, its evidence, and what scales it to about one."""

    form: Form
    evidence: dict[str, Any]
    shift: int
    """form.unit is the checker's unit divided by 2^shift."""


def image_form(lifting: Lifting, C: np.ndarray) -> Below:
    """d^2 A^T A on the coordinates."""
    return Below(Form(lifting.chain.weight * C.T.dot(C), lifting.chain.denominator**2, {}), {}, 0)


def projection_form(lifting: Lifting, C: np.ndarray) -> Below:
    """The form below the projection on the row space of A, on some columns."""
    return below(lifting.row_gram().matrix, C)


def below(W: np.ndarray, C: np.ndarray) -> Below:
    """u (Y^T C + C^T Y) - Y^T W Y for Y / u near W^+ C."""
    top = max(int(x) for x in np.diagonal(W)).bit_length()
    floats = np.array([[float(Fraction(int(x), 1 << top)) for x in row] for row in W])
    size = max(abs(int(x)) for x in C.flat).bit_length()
    right = np.array([[float(Fraction(int(x), 1 << size)) for x in row] for row in C])
    values, vectors = np.linalg.eigh(floats)
    kept = values > values[-1] * 1e-13
    Y = vectors[:, kept] @ ((vectors[:, kept].T @ right) / values[kept, None])  # times 2^(size - top)
    largest = math.frexp(float(np.abs(Y).max()))[1]
    bits = top - size - largest + BITS
    exact = np.array([[round(math.ldexp(float(y), BITS - largest)) for y in row] for row in Y], dtype=object)
    u = 1 << bits
    half = u * exact.T.dot(C)
    F = half + half.T - exact.T.dot(W.dot(exact))
    width = max(1, int(max(F.diagonal()))).bit_length()
    shift = 2 * bits - width
    evidence = {"unit": u, "Y": exact.T.tolist()}
    return Below(Form(F, 1 << width, {}), evidence, shift)


# -- search ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One pair of supports: what was solved, and the best point in it."""

    reduced: Reduced
    below: Below
    solved: Solved | None
    point: Point

    @property
    def value(self) -> float:
        """The least ratio seen, as log2 of lambda."""
        return math.log2(max(self.point.value, 1e-300)) - self.below.shift


def search_for(target: str, lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """A claim for all pairs, and one for the best point."""
    rng = np.random.default_rng(budget.seed)
    deadline = time.monotonic() + min(budget.left, SECONDS)
    steps = [step for step in _steps(target, lifting, rng, budget, deadline)]
    best = min(steps, key=lambda step: step.value)
    claims = _lower_end(target, lifting, best)
    if any(step.solved is None or step.solved.bound <= 0 for step in steps):
        return claims or Nothing("the relaxation gives nothing for a pair of supports")
    claim = _claim(target, steps)
    return [*([claim] if claim else []), *claims] or Nothing("no slack made the rounding pass")


def _steps(target: str, lifting: Lifting, rng: np.random.Generator, budget: Budget, deadline: float) -> Iterator[Step]:
    for left, right in pairs(lifting):
        reduced = Reduced(left, right)
        coordinates = sorted({*itertools.product(*left), *itertools.product(*right)})
        C = columns_on(lifting, coordinates)
        form = (projection_form if target == "gamma" else image_form)(lifting, C)
        yield step(reduced, form, lifting.statement.model.nonnegative, rng, deadline)


def step(reduced: Reduced, below: Below, nonnegative: bool, rng: np.random.Generator, deadline: float) -> Step:
    """The program of a pair, solved, and the best point that local search finds."""
    floats = below.form.floats
    space = Space(reduced.sizes, *reduced.boxes())
    values, vectors = np.linalg.eigh(floats)
    B = (vectors * np.sqrt(np.maximum(values, 0))).T
    start = Point(np.inf, [], [])
    ratio = Ratio(B, np.array(space.coordinates), reduced.sizes)
    point = local_search.best_of_pair(ratio, *reduced.boxes(), nonnegative, rng, 48, start)
    top = float(np.linalg.norm(floats, 2))
    if point.value < DEGENERATE * top:
        return Step(reduced, below, None, point)
    exponent = max(0, math.frexp(top)[1])
    squares = space.squares(quartic.MAX_SQUARES) if len(reduced.sizes) > 2 else []
    program = Program(space, np.ldexp(floats, -exponent), squares)
    enough = math.ldexp(point.value, -exponent) * (1 - ENOUGH)
    T = ratio.segre(point.h) - ratio.segre(point.g)
    solution = program.solve(enough, max(1.0, deadline - time.monotonic()), near=T)
    return Step(reduced, below, Solved(reduced.boxes(), program, exponent, solution), point)


def _lower_end(target: str, lifting: Lifting, best: Step) -> list[Claim]:
    """The best point, rounded, with its ratio computed exactly."""
    pair = best.reduced
    h, g = (
        local_search.rounded(pair.parameters(x, side, lifting.sizes))
        for x, side in ((best.point.h, pair.left), (best.point.g, pair.right))
    )
    measured = lifting.measure([(1, h), (-1, g)])
    if not measured.norm2 or not measured.image2:
        return []
    evidence: dict[str, Any] = {"gamma": None, "kappa": None, "kernel_part": None, "row_solution": None}
    if target == "kappa":
        evidence["kappa"] = sqrt_above(measured.image2 / measured.norm2)
    else:
        y = measured.row_solution
        evidence["gamma"] = sqrt_below(Fraction(int(measured.norm2 / measured.projected2 * 2**80), 2**80))
        evidence["row_solution"] = {"numerators": y.numerators, "denominator": y.denominator}
    return [Claim("difference", {"h": h, "g": g, **evidence})]


def _claim(target: str, steps: Sequence[Step]) -> Claim | None:
    """A claim for the largest lambda whose rounding passes for all pairs."""
    found = common(steps)
    if found is None:
        return None
    value, items = found
    bound = sqrt_above(1 / value) if target == "gamma" else sqrt_below(value)
    return Claim("quartic-boxes", {"target": target, "lambda": value, "bound": bound, "items": items})


def common(steps: Sequence[Step]) -> tuple[Fraction, list[dict[str, Any]]] | None:
    """The largest lambda whose rounding passes for all pairs, and their items."""
    if any(step.solved is None or step.solved.bound <= 0 for step in steps):
        return None
    least = min(math.log2(step.solved.bound) - step.below.shift for step in steps if step.solved)
    for slack in SLACKS:
        exponent = math.floor(least)
        value = Fraction(math.floor(2 ** (least - exponent) * (1 - slack) * 2**34), 2**34) * Fraction(2) ** exponent
        items = []
        for step in steps:
            item = _item(step, value)
            if item is None:
                break
            items.append(item)
        else:
            return value, items
    return None


def _item(step: Step, value: Fraction) -> dict[str, Any] | None:
    """The evidence of a pair for lambda = value, in the modes of the problem."""
    assert step.solved is not None
    own = value * Fraction(2) ** step.below.shift
    found = quartic.rounded(step.solved, step.below.form, own)
    if found is None:
        return None
    pair = step.reduced
    units = _scaled(found, Fraction(value.denominator, own.denominator))
    every = range(len(pair.groups))
    minors = []
    for modes, rows, cols, linear in found["minors"]:
        rest = [g for g in every if g not in modes]
        minors.append(
            [pair.modes(modes), [pair.index(modes, r) for r in rows], [pair.index(rest, c) for c in cols], linear]
        )
    dets = [
        [
            [pair.modes(g) for g in groups],
            [[pair.index(g, i) for i in two] for g, two in zip(groups, pairs_, strict=True)],
            w,
        ]
        for groups, pairs_, w in found["dets"]
    ]
    sides = {"left": [list(s) for s in pair.left], "right": [list(s) for s in pair.right]}
    return {**sides, **units, "L": found["L"], "minors": minors, "dets": dets, **step.below.evidence}


def _scaled(found: dict[str, Any], factor: Fraction) -> dict[str, int]:
    """scale, gram and minor when q F - p unit I is taken `factor` times."""
    units = [found["scale"] * factor.denominator, found["gram"] * factor.numerator, found["minor"] * factor.numerator]
    common = math.gcd(*units)
    return dict(zip(("scale", "gram", "minor"), (u // common for u in units), strict=True))


def method(target: str, cost: int) -> Method:
    """The method for gamma or kappa."""
    return Method(
        name=f"degree four on boxes, {target}",
        theorem="a quartic in T on the boxes of each pair of supports, the projection bounded below through A A^T",
        closes=(f"dnsp.{target}",),
        cost=cost,
        accepts=lambda lifting, proved: accepts_for(target, lifting, proved),
        search=lambda lifting, proved, budget: search_for(target, lifting, proved, budget),
    )


KAPPA, GAMMA = method("kappa", 53), method("gamma", 54)
