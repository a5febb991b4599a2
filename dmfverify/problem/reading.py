"""From whatever a user hands over to exact numbers, indices and sparse matrices.

Main definitions
    `number`, `whole`, `text_of`   one value
    `matrix`, `stack`, `positions` lists, numpy arrays, scipy.sparse and SymPy matrices
    `at`                           puts a key in front of the place that an error names

Floats mean the binary fractions that they hold.  Every size is compared with its limit before anything is
expanded.  Errors are `BadInput` whose `where` is a key relative to the caller.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..errors import BadInput, MissingExtra, quoted
from ..exact import rational
from .forms import Triple

ENTRIES = 10**7
"""Explicit entries (non-zeros, positions, taps) that a case may hold."""
CELLS = 2**40
"""Rows, columns and grid cells."""
FACTORS = 1_000
"""K, the factors with parameters."""
DIGITS = 1_000
EXPONENT = 1_000
MARK = "\0"
"""First character of a literal that the text check refused: the reader of the value says so, with its key."""
COMPLEX = "complex numbers are not supported, all of it is about real parameters"

Shape = tuple[int, int]
_TOO_LONG = 10**DIGITS
_FRACTION = re.compile(r"[+-]?[0-9]+(/[0-9]+)?", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?", re.ASCII)
_COMPLEX = re.compile(r"[-+0-9./eE \t]*[0-9][ \t]*\*?[ \t]*[ijIJ]\)?|\(?[-+0-9./eE ]+[-+][-+0-9./eE ]*[ijIJ]\)?")


def join(key: str, inner: str) -> str:
    """The path of `inner` inside `key`.

    >>> join("factors[1]", "taps[0]"), join("factors", "[1]"), join("data", "")
    ('factors[1].taps[0]', 'factors[1]', 'data')
    """
    return key + inner if not key or not inner or inner.startswith("[") else f"{key}.{inner}"


@contextmanager
def at(key: str) -> Iterator[None]:
    """Errors from the body name their place inside `key`."""
    try:
        yield
    except MissingExtra:
        raise
    except BadInput as error:
        raise type(error)(error.problem, where=join(key, error.where), hint=error.hint) from None


def shown(value: object) -> str:
    """`value` as an error message shows it.

    >>> shown([1, 2]), shown([[1]]), shown([]), shown(True), shown("a")
    ('[1, 2]', 'a list of 1', 'an empty list', 'true', "'a'")
    """
    if isinstance(value, str):
        return quoted(value[1:], 40).strip("'") if value.startswith(MARK) else quoted(value)
    if isinstance(value, bool) or value is None:
        return "nothing" if value is None else str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, (list, tuple)):
        return _shown_list(value)
    if isinstance(value, int) and abs(value) >= 10**40:
        return f"an integer of {value.bit_length()} bits"
    if hasattr(value, "shape") and getattr(value, "shape", ()) != ():
        return f"an array of shape {sized(value.shape)}"
    return quoted(value)


def _shown_list(values: Sequence[Any]) -> str:
    if 0 < len(values) <= 4 and all(type(v) is int and abs(v) < 10**12 for v in values):
        return str(list(values))
    return f"a list of {len(values)}" if values else "an empty list"


def sized(shape: Sequence[int]) -> str:
    """A shape in words.

    >>> sized((3, 4))
    '3 x 4'
    """
    return " x ".join(str(n) for n in shape) or "a single number"


def wrong(value: object, expected: str, where: str = "", hint: str = "") -> BadInput:
    """The error for a value that is not what is expected."""
    return BadInput(f"got {shown(value)}, expected {expected}", where=where, hint=hint)


def number(value: object, where: str = "") -> Fraction:
    """The exact rational that `value` denotes.

    Parameters
    ----------
    value
        Integer, Fraction, Decimal, float, a string such as ``"-3/7"`` or ``"0.25"``, a numpy or SymPy scalar.

    Raises
    ------
    BadInput
        For anything else, and for more than 1,000 digits in numerator or denominator.

    Examples
    --------
    >>> number("-3/7"), number(0.5)
    (Fraction(-3, 7), Fraction(1, 2))
    """
    if isinstance(value, str):
        result = _from_text(value, where)
    else:
        if _is_complex(value):
            raise BadInput(f"got {shown(value)}: {COMPLEX}", where=where)
        if isinstance(value, Decimal) and value.is_finite():
            _check_exponent(value, where)
        try:
            result = Fraction(value) if isinstance(value, Decimal) else rational(value)
        except (ValueError, TypeError, OverflowError):
            raise wrong(value, 'a number: an integer, a decimal or a string such as "-3/7"', where) from None
    if abs(result.numerator) >= _TOO_LONG or result.denominator >= _TOO_LONG:
        sides = "in numerator and denominator"
        raise BadInput(f"got more than {DIGITS:,} digits, expected at most {DIGITS:,} {sides}", where=where)
    return result


def _is_complex(value: object) -> bool:
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return (
        isinstance(value, complex)
        or kind == "c"
        or (getattr(value, "is_number", False) is True and getattr(value, "is_real", None) is False)
    )


def _check_exponent(value: Decimal, where: str) -> None:
    exponent = value.as_tuple().exponent
    if abs(value.adjusted()) > 2 * EXPONENT or abs(int(exponent)) > 2 * EXPONENT:
        raise BadInput(
            f"got an exponent of {exponent}, expected one between -{EXPONENT:,} and {EXPONENT:,}", where=where
        )


def _from_text(text: str, where: str) -> Fraction:
    if text.startswith(MARK):
        raise BadInput(f"got {shown(text)}, {refusal(text)}", where=where)
    if len(text) <= 2 * DIGITS + 10:
        if _FRACTION.fullmatch(text):
            top, _, bottom = text.partition("/")
            if not bottom or bottom.strip("0"):
                return Fraction(int(top), int(bottom or "1"))
            raise BadInput(f"got {quoted(text)}, expected a denominator that is not zero", where=where)
        found = _DECIMAL.fullmatch(text)
        if found and abs(int(found[1] or "0")) <= EXPONENT:
            return Fraction(text)
        if found:
            raise BadInput(
                f"got {quoted(text)}, expected an exponent between -{EXPONENT:,} and {EXPONENT:,}", where=where
            )
        if _COMPLEX.fullmatch(text.strip()):
            raise BadInput(f"got {quoted(text)}: {COMPLEX}", where=where)
    raise wrong(text, 'a number: an integer, a decimal or a string such as "-3/7"', where)


def refusal(marked: str) -> str:
    """Why the text check refused a literal."""
    literal = marked[1:].lstrip("+-").lower()
    if literal in ("inf", "nan"):
        return "expected a finite number"
    if literal[:2] in ("0x", "0o", "0b"):
        return "expected a decimal number"
    digits = sum(c.isdigit() for c in literal.partition("e")[0])
    if digits > DIGITS:
        return f"a number of {digits:,} digits, expected at most {DIGITS:,}"
    return f"expected an exponent between -{EXPONENT:,} and {EXPONENT:,}"


def whole(value: object, where: str = "", least: int | None = 0, most: int | None = CELLS) -> int:
    """`value` as an integer between `least` and `most`.

    >>> whole(3, "length", 1)
    3
    """
    if isinstance(value, str) and value.startswith(MARK):
        raise BadInput(f"got {shown(value)}, {refusal(value)}", where=where)
    if isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", "i") == "b":
        raise wrong(value, _range(least, most), where)
    try:
        result = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise wrong(value, _range(least, most), where) from None
    if (least is not None and result < least) or (most is not None and result > most):
        raise wrong(result, _range(least, most), where)
    return result


def _range(least: int | None, most: int | None) -> str:
    if most is None or most == CELLS:
        top = "" if most is None else " and at most 2^40"
        return "an integer" if least is None else f"an integer of at least {least}{top}"
    if least is None or most < least:
        return f"an integer of at most {most}"
    return f"an integer between {least} and {most}" if least < most else str(least)


def sequence(value: object, expected: str, where: str = "") -> Sequence[Any]:
    """`value` as a list; numpy arrays and tuples are lists too."""
    if hasattr(value, "tolist") and getattr(value, "shape", ()) != ():
        value = value.tolist()
    if isinstance(value, (list, tuple, range)):
        return value
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise wrong(value, expected, where)


def shape_of(value: object, where: str = "shape") -> Shape:
    """`value` as a pair of positive integers."""
    pair = sequence(value, "[rows, columns]", where)
    if len(pair) != 2:
        raise wrong(pair, "[rows, columns]", where)
    return whole(pair[0], f"{where}[0]", 1), whole(pair[1], f"{where}[1]", 1)


def few(count: int, where: str = "") -> None:
    """Refuse more explicit entries than a case may hold, before they are expanded."""
    if count > ENTRIES:
        given = count if count < 10**30 else "far more than 10^30"
        raise BadInput(f"got {given} explicit entries, expected at most 10^7", where=where)


# -- arrays ------------------------------------------------------------------------------------------


def is_array(value: object) -> bool:
    """Whether `value` is a numpy array of numbers (not of Python objects)."""
    looks = all(hasattr(value, name) for name in ("dtype", "ndim", "__array__"))
    return looks and value.dtype.kind != "O"  # type: ignore[attr-defined]


def check_array(array: Any, where: str = "") -> Any:
    """The numpy array itself when every entry is a finite real number of at most 64 bits."""
    import numpy as np

    array = np.asarray(array)
    kind = array.dtype.kind
    if kind == "c":
        raise BadInput(f"got an array of {array.dtype}: {COMPLEX}", where=where)
    if kind not in "iuf" or array.dtype.itemsize > 8:
        raise BadInput(f"got an array of {array.dtype}, expected integers or floats of at most 64 bits", where=where)
    if kind == "f" and not np.isfinite(array).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise BadInput(f"got {array[place]} at {list(place)}, expected finite numbers", where=where)
    few(int(np.count_nonzero(array)), where)
    return array


def _nonzeros(array: Any) -> Iterator[tuple[Any, ...]]:
    """(*index, value) of the non-zero entries in row-major order."""
    index = array.nonzero()
    cache: dict[Any, Fraction] = {}
    values = [cache.get(v) or cache.setdefault(v, Fraction(v)) for v in array[index].tolist()]
    return zip(*(axis.tolist() for axis in index), values, strict=True)


def matrix(value: object, where: str = "") -> tuple[Shape, tuple[Triple, ...]]:
    """Shape and non-zero entries, row-major, of a matrix.

    Parameters
    ----------
    value
        Nested lists, a numpy array (a x b), a scipy.sparse matrix or a SymPy matrix.

    Examples
    --------
    >>> matrix([[1, 0], [0, "1/2"]])
    ((2, 2), ((0, 0, Fraction(1, 1)), (1, 1, Fraction(1, 2))))
    """
    if hasattr(value, "tocoo"):
        return _sparse(value, where)
    if is_array(value):
        array = check_array(value, where)
        if array.ndim != 2 or 0 in array.shape:
            raise wrong(array, "a matrix", where)
        return (int(array.shape[0]), int(array.shape[1])), tuple(_nonzeros(array))
    rows = sequence(value, "a matrix: a list of rows", where)
    return _rows(rows, where)


def _sparse(value: Any, where: str) -> tuple[Shape, tuple[Triple, ...]]:
    coo = value.tocoo()
    few(int(coo.nnz), where)
    if len(coo.shape) != 2:
        raise wrong(coo, "a matrix", where)
    if coo.dtype.kind != "O":
        check_array(coo.data, where)
    total: dict[tuple[int, int], Fraction] = {}
    for r, c, v in zip(coo.row.tolist(), coo.col.tolist(), coo.data.tolist(), strict=True):
        total[r, c] = total.get((r, c), 0) + number(v, where)
    shape = whole(coo.shape[0], where, 1), whole(coo.shape[1], where, 1)
    return shape, tuple((r, c, v) for (r, c), v in sorted(total.items()) if v)


def _rows(rows: Sequence[Any], where: str) -> tuple[Shape, tuple[Triple, ...]]:
    found: list[Triple] = []
    width = None
    for r, row in enumerate(rows):
        place = f"{where}[{r}]"
        row = sequence(row, "a row: a list of numbers", place)
        width = len(row) if width is None else width
        if len(row) != width or not row:
            raise wrong(row, f"a row of {width}, as row 0" if width else "a row with at least one number", place)
        found.extend((r, c, v) for c, v in enumerate(numbers(row, place)) if v)
    if width is None:
        raise wrong(rows, "a matrix with at least one row", where)
    few(len(found), where)
    return (len(rows), width), tuple(found)


_SMALL = {i: Fraction(i) for i in range(-64, 65)}


def numbers(values: Sequence[Any], where: str = "") -> list[Fraction]:
    """The exact rationals of a list."""
    found = []
    for i, v in enumerate(values):
        if type(v) is int and v in _SMALL:  # a bool would compare equal to 0 or 1
            found.append(_SMALL[v])
        else:
            try:
                found.append(number(v))
            except BadInput as error:
                raise BadInput(error.problem, where=f"{where}[{i}]", hint=error.hint) from None
    return found


def stack(value: object, where: str = "") -> tuple[Shape, int, tuple[tuple[int, int, int, Fraction], ...]]:
    """Shape, length and terms (i, row, column, value) of a list of matrices of one shape.

    >>> stack([[[1, 0]], [[0, 2]]])
    ((1, 2), 2, ((0, 0, 0, Fraction(1, 1)), (1, 0, 1, Fraction(2, 1))))
    """
    if is_array(value):
        array = check_array(value, where)
        if array.ndim != 3 or 0 in array.shape:
            raise wrong(array, "an array S x a x b", where)
        return (int(array.shape[1]), int(array.shape[2])), int(array.shape[0]), tuple(_nonzeros(array))
    if hasattr(value, "tocoo"):
        raise wrong(value, "a list of matrices", where)
    if hasattr(value, "is_Matrix"):
        raise wrong(value, "a list of matrices", where)
    return _stack(sequence(value, "a list of matrices", where), where)


def _stack(matrices: Sequence[Any], where: str) -> tuple[Shape, int, tuple[tuple[int, int, int, Fraction], ...]]:
    if not matrices:
        raise wrong(matrices, "at least one matrix", where)
    shape: Shape | None = None
    terms: list[tuple[int, int, int, Fraction]] = []
    for i, one in enumerate(matrices):
        size, entries = matrix(one, f"{where}[{i}]")
        shape = shape or size
        if size != shape:
            raise BadInput(f"got a {sized(size)} matrix, expected {sized(shape)} as {where}[0]", where=f"{where}[{i}]")
        terms.extend((i, r, c, v) for r, c, v in entries)
        few(len(terms), where)
    assert shape is not None
    return shape, len(matrices), tuple(terms)


def positions(value: object, shape: Shape, where: str = "") -> tuple[tuple[int, int], ...]:
    """[row, column] pairs inside `shape`, none twice.

    Parameters
    ----------
    value
        Pairs, an n x 2 integer array, a Boolean array of shape `shape`, or a scipy.sparse matrix (its stored entries).
    """
    if hasattr(value, "tocoo"):
        coo = value.tocoo()
        _same_shape(coo.shape, shape, where)
        value = sorted(zip(coo.row.tolist(), coo.col.tolist(), strict=True))
    elif getattr(getattr(value, "dtype", None), "kind", "") == "b":
        _same_shape(value.shape, shape, where)  # type: ignore[attr-defined]
        value = list(zip(*(axis.tolist() for axis in value.nonzero()), strict=True))  # type: ignore[attr-defined]
    pairs = sequence(value, "a list of [row, column] pairs", where)
    few(len(pairs), where)
    if not pairs:
        raise wrong(pairs, "at least one [row, column] pair", where)
    found: dict[tuple[int, int], int] = {}
    for n, pair in enumerate(pairs):
        place = f"{where}[{n}]"
        entry = _position(pair, shape, place)
        if entry in found:
            first = f"{where}[{found[entry]}]"
            raise BadInput(f"got {list(entry)} again, as in {first}; expected each position once", where=place)
        found[entry] = n
    return tuple(found)


def _same_shape(given: Sequence[int], shape: Shape, where: str) -> None:
    if tuple(given) != shape:
        raise BadInput(f"got a {sized(given)} matrix, expected {sized(shape)} as shape says", where=where)


def _position(pair: object, shape: Shape, where: str) -> tuple[int, int]:
    pair = sequence(pair, "a [row, column] pair", where)
    if len(pair) != 2:
        raise wrong(pair, "a [row, column] pair", where)
    return whole(pair[0], f"{where}[0]", 0, shape[0] - 1), whole(pair[1], f"{where}[1]", 0, shape[1] - 1)


def words(value: object, where: str, limit: int = 10_000) -> str:
    """`value` as a string of data: any characters, a bounded number of them."""
    if not isinstance(value, str) or value.startswith(MARK):
        raise wrong(value, "a string", where)
    if len(value) > limit:
        raise BadInput(f"got {len(value):,} characters, expected at most {limit:,}", where=where)
    return value


def one_of(value: object, choices: Sequence[str], where: str) -> str:
    """`value` when it is one of `choices`; otherwise the error lists them and suggests the closest."""
    if isinstance(value, str) and value in choices:
        return value
    raise wrong(value, listed(choices), where, nearest(value, choices))


def listed(choices: Sequence[str]) -> str:
    """Words in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b or c'
    """
    return ", ".join(choices[:-1]) + " or " + choices[-1] if len(choices) > 1 else choices[0]


def nearest(value: object, choices: Sequence[str]) -> str:
    """``"did you mean 'taps'?"`` when one choice is close.

    >>> nearest("tap", ["taps", "stride"])
    "did you mean 'taps'?"
    """
    import difflib

    close = difflib.get_close_matches(value[:60], choices, 1, 0.65) if isinstance(value, str) else []
    return f"did you mean {close[0]!r}?" if close else ""
