"""Two sets of parameters with the same product and different classes."""

from math import prod

from ..lifting import product
from ..proved import UNIFORM
from ..statement import scaled
from ..strict import array, index, keys, require


def witness(claim, ledger, work):
    """h and g in the model, the same product exactly, different path products."""
    keys(claim, ("kind", "h", "g", "coordinate"), (), "witness")
    statement = ledger.statement
    h, g = (statement.read_parameters(claim[name], name) for name in "hg")
    require(statement.allows(h) and statement.allows(g), "witness: not in the model")
    multi = [
        index(i, n, "coordinate")
        for i, n in zip(array(claim["coordinate"], "coordinate", statement.K), statement.sizes, strict=True)
    ]
    require(statement.alive(multi), "witness: the coordinate is not alive")
    a, b = (prod(part[i] for part, i in zip(x, multi, strict=True)) for x in (h, g))
    require(a != b, "witness: the coordinate does not tell the classes apart")
    require(same_product(statement, h, g, work), "witness: the products differ")
    ledger.fact(UNIFORM, "no")
    ledger.witnesses.append((claim["h"], claim["g"]))


def same_product(statement, h, g, work):
    """Whether the products of h and g agree exactly."""
    (h, dh), (g, dg) = scaled(h), scaled(g)
    left, right = product(statement, h, work), product(statement, g, work)
    return all(left.get(key, 0) * dg == right.get(key, 0) * dh for key in {*left, *right})
