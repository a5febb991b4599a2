"""Planted parameters against the theorem: is the error ever larger than the certified bound?

Main definitions
    `Bound`    the certified constants of a result, and the bound they give for one trial
    `Trial`    what happened once: noise, residual, distance, bound
    `Trials`   many of them, with violations, success rate and tightness
    `run`      plants h, adds noise, solves inexactly, compares; an interruption keeps what is finished

Two bounds are compared, both for delta = ‖A P(h) - X‖ and eta = ‖A P(g) - X‖: the distance of the classes against
``recovery_bound.constant`` (interface, section 4), and ‖P(h) - P(g)‖ against (delta + eta) / kappa, which is what was
certified and can be attained.
"""

from __future__ import annotations

import csv
import io
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ..lifting import Lifting
from ..problem import Case
from .contraction import Contraction
from .metric import common_norm, distance, kernels, least_kernel, product_distance
from .models import Allowed, allowed
from .noise import adversarial, close_pair, far_pair, hardest_pair
from .solvers import solve

Parameters = list[np.ndarray]
SCHEMA = "dmfverify/recovery/1"
ROUNDING = 1e-13
"""Times ‖A P(h)‖: added to delta + eta before a violation is counted."""
RELATIVE = 1e-9
"""By how much a distance may exceed its bound, relatively, before a violation is counted."""
SUCCESS = 1e-8
NOISE = (0.0, 1e-6, 1e-4, 1e-2, 1e-1, 1.0)
STOPS = (0.0, 1.0, 4.0)
"""Times delta: the residuals at which a solver is stopped; 0 lets it finish."""
SEARCHES = {"pair": close_pair, "far": far_pair}
QUANTILES = {"min": 0.0, "q25": 0.25, "median": 0.5, "q75": 0.75, "max": 1.0}


@dataclass(frozen=True)
class Bound:
    """The certified upper ends of a result, as floats rounded up; infinite where nothing was proved.

    Attributes
    ----------
    constant
        ``recovery_bound.constant``; without min(...) or eps.
    p
        Of the distance.
    inverse_kappa
        1 / kappa.

    Examples
    --------
    >>> Bound.read({"recovery_bound": {"constant": ["3", "4"], "p": 2}, "dnsp": {"kappa": ["1/2", "2"]}})
    Bound(constant=4.000000000000001, p=2.0, inverse_kappa=2.0000000000000004)
    """

    constant: float = math.inf
    p: float = 2.0
    inverse_kappa: float = math.inf

    @classmethod
    def read(cls, result: Mapping[str, Any]) -> Bound:
        """From the object of result.json."""
        found, dnsp = result.get("recovery_bound"), result.get("dnsp")
        kappa = dnsp["kappa"][0] if dnsp else "0"
        inverse = _above(1 / Fraction(kappa)) if Fraction(kappa) else math.inf
        if found is None:
            return cls()
        constant = found["constant"][1]
        return cls(math.inf if constant == "inf" else _above(Fraction(constant)), float(found["p"]), inverse)

    @property
    def known(self) -> bool:
        """Whether there is a finite bound."""
        return math.isfinite(self.constant)

    def times(self, factor: float) -> Bound:
        """The same with both constants multiplied: what a wrong certificate would claim."""
        return Bound(self.constant * factor, self.p, self.inverse_kappa * factor)

    def factor(self, lifting: Lifting, h: Parameters, g: Parameters | None = None) -> float:
        """What multiplies delta + eta in the bound of the distance; infinite where the bound says nothing.

        Without g it is the factor for h alone, which is not smaller.
        """
        equivalence = lifting.statement.equivalence
        if equivalence == "neuron-scale" or not self.known:
            return self.constant
        both = [h] if g is None else [h, g]
        if equivalence == "path-scale":
            least = [least_kernel(lifting.statement, x) for x in both]
            return self.constant * least[0] ** (1 - lifting.K) if min(least) > 0 else math.inf
        largest = max(common_norm(x) for x in both)
        return self.constant * largest ** (1 - lifting.K) if largest > 0 else math.inf


def _above(value: Fraction) -> float:
    return math.nextafter(float(value), math.inf)


@dataclass(frozen=True)
class Trial:
    """One planted h and what was recovered; a row of recovery.csv."""

    trial: int
    kind: str
    noise: float
    stop: float
    delta: float
    eta: float
    distance: float
    bound: float
    tightness: float
    lifted_distance: float
    lifted_bound: float
    lifted_tightness: float
    relative_error: float
    violation: bool
    starts: int
    method: str
    seconds: float


COLUMNS = tuple(f.name for f in fields(Trial))


@dataclass
class Trials:
    """Finished trials, with what they say together."""

    rows: list[Trial] = field(default_factory=list)
    bound: Bound = field(default_factory=Bound)
    seed: int = 0
    title: str = ""
    ended: str = "finished"

    @property
    def violations(self) -> int:
        """Trials whose distance exceeded a certified bound."""
        return sum(row.violation for row in self.rows)

    @property
    def success_rate(self) -> float | None:
        """Share of the noise-free trials recovered to 1e-8 relative error; None without such trials."""
        free = [row.relative_error <= SUCCESS for row in self.rows if row.noise == 0]
        return sum(free) / len(free) if free else None

    def tightness(self, column: str = "tightness", kind: str | None = None) -> dict[str, float] | None:
        """Quantiles of distance / bound over the noisy trials (of one kind); None without a bound."""
        rows = [row for row in self.rows if row.noise > 0 and kind in (None, row.kind)]
        values = [v for row in rows if math.isfinite(v := getattr(row, column))]
        return {name: float(np.quantile(values, q)) for name, q in QUANTILES.items()} if values else None

    def to_json(self) -> dict[str, Any]:
        """The object of recovery.json."""
        kinds = sorted({row.kind for row in self.rows if row.noise > 0})
        return {
            "schema": SCHEMA,
            "title": self.title,
            "trials": len(self.rows),
            "violations": self.violations,
            "success_rate": self.success_rate,
            "tightness": self.tightness(),
            "lifted_tightness": self.tightness("lifted_tightness"),
            "by_kind": {
                kind: {
                    "trials": sum(row.kind == kind for row in self.rows),
                    "violations": sum(row.violation for row in self.rows if row.kind == kind),
                    "tightness": self.tightness(kind=kind),
                    "lifted_tightness": self.tightness("lifted_tightness", kind),
                }
                for kind in kinds
            },
            "constant_estimate": self.bound.constant if self.bound.known else None,
            "p": self.bound.p,
            "slack": {"relative": RELATIVE, "rounding": ROUNDING},
            "ended": self.ended,
            "seed": self.seed,
        }

    def to_csv(self) -> str:
        """The text of recovery.csv, a row a trial."""
        return table(COLUMNS, [asdict(row) for row in self.rows])


def table(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV, numbers in full precision.

    >>> table(["a", "b"], [{"a": 0.5, "b": True}])
    'a,b\\n0.5,True\\n'
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def files(body: Mapping[str, Any], rows: str) -> dict[str, bytes]:
    """recovery.json and recovery.csv, ready to be written together."""
    text = json.dumps(body, indent=1, ensure_ascii=True, allow_nan=False)
    return {"recovery.json": text.encode() + b"\n", "recovery.csv": rows.encode()}


# -- one trial ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planted:
    """A planted h, the noisy data over the rows, and where an inexact solver is to end."""

    kind: str
    h: Parameters
    data: np.ndarray
    target: np.ndarray
    goal: float
    stop: float
    warm: Parameters | None = None


@dataclass(frozen=True)
class Plan:
    """Everything that the trials of one case share."""

    lifting: Lifting
    noise: tuple[float, ...]
    seed: int

    @cached_property
    def chain(self) -> Contraction:
        """The contraction."""
        return Contraction(self.lifting)

    @cached_property
    def models(self) -> list[list[Allowed]]:
        """What is allowed."""
        return allowed(self.lifting.statement)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of noise that this size admits."""
        if not self.chain.has_matrices:
            return ("random", "structured")
        pair = ("pair", "far") if self.lifting.statement.equivalence == "scale" else ()
        return ("random", "adversarial", "structured", *pair)

    @cached_property
    def hardest(self) -> tuple[Parameters, Parameters]:
        """A pair that many searches found hardest to tell apart, where further searches start."""
        return hardest_pair(self.chain, self.models, np.random.default_rng([self.seed, 2**31]))

    def planted(self, number: int) -> Planted:
        """Trial `number`: noise levels change fastest, then kinds, then stops."""
        rng = np.random.default_rng([self.seed, number])
        level = self.noise[number % len(self.noise)]
        turn = number // len(self.noise)
        kind = self.kinds[turn % len(self.kinds)]
        stop = STOPS[(turn // len(self.kinds)) % len(STOPS)]
        if level == 0:
            return self._exact(rng)
        if kind in SEARCHES:
            return self._pair(rng, kind)
        return self._noisy(rng, kind, level, stop)

    def draw(self, rng: np.random.Generator) -> Parameters:
        """Random parameters of a model; every factor, and in a network every kernel, has sup-norm one."""
        h = [m.draw(rng) for m in self.models[rng.integers(len(self.models))]]
        if self.lifting.statement.equivalence == "path-scale":
            for layer, x in zip(kernels(self.lifting.statement), h, strict=True):
                for places in layer.values():
                    x[places] /= np.abs(x[places]).max() or 1.0
        return h

    def _exact(self, rng: np.random.Generator) -> Planted:
        h = self.draw(rng)
        y = self.chain.product(h)
        return Planted("none", h, y, y, 0.0, 0.0)

    def _noisy(self, rng: np.random.Generator, kind: str, level: float, stop: float) -> Planted:
        h = self.draw(rng)
        if kind == "adversarial":
            h, direction = adversarial(self.chain, [h, *(self.draw(rng) for _ in range(7))])
        elif kind == "structured":
            direction = self.chain.product(self.draw(rng))
        else:
            direction = rng.standard_normal(self.chain.rows)
        clean = self.chain.product(h)
        norm = float(np.linalg.norm(direction))
        noise = direction * (level * float(np.linalg.norm(clean)) / norm) if norm else 0 * direction
        if kind == "adversarial" and stop:  # an inexact solver that errs the same way as the noise
            return Planted(kind, h, clean + noise, clean + (1 + stop) * noise, 0.0, stop, h)
        return Planted(kind, h, clean + noise, clean + noise, stop * float(np.linalg.norm(noise)), stop)

    def _pair(self, rng: np.random.Generator, kind: str) -> Planted:
        """Data halfway between the products of two parameters that are hard to tell apart; the solver starts at one."""
        h, g = SEARCHES[kind](self.chain, self.models, rng, self.hardest)
        a, b = self.chain.product(h), self.chain.product(g)
        middle = (a + b) / 2
        return Planted(kind, h, middle, middle, float(np.linalg.norm(b - middle)) * (1 + 1e-9), 1.0, g)


def attempt(plan: Plan, bound: Bound, number: int, deadline: float = math.inf) -> Trial:
    """Plant, solve, measure and compare: one trial."""
    begun = time.monotonic()
    case = plan.planted(number)
    found = solve(  # stopped early from random starts where these are cheap
        plan.lifting, case.target, starts=1 if case.warm is not None else 20, seed=number, warm=case.warm,
        goal=case.goal, deadline=deadline, chain=plan.chain, structured=case.stop == 0 or not plan.chain.has_matrices,
    )  # fmt: skip
    row = compare(plan, bound, case, found.h)
    seconds = round(time.monotonic() - begun, 4)
    return Trial(trial=number, starts=found.starts, method=found.method, seconds=seconds, **row)


def compare(plan: Plan, bound: Bound, case: Planted, g: Parameters) -> dict[str, Any]:
    """Distances against bounds, for any g."""
    lifting, clean = plan.lifting, plan.chain.product(case.h)
    size = float(np.linalg.norm(clean))
    delta = float(np.linalg.norm(clean - case.data))
    eta = float(np.linalg.norm(plan.chain.product(g) - case.data))
    factors = bound.factor(lifting, case.h, g), bound.inverse_kappa
    measured = distance(lifting, case.h, g, bound.p), product_distance(lifting, case.h, g)
    bounds = [c * (delta + eta) for c in factors]
    loose = [c * (delta + eta + ROUNDING * size) * (1 + RELATIVE) for c in factors]
    ratios = [d / b if 0 < b < math.inf else math.nan for d, b in zip(measured, bounds, strict=True)]
    whole = distance(lifting, case.h, [np.zeros(len(x)) for x in case.h], bound.p)
    return {
        "kind": case.kind,
        "noise": delta / size if size and delta > 0 else 0.0,
        "stop": case.stop,
        "delta": delta,
        "eta": eta,
        "distance": measured[0],
        "bound": bounds[0],
        "tightness": ratios[0],
        "lifted_distance": measured[1],
        "lifted_bound": bounds[1],
        "lifted_tightness": ratios[1],
        "relative_error": measured[0] / whole if whole else math.nan,
        "violation": any(d > b for d, b in zip(measured, loose, strict=True)),
    }


def run(
    case: Case,
    bound: Bound,
    *,
    trials: int = 72,
    noise: Sequence[float] = NOISE,
    seed: int = 0,
    time_budget: float | None = None,
    progress: Callable[[str], object] = lambda text: None,
) -> Trials:
    """Trials of a case against its certified bound.

    Parameters
    ----------
    case
        The problem.
    bound
        ``Bound.read(result.json)``.
    trials, noise
        How many, and the relative noise norms that they go round.
    seed
        Fixes every random choice.
    time_budget
        Seconds; trials that are finished by then are the answer, and so they are after Ctrl-C.
    progress
        Called with a line of text after each trial.

    Examples
    --------
    >>> from dmfverify import Case, Circulant, certify
    >>> case = Case([Circulant(6, taps=[0, 2]), Circulant(6, taps=[0, 1])])
    >>> found = run(case, Bound.read(certify(case).json), trials=12)
    >>> len(found.rows), found.violations, found.success_rate
    (12, 0, 1.0)
    """
    plan = Plan(Lifting(case.statement), tuple(noise), seed)
    done = Trials(bound=bound, seed=seed, title=case.title)
    deadline = math.inf if time_budget is None else time.monotonic() + time_budget
    try:
        for row in _rows(plan, bound, trials, deadline):
            done.rows.append(row)
            progress(f"{len(done.rows)} of {trials} trials, {done.violations} violations")
    except KeyboardInterrupt:
        done.ended = "interrupted"
    if done.ended == "finished" and len(done.rows) < trials:
        done.ended = "time budget spent"
    return done


def _rows(plan: Plan, bound: Bound, trials: int, deadline: float) -> Iterator[Trial]:
    for number in range(trials):
        if number and time.monotonic() > deadline:
            return
        yield attempt(plan, bound, number, deadline)
