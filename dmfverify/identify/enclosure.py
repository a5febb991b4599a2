"""Existence of a witness near a numerical one: interval Newton on a square system.

Theorem (Krawczyk 1969).  Let F be r polynomials in r variables, y a point, X the box of radius rho about it, C a matrix
with |C F(y)| + rho |I - C F'(X)| < rho line by line.  Then F has a zero in X.

F are independent entries of A(P(h) - P(g)), whose number is the rank of A on the supports; all variables but r of them
are fixed at rationals.  So every case where a real solution exists and the differential has full rank there is
decided: K = 2 and r < 2(S_1 + S_2) - 4, K >= 3 and r < 2 sum(S_k - 1) + 2 among them, if a solution is real.
Solutions where the rank drops are rounded to rationals, one variable after another, and verified.
[theory, sections 2 and 7; format, `enclosure`]
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..lifting.linalg import nullspace
from ..lifting.stages import Stage
from ..method import PRIMES, Budget, Method, Proved
from ..problem.forms import Support
from .newton import LISTED, System, Variable, balanced, solve, starts
from .witnesses import differing, witness

PAIRS = 200
"""Pairs of supports that are tried at most."""
STARTS = 24
ROWS = 1_200
UNKNOWNS = 200
UNLISTED = 30
"""Unknowns where the coordinates are too many to be listed, and the iteration slow."""
SECONDS = 15.0
BITS = 192
FIXED = 10
"""Fixed variables are multiples of 2^-FIXED."""
UNIFORM = "identifiability.uniform.verdict"


def accepts(lifting: Lifting, proved: Proved) -> str:
    """An open question, and equations that can be listed."""
    if UNIFORM in proved:
        return "the question is answered"
    try:
        if len(lifting.row_keys) > ROWS:
            return f"more than {ROWS} rows"
        return "the kernel is trivial" if lifting.trivial_kernel else ""
    except TooLarge as error:
        return str(error)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The first solution that can be rounded or enclosed."""
    rng, solutions = np.random.default_rng(budget.seed), 0
    budget = Budget(min(SECONDS, budget.left))
    chosen = list(itertools.islice(pairs(lifting), PAIRS))
    for left, right in chosen:
        equations = Equations.of(lifting, (left, right))
        if equations is None:
            continue
        system = System(lifting, (left, right), equations.labels)
        for x in starts(system, rng, budget, max(2, STARTS // len(chosen))):
            solutions += 1
            if claim := proof(system, equations, x):
                return [claim]
        if budget.spent:
            break
    return Nothing(f"{solutions} numerical solutions, none of which could be proved" if solutions else "no solution")


def pairs(lifting: Lifting) -> Iterator[tuple[Support, Support]]:
    """Pairs of maximal supports, those of the same support first."""
    supports = list(itertools.islice(lifting.statement.model.maximal(lifting.sizes), PAIRS))
    yield from ((s, s) for s in supports)
    yield from itertools.combinations(supports, 2)


# ------------------------------------------------------------------ equations and relations


@dataclass(frozen=True)
class Equations:
    """Independent rows for two supports, and the relations that give all others.

    Attributes
    ----------
    rows
        Labels of all rows that the supports reach, in order.
    chosen
        Places of the equations among them.
    relations
        Integer vectors over the rows, one for each row that is not an equation.
    """

    rows: list
    chosen: list[int]
    relations: list[list[int]]
    prime: int

    @property
    def labels(self) -> tuple:
        """The labels of the equations."""
        return tuple(self.rows[e] for e in self.chosen)

    @classmethod
    def of(cls, lifting: Lifting, supports: tuple[Support, Support]) -> Equations | None:
        """The equations, or None when there are none, or too many to be solved."""
        rows = sorted(set(reached(lifting, supports[0])) | set(reached(lifting, supports[1])))
        if lifting.count > LISTED:
            fits = rows == list(lifting.rows) and len(rows) <= UNLISTED
            return cls(rows, list(range(len(rows))), [], PRIMES[0]) if fits else None
        places = sorted({p for box in supports for p in lifting.box(box)})
        columns = lifting.restricted(places)
        line = {label: r for r, label in enumerate(columns.rows)}
        dense = columns.dense()
        table = np.array([dense[line[r]] if r in line else 0 * dense[0] for r in rows], dtype=object)
        relations = nullspace(table.T) if len(rows) else []
        for p in PRIMES:
            others = _pivots(relations, p)
            chosen = [e for e in range(len(rows)) if e not in set(others)]
            if len(chosen) == len(places):
                return None  # no kernel here
            if len(others) == len(relations) and 0 < len(chosen) <= UNKNOWNS:
                return cls(rows, chosen, relations, p)
        return None


def _pivots(vectors: list[list[int]], p: int) -> list[int]:
    """Places on which the vectors are non-singular modulo p."""
    import flint

    if not vectors:
        return []
    form, rank = flint.nmod_mat(len(vectors), len(vectors[0]), [x % p for v in vectors for x in v], p).rref()
    return [next(j for j in range(form.ncols()) if int(form[i, j])) for i in range(rank)]


def reached(lifting: Lifting, support: Support) -> list:
    """Labels of the rows that a chain of non-zero entries reaches; known stages in front are multiplied out."""
    stages, allowed = list(lifting.chain.stages), iter(support)
    state: dict[tuple[int, int, tuple[int, ...]], Any] = {}
    exact = True
    origin = (0,) * stages[0].shift.shape[1]
    for number, stage in enumerate(stages):
        part = stage.within(next(allowed)) if stage.size else stage
        exact = exact and not stage.size
        if not number:
            state = {(a, a, origin): 1 for a in set(part.source.tolist())}
        state = _onward(lifting, state, part, exact)
    if lifting.chain.kind == "product":
        return sorted({(a, b) for a, b, _ in state})
    return sorted({(b, shift) for _, b, shift in state})


def _onward(lifting: Lifting, state: dict, stage: Stage, exact: bool) -> dict:
    out: dict = {}
    grid, wraps = lifting.chain.grid, lifting.chain.wraps and lifting.chain.kind == "response"
    for (a, b, at), x in state.items():
        for e in range(stage.start[b], stage.start[b + 1]):
            shift = tuple(int(s + t) for s, t in zip(at, stage.shift[e], strict=True))
            if wraps:
                shift = tuple(s % n for s, n in zip(shift, grid, strict=True))
            key = (a, int(stage.target[e]), shift)
            out[key] = out.get(key, 0) + x * int(stage.value[e]) if exact else 1
    return {key: x for key, x in out.items() if x}


# ------------------------------------------------------------------ from numbers to a proof


def proof(system: System, equations: Equations, x: np.ndarray) -> Claim | None:
    """A claim about a numerical solution: rational numbers if it has short ones, otherwise an enclosure."""
    if system.lifting.statement.model.nonnegative:
        x = np.where(x < 1e-6, 0.0, x)
    x = balanced(system, x)
    free = np.flatnonzero(x) if system.lifting.statement.model.nonnegative else np.arange(len(x))
    x, residual = _polished(system, x, free)
    if residual > 1e-10:
        return None
    return rational(system, x, free) or enclosed(system, equations, x, free)


def _polished(system: System, x: np.ndarray, free: np.ndarray, steps: int = 30) -> tuple[np.ndarray, float]:
    """The solution nearby that moves the variables in `free` only."""

    def problem(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        point = x.copy()
        point[free] = z
        return system.value(point), system.jacobian(point)[:, free]

    z, residual = solve(problem, x[free], steps)
    moved = x.copy()
    moved[free] = z
    return moved, residual


def _exact_sides(system: System, values: Sequence[Fraction]) -> list[list[list[Fraction]]]:
    out = [[[Fraction(0)] * n for n in system.lifting.sizes] for _ in range(2)]
    for (s, k, i), v in zip(system.variables, values, strict=True):
        out[s][k][i] = v
    return out


SHORT = sorted({Fraction(a, b) for b in (1, 2, 3, 4) for a in range(-4, 5)})


def rational(system: System, x: np.ndarray, free: np.ndarray) -> Claim | None:
    """Variables are moved to short rationals one after another, as long as the others can follow."""
    if len(free) > 60:
        return None
    x, left = x.copy(), [int(j) for j in free]
    while left:
        gaps = [min((abs(x[j] - float(q)), q) for q in SHORT) for j in left]
        order = sorted(range(len(left)), key=lambda a: gaps[a][0])
        for a in order[:3]:
            j, q = left[a], gaps[a][1]
            rest = np.array([i for i in left if i != j], dtype=int)
            trial = x.copy()
            trial[j] = float(q)
            trial, residual = (
                _polished(system, trial, rest) if len(rest) else (trial, np.abs(system.value(trial)).max())
            )
            if residual < 1e-10 and _apart(system, trial) and _in_model(system, trial):
                x, left = trial, rest.tolist()
                break
        else:
            break
    exact = [Fraction(float(v)).limit_denominator(10_000) for v in x]
    found = witness(system.lifting, *_exact_sides(system, exact))
    return found and Claim("witness", found.evidence, "a numerical solution, rounded to rationals and verified")


def _apart(system: System, x: np.ndarray) -> bool:
    """Whether h and g are of different classes beyond doubt, as far as can be seen."""
    T = system.tensor(x)
    if T is None:
        h, g = system.sides(x)
        return any(_angle(a, b) > 1e-3 for a, b in zip(h, g, strict=True))
    return float(np.abs(T).max(initial=0)) > 1e-3


def _angle(a: np.ndarray, b: np.ndarray) -> float:
    """The sine of the angle of two vectors; 1 when one of them is zero."""
    sizes = float(np.linalg.norm(a) * np.linalg.norm(b))
    return math.sqrt(max(0.0, 1 - float(a @ b) ** 2 / sizes**2)) if sizes else 1.0


def _in_model(system: System, x: np.ndarray) -> bool:
    return not system.lifting.statement.model.nonnegative or bool((x >= 0).all())


def enclosed(system: System, equations: Equations, x: np.ndarray, free: np.ndarray) -> Claim | None:
    """Krawczyk's test on the best-conditioned square system, the other variables fixed at short rationals."""
    chosen = _square(system, x, free)
    if chosen is None:
        return None
    short, unit = x.copy(), 2.0**FIXED
    others = np.setdiff1d(np.arange(len(x)), chosen)
    short[others] = np.round(x[others] * unit) / unit
    short, residual = _polished(system, short, chosen)
    if residual > 1e-9 or not _apart(system, short) or not _in_model(system, short):
        return None
    solved = [system.variables[j] for j in chosen]
    values = [Fraction(float(v)) for v in short]
    inverse, values, shift = _refined(system, equations, values, chosen)
    radius = Fraction(1, 2**40)
    if inverse is None or 4 * shift > radius:
        return None
    sides = _exact_sides(system, values)
    coordinate = differing(system.lifting.alive, *sides)
    if coordinate is None:
        return None
    scale = 2 ** max(0, 60 - math.floor(math.log2(float(np.abs(inverse).max()))))
    lines = [[round(Fraction(float(v)) * scale) for v in line] for line in inverse]
    evidence = {
        "h": sides[0],
        "g": sides[1],
        "solved": [list(v) for v in solved],
        "radius": radius,
        "bits": BITS,
        "equations": equations.chosen,
        "relations": equations.relations,
        "prime": equations.prime,
        "preconditioner": lines,
        "scale": scale,
        "coordinate": _clearest(system, sides) or list(coordinate),
    }
    note = f"a numerical solution of {len(solved)} equations, enclosed by an interval Newton test"
    return Claim("enclosure", evidence, note)


def _clearest(system: System, sides: list[list[list[Fraction]]]) -> list[int] | None:
    """The listed coordinate at which P(h) and P(g) differ most."""
    lifting = system.lifting
    if lifting.count > LISTED:
        return None
    h, g = ([np.array([float(v) for v in part]) for part in side] for side in sides)
    gap = np.abs(lifting.P(h) - lifting.P(g))  # type: ignore[arg-type]
    return list(lifting.coordinates[int(np.argmax(gap))])


def _square(system: System, x: np.ndarray, free: np.ndarray) -> np.ndarray | None:
    """Variables whose columns of the Jacobian are as independent as can be; None when the rank is not full."""
    from scipy.linalg import qr

    jacobian = system.jacobian(x)[:, free]
    r = len(jacobian)
    if len(free) < r:
        return None
    # entries equal to one are left fixed where others do as well
    weight = np.where(np.abs(np.abs(x[free]) - 1) < 1e-12, 0.1, 1.0)
    _, R, order = qr(jacobian * weight, mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(R))
    if diagonal[r - 1] < 1e-7 * diagonal[0]:
        return None
    return np.sort(free[order[:r]])


def _refined(
    system: System, equations: Equations, values: list[Fraction], chosen: np.ndarray
) -> tuple[np.ndarray | None, list[Fraction], Fraction]:
    """The inverse Jacobian, the centre to many digits, and how far the last step went."""
    lifting = system.lifting
    jacobian = _true_jacobian(system, equations, values, chosen)
    try:
        inverse = np.linalg.inv(jacobian)
    except np.linalg.LinAlgError:
        return None, values, Fraction(1)
    lines = [[Fraction(float(v)) for v in line] for line in inverse]
    shift = Fraction(1)
    den = lifting.chain.denominator
    for _ in range(8):
        h, g = (lifting.product(side) for side in _exact_sides(system, values))
        F = [den * (h.get(e, Fraction(0)) - g.get(e, Fraction(0))) for e in equations.labels]
        F = [Fraction(round(f * 2**200), 2**200) for f in F]
        step = [sum((c * f for c, f in zip(line, F, strict=True)), Fraction(0)) for line in lines]
        shift = max(map(abs, step))
        values = list(values)
        for j, s in zip(chosen.tolist(), step, strict=True):
            values[j] = Fraction(round((values[j] - s) * 2**100), 2**100)
        if shift < Fraction(1, 2**80):
            break
    return inverse, values, shift


def _true_jacobian(system: System, equations: Equations, values: list[Fraction], chosen: np.ndarray) -> np.ndarray:
    """d times the derivative of the equations, without the scaling of the lines."""
    lifting, columns = system.lifting, []
    sides = _exact_sides(system, values)
    for j in chosen.tolist():
        s, k, i = system.variables[j]
        unit = [list(part) for part in sides[s]]
        unit[k] = [Fraction(int(a == i)) for a in range(lifting.sizes[k])]
        found = lifting.product(unit)
        sign = (1 - 2 * s) * lifting.chain.denominator
        columns.append([float(sign * found.get(e, Fraction(0))) for e in equations.labels])
    return np.array(columns).T


METHOD = Method(
    name="interval Newton",
    theorem="Krawczyk: a box mapped into its own interior holds a solution of A P(h) = A P(g)",
    closes=(UNIFORM,),
    cost=46,
    accepts=accepts,
    search=search,
)

__all__ = ["METHOD", "Equations", "Variable", "enclosed", "reached"]
