"""K = 1: the constant alpha_s of the kernel, from below by a vector, from above by duals.

alpha_s is the greatest value of (sum of the s greatest |v_i|) / |v|_1 over v in Ker A, s the sparsity of the model.
For v in the kernel <c, v> = <c - A^T y, v>, whatever y is: that is all that the upper bounds use.
"""

from fractions import Fraction
from operator import mul

from ..algebra import semidefinite, symmetric
from ..proved import quotient_above, quotient_below
from ..sensing import ALPHA, SPARK
from ..signed import Orbits, closure, negated
from ..strict import array, index, integer, integers, keys, rational, require
from .kernel import expand, is_zero


def sensing(ledger, work):
    """(columns, s) of a statement with one factor and a sparse model."""
    require(ledger.statement.senses, "not one factor with a sparse model")
    return expand(ledger.statement, work), ledger.statement.family.sparsity[0]


class Matrix:
    """den times A by its columns, dense: a list over the columns of lists over the rows."""

    def __init__(self, columns, work):
        rows = columns.alive_rows()
        work.spend(len(rows) * len(columns.columns))
        work.hold(len(rows) * len(columns.columns))
        self.den, self.bits = columns.den, columns.bits
        self.columns = [[column.get(r, 0) for r in rows] for column in columns.columns]
        self.m, self.n = len(rows), len(self.columns)

    def residual(self, scale, y, chosen, work):
        """scale * den * (s - A^T y / scale), s the signs of a signed set."""
        work.spend(self.n * (self.m + 2))
        out = [-sum(map(mul, column, y)) for column in self.columns]
        for c in chosen:
            out[c // 2] += -scale * self.den if c % 2 else scale * self.den
        return out


def null_space_vector(claim, ledger, work):
    """A vector of the kernel: its greatest entries and its support."""
    keys(claim, ("kind", "vector"), (), "null-space-vector")
    columns, s = sensing(ledger, work)
    v = integers(claim["vector"], len(columns.columns), "vector")
    require(any(v), "vector: zero")
    require(is_zero(columns, v, work), "vector: not in the kernel")
    sizes = sorted(map(abs, v), reverse=True)
    ledger.low(ALPHA, quotient_below(sum(sizes[:s]), sum(sizes)))
    ledger.high(SPARK, sum(map(bool, v)))


def l1_linear(claim, ledger, work):
    """alpha_s is at most the greatest sum of s absolute entries of a column of I - Y^T A."""
    keys(claim, ("kind", "scale", "Y"), (), "l1-linear")
    columns, s = sensing(ledger, work)
    A, scale = Matrix(columns, work), _positive(claim["scale"], "scale")
    Y = [integers(y, A.m, "Y") for y in array(claim["Y"], "Y", A.n)]
    rows = [A.residual(scale, y, (2 * i,), work) for i, y in enumerate(Y)]
    worst = max(sum(sorted(map(abs, column))[-s:]) for column in zip(*rows, strict=True))
    ledger.high(ALPHA, quotient_above(worst, scale * A.den))


def l1_semidefinite(claim, ledger, work):
    """Multipliers of the lifted program: x^T y <= the bound for x in the kernel and y with |y|_inf <= 1, |y|_1 <= s."""
    names = ("kind", "scale", "unit", "kernel_side", "cross", "spread", "trace", "rows", "psd")
    keys(claim, names, (), "l1-semidefinite")
    columns, s = sensing(ledger, work)
    A, scale = Matrix(columns, work), _positive(claim["scale"], "scale")
    n = A.n
    X, Y, T = (symmetric(claim[name], n, name) for name in ("kernel_side", "spread", "trace"))
    cross = [integers(row, n, "cross") for row in array(claim["cross"], "cross", n)]
    W = symmetric(claim["rows"], A.m, "rows")
    unit = _positive(claim["unit"], "unit")
    work.spend(2 * n * A.m * (n + A.m))
    half = [[sum(map(mul, row, column)) for row in W] for column in A.columns]  # W times each column
    big = [[0] * (2 * n) for _ in range(2 * n)]
    for i in range(n):
        for j in range(n):
            big[i][j] = 2 * (unit * X[i][j] + sum(map(mul, half[i], A.columns[j])))
            big[n + i][n + j] = 2 * unit * (Y[i][j] + T[i][j])
            big[n + j][i] = big[i][n + j] = -unit * (cross[i][j] + (scale if i == j else 0))
    semidefinite(big, claim["psd"], work, "psd")
    bound = _largest(X) + s * _largest(cross) + s * s * _largest(Y) + sum(abs(x) for row in T for x in row)
    ledger.high(ALPHA, quotient_above(bound, scale))


def _largest(matrix):
    return max(abs(x) for row in matrix for x in row)


def _positive(raw, what):
    value = integer(raw, what)
    require(value >= 1, f"{what}: not positive")
    return value


def l1_tree(claim, ledger, work):
    """A tree over the signed sets up to symmetry: each leaf has a dual for what is fixed in it."""
    keys(claim, ("kind", "scale", "unit", "generators", "levels"), (), "l1-tree")
    columns, s = sensing(ledger, work)
    A = Matrix(columns, work)
    tree = _Tree(A, _positive(claim["scale"], "scale"), _positive(claim["unit"], "unit"), work)
    tree.symmetries(claim["generators"])
    bounds = {}
    for level in array(claim["levels"], "levels"):
        keys(level, ("size", "bound", "tree"), (), "level")
        size = index(level["size"], min(s, A.n) + 1, "size")
        require(size > max(bounds, default=0), "size: not greater than those before")
        bound = rational(level["bound"], "bound")
        tree.covered(array(level["tree"], "tree"), size, bound, bounds)
        bounds[size] = bound
    ledger.high(ALPHA, combined(bounds, min(s, A.n), work)[-1])


def combined(bounds, size, work):
    """The best bounds of alpha_0, ..., alpha_size from some of them.

    alpha_(a+b) <= alpha_a + alpha_b, alpha_b <= alpha_a b/a for a <= b, and alpha grows with its index.
    """
    work.spend(20 * (size + 1) * (len(bounds) + 1))
    best = [Fraction(0)]
    for b in range(1, size + 1):
        below = [(a, bound) for a, bound in bounds.items() if 0 < a <= b]
        choices = [min(bound * Fraction(b, a), bound + best[b - a]) for a, bound in below]
        best.append(min([Fraction(1), *choices, *(bound for a, bound in bounds.items() if a > b)]))
    return best


class _Tree:
    """The signed sets of a matrix, and the duals that bound them."""

    def __init__(self, A, scale, unit, work):
        self.A, self.scale, self.unit, self.work = A, scale, unit, work

    def symmetries(self, raw):
        """Read the generators; `slip` is the largest entry of unit * den * (A P - R A) over the group."""
        A, generators = self.A, []
        for item in array(raw, "generators"):
            keys(item, ("map", "R"), (), "generator")
            images = [index(c, 2 * A.n, "map") for c in array(item["map"], "map", A.n)]
            require(len({c // 2 for c in images}) == A.n, "map: two images in one place")
            R = [integers(row, A.m, "R") for row in array(item["R"], "R", A.m)]
            generators.append((tuple(c ^ side for c in images for side in (0, 1)), (R, self.unit)))
        group = closure(generators, A.n, self.work)
        self.slip = max((self._slip(g, R) for g, R in group.items() if R is not None), default=0)
        self.orbits = Orbits({*group, *map(negated, group)}, A.n, self.work)

    def _slip(self, g, R):
        """(A P)_i is the column of A at the image of i, with its sign."""
        A, worst = self.A, 0
        self.work.spend(2 * A.n * A.m * A.m)
        for i, column in enumerate(A.columns):
            image, sign = A.columns[g[2 * i] // 2], -self.unit if g[2 * i] % 2 else self.unit
            worst = max(worst, *(abs(sign * x - sum(map(mul, row, column))) for x, row in zip(image, R, strict=True)))
        return worst

    def covered(self, items, size, bound, bounds):
        """Every signed set of `size` elements lies below a leaf, whose dual leaves at most `bound`."""
        rest, other = iter(items), combined(bounds, size, self.work)
        stack = [self.orbits.children((), size)]
        while stack:
            chosen = next(stack[-1], None)
            if chosen is None:
                stack.pop()
                continue
            item = next(rest, None)
            require(item is not None, "tree: a signed set is not covered")
            if array(item, "tree"):
                left = bound - other[size - len(chosen)]
                require(self._reached(item, chosen, left), "tree: a dual leaves more than the bound")
            else:
                require(len(chosen) < size, "tree: a signed set without a dual")
                stack.append(self.orbits.children(chosen, size))
        require(next(rest, None) is None, "tree: more items than signed sets")

    def _reached(self, raw, chosen, left):
        """Whether |s - A^T y|_inf, and what the symmetries lose, is at most `left`."""
        y = integers(raw, self.A.m, "dual")
        found = max(map(abs, self.A.residual(self.scale, y, chosen, self.work)))
        lost = self.unit * found + self.slip * sum(map(abs, y))
        return lost * left.denominator <= left.numerator * self.scale * self.A.den * self.unit
