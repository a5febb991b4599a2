"""What a report says about given parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import BadInput
from .decimals import count, interval_text, pretty, value_of

HEADLINES = {
    "yes": "X determines the path products of the given parameters: nothing else in the model has their product.",
    "no": "Other parameters, of another class, have exactly the product of the given ones.",
    "undecided": "Whether parameters far away have the same product was not decided.",
}
NEARBY = {
    "yes": "Near the given parameters no other class has their product.",
    "no": "The given parameters can be moved to other classes without changing the product.",
    "undecided": "Whether they are alone in their neighbourhood was not decided.",
}


@dataclass(frozen=True)
class AtPoint:
    """The given parameters: the verdict, the sentence under it, facts, and why it is open."""

    verdict: str
    headline: str
    facts: tuple[str, ...]
    reason: str


def at_point(section: Any, reason: str) -> AtPoint | None:
    """The part of a page on the section `at` of a result; None when no parameters were given."""
    if not isinstance(section, Mapping):
        return None
    verdict = _known(section.get("verdict"))
    try:
        facts = tuple(_facts(section))
    except ValueError as error:
        raise BadInput(str(error), where="result.json: at") from None
    return AtPoint(verdict, HEADLINES[verdict], facts, reason)


def _known(value: object) -> str:
    return value if value in ("yes", "no") else "undecided"  # type: ignore[return-value]


def _facts(section: Mapping[str, Any]) -> Iterator[str]:
    yield NEARBY[_known(section.get("local"))]
    rank, expected = section.get("rank"), section.get("expected")
    if isinstance(rank, int) and isinstance(expected, int):
        yield f"Rank of the Jacobian at h: {count(rank)}; the most that rescalings leave: {count(expected)}."
    pair = section.get("stiffness")
    if isinstance(pair, list) and len(pair) == 2 and pair != ["0", "inf"]:
        text = " … ".join(map(pretty, interval_text(value_of(pair[0]), value_of(pair[1])).split(" … ")))
        yield f"Stiffness, the least singular value of the Jacobian across the rescalings: {text}."
    radius, factor = section.get("radius"), section.get("error_factor")
    if isinstance(radius, str) and isinstance(factor, str):
        yield (
            f"Within the distance {_below(radius)} of h no other class has its product, and the distance of a class "
            f"is at most {_above(factor)} times the norm of the difference of the products."
        )
    if section.get("nonzero") == "no":
        yield "A factor, kernel or neuron is zero at h: its path products say less than h itself."


def _below(text: str) -> str:
    """The value rounded downwards."""
    return "∞" if text == "inf" else pretty(interval_text(value_of(text), value_of(text)).split(" … ")[0])


def _above(text: str) -> str:
    """The value rounded upwards."""
    return "∞" if text == "inf" else pretty(interval_text(value_of(text), value_of(text)).split(" … ")[-1])
