"""Claims and their evidence, as the search makes them and as they stand in certificate.json.

Main definitions
    `Claim`        a kind and its evidence, JSON-ready
    `Nothing`      why a search ends without a claim
    `Certificate`  claims about one statement
    `psd_evidence` an integer factor that proves positive semidefiniteness (section 3 of the format)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ..exact import text
from .psd import NotPositive, psd_evidence

__all__ = ["SCHEMA", "Certificate", "Claim", "NotPositive", "Nothing", "integer", "psd_evidence"]

SCHEMA = "dmfverify/certificate/1"


@dataclass(frozen=True)
class Claim:
    """One claim: its kind and its evidence in JSON types (Fractions are written as strings).

    `note` says in words what the claim shows, for the result's ``why``; `family` that a witness is
    one member of a gauge.  Neither is evidence, and neither stands in the certificate.
    """

    kind: str
    evidence: Mapping[str, Any]
    note: str = ""
    family: bool = False

    def to_json(self) -> dict[str, Any]:
        """The claim as it stands in a certificate."""
        return {"kind": self.kind, **{key: plain(value) for key, value in self.evidence.items()}}


@dataclass(frozen=True)
class Nothing:
    """A search that ended without a claim, and why; `accepted`: whether it began, the problem being one for it."""

    reason: str
    accepted: bool = True


@dataclass(frozen=True)
class Certificate:
    """Claims about the statement with the given hash."""

    statement_sha256: str
    claims: tuple[Claim, ...] = ()

    def to_bytes(self) -> bytes:
        """The bytes of certificate.json."""
        body = {
            "schema": SCHEMA,
            "statement_sha256": self.statement_sha256,
            "claims": [claim.to_json() for claim in self.claims],
        }
        return (json.dumps(body, separators=(",", ":")) + "\n").encode()


def integer(value: int) -> int | str:
    """Integer evidence: as it is, or hexadecimal beyond 1,000 digits.

    >>> integer(-7), integer(16**900)[:6]
    (-7, '0x1000')
    """
    return int(value) if -(10**1000) < value < 10**1000 else hex(value)


def plain(value: Any) -> Any:
    """`value` in JSON types: fractions as strings, long integers in hexadecimal, tuples as lists."""
    if isinstance(value, Fraction):
        return text(value)
    if isinstance(value, int):
        return integer(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
