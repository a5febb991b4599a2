"""How a conclusion is read: brackets of exact rationals, and sections by attribute.

Main definitions
    `Bracket`  lo <= constant <= hi, exactly
    `View`     one section of a result
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from html import escape
from typing import Any

from .exact import parse

Value = Fraction | float


@dataclass(frozen=True)
class Bracket:
    """A constant enclosed for certain: lo <= value <= hi, Fractions or ``math.inf``.

    Examples
    --------
    >>> Bracket.read(["3/2", "inf"])
    Bracket(lo=Fraction(3, 2), hi=inf)
    """

    lo: Value
    hi: Value

    @classmethod
    def read(cls, pair: list[str]) -> Bracket:
        """The bracket of a pair of value strings."""
        return cls(parse(pair[0]), parse(pair[1]))

    @property
    def ratio(self) -> float:
        """hi / lo as a float, at least 1; infinite when one end is missing."""
        if self.hi == self.lo:
            return 1.0
        return math.inf if self.hi == math.inf or self.lo == 0 else float(Fraction(self.hi) / Fraction(self.lo))


@dataclass(frozen=True)
class View:
    """Attribute access to one section of the result: pairs as `Bracket`, everything else as it stands."""

    section: Mapping[str, Any] = field(repr=False)

    def __getattr__(self, name: str) -> Any:
        section = object.__getattribute__(self, "section")
        if name not in section:
            raise AttributeError(f"no {name} here; there is {', '.join(section)}")
        return viewed(section[name])

    def __dir__(self) -> list[str]:
        return sorted(self.section)

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><th>{escape(str(k))}</th><td>{escape(str(v))}</td></tr>" for k, v in self.section.items())
        return f"<table><tbody>{rows}</tbody></table>"

    def __repr__(self) -> str:
        return "\n".join(f"{key}: {value}" for key, value in self.section.items())


def viewed(value: Any) -> Any:
    """`value` as a `Bracket` or `View` where it is a pair of value strings or an object."""
    if isinstance(value, dict):
        return View(value)
    if isinstance(value, list) and len(value) == 2 and all(isinstance(x, str) for x in value):
        return Bracket.read(value)
    return value
