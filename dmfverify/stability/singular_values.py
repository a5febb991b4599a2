"""Least non-zero and greatest singular value of A, as certified brackets.

Theorem.  Let G be A^T A or A A^T, N vectors with G N = 0, t >= 0.  If G + t N N^T - lo^2 I is
positive semidefinite then no non-zero singular value of A is below lo, because an eigenvector of
a non-zero eigenvalue is orthogonal to N; and |Ax| <= hi |x| for one x in the range of G gives
sigma_min <= hi.  (Courant and Fischer.)

The vectors come from double precision, the bounds from their exact Rayleigh quotients, the
positivity from `psd_evidence`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing, NotPositive, psd_evidence
from ..exact import sqrt_above, sqrt_below
from ..lifting import Lifting, TooLarge
from ..method import Budget, Method, Proved, closed
from .grams import MAX_SIZE, Gram, gram_of

PATHS = ("lifting.sigma_min", "lifting.sigma_max")
GAPS = (0, Fraction(1, 10**13), Fraction(1, 10**11), Fraction(1, 10**9), Fraction(1, 10**6), Fraction(1, 1000))


def accepts(lifting: Lifting, proved: Proved) -> str:
    """One side of the lifting has to be small enough."""
    if all(closed(path, proved) for path in PATHS):
        return "both ends are known"
    try:
        size = len(lifting.rows) if lifting.side == "rows" else min(lifting.columns.n, lifting.columns.m)
    except TooLarge as error:
        return str(error)
    if size > MAX_SIZE:
        return f"both sides of the lifting have more than {MAX_SIZE} rows"
    return "" if size else "the lifting is zero"


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One claim with both brackets."""
    gram = gram_of(lifting)
    return [Claim("gram-bracket", {"side": gram.side, "rows": gram.rows, **least(gram), **greatest(gram)})]


def least(gram: Gram) -> dict[str, Any]:
    """Evidence for sigma_min, or a null pair when no lower end above zero can be proved."""
    kernel = gram.kernel
    values, vectors = gram.spectrum
    start = [round(float(x) * 2**40) for x in vectors[:, len(kernel)]]
    image = gram.matrix.dot(np.array(start, dtype=object))
    quotient = Fraction(int(image.dot(gram.matrix.dot(image))), int(image.dot(image)) * gram.square)
    for gap in GAPS:
        low = sqrt_below(quotient * (1 - gap))
        try:
            weight, shifted = _shifted(gram, kernel, low)
            evidence = psd_evidence(shifted)
        except NotPositive:
            continue
        return {
            "sigma_min": [low, sqrt_above(quotient)],
            "kernel": kernel,
            "weight": weight,
            "psd_min": evidence,
            "row_vector": start,
        }
    return {"sigma_min": None}


def _shifted(gram: Gram, kernel: list[list[int]], low: Fraction) -> tuple[int, np.ndarray]:
    """t and q*G + t*N N^T - p*I for lo^2 = p/q, all times d^2: positive when lo is a lower end."""
    p, q = low.numerator**2 * gram.square, low.denominator**2
    shifted = q * gram.matrix - p * np.eye(len(gram.matrix), dtype=object)
    if not kernel:
        return 0, shifted
    N = np.array(kernel, dtype=object).T
    floats = N.astype(float)
    spread = float(np.linalg.eigvalsh(floats.T @ floats)[0])
    weight = int(2 * p / max(spread, 1e-300)) + 1
    return weight, shifted + weight * N.dot(N.T)


def greatest(gram: Gram) -> dict[str, Any]:
    """Evidence for sigma_max."""
    values, vectors = gram.spectrum
    top = [round(float(x) * 2**40) for x in vectors[:, -1]]
    y = np.array(top, dtype=object)
    quotient = Fraction(int(y.dot(gram.matrix.dot(y))), int(y.dot(y)) * gram.square)
    for gap in GAPS:
        high = sqrt_above(quotient * (1 + gap))
        p, q = high.numerator**2 * gram.square, high.denominator**2
        try:
            evidence = psd_evidence(p * np.eye(len(y), dtype=object) - q * gram.matrix)
        except NotPositive:
            continue
        return {"sigma_max": [sqrt_below(quotient), high], "psd_max": evidence, "top_vector": top}
    return {"sigma_max": None}


METHOD = Method(
    name="Gram matrix",
    theorem="Courant and Fischer: positivity of G + t N N^T - lo^2 I, and one exact Rayleigh quotient",
    closes=PATHS,
    cost=30,
    accepts=accepts,
    search=search,
)
