"""Gamma of families: for each pair of supports the kernel on the box of the unions, or on the union of the boxes."""

from itertools import combinations_with_replacement

from ..algebra import dot
from ..lifting import rows_of
from ..proved import UNIFORM
from ..strict import array, integer, integers, keys, one_of, prime, rational, require
from .difference import read_pair
from .kernel import column_rank, expand, is_zero
from .quartic import inequality
from .quartic_boxes import below_projection
from .support_tree import maximal

MAX_SUPPORTS = 1_000
MAX_COLUMNS = 2_000
PATHS = {"box": "sparse_dnsp.gamma", "union": "sparse_dnsp.gamma_union"}


def quartic_pairs(claim, ledger, work):
    """|T|^2 <= gamma^2 dist(T, kernel there)^2 for each pair of supports with dependent columns there."""
    keys(claim, ("kind", "where", "prime", "lambda", "bound", "items"), (), "quartic-pairs")
    statement = ledger.statement
    path, p = PATHS[one_of(claim["where"], tuple(PATHS), "where")], prime(claim["prime"])
    least, bound = rational(claim["lambda"], "lambda"), rational(claim["bound"], "bound")
    require(least > 0, "quartic-pairs: lambda has to be positive")
    require(bound >= 1 and bound**2 * least >= 1, "quartic-pairs: gamma^2 is less than 1 or 1/lambda")
    columns = _listed(statement, "quartic-pairs", work)
    items = {}
    for item in array(claim["items"], "items"):
        require(type(item) is dict, "item: not an object")
        left, right = (maximal(statement, item.get(side), side) for side in ("left", "right"))
        items[frozenset((left, right))] = item
        _inequality(item, (left, right), claim["where"], statement, columns, least, work)
    require(statement.family_within(MAX_SUPPORTS), "quartic-pairs: more supports than are compared")
    known = set()
    for pair in combinations_with_replacement(statement.maximal(), 2):
        places = tuple(_places(columns, pair, claim["where"], work))
        if frozenset(pair) not in items and places not in known:
            known.add(places)
            found = column_rank([columns.columns[n] for n in places], p, work)
            require(found == len(places), "quartic-pairs: a pair with dependent columns is in no item")
    ledger.high(path, bound)
    ledger.fact(UNIFORM, "yes")


def pair_difference(claim, ledger, work):
    """One T = P(h) - P(g) of a pair of supports, and an element of the kernel there, bound gamma from below."""
    keys(claim, ("kind", "where", "pair", "h", "g", "kernel", "denominator", "gamma"), (), "pair-difference")
    statement = ledger.statement
    where = one_of(claim["where"], tuple(PATHS), "where")
    columns = _listed(statement, "pair-difference", work)
    sides = [maximal(statement, raw, "pair") for raw in array(claim["pair"], "pair", 2)]
    pair = read_pair(claim, statement, work)
    for x, side in zip((pair.first, pair.second), sides, strict=True):
        inside = all(i in s for part, s in zip(x, side, strict=True) for i, v in enumerate(part) if v)
        require(inside, "pair-difference: the parameters are not in the pair of supports")
    places = _places(columns, sides, where, work)
    vector = dict(zip(places, integers(claim["kernel"], len(places), "kernel"), strict=True))
    full = [vector.get(n, 0) for n in range(len(columns.columns))]
    require(is_zero(columns, full, work), "kernel: not in the kernel")
    common, gamma = integer(claim["denominator"], "denominator"), rational(claim["gamma"], "gamma")
    require(common >= 1, "denominator: not positive")
    norm = pair.squared_norm()
    require(norm > 0, "pair-difference: T is zero")
    rest = [common * pair.entry(m) - pair.scale * x for m, x in zip(columns.coordinates, full, strict=True)]
    require(
        gamma >= 0 and gamma**2 * dot(rest, rest) <= norm * common**2,
        "pair-difference: gamma is more than |T| over the distance to the kernel",
    )
    ledger.low(PATHS[where], gamma)


def _listed(statement, what, work):
    """All columns, for a family of supports under the equivalence `scale`."""
    require(statement.equivalence == "scale", f"{what}: the equivalence is not scale")
    require(statement.kind != "free", f"{what}: the model is free")
    require(statement.count() <= MAX_COLUMNS, f"{what}: more columns than the checker takes")
    return expand(statement, work)


def _places(columns, pair, where, work):
    """The coordinates in the box of the unions, or in the union of the boxes."""
    s, t = ([set(part) for part in side] for side in pair)
    boxes = [[a | b for a, b in zip(s, t, strict=True)]] if where == "box" else [s, t]
    work.spend(2 * len(columns.coordinates) * len(s), 1)
    return [
        n
        for n, m in enumerate(columns.coordinates)
        if any(all(i in part for i, part in zip(m, box, strict=True)) for box in boxes)
    ]


def _inequality(item, pair, where, statement, columns, least, work):
    """dist(T, kernel there)^2 >= lambda*|T|^2 for the differences T of a pair, which live on its union."""
    around = [columns.columns[n] for n in _places(columns, pair, where, work)]
    rows, W = rows_of(around, work)
    work.spend(len(rows) ** 2, 2 * columns.bits)
    union = _places(columns, pair, "union", work)
    form, unit = below_projection(item, [columns.columns[n] for n in union], rows, W, work)
    rest = {name: value for name, value in item.items() if name not in ("unit", "Y")}
    inequality(rest, statement, [columns.coordinates[n] for n in union], form, unit, least, work)
