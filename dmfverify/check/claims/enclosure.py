"""Existence of two parameters with one product: Krawczyk's test, and roots of a polynomial.

Main definitions
    `enclosure`      a box of parameters that holds a real solution (Krawczyk 1969, Brouwer)
    `field_witness`  parameters in Q[t]/(p), at a real root of p or, for over_C, at any root
"""

from fractions import Fraction
from math import prod

from ..algebra import largest, pivots_mod
from ..lifting import Columns, product
from ..proved import OVER_C, UNIFORM
from ..ring import MARK, Interval, Residue
from ..strict import Work, array, index, integer, integers, keys, prime, rational, require

MAX_UNKNOWNS = 400
MAX_DEGREE = 40
DIGITS_BITS = 4_000
"""Bits of a rational of 1,000 digits, and a few more."""
ENCLOSURE = ("h", "g", "solved", "radius", "bits", "equations", "relations", "prime", "preconditioner", "scale")


def enclosure(claim, ledger, work):
    """A box about rational centres holds h and g with one product and different path products."""
    keys(claim, ("kind", *ENCLOSURE, "coordinate"), (), "enclosure")
    statement = ledger.statement
    box = _Box(claim, statement)
    require(box.allowed(statement), "enclosure: the box is not in the model")
    coordinate = read_coordinate(claim["coordinate"], statement)
    bits = sum(x.bit_length() for side in box.outer for part in side for x in (part[0].low, part[0].high))
    work.carry(bits // max(1, sum(statement.sizes)))
    rows = _rows(statement, box, work)
    chosen = [index(e, len(rows), "equations") for e in array(claim["equations"], "equations", len(box.solved))]
    require(len(set(chosen)) == len(chosen), "equations: repeated")
    _complete(claim, statement, box, rows, chosen, work)
    _contracts(claim, statement, box, [rows[e] for e in chosen], work)
    left, right = (prod(part[i] for part, i in zip(side, coordinate, strict=True)) for side in box.outer)
    require(not (left - right).holds_zero(), "enclosure: the coordinate does not tell the classes apart")
    ledger.fact(UNIFORM, "no")
    ledger.witnesses.append((claim["h"], claim["g"], claim["radius"]))


class _Box:
    """The centre and the box about it: `inner` and `outer`, lists over (h, g) of factors of intervals."""

    def __init__(self, claim, statement):
        self.centre = [statement.read_parameters(claim[name], name) for name in "hg"]
        self.radius = rational(claim["radius"], "radius")
        require(self.radius > 0, "radius: not positive")
        self.bits = claim["bits"]
        require(type(self.bits) is int and 16 <= self.bits <= 4096, "bits: not an integer in 16..4096")
        self.solved = [_variable(v, statement) for v in array(claim["solved"], "solved")]
        require(0 < len(self.solved) <= MAX_UNKNOWNS, f"solved: not between 1 and {MAX_UNKNOWNS} variables")
        self.free = set(self.solved)
        require(len(self.free) == len(self.solved), "solved: repeated")
        self.inner = self._intervals(Fraction(0))
        self.outer = self._intervals(self.radius)

    def lowest(self):
        """The least value that a parameter of the box may have."""
        fixed = min(x for side in self.centre for part in side for x in part)
        return min([fixed, *(self.centre[s][k][i] - self.radius for s, k, i in self.solved)])

    def _intervals(self, radius):
        out = [[list(part) for part in side] for side in self.centre]
        for s, side in enumerate(out):
            for k, part in enumerate(side):
                for i, x in enumerate(part):
                    reach = radius if (s, k, i) in self.free else Fraction(0)
                    part[i] = Interval.around(x - reach, x + reach, self.bits)
        return out

    def supports(self):
        """For h and for g, factor by factor, the entries that are not fixed at zero."""
        return [
            [{i for i, x in enumerate(part) if x or (s, k, i) in self.free} for k, part in enumerate(side)]
            for s, side in enumerate(self.centre)
        ]

    def allowed(self, statement):
        """Whether all parameters of the box lie in the model."""
        marked = [
            [[Fraction(int(i in s)) for i in range(n)] for s, n in zip(side, statement.sizes, strict=True)]
            for side in self.supports()
        ]
        return all(map(statement.allows, marked)) and (self.lowest() >= 0 or not statement.family.nonnegative)


def _variable(raw, statement):
    side, k, i = array(raw, "solved", 3)
    k = index(k, statement.K, "solved")
    return index(side, 2, "solved"), k, index(i, statement.sizes[k], "solved")


def read_coordinate(raw, statement):
    """An alive multi-index."""
    places = array(raw, "coordinate", statement.K)
    multi = [index(i, n, "coordinate") for i, n in zip(places, statement.sizes, strict=True)]
    require(statement.paths.alive(multi), "the coordinate is not alive")
    return multi


def _rows(statement, box, work):
    """The positions that the supports of h and g reach, in order."""
    found = set()
    for side in box.supports():
        marks = [[MARK if i in s else 0 for i in range(n)] for s, n in zip(side, statement.sizes, strict=True)]
        found |= set(product(statement, marks, work))
    return sorted(found)


def _complete(claim, statement, box, rows, chosen, work):
    """The equations imply all other rows: relations among the rows of A on the columns in use."""
    others = sorted(set(range(len(rows))) - set(chosen))
    relations = [integers(y, len(rows), "relations") for y in array(claim["relations"], "relations", len(others))]
    p = prime(claim["prime"])
    if not relations:
        return
    restricted = [[y[e] for e in others] for y in relations]
    independent = pivots_mod(restricted, len(others), p, work)
    require(len(independent) == len(others), "relations: singular modulo the prime on the rows left out")
    supports, place = box.supports(), {row: e for e, row in enumerate(rows)}
    columns = Columns(statement, "response" if statement.has_response else "product", work)
    for multi, column in zip(columns.coordinates, columns.columns, strict=True):
        if any(all(i in s for i, s in zip(multi, side, strict=True)) for side in supports):
            work.spend((len(column) + 1) * len(relations))
            entries = [(place[row], x) for row, x in column.items() if x]
            zero = all(sum(x * y[e] for e, x in entries) == 0 for y in relations)
            require(zero, "relations: not orthogonal to a column")


def _contracts(claim, statement, box, equations, work):
    """sup |C F(centre)| + radius * sup |I - C J(box)| < radius, line by line; all times scale and 2^bits."""
    r, scale = len(equations), integer(claim["scale"], "scale")
    require(scale >= 1, "scale: not positive")
    C = [integers(row, r, "preconditioner") for row in array(claim["preconditioner"], "preconditioner", r)]
    work.spend(10 * r * r * r, box.bits + max(map(largest, C)))
    zero = Interval(0, 0, box.bits)
    value = _difference(product(statement, box.inner[0], work), product(statement, box.inner[1], work), zero, equations)
    columns = [_derivative(statement, box, variable, equations, zero, work) for variable in box.solved]
    unit = scale << box.bits
    for a, line in enumerate(C):
        moved = sum((c * f for c, f in zip(line, value, strict=True)), zero).size()
        spread = 0
        for b, column in enumerate(columns):
            entry = sum((c * x for c, x in zip(line, column, strict=True)), zero)
            spread += max(abs(entry.low - unit * (a == b)), abs(entry.high - unit * (a == b)))
        require(moved + box.radius * spread < box.radius * unit, "enclosure: the box is not mapped into its interior")


def _derivative(statement, box, variable, equations, zero, work):
    """The column of J for one variable: the product with its factor replaced by a unit vector."""
    side, k, i = variable
    parts = list(box.outer[side])
    parts[k] = [Interval(1 << box.bits, 1 << box.bits, box.bits) if j == i else zero for j in range(statement.sizes[k])]
    found = product(statement, parts, work)
    return [(1 - 2 * side) * found.get(row, zero) for row in equations]


def _difference(left, right, zero, equations):
    return [left.get(row, zero) - right.get(row, zero) for row in equations]


# -- roots of a polynomial --------------------------------------------------------------------------


def field_witness(claim, ledger, work):
    """Parameters in Q[t]/(p) with one product and path products that differ at every root of p."""
    names = ("polynomial", "root", "h", "g", "coordinate", "inverse", "centre", "radius")
    keys(claim, ("kind", *names), (), "field-witness")
    statement = ledger.statement
    raw = array(claim["polynomial"], "polynomial")
    require(2 <= len(raw) <= MAX_DEGREE + 1, f"polynomial: degree not in 1..{MAX_DEGREE}")
    p = integers(raw, len(raw), "polynomial")
    require(p[-1] != 0, "polynomial: leading coefficient zero")
    h, g = (elements(claim[name], statement, p, name) for name in "hg")
    supports = [[[Fraction(int(bool(x))) for x in part] for part in side] for side in (h, g)]
    require(all(map(statement.allows, supports)), "field-witness: not in the model")
    coordinate = read_coordinate(claim["coordinate"], statement)
    gap = at(h, coordinate, p) - at(g, coordinate, p)
    inverse = _element(claim["inverse"], p, "inverse")
    require((gap * inverse).coefficients == [1], "field-witness: the coordinate does not tell the classes apart")
    require(same(statement, h, g, p, work), "field-witness: the products differ")
    if claim["root"] is None:
        require(claim["centre"] is None and claim["radius"] is None, "field-witness: a centre without a root")
        require(not statement.family.nonnegative, "field-witness: non-negative models are about real parameters")
        ledger.fact(OVER_C, "no")
        return
    _near_root(claim, statement, (h, g), p, work)
    ledger.fact(UNIFORM, "no")
    ledger.witnesses.append((claim["centre"]["h"], claim["centre"]["g"], claim["radius"]))


def elements(raw, statement, p, what):
    """Parameters whose entries are elements of Q[t]/(p)."""
    return [
        [_element(x, p, what) for x in array(part, what, n)]
        for part, n in zip(array(raw, what, statement.K), statement.sizes, strict=True)
    ]


def _element(raw, p, what):
    coefficients = [rational(x, what) for x in array(raw, what)]
    require(len(coefficients) < len(p) and (not coefficients or coefficients[-1]), f"{what}: not reduced")
    return Residue(coefficients, p)


def at(h, coordinate, p):
    """The entry of P(h) at a multi-index."""
    return prod((part[i] for part, i in zip(h, coordinate, strict=True)), start=Residue([Fraction(1)], p))


def same(statement, h, g, p, work):
    """Whether the products agree modulo p: as costly as the square of the degree, with the fractions' lengths."""
    numbers = [c for side in (h, g) for part in side for x in part for c in x.coefficients]
    bits = max((max(c.numerator.bit_length(), c.denominator.bit_length()) for c in numbers), default=1)
    slow = Work(bits * statement.K + sum(map(int.bit_length, p)), limit=work.left // (10 * len(p) ** 2))
    left, right = product(statement, h, slow), product(statement, g, slow)
    zero = Residue([], p)
    return not any(left.get(row, zero) - right.get(row, zero) for row in {*left, *right})


def _near_root(claim, statement, sides, p, work):
    """A sign change of p, and the centres within the radius of the values between its ends."""
    low, high = (rational(x, "root") for x in array(claim["root"], "root", 2))
    require(low < high, "root: not an interval")
    ends = [_horner(p, (x, x))[0] for x in (low, high)]
    require(ends[0] * ends[1] < 0, "root: the polynomial does not change sign")
    keys(claim["centre"], ("h", "g"), (), "centre")
    radius = rational(claim["radius"], "radius")
    require(radius > 0, "radius: not positive")
    negative = statement.family.nonnegative
    for side, name in zip(sides, "hg", strict=True):
        centres = statement.read_parameters(claim["centre"][name], "centre")
        for part, middle in zip(side, centres, strict=True):
            for x, c in zip(part, middle, strict=True):
                work.spend(10 + 10 * len(x.coefficients) ** 2, DIGITS_BITS * (len(x.coefficients) + 1))
                a, b = _horner(x.coefficients, (low, high))
                require(c - radius <= a and b <= c + radius, "centre: farther from the root's value than the radius")
                require(a >= 0 or not negative, "field-witness: a value may be negative")


def _horner(coefficients, at):
    """The interval of a polynomial on an interval."""
    low = high = Fraction(0)
    for c in reversed(coefficients):
        ends = [x * y for x in (low, high) for y in at]
        low, high = min(ends) + c, max(ends) + c
    return low, high
