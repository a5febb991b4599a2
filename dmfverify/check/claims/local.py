"""The rank of the Jacobian at generic points, from below and from above."""

from ..algebra import rank_mod
from ..chart import moved_beyond
from ..derivative import partial_derivatives
from ..lifting import by_row, times
from ..strict import array, index, integers, keys, over_common_denominator, prime, rational, require

MAX_SUPPORTS = 2_000


def jacobian(claim, ledger, work):
    """Rank of the Jacobian at one point modulo a prime: a lower bound of the generic rank."""
    keys(claim, ("kind", "prime", "support", "point", "rank"), ("rows",), "jacobian")
    statement, p = ledger.statement, prime(claim["prime"])
    support, point = read_support(claim["support"], statement), read_point(claim["point"], statement, p)
    vectors = partial_derivatives(statement, support, point, p, work)
    if "rows" in claim:
        wanted = read_rows(claim["rows"], statement)
        vectors = [{key: x for key, x in v.items() if key in wanted} for v in vectors]
    place = {key: i for i, key in enumerate(sorted(set().union(*vectors)))}
    found = rank_mod([{place[key]: x for key, x in v.items()} for v in vectors], len(place), p, work)
    require(found >= index(claim["rank"], 2**40, "rank"), f"jacobian: the rank at the point is {found}")
    ledger.rank(support, low=claim["rank"])


def read_support(raw, statement):
    """A maximal support of the statement."""
    support = tuple(map(tuple, statement.read_box(raw, "support")))
    require(statement.family_within(MAX_SUPPORTS), "support: more supports than the checker compares")
    require(support in statement.maximal(), "support: not a maximal support")
    return support


def read_point(raw, statement, p):
    """Residues modulo p, one a parameter."""
    point = [integers(h, n, "point") for h, n in zip(array(raw, "point", statement.K), statement.sizes, strict=True)]
    return [[x % p for x in part] for part in point]


def read_rows(raw, statement):
    """Positions of the product, as a set; responses have none."""
    require(not statement.has_response, "rows: the rows are responses")
    shape = statement.product_shape()
    return {
        tuple(index(i, n, "rows") for i, n in zip(array(row, "rows", 2), shape, strict=True))
        for row in array(raw, "rows")
    }


def gauge(claim, ledger, work):
    """Vector fields that the Jacobian annihilates everywhere: an upper bound of the generic rank."""
    keys(claim, ("kind", "prime", "point", "support", "fields"), (), "gauge")
    statement, p = ledger.statement, prime(claim["prime"])
    support, point = read_support(claim["support"], statement), read_point(claim["point"], statement, p)
    neighbours = {}
    found = [_field(statement, support, field, neighbours, work) for field in array(claim["fields"], "fields")]
    offset = [sum(statement.sizes[:k]) for k in range(statement.K)]
    tangents = [_tangent(field, point) for field in found]
    vectors = [{offset[k] + i: x for (k, i), x in v.items()} for v in tangents]
    independent = rank_mod(vectors, sum(statement.sizes), p, work)
    require(independent == len(vectors), "gauge: the fields are dependent at the point")
    ledger.rank(support, high=sum(map(len, support)) - independent)
    if ledger.point is not None and ledger.point.inside(support):
        fields = [_tangent(field, ledger.point.values) for field in found]
        if moved_beyond(ledger, support, fields, p, work):
            ledger.fact("at.local", "no")
            ledger.fact("at.verdict", "no")


def _field(statement, support, raw, neighbours, work):
    """One checked field, times a common denominator: (factor, linear map of its parameters) on both sides."""
    keys(raw, ("at", "E", "U", "V"), (), "field")
    at = index(raw["at"], len(statement.forms) - 1, "field.at")
    if at not in neighbours:
        neighbours[at] = _sides(statement, support, at, work)
    left, right = neighbours[at]
    size, sizes = statement.forms[at].shape[1], (statement.sizes[left.factor], statement.sizes[right.factor])
    E, U, V = _integral([_sparse(raw[name], n, name) for name, n in zip("EUV", (size, *sizes), strict=True)], work)
    U, V = _map(U, support[left.factor], "field.U"), _map(V, support[right.factor], "field.V")
    left.holds(U, E, 1, "left")
    right.holds(V, [(c, r, v) for r, c, v in E], -1, "right")
    return (left.factor, U), (right.factor, V)


def _tangent(field, point):
    """A field at a point, as {(factor, parameter): integer}."""
    tangent = {}
    for k, move in field:
        for j, images in move.items():
            for i, v in images:
                tangent[k, i] = tangent.get((k, i), 0) + v * point[k][j]
    return tangent


def _sides(statement, support, at, work):
    """The neighbours of the place behind form `at`."""
    left = max((k for k, place in enumerate(statement.places) if place <= at), default=None)
    right = min((k for k, place in enumerate(statement.places) if place > at), default=None)
    require(left is not None and right is not None, "field.at: no factor with parameters on one side")
    work.spend(statement.expansion())
    before = statement.forms[statement.places[left] + 1 : at + 1]
    after = statement.forms[at + 1 : statement.places[right]][::-1]
    known = [by_row(form.known()) for form in before], [by_row(_flipped(form.known())) for form in after]
    return (
        _Side(left, {e: statement.factors[left].basis(e) for e in support[left]}, known[0], work),
        _Side(right, {e: _flipped(statement.factors[right].basis(e)) for e in support[right]}, known[1], work),
    )


def _flipped(entries):
    return [(c, r, v) for r, c, v in entries]


class _Side:
    """One neighbour of a place: its basis matrices up to there, the place last; on the right they are transposed."""

    def __init__(self, factor, basis, known, work):
        self.factor, self.work = factor, work
        self.matrices = {e: _chain([by_row(entries), *known], work) for e, entries in basis.items()}
        self.touching, held = {}, 0
        for e, matrix in self.matrices.items():
            held += len(matrix)
            work.hold(held)
            for label in {c for _, c in matrix}:
                self.touching.setdefault(label, []).append(e)

    def holds(self, move, E, sign, name):
        """Refuse unless matrix(move e) = sign * matrix(e) E for all e; where `move` and `E` do not reach, 0 = 0."""
        rows = by_row(E)
        reached = {e for label in rows for e in self.touching.get(label, ())}
        for e in sorted({*move, *reached}):
            moved = {}
            for i, x in move.get(e, ()):
                self.work.spend(len(self.matrices[i]) + 1)
                for key, v in self.matrices[i].items():
                    moved[key] = moved.get(key, 0) + sign * x * v
            image = times(self.matrices[e], rows, self.work)
            require(
                {key: v for key, v in moved.items() if v} == image,
                f"gauge: a field does not satisfy its identity at parameter {e} on the {name}",
            )


def _chain(matrices, work):
    """The product of sparse matrices given by rows."""
    total = None
    for rows in matrices:
        total = times(total, rows, work)
    return total


def _sparse(raw, size, name):
    """Entries [row, col, rational] of a square matrix."""
    what = f"field.{name}"
    entries = [array(entry, what, 3) for entry in array(raw, what)]
    return [(index(r, size, what), index(c, size, what), rational(v, what)) for r, c, v in entries]


def _integral(matrices, work):
    """Matrices given by entries, all multiplied by one common denominator: their identities are linear."""
    values = [v for entries in matrices for *_, v in entries]
    _, values = over_common_denominator(values, "field")
    work.carry(max(map(abs, values), default=0).bit_length())
    scaled = iter(values)
    return [[(r, c, next(scaled)) for r, c, _ in entries] for entries in matrices]


def _map(entries, support, what):
    """A linear map of the parameters of a support: parameter -> [(parameter, value)]."""
    found, inside = {}, set(support)
    for i, j, v in entries:
        require(i in inside and j in inside, f"{what}: leaves the support")
        found.setdefault(j, []).append((i, v))
    return found
