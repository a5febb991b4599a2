"""Positive definiteness in fixed point: elimination whose rounding can only lose.

Main definitions
    `scaled`     an integer matrix in `bits` binary digits, with what rounding may take off its diagonal
    `eliminate`  the Schur complement after some columns, from below; None when a pivot is not positive
    `positive`   whether a matrix is positive definite

Rounding.  Let M be symmetric and let the pivots of E be eliminated.  Every entry is computed with an error of at
most u = 1 + |E| (1 + 2 v / 2^bits), v the largest diagonal entry, 2 v a bound of the pivot rows that is checked: the
quotients by the pivots are rounded to `bits` digits.  A symmetric matrix with entries in [-u, u] and n rows is at
least -n u I, and by n u the diagonal is lowered: M is at least the sum of the outer products of the pivot rows, divided
by the pivots, plus the Schur complement returned.
"""

from operator import mul


def scaled(matrix, bits):
    """floor(2^bits M / max M_ii) for an integer matrix with a positive diagonal entry, made smaller by the rounding."""
    n, top = len(matrix), max(matrix[i][i] for i in range(len(matrix)))
    out = [[(x << bits) // top for x in row] for row in matrix]
    for i in range(n):
        out[i][i] -= n
    return out


def eliminate(matrix, which, rest, bits, work):
    """The matrix on `rest` after the elimination of `which`, from below, or None; `matrix` maps i to {j: entry}.

    Indices of `rest` that make the matrix indefinite together with `which` may be missing from the answer, and from
    `matrix` where an earlier elimination left them out.
    """
    if any(i not in matrix for i in which):
        return None
    order = [*which, *(i for i in rest if i in matrix)]
    work.spend(_steps(len(which), len(rest)), bits=bits)
    v = max((matrix[i][i] for i in order), default=0)
    loss = len(order) * (1 + len(which) * (1 + (2 * v >> bits)))
    parts, factors, beyond = {i: [] for i in order}, {i: [] for i in order}, set()
    for place, p in enumerate(which):
        row, own = matrix[p], factors[p]
        pivot = row[p] - loss - (sum(map(mul, own, parts[p])) >> bits)
        if pivot <= 0 or p in beyond:
            return None
        for c in order[place + 1 :]:
            x = row[c] - (sum(map(mul, own, parts[c])) >> bits)
            if abs(x) > 2 * v:  # no positive definite matrix has such an entry
                beyond.add(c)
                x = 0
            parts[c].append(x)
            factors[c].append((x << bits) // pivot)
    left = [i for i in order[len(which) :] if i not in beyond]
    out = {i: {} for i in left}
    for place, i in enumerate(left):
        row, own, here = matrix[i], factors[i], out[i]
        for j in left[place:]:
            here[j] = out[j][i] = row[j] - (sum(map(mul, own, parts[j])) >> bits)
        here[i] -= loss
    return out


def _steps(gone, left):
    """Steps of 0.1 microseconds: half one a product, and five an entry."""
    n = gone + left
    products = gone * gone * gone // 6 + left * gone * gone // 2 + gone * left * left // 2
    return products // 2 + 6 * gone * n + 5 * left * left


def positive(matrix, bits, work):
    """Whether a symmetric integer matrix is positive definite, as far as `bits` digits show it."""
    n = len(matrix)
    if n == 0:
        return True
    if min(matrix[i][i] for i in range(n)) <= 0:
        return False
    rows = dict(enumerate(dict(enumerate(row)) for row in scaled(matrix, bits)))
    return eliminate(rows, range(n), [], bits, work) is not None
