"""Several classes with a generic product: a count over C, a pair that is seen nearby, an exchange of factors.

Main definitions
    `segre_degree`  a kernel that misses all tensors of rank one, as large as that allows: the degree counts classes
    `open_pair`     two classes with one product, at both of which the product covers a neighbourhood
    `exchange`      a permutation of parameters, factors included, under which the columns of A are the same
"""

from math import factorial, prod

from ..algebra import rank_mod
from ..chart import Point
from ..derivative import partial_derivatives
from ..proved import GENERIC, OVER_C
from ..strict import array, index, integers, keys, prime, require
from .difference import read_pair
from .enclosure import read_coordinate
from .kernel import column_rank, expand, is_zero
from .local import read_support
from .restricted_minors import Part, require_products

ITEM = ("kernel", "prime", "degree", "points", "flattenings", "minors", "forms", "products")


def segre_degree(claim, ledger, work):
    """Finite fibres of tensors of rank one: their number over C, and its parity over R.

    Minors x monomials span all forms of a degree on Ker A, which therefore holds no tensor of rank one; A maps their
    cone, of the dimension of its range, finitely onto the range.  Almost every product has as many classes as the
    degree of the cone says; those that are not real come in pairs.
    """
    keys(claim, ("kind", "prime", "item"), (), "segre-degree")
    statement, p, item = ledger.statement, prime(claim["prime"]), keys(claim["item"], ITEM, (), "item")
    require(statement.equivalence == "scale", "segre-degree: the equivalence is not scale")
    free = statement.kind == "free" and not statement.family.nonnegative
    require(free, "segre-degree: the model is not all real parameters")
    (support,) = statement.maximal()
    part = Part(expand(statement, work), support, [()] * statement.K, work)
    n, r = len(part.columns), len(array(item["kernel"], "kernel"))
    require(n - r == statement.paths.dimension(support), "segre-degree: the rank is not the dimension of the cone")
    basis = [integers(v, n, "kernel") for v in item["kernel"]]
    require(all(is_zero(part, v, work) for v in basis), "kernel: a vector is not in the kernel")
    require(column_rank(part.columns, p, work) == n - r, "kernel: the rank modulo the prime leaves room for more")
    require_products(item, statement, part, basis, 0, work)
    degrees = [size - 1 for size in statement.sizes]
    count = factorial(sum(degrees)) // prod(map(factorial, degrees))
    ledger.rank(support, low=n - r)
    ledger.fact("lifting.rank", n - r)
    ledger.fact("lifting.kernel_dimension", r)
    ledger.fact("identifiability.generic.fibre_C", count)
    ledger.fact(OVER_C, "no")
    if count % 2 == 0:
        ledger.fact(GENERIC, "no")
    if count == 2:
        ledger.fact("identifiability.generic.fibre_real", [2, 2])


def open_pair(claim, ledger, work):
    """h and g of different classes with one product, and Jacobians onto the range of A at both: so it is nearby."""
    keys(claim, ("kind", "prime", "supports", "h", "g", "coordinate"), (), "open-pair")
    statement, p = ledger.statement, prime(claim["prime"])
    rank = ledger.facts.get("lifting.rank")
    require(rank is not None, "open-pair: the rank of the lifting is not known")
    pair = read_pair(claim, statement, work)
    require(pair.entry(read_coordinate(claim["coordinate"], statement)) != 0, "open-pair: one class")
    require(not any(pair.image().values()), "open-pair: the products differ")
    sides = zip(array(claim["supports"], "supports", 2), "hg", strict=True)
    for raw, side in sides:
        support = read_support(raw, statement)
        point = Point(claim[side], statement.read_parameters(claim[side], side))
        require(point.inside(support), "open-pair: parameters outside their support")
        inner = not statement.family.nonnegative or point.support == [set(s) for s in support]
        require(inner, "open-pair: parameters at the edge of a non-negative model")
        vectors = partial_derivatives(statement, support, [[x % p for x in h] for h in point.values], p, work)
        place = {key: i for i, key in enumerate(sorted(set().union(*vectors)))}
        found = rank_mod([{place[key]: x for key, x in v.items()} for v in vectors], len(place), p, work)
        require(found == rank, f"open-pair: the Jacobian of {side} has rank {found}")
    ledger.fact(GENERIC, "no")


def exchange(claim, ledger, work):
    """Parameters of factors change places, the columns of A stay the same, and some h gets another class."""
    keys(claim, ("kind", "support", "factors", "maps", "h", "coordinate"), (), "exchange")
    statement = ledger.statement
    support = read_support(claim["support"], statement)
    factors = [index(k, statement.K, "factors") for k in array(claim["factors"], "factors", statement.K)]
    require(len(set(factors)) == statement.K, "factors: one twice")
    maps = [
        [index(i, statement.sizes[to], "maps") for i in array(images, "maps", size)]
        for images, to, size in zip(array(claim["maps"], "maps", statement.K), factors, statement.sizes, strict=True)
    ]
    require(
        all(len(set(images)) == statement.sizes[to] for images, to in zip(maps, factors, strict=True)),
        "maps: not one to one",
    )
    columns = expand(statement, work)
    at = dict(zip(columns.coordinates, columns.columns, strict=True))
    work.spend(4 * len(at) * statement.K + sum(map(len, columns.columns)))
    for multi, column in at.items():
        require(at.get(_moved(multi, factors, maps)) == column, "exchange: a column changes")
    inside = [[int(i in part) for i in range(n)] for part, n in zip(support, statement.sizes, strict=True)]
    require(statement.allows(_placed(inside, factors, maps)), "exchange: it leaves the model")
    h = [integers(part, n, "h") for part, n in zip(array(claim["h"], "h", statement.K), statement.sizes, strict=True)]
    h = [[x * y for x, y in zip(*parts, strict=True)] for parts in zip(h, inside, strict=True)]
    g = _placed(h, factors, maps)
    multi = read_coordinate(claim["coordinate"], statement)
    first, second = (prod(part[i] for part, i in zip(x, multi, strict=True)) for x in (h, g))
    require(first != second, "exchange: the coordinate does not tell the classes apart")
    ledger.fact(GENERIC, "no")


def _moved(multi, factors, maps):
    """Where a multi-index goes."""
    out = [0] * len(multi)
    for i, to, images in zip(multi, factors, maps, strict=True):
        out[to] = images[i]
    return tuple(out)


def _placed(h, factors, maps):
    """Parameters after the exchange."""
    out = [[0] * len(part) for part in h]
    for part, to, images in zip(h, factors, maps, strict=True):
        out[to] = [0] * len(images)
        for x, i in zip(part, images, strict=True):
            out[to][i] = x
    return out
