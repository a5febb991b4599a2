"""What was concluded: brackets, verdicts and the result.  Made only from what the checker returned.

Main definitions
    `Bracket`  lo <= constant <= hi, exactly
    `Result`   the object behind result.json
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .exact import parse

if TYPE_CHECKING:
    from .problem.case import Case

Value = Fraction | float
SCHEMA = "dmfverify/result/1"


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
        return _viewed(section[name])

    def __dir__(self) -> list[str]:
        return sorted(self.section)

    def __repr__(self) -> str:
        return "\n".join(f"{key}: {value}" for key, value in self.section.items())


def _viewed(value: Any) -> Any:
    if isinstance(value, dict):
        return View(value)
    if isinstance(value, list) and len(value) == 2 and all(isinstance(x, str) for x in value):
        return Bracket.read(value)
    return value


@dataclass(frozen=True)
class Result:
    """The answer to a case: the object behind result.json, with its statement and certificate.

    Attributes
    ----------
    json
        The object of result.json, key for key.
    statement, certificate
        The bytes of statement.json and certificate.json.
    case
        The case that was asked.
    interrupted
        Whether the search was interrupted: then this is what was known.
    """

    json: dict[str, Any] = field(repr=False)
    statement: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    case: Case = field(repr=False)
    interrupted: bool = field(default=False, repr=False)

    @property
    def uniform(self) -> View:
        """Is every h in the models determined by its product?"""
        return View(self.json["identifiability"]["uniform"])

    @property
    def generic(self) -> View:
        """Is almost every h?"""
        return View(self.json["identifiability"]["generic"])

    @property
    def local(self) -> View:
        """Is a generic h determined among its neighbours?"""
        return View(self.json["identifiability"]["local"])

    def __getattr__(self, name: str) -> Any:
        body = object.__getattribute__(self, "json")
        if name.startswith("__") or name not in body:
            raise AttributeError(name)
        return _viewed(body[name])

    def __repr__(self) -> str:
        gamma = self.json["dnsp"] and self.json["dnsp"]["gamma"]
        return f"Result(uniform={self.uniform.verdict!r}, gamma={gamma}, title={self.json['case']['title'][:60]!r})"

    @cached_property
    def result_bytes(self) -> bytes:
        """The bytes of result.json."""
        return (json.dumps(self.json, indent=1, ensure_ascii=True) + "\n").encode()

    def save(self, folder: str | Path) -> Path:
        """Write statement, certificate, result and report into `folder`, together."""
        from .output import write_result

        return write_result(self, Path(folder))
