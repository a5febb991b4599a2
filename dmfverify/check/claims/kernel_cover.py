"""A covering of the kernel's sphere: on each cell polynomials have signs that no real difference of two models has.

The lines of Ker A are w(x), x on the faces x_a = 1, |x_b| <= 1 of a cube.  A face is halved along one coordinate after
another; on each cell that is left the signs are read from intervals, in integers.  With T = P(h) - P(g) also -T is
excluded, so lines are enough.

With a bound of gamma a rule excludes all T closer to w(x) than |w(x)|/gamma.  Then every w of the kernel is at least
|w|/gamma away from the differences, which are a cone, and gamma is a bound of the null space constant.  Intervals are
wider by so much, and a determinant keeps its sign where that is less than the distance to the matrices without
rank: |det M|/|M| or more for order 2, |det M|/(norm of the 2 x 2 minors) or more for order 3.  The rules:

- `minor`: a 3 x 3 minor of a flattening of T is zero;
- `det`: the hyperdeterminant of a 2 x 2 x 2 subtensor of T is a square;

and where h and g are non-negative:

- `alone`: T is P(h) >= 0 where only h has a say, -P(g) <= 0 where only g has;
- `cross`: multi-indices p, n with the same indices in each mode have prod P(h)_p = prod P(h)_n, and so has g.  If all
  T_p > 0 and all T_n <= 0, then prod P(h)_p > prod P(g)_p = prod P(g)_n >= prod P(h)_n;
- `cycle`: columns j of two rows of a flattening are a y_j - c z_j, with minors -det(a, c)(y_j z_l - y_l z_j); the
  vectors (y_j, z_j) lie in a quadrant and do not go round;
- `forms`: a 2 x 2 x 2 subtensor a y z - a' y' z' and the form det(s T_..0 + t T_..1) = -det(a, a') det(y, y')
  (s z_0 + t z_1)(s z'_0 + t z'_1), whose three coefficients have the sign of -det(a, a') det(y, y') or vanish; likewise
  for the other modes, so that no product of three, one of each form, is positive.
"""

from itertools import product
from math import isqrt

from ..proved import UNIFORM
from ..strict import array, index, keys, one_of, prime, rational, require
from .kernel import expand
from .quartic import joined, read_rows_and_columns, read_subtensor
from .restricted_minors import covered, read_kernel

MAX_SUPPORTS = 1_000
MAX_CELLS = 20_000
PAIRS = ((1, 2), (0, 2), (0, 1))
UNIT = 2**40
"""Coordinates are multiples of 1/UNIT."""


def kernel_cover(claim, ledger, work):
    """No difference of two models lies in the kernel, over R."""
    keys(claim, ("kind", "prime", "items"), ("gamma",), "kernel-cover")
    statement, p = ledger.statement, prime(claim["prime"])
    require(statement.equivalence == "scale", "kernel-cover: the equivalence is not scale")
    require(statement.kind == "free" or statement.family_within(MAX_SUPPORTS), "more supports than are compared")
    gamma = _gamma(claim["gamma"], statement) if "gamma" in claim else None
    columns = expand(statement, work)
    boxes = [_item(item, statement, columns, p, gamma, work) for item in array(claim["items"], "items")]
    covered(statement, columns, boxes, p, work)
    ledger.fact(UNIFORM, "yes")
    if gamma is not None:
        ledger.high("dnsp.gamma", gamma)


def _gamma(raw, statement):
    """The bound; the item that holds the only model then has all coordinates, and the whole kernel."""
    gamma = rational(raw, "gamma")
    require(gamma >= 1, "gamma: less than 1")
    require(statement.kind == "free", "kernel-cover: a bound of gamma where the model has supports")
    return gamma


def _item(item, statement, columns, p, gamma, work):
    """Ker A and the differences P(left) - P(right) have only 0 in common."""
    keys(item, ("left", "right", "kernel", "cells"), (), "item")
    left, right, part, basis = read_kernel(item, statement, columns, p, work)
    size = max((abs(x) for v in basis for x in v), default=0).bit_length() + UNIT.bit_length()
    for a, cells in enumerate(array(item["cells"], "cells", len(basis))):
        require(len(array(cells, "cells")) <= MAX_CELLS, "cells: more than the checker takes")
        stack = [[(UNIT, UNIT) if b == a else (-UNIT, UNIT) for b in range(len(basis))]]
        for entry in cells:
            require(stack, "cells: more than the face has")
            box = stack.pop()
            if type(entry) is int:
                stack += _halves(box, index(entry, len(box), "cells"))
            else:
                work.spend(2 * len(part.where) * len(basis) + 200, 4 * size)
                _excluded(entry, _Cell(part, basis, box, gamma), statement)
        require(not stack, "cells: a part of a face is in none")
    return left, right


def _halves(box, b):
    """The two halves along a coordinate, the lower one on top."""
    low, high = box[b]
    require((high - low) % 2 == 0 and low < high, "cells: an interval that cannot be halved")
    middle = (low + high) // 2
    return [[x if k != b else half for k, x in enumerate(box)] for half in ((middle, high), (low, middle))]


class _Cell:
    """Intervals of the coordinates of w(x), x in a box, and of all T closer than `reach`, at least |w(x)|/gamma."""

    def __init__(self, part, basis, box, gamma):
        self.part, self.own = part, {}
        for place, multi in enumerate(part.multi):
            ends = [sorted((v[place] * low, v[place] * high)) for v, (low, high) in zip(basis, box, strict=True)]
            self.own[multi] = (sum(x for x, _ in ends), sum(y for _, y in ends))
        self.reach = isqrt(int(_norm(self.own.values()) / gamma**2)) + 1 if gamma is not None else 0
        self.range = {multi: (low - self.reach, high + self.reach) for multi, (low, high) in self.own.items()}

    def at(self, order, *pieces):
        """The interval of T at the multi-index with the pieces at the modes in `order`; zero outside the two boxes."""
        return self.range.get(joined(order, *pieces), (0, 0))

    def of(self, order, *pieces):
        """The interval of w(x) there."""
        return self.own.get(joined(order, *pieces), (0, 0))

    def lasting(self, value, entries):
        """The sign that a polynomial has on all T closer than `reach`, if its zeros are |value|/|entries| away."""
        return _sign(value) if max(value[0], -value[1]) ** 2 > self.reach**2 * _norm(entries) else 0


def _norm(intervals):
    """The greatest sum of squares."""
    return sum(max(x * x for x in ends) for ends in intervals)


def _plus(a, b):
    return a[0] + b[0], a[1] + b[1]


def _minus(a, b):
    return a[0] - b[1], a[1] - b[0]


def _times(a, b):
    ends = (a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1])
    return min(ends), max(ends)


def _sign(a):
    """1 or -1 where it is certain, else 0."""
    return (a[0] > 0) - (a[1] < 0)


def _determinant(a, b, c, d):
    return _minus(_times(a, d), _times(b, c))


def _excluded(entry, cell, statement):
    """The rule shows that no w(x) in the cell is a difference."""
    rule, *raw = array(entry, "cells", 4 if array(entry, "cells")[:1] in (["minor"], ["cycle"]) else 3)
    free = {"minor": _minor, "det": _det}
    signed = {"alone": _alone, "cross": _cross, "cycle": _cycle, "forms": _forms}
    one_of(rule, (*free, *signed), "cells")
    require(rule in free or statement.family.nonnegative, f"{rule}: the model is not non-negative")
    require((free | signed)[rule](raw, cell, statement), f"{rule}: the signs are not certain on a cell")


def _minor(raw, cell, statement):
    modes, rest, rows, cols = read_rows_and_columns(raw, 3, 3, statement, "minor")
    M = [[cell.of([*modes, *rest], i, j) for j in cols] for i in rows]
    two = [[_determinant(M[i][j], M[i][k], M[m][j], M[m][k]) for j, k in PAIRS] for i, m in PAIRS]
    (a, b, c), (d, e, f) = M[0], two[0]
    return cell.lasting(_plus(_minus(_times(a, d), _times(b, e)), _times(c, f)), sum(two, [])) != 0


def _subtensor(raw, at, statement, what):
    order, pairs = read_subtensor(raw, statement, what)
    return {ijk: at(order, *(pairs[k][i] for k, i in enumerate(ijk))) for ijk in product((0, 1), repeat=3)}


def _coefficients(t, mode):
    """Those of det(s T_0 + t T_1), T_0 and T_1 the slices along a mode, and the entries in each."""
    (a, b, c, d), (e, f, g, h) = slices = [
        [t[(*ij[:mode], k, *ij[mode:])] for ij in product((0, 1), repeat=2)] for k in (0, 1)
    ]  # fmt: skip
    middle = _plus(_determinant(a, b, g, h), _determinant(e, f, c, d))
    return [(_determinant(a, b, c, d), slices[0]), (middle, sum(slices, [])), (_determinant(e, f, g, h), slices[1])]


def _det(raw, cell, statement):
    (first, _), (middle, _), (last, _) = _coefficients(_subtensor(raw, cell.at, statement, "det"), 2)
    ends = sorted(map(abs, middle))
    square = (0 if _sign(middle) == 0 else ends[0] ** 2, ends[1] ** 2)
    return _sign(_minus(square, _times((4, 4), _times(first, last)))) < 0


def _forms(raw, cell, statement):
    t = _subtensor(raw, cell.of, statement, "forms")
    signs = [{cell.lasting(*x) for x in _coefficients(t, mode)} for mode in range(3)]
    if any({1, -1} <= s for s in signs):
        return True
    return sum(-1 in s for s in signs) in (0, 2) and all(s & {1, -1} for s in signs)


def _alone(raw, cell, statement):
    names = [_multi(m, statement) for m in raw]
    sides = [cell.part.inside.get(m) for m in names]
    require(all(s in ([True, False], [False, True]) for s in sides), "alone: an entry that both or none have a say in")
    first, second = (_sign(cell.range[m]) * (1 if s[0] else -1) for m, s in zip(names, sides, strict=True))
    return first * second < 0


def _cross(raw, cell, statement):
    plus, minus = ([_multi(m, statement) for m in array(part, "cross")] for part in raw)
    modes = [[sorted(m[k] for m in part) for k in range(statement.K)] for part in (plus, minus)]
    require(plus and modes[0] == modes[1], "cross: other indices on one side than on the other")
    above, below = ([cell.at(range(statement.K), m) for m in part] for part in (plus, minus))
    up = all(x[0] > 0 for x in above) and all(x[1] <= 0 for x in below)
    return up or (all(x[1] < 0 for x in above) and all(x[0] >= 0 for x in below))


def _multi(raw, statement):
    """A multi-index."""
    return tuple(index(i, n, "cells") for i, n in zip(array(raw, "cells", statement.K), statement.sizes, strict=True))


def _cycle(raw, cell, statement):
    modes, rest, rows, cols = read_rows_and_columns(raw, 2, 3, statement, "cycle")
    (a, b, c), (d, e, f) = ([cell.of([*modes, *rest], i, j) for j in cols] for i in rows)
    four = ((a, b, d, e), (b, c, e, f), (c, a, f, d))
    return abs(sum(cell.lasting(_determinant(*entries), entries) for entries in four)) == 3
