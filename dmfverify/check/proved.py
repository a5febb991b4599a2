"""What the claims prove together, its consequences, and a result held against it.

A `Ledger` collects facts; `consequences` draws the conclusions listed in section 2 of the format
page; `tie` refuses a result that says anything certain that is not there.
"""

from fractions import Fraction
from math import inf, isqrt

from .strict import RATIONAL, require, text

GAMMAS = {"dnsp.gamma", "sparse_dnsp.gamma", "sparse_dnsp.gamma_union"}
BRACKETS = GAMMAS | {
    "lifting.sigma_min",
    "lifting.sigma_max",
    "dnsp.kappa",
    "sparse_dnsp.lower_rip",
    "sparse_dnsp.lower_rip_union",
}
UNIFORM, OVER_C = "identifiability.uniform.verdict", "identifiability.uniform.over_C"
GENERIC, LOCAL = "identifiability.generic.verdict", "identifiability.local.verdict"
DIGITS = 15


class Ledger:
    """Facts under the paths of result.json: verdicts, integers, and brackets [lo, hi]."""

    def __init__(self, statement):
        self.statement = statement
        self.facts = {}
        self.brackets = {path: [Fraction(1 if path in GAMMAS else 0), inf] for path in BRACKETS}
        self.ranks = {}
        self.witnesses = []
        self.grams = {}
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

    def rank(self, support, low=None, high=None):
        """Bounds of the generic rank of the Jacobian on a maximal support."""
        bounds = self.ranks.setdefault(support, [0, inf])
        if low is not None:
            bounds[0] = max(bounds[0], low)
        if high is not None:
            bounds[1] = min(bounds[1], high)

    def trivial_kernel(self):
        """Ker A = {0}: consequence 1."""
        self.fact("lifting.rank", self.statement.count())
        self.fact("lifting.kernel_dimension", 0)

    def proved(self):
        """The map that `check --json` prints."""
        out = dict(self.facts)
        for path, (low, high) in self.brackets.items():
            require(low <= high, f"{path}: the claims contradict each other")
            if path.startswith("sparse_dnsp") and self.statement.kind == "free":
                continue
            out[path] = [text(low), text(high)]
        out.update(recovery(self))
        return out


def consequences(ledger):
    """Conclusions from what has been proved, in the order of the format page."""
    statement = ledger.statement
    ledger.fact("lifting.columns", statement.count())
    ledger.fact("dnsp.rho", "inf")
    if statement.kind != "free":
        ledger.fact("sparse_dnsp.rho", "inf")
        if statement.kind == "sparse" or statement.family_within(200_000):
            n = statement.count_maximal()
            ledger.fact("sparse_dnsp.pairs", n * (n + 1) // 2)
    if ledger.known("lifting.kernel_dimension", 0):
        _trivial(ledger)
    if ledger.brackets["dnsp.gamma"][1] < inf:
        ledger.fact(UNIFORM, "yes")
    if ledger.known(UNIFORM, "yes"):
        _identifiable(ledger)
    if ledger.known(UNIFORM, "no"):
        ledger.fact(OVER_C, "no")
        ledger.low("dnsp.gamma", inf)
        ledger.high("dnsp.kappa", Fraction(0))
    _local(ledger)
    _kappa(ledger)


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


def _identifiable(ledger):
    ledger.fact(GENERIC, "yes")
    ledger.fact("identifiability.generic.fibre_real", [1, 1])
    if ledger.known(OVER_C, "yes"):
        ledger.fact("identifiability.generic.fibre_C", 1)
    if ledger.statement.family_within(2_000):
        for support in ledger.statement.maximal():
            dimension = ledger.statement.dimension(support)
            ledger.rank(support, low=dimension, high=dimension)


def _local(ledger):
    """The verdict at generic points of every maximal support, from bounds of the ranks."""
    statement = ledger.statement
    if not ledger.ranks or not statement.family_within(2_000):
        return
    rows = []
    for support in statement.maximal():
        dimension = statement.dimension(support)
        ledger.rank(support, high=dimension)
        low, high = ledger.ranks[support]
        require(low <= high, "identifiability.local.rank: the claims contradict each other")
        if high < dimension:
            ledger.fact(GENERIC, "no")
        rows.append((low, high, statement.expected(support)))
    if any(high < expected for _, high, expected in rows):
        ledger.fact(LOCAL, "no")
    elif all(low >= expected for low, _, expected in rows):
        ledger.fact(LOCAL, "yes")
    if all(low == high for low, high, _ in rows):
        low, _, expected = max(rows, key=lambda row: row[2] - row[1])
        ledger.fact("identifiability.local.rank", low)
        ledger.fact("identifiability.local.expected", expected)


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
    """`recovery_bound.constant` and `recovery_bound.paper` for the p that a claim fixed."""
    if ledger.p is None or ledger.known(UNIFORM, "no"):
        return {}
    statement, p = ledger.statement, ledger.p
    total, top = sum(statement.sizes), statement.K * max(statement.sizes)
    low, high = ledger.brackets["dnsp.kappa"]
    if statement.equivalence == "neuron-scale":
        ours = (Fraction(1), Fraction(1))
    elif statement.equivalence == "path-scale":
        ours = _times(_power(top, p), _paths(statement, p), 2)
    else:
        ours = _times(_power(total, p), (Fraction(1), Fraction(1)), 2)
    out = {
        "recovery_bound.p": p,
        "recovery_bound.constant": [
            text(quotient_below(ours[0], high)),
            text(quotient_above(ours[1], low)),
        ],
    }
    if statement.equivalence == "scale":
        gammas, sigmas = ("dnsp.gamma", "lifting.sigma_min")
        if statement.kind != "free":
            gammas, sigmas = ("sparse_dnsp.gamma", "sparse_dnsp.lower_rip")
        (g0, g1), (s0, s1) = ledger.brackets[gammas], ledger.brackets[sigmas]
        seven = _times(_power(top, p), (Fraction(1), Fraction(1)), 7)
        out["recovery_bound.paper"] = [
            text(quotient_below(seven[0] * g0, s1)),
            text(quotient_above(seven[1] * g1, s0) if g1 < inf else inf),
        ]
    return out


def _paths(statement, p):
    """|paths| ** max(0, 1/p - 1/2) as a bracket."""
    if p != 1:
        return Fraction(1), Fraction(1)
    return root(Fraction(statement.count_paths()))


def _power(n, p):
    """n ** (1/p) as a bracket."""
    if p == "inf":
        return Fraction(1), Fraction(1)
    return (Fraction(n), Fraction(n)) if p == 1 else root(Fraction(n))


def _times(a, b, factor):
    return factor * a[0] * b[0], factor * a[1] * b[1]


def root(value):
    """A bracket of sqrt(value), exact for squares of rationals."""
    p, q = isqrt(value.numerator), isqrt(value.denominator)
    if p * p == value.numerator and q * q == value.denominator:
        return Fraction(p, q), Fraction(p, q)
    shift = 10**40
    low = Fraction(isqrt(value.numerator * value.denominator * shift * shift), value.denominator * shift)
    return low, low + Fraction(1, value.denominator * shift)


def quotient_below(a, b):
    """A lower bound of a/b: exact when short, else 15 digits; 0 for an infinite b, infinite for b = 0."""
    if b == inf:
        return Fraction(0)
    return _rounded(Fraction(a) / b, False) if b else inf


def quotient_above(a, b):
    """An upper bound of a/b, likewise."""
    if a == inf or not b:
        return inf
    return _rounded(Fraction(a) / b, True) if b != inf else Fraction(0)


def _rounded(x, up):
    if x == 0 or max(x.numerator, x.denominator) < 10**30:
        return x
    step = Fraction(10) ** (len(str(x.numerator)) - len(str(x.denominator)) - DIGITS)
    return -(-x // step) * step if up else x // step * step


# -- a result held against the ledger -------------------------------------------------------------

INTEGERS = (
    "lifting.columns",
    "lifting.rank",
    "lifting.kernel_dimension",
    "identifiability.local.rank",
    "identifiability.local.expected",
    "identifiability.generic.fibre_real",
    "identifiability.generic.fibre_C",
    "sparse_dnsp.pairs",
    "sparse_dnsp.deficient_pairs",
    "dnsp.rho",
    "sparse_dnsp.rho",
)
VERDICTS = (UNIFORM, OVER_C, GENERIC, LOCAL)


def tie(result, ledger, proved, statement_sha256):
    """Refuse a result that says something certain that was not proved."""
    require(type(result) is dict, "result: not an object")
    require(result.get("schema") == "dmfverify/result/1", "result: unknown schema")
    require(result.get("statement_sha256") == statement_sha256, "result: about another statement")
    require(result.get("equivalence") == ledger.statement.equivalence, "result: another equivalence")
    _tie_case(result.get("case"), ledger.statement)
    for path, value in _leaves(result):
        if path in INTEGERS:
            require(value is None or value == proved.get(path), f"result: {path} is not proved")
        elif path in VERDICTS or path.rpartition(".")[2] in ("verdict", "over_C"):
            require(value in (None, "undecided") or value == proved.get(path), f"result: {path} is not proved")
        elif is_pair(value):
            trivial = ["1", "inf"] if path in GAMMAS else ["0", "inf"]
            require(value in (proved.get(path), trivial), f"result: {path} is not proved")
    _tie_witness(result.get("witness"), ledger)


def _tie_case(case, statement):
    require(type(case) is dict, "result: no case")
    require(case.get("K") == statement.K, "result: another K")
    require(case.get("parameters") == statement.sizes, "result: other numbers of parameters")
    shape = [statement.forms[0].shape[0], statement.product_columns()]
    require(case.get("product_shape") == shape, "result: another product shape")


def _tie_witness(witness, ledger):
    if witness is None:
        return
    require(type(witness) is dict, "result: witness is not an object")
    pair = (witness.get("h"), witness.get("g"))
    require(pair in ledger.witnesses, "result: the witness is not proved")


def is_pair(value):
    """Whether a value of a result has the form of a bracket: two value strings."""
    return (
        type(value) is list
        and len(value) == 2
        and all(type(x) is str and (x == "inf" or RATIONAL.fullmatch(x)) for x in value)
    )


def _leaves(result):
    """(path, value) for everything in the result but the witness, which is checked by itself."""
    stack = [("", {k: v for k, v in result.items() if k != "witness"})]
    while stack:
        path, value = stack.pop()
        if type(value) is dict:
            stack.extend((f"{path}.{key}" if path else key, item) for key, item in value.items())
            continue
        yield path, value
        if type(value) is list and not is_pair(value):
            stack.extend((f"{path}[{i}]", item) for i, item in enumerate(value))
