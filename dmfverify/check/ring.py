"""Numbers that `lifting.product` can multiply besides integers: intervals, residues, and a mark for "not zero".

A product adds, multiplies and asks whether a number is zero; each class here does just that.

Main definitions
    `Interval`  a closed interval whose ends are integers over 2^bits, rounded outwards
    `Residue`   an element of Q[t]/(p)
    `MARK`      stands for a number that may be anything: the product's support
"""

from fractions import Fraction


class Interval:
    """[low, high] / 2^bits; zero only when both ends are."""

    __slots__ = ("bits", "high", "low")

    def __init__(self, low, high, bits):
        self.low, self.high, self.bits = low, high, bits

    @classmethod
    def around(cls, low, high, bits):
        """The least interval of that precision that holds [low, high], two Fractions."""
        unit = 1 << bits
        return cls(low.numerator * unit // low.denominator, -(-high.numerator * unit // high.denominator), bits)

    def __bool__(self):
        return bool(self.low or self.high)

    def __add__(self, other):
        if type(other) is int:
            other = Interval(other << self.bits, other << self.bits, self.bits)
        return Interval(self.low + other.low, self.high + other.high, self.bits)

    __radd__ = __add__

    def __sub__(self, other):
        return self + -1 * other

    def __mul__(self, other):
        if type(other) is int:
            ends = self.low * other, self.high * other
            return Interval(min(ends), max(ends), self.bits)
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(ends) >> self.bits, -(-max(ends) >> self.bits), self.bits)

    __rmul__ = __mul__

    def size(self):
        """The greatest absolute value, times 2^bits."""
        return max(abs(self.low), abs(self.high))

    def holds_zero(self):
        """Whether zero lies in it."""
        return self.low <= 0 <= self.high


class Residue:
    """A polynomial modulo p: its coefficients, constant term first, no zero at the end."""

    __slots__ = ("coefficients", "modulus")

    def __init__(self, coefficients, modulus):
        found = list(coefficients)
        while found and not found[-1]:
            found.pop()
        self.coefficients, self.modulus = found, modulus

    def __bool__(self):
        return bool(self.coefficients)

    def __add__(self, other):
        a, b = self.coefficients, [Fraction(other)] if type(other) is int else other.coefficients
        if len(a) < len(b):
            a, b = b, a
        return Residue([x + y for x, y in zip(a, b, strict=False)] + a[len(b) :], self.modulus)

    __radd__ = __add__

    def __sub__(self, other):
        return self + -1 * other

    def __mul__(self, other):
        if type(other) is int:
            return Residue([x * other for x in self.coefficients], self.modulus)
        out = [Fraction(0)] * (len(self.coefficients) + len(other.coefficients))
        for i, x in enumerate(self.coefficients):
            for j, y in enumerate(other.coefficients):
                out[i + j] += x * y
        return Residue(self._reduced(out), self.modulus)

    __rmul__ = __mul__

    def _reduced(self, coefficients):
        top = len(self.modulus) - 1
        for place in range(len(coefficients) - 1, top - 1, -1):
            lead = coefficients[place] / self.modulus[-1]
            for i, x in enumerate(self.modulus):
                coefficients[place - top + i] -= lead * x
        return coefficients[:top]


class _Mark:
    """A number of which nothing is known: sums with it are not known either, nor are products but with zero."""

    def __add__(self, other):
        return self

    __radd__ = __add__

    def __mul__(self, other):
        return self if other else 0

    __rmul__ = __mul__


MARK = _Mark()
