"""Sparse patterns under `neuron-scale`: products of supports, Kronecker-sparse chains, peeling.

Main definitions
    `distinct_paths`     no two paths share both ends: the product lists all path products
    `kronecker_sparse`   the same from four numbers a factor, without multiplying
    `peeling`            blocks of rank one that can be read off one after the other, split by split
"""

from fractions import Fraction

from ..lifting import by_row, times
from ..proved import GENERIC
from ..strict import array, index, keys, require

MAX_SIDE = 2**40


def distinct_paths(claim, ledger, work):
    """The product of the 0/1 supports has entries 0 and 1: the columns of the lifting are different unit vectors."""
    keys(claim, ("kind",), (), "distinct-paths")
    statement = _patterns(ledger)
    ones = [[1] * n for n in statement.sizes]
    counts = _product(statement, ones, 0, statement.K, work)
    require(all(n == 1 for n in counts.values()), "distinct-paths: two paths share both ends")
    _isometry(ledger)


def kronecker_sparse(claim, ledger, work):
    """Supports I_a (x) 1_{b x c} (x) I_d that chain with q = 1: each product of them is such a support again."""
    keys(claim, ("kind", "factors"), (), "kronecker-sparse")
    statement, whole = _patterns(ledger), None
    for raw, form in zip(array(claim["factors"], "factors", statement.K), statement.factors, strict=True):
        a, b, c, d = (index(n, MAX_SIDE, "factors") for n in array(raw, "factors", 4))
        require(min(a, b, c, d) > 0, "factors: not four positive integers")
        require([a * b * d, a * c * d] == list(form.shape), "kronecker-sparse: another shape")
        require(a * b * c * d == form.size, "kronecker-sparse: another number of entries")
        work.spend(10 * form.size)
        require(all(_inside(entry, b, c, d) for entry in form.entries), "kronecker-sparse: an entry outside")
        whole = (a, b, c, d) if whole is None else _chained(whole, (a, b, c, d))
    _isometry(ledger)


def _inside(entry, b, c, d):
    """Whether an entry lies in I_a (x) 1_{b x c} (x) I_d, whatever a is."""
    row, col = entry
    return row % d == col % d and row // d // b == col // d // c


def _chained(one, two):
    """The numbers of the product, where each of its entries is reached by one path."""
    (a, b, c, d), (a2, b2, c2, d2) = one, two
    require(a * c == a2 and b2 * d2 == d, "kronecker-sparse: two factors do not chain with q = 1")
    return a, b * d // d2, a2 * c2 // a, d2


def _patterns(ledger):
    """The statement, when all that is multiplied are patterns under `neuron-scale`."""
    statement = ledger.statement
    require(statement.equivalence == "neuron-scale", "the equivalence is not neuron-scale")
    require(statement.data is None, "the product is multiplied by data")
    return statement


def _isometry(ledger):
    """A^T A is the identity."""
    ledger.trivial_kernel()
    ledger.exactly("lifting.sigma_min", Fraction(1))
    ledger.exactly("lifting.sigma_max", Fraction(1))


def _product(statement, values, first, last, work):
    """The product of the factors first..last-1 with given integers at their entries, zeros left out."""
    found = None
    for form, part in zip(statement.factors[first:last], values[first:last], strict=True):
        entries = [(r, c, x) for (r, c), x in zip(form.entries, part, strict=True) if x]
        work.spend(4 * form.size)
        found = times(found, by_row(entries), work)
    return found


# -- peeling ----------------------------------------------------------------------------------------


def peeling(claim, ledger, work):
    """Split by split the blocks of the neurons in between are determined one after the other."""
    keys(claim, ("kind", "splits"), (), "peeling")
    statement = _patterns(ledger)
    require(statement.kind == "free", "peeling: the model has supports")
    found, _ = statement.paths.shown([range(n) for n in statement.sizes])
    ones = [[int(i in part) for i in range(n)] for part, n in zip(found, statement.sizes, strict=True)]
    splits, open_, full = iter(array(claim["splits"], "splits")), [(0, statement.K)], True
    while open_:
        first, last = open_.pop()
        if last - first == 1:
            continue
        raw = array(next(splits, None), "splits", 4)
        require(raw[0] == first and raw[2] == last, "peeling: a split of other factors")
        cut = index(raw[1], last, "splits")
        require(first < cut, "peeling: a split outside its factors")
        left, right = (_product(statement, ones, *ends, work) for ends in ((first, cut), (cut, last)))
        _peel(left, right, array(raw[3], "splits"), work)
        full = full and _as_full(ledger.point, statement, ((first, cut, left), (cut, last, right)), work)
        open_ += [(cut, last), (first, cut)]
    require(next(splits, None) is None, "peeling: more splits than factors")
    ledger.fact(GENERIC, "yes")
    ledger.fact("identifiability.generic.fibre_real", [1, 1])
    ledger.fact("identifiability.generic.fibre_C", 1)
    support = tuple(tuple(range(n)) for n in statement.sizes)
    ledger.rank(support, low=statement.paths.dimension(support))
    if ledger.point is not None and full:
        ledger.fact("at.verdict", "yes")


def _peel(left, right, order, work):
    """Each block in turn: its entries that no later block covers join all its rows and columns."""
    rows, cols, cover = {}, {}, {}
    for r, j in left:
        rows.setdefault(j, []).append(r)
    for j, c in right:
        cols.setdefault(j, []).append(c)
    for j in rows:
        for r in rows[j]:
            work.spend(2 * len(cols[j]))
            for c in cols[j]:
                cover[r, c] = cover.get((r, c), 0) + 1
        work.hold(len(cover))
    require(all(type(j) is int for j in order) and sorted(order) == sorted(rows), "peeling: not all neurons, each once")
    for j in order:
        work.spend(10 * len(rows[j]) * len(cols[j]))
        alone = {r: [c for c in cols[j] if cover[r, c] == 1] for r in rows[j]}
        require(_joined(alone, cols[j]), "peeling: what is seen of a block does not determine it")
        for r in rows[j]:
            for c in cols[j]:
                cover[r, c] -= 1


def _joined(alone, cols):
    """Whether a bipartite graph {row: columns} joins all its rows and all of `cols`."""
    into = {c: [] for c in cols}
    for r, found in alone.items():
        for c in found:
            into[c].append(r)
    start = next(iter(alone))
    seen_rows, seen_cols, queue = {start}, set(), [start]
    while queue:
        for c in alone[queue.pop()]:
            if c not in seen_cols:
                seen_cols.add(c)
                queue += [r for r in into[c] if r not in seen_rows]
                seen_rows.update(into[c])
    return len(seen_rows) == len(alone) and len(seen_cols) == len(cols)


def _as_full(point, statement, parts, work):
    """Whether no entry of these partial products vanishes at the point."""
    if point is None:
        return False
    work.carry(point.bits * statement.K)
    return all(
        all(found.get(key) for key in support)
        for first, last, support in parts
        for found in [_product(statement, point.values, first, last, work)]
    )
