"""Rationals as decimals that are rounded outwards, with integers only.

A page may say ``3.7416 … 3.7417`` only if the constant lies there.  Nothing here passes through a
float; ``math.inf`` is compared with, never computed with.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

DIGITS = 12
"""Significant digits on a page, unless a bracket is wide."""
EXACT_DIGITS = 15
"""A value whose decimal expansion ends within so many digits is written in full."""
LONG = 40
"""Rationals of more characters than this are abbreviated on a page."""

Value = Fraction | float
"""A rational or ``math.inf``."""

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,999})(?:/[1-9][0-9]{0,999})?")


def value_of(string: object) -> Value:
    """The value that stands in ``result.json``, or ValueError.

    >>> value_of("-3/2"), value_of("inf")
    (Fraction(-3, 2), inf)
    """
    if string == "inf":
        return math.inf
    if not isinstance(string, str) or not _NUMBER.fullmatch(string):
        raise ValueError(f"{str(string)[:40]!r} is neither a rational of at most 1,000 digits a side nor inf")
    return Fraction(string)


def decimal_down(value: Value, digits: int = DIGITS) -> str:
    """A decimal of at most `digits` significant digits that is <= `value`.

    >>> decimal_down(Fraction(2, 3), 4), decimal_down(Fraction(-2, 3), 4), decimal_down(Fraction(32))
    ('0.6666', '-0.6667', '32')
    """
    return _decimal(value, digits, up=False)


def decimal_up(value: Value, digits: int = DIGITS) -> str:
    """A decimal of at most `digits` significant digits that is >= `value`.

    >>> decimal_up(Fraction(2, 3), 4), decimal_up(Fraction(1, 3 * 10**9), 3), decimal_up(math.inf)
    ('0.6667', '3.34e-10', '∞')
    """
    return _decimal(value, digits, up=True)


def interval_text(lo: Value, hi: Value, digits: int = DIGITS) -> str:
    """[lo, hi] in decimals rounded outwards, or one number where it is exact.

    >>> interval_text(Fraction("3.74165738677394"), Fraction("3.74165738677395"))
    '3.74165738677 … 3.74165738678'
    >>> interval_text(Fraction(32), Fraction(32)), interval_text(Fraction(1), math.inf)
    ('32', '1 … ∞')
    """
    if lo == hi and (lo == math.inf or is_decimal(Fraction(lo))):
        return decimal_down(lo, EXACT_DIGITS)
    digits = enough_digits(lo, hi, digits)
    return f"{decimal_down(lo, digits)} … {decimal_up(hi, digits)}"


def is_decimal(value: Fraction) -> bool:
    """Whether the decimal expansion ends within `EXACT_DIGITS` significant digits.

    >>> is_decimal(Fraction(3, 8)), is_decimal(Fraction(1, 3))
    (True, False)
    """
    return decimal_down(value, EXACT_DIGITS) == decimal_up(value, EXACT_DIGITS)


def enough_digits(lo: Value, hi: Value, digits: int = DIGITS) -> int:
    """So many digits, at least 5, that rounding widens a bracket by less than a hundredth or so.

    >>> enough_digits(Fraction(1), Fraction(3, 2)), enough_digits(Fraction(1), Fraction(1))
    (5, 12)
    >>> enough_digits(Fraction(1), math.inf)
    6
    """
    if hi == math.inf or lo == math.inf:
        return min(digits, 6)
    if hi == lo:
        return digits
    size = max(abs(Fraction(lo)), abs(Fraction(hi)))
    return min(digits, max(5, _exponent(size / (Fraction(hi) - Fraction(lo))) + 4))


def pretty(decimal: str) -> str:
    """A decimal as it is printed: a power of ten in place of e.

    >>> pretty("3.34e-10"), pretty("0.5")
    ('3.34 × 10⁻¹⁰', '0.5')
    """
    head, e, tail = decimal.partition("e")
    return f"{head} × 10{tail.translate(_SUPERSCRIPT)}" if e else decimal


def count(number: int) -> str:
    r"""A whole number with its thousands set apart; a very large one by its first digits.

    >>> count(1234).replace("\N{NARROW NO-BREAK SPACE}", " "), count(10**30 + 1)
    ('1 234', 'about 1 × 10³⁰')
    """
    if abs(number) < 10**15:
        return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return "about " + pretty(decimal_down(Fraction(number), 4))


def short(rational: str, limit: int = LONG) -> str:
    """A rational, abbreviated when it is long.

    >>> short("3/7"), short("1" * 40 + "/7")
    ('3/7', '11111111…11 (40 digits)/7')
    """
    if len(rational) <= limit:
        return rational
    return "/".join(_short_integer(part, limit // 2) for part in rational.split("/"))


def _short_integer(digits: str, limit: int) -> str:
    if len(digits) <= limit:
        return digits
    return f"{digits[:8]}…{digits[-2:]} ({len(digits.lstrip('-'))} digits)"


def _decimal(value: Value, digits: int, *, up: bool) -> str:
    if value == math.inf:
        return "∞"
    if not isinstance(value, Fraction):
        raise TypeError(f"got {value!r}, expected a Fraction or math.inf")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, shift = _round(abs(value), digits, up=up != (value < 0))
    return sign + _write(str(mantissa), shift)


def _round(value: Fraction, digits: int, *, up: bool) -> tuple[int, int]:
    """(m, e) with m·10^e the nearest such number on the side asked for, m of `digits` digits."""
    shift = _exponent(value) + 1 - digits
    mantissa, rest = divmod(value.numerator * 10 ** max(-shift, 0), value.denominator * 10 ** max(shift, 0))
    mantissa += bool(rest and up)
    while mantissa % 10 == 0:
        mantissa, shift = mantissa // 10, shift + 1
    return mantissa, shift


def _exponent(value: Fraction) -> int:
    """The integer e with 10^e <= value < 10^(e+1), for positive `value`."""
    e = (value.numerator.bit_length() - value.denominator.bit_length()) * 30103 // 100000
    while value < Fraction(10) ** e:
        e -= 1
    while value >= Fraction(10) ** (e + 1):
        e += 1
    return e


def _write(mantissa: str, shift: int) -> str:
    """mantissa·10^shift in plain digits, or with e when that is long."""
    point = len(mantissa) + shift
    if not -4 <= point <= 15:
        tail = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
        return f"{mantissa[0]}{tail}e{point - 1}"
    if shift >= 0:
        return mantissa + "0" * shift
    if point <= 0:
        return "0." + "0" * -point + mantissa
    return f"{mantissa[:point]}.{mantissa[point:]}"
