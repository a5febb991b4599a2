"""Uniform identifiability over C: forms that vanish on all differences span every form on the kernel.

Theorem.  Let U be a kernel, D the differences of two models, both complex.  If the products (form vanishing
on D, restricted to U) x (monomial) span all forms of some degree on U, then U meets the closure of D in 0 only: at
a common point all of them vanish, also the powers of its coordinates.

No polynomial on U is expanded.  As many products as there are monomials are evaluated at as many integer points; if
that matrix is non-singular modulo a prime the products are independent over Q, hence a basis.
"""

import sys
from array import array as machine
from hashlib import shake_256
from itertools import combinations_with_replacement, product
from math import comb

from ..proved import OVER_C, UNIFORM
from ..strict import array, index, indices, integer, integers, keys, prime, require
from .kernel import column_rank, expand, is_zero

MAX_SUPPORTS = 1_000
MAX_SIZE = 6_000
MAX_DEGREE = 60
BLOCK = 32


def restricted_minors(claim, ledger, work):
    """No difference of two models lies in the kernel, over C as well."""
    keys(claim, ("kind", "prime", "items"), (), "restricted-minors")
    statement, p = ledger.statement, prime(claim["prime"])
    require(statement.kind == "free" or statement.family_within(MAX_SUPPORTS), "more supports than are compared")
    columns = expand(statement, work)
    boxes = [_item(item, statement, columns, p, work) for item in array(claim["items"], "items")]
    covered(statement, columns, boxes, p, work)
    ledger.fact(UNIFORM, "yes")
    ledger.fact(OVER_C, "yes")


def _item(item, statement, columns, p, work):
    """Ker A and the closure of P(left) - P(right) have only 0 in common."""
    names = ("left", "right", "kernel", "prime", "degree", "points", "flattenings", "minors", "forms", "products")
    keys(item, names, (), "item")
    left, right, part, basis = read_kernel(item, statement, columns, p, work)
    require_products(item, statement, part, basis, 0, work)
    return left, right


def require_products(item, statement, part, basis, spare, work, divided=()):
    """Require products that are independent, as many as there are forms of their degree on the basis, less `spare`.

    The minors whose numbers are `divided` are so by the first variable.
    """
    n, r = len(part.where), len(basis)
    q, degree = prime(item["prime"]), index(item["degree"], MAX_DEGREE, "degree")
    size = comb(r + degree - 1, degree) - spare
    require(0 < size <= MAX_SIZE, "item: more forms than the checker takes")
    work.spend(8 * size * r, 1)
    work.hold(size * (r + n))
    values = _Values(part, _points(array(item["points"], "points", size), r, q), basis, q, work)
    forms = [*_minors(item, statement, part), *_forms(item["forms"], part, work)]
    for f in {index(f, len(item["minors"]), "divided") for f in divided}:
        forms[f] = _quotient(*forms[f], basis)
    require(not divided or all(values.points[0]), "points: the first variable is 0 modulo the prime")
    products = array(item["products"], "products", size)
    require_leading(values.rows(forms, products, degree, work), size, q, work)


def read_kernel(item, statement, columns, p, work):
    """The two boxes, their coordinates, and a basis of Ker A there."""
    left, right = (
        [indices(s, n, side) for s, n in zip(array(item[side], side, statement.K), statement.sizes, strict=True)]
        for side in ("left", "right")
    )
    part = Part(columns, left, right, work)
    n, r = len(part.where), len(array(item["kernel"], "kernel"))
    basis = [integers(v, n, "kernel") for v in item["kernel"]]
    require(all(is_zero(part, v, work) for v in basis), "kernel: a vector is not in the kernel")
    require(column_rank(part.columns, p, work) == n - r, "kernel: the rank modulo the prime leaves room for more")
    require(r, "kernel: no vector")
    return left, right, part, basis


class Part:
    """The coordinates in two boxes, their columns, and on which of them T = P(h) - P(g) is P(h) or -P(g) alone."""

    def __init__(self, columns, left, right, work):
        sides = [tuple(map(set, box)) for box in (left, right)]
        work.spend(4 * len(columns.coordinates) * (1 + len(left)), 1)
        self.inside = {
            m: [all(i in s for i, s in zip(m, side, strict=True)) for side in sides] for m in columns.coordinates
        }
        self.where = [k for k, m in enumerate(columns.coordinates) if any(self.inside[m])]
        self.multi = [columns.coordinates[k] for k in self.where]
        self.place = {m: k for k, m in enumerate(self.multi)}
        self.columns = [columns.columns[k] for k in self.where]
        self.bits = columns.bits


# -- forms that vanish on all differences -------------------------------------------------------------


def _minors(item, statement, part):
    """Minors of flattenings, as lists of places: T has rank <= 2, and rank <= 1 where only one box has a say."""
    flattenings = []
    for raw in array(item["flattenings"], "flattenings"):
        modes = indices(raw, statement.K, "flattenings")
        rest = [k for k in range(statement.K) if k not in modes]
        require(rest, "flattenings: all modes on one side")
        flattenings.append((modes, rest))
    for raw in array(item["minors"], "minors"):
        size, odd = divmod(len(array(raw, "minors")) - 1, 2)
        require(not odd and size in (2, 3), "minors: neither 2 x 2 nor 3 x 3")
        flattening = flattenings[index(raw[0], len(flattenings), "minors")]
        rows, cols = (
            [_multi(i, modes, statement.sizes) for i in places]
            for modes, places in zip(flattening, (raw[1 : size + 1], raw[size + 1 :]), strict=True)
        )
        cells = [_cell(flattening, row, col) for row in rows for col in cols]
        require(all(m in part.inside for m in cells), "minors: a cell that is no coordinate")
        require(
            size == 3 or any(not any(part.inside[m][side] for m in cells) for side in (0, 1)),
            "minors: 2 x 2, but both boxes have a say",
        )
        yield size, _minor, [part.place.get(m) for m in cells]


def _quotient(size, evaluate, cells, basis):
    """A 2 x 2 minor over the first variable, which divides each of its two products of cells."""
    moved = {a for v in basis[1:] for a, x in enumerate(v) if x}
    require(
        size == 2 and not any(moved.issuperset(cells[i] for i in pair) for pair in ((0, 3), (1, 2))),
        "divided: not a minor that the first variable divides",
    )
    return size - 1, _divided, cells


def _multi(number, modes, sizes):
    """The indices at the modes, of which `number` is the row-major number."""
    total = 1
    for k in modes:
        total *= sizes[k]
    number, found = index(number, total, "minors"), []
    for k in reversed(modes):
        number, i = divmod(number, sizes[k])
        found.append(i)
    return found[::-1]


def _cell(flattening, row, col):
    """The multi-index of an entry of a flattening."""
    at = dict(zip((*flattening[0], *flattening[1]), (*row, *col), strict=True))
    return tuple(at[k] for k in range(len(at)))


def _forms(raw, part, work):
    """Forms given by their terms, after T = P(h) - P(g) has been put in and everything has cancelled."""
    for terms in array(raw, "forms"):
        found, degree = [], len(array(array(terms, "forms")[0], "forms")) - 1 if terms else 0
        require(1 <= degree <= 6, "forms: a form of degree 1 to 6 is needed")
        for term in terms:
            c, *places = array(term, "forms", degree + 1)
            found.append((integer(c, "forms"), [index(i, len(part.where), "forms") for i in places]))
        require(_vanishes(found, part, work), "forms: a form does not vanish on all differences")
        yield degree, _sum, found


def _vanishes(terms, part, work):
    """Whether a form is the zero polynomial in h and g: monomials are told apart by their indices in each mode."""
    total = {}
    for c, places in terms:
        work.spend(8 * len(places) << len(places), c.bit_length())
        multi = [part.multi[i] for i in places]
        for sides in product(*([s for s in (0, 1) if part.inside[m][s]] for m in multi)):
            key = tuple(
                tuple(sorted(m[k] for m, side in zip(multi, sides, strict=True) if side == s))
                for s in (0, 1)
                for k in range(len(multi[0]))
            )
            total[key] = total.get(key, 0) + (-c if sum(sides) % 2 else c)
    return not any(total.values())


# -- values at points ---------------------------------------------------------------------------------


def _points(raw, r, p):
    """The points modulo p, variable by variable."""
    points = []
    for pair in raw:
        counter, used = array(pair, "points", 2)
        drawn = shake_256(str(index(counter, 2**32, "points")).encode()).digest(4 * index(used, r + 1, "points"))
        words = [int.from_bytes(drawn[i : i + 4], "little") % p for i in range(0, len(drawn), 4)]
        points.append([*words, *[0] * (r - len(words))])
    return list(zip(*points, strict=True))


class _Values:
    """What forms on the kernel are at the points, modulo p."""

    def __init__(self, part, points, basis, p, work):
        self.points, self.p = points, p
        count = len(points[0])
        work.spend(count * len(points) * len(part.where), 1)
        self.zero = [0] * count
        self.columns = []
        for a in range(len(part.where)):
            column = self.zero
            for vector, xs in zip(basis, points, strict=True):
                if c := vector[a] % p:
                    column = [v + c * x for v, x in zip(column, xs, strict=True)]
            self.columns.append([v % p for v in column])

    def rows(self, forms, products, degree, work):
        """The values of each product, one list after the other."""
        kept = {}
        for raw in products:
            which = index(array(raw, "products")[0] if raw else None, len(forms), "products")
            variables = [index(a, len(self.points), "products") for a in raw[1:]]
            own, evaluate, form = forms[which]
            require(own + len(variables) == degree, "products: a product of another degree")
            work.spend(len(self.zero) * (1 + len(variables)), 1)
            if which not in kept:
                work.spend(4 * len(self.zero), 1)
                work.hold(len(kept) * len(self.zero) // 8)
                kept[which] = machine("I", evaluate(form, self, work))
            row = kept[which] if variables else kept.pop(which)
            for a in variables:
                row = [x * y % self.p for x, y in zip(row, self.points[a], strict=True)]
            yield row


def _minor(cells, values, work):
    """The determinant of a 2 x 2 or 3 x 3 matrix, given row by row, at all points."""
    p, columns = values.p, [values.zero if i is None else values.columns[i] for i in cells]
    if len(cells) == 4:
        return [(a * d - b * c) % p for a, b, c, d in zip(*columns, strict=True)]
    return [
        (a * (e * i - f * h) + b * (f * g - d * i) + c * (d * h - e * g)) % p
        for a, b, c, d, e, f, g, h, i in zip(*columns, strict=True)
    ]


def _divided(cells, values, work):
    """A 2 x 2 minor over the first variable, at all points."""
    p = values.p
    return [x * pow(y, -1, p) % p for x, y in zip(_minor(cells, values, work), values.points[0], strict=True)]


def _sum(terms, values, work):
    """A form given by its terms, at all points."""
    p, total = values.p, values.zero
    for c, places in terms:
        work.spend(len(total) * len(places), 1)
        value = [c % p] * len(total)
        for i in places:
            value = [x * y % p for x, y in zip(value, values.columns[i], strict=True)]
        total = [(x + y) % p for x, y in zip(total, value, strict=True)]
    return total


# -- elimination --------------------------------------------------------------------------------------


def require_leading(rows, size, p, work):
    """Require that all leading minors of a square matrix, whose rows come one by one, are non-zero modulo p.

    Rows are long integers with a slot an entry, the first entry lowest; slots grow to size*p^2 before they are
    reduced.  Pivots come in blocks: what they do to the columns of the block is done on short integers first.
    """
    code, width = ("I", 32) if size * p * p < 2**32 else ("Q", 64)
    mask, low = (1 << width) - 1, (1 << width * BLOCK) - 1
    blocks = []
    for j, row in enumerate(rows):
        work.spend(4 * size, 1)
        packed = _pack(row, code)
        if j % BLOCK == 0:
            blocks.append([])
        for block in blocks:
            work.spend(len(block) * (4 + block[0][1].bit_length() // 3_000 if block else 0), 1)
            head, packed, change = packed & low, packed >> width * BLOCK, 0
            for k, (near, far) in enumerate(block):
                if x := (head >> width * k & mask) % p:
                    head += (p - x) * near
                    change += (p - x) * far
            packed += change
        k = j % BLOCK
        left = [x % p for x in _unpack(head >> width * k, BLOCK - k, code)]
        require(left[0], "products: dependent modulo the prime, or in an order with a singular leading block")
        inverse = pow(left[0], -1, p)
        right = _unpack(packed, max(0, size - len(blocks) * BLOCK), code)
        near = _pack([x * inverse % p for x in left], code) << width * k
        blocks[-1].append((near, _pack([x * inverse % p for x in right], code)))


def _pack(values, code):
    """Slots as one integer, the first one lowest."""
    raw = machine(code, values)
    if sys.byteorder == "big":
        raw.byteswap()
    return int.from_bytes(raw.tobytes(), "little")


def _unpack(packed, length, code):
    raw = machine(code)
    raw.frombytes(packed.to_bytes(length * raw.itemsize, "little"))
    if sys.byteorder == "big":
        raw.byteswap()
    return raw.tolist()


# -- every pair of models -----------------------------------------------------------------------------


def covered(statement, columns, boxes, p, work):
    """Each pair of maximal supports lies in the two boxes of an item, or its columns are independent."""
    sets = [tuple(tuple(map(set, side)) for side in pair) for pair in boxes]
    done = set()
    for s, t in combinations_with_replacement(statement.maximal(), 2):
        work.spend(4 * len(sets) * statement.K, 1)
        if any(_inside(s, a) and _inside(t, b) or _inside(s, b) and _inside(t, a) for a, b in sets):
            continue
        part = Part(columns, s, t, work)
        if tuple(part.where) not in done:
            done.add(tuple(part.where))
            require(
                column_rank(part.columns, p, work) == len(part.where), "a pair of supports with a kernel is in no item"
            )


def _inside(support, box):
    return all(set(a) <= b for a, b in zip(support, box, strict=True))
