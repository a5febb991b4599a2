"""What the claims prove together, and its consequences.

A `Ledger` collects facts; `consequences` draws the conclusions listed in section 2 of the format
page; `recovery` computes the constants of the recovery bound.
"""

from fractions import Fraction
from itertools import pairwise
from math import inf, isqrt

from . import sensing
from .strict import MAX_DIGITS, require, text

GAMMAS = {"dnsp.gamma", "sparse_dnsp.gamma", "sparse_dnsp.gamma_union"}
BRACKETS = GAMMAS | {
    "lifting.sigma_min",
    "lifting.sigma_max",
    "dnsp.kappa",
    "sparse_dnsp.lower_rip",
    "sparse_dnsp.lower_rip_union",
    *sensing.BRACKETS,
    "at.stiffness",
}
NESTED = ("sparse_dnsp.gamma_union", "sparse_dnsp.gamma", "dnsp.gamma")
"""Each at most the next."""
UNIFORM, OVER_C = "identifiability.uniform.verdict", "identifiability.uniform.over_C"
GENERIC, LOCAL = "identifiability.generic.verdict", "identifiability.local.verdict"
DIGITS = 15
EXTREME = 900
"""Powers of ten beyond which a bound is rounded to 0 or infinity: a side of a rational has at most 1,000 digits."""
MAX_SUPPORTS = 2_000
"""Maximal supports on which the rank of the Jacobian is looked at one by one."""


class Ledger:
    """Facts under the paths of result.json: verdicts, integers, and brackets [lo, hi]."""

    def __init__(self, statement):
        self.statement = statement
        self.facts = {}
        self.brackets = {path: [Fraction(1 if path in GAMMAS else 0), inf] for path in BRACKETS}
        self.ranks = {}
        self.singles = set()
        self.witnesses = []
        self.grams = {}
        self.point = None
        self.p = None

    def fact(self, path, value):
        """A verdict or an integer."""
        require(self.facts.setdefault(path, value) == value, f"{path}: proved both {self.facts[path]} and {value}")

    def known(self, path, value):
        """Whether `path` has been proved to be `value`."""
        return self.facts.get(path) == value

    def low(self, path, value):
        """The constant is at least `value`."""
        self.brackets[path][0] = max(self.brackets[path][0], value)

    def high(self, path, value):
        """The constant is at most `value`."""
        self.brackets[path][1] = min(self.brackets[path][1], value)

    def exactly(self, path, low, high=None):
        """The constant lies in [low, high], or equals `low`."""
        self.low(path, low)
        self.high(path, low if high is None else high)

    def subsets(self, order, least, greatest):
        """Brackets of the extreme singular values over all sets of so many columns, for K = 1."""
        for name, pair in (("least", least), ("greatest", greatest)):
            if pair is not None:
                path = f"column_subsets.{order}.{name}"
                self.brackets.setdefault(path, [Fraction(0), inf])
                self.exactly(path, *pair)

    def rank(self, support, low=None, high=None):
        """Bounds of the generic rank of the Jacobian on a maximal support."""
        bounds = self.ranks.setdefault(support, [0, inf])
        if low is not None:
            bounds[0] = max(bounds[0], low)
        if high is not None:
            bounds[1] = min(bounds[1], high)

    def single(self, support):
        """Almost every h of this support, if it is a maximal one, has one class over C; each has to, for a yes."""
        maximal = self.statement.maximal()
        if support not in maximal:
            return
        self.singles.add(support)
        self.rank(support, low=self.statement.paths.dimension(support))
        if self.singles.issuperset(maximal):
            self.fact(GENERIC, "yes")
            self.fact("identifiability.generic.fibre_real", [1, 1])
            self.fact("identifiability.generic.fibre_C", 1)

    def relevant_supports(self):
        """The maximal supports that hold the point; none where they are too many to list."""
        listed = self.statement.maximal() if self.statement.family_within(MAX_SUPPORTS) else []
        return [support for support in listed if self.point.inside(support)]

    def trivial_kernel(self):
        """Ker A = {0}: consequence 1."""
        self.fact("lifting.rank", self.statement.count())
        self.fact("lifting.kernel_dimension", 0)

    def proved(self):
        """The map that `check --json` prints."""
        out = dict(self.facts)
        for path, (low, high) in sorted(self.brackets.items()):
            require(low <= high, f"{path}: the claims contradict each other")
            if path.startswith("sparse_dnsp") and self.statement.kind == "free":
                continue
            if path in sensing.BRACKETS and not self.statement.senses:
                continue
            if path.startswith("at.") and self.point is None:
                continue
            out[path] = [text(low), text(high)]
        out.update(recovery(self))
        return out


def consequences(ledger):
    """Conclusions from what has been proved, in the order of the format page."""
    statement = ledger.statement
    if statement.refusal:
        return
    if statement.opened:
        _of_skips(ledger)
        return
    if statement.count() < 10**MAX_DIGITS:
        ledger.fact("lifting.columns", statement.count())
    ledger.fact("dnsp.rho", "inf")
    if statement.kind != "free":
        ledger.fact("sparse_dnsp.rho", "inf")
        count = statement.family.count()
        if count is not None:
            ledger.fact("sparse_dnsp.pairs", count * (count + 1) // 2)
    if ledger.known("lifting.kernel_dimension", 0):
        _trivial(ledger)
    if statement.senses:
        _sensing(ledger)
    _nested(ledger)
    if ledger.brackets["dnsp.gamma"][1] < inf or ledger.brackets["sparse_dnsp.gamma_union"][1] < inf:
        ledger.fact(UNIFORM, "yes")
    if ledger.known(UNIFORM, "yes"):
        _identifiable(ledger)
    if ledger.known(UNIFORM, "no"):
        _collapsed(ledger)
    _infinite(ledger)
    _local(ledger)
    if ledger.point is not None:
        _at(ledger)
    _kappa(ledger)


def _of_skips(ledger):
    """Verdicts only: with known taps beside free ones the path products are no cone."""
    if ledger.known(UNIFORM, "yes"):
        _identifiable(ledger)
    if ledger.known(UNIFORM, "no"):
        _collapsed(ledger)
    _local(ledger)


def _collapsed(ledger):
    ledger.fact(OVER_C, "no")
    ledger.low("dnsp.gamma", inf)
    ledger.high("dnsp.kappa", Fraction(0))


def _trivial(ledger):
    ledger.fact(UNIFORM, "yes")
    ledger.fact(OVER_C, "yes")
    ledger.exactly("dnsp.gamma", Fraction(1))
    if ledger.statement.kind != "free":
        ledger.exactly("sparse_dnsp.gamma", Fraction(1))
        ledger.exactly("sparse_dnsp.gamma_union", Fraction(1))
        ledger.fact("sparse_dnsp.deficient_pairs", 0)
        for path in ("sparse_dnsp.lower_rip", "sparse_dnsp.lower_rip_union"):
            ledger.low(path, ledger.brackets["lifting.sigma_min"][0])
            ledger.high(path, ledger.brackets["lifting.sigma_max"][1])


def _nested(ledger):
    """The part of the kernel that lies in a union, or in a box, comes no nearer to T than the whole of it."""
    if ledger.statement.kind != "free":
        for inner, outer in pairwise(NESTED):
            ledger.low(outer, ledger.brackets[inner][0])
        for inner, outer in reversed(list(pairwise(NESTED))):
            ledger.high(inner, ledger.brackets[outer][1])


def _infinite(ledger):
    """gamma infinite: differences of one pair approach the kernel, in directions that have a limit on its union."""
    if ledger.statement.kind != "free" and ledger.brackets["dnsp.gamma"][0] == inf:
        for path in NESTED:
            ledger.low(path, inf)


def _sensing(ledger):
    """s-sparse vectors are determined iff every 2s columns are independent."""
    determined = sensing.sensing(ledger)
    if determined is not None:
        ledger.fact(UNIFORM, "yes" if determined else "no")
    if determined:
        ledger.fact(OVER_C, "yes")
        ledger.exactly("sparse_dnsp.gamma", Fraction(1))
        ledger.exactly("sparse_dnsp.gamma_union", Fraction(1))
        ledger.fact("sparse_dnsp.deficient_pairs", 0)


def _identifiable(ledger):
    ledger.fact(GENERIC, "yes")
    ledger.fact("identifiability.generic.fibre_real", [1, 1])
    if ledger.known(OVER_C, "yes"):
        ledger.fact("identifiability.generic.fibre_C", 1)
    if ledger.statement.family_within(MAX_SUPPORTS):
        for support in ledger.statement.maximal():
            ledger.rank(support, low=ledger.statement.paths.dimension(support))


def _local(ledger):
    """The verdict at generic points of every maximal support, from bounds of the ranks."""
    statement = ledger.statement
    columns = ledger.facts.get("lifting.rank")
    if columns is not None and statement.family_within(MAX_SUPPORTS):
        for support in statement.maximal():
            ledger.rank(support, high=columns)
    if not ledger.ranks:  # then the family is within `MAX_SUPPORTS`
        return
    rows = []
    for support in statement.maximal():
        dimension = statement.paths.dimension(support)
        ledger.rank(support, high=dimension)
        low, high = ledger.ranks[support]
        require(low <= high, "identifiability.local.rank: the claims contradict each other")
        if high < dimension:
            ledger.fact(GENERIC, "no")
        rows.append((low, high, statement.paths.expected(support)))
    if any(high < expected for _, high, expected in rows):
        ledger.fact(LOCAL, "no")
    elif all(low >= expected for low, _, expected in rows):
        ledger.fact(LOCAL, "yes")
    if all(low == high for low, high, _ in rows):
        low, _, expected = max(rows, key=lambda row: row[2] - row[1])
        ledger.fact("identifiability.local.rank", low)
        ledger.fact("identifiability.local.expected", expected)


def _at(ledger):
    """At the given parameters: what uniform identifiability and the ranks on the supports that hold them say."""
    uniform, proper = ledger.known(UNIFORM, "yes"), ledger.known("at.nonzero", "yes")
    if uniform:
        ledger.fact("at.verdict", "yes")
    if proper and ledger.known("at.verdict", "yes"):
        ledger.fact("at.local", "yes")
    supports = ledger.relevant_supports()
    free = proper and ledger.known("lifting.kernel_dimension", 0)  # A is injective, and so is dP but for scalings
    rows = []
    for support in supports:
        most = ledger.statement.paths.dimension(support)
        rows.append((ledger.point.ranks.get(support, most if free else None), most))
    if any(rank is not None and rank < most for rank, most in rows):
        ledger.exactly("at.stiffness", Fraction(0))
    if not rows or any(rank is None for rank, _ in rows):
        return
    rank, expected = max(rows, key=lambda row: row[1] - row[0])
    ledger.fact("at.rank", rank)
    ledger.fact("at.expected", expected)
    if rank == expected and proper:
        ledger.fact("at.local", "yes")


def _kappa(ledger):
    low, high = ledger.brackets["lifting.sigma_min"][0], ledger.brackets["lifting.sigma_max"][1]
    best, worst = ledger.brackets["dnsp.gamma"]
    ledger.low("dnsp.kappa", quotient_below(low, worst))
    ledger.high("dnsp.kappa", quotient_above(high, best))
    if ledger.statement.kind != "free":
        for sigma, gamma in (("lower_rip", "gamma"), ("lower_rip_union", "gamma_union")):
            least, greatest = ledger.brackets["sparse_dnsp." + sigma][0], ledger.brackets["sparse_dnsp." + gamma][1]
            ledger.low("dnsp.kappa", quotient_below(least, greatest))


def recovery(ledger):
    """`recovery_bound.constant`, `paper` and `converse` for the p that a claim fixed."""
    if ledger.p is None or ledger.known(UNIFORM, "no"):
        return {}
    statement, p = ledger.statement, ledger.p
    low, high = ledger.brackets["dnsp.kappa"]
    below, above = _factor(statement, p)
    out = {
        "recovery_bound.p": p,
        "recovery_bound.constant": [text(quotient_below(below, high)), text(quotient_above(above, low))],
    }
    if statement.equivalence == "scale":
        free = statement.kind == "free"
        g0, g1 = ledger.brackets["dnsp.gamma" if free else "sparse_dnsp.gamma"]
        s0, s1 = ledger.brackets["lifting.sigma_min" if free else "sparse_dnsp.lower_rip"]
        below, above = _power(statement.K * max(statement.sizes), p)
        out["recovery_bound.paper"] = [
            text(quotient_below(7 * below * g0, s1)),
            text(quotient_above(7 * above * g1, s0) if g1 < inf else inf),
        ]
        out["recovery_bound.converse"] = _converse(statement, low, high)
    return out


def _converse(statement, low, high):
    """The least C with d_2 <= C min(...) |AP(h) - AP(g)| on the models, from a bracket of kappa.

    |P(h) - P(g)| <= sqrt(K S^(K-1)) max(...) d_2 gives kappa >= 1 / (C sqrt(K S^(K-1))).
    """
    above = root(Fraction(statement.K * max(statement.sizes) ** (statement.K - 1)))[1]
    reached = root(Fraction(sum(statement.sizes)))[1]
    least = Fraction(0) if high == inf else quotient_below(1, high * above)
    return [text(least), text(quotient_above(2 * reached, low))]


def _factor(statement, p):
    """A bracket of `recovery_bound.constant` times kappa: interface, section 4."""
    if statement.equivalence == "neuron-scale":
        return Fraction(1), Fraction(1)
    if statement.equivalence == "scale":
        below, above = _power(sum(statement.sizes), p)
        return 2 * below, 2 * above
    below, above = _power(statement.K * max(statement.sizes), p)
    paths = root(Fraction(statement.paths.network_paths())) if p == 1 else (1, 1)
    return 2 * below * paths[0], 2 * above * paths[1]


def _power(n, p):
    """n ** (1/p) as a bracket."""
    if p == "inf":
        return Fraction(1), Fraction(1)
    return (Fraction(n), Fraction(n)) if p == 1 else root(Fraction(n))


def root(value):
    """A bracket of sqrt(value), exact for squares of rationals."""
    p, q = isqrt(value.numerator), isqrt(value.denominator)
    if p * p == value.numerator and q * q == value.denominator:
        return Fraction(p, q), Fraction(p, q)
    shift = 10**40
    low = Fraction(isqrt(value.numerator * value.denominator * shift * shift), value.denominator * shift)
    return low, low + Fraction(1, value.denominator * shift)


def quotient_below(a, b):
    """A lower bound of a/b: exact when short, else 15 digits; 0 for an infinite b, infinite for b = 0 or infinite a."""
    if b == inf:
        return Fraction(0)
    return _rounded(Fraction(a) / b, False) if b and a != inf else inf


def quotient_above(a, b):
    """An upper bound of a/b, likewise."""
    if a == inf or not b:
        return inf
    return _rounded(Fraction(a) / b, True) if b != inf else Fraction(0)


def _rounded(x, up):
    """A multiple of a power of ten above or below x >= 0, when x is long; 0 or infinity beyond 10^EXTREME."""
    if x == 0 or max(x.numerator, x.denominator) < 10**30:
        return x
    digits = (x.numerator.bit_length() - x.denominator.bit_length() - 1) * 30103 // 100000
    if digits > EXTREME:
        return inf if up else Fraction(10) ** EXTREME
    if digits < -EXTREME:
        return Fraction(10) ** -EXTREME if up else Fraction(0)
    step = Fraction(10) ** (digits - DIGITS)
    return -(-x // step) * step if up else x // step * step
