"""Differences of two rank-one tensors: gamma from below, kappa from above."""

from math import prod

from ..algebra import apply, dot
from ..lifting import Columns, inner, product, row_gram, squared_norm
from ..statement import denominator, scaled
from ..strict import array, integer, integers, keys, over_common_denominator, rational, require
from .gram import CHEAP_COLUMNS
from .kernel import expand, is_zero


def difference(claim, ledger, work):
    """T = P(h) - P(g) for parameters in the model bounds gamma from below and kappa from above."""
    keys(claim, ("kind", "h", "g", "gamma", "kappa", "kernel_part", "row_solution"), (), "difference")
    pair = read_pair(claim, ledger.statement, work)
    norm = pair.squared_norm()
    require(norm > 0, "difference: T is zero")
    if claim["kappa"] is not None:
        kappa = rational(claim["kappa"], "kappa")
        square = squared_norm(ledger.statement, pair.image())
        bound = kappa**2 * denominator(ledger.statement) ** 2
        require(kappa >= 0 and bound * norm >= square, "difference: kappa is less than |AT|/|T|")
        ledger.high("dnsp.kappa", kappa)
    if claim["gamma"] is not None:
        gamma = rational(claim["gamma"], "gamma")
        if claim["kernel_part"] is not None:
            over, under = _distance(claim["kernel_part"], pair, work)
        else:
            over, under = _projection(claim["row_solution"], pair, work)
        require(
            gamma >= 0 and gamma**2 * over <= norm * under,
            "difference: gamma is more than |T| over the distance to the kernel",
        )
        ledger.low("dnsp.gamma", gamma)


def read_pair(claim, statement, work):
    """The pair h, g of a claim, in the model."""
    h, g = (statement.read_parameters(claim[name], name) for name in "hg")
    require(statement.allows(h) and statement.allows(g), "the parameters are not in the model")
    return Pair(statement, h, g, work)


class Pair:
    """Two sets of parameters, as integers: s T = e P(h') - d P(g') for h = h'/d, g = g'/e, s = d e."""

    def __init__(self, statement, h, g, work):
        self.statement, self.work, self.first, self.second = statement, work, h, g
        (self.h, self.d), (self.g, self.e) = scaled(h, work), scaled(g, work)
        self.scale = self.d * self.e
        work.spend(20 * sum(statement.sizes))

    def entry(self, multi):
        """The entry of s T at a multi-index."""
        self.work.spend(5 * len(multi))
        a, b = (prod(part[i] for part, i in zip(x, multi, strict=True)) for x in (self.h, self.g))
        return self.e * a - self.d * b

    def squared_norm(self):
        """Squared norm of s T over the alive coordinates."""
        hh, gg, hg = (inner(self.statement, *x) for x in ((self.h,) * 2, (self.g,) * 2, (self.h, self.g)))
        return self.e**2 * hh + self.d**2 * gg - 2 * self.scale * hg

    def image(self):
        """den * A (s T), sparse."""
        left, right = (product(self.statement, x, self.work) for x in (self.h, self.g))
        return {key: self.e * left.get(key, 0) - self.d * right.get(key, 0) for key in {*left, *right}}


def _distance(raw, pair, work):
    """|s T - s T'|^2 for T' in the kernel, as a numerator and a denominator."""
    columns = expand(pair.statement, work)
    part = [rational(x, "kernel_part") for x in array(raw, "kernel_part", len(columns.columns))]
    common, integral = over_common_denominator(part, "kernel_part")
    require(is_zero(columns, integral, work), "kernel_part: not in the kernel")
    rest = (common * pair.entry(multi) - pair.scale * x for multi, x in zip(columns.coordinates, integral, strict=True))
    return sum(x * x for x in rest), common**2


def _projection(raw, pair, work):
    """|Pi s T|^2 = s b^T y with A A^T y = b = A T, rows of the product, as a numerator and a denominator."""
    statement, image = pair.statement, pair.image()
    require(not statement.has_response, "row_solution: the rows are responses")
    if statement.count() > CHEAP_COLUMNS:
        rows, W = row_gram(statement, work)
    else:
        columns = Columns(statement, "product", work)
        rows, W = columns.alive_rows(), columns.row_gram(work)
    common, integral = _solution(raw, len(rows))
    b, den = [image.get(row, 0) for row in rows], denominator(statement)
    require(
        all(pair.scale * x == common * den * v for x, v in zip(apply(W, integral, work), b, strict=True)),
        "row_solution: does not solve A A^T y = A T",
    )
    return pair.scale * dot(b, integral), den * common


def _solution(raw, length):
    """A rational vector, as rationals or as integers over one denominator: (denominator, integers)."""
    if type(raw) is not dict:
        y = [rational(x, "row_solution") for x in array(raw, "row_solution", length)]
        return over_common_denominator(y, "row_solution")
    keys(raw, ("numerators", "denominator"), (), "row_solution")
    common = integer(raw["denominator"], "row_solution.denominator")
    require(common >= 1, "row_solution.denominator: not positive")
    return common, integers(raw["numerators"], length, "row_solution.numerators")


def recovery_bound(claim, ledger, work):
    """Fixes p; the constants follow from what the other claims prove."""
    keys(claim, ("kind", "p"), (), "recovery-bound")
    require(claim["p"] in (1, 2, "inf"), "recovery-bound: p is not 1, 2 or inf")
    require(ledger.p in (None, claim["p"]), "recovery-bound: two different p")
    ledger.p = claim["p"]
