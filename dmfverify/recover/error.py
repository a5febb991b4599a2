"""One number for given parameters and a given noise: the certified distance to the truth.

Theorem.  Let ‖A P(h) - X‖ <= eta and ‖A P(truth) - X‖ <= delta, h and the truth in the models.  For `scale`, with
S = sum of the S_k,

    d_p([h], [truth]) <= (2 / kappa) S^(1/p) ‖P(h)‖_inf^(1/K - 1) (delta + eta)            (at any noise)
    d_p([h], [truth]) <= 7 (K max S_k)^(1/p) ‖P(h)‖_inf^(1/K - 1) (gamma/sigma) (delta + eta)
                         (as printed; while (gamma/sigma) (delta + eta) <= ‖P(h)‖_inf / 2)

Constants enter by their certified ends, the rest is computed in rationals and rounded upwards.
[theory: bounds.md; Malgouyres and Landsberg 2019; Malgouyres 2020]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..errors import BadInput, quoted
from ..exact import parse, rational, root_above
from .metric import kernels

Value = Fraction | float
"""A rational, or ``math.inf``."""


@dataclass(frozen=True)
class ErrorBound:
    """How far the truth can be from given parameters, at most.

    Attributes
    ----------
    value
        The smallest bound that applies, a Fraction or ``math.inf``.
    ours
        By kappa, at any noise.
    paper
        As printed, by gamma and a singular value; ``math.inf`` where its condition fails or gamma is not bounded.
    paper_noise_limit
        The greatest delta + eta at which the printed bound applies, exactly as certified.
    p, of
        The norm, and what is bounded: ``d_p``, ``Delta_p`` or ``path products``.
    conditions
        What is assumed besides delta and eta.
    """

    ours: Value
    paper: Value
    paper_noise_limit: Value
    p: int | str
    of: str
    conditions: tuple[str, ...]

    @property
    def value(self) -> Value:
        """The smallest of the bounds."""
        return min(self.ours, self.paper)


def error_bound(
    result: Any, h: Sequence[Sequence[Any]], delta: Any, *, eta: Any = 0, p: int | str | None = None
) -> ErrorBound:
    """The certified error of the parameters h, for noise of norm at most delta.

    Parameters
    ----------
    result
        A `Result` (what `certify` or `load_result` returned).
    h
        K vectors of S_k numbers, in the model; floats mean the binary fractions that they hold.
    delta, eta
        At least ‖A P(truth) - X‖ and at least ‖A P(h) - X‖ (0 when X is the product of h).
    p
        1, 2 or "inf"; default: that of the result.  Networks with several paths take the result's.

    Returns
    -------
    ErrorBound
        Exact rationals, rounded upwards; infinite where nothing finite is certified.

    Raises
    ------
    BadInput
        For parameters of other lengths, numbers that are not finite, negative noise, or another p.

    Examples
    --------
    >>> from dmfverify import Case, Circulant, certify
    >>> result = certify(Case([Circulant(4, taps=[0, 2]), Circulant(4, taps=[0, 1])]))
    >>> found = error_bound(result, [[1, 2], [1, 3]], "1/10")
    >>> found.of, round(float(found.ours), 9), float(found.paper_noise_limit)
    ('d_2', 0.081649658, 6.0)
    """
    exact = _parameters(result, h)
    noise = _noise(delta, "delta") + _noise(eta, "eta")
    certified = result.json["recovery_bound"]
    chosen = p if p is not None else certified["p"] if certified else 2
    if chosen not in (1, 2, "inf"):
        raise BadInput(f"got {quoted(str(chosen))}, expected 1, 2 or inf", where="p")
    rule = {"scale": _scale, "path-scale": _paths, "neuron-scale": _neurons}[result.json["equivalence"]]
    return rule(result, exact, noise, chosen)


def _parameters(result: Any, h: Sequence[Sequence[Any]]) -> list[list[Fraction]]:
    sizes = result.json["case"]["parameters"]
    given = [len(part) for part in h]
    if given != sizes:
        raise BadInput(f"got vectors of lengths {given}, expected {sizes}", where="h")
    try:
        return [[rational(x) for x in part] for part in h]
    except (ValueError, OverflowError):
        raise BadInput("got an entry that is not a finite real number", where="h") from None


def _noise(value: Any, where: str) -> Fraction:
    try:
        exact = rational(value)
    except (ValueError, OverflowError):
        exact = Fraction(-1)
    if exact < 0:
        raise BadInput(f"got {quoted(str(value))}, expected a number >= 0", where=where)
    return exact


def _end(result: Any, section: str, key: str, side: int) -> Value:
    found = result.json.get(section)
    return parse(found[key][side]) if found else (math.inf if side else Fraction(0))


def _times(factor: Fraction, ratio: Value, noise: Fraction) -> Value:
    return math.inf if ratio == math.inf else factor * Fraction(ratio) * noise


def _ratio(above: Value, below: Value) -> Value:
    return math.inf if above == math.inf or not below else Fraction(above) / Fraction(below)


def _power(n: int, p: int | str) -> Fraction:
    return Fraction(1) if p == "inf" else root_above(Fraction(n), int(p))


def _inverse_kappa(result: Any) -> Value:
    return _ratio(Fraction(1), _end(result, "dnsp", "kappa", 0))


def _scale(result: Any, h: list[list[Fraction]], noise: Fraction, p: int | str) -> ErrorBound:
    sizes, K = result.json["case"]["parameters"], len(h)
    largest = math.prod((max(map(abs, part)) for part in h), start=Fraction(1))
    if not largest:
        nowhere = ("no factor of h is zero: h has no class",)
        return ErrorBound(math.inf, math.inf, Fraction(0), p, f"d_{p}", nowhere)
    shrink = root_above(1 / largest ** (K - 1), K)
    ours = _times(2 * _power(sum(sizes), p) * shrink, _inverse_kappa(result), noise)
    ratio = _printed_ratio(result)
    limit = Fraction(0) if ratio == math.inf else largest / (2 * Fraction(ratio))
    applies = ratio != math.inf and noise <= limit
    paper = _times(7 * _power(K * max(sizes), p) * shrink, ratio, noise) if applies else math.inf
    return ErrorBound(ours, paper, limit, p, f"d_{p}", ("h and the truth lie in the models", "no factor is zero"))


def _printed_ratio(result: Any) -> Value:
    """gamma / sigma as the paper takes them: on boxes of unions where the models are supports."""
    if result.json.get("sparse_dnsp"):
        return _ratio(_end(result, "sparse_dnsp", "gamma", 1), _end(result, "sparse_dnsp", "lower_rip", 0))
    return _ratio(_end(result, "dnsp", "gamma", 1), _end(result, "lifting", "sigma_min", 0))


def _paths(result: Any, h: list[list[Fraction]], noise: Fraction, p: int | str) -> ErrorBound:
    certified = result.json["recovery_bound"]
    if certified and p != certified["p"]:
        raise BadInput(f"got {p}, expected the result's {certified['p']}; certify(case, p={p!r}) fixes it", where="p")
    constant = parse(certified["constant"][1]) if certified else math.inf
    layers = zip(kernels(result.case.statement), h, strict=True)
    eps = min(max(abs(part[i]) for i in places) for edges, part in layers for places in edges.values())
    ours = _times(1 / eps ** (len(h) - 1), constant, noise) if eps else math.inf
    conditions = ("the truth's kernels are not zero", f"no kernel of h is smaller than {eps} in the sup-norm")
    return ErrorBound(ours, math.inf, Fraction(0), p, f"Delta_{p}", conditions)


def _neurons(result: Any, h: list[list[Fraction]], noise: Fraction, p: int | str) -> ErrorBound:
    ours = _times(Fraction(1), _inverse_kappa(result), noise)
    return ErrorBound(ours, math.inf, Fraction(0), 2, "path products", ("h and the truth lie in the models",))
