"""One box of two supports that was looked at: the deep lower RIP constant from above."""

from ..algebra import apply, dot
from ..boxes import Boxes
from ..strict import array, integers, keys, rational, require
from .gram import true_gram
from .support_tree import maximal


def support_pair(claim, ledger, work):
    """On the box of two maximal supports some vector in the range of the Gram matrix is mapped to a short one."""
    keys(claim, ("kind", "rows", "pair", "vector", "lower_rip"), (), "support-pair")
    statement = ledger.statement
    require(statement.kind != "free", "the model is free")
    high = rational(claim["lower_rip"], "lower_rip")
    require(high > 0, "lower_rip: not positive")
    s, t = (maximal(statement, raw, "pair") for raw in array(claim["pair"], "pair", 2))
    G, square = true_gram(ledger, "columns", claim["rows"], work)
    boxes = Boxes(statement, G, square, 0, work)
    G = boxes.gram(boxes.box(s, t))
    x = apply(G, integers(claim["vector"], len(G), "vector"), work)
    require(any(x), "vector: in the kernel")
    reached = dot(x, apply(G, x, work)) <= high**2 * square * dot(x, x)
    require(reached, "lower_rip: the vector does not reach it")
    ledger.high("sparse_dnsp.lower_rip", high)
