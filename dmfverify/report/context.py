"""What a report says, as plain text and expressions: the one source of its HTML, Markdown, LaTeX and table.

Nothing is computed or decided here.  Strings from the user and from ``result.json`` are made
printable and short; each renderer escapes them for its own language.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from ..errors import BadInput, one_line
from ..problem.forms import Statement
from . import formulas, words
from .decimals import Value, count, interval_text, pretty, short, value_of
from .hypotheses import Hypothesis, hypotheses
from .names import Names
from .point import AtPoint, at_point
from .proof import Step, steps

Result = Mapping[str, Any]
"""The object of ``result.json`` (interface.md, section 3)."""

LONG_TEXT = 1_500
ROWS = 60
ENTRIES = 24


@dataclass(frozen=True)
class Bracket:
    """lo <= constant <= hi: exact strings, and decimals rounded outwards."""

    lo: str
    hi: str
    decimal: str
    trivial: bool

    @property
    def exact(self) -> bool:
        """Whether the constant is known exactly."""
        return self.lo == self.hi

    @property
    def more(self) -> bool:
        """Whether the exact ends say more than the decimals do."""
        return not self.trivial and " … ".join(dict.fromkeys((self.lo, self.hi))).replace("inf", "∞") != self.decimal

    @property
    def ends(self) -> list[tuple[str, str]]:
        """(exact, abbreviated) for the ends that differ."""
        return [(end, short(end) if end != "inf" else "∞") for end in dict.fromkeys((self.lo, self.hi))]


@dataclass(frozen=True)
class Answer:
    """One of the three verdicts."""

    key: str
    question: str
    verdict: str
    headline: str
    facts: tuple[str, ...]
    conditions: tuple[str, ...]
    method: str
    reason: str


@dataclass(frozen=True)
class Constant:
    """One bracketed constant with its meaning."""

    path: str
    symbol: formulas.Expression
    name: str
    meaning: str
    bracket: Bracket


@dataclass(frozen=True)
class Vectors:
    """One factor of a witness."""

    factor: str
    h: str
    g: str
    same: bool


@dataclass(frozen=True)
class Witness:
    """Two parameters with the same product."""

    intro: str
    why: str
    radius: str
    rows: tuple[Vectors, ...]
    hidden: int


@dataclass(frozen=True)
class FactorRow:
    """One factor of the statement."""

    number: str
    label: str
    shape: str
    parameters: str
    means: str


@dataclass(frozen=True)
class MethodRow:
    """One method that was tried."""

    name: str
    seconds: str
    outcome: str
    success: bool


@dataclass(frozen=True)
class Page:
    """Everything that a report says."""

    title: str
    asked: str
    equivalence: words.Equivalence
    model: str
    data: str
    factors: tuple[FactorRow, ...]
    hidden_factors: int
    product: formulas.Expression
    segre: formulas.Expression | None
    answers: tuple[Answer, ...]
    over_C: str
    constants: tuple[Constant, ...]
    missing: tuple[str, ...]
    counts: tuple[tuple[str, str], ...]
    bound: formulas.Expression | None
    no_bound: str
    bound_text: str
    valid_while: str
    stability: str
    theorems: tuple[words.Theorem, ...]
    hypotheses: tuple[Hypothesis, ...]
    steps: tuple[Step, ...]
    sources: tuple[tuple[str, str], ...]
    at: AtPoint | None
    witness: Witness | None
    estimates: tuple[tuple[str, str], ...]
    methods: tuple[MethodRow, ...]
    hidden_methods: int
    declined: tuple[MethodRow, ...]
    timings: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str, str], ...]
    command: str

    @property
    def uniform(self) -> Answer:
        """The verdict that stands first."""
        return self.answers[0]


def page(
    result: Result,
    statement: Statement,
    *,
    names: Names | None = None,
    certificate_bytes: int = 0,
    check_command: str = "dmfverify check certificate.json",
    claims: Sequence[Mapping[str, Any]] = (),
) -> Page:
    """The report on `result`, ready to be rendered.

    Parameters
    ----------
    result
        The object of ``result.json``; any section may be null or absent.
    statement
        The exact question.
    names
        The user's names; indices are printed where there are none.
    certificate_bytes
        Size of ``certificate.json``.
    check_command
        The command that checks the certificate again.
    claims
        The claims of the certificate, for the theorems and the proof section.

    Raises
    ------
    BadInput
        If a pair of `result` does not hold two rationals.
    """
    equivalence = words.equivalence_in_words(statement.equivalence)
    names = names or Names()
    answers = _answers(result, equivalence)
    constants = tuple(_constants(result))
    theorems = _theorems(result, [str(claim.get("kind")) for claim in claims])
    proof = tuple(steps(statement, claims, names))
    rows = [m for m in result.get("methods") or [] if isinstance(m, Mapping)]
    methods = [m for m in rows if m.get("accepted") is not False]
    return Page(
        title=clean(_at(result, "case.title"), 200) or "Untitled problem",
        asked=words.asked(statement),
        equivalence=equivalence,
        model=words.model_in_words(statement.model, statement.sizes),
        data=_data(statement),
        factors=tuple(_factors(statement, names)),
        hidden_factors=max(0, len(statement.forms) - ROWS),
        product=formulas.product(statement.K, statement.data is not None),
        segre=formulas.segre(statement.K) if statement.equivalence == "scale" else None,
        answers=answers,
        over_C=_verdict(_at(result, "identifiability.uniform.over_C")),
        constants=constants,
        missing=tuple(text for key, text in MISSING.items() if result.get(key) is None),
        counts=tuple(_counts(result)),
        bound=formulas.BOUND.get(statement.equivalence) if _bounded(result) else None,
        no_bound="" if _bounded(result) else _no_bound(result),
        bound_text=clean(_at(result, "recovery_bound.statement"), LONG_TEXT),
        valid_while=clean(_at(result, "recovery_bound.valid_while"), LONG_TEXT),
        stability=_stability(constants, answers[0].verdict),
        theorems=theorems,
        hypotheses=tuple(hypotheses(result, statement)),
        steps=proof,
        sources=tuple((k, words.SOURCES[k]) for k in _source_keys(theorems)),
        at=at_point(result.get("at"), clean(_at(result, "at.reason"), LONG_TEXT)),
        witness=_witness(result.get("witness"), statement, names),
        estimates=tuple(_estimates(result))[:ROWS],
        methods=tuple(_method(m) for m in methods[:ROWS]),
        hidden_methods=max(0, len(methods) - ROWS),
        declined=tuple(_method(m) for m in rows if m.get("accepted") is False)[:ROWS],
        timings=_seconds_table(result.get("timings")),
        versions=tuple((clean(k), clean(v)) for k, v in _items(result.get("versions"))[:ROWS]),
        files=_files(result, certificate_bytes),
        command=clean(check_command, LONG_TEXT),
    )


MISSING = {
    "lifting": "The lifting was not analysed.",
    "identifiability": "Identifiability was not decided.",
    "dnsp": "No stability constant was bounded.",
}


def clean(value: object, limit: int = 400) -> str:
    """A value as one printable line, "" for None."""
    return "" if value is None else one_line(str(value)[: 8 * limit], limit)


def _at(result: Any, path: str) -> Any:
    """The value at a dotted path, None where anything on the way is missing."""
    for key in path.split("."):
        result = result.get(key) if isinstance(result, Mapping) else None
    return result


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


def _verdict(value: object) -> str:
    return value if value in ("yes", "no") else "undecided"  # type: ignore[return-value]


# Verdicts


QUESTIONS = {
    "uniform": "Uniform: is every allowed h determined by X?",
    "generic": "Generic: is almost every h determined?",
    "local": "Local: is h alone in its neighbourhood?",
}
HEADLINES = {
    ("generic", "yes"): "Almost every choice of parameters is the only one with its product.",
    ("generic", "no"): "For a whole open set of parameters others have the same product.",
    ("local", "yes"): "Near a typical h no other class has the same product.",
    ("local", "no"): "Typical parameters can be moved continuously without changing the product.",
}


def _answers(result: Result, equivalence: words.Equivalence) -> tuple[Answer, ...]:
    """The three verdicts; a reason that was given already is not repeated."""
    first, *others = (_answer(key, result, equivalence) for key in ("uniform", "generic", "local"))
    repeated = "the same as for the uniform question"
    return (first, *(replace(a, reason=repeated) if a.reason and a.reason == first.reason else a for a in others))


def _answer(key: str, result: Result, equivalence: words.Equivalence) -> Answer:
    section = _at(result, f"identifiability.{key}") or {}
    verdict = _verdict(_at(section, "verdict"))
    given = [clean(c) for c in (_at(section, "conditions") or [])[:ROWS]]
    reason = clean(_at(section, "reason"), LONG_TEXT)
    if verdict == "undecided" and not reason:
        reason = "this question was not reached in the time given"
    return Answer(
        key=key,
        question=QUESTIONS[key],
        verdict=verdict,
        headline=_headline(key, verdict, equivalence),
        facts=(*_facts(key, section), *(_permutations(result) if key == "uniform" else ())),
        conditions=tuple(given),
        method=clean(_at(section, "method")),
        reason=reason,
    )


def _headline(key: str, verdict: str, equivalence: words.Equivalence) -> str:
    if verdict == "undecided":
        return "Neither a proof nor a counterexample was found."
    if key == "uniform":
        return equivalence.yes if verdict == "yes" else equivalence.no
    return HEADLINES[key, verdict]


def _facts(key: str, section: Any) -> Iterator[str]:
    fibre, fibre_C = _at(section, "fibre_real"), _at(section, "fibre_C")
    if isinstance(fibre, Sequence) and len(fibre) == 2 and not isinstance(fibre, str):
        least, most = (clean(f) for f in fibre)
        often = least if least == most else f"between {least} and {most}"
        yield f"Classes with the product of a typical real h: {often}."
    if fibre_C is not None:
        yield f"Classes over the complex numbers: {clean(fibre_C)}."
    if key == "local" and _at(section, "rank") is not None:
        yield f"Rank of the Jacobian: {clean(section['rank'])}; expected for a yes: {clean(_at(section, 'expected'))}."
    error = _at(section, "error_probability")
    if error not in (None, "0"):
        yield f"Decided at random points: wrong with probability at most {clean(error)}."


def _permutations(result: Result) -> Iterator[str]:
    named = [clean(text) for text in (_at(result, "node_permutations") or [])[:ROWS]]
    if named:
        yield f"Node permutations that keep every edge, and are not divided out: {'; '.join(named)}."


# Constants


MEANINGS = {
    "lifting.sigma_min": ("least singular value", "The least non-zero singular value of the lifting A."),
    "lifting.sigma_max": ("greatest singular value", "The greatest singular value of the lifting A."),
    "dnsp.gamma": (
        "null space constant",
        "How much longer a difference of two tensors can be than its part that A sees; 1 is best.",
    ),
    "dnsp.kappa": (
        "stability constant",
        "The least factor by which A shrinks a difference of two tensors. This is the one to quote.",
    ),
    "sparse_dnsp.gamma": ("sparse null space constant", "Worst pair of supports, on the box of unions (the paper's)."),
    "sparse_dnsp.lower_rip": ("deep lower RIP constant", "Least non-zero singular value over all pairs of supports."),
    "sparse_dnsp.gamma_union": ("the same on unions", "Worst pair of supports, on the union of the two boxes."),
    "sparse_dnsp.lower_rip_union": ("lower RIP on unions", "Least non-zero singular value, on unions of two boxes."),
    "compressed_sensing.spark": (
        "fewest dependent columns",
        "The least number of columns that are linearly dependent.",
    ),
    "compressed_sensing.coherence": ("mutual coherence", "The greatest cosine of the angle of two columns."),
    "compressed_sensing.alpha": (
        "l1 null space constant",
        "The greatest share of its l1 norm that a kernel vector has on as many entries as the model allows; below 1/2 "
        "minimising the l1 norm finds every allowed vector.",
    ),
    "recovery_bound.constant": (
        "recovery constant",
        "The factor in the recovery bound, at every noise level, without the factor min(…).",
    ),
    "recovery_bound.paper": ("recovery constant as printed", "The same by the published theorem, for small noise."),
    "recovery_bound.converse": (
        "best constant for d_2",
        "No smaller factor than its lower end can stand in any recovery bound for d_2; ours reaches the upper end.",
    ),
}


def _constants(result: Result) -> Iterator[Constant]:
    for path, (name, meaning) in MEANINGS.items():
        pair = _at(result, path)
        if pair is not None:
            yield Constant(path, formulas.SYMBOLS[path], name, meaning, bracket(pair, path))


def bracket(pair: object, path: str) -> Bracket:
    """A pair of result.json with its decimals.

    >>> bracket(["1", "3/2"], "dnsp.gamma").decimal
    '1 … 1.5'
    """
    if not isinstance(pair, (list, tuple)) or len(pair) != 2:
        raise BadInput(f"got {clean(pair, 60)}, expected a pair of rationals", where=f"result.json: {path}")
    try:
        lo, hi = (value_of(end) for end in pair)
    except ValueError as error:
        raise BadInput(str(error), where=f"result.json: {path}") from None
    if lo > hi:
        raise BadInput(f"the lower end {pair[0]} exceeds the upper end {pair[1]}"[:200], where=f"result.json: {path}")
    least = Fraction(1) if "gamma" in path else Fraction(0)
    return Bracket(pair[0], pair[1], _decimals(lo, hi), bool(hi == math.inf and lo <= least))


def _decimals(lo: Value, hi: Value) -> str:
    return " … ".join(pretty(end) for end in interval_text(lo, hi).split(" … "))


def _bounded(result: Result) -> bool:
    """Whether a finite recovery constant was proved."""
    pair = _at(result, "recovery_bound.constant")
    return pair is not None and bracket(pair, "recovery_bound.constant").hi != "inf"


def _no_bound(result: Result) -> str:
    if _at(result, "recovery_bound.constant") is None:
        return ""
    return "No finite recovery constant was proved, so nothing is said here on how far noise moves the parameters."


def _stability(constants: Sequence[Constant], uniform: str) -> str:
    """One sentence on stability."""
    found = {c.path: c.bracket for c in constants}
    gamma, kappa = found.get("dnsp.gamma"), found.get("dnsp.kappa")
    if uniform == "no" or (gamma and gamma.lo == "inf"):
        return "No bound can hold at every h: the null space constant is infinite."
    if gamma and gamma.hi != "inf":
        return f"Recovery is stable: the deep null space property holds with γ = {gamma.decimal}." if gamma.exact else (
            f"Recovery is stable: the deep null space constant lies in {gamma.decimal}.")  # fmt: skip
    if kappa and kappa.lo != "0":
        return f"Recovery is stable: the constant κ lies in {kappa.decimal}."
    sparse = found.get("sparse_dnsp.gamma_union") or found.get("sparse_dnsp.gamma")
    if sparse and sparse.hi != "inf":
        return f"Recovery is stable on the family of supports: its null space constant lies in {sparse.decimal}."
    if gamma and not gamma.trivial:
        return f"Stability is undecided; the null space constant is at least {gamma.decimal.split(' … ')[0]}."
    return "Stability is undecided: no finite constant was proved."


COUNTS = {
    "lifting.columns": "columns of the lifting",
    "lifting.rank": "rank of the lifting",
    "lifting.kernel_dimension": "dimension of its kernel",
    "sparse_dnsp.pairs": "pairs of supports",
    "sparse_dnsp.deficient_pairs": "pairs whose box has a kernel",
    "compressed_sensing.sparsity": "entries that may be non-zero",
    "dnsp.rho": "noise range ρ of the null space property",
    "sparse_dnsp.rho": "noise range ρ of the sparse one",
    "recovery_bound.p": "norm p of the recovery bound",
}


def _counts(result: Result) -> Iterator[tuple[str, str]]:
    for path, name in COUNTS.items():
        value = _at(result, path)
        if isinstance(value, int):
            yield name, count(value)
        elif value is not None:
            yield name, "∞" if value == "inf" else clean(value, 60)


def _estimates(result: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every value whose key ends in _estimate, wherever it stands."""
    for key, value in _items(result) if depth < 6 else []:
        where = f"{path}.{key}" if path else str(key)
        if str(key).endswith("_estimate") and not isinstance(value, (list, tuple)):  # lists are for the pictures
            yield clean(where.removesuffix("_estimate"), 100), clean(value, 100)
        elif isinstance(value, Mapping):
            yield from _estimates(value, where, depth + 1)


# Theorems


def _theorems(result: Result, claims: Sequence[str]) -> tuple[words.Theorem, ...]:
    """Those behind the decided verdicts, the constants and the claims, each once."""
    methods = [_at(result, f"identifiability.{k}.method") for k in ("uniform", "generic", "local")
               if _verdict(_at(result, f"identifiability.{k}.verdict")) != "undecided"]  # fmt: skip
    methods += [_at(result, "dnsp.method"), _at(result, "sparse_dnsp.method"), *claims]
    if _bounded(result):
        methods.append("recovery-bound")
    named = [words.theorem_for(clean(m)) for m in methods if m]
    return tuple(dict.fromkeys(named))[:ROWS]


def _source_keys(theorems: Sequence[words.Theorem]) -> list[str]:
    used = {key for theorem in theorems for key in theorem.sources}
    return [key for key in words.SOURCES if key in used]


# The problem


def _data(statement: Statement) -> str:
    if statement.data is None:
        return ""
    rows, cols = statement.data.shape
    return f"The product is seen through a known data matrix Y of size {count(rows)} × {count(cols)} on its right."


def _factors(statement: Statement, names: Names) -> Iterator[FactorRow]:
    number = 0
    for place, form in enumerate(statement.forms):
        number += bool(form.parameters)
        if place < ROWS:
            rows, cols = form.shape
            yield FactorRow(
                number=str(number) if form.parameters else "–",
                label=clean(names.factor(place), 60),
                shape=f"{count(rows)} × {count(cols)}",
                parameters=count(form.parameters),
                means=words.factor_in_words(form),
            )


# The witness


KINDS = {
    "exact": "The two parameters below are exact: their products agree in every entry, their classes differ.",
    "enclosure": "Within the radius stated around the two parameters below there are two of different classes whose "
    "products agree exactly.",
    "family": "There is a whole family of such pairs; one member of it stands below where one could be had.",
}


def _witness(witness: Any, statement: Statement, names: Names) -> Witness | None:
    if not isinstance(witness, Mapping):
        return None
    h, g = _vectors(witness.get("h")), _vectors(witness.get("g"))
    pairs = [(k, h[k] if k < len(h) else [], g[k] if k < len(g) else []) for k in range(max(len(h), len(g)))]
    pairs.sort(key=lambda p: p[1] == p[2]) if len(pairs) > ROWS else None
    return Witness(
        intro=KINDS.get(str(witness.get("kind")), KINDS["exact"]),
        why=clean(witness.get("why"), LONG_TEXT),
        radius="" if witness.get("radius") == "0" else clean(witness.get("radius"), 100),
        rows=tuple(Vectors(f"{k + 1}", vector(a, k, names), vector(b, k, names), a == b) for k, a, b in pairs[:ROWS]),
        hidden=max(0, len(pairs) - ROWS),
    )


def _vectors(value: Any) -> list[list[str]]:
    outer = value if isinstance(value, (list, tuple)) else []
    return [[str(x) for x in v] if isinstance(v, (list, tuple)) else [] for v in outer]


def vector(values: Sequence[str], factor: int = 0, names: Names | None = None) -> str:
    """A vector of rationals: all of it when short, otherwise its non-zero entries.

    >>> vector(["1", "0", "-1/2"])
    '(1, 0, −1/2)'
    >>> vector(["0"] * 40 + ["3"])
    '3 at index 40, the other 40 entries 0'
    """
    if len(values) <= SHORT_VECTOR:
        return f"({', '.join(map(_entry, values))})"
    places = [i for i, v in enumerate(values) if v != "0"]
    shown = [f"{_entry(values[i])} at {_label(i, factor, names)}" for i in places[:ENTRIES]]
    hidden = [f"{count(len(places) - ENTRIES)} more non-zero entries"] if len(places) > ENTRIES else []
    zeros = len(values) - len(places)
    tail = [f"the other {count(zeros)} entries 0" if zeros > 1 else "the other entry 0"] if zeros else []
    return ", ".join(shown + hidden + tail) or "()"


SHORT_VECTOR = 12


def _label(i: int, factor: int, names: Names | None) -> str:
    name = names.parameter(factor, i) if names else ""
    return clean(name, 40) or f"index {i}"


def _entry(rational: str) -> str:
    """An entry of a vector as it is printed."""
    text = clean(short(rational[:2_100]), 100)
    return "−" + text[1:] if text.startswith("-") else text


# Methods, files


def _method(row: Mapping[str, Any]) -> MethodRow:
    outcome = clean(row.get("outcome"), 600)
    return MethodRow(clean(row.get("name"), 100), _seconds(row.get("seconds")), outcome, outcome.startswith("proved"))


def _seconds(value: object) -> str:
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        return clean(value, 20)
    if value < 0.1:
        return f"{1000 * value:.0f} ms" if value >= 0.001 else "under 1 ms"
    return f"{value:.2f} s" if value < 100 else f"{value:,.0f} s".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _seconds_table(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((clean(name, 60), _seconds(seconds)) for name, seconds in _items(value)[:ROWS])


def _files(result: Result, certificate_bytes: int) -> tuple[tuple[str, str, str], ...]:
    """(name, what it is, SHA-256 or "")."""
    size = f"the proof, {count(certificate_bytes)} bytes" if certificate_bytes else "the proof"
    return (
        ("statement.json", "the question, exactly", clean(result.get("statement_sha256"), 80)),
        ("certificate.json", size, ""),
        ("result.json", "verdicts and constants, as on this page", ""),
        ("the case file", "what was typed", clean(_at(result, "case.sha256"), 80)),
    )
