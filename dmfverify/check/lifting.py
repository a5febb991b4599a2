"""The lifting by plain products: columns, products of given parameters, Gram matrices.

Everything is in integers over one common denominator.  Nothing here is shared with the search.

Main definitions
    `Columns`    one sparse integer column for each alive multi-index
    `product`    the product of given parameters, sparse
    `row_gram`   A A^T by contraction over the factors, at any K
"""

import math

from .statement import denominator
from .strict import require

MAX_COLUMNS = 300_000
MAX_ROWS = 1_500
MAX_GRAM = 2_000
MAX_WORDS = 50_000_000
"""Machine words of packed integers that a contraction holds."""
WORDS_A_STEP = 6
"""Words that are multiplied and added in the time of a step."""


class Columns:
    """den times the columns of A, each a dict row -> integer, in the order of the coordinates.

    A^T A is weight / den^2 times the Gram matrix of these columns (weight 1 for product rows).
    """

    def __init__(self, statement, rows, work):
        require(rows == "product" or statement.has_response, "the product has no response form")
        require(statement.count() <= MAX_COLUMNS, "more columns than the checker expands")
        self.den, self.bits = denominator(statement), statement.bits
        self.weight = math.prod(statement.forms[-1].grid) if rows == "response" else 1
        self.coordinates, self.columns, held = [], [], 0
        for multi, column in (_responses if rows == "response" else _products)(statement, work):
            held += len(column)
            work.hold(held)
            self.coordinates.append(multi)
            self.columns.append(column)

    def alive_rows(self):
        """Rows with a non-zero entry in some column, sorted."""
        return sorted(set().union(*self.columns))

    def gram(self, work):
        """Integer Gram matrix of the columns: multiply by weight / den^2 for A^T A."""
        n = len(self.columns)
        require(n <= MAX_GRAM, "more columns than the checker takes")
        out = [[0] * n for _ in range(n)]
        for i, v in enumerate(self.columns):
            work.spend((len(v) + 1) * (i + 1))
            for j in range(i + 1):
                w = self.columns[j]
                a, b = (v, w) if len(v) <= len(w) else (w, v)
                out[i][j] = out[j][i] = sum(x * b[r] for r, x in a.items() if r in b)
        return out

    def row_gram(self, work):
        """Integer C C^T over the alive rows: multiply by weight / den^2."""
        return rows_of(self.columns, work)[1]


def rows_of(columns, work):
    """The rows with a non-zero entry in some sparse column, sorted, and C C^T on them."""
    rows = sorted(set().union(*columns))
    require(len(rows) <= MAX_GRAM, "more rows than the checker takes")
    place = {row: i for i, row in enumerate(rows)}
    out = [[0] * len(rows) for _ in rows]
    for column in columns:
        items = [(place[r], x) for r, x in column.items()]
        work.spend(len(items) ** 2)
        for i, x in items:
            row = out[i]
            for j, y in items:
                row[j] += x * y
    return rows, out


def _products(statement, work):
    """Columns with rows (row, col) of the product, data included."""
    work.spend(statement.expansion())
    steps = [
        [by_row(form.basis(i)) for i in range(form.size)] if form.size else by_row(form.known())
        for form in statement.forms
    ]
    tail = by_row(statement.data[2]) if statement.data else None
    for multi, column in _walk(statement, steps, lambda matrix, step: times(matrix, step, work)):
        yield multi, column if tail is None else times(column, tail, work)


def _responses(statement, work):
    """Columns with rows (output node, leaf, shift)."""
    steps = [
        [by_node([(*tap, form.den)]) for tap in form.taps] if form.size else by_node(form.fixed)
        for form in statement.forms
    ]
    return _walk(statement, steps, lambda state, step: compose(state, step, statement.wraps, work))


def _walk(statement, steps, multiply):
    """Products over the alive multi-indices, in order, sharing those of common prefixes."""
    places = [*statement.places, len(steps)]

    def through(matrix, first, end):
        for step in steps[first:end]:
            matrix = multiply(matrix, step)
        return matrix

    start = through(None, 0, places[0])
    stack, previous = [], ()
    for multi in statement.paths.coordinates():
        common = next((k for k, (a, b) in enumerate(zip(multi, previous, strict=False)) if a != b), len(previous))
        del stack[common:]
        for k in range(common, statement.K):
            matrix = multiply(stack[-1] if stack else start, steps[places[k]][multi[k]])
            stack.append(through(matrix, places[k] + 1, places[k + 1]))
        previous = multi
        yield multi, stack[-1]


def by_row(entries):
    """Entries (row, col, value) as row -> [(col, value)]; repeated positions add up."""
    found = {}
    for row, col, v in entries:
        here = found.setdefault(row, {})
        here[col] = here.get(col, 0) + v
    return {row: [(c, v) for c, v in here.items() if v] for row, here in found.items()}


def times(matrix, rows, work):
    """Sparse product; None stands for the identity on the left."""
    if matrix is None:
        return {(r, c): v for r, items in rows.items() for c, v in items}
    out = {}
    for (r, c), x in matrix.items():
        items = rows.get(c, ())
        work.spend(len(items) + 1)
        work.hold(len(out))
        for c2, y in items:
            key = (r, c2)
            out[key] = out.get(key, 0) + x * y
    return {key: v for key, v in out.items() if v}


def by_node(taps):
    """Taps (to, from, shift, value) as to -> [(from, shift, value)]."""
    found = {}
    for to, source, shift, v in taps:
        found.setdefault(to, []).append((source, shift, v))
    return found


def compose(state, layer, grid, work):
    """One more layer (`by_node`) applied to a response {(output, node, shift): value}; None is the identity."""
    if state is None:
        state = {(to, to, (0,) * len(items[0][1])): 1 for to, items in layer.items()}
    out = {}
    for (root, node, at), x in state.items():
        items = layer.get(node, ())
        work.spend(2 * len(items) + 1)
        work.hold(len(out))
        for source, shift, v in items:
            s = tuple(a + b for a, b in zip(at, shift, strict=True))
            if grid:
                s = tuple(a % n for a, n in zip(s, grid, strict=True))
            key = (root, source, s)
            out[key] = out.get(key, 0) + x * v
    return {key: v for key, v in out.items() if v}


def product(statement, h, work):
    """den times the product at integer parameters h: a sparse matrix or, where there is one, the response.

    Two sets of parameters have the same product iff these agree.
    """
    state, values = None, iter(h)
    work.spend(0 if statement.has_response else statement.expansion())
    for form in statement.forms:
        part = next(values) if form.size else None
        if statement.has_response:
            taps = [(*t, x * form.den) for t, x in zip(form.taps, part, strict=True) if x] if part else form.fixed
            state = compose(state, by_node(taps), statement.wraps, work)
        else:
            entries = _at(form, part) if part else form.known()
            state = times(state, by_row(entries), work)
    return times(state, by_row(statement.data[2]), work) if statement.data else state


def _at(form, h):
    return [(r, c, v * x) for i, x in enumerate(h) if x for r, c, v in form.basis(i)]


def squared_norm(statement, image):
    """Squared Frobenius norm of a product given by `product`, before division by den^2."""
    weight = math.prod(statement.forms[-1].grid) if statement.has_response else 1
    return weight * sum(v * v for v in image.values())


def inner(statement, h, g):
    """<P(h), P(g)> over the alive coordinates, by counting along the layers."""
    return statement.paths.total([range(n) for n in statement.sizes], lambda k, i: h[k][i] * g[k][i])


def row_gram(statement, work):
    """d^2 A A^T over all rows of the product, by contraction: (rows, matrix) on its non-zero rows.

    Carried along: for each pair (b, b') of columns of the product so far, the integers
    sum_i P[a, b] P[a', b'] for all pairs of rows (a, a'), packed into one integer.  A layer
    replaces them by sums over its basis matrices; dead multi-indices contribute nothing.
    """
    rows, cols = statement.product_shape()
    require(rows * cols <= MAX_ROWS, "more rows than the checker takes")
    layers = _layers(statement, work)
    slot = 8 * (_bound(layers, work).bit_length() // 8 + 1)  # whole bytes, with room for the sign
    words = slot * rows * rows // 64 + 1
    state = _start(layers[0], rows, slot, words, work)
    for layer in layers[1:]:
        state = _contract(state, layer, words, work)
    return _unpack_gram(state, rows, cols, slot)


def _layers(statement, work):
    """Each form as a list of integer basis matrices [(row, col, value)]."""
    work.spend(statement.expansion())
    found = [
        [_summed(form.basis(i)) for i in range(form.size)] if form.size else [_summed(form.known())]
        for form in statement.forms
    ]
    return [*found, [_summed(statement.data[2])]] if statement.data else found


def _summed(entries):
    return [(r, c, v) for r, items in by_row(entries).items() for c, v in items]


def _bound(layers, work):
    """An upper bound of every entry of the carried state, from the absolute values; all rows in one slot."""
    layers = [[[(r, c, abs(v)) for r, c, v in matrix] for matrix in layer] for layer in layers]
    best = _start(layers[0], 0, 0, 1, work)
    top = max(best.values(), default=1)
    for layer in layers[1:]:
        best = _contract(best, layer, 1, work)
        top = max(top, *best.values(), 1)
    return top


def _start(layer, rows, slot, words, work):
    """The state after the first layer."""
    state = {}
    for matrix in layer:
        for a, b, v in matrix:
            shift = slot * a * rows
            _add(state, v << shift, [((b, b2), v2 << slot * a2) for a2, b2, v2 in matrix], words, work)
    return state


def _contract(state, layer, words, work):
    """sum over basis matrices B of B^T . B on the pair index (b, b')."""
    out = {}
    for matrix in layer:
        rows, half = by_row(matrix), {}
        for (b, b2), x in state.items():
            _add(half, x, [((c, b2), v) for c, v in rows.get(b, ())], words, work)
        for (c, b2), x in half.items():
            _add(out, x, [((c, c2), v) for c2, v in rows.get(b2, ())], words, work)
    return out


def _add(out, x, items, words, work):
    """Add x times each item's value at the item's key."""
    work.spend((len(items) + 1) * (1 + words // WORDS_A_STEP), bits=1)
    require(len(out) * words <= MAX_WORDS, "more words than the checker holds")
    for key, v in items:
        out[key] = out.get(key, 0) + v * x


def _unpack_gram(state, rows, cols, slot):
    size = rows * cols
    full = [[0] * size for _ in range(size)]
    half, width = 1 << (slot - 1), slot // 8
    offset = sum(half << slot * place for place in range(rows * rows))
    for (b, b2), packed in state.items():
        raw = (packed + offset).to_bytes(width * rows * rows, "little")
        for place in range(rows * rows):
            a, a2 = divmod(place, rows)
            value = int.from_bytes(raw[place * width : (place + 1) * width], "little") - half
            full[a * cols + b][a2 * cols + b2] = value
    alive = [i for i in range(size) if full[i][i]]
    return [divmod(i, cols) for i in alive], [[full[i][j] for j in alive] for i in alive]
