"""Sums of squares of degree four in T: gamma from above and kappa from below.

Theorem.  Let form <= the projection on the row space of A (for gamma), or form = A^T A (for kappa), and let

    (T^T form T - lambda |T|^2) |T|^2 = z^T G z + sum (3 x 3 minor)*(linear form) + u^T W u,

z the products of two coordinates of T, G and W positive semidefinite.  On T = P(h) - P(g) flattenings have rank <= 2,
so minors vanish; u are the alternating functions of docs/theory/bounds.md, whose products are quartics in T.  Where
they are many, hyperdeterminants Det_s of 2 x 2 x 2 tensors, which are squares of combinations of u, stand for them,
with factors w_s >= 0.  For two boxes T is of rank one on the coordinates that only one of them holds, and monomials
that are equal for that reason are one monomial.  Hence T^T form T >= lambda |T|^2: gamma^-2 >= lambda,
kappa^2 >= lambda, and the problem is identifiable.  [certificates.md, section 1; Cayley's hyperdeterminant]

Nothing follows over C: squares of complex numbers need not be positive (the kernel of unit quaternions is good
over R only, and has such a certificate without any u).

What is shipped is a rounded Cholesky factor of G, the factors of the minors, and w, or integer vectors v with
W = sum v v^T.  The checker computes what is left of the identity and asks that a fixed Gram matrix of it is diagonally
dominant, so nothing has to be exact.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing, NotPositive, psd_evidence
from ..exact import sqrt_above, sqrt_below
from ..lifting import Lifting, TooLarge
from ..method import Budget, Method, Proved, closed
from ..problem.forms import Support
from . import local_search
from .local_search import Point, Ratio
from .quartic_solver import Program, Solution
from .quartic_space import Space

MAX_COLUMNS = 300
MAX_COORDINATES = 40
MAX_PAIRS = 120
MAX_SQUARES = 120
MAX_TERMS = 40
"""More alternating functions than that make the program too large; hyperdeterminants take their place."""
GOOD = 1.0005
"""A bracket with hi/lo below it is left as it is."""
ENOUGH = 1e-4
"""The solver stops this close (relatively, in lambda) to the best point known."""
SLACKS = (1e-5, 1e-4, 1e-3, 1e-2)
SHRINK = Fraction(1, 2**30)
"""How far the form stays below the projection."""
SECONDS = 300.0
NEAR = 1e-6
"""Of the least ratio known: pairs with eigenvalues down to that share below it need no program."""
MAX_SUPPORTS = 300
"""Supports of which all pairs are looked at."""
WIDE = 9
"""How much smaller lambda may be when one item stands for all pairs of supports: a factor 3 in gamma."""

Pair = tuple[Support, Support]


def accepts_for(target: str, lifting: Lifting, proved: Proved) -> str:
    """Equivalence scale, few coordinates in every union of two supports, and room in the bracket."""
    if lifting.statement.equivalence != "scale":
        return "flattenings need the whole tensor space: equivalence scale"
    if proved.get("identifiability.uniform.verdict") == "no":
        return "not identifiable"
    low, high = (Fraction(x) if x != "inf" else None for x in proved.get(f"dnsp.{target}", ["0", "inf"]))
    if closed(f"dnsp.{target}", proved) or (low and high and high / low <= GOOD):
        return f"{target} is known as well as this method can tell"
    if lifting.count > MAX_COLUMNS or lifting.K < 2:
        return f"more than {MAX_COLUMNS} coordinates, or a single factor"
    try:
        lifting.columns  # noqa: B018
    except TooLarge as error:
        return str(error)
    fits = cover(lifting) or listed(lifting)
    return "" if fits else f"unions of two supports with more than {MAX_COORDINATES} coordinates"


def applies(lifting: Lifting) -> bool:
    """Whether the programs are small enough here, whatever is known already."""
    fitting = lifting.statement.equivalence == "scale" and 2 <= lifting.K and lifting.count <= MAX_COLUMNS
    return fitting and bool(cover(lifting))


def cover(lifting: Lifting) -> list[Pair]:
    """Pairs of boxes that hold all pairs of maximal supports: those themselves, or everything when they are many."""
    sizes, model = lifting.sizes, lifting.statement.model
    whole = tuple(tuple(range(n)) for n in sizes)
    if model.family_size(sizes) <= 2 * MAX_PAIRS:
        supports = list(model.maximal(sizes))
        pairs = list(itertools.combinations_with_replacement(supports, 2))
        if len(pairs) <= MAX_PAIRS and all(united(*pair) <= MAX_COORDINATES for pair in pairs):
            return pairs
    return [(whole, whole)] if math.prod(sizes) <= MAX_COORDINATES else []


def listed(lifting: Lifting) -> bool:
    """Whether the supports are few enough to look at all their pairs."""
    model = lifting.statement.model
    return model.kind != "free" and model.family_size(lifting.sizes) <= MAX_SUPPORTS


def open_pairs(lifting: Lifting, form: Form, value: float) -> list[Pair] | None:
    """The pairs of a listed family on whose unions the form has an eigenvalue below `value`; None if many or large."""
    if not listed(lifting):
        return None
    floats, known, found = form.floats, dict[tuple[int, ...], bool](), []
    boxes = [(s, frozenset(lifting.box(s))) for s in lifting.statement.model.maximal(lifting.sizes)]
    for (s, a), (t, b) in itertools.combinations_with_replacement(boxes, 2):
        union = tuple(sorted(a | b))
        if union not in known:
            part = floats[np.ix_(union, union)]
            known[union] = not union or np.linalg.eigvalsh(part)[0] >= value * (1 - NEAR)
        if not known[union]:
            found.append((s, t))
    small = all(united(*pair) <= MAX_COORDINATES for pair in found)
    return found if small and len(found) <= MAX_PAIRS else None


def united(left: Support, right: Support) -> int:
    """How many coordinates two boxes hold together."""
    common = math.prod(len(set(a) & set(b)) for a, b in zip(left, right, strict=True))
    return math.prod(map(len, left)) + math.prod(map(len, right)) - common


# -- the quadratic form ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Form:
    """An integer matrix F with T^T F T <= unit*|Pi T|^2, or = unit*|AT|^2, and its evidence."""

    F: np.ndarray
    unit: int
    evidence: dict[str, Any]

    @property
    def floats(self) -> np.ndarray:
        """F / unit."""
        return np.array([[float(Fraction(int(x), self.unit)) for x in row] for row in self.F])


def projection_form(lifting: Lifting) -> Form:
    """F = C^T S C just below the projection: F <= unit*I is all that has to be proved.

    Raises
    ------
    NotPositive
        When the rows are too nearly dependent.
    """
    import flint

    C = lifting.columns.dense().astype(object)
    chosen = independent_rows(C, lifting.rank)
    rows = C[chosen]
    r = len(chosen)
    gram = flint.fmpq_mat(flint.fmpz_mat(r, r, [int(x) for x in rows.dot(rows.T).flat])).inv()
    size = float(max(sum(int(x) ** 2 for x in row) for row in rows)) * r
    bits = math.ceil(math.log2(size)) + 36
    S = np.array([[_rounded(gram[i, j], 1 - SHRINK, bits) for j in range(r)] for i in range(r)], dtype=object)
    F = rows.T.dot(S).dot(rows)
    gap = (1 << bits) * np.eye(len(F), dtype=object) - F
    evidence = {
        "rows": lifting.columns.rows_kind,
        "independent": chosen,
        "S": S.tolist(),
        "scale": 1 << bits,
        "psd_form": psd_evidence(gap),
    }
    return Form(F, 1 << bits, evidence)


def _rounded(x: Any, factor: Fraction, bits: int) -> int:
    return round(Fraction(int(x.p), int(x.q)) * factor * 2**bits)


def independent_rows(C: np.ndarray, rank: int) -> list[int]:
    """Positions of `rank` well separated rows."""
    from scipy.linalg import qr

    floats = C.astype(float)
    return sorted(int(i) for i in qr(floats.T, mode="r", pivoting=True)[1][:rank])


def image_form(lifting: Lifting) -> Form:
    """F = d^2 A^T A."""
    columns = lifting.columns
    return Form(columns.gram() * columns.weight, columns.denominator**2, {"rows": columns.rows_kind})


# -- search ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Solved:
    """One pair of boxes: its program and the solution, for the form divided by 2**exponent."""

    pair: Pair
    program: Program
    exponent: int
    solution: Solution

    @property
    def bound(self) -> float:
        """lambda in the units of the form."""
        return math.ldexp(self.solution.bound, self.exponent)


def search_for(target: str, lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The claim with the largest lambda, and a lower end if the moments led to a better point."""
    try:
        form = projection_form(lifting) if target == "gamma" else image_form(lifting)
    except (NotPositive, ZeroDivisionError):
        return Nothing("the rows of A are too nearly dependent for the precision used")
    B = local_search.row_space(lifting) if target == "gamma" else lifting.columns.floats()
    ratio = Ratio(B, np.array(lifting.coordinates), lifting.sizes)
    rng = np.random.default_rng(budget.seed)
    best = local_search.best_point(lifting, ratio, rng, budget)
    top = float(np.linalg.norm(form.floats, 2))
    if best.value < 1e-10 * top:
        return Nothing(f"local search ends at {best.value:.1e}: {target} looks degenerate, or beyond double precision")
    deadline = time.monotonic() + min(budget.left, SECONDS)
    pairs, solved = open_pairs(lifting, form, best.value), list[Solved]()
    eased = best.value if pairs is not None else None
    for left, right in cover(lifting) if pairs is None else pairs:
        value = min(best.value, _wider(lifting, ratio, left, right, rng, best))
        if value < best.value / WIDE:
            return Nothing(
                f"too many pairs of supports to take one by one, and lambda without supports is less than 1/{WIDE}"
            )
        step = _solve(lifting, form, left, right, best, value, deadline - time.monotonic())
        if step.bound <= 0:
            return Nothing(f"the relaxation gives nothing for a pair of supports (after {step.solution.steps} steps)")
        if step.bound < value * (1 - 20 * ENOUGH):
            best = _from_moments(step, ratio, lifting, rng, best)
        solved.append(step)
    if not solved and eased is None:
        return Nothing(f"unions of two supports with more than {MAX_COORDINATES} coordinates")
    claim = _claim(target, form, solved, eased)
    return [claim, *_lower_end(target, lifting, best, proved)] if claim else Nothing("no slack made the rounding pass")


def _wider(
    lifting: Lifting, ratio: Ratio, left: Support, right: Support, rng: np.random.Generator, best: Point
) -> float:
    """The least ratio found in a pair of boxes that is wider than the model: what its bound can be at most."""
    whole = all(len(s) == n for s, n in zip(left, lifting.sizes, strict=True))
    if lifting.statement.model.kind == "free" or not whole:
        return best.value
    return local_search.best_of_pair(ratio, left, right, False, rng, local_search.STARTS, best).value


def _solve(
    lifting: Lifting, form: Form, left: Support, right: Support, best: Point, value: float, seconds: float
) -> Solved:
    space = Space(lifting.sizes, left, right)
    places = [lifting.position(m) for m in space.coordinates]
    local = form.floats[np.ix_(places, places)]
    exponent = max(0, math.frexp(float(np.linalg.norm(local, 2)))[1]) if local.any() else 0
    terms = space.alternating(MAX_TERMS)
    squares = space.squares(MAX_SQUARES) if lifting.K > 2 and not terms else []
    program = Program(space, np.ldexp(local, -exponent), squares, terms)
    enough = math.ldexp(value, -exponent) * (1 - ENOUGH)
    solution = program.solve(enough, max(1.0, seconds), near=_on(space, best))
    return Solved((left, right), program, exponent, solution)


def _on(space: Space, point: Point) -> np.ndarray:
    """P(h) - P(g) on the coordinates of a space."""
    at = np.array(space.coordinates)
    return local_search.segre(at, point.h) - local_search.segre(at, point.g)


def _from_moments(step: Solved, ratio: Ratio, lifting: Lifting, rng: np.random.Generator, best: Point) -> Point:
    """The best point from the leading eigenvectors of the moment matrix."""
    if lifting.statement.model.nonnegative or not len(step.solution.moments):
        return best
    space = step.program.space
    left, right = step.pair
    part = ratio.inside(left, right)
    for vector in np.linalg.eigh(step.solution.moments)[1][:, -2:].T:
        square = np.zeros((space.n, space.n))
        square[space.a, space.b] = square[space.b, space.a] = vector / space.root
        T = np.linalg.eigh(square * np.sign(np.trace(square) or 1))[1][:, -1]
        best = local_search.from_tensor(part, T, left, right, rng, best)
    return best


def _lower_end(target: str, lifting: Lifting, best: Point, proved: Proved) -> list[Claim]:
    """The claim of the best point, if it says more than is proved."""
    low, high = proved.get(f"dnsp.{target}", ["1" if target == "gamma" else "0", "inf"])
    known = Fraction(low) ** -2 if target == "gamma" else math.inf if high == "inf" else Fraction(high) ** 2
    if best.value >= known * (1 - 1e-9):
        return []
    return (local_search.gamma_claim if target == "gamma" else local_search.kappa_claim)(lifting, best)


# -- rounding -------------------------------------------------------------------------------------


def _claim(target: str, form: Form, solved: Sequence[Solved], eased: float | None) -> Claim | None:
    """The claim; `eased` is the value below which no eigenvalue lies on the pairs that were not solved for."""
    least = min([step.bound for step in solved] + ([] if eased is None else [eased]))
    for slack in SLACKS:
        value = _dyadic(least * (1 - slack))
        items = []
        for step in solved:
            item = rounded(step, form, value)
            if item is None:
                break
            items.append(item)
        else:
            bound = sqrt_above(1 / value) if target == "gamma" else sqrt_below(value)
            evidence = {"target": target, "lambda": value, "bound": bound, **form.evidence, "items": items}
            return Claim("quartic", {**evidence, **_eased(form, value, eased)})
    return None


def _eased(form: Form, value: Fraction, eased: float | None) -> dict[str, Any]:
    """The key for pairs without an item, with digits enough for what lies between `value` and their eigenvalues."""
    if eased is None:
        return {}
    room = (eased * (1 - NEAR) - float(value)) / float(form.floats.diagonal().max()) / len(form.F)
    bits = min(256, max(20, 8 - math.floor(math.log2(room))))
    return {"eased": {"bits": bits, "low": sqrt_above(value)}}


def _dyadic(value: float) -> Fraction:
    """A dyadic rational just below a positive float, with 34 bits."""
    exponent = math.frexp(value)[1] - 34
    return Fraction(math.floor(math.ldexp(value, -exponent))) * Fraction(2) ** exponent


def rounded(step: Solved, form: Form, value: Fraction) -> dict[str, Any] | None:
    """The evidence of one pair of boxes for lambda = value, or None when rounding ate the slack."""
    program, solution = step.program, step.solution
    space = program.space
    local = math.ldexp(float(value), -step.exponent)
    margin = solution.bound - local
    if margin <= 0:
        return None
    G = solution.G + margin * np.eye(space.N)
    try:
        factor = np.linalg.cholesky(G - margin / 2 * np.eye(space.N))
    except np.linalg.LinAlgError:
        return None
    for extra in (2, 6, 10):
        digits = math.ceil(math.log2(space.N / margin)) + extra
        found = _integers(step, local, G, factor * space.root[:, None], digits)
        if found is not None:
            return {**_boxes(step.pair), **_units(form, value, step.exponent, digits), **found}
    return None


def _boxes(pair: Pair) -> dict[str, Any]:
    return {side: [list(s) for s in box] for side, box in zip(("left", "right"), pair, strict=True)}


def _units(form: Form, value: Fraction, exponent: int, digits: int) -> dict[str, int]:
    """scale*(q*F - p*unit*I)|T|^2 = gram*(|L^T z|^2 + 2*u^T W u) + minor*(minors and Dets), without a common factor."""
    gram = (value.denominator * form.unit) << exponent
    units = (4**digits, gram, gram << (digits - 4))
    g = math.gcd(*units)
    return dict(zip(("scale", "gram", "minor"), (u // g for u in units), strict=True))


def _integers(step: Solved, value: float, G: np.ndarray, L: np.ndarray, digits: int) -> dict[str, Any] | None:
    """L, minors and what is not negative in integers, if what they leave is diagonally dominant (in floats)."""
    program = step.program
    space = program.space
    fine = 2.0 ** (digits + 4)  # minors and weights are integers over it
    target = program.coefficients - value * program.unit
    if program.terms:
        V = _vectors(step.solution.w, digits)
        W = 2.0 * (V.T @ V) / 4.0**digits
        weights, others = W[program.first, program.second], {"dets": [], "alternating": _alternating(program, V)}
    else:
        weights = np.floor(step.solution.w * fine) / fine
        others = {"dets": _dets(program, weights * fine)}
    for w, expanded in zip(weights, program.expanded, strict=True):
        target = target - w * expanded
    gram = np.bincount(space.monomial, space.entry * G[space.i, space.j], minlength=space.m)
    multipliers = {c: round(x * fine) for c, x in program.quotient.multipliers(target - gram).items()}
    multipliers = {c: x for c, x in multipliers.items() if x}
    if multipliers:
        chosen = np.fromiter(multipliers, dtype=np.int64)
        target = target - program.multiples[:, chosen] @ (np.array([float(x) for x in multipliers.values()]) / fine)
    whole = np.rint(L * 2.0**digits) / 2.0**digits
    product = whole @ whole.T
    twice = np.where(space.i == space.j, 1.0, 2.0)
    rest = target - np.bincount(space.monomial, twice * product[space.i, space.j], minlength=space.m)
    if not dominated(space, rest):
        return None
    rows = [[int(x) for x in row[: i + 1] * 2.0**digits] for i, row in enumerate(whole)]
    return {"L": rows, "minors": _minors(space, multipliers), **others}


def _vectors(W: np.ndarray, digits: int) -> np.ndarray:
    """Rows v of integers with W about 2 sum v v^T / 4^digits."""
    values, vectors = np.linalg.eigh(W)
    V = np.rint(np.sqrt(np.maximum(values, 0) / 2)[:, None] * vectors.T * 2.0**digits)
    return V[np.any(V, axis=1)]


def _alternating(program: Program, V: np.ndarray) -> list:
    terms = [[list(u.modes), [list(pair) for pair in u.pairs]] for u in program.terms]
    return [terms, [[int(x) for x in v] for v in V]]


def dominated(space: Space, rest: np.ndarray) -> bool:
    """Whether the Gram matrix that the checker makes of what is left is dominated by its diagonal."""
    diagonal = space.i == space.j
    squares = np.bincount(space.monomial[diagonal], minlength=space.m)
    others = np.bincount(space.monomial[~diagonal], minlength=space.m) * 2
    share = np.where(squares, 0, np.abs(rest) / np.maximum(others, 1))[space.monomial[~diagonal]]
    sums = np.bincount(space.i[~diagonal], share, minlength=space.N)
    sums += np.bincount(space.j[~diagonal], share, minlength=space.N)
    own = space.monomial[diagonal]
    return bool(np.all(rest[own] / squares[own] > sums * (1 + 1e-6)))


def _minors(space: Space, multipliers: dict[int, int]) -> list:
    """[modes, rows, cols, [[a, factor], ...]] for each minor in use."""
    linear: dict[int, list[list[int]]] = {}
    for number, factor in sorted(multipliers.items()):
        linear.setdefault(number // space.n, []).append([number % space.n, factor])
    return [
        [list(m.modes), [list(r) for r in m.rows], [list(c) for c in m.cols], linear[k]]
        for k, m in enumerate(space.cubics)
        if k in linear
    ]


def _dets(program: Program, weights: np.ndarray) -> list:
    return [
        [[list(g) for g in square.groups], [[list(i) for i in pair] for pair in square.pairs], int(w)]
        for square, w in zip(program.squares, weights, strict=True)
        if w > 0
    ]


def _method(target: str, cost: int, theorem: str) -> Method:
    def accepts(lifting: Lifting, proved: Proved) -> str:
        return accepts_for(target, lifting, proved)

    def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
        return search_for(target, lifting, proved, budget)

    closes = (f"dnsp.{target}",)
    return Method(f"degree four, {target}", theorem, closes, cost, accepts, search)


METHOD = _method(
    "gamma", 60, "squares of degree four, modulo minors, and of alternating functions are >= 0 on differences"
)
KAPPA = _method("kappa", 62, "the same with A^T A in place of the projection: |AT|^2 >= lambda |T|^2")
