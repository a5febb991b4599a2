"""Exact numbers in Q[t]/(p), p irreducible: roots of pencils, square roots of hyperdeterminants.

Main definitions
    `Field`    p and, if it has a real root, that root isolated between rationals
    `Element`  a polynomial in t modulo p, with the four operations
    `echelon`  reduced row echelon form over any field

Degree one is Q itself, so that one program serves rational and algebraic witnesses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import flint

BITS = 120
"""A real root is isolated in an interval of about this precision."""


@dataclass(frozen=True)
class Field:
    """Q[t]/(p) for an irreducible integer polynomial, constant term first.

    Examples
    --------
    >>> field = Field((-2, 0, 1))
    >>> root = field.t
    >>> (root * root + 1).coefficients, float(root.near(field.root)[0]) > 1.41421
    ([Fraction(3, 1)], True)
    >>> (1 / root).coefficients
    [Fraction(0, 1), Fraction(1, 2)]
    """

    polynomial: tuple[int, ...]
    which: int = -1
    """The number of the real root in increasing order that t stands for; -1 is the greatest."""

    @property
    def rational(self) -> bool:
        """Whether this is Q."""
        return len(self.polynomial) == 2

    @cached_property
    def modulus(self) -> flint.fmpq_poly:
        """p."""
        import flint

        return flint.fmpq_poly(list(self.polynomial))

    def element(self, value: Any) -> Element:
        """A rational number as an element."""
        import flint

        x = Fraction(value)
        return Element(self, flint.fmpq_poly([flint.fmpq(x.numerator, x.denominator)]))

    @property
    def t(self) -> Element:
        """The root itself."""
        import flint

        return Element(self, flint.fmpq_poly([0, 1]) % self.modulus)

    @cached_property
    def root(self) -> tuple[Fraction, Fraction] | None:
        """Rationals with a change of sign of p between them, close together; None without a real root."""
        roots = real_roots(self.polynomial)
        if not roots:
            return None
        middle, unit = roots[self.which], Fraction(1, 2**BITS)
        low, high = middle - unit, middle + unit
        return (low, high) if self._at(low) * self._at(high) < 0 else None

    def _at(self, x: Fraction) -> Fraction:
        total = Fraction(0)
        for c in reversed(self.polynomial):
            total = total * x + c
        return total


def real_roots(polynomial: Sequence[int]) -> list[Fraction]:
    """The real roots of a squarefree integer polynomial in increasing order, to about 2^-160 relative.

    >>> [float(x) for x in real_roots([-2, 0, 1])]
    [-1.4142135623730951, 1.4142135623730951]
    """
    import flint

    if len(polynomial) == 2:
        return [Fraction(-polynomial[0], polynomial[1])]
    before = flint.ctx.prec
    flint.ctx.prec = 256
    try:
        found = flint.fmpz_poly(list(polynomial)).complex_roots()
        return sorted(_dyadic(z.real) for z, _ in found if z.imag == 0)
    finally:
        flint.ctx.prec = before


def _dyadic(ball: Any) -> Fraction:
    mantissa, exponent = ball.mid().man_exp()
    x = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return Fraction(round(x * 2**200), 2**200)


@dataclass(frozen=True)
class Element:
    """A polynomial modulo p."""

    field: Field
    value: flint.fmpq_poly

    @property
    def coefficients(self) -> list[Fraction]:
        """Constant term first, no zero at the end."""
        return [Fraction(int(c.p), int(c.q)) for c in self.value.coeffs()]

    def __bool__(self) -> bool:
        return bool(self.value != 0)

    def _other(self, other: Any) -> flint.fmpq_poly:
        return other.value if isinstance(other, Element) else self.field.element(other).value

    def __add__(self, other: Any) -> Element:
        return Element(self.field, self.value + self._other(other))

    __radd__ = __add__

    def __neg__(self) -> Element:
        return Element(self.field, -self.value)

    def __sub__(self, other: Any) -> Element:
        return Element(self.field, self.value - self._other(other))

    def __rsub__(self, other: Any) -> Element:
        return -self + other

    def __mul__(self, other: Any) -> Element:
        return Element(self.field, self.value * self._other(other) % self.field.modulus)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Element:
        _, inverse, _ = Element(self.field, self._other(other)).value.xgcd(self.field.modulus)
        return Element(self.field, self.value * inverse % self.field.modulus)

    def __rtruediv__(self, other: Any) -> Element:
        return self.field.element(other) / self

    def near(self, root: tuple[Fraction, Fraction] | None) -> tuple[Fraction, Fraction]:
        """Bounds of the value between two bounds of t, as the checker computes them."""
        assert root is not None, "a number field without a real root"
        low = high = Fraction(0)
        for c in reversed(self.coefficients):
            ends = [x * y for x in (low, high) for y in root]
            low, high = min(ends) + c, max(ends) + c
        return low, high

    @property
    def sign(self) -> int:
        """The sign of the value at the real root (exact zero is zero; the interval is narrow)."""
        if not self:
            return 0
        low, high = self.near(self.field.root)
        return 1 if low + high > 0 else -1


RATIONALS = Field((0, 1))


def factors(polynomial: Any) -> Iterator[tuple[int, ...]]:
    """The irreducible factors of degree >= 1 of a flint integer polynomial."""
    _, found = polynomial.factor()
    for factor, _ in found:
        if factor.degree() >= 1:
            yield tuple(int(c) for c in factor.coeffs())


def echelon(rows: Sequence[Sequence[Any]]) -> tuple[list[list[Any]], list[int]]:
    """The non-zero rows of the reduced echelon form over a field, and the pivot columns."""
    left = [list(row) for row in rows]
    done, pivots = 0, []
    for column in range(len(left[0]) if left else 0):
        found = next((r for r in range(done, len(left)) if left[r][column]), None)
        if found is None:
            continue
        left[done], left[found] = left[found], left[done]
        lead = left[done][column]
        left[done] = [x / lead for x in left[done]]
        for r, row in enumerate(left):
            if r != done and row[column]:
                factor = row[column]
                left[r] = [x - factor * y for x, y in zip(row, left[done], strict=True)]
        pivots.append(column)
        done += 1
    return left[:done], pivots
