"""Networks with free and known taps in one layer (check/skips.py): three claims of their own.

Injective: parameters with the same product have the same coordinates, because the columns of the coordinates are
independent.  That is so when all opened multi-indices of a response reach different shifts: then each coordinate has
a non-zero entry, and no two share a place.
"""

from fractions import Fraction

from ..algebra import rank_mod
from ..derivative import partial_derivatives
from ..distinct import distinct
from ..lifting import Columns
from ..proved import OVER_C, UNIFORM
from ..shifts import Shifts
from ..strict import array, index, keys, prime, require
from .difference import Pair
from .local import read_point, read_support


def skip_injective(claim, ledger, work):
    """No kernel on the coordinates that hold a free tap: every product has one class, and gamma is 1."""
    keys(claim, ("kind", "prime"), (), "skip-injective")
    statement = ledger.statement
    if claim["prime"] is None:
        require(statement.opened.has_response, "skip-injective: not a plain convolutional network")
        shifts = Shifts(statement.opened, "skip-injective")
        require(distinct(shifts, work), "skip-injective: shifts are not seen to be different")
    else:
        p, columns = prime(claim["prime"]), _columns(statement, work)
        place = {key: i for i, key in enumerate(sorted(set().union(*columns.values())))}
        vectors = [{place[key]: x for key, x in column.items()} for column in columns.values()]
        require(rank_mod(vectors, len(place), p, work) == len(vectors), "skip-injective: dependent columns")
        for path, n in (("columns", len(vectors)), ("rank", len(vectors)), ("kernel_dimension", 0)):
            ledger.fact("lifting." + path, n)
    ledger.fact(UNIFORM, "yes")
    ledger.fact(OVER_C, "yes")
    ledger.fact("dnsp.rho", "inf")
    ledger.exactly("dnsp.gamma", Fraction(1))


def _columns(statement, work):
    """Integer multiples of the columns of the coordinates, the constant one left out: free taps -> column."""
    whole, found = Columns(statement.opened, "response" if statement.opened.has_response else "product", work), {}
    for multi, column in zip(whole.coordinates, whole.columns, strict=True):
        free, weight = statement.paths.split(multi)
        work.spend(len(multi) + len(column))
        if any(i is not None for i in free):
            total = found.setdefault(free, {})
            for key, x in column.items():
                total[key] = total.get(key, 0) + weight * x
    return found


def skip_witness(claim, ledger, work):
    """h and g in the model, the same product exactly, different path products."""
    keys(claim, ("kind", "h", "g", "coordinate"), (), "skip-witness")
    statement, whole = ledger.statement, ledger.statement.opened
    h, g = (statement.read_parameters(claim[name], name) for name in "hg")
    require(statement.allows(h) and statement.allows(g), "skip-witness: the parameters are not in the model")
    pair = Pair(whole, *map(statement.paths.complete, (h, g)), work)
    given = array(claim["coordinate"], "coordinate", whole.K)
    multi = [index(i, n, "coordinate") for i, n in zip(given, whole.sizes, strict=True)]
    require(whole.paths.alive(multi), "skip-witness: the coordinate is not alive")
    require(pair.entry(multi) != 0, "skip-witness: the coordinate does not tell the classes apart")
    require(not any(pair.image().values()), "skip-witness: the products differ")
    ledger.fact(UNIFORM, "no")
    ledger.witnesses.append((claim["h"], claim["g"]))


def skip_jacobian(claim, ledger, work):
    """Rank of the Jacobian in the free parameters, at one point modulo a prime: a lower bound of the generic rank."""
    keys(claim, ("kind", "prime", "support", "point", "rank"), (), "skip-jacobian")
    statement, p = ledger.statement, prime(claim["prime"])
    support, point = read_support(claim["support"], statement), read_point(claim["point"], statement, p)
    require(all(f.den % p for f in statement.factors), "skip-jacobian: the prime divides a known value's denominator")
    point = [[x.numerator * pow(x.denominator, -1, p) % p for x in part] for part in statement.paths.complete(point)]
    inside = statement.paths.box(support)
    vectors = partial_derivatives(statement.opened, support, point, p, work, inside)
    place = {key: i for i, key in enumerate(sorted(set().union(*vectors)))}
    found = rank_mod([{place[key]: x for key, x in v.items()} for v in vectors], len(place), p, work)
    require(found >= index(claim["rank"], 2**40, "rank"), f"skip-jacobian: the rank at the point is {found}")
    ledger.rank(support, low=claim["rank"])
