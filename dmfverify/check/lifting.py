"""The lifting by plain products: columns, products of given parameters, Gram matrices.

Everything is in integers over one common denominator.  Nothing here is shared with the search.

Main definitions
    `columns`    one sparse integer column for each alive multi-index
    `product`    the product of given parameters, sparse
    `row_gram`   A A^T by contraction over the factors, at any K
"""

import math
from itertools import product as cartesian

from .statement import denominator
from .strict import require

MAX_COLUMNS = 300_000
MAX_ROWS = 1_500


class Columns:
    """den times the columns of A, each a dict row -> integer, in the order of the coordinates.

    A^T A is weight / den^2 times the Gram matrix of these columns (weight 1 for product rows).
    """

    def __init__(self, statement, rows, work, wanted=None):
        require(rows == "product" or statement.has_response, "the product has no response form")
        require(not statement.mixed, "a layer with parameters and fixed taps together")
        self.rows_kind, self.den = rows, denominator(statement)
        self.weight = math.prod(statement.forms[-1].grid) if rows == "response" else 1
        require(statement.count() <= MAX_COLUMNS, "more columns than the checker expands")
        expand = _responses if rows == "response" else _products
        if rows == "product":
            work.spend(sum(f.expansion() for f in statement.forms))
        self.coordinates, self.columns = [], []
        for multi, column in expand(statement, work):
            if wanted is None or wanted(multi):
                self.coordinates.append(multi)
                self.columns.append(column)

    def alive_rows(self):
        """Rows with a non-zero entry in some column, sorted."""
        return sorted(set().union(*map(set, self.columns)))

    def gram(self, work):
        """Integer Gram matrix of the columns: multiply by weight / den^2 for A^T A."""
        return gram(self.columns, work)

    def row_gram(self, work):
        """Integer C C^T over the alive rows: multiply by weight / den^2."""
        place = {row: i for i, row in enumerate(self.alive_rows())}
        require(len(place) <= 4 * MAX_ROWS, "more rows than the checker takes")
        out = [[0] * len(place) for _ in place]
        for column in self.columns:
            items = [(place[r], x) for r, x in column.items()]
            work.spend(len(items) ** 2)
            for i, x in items:
                row = out[i]
                for j, y in items:
                    row[j] += x * y
        return out


def gram(vectors, work):
    """Gram matrix of sparse vectors."""
    n = len(vectors)
    require(n <= 4 * MAX_ROWS, "more columns than the checker takes")
    out = [[0] * n for _ in range(n)]
    for i, v in enumerate(vectors):
        work.spend(len(v) * (i + 1))
        for j in range(i + 1):
            w = vectors[j]
            a, b = (v, w) if len(v) <= len(w) else (w, v)
            out[i][j] = out[j][i] = sum(x * b[r] for r, x in a.items() if r in b)
    return out


def _products(statement, work):
    """Columns with rows (row, col) of the product, data included."""
    steps = []
    for form in statement.forms:
        if form.size:
            steps.append([by_row(form.basis(i)) for i in range(form.size)])
        else:
            steps.append(by_row(form.known()))
    tail = by_row(statement.data[3]) if statement.data else None
    yield from _walk(statement, steps, tail, work)


def _walk(statement, steps, tail, work):
    """Depth first over the alive multi-indices, sharing the products of common prefixes."""
    ends = [*statement.places[1:], len(steps)]
    first = _through(None, steps[: statement.places[0]], work)
    stack, previous = [], ()
    for multi in statement.coordinates():
        common = next((k for k, (a, b) in enumerate(zip(multi, previous, strict=False)) if a != b), len(previous))
        del stack[common:]
        for k in range(common, statement.K):
            place = statement.places[k]
            matrix = times(stack[-1] if stack else first, steps[place][multi[k]], work)
            stack.append(_through(matrix, steps[place + 1 : ends[k]], work))
        previous = multi
        yield multi, (times(stack[-1], tail, work) if tail is not None else dict(stack[-1]))


def _through(matrix, known, work):
    for step in known:
        matrix = times(matrix, step, work)
    return matrix


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
        for c2, y in items:
            key = (r, c2)
            out[key] = out.get(key, 0) + x * y
    return {key: v for key, v in out.items() if v}


def _responses(statement, work):
    """Columns with rows (output node, leaf, shift...)."""
    steps = [
        [[(to, source, shift, form.den)] for to, source, shift in form.taps] if form.size else form.fixed
        for form in statement.forms
    ]
    circular = statement.forms[0].boundary == "circular"
    grid = statement.forms[0].grid if circular else None
    for multi in statement.coordinates():
        state, k = None, 0
        for place, step in enumerate(steps):
            taps = step
            if statement.forms[place].size:
                taps, k = step[multi[k]], k + 1
            state = compose(state, taps, grid, work)
        yield multi, {(out, leaf, *shift): v for (out, leaf, shift), v in state.items()}


def compose(state, taps, grid, work):
    """One more layer of taps (to, from, shift, value) applied to a response {(out, node, shift): value}."""
    if state is None:
        out = {}
        for to, source, shift, v in taps:
            key = (to, source, shift)
            out[key] = out.get(key, 0) + v
        return out
    by_node = {}
    for to, source, shift, v in taps:
        by_node.setdefault(to, []).append((source, shift, v))
    out = {}
    for (root, node, at), x in state.items():
        items = by_node.get(node, ())
        work.spend(len(items) + 1)
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
    require(not statement.mixed, "a layer with parameters and fixed taps together")
    if statement.has_response:
        return _response_of(statement, h, work)
    work.spend(sum(f.expansion() for f in statement.forms))
    matrix, k = None, 0
    for form in statement.forms:
        if form.size:
            entries = [(r, c, v * x) for i, x in enumerate(h[k]) if x for r, c, v in form.basis(i)]
            k += 1
        else:
            entries = form.known()
        matrix = times(matrix, by_row(entries), work)
    return times(matrix, by_row(statement.data[3]), work) if statement.data else matrix


def _response_of(statement, h, work):
    state, k = None, 0
    grid = statement.forms[0].grid if statement.forms[0].boundary == "circular" else None
    for form in statement.forms:
        taps = form.fixed
        if form.size:
            taps = [(*tap, x * form.den) for tap, x in zip(form.taps, h[k], strict=True) if x]
            k += 1
        state = compose(state, taps, grid, work)
    return {key: v for key, v in state.items() if v}


def squared_norm(statement, image):
    """Squared Frobenius norm of a product given by `product`, before division by den^2."""
    weight = math.prod(statement.forms[-1].grid) if statement.has_response else 1
    return weight * sum(v * v for v in image.values())


def inner(statement, h, g, box=None):
    """<P(h), P(g)> over the alive coordinates, by counting along the layers."""
    box = box or [range(n) for n in statement.sizes]
    if statement.equivalence == "scale":
        return math.prod(sum(a[i] * b[i] for i in part) for a, b, part in zip(h, g, box, strict=True))
    links, ways = statement.links(), None
    for k in range(statement.K - 1, -1, -1):
        here = {}
        for i in box[k]:
            left, right = statement.ends(k, i)
            if ways is None:
                rest = 1 if statement.leaves({right}, False) else 0
            else:
                rest = sum(ways.get(label, 0) for label in links[k][right])
            if k > 0 or statement.leaves({left}, True):
                here[left] = here.get(left, 0) + h[k][i] * g[k][i] * rest
        ways = here
    return sum(ways.values())


def row_gram(statement, work, box=None):
    """d^2 A A^T over all rows of the product, by contraction: (rows, matrix) on its non-zero rows.

    Carried along: for each pair (b, b') of columns of the product so far, the integers
    sum_i P[a, b] P[a', b'] for all pairs of rows (a, a'), packed into one integer.  A layer
    replaces them by sums over its basis matrices; dead multi-indices contribute nothing.
    """
    require(not statement.mixed, "a layer with parameters and fixed taps together")
    layers = _layers(statement, box, work)
    rows = statement.forms[0].shape[0]
    require(rows * statement.product_columns() <= MAX_ROWS, "more rows than the checker takes")
    slot = 8 * (_bound(layers, work).bit_length() // 8 + 1)  # whole bytes, with room for the sign
    state = {}
    for matrix in layers[0]:
        for (a, b, v), (a2, b2, v2) in cartesian(matrix, matrix):
            place = slot * (a * rows + a2)
            state[b, b2] = state.get((b, b2), 0) + (v * v2 << place)
    words = max(1, slot * rows * rows // 64)
    for layer in layers[1:]:
        state = _contract(state, layer, words, work)
    return _unpack_gram(state, rows, statement.product_columns(), slot)


def _layers(statement, box, work):
    """Each form as a list of integer basis matrices [(row, col, value)], restricted to the box."""
    work.spend(sum(f.expansion() for f in statement.forms))
    found, k = [], 0
    for form in statement.forms:
        if form.size:
            found.append([_summed(form.basis(i)) for i in (box[k] if box else range(form.size))])
            k += 1
        else:
            found.append([_summed(form.known())])
    if statement.data:
        found.append([_summed(statement.data[3])])
    return found


def _summed(entries):
    return [(r, c, v) for r, items in by_row(entries).items() for c, v in items]


def _bound(layers, work):
    """An upper bound of every entry of the carried state, from the absolute values."""
    best = {}
    for matrix in layers[0]:
        for (_, b, v), (_, b2, v2) in cartesian(matrix, matrix):
            best[b, b2] = best.get((b, b2), 0) + abs(v * v2)
    top = max(best.values(), default=1)
    for layer in layers[1:]:
        best = _contract(best, [[(r, c, abs(v)) for r, c, v in m] for m in layer], 1, work)
        top = max(top, max(best.values(), default=1))
    return top


def _contract(state, layer, words, work):
    """sum over basis matrices B of B^T . B on the pair index (b, b')."""
    out = {}
    for matrix in layer:
        rows = by_row(matrix)
        half = {}
        for (b, b2), x in state.items():
            items = rows.get(b, ())
            work.spend((len(items) + 1) * words)
            for c, v in items:
                key = (c, b2)
                half[key] = half.get(key, 0) + v * x
        for (c, b2), x in half.items():
            items = rows.get(b2, ())
            work.spend((len(items) + 1) * words)
            for c2, v in items:
                key = (c, c2)
                out[key] = out.get(key, 0) + v * x
    return out


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
