"""Differences of two rank-one tensors: gamma from below, kappa from above."""

from fractions import Fraction
from math import inf, lcm

from ..lifting import Columns, inner, product, row_gram, squared_norm
from ..statement import denominator, scaled
from ..strict import array, keys, rational, require, value
from .kernel import expand, is_zero


def difference(claim, ledger, work):
    """T = P(h) - P(g) for parameters in the model bounds gamma from below and kappa from above."""
    keys(claim, ("kind", "h", "g", "gamma", "kappa", "kernel_part", "row_solution"), (), "difference")
    statement = ledger.statement
    h, g = (statement.read_parameters(claim[name], name) for name in "hg")
    require(statement.allows(h) and statement.allows(g), "difference: not in the model")
    norm = inner(statement, h, h) + inner(statement, g, g) - 2 * inner(statement, h, g)
    require(norm > 0, "difference: T is zero")
    image = image_of(statement, h, g, work)
    if claim["kappa"] is not None:
        kappa = rational(claim["kappa"], "kappa")
        square = Fraction(squared_norm(statement, image), denominator(statement) ** 2)
        require(kappa >= 0 and kappa**2 * norm >= square, "difference: kappa is less than |AT|/|T|")
        ledger.high("dnsp.kappa", kappa)
    if claim["gamma"] is not None:
        gamma = value(claim["gamma"], "gamma")
        require(gamma != inf, "difference: no difference proves an infinite gamma")
        if claim["kernel_part"] is not None:
            projection = _distance(claim["kernel_part"], statement, h, g, work)
        else:
            projection = _projection(claim["row_solution"], statement, image, work)
        require(
            gamma >= 0 and gamma**2 * projection <= norm,
            "difference: gamma is more than |T| over the distance to the kernel",
        )
        ledger.low("dnsp.gamma", gamma)


def image_of(statement, h, g, work):
    """den * A T, sparse."""
    (h, dh), (g, dg) = scaled(h), scaled(g)
    left, right = product(statement, h, work), product(statement, g, work)
    return {key: left.get(key, 0) / dh - right.get(key, 0) / dg for key in {*left, *right}}


def _distance(raw, statement, h, g, work):
    """|T - T'|^2 for T' in the kernel."""
    columns = expand(statement, work)
    part = [rational(x, "kernel_part") for x in array(raw, "kernel_part", len(columns.columns))]
    den = lcm(1, *(x.denominator for x in part))
    integral = [x.numerator * (den // x.denominator) for x in part]
    require(is_zero(columns, integral, work), "kernel_part: not in the kernel")
    total = Fraction(0)
    for multi, x in zip(columns.coordinates, part, strict=True):
        a = b = Fraction(1)
        for k, i in enumerate(multi):
            a, b = a * h[k][i], b * g[k][i]
        total += (a - b - x) ** 2
    return total


def _projection(raw, statement, image, work):
    """|Pi T|^2 = b^T y with A A^T y = b = A T, rows of the product."""
    require(not statement.has_response, "row_solution: the rows are responses")
    if statement.count() > 2_000:
        rows, W = row_gram(statement, work)
    else:
        columns = Columns(statement, "product", work)
        rows, W = columns.alive_rows(), columns.row_gram(work)
    y = [rational(x, "row_solution") for x in array(raw, "row_solution", len(rows))]
    den = denominator(statement)
    work.spend(len(rows) ** 2)
    for row, line in zip(rows, W, strict=True):
        found = sum((x * v for x, v in zip(line, y, strict=True) if x), Fraction(0))
        require(found == den * image.get(row, 0), "row_solution: does not solve A A^T y = A T")
    return sum((image.get(row, 0) * v for row, v in zip(rows, y, strict=True)), Fraction(0)) / den


def recovery_bound(claim, ledger, work):
    """Fixes p; the constants follow from what the other claims prove."""
    keys(claim, ("kind", "p"), (), "recovery-bound")
    require(claim["p"] in (1, 2, "inf") and ledger.p is None, "recovery-bound: p is not 1, 2 or inf, or given twice")
    ledger.p = claim["p"]
