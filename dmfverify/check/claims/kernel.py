"""Claims about Ker A: trivial, of a given dimension, spanned by one tensor."""

from itertools import product as cartesian
from math import inf

from ..algebra import dot, pivots_mod, rank_mod, semidefinite, symmetric
from ..lifting import Columns
from ..proved import OVER_C, UNIFORM
from ..strict import array, index, integer, integers, keys, prime, rational, require, value


def expand(statement, work):
    """The columns in their cheapest form."""
    return Columns(statement, "response" if statement.has_response else "product", work)


def trivial_kernel(claim, ledger, work):
    """All columns are independent modulo a prime, hence over Q."""
    keys(claim, ("kind", "prime"), (), "trivial-kernel")
    p = prime(claim["prime"])
    columns = expand(ledger.statement, work)
    require(column_rank(columns.columns, p, work) == len(columns.columns), "the columns are dependent modulo the prime")
    ledger.trivial_kernel()


def column_rank(columns, p, work):
    """Rank of sparse columns modulo p."""
    place = {row: i for i, row in enumerate(sorted(set().union(*columns)))}
    work.spend(sum(map(len, columns)) + len(place))
    return rank_mod([{place[r]: x for r, x in column.items()} for column in columns], len(place), p, work)


def kernel(claim, ledger, work):
    """A basis of Ker A: independent kernel vectors, as many as the rank leaves room for."""
    keys(claim, ("kind", "prime", "basis"), (), "kernel")
    check_kernel(array(claim["basis"], "kernel.basis"), prime(claim["prime"]), ledger, work)


def only_kernel_vector(raw, p, ledger, work):
    """The vector that spans Ker A."""
    (w,) = check_kernel([raw], prime(p), ledger, work)
    return w


def check_kernel(raw, p, ledger, work):
    """Vectors that span Ker A: in the kernel, independent, and no room for more."""
    columns = expand(ledger.statement, work)
    n = len(columns.columns)
    basis = [integers(v, n, "kernel.basis") for v in raw]
    require(all(is_zero(columns, v, work) for v in basis), "a basis vector is not in the kernel")
    require(len(pivots_mod(basis, n, p, work)) == len(basis), "the basis is dependent modulo the prime")
    rank = n - len(basis)
    require(column_rank(columns.columns, p, work) == rank, "the rank modulo the prime leaves room for more kernel")
    ledger.fact("lifting.rank", n - len(basis))
    ledger.fact("lifting.kernel_dimension", len(basis))
    return basis


def is_zero(columns, vector, work):
    """Whether A times an integer vector over the coordinates is zero."""
    total = {}
    for x, column in zip(vector, columns.columns, strict=True):
        if x:
            work.spend(len(column), columns.bits + x.bit_length())
            for row, v in column.items():
                total[row] = total.get(row, 0) + x * v
    return not any(total.values())


def kernel_line(claim, ledger, work):
    """Ker A is spanned by one tensor whose flattening has a tail: gamma^-2 >= tail."""
    names = ("prime", "kernel", "modes", "tail", "gamma", "mu", "unit", "Y", "psd_Y", "psd_gap")
    keys(claim, ("kind", *names), (), "kernel-line")
    statement = ledger.statement
    require(statement.equivalence == "scale", "kernel-line: the equivalence is not scale")
    w = only_kernel_vector(claim["kernel"], claim["prime"], ledger, work)
    H = _flattening_gram(statement, claim["modes"], w, work)
    mu, unit = rational(claim["mu"], "mu"), integer(claim["unit"], "unit")
    require(unit >= 1, "unit: not positive")
    Y = symmetric(claim["Y"], len(H), "Y")
    semidefinite(Y, claim["psd_Y"], work, "psd_Y")
    gap = [
        [mu.denominator * (Y[i][j] - unit * H[i][j]) + (unit * mu.numerator if i == j else 0) for j in range(len(H))]
        for i in range(len(H))
    ]
    semidefinite(gap, claim["psd_gap"], work, "psd_gap")
    two_largest = 2 * mu * unit + sum(Y[i][i] for i in range(len(H)))
    tail, gamma = rational(claim["tail"], "tail"), value(claim["gamma"], "gamma")
    require(tail > 0, "tail: not positive")
    require(two_largest <= (1 - tail) * unit * dot(w, w), "the two largest eigenvalues leave less than the tail")
    require(gamma > 0 and gamma != inf and gamma**2 * tail >= 1, "gamma^2 is less than 1/tail")
    ledger.high("dnsp.gamma", gamma)
    ledger.fact(UNIFORM, "yes")
    ledger.fact(OVER_C, "yes")


def _flattening_gram(statement, raw_modes, w, work):
    """M M^T for the flattening M of w with rows indexed by the given modes."""
    modes = array(raw_modes, "modes")
    require(0 < len({index(k, statement.K, "modes") for k in modes}) == len(modes), "modes: repeated, or none")
    rows = {}
    for multi, x in zip(cartesian(*map(range, statement.sizes)), w, strict=True):
        left = tuple(multi[k] for k in modes)
        right = tuple(multi[k] for k in range(statement.K) if k not in modes)
        rows.setdefault(left, {})[right] = x
    work.spend(len(rows) * len(w), 2 * max(map(abs, w)).bit_length())
    flat = [rows[left] for left in sorted(rows)]
    return [[sum(x * b[right] for right, x in a.items()) for b in flat] for a in flat]
