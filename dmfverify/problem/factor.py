"""Factors: linear maps h -> M(h), each with its shorthand and its plain form.

Main definitions
    `Factor`     what all of them offer: `plain()`, `shape`, `parameters`, `size`
    `OPERATORS`  the registered table, by the name that a case file uses

The keyword names are those of the case file (interface, section 1), so one table serves both.  Everything is
checked on construction; `plain()` is the only place where shorthand becomes explicit.

References
    [M20] Malgouyres 2020, section 2: the factors M_k; section 5: convolutions.
"""

from __future__ import annotations

import itertools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar

from ..errors import BadInput
from . import forms
from .reading import (
    CELLS,
    Shape,
    few,
    matrix,
    number,
    positions,
    sequence,
    shape_of,
    shown,
    sized,
    stack,
    whole,
    wrong,
)

OPERATORS: dict[str, type[Factor]] = {}
"""Operators of a case file; a class is tested by law from the day that it is registered."""

Cell = tuple[int, ...]
F = TypeVar("F", bound="type[Factor]")


def operator(name: str) -> Callable[[F], F]:
    """Register a factor under its name in case files."""

    def register(cls: F) -> F:
        OPERATORS[name] = cls
        return cls

    return register


class Factor(ABC):
    """A linear map h -> M(h) from R^S to matrices of one shape."""

    @abstractmethod
    def plain(self) -> forms.Form:
        """The factor in one of the four plain forms of a statement."""

    @cached_property
    def shape(self) -> Shape:
        """Rows and columns of M(h)."""
        return self.plain().shape

    @cached_property
    def parameters(self) -> int:
        """S, the number of parameters."""
        return self.plain().parameters

    @cached_property
    def size(self) -> int:
        """Explicit entries of the plain form, known without expanding it."""
        return self.parameters

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()}: {self.parameters} parameters, {sized(self.shape)}>"

    def _set(self, **fields: Any) -> None:
        for name, value in fields.items():
            object.__setattr__(self, name, value)


@operator("basis")
@dataclass(frozen=True, init=False, repr=False)
class Basis(Factor):
    """M(h) = sum of h[i] * basis[i].

    Parameters
    ----------
    basis
        S matrices of one shape a x b: nested lists, numpy, scipy.sparse or SymPy matrices, or one numpy array
        S x a x b.

    Examples
    --------
    >>> Basis([[[1, 0]], [[0, "1/2"]]]).plain().terms
    ((0, 0, 0, Fraction(1, 1)), (1, 0, 1, Fraction(1, 2)))
    """

    form: forms.Terms

    def __init__(self, basis: Any) -> None:
        shape, count, terms = stack(basis, "basis")
        self._set(form=forms.Terms(shape, count, terms))

    @classmethod
    def from_rows(cls, rows: Any, shape: Sequence[int]) -> Basis:
        """The basis whose i-th matrix, of shape a x b, is row i of `rows` (S x a·b) read row-major.

        Examples
        --------
        >>> Basis.from_rows([[0, 0, 3, 0]], (2, 2)).plain().terms
        ((0, 1, 0, Fraction(3, 1)),)
        """
        size = shape_of(shape)
        (count, width), entries = matrix(rows, "rows")
        if width != size[0] * size[1]:
            expected = f"{size[0] * size[1]} for matrices of shape {sized(size)}"
            raise BadInput(f"got {width} columns, expected {expected}", where="rows")
        basis = object.__new__(cls)
        basis._set(form=forms.Terms(size, count, tuple((i, *divmod(c, size[1]), v) for i, c, v in entries)))
        return basis

    def plain(self) -> forms.Terms:
        """The matrices as sparse terms."""
        return self.form

    @cached_property
    def size(self) -> int:
        """Non-zero entries of all matrices."""
        return len(self.form.terms)


@operator("terms")
@dataclass(frozen=True, init=False, repr=False)
class Terms(Factor):
    """M(h)[row, col] = sum of h[i] * value over the terms [i, row, col, value]; weights may be shared.

    Parameters
    ----------
    shape
        Rows and columns.
    parameters
        S.
    terms
        Lists [i, row, col, value]; positions may repeat and then add up.

    Examples
    --------
    >>> Terms((2, 2), 1, [[0, 0, 0, 1], [0, 1, 1, 1]])
    <terms: 1 parameters, 2 x 2>
    """

    shape: Shape
    parameters: int
    terms: tuple[tuple[int, int, int, Fraction], ...]

    def __init__(self, shape: Sequence[int], parameters: int, terms: Any) -> None:
        size, count = shape_of(shape), whole(parameters, "parameters", 1, 10**7)
        given = sequence(terms, "a list of [i, row, col, value]", "terms")
        few(len(given), "terms")
        found = tuple(_term(t, size, count, f"terms[{n}]") for n, t in enumerate(given))
        self._set(shape=size, parameters=count, terms=found)

    @classmethod
    def of(cls, form: forms.Terms) -> Terms:
        """The factor of a plain form whose terms are known to be right: millions of them are not looked at again."""
        few(len(form.terms), "terms")
        factor = object.__new__(cls)
        factor._set(shape=form.shape, parameters=form.parameters, terms=form.terms)
        return factor

    def plain(self) -> forms.Terms:
        """The same, as it stands in a statement."""
        return forms.Terms(self.shape, self.parameters, self.terms)

    @cached_property
    def size(self) -> int:
        """The number of terms."""
        return len(self.terms)


def _term(term: Any, shape: Shape, parameters: int, where: str) -> tuple[int, int, int, Fraction]:
    term = sequence(term, "[i, row, col, value]", where)
    if len(term) != 4:
        raise wrong(term, "[i, row, col, value]", where)
    limits = parameters, *shape
    i, row, col = (whole(term[n], f"{where}[{n}]", 0, limit - 1) for n, limit in enumerate(limits))
    return i, row, col, number(term[3], f"{where}[3]")


@operator("pattern")
@dataclass(frozen=True, init=False, repr=False)
class Pattern(Factor):
    """One parameter an entry, zero elsewhere.

    Parameters
    ----------
    shape
        Rows and columns.
    entries
        [row, col] pairs in the order of the parameters; or a scipy.sparse matrix (its stored entries, row-major) or a
        Boolean array of that shape.

    Examples
    --------
    >>> Pattern((2, 3), [[0, 2], [1, 0]]).plain().entries
    ((0, 2), (1, 0))
    """

    shape: Shape
    entries: tuple[tuple[int, int], ...]

    def __init__(self, shape: Sequence[int], entries: Any) -> None:
        size = shape_of(shape)
        self._set(shape=size, entries=positions(entries, size, "entries"))

    def plain(self) -> forms.Pattern:
        """The same, as it stands in a statement."""
        return forms.Pattern(self.shape, self.entries)


@operator("dense")
@dataclass(frozen=True, init=False, repr=False)
class Dense(Factor):
    """Every entry a parameter, row-major.

    Examples
    --------
    >>> Dense((2, 2)).plain().entries
    ((0, 0), (0, 1), (1, 0), (1, 1))
    """

    shape: Shape

    def __init__(self, shape: Sequence[int]) -> None:
        size = shape_of(shape)
        few(size[0] * size[1], "shape")
        self._set(shape=size)

    @cached_property
    def parameters(self) -> int:
        """Rows times columns."""
        return self.shape[0] * self.shape[1]

    def plain(self) -> forms.Pattern:
        """The pattern of all entries."""
        return forms.Pattern(self.shape, tuple(itertools.product(range(self.shape[0]), range(self.shape[1]))))


@operator("diagonal")
@dataclass(frozen=True, init=False, repr=False)
class Diagonal(Factor):
    """M(h) = diag(h).

    Parameters
    ----------
    size
        S, the number of rows and columns.

    Examples
    --------
    >>> Diagonal(2).plain().entries
    ((0, 0), (1, 1))
    """

    size: int

    def __init__(self, size: int) -> None:
        n = whole(size, "size", 1)
        few(n, "size")
        self._set(size=n)

    @cached_property
    def parameters(self) -> int:
        """The number of rows."""
        return self.size

    def plain(self) -> forms.Pattern:
        """The pattern of the diagonal."""
        return forms.Pattern((self.size, self.size), tuple((i, i) for i in range(self.size)))


@operator("circulant")
@dataclass(frozen=True, init=False, repr=False)
class Circulant(Factor):
    """Circular convolution: M[r, c] = h[i] where r - c = taps[i] mod length; every `stride`-th row is kept.

    Parameters
    ----------
    length
        N, the number of columns.
    taps
        Integers, different modulo N.
    stride
        Rows 0, stride, 2·stride, ... are kept: ceil(N / stride) of them.

    Examples
    --------
    >>> Circulant(64, taps=[0, 3])
    <circulant: 2 parameters, 64 x 64>
    """

    length: int
    taps: tuple[int, ...]
    stride: int

    def __init__(self, length: int, taps: Any, stride: int = 1) -> None:
        n = whole(length, "length", 1)
        cells = distinct_cells(taps, (n,), "circular", "taps")
        self._set(length=n, taps=tuple(t for (t,) in cells), stride=whole(stride, "stride", 1))

    @cached_property
    def parameters(self) -> int:
        """The number of taps."""
        return len(self.taps)

    def plain(self) -> forms.Taps:
        """One layer between one node and one node."""
        return single((self.length,), "circular", self.stride, [(t,) for t in self.taps])


@operator("toeplitz")
@dataclass(frozen=True, init=False, repr=False)
class Toeplitz(Factor):
    """Full (zero-padded) convolution: (length + largest tap) x length, then every `stride`-th row.

    Parameters
    ----------
    length
        n, the number of columns.
    taps
        Different integers >= 0.
    stride
        Rows 0, stride, 2·stride, ... are kept.

    Examples
    --------
    >>> Toeplitz(5, taps=[0, 2]).shape
    (7, 5)
    """

    length: int
    taps: tuple[int, ...]
    stride: int

    def __init__(self, length: int, taps: Any, stride: int = 1) -> None:
        n = whole(length, "length", 1)
        cells = distinct_cells(taps, (n,), "zero", "taps")
        self._set(length=n, taps=tuple(t for (t,) in cells), stride=whole(stride, "stride", 1))
        grid_fits(self.plain().full_grid, "taps")

    @cached_property
    def parameters(self) -> int:
        """The number of taps."""
        return len(self.taps)

    def plain(self) -> forms.Taps:
        """One layer between one node and one node."""
        return single((self.length,), "zero", self.stride, [(t,) for t in self.taps])


@operator("circulant2d")
@dataclass(frozen=True, init=False, repr=False)
class Circulant2D(Factor):
    """Two-dimensional circular convolution on a row-major grid.

    Parameters
    ----------
    shape
        [H, W], the grid; M(h) has H·W rows and columns.
    taps
        Pairs, different modulo the grid.

    Examples
    --------
    >>> Circulant2D((3, 4), taps=[[0, 0], [0, 1]])
    <circulant2d: 2 parameters, 12 x 12>
    """

    grid: tuple[int, int]
    taps: tuple[Cell, ...]

    def __init__(self, shape: Sequence[int], taps: Any) -> None:
        grid = shape_of(shape)
        grid_fits(grid, "shape")
        self._set(grid=grid, taps=tuple(distinct_cells(taps, grid, "circular", "taps")))

    @cached_property
    def parameters(self) -> int:
        """The number of taps."""
        return len(self.taps)

    def plain(self) -> forms.Taps:
        """One layer between one node and one node."""
        return single(self.grid, "circular", 1, self.taps)


@operator("fixed")
@dataclass(frozen=True, init=False, repr=False)
class Fixed(Factor):
    """A known matrix between factors; no parameter.

    Examples
    --------
    >>> Fixed([[1, 2], [3, 4]])
    <fixed: 0 parameters, 2 x 2>
    """

    form: forms.Known

    def __init__(self, matrix: Any) -> None:
        self._set(form=known(matrix, "matrix"))

    @classmethod
    def from_entries(cls, shape: Sequence[int], entries: Sequence[tuple[int, int, Any]]) -> Fixed:
        """The known matrix with these [row, column, value] entries, each position once, and zeros elsewhere.

        Examples
        --------
        >>> Fixed.from_entries((1, 2), [(0, 1, "1/3")]).plain().entries
        ((0, 1, Fraction(1, 3)),)
        """
        size = shape_of(shape)
        places = positions([entry[:2] for entry in entries], size, "entries")
        values = [number(entry[2], f"entries[{n}][2]") for n, entry in enumerate(entries)]
        fixed = object.__new__(cls)
        fixed._set(form=forms.Known(size, tuple((r, c, v) for (r, c), v in zip(places, values, strict=True) if v)))
        return fixed

    def plain(self) -> forms.Known:
        """The non-zero entries."""
        return self.form

    @cached_property
    def size(self) -> int:
        """Non-zero entries."""
        return len(self.form.entries)


@dataclass(frozen=True, init=False, repr=False)
class Symbolic(Factor):
    """A SymPy matrix whose entries are linear in the given symbols.

    Parameters
    ----------
    matrix
        A SymPy matrix a x b.
    symbols
        The parameters, in order.

    Raises
    ------
    BadInput
        When an entry is affine, not linear, or holds another symbol; the entry is named.

    Examples
    --------
    >>> import sympy
    >>> a, b = sympy.symbols("a b")
    >>> Symbolic(sympy.Matrix([[a, 2 * b], [0, a]]), [a, b]).plain().terms
    ((0, 0, 0, Fraction(1, 1)), (1, 0, 1, Fraction(2, 1)), (0, 1, 1, Fraction(1, 1)))
    """

    form: forms.Terms

    def __init__(self, matrix: Any, symbols: Sequence[Any]) -> None:
        if not hasattr(matrix, "is_Matrix"):
            raise wrong(matrix, "a SymPy matrix", "matrix")
        letters = list(symbols)
        if not letters or len(set(letters)) != len(letters) or not all(getattr(s, "is_Symbol", False) for s in letters):
            raise wrong(letters, "at least one SymPy symbol, none twice", "symbols")
        rows, cols = int(matrix.rows), int(matrix.cols)
        few(rows * cols, "matrix")
        if not rows * cols:
            raise wrong(matrix, "a matrix with at least one entry", "matrix")
        terms = [
            (i, r, c, v)
            for r in range(rows)
            for c in range(cols)
            for i, v in linear_part(matrix[r, c], letters, f"matrix[{r}, {c}]")
        ]
        self._set(form=forms.Terms((rows, cols), len(letters), tuple(terms)))

    def plain(self) -> forms.Terms:
        """The coefficients as sparse terms."""
        return self.form

    @cached_property
    def size(self) -> int:
        """Non-zero coefficients."""
        return len(self.form.terms)


def linear_part(entry: Any, symbols: Sequence[Any], where: str) -> list[tuple[int, Fraction]]:
    """The coefficients (i, value) of an entry that is linear in the symbols."""
    import sympy

    try:
        polynomial = sympy.Poly(entry, *symbols)
    except sympy.PolynomialError:
        raise wrong(str(entry), "an entry linear in the symbols: M(h) has to be a linear map", where) from None
    found = []
    for powers, coefficient in polynomial.terms():
        if coefficient == 0:
            continue
        if sum(powers) == 0:
            why = "affine factors are not supported, M(h) has to be linear in h; expected no constant term"
            raise BadInput(f"got {shown(str(entry))}: {why}", where=where)
        if sum(powers) > 1:
            raise wrong(str(entry), "an entry linear in the symbols: M(h) has to be a linear map", where)
        found.append((powers.index(1), number(coefficient, where)))
    return sorted(found)


def known(value: Any, where: str) -> forms.Known:
    """A known matrix in plain form."""
    shape, entries = matrix(value, where)
    return forms.Known(shape, entries)


def single(grid: Cell, boundary: str, stride: int, taps: Sequence[Cell]) -> forms.Taps:
    """A layer of one edge."""
    return forms.Taps(grid, boundary, stride, (1, 1), tuple((0, 0, tuple(t)) for t in taps))


def grid_fits(grid: Sequence[int], where: str) -> None:
    """Refuse a grid of more than 2^40 cells."""
    if math.prod(grid) > CELLS:
        raise BadInput(f"got a grid of {sized(grid)} cells, expected at most 2^40 in all", where=where)


def distinct_cells(taps: Any, grid: Cell, boundary: str, where: str) -> list[Cell]:
    """Taps as cells, reduced modulo the grid when circular, none twice.

    >>> distinct_cells([0, -1], (8,), "circular", "taps")
    [(0,), (7,)]
    """
    given = sequence(taps, "a list of taps", where)
    few(len(given), where)
    if not given:
        raise wrong(given, "at least one tap", where)
    return reduced([cell(t, len(grid), f"{where}[{n}]") for n, t in enumerate(given)], grid, boundary, where)


def cell(tap: Any, dimensions: int, where: str) -> Cell:
    """One tap as a tuple of integers."""
    if dimensions == 1:
        return (whole(tap, where, None, None),)
    pair = sequence(tap, "a pair of integers", where)
    if len(pair) != dimensions:
        raise wrong(pair, "a pair of integers", where)
    return tuple(whole(t, f"{where}[{d}]", None, None) for d, t in enumerate(pair))


def reduced(cells: Sequence[Cell], grid: Cell, boundary: str, where: str) -> list[Cell]:
    """The cells modulo the grid (circular) or as they are, >= 0 (zero boundary); none twice."""
    if boundary == "zero":
        places = list(cells)
        for n, tap in enumerate(cells):
            if min(tap) < 0 or max(tap) > CELLS:
                raise wrong(_tap(tap), "a tap between 0 and 2^40, the boundary being zero", f"{where}[{n}]")
    elif len(grid) == 1:
        places = [(t % grid[0],) for (t,) in cells]
    else:
        places = [(t % grid[0], u % grid[1]) for t, u in cells]
    if len(set(places)) < len(places):
        raise _repeated(cells, places, grid if boundary == "circular" else (), where)
    return places


def _repeated(cells: Sequence[Cell], places: Sequence[Cell], modulo: Cell, where: str) -> BadInput:
    seen: dict[Cell, int] = {}
    n = next(n for n, place in enumerate(places) if seen.setdefault(place, n) != n)
    same = f"the same tap{f' modulo {sized(modulo)}' if modulo else ''} as {where}[{seen[places[n]]}]"
    return BadInput(f"got {shown(_tap(cells[n]))}, {same}; expected each tap once", where=f"{where}[{n}]")


def _tap(tap: Cell) -> int | Cell:
    return tap[0] if len(tap) == 1 else tap
