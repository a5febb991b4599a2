"""A sum of squares of degree four in T: gamma from above, kappa from below.

On every T = P(h) - P(g) a quartic that is at least 0 is written down; it is a positive multiple of
(form(T) - lambda*|T|^2)*|T|^2, less combinations of polynomials that vanish on T (3 x 3 minors) or are
squares there (hyperdeterminants, and combinations of alternating functions of h and g).  What rounding
leaves over is put on a Gram matrix by a fixed rule and has to be dominated by its diagonal, so no identity has to
hold exactly.
"""

from array import array as numbers
from itertools import combinations_with_replacement
from itertools import product as cartesian
from math import prod

from ..algebra import dominated, semidefinite, symmetric, upper_products
from ..boxes import Boxes
from ..lifting import Columns
from ..proved import UNIFORM
from ..strict import array, index, indices, integer, integers, keys, one_of, rational, require

MAX_COLUMNS = 2_000
MAX_COORDINATES = 100
MAX_PAIRS = 300_000
MAX_BITS = 256
PERMUTATIONS = (((0, 1, 2), 1), ((1, 2, 0), 1), ((2, 0, 1), 1), ((0, 2, 1), -1), ((1, 0, 2), -1), ((2, 1, 0), -1))
HYPERDETERMINANT = (
    (((0, 0, 0), (0, 0, 0), (1, 1, 1), (1, 1, 1)), 1),
    (((0, 0, 1), (0, 0, 1), (1, 1, 0), (1, 1, 0)), 1),
    (((0, 1, 0), (0, 1, 0), (1, 0, 1), (1, 0, 1)), 1),
    (((0, 1, 1), (0, 1, 1), (1, 0, 0), (1, 0, 0)), 1),
    (((0, 0, 0), (0, 0, 1), (1, 1, 0), (1, 1, 1)), -2),
    (((0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1)), -2),
    (((0, 0, 0), (0, 1, 1), (1, 0, 0), (1, 1, 1)), -2),
    (((0, 0, 1), (0, 1, 0), (1, 0, 1), (1, 1, 0)), -2),
    (((0, 0, 1), (0, 1, 1), (1, 0, 0), (1, 1, 0)), -2),
    (((0, 1, 0), (0, 1, 1), (1, 0, 0), (1, 0, 1)), -2),
    (((0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)), 4),
    (((0, 0, 1), (0, 1, 0), (1, 0, 0), (1, 1, 1)), 4),
)
"""Products of four entries of a 2 x 2 x 2 tensor and their coefficients."""


def quartic(claim, ledger, work):
    """form(T) >= lambda*|T|^2 for all differences T of the models."""
    target = one_of(claim.get("target"), ("gamma", "kappa"), "target")
    names = ("kind", "target", "rows", "lambda", "bound", "items")
    more = ("independent", "S", "scale", "psd_form") if target == "gamma" else ()
    keys(claim, (*names, *more), ("eased",), "quartic")
    statement, _, least, bound = targeted(claim, ledger)
    require(statement.count() <= MAX_COLUMNS, "quartic: more columns than the checker takes")
    expanded = below_projection if target == "gamma" else _image_form
    coordinates, form, unit = expanded(claim, statement, work)
    items = array(claim["items"], "items")
    boxes = [inequality(item, statement, coordinates, form, unit, least, work) for item in items]
    eased = _Eased(claim["eased"], statement, form, unit, least, work) if "eased" in claim else None
    covered(statement, boxes, work, eased)
    conclude(ledger, target, bound)


class _Eased:
    """Pairs of supports that need no item: on the union of their boxes the form has all eigenvalues above lambda."""

    def __init__(self, raw, statement, form, unit, least, work):
        keys(raw, ("bits", "low"), (), "eased")
        bits, self.low = index(raw["bits"], MAX_BITS + 1, "bits"), rational(raw["low"], "low")
        require(bits > 7, "bits: too few")
        require(self.low > 0 and self.low**2 >= least, "low: less than the root of lambda")
        self.boxes = Boxes(statement, form, unit, bits, work)

    def require(self, s, t):
        """The pair needs no item."""
        self.boxes.least(self.boxes.union(s, t), self.low, "quartic: a pair in no item has a smaller eigenvalue")


def targeted(claim, ledger):
    """The statement, gamma or kappa, lambda and the bound that it gives."""
    statement, target = ledger.statement, one_of(claim.get("target"), ("gamma", "kappa"), "target")
    require(statement.equivalence == "scale", "quartic: the equivalence is not scale")
    least, bound = rational(claim.get("lambda"), "lambda"), rational(claim.get("bound"), "bound")
    require(least > 0 and bound > 0, "quartic: lambda and the bound have to be positive")
    if target == "gamma":
        require(bound**2 * least >= 1, "quartic: gamma^2 is less than 1/lambda")
    else:
        require(bound**2 <= least, "quartic: kappa^2 is more than lambda")
    return statement, target, least, bound


def conclude(ledger, target, bound):
    """What form(T) >= lambda*|T|^2 on all differences proves."""
    (ledger.high if target == "gamma" else ledger.low)(f"dnsp.{target}", bound)
    ledger.fact(UNIFORM, "yes")


# -- the quadratic form ---------------------------------------------------------------------------


def below_projection(claim, statement, work):
    """F = C^T S C with F <= scale*I: F/scale vanishes on the kernel, hence lies below the projection."""
    columns = Columns(statement, one_of(claim["rows"], ("product", "response"), "rows"), work)
    rows = columns.alive_rows()
    chosen = [rows[index(i, len(rows), "independent")] for i in array(claim["independent"], "independent")]
    place = {row: i for i, row in enumerate(chosen)}
    require(len(place) == len(chosen), "independent: repeated")
    S, scale = symmetric(claim["S"], len(chosen), "S"), integer(claim["scale"], "scale")
    require(scale >= 1, "scale: not positive")
    sparse = [[(place[row], x) for row, x in column.items() if row in place] for column in columns.columns]
    n = len(sparse)
    work.spend((n + len(chosen)) * sum(map(len, sparse)))
    images = [[sum(x * line[i] for i, x in column) for line in S] for column in sparse]
    form = [[sum(x * image[i] for i, x in column) for column in sparse] for image in images]
    gap = [[(scale if a == b else 0) - x for b, x in enumerate(line)] for a, line in enumerate(form)]
    semidefinite(gap, claim["psd_form"], work, "psd_form")
    return columns.coordinates, form, scale


def _image_form(claim, statement, work):
    """The integer matrix d^2 * A^T A."""
    columns = Columns(statement, one_of(claim["rows"], ("product", "response"), "rows"), work)
    return columns.coordinates, [[columns.weight * x for x in line] for line in columns.gram(work)], columns.den**2


# -- one pair of boxes ----------------------------------------------------------------------------


def inequality(item, statement, coordinates, form, unit, least, work):
    """The inequality for P(h) - P(g) with h in the box `left` and g in the box `right`."""
    keys(item, ("left", "right", "scale", "gram", "minor", "L", "minors", "dets"), ("alternating",), "item")
    left, right = (statement.read_box(item[side], side) for side in ("left", "right"))
    scale, gram, minor = (integer(item[name], name) for name in ("scale", "gram", "minor"))
    require(min(scale, gram, minor) >= 1, "item: scale, gram and minor have to be positive")
    part = _Coordinates(statement, coordinates, left, right)
    size = len(part.where)
    require(size <= MAX_COORDINATES, "item: more coordinates than the checker takes")
    p, q = least.numerator, least.denominator
    total = {}
    work.spend(size**3)
    for a, A in enumerate(part.where):
        for b, B in enumerate(part.where):
            x = scale * (q * form[A][B] - (p * unit if a == b else 0))
            for c in range(size if x else 0):
                part.add(total, (a, b, c, c), x)
    _minors(item["minors"], statement, part, minor, total, work)
    _dets(item["dets"], statement, part, minor, total, work)
    _alternating(item.get("alternating", [[], []]), statement, part, gram, total, work)
    _squares(item["L"], part, gram, total, work)
    return left, right


class _Coordinates:
    """The multi-indices of two boxes, numbered, and when products of them are equal on every T.

    T is a rank-one tensor on the coordinates that only one of the boxes holds: a product of
    entries there depends on the indices that occur in each mode only.
    """

    def __init__(self, statement, coordinates, left, right):
        sides = [tuple(map(set, box)) for box in (left, right)]
        inside = [[all(i in s for i, s in zip(m, side, strict=True)) for side in sides] for m in coordinates]
        self.where = [n for n, (a, b) in enumerate(inside) if a or b]
        self.multi = [coordinates[n] for n in self.where]
        self.place = {m: n for n, m in enumerate(self.multi)}
        self.owner = ["both" if all(inside[n]) else "left" if inside[n][0] else "right" for n in self.where]
        self.modes = range(statement.K)
        self.plain = len(self.multi) == self.owner.count("both")
        self.known = {}

    def key(self, factors):
        """What a product of coordinates is on every T: equal keys, equal values."""
        factors = tuple(sorted(factors))
        if self.plain:
            return factors
        if factors not in self.known:
            parts = {"both": [], "left": [], "right": []}
            for a in factors:
                parts[self.owner[a]].append(a)
            alone = (tuple(tuple(sorted(self.multi[a][k] for a in parts[s])) for k in self.modes)
                     for s in ("left", "right"))  # fmt: skip
            self.known[factors] = (tuple(parts["both"]), *alone)
        return self.known[factors]

    def add(self, total, factors, x):
        """Add x times a product of coordinates; None among them stands for an entry that is zero."""
        if None not in factors:
            key = self.key(factors)
            total[key] = total.get(key, 0) + x

    def products(self):
        """The first pair (a, b), a <= b, of each class of equal products of two."""
        found = {}
        for a in range(len(self.multi)):
            for b in range(a, len(self.multi)):
                found.setdefault(self.key((a, b)), (a, b))
        return list(found.values())


def _multi(raw, modes, statement, what):
    """An index for each of the modes."""
    return tuple(index(i, statement.sizes[k], what) for i, k in zip(array(raw, what, len(modes)), modes, strict=True))


def read_rows_and_columns(raw, m, n, statement, what):
    """Modes, the other modes, m multi-indices over the former and n over the latter."""
    modes, rows, cols = array(raw, what, 3)
    modes = indices(modes, statement.K, what)
    rest = [k for k in range(statement.K) if k not in modes]
    require(rest, f"{what}: all modes on one side")
    rows = [_multi(r, modes, statement, what) for r in array(rows, what, m)]
    cols = [_multi(c, rest, statement, what) for c in array(cols, what, n)]
    require(len(set(rows)) == m and len(set(cols)) == n, f"{what}: a row or column twice")
    return modes, rest, rows, cols


def read_subtensor(raw, statement, what):
    """The modes in the order of three groups, and two multi-indices over each of these."""
    groups, pairs = array(raw, what, 2)
    groups = [indices(g, statement.K, what) for g in array(groups, what, 3)]
    order = [k for g in groups for k in g]
    require(sorted(order) == list(range(statement.K)), f"{what}: the groups do not divide the modes")
    pairs = [
        [_multi(i, g, statement, what) for i in array(pair, what, 2)]
        for g, pair in zip(groups, array(pairs, what, 3), strict=True)
    ]
    require(all(a != b for a, b in pairs), f"{what}: the two indices of a group are equal")
    return order, pairs


def _minors(raw, statement, part, minor, total, work):
    """Take away (linear form) * (3 x 3 minor of a flattening): the rank there is at most two."""
    for entry in array(raw, "minors"):
        *cells, linear = array(entry, "minors", 4)
        modes, rest, rows, cols = read_rows_and_columns(cells, 3, 3, statement, "minors")
        order = [*modes, *rest]
        places = [[part.place.get(joined(order, r, c)) for c in cols] for r in rows]
        work.spend(6 * len(array(linear, "minors")) + 9)
        for a, c in (array(term, "minors", 2) for term in linear):
            a, c = index(a, len(part.multi), "minors"), integer(c, "minors")
            for columns, sign in PERMUTATIONS:
                part.add(total, (a, *(places[i][j] for i, j in enumerate(columns))), -sign * minor * c)


def joined(order, *pieces):
    """The multi-index with the pieces at the modes listed in `order`."""
    found = [0] * len(order)
    for k, i in zip(order, (i for piece in pieces for i in piece), strict=True):
        found[k] = i
    return tuple(found)


def _dets(raw, statement, part, minor, total, work):
    """Take away non-negative multiples of hyperdeterminants, which are squares on every T."""
    for entry in array(raw, "dets"):
        *cells, weight = array(entry, "dets", 3)
        order, pairs = read_subtensor(cells, statement, "dets")
        weight = integer(weight, "dets")
        require(weight >= 0, "dets: a negative weight")
        work.spend(60)
        for product, x in HYPERDETERMINANT:
            cells = (part.place.get(joined(order, *(pairs[k][i] for k, i in enumerate(cell)))) for cell in product)
            part.add(total, tuple(cells), -x * minor * weight)


def _alternating(raw, statement, part, gram, total, work):
    """Take away 2*gram times squares of combinations of the u, whose products are quartics on every T.

    u is the product of h_i g_j - h_j g_i over an odd number of modes, three at least, and of h_i g_j + h_j g_i
    over the others.
    """
    terms, rows = array(raw, "alternating", 2)
    terms = [_term(term, statement) for term in array(terms, "alternating")]
    rows = [integers(row, len(terms), "alternating") for row in array(rows, "alternating")]
    for a, b in combinations_with_replacement(range(len(terms)), 2):
        work.spend(2 * len(rows) + 1)
        weight = sum(row[a] * row[b] for row in rows) * (1 if a == b else 2)
        if weight:
            work.spend(4**statement.K * (20 + 10 * statement.K))
            for places, sign in _twice(terms[a], terms[b], part):
                part.add(total, places, gram * weight * sign)


def _term(raw, statement):
    """The modes in which u changes its sign, and two indices for each mode."""
    modes, pairs = array(raw, "alternating", 2)
    modes = indices(modes, statement.K, "alternating")
    require(len(modes) % 2 and len(modes) > 2, "alternating: not an odd number of modes, three or more")
    pairs = [
        [index(i, size, "alternating") for i in array(pair, "alternating", 2)]
        for pair, size in zip(array(pairs, "alternating", statement.K), statement.sizes, strict=True)
    ]
    return modes, pairs


def _twice(u, v, part):
    """-2 u v as products of four coordinates, with their signs.

    The indices of u stand at the first two coordinates, those of v at the others, in both orders; in one mode that
    changes the sign of u they stand at the first and third, and at the second and fourth.  On T = P(h) - P(g) what
    does not cancel is h g g h and g h h g.
    """
    ways = []
    for k, (p, q) in enumerate(zip(u[1], v[1], strict=True)):
        signs = [-1 if k in modes else 1 for modes, _ in (u, v)]
        across = k == u[0][0]
        ways.append([])
        for (i, j), x in ((p, 1), (p[::-1], signs[0])):
            for (m, n), y in ((q, 1), (q[::-1], signs[1])):
                ways[-1].append(((i, m, j, n) if across else (i, j, m, n), x * y))
    for way in cartesian(*ways):
        yield tuple(map(part.place.get, zip(*(four for four, _ in way), strict=True))), prod(x for _, x in way)


# -- the squares, and what is left -----------------------------------------------------------------


def _squares(raw, part, gram, total, work):
    """Take away gram*|L^T z|^2; the rest has to be dominated by its diagonal.

    All that is in `total` has four factors, hence the key of a product of two of z.
    """
    z = part.products()
    size = len(z)
    rows = [integers(row, i + 1, "L") for i, row in enumerate(array(raw, "L", size))]
    names = {}
    table = [
        numbers("L", (names.setdefault(part.key((*z[i], *z[j])), len(names)) for j in range(i, size)))
        for i in range(size)
    ]
    rest = [0] * len(names)
    for key, x in total.items():  # each is a product of four coordinates, hence of two of z
        if x:
            rest[names[key]] = x
    for line, found in zip(table, upper_products(rows, work), strict=True):
        rest[line[0]] -= gram * found[0]
        for name, x in zip(line[1:], found[1:], strict=True):
            rest[name] -= 2 * gram * x
    require(dominated(table, rest), "item: what the squares leave is not dominated by its diagonal")


# -- every pair of models ---------------------------------------------------------------------------


def covered(statement, boxes, work, eased=None):
    """Each pair of maximal supports lies inside the two boxes of some item, or needs none."""
    require(statement.kind == "free" or statement.family_within(1_000), "quartic: more supports than are compared")
    supports = [tuple(map(frozenset, s)) for s in statement.maximal()]
    boxes = [tuple(tuple(map(frozenset, side)) for side in pair) for pair in boxes]
    exact = {frozenset(pair) for pair in boxes}
    for s, t in combinations_with_replacement(supports, 2):
        if frozenset((s, t)) in exact:
            continue
        work.spend(4 * len(boxes) * statement.K)
        held = any(_inside(s, a) and _inside(t, b) or _inside(s, b) and _inside(t, a) for a, b in boxes)
        if eased and not held:
            eased.require(s, t)
        else:
            require(held, "quartic: a pair of supports is in no item")


def _inside(support, box):
    return all(a <= b for a, b in zip(support, box, strict=True))
