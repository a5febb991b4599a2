"""Projectors of rank two on every mode: gamma from above.

Theorem.  A difference T of two rank-one tensors lies in the range of P = P_1 x ... x P_K for projectors P_k of rank
two on the modes (modes of size two or less: P_k = 1).  So, for a unit vector T and w = V x in Ker A,
<T, w>^2 <= |P w|^2, and if |P V x|^2 <= theta*|V x|^2 for all such P and all x then gamma^-2 >= 1 - theta.

Certificate.  Z = P_1 x ... x P_q x x x^T is positive, equal to each of its partial transposes, and stays positive when
P_k is replaced by 1 - P_k, that is by (trace over mode k)/2 - 1; its trace is 2^q |x|^2.  Positive matrices Y_0, ...,
Y_q such that theta*|x|^2 - |P V x|^2 = <Y_0, Z> + sum <Y_k, Z with 1 - P_k> prove the bound; rounded factors of
them are shipped, and what rounding leaves has to be diagonally dominant.  [docs/theory/bounds.md, mode projectors]
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

from ..certificate import Claim, Nothing
from ..exact import sqrt_above
from ..lifting import Lifting, TooLarge
from ..method import PRIMES, Budget, Method, Proved
from ..problem.forms import Support
from . import quartic
from .brackets import dyadic, lower_end, room, seconds
from .frames import Frame, frame
from .projector_solver import Classes, Program, Solution

MAX_COLUMNS = 300
MAX_SIZE = 800
LARGE = 320
"""Beyond this size a bracket with hi/lo below `FAIR` is left as it is."""
GOOD, FAIR = 1.0005, 1.005
LARGER = 8
"""Degree four is quicker when the kernel has more than about n/8 dimensions."""
MAX_BOXES = 40
SLACKS = (1e-4, 1e-3, 1e-2)
SECONDS = 600.0


def accepts(lifting: Lifting, proved: Proved) -> str:
    """Equivalence scale, few coordinates, a kernel that is neither trivial nor large, and room in the bracket."""
    if lifting.statement.equivalence != "scale":
        return "projectors on the modes need the whole tensor space: equivalence scale"
    if lifting.count > MAX_COLUMNS or lifting.K < 2:
        return f"more than {MAX_COLUMNS} coordinates, or a single factor"
    try:
        c = lifting.kernel_dimension
    except TooLarge as error:
        return str(error)
    if c == 0:
        return "the kernel is trivial"
    boxes = hulls(lifting)
    if not boxes:
        return f"more than {MAX_BOXES} unions of two supports"
    if not all(chosen_modes(box, c) for box in boxes):
        return f"no mode has more than two indices, or the program is larger than {MAX_SIZE}"
    size = max(size_of(box, chosen_modes(box, c), c) for box in boxes)
    return room("dnsp.gamma", proved, GOOD if size <= LARGE else FAIR)


def later(lifting: Lifting) -> int:
    """After degree four where that applies and the kernel is large: n c against n (n + 1)/2, as measured."""
    large = LARGER * lifting.kernel_dimension > lifting.count + 1
    return quartic.METHOD.cost + 1 if large and quartic.applies(lifting) else METHOD.cost


def hulls(lifting: Lifting) -> list[Support]:
    """Boxes that hold the unions of all pairs of maximal supports, none inside another; [] when they are many."""
    model, sizes = lifting.statement.model, lifting.sizes
    if model.family_size(sizes) > MAX_BOXES:
        return [tuple(tuple(range(n)) for n in sizes)]
    found = {
        tuple(tuple(sorted({*a, *b})) for a, b in zip(s, t, strict=True))
        for s, t in itertools.combinations_with_replacement(model.maximal(sizes), 2)
    }
    maximal = [box for box in found if not any(box != other and _inside(box, other) for other in found)]
    return sorted(maximal) if len(maximal) <= MAX_BOXES else []


def _inside(box: Support, other: Support) -> bool:
    return all(set(a) <= set(b) for a, b in zip(box, other, strict=True))


def chosen_modes(box: Support, c: int) -> tuple[int, ...]:
    """The modes of more than two indices, as many as the size allows, largest product first; () if none."""
    wide = [k for k, part in enumerate(box) if len(part) > 2]
    for count in range(len(wide), 0, -1):
        fitting = [m for m in itertools.combinations(wide, count) if size_of(box, m, c) <= MAX_SIZE]
        if fitting:
            return max(fitting, key=lambda modes: size_of(box, modes, c))
    return ()


def size_of(box: Support, modes: Sequence[int], c: int) -> int:
    """The size of the matrices."""
    return math.prod(len(box[k]) for k in modes) * c


# -- search ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Solved:
    """One box, the modes that have a projector, the program and its solution."""

    box: Support
    modes: tuple[int, ...]
    program: Program
    solution: Solution


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The claim with the least theta, and a lower end if the moments led to a better point."""
    found = frame(lifting.kernel)
    low = Fraction(proved.get("dnsp.gamma", ["1", "inf"])[0])
    enough = 1 - 1 / float(low) ** 2
    deadline = time.monotonic() + min(budget.left, seconds(lifting, SECONDS))
    solved: list[Solved] = []
    lower: list[Claim] = []
    for box in hulls(lifting):
        step = solve(lifting, box, found.Q, enough, max(1.0, deadline - time.monotonic()))
        if step.solution.bound >= 1:
            return Nothing(f"the relaxation gives nothing (after {step.solution.steps} steps)")
        if float(low) ** 2 * (1 - step.solution.bound) < 1 / GOOD**2:
            lower = lower_end(lifting, _tensor(step, found), low, budget) or lower
        solved.append(step)
    claim = _claim(lifting, found, solved)
    return [claim, *lower] if claim else Nothing("no slack made the rounding pass")


def solve(lifting: Lifting, box: Support, Q: np.ndarray, enough: float, seconds: float) -> Solved:
    """The program of one box for orthonormal vectors Q (n x c)."""
    c = Q.shape[1]
    modes = chosen_modes(box, c)
    classes = Classes([len(box[k]) for k in modes], c)
    program = Program(classes, laid_out(lifting, box, modes, Q))
    return Solved(box, modes, program, program.solve(enough, seconds))


def laid_out(lifting: Lifting, box: Support, modes: Sequence[int], Q: np.ndarray) -> np.ndarray:
    """One row for each multi-index over the other modes: the entries of Q, mode by mode and vectors last."""
    tensor = Q.reshape(*lifting.sizes, Q.shape[1])[np.ix_(*box, range(Q.shape[1]))]
    free = [k for k in range(lifting.K) if k not in modes]
    rows = math.prod(len(box[k]) for k in free)
    return tensor.transpose(*free, *modes, lifting.K).reshape(rows, -1)


def _tensor(step: Solved, found: Frame) -> np.ndarray:
    """The kernel element that the moments point to."""
    c = found.Q.shape[1]
    Z = step.solution.Z.reshape(-1, c, step.program.classes.size // c, c)
    weights = np.einsum("iaib->ab", Z)
    return found.Q @ np.linalg.eigh(weights)[1][:, -1]


# -- rounding -------------------------------------------------------------------------------------


def _claim(lifting: Lifting, found: Frame, solved: Sequence[Solved]) -> Claim | None:
    least = 1 - max(step.solution.bound for step in solved)
    prime = next((p for p in PRIMES if lifting.rank_mod(p) == lifting.rank), None)
    for slack in SLACKS if prime else ():
        tail = dyadic(least * (1 - slack))
        items = []
        for step in solved:
            item = rounded(step, found, tail)
            if item is None:
                break
            items.append(item)
        else:
            evidence = {"prime": prime, "kernel": found.vectors, "items": items}
            head = {"theta": 1 - tail, "gamma": sqrt_above(1 / tail)}
            return Claim("mode-projectors", {**head, **evidence})
    return None


def rounded(step: Solved, found: Frame, tail: Fraction) -> dict[str, Any] | None:
    """The evidence of one box for theta = 1 - tail, or None when rounding ate the slack."""
    program, theta, q = step.program, 1 - tail, len(step.modes)
    margin = (float(theta) - step.solution.bound) / program.top
    if margin <= 0:
        return None
    kept = [step.solution.Y[()], *(_cut(step.solution.Y[a], margin / 8) for a in program.sets[1:])]
    bound, Y = program.valid(kept)
    margin = (float(theta) - bound) / program.top
    if margin <= 0:
        return None
    size = program.classes.size
    root = np.kron(np.eye(size // len(found.root)), found.root)
    first = root @ (Y[0] + margin / 2 * np.eye(size)) @ root
    factors = [np.linalg.cholesky(first), *(root @ _factor(y) for y in Y[1:])]
    for extra in (3, 7, 11):
        digits = math.ceil(math.log2(size / margin)) + extra
        parts = [np.rint(L * 2.0 ** (digits - len(a) / 2)) for L, a in zip(factors, program.sets, strict=True)]
        if _dominated(step, found, float(theta), parts, digits):
            gram = theta.denominator << (q + 2 * found.exponent)
            common = math.gcd(gram, 4**digits)
            return {
                "box": [list(part) for part in step.box],
                "groups": [[k] for k in step.modes],
                "scale": 4**digits // common,
                "gram": gram // common,
                "parts": [[list(a), _integers(L, not a)] for L, a in zip(parts, program.sets, strict=True)],
            }
    return None


def _cut(Y: np.ndarray, least: float) -> np.ndarray:
    """Y without its eigenvalues below `least`: fewer columns to ship."""
    values, vectors = np.linalg.eigh(Y)
    kept = values > least
    return (vectors[:, kept] * values[kept]) @ vectors[:, kept].T


def _factor(Y: np.ndarray) -> np.ndarray:
    """L with L L^T = Y and as many columns as the rank."""
    values, vectors = np.linalg.eigh(Y)
    kept = values > 1e-12 * max(values[-1], 1e-300)
    return vectors[:, kept] * np.sqrt(values[kept])


def _integers(L: np.ndarray, triangular: bool) -> list[list[int]]:
    return [[int(x) for x in (row[: i + 1] if triangular else row)] for i, row in enumerate(L)]


def _dominated(step: Solved, found: Frame, theta: float, parts: Sequence[np.ndarray], digits: int) -> bool:
    """Whether what the parts leave is diagonally dominant (in floats)."""
    program = step.program
    classes = program.classes
    q, c = len(step.modes), len(found.root)
    norms = np.kron(np.eye(classes.size // c), found.root @ found.root)
    root = np.kron(np.eye(classes.size // c), found.root)
    rest = classes.of(theta / 2.0**q * norms - root @ program.square @ root)
    for L, a in zip(parts, program.sets, strict=True):
        scaled = L / 2.0 ** (digits - len(a) / 2)
        rest = rest - program.turned(classes.of(scaled @ scaled.T), a)
    left = classes.matrix(rest)
    diagonal = np.diag(left)
    others = np.abs(left).sum(axis=1) - np.abs(diagonal)
    return bool(np.all(diagonal > others * (1 + 1e-6)))


METHOD = Method(
    name="mode projectors",
    theorem="T lies in the range of projectors of rank two on the modes: gamma^-2 >= 1 - max |P w|^2 over Ker A",
    closes=("dnsp.gamma",),
    cost=56,
    accepts=accepts,
    search=search,
    later=later,
)
