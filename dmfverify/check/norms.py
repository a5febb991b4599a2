"""How much a product can bend: bounds of the factors at given parameters, and of all terms of second order and above.

Main definition
    `bending`  (c, S): the product at h + e differs from its linear part by at most c|e|^2 while S|e|^2 <= 1
"""

from fractions import Fraction
from math import prod

from .proved import root


def bending(statement, h, den, work):
    """(c, S) at the parameters h / den, integers over one denominator; Frobenius norms, the data included.

    With |M_k(h_k)| <= a_k, |M_k(e_k)| <= b_k|e_k| (spectral) and |M_k(e_k)|_F <= q b_k|e_k| the terms with two or
    more e's add up to at most q a_1...a_K (prod(1 + u_k) - 1 - sum u_k), u_k = b_k|e_k|/a_k.  With x = sum u_k,
    x^2 <= S|e|^2, S = sum b_k^2/a_k^2, that is at most q a_1...a_K (exp(x) - 1 - x) <= (3/4) q a_1...a_K x^2 for
    x <= 1.  None when a factor is zero at h.
    """
    if statement.K == 1:
        return Fraction(0), Fraction(0)
    values, spread, total, ratio = iter(h), Fraction(0), Fraction(1), Fraction(0)
    for form in statement.forms:
        work.spend(0 if form.kind == "taps" else 4 * form.expansion() + 1)
        if not form.size:
            entries = form.fixed if form.kind == "taps" else form.known()
            total *= Fraction(_spectral(form, entries, work), form.den**2)
            continue
        at = Fraction(_spectral(form, _entries(form, next(values)), work), (form.den * den) ** 2)
        if not at:
            return None
        spectral, frobenius = _directions(form, work)
        total, spread, ratio = total * at, spread + spectral / at, max(ratio, frobenius / spectral)
    if statement.data:
        _, d, entries, _ = statement.data
        total *= Fraction(_matrix_bound(entries, work), d**2)
    return Fraction(3, 4) * root(ratio * total)[1] * spread, spread


def _entries(form, h):
    """den times the factor at integer parameters: taps (to, from, shift, value), or (row, col, value)."""
    if form.kind == "taps":
        return [(*tap, x * form.den) for tap, x in zip(form.taps, h, strict=True)]
    return [(r, c, v * x) for i, x in enumerate(h) if x for r, c, v in form.basis(i)]


def _spectral(form, entries, work):
    """An upper bound of the squared spectral norm.

    A layer of convolutions is bounded node by node: the sum of the absolute values of the taps bounds each of them.
    """
    if form.kind == "taps":
        entries = [(to, source, abs(v)) for to, source, _, v in entries]
    return _matrix_bound(entries, work)


def _matrix_bound(entries, work):
    """min(|M|_1 |M|_inf, |M^T M|_inf, |M M^T|_inf) bounds the square of the spectral norm; repeated places add up."""
    matrix = {}
    for r, c, v in entries:
        matrix[r, c] = matrix.get((r, c), 0) + v
    flipped = {(c, r): v for (r, c), v in matrix.items()}
    by_sums = _row_sum(matrix) * _row_sum(flipped)
    return min(by_sums, _row_sum(_square(matrix, work)), _row_sum(_square(flipped, work)))


def _row_sum(matrix):
    """The greatest sum of absolute values of a row."""
    sums = {}
    for (r, _), v in matrix.items():
        sums[r] = sums.get(r, 0) + abs(v)
    return max(sums.values(), default=0)


def _square(matrix, work):
    """M^T M."""
    rows, out = {}, {}
    for (r, c), v in matrix.items():
        rows.setdefault(r, []).append((c, v))
    for items in rows.values():
        work.spend(len(items) ** 2)
        for c, v in items:
            for c2, v2 in items:
                out[c, c2] = out.get((c, c2), 0) + v * v2
        work.hold(len(out))
    return out


def _directions(form, work):
    """Squares b^2, f^2 with |M(e)| <= b|e| and |M(e)|_F <= f|e| for every e."""
    if form.kind == "pattern":
        return Fraction(1), Fraction(1)
    if form.kind == "taps":
        edges, same = {}, {}
        for tap in form.taps:
            edges[tap[:2]] = edges.get(tap[:2], 0) + 1
            same[tap] = same.get(tap, 0) + 1
        return Fraction(max(edges.values())), Fraction(max(same.values()) * prod(form.grid))
    return _basis_bounds([form.basis(i) for i in range(form.size)], form.den**2, work)


def _basis_bounds(basis, square, work):
    """From |sum e_i B_i x|^2 <= |e|^2 sum |B_i x|^2, and from the Gram matrix of the B_i."""
    left, right, gram = {}, {}, {}
    for i, entries in enumerate(basis):
        matrix = {}
        for r, c, v in entries:
            matrix[r, c] = matrix.get((r, c), 0) + v
        flipped = {(c, r): v for (r, c), v in matrix.items()}
        for total, one in ((left, matrix), (right, flipped)):
            for key, v in _square(one, work).items():
                total[key] = total.get(key, 0) + v
        for place, v in matrix.items():
            gram[place, i] = v
    frobenius = _row_sum(_square(gram, work))
    spectral = min(_row_sum(left), _row_sum(right), frobenius)
    return Fraction(max(spectral, 1), square), Fraction(max(frobenius, 1), square)
