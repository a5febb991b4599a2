"""The theorem instance: the hypotheses of the stability theorem one by one, each with the number that verifies it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..problem.forms import Statement, Taps
from . import words
from .decimals import interval_text, pretty, value_of

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Hypothesis:
    """One hypothesis: what it says, whether it holds (yes, no, open), and what shows it."""

    says: str
    holds: str
    shown_by: str


def hypotheses(result: Result, statement: Statement) -> Iterator[Hypothesis]:
    """Those of the stability theorem (Malgouyres and Landsberg 2019, Malgouyres 2020), for this problem."""
    sizes = words.plural(sum(statement.sizes), "parameter")
    if any(isinstance(form, Taps) and form.taps and form.fixed for form in statement.forms):
        yield Hypothesis("Each factor is a known linear map of its parameters.", "no", "some layer holds known kernels "
                         "beside free ones; what is said above about X is proved for it, the bound is not")  # fmt: skip
        yield _kernel(result)
        return
    yield Hypothesis("Each factor is a known linear map of its parameters.", "yes",
                     f"{words.plural(statement.K, 'factor')} with {sizes}, listed under “What was asked”")  # fmt: skip
    yield Hypothesis("The set of allowed parameters is a union of cones, so that ρ is infinite.", "yes",
                     words.model_in_words(statement.model, statement.sizes))  # fmt: skip
    yield _kernel(result)
    yield _null_space(result)
    yield _positive(result)


def _kernel(result: Result) -> Hypothesis:
    says = "The kernel of A meets the differences P(h) − P(g) of allowed parameters in zero only."
    uniform = ((result.get("identifiability") or {}).get("uniform")) or {}
    verdict = uniform.get("verdict")
    dimension = (result.get("lifting") or {}).get("kernel_dimension")
    if verdict == "yes":
        zero = "the kernel has dimension 0" if dimension == 0 else f"method: {uniform.get('method')}"
        return Hypothesis(says, "yes", zero)
    if verdict == "no":
        return Hypothesis(says, "no", "the counterexample above")
    return Hypothesis(says, "open", "neither a proof nor a counterexample was found")


def _null_space(result: Result) -> Hypothesis:
    says = "Deep null space property: ‖T‖ ≤ γ‖T − T′‖ for these differences T and all T′ in the kernel of A, γ finite."
    for section, key, name in (("dnsp", "gamma", "γ"), ("sparse_dnsp", "gamma", "γ of the sparse property")):
        pair = (result.get(section) or {}).get(key)
        if not pair:
            continue
        if pair[1] != "inf":
            return Hypothesis(says, "yes", f"{name} in {_interval(pair)}")
        if pair[0] == "inf":
            return Hypothesis(says, "no", "γ is infinite")
    return Hypothesis(says, "open", "no finite upper end of γ was proved")


def _positive(result: Result) -> Hypothesis:
    says = "The least non-zero singular value of A is positive, with a known lower end."
    pair = (result.get("lifting") or {}).get("sigma_min")
    if pair and pair[0] != "0":
        return Hypothesis(says, "yes", f"σ_min in {_interval(pair)}")
    return Hypothesis(says, "open", "positive for every A that is not zero; no lower end was proved")


def _interval(pair: Any) -> str:
    lo, hi = map(value_of, pair)
    return " … ".join(pretty(end) for end in interval_text(lo, hi).split(" … "))
