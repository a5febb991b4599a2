"""Rationals: reading them exactly, writing them canonically, rounding them outwards.

The one place where floats and fractions meet.  A float means exactly the binary fraction that it
holds; a decimal literal means exactly the decimal that is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

DIGITS = 15
"""Significant decimal digits kept when an irrational constant is rounded outwards."""


def rational(value: object) -> Fraction:
    """The exact rational that `value` denotes.

    Accepts int, Fraction, Decimal, a string such as ``"-3/7"`` or ``"0.25"``, a float (its exact
    binary fraction), and numpy or sympy scalars of those kinds.

    Raises
    ------
    ValueError
        For anything else: booleans, complex numbers, nan, infinities.

    Examples
    --------
    >>> rational("-3/7"), rational(Decimal("0.25")), rational(0.5)
    (Fraction(-3, 7), Fraction(1, 4), Fraction(1, 2))
    """
    if isinstance(value, bool) or value is None:
        raise ValueError(f"{value!r} is not a rational number")
    if isinstance(value, (int, Fraction)):
        return Fraction(value)
    if isinstance(value, (Decimal, float)):
        if not (value.is_finite() if isinstance(value, Decimal) else math.isfinite(value)):
            raise ValueError(f"{value} is not a rational number")
        return Fraction(value)
    if isinstance(value, str):
        return _from_text(value)
    return _from_scalar(value)


def _from_text(text: str) -> Fraction:
    exponent = text.strip().lower().partition("e")[2]
    if len(text) > 2_100 or len(exponent) > 5 or (exponent and abs(int(exponent)) > 1_000):
        raise ValueError("number with too many digits or too large an exponent")
    return Fraction(text.strip())


def _from_scalar(value: object) -> Fraction:
    if hasattr(value, "is_Rational"):  # sympy
        if not value.is_Rational:
            raise ValueError(f"{value} is not a rational number")
        return Fraction(int(value.p), int(value.q))  # type: ignore[attr-defined]
    if hasattr(value, "item"):  # numpy scalars
        plain = value.item()
        if isinstance(plain, (int, float)) and not isinstance(plain, bool):
            return rational(plain)
    raise ValueError(f"{value!r} is not a rational number")


def text(value: Fraction | int | float) -> str:
    """The canonical string of a rational, or ``"inf"``: what stands in every file that we write.

    >>> text(Fraction(6, -4)), text(3), text(math.inf)
    ('-3/2', '3', 'inf')
    """
    if isinstance(value, float):
        if value == math.inf:
            return "inf"
        raise ValueError("a float is never written as a certain value")
    value = Fraction(value)
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def parse(string: str) -> Fraction | float:
    """Inverse of `text`.

    >>> parse("-3/2"), parse("inf")
    (Fraction(-3, 2), inf)
    """
    return math.inf if string == "inf" else Fraction(string)


def common_denominator(values: Iterable[Fraction]) -> int:
    """The least positive d with d*v an integer for every v.

    >>> common_denominator([Fraction(1, 4), Fraction(1, 6)])
    12
    """
    return math.lcm(1, *(v.denominator for v in values))


def _grid(value: Fraction, digits: int) -> Fraction:
    """The power of ten whose multiples carry `digits` significant digits of positive `value`."""
    size = math.floor(math.log10(value.numerator) - math.log10(value.denominator))
    return Fraction(10) ** (size + 1 - digits)


def below(value: Fraction, digits: int = DIGITS) -> Fraction:
    """The largest multiple of a power of ten with `digits` digits that is <= `value` >= 0.

    >>> below(Fraction(2, 3), 3)
    Fraction(333, 500)
    """
    if value <= 0:
        return Fraction(0) if value == 0 else -above(-value, digits)
    step = _grid(value, digits)
    return (value // step) * step


def above(value: Fraction, digits: int = DIGITS) -> Fraction:
    """The smallest multiple of a power of ten with `digits` digits that is >= `value`.

    >>> above(Fraction(2, 3), 3)
    Fraction(667, 1000)
    """
    if value <= 0:
        return Fraction(0) if value == 0 else -below(-value, digits)
    step = _grid(value, digits)
    return -((-value) // step) * step


def sqrt_below(value: Fraction, digits: int = DIGITS) -> Fraction:
    """A rational <= sqrt(value), exact when the square root is rational.

    >>> sqrt_below(Fraction(9, 4)), sqrt_below(Fraction(2), 4)
    (Fraction(3, 2), Fraction(707, 500))
    """
    root, exact = _sqrt(value, digits)
    return root if exact else below(root, digits)


def sqrt_above(value: Fraction, digits: int = DIGITS) -> Fraction:
    """A rational >= sqrt(value), exact when the square root is rational.

    >>> sqrt_above(Fraction(9, 4)), sqrt_above(Fraction(2), 4)
    (Fraction(3, 2), Fraction(283, 200))
    """
    root, exact = _sqrt(value, digits)
    if exact:
        return root
    candidate = above(root, digits)
    return candidate if candidate**2 >= value else candidate + _grid(candidate, digits)


def _sqrt(value: Fraction, digits: int) -> tuple[Fraction, bool]:
    """A rational r <= sqrt(value) with digits + 5 correct digits, and whether r is the root."""
    if value < 0:
        raise ValueError("square root of a negative number")
    p, q = value.numerator, value.denominator
    rp, rq = math.isqrt(p), math.isqrt(q)
    if rp * rp == p and rq * rq == q:
        return Fraction(rp, rq), True
    shift = 10 ** max(1, digits + 5 - (len(str(p)) - len(str(q))) // 2)
    return Fraction(math.isqrt(p * q * shift * shift), q * shift), False


def root_below(value: Fraction, p: int, digits: int = DIGITS) -> Fraction:
    """A rational <= value ** (1/p), exact when the root is rational."""
    return _root(value, p, digits)[0]


def root_above(value: Fraction, p: int, digits: int = DIGITS) -> Fraction:
    """A rational >= value ** (1/p), exact when the root is rational.

    >>> root_below(Fraction(8, 27), 3), root_above(Fraction(2), 3, 3)
    (Fraction(2, 3), Fraction(63, 50))
    """
    return _root(value, p, digits)[1]


def _root(value: Fraction, p: int, digits: int) -> tuple[Fraction, Fraction]:
    if value == 0:
        return Fraction(0), Fraction(0)
    exact = Fraction(_integer_root(value.numerator, p), _integer_root(value.denominator, p))
    if exact**p == value:
        return exact, exact
    shift = 10 ** (digits + 5 + len(str(value.denominator)) // p)
    low = Fraction(
        _integer_root(value.numerator * value.denominator ** (p - 1) * shift**p, p), value.denominator * shift
    )
    high = low + Fraction(1, value.denominator * shift)
    return below(low, digits), above(high, digits)


def _integer_root(n: int, p: int) -> int:
    """floor(n ** (1/p)) for n >= 0 by Newton's iteration on integers."""
    if p == 1 or n < 2:
        return n
    x = 1 << -(-n.bit_length() // p)
    while True:
        y = ((p - 1) * x + n // x ** (p - 1)) // p
        if y >= x:
            return x
        x = y


def near(value: float, denominator: int = 10**6) -> Fraction:
    """A nearby rational with a small denominator: how a float enters a certificate.

    >>> near(0.3333333333)
    Fraction(1, 3)
    """
    return Fraction(value).limit_denominator(denominator)
