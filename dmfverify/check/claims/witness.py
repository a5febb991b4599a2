"""Two sets of parameters with the same product and different classes."""

from ..proved import UNIFORM
from ..strict import array, index, keys, require
from .difference import read_pair


def witness(claim, ledger, work):
    """h and g in the model, the same product exactly, different path products."""
    keys(claim, ("kind", "h", "g", "coordinate"), (), "witness")
    statement, pair = ledger.statement, read_pair(claim, ledger.statement, work)
    multi = [
        index(i, n, "coordinate")
        for i, n in zip(array(claim["coordinate"], "coordinate", statement.K), statement.sizes, strict=True)
    ]
    require(statement.paths.alive(multi), "witness: the coordinate is not alive")
    require(pair.entry(multi) != 0, "witness: the coordinate does not tell the classes apart")
    require(not any(pair.image().values()), "witness: the products differ")
    ledger.fact(UNIFORM, "no")
    ledger.witnesses.append((claim["h"], claim["g"]))
    if ledger.point is not None and ledger.point.h in (pair.first, pair.second):
        ledger.fact("at.verdict", "no")
