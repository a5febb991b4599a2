"""One class at given parameters, over C: forms that vanish on the path products of a support leave one point.

Theorem.  Let E be the pairs (T, z), T on the coordinates of a support, with A T = z A P(h).  Every complex g in the
support with the product of h gives the point (P(g), 1) of E, where all forms vanish that vanish on path products of
the support.  If the products (form on E) x (monomial) span all forms of some degree there is no such g; if they span
all but one dimension there is one such P(g) at most, since two points of a projective space have independent
evaluations.  Their rank can only grow near h, hence it is as large at almost every point of the support.
"""

from ..strict import array, integers, keys, over_common_denominator, prime, require
from .kernel import column_rank, expand, is_zero
from .local import read_support
from .restricted_minors import MAX_SUPPORTS, Part, require_products

FORMS = ("support", "kernel", "prime", "degree", "points", "flattenings", "minors", "divided", "forms", "products")


def one_class(claim, ledger, work):
    """No other class of a maximal support has the product of h, over C as well."""
    keys(claim, ("kind", "prime", "h", "items"), (), "one-class")
    statement, p = ledger.statement, prime(claim["prime"])
    require(statement.family_within(MAX_SUPPORTS), "more supports than are compared")
    h = statement.read_parameters(claim["h"], "h")
    target = _Target(statement, h, work)
    done = {_item(item, target, statement, p, work) for item in array(claim["items"], "items")}
    for support in statement.maximal():
        if support not in done:
            part, own = target.on(support)
            full = column_rank(part.columns, p, work) == len(part.columns) - own
            require(full, "a support with a kernel, or with the product of h, is in no item")
    if ledger.point is not None and ledger.point.h == h:
        ledger.fact("at.verdict", "yes")
    ledger.single(tuple(tuple(i for i, x in enumerate(part) if x) for part in h))


class _Target:
    """A P(h) as a column beside those of A, and where P(h) is not 0; h as integers over one denominator."""

    def __init__(self, statement, h, work):
        self.columns, self.work = expand(statement, work), work
        _, flat = over_common_denominator([x for part in h for x in part], "h")
        values, self.image, self.shown = iter(flat), {}, []
        values = [[next(values) for _ in part] for part in h]
        self.bits = self.columns.bits + statement.K * max(abs(x) for x in flat).bit_length()
        work.spend(len(self.columns.columns) * statement.K, self.bits)
        for multi, column in zip(self.columns.coordinates, self.columns.columns, strict=True):
            weight = 1
            for part, i in zip(values, multi, strict=True):
                weight *= part[i]
            if weight:
                self.shown.append(multi)
                work.spend(len(column), self.bits)
                for row, x in column.items():
                    self.image[row] = self.image.get(row, 0) + weight * x

    def on(self, support):
        """The coordinates of a support, their columns and A P(h), and whether P(h) lies there."""
        part = Part(self.columns, support, [()] * len(support), self.work)
        part.columns.append(self.image)
        part.bits = self.bits
        return part, all(multi in part.place for multi in self.shown)


def _item(item, target, statement, p, work):
    """The maximal support of an item, in which no path products but P(h) have the product of h."""
    if type(item) is dict and "apart" in item:
        return _apart(item, target, statement, work)
    keys(item, FORMS, (), "item")
    support = read_support(item["support"], statement)
    part, own = target.on(support)
    n, r = len(part.columns), len(array(item["kernel"], "kernel"))
    basis = [integers(v, n, "kernel") for v in item["kernel"]]
    require(all(is_zero(part, v, work) for v in basis), "kernel: a vector is not in the kernel")
    require(column_rank(part.columns, p, work) == n - r, "kernel: the rank modulo the prime leaves room for more")
    divided = array(item["divided"], "divided")
    require(not divided or not any(v[-1] for v in basis[1:]), "kernel: z is not the first variable")
    require_products(item, statement, part, basis, int(own), work, divided)
    return support


def _apart(item, target, statement, work):
    """A vector orthogonal to the columns of a support, and not to A P(h): nothing there has the product of h."""
    keys(item, ("support", "apart"), (), "item")
    support = read_support(item["support"], statement)
    rows = target.columns.alive_rows()
    vector = dict(zip(rows, integers(item["apart"], len(rows), "apart"), strict=True))
    *columns, image = target.on(support)[0].columns
    size = max(map(abs, vector.values()), default=0).bit_length()
    work.spend(sum(map(len, columns)) + len(image), target.bits + size)
    dots = [sum(vector[row] * x for row, x in column.items()) for column in columns]
    require(not any(dots), "apart: not orthogonal to a column of the support")
    require(sum(vector[row] * x for row, x in image.items()), "apart: orthogonal to the product of h")
    return support
