"""The ratio of elementary symmetric polynomials of the squared singular values of kernel elements: gamma from above.

Polynomials in x are dicts: a monomial is the integer sum of 8^i over its factors x_i (degree at most six).
"""

from array import array as numbers
from itertools import combinations_with_replacement
from math import comb, prod

from ..algebra import dominated, upper_products
from ..proved import UNIFORM
from ..strict import array, indices, integer, integers, keys, prime, rational, require
from .kernel import check_kernel

MAX_KERNEL = 24
MAX_TERMS = 400_000


def kernel_ratio(claim, ledger, work):
    """The squared singular values of unit kernel elements from the third on sum to at least `tail`."""
    names = ("prime", "kernel", "flattenings", "ratio", "tail", "gamma", "scale", "gram", "L")
    keys(claim, ("kind", *names), (), "kernel-ratio")
    statement = ledger.statement
    require(statement.equivalence == "scale", "kernel-ratio: the equivalence is not scale")
    basis = check_kernel(array(claim["kernel"], "kernel"), prime(claim["prime"]), ledger, work)
    require(0 < len(basis) <= MAX_KERNEL, "kernel-ratio: the kernel is trivial, or larger than the checker takes")
    ratio, tail, gamma = (rational(claim[name], name) for name in ("ratio", "tail", "gamma"))
    scale, gram = integer(claim["scale"], "scale"), integer(claim["gram"], "gram")
    require(min(scale, gram) >= 1, "kernel-ratio: scale and gram have to be positive")
    require(tail > 0 and gamma > 0, "kernel-ratio: the tail and gamma have to be positive")
    total, sides = {}, []
    for entry in array(claim["flattenings"], "flattenings"):
        modes, weight = array(entry, "flattenings", 2)
        modes, weight = indices(modes, statement.K, "flattenings"), integer(weight, "flattenings")
        require(weight >= 0, "flattenings: a negative weight")
        matrix = _flattened(statement.sizes, modes, basis)
        sides.append(min(len(matrix), len(matrix[0])))
        top, bottom = (weight * scale * x for x in (ratio.denominator, ratio.numerator))
        _add_ratio(total, matrix, len(basis), top, bottom, work)
    for side in sides:
        require(side >= 3 and tail * side <= side - 2, "kernel-ratio: a flattening whose tail cannot be that large")
        require(_above(tail, side, ratio), "kernel-ratio: the ratio does not prove the tail")
    require(gamma**2 * tail >= 1, "kernel-ratio: gamma^2 is less than 1/tail")
    _squares(claim["L"], len(basis), gram, total, work)
    ledger.high("dnsp.gamma", gamma)
    ledger.fact(UNIFORM, "yes")


def _above(t, side, ratio):
    """Whether e_3/e_2 at (1-t)/2, (1-t)/2, t/(s-2), ..., t/(s-2) is at most `ratio`."""
    head, each, rest = (1 - t) / 2, t / (side - 2), side - 2
    second = head**2 + 2 * head * t + comb(rest, 2) * each**2
    third = head**2 * t + 2 * head * comb(rest, 2) * each**2 + comb(rest, 3) * each**3
    return third <= ratio * second


def _flattened(sizes, modes, basis):
    """The flattening of sum x_a w_a, entries being the lists of coefficients, rows on the smaller side."""
    rest = [k for k in range(len(sizes)) if k not in modes]
    require(rest, "flattenings: all modes on one side")
    rows, cols = prod(sizes[k] for k in modes), prod(sizes[k] for k in rest)
    if rows > cols:
        modes, rest, rows, cols = rest, modes, cols, rows
    matrix = [[None] * cols for _ in range(rows)]
    for place in range(rows * cols):
        multi, left = [], place
        for n in reversed(sizes):
            left, i = divmod(left, n)
            multi.append(i)
        multi.reverse()
        matrix[_number(multi, modes, sizes)][_number(multi, rest, sizes)] = [w[place] for w in basis]
    return matrix


def _number(multi, modes, sizes):
    """The row-major number of the indices in some modes."""
    number = 0
    for k in modes:
        number = number * sizes[k] + multi[k]
    return number


def _add_ratio(total, matrix, c, top, bottom, work):
    """Add top*6*e_3 - bottom*6*e_1*e_2 of the squared singular values, by the power sums tr (W W^T)^k."""
    rows, quadratics = len(matrix), c * (c + 1) // 2
    bits = 2 * max(abs(x) for row in matrix for cell in row for x in cell).bit_length()
    work.spend(rows * rows * (len(matrix[0]) * c * c + rows * quadratics**2) // 2, bits)
    work.spend((rows * rows // 2 + 3) * comb(c + 3, 4) * quadratics, 2 * bits)
    units = [1 << 3 * i for i in range(c)]
    square = [[_inner(a, b, units) for b in matrix] for a in matrix]
    fourth = [
        [_sum_of_products((square[i][k], square[k][j]) for k in range(rows)) for j in range(i + 1)] for i in range(rows)
    ]
    one = _sum(square[i][i] for i in range(rows))
    two = _sum(fourth[i][i] for i in range(rows))
    three = _sum_of_products((fourth[i][j], square[i][j]) for i in range(rows) for j in range(i))
    three = {m: 2 * x for m, x in three.items()}
    _multiply_into(three, *_stacked((fourth[i][i], square[i][i]) for i in range(rows)))
    cube = _sum_of_products([(_sum_of_products([(one, one)]), one)])
    mixed = _sum_of_products([(two, one)])
    for polynomial, x in ((cube, top - 3 * bottom), (mixed, 3 * bottom - 3 * top), (three, 2 * top)):
        for m, y in polynomial.items():
            total[m] = total.get(m, 0) + x * y


def _inner(a, b, units):
    """sum_k a_k(x) b_k(x) for linear forms given by their coefficients."""
    out = {}
    for p, u in enumerate(units):
        for q, v in enumerate(units):
            x = sum(f[p] * g[q] for f, g in zip(a, b, strict=True))
            if x:
                out[u + v] = out.get(u + v, 0) + x
    return out


def _sum(polynomials):
    out = {}
    for polynomial in polynomials:
        for m, x in polynomial.items():
            out[m] = out.get(m, 0) + x
    return out


def _stacked(pairs):
    first, second = zip(*pairs, strict=True)
    return first, second


def _sum_of_products(pairs):
    """The sum of f*g over the pairs."""
    out = {}
    pairs = list(pairs)
    if pairs:
        _multiply_into(out, *_stacked(pairs))
    return out


def _multiply_into(out, first, second):
    get = out.get
    for f, g in zip(first, second, strict=True):
        items = list(g.items())
        for m, x in f.items():
            for n, y in items:
                out[m + n] = get(m + n, 0) + x * y


def _squares(raw, c, gram, total, work):
    """Take away gram*|L^T m|^2, m the cubic monomials; the rest has to be dominated by its diagonal."""
    cubics = [sum(1 << 3 * i for i in m) for m in combinations_with_replacement(range(c), 3)]
    size = len(cubics)
    work.spend(size * size)
    rows = [integers(row, i + 1, "L") for i, row in enumerate(array(raw, "L", size))]
    # strictly positive: where e_2 vanishes e_3 does as well, and the kernel would hold a tensor of rank one
    require(all(row[-1] for row in rows), "kernel-ratio: the squares are not definite")
    names = {}
    table = [numbers("L", (names.setdefault(m + n, len(names)) for n in cubics[i:])) for i, m in enumerate(cubics)]
    rest = [0] * len(names)
    for m, x in total.items():
        rest[names[m]] = x
    for line, found in zip(table, upper_products(rows, work), strict=True):
        rest[line[0]] -= gram * found[0]
        for name, x in zip(line[1:], found[1:], strict=True):
            rest[name] -= 2 * gram * x
    require(dominated(table, rest), "kernel-ratio: what the squares leave is not dominated by its diagonal")
