"""Reading hostile JSON: every value is looked at before it is used.

`require` is the only way to refuse.  The readers below hold one requirement each, so that a test
can delete any of them and see a forgery pass.
"""

import json
import math
import re
from fractions import Fraction
from math import inf

MAX_BYTES = 256 * 2**20
MAX_DIGITS = 1_000
MAX_DEPTH = 16
MAX_VALUES = 30_000_000
"""Commas and brackets in a file: what it may cost in memory to read it."""
MAX_BITS = 10**9
"""Bits of all entries of a list over their common denominator."""
WORK_LIMIT = 4 * 10**8
"""Steps of about 0.1 microseconds (a sparse entry touched) that one claim may cost."""
MAX_ENTRIES = 4_000_000
"""Sparse entries that are held at once."""

RATIONAL = re.compile(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?", re.ASCII)
HEXADECIMAL = re.compile(r"-?0x[1-9a-f][0-9a-f]*", re.ASCII)


class Rejected(Exception):
    """The certificate is invalid, and why."""


def require(condition, reason):
    """Refuse with `reason` unless `condition` holds."""
    if not condition:
        raise Rejected(reason)


def read_json(data, what):
    """The JSON value in `data` (bytes), without floats, booleans, NaN or duplicate keys."""
    return _loads(data, what, _no_number, booleans=False)


def read_result(data, what):
    """The JSON value in a result file, which may hold floats: timings and estimates."""
    return _loads(data, what, float, booleans=True)


def _loads(data, what, on_float, booleans):
    require(len(data) <= MAX_BYTES, f"{what}: more than {MAX_BYTES} bytes")
    require(sum(map(data.count, (b",", b"[", b"{"))) <= MAX_VALUES, f"{what}: more than {MAX_VALUES} values")
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_float=on_float,
            parse_constant=_no_number,
            parse_int=_small_integer,
        )
    except RecursionError:
        raise Rejected(f"{what}: nested too deeply") from None
    except ValueError as error:
        raise Rejected(f"{what}: not JSON ({str(error)[:80]})") from None
    _walk(value, what, booleans)
    return value


def _unique(pairs):
    found = dict(pairs)
    require(len(found) == len(pairs), "duplicate key in an object")
    return found


def _no_number(literal):
    raise Rejected(f"{literal[:20]} is not an integer")


def _small_integer(literal):
    require(len(literal.lstrip("-")) <= MAX_DIGITS, "integer with more than 1,000 digits")
    return int(literal)


def _walk(value, what, booleans):
    """Refuse nesting beyond MAX_DEPTH, and booleans unless they are allowed, without recursion."""
    level, depth = [value], 0
    while level:
        depth += 1
        require(depth <= MAX_DEPTH, f"{what}: nested too deeply")
        below = []
        for item in level:
            require(booleans or type(item) is not bool, f"{what}: a boolean where none is allowed")
            if type(item) is list:
                below.extend(x for x in item if type(x) is not int and type(x) is not str)
            elif type(item) is dict:
                below.extend(item.values())
        level = below


def keys(value, names, optional, what):
    """`value` as an object with exactly the keys in `names`, and perhaps some in `optional`."""
    require(type(value) is dict, f"{what}: not an object")
    missing, unknown = set(names) - set(value), set(value) - set(names) - set(optional)
    require(not missing, f"{what}: missing key {shown(min(missing, default=None))}")
    require(not unknown, f"{what}: unknown key {shown(min(unknown, default=None))}")
    return value


def shown(value):
    """Something read from a file, fit for one line of a terminal."""
    return ascii(value)[:60]


def array(value, what, length=None):
    """`value` as a list, of the given length if one is given."""
    require(type(value) is list, f"{what}: not a list")
    require(length is None or len(value) == length, f"{what}: {len(value)} items, expected {length}")
    return value


def index(value, below, what):
    """`value` as an integer in 0 <= value < below."""
    require(type(value) is int and 0 <= value < below, f"{what}: not an integer in 0..{below - 1}")
    return value


def indices(value, below, what):
    """`value` as a non-empty, strictly increasing list of integers in 0 <= value < below."""
    found = [index(i, below, what) for i in array(value, what)]
    require(found and all(a < b for a, b in zip(found, found[1:], strict=False)), f"{what}: not sorted, or empty")
    return found


def integer(value, what):
    """Integer evidence: a JSON integer, or hexadecimal in a string."""
    if type(value) is str:
        require(HEXADECIMAL.fullmatch(value), f"{what}: not a hexadecimal integer")
        return int(value, 16)
    require(type(value) is int, f"{what}: not an integer")
    return value


def integers(value, length, what):
    """A list of `length` integers of evidence."""
    return [integer(x, what) for x in array(value, what, length)]


def rational(value, what):
    """A canonical rational string as a Fraction."""
    require(
        type(value) is str and RATIONAL.fullmatch(value) and max(map(len, value.lstrip("-").split("/"))) <= MAX_DIGITS,
        f"{what}: not a rational",
    )
    return Fraction(value)


def over_common_denominator(values, what):
    """(d, integers) with `values` the integers divided by d; refused before it gets long."""
    den = 1
    for x in values:
        if den % x.denominator:
            den = math.lcm(den, x.denominator)
            require(den.bit_length() * len(values) <= MAX_BITS, f"{what}: a common denominator that is too long")
    return den, [x.numerator * (den // x.denominator) for x in values]


def value(string, what):
    """A rational, or infinity for "inf"."""
    return inf if string == "inf" else rational(string, what)


def bracket(pair, what):
    """A pair [lo, hi] of values with 0 <= lo <= hi and lo finite."""
    low, high = (value(x, what) for x in array(pair, what, 2))
    require(0 <= low <= high and low != inf, f"{what}: not a bracket")
    return low, high


def one_of(value, names, what):
    """`value` as one of the strings in `names`."""
    require(type(value) is str and value in names, f"{what}: not one of {', '.join(names)}")
    return value


def prime(value, what="prime"):
    """`value` as a prime below 2^20."""
    require(type(value) is int and 2 < value < 2**20, f"{what}: not an integer between 3 and 2^20")
    require(all(value % d for d in range(2, 1025) if d * d <= value), f"{what}: {value} is not prime")
    return value


def text(number):
    """The canonical string of a Fraction, an integer or infinity."""
    if number == inf:
        return "inf"
    number = Fraction(number)
    return str(number.numerator) if number.denominator == 1 else f"{number.numerator}/{number.denominator}"


class Work:
    """A counter of steps against the stated limit; a step with long integers counts for more."""

    def __init__(self, bits=1, limit=WORK_LIMIT):
        self.left, self.bits = limit, bits

    def carry(self, bits):
        """From now on integers may have so many more bits."""
        self.bits += bits

    def spend(self, steps, bits=None):
        """Count `steps` before they are done."""
        kilobits = (self.bits if bits is None else bits) >> 10
        self.left -= steps * (1 + 16 * kilobits * math.isqrt(kilobits))
        require(self.left >= 0, "the claim costs more than the checker's work limit")

    def hold(self, entries):
        """Refuse to keep more than so many sparse entries."""
        require(entries <= MAX_ENTRIES, "more entries than the checker holds")
