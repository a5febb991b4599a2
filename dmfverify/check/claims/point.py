"""What is asked at given parameters: are these determined, and how stiffly.

Main definitions
    `point`       the parameters that everything under `at` is about
    `point_rank`  the exact rank of the Jacobian there
    `stiffness`   its least singular value across the gauge, a radius and an error factor
"""

from fractions import Fraction

from ..algebra import dot, largest, rank_mod, semidefinite
from ..chart import Chart, Point, determined
from ..norms import bending
from ..proved import quotient_above, quotient_below, root
from ..statement import denominator
from ..strict import array, index, integers, keys, prime, rational, require, text
from .local import read_rows, read_support

MAX_PARAMETERS = 1_000
"""Parameters of a Gram matrix of the Jacobian."""


def point(claim, ledger, work):
    """Fixes the parameters that `at` is about; says whether their path products determine their class."""
    keys(claim, ("kind", "h"), (), "point")
    statement = ledger.statement
    h = statement.read_parameters(claim["h"], "h")
    require(statement.allows(h), "point: not in the model")
    require(ledger.point is None, "point: a second one")
    work.spend(20 * sum(statement.sizes))
    ledger.point = Point(claim["h"], h)
    ledger.fact("at.nonzero", "yes" if determined(statement, ledger.point.values) else "no")


def point_rank(claim, ledger, work):
    """The rank of the Jacobian at the point: modulo a prime from below, by its kernel from above."""
    keys(claim, ("kind", "prime", "support", "rank", "kernel"), ("rows",), "point-rank")
    support, p = read_support(claim["support"], ledger.statement), prime(claim["prime"])
    chart, rank = Chart(ledger, support, work), index(claim["rank"], 2**40, "rank")
    n, vectors = len(chart.order), chart.derivatives(p)
    if "rows" in claim:
        wanted = read_rows(claim["rows"], ledger.statement)
        vectors = [{key: x for key, x in v.items() if key in wanted} for v in vectors]
    place = {key: i for i, key in enumerate(sorted(set().union(*vectors)))}
    found = rank_mod([{place[key]: x for key, x in v.items()} for v in vectors], len(place), p, work)
    require(found >= rank, f"point-rank: the rank modulo the prime is {found}")
    kernel = [integers(v, n, "point-rank.kernel") for v in array(claim["kernel"], "point-rank.kernel")]
    if kernel:
        require(_annihilated(chart, kernel, work), "point-rank: a vector is not in the kernel of the Jacobian")
    both = [*chart.tangents(), *({i: x for i, x in enumerate(v) if x} for v in kernel)]
    most = n - rank_mod(both, n, p, work)
    require(rank >= most, f"point-rank: the kernel leaves room for a rank of {most}")
    ledger.point.ranks[support] = rank


def _annihilated(chart, kernel, work):
    """Whether the exact Jacobian vanishes on integer vectors."""
    columns = chart.derivatives(None)
    for v in kernel:
        total = {}
        for x, column in zip(v, columns, strict=True):
            if x:
                work.spend(len(column) + 1)
                for key, y in column.items():
                    total[key] = total.get(key, 0) + x * y
        if any(total.values()):
            return False
    return True


def stiffness(claim, ledger, work):
    """On every maximal support that holds the point: |Je|^2 + w^2|T^T e|^2 >= s^2|e|^2, and a vector from above.

    With s > 0 the scalings act freely at h: if one of their directions X fixes h, J and T^T vanish on all e
    that X moves.
    """
    keys(claim, ("kind", "items"), (), "stiffness")
    require(ledger.point is not None, "no point was given before")
    statement, items = ledger.statement, array(claim["items"], "items")
    for item in items:
        keys(item, ("support", "weight", "lower", "psd", "vector", "upper"), (), "item")
    supports = [read_support(item["support"], statement) for item in items]
    require(set(supports) == set(ledger.relevant_supports()), "stiffness: not the supports that hold the point")
    bent = bending(statement, ledger.point.values, ledger.point.den, work)
    require(bent is not None, "stiffness: a factor is zero at the point")
    found = [_item(item, s, ledger, work) for item, s in zip(items, supports, strict=True)]
    low = min(lower for lower, _, _ in found)
    ledger.exactly("at.stiffness", low, min(upper for _, upper, _ in found))
    pull = max(weight for _, _, weight in found) * (1 if statement.paths.scale else 2)
    for support, rank in zip(supports, (len(Chart(ledger, s, work).order) for s in supports), strict=True):
        ledger.point.ranks[support] = rank - len(statement.paths.shown(support)[1])
    ledger.fact("at.radius", text(_radius(statement, ledger.point, low, pull, *bent)))
    ledger.fact("at.error_factor", text(quotient_above(Fraction(1 if statement.K == 1 else 2), low)))


def _radius(statement, point, low, pull, bend, spread):
    """r with (pull + bend) r <= low/2 and spread r^2 <= 1, and short of where a parameter of a support vanishes."""
    if statement.kind == "free":
        reach = []
    else:
        reach = [Fraction(min(abs(x) for part in point.values for x in part if x), 2 * point.den)]
    if statement.K > 1:
        reach += [quotient_below(low, 2 * (pull + bend)), quotient_below(Fraction(1), root(spread)[1])]
    return quotient_below(min(reach), Fraction(1)) if reach else float("inf")


def _item(raw, support, ledger, work):
    """(lower, upper, weight) of one support."""
    chart, statement = Chart(ledger, support, work), ledger.statement
    whole = statement.kind == "free" or all(map(len, support)) and sum(map(len, support)) == len(chart.order)
    require(whole, "stiffness: a parameter of the support lies on no path of it")
    n = len(chart.order)
    require(n <= MAX_PARAMETERS, "stiffness: more parameters than the checker takes")
    weight, low, high = (rational(raw[name], name) for name in ("weight", "lower", "upper"))
    require(weight > 0 and low > 0, "stiffness: a bound is not positive")
    G = _gram(statement, chart.derivatives(None), work)
    square = (denominator(statement) * chart.point.den ** (statement.K - 1)) ** 2
    semidefinite(_bordered(chart, G, square, weight, low, work), raw["psd"], work, "psd")
    u = integers(raw["vector"], n, "vector")
    work.spend(2 * n * n, max(map(largest, G)) + largest(u))
    x = [dot(row, u) for row in G]
    require(any(x), "stiffness: the vector is in the kernel")
    energy = sum(y * dot(row, x) for y, row in zip(x, G, strict=True))
    require(energy <= high**2 * square * dot(x, x), "stiffness: the vector shows no such upper end")
    return low, high, weight


def _gram(statement, columns, work):
    """J^T J, times the square of the denominator: integers."""
    n, rows = len(columns), {}
    weight = 1
    if statement.has_response:
        for cells in statement.forms[-1].grid:
            weight *= cells
    for i, column in enumerate(columns):
        for key, x in column.items():
            rows.setdefault(key, []).append((i, x))
    out = [[0] * n for _ in range(n)]
    for items in rows.values():
        work.spend(len(items) ** 2)
        for i, x in items:
            row, x = out[i], weight * x
            for j, y in items:
                row[j] += x * y
    return out


def _bordered(chart, G, square, weight, low, work):
    """The integer multiple of J^T J + w^2 T T^T - s^2 I.

    T T^T is the sum of t t^T over the joints; for `scale` the blocks (K delta_kl - 1)/K h_k h_l^T, which has the
    same range, and |T^T e| <= |e|^2 at the closest point of an orbit in place of 2|e|^2.
    """
    n, K, d = len(chart.order), chart.statement.K, chart.point.den**2
    scale = chart.statement.paths.scale
    parts = K if scale else 1
    (wn, wd), (sn, sd) = weight.as_integer_ratio(), low.as_integer_ratio()
    one, two, three = d * parts * (wd * sd) ** 2, square * (wn * sd) ** 2, square * d * parts * (wd * sn) ** 2
    work.spend(4 * n * n, 2 * max(one, two, three).bit_length())
    out = [[one * x for x in row] for row in G]
    if scale:
        for a, (k, _) in enumerate(chart.order):
            for b, (m, _) in enumerate(chart.order):
                out[a][b] += two * ((K if k == m else 0) - 1) * chart.h[a] * chart.h[b]
    else:
        for vector in chart.tangents():
            work.spend(len(vector) ** 2)
            for a, x in vector.items():
                for b, y in vector.items():
                    out[a][b] += two * x * y
    for a in range(n):
        out[a][a] -= three
    return out
