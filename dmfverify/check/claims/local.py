"""The rank of the Jacobian at generic points, from below and from above."""

from ..algebra import pivots_mod, rank_mod
from ..lifting import by_row, compose, times
from ..strict import array, index, integers, keys, prime, rational, require


def jacobian(claim, ledger, work):
    """Rank of the Jacobian at one point modulo a prime: a lower bound of the generic rank."""
    keys(claim, ("kind", "prime", "support", "point", "rank"), ("rows",), "jacobian")
    statement, p = ledger.statement, prime(claim["prime"])
    support = _support(claim["support"], statement)
    require(
        all(f.den % p for f in statement.forms) and not statement.mixed, "jacobian: the prime divides a denominator"
    )
    point = _point(claim["point"], statement)
    vectors = _partial_derivatives(statement, support, point, p, work)
    if "rows" in claim:
        wanted = {tuple(array(row, "rows")) for row in array(claim["rows"], "rows")}
        vectors = [{key: x for key, x in v.items() if key in wanted} for v in vectors]
    place = {key: i for i, key in enumerate(sorted(set().union(*map(set, vectors))))}
    found = rank_mod([{place[key]: x for key, x in v.items()} for v in vectors], len(place), p, work)
    rank = index(claim["rank"], 2**40, "rank")
    require(found >= rank, f"jacobian: the rank at the point is {found}")
    ledger.rank(support, low=rank)


def _support(raw, statement):
    support = tuple(map(tuple, statement.read_box(raw, "support")))
    require(statement.family_within(2_000) and support in statement.maximal(), "support: not a maximal support")
    return support


def _point(raw, statement):
    return [integers(h, n, "point") for h, n in zip(array(raw, "point", statement.K), statement.sizes, strict=True)]


def _partial_derivatives(statement, support, point, p, work):
    """Sparse derivatives of the product (or response) in each parameter of the support, modulo p."""
    steps = _steps(statement, support, point)
    multiply = _compose_mod(statement, p, work) if statement.has_response else _times_mod(p, work)
    before, after = [None], [None]
    for step in steps:
        before.append(multiply(before[-1], step))
    for step in reversed(steps):
        after.append(multiply(step, after[-1]))
    after.reverse()
    found = []
    for k, place in enumerate(statement.places):
        form = statement.forms[place]
        for i in support[k]:
            unit = [(*form.taps[i], form.den)] if statement.has_response else form.basis(i)
            middle = multiply(before[place], _entries(statement, unit))
            found.append(multiply(middle, after[place + 1]))
    return found


def _steps(statement, support, point):
    """Each layer at the point (zero outside the support), as entries; the data last."""
    steps, k = [], 0
    for form in statement.forms:
        if form.size:
            h = {i: point[k][i] for i in support[k]}
            k += 1
            if statement.has_response:
                entries = [(*form.taps[i], x * form.den) for i, x in h.items()]
            else:
                entries = [(r, c, v * x) for i, x in h.items() for r, c, v in form.basis(i)]
        else:
            entries = form.fixed if statement.has_response else form.known()
        steps.append(_entries(statement, entries))
    if statement.data:
        steps.append(_entries(statement, statement.data[3]))
    return steps


def _entries(statement, entries):
    """Entries as a sparse operator {key: value}; repeated positions add up."""
    out = {}
    for *key, v in entries:
        out[tuple(key)] = out.get(tuple(key), 0) + v
    return out


def _times_mod(p, work):
    def multiply(a, b):
        if a is None or b is None:
            return b if a is None else a
        rows = by_row([(r, c, v) for (r, c), v in b.items()])
        return {key: v % p for key, v in times(a, rows, work).items() if v % p}

    return multiply


def _compose_mod(statement, p, work):
    grid = statement.forms[0].grid if statement.forms[0].boundary == "circular" else None

    def multiply(a, b):
        if a is None or b is None:
            return b if a is None else a
        taps = [(*key, v) for key, v in b.items()]
        return {key: v % p for key, v in compose(a, taps, grid, work).items() if v % p}

    return multiply


def gauge(claim, ledger, work):
    """Vector fields that the Jacobian annihilates everywhere: an upper bound of the generic rank."""
    keys(claim, ("kind", "prime", "point", "support", "fields"), (), "gauge")
    statement, p = ledger.statement, prime(claim["prime"])
    support, point = _support(claim["support"], statement), _point(claim["point"], statement)
    require(not statement.mixed, "gauge: a layer with parameters and fixed taps together")
    tangents = [_field(statement, support, point, p, field, work) for field in array(claim["fields"], "fields")]
    offset = [sum(statement.sizes[:k]) for k in range(statement.K)]
    vectors = [{offset[k] + i: x for (k, i), x in v.items()} for v in tangents]
    found = len(pivots_mod(vectors, sum(statement.sizes), p, work))
    require(found == len(vectors), "gauge: the fields are dependent at the point")
    ledger.rank(support, high=sum(map(len, support)) - found)


def _field(statement, support, point, p, raw, work):
    """One checked field at the point, as {(factor, parameter): value mod p}."""
    keys(raw, ("at", "E", "U", "V"), (), "field")
    at = index(raw["at"], len(statement.forms) - 1, "field.at")
    left = max((k for k, place in enumerate(statement.places) if place <= at), default=None)
    right = min((k for k, place in enumerate(statement.places) if place > at), default=None)
    require(left is not None and right is not None, "field.at: no factor with parameters on one side")
    size = statement.forms[at].shape[1]
    E = _sparse(raw["E"], size, size, p, "field.E")
    U = _map(raw["U"], support[left], p, "field.U")
    V = _map(raw["V"], support[right], p, "field.V")
    between = statement.forms[statement.places[left] + 1 : at + 1], statement.forms[at + 1 : statement.places[right]]
    _check_side(statement.factors[left], support[left], U, between[0], E, work, before=False)
    _check_side(statement.factors[right], support[right], V, between[1], E, work, before=True)
    tangent = {}
    for k, move in ((left, U), (right, V)):
        for i, j, v in move:
            tangent[k, i] = tangent.get((k, i), 0) + v.numerator * pow(v.denominator, -1, p) * point[k][j]
    return tangent


def _check_side(form, support, move, known, E, work, before):
    """M(U e) F = M(e) F E for all e, or E F M(e) = -F M(V e)."""
    for e in support:
        moved = [(r, c, v * x) for i, j, x in move if j == e for r, c, v in form.basis(i)]
        still = form.basis(e)
        if before:
            a = _chain([E, *[f.known() for f in known], still], work)
            b = _chain([*[f.known() for f in known], [(r, c, -v) for r, c, v in moved]], work)
        else:
            a = _chain([moved, *[f.known() for f in known]], work)
            b = _chain([still, *[f.known() for f in known], E], work)
        require(a == b, "gauge: a field does not satisfy its identity")


def _chain(matrices, work):
    total = None
    for entries in matrices:
        total = times(total, by_row(entries), work)
    return {key: v for key, v in total.items() if v}


def _sparse(raw, rows, cols, p, what):
    found = []
    for entry in array(raw, what):
        r, c, v = array(entry, what, 3)
        v = rational(v, what)
        require(v.denominator % p, f"{what}: the prime divides a denominator")
        found.append((index(r, rows, what), index(c, cols, what), v))
    return found


def _map(raw, support, p, what):
    found = []
    for i, j, v in _sparse(raw, 2**40, 2**40, p, what):
        require(i in support and j in support, f"{what}: leaves the support")
        found.append((i, j, v))
    return found
