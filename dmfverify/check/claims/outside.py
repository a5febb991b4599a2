"""A kernel of dimension one, spanned by a tensor that is no difference of the models.

Nothing is said about limits of differences: gamma may be infinite all the same.
"""

from itertools import combinations_with_replacement, product

from ..algebra import rank_exact
from ..proved import OVER_C, UNIFORM
from ..strict import array, index, indices, keys, one_of, require
from .kernel import only_kernel_vector
from .quartic import HYPERDETERMINANT

MAX_SUPPORTS = 60


def line_outside(claim, ledger, work):
    """Ker A is spanned by w, and no multiple of w is P(h) - P(g) within the models."""
    keys(claim, ("kind", "prime", "kernel", "because", "groups", "indices"), (), "line-outside")
    statement = ledger.statement
    require(statement.equivalence == "scale", "line-outside: the equivalence is not scale")
    because = one_of(claim["because"], ("cube", "signs", "supports"), "because")
    w = only_kernel_vector(claim["kernel"], claim["prime"], ledger, work)
    tensor = dict(zip(product(*map(range, statement.sizes)), w, strict=True))
    if because == "supports":
        require(claim["groups"] == claim["indices"] == [], "line-outside: cells that are not needed")
        over_C = _between_supports(tensor, statement, work)
    else:
        cells = _cells(claim, tensor, statement, 3 if because == "cube" else 2)
        over_C = _of_rank_three(cells) if because == "cube" else _against_signs(cells, statement)
    ledger.fact(UNIFORM, "yes")
    if over_C:
        ledger.fact(OVER_C, "yes")


def _cells(claim, tensor, statement, sides):
    """The entries of w, two to a side: each side is a group of modes, with two multi-indices in it."""
    groups = [indices(g, statement.K, "groups") for g in array(claim["groups"], "groups", sides)]
    order = [k for g in groups for k in g]
    require(sorted(order) == list(range(statement.K)), "groups: they do not divide the modes")
    pairs = [
        [
            [index(i, statement.sizes[k], "indices") for i, k in zip(array(m, "indices", len(g)), g, strict=True)]
            for m in array(pair, "indices", 2)
        ]
        for g, pair in zip(groups, array(claim["indices"], "indices", sides), strict=True)
    ]
    found = {}
    for bits in product((0, 1), repeat=sides):
        placed = dict(zip(order, (i for pair, bit in zip(pairs, bits, strict=True) for i in pair[bit]), strict=True))
        found[bits] = tensor[tuple(placed[k] for k in range(statement.K))]
    return found


def _of_rank_three(cells):
    """A 2 x 2 x 2 tensor of negative hyperdeterminant, or of none and in the orbit of W; whether this holds over C."""
    det = 0
    for bits, coefficient in HYPERDETERMINANT:
        for b in bits:
            coefficient *= cells[b]
        det += coefficient
    require(det <= 0, "line-outside: the hyperdeterminant is positive")
    require(det or all(_two_dimensional(cells, side) for side in range(3)), "line-outside: a flattening of rank one")
    return det == 0


def _two_dimensional(cells, side):
    """Whether the two slices of a side are independent."""
    a, b = ([x for bits, x in cells.items() if bits[side] == i] for i in (0, 1))
    return any(a[i] * b[j] != a[j] * b[i] for i in range(4) for j in range(i))


def _against_signs(cells, statement):
    """P(h) - P(g) with h, g >= 0 has no 2 x 2 minor with a diagonal <= 0 and the other diagonal > 0."""
    require(statement.family.nonnegative, "line-outside: the model is not non-negative")
    require(cells[0, 0] <= 0 and cells[1, 1] <= 0, "line-outside: a positive entry on the diagonal")
    require(cells[0, 1] > 0 and cells[1, 0] > 0, "line-outside: an entry beside the diagonal that is not positive")
    return False


def _between_supports(tensor, statement, work):
    """For each pair of supports some mode whose vectors in w's span and in the supports do not span w."""
    require(statement.family_within(MAX_SUPPORTS), "line-outside: more supports than are compared")
    flat = [{} for _ in statement.sizes]
    for multi, x in tensor.items():
        work.spend(statement.K)
        for k, i in enumerate(multi):
            flat[k].setdefault(i, []).append(x)
    supports = [tuple(map(frozenset, s)) for s in statement.maximal()]
    for s, t in combinations_with_replacement(supports, 2):
        require(
            any(_too_small(flat[k], s[k], t[k], work) for k in range(statement.K)),
            "line-outside: a pair of supports is not excluded",
        )
    return True


def _too_small(rows, s, t, work):
    """Whether V n R^s and V n R^t span less than two dimensions, for V of two or more: the columns of a flattening.

    dim V n R^s is the rank of all rows less that of the rows outside s.
    """

    def outside(kept):
        return rank_exact([rows[i] for i in rows if i not in kept], work)

    whole = outside(())
    return whole >= 2 and whole + outside(s & t) - outside(s) - outside(t) < 2
